//! Workers at work while jobs are retried, cancelled and put back under their hands: every job is accounted for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sqlx::{Connection as _, PgConnection, Row as _};

use super::queue;
use crate::support::{Db, bursar, connect, run, soak, spawn, wait};

/// Takes the oldest job that may be taken, as the application's workers do.
const CLAIM: &str = "
    WITH claimed AS (
        UPDATE jobs SET status = 'processing', worker_id = $1, attempts = attempts + 1, started_at = clock_timestamp(), visibility_timeout_secs = 1
         WHERE id = coalesce(
                   (SELECT id FROM jobs WHERE status = 'queued' AND attempts < max_attempts
                     ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED),
                   (SELECT id FROM jobs WHERE status = 'failed' AND next_retry_at <= now() AND attempts < max_attempts
                     ORDER BY next_retry_at LIMIT 1 FOR UPDATE SKIP LOCKED))
        RETURNING id, attempts
    )
    INSERT INTO job_attempts (job_id, attempt_number, worker_id, started_at)
    SELECT id, attempts, $1, clock_timestamp() FROM claimed RETURNING job_id, attempt_number";

/// Ends it, where it still is this worker's; the effect is what the application's customers would see.
const END: &str = "
    WITH ended AS (
        UPDATE jobs SET status = $4::text::job_status, completed_at = CASE WHEN $4 IN ('succeeded', 'dlq') THEN clock_timestamp() END,
               result = CASE $4 WHEN 'succeeded' THEN '{}'::jsonb END, last_error = CASE $4 WHEN 'succeeded' THEN last_error ELSE 'no luck' END,
               last_error_at = CASE $4 WHEN 'succeeded' THEN last_error_at ELSE clock_timestamp() END,
               next_retry_at = CASE $4 WHEN 'failed' THEN clock_timestamp() + interval '50 ms' END
         WHERE id = $1 AND attempts = $2 AND worker_id = $3 AND status = 'processing'
        RETURNING id
    ), effect AS (
        INSERT INTO effects SELECT id FROM ended WHERE $4 = 'succeeded'
    )
    UPDATE job_attempts SET finished_at = clock_timestamp(), success = $4 = 'succeeded' AND EXISTS (SELECT FROM ended)
     WHERE job_id = $1 AND attempt_number = $2";

struct Crowd {
    stop: AtomicBool,
    /// From here on, everything succeeds.
    lucky: AtomicBool,
    /// The longest that a worker waited for a claim, in microseconds.
    longest: AtomicU64,
}

async fn work(url: String, n: u64, crowd: Arc<Crowd>) {
    let mut connection: PgConnection = connect(&url).await;
    let mut rng = ChaCha8Rng::seed_from_u64(n);
    let name = format!("worker-{n}");
    while !crowd.stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let claimed = sqlx::query(CLAIM).bind(&name).fetch_optional(&mut connection).await.expect("a claim");
        crowd.longest.fetch_max(u64::try_from(began.elapsed().as_micros()).unwrap(), Ordering::Relaxed);
        let Some(claimed) = claimed else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let (job, attempt): (uuid::Uuid, i32) = (claimed.get(0), claimed.get(1));
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..8))).await;
        let lucky = crowd.lucky.load(Ordering::Relaxed);
        let outcome = match rng.random_range(0..100) {
            _ if lucky => "succeeded",
            0..60 => "succeeded",
            60..85 => "failed",
            85..92 => "dlq",
            // It dies, as far as the queue can tell.
            _ => continue,
        };
        let ended = sqlx::query(END).bind(job).bind(attempt).bind(&name).bind(outcome);
        ended.execute(&mut connection).await.expect("an end");
    }
    connection.close().await.expect("a close");
}

/// Does this again and again for so many seconds, and on until it has changed something.
fn changes(db: &Db, arguments: &'static [&'static str], seconds: u64) -> std::thread::JoinHandle<u64> {
    let url = db.url();
    std::thread::spawn(move || {
        let mut done = 0;
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(seconds) || done == 0 {
            assert!(began.elapsed() < Duration::from_secs(seconds + 60), "{arguments:?} changes nothing");
            let ran = run(bursar().args(arguments).args(["--yes", "-o", "json", "-q", "-d", &url]));
            // What somebody else was faster with is a conflict.
            assert!(matches!(ran.code, 0 | 6), "{arguments:?}: {ran:?}");
            let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            done += answer["done"].as_u64().unwrap();
        }
        done
    })
}

#[test]
fn every_job_is_accounted_for_while_workers_and_operators_are_at_it() {
    let (jobs, seconds) = if soak() { (20_000, 60) } else { (4_000, 3) };
    let db = queue(&format!(
        "CREATE TABLE effects (job uuid PRIMARY KEY); SELECT add(n, 'queued', 0, NULL, n * interval '1 second') FROM generate_series(1, {jobs}) n"
    ));
    let crowd =
        Arc::new(Crowd { stop: AtomicBool::new(false), lucky: AtomicBool::new(false), longest: AtomicU64::new(0) });
    let workers: Vec<_> = (0..20).map(|n| spawn(work(db.url(), n, Arc::clone(&crowd)))).collect();
    let operators = [
        changes(&db, &["jobs", "retry", "--status", "failed,dead", "--error", "~luck", "--batch", "50"], seconds),
        changes(&db, &["jobs", "retry", "--all", "--batch", "200"], seconds),
        changes(
            &db,
            &[
                "jobs",
                "cancel",
                "--status",
                "queued,failed",
                "--payload",
                "user_id=u1",
                "--attempts",
                ">=1",
                "--max",
                "5",
                "--reason",
                "not wanted",
            ],
            seconds,
        ),
        changes(&db, &["jobs", "stuck", "--release", "--force"], seconds),
        changes(&db, &["jobs", "stuck", "--release", "--force", "--worker", "worker-3"], seconds),
    ];
    let done: Vec<u64> = operators.into_iter().map(|o| o.join().unwrap()).collect();
    crowd.lucky.store(true, Ordering::Relaxed);
    // What is left is worked off.
    let patience = Instant::now() + Duration::from_secs(300);
    loop {
        let open = db.value(
            "SELECT count(*) FROM jobs WHERE status <> 'succeeded' AND coalesce(last_error, '') NOT LIKE 'cancelled%'",
        );
        if open == "0" {
            break;
        }
        assert!(Instant::now() < patience, "{open} are open");
        std::thread::sleep(Duration::from_millis(500));
        for command in [
            &["jobs", "stuck", "--release", "--force"][..],
            &["jobs", "retry", "--all", "--error", "~luck|out of attempts"],
        ] {
            let ran = db.bursar(&[command, &["--yes", "-q"]].concat());
            assert!(matches!(ran.code, 0 | 6), "{ran:?}");
        }
        // One that was cancelled and then queued again by hand has no luck in its name, but is not cancelled either.
        db.sql("UPDATE jobs SET last_error = NULL WHERE status = 'queued' AND last_error LIKE 'cancelled%'");
    }
    crowd.stop.store(true, Ordering::Relaxed);
    wait(async {
        for worker in workers {
            worker.await.unwrap();
        }
    });
    assert_eq!(db.value("SELECT count(*) FROM jobs"), jobs.to_string());
    // Each that succeeded did so once, and nothing else had an effect.
    assert_eq!(
        db.value("SELECT count(*) FROM jobs j FULL JOIN effects e ON e.job = j.id WHERE (j.status = 'succeeded') IS DISTINCT FROM (e.job IS NOT NULL)"),
        "0"
    );
    let logged = db.value("SELECT sum(jsonb_array_length(parameters -> 'jobs')) FROM bursar.operations");
    assert!(logged.parse::<u64>().unwrap() >= done.iter().sum(), "{logged} of {done:?}");
    db.bursar(&["audit", "--skip", "jobs.readings,references"]).ok();
    db.bursar(&["operations", "verify"]).ok();
}
