//! What an operator cancelled stays cancelled, until somebody says that it is to run all the same.

use super::{id, outcomes, queue};
use crate::support::{Db, Template, file, sample};

fn status(db: &Db, n: usize) -> String {
    db.value(&format!("SELECT status FROM jobs WHERE id = job({n})"))
}

fn cancel(db: &Db, n: usize) {
    db.bursar(&["jobs", "cancel", &id(n), "--reason", "asked twice", "--yes"]).ok();
    assert_eq!(status(db, n), "dlq");
}

#[test]
fn a_retry_of_all_leaves_out_what_was_cancelled_and_counts_it() {
    let all = [
        &["--all"][..],
        &["--status", "dead"],
        &["--status", "dlq,failed"],
        &["--error", "~^cancelled|e"],
        &["--since", "2020-01-01"],
    ];
    for which in sample(all, 2) {
        let db = queue(
            "SELECT add(1, 'queued', age => '9 hours'); SELECT add(2, 'dlq', 5, 'e'); SELECT add(3, 'failed', 2, 'e')",
        );
        cancel(&db, 1);
        let retry = |more: &[&str]| db.bursar(&[&["jobs", "retry", "-o", "json"], which, more].concat());
        let would = retry(&["--dry-run"]).ok().says("left out: 1 cancelled job; --cancelled");
        assert!(!outcomes(&would).iter().any(|(job, _)| *job == id(1)), "{would:?}");
        let ran = retry(&["--yes", "--max", "1"]).ok();
        assert!(ran.stdout.contains("\"cancelled_left_out\": 1"), "{ran:?}");
        retry(&["--yes"]).ok().says("left out: 1 cancelled job");
        assert_eq!(status(&db, 1), "dlq", "{which:?}");
        assert_eq!(status(&db, 2), "queued", "{which:?}");
        retry(&["--yes"]).ok();
        assert_eq!(status(&db, 1), "dlq", "{which:?}");
        // A filter by which there is no other one.
        let none =
            db.bursar(&["jobs", "retry", "--error", "~^cancelled", "--yes"]).ok().says("left out: 1 cancelled job");
        assert!(!none.stdout.contains("1 retried"), "{none:?}");
        retry(&["--cancelled", "--yes"]).ok();
        assert_eq!(status(&db, 1), "queued", "{which:?}");
    }
}

#[test]
fn a_group_of_cancelled_jobs_is_offered_no_retry() {
    let db = queue("SELECT add(1, 'queued', age => '9 hours'); SELECT add(2, 'queued')");
    (1..=2).for_each(|n| cancel(&db, n));
    let groups = db.json(&["jobs", "triage", "-o", "json"]);
    let handle = groups["groups"][0]["fingerprint"].as_str().expect("a group").to_owned();
    let ran = db.bursar(&["jobs", "triage"]).ok().says("next: bursar jobs list");
    assert!(!ran.stderr.contains("jobs retry"), "{ran:?}");
    let ran = db.bursar(&["jobs", "retry", &handle, "--yes"]).says("left out: 2 cancelled jobs; --cancelled");
    assert!(!ran.stderr.contains("no job that matches"), "{ran:?}");
}

#[test]
fn a_cancelled_job_that_is_named_is_skipped_unless_that_is_said() {
    let db = queue("SELECT add(1, 'queued'); SELECT add(2, 'dlq', 5, 'e'); SELECT add(3, 'queued')");
    cancel(&db, 1);
    let (one, two) = (id(1), id(2));
    let ran = db.bursar(&["jobs", "retry", &one, &two, "--yes", "-o", "json"]).exits(6);
    assert!(ran.stdout.contains("cancelled it: asked twice; --cancelled retries it too"), "{ran:?}");
    assert_eq!((status(&db, 1), status(&db, 2)), ("dlq".to_owned(), "queued".to_owned()));
    let handle = db.json(&["jobs", "triage", "-o", "json"]);
    let handles: Vec<String> =
        handle["groups"].as_array().unwrap().iter().map(|g| g["fingerprint"].as_str().unwrap().to_owned()).collect();
    for handle in &handles {
        db.bursar(&["jobs", "retry", handle, "--yes"]);
    }
    assert_eq!(status(&db, 1), "dlq", "{handles:?}");
    let why = db.json(&["jobs", "why", &one, "-o", "json"]);
    assert!(why["sentence"].as_str().unwrap().ends_with("UTC, cancelled it: asked twice"), "{why}");
    // Whatever the application has written over the error, the remedy is one that works.
    db.sql("UPDATE jobs SET last_error = 'e' WHERE id = job(1)");
    let why = db.json(&["jobs", "why", &one, "-o", "json"]);
    assert_eq!(why["remedy"], format!("bursar jobs retry --cancelled {one}"), "{why}");
    db.sql("UPDATE jobs SET last_error = 'cancelled: asked twice' WHERE id = job(1)");
    db.bursar(&["jobs", "retry", &one, "--cancelled", "--yes"]).ok();
    assert_eq!(status(&db, 1), "queued");
    // It runs again, and says nothing of its cancelling any more.
    assert_eq!(db.value("SELECT concat(last_error, last_error_at) FROM jobs WHERE id = job(1)"), "");
    assert_eq!(db.value("SELECT parameters ->> 'cancelled' FROM bursar.operations ORDER BY id DESC LIMIT 1"), "true");
    // It runs and dies by itself: that is another matter.
    db.sql("UPDATE jobs SET status = 'dlq', completed_at = now(), last_error = 'e' WHERE id = job(1)");
    db.bursar(&["jobs", "retry", &one, "--yes"]).ok();
    assert_eq!(status(&db, 1), "queued");
    // Bulk changes of another kind take it as any other.
    cancel(&db, 3);
    db.bursar(&["jobs", "delete", "--status", "dead", "--yes"]).ok();
    assert_eq!(db.value("SELECT count(*) FROM bursar.cancelled_jobs"), "0");
    db.bursar(&["operations", "verify"]).ok();
}

#[test]
fn the_database_itself_refuses_however_the_job_is_written() {
    let db = queue("SELECT add(1, 'queued')");
    cancel(&db, 1);
    let operator = format!("{}_operator", db.name);
    db.sql(&format!("CREATE ROLE {operator} LOGIN PASSWORD 'x' IN ROLE bursar_operator"));
    let change = |action: &str, job: &str| {
        let version = db.value("SELECT xmin FROM jobs WHERE id = job(1)");
        db.sql(&format!(
            "SET SESSION AUTHORIZATION {operator};
             SELECT bursar.change_jobs('{action}', ARRAY['{job}'], ARRAY['{version}'], 'x', '{{}}', 'jobs retry', '{{}}', gen_random_uuid())"
        ));
        status(&db, 1)
    };
    let job = id(1);
    for written in [job.clone(), job.to_uppercase(), format!("{{{job}}}"), job.replace('-', "")] {
        assert_eq!(change("retry", &written), "dlq", "{written}");
    }
    assert_eq!(
        db.sqlstate(&format!("SET SESSION AUTHORIZATION {operator}; DELETE FROM bursar.cancelled_jobs")),
        "42501"
    );
    assert_eq!(change("retry_cancelled", &job), "queued");
    db.sql(&format!("DROP ROLE {operator}"));
}

#[test]
fn what_was_cancelled_before_is_known_by_the_operator_log() {
    let db = queue("SELECT add(n, 'queued') FROM generate_series(1, 4) n");
    (1..=3).for_each(|n| cancel(&db, n));
    db.bursar(&["jobs", "retry", &id(2), "--cancelled", "--yes"]).ok();
    db.bursar(&["jobs", "delete", &id(3), "--yes"]).ok();
    // As a database was before bursar kept them.
    db.sql("DROP TABLE bursar.cancelled_jobs;
            INSERT INTO bursar.operations (command, parameters) VALUES ('jobs cancel', '{\"jobs\": 5}'), ('jobs cancel', '{\"jobs\": [null, {}]}'), ('jobs cancel', NULL)");
    db.sql(&std::fs::read_to_string(file("migrations/bursar/20261129000400_cancelled_jobs.sql")).unwrap());
    assert_eq!(db.value("SELECT string_agg(job, ' ') FROM bursar.cancelled_jobs WHERE job LIKE 'd0000000%'"), id(1));
    db.bursar(&["jobs", "retry", "--all", "--yes"]).ok().says("left out: 1 cancelled job");
}

#[test]
fn another_application_keeps_it_so_too() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let task = db.value("SELECT min(id::text) FROM ai_tasks WHERE status = 'failed'");
    db.sql(&format!("UPDATE ai_tasks SET status = 'pending', error_message = NULL WHERE id = '{task}'"));
    let status = || db.value(&format!("SELECT status FROM ai_tasks WHERE id = '{task}'"));
    db.bursar(&["jobs", "cancel", &task, "--reason", "asked twice", "--yes"]).ok();
    db.bursar(&["jobs", "retry", "--all", "--yes"]).ok().says("left out: 1 cancelled job");
    assert_eq!(status(), "failed");
    db.bursar(&["jobs", "retry", &task, "--yes"]).exits(6);
    db.bursar(&["jobs", "retry", &task, "--cancelled", "--yes"]).ok();
    assert_eq!(status(), "pending");
    assert_eq!(db.value(&format!("SELECT error_message IS NULL FROM ai_tasks WHERE id = '{task}'")), "true");
    // What the application itself gave up in these words is forbidden as well.
    db.sql(&format!(
        "UPDATE ai_tasks SET status = 'failed', error_message = 'cancelled: by its user' WHERE id = '{task}'"
    ));
    db.bursar(&["jobs", "retry", "--all", "--yes"]).ok().says("left out: 1 cancelled job");
    let ran = db.bursar(&["jobs", "retry", &task, "--yes"]).exits(6);
    assert!(ran.stdout.contains("it was cancelled: by its user; --cancelled retries it too"), "{ran:?}");
}
