//! What the tables of a queue tell of jobs and workers that is easily read wrong.

use serde_json::{Value, json};

use super::database;
use crate::support::{Db, Template};

const SOLID_QUEUE: &str = include_str!("solid-queue.sql");
const GOOD_JOB: &str = include_str!("good-job.sql");

fn list(db: &Db) -> Value {
    db.json(&["jobs", "list", "-o", "json"])
}

#[test]
fn what_is_due_and_no_dispatcher_makes_ready_is_held_back() {
    let db = database(Template::Empty, SOLID_QUEUE);
    db.sql(
        "SELECT add(n, 'scheduled', 'mail', '1 d') FROM generate_series(1, 4) n;
         UPDATE solid_queue_scheduled_executions SET scheduled_at = now() AT TIME ZONE 'UTC' - interval '3 h' WHERE job_id < 4;
         UPDATE solid_queue_jobs SET scheduled_at = now() AT TIME ZONE 'UTC' - interval '3 h' WHERE id < 4",
    );
    db.bursar(&["jobs"]).ok().tells("! held back · 3 held back, the oldest for 3 h");
    let why = |n: &str| db.bursar(&["jobs", "why", n]).ok().stdout;
    assert!(
        why("1").contains("it is blocked by the dispatcher, which makes it ready; none is registered"),
        "{}",
        why("1")
    );
    let later = why("4");
    assert!(later.contains("due in 5") || later.contains("due in 1 h"), "{later}");
    db.sql(
        "INSERT INTO solid_queue_processes (id, kind, last_heartbeat_at, pid, created_at, name)
         VALUES (9, 'Dispatcher', '2026-11-01 10:00:00', 9, now(), 'dispatcher-9')",
    );
    assert!(why("1").contains("makes it ready; one was last seen at 2026-11-01 10:00:00 UTC"), "{}", why("1"));
}

#[test]
fn an_attempt_that_failed_counts_by_its_end_whoever_made_it() {
    let db = database(Template::Empty, GOOD_JOB);
    // So much is kept that failures of ten minutes count.
    let old = "SELECT clear(); SELECT add(99, 'done', 'mail', '2 h'); UPDATE good_jobs SET finished_at = finished_at - interval '1 h'";
    let failed = |change: &str| {
        db.sql(&format!("{old}; SELECT add(n, 'failed', 'mail', '2 h') FROM generate_series(1, 4) n; {change}"));
        let list = list(&db);
        (list["health"]["rates"]["failed"].clone(), list["verdict"]["is"].clone())
    };
    let seen = (json!(4), json!("failing"));
    assert_eq!(failed("SELECT 1"), seen);
    assert_eq!(failed("DELETE FROM good_job_processes"), seen, "the process is gone");
    let began = "UPDATE good_job_executions SET created_at = created_at - interval '1 h'";
    assert_eq!(failed(began), seen, "they took an hour");
    let again = "UPDATE good_jobs SET scheduled_at = created_at, locked_by_id = worker(1), locked_at = now() WHERE finished_at IS NULL";
    assert_eq!(failed(&format!("{began}; {again}")).0, seen.0, "they run again");
    let ended = "UPDATE good_job_executions SET finished_at = finished_at - interval '1 h'";
    assert_eq!(failed(&format!("{began}; {ended}")).0, json!(0), "they ended long ago");
}

/// The queues that the worker `name` takes.
fn taken(db: &Db, name: &str) -> Value {
    let workers = db.json(&["jobs", "workers", "-o", "json"]);
    let worker = workers["workers"].as_array().unwrap().iter().find(|w| w["worker"] == name);
    worker.unwrap_or_else(|| panic!("{workers}"))["queues"].clone()
}

#[test]
fn a_worker_with_a_pattern_takes_the_queues_that_it_fits() {
    let db = database(Template::Empty, SOLID_QUEUE);
    db.sql("SELECT add(1, 'held'); SELECT add(n, 'queued', 'report', '3 d') FROM generate_series(2, 4) n; DELETE FROM solid_queue_processes WHERE id = 2");
    let queues = |queues: &str, queue: &str| {
        db.sql(&format!(
            r#"UPDATE solid_queue_processes SET metadata = '{{"queues":"{queues}","thread_pool_size":3}}' WHERE id = 1;
               UPDATE solid_queue_ready_executions SET queue_name = '{queue}'; UPDATE solid_queue_jobs SET queue_name = '{queue}' WHERE id > 1"#
        ));
        (taken(&db, "worker-1"), list(&db)["health"]["groups"].as_array().unwrap().iter().find(|g| g["kind"] == "report").unwrap()["workers"].clone())
    };
    assert_eq!(queues("mail*,default", "bulk"), (json!(["mail*", "default"]), json!(0)));
    let why = db.bursar(&["jobs", "why", "2"]).ok().stdout;
    assert!(why.contains("no worker that is registered and seen takes report of queue bulk"), "{why}");
    assert_eq!(queues("mail*,default", "mail_urgent"), (json!(["mail*", "mail_urgent", "default"]), json!(1)));
    assert_eq!(queues("*", "bulk"), (Value::Null, json!(1)));
    assert_eq!(queues("default,*", "bulk"), (Value::Null, json!(1)));
    assert_eq!(queues("bulk", "bulk"), (json!(["bulk"]), json!(1)));
}

#[test]
fn a_worker_takes_neither_what_its_list_leaves_out_nor_what_an_order_does_not_name() {
    let db = database(Template::Empty, GOOD_JOB);
    db.sql("SELECT add(1, 'held'); SELECT add(n, 'queued', 'report', '3 d') FROM generate_series(2, 4) n; UPDATE good_jobs SET queue_name = 'bulk' WHERE job_class = 'report'");
    let worker = db.value("SELECT worker(1)");
    let lists = |schedulers: &str| {
        db.sql(&format!(
            r#"UPDATE good_job_processes SET state = '{{"schedulers": [{schedulers}]}}' WHERE id = worker(1)"#
        ));
        let list = list(&db);
        let report = list["health"]["groups"].as_array().unwrap().iter().find(|g| g["kind"] == "report").unwrap();
        (taken(&db, &worker), report["workers"].clone())
    };
    assert_eq!(lists(r#"{"queues": "-bulk"}"#), (json!(["default"]), json!(0)));
    assert_eq!(lists(r#"{"queues": "-default,mailers"}"#), (json!(["bulk"]), json!(1)));
    assert_eq!(lists(r#"{"queues": "+default, mailers"}"#), (json!(["default", "mailers"]), json!(0)));
    assert_eq!(lists(r#"{"queues": "-bulk"}, {"queues": "bulk"}"#), (json!(["bulk", "default"]), json!(1)));
    assert_eq!(lists(r#"{"queues": "-bulk"}, {"queues": "*"}"#), (Value::Null, json!(1)));
    // A process that only adds jobs takes none.
    assert_eq!(lists(""), (json!([]), json!(0)));
}

#[test]
fn a_queue_that_keeps_nothing_that_is_done_has_no_pace() {
    for tables in [SOLID_QUEUE, GOOD_JOB] {
        let db = database(Template::Empty, tables);
        db.sql("SELECT add(1, 'held', 'mail', '9 min'); SELECT add(n, 'queued', 'mail', '9 min') FROM generate_series(2, 9) n");
        let list = list(&db);
        assert_eq!((&list["verdict"]["is"], &list["health"]["rates"]), (&json!("waiting"), &Value::Null), "{list}");
        let said = db.bursar(&["jobs"]).ok().stdout;
        assert!(said.contains("the pace cannot be told yet") && !said.contains(" out a minute"), "{said}");
        // Where what is done is kept, the pace is told.
        let table = if tables == GOOD_JOB { "good_jobs" } else { "solid_queue_jobs" };
        db.sql(&format!(
            "SELECT add(n, 'done', 'mail', '2 h') FROM generate_series(10, 20) n;
             UPDATE {table} SET finished_at = finished_at - interval '1 h' WHERE finished_at IS NOT NULL"
        ));
        assert_eq!(self::list(&db)["verdict"]["is"], "falling_behind");
    }
}

#[test]
fn an_error_is_shown_as_it_was_raised() {
    let db = database(Template::Empty, SOLID_QUEUE);
    db.sql(
        r#"SELECT add(n, 'dead') FROM generate_series(1, 3) n;
           UPDATE solid_queue_failed_executions SET error = '{"exception_class":"Net::Error","message":"no \"\u003cb\u003e\" in C:\\new\nline","backtrace":[]}' WHERE job_id = 1;
           UPDATE solid_queue_failed_executions SET error = 'no "JSON" \n' WHERE job_id = 2;
           UPDATE solid_queue_failed_executions SET error = '{"exception_class":"A","message":"a \u0000 b"}' WHERE job_id = 3"#,
    );
    let error = |n: &str| db.json(&["jobs", "show", n, "-o", "json"])["job"]["error"].clone();
    assert_eq!(error("1"), "Net::Error: no \"<b>\" in C:\\new\nline");
    assert_eq!(error("2"), "no \"JSON\" \\n");
    assert_eq!(error("3"), "A: a \\u0000 b");
}
