//! Why a job is not running: each reason made real, in words, in JSON, and with what to do about it.

use serde_json::{Value, json};

use super::{empty, job};
use crate::support::Db;

#[track_caller]
fn why(db: &Db, id: &str) -> Value {
    let why = db.json(&["jobs", "why", id, "-o", "json"]);
    // The sentence is the same everywhere.
    let sentence = why["sentence"].as_str().unwrap_or_else(|| panic!("{why}"));
    let said = db.bursar(&["jobs", "why", id]).ok();
    let about = |text: &str| regex::Regex::new(r"\d+").unwrap().replace_all(text, "#").into_owned();
    assert!(about(&said.stdout).contains(&about(sentence)), "{}", said.stdout);
    if let Some(remedy) = why["remedy"].as_str() {
        assert!(said.stderr.contains(remedy), "{}", said.stderr);
    }
    let shown = db.json(&["jobs", "show", id, "-o", "json"]);
    assert_eq!(shown["why"]["is"], why["why"]["is"]);
    why
}

/// What is said, and what is to be done.
#[track_caller]
fn says(db: &Db, columns: &str, values: &str, is: &str, sentence: &str, remedy: Option<&str>) {
    let id = job(db, columns, values);
    let why = why(db, &id);
    assert_eq!(why["why"]["is"], is, "{why}");
    assert!(why["sentence"].as_str().unwrap().contains(sentence), "{why}");
    assert_eq!(why["remedy"], remedy.map_or(Value::Null, |r| json!(r.replace("ID", &id))));
    db.sql("DELETE FROM jobs");
}

#[test]
fn a_job_that_ended_waits_for_itself_or_is_held_says_so() {
    let db = empty();
    let retry = Some("bursar jobs retry ID");
    for (columns, values, is, sentence, remedy) in [
        (
            "status, next_retry_at",
            "'failed', now() + interval '4 minutes 30 seconds'",
            "not_yet",
            "it failed, and is tried again in 4 min ",
            None,
        ),
        ("status, next_retry_at", "'failed', 'infinity'", "not_yet", "it failed and is never tried again", None),
        ("status, last_error", "'failed', 'x'", "no_retry", "no time is set for the next attempt", retry),
        (
            "status, worker_id, started_at, visibility_timeout_secs",
            "'processing', 'w-1', now(), 290",
            "leased",
            "w-1 holds it for another 4 min",
            None,
        ),
        (
            "status, started_at, visibility_timeout_secs",
            "'processing', now(), 290",
            "leased",
            "a worker that is not named holds it",
            None,
        ),
        (
            "status, attempts, max_attempts",
            "'dlq', 5, 5",
            "dead",
            "it is out of attempts: 5 of 5, and is not tried again",
            retry,
        ),
        (
            "status, attempts, last_error",
            "'dlq', 1, 'cancelled: asked twice'",
            "cancelled",
            "it was cancelled: asked twice",
            Some("bursar jobs retry --cancelled ID"),
        ),
        (
            "status, completed_at",
            "'succeeded', now() - interval '3 hours 5 seconds'",
            "done",
            "it is done, since 3 h",
            None,
        ),
        ("status", "'succeeded'", "done", "it is done", None),
    ] {
        says(&db, columns, values, is, sentence, remedy);
    }
}

#[test]
fn a_lease_that_is_over_tells_when_its_worker_was_seen() {
    let db = empty();
    let release = Some("bursar jobs stuck --release ID");
    let stuck = "'processing', 'w-1', now() - interval '10 minutes 5 seconds'";
    says(
        &db,
        "status, worker_id, started_at",
        stuck,
        "lease_over",
        "its lease expired 9 min ago: w-1 has it, which was last seen 10 min ago",
        release,
    );
    says(
        &db,
        "status, started_at",
        "'processing', now() - interval '10 minutes 5 seconds'",
        "lease_over",
        "a worker that is not named has it",
        release,
    );
    let id = job(&db, "status, worker_id, started_at", stuck);
    db.sql(&format!(
        "INSERT INTO job_attempts (job_id, attempt_number, worker_id, created_at) VALUES
             ('{id}', 1, 'w-1', now() - interval '32 minutes 5 seconds'), ('{id}', 2, 'w-1', now() - interval '3 hours'), ('{id}', 3, 'w-2', now())"
    ));
    let why = why(&db, &id);
    assert_eq!(why["sentence"], "its lease expired 9 min ago: w-1 has it, which was last seen 10 min ago");
    assert_eq!(why["why"]["worker"], "w-1");
    // A later attempt of that worker is a sign of life.
    db.sql(&format!(
        "INSERT INTO job_attempts (job_id, attempt_number, worker_id, created_at) VALUES ('{id}', 4, 'w-1', now() - interval '5 minutes 5 seconds')"
    ));
    let why = self::why(&db, &id);
    assert_eq!(why["sentence"], "its lease expired 9 min ago: w-1 has it, which was last seen 5 min ago");
    // A start that no calendar has, and none at all.
    db.sql("DELETE FROM job_attempts; DELETE FROM jobs");
    let columns = "status, worker_id, created_at, started_at";
    for (values, is, sentence, remedy) in [
        (
            "'processing', 'w-1', now(), '-infinity'",
            "lease_over",
            "its lease expired before any time in a calendar: w-1 has it, and was not seen since",
            release,
        ),
        ("'processing', 'w-1', NULL, NULL", "running", "nothing says when its lease ends", None),
        ("'processing', 'w-1', now(), 'infinity'", "leased", "its lease never ends", None),
    ] {
        says(&db, columns, values, is, sentence, remedy);
    }
}

#[test]
fn a_job_that_could_run_says_how_many_come_before_it_and_whether_anybody_works() {
    let db = empty();
    let last = job(&db, "created_at", "now() - interval '1 minute'");
    let of = |id: &str| why(&db, id)["sentence"].as_str().unwrap().to_owned();
    assert_eq!(of(&last), "it is next; no worker was ever seen");
    // One that came later, one that is not due, and those that are not waiting do not count.
    for values in [
        "now(), 'queued', NULL",
        "now() - interval '1 hour', 'failed', now() + interval '1 hour'",
        "now() - interval '1 hour', 'failed', NULL",
        "now() - interval '1 hour', 'succeeded', NULL",
        "now() - interval '1 hour', 'dlq', NULL",
    ] {
        job(&db, "created_at, status, next_retry_at", values);
    }
    // One that succeeded shows that there was a worker.
    assert_eq!(of(&last), "it is next; when a worker was last seen is not known");
    db.sql("DELETE FROM jobs WHERE status IN ('succeeded', 'failed', 'dlq')");
    assert_eq!(of(&last), "it is next; no worker was ever seen");
    assert_eq!(why(&db, &last)["remedy"], "check that the workers run");
    let one = job(&db, "created_at", "now() - interval '1 hour'");
    assert_eq!(of(&last), "it is behind 1 other; no worker was ever seen");
    // A failed one whose time has come waits with the others, from that time on.
    let due = job(
        &db,
        "created_at, status, next_retry_at",
        "now() - interval '1 day', 'failed', now() - interval '30 minutes'",
    );
    assert_eq!(of(&last), "it is behind 2 others; when a worker was last seen is not known");
    assert_eq!(of(&due), "it is behind 1 other; when a worker was last seen is not known");
    db.sql(&format!("INSERT INTO job_attempts (job_id, attempt_number, created_at) VALUES ('{one}', 1, now() - interval '32 minutes 5 seconds')"));
    assert_eq!(of(&one), "it is next; no worker was seen for 32 min");
    db.sql(&format!("INSERT INTO job_attempts (job_id, attempt_number, created_at) VALUES ('{one}', 2, now())"));
    assert_eq!(of(&one), "it is next");
    assert_eq!(why(&db, &one)["remedy"], Value::Null);
    db.sql(
        "INSERT INTO jobs (payload, created_at) SELECT '{}', now() - interval '2 hours' FROM generate_series(1, 3200)",
    );
    assert_eq!(of(&last), "it is behind 3,202 others");
    db.sql(
        "INSERT INTO jobs (payload, created_at) SELECT '{}', now() - interval '2 hours' FROM generate_series(1, 8000)",
    );
    assert_eq!(of(&last), "it is behind more than 10,000 others");
    let json = why(&db, &last);
    assert_eq!((&json["why"]["others"], &json["why"]["more"]), (&json!(10_000), &json!(true)));
}
