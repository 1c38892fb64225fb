//! Roles that may create triggers on the application's tables, which is part of `GRANT ALL`: no trigger of theirs runs with
//! the rights of the functions that change the table.

use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use crate::inspect::Plain;
use crate::support::{Db, Template, connect, sample, until, wait};

/// What an attacker needs: a function that leaves a mark when it runs as somebody else.
fn trap(db: &Db, name: &str) {
    db.sql(&format!(
        "CREATE SEQUENCE hits; GRANT ALL ON SEQUENCE hits TO PUBLIC;
         GRANT service_role, bursar_operator TO {name};
         CREATE SCHEMA trig AUTHORIZATION {name}; GRANT USAGE ON SCHEMA trig TO PUBLIC;
         CREATE FUNCTION trig.evil() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
             IF current_user <> '{name}' THEN PERFORM nextval('public.hits'); END IF; RETURN 1; END $$;
         CREATE FUNCTION trig.evil_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trig.evil(); RETURN new; END $$;
         ALTER FUNCTION trig.evil() OWNER TO {name}; ALTER FUNCTION trig.evil_trigger() OWNER TO {name};
         CREATE FUNCTION exec_sql(statement text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN EXECUTE statement; RETURN true; END $$;
         CREATE FUNCTION exec_argument() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE tg_argv[0]; RETURN new; END $$"
    ));
}

const BUILT_IN: &str = "CREATE TRIGGER z BEFORE UPDATE ON public.users FOR EACH ROW WHEN (pg_catalog.query_to_xml('select trig.evil()', false, false, '') IS NOT NULL) EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()";

/// Triggers that run code of theirs, or of their choice.
const PLANTED: [&str; 4] = [
    BUILT_IN,
    "CREATE TRIGGER z BEFORE UPDATE ON public.users FOR EACH ROW WHEN (public.exec_sql('select trig.evil()')) EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()",
    "CREATE TRIGGER z BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.exec_argument('select trig.evil()')",
    "CREATE TRIGGER z BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION trig.evil_trigger()",
];

fn adjust(db: &Db) -> String {
    let account = db.value("SELECT id FROM users ORDER BY id LIMIT 1");
    format!("SELECT public.wallet_adjust('{account}', 'STAR', 1, 'credit', 'r', 'o')")
}

/// A session of a role.
struct Session(PgConnection);

impl Session {
    fn new(db: &Db, role: &Plain) -> Self {
        Session(wait(connect(&db.url_as(&role.name))))
    }

    fn runs(&mut self, sql: &str) {
        wait(self.0.execute(AssertSqlSafe(sql.to_owned()))).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// The refusal that a statement ends with: its message and its hint.
    fn refused(&mut self, sql: &str) -> (String, String) {
        let error = wait(self.0.execute(AssertSqlSafe(sql.to_owned()))).unwrap_err();
        let error = error.as_database_error().unwrap();
        assert_eq!(error.code().as_deref(), Some("BR004"), "{error}");
        let hint = error.downcast_ref::<sqlx::postgres::PgDatabaseError>().hint().unwrap_or_default();
        (error.message().to_owned(), hint.to_owned())
    }
}

fn hits(db: &Db) -> String {
    db.value("SELECT is_called FROM hits")
}

#[test]
fn a_trigger_by_a_role_that_may_create_triggers_is_not_run_with_the_owners_rights() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let role = Plain::new(&db);
    trap(&db, &role.name);
    let adjust = adjust(&db);
    let account = db.value("SELECT id FROM users ORDER BY id LIMIT 1");
    let mut session = Session::new(&db, &role);
    for grantee in [role.name.as_str(), "service_role", "PUBLIC"] {
        for planted in PLANTED {
            db.sql(&format!("GRANT TRIGGER ON users TO {grantee}"));
            // The right alone refuses nothing.
            session.runs(&adjust);
            session.runs(planted);
            let (message, hint) = session.refused(&adjust);
            assert!(message.contains("trigger z of public.users"), "{message}");
            assert!(hint.contains("DROP TRIGGER z ON public.users"), "{hint}");
            let revoke = format!("REVOKE TRIGGER ON public.users FROM {grantee}");
            assert!(hint.ends_with(&revoke), "{hint}");
            let ran = db.bursar(&["wallet", "adjust", &account, "STAR", "+1", "--reason", "r", "-y"]).exits(4);
            assert!(ran.stderr.contains("trigger z of public.users"), "{ran:?}");
            db.sql(&format!("DROP TRIGGER z ON public.users; {revoke}"));
            session.runs(&adjust);
            assert_eq!(hits(&db), "false", "{planted}");
        }
    }
    // The trap is live: who changes the table without the functions springs it.
    db.sql(&format!("GRANT TRIGGER ON users TO {}", role.name));
    session.runs(BUILT_IN);
    db.sql("UPDATE users SET name = 'x'");
    assert_eq!(hits(&db), "true");
}

/// A snapshot that is older than the trigger would hide it.
#[test]
fn a_transaction_with_an_old_snapshot_is_refused_where_others_may_create_triggers() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let role = Plain::new(&db);
    trap(&db, &role.name);
    let adjust = adjust(&db);
    let mut session = Session::new(&db, &role);
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        db.sql(&format!("GRANT TRIGGER ON users TO {}", role.name));
        session.runs(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1"));
        Session::new(&db, &role).runs(BUILT_IN);
        let (message, hint) = session.refused(&adjust);
        assert!(message.contains(&level.to_lowercase()), "{message}");
        session.runs("ROLLBACK");
        db.sql(&format!("DROP TRIGGER z ON public.users; {hint}"));
        session.runs(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1; {adjust}; ROLLBACK"));
    }
    assert_eq!(hits(&db), "false");
}

/// The trigger is created before the look and committed after it.
#[test]
fn a_trigger_that_is_being_created_is_waited_for_and_seen() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let role = Plain::new(&db);
    trap(&db, &role.name);
    db.sql(&format!("GRANT TRIGGER ON users TO {}", role.name));
    let adjust = adjust(&db);
    let mut planter = Session::new(&db, &role);
    planter.runs(&format!("BEGIN; {BUILT_IN}"));
    let mut session = Session::new(&db, &role);
    let (message, _) = std::thread::scope(|scope| {
        let victim = scope.spawn(|| session.refused(&adjust));
        let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'public.users'::regclass)";
        until("the victim waits", || db.value(waits) == "true");
        planter.runs("COMMIT");
        victim.join().unwrap()
    });
    assert!(message.contains("trigger z of public.users"), "{message}");
    assert_eq!(hits(&db), "false");
}

/// Rows that move into a new partition are deleted from another one.
#[test]
fn partitions_are_not_made_over_triggers_of_others() {
    for (app, call, row) in [
        (
            "avolve",
            "SELECT public.ensure_activity_log_partitions()",
            "INSERT INTO activity_logs (action, created_at) VALUES ('x', now() + interval '2 years')",
        ),
        (
            "aethercrown",
            "SELECT public.maintain_activity_logs_partitions()",
            "INSERT INTO activity_logs (log_type, entity_id, action, created_at) SELECT 'task', gen_random_uuid(), 'task.created', now() + interval '2 years'",
        ),
    ] {
        let db = Db::new(Template::Migrated(app));
        let role = Plain::new(&db);
        trap(&db, &role.name);
        db.sql(&format!("{row}; GRANT TRIGGER ON activity_logs_default TO {}", role.name));
        let mut session = Session::new(&db, &role);
        session.runs(&BUILT_IN.replace("UPDATE ON public.users", "DELETE ON public.activity_logs_default"));
        let (message, _) = session.refused(call);
        assert!(message.contains("trigger z of public.activity_logs_default"), "{app}: {message}");
        assert_eq!(hits(&db), "false", "{app}");
    }
}

/// A hosted server's default privileges give everything to the roles of the API.
#[test]
fn no_table_that_is_migrated_lets_roles_of_the_api_create_triggers() {
    // The roles are the server's.
    let _roles = Db::new(Template::Migrated("mimivibe"));
    for app in sample(["mimivibe", "avolve", "aethercrown", "organic-os"], 3) {
        let db = Db::new(Template::Empty);
        db.sql("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role");
        db.bursar(&["migrate", "up", "--app", app, "--yes"]).ok();
        let may =
            "SELECT string_agg(DISTINCT concat(c.oid::regclass, ' ', a.grantee::regrole, ' ', a.privilege_type), ', ')
                     FROM pg_class c, aclexplode(c.relacl) a
                    WHERE c.relnamespace IN ('public'::regnamespace, 'bursar'::regnamespace) AND a.grantee <> c.relowner
                      AND a.privilege_type IN ('TRIGGER', 'TRUNCATE', 'REFERENCES')";
        assert_eq!(db.value(may), "NULL", "{app}");
    }
}
