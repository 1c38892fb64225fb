//! Changes that were not made, or were made to another job: none is said to be done.

use serde_json::Value;

use super::{database, migrate};
use crate::support::{Db, Ran, Template, spawn};

const PROCRASTINATE: &str = include_str!("procrastinate.sql");
const SOLID_QUEUE: &str = include_str!("solid-queue.sql");
const RIVER: &str = include_str!("river.sql");
const OBAN: &str = include_str!("oban.sql");

fn changeable(tables: &str) -> Db {
    let db = database(Template::Bursar, tables);
    migrate(&db);
    db
}

fn change(db: &Db, line: &[&str]) -> Ran {
    db.bursar(&[&["jobs"], line, &["--yes"]].concat())
}

#[test]
fn jobs_of_two_queues_with_one_id_are_told_and_neither_is_changed() {
    let db = changeable(include_str!("pg-boss.sql"));
    let id = "3fa8c2d1-0000-4000-8000-000000000001";
    let add = |state: &str| {
        format!(
            "INSERT INTO pgboss.job (id, name, state, started_on, created_on)
             SELECT '{id}', name, '{state}', CASE '{state}' WHEN 'active' THEN now() - interval '1 day' END, now() - interval '1 day' FROM pgboss.queue;"
        )
    };
    let rows = || db.value("SELECT string_agg(j::text || j.xmin, ' ' ORDER BY name) FROM pgboss.job j");
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("jobs.ndjson").display().to_string();
    for (state, line) in [
        ("created", &["cancel", "--queue", "invoice", "--all", "--reason", "refunded"][..]),
        ("created", &["cancel", id, "--reason", "refunded"]),
        ("created", &["reschedule", "--queue", "invoice", "--at", "2030-01-01"]),
        ("failed", &["retry", "--queue", "invoice", "--all"]),
        ("failed", &["delete", "--queue", "invoice"]),
        ("failed", &["purge", "--queue", "invoice", "--export", &export]),
        ("active", &["stuck", "--release", "--queue", "invoice"]),
    ] {
        // In one transaction, as an outbox adds them, both rows have one version.
        db.sql(&format!("DELETE FROM pgboss.job; {}", add(state)));
        let before = rows();
        change(&db, line).exits(6).tells("2 jobs have this id, in the queues invoice, mail");
        assert_eq!(rows(), before, "{line:?}");
    }
    // The database itself refuses too.
    db.sql(&format!("DELETE FROM pgboss.job; {}", add("created")));
    let called = db.value(&format!(
        "SELECT concat(c.outcome, ': ', c.note) FROM pgboss.job j, bursar.change_jobs('cancel', ARRAY['{id}'], ARRAY[j.xmin::text], 'r', '{{}}', 'jobs cancel', '{{}}', gen_random_uuid()) c
          WHERE j.name = 'invoice'"
    ));
    assert_eq!(called, "skipped: 2 jobs have this id, in the queues invoice, mail");
    for command in ["show", "why"] {
        db.bursar(&["jobs", command, id]).exits(2).says("jobs of several queues have this id");
    }
    // One whose id is its own is changed beside them.
    db.sql("INSERT INTO pgboss.job (name) VALUES ('invoice')");
    change(&db, &["cancel", "--queue", "invoice", "--reason", "refunded"]).exits(6).tells("1 cancelled, 1 skipped");
}

/// Runs a statement again and again, as a worker would, until the database is gone.
fn worker(db: &Db, sql: &'static str) -> tokio::task::JoinHandle<()> {
    let url = db.url();
    spawn(async move {
        let mut connection = crate::support::connect(&url).await;
        while sqlx::raw_sql(sql).execute(&mut connection).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
}

#[test]
fn a_canary_that_is_gone_ended_well_where_done_jobs_are_deleted_and_one_that_is_due_has_not_failed() {
    let canary = ["retry", "--all", "--canary", "3", "--canary-wait", "60s"];
    let db = changeable(SOLID_QUEUE);
    db.sql("SELECT add(n, 'dead') FROM generate_series(1, 5) n");
    let working = worker(
        &db,
        "WITH e AS (DELETE FROM solid_queue_ready_executions RETURNING job_id) DELETE FROM solid_queue_jobs j USING e WHERE j.id = e.job_id",
    );
    change(&db, &canary).ok().tells("5 retried").says("3 of the first 3 are gone");
    working.abort();
    // Where they are kept, nothing says how one ended that is gone.
    let db = changeable(RIVER);
    db.sql("SELECT add(n, 'dead') FROM generate_series(1, 5) n");
    let working = worker(&db, "DELETE FROM river_job WHERE state = 'available'");
    change(&db, &canary).exits(6).says("of the first 3 are gone, so how they ended is not known; 2 not begun");
    working.abort();
    let db = changeable(PROCRASTINATE);
    db.sql("SELECT add(n, 'dead') FROM generate_series(1, 5) n");
    let working =
        worker(&db, "SELECT pg_sleep(1); UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'todo'");
    change(&db, &canary).ok().tells("5 retried");
    working.abort();
}

#[test]
fn a_row_that_a_trigger_gives_back_is_no_job_that_was_changed() {
    for (tables, table) in [
        (PROCRASTINATE, "procrastinate_jobs"),
        (include_str!("pgqueuer.sql"), "pgqueuer"),
        (RIVER, "river_job"),
        (OBAN, "oban_jobs"),
        (include_str!("good-job.sql"), "good_jobs"),
    ] {
        let db = changeable(tables);
        db.sql(&format!(
            "CREATE FUNCTION give_back() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
             SELECT add(1, 'dead'); SELECT add(2, 'queued'); SELECT add(3, 'gone'); SELECT add(4, 'scheduled');
             CREATE TRIGGER give_back BEFORE UPDATE ON {table} FOR EACH ROW WHEN (OLD.id IS NOT NULL) EXECUTE FUNCTION give_back()"
        ));
        let job = |n: u32| db.value(&format!("SELECT job({n})"));
        let rows = || db.value("SELECT concat(row_of(1), row_of(2), row_of(3), row_of(4))");
        let before = rows();
        for (line, n) in [
            (&["retry"][..], 1),
            (&["cancel", "--reason", "refunded"], 2),
            (&["stuck", "--release"], 3),
            (&["reschedule", "--at", "2030-06-15"], 4),
        ] {
            // Its cancel takes the row away.
            if table == "pgqueuer" && n == 2 {
                continue;
            }
            let ran = change(&db, &[line, &[&job(n)]].concat()).exits(6);
            assert!(ran.stdout.contains("after the change") && ran.stdout.contains("0 "), "{table}: {line:?}: {ran:?}");
            assert_eq!(rows(), before, "{table}: {line:?}");
        }
        assert_eq!(db.value("SELECT count(*) FROM bursar.operations WHERE command LIKE 'jobs %'"), "0", "{table}");
        // The others of a batch are changed.
        db.sql(&format!("SELECT add(5, 'queued'); DROP TRIGGER give_back ON {table}; CREATE TRIGGER give_back BEFORE UPDATE ON {table}
                         FOR EACH ROW WHEN (OLD.id::text = '{}') EXECUTE FUNCTION give_back()", job(2)));
        if table != "pgqueuer" {
            let ran = change(&db, &["cancel", "--reason", "refunded", &job(2), &job(5)]).exits(6);
            assert!(ran.stdout.contains("1 cancelled, 1 skipped"), "{table}: {ran:?}");
        }
    }
    let db = changeable(RIVER);
    db.sql(
        "CREATE FUNCTION give_back() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
         CREATE TRIGGER give_back BEFORE UPDATE ON river_queue FOR EACH ROW EXECUTE FUNCTION give_back()",
    );
    change(&db, &["pause", "default"]).exits(6).tells("queue default was not paused");
    assert_eq!(db.value("SELECT count(*) FROM bursar.operations WHERE command LIKE 'jobs %'"), "0");
}

#[test]
fn a_queueing_lock_forbids_a_second_job_that_waits_and_no_more() {
    let db = changeable(PROCRASTINATE);
    let why = |n: &str| db.json(&["jobs", "why", n, "-o", "json"]);
    let sentence = |why: &Value| why["sentence"].as_str().unwrap().to_owned();
    // One that runs leaves another one its turn.
    db.sql("SELECT add(1, 'held'); SELECT add(2, 'queued'); UPDATE procrastinate_jobs SET queueing_lock = 'one', lock = NULL");
    assert!(sentence(&why("2")).starts_with("it is next"), "{}", why("2"));
    // One whose worker is gone cannot be put back beside it.
    db.sql("UPDATE procrastinate_jobs SET worker_id = 2 WHERE id = 1; UPDATE procrastinate_jobs SET lock = 'one'");
    let stuck = why("1");
    assert!(
        sentence(&stuck).ends_with("; it cannot be put back while job 2 waits, which has its unique key, one"),
        "{stuck}"
    );
    assert_eq!(stuck["remedy"], "bursar jobs cancel --reason 'job 1 goes first' 2");
    change(&db, &["stuck", "--release", "1"]).exits(6).tells("job 2 is todo and has its queueing lock one");
    change(&db, &["cancel", "--reason", "job 1 goes first", "2"]).ok();
    assert_eq!(why("1")["remedy"], "bursar jobs stuck --release 1");
    change(&db, &["stuck", "--release", "1"]).ok().tells("1 released");
    // Nor one that failed.
    db.sql("SELECT clear(); SELECT add(1, 'dead'); SELECT add(2, 'queued'); UPDATE procrastinate_jobs SET queueing_lock = 'one'");
    let dead = why("1");
    assert!(sentence(&dead).contains("it cannot be put back while job 2 waits") && dead["remedy"].is_null(), "{dead}");
    change(&db, &["retry", "1"]).exits(6).tells("job 2 is todo and has its queueing lock one");
}

#[test]
fn what_the_queues_own_process_has_not_made_available_is_no_workers() {
    for (tables, table, process) in
        [(RIVER, "river_job", "the leader of River's clients"), (OBAN, "oban_jobs", "the stager of Oban")]
    {
        let db = changeable(tables);
        db.sql(&format!("SELECT add(1, 'scheduled', 'report', '3 d'); UPDATE {table} SET scheduled_at = scheduled_at - interval '4 h'"));
        let said = |line: &[&str]| db.bursar(&[&["jobs"], line].concat()).ok().stdout;
        assert!(said(&["list"]).starts_with("! held back · 1 held back, the oldest for 3 h"), "{}", said(&["list"]));
        let blocked = format!("it is blocked by {process}, which makes it available");
        assert!(said(&["why", "1"]).contains(&blocked), "{}", said(&["why", "1"]));
        db.sql(&format!("UPDATE {table} SET state = 'retryable'"));
        assert!(said(&["why", "1"]).contains(&blocked), "{}", said(&["why", "1"]));
        assert_eq!(db.json(&["jobs", "list", "-o", "json"])["health"]["claimable"], 0);
        db.sql(&format!("UPDATE {table} SET state = 'available'"));
        assert!(said(&["list"]).starts_with("✗ stalled"), "{}", said(&["list"]));
        assert!(said(&["why", "1"]).contains("it is next"), "{}", said(&["why", "1"]));
    }
}

/// River takes an available job whatever its attempts.
#[test]
fn attempts_hold_back_nothing_that_is_available_in_river() {
    let db = changeable(RIVER);
    db.sql("SELECT add(1, 'queued', 'report', '3 h'); UPDATE river_job SET attempt = 3, max_attempts = 3");
    assert!(db.bursar(&["jobs", "list"]).ok().stdout.starts_with("✗ stalled"));
    assert!(db.bursar(&["jobs", "why", "1"]).ok().stdout.contains("it is next"));
    assert_eq!(db.json(&["jobs", "list", "-o", "json"])["health"]["claimable"], 1);
}

#[test]
fn a_worker_is_seen_at_one_time_wherever_that_is_told() {
    let db = changeable(include_str!("good-job.sql"));
    db.sql("SELECT add(1, 'gone', 'mail', '50 min')");
    let worker = db.value("SELECT locked_by_id FROM good_jobs");
    db.sql(&format!("UPDATE good_job_processes SET updated_at = now() AT TIME ZONE 'UTC' - interval '23 min 30 s' WHERE id = '{worker}'"));
    let job = db.value("SELECT job(1)");
    let why = db.bursar(&["jobs", "why", &job]).ok().stdout;
    assert!(why.contains("was last seen 23 min ago"), "{why}");
    for command in ["workers", "stuck"] {
        db.bursar(&["jobs", command]).ok().tells("23 min ago");
    }
}
