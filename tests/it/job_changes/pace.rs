//! A few first, not too fast, not too many; and stopped half way.

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::queue;
use crate::support::{Db, Starts as _, bursar, spawn, until};

fn statuses(db: &Db) -> String {
    db.value(
        "SELECT string_agg(format('%s %s', n, status), ', ' ORDER BY status) FROM (SELECT status, count(*) AS n FROM jobs GROUP BY 1) s",
    )
}

/// A worker that ends every queued job after a moment, the first `fails` of them badly.
fn worker(db: &Db, fails: i64) -> tokio::task::JoinHandle<()> {
    let url = db.url();
    spawn(async move {
        let mut connection = crate::support::connect(&url).await;
        let mut ended = 0;
        loop {
            let status = if ended < fails { "failed" } else { "succeeded" };
            let done = sqlx::query(
                "UPDATE jobs SET status = $1::text::job_status, result = CASE $1 WHEN 'succeeded' THEN '{}'::jsonb END,
                        completed_at = CASE $1 WHEN 'succeeded' THEN now() END
                  WHERE id = (SELECT id FROM jobs WHERE status = 'queued' ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)",
            )
            .bind(status)
            .execute(&mut connection)
            .await;
            // The database is dropped at the end of the test.
            let Ok(done) = done else { return };
            ended += i64::try_from(done.rows_affected()).unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
}

#[test]
fn the_rest_follows_when_the_first_have_ended_well() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e') FROM generate_series(1, 40) n");
    let working = worker(&db, 2);
    db.bursar(&["jobs", "retry", "--all", "--canary", "10", "--canary-wait", "30s", "--yes"]).ok().tells("40 retried");
    working.abort();
    // Two of ten are a fifth, and no more than that.
    assert_eq!(db.value("SELECT count(*) FROM bursar.operations WHERE command = 'jobs retry'"), "2");
}

#[test]
fn where_too_many_of_the_first_fail_again_the_rest_stays() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e') FROM generate_series(1, 40) n");
    let working = worker(&db, 3);
    let ran = db.bursar(&["jobs", "retry", "--all", "--canary", "10", "--canary-wait", "30s", "--yes"]).exits(6);
    working.abort();
    assert!(ran.stderr.contains("of the first 10 failed again; 30 not begun"), "{ran:?}");
    assert_eq!(db.value("SELECT count(*) FROM jobs WHERE status = 'dlq'"), "30");
}

#[test]
fn first_ones_that_take_several_batches_are_all_watched() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e', (50 - n) * interval '1 min') FROM generate_series(1, 40) n");
    // The oldest, which are in the first of the two batches, fail.
    let working = worker(&db, 3);
    let canary = ["--canary", "10", "--batch", "5", "--canary-wait", "30s", "--yes"];
    let ran = db.bursar(&[&["jobs", "retry", "--all"][..], &canary].concat()).exits(6);
    working.abort();
    assert!(ran.stderr.contains("3 of the first 10 failed again; 30 not begun"), "{ran:?}");
    assert_eq!(db.value("SELECT count(*) FROM jobs WHERE status = 'dlq'"), "30");
}

#[test]
fn first_ones_that_do_not_end_stop_it_too() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e') FROM generate_series(1, 12) n");
    let ran = db
        .bursar(&["jobs", "retry", "--all", "--canary", "5", "--canary-wait", "700ms", "--yes", "-o", "json"])
        .exits(6);
    assert!(ran.stderr.contains("5 of the first 5 did not end in time"), "{ran:?}");
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&answer["done"], &answer["not_begun"], &answer["complete"]), (&5.into(), &7.into(), &false.into()));
    assert_eq!(statuses(&db), "5 queued, 7 dlq");
}

#[test]
fn no_more_and_no_faster_than_was_said() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e', n * interval '1 min') FROM generate_series(1, 70) n");
    let began = Instant::now();
    db.bursar(&["jobs", "retry", "--all", "--max", "60", "--rate", "20/s", "--yes"]).ok().tells("60 retried");
    // Three batches of a second's worth, with a wait after each but the last.
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(
        db.value("SELECT string_agg(outcome, ', ' ORDER BY id) FROM bursar.operations"),
        "20 of 20 done, 20 of 20 done, 20 of 20 done"
    );
    // The oldest go first.
    assert_eq!(db.value("SELECT bool_and(created_at > (SELECT max(created_at) FROM jobs WHERE status = 'queued')) FROM jobs WHERE status = 'dlq'"), "true");
}

#[test]
fn what_is_interrupted_says_how_far_it_came_and_leaves_the_rest() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let db = queue("SELECT add(n, 'dlq', 5, 'e') FROM generate_series(1, 50) n");
        let mut command = bursar();
        command.args(["jobs", "retry", "--all", "--yes", "--rate", "5/s", "-d", &db.url()]);
        let child = command.starts_quietly();
        until("a job that was retried", || db.value("SELECT count(*) FROM jobs WHERE status = 'queued'") != "0");
        // It has said so by the time that it waits for the next batch.
        std::thread::sleep(Duration::from_millis(300));
        kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
        let said = child.ended().exits(code).stderr;
        let queued = db.value("SELECT count(*) FROM jobs WHERE status = 'queued'");
        assert!(said.contains(&format!("{queued} jobs were retried and stay so")), "{queued}: {said}");
        db.bursar(&["jobs", "retry", "--all", "--yes"]).ok();
        assert_eq!(statuses(&db), "50 queued");
    }
}

#[test]
fn what_is_killed_leaves_whole_batches() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e') FROM generate_series(1, 3000) n");
    let mut command = bursar();
    command.args(["jobs", "delete", "--all", "--yes", "--batch", "100", "-d", &db.url()]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).starts();
    until("a job that was deleted", || db.value("SELECT count(*) FROM jobs") != "3000");
    child.kill().unwrap();
    child.wait().unwrap();
    let left = || db.value("SELECT count(*) FROM jobs").parse::<i64>().unwrap();
    // The server may still be at the last one.
    let there =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'bursar%'";
    until("the end of its session", || db.value(there) == "0");
    assert_eq!(left() % 100, 0);
    let logged = db.value("SELECT coalesce(sum(jsonb_array_length(parameters -> 'jobs')), 0) FROM bursar.operations");
    assert_eq!(logged, (3000 - left()).to_string());
}

#[test]
fn the_rate_holds_after_the_first_ones_were_waited_for() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e') FROM generate_series(1, 35) n");
    let url = db.url();
    let change = std::thread::spawn(move || {
        crate::support::run(bursar().args([
            "jobs",
            "retry",
            "--all",
            "--canary",
            "5",
            "--canary-wait",
            "30s",
            "--rate",
            "10/s",
            "--yes",
            "-d",
            &url,
        ]))
    });
    until("a job that was retried", || db.value("SELECT count(*) FROM jobs WHERE status = 'queued'") != "0");
    // What could have gone meanwhile is not made up for.
    std::thread::sleep(Duration::from_secs(3));
    db.sql("UPDATE jobs SET status = 'succeeded', result = '{}', completed_at = now() WHERE status = 'queued'");
    change.join().unwrap().ok().tells("35 retried");
    let gaps = db.value("SELECT string_agg((gap > 0.8)::text, ' ') FROM (SELECT extract(epoch FROM at - lag(at) OVER (ORDER BY id)) AS gap FROM bursar.operations WHERE command = 'jobs retry') g WHERE gap IS NOT NULL");
    assert_eq!(gaps, "true true true", "four batches, a second apart");
}
