//! Who may do what, on a server that has nothing and on one that gave everything away before.

use std::collections::BTreeSet;

use super::{ONE, PEOPLE, TWO, backend, signed_in};
use crate::support::grants::{self, cell, matrix};
use crate::support::{Db, Template, wait};

/// A role, and who is signed in: the owner of the rows, somebody else, or nobody.
const CALLERS: [(&str, &str); 4] = [("anon", ""), ("authenticated", ONE), ("authenticated", TWO), ("service_role", "")];

/// Tables by command. Each cell has a sign for anon, the owner of a row, another user, and the
/// backend: `+` may, `0` may ask and reaches no row of the owner, `-` may not.
const TABLES: &str = "
                         select  insert  update  delete  truncate
    users                -+0+    -+-+    ---+    -+0-    ----
    profiles             ++++    ---+    -+0+    ---+    ----
    user_roles           -+0+    ---+    ----    ---+    ----
    role_permissions     ---+    ---+    ----    ---+    ----
    user_progress        -+0+    ---+    ---+    ----    ----
    phase_transitions    -+0+    ----    ----    ----    ----
    user_consent         -+0+    -+--    ----    ----    ----
    token_types          -+++    ---+    ---+    ----    ----
    token_balances       -+0+    ----    ----    ----    ----
    token_transactions   -+0+    ----    ----    ----    ----
    activity_logs        ---+    ---+    ----    ----    ----
    activity_logs_y2025m01 ----  ----    ----    ----    ----
    activity_logs_default ----   ----    ----    ----    ----
    user_progress_stats  ---+    ----    ----    ----    ----
    user_consent_stats   ---+    ----    ----    ----    ----
    _sqlx_migrations     ----    ----    ----    ----    ----
";

/// What inserts a row of the owner's and what updates one, where the table lets anybody.
const STATEMENTS: [(&str, &str, &str); 16] = [
    ("users", "(id) VALUES ('OWNER')", "email = 'new@example.com'"),
    ("profiles", "(id, username) VALUES ('OWNER', 'again')", "full_name = 'Noi'"),
    ("user_roles", "(user_id, role) VALUES ('OWNER', 'steward')", "role = 'steward'"),
    ("role_permissions", "(role, permission) VALUES ('guide', 'everything')", "permission = 'everything'"),
    ("user_progress", "(user_id, pillar) VALUES ('OWNER', 'ecosystem')", "progress = 9"),
    (
        "phase_transitions",
        "(user_id, pillar, from_phase, to_phase) VALUES ('OWNER', 'self', 'onboarding', 'scaffolding')",
        "pillar = 'x'",
    ),
    ("user_consent", "(user_id, interaction_type, status) VALUES ('OWNER', 'x', 'declined')", "status = 'declined'"),
    ("token_types", "(token_type, category) VALUES ('WHOLE', 9)", "title = 'x'"),
    ("token_balances", "(user_id, token_type, balance) VALUES ('OWNER', 'UNITE', 1000)", "balance = 1000"),
    ("token_transactions", "(to_user_id, amount, token_type) VALUES ('OWNER', 1000, 'UNITE')", "amount = 1000"),
    ("activity_logs", "(user_id, action) VALUES ('OWNER', 'x')", "action = 'x'"),
    ("activity_logs_y2025m01", "(user_id, action, created_at) VALUES ('OWNER', 'x', '2025-01-09')", "action = 'x'"),
    ("activity_logs_default", "(user_id, action, created_at) VALUES ('OWNER', 'x', '1999-01-09')", "action = 'x'"),
    // Nobody writes a materialized view, not even its owner, so the rights are asked for instead.
    ("user_progress_stats", "", ""),
    ("user_consent_stats", "", ""),
    (
        "_sqlx_migrations",
        "(version, description, success, checksum, execution_time) VALUES (1, 'x', true, '', 0)",
        "success = false",
    ),
];

/// Updates of single columns, by the same signs.
const COLUMNS: &str = "
    users.id                     ----
    users.email                  ---+
    users.created_at             ----
    profiles.id                  ----
    profiles.username            -+0+
    profiles.full_name           -+0+
    profiles.avatar_url          -+0+
    profiles.created_at          ----
    user_progress.phase          ----
    user_progress.progress       ---+
    user_progress.user_id        ----
    user_progress.pillar         ----
    phase_transitions.to_phase   ----
    user_consent.status          ----
    user_consent.terms           ----
    user_consent.created_at      ----
    user_roles.role              ----
    token_types.title            ---+
    token_types.category         ---+
    token_types.token_type       ----
    token_balances.balance       ----
    token_transactions.amount    ----
    activity_logs.action         ----
";

/// Functions, for anon, a signed-in user and the backend.
const FUNCTIONS: &str = "
    application_path                ---
    bring_identity                  ---
    burn_tokens                     --+
    called_by_backend               ---
    create_activity_log_partition   --+
    ensure_activity_log_partitions  --+
    get_custom_claims               -++
    get_user_consent_stats          -++
    get_user_progress_stats         -++
    mint_tokens                     --+
    move_tokens                     ---
    phase_after                     -++
    record_consent                  -+-
    refresh_user_stats              --+
    refuse_change                   ---
    require_self_or_backend         ---
    touch_updated_at                ---
    transfer_tokens                 -+-
    transition_phase                -++
    user_consent_order              ---
    validate_phase_transition       -++
";

/// What the owner has besides: a row in every other table.
const ROWS: &str = "
    INSERT INTO user_roles (user_id, role) VALUES ('00000000-0000-4000-8000-000000000001', 'guide');
    INSERT INTO role_permissions (role, permission) VALUES ('guide', 'vote');
    SELECT transition_phase('00000000-0000-4000-8000-000000000001', 'self', 'onboarding');
    INSERT INTO user_consent (user_id, interaction_type, status) VALUES ('00000000-0000-4000-8000-000000000001', 'x', 'declined');
    INSERT INTO activity_logs (user_id, action) VALUES ('00000000-0000-4000-8000-000000000001', 'x');
    INSERT INTO activity_logs (user_id, action, created_at) VALUES ('00000000-0000-4000-8000-000000000001', 'x', '2025-01-09'), (NULL, 'x', '1999-01-09');
    SELECT refresh_user_stats()";

/// What a hosted server has before anything is migrated: an auth schema of its own, default
/// privileges that give everything to the roles of the API, and a publication.
const HOSTED: &str = r#"
    GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
    CREATE SCHEMA auth;
    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
    CREATE TABLE auth.users (
        instance_id uuid, id uuid NOT NULL PRIMARY KEY, aud varchar(255), role varchar(255), email varchar(255),
        encrypted_password varchar(255), created_at timestamptz, updated_at timestamptz, is_anonymous boolean NOT NULL DEFAULT false
    );
    ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
        SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
    $$;
    CREATE PUBLICATION supabase_realtime"#;

/// What the catalogs know about the schema auth, but for the triggers of keys that refer to it.
const AUTH: &str = "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT format('schema %s %s', n.nspowner::regrole, n.nspacl) FROM pg_namespace n WHERE n.nspname = 'auth'
    UNION ALL SELECT format('relation %s %s %s %s %s', c.relname, c.relkind, c.relowner::regrole, c.relacl, c.relrowsecurity)
        FROM pg_class c WHERE c.relnamespace = 'auth'::regnamespace
    UNION ALL SELECT format('column %s %s %s %s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attacl)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'auth'::regnamespace
    UNION ALL SELECT format('trigger %s', pg_get_triggerdef(t.oid)) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = 'auth'::regnamespace AND NOT t.tgisinternal
    UNION ALL SELECT format('function %s %s %s', pg_get_functiondef(p.oid), p.proowner::regrole, p.proacl) FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace
    UNION ALL SELECT format('policy %s', p) FROM pg_policies p WHERE p.schemaname = 'auth'
) AS lines (line)";

fn stock() -> Db {
    let db = Db::new(Template::Migrated("avolve"));
    db.sql(PEOPLE);
    db.sql(ROWS);
    db
}

/// A database where the platform was there first, and what its auth schema was.
fn hosted() -> (Db, String) {
    let (db, auth) = grants::hosted("avolve", HOSTED, AUTH);
    let after = db.value(AUTH);
    assert_eq!(after, auth);
    db.sql(PEOPLE);
    db.sql(ROWS);
    (db, auth)
}

/// A statement about the owner's rows only, where others have some too.
fn only(table: &str) -> String {
    if table == "users" { format!(" WHERE id = '{ONE}'") } else { String::new() }
}

/// Compares a database with the three matrices.
fn check(db: &Db) {
    let tables = matrix(TABLES);
    let found = db.value(
        "SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
            AND (NOT relispartition OR relname IN ('activity_logs_y2025m01', 'activity_logs_default'))",
    );
    let found: BTreeSet<&str> = found.split(' ').collect();
    assert_eq!(found, tables.keys().copied().collect(), "the matrix has every table and no other");
    assert_eq!(found, STATEMENTS.iter().map(|s| s.0).collect(), "every table has its statements");
    let mut wrong = Vec::new();
    wait(async {
        let mut connection = db.connect().await;
        for (table, insert, update) in STATEMENTS {
            let only = only(table);
            let statements = [
                format!("SELECT FROM {table}{only}"),
                format!("INSERT INTO {table} {}", insert.replace("OWNER", ONE)),
                format!("UPDATE {table} SET {update}{only}"),
                format!("DELETE FROM {table}{only}"),
                format!("TRUNCATE {table} CASCADE"),
            ];
            let asked = if insert.is_empty() { 1 } else { 5 };
            for (sql, expected) in statements.iter().zip(&tables[table]).take(asked) {
                let got = cell(&mut connection, &CALLERS, sql).await;
                if got != *expected {
                    wrong.push(format!("{sql}: {got} instead of {expected}"));
                }
            }
        }
        for (column, expected) in matrix(COLUMNS) {
            let (table, name) = column.split_once('.').unwrap();
            let sql = format!("UPDATE {table} SET {name} = {name}{}", only(table));
            let got = cell(&mut connection, &CALLERS, &sql).await;
            if got != expected[0] {
                wrong.push(format!("{sql}: {got} instead of {}", expected[0]));
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Every partition and materialized view, by its rights.
    let rights = "SELECT string_agg(concat_ws(' ', r, c.relname), ', ') FROM pg_class c, unnest(ARRAY['anon', 'authenticated', 'service_role']) AS r
        WHERE c.relnamespace = 'public'::regnamespace AND (c.relispartition AND c.relkind = 'r' OR c.relkind = 'm')
          AND (has_table_privilege(r, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') OR has_any_column_privilege(r, c.oid, 'INSERT, UPDATE')
               OR has_any_column_privilege(r, c.oid, 'SELECT') AND NOT (c.relkind = 'm' AND r = 'service_role'))";
    assert_eq!(db.value(rights), "NULL");
    let functions = db.value(
        "SELECT string_agg(DISTINCT concat(p.proname, ' ', (SELECT string_agg(CASE WHEN has_function_privilege(r, p.oid, 'EXECUTE') THEN '+' ELSE '-' END, '' ORDER BY n)
                                                     FROM unnest(ARRAY['anon', 'authenticated', 'service_role']) WITH ORDINALITY AS roles (r, n))), E'\\n')
           FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace",
    );
    let expected: BTreeSet<String> =
        matrix(FUNCTIONS).into_iter().map(|(name, cells)| format!("{name} {}", cells[0])).collect();
    assert_eq!(functions.lines().collect::<BTreeSet<_>>(), expected.iter().map(String::as_str).collect());
    let sequences = "SELECT count(*) FROM pg_class c, unnest(ARRAY['anon', 'authenticated', 'service_role']) AS r WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S' AND has_sequence_privilege(r, c.oid, 'USAGE, SELECT, UPDATE')";
    assert_eq!(db.value(sequences), "0", "sequences are nobody's");
    assert_eq!(db.value("SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relrowsecurity"), "_sqlx_migrations");
    let unread = "SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm') AND relname <> '_sqlx_migrations' AND NOT has_table_privilege('bursar_auditor', oid, 'SELECT')";
    assert_eq!(db.value(unread), "NULL", "the auditor reads everything");
    let loose = "SELECT string_agg(proname, ' ') FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND NOT coalesce(proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)";
    assert_eq!(db.value(loose), "NULL", "every function ends its search path with pg_temp");
}

#[test]
fn on_a_stock_server_everybody_may_do_what_the_policies_mean_and_no_more() {
    check(&stock());
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn on_a_server_that_gives_everything_away_everybody_may_do_no_more_either() {
    let (db, auth) = hosted();
    check(&db);
    assert!(auth.contains("auth.uid()"), "{auth}");
    // A month that is made later is as closed as the first ones.
    assert_eq!(backend(&db, "SELECT create_activity_log_partition('2031-01-01')"), "00000");
    check(&db);
    assert_eq!(db.value("SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_publication_tables WHERE pubname = 'supabase_realtime'"), "profiles token_balances user_progress");
    // The backend leaves identities to the service that keeps them.
    assert_eq!(backend(&db, "INSERT INTO users (id) VALUES (gen_random_uuid())"), "23503");
}

/// Ways to more tokens, a later phase or another role, for somebody who is signed in and knows SQL.
#[test]
fn a_user_cannot_raise_their_balance_phase_or_role_by_any_path() {
    let attempts = [
        "UPDATE token_balances SET balance = 1000",
        "INSERT INTO token_balances (user_id, token_type, balance) VALUES ('OWNER', 'UNITE', 1000)",
        "INSERT INTO token_transactions (to_user_id, amount, token_type) VALUES ('OWNER', 1000, 'GROW')",
        "SELECT mint_tokens('OWNER', 1000, 'GROW')",
        "SELECT move_tokens(NULL, 'OWNER', 1000, 'GROW')",
        "SELECT transfer_tokens('OTHER', 'OWNER', 1, 'GROW')",
        "UPDATE user_progress SET phase = 'endgame'",
        "INSERT INTO user_progress (user_id, pillar, phase) VALUES ('OWNER', 'x', 'endgame')",
        "INSERT INTO phase_transitions (user_id, pillar, from_phase, to_phase) VALUES ('OWNER', 'self', 'onboarding', 'scaffolding')",
        "SELECT transition_phase('OTHER', 'self', 'onboarding')",
        "INSERT INTO user_roles (user_id, role) VALUES ('OWNER', 'steward')",
        "INSERT INTO role_permissions (role, permission) VALUES ('guide', 'everything')",
        "INSERT INTO activity_logs (user_id, action) VALUES ('OWNER', 'x')",
        "SELECT FROM activity_logs_y2025m01",
        "SELECT FROM user_consent_stats",
        "REFRESH MATERIALIZED VIEW user_progress_stats",
        "UPDATE users SET email = 'other@example.com'",
        "SELECT setval('token_transactions_seq_seq', 1)",
        "TRUNCATE token_transactions",
        "SET ROLE service_role",
        "SET session_replication_role = replica",
        "ALTER TABLE token_balances DISABLE ROW LEVEL SECURITY",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ];
    for db in [stock(), hosted().0] {
        let state = "SELECT md5(concat((SELECT string_agg(b::text, '' ORDER BY id) FROM token_balances b), (SELECT string_agg(p::text, '' ORDER BY id) FROM user_progress p), (SELECT string_agg(r::text, '') FROM user_roles r)))";
        let before = db.value(state);
        for attempt in attempts {
            let attempt = attempt.replace("OWNER", ONE).replace("OTHER", TWO);
            assert_eq!(signed_in(&db, ONE, &attempt), "42501", "{attempt}");
        }
        for attempt in [
            "UPDATE token_balances SET balance = 1000",
            "UPDATE user_progress SET phase = 'endgame'",
            "INSERT INTO user_progress (user_id, pillar, phase) VALUES ('OWNER', 'x', 'endgame')",
            "INSERT INTO token_transactions (to_user_id, amount, token_type) VALUES ('OWNER', 1, 'GROW')",
            "INSERT INTO user_consent (user_id, interaction_type, status) VALUES ('OWNER', 'x', 'declined')",
            "TRUNCATE user_consent",
        ] {
            assert_eq!(backend(&db, &attempt.replace("OWNER", ONE)), "42501", "{attempt}");
        }
        assert_eq!(db.value(state), before);
    }
}

#[test]
fn a_hosted_database_can_be_seeded_and_audits_clean() {
    let db = Db::new(Template::Empty);
    drop(stock());
    db.sql(HOSTED);
    db.bursar(&["migrate", "up", "--app", "avolve", "--yes"]).ok();
    db.bursar(&["seed", "--users", "80", "--yes"]).ok();
    assert_eq!(db.value("SELECT count(*) FROM auth.users"), "80");
    db.bursar(&["audit"]).ok();
}
