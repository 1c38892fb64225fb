//! AetherCrown: its data, its checks and its partitions.

mod documents;
mod grants;
mod partitions;

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row as _};

use crate::support::{Db, Template, sample, wait};

/// Takes every CHECK away, as in a database that other migrations made.
const UNCHECKED: &str = "
    DO $$ DECLARE k record; BEGIN
        FOR k IN SELECT conrelid::regclass AS relation, conname FROM pg_constraint
                  WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND coninhcount = 0
        LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.relation, k.conname); END LOOP;
    END $$";

fn migrated() -> Db {
    Db::new(Template::Migrated("aethercrown"))
}

fn seeded(arguments: &[&str]) -> Db {
    let db = migrated();
    let mut all = vec!["seed", "--yes"];
    all.extend(arguments);
    db.bursar(&all).ok();
    db
}

/// A digest of every row.
fn digest(db: &Db) -> String {
    let digest =
        |t: &str| db.value(&format!("SELECT md5(string_agg(to_jsonb(t)::text, E'\\n' ORDER BY t.id)) FROM {t} t"));
    ["users", "ai_clones", "ai_tasks", "payments", "activity_logs"].map(digest).join(" ")
}

/// The ids of the checks that failed.
fn failed(report: &Value) -> BTreeSet<String> {
    let list = report["checks"].as_array().expect("checks");
    list.iter().filter(|c| c["status"] == "failed").map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn the_same_arguments_give_the_same_data() {
    let arguments = ["--users", "120", "--seed", "5", "--until", "2026-06-01", "--days", "60"];
    let first = digest(&seeded(&arguments));
    assert_eq!(digest(&seeded(&arguments)), first);
    assert_ne!(digest(&seeded(&["--users", "120", "--seed", "6", "--until", "2026-06-01", "--days", "60"])), first);
}

#[test]
fn any_size_audits_clean_without_a_warning() {
    for (users, seed) in sample([("1", "1"), ("2", "9"), ("499", "2"), ("60", "5"), ("1203", "3")], 3) {
        let db = seeded(&["--users", users, "--seed", seed]);
        let report = db.json(&["audit", "-o", "json"]);
        let summary = (report["verdict"].as_str(), &report["complete"], &report["summary"]["warnings"]);
        assert_eq!(summary, (Some("clean"), &true.into(), &0.into()), "{users}: {}", report["findings"]);
        assert_eq!(db.value("SELECT count(*) FROM users"), users);
        assert_eq!(db.value("SELECT count(*) FROM activity_logs_default"), "0");
    }
    let db = seeded(&["--users", "60"]);
    db.bursar(&["seed", "--users", "60", "--yes", "--append"]).ok();
    db.bursar(&["audit"]).ok();
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn the_data_is_lifelike() {
    let db = seeded(&["--users", "1500", "--seed", "4", "--until", "2026-06-01"]);
    for (what, question) in [
        (
            "most do little, a few do much",
            "SELECT percentile_disc(0.99) WITHIN GROUP (ORDER BY n) > 6 * percentile_disc(0.5) WITHIN GROUP (ORDER BY n) FROM (SELECT count(t.id) AS n FROM users u LEFT JOIN ai_clones c ON c.user_id = u.id LEFT JOIN ai_tasks t ON t.clone_id = c.id GROUP BY u.id) x",
        ),
        ("some never come back", "SELECT count(*) FILTER (WHERE last_login IS NULL) BETWEEN 150 AND 500 FROM users"),
        (
            "work is done by day",
            "SELECT count(*) FILTER (WHERE h BETWEEN 9 AND 16) > 5 * count(*) FILTER (WHERE h BETWEEN 0 AND 6) FROM (SELECT extract(hour FROM created_at AT TIME ZONE '-05:00'::interval) AS h FROM ai_tasks) x",
        ),
        ("every state of a payment occurs", "SELECT count(DISTINCT status) >= 5 FROM payments"),
        (
            "some tasks fail, and some of them are done later",
            "SELECT count(*) FILTER (WHERE status = 'failed') > 0 AND (SELECT count(DISTINCT l.entity_id) > 0 FROM activity_logs l JOIN ai_tasks t ON t.id = l.entity_id WHERE t.status = 'completed' AND l.action = 'task.failed') FROM ai_tasks",
        ),
        (
            "several currencies, and no half yen",
            "SELECT count(DISTINCT currency) >= 4 AND bool_and(currency <> 'JPY' OR amount = trunc(amount)) FROM payments",
        ),
        (
            "subscriptions are renewed",
            "SELECT max(n) >= 3 FROM (SELECT count(*) AS n FROM payments WHERE description LIKE '%month' GROUP BY user_id) x",
        ),
        (
            "an amount is its parts",
            "SELECT bool_and((metadata->>'tax_amount')::numeric < amount AND (metadata->>'discount')::numeric < amount) FROM payments",
        ),
        ("nothing happens after the end", "SELECT max(created_at) < '2026-06-01' FROM activity_logs"),
        ("nobody can sign in as somebody made up", "SELECT count(password_hash) = 0 FROM users"),
    ] {
        assert_eq!(db.value(question), "true", "{what}");
    }
}

/// Puts one fault of a kind in, and returns it with the report of the audit.
fn faulty(db: &Db, kind: &str) -> (Vec<Value>, Value) {
    let seeded = db.json(&["seed", "--users", "150", "--seed", "11", "--faults", kind, "--yes", "-o", "json"]);
    (seeded["faults"].as_array().unwrap().clone(), db.json(&["audit", "-o", "json", "--limit", "0"]))
}

#[test]
fn all_faults_at_once_are_all_found() {
    let db = migrated();
    db.sql(UNCHECKED);
    let (put, report) = faulty(&db, "all");
    assert_eq!(put.len(), bursar::packs::named("aethercrown").unwrap().faults.len());
    for check in report["checks"].as_array().unwrap() {
        let id = check["id"].as_str().unwrap();
        let times = put.iter().filter(|f| f["checks"].as_array().unwrap().contains(&check["id"])).count();
        assert!(id == "schema.constraints" || check["findings"] == times, "{id}: {}", report["findings"]);
    }
}

const PEOPLE: &str = "
    INSERT INTO users (id, email) VALUES ('00000000-0000-4000-8000-000000000001', 'one@example.com');
    INSERT INTO ai_clones (id, name, model_type, user_id) VALUES
        ('00000000-0000-4000-8000-00000000000a', 'One', 'analyst', '00000000-0000-4000-8000-000000000001');
    INSERT INTO ai_tasks (id, task_name, clone_id) VALUES
        ('00000000-0000-4000-8000-00000000000b', 'Task', '00000000-0000-4000-8000-00000000000a');
    INSERT INTO payments (id, order_id, amount, user_id) VALUES
        ('00000000-0000-4000-8000-00000000000c', 'ORDER', 29, '00000000-0000-4000-8000-000000000001');";

/// An entry about the task that says that it changed.
fn moved(from: &str, to: &str, at: &str) -> String {
    format!(
        "INSERT INTO activity_logs (log_type, entity_id, action, details, created_at) VALUES ('task', '00000000-0000-4000-8000-00000000000b', 'moved', '{{\"previous_state\": \"{from}\", \"new_state\": \"{to}\"}}', '{at}');"
    )
}

#[test]
fn what_is_well_is_no_finding() {
    let (first, second) = ("2026-01-01 10:00+00", "2026-01-01 10:00:01+00");
    for (what, change) in [
        ("a payment without an account that names nobody", "INSERT INTO payments (order_id, amount) VALUES ('GUEST', 5)".to_owned()),
        ("documents that are not given", "UPDATE ai_clones SET config = NULL; UPDATE payments SET metadata = NULL".to_owned()),
        ("members of one's own, and members that are null", "UPDATE ai_clones SET config = '{\"colour\": 7, \"max_tokens\": null}'".to_owned()),
        ("a clock that is a minute behind", "UPDATE payments SET status = 'completed', completed_at = created_at - interval '1 minute'".to_owned()),
        ("changes of one instant, in whichever order they are read",
            moved("pending", "in_progress", first) + &moved("in_progress", "failed", first) + &moved("failed", "pending", second)),
        ("a story whose beginning was archived", moved("failed", "pending", second)),
        ("a log of something that was deleted", "INSERT INTO activity_logs (log_type, entity_id, action) VALUES ('clone', '00000000-0000-4000-8000-0000000000ff', 'clone.created'), ('clone', '00000000-0000-4000-8000-0000000000ff', 'clone.deleted')".to_owned()),
        ("a log of another type", "INSERT INTO activity_logs (log_type, entity_id, action) VALUES ('system', gen_random_uuid(), 'restarted')".to_owned()),
    ] {
        let db = migrated();
        db.sql(&format!("{PEOPLE}{change}"));
        let report = db.json(&["audit", "-o", "json"]);
        assert_eq!(failed(&report), set(&[]), "{what}: {}", report["findings"]);
    }
}

#[test]
fn what_is_wrong_is_a_finding_of_its_check_alone() {
    let (first, second, third) = ("2026-01-01 10:00+00", "2026-01-01 10:00:01+00", "2026-01-01 10:00:02+00");
    let owned = str::to_owned;
    let all = [
        (owned("UPDATE payments SET user_id = '00000000-0000-4000-8000-0000000000ff'"), "payments.orphan"),
        (owned("UPDATE payments SET user_id = NULL, metadata = '{\"customer_name\": \"Ada\"}'"), "payments.orphan"),
        (owned("UPDATE payments SET status = 'failed', completed_at = now()"), "payments.completed"),
        (owned("UPDATE payments SET status = 'refunded'"), "payments.completed"),
        (owned("UPDATE payments SET amount = 'NaN'"), "payments.amount"),
        (owned("UPDATE payments SET amount = 0"), "payments.amount"),
        (owned("UPDATE payments SET currency = 'ZZZ'"), "payments.currency"),
        (
            owned("ALTER TABLE payments ALTER status DROP NOT NULL; UPDATE payments SET status = NULL"),
            "payments.status",
        ),
        (owned("UPDATE ai_tasks SET clone_id = '00000000-0000-4000-8000-0000000000ff'"), "tasks.orphan"),
        (owned("UPDATE ai_tasks SET completed_at = now()"), "tasks.completed"),
        (
            owned("UPDATE ai_tasks SET status = 'completed', completed_at = now(), task_output = '{\"result\": null}'"),
            "tasks.output",
        ),
        (owned("UPDATE ai_tasks SET status = 'completed', completed_at = now(), task_output = NULL"), "tasks.output"),
        (owned("UPDATE ai_clones SET user_id = '00000000-0000-4000-8000-0000000000ff'"), "clones.owner"),
        (owned("UPDATE ai_clones SET config = '\"warm\"'"), "jsonb.shape"),
        (owned("UPDATE ai_tasks SET task_input = '{\"date_range\": {\"start\": 7}}'"), "jsonb.shape"),
        (owned("UPDATE payments SET metadata = '{\"tax_amount\": \"10.00\"}'"), "jsonb.shape"),
        (
            owned(
                "DELETE FROM payments; INSERT INTO activity_logs (log_type, entity_id, action) VALUES ('payment', '00000000-0000-4000-8000-00000000000c', 'payment.created')",
            ),
            "payments.logged",
        ),
        (moved("pending", "in_progress", first), "logs.transition"),
        (moved("pending", "in_progress", first) + &moved("failed", "pending", second), "logs.transition"),
        (
            moved("pending", "failed", first)
                + &moved("in_progress", "failed", second)
                + &moved("failed", "pending", third),
            "logs.transition",
        ),
    ];
    for (change, check) in sample(all, 4) {
        let db = migrated();
        db.sql(&format!("{PEOPLE}{UNCHECKED}; SET session_replication_role = replica; {change}"));
        let report = db.json(&["audit", "-o", "json"]);
        let ours: BTreeSet<String> = failed(&report).into_iter().filter(|id| !id.starts_with("schema.")).collect();
        assert_eq!(ours, set(&[check]), "{change}: {}", report["findings"]);
    }
}

/// The rows of one of the pack's queries, counted in SQL around it.
fn asked(db: &Db, query: &str, around: &str) -> String {
    db.value(&around.replace("{}", query))
}

#[test]
fn payments_and_tasks_are_canonical_rows() {
    let pack = bursar::packs::named("aethercrown").unwrap();
    let db = seeded(&["--users", "200", "--seed", "7"]);
    let payments = &pack.payments.as_ref().unwrap().sql.text;
    assert_eq!(pack.payments.as_ref().unwrap().amounts, bursar::packs::Amounts::Major);
    assert_eq!(
        asked(
            &db,
            payments,
            "SELECT count(*) = (SELECT count(*) FROM payments) AND bool_and(provider = 'paypal' AND cardinality(provider_ids) = 1 AND granted IS NULL AND customer LIKE '%@%') FROM ({}) v"
        ),
        "true"
    );
    assert_eq!(
        asked(&db, payments, "SELECT string_agg(DISTINCT status, ' ' ORDER BY status) FROM ({}) v WHERE refundable"),
        "completed partially_refunded"
    );
    let jobs = &pack.jobs.as_ref().unwrap().jobs.text;
    assert!(pack.jobs.as_ref().unwrap().attempts.is_none() && pack.ledger.is_none());
    assert_eq!(
        asked(
            &db,
            jobs,
            "SELECT count(*) = (SELECT count(*) FROM ai_tasks) AND bool_and((result IS NOT NULL) = (status = 'completed') AND (finished_at IS NOT NULL) = (status = 'completed') AND (failed_at IS NOT NULL) = (status = 'failed') AND (error IS NOT NULL) = (status = 'failed') AND num_nonnulls(attempts, worker, scheduled_at, retry_at, started_at, lease_until, max_attempts) = 0) FROM ({}) v"
        ),
        "true"
    );
}

#[test]
fn figures_add_up_to_the_rows_whatever_the_bucket_and_the_zone() {
    let pack = bursar::packs::named("aethercrown").unwrap();
    let db = seeded(&["--users", "150", "--seed", "3", "--until", "2026-06-01"]);
    let topics: Vec<&str> = pack.stats.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(topics, ["activity", "clones", "payments", "tasks", "users"]);
    let sum = |topic: &str, bucket: &str, zone: &str, metric: &str| {
        let sql = pack.stats.iter().find(|t| t.name == topic).unwrap().sql.text.replace("{refunds}", "bursar.refunds");
        let around = format!(
            "SELECT coalesce(sum(value), 0)::text || ' ' || bool_and(date_trunc($3, at, $4) = at)::text FROM ({sql}) v WHERE metric = $5"
        );
        wait(async {
            let query = sqlx::query(AssertSqlSafe(around))
                .bind(time("2026-03-01"))
                .bind(time("2026-06-01"))
                .bind(bucket)
                .bind(zone)
                .bind(metric);
            query.fetch_one(&mut db.connect().await).await.unwrap().get::<String, _>(0)
        })
    };
    for (topic, metric, rows) in [
        ("users", "signed up", "SELECT count(*) FROM users WHERE created_at >= '2026-03-01Z'"),
        ("clones", "created", "SELECT count(*) FROM ai_clones WHERE created_at >= '2026-03-01Z'"),
        (
            "tasks",
            "completed",
            "SELECT count(*) FROM ai_tasks WHERE status = 'completed' AND created_at >= '2026-03-01Z'",
        ),
        ("payments", "gross", "SELECT sum(amount) FROM payments WHERE completed_at >= '2026-03-01Z'"),
        ("activity", "entries", "SELECT count(*) FROM activity_logs WHERE created_at >= '2026-03-01Z'"),
    ] {
        let expected = format!("{} true", db.value(rows));
        for (bucket, zone) in [("day", "UTC"), ("week", "Asia/Bangkok"), ("month", "America/New_York")] {
            assert_eq!(sum(topic, bucket, zone, metric), expected, "{topic} by {bucket} in {zone}");
        }
    }
}

fn time(day: &str) -> chrono::DateTime<chrono::Utc> {
    format!("{day}T00:00:00Z").parse().unwrap()
}
