//! Who may do what in the application's schema, on a server that has nothing and on one that gave
//! everything away before.

use std::collections::BTreeSet;

use crate::support::grants::{self, cell, matrix};
use crate::support::{Db, Template, wait};

/// A role, and who is signed in: the owner of the rows, somebody else, or nobody.
const CALLERS: [(&str, &str); 4] =
    [("anon", ""), ("authenticated", OWNER), ("authenticated", OTHER), ("service_role", "")];
const OWNER: &str = "00000000-0000-4000-8000-000000000001";
const OTHER: &str = "00000000-0000-4000-8000-000000000002";

/// Tables by command. Each cell has a sign for anon, the owner of a row, another user, and the
/// backend: `+` does it, `0` may ask and reaches no row of the owner, `-` may not.
const TABLES: &str = "
                        select  insert  update  delete  truncate
    users               -+0+    ---+    -+0+    ----    ----
    payments            -+0+    ---+    ---+    ----    ----
    user_payment_methods -+0+  ---+    -+0+    -+0+    ----
    tarot_readings      -+0+    ----    ---+    ----    ----
    user_invites        -+0+    ---+    ---+    ----    ----
    wallet_transactions -+0+    ----    ----    ----    ----
    jobs                ---+    ---+    ---+    ----    ----
    job_attempts        ---+    ---+    ---+    ----    ----
    _sqlx_migrations    ----    ----    ----    ----    ----
";

/// What inserts a row of the owner's and what updates one, where the table lets anybody. The row
/// is the owner's, or hangs on nobody.
const STATEMENTS: [(&str, &str, &str); 9] = [
    ("users", "(external_id, external_provider, email) VALUES ('three', 'clerk', 'three@example.com')", "name = 'Noi'"),
    (
        "payments",
        "(user_id, amount, package_type, stars_purchased) VALUES ('OWNER', 4900, 'starter', 10)",
        "status = 'failed'",
    ),
    ("user_payment_methods", "(user_id, brand) VALUES ('OWNER', 'visa')", "is_active = false"),
    (
        "tarot_readings",
        "(user_id, question, question_length, card_count, cards, tarot_reading) VALUES ('OWNER', 'Why?', 4, 3, '[]', '{}')",
        "metadata = '{}'",
    ),
    ("user_invites", "(inviter_id, invite_code, coin_reward) VALUES ('OWNER', 'one', 5)", "expires_at = now()"),
    (
        "wallet_transactions",
        "(user_id, transaction_type, amount, currency, balance_after, metadata) VALUES ('OWNER', 'refund', 1, 'STAR', 1, NULL)",
        "amount = 1",
    ),
    ("jobs", "(payload) VALUES ('{}')", "last_error = 'x'"),
    ("job_attempts", "(job_id, attempt_number) SELECT '00000000-0000-4000-8000-00000000000d', 9", "error = 'x'"),
    (
        "_sqlx_migrations",
        "(version, description, success, checksum, execution_time) VALUES (1, 'x', true, '', 0)",
        "success = false",
    ),
];

/// Updates of single columns, by the same signs.
const COLUMNS: &str = "
    users.name                             -+0+
    users.picture_url                      -+0+
    users.email                            ---+
    users.external_id                      ---+
    users.external_provider                ---+
    users.invited_by                       ---+
    users.last_login_at                    ---+
    users.id                               ----
    users.invite_code                      ----
    users.star_balance                     ----
    users.coin_balance                     ----
    users.tier                             ----
    users.total_invites                    ----
    users.created_at                       ----
    payments.status                        ---+
    payments.stripe_charge_id              ---+
    payments.user_id                       ----
    payments.amount                        ----
    payments.stars_purchased               ----
    payments.stars_bonus                   ----
    wallet_transactions.amount             ----
    wallet_transactions.balance_after      ----
    wallet_transactions.metadata           ----
    user_payment_methods.is_default        -+0+
    user_payment_methods.is_active         -+0+
    user_payment_methods.user_id           ---+
    user_payment_methods.stripe_customer_id ---+
    user_invites.invitee_id                ---+
    user_invites.status                    ----
    user_invites.coin_reward               ----
    user_invites.is_reward_claimed         ----
    tarot_readings.metadata                ---+
    tarot_readings.question                ----
    tarot_readings.user_id                 ----
";

/// Functions, for anon, a signed-in user and the backend.
const FUNCTIONS: &str = "
    application_path                       ---
    expire_invites                         --+
    invite_reward_for_tier                 --+
    is_admin                               -++
    new_invite_code                        --+
    refuse_change                          ---
    tarot_readings_keep_search             ---
    tier_for_invites                       --+
    touch_updated_at                       ---
    user_can_access_reading                -++
    wallet_adjust                          --+
    wallet_apply                           ---
    wallet_entry_sign                      --+
    wallet_exchange                        --+
    wallet_invite_reward                   --+
    wallet_lock_user                       ---
    wallet_purchase                        --+
    wallet_reading                         --+
    wallet_refund_payment                  --+
    wallet_refund_reading                  --+
    wallet_reverse                         --+
    wallet_transactions_check_reversal     ---
";

/// Rows of the owner in every table, and somebody else who has none.
const ROWS: &str = "
    INSERT INTO users (id, external_id, external_provider, email, invite_code) VALUES
        ('00000000-0000-4000-8000-000000000001', 'one', 'clerk', 'one@example.com', 'one'),
        ('00000000-0000-4000-8000-000000000002', 'two', 'clerk', 'two@example.com', 'two');
    INSERT INTO payments (id, user_id, amount, status, package_type, stars_purchased) VALUES
        ('00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-000000000001', 4900, 'succeeded', 'starter', 10),
        ('00000000-0000-4000-8000-0000000000bb', '00000000-0000-4000-8000-000000000001', 4900, 'pending', 'starter', 10);
    INSERT INTO user_payment_methods (user_id) VALUES ('00000000-0000-4000-8000-000000000001');
    INSERT INTO user_invites (id, inviter_id, invite_code, coin_reward) VALUES
        ('00000000-0000-4000-8000-00000000000c', '00000000-0000-4000-8000-000000000001', 'one', 20);
    INSERT INTO jobs (id, payload) VALUES ('00000000-0000-4000-8000-00000000000d', '{}');
    INSERT INTO job_attempts (job_id, attempt_number) VALUES ('00000000-0000-4000-8000-00000000000d', 1);
    SELECT wallet_purchase('00000000-0000-4000-8000-00000000000b');
    SELECT wallet_adjust('00000000-0000-4000-8000-000000000001', 'COIN', 100, 'credit', 'a prize', 'noi');
    SELECT wallet_reading('00000000-0000-4000-8000-000000000001', 'Why?', 'en', 3, '[1,2,3]', '{}')";

/// What a hosted server has before anything is migrated: the roles, an auth schema of its own, and
/// default privileges that give everything to the roles of the API.
const HOSTED: &str = r#"
    CREATE SCHEMA extensions;
    GRANT USAGE ON SCHEMA extensions TO anon, authenticated, service_role;
    GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
    CREATE SCHEMA auth;
    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
    CREATE TABLE auth.users (
        instance_id uuid, id uuid NOT NULL PRIMARY KEY, aud varchar(255), role varchar(255), email varchar(255),
        encrypted_password varchar(255), raw_user_meta_data jsonb, is_super_admin boolean, created_at timestamptz,
        updated_at timestamptz, phone text UNIQUE DEFAULT NULL, is_anonymous boolean NOT NULL DEFAULT false
    );
    CREATE INDEX users_instance_id_idx ON auth.users (instance_id);
    ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
    CREATE TABLE auth.schema_migrations (version varchar(255) PRIMARY KEY);
    GRANT SELECT ON auth.users TO service_role;
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
        SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
                        (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid
    $$;
    CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS $$
        SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
    $$;
    COMMENT ON FUNCTION auth.uid() IS 'Deprecated. Use auth.jwt() -> ''sub'' instead.'"#;

/// Everything that the catalogs know about the schema auth.
const AUTH: &str = "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT format('schema %s %s', n.nspowner::regrole, n.nspacl) FROM pg_namespace n WHERE n.nspname = 'auth'
    UNION ALL SELECT format('relation %s %s %s %s %s %s %s', c.relname, c.relkind, c.relowner::regrole, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.relhastriggers)
        FROM pg_class c WHERE c.relnamespace = 'auth'::regnamespace
    UNION ALL SELECT format('column %s %s %s %s %s %s', a.attrelid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, concat(a.attacl::text, pg_get_expr(d.adbin, d.adrelid)))
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'auth'::regnamespace
    UNION ALL SELECT format('constraint %s %s %s', o.conrelid::regclass, o.conname, pg_get_constraintdef(o.oid)) FROM pg_constraint o WHERE o.connamespace = 'auth'::regnamespace
    UNION ALL SELECT format('referred by %s %s', o.conrelid::regclass, o.conname) FROM pg_constraint o JOIN pg_class c ON c.oid = o.confrelid WHERE c.relnamespace = 'auth'::regnamespace
    UNION ALL SELECT format('index %s', i.indexdef) FROM pg_indexes i WHERE i.schemaname = 'auth'
    UNION ALL SELECT format('function %s %s %s %s', pg_get_functiondef(p.oid), p.proowner::regrole, p.proacl, obj_description(p.oid)) FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace
    UNION ALL SELECT format('trigger %s', pg_get_triggerdef(t.oid)) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'auth'::regnamespace
    UNION ALL SELECT format('policy %s', p) FROM pg_policies p WHERE p.schemaname = 'auth'
    UNION ALL SELECT format('default %s %s', d.defaclobjtype, d.defaclacl) FROM pg_default_acl d WHERE d.defaclnamespace = 'auth'::regnamespace
) AS lines (line)";

/// A stock database.
fn stock() -> Db {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(ROWS);
    db
}

/// A database of a server where the platform was there first, and what its auth schema was.
fn hosted() -> (Db, String) {
    let (db, auth) = grants::hosted("mimivibe", HOSTED, AUTH);
    db.sql(ROWS);
    (db, auth)
}

/// Compares a database with the three matrices.
fn check(db: &Db) {
    let tables = matrix(TABLES);
    let names =
        |list: &str| -> BTreeSet<String> { list.trim_matches(['{', '}']).split(',').map(str::to_owned).collect() };
    let found = names(&db.value("SELECT array_agg(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"));
    assert_eq!(found, tables.keys().map(|&name| name.to_owned()).collect(), "the matrix has every table and no other");
    assert_eq!(found, STATEMENTS.iter().map(|s| s.0.to_owned()).collect(), "every table has its statements");
    let mut wrong = Vec::new();
    wait(async {
        let mut connection = db.connect().await;
        for (table, insert, update) in STATEMENTS {
            let statements = [
                format!("SELECT FROM {table}"),
                format!("INSERT INTO {table} {}", insert.replace("OWNER", OWNER)),
                format!("UPDATE {table} SET {update}"),
                format!("DELETE FROM {table}"),
                format!("TRUNCATE {table} CASCADE"),
            ];
            for (sql, expected) in statements.iter().zip(&tables[table]) {
                // Another user has rows in users, so the owner's are asked for by name.
                let sql = if table == "users" && !sql.starts_with("INSERT") && !sql.starts_with("TRUNCATE") {
                    format!("{sql} WHERE id = '{OWNER}'")
                } else {
                    sql.clone()
                };
                let got = cell(&mut connection, &CALLERS, &sql).await;
                if got != *expected {
                    wrong.push(format!("{sql}: {got} instead of {expected}"));
                }
            }
        }
        for (column, expected) in matrix(COLUMNS) {
            let (table, name) = column.split_once('.').unwrap();
            let only = if table == "users" { format!(" WHERE id = '{OWNER}'") } else { String::new() };
            let sql = format!("UPDATE {table} SET {name} = {name}{only}");
            let got = cell(&mut connection, &CALLERS, &sql).await;
            if got != expected[0] {
                wrong.push(format!("{sql}: {got} instead of {}", expected[0]));
            }
        }
    });
    // What an extension brought is not the application's.
    let functions = db.value(
        "SELECT string_agg(DISTINCT concat(p.proname, ' ', (SELECT string_agg(CASE WHEN has_function_privilege(r, p.oid, 'EXECUTE') THEN '+' ELSE '-' END, '' ORDER BY n)
                                                     FROM unnest(ARRAY['anon', 'authenticated', 'service_role']) WITH ORDINALITY AS roles (r, n))), E'\\n')
           FROM pg_proc p
          WHERE p.pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')",
    );
    let functions: BTreeSet<&str> = functions.lines().collect();
    let expected = matrix(FUNCTIONS);
    let expected: BTreeSet<String> = expected.into_iter().map(|(name, cells)| format!("{name} {}", cells[0])).collect();
    assert_eq!(functions, expected.iter().map(String::as_str).collect());
    let sequences = db.value("SELECT count(*) FROM pg_class c, unnest(ARRAY['anon', 'authenticated', 'service_role']) AS r WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S' AND has_sequence_privilege(r, c.oid, 'USAGE, SELECT, UPDATE')");
    assert_eq!(sequences, "0", "sequences are nobody's");
    let schemas = db.value("SELECT string_agg(concat_ws(' ', n, r), ', ' ORDER BY n, r) FROM unnest(ARRAY['anon', 'authenticated', 'service_role']) AS r, unnest(ARRAY['bursar', 'public']) AS n WHERE has_schema_privilege(r, n, 'CREATE') OR (n = 'bursar' AND has_schema_privilege(r, n, 'USAGE'))");
    assert_eq!(schemas, "NULL", "nobody makes anything in public or sees anything of bursar's");
    assert_eq!(db.value("SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relrowsecurity"), "_sqlx_migrations");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn on_a_stock_server_everybody_may_do_what_the_policies_mean_and_no_more() {
    check(&stock());
}

#[test]
fn on_a_server_that_gives_everything_away_everybody_may_do_no_more_either() {
    check(&hosted().0);
}

#[test]
fn an_auth_schema_that_was_there_stays_as_it_was() {
    let (db, before) = hosted();
    assert!(before.contains("auth.uid()") && before.lines().count() > 30, "{before}");
    assert_eq!(db.value(AUTH), before);
    // Nothing of the application refers to it but by name, so the platform may change it.
    assert_eq!(db.sqlstate("DROP TABLE auth.users"), "00000");
}

/// Ways to more stars, coins or a better tier, for somebody who is signed in and knows SQL.
#[test]
fn a_user_cannot_raise_their_own_balance_or_tier_by_any_path() {
    let attempts = [
        "UPDATE users SET star_balance = 1000",
        "UPDATE users SET name = 'x', star_balance = 1000",
        "UPDATE users SET (name, coin_balance) = ('x', 1000)",
        "UPDATE users SET tier = 'gold'",
        "UPDATE users SET tier = DEFAULT",
        "UPDATE users SET total_invites = 16",
        "UPDATE users SET external_provider = 'admin'",
        "UPDATE users SET id = gen_random_uuid()",
        "INSERT INTO users (id, external_id, external_provider, email, star_balance) VALUES ('OWNER', 'one', 'clerk', 'one@example.com', 1000) ON CONFLICT (id) DO UPDATE SET star_balance = 1000",
        "INSERT INTO users (external_id, external_provider, email, star_balance) VALUES ('x', 'clerk', 'x@example.com', 1000)",
        "MERGE INTO users u USING (SELECT 'OWNER'::uuid AS id) AS s ON s.id = u.id WHEN MATCHED THEN UPDATE SET star_balance = 1000",
        "WITH more AS (UPDATE users SET star_balance = 1000 RETURNING id) SELECT FROM more",
        "COPY users (id) FROM PROGRAM 'echo'",
        "DELETE FROM users",
        "TRUNCATE users CASCADE",
        "INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, related_payment_id) VALUES ('OWNER', 'purchase', 1000, 'STAR', 1009, '00000000-0000-4000-8000-00000000000b')",
        "UPDATE wallet_transactions SET amount = 1000",
        "DELETE FROM wallet_transactions WHERE transaction_type = 'reading'",
        "INSERT INTO payments (user_id, amount, status, package_type, stars_purchased) VALUES ('OWNER', 1, 'succeeded', 'starter', 1000)",
        "UPDATE payments SET status = 'succeeded'",
        "UPDATE payments SET stars_bonus = 1000",
        "INSERT INTO user_invites (inviter_id, invitee_id, invite_code, coin_reward, status) VALUES ('OWNER', 'OTHER', 'one', 1000, 'accepted')",
        "UPDATE user_invites SET coin_reward = 1000",
        "UPDATE user_invites SET status = 'accepted'",
        "DELETE FROM tarot_readings",
        "SELECT wallet_adjust('OWNER', 'STAR', 1000, 'credit', 'mine', 'me')",
        "SELECT wallet_purchase('00000000-0000-4000-8000-0000000000bb')",
        "SELECT wallet_refund_reading((SELECT id FROM tarot_readings))",
        "SELECT wallet_invite_reward('00000000-0000-4000-8000-00000000000c', 'OTHER')",
        "SELECT wallet_exchange('OWNER', 1, 1000)",
        "SELECT wallet_reverse((SELECT id FROM wallet_transactions WHERE transaction_type = 'reading'))",
        "SELECT wallet_apply('OWNER', 'purchase', 'STAR', 1000)",
        "SELECT wallet_lock_user('OWNER')",
        "SELECT setval('wallet_transactions_seq_seq', 1)",
        "SET ROLE service_role",
        "SET session_replication_role = replica",
        "SET row_security = off; UPDATE users SET name = 'x'",
        "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE users ALTER star_balance SET DEFAULT 1000",
        "ALTER TABLE wallet_transactions DISABLE TRIGGER ALL",
        "DROP TRIGGER users_touch_updated_at ON users",
        "CREATE TRIGGER mine BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE RULE mine AS ON UPDATE TO users DO ALSO DELETE FROM payments",
        "CREATE POLICY mine ON users FOR UPDATE USING (true)",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION public.tier_for_invites(p_accepted integer) RETURNS user_tier LANGUAGE sql AS 'SELECT ''gold''::user_tier'",
        "GRANT service_role TO authenticated",
        "ALTER TYPE user_tier RENAME VALUE 'bronze' TO 'golden'",
    ];
    for db in [stock(), hosted().0] {
        let rich = "SELECT string_agg(concat_ws(' ', id, external_id, external_provider, star_balance, coin_balance, tier, total_invites), E'\\n' ORDER BY id) FROM users";
        let before = db.value(rich);
        let entries = db.value("SELECT md5(string_agg(w::text, '' ORDER BY seq)) FROM wallet_transactions w");
        for attempt in attempts {
            let attempt = attempt.replace("OWNER", OWNER).replace("OTHER", OTHER);
            // Signed in for good: a role that was only set could be set back.
            let sql = format!(
                r#"SET SESSION AUTHORIZATION authenticated; SET request.jwt.claims = '{{"sub": "{OWNER}"}}'; {attempt}"#
            );
            let code = db.sqlstate(&sql);
            assert_eq!(code, "42501", "{attempt}");
        }
        // Giving what one has no right to give is a warning, and gives nothing.
        db.sql("SET SESSION AUTHORIZATION authenticated; GRANT ALL ON users TO authenticated");
        assert_eq!(db.value("has_any_column_privilege('authenticated', 'users', 'INSERT') OR has_column_privilege('authenticated', 'users', 'star_balance', 'UPDATE')"), "false");
        // A table of their own that hides the real one from everything but the functions, which name it in full.
        let hidden = format!(
            r#"SET SESSION AUTHORIZATION authenticated; SET request.jwt.claims = '{{"sub": "{OWNER}"}}';
               CREATE TEMP TABLE users (id uuid, star_balance bigint, external_provider text); INSERT INTO users VALUES ('{OWNER}', 1000, 'admin');
               SELECT 1 / (NOT public.is_admin('{OWNER}'))::integer"#
        );
        assert_eq!(db.sqlstate(&hidden), "00000");
        assert_eq!(db.value(rich), before);
        assert_eq!(db.value("SELECT md5(string_agg(w::text, '' ORDER BY seq)) FROM wallet_transactions w"), entries);
    }
}

/// The backend's role runs the application, and cannot make a star.
#[test]
fn the_backend_moves_balances_through_the_functions_only() {
    for db in [stock(), hosted().0] {
        let as_backend = |sql: &str| db.sqlstate(&format!("SET SESSION AUTHORIZATION service_role; {sql}"));
        for sql in [
            "UPDATE users SET star_balance = 1000",
            "INSERT INTO users (external_id, external_provider, email, star_balance) VALUES ('x', 'clerk', 'x@example.com', 1000)",
            "UPDATE payments SET stars_bonus = 1000",
            "UPDATE user_invites SET coin_reward = 1000",
            "UPDATE user_invites SET status = 'accepted'",
            "INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after) SELECT id, 'refund', 1, 'STAR', 1 FROM users",
            "SELECT wallet_apply(id, 'purchase', 'STAR', 1000) FROM users",
            "TRUNCATE wallet_transactions",
        ] {
            assert_eq!(as_backend(sql), "42501", "{sql}");
        }
        let paid = "00000000-0000-4000-8000-0000000000bb";
        assert_eq!(
            as_backend(&format!(
                "UPDATE payments SET status = 'succeeded' WHERE id = '{paid}'; SELECT wallet_purchase('{paid}')"
            )),
            "00000"
        );
        assert_eq!(db.value(&format!("SELECT star_balance FROM users WHERE id = '{OWNER}'")), "19");
    }
}
