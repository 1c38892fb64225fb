//! Every migration of the four systems can be undone: what is left is what was there before it.

use bursar::db::Connection;
use bursar::migrate::Set;
use bursar::migrate::catalogue::{Difference, Object, catalogue, differences};
use sqlx::{AssertSqlSafe, Executor as _};

use crate::support::{Db, Template, sample, soak, wait};

const SYSTEMS: [&str; 4] = ["mimivibe", "avolve", "organic-os", "aethercrown"];

async fn read(connection: &mut Connection) -> Vec<Object> {
    connection.execute("BEGIN READ ONLY").await.unwrap();
    let objects = catalogue(connection).await.unwrap();
    connection.execute("ROLLBACK").await.unwrap();
    objects
}

/// The catalogue after a change, which is taken back.
async fn after(connection: &mut Connection, change: &'static str) -> Vec<Object> {
    connection.execute("BEGIN").await.unwrap();
    connection.execute(sqlx::raw_sql(change)).await.unwrap_or_else(|e| panic!("{change}: {e}"));
    let objects = catalogue(connection).await.unwrap();
    connection.execute("ROLLBACK").await.unwrap();
    objects
}

/// Runs a file, in a transaction unless it says otherwise.
async fn run(connection: &mut Connection, name: &str, sql: &str) {
    let whole = !sql.starts_with("-- no-transaction");
    if whole {
        connection.execute("BEGIN").await.unwrap();
    }
    if let Err(error) = connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await {
        panic!("{name}: {error}");
    }
    if whole {
        connection.execute("COMMIT").await.unwrap();
    }
}

/// The files of a system, oldest first: name, up, down.
fn files(system: &str) -> Vec<(String, String, String)> {
    let set = Set::application(system).unwrap();
    set.migrations
        .iter()
        .map(|m| (m.up.file.clone(), m.up.text.clone(), m.down.as_ref().unwrap().text.clone()))
        .collect()
}

/// What a way down leaves behind on purpose, because it may have been there before.
fn stays(difference: &Difference) -> bool {
    let Difference::Unexpected(Object { kind, object, .. }) = difference else { return false };
    match (kind.as_str(), object.as_str()) {
        ("extension", "pg_trgm") => true,
        ("grant", "schema public to anon" | "schema public to authenticated" | "schema public to service_role") => true,
        // Identities, and who is calling.
        _ => object.split(' ').any(|word| word == "auth" || word.starts_with("auth.")),
    }
}

/// Up by single steps, down by single steps, and up again.
async fn there_and_back(db: &Db, system: &str) {
    let mut connection = Connection::new(db.connect().await);
    let files = files(system);
    let mut stages = vec![read(&mut connection).await];
    for (name, up, _) in &files {
        run(&mut connection, name, up).await;
        stages.push(read(&mut connection).await);
    }
    let top = stages.pop().unwrap();
    let keys: std::collections::BTreeSet<_> = top.iter().map(|o| (&o.kind, &o.object)).collect();
    assert_eq!(keys.len(), top.len(), "{system}: each object has one row");
    for (name, _, down) in files.iter().rev() {
        run(&mut connection, &name.replace(".up.", ".down."), down).await;
        let left = differences(&stages.pop().unwrap(), &read(&mut connection).await);
        let left: Vec<_> = left.into_iter().filter(|d| !stays(d)).collect();
        assert!(left.is_empty(), "after {name} was undone: {left:#?}");
    }
    for (name, up, _) in &files {
        run(&mut connection, name, up).await;
    }
    let left = differences(&top, &read(&mut connection).await);
    assert!(left.is_empty(), "{system}, up again: {left:#?}");
}

#[test]
fn every_step_down_leaves_what_was_there_before_the_step_up() {
    for system in sample(SYSTEMS, 2) {
        let db = Db::new(Template::Empty);
        db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
        wait(there_and_back(&db, system));
    }
}

/// What a hosted server has before anything is migrated.
const HOSTED: &str = "
    CREATE SCHEMA extensions;
    CREATE EXTENSION pg_trgm SCHEMA extensions;
    CREATE SCHEMA auth;
    CREATE TABLE auth.users (id uuid PRIMARY KEY, email text, encrypted_password text,
                             created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
        $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
    CREATE PUBLICATION supabase_realtime;
    GRANT USAGE ON SCHEMA public, auth TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;";

#[test]
fn nothing_of_a_hosted_server_is_taken_away() {
    for system in sample(SYSTEMS.into_iter().skip(usize::from(!soak())), 2) {
        let db = Db::new(Template::Empty);
        db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
        wait(async {
            let mut connection = Connection::new(db.connect().await);
            // The roles are there, from whichever test came first.
            run(&mut connection, "roles", &files(system)[0].1.split("$$;").next().map(|s| format!("{s}$$;")).unwrap())
                .await;
            run(&mut connection, "hosted", HOSTED).await;
            let before = read(&mut connection).await;
            there_and_back(&db, system).await;
            for (name, _, down) in files(system).iter().rev() {
                run(&mut connection, name, down).await;
            }
            // Here nothing may be left either: it was all there.
            assert_eq!(differences(&before, &read(&mut connection).await), [], "{system}");
        });
    }
}

#[test]
fn bursars_own_schema_and_rows_are_in_nobodys_way() {
    for system in sample(SYSTEMS, 3) {
        let db = Db::new(Template::Seeded(system));
        wait(async {
            let mut connection = Connection::new(db.connect().await);
            // Otherwise the functions of a pack would have to go before the types of an application.
            let needs = "SELECT count(*) FROM pg_depend d
                           JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND p.pronamespace = 'bursar'::regnamespace
                          WHERE d.deptype = 'n' AND (pg_identify_object(d.refclassid, d.refobjid, 0)).schema = 'public'";
            assert_eq!(sqlx::query_scalar::<_, i64>(needs).fetch_one(&mut connection).await.unwrap(), 0, "{system}");
            let top = read(&mut connection).await;
            for (name, _, down) in files(system).iter().rev() {
                run(&mut connection, name, down).await;
            }
            let left: Vec<_> = read(&mut connection).await;
            assert!(!left.iter().any(|o| o.kind.ends_with("table") && o.object.starts_with("public.")), "{left:#?}");
            run(&mut connection, "history", "DELETE FROM public._sqlx_migrations").await;
            db.bursar(&["migrate", "up", "--app", system, "--yes"]).ok();
            assert_eq!(differences(&top, &read(&mut connection).await), [], "{system}");
        });
        assert_eq!(db.json(&["audit", "--app", system, "-o", "json"])["verdict"], "clean", "{system}");
    }
}

/// Changes of every kind, and the kind of the object that has to tell.
const CHANGES: &[(&str, &str)] = &[
    ("CREATE SCHEMA other", "schema"),
    ("DROP EXTENSION pg_trgm CASCADE", "extension"),
    ("CREATE TABLE public.other (id int)", "table"),
    ("CREATE UNLOGGED TABLE x.t2 (id int)", "table"),
    ("ALTER TABLE x.u SET UNLOGGED", "table"),
    ("ALTER TABLE x.t SET (fillfactor = 50)", "table"),
    ("ALTER TABLE x.t REPLICA IDENTITY FULL", "table"),
    ("CREATE OR REPLACE VIEW x.v AS SELECT 2 AS a", "view"),
    ("ALTER VIEW x.v SET (security_invoker = true)", "view"),
    ("ALTER SEQUENCE x.s INCREMENT 7", "sequence"),
    ("ALTER SEQUENCE x.s OWNED BY x.t.a", "sequence"),
    ("ALTER TABLE x.t ALTER b SET NOT NULL", "column"),
    ("ALTER TABLE x.t ALTER b SET DEFAULT 'y'", "column"),
    ("ALTER TABLE x.t ALTER b TYPE varchar(9)", "column"),
    ("ALTER TABLE x.t ALTER b TYPE text COLLATE \"C\"", "column"),
    ("ALTER TABLE x.t ALTER b SET STORAGE EXTERNAL", "column"),
    ("ALTER TABLE x.t ALTER c SET GENERATED ALWAYS", "column"),
    ("ALTER TABLE x.t DROP COLUMN b, ADD b text", "column"),
    ("ALTER TYPE x.pair ADD ATTRIBUTE z int", "column"),
    ("ALTER TABLE x.t DROP CONSTRAINT t_a_check, ADD CONSTRAINT t_a_check CHECK (a > 0) NOT VALID", "constraint"),
    (
        "ALTER TABLE x.u DROP CONSTRAINT u_a_fkey, ADD CONSTRAINT u_a_fkey FOREIGN KEY (a) REFERENCES x.t ON DELETE CASCADE",
        "constraint",
    ),
    ("ALTER DOMAIN x.d DROP CONSTRAINT d_check", "constraint"),
    ("CREATE INDEX other ON x.t (b)", "index"),
    ("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'x.i'::regclass", "index"),
    ("ALTER TABLE x.t DISABLE TRIGGER tr", "trigger"),
    ("DROP RULE r ON x.t", "rule"),
    ("ALTER POLICY p ON x.t USING (b = 'me')", "policy"),
    ("ALTER POLICY p ON x.t TO bursar_auditor", "policy"),
    ("ALTER TABLE x.t DISABLE ROW LEVEL SECURITY", "rls"),
    ("ALTER TABLE x.t FORCE ROW LEVEL SECURITY", "rls"),
    ("CREATE OR REPLACE FUNCTION x.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'", "function"),
    ("ALTER FUNCTION x.f() SECURITY DEFINER", "function"),
    ("ALTER FUNCTION x.f() SET search_path = ''", "function"),
    ("CREATE AGGREGATE x.total(int) (sfunc = int4pl, stype = int)", "aggregate"),
    ("CREATE PROCEDURE x.p() LANGUAGE sql AS 'SELECT 1'", "procedure"),
    ("ALTER TYPE x.e ADD VALUE 'between' BEFORE 'two'", "type"),
    ("ALTER DOMAIN x.d SET NOT NULL", "type"),
    ("CREATE STATISTICS x.st ON a, b FROM x.t", "statistics"),
    ("CREATE EVENT TRIGGER other ON sql_drop EXECUTE FUNCTION x.ev()", "event trigger"),
    ("ALTER EVENT TRIGGER watch DISABLE", "event trigger"),
    ("ALTER PUBLICATION pub SET (publish = 'insert')", "publication"),
    ("ALTER PUBLICATION pub DROP TABLE x.t", "publication"),
    ("ALTER PUBLICATION pub SET TABLE x.t (a)", "publication"),
    ("GRANT UPDATE ON x.t TO bursar_auditor", "grant"),
    ("GRANT SELECT ON x.t TO bursar_auditor WITH GRANT OPTION", "grant"),
    ("GRANT UPDATE (a) ON x.t TO bursar_auditor", "grant"),
    ("REVOKE EXECUTE ON FUNCTION x.f() FROM PUBLIC", "grant"),
    ("REVOKE USAGE ON TYPE x.e FROM PUBLIC", "grant"),
    ("GRANT USAGE ON SEQUENCE x.s TO bursar_auditor", "grant"),
    ("GRANT USAGE ON SCHEMA x TO bursar_auditor", "grant"),
    ("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC", "grant"),
    ("ALTER DEFAULT PRIVILEGES IN SCHEMA x GRANT SELECT ON TABLES TO bursar_auditor", "grant"),
    ("ALTER TABLE x.t OWNER TO bursar_auditor", "owner"),
    ("ALTER FUNCTION x.f() OWNER TO bursar_auditor", "owner"),
    ("ALTER TYPE x.pair OWNER TO bursar_auditor", "owner"),
    ("COMMENT ON COLUMN x.t.a IS 'a'", "comment"),
    ("COMMENT ON POLICY p ON x.t IS 'p'", "comment"),
    ("CREATE OPERATOR x.### (leftarg = int, rightarg = int, function = int4pl)", "operator"),
    ("CREATE COLLATION x.plain FROM \"C\"", "collation"),
    ("CREATE TABLE x.part_1 PARTITION OF x.part FOR VALUES FROM (1) TO (2)", "table"),
    ("CREATE TABLE x.log_1 PARTITION OF x.log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')", "partition table"),
];

/// One of everything.
const ONE_OF_EACH: &str = "
    CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE SCHEMA x;
    CREATE TABLE x.t (a int PRIMARY KEY CHECK (a > 0), b text, c int GENERATED BY DEFAULT AS IDENTITY, g int GENERATED ALWAYS AS (a + 1) STORED);
    CREATE TABLE x.u (a int REFERENCES x.t); CREATE INDEX i ON x.t (c); CREATE VIEW x.v AS SELECT 1 AS a; CREATE SEQUENCE x.s;
    CREATE TABLE x.part (n int) PARTITION BY RANGE (n); CREATE TABLE x.log (at date) PARTITION BY RANGE (at);
    CREATE TYPE x.e AS ENUM ('one', 'two'); CREATE TYPE x.pair AS (l int, r int); CREATE DOMAIN x.d AS int CONSTRAINT d_check CHECK (VALUE > 0);
    CREATE FUNCTION x.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE FUNCTION x.ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    CREATE TRIGGER tr BEFORE UPDATE ON x.t FOR EACH ROW EXECUTE FUNCTION x.f(); CREATE RULE r AS ON DELETE TO x.t DO INSTEAD NOTHING;
    CREATE POLICY p ON x.t USING (true); ALTER TABLE x.t ENABLE ROW LEVEL SECURITY;
    CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION x.ev(); CREATE PUBLICATION pub FOR TABLE x.t;
    GRANT SELECT ON x.t TO bursar_auditor;";

#[test]
fn the_catalogue_sees_every_kind_of_change_and_nothing_else() {
    let db = Db::new(Template::Empty);
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    wait(async {
        let mut connection = Connection::new(db.connect().await);
        run(&mut connection, "one of each", ONE_OF_EACH).await;
        let before = read(&mut connection).await;
        for (change, kind) in CHANGES {
            let found = differences(&before, &after(&mut connection, change).await);
            assert!(found.iter().any(|d| d.object().kind == *kind), "{change}: {found:#?}");
        }
        for nothing in [
            "ALTER TABLE x.t ADD z int; ALTER TABLE x.t DROP COLUMN z; INSERT INTO x.t (a) VALUES (1); SELECT nextval('x.s')",
            "DROP TABLE x.u; CREATE TABLE x.u (a int REFERENCES x.t)",
            "CREATE TABLE bursar.other (id int); CREATE TABLE public._sqlx_migrations (version bigint PRIMARY KEY)",
            "ALTER TABLE x.t DROP COLUMN g, ADD COLUMN g int GENERATED ALWAYS AS (a + 1) STORED",
            "SET search_path = x; SET TimeZone = 'Asia/Bangkok'; SET quote_all_identifiers = on",
        ] {
            assert_eq!(differences(&before, &after(&mut connection, nothing).await), [], "{nothing}");
        }
        // The session's settings are as they were, and outside a transaction they could not be.
        connection.execute("SET search_path = x, public").await.unwrap();
        connection.execute("BEGIN").await.unwrap();
        catalogue(&mut connection).await.unwrap();
        connection.execute("ROLLBACK").await.unwrap();
        let path: String = sqlx::query_scalar("SHOW search_path").fetch_one(&mut connection).await.unwrap();
        assert_eq!(path, "x, public");
        assert!(catalogue(&mut connection).await.unwrap_err().to_string().contains("inside a transaction"));
    });
}
