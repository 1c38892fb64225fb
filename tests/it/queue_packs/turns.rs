//! Whose turn it is where workers take several queues: one queue after the other, all in one order, or nothing tells.

use serde_json::{Value, json};

use super::database;
use crate::support::{Db, Template, sample};

fn why(db: &Db, n: u32) -> Value {
    db.json(&["jobs", "why", &db.value(&format!("SELECT job({n})")), "-o", "json"])
}

/// The sentence, whether priority is named, and the queues that go first.
fn told(db: &Db, n: u32) -> (String, bool, Value) {
    let why = why(db, n);
    let sentence = why["sentence"].as_str().unwrap_or_else(|| panic!("{why}")).to_owned();
    let priority = why["why"]["outranked"] == true;
    assert_eq!(priority, sentence.contains("of a higher priority"), "{sentence}");
    (sentence, priority, why["why"]["queues_first"].clone())
}

const SOLID_QUEUE: (&str, &str, &str) = (
    include_str!("solid-queue.sql"),
    // Job 2 is alone in its queue and has the best priority; the others wait in the queue that is named first.
    "UPDATE solid_queue_jobs SET queue_name = 'urgent', priority = 5 WHERE id <> 2;
     UPDATE solid_queue_ready_executions SET queue_name = 'urgent', priority = 5 WHERE job_id <> 2;
     DELETE FROM solid_queue_processes WHERE id = 2",
    r#"UPDATE solid_queue_processes SET metadata = '{"polling_interval":0.1,"queues":"{queues}","thread_pool_size":3}' WHERE id = 1"#,
);
const GOOD_JOB: (&str, &str, &str) = (
    include_str!("good-job.sql"),
    "UPDATE good_jobs SET queue_name = 'urgent', priority = 5 WHERE id <> job(2)::uuid; DELETE FROM good_job_processes WHERE id = worker(2)",
    r#"UPDATE good_job_processes SET state = '{"schedulers": [{"queues": "{queues}"}]}' WHERE id = worker(1)"#,
);

#[test]
fn a_queue_that_is_named_first_goes_first_whatever_the_priority() {
    for ((tables, place, worker), in_turn, one_order) in
        [(SOLID_QUEUE, "urgent,default", "*"), (GOOD_JOB, "+urgent,default", "urgent,default")]
    {
        let db = database(Template::Empty, tables);
        let takes = |queues: &str| db.sql(&worker.replace("{queues}", queues));
        db.sql(&format!(
            "SELECT add(1, 'held', 'mail', '20 s'); SELECT add(2, 'queued', 'report', '10 s');
             SELECT add(n, 'queued', 'mail', '10 s') FROM generate_series(3, 9) n; {place}"
        ));
        takes(in_turn);
        let first = "; jobs of the queue urgent wait, and go first";
        assert_eq!(told(&db, 2), (format!("it is behind 7 others{first}"), false, json!(["urgent"])));
        assert_eq!(told(&db, 3), ("it is next".to_owned(), false, Value::Null));
        takes(one_order);
        assert_eq!(told(&db, 2), ("it is next".to_owned(), false, Value::Null));
        let outranked = "it is behind 1 other; jobs of a higher priority wait, and go first";
        assert_eq!(told(&db, 3), (outranked.to_owned(), true, Value::Null));
        // Where nobody takes such for long, that is why, and no priority is.
        db.sql("SELECT clear()");
        db.sql(&format!(
            "SELECT add(1, 'held', 'mail', '20 s'); SELECT add(2, 'queued', 'report', '3 d');
             SELECT add(n, 'queued', 'mail', '10 s') FROM generate_series(3, 9) n; {place}"
        ));
        takes(in_turn);
        let (sentence, priority, queues) = told(&db, 2);
        assert!(sentence.starts_with("no worker took report") && sentence.ends_with(first), "{sentence}");
        assert_eq!((priority, queues), (false, json!(["urgent"])));
        db.bursar(&["jobs", "list"]).ok().tells("; jobs of the queue urgent go first · ");
        takes(one_order);
        let (sentence, priority, queues) = told(&db, 2);
        assert!(sentence.ends_with("while others are taken"), "{sentence}");
        assert_eq!((priority, queues), (false, Value::Null));
    }
}

#[test]
fn a_worker_that_takes_the_queue_alone_waits_for_no_other_queue() {
    let (tables, place, worker) = SOLID_QUEUE;
    let db = database(Template::Empty, tables);
    db.sql(&format!(
        "SELECT add(1, 'held', 'mail', '20 s'); SELECT add(2, 'queued', 'report', '10 s');
         SELECT add(n, 'queued', 'mail', '10 s') FROM generate_series(3, 9) n; {place}; {};
         INSERT INTO solid_queue_processes (id, kind, last_heartbeat_at, pid, metadata, created_at, name)
         SELECT 7, kind, last_heartbeat_at, pid, replace(metadata, 'urgent,', ''), created_at, 'worker-7' FROM solid_queue_processes WHERE id = 1",
        worker.replace("{queues}", "urgent,default")
    ));
    assert_eq!(told(&db, 2), ("it is next".to_owned(), false, Value::Null));
    // One that is gone takes nothing.
    db.sql(
        "UPDATE solid_queue_processes SET last_heartbeat_at = now() AT TIME ZONE 'UTC' - interval '1 h' WHERE id = 7",
    );
    assert_eq!(told(&db, 2).2, json!(["urgent"]));
    // In which order it takes the queues of one pattern, or all of them while one is paused, is not told.
    let untold = "it waits for a worker, and no other of its queue is due before it; whether its worker takes other queues first is not known";
    for queues in ["urg*,def*,*t", "*"] {
        db.sql(&worker.replace("{queues}", queues));
        db.sql("INSERT INTO solid_queue_pauses (queue_name, created_at) VALUES ('slow', now()) ON CONFLICT DO NOTHING");
        let sentence = told(&db, 2).0;
        assert_eq!(sentence == untold, queues == "*", "{queues}: {sentence}");
    }
    db.sql("UPDATE solid_queue_jobs SET queue_name = 'urgent_too' WHERE id = 9; UPDATE solid_queue_ready_executions SET queue_name = 'urgent_too' WHERE job_id = 9");
    db.sql(&worker.replace("{queues}", "urgent*,default"));
    assert_eq!(told(&db, 2).0, untold);
}

/// Each scheduler of a process of GoodJob has a list and an order of its own; the process is one worker.
#[test]
fn the_schedulers_of_a_process_are_one_worker_with_several_orders() {
    let (tables, place, _) = GOOD_JOB;
    let db = database(Template::Empty, tables);
    db.sql(&format!(
        r#"SELECT add(1, 'held', 'mail', '20 s'); SELECT add(2, 'queued', 'report', '10 s');
           SELECT add(n, 'queued', 'mail', '10 s') FROM generate_series(3, 9) n; {place};
           UPDATE good_job_processes SET state = '{{"schedulers": [{{"queues": "+urgent,default"}}, {{"queues": "default"}}]}}'"#
    ));
    assert_eq!(told(&db, 2), ("it is next".to_owned(), false, Value::Null));
    let workers = db.json(&["jobs", "workers", "-o", "json"]);
    assert_eq!(workers["workers"].as_array().map(Vec::len), Some(1), "{workers}");
    assert_eq!(workers["workers"][0]["queues"], json!(["default", "urgent"]), "{workers}");
    let queues = db.json(&["jobs", "queues", "-o", "json"]);
    assert!(queues["queues"].as_array().unwrap().iter().all(|queue| queue["workers"] == 1), "{queues}");
}

/// The rows of procrastinate do not say which queues a worker takes.
#[test]
fn where_nothing_says_what_a_worker_takes_no_other_queue_is_named_as_the_cause() {
    let db = database(Template::Empty, include_str!("procrastinate.sql"));
    db.sql(
        "SELECT add(1, 'held', 'mail', '20 s'); SELECT add(2, 'queued', 'report', '10 s');
         SELECT add(n, 'queued', 'mail', '10 s') FROM generate_series(3, 9) n;
         UPDATE procrastinate_jobs SET queue_name = 'bulk', priority = 9, lock = NULL WHERE id <> 2",
    );
    let of = "whether its worker takes other queues first is not known";
    let alone = format!("it waits for a worker, and no other of its queue is due before it; {of}");
    assert_eq!(told(&db, 2), (alone, false, Value::Null));
    assert_eq!(told(&db, 4).0, format!("it is behind 1 other of its queue; {of}"));
    // In its own queue the priority decides.
    db.sql("UPDATE procrastinate_jobs SET priority = 10 WHERE id = 5");
    let (sentence, priority, _) = told(&db, 3);
    assert_eq!(
        sentence,
        format!("it is behind 1 other of its queue; jobs of a higher priority wait, and go first; {of}")
    );
    assert!(priority);
    db.sql("UPDATE procrastinate_jobs SET queue_name = 'default'");
    assert!(!told(&db, 2).0.contains("not known"));
}

/// A job of pgqueuer is taken by the workers that have its entrypoint, so what nobody takes is before nobody.
#[test]
fn a_kind_that_nobody_takes_does_not_go_first() {
    let db = database(Template::Empty, include_str!("pgqueuer.sql"));
    db.sql(
        "SELECT add(1, 'held', 'mail', '20 s'); SELECT add(2, 'queued', 'mail', '10 s');
         SELECT add(n, 'queued', 'orphan', '2 d') FROM generate_series(3, 9) n;
         UPDATE pgqueuer SET priority = 9 WHERE entrypoint = 'orphan'",
    );
    let (sentence, priority, _) = told(&db, 2);
    assert!(sentence.starts_with("it waits for a worker, and no other is due before it"), "{sentence}");
    assert!(!priority);
}

/// The list of queues has the pace of an hour. A pace that cannot be told is no 0.
#[test]
fn the_queues_are_shown_with_what_is_done_in_an_hour() {
    let db = database(Template::Empty, include_str!("river.sql"));
    db.sql(
        "SELECT add(n, 'done', 'mail', '40 s') FROM generate_series(1, 5) n; SELECT add(6, 'queued', 'mail', '5 s')",
    );
    let queues = db.json(&["jobs", "queues", "-o", "json"]);
    let mail = &queues["queues"][0];
    assert_eq!(
        (&mail["done"], &mail["done_per_hour"], &mail["added_per_hour"]),
        (&json!(5), &json!(30), &json!(36)),
        "{queues}"
    );
    db.bursar(&["jobs", "queues"]).ok().tells("done/h").tells("failed/h");
    let oban = database(Template::Empty, include_str!("oban.sql"));
    oban.sql("SELECT add(1, 'held', 'mail', '10 min'); SELECT add(2, 'queued', 'mail', '9 min')");
    let queues = oban.json(&["jobs", "queues", "-o", "json"]);
    assert_eq!(queues["queues"][0]["done_per_hour"], Value::Null, "{queues}");
}

/// Who asks to retry a cancelled job is told why it was cancelled, also where the queue keeps no reason.
#[test]
fn a_retry_of_a_cancelled_job_tells_why_it_was_cancelled() {
    let all = [
        include_str!("river.sql"),
        include_str!("oban.sql"),
        include_str!("good-job.sql"),
        include_str!("procrastinate.sql"),
        include_str!("solid-queue.sql"),
    ];
    for tables in sample(all, 2) {
        let db = Db::new(Template::Bursar);
        db.sql(tables);
        db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
        db.sql("SELECT add(1, 'queued'); SELECT add(2, 'queued')");
        let (one, two) = (db.value("SELECT job(1)"), db.value("SELECT job(2)"));
        db.bursar(&["jobs", "cancel", &one, "--reason", "refunded by hand", "--yes"]).ok();
        db.bursar(&["jobs", "cancel", &two, "--reason", "asked twice", "--yes"]).ok();
        let ran = db.bursar(&["jobs", "retry", &one, &two, "--yes"]).exits(6);
        let ran = ran.tells(" UTC, cancelled it: refunded by hand; --cancelled retries it too");
        ran.tells(" UTC, cancelled it: asked twice; --cancelled retries it too");
    }
}
