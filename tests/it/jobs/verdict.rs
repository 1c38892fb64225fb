//! How the queue stands, in a word: each verdict made real, and the same one wherever it is told.

use serde_json::{Value, json};

use super::{empty, job};
use crate::support::{Db, bursar, run, turn};

/// Every command that is headed by the verdict.
const HEADED: [&str; 6] = ["list", "count", "workers", "latency", "throughput", "triage"];

/// The verdict is this wherever it is told. The default run asks a third of the commands, by the number of the call, so
/// that all of them are asked.
#[track_caller]
fn stands(db: &Db, number: usize, verdict: &Value, begins: &str) {
    for (n, command) in HEADED.into_iter().enumerate() {
        if !turn(n + number, 3) {
            continue;
        }
        let json = db.json(&["jobs", command, "-o", "json"]);
        let mut told = json["verdict"].clone();
        // Seconds go by from one command to the next.
        if let (Some(secs), Some(first)) = (told.get("secs").and_then(Value::as_i64), verdict["secs"].as_i64()) {
            assert!((first..first + 60).contains(&secs), "{command}: {told}");
            told["secs"] = json!(first);
        }
        assert_eq!(told, *verdict, "{command}");
        let table = db.bursar(&["jobs", command]).ok().stdout;
        assert!(table.starts_with(begins), "{command}: {table}");
    }
    let alone = db.bursar(&["jobs"]).ok().stdout;
    assert!(alone.starts_with(begins), "{alone}");
}

const ENDED: &str = "INSERT INTO jobs (payload, status, created_at, completed_at) SELECT '{}', 'succeeded', now() - interval '1 hour', now() - interval '20 seconds' FROM generate_series(1, ";

#[test]
fn nothing_to_do_is_idle_and_a_short_wait_is_no_trouble() {
    let db = empty();
    stands(&db, 0, &json!({"is": "idle"}), "✓ idle\n");
    db.sql("INSERT INTO jobs (payload, status, created_at, next_retry_at) VALUES ('{}', 'dlq', now() - interval '1 day', NULL), ('{}', 'failed', now() - interval '1 day', now() + interval '1 day')");
    stands(&db, 1, &json!({"is": "idle"}), "✓ idle\n");
    // One that runs, however long, is no wait.
    let running = job(
        &db,
        "status, created_at, started_at, visibility_timeout_secs",
        "'processing', now() - interval '1 day', now() - interval '1 day', 100000",
    );
    stands(&db, 2, &json!({"is": "keeping_up"}), "✓ keeping up\n");
    // Past its lease it is nobody's any more, and that is no good news.
    db.sql("UPDATE jobs SET visibility_timeout_secs = 60 WHERE status = 'processing'");
    stands(&db, 3, &json!({"is": "stuck"}), "! stuck · 1 past its lease\n");
    db.sql(&format!("DELETE FROM jobs WHERE id = '{running}'"));
    let begins = "✓ keeping up · 1 due, the oldest for ";
    let queued = job(&db, "created_at", "now() - interval '2 seconds'");
    let told = db.bursar(&["jobs"]).ok().stdout;
    assert!(told.starts_with(begins) && told.contains(" · 0.1 in, 0.0 out a minute\n"), "{told}");
    assert_eq!(db.json(&["jobs", "-o", "json"])["verdict"], json!({"is": "keeping_up"}));
    // How long it may wait is the pack's own: a minute here.
    db.sql(&format!("UPDATE jobs SET created_at = now() - interval '61 seconds' WHERE id = '{queued}'"));
    assert_ne!(db.json(&["jobs", "-o", "json"])["verdict"], json!({"is": "keeping_up"}));
}

/// A type is told of also where more jobs wait for longer than are looked at first.
#[test]
fn a_type_behind_many_older_jobs_is_told_of() {
    let db = empty();
    db.sql(
        "INSERT INTO jobs (payload, job_type, created_at) SELECT '{}', 'mail', now() - interval '3 hours' FROM generate_series(1, 10050);
         INSERT INTO jobs (payload, job_type, created_at) SELECT '{}', 'report', now() - interval '9 minutes' FROM generate_series(1, 5); ANALYZE jobs",
    );
    let queues = db.json(&["jobs", "queues", "-o", "json"]);
    let of = |kind: &str| {
        queues["queues"].as_array().unwrap().iter().find(|g| g["kind"] == kind).unwrap_or_else(|| panic!("{queues}"))
    };
    let told = |kind: &str| {
        (of(kind)["waiting"].clone(), of(kind)["waiting_exact"].clone(), of(kind)["verdict"]["is"].clone())
    };
    assert_eq!(told("mail"), (json!(10_050), json!(true), json!("stalled")));
    assert_eq!(told("report"), (json!(5), json!(true), json!("stalled")));
    db.bursar(&["jobs"]).ok().tells("10,055 due, the oldest for 3 h");
}

/// Jobs that are held back are all counted where that can be told in a moment, also behind many others.
#[test]
fn what_is_held_back_behind_many_others_is_counted() {
    let db = empty();
    db.sql(
        "INSERT INTO jobs (payload, job_type, created_at, attempts, max_attempts)
         SELECT '{}', 'mail', now() - interval '3 hours', 5, 5 FROM generate_series(1, 10050);
         INSERT INTO jobs (payload, job_type, created_at, attempts, max_attempts)
         SELECT '{}', 'report', now() - interval '2 hours', 5, 5 FROM generate_series(1, 5); ANALYZE jobs",
    );
    db.bursar(&["jobs"]).ok().tells("! held back · 10,055 held back, the oldest for 3 h");
    let queues = db.json(&["jobs", "queues", "-o", "json"]);
    let of = |kind: &str| {
        queues["queues"].as_array().unwrap().iter().find(|g| g["kind"] == kind).unwrap_or_else(|| panic!("{queues}"))
    };
    assert_eq!((&of("mail")["held_back"], &of("mail")["held_back_exact"]), (&json!(10_050), &json!(true)));
    assert_eq!(of("report")["held_back"], 5);
}

/// Jobs that do not say since when they wait come after all others, of which only the first are looked at.
#[test]
fn a_job_without_a_time_is_told_of_behind_many_others() {
    let db = empty();
    db.sql(
        "INSERT INTO jobs (payload, job_type, created_at) SELECT '{}', 'mail', now() + interval '30 seconds' FROM generate_series(1, 10001);
         INSERT INTO jobs (payload, job_type, created_at) VALUES ('{}', 'report', NULL), ('{}', 'report', 'infinity'); ANALYZE jobs",
    );
    db.bursar(&["jobs", "list"]).ok().tells("since when 2 of them waited is not known");
    let queues = db.json(&["jobs", "queues", "-o", "json"]);
    let report = queues["queues"].as_array().unwrap().iter().find(|group| group["kind"] == "report");
    let report = report.unwrap_or_else(|| panic!("{queues}"));
    assert_eq!((&report["waiting"], &report["verdict"]["is"]), (&json!(2), &json!("waiting")), "{report}");
    assert_eq!(queues["verdict"]["is"], "waiting", "{queues}");
}

#[test]
fn each_type_stands_under_the_verdict_where_there_are_several() {
    let db = empty();
    db.sql(
        "INSERT INTO jobs (payload, job_type, created_at) SELECT '{}', 'invoice', now() - interval '3 d' FROM generate_series(1, 20);
         INSERT INTO jobs (payload, job_type, status, created_at, completed_at)
         SELECT '{}', 'mail', 'succeeded', now() - interval '1 min', now() - interval '20 s' FROM generate_series(1, 9)",
    );
    let said = |line: &[&str]| db.bursar(line).ok().stdout;
    let (alone, both) = (said(&["jobs"]), ["✗ unattended", "✓ idle"]);
    let tables: Vec<&str> = alone.split("\n\n").collect();
    assert!(tables.len() == 3 && both.iter().all(|word| tables[1].contains(word)), "{alone}");
    // A list is of jobs. Where it is of some types, these stand above it, if they are several.
    assert!(!said(&["jobs", "list"]).contains("✓ idle"));
    assert!(said(&["jobs", "list", "--type", "mail,invoice"]).contains("✓ idle"));
    assert!(!said(&["jobs", "list", "--type", "invoice"]).contains("✓ idle"));
    // More than a few are counted.
    db.sql("INSERT INTO jobs (payload, job_type) SELECT '{}', 'type-' || g FROM generate_series(1, 9) g");
    assert!(said(&["jobs"]).contains("3 more: bursar jobs queues"), "{}", said(&["jobs"]));
    db.sql("DELETE FROM jobs WHERE job_type <> 'mail'");
    assert!(!said(&["jobs"]).contains("taken"));
}

#[test]
fn a_queue_that_gets_shorter_drains_and_says_until_when() {
    let db = empty();
    db.sql(&format!("INSERT INTO jobs (payload, created_at) SELECT '{{}}', now() - interval '20 minutes' FROM generate_series(1, 120); {ENDED} 60)"));
    stands(
        &db,
        4,
        &json!({"is": "draining", "eta_secs": 1200}),
        "✓ draining (ETA 20 min) · 120 due, the oldest for 20 min · 0.0 in, 6.0 out a minute\n",
    );
}

#[test]
fn a_queue_into_which_as_many_come_as_go_falls_behind() {
    let db = empty();
    // A failed one that is due again waits as any other.
    db.sql(&format!("INSERT INTO jobs (payload, status, created_at, next_retry_at) SELECT '{{}}', 'failed', now() - interval '5 minutes', now() - interval '4 minutes' FROM generate_series(1, 20); {ENDED} 20)"));
    stands(&db, 5, &json!({"is": "falling_behind"}), "! falling behind · 20 due, the oldest for 4 min");
}

#[test]
fn a_queue_that_nobody_works_on_is_stalled_since_a_worker_was_seen() {
    let db = empty();
    let waiting = job(&db, "created_at", "now() - interval '2 hours'");
    stands(&db, 6, &json!({"is": "stalled", "secs": 7200}), "✗ stalled for 2 h · 1 due, the oldest for 2 h");
    db.sql(&format!("INSERT INTO job_attempts (job_id, attempt_number, created_at) VALUES ('{waiting}', 1, now() - interval '32 minutes')"));
    stands(&db, 7, &json!({"is": "stalled", "secs": 1920}), "✗ stalled for 32 min · 1 due, the oldest for 2 h");
    // Nobody can have been at it before there was something to do.
    db.sql(&format!("UPDATE jobs SET created_at = now() - interval '15 minutes' WHERE id = '{waiting}'"));
    stands(&db, 8, &json!({"is": "stalled", "secs": 900}), "✗ stalled for 15 min · 1 due, the oldest for 15 min");
}

/// A job whose time lies beyond all calendars, or is not known, hides no other, and is no idle queue.
#[test]
fn a_job_without_a_time_is_neither_overlooked_nor_does_it_hide_another() {
    let db = empty();
    job(&db, "created_at", "NULL");
    job(&db, "created_at", "'-infinity'");
    stands(&db, 9, &json!({"is": "waiting"}), "? waiting");
    job(&db, "created_at", "now() - interval '2 hours'");
    stands(&db, 10, &json!({"is": "stalled", "secs": 7200}), "✗ stalled for 2 h · 3 due, the oldest for 2 h");
}

#[test]
fn giving_jobs_up_is_no_sign_of_life() {
    let db = empty();
    db.sql(
        "INSERT INTO jobs (payload, created_at) SELECT '{}', now() - interval '2 hours' FROM generate_series(1, 40)",
    );
    let stalled = |db: &Db| db.json(&["jobs", "-o", "json"])["verdict"]["is"] == "stalled";
    assert!(stalled(&db));
    db.bursar(&["jobs", "cancel", "--all", "--max", "3", "--reason", "r", "--yes"]).ok();
    assert!(stalled(&db));
    let next = db.value("SELECT id FROM jobs WHERE status = 'queued' ORDER BY created_at LIMIT 1");
    db.bursar(&["jobs", "why", &next]).ok().tells("no worker was ever seen");
}

#[test]
fn what_no_worker_can_take_is_not_waited_for() {
    let db = empty();
    let out = job(&db, "attempts, max_attempts, created_at", "5, 5, now() - interval '2 hours'");
    let failed = job(
        &db,
        "status, attempts, max_attempts, created_at, next_retry_at",
        "'failed', 5, 5, now() - interval '2 hours', now() - interval '1 hour'",
    );
    stands(&db, 11, &json!({"is": "held_back"}), "! held back · 2 held back, the oldest for 2 h\n");
    for (id, remedy) in [(&out, "bursar jobs cancel"), (&failed, "bursar jobs retry")] {
        let why = db.json(&["jobs", "why", id, "-o", "json"]);
        assert_eq!(why["sentence"], "it waits, but is out of attempts, 5 of 5: no worker can take it");
        assert!(why["remedy"].as_str().unwrap().starts_with(remedy), "{why}");
    }
}

#[test]
fn where_rows_may_be_hidden_that_none_waits_is_not_known() {
    let db = empty();
    job(&db, "created_at", "now() - interval '2 hours'");
    let role = format!("blind_{}", std::process::id());
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
    let url = db.url_as(&role);
    let told = run(bursar().args(["jobs", "-d", &url])).ok().says("row level security may hide rows");
    assert!(told.stdout.starts_with("? unknown"), "{told:?}");
    assert!(told.stdout.contains(" · row level security may hide rows of "), "{told:?}");
    let stuck = run(bursar().args(["jobs", "stuck", "-d", &url])).ok().says("row level security may hide rows");
    assert_eq!(stuck.stdout, "? no job that this role sees is past its lease\n");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// An application's clock that is ahead makes no wait of the difference.
#[test]
fn a_job_of_the_future_has_not_waited() {
    let db = empty();
    let queued = job(&db, "created_at", "now() + interval '3 hours'");
    stands(&db, 12, &json!({"is": "waiting"}), "? waiting · 1 due, and since when is not known\n");
    assert_eq!(db.json(&["jobs", "-o", "json"])["health"]["oldest_claimable_secs"], Value::Null);
    // Clocks differ a little.
    db.sql(&format!("UPDATE jobs SET created_at = now() + interval '20 seconds' WHERE id = '{queued}'"));
    stands(&db, 13, &json!({"is": "keeping_up"}), "✓ keeping up · 1 due, the oldest for 0 s\n");
}

#[test]
fn what_is_out_of_attempts_and_not_given_up_is_held_back() {
    let db = empty();
    let failed = job(
        &db,
        "status, created_at, next_retry_at, attempts, max_attempts",
        "'failed', now() - interval '1 day', now() - interval '3 hours', 5, 5",
    );
    stands(&db, 14, &json!({"is": "held_back"}), "! held back · 1 held back, the oldest for 3 h\n");
    db.bursar(&["jobs", "why", &failed]).ok().tells("is out of attempts, 5 of 5: no worker can take it");
    db.sql("UPDATE jobs SET status = 'queued', created_at = now() - interval '3 hours', next_retry_at = NULL");
    stands(&db, 15, &json!({"is": "held_back"}), "! held back · 1 held back, the oldest for 3 h\n");
    db.sql("UPDATE jobs SET attempts = 4");
    assert_eq!(db.json(&["jobs", "-o", "json"])["verdict"]["is"], "stalled");
}

/// A job that is out of attempts is never taken, and its time to come changes nothing of that.
#[test]
fn what_is_out_of_attempts_is_held_back_before_its_time_too() {
    let db = empty();
    let failed = job(
        &db,
        "status, created_at, last_error, last_error_at, attempts, max_attempts",
        "'failed', now() - interval '1 day', 'no route', now() - interval '3 hours', 5, 5",
    );
    for (number, retry) in ["now() + interval '1 hour'", "NULL", "'infinity'"].into_iter().enumerate() {
        db.sql(&format!("UPDATE jobs SET next_retry_at = {retry}"));
        stands(&db, 17 + number, &json!({"is": "held_back"}), "! held back · 1 held back, the oldest for 3 h\n");
        let why = db.json(&["jobs", "why", &failed, "-o", "json"]);
        assert_eq!(why["why"], json!({"is": "out_of_attempts", "attempts": 5, "max_attempts": 5}), "{retry}: {why}");
        assert_eq!(why["remedy"], format!("bursar jobs retry {failed}"), "{retry}");
        db.bursar(&["jobs", "why", &failed]).ok().tells("last error: no route");
    }
    // One whose last attempt failed just now may still be given up.
    db.sql("UPDATE jobs SET next_retry_at = now() + interval '1 hour', last_error_at = now() - interval '5 seconds'");
    assert_eq!(db.json(&["jobs", "-o", "json"])["verdict"]["is"], "idle");
    // One that has an attempt left waits for its time.
    db.sql("UPDATE jobs SET attempts = 4, last_error_at = now() - interval '3 hours'");
    assert_eq!(db.json(&["jobs", "-o", "json"])["verdict"]["is"], "idle");
    assert_eq!(db.json(&["jobs", "why", &failed, "-o", "json"])["why"]["is"], "not_yet");
}

/// A job that does not say since when it waits may have waited for days, whatever waits beside it.
#[test]
fn a_young_job_beside_one_without_a_time_says_nothing_of_that_one() {
    for created in ["NULL", "now() + interval '3 hours'", "'-infinity'"] {
        let db = empty();
        job(&db, "created_at", created);
        job(&db, "created_at", "now() - interval '5 seconds'");
        let told = db.bursar(&["jobs"]).ok().stdout;
        assert!(told.starts_with("? waiting · 2 due, the oldest for "), "{created}: {told}");
        assert!(told.contains(" · since when 1 of them waited is not known"), "{created}: {told}");
        job(&db, "created_at, job_type", "now(), 'mail'");
        assert_eq!(db.json(&["jobs", "-o", "json"])["verdict"]["is"], "waiting", "{created}");
    }
}

#[test]
fn a_type_is_unattended_since_one_was_taken_and_not_since_it_was_added() {
    let db = empty();
    db.sql(
        "INSERT INTO jobs (payload, job_type, created_at) SELECT '{}', 'invoice', now() - interval '3 d' FROM generate_series(1, 20);
         INSERT INTO jobs (payload, job_type, status, created_at, completed_at)
         SELECT '{}', 'invoice', 'succeeded', now() - interval '3 d', now() - interval '20 min 30 s' FROM generate_series(1, 50);
         INSERT INTO jobs (payload, job_type, status, created_at, completed_at)
         SELECT '{}', 'mail', 'succeeded', now() - interval '1 min', now() - interval '20 s' FROM generate_series(1, 9)",
    );
    let told = || db.bursar(&["jobs"]).ok().stdout;
    assert!(told().starts_with("✗ unattended: no worker took invoice for 20 min"), "{}", told());
    // What an operator has just put back waits since then.
    db.sql("DELETE FROM jobs WHERE job_type = 'invoice' AND status = 'queued'; UPDATE jobs SET status = 'dlq' WHERE job_type = 'invoice'");
    db.bursar(&["jobs", "retry", "--type", "invoice", "--yes", "--all"]).ok().tells("50 retried");
    assert!(told().starts_with("✓ keeping up · 50 due"), "{}", told());
}

/// A job that failed and has no time, or that of never, is tried again by nobody.
#[test]
fn a_failed_job_without_a_time_for_its_retry_is_held_back() {
    for retry in ["NULL", "'infinity'"] {
        let db = empty();
        let failed = job(
            &db,
            "status, created_at, last_error_at, next_retry_at, attempts",
            &format!("'failed', now() - interval '1 day', now() - interval '3 hours', {retry}, 1"),
        );
        stands(&db, 16, &json!({"is": "held_back"}), "! held back · 1 held back, the oldest for 3 h\n");
        let queues = db.json(&["jobs", "queues", "-o", "json"]);
        assert_eq!(queues["queues"][0]["held_back"], 1, "{queues}");
        // Nothing says since when.
        db.sql("UPDATE jobs SET created_at = NULL, last_error_at = NULL");
        stands(&db, 17, &json!({"is": "held_back"}), "! held back · 1 held back, and since when is not known\n");
        // A worker that writes the time a moment later leaves none without.
        db.sql("UPDATE jobs SET created_at = now(), last_error_at = now()");
        assert_eq!(db.json(&["jobs", "-o", "json"])["verdict"]["is"], "idle");
        db.sql(&format!("UPDATE jobs SET next_retry_at = now() + interval '1 hour' WHERE id = '{failed}'"));
        assert_eq!(db.json(&["jobs", "-o", "json"])["verdict"]["is"], "idle");
    }
}
