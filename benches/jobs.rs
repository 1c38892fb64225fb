//! What `bursar jobs` takes with very many jobs, beside psql asking the least of the same: a page, a count, the texts of
//! all failures. And a retry of very many while workers claim, beside one UPDATE of the same rows.
//!
//! A private server. Every candidate is timed as a whole process, in turn, and the median counts.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and asks the environment"
)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bursar::sandbox::{Binaries, Ephemeral, Options};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};
use support::watched;

const ROUNDS: usize = 7;
const WORKERS: u64 = 4;
/// How many jobs are retried at once.
const RETRIED: i64 = 100_000;

/// Takes the oldest job that may be taken, as workers do, and ends it at once.
const WORK: &str = "WITH claimed AS (SELECT id FROM jobs WHERE status = 'queued' ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED),
    ended AS (UPDATE jobs j SET status = 'succeeded', result = '{}', completed_at = clock_timestamp(), started_at = clock_timestamp(), worker_id = 'bench'
               FROM claimed c WHERE j.id = c.id RETURNING j.id)
    INSERT INTO effects SELECT id FROM ended RETURNING job";

async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("a URL");
    options.connect().await.expect("a connection")
}

async fn sql(url: &str, text: &str) {
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut connect(url).await).await.expect(text);
}

async fn value(url: &str, text: &str) -> String {
    let text = format!("SELECT ({text})::text");
    sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&mut connect(url).await).await.expect("a value")
}

/// Seconds, and the most memory that it held, in MiB.
fn timed(program: &Path, arguments: &[&str]) -> (f64, u64) {
    let ran = watched(Command::new(program).args(arguments).stdout(Stdio::null()));
    assert!(ran.status.success(), "{arguments:?}: {}", ran.status);
    (ran.seconds, ran.peak)
}

struct Crowd {
    stop: AtomicBool,
    longest: AtomicU64,
    claims: AtomicU64,
}

async fn work(url: String, crowd: Arc<Crowd>) {
    let mut connection = connect(&url).await;
    while !crowd.stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let claimed = sqlx::query(WORK).fetch_optional(&mut connection).await.expect("a claim");
        let took = u64::try_from(began.elapsed().as_micros()).expect("a short time");
        crowd.longest.fetch_max(took, Ordering::Relaxed);
        match claimed {
            Some(_) => crowd.claims.fetch_add(1, Ordering::Relaxed),
            None => {
                tokio::time::sleep(Duration::from_millis(5)).await;
                0
            }
        };
    }
}

/// Runs it while workers claim; seconds, and the longest that a worker waited, in ms.
async fn among_workers(url: &str, program: &Path, arguments: &[&str]) -> (f64, f64, u64) {
    let crowd = Arc::new(Crowd { stop: AtomicBool::new(false), longest: AtomicU64::new(0), claims: AtomicU64::new(0) });
    let workers: Vec<_> = (0..WORKERS).map(|_| tokio::spawn(work(url.to_owned(), Arc::clone(&crowd)))).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    crowd.longest.store(0, Ordering::Relaxed);
    let (took, _) = tokio::task::block_in_place(|| timed(program, arguments));
    let longest = crowd.longest.load(Ordering::Relaxed);
    let claims = crowd.claims.load(Ordering::Relaxed);
    // What is queued is worked off.
    while value(url, "SELECT count(*) FROM jobs WHERE status = 'queued'").await != "0" {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    crowd.stop.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.expect("a worker ends");
    }
    (took, longest as f64 / 1e3, claims)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let var = |name: &str| std::env::var_os(name);
    let binaries = Binaries::find(&var).expect("server binaries");
    let jobs = std::env::args().find_map(|a| a.parse::<u64>().ok()).unwrap_or(10_000_000);
    let mut options = Options::from_env(&var);
    options.settings.extend(
        [("shared_buffers", "1GB"), ("maintenance_work_mem", "512MB"), ("max_wal_size", "8GB")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let server = Ephemeral::start(&binaries, &options).expect("a private server");
    let url = server.url("queue");
    sql(&server.url("postgres"), "CREATE DATABASE queue").await;
    let (bursar, psql) = (Path::new(env!("CARGO_BIN_EXE_bursar")), binaries.dir.join("psql"));
    timed(bursar, &["migrate", "up", "--app", "mimivibe", "--yes", "-q", "-d", &url]);
    sql(&url, &include_str!("jobs.sql").replace("{jobs}", &jobs.to_string())).await;
    sql(&url, "VACUUM ANALYZE jobs").await;
    sql(&url, "VACUUM ANALYZE job_attempts").await;
    let failures = value(&url, "SELECT count(*) FROM jobs WHERE status IN ('failed', 'dlq')").await;
    let job = value(&url, "SELECT id FROM jobs WHERE status = 'queued' ORDER BY created_at OFFSET 5000 LIMIT 1").await;
    println!("{jobs} jobs, {failures} of them failed; medians of {ROUNDS} rounds\n");
    println!("| | seconds | fastest – slowest | psql, the least of it | × psql | peak |\n|---|---|---|---|---|---|");
    let (one, why) = (["jobs", "show", &job], ["jobs", "why", &job]);
    let row = format!("SELECT * FROM jobs WHERE id = '{job}'");
    let page = "SELECT * FROM jobs ORDER BY created_at DESC LIMIT 50";
    let candidates: [(&[&str], &str); 10] = [
        (&["jobs", "list"], page),
        (
            &["jobs", "list", "--status", "dead"],
            "SELECT * FROM jobs WHERE status = 'dlq' ORDER BY created_at DESC LIMIT 50",
        ),
        (
            &["jobs", "list", "--worker", "worker-3", "--status", "failed"],
            "SELECT * FROM jobs WHERE status = 'failed' AND worker_id = 'worker-3' ORDER BY created_at DESC LIMIT 50",
        ),
        (&["jobs", "count"], "SELECT count(*) FROM jobs WHERE status = 'queued'"),
        (
            &["jobs", "count", "--status", "dead", "--since", "24h"],
            "SELECT count(*) FROM jobs WHERE status = 'dlq' AND created_at >= now() - interval '24 h'",
        ),
        (&["jobs", "count", "--exact"], "SELECT status, count(*) FROM jobs GROUP BY 1"),
        (&one, &row),
        (&why, &row),
        (&["jobs", "stuck"], "SELECT * FROM jobs WHERE status = 'processing'"),
        (
            &["jobs", "triage"],
            "SELECT id, job_type, last_error, last_error_at FROM jobs WHERE status IN ('failed', 'dlq')",
        ),
    ];
    for (arguments, least) in candidates {
        let (mut ours, mut theirs, mut peak) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROUNDS {
            let (took, held) = timed(bursar, &[arguments, &["--app", "mimivibe", "-q", "-d", &url]].concat());
            ours.push(took);
            peak = peak.max(held);
            theirs.push(timed(&psql, &["-X", "-A", "-t", "-q", "-c", &format!("COPY ({least}) TO STDOUT"), &url]).0);
        }
        ours.sort_by(f64::total_cmp);
        theirs.sort_by(f64::total_cmp);
        let (ours_median, theirs_median) = (ours[ROUNDS / 2], theirs[ROUNDS / 2]);
        let name = arguments.join(" ").replace(&job, "ID");
        println!(
            "| {name} | {ours_median:.3} | {:.3} – {:.3} | {theirs_median:.3} | {:.1} | {peak} MiB |",
            ours[0],
            ours[ROUNDS - 1],
            ours_median / theirs_median
        );
    }

    sql(&url, "CREATE TABLE effects (job uuid PRIMARY KEY); UPDATE jobs SET status = 'succeeded', result = '{}', completed_at = now() WHERE status = 'queued'").await;
    // Of fewer jobs, fewer are dead, and the UPDATE gets as many.
    let dead: i64 = value(&url, "SELECT count(*) FROM jobs WHERE status = 'dlq'").await.parse().expect("a number");
    let retried = RETRIED.min(dead / 2);
    let many = retried.to_string();
    let retry = ["jobs", "retry", "--status", "dead", "--max", &many, "--app", "mimivibe", "--yes", "-q", "-d", &url];
    let (took, longest, claims) = among_workers(&url, bursar, &retry).await;
    let effects = value(&url, "SELECT count(*) FROM effects").await;
    let doubled =
        value(&url, "SELECT count(*) FROM effects e JOIN jobs j ON j.id = e.job WHERE j.status <> 'succeeded'").await;
    assert_eq!((effects.as_str(), doubled.as_str()), (many.as_str(), "0"), "each job that was retried is done once");
    println!(
        "\nretry of {retried} with {WORKERS} workers at work ({claims} claims meanwhile): {took:.1} s, {:.1} ms a batch of 500; no worker waited longer than {longest:.1} ms; {effects} effects, none twice",
        took * 1e3 / (retried as f64 / 500.0)
    );
    let update = format!(
        "UPDATE jobs SET status = 'queued', completed_at = NULL, worker_id = NULL, max_attempts = greatest(max_attempts, attempts + 1) WHERE id IN (SELECT id FROM jobs WHERE status = 'dlq' ORDER BY created_at LIMIT {retried})"
    );
    let (took, longest, claims) = among_workers(&url, &psql, &["-X", "-q", "-c", &update, &url]).await;
    println!(
        "one UPDATE of as many ({claims} claims meanwhile): {took:.1} s; no worker waited longer than {longest:.1} ms"
    );
}
