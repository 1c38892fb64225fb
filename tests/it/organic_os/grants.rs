//! Who may do what, on a server that has nothing and on one that gave everything away before.

use std::collections::BTreeSet;

use super::{APP, id};
use crate::support::grants::{self, cell, matrix};
use crate::support::{Db, Template, wait};

const OWNER: &str = "00000000-0000-4000-8000-000000000001";
const OTHER: &str = "00000000-0000-4000-8000-000000000002";
/// A role, and who is signed in: nobody, the owner of the rows, somebody else, the backend.
const CALLERS: [(&str, &str); 4] =
    [("anon", ""), ("authenticated", OWNER), ("authenticated", OTHER), ("service_role", "")];

/// Tables by command. Each cell has a sign for anon, the owner of a row, another user, and the
/// backend: `+` does it, `0` may ask and reaches no row of the owner, `-` may not. What stands for
/// a partition stands for every one.
const TABLES: &str = "
                        select  insert  update  delete  truncate
    users               -+0+    ---+    -+0+    ---+    ----
    wellness_entries    -+0+    -+-+    -+0+    -+0+    ----
    module_progress     -+0+    -+-+    -+0+    -+0+    ----
    conversations       -+0+    -+-+    -+0+    ---+    ----
    messages            -+0+    -+-+    ---+    ---+    ----
    _sqlx_migrations    ----    ----    ----    ----    ----
    partition           ----    ----    ----    ----    ----
";

/// What inserts a row of the owner's, and what updates one.
const STATEMENTS: [(&str, &str, &str); 6] = [
    ("users", "(email) VALUES ('three@example.com')", "full_name = 'Ada'"),
    ("wellness_entries", "(user_id, date, sleep_hours) VALUES ('OWNER', '2026-01-02', 8)", "sleep_hours = 7"),
    ("module_progress", "(user_id, module_name) VALUES ('OWNER', 'focus')", "notes = 'x'"),
    ("conversations", "(user_id, module_name, topic) VALUES ('OWNER', 'focus', 'x')", "topic = 'x'"),
    (
        "messages",
        "(conversation_id, role, content) VALUES ('00000000-0000-4000-8000-00000000000c', 'user', 'x')",
        "content = 'x'",
    ),
    (
        "_sqlx_migrations",
        "(version, description, success, checksum, execution_time) VALUES (1, 'x', true, '', 0)",
        "success = false",
    ),
];

/// Columns that may be updated, and on their own given in an insert, by the same signs; every other
/// column of these tables is nobody's.
const COLUMNS: &str = "
    users.id                             ---- ---+
    users.email                          ---+ ---+
    users.full_name                      -+0+ ---+
    users.avatar_url                     -+0+ ---+
    users.timezone                       -+0+ ---+
    wellness_entries.id                  ---- ---+
    wellness_entries.user_id             -+0+ -+++
    wellness_entries.date                -+0+ -+++
    wellness_entries.sleep_hours         -+0+ -+++
    wellness_entries.water_intake_ml     -+0+ -+++
    wellness_entries.exercise_minutes    -+0+ -+++
    wellness_entries.meditation_minutes  -+0+ -+++
    wellness_entries.mood_score          -+0+ -+++
    wellness_entries.energy_level        -+0+ -+++
    wellness_entries.nutrition_notes     -+0+ -+++
    module_progress.id                   ---- ---+
    module_progress.user_id              -+0+ -+++
    module_progress.module_name          -+0+ -+++
    module_progress.progress_percentage  -+0+ -+++
    module_progress.completed_topics     -+0+ -+++
    module_progress.current_focus        -+0+ -+++
    module_progress.notes                -+0+ -+++
    module_progress.last_activity        -+0+ -+++
    conversations.id                     ---- ---+
    conversations.user_id                ---- -+++
    conversations.module_name            -+0+ -+++
    conversations.topic                  -+0+ -+++
    messages.id                          ---- ---+
    messages.conversation_id             ---- -+++
    messages.role                        ---- -+++
    messages.content                     ---+ -+++
    messages.tokens_used                 ---+ ---+
";

/// Functions, for anon, a signed-in user and the backend.
const FUNCTIONS: &str = "
    application_path            ---
    begin_without_messages      ---
    get_wellness_stats          -++
    get_wellness_streak         -++
    has_wellness_partition      --+
    keep_message_count          ---
    make_wellness_partitions    --+
    refuse_future_wellness      ---
    refuse_unknown_time_zones   ---
    update_updated_at_column    ---
    user_today                  -++
    wellness_stats_on           -++
    wellness_streak_on          -++
";

/// Rows of the owner in every table, and somebody else who has none.
const ROWS: &str = "
    INSERT INTO users (id, email, timezone) VALUES
        ('00000000-0000-4000-8000-000000000001', 'one@example.com', 'Pacific/Kiritimati'), ('00000000-0000-4000-8000-000000000002', 'two@example.com', NULL);
    INSERT INTO wellness_entries (user_id, date, sleep_hours) VALUES ('00000000-0000-4000-8000-000000000001', '2026-01-01', 7);
    INSERT INTO module_progress (user_id, module_name) VALUES ('00000000-0000-4000-8000-000000000001', 'sleep');
    INSERT INTO conversations (id, user_id, module_name) VALUES ('00000000-0000-4000-8000-00000000000c', '00000000-0000-4000-8000-000000000001', 'sleep');
    INSERT INTO messages (conversation_id, role, content) VALUES ('00000000-0000-4000-8000-00000000000c', 'user', 'x')";

/// What a hosted server has before anything is migrated: the roles, an auth schema of its own, and
/// default privileges that give everything to the roles of the API.
const HOSTED: &str = r#"
    GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
    CREATE SCHEMA auth;
    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
    CREATE TABLE auth.users (instance_id uuid, id uuid NOT NULL PRIMARY KEY, email varchar(255), encrypted_password varchar(255),
                             raw_user_meta_data jsonb, created_at timestamptz, phone text UNIQUE DEFAULT NULL);
    ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON auth.users TO service_role;
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
        SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
                        (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid
    $$;
    COMMENT ON FUNCTION auth.uid() IS 'Deprecated. Use auth.jwt() -> ''sub'' instead.'"#;

/// Everything that the catalogs know about the schema auth.
const AUTH: &str = "
    SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
        SELECT concat_ws(' ', 'schema', nspname, nspacl::text) FROM pg_namespace WHERE nspname = 'auth'
        UNION ALL SELECT concat_ws(' ', c.relname, c.relkind, c.relrowsecurity, c.relacl::text, c.xmin) FROM pg_class c WHERE relnamespace = 'auth'::regnamespace
        UNION ALL SELECT concat_ws(' ', c.relname, a.attname, a.atttypid::regtype, a.attnotnull, a.attacl::text, a.xmin)
                    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE relnamespace = 'auth'::regnamespace AND a.attnum > 0
        UNION ALL SELECT concat_ws(' ', pg_get_functiondef(p.oid), p.proacl::text, p.xmin, obj_description(p.oid, 'pg_proc')) FROM pg_proc p WHERE pronamespace = 'auth'::regnamespace
        UNION ALL SELECT concat_ws(' ', t.tgname, t.tgrelid::regclass) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE relnamespace = 'auth'::regnamespace
    ) AS everything (line)";

fn stock() -> Db {
    let db = Db::new(Template::Migrated(APP));
    db.sql(ROWS);
    db
}

/// A database of a server where the platform was there first, and what its auth schema was.
fn hosted() -> (Db, String) {
    let (db, auth) = grants::hosted(APP, HOSTED, AUTH);
    db.sql(ROWS);
    (db, auth)
}

/// Compares a database with the matrices.
fn check(db: &Db) {
    let tables = matrix(TABLES);
    let list = |sql: &str| -> Vec<String> { db.value(sql).split(' ').map(str::to_owned).collect() };
    let partitions =
        list("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relispartition AND relkind = 'r'");
    assert_eq!(partitions.len(), 38);
    let found: BTreeSet<String> = list("SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition").into_iter().collect();
    let known = tables.keys().filter(|name| **name != "partition").map(|name| (*name).to_owned());
    assert_eq!(found, known.collect(), "the matrix has every table and no other");
    let wellness = STATEMENTS[1];
    let every = STATEMENTS.iter().map(|s| (s.0.to_owned(), s.0, s.1, s.2));
    let every = every.chain(partitions.iter().map(|p| (p.clone(), "partition", wellness.1, wellness.2)));
    let mut wrong = Vec::new();
    wait(async {
        let mut connection = db.connect().await;
        for (table, line, insert, update) in every {
            // Another user has a row in users, so the owner's is asked for by name.
            let only = if table == "users" { format!(" WHERE id = '{OWNER}'") } else { String::new() };
            let statements = [
                format!("SELECT FROM {table}{only}"),
                format!("INSERT INTO {table} {}", insert.replace("OWNER", OWNER)),
                format!("UPDATE {table} SET {update}{only}"),
                format!("DELETE FROM {table}{only}"),
                format!("TRUNCATE {table} CASCADE"),
            ];
            for (sql, expected) in statements.iter().zip(&tables[line]) {
                let got = cell(&mut connection, &CALLERS, sql).await;
                if got != *expected {
                    wrong.push(format!("{sql}: {got} instead of {expected}"));
                }
            }
        }
        for (column, expected) in matrix(COLUMNS) {
            let (table, name) = column.split_once('.').unwrap();
            let only = if table == "users" { format!(" WHERE id = '{OWNER}'") } else { String::new() };
            let got = cell(&mut connection, &CALLERS, &format!("UPDATE {table} SET {name} = {name}{only}")).await;
            if got != expected[0] {
                wrong.push(format!("update of {column}: {got} instead of {}", expected[0]));
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Inserts by column, from the catalog: a single column makes no row.
    let inserts = db.value(
        "SELECT string_agg(concat_ws(' ', c.relname || '.' || a.attname,
                    (SELECT string_agg(CASE WHEN has_column_privilege(r, c.oid, a.attnum, 'INSERT') THEN '+' ELSE '-' END, '' ORDER BY n)
                       FROM unnest(ARRAY['anon', 'authenticated', 'authenticated', 'service_role']) WITH ORDINALITY AS roles (r, n)),
                    (SELECT bool_or(has_column_privilege(r, c.oid, a.attnum, 'UPDATE'))
                       FROM unnest(ARRAY['anon', 'authenticated', 'service_role']) AS r)), E'\\n' ORDER BY c.relname, a.attname)
           FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
          WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0",
    );
    let expected = matrix(COLUMNS);
    for line in inserts.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let cells = expected.get(words[0]);
        assert_eq!(words[1], cells.map_or("----", |c| c[1]), "insert of {line}");
        assert_eq!(words[2] == "t", cells.is_some_and(|c| c[0] != "----"), "update of {line}");
    }
    let functions = db.value(
        "SELECT string_agg(concat(p.proname, ' ', (SELECT string_agg(CASE WHEN has_function_privilege(r, p.oid, 'EXECUTE') THEN '+' ELSE '-' END, '' ORDER BY n)
                                                     FROM unnest(ARRAY['anon', 'authenticated', 'service_role']) WITH ORDINALITY AS roles (r, n))), E'\\n')
           FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace",
    );
    let functions: BTreeSet<&str> = functions.lines().collect();
    let expected: BTreeSet<String> =
        matrix(FUNCTIONS).into_iter().map(|(name, cells)| format!("{name} {}", cells[0])).collect();
    assert_eq!(functions, expected.iter().map(String::as_str).collect());
    assert_eq!(db.value("SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relrowsecurity AND relname <> '_sqlx_migrations'"), "NULL");
    assert_eq!(
        db.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'"),
        "0"
    );
}

#[test]
fn on_a_stock_server_everybody_may_do_what_the_policies_mean_and_no_more() {
    check(&stock());
}

#[test]
fn on_a_server_that_gives_everything_away_everybody_may_do_no_more_either() {
    let (db, before) = hosted();
    check(&db);
    assert!(before.contains("auth.uid()") && before.lines().count() > 10, "{before}");
    assert_eq!(db.value(AUTH), before, "the auth schema stays as it was");
    db.bursar(&["audit"]).ok();
}

#[test]
fn a_role_that_only_owns_the_database_can_set_it_up_and_run_it() {
    // The roles of the API and of bursar belong to the server and are there.
    drop(Db::new(Template::Migrated(APP)));
    let db = Db::new(Template::Empty);
    let role = format!("{}_owner", db.name);
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'; ALTER DATABASE {} OWNER TO {role}", db.name));
    let url = db.url().replace("user=postgres", &format!("user={role}"));
    assert_ne!(url, db.url());
    let run = |arguments: &[&str]| crate::support::run(crate::support::bursar().args(arguments).args(["-d", &url]));
    run(&["migrate", "up", "--app", APP, "--yes"]).ok();
    run(&["seed", "--users", "50", "--yes"]).ok();
    run(&["audit"]).ok();
    assert_eq!(db.value("SELECT rolsuper FROM pg_roles WHERE rolname = (SELECT tableowner FROM pg_tables WHERE tablename = 'messages')"), "false");
    check_backend(&db);
    db.sql(&format!("ALTER DATABASE {} OWNER TO postgres; DROP OWNED BY {role} CASCADE; DROP ROLE {role}", db.name));
}

/// Signed in for good: a role that was only set could be set back.
fn as_user(user: &str, sql: &str) -> String {
    format!(r#"SET SESSION AUTHORIZATION authenticated; SET request.jwt.claims = '{{"sub": "{user}"}}'; {sql}"#)
}

#[test]
fn a_user_learns_nothing_about_others_and_gives_nothing_away() {
    for db in [stock(), hosted().0] {
        let sees = |user: &str, sql: &str, expected: &str| {
            let sql = as_user(user, &format!("SELECT 1 / (({sql})::text = '{expected}')::integer"));
            assert_eq!(db.sqlstate(&sql), "00000", "{sql}");
        };
        sees(OWNER, &format!("SELECT total_entries FROM get_wellness_streak('{OWNER}')"), "1");
        sees(OTHER, &format!("SELECT total_entries FROM get_wellness_streak('{OWNER}')"), "0");
        sees(OWNER, &format!("SELECT entries_count FROM get_wellness_stats('{OWNER}', 36600)"), "1");
        sees(OTHER, &format!("SELECT entries_count FROM get_wellness_stats('{OWNER}', 36600)"), "0");
        // Where somebody lives is not told either: by UTC it is still the 1st.
        sees(OWNER, &format!("SELECT user_today('{OWNER}', '2026-06-01 12:00Z')"), "2026-06-02");
        sees(OTHER, &format!("SELECT user_today('{OWNER}', '2026-06-01 12:00Z')"), "2026-06-01");
        for sql in [
            format!("UPDATE wellness_entries SET user_id = '{OTHER}'"),
            format!("UPDATE module_progress SET user_id = '{OTHER}'"),
            format!("INSERT INTO wellness_entries (user_id, date) VALUES ('{OTHER}', '2026-01-01')"),
            format!("INSERT INTO conversations (user_id, module_name) VALUES ('{OTHER}', 'x')"),
        ] {
            assert_eq!(db.sqlstate(&as_user(OWNER, &sql)), "42501", "{sql}");
        }
        // An insert that turns into an update, as the platform's client writes it.
        let upsert = format!(
            "INSERT INTO wellness_entries (user_id, date, sleep_hours) VALUES ('{OWNER}', '2026-01-01', 9)
             ON CONFLICT (user_id, date) DO UPDATE SET user_id = excluded.user_id, date = excluded.date, sleep_hours = excluded.sleep_hours"
        );
        assert_eq!(db.sqlstate(&as_user(OWNER, &upsert)), "00000");
        assert_eq!(db.value("SELECT sleep_hours FROM wellness_entries"), "9.00");
        assert_eq!(db.sqlstate(&as_user(&id(99), &upsert)), "42501");
        check_backend(&db);
    }
}

/// The backend takes somebody in, writes for them and lets them go.
fn check_backend(db: &Db) {
    let backend = format!(
        "SET SESSION AUTHORIZATION service_role;
         INSERT INTO users (id, email, timezone) VALUES ('{0}', 'new@example.com', 'Asia/Tokyo');
         INSERT INTO wellness_entries (user_id, date) VALUES ('{0}', user_today('{0}'));
         INSERT INTO conversations (id, user_id, module_name) VALUES ('{0}', '{0}', 'x');
         INSERT INTO messages (conversation_id, role, content, tokens_used) VALUES ('{0}', 'assistant', 'x', 5);
         SELECT 1 / (message_count = 1)::integer FROM conversations WHERE id = '{0}';
         SELECT 1 / (streak = 1)::integer FROM get_wellness_streak('{0}');
         SELECT make_wellness_partitions(15);
         DELETE FROM users WHERE id = '{0}'",
        id(50)
    );
    assert_eq!(db.sqlstate(&backend), "00000");
}
