//! Who may do what in the application's schema, on a server that has nothing and on one that gave
//! everything away before.

use super::documents::{ONE, PEOPLE, TWO};
use super::migrated;
use crate::support::grants::{self, cell};
use crate::support::{Db, Template, wait};

/// A role, and who is signed in: nobody, the owner of the rows, somebody else, or the backend.
const CALLERS: [(&str, &str); 4] = [("anon", ""), ("authenticated", ONE), ("authenticated", TWO), ("service_role", "")];

/// Statements by what a caller gets: a sign for anon, the owner of a row, another user and the
/// backend. `+` does it, `0` may ask and reaches no row of the owner, `-` may not.
const MATRIX: &[(&str, &str)] = &[
    ("SELECT id, email, name, role, created_at, updated_at, last_login FROM users WHERE id = 'ONE'", "-+0+"),
    ("SELECT password_hash FROM users WHERE id = 'ONE'", "----"),
    ("SELECT * FROM users", "----"),
    ("INSERT INTO users (email, role) VALUES ('new@example.com', 'user')", "---+"),
    ("INSERT INTO users (email, password_hash) VALUES ('new@example.com', 'x')", "----"),
    ("UPDATE users SET name = 'x' WHERE id = 'ONE'", "---+"),
    ("UPDATE users SET role = 'admin' WHERE id = 'ONE'", "---+"),
    ("UPDATE users SET last_login = now() WHERE id = 'ONE'", "---+"),
    ("UPDATE users SET password_hash = 'x'", "----"),
    ("UPDATE users SET id = id", "----"),
    ("UPDATE users SET created_at = created_at", "----"),
    ("DELETE FROM users", "----"),
    ("SELECT * FROM ai_clones", "-+0+"),
    ("INSERT INTO ai_clones (name, model_type, user_id) VALUES ('x', 'x', 'ONE')", "---+"),
    ("UPDATE ai_clones SET config = '{}'", "---+"),
    ("UPDATE ai_clones SET user_id = 'TWO'", "---+"),
    ("DELETE FROM ai_clones", "---+"),
    ("SELECT * FROM ai_tasks", "-+0+"),
    ("INSERT INTO ai_tasks (task_name, clone_id) VALUES ('x', '00000000-0000-4000-8000-00000000000a')", "---+"),
    ("UPDATE ai_tasks SET status = 'in_progress'", "---+"),
    ("DELETE FROM ai_tasks", "----"),
    ("SELECT * FROM payments", "---+"),
    ("INSERT INTO payments (order_id, amount, user_id) VALUES ('NEW', 1, 'ONE')", "---+"),
    ("INSERT INTO payments (order_id, amount, created_at) VALUES ('NEW', 1, now())", "----"),
    ("UPDATE payments SET status = 'completed', completed_at = now()", "---+"),
    ("UPDATE payments SET metadata = '{}', description = 'x'", "---+"),
    ("UPDATE payments SET amount = 1", "----"),
    ("UPDATE payments SET currency = 'EUR'", "----"),
    ("UPDATE payments SET user_id = 'TWO'", "----"),
    ("UPDATE payments SET order_id = 'x'", "----"),
    ("DELETE FROM payments", "----"),
    ("SELECT * FROM activity_logs", "---+"),
    ("INSERT INTO activity_logs (log_type, entity_id, action, user_id) VALUES ('x', 'ONE', 'x', 'ONE')", "---+"),
    ("INSERT INTO activity_logs (log_type, entity_id, action, created_at) VALUES ('x', 'ONE', 'x', now())", "----"),
    ("UPDATE activity_logs SET action = 'x'", "----"),
    ("DELETE FROM activity_logs", "----"),
    ("SELECT maintain_activity_logs_partitions()", "---+"),
    ("SELECT create_activity_logs_partition('2019-01-01')", "----"),
];

/// What a hosted server has before anything is migrated: the roles, an auth schema of its own, a
/// publication, and default privileges that give everything to the roles of the API.
const HOSTED: &str = r#"
    GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
    CREATE SCHEMA auth;
    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
    CREATE TABLE auth.users (instance_id uuid, id uuid PRIMARY KEY, email varchar(255), encrypted_password varchar(255));
    ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON auth.users TO service_role;
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
        SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
    $$;
    CREATE PUBLICATION supabase_realtime"#;

/// Everything that the catalogs know about the schema auth.
const AUTH: &str = "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT format('schema %s %s', n.nspowner::regrole, n.nspacl) FROM pg_namespace n WHERE n.nspname = 'auth'
    UNION ALL SELECT format('relation %s %s %s %s', c.relname, c.relkind, c.relacl, c.relrowsecurity) FROM pg_class c WHERE c.relnamespace = 'auth'::regnamespace
    UNION ALL SELECT format('column %s %s %s %s', a.attrelid::regclass, a.attname, a.atttypid::regtype, a.attacl) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'auth'::regnamespace
    UNION ALL SELECT format('function %s %s', pg_get_functiondef(p.oid), p.proacl) FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace
    UNION ALL SELECT format('policy %s', p) FROM pg_policies p WHERE p.schemaname = 'auth') AS lines (line)";

fn hosted() -> (Db, String) {
    grants::hosted("aethercrown", HOSTED, AUTH)
}

fn check(db: &Db) {
    db.sql(PEOPLE);
    let mut wrong = Vec::new();
    let mut matrix: Vec<(String, &str)> =
        MATRIX.iter().map(|(sql, signs)| (sql.replace("ONE", ONE).replace("TWO", TWO), *signs)).collect();
    let tables = db.value("SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm', 'v')");
    for table in tables.split(' ') {
        matrix.push((format!("TRUNCATE {table} CASCADE"), "----"));
        if table == "_sqlx_migrations" || table.starts_with("activity_logs_") {
            matrix.push((format!("SELECT FROM {table}"), "----"));
            matrix.push((format!("DELETE FROM {table}"), "----"));
        }
        if table.starts_with("activity_logs_") {
            matrix.push((
                format!("INSERT INTO {table} (log_type, entity_id, action) VALUES ('x', gen_random_uuid(), 'x')"),
                "----",
            ));
            matrix.push((format!("UPDATE {table} SET action = 'x'"), "----"));
        }
    }
    wait(async {
        let mut connection = db.connect().await;
        for (sql, expected) in &matrix {
            let got = cell(&mut connection, &CALLERS, sql).await;
            if got != *expected {
                wrong.push(format!("{sql}: {got} instead of {expected}"));
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let functions = db.value("SELECT string_agg(p.proname || ' ' || r, ', ') FROM pg_proc p, unnest(ARRAY['anon', 'authenticated', 'service_role']) AS r WHERE p.pronamespace = 'public'::regnamespace AND has_function_privilege(r, p.oid, 'EXECUTE')");
    assert_eq!(functions, "maintain_activity_logs_partitions service_role");
    assert_eq!(db.value("SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relrowsecurity"), "_sqlx_migrations");
}

#[test]
fn on_a_stock_server_everybody_may_do_what_the_policies_mean_and_no_more() {
    check(&migrated());
}

#[test]
fn on_a_server_that_gives_everything_away_everybody_may_do_no_more_either() {
    let (db, _) = hosted();
    // A month that is made later is closed like the others.
    db.sql("SELECT maintain_activity_logs_partitions(6)");
    check(&db);
}

#[test]
fn an_auth_schema_that_was_there_stays_as_it_was() {
    let (db, before) = hosted();
    assert!(before.contains("auth.uid()"), "{before}");
    assert_eq!(db.value(AUTH), before);
}

#[test]
fn four_tables_are_followed_where_there_is_a_publication() {
    let (db, _) = hosted();
    let published = "SELECT string_agg(DISTINCT regexp_replace(tablename, '_[0-9]{4}_[0-9]{2}$|_default$', ''), ' ') FROM pg_publication_tables WHERE pubname = 'supabase_realtime'";
    assert_eq!(db.value(published), "activity_logs ai_clones ai_tasks payments");
    db.sql("INSERT INTO activity_logs (log_type, entity_id, action, created_at) VALUES ('x', gen_random_uuid(), 'x', '2020-01-01'); SELECT maintain_activity_logs_partitions()");
    assert_eq!(db.value("SELECT count(*) FROM pg_publication_tables WHERE tablename = 'activity_logs_2020_01'"), "1");
    // A publication of everything has the tables already, and a stock server has none.
    let db = Db::new(Template::Empty);
    db.sql("CREATE PUBLICATION supabase_realtime FOR ALL TABLES");
    db.bursar(&["migrate", "up", "--app", "aethercrown", "--yes"]).ok();
    assert_eq!(migrated().value("SELECT count(*) FROM pg_publication"), "0");
}

#[test]
fn the_auditor_reads_everything_but_the_hashes() {
    let db = migrated();
    db.sql(PEOPLE);
    for table in ["ai_clones", "ai_tasks", "payments", "activity_logs"] {
        assert_eq!(db.sqlstate(&format!("SET ROLE bursar_auditor; SELECT * FROM {table}")), "00000", "{table}");
    }
    assert_eq!(db.sqlstate("SET ROLE bursar_auditor; SELECT * FROM users"), "42501");
    let role = format!("{}_reader", db.name);
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE bursar_auditor"));
    let url = db.url().replace("user=postgres", &format!("user={role}"));
    let ran = crate::support::run(crate::support::bursar().args(["audit", "--app", "aethercrown", "-d", &url]));
    assert_eq!(ran.code, 0, "{ran:?}");
    db.sql(&format!("DROP ROLE {role}"));
}
