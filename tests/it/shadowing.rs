//! The wall between roles: whoever may call a function that runs with another's rights plants names of every kind where
//! they may, and nothing planted runs with these rights.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _};

use crate::support::{Db, Template, connect, file, sample, soak, url, wait};

const APPS: [&str; 4] = ["mimivibe", "avolve", "aethercrown", "organic-os"];

/// Roles that the migrations hand rights to; the empty one is anybody.
const ROLES: [&str; 7] =
    ["", "bursar_auditor", "bursar_support", "bursar_operator", "anon", "authenticated", "service_role"];

/// What each application's functions are called with, as a JSON object by the names of parameters.
fn values(app: &str) -> &'static str {
    match app {
        "mimivibe" => {
            "jsonb_build_object(
                'p_payment', (SELECT id FROM payments WHERE id = (SELECT payment FROM attacks.targets)),
                'p_payment_id', (SELECT payment FROM attacks.targets),
                'p_user_id', (SELECT id FROM users ORDER BY star_balance DESC, id LIMIT 1),
                'p_account', (SELECT id FROM users ORDER BY star_balance DESC, id LIMIT 1), 'p_unit', 'STAR',
                'wallet_adjust.p_expected', (SELECT max(star_balance) FROM users), 'p_adjustment', (SELECT id FROM bursar.adjustments),
                'wallet_approve.p_expected', (SELECT max(star_balance) FROM users), 'p_currency', 'STAR', 'p_direction', 'credit',
                'p_operator', 'x', 'p_question', 'Why?', 'p_locale', 'th', 'p_card_count', 3, 'p_cards', '[1, 2, 3]', 'p_price', 1,
                'wallet_reading.p_job_id', NULL, 'p_stars', NULL, 'wallet_exchange.p_stars', 1,
                'wallet_exchange.p_user_id', (SELECT id FROM users ORDER BY coin_balance DESC, id LIMIT 1), 'p_coins', 1,
                'p_entry_id', (SELECT id FROM wallet_transactions WHERE transaction_type = 'adjustment' ORDER BY id LIMIT 1),
                'p_reading_id', (SELECT related_reading_id FROM wallet_transactions WHERE transaction_type = 'reading' ORDER BY id LIMIT 1),
                'p_invite_id', (SELECT id FROM user_invites WHERE status = 'pending' AND expires_at > now() ORDER BY id LIMIT 1),
                'p_invitee_id', (SELECT max(id::text) FROM users),
                'p_jobs', (SELECT array_agg(id)::text FROM (SELECT id FROM jobs WHERE status = 'dlq' ORDER BY id LIMIT 1) j),
                'p_versions', (SELECT array_agg(x)::text FROM (SELECT xmin::text AS x FROM jobs WHERE status = 'dlq' ORDER BY id LIMIT 1) j))"
        }
        "aethercrown" => {
            "jsonb_build_object(
                'p_payment', (SELECT payment FROM attacks.targets),
                'p_jobs', (SELECT array_agg(id)::text FROM (SELECT id FROM ai_tasks WHERE status = 'failed' ORDER BY id LIMIT 1) j),
                'p_versions', (SELECT array_agg(x)::text FROM (SELECT xmin::text AS x FROM ai_tasks WHERE status = 'failed' ORDER BY id LIMIT 1) j))"
        }
        "avolve" => {
            "(SELECT jsonb_build_object(
                'p_account', b.user_id, 'p_unit', b.token_type, 'wallet_adjust.p_expected', b.balance,
                'p_adjustment', (SELECT id FROM bursar.adjustments), 'wallet_approve.p_expected', b.balance, 'p_user_id', b.user_id,
                'p_from_user_id', b.user_id, 'p_to_user_id', (SELECT id FROM users u WHERE u.id <> b.user_id ORDER BY id LIMIT 1),
                'p_token_type', b.token_type, 'p_amount', 1, 'p_terms', '{read}', 'p_interaction_type', 'x',
                'p_pillar', (SELECT pillar FROM user_progress p WHERE p.user_id = b.user_id ORDER BY pillar LIMIT 1),
                'p_new_phase', (SELECT phase_after(phase) FROM user_progress p WHERE p.user_id = b.user_id ORDER BY pillar LIMIT 1))
               FROM token_balances b
              WHERE b.balance > 5 AND EXISTS (SELECT FROM user_progress p WHERE p.user_id = b.user_id AND phase <> 'endgame')
              ORDER BY b.user_id LIMIT 1)"
        }
        _ => "jsonb_build_object('p_user_id', (SELECT user_id FROM wellness_entries ORDER BY id LIMIT 1), 'p_days', 7)",
    }
}

/// What is there to be refunded: a payment that nothing happened to, a refund that was submitted, and one that waits for
/// a second person.
fn targets(app: &str) -> String {
    let paid = match app {
        "mimivibe" => {
            "SELECT p.id, p.currency FROM payments p JOIN users u ON u.id = p.user_id
              WHERE p.status = 'succeeded' AND u.star_balance >= p.stars_total ORDER BY p.id"
        }
        "aethercrown" => {
            "SELECT p.id, p.currency FROM payments p WHERE p.status = 'completed' AND p.payment_method = 'paypal' ORDER BY p.id"
        }
        _ => return "CREATE TABLE attacks.targets (payment text, refund uuid, waiting uuid)".to_owned(),
    };
    let gateway = if app == "aethercrown" { "paypal" } else { "stripe" };
    format!(
        "CREATE TABLE attacks.targets AS
         WITH paid AS (SELECT array_agg(id::text) AS ids, min(currency) AS currency FROM ({paid} LIMIT 3) p)
         SELECT paid.ids[1]::uuid AS payment, (bursar.refund_request(ids[2], NULL, 'cap', 'other', NULL, '{gateway}', NULL, NULL, false, NULL, '{{}}')).refund.id AS refund,
                NULL::uuid AS waiting, ids[3] AS third FROM paid;
         UPDATE bursar.refunds SET state = 'submitted', lease_until = NULL, lease_pid = NULL;
         INSERT INTO bursar.settings (name, value) VALUES ('refund_limit', 'XXX 1');
         UPDATE attacks.targets SET waiting = (bursar.refund_request(third, NULL, 'cap', 'other', NULL, '{gateway}', NULL, NULL, false, NULL, '{{}}')).refund.id;
         DELETE FROM bursar.settings WHERE name = 'refund_limit'"
    )
}

/// Values that every application shares.
const SHARED: &str = "jsonb_build_object(
    'p_amount', NULL, 'wallet_adjust.p_amount', 1, 'p_if_spent', 'cap', 'p_reason', 'other', 'p_note', 'x', 'p_gateway', 'record-only',
    'p_gateway_ref', 'a reference', 'p_key', 'a key', 'p_again', true, 'p_expected', NULL, 'p_actor', '{\"operator\": \"x\"}',
    'p_refund', (SELECT refund FROM attacks.targets), 'refund_approve.p_refund', (SELECT waiting FROM attacks.targets),
    'refund_reject.p_refund', (SELECT waiting FROM attacks.targets), 'refund_preview_approval.p_refund', (SELECT waiting FROM attacks.targets),
    'p_state', 'succeeded', 'p_answer', 'succeeded', 'refund_import.p_gateway', 'stripe', 'p_why', 'x', 'p_seconds', 60, 'p_origin', 'gateway', 'p_action', 'retry', 'p_command', 'jobs retry',
    'refund_import.p_amount', 100, 'p_currency', 'THB', 'p_seen', 'listed', 'p_account', NULL)";

/// Writes that fire functions with their owner's rights.
fn writes(app: &str, role: &str) -> Vec<&'static str> {
    match (app, role) {
        ("organic-os", "authenticated") => vec![
            "INSERT INTO public.messages (conversation_id, role, content) SELECT c.id, 'user', 'x' FROM public.conversations c LIMIT 1",
        ],
        ("organic-os", "service_role") => vec![
            "INSERT INTO public.messages (conversation_id, role, content) SELECT c.id, 'user', 'x' FROM public.conversations c LIMIT 1",
            "DELETE FROM public.messages WHERE id = (SELECT max(m.id::pg_catalog.text)::pg_catalog.uuid FROM public.messages m)",
        ],
        ("mimivibe", "service_role") => vec![
            "UPDATE public.users SET name = 'x' WHERE id = (SELECT max(u.id::pg_catalog.text)::pg_catalog.uuid FROM public.users u)",
        ],
        _ => Vec::new(),
    }
}

/// A login that has one role's rights, and no more.
struct Attacker {
    name: String,
}

impl Attacker {
    fn new(db: &Db, role: &str) -> Self {
        let name = format!("{}_{}", db.name, if role.is_empty() { "anybody" } else { role });
        db.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'x'"));
        if !role.is_empty() {
            db.sql(&format!("GRANT {role} TO {name}"));
        }
        Attacker { name }
    }

    /// A session of theirs. What is planted has to exist before the claims say who is signed in.
    async fn session(&self, db: &Db) -> PgConnection {
        connect(&db.url_as(&self.name)).await
    }
}

/// Removes roles once their database is gone.
fn forget(db: Db, attackers: Vec<Attacker>) {
    drop(db);
    wait(async {
        let mut connection = connect(&url("postgres")).await;
        for attacker in attackers {
            connection.execute(AssertSqlSafe(format!("DROP ROLE {}", attacker.name))).await.unwrap();
        }
    });
}

fn prepared(app: &'static str) -> Db {
    let db = Db::new(Template::Seeded(app));
    db.sql(include_str!("shadowing/attack.sql"));
    db.sql(&targets(app));
    // An adjustment that waits for a second person.
    let balance = match app {
        "mimivibe" => "SELECT id, 'STAR' FROM users ORDER BY star_balance DESC, id LIMIT 1",
        "avolve" => {
            "SELECT b.user_id, b.token_type FROM token_balances b
              WHERE b.balance > 5 AND EXISTS (SELECT FROM user_progress p WHERE p.user_id = b.user_id AND phase <> 'endgame')
              ORDER BY b.user_id LIMIT 1"
        }
        _ => return db,
    };
    db.sql(&format!(
        "INSERT INTO bursar.adjustments (account, account_key, unit, amount, reason, state)
         SELECT account, bursar.id_key(account::text), unit, 1, 'x', 'awaiting_approval' FROM ({balance}) AS b (account, unit)"
    ));
    db
}

/// What became of calls: what ran with another's rights, by function, and how each call ended.
#[derive(Default)]
struct Outcome {
    ran: BTreeMap<String, String>,
    ended: BTreeMap<String, String>,
}

impl Outcome {
    /// Failures that say that a planted name was taken for a real one.
    fn stumbled(&self) -> Vec<String> {
        // A pack without payments, or without a wallet, has no functions for them.
        let lacking = |e: &str| e.starts_with("42883") && e.contains("function bursar.");
        let strange = ["42P01", "42703", "42883", "42804", "42704", "42725", "42846", "42809", "0A000"];
        self.ended
            .iter()
            .filter(|(_, e)| strange.iter().any(|s| e.starts_with(s)) && !lacking(e))
            .map(|(f, e)| format!("{f}: {e}"))
            .collect()
    }

    fn hit(&self) -> BTreeSet<&str> {
        self.ran.keys().map(|f| f.split('(').next().unwrap_or_default()).collect()
    }

    /// Functions that did what they are for.
    fn done(&self) -> BTreeSet<&str> {
        let done = self.ended.iter().filter(|(_, ended)| *ended == "done");
        done.map(|(f, _)| f.split('(').next().unwrap_or_default()).collect()
    }
}

/// Plants everything in a schema, and calls everything.
fn attack(db: &Db, app: &str, role: &str, attacker: &Attacker, schema: &str) -> Outcome {
    wait(async {
        let mut owner = db.connect().await;
        let whole = schema != "pg_temp";
        let plants: Vec<String> =
            sqlx::query_scalar("SELECT sql FROM attacks.plant($1::text::name, $2::text::name, $3)")
                .bind(schema)
                .bind(&attacker.name)
                .bind(whole)
                .fetch_all(&mut owner)
                .await
                .unwrap();
        let calls = sqlx::query(AssertSqlSafe(format!(
            "SELECT name, sql FROM attacks.calls($1::text::name, {SHARED} || {})",
            values(app)
        )))
        .bind(&attacker.name)
        .fetch_all(&mut owner)
        .await
        .unwrap();
        let mut calls: Vec<(String, String)> = calls.iter().map(|r| (r.get(0), r.get(1))).collect();
        calls.extend(writes(app, role).into_iter().map(|sql| (sql.to_owned(), sql.to_owned())));
        let user = format!("SELECT coalesce({} ->> 'p_user_id', '')", values(app));
        let user: String = sqlx::query_scalar(AssertSqlSafe(user)).fetch_one(&mut owner).await.unwrap();

        let mut session = attacker.session(db).await;
        // A trigger of the attacker's own that waits for somebody to make it immediate.
        let queued = "CREATE TEMP TABLE queued (id integer);
            CREATE FUNCTION pg_temp.late() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
                IF current_user OPERATOR(pg_catalog.<>) session_user THEN PERFORM pg_catalog.setval('attacks.mark'::pg_catalog.regclass, 3); END IF; RETURN NULL; END $f$;
            CREATE CONSTRAINT TRIGGER late AFTER INSERT ON queued DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.late();";
        session.execute(queued).await.unwrap();
        let mut planted = 0;
        session.execute("BEGIN").await.unwrap();
        for sql in &plants {
            let sql = format!("SAVEPOINT s; {sql}");
            match session.execute(AssertSqlSafe(sql)).await {
                Ok(_) => planted += 1,
                Err(_) => drop(session.execute("ROLLBACK TO SAVEPOINT s").await.unwrap()),
            }
        }
        session.execute("COMMIT").await.unwrap();
        assert!(planted > plants.len() * 9 / 10, "{planted} of {} were planted", plants.len());

        let mut outcome = Outcome::default();
        for (name, sql) in calls {
            sqlx::query("SELECT setval('attacks.mark', 0)").execute(&mut owner).await.unwrap();
            let claims = format!("SELECT pg_catalog.set_config('request.jwt.claims', '{{\"sub\": \"{user}\"}}', true)");
            session
                .execute(AssertSqlSafe(format!("BEGIN; {claims}; INSERT INTO pg_temp.queued VALUES (1)")))
                .await
                .unwrap();
            let ended = match session.execute(AssertSqlSafe(sql)).await {
                Ok(_) => "done".to_owned(),
                Err(error) => {
                    let code =
                        error.as_database_error().and_then(|e| e.code().map(|c| c.into_owned())).unwrap_or_default();
                    format!("{code} {error}")
                }
            };
            session.execute("ROLLBACK").await.unwrap();
            let mark =
                "SELECT m.last_value, p.what FROM attacks.mark m LEFT JOIN attacks.planted p ON p.id = m.last_value";
            let mark = sqlx::query(mark).fetch_one(&mut owner).await.unwrap();
            if mark.get::<i64, _>(0) != 0 {
                let what = mark.get::<Option<String>, _>(1);
                outcome.ran.insert(name.clone(), what.unwrap_or_else(|| format!("number {}", mark.get::<i64, _>(0))));
            }
            outcome.ended.insert(name, ended);
        }
        outcome
    })
}

/// What has to go through, so that the bodies are read to their end.
fn must_go_through(app: &str, role: &str) -> &'static [&'static str] {
    match (app, role) {
        ("mimivibe" | "aethercrown", "bursar_support") => {
            &["bursar.refund_preview", "bursar.refund_request", "bursar.refund_claim"]
        }
        ("mimivibe" | "aethercrown", "bursar_operator") => {
            &["bursar.refund_preview", "bursar.refund_answered", "bursar.change_jobs", "bursar.link_operations"]
        }
        ("avolve", "bursar_operator") => {
            &["bursar.link_operations", "bursar.wallet_adjust", "bursar.wallet_approve", "bursar.wallet_reject"]
        }
        ("mimivibe", "service_role") => &[
            "wallet_purchase",
            "wallet_adjust",
            "wallet_reading",
            "wallet_refund_payment",
            "wallet_exchange",
            "expire_invites",
        ],
        ("avolve", "authenticated") => &["transfer_tokens", "transition_phase", "get_custom_claims", "record_consent"],
        ("avolve", "service_role") => &["mint_tokens", "burn_tokens", "refresh_user_stats"],
        ("organic-os", "authenticated") => &["get_wellness_stats", "INSERT INTO public.messages "],
        ("aethercrown", "service_role") => &["maintain_activity_logs_partitions"],
        _ => &[],
    }
}

fn nothing_runs(app: &'static str) {
    let db = prepared(app);
    let mut attackers = Vec::new();
    // bursar's own functions are the same beside every application, so its roles attack them beside one or two.
    let roles: &[&str] = match app {
        _ if soak() => &ROLES,
        "mimivibe" => &["", "bursar_support", "bursar_operator", "service_role"],
        "avolve" => &["bursar_operator", "authenticated", "service_role"],
        "aethercrown" => &["bursar_auditor", "bursar_operator", "service_role"],
        _ => &["anon", "authenticated", "service_role"],
    };
    for role in roles {
        let attacker = Attacker::new(&db, role);
        let outcome = attack(&db, app, role, &attacker, "pg_temp");
        assert_eq!(outcome.ran, BTreeMap::new(), "{app}: {role} ran code of theirs with another's rights");
        assert_eq!(outcome.stumbled(), [""; 0], "{app}: {role}");
        for function in must_go_through(app, role) {
            assert!(outcome.done().contains(function), "{app}: {role}: {function}: {:?}", outcome.ended);
        }
        attackers.push(attacker);
    }
    forget(db, attackers);
}

#[test]
fn nothing_that_is_planted_in_temporary_schemas_runs_in_mimivibe() {
    nothing_runs("mimivibe");
}

#[test]
fn nothing_that_is_planted_in_temporary_schemas_runs_in_avolve() {
    nothing_runs("avolve");
}

#[test]
fn nothing_that_is_planted_in_temporary_schemas_runs_in_aethercrown() {
    nothing_runs("aethercrown");
}

#[test]
fn nothing_that_is_planted_in_temporary_schemas_runs_in_organic_os() {
    nothing_runs("organic-os");
}

/// The path that functions had before.
const AS_BEFORE: &str = "DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace IN ('bursar'::regnamespace, 'public'::regnamespace, 'auth'::regnamespace)
                AND p.proconfig @> ARRAY['search_path=pg_catalog, pg_temp'] AND p.proname <> 'application_path' LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = ''''', f);
    END LOOP; END $$";

/// The attack itself works: it breaks the functions as they were.
#[test]
fn the_same_attack_runs_code_where_the_path_is_empty() {
    let all = [
        (
            "mimivibe",
            "bursar_operator",
            &[
                "bursar.change_jobs",
                "bursar.link_operations",
                "bursar.refund_answered",
                "bursar.refund_approve",
                "bursar.refund_import",
                "bursar.refund_preview",
                "bursar.refund_request",
                "bursar.wallet_adjust",
            ][..],
        ),
        (
            "mimivibe",
            "bursar_support",
            &["bursar.link_operations", "bursar.refund_answered", "bursar.refund_preview", "bursar.refund_request"],
        ),
        ("mimivibe", "service_role", &["wallet_purchase", "wallet_reading", "wallet_reverse", "wallet_adjust"]),
        ("avolve", "authenticated", &["transfer_tokens"]),
        ("aethercrown", "service_role", &["maintain_activity_logs_partitions"]),
    ];
    for (app, role, functions) in sample(all, 2) {
        let db = prepared(app);
        db.sql(AS_BEFORE);
        let attacker = Attacker::new(&db, role);
        let outcome = attack(&db, app, role, &attacker, "pg_temp");
        let hit = outcome.hit();
        for function in functions {
            assert!(hit.contains(function), "{app}: {role}: {function} of {hit:?}, {:?}", outcome.ended);
        }
        forget(db, vec![attacker]);
    }
}

/// A trigger that finds names by the path of whoever fires it, on each table of the application that bursar changes.
fn pathless(app: &str) -> String {
    let tables = match app {
        "mimivibe" => &["users", "payments", "jobs", "wallet_transactions"][..],
        "avolve" => &["token_balances", "token_transactions"],
        "aethercrown" => &["payments", "ai_tasks", "activity_logs"],
        _ => &["conversations"],
    };
    let mut sql = "CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM format('%s %s', tg_op::text, tg_table_name), upper(tg_op::varchar), tg_op::varchar = 'x'::text; RETURN NULL; END $$;"
        .to_owned();
    for table in tables {
        sql.push_str(&format!(
            "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON public.{table} FOR EACH ROW EXECUTE FUNCTION public.tell();"
        ));
    }
    sql
}

/// A role that may create in the application's schema puts nearer functions and operators there, and the application has
/// triggers that take them.
#[test]
fn nothing_that_is_planted_in_the_applications_schema_runs() {
    for (app, role) in [
        ("mimivibe", "bursar_operator"),
        ("mimivibe", "service_role"),
        ("avolve", "bursar_operator"),
        ("aethercrown", "bursar_operator"),
    ]
    .into_iter()
    .take(if soak() { 4 } else { 1 })
    {
        let db = prepared(app);
        db.sql(&pathless(app));
        let attacker = Attacker::new(&db, role);
        db.sql(&format!("GRANT CREATE ON SCHEMA public TO {}", attacker.name));
        let outcome = attack(&db, app, role, &attacker, "public");
        assert_eq!(outcome.ran, BTreeMap::new(), "{app}: {role}");
        assert_eq!(outcome.stumbled(), [""; 0], "{app}: {role}");
        // The right is taken away, and what was planted is still there.
        db.sql(&format!("REVOKE CREATE ON SCHEMA public FROM {}", attacker.name));
        wait(async {
            let mut session = attacker.session(&db).await;
            let mut owner = db.connect().await;
            let call = sqlx::query_scalar::<_, String>(AssertSqlSafe(format!(
                "SELECT sql FROM attacks.calls($1::text::name, {SHARED} || {}) WHERE name LIKE 'bursar.wallet_adjust%' OR name LIKE 'wallet_adjust%'",
                values(app)
            )));
            owner.execute("SET search_path = pg_catalog, attacks, public").await.unwrap();
            for call in call.bind(&attacker.name).fetch_all(&mut owner).await.unwrap_or_default() {
                owner.execute("SELECT setval('attacks.mark', 0)").await.unwrap();
                let _ = session.execute(AssertSqlSafe(format!("BEGIN; {call}; ROLLBACK"))).await;
                let _ = session.execute("ROLLBACK").await;
                let mark: i64 =
                    sqlx::query_scalar("SELECT last_value FROM attacks.mark").fetch_one(&mut owner).await.unwrap();
                assert_eq!(mark, 0, "{app}: {call}");
            }
            // The trap is live: whoever changes the table with the schema in their path runs it.
            let table = if app == "avolve" { "token_balances" } else { "users" };
            let fire = if app == "aethercrown" { "UPDATE public.payments SET description = 'x'" } else { "" };
            let fire = if fire.is_empty() { format!("UPDATE public.{table} SET id = id") } else { fire.to_owned() };
            owner.execute(AssertSqlSafe(format!("BEGIN; {fire}; ROLLBACK"))).await.unwrap();
            let mark: i64 =
                sqlx::query_scalar("SELECT last_value FROM attacks.mark").fetch_one(&mut owner).await.unwrap();
            assert_ne!(mark, 0, "{app}");
        });
        forget(db, vec![attacker]);
    }
}

/// Functions of the names that definer functions call, with fewer arguments or nearer ones. Every function does its work
/// beside them.
#[test]
fn no_overload_of_a_function_of_the_application_runs() {
    for (app, role) in [
        ("mimivibe", "bursar_operator"),
        ("mimivibe", "bursar_support"),
        ("mimivibe", "service_role"),
        ("avolve", "bursar_operator"),
        ("avolve", "service_role"),
        ("aethercrown", "bursar_operator"),
        ("aethercrown", "service_role"),
        ("organic-os", "service_role"),
    ]
    .into_iter()
    .step_by(if soak() { 1 } else { 8 })
    {
        let db = prepared(app);
        let attacker = Attacker::new(&db, role);
        db.sql(&format!("GRANT CREATE ON SCHEMA public TO {}", attacker.name));
        let outcome = attack(&db, app, role, &attacker, "public");
        assert_eq!(outcome.ran, BTreeMap::new(), "{app}: {role}");
        assert_eq!(outcome.stumbled(), [""; 0], "{app}: {role}");
        for function in must_go_through(app, role) {
            assert!(outcome.done().contains(function), "{app}: {role}: {function}: {:?}", outcome.ended);
        }
        forget(db, vec![attacker]);
    }
}

/// Five lines of psql, as a member of support.
const FIVE_LINES: &str = "CREATE FUNCTION pg_temp.own(pg_catalog.uuid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        UPDATE public.users SET star_balance = star_balance + 1000000; RETURN true; END $$;
    CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid CHECK (pg_temp.own(VALUE));";

/// Brings a database to where it was before functions ended their paths with pg_temp.
fn older(db: &Db) {
    wait(async {
        let mut connection = db.connect().await;
        for (folder, history, last) in [
            ("migrations/bursar", "bursar._migrations", 20_251_122_000_000),
            ("migrations/mimivibe", "public._sqlx_migrations", 20_251_124_000_000),
        ] {
            let mut migrator = Migrator::new(file(folder)).await.unwrap();
            migrator.dangerous_set_table_name(history);
            connection.execute("CREATE SCHEMA IF NOT EXISTS bursar").await.unwrap();
            migrator.run_to(last, &mut connection).await.unwrap();
        }
        // The text of the packs' functions was another one, which the record does not know.
        for functions in [
            "mimivibe/functions/jobs",
            "mimivibe/functions/refunds",
            "mimivibe/functions/repair",
            "shared/functions/change_jobs",
        ] {
            let text = std::fs::read_to_string(file(&format!("packs/{functions}.sql"))).unwrap();
            connection.execute(AssertSqlSafe(text)).await.unwrap();
        }
    });
    db.sql(AS_BEFORE);
}

#[test]
fn a_database_that_was_migrated_before_is_mended_by_migrate_up() {
    for mend in [&["migrate", "up", "--app", "mimivibe", "--yes"][..], &["migrate", "up", "--only", "bursar", "--yes"]]
    {
        let db = Db::new(Template::Empty);
        older(&db);
        db.sql(
            "INSERT INTO users (external_id, external_provider, email, star_balance) VALUES ('x', 'clerk', 'x@example.com', 5);
             INSERT INTO payments (user_id, amount, status, package_type, stars_purchased) SELECT id, 4900, 'succeeded', 'starter', 10 FROM users",
        );
        let support = Attacker::new(&db, "bursar_support");
        let preview = "SELECT bursar.refund_preview((SELECT p.id::pg_catalog.text FROM public.payments p WHERE p.status = 'succeeded' ORDER BY 1 LIMIT 1), NULL, 'refuse', false)";
        let tried = |db: &Db| {
            let before: String = db.value("SELECT sum(star_balance) FROM users");
            let ended = wait(async {
                let mut session = support.session(db).await;
                session.execute(FIVE_LINES).await.unwrap();
                session.execute(preview).await.map(|_| ())
            });
            (before != db.value("SELECT sum(star_balance) FROM users"), ended.is_ok())
        };
        assert_eq!(tried(&db), (true, true), "the attack works before");
        let doctor = db.bursar(&["doctor"]).ok().stdout;
        for text in ["functions of bursar are not mended", "bursar migrate up --only bursar", "REVOKE TEMP ON DATABASE"]
        {
            assert!(doctor.contains(text), "{text}: {doctor}");
        }
        db.bursar(mend).ok();
        assert_eq!(tried(&db), (false, true), "{mend:?}");
        let left = "SELECT string_agg(p.oid::regprocedure::text, ' ') FROM pg_proc p WHERE p.pronamespace IN ('bursar'::regnamespace, 'public'::regnamespace, 'auth'::regnamespace)
                     AND p.proconfig @> ARRAY['search_path=\"\"']";
        if mend.contains(&"--app") {
            assert_eq!(db.value(left), "NULL");
            let doctor = db.bursar(&["doctor"]).ok().stdout;
            assert!(
                !doctor.contains("REVOKE TEMP") && doctor.contains("ends its search path with pg_temp"),
                "{doctor}"
            );
        } else {
            assert_eq!(db.value(&format!("{left} AND p.pronamespace = 'bursar'::regnamespace")), "NULL");
            let doctor = db.bursar(&["doctor"]).ok().stdout;
            assert!(doctor.contains("functions of the application are not mended"), "{doctor}");
            assert!(doctor.contains("bursar migrate up --app mimivibe"), "{doctor}");
        }
        forget(db, vec![support]);
    }
}

/// Who may call what: `a`uditor, `s`upport, `o`perator, `n` for anon, `u` for a signed-in user, `b` for the backend. A
/// star is a function with its owner's rights. What is not named here is called by its owner only.
fn callers(app: &str) -> &'static str {
    match app {
        "bursar" => {
            "*change_jobs o  *change_queue o  *link_operations so  *log_job_streams o  may_operate so  *refund_answered so  *refund_approve o  *refund_claim so
             *refund_import o  *refund_import_check so  *acknowledge_object o  *withdraw_acknowledgement o  *refund_preview so  *refund_preview_approval o  *refund_reject o  *refund_release so
             *refund_request so  *refund_submitting so  *wallet_adjust o  *queue_operation  *record_reconciliation ao  *withheld_path so  refund_lease_stands so
             *refund_withdraw so  *refund_cancel so  *refund_cancel_check so  *refund_capture so  *adjust_terms o  *wallet_approve o  *wallet_reject o"
        }
        "mimivibe" => {
            "*wallet_purchase b  *wallet_refund_payment b  *wallet_reading b  *wallet_refund_reading b  *wallet_invite_reward b
             *wallet_exchange b  *wallet_reverse b  *wallet_adjust b  *expire_invites b  wallet_entry_sign ab  new_invite_code b
             tier_for_invites ab  invite_reward_for_tier b  is_admin ub  user_can_access_reading ub"
        }
        "avolve" => {
            "*get_custom_claims ub  phase_after ub  validate_phase_transition ub  *transition_phase ub  record_consent u
             *transfer_tokens u  *mint_tokens b  *burn_tokens b  *create_activity_log_partition b  *ensure_activity_log_partitions b
             *refresh_user_stats b  *get_user_progress_stats ub  *get_user_consent_stats ub"
        }
        "aethercrown" => "*maintain_activity_logs_partitions b",
        _ => {
            "*keep_message_count  *make_wellness_partitions b  has_wellness_partition b  user_today ub  wellness_stats_on ub
             get_wellness_stats ub  wellness_streak_on ub  get_wellness_streak ub"
        }
    }
}

/// Every function of bursar and of the applications, as the catalogue has it.
#[test]
fn each_function_ends_its_path_with_pg_temp_and_is_called_by_whom_the_table_says() {
    for app in APPS {
        let db = Db::new(Template::Migrated(app));
        let open = "SELECT string_agg(p.oid::regprocedure::text, ' ') FROM pg_proc p
                     WHERE p.pronamespace IN ('bursar'::regnamespace, 'public'::regnamespace, 'auth'::regnamespace)
                       AND NOT coalesce(p.proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)
                       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')";
        assert_eq!(db.value(open), "NULL", "{app}");
        let owned = "SELECT string_agg(DISTINCT r.rolname, ' ') FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
                      WHERE p.pronamespace IN ('bursar'::regnamespace, 'public'::regnamespace)
                        AND r.rolname IN ('bursar_auditor', 'bursar_support', 'bursar_operator', 'anon', 'authenticated', 'service_role')";
        assert_eq!(db.value(owned), "NULL", "{app}");
        for (schema, table) in [("bursar", callers("bursar")), ("public", callers(app))] {
            let found = db.value(&format!(
                "SELECT string_agg(DISTINCT line, E'\\n') FROM (
                    SELECT concat(CASE WHEN p.prosecdef THEN '*' END, p.proname, ' ',
                                  CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN 'PUBLIC' END,
                                  (SELECT string_agg(l, '' ORDER BY n) FROM unnest(ARRAY['bursar_auditor', 'bursar_support', 'bursar_operator', 'anon', 'authenticated', 'service_role'],
                                                                                  ARRAY['a', 's', 'o', 'n', 'u', 'b']) WITH ORDINALITY AS r (role, l, n)
                                    WHERE has_function_privilege(r.role, p.oid, 'EXECUTE'))) AS line
                      FROM pg_proc p WHERE p.pronamespace = '{schema}'::regnamespace
                       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')) f
                  WHERE line ~ '^[*]' OR line !~ ' $'"
            ));
            let mut expected: BTreeSet<String> = BTreeSet::new();
            for entry in table.split("  ").map(str::trim).filter(|e| !e.is_empty()) {
                let (name, roles) = entry.split_once(' ').unwrap_or((entry, ""));
                let absent = schema == "bursar"
                    && ["*change_jobs", "*change_queue"].contains(&name)
                    && !matches!(app, "mimivibe" | "aethercrown");
                if !absent {
                    expected.insert(format!("{name} {roles}"));
                }
            }
            let found: BTreeSet<String> = found.lines().map(str::to_owned).collect();
            assert_eq!(found, expected, "{app}: {schema}");
        }
        // Nobody else was granted any of them by name.
        let others = "SELECT string_agg(DISTINCT a.grantee::regrole::text, ' ') FROM pg_proc p, aclexplode(p.proacl) a
                       WHERE p.pronamespace IN ('bursar'::regnamespace, 'public'::regnamespace) AND a.grantee <> p.proowner AND a.grantee <> 0
                         AND a.grantee::regrole::text NOT IN ('bursar_auditor', 'bursar_support', 'bursar_operator', 'anon', 'authenticated', 'service_role')";
        assert_eq!(db.value(others), "NULL", "{app}");
    }
}

/// The schemas decide by one text what the application's code may find.
#[test]
fn the_applications_path_is_worked_out_by_one_text() {
    let source = |app: &'static str, schema: &str| {
        Db::new(Template::Migrated(app)).value(&format!(
            "SELECT prosrc FROM pg_proc WHERE proname = 'application_path' AND pronamespace = '{schema}'::regnamespace"
        ))
    };
    let bursars = source("mimivibe", "bursar");
    assert!(bursars.contains("withheld"));
    for app in APPS {
        assert_eq!(source(app, "public"), bursars, "{app}");
    }
}
