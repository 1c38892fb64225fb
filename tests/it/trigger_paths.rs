//! Triggers of the application that name tables without their schema: whatever bursar writes, they find what they were
//! written for, and nobody else's.

use sqlx::{AssertSqlSafe, Executor as _};

use crate::inspect::Plain;
use crate::support::{Db, Template, bursar, connect, run, sample, wait};

/// A trigger as people write them, on each of these tables.
fn told(db: &Db, tables: &[&str]) {
    db.sql(
        "CREATE TABLE audit_log (id text, what text);
         CREATE FUNCTION log_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO audit_log VALUES (to_jsonb(coalesce(new, old)) ->> 'id', tg_table_name || ' ' || lower(tg_op)); RETURN coalesce(new, old); END $$",
    );
    for table in tables {
        db.sql(&format!(
            "CREATE TRIGGER log_it AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION log_it()"
        ));
    }
}

/// What the trigger has written since the last look.
fn heard(db: &Db) -> String {
    let heard = db.value("SELECT string_agg(DISTINCT what, ', ' ORDER BY what) FROM audit_log");
    db.sql("DELETE FROM audit_log");
    heard
}

const JOBS: &str = "UPDATE jobs SET status = 'dlq', completed_at = now() WHERE id IN (SELECT id FROM jobs WHERE status = 'succeeded' ORDER BY id LIMIT 20)";

/// The case as it was reported, word for word.
#[test]
fn jobs_are_retried_where_a_trigger_names_a_table_without_its_schema() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(JOBS);
    db.sql(
        "create table audit_log(id uuid);
         create function log_it() returns trigger language plpgsql as $$begin insert into audit_log values(new.id); return new; end$$;
         create trigger log_it after update on jobs for each row execute function log_it();",
    );
    let dead: i64 = db.value("SELECT count(*) FROM jobs WHERE status = 'dlq'").parse().unwrap();
    db.bursar(&["jobs", "retry", "--status", "dead", "-y"]).ok();
    assert!(dead >= 20 && db.value("SELECT count(*) FROM audit_log") == dead.to_string());
}

#[test]
fn each_change_of_a_job_fires_the_applications_triggers() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(JOBS);
    told(&db, &["jobs", "job_attempts"]);
    let job = |status: &str| db.value(&format!("SELECT id FROM jobs WHERE status = '{status}' ORDER BY id LIMIT 1"));
    db.bursar(&["jobs", "retry", &job("dlq"), "-y"]).ok();
    assert_eq!(heard(&db), "jobs update");
    db.bursar(&["jobs", "cancel", &job("queued"), "-y", "--reason", "r"]).ok();
    assert_eq!(heard(&db), "jobs update");
    db.sql("UPDATE jobs SET status = 'processing', started_at = now() - interval '1 day', completed_at = NULL WHERE id = (SELECT job_id FROM job_attempts ORDER BY job_id LIMIT 1)");
    heard(&db);
    db.bursar(&["jobs", "stuck", "--release", "-y"]).ok();
    assert_eq!(heard(&db), "jobs update");
    let tried = db.value(
        "SELECT j.id FROM jobs j JOIN job_attempts a ON a.job_id = j.id WHERE j.status = 'dlq' ORDER BY j.id LIMIT 1",
    );
    db.bursar(&["jobs", "delete", &tried, "-y"]).ok();
    assert_eq!(heard(&db), "job_attempts delete, jobs delete");
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("purged").display().to_string();
    db.bursar(&["jobs", "purge", "--status", "dead", "--export", &export, "-y"]).ok();
    assert_eq!(heard(&db), "job_attempts delete, jobs delete");

    let db = Db::new(Template::Seeded("aethercrown"));
    told(&db, &["ai_tasks", "activity_logs", "payments"]);
    let task = db.value("SELECT id FROM ai_tasks WHERE status = 'failed' ORDER BY id LIMIT 1");
    db.bursar(&["jobs", "retry", &task, "-y"]).ok();
    assert_eq!(
        heard(&db).replace("activity_logs_2026_11", "P").replace("activity_logs_2026_12", "P"),
        "P insert, ai_tasks update"
    );
}

#[test]
fn money_moves_where_a_trigger_names_a_table_without_its_schema() {
    let db = Db::new(Template::Seeded("mimivibe"));
    told(&db, &["payments", "users", "wallet_transactions"]);
    let paid = "SELECT p.id FROM payments p JOIN users u ON u.id = p.user_id WHERE p.status = 'succeeded' AND u.star_balance >= p.stars_total ORDER BY p.id";
    let payment = db.value(&format!("{paid} LIMIT 1"));
    db.bursar(&[
        "refund",
        "create",
        &payment,
        "--gateway",
        "record-only",
        "--gateway-ref",
        "re_1",
        "--reason",
        "duplicate",
        "--yes",
    ])
    .ok();
    assert_eq!(heard(&db), "payments update, users update, wallet_transactions insert");
    let other = db.value(&format!("{paid} LIMIT 1"));
    db.sql(&format!(
        "SELECT bursar.refund_import('{other}', (SELECT amount FROM payments WHERE id = '{other}'), 'THB', 'stripe', 're_2', 'succeeded', 'gateway', 'other', NULL, '{{}}')"
    ));
    assert_eq!(heard(&db), "payments update, users update, wallet_transactions insert");
    // The bank returned the money: the units are given back.
    db.sql("SELECT bursar.refund_answered((SELECT id FROM bursar.refunds WHERE gateway_ref = 're_2'), 'failed', 're_2', NULL, '{}')");
    assert_eq!(heard(&db), "payments update, users update, wallet_transactions insert");
    let account = db.value("SELECT id FROM users ORDER BY id LIMIT 1");
    let balance = db.value("SELECT star_balance FROM users ORDER BY id LIMIT 1");
    db.bursar(&["wallet", "adjust", &account, "STAR", "+1", "--reason", "r", "-y"]).ok();
    assert_eq!(heard(&db), "users update, wallet_transactions insert");
    db.sql(&format!("SELECT bursar.set_balance('{account}', 'STAR', {balance} + 1, {balance})"));
    assert_eq!(heard(&db), "users update");
    // What the application's backend calls.
    db.sql("SELECT wallet_exchange(id, 1, 1) FROM users WHERE coin_balance > 0 ORDER BY id LIMIT 1");
    assert_eq!(heard(&db), "users update, wallet_transactions insert");

    let db = Db::new(Template::Seeded("avolve"));
    told(&db, &["token_balances", "token_transactions", "user_progress", "phase_transitions"]);
    let (account, unit) = (
        db.value("SELECT user_id FROM token_balances WHERE balance > 1 ORDER BY user_id, token_type LIMIT 1"),
        db.value("SELECT token_type FROM token_balances WHERE balance > 1 ORDER BY user_id, token_type LIMIT 1"),
    );
    db.bursar(&["wallet", "adjust", &account, &unit, "-1", "--reason", "r", "-y"]).ok();
    assert_eq!(heard(&db), "token_balances update, token_transactions insert");
    db.sql(&format!("SELECT bursar.set_balance('{account}', '{unit}', balance, balance + 1) FROM token_balances WHERE user_id = '{account}' AND token_type = '{unit}'"));
    assert_eq!(heard(&db), "token_balances update");
    db.sql("SELECT transition_phase(user_id, pillar, phase_after(phase)) FROM user_progress WHERE phase <> 'endgame' ORDER BY id LIMIT 1");
    assert_eq!(heard(&db), "phase_transitions insert, user_progress update");

    let db = Db::new(Template::Seeded("aethercrown"));
    told(&db, &["payments"]);
    let payment = db.value("SELECT id FROM payments WHERE status = 'completed' ORDER BY id LIMIT 1");
    db.bursar(&[
        "refund",
        "create",
        &payment,
        "--gateway",
        "record-only",
        "--gateway-ref",
        "re_1",
        "--reason",
        "duplicate",
        "--yes",
    ])
    .ok();
    assert_eq!(heard(&db), "payments update");

    let db = Db::new(Template::Seeded("organic-os"));
    told(&db, &["conversations"]);
    db.sql("INSERT INTO messages (conversation_id, role, content) SELECT id, 'user', 'x' FROM conversations ORDER BY id LIMIT 1");
    assert_eq!(heard(&db), "conversations update");
}

#[test]
fn a_seed_fires_the_applications_triggers() {
    let all = [
        ("mimivibe", "payments", "payments insert"),
        ("avolve", "token_transactions", "token_transactions insert"),
        ("aethercrown", "payments", "payments insert"),
        ("organic-os", "messages", "messages insert"),
    ];
    for (app, table, said) in sample(all, 2) {
        let db = Db::new(Template::Migrated(app));
        told(&db, &[table]);
        db.bursar(&["seed", "--users", "30", "--seed", "1", "--until", "2026-11-01", "--yes", "--app", app]).ok();
        assert_eq!(heard(&db), said, "{app}");
    }
}

/// What a trigger may set by itself, bursar leaves alone.
#[test]
fn a_trigger_with_a_path_or_with_its_owners_rights_works_as_before() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(JOBS);
    db.sql("CREATE SCHEMA notes");
    told(&db, &["jobs"]);
    let retry = || {
        let job = db.value("SELECT id FROM public.jobs WHERE status = 'dlq' ORDER BY id LIMIT 1");
        db.bursar(&["jobs", "retry", &job, "-y"]).ok();
        heard(&db)
    };
    db.sql("ALTER FUNCTION log_it() SECURITY DEFINER");
    assert_eq!(retry(), "jobs update");
    db.sql("ALTER TABLE audit_log SET SCHEMA notes; ALTER FUNCTION log_it() SET search_path = notes");
    let job = db.value("SELECT id FROM public.jobs WHERE status = 'dlq' ORDER BY id LIMIT 1");
    db.bursar(&["jobs", "retry", &job, "-y"]).ok();
    assert_eq!(db.value("SELECT count(*) FROM notes.audit_log"), "1");
    // The path that the application's sessions begin with, which the database or its owner's role may have.
    db.sql("ALTER FUNCTION log_it() RESET search_path; ALTER FUNCTION log_it() SECURITY INVOKER");
    for (whose, path) in [("DATABASE {}", "notes, public"), ("ROLE CURRENT_USER IN DATABASE {}", "notes")] {
        let whose = whose.replace("{}", &db.name);
        db.sql(&format!("ALTER {whose} SET search_path = {path}"));
        let job = db.value("SELECT id FROM public.jobs WHERE status = 'dlq' ORDER BY id LIMIT 1");
        db.bursar(&["jobs", "retry", &job, "-y"]).ok();
        db.sql(&format!("ALTER {whose} RESET search_path"));
    }
    assert_eq!(db.value("SELECT count(*) FROM notes.audit_log"), "3");
}

/// The statement that a hint ends with.
fn remedy(stderr: &str, begins: &str) -> String {
    let at = stderr.find(begins).unwrap_or_else(|| panic!("{begins} in {stderr}"));
    stderr[at..].lines().next().unwrap_or_default().to_owned()
}

/// In a schema where others may create, a trigger that needs it fails, and the hint says whom to take the right from.
#[test]
fn a_schema_where_others_may_create_stays_out_of_the_path_and_the_hint_says_why() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(JOBS);
    told(&db, &["jobs", "users"]);
    let stranger = Plain::new(&db);
    let name = &stranger.name;
    let account = db.value("SELECT id FROM users ORDER BY id LIMIT 1");
    let all = [
        ("GRANT CREATE ON SCHEMA public TO STRANGER", "REVOKE CREATE"),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC", "REVOKE CREATE"),
        ("CREATE TABLE theirs (x int); ALTER TABLE theirs OWNER TO STRANGER", "ALTER TABLE"),
        ("CREATE VIEW their_view AS SELECT 1 AS x; ALTER VIEW their_view OWNER TO STRANGER", "ALTER VIEW"),
        ("CREATE DOMAIN dom AS int; ALTER DOMAIN dom OWNER TO STRANGER", "ALTER TYPE"),
        ("CREATE TYPE theirs_too AS (a int); ALTER TYPE theirs_too OWNER TO STRANGER", "ALTER TYPE"),
        (
            "CREATE FUNCTION their_code(varchar) RETURNS text LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION their_code(varchar) OWNER TO STRANGER",
            "ALTER FUNCTION",
        ),
        (
            "CREATE OPERATOR public.<<>> (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq); ALTER OPERATOR public.<<>> (int, int) OWNER TO STRANGER",
            "ALTER OPERATOR",
        ),
        ("ALTER SCHEMA public OWNER TO STRANGER", "ALTER SCHEMA"),
    ];
    for (open, begins) in sample(all, 2) {
        let open = open.replace("STRANGER", name);
        db.sql(&open);
        let commands = [
            &["jobs", "retry", "--status", "dead", "-y"][..],
            &["wallet", "adjust", &account, "STAR", "+1", "--reason", "r", "-y"],
        ];
        let refused = commands.map(|command| {
            let ran = db.bursar(command).exits(1);
            assert!(ran.stderr.contains("42P01") && ran.stderr.contains("audit_log"), "{open}: {ran:?}");
            assert!(ran.stderr.contains(begins), "{open}: {ran:?}");
            ran.stderr
        });
        db.sql(&remedy(&refused[0], begins));
        db.bursar(&["wallet", "adjust", &account, "STAR", "+1", "--reason", "r", "-y"]).ok();
    }
    db.bursar(&["jobs", "retry", "--status", "dead", "-y"]).ok();
    assert_eq!(heard(&db), "jobs update, users update");
}

/// Code that somebody else may change does not run with the rights of bursar's functions.
#[test]
fn a_trigger_that_belongs_to_somebody_else_is_not_run_with_the_owners_rights() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(JOBS);
    let stranger = Plain::new(&db);
    told(&db, &["jobs", "payments", "users"]);
    db.sql(&format!("ALTER FUNCTION log_it() OWNER TO {}", stranger.name));
    let account = db.value("SELECT id FROM users ORDER BY id LIMIT 1");
    let payment = db.value("SELECT p.id FROM payments p JOIN users u ON u.id = p.user_id WHERE p.status = 'succeeded' AND u.star_balance >= p.stars_total ORDER BY p.id LIMIT 1");
    for command in [
        &["jobs", "retry", "--status", "dead", "-y"][..],
        &["wallet", "adjust", &account, "STAR", "+1", "--reason", "r", "-y"],
        &[
            "refund",
            "create",
            &payment,
            "--gateway",
            "record-only",
            "--gateway-ref",
            "re_1",
            "--reason",
            "duplicate",
            "--yes",
        ],
    ] {
        let ran = db.bursar(command).exits(4);
        assert!(ran.stderr.contains("runs public.log_it(), which belongs to"), "{ran:?}");
    }
    assert_eq!(db.value("SELECT count(*) FROM audit_log"), "0");
    // With its owner's rights and a path of its own it gains nothing.
    db.sql(&format!("GRANT INSERT ON audit_log TO {}; ALTER FUNCTION log_it() SECURITY DEFINER; ALTER FUNCTION log_it() SET search_path = public, pg_temp", stranger.name));
    db.bursar(&["wallet", "adjust", &account, "STAR", "+1", "--reason", "r", "-y"]).ok();
    db.sql("ALTER FUNCTION log_it() SECURITY INVOKER");
    let ran = db.bursar(&["jobs", "retry", "--status", "dead", "-y"]).exits(4);
    db.sql(&remedy(&ran.stderr, "ALTER FUNCTION"));
    db.bursar(&["jobs", "retry", "--status", "dead", "-y"]).ok();
    assert_eq!(heard(&db), "jobs update, users update");
}

/// What the caller has put into the session, a trigger does not find.
#[test]
fn a_trigger_finds_nothing_of_the_callers_session() {
    let db = Db::new(Template::Seeded("mimivibe"));
    told(&db, &["users"]);
    let operator = Plain::new(&db);
    db.sql(&format!("GRANT bursar_operator TO {0}; CREATE SCHEMA trap AUTHORIZATION {0}", operator.name));
    let account = db.value("SELECT id FROM users ORDER BY id LIMIT 1");
    let adjust = |balance: i64| {
        format!("SELECT bursar.wallet_adjust('{account}', 'STAR', 1, {balance}, 'r', '{{\"operator\": \"x\"}}')")
    };
    let balance: i64 = db.value("SELECT star_balance FROM users ORDER BY id LIMIT 1").parse().unwrap();
    wait(async {
        let mut session = connect(&db.url_as(&operator.name)).await;
        session.execute("CREATE TABLE trap.audit_log (id text, what text); SET search_path = trap; SET bursar.job_path = 'trap'").await.unwrap();
        session.execute(AssertSqlSafe(adjust(balance))).await.unwrap();
        // A table of the session would come where the application's is missing.
        session.execute("CREATE TEMP TABLE audit_log (id text, what text)").await.unwrap();
        let error = session.execute(AssertSqlSafe(adjust(balance + 1))).await.unwrap_err();
        let error = error.as_database_error().unwrap();
        assert_eq!(error.code().as_deref(), Some("BR004"), "{error}");
        assert!(error.message().contains("temporary objects of this session"), "{error}");
        session.execute("DISCARD TEMP").await.unwrap();
        session.execute(AssertSqlSafe(adjust(balance + 1))).await.unwrap();
    });
    assert_eq!(db.value("SELECT count(*) FROM trap.audit_log"), "0");
    assert_eq!(db.value("SELECT count(*) FROM audit_log"), "2");
}

/// A deferred trigger runs at the commit, when the statement that fired it and its path are over.
#[test]
fn a_deferred_trigger_finds_what_it_was_written_for() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(JOBS);
    told(&db, &[]);
    for table in ["jobs", "users", "payments"] {
        db.sql(&format!("CREATE CONSTRAINT TRIGGER log_it AFTER INSERT OR UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION log_it()"));
    }
    db.bursar(&["jobs", "retry", "--status", "dead", "-y"]).ok();
    assert_eq!(heard(&db), "jobs update");
    let account = db.value("SELECT id FROM users ORDER BY id LIMIT 1");
    let adjust = ["wallet", "adjust", &account, "STAR", "+1", "--reason", "r", "-y"];
    db.bursar(&adjust).ok();
    assert_eq!(heard(&db), "users update");
    let payment = db.value("SELECT p.id FROM payments p JOIN users u ON u.id = p.user_id WHERE p.status = 'succeeded' AND u.star_balance >= p.stars_total ORDER BY p.id LIMIT 1");
    let refund = ["refund", "create", &payment, "--gateway", "record-only", "--gateway-ref", "re_1", "--yes"];
    db.bursar(&refund).ok();
    assert_eq!(heard(&db), "payments update, users update");

    // Since PostgreSQL 18 it has the rights of the function that fired it, so the caller must not choose what it finds.
    let operator = Plain::new(&db);
    db.sql(&format!(
        "GRANT bursar_operator TO {0}; GRANT SELECT ON users TO {0}; GRANT INSERT ON audit_log TO {0}",
        operator.name
    ));
    let by_operator = |exit: i32| run(bursar().args(adjust).args(["-d", &db.url_as(&operator.name)])).exits(exit);
    if db.value("current_setting('server_version_num')::integer >= 180000") == "true" {
        let ran = by_operator(4);
        assert!(ran.stderr.contains("defers public.log_it()"), "{ran:?}");
        db.sql(&remedy(&ran.stderr, "ALTER FUNCTION"));
    }
    by_operator(0);
    assert_eq!(heard(&db), "users update");
}
