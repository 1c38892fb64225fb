//! `bursar jobs streams`: each difference between Redis and PostgreSQL is put in, found and mended, and nothing is doubled.

mod trouble;

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::support::streams::Server;
use crate::support::terminal::Terminal;
use crate::support::{Db, Ran, Starts as _, Template, bursar, run, until};

/// A queue of these jobs, each with a number, a status, its attempts and a worker.
fn queue(jobs: &[(u32, &str, u32, &str)]) -> Db {
    let db = Db::new(Template::Migrated("mimivibe"));
    for (number, status, attempts, worker) in jobs {
        let started = if worker.is_empty() { "NULL" } else { "now() - interval '10 seconds'" };
        db.sql(&format!(
            "INSERT INTO jobs (id, job_type, payload, status, attempts, worker_id, created_at, started_at, visibility_timeout_secs)
             VALUES ('{}', 'mail', '{{}}', '{status}', {attempts}, nullif('{worker}', ''), now() - interval '1 hour', {started}, 600)",
            id(*number)
        ));
    }
    db
}

fn id(number: u32) -> String {
    format!("d0000000-0000-4000-8000-{number:012}")
}

fn command(db: &Db, redis: &str, arguments: &[&str]) -> Command {
    let mut command = bursar();
    command.args(["jobs", "streams"]).args(arguments).env("DATABASE_URL", db.url()).env("REDIS_URL", redis);
    command
}

fn streams(db: &Db, redis: &Server, arguments: &[&str]) -> Ran {
    run(&mut command(db, &redis.url(), arguments))
}

/// The findings: each kind with the last digits of the jobs, or with what stands in their place.
fn findings(answer: &Value) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in answer["findings"].as_array().unwrap_or_else(|| panic!("{answer}")) {
        let job = finding["job"].as_str().map_or("-", |job| job[30..].trim_start_matches('0'));
        let kind = finding["kind"].as_str().unwrap().to_owned();
        all.entry(kind).or_default().push(job.to_owned());
    }
    all.values_mut().for_each(|jobs| jobs.sort());
    all
}

/// Adds an entry for a job; its id is returned.
fn add(redis: &Server, number: u32) -> String {
    redis.tell(&format!("XADD jobs * job_id {} job_type mail", id(number)))
}

/// Lets a consumer ask for entries.
fn deliver(redis: &Server, consumer: &str, entries: u32) {
    let _: redis::Value = redis.tell(&format!("XREADGROUP GROUP workers {consumer} COUNT {entries} STREAMS jobs >"));
}

/// The jobs of all entries that the stream holds, by their number.
fn entries(redis: &Server) -> BTreeMap<String, usize> {
    let all: Vec<(String, Vec<String>)> = redis.tell("XRANGE jobs - +");
    let mut jobs = BTreeMap::new();
    for (_, fields) in all {
        assert_eq!([&fields[0], &fields[2], &fields[3]], ["job_id", "job_type", "mail"]);
        *jobs.entry(fields[1].clone()).or_default() += 1;
    }
    jobs
}

/// Ends what goes on beside a test, also when the test panics.
#[derive(Default)]
struct Over(AtomicBool);

impl Over {
    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn ends(&self) -> Ends<'_> {
        Ends(&self.0)
    }
}

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

const SOON: [&str; 4] = ["--grace", "1ms", "--idle", "1s"];

#[test]
fn every_difference_is_found_and_mended_and_what_is_in_order_is_left_alone() {
    let db = queue(&[
        (1, "queued", 0, ""),
        (3, "succeeded", 1, "w"),
        (4, "queued", 1, ""),
        (5, "queued", 0, ""),
        (6, "queued", 1, ""),
        (7, "processing", 1, "gone"),
        (8, "queued", 0, ""),
        (9, "succeeded", 1, "w"),
        (10, "queued", 0, ""),
        (11, "succeeded", 1, "w"),
        (12, "dlq", 5, "w"),
    ]);
    db.sql("UPDATE jobs SET attempts = max_attempts WHERE status = 'dlq'; INSERT INTO jobs (payload, status, next_retry_at) VALUES ('{}', 'failed', now() + interval '1 hour')");
    let redis = Server::start();
    redis.tell::<()>("XGROUP CREATE jobs workers 0 MKSTREAM");
    redis.tell::<()>("XGROUP CREATE jobs audit 0");
    // Done and acknowledged: the history of a stream is nobody's fault, whatever became of its jobs.
    let (old, older) = (add(&redis, 11), add(&redis, 99));
    deliver(&redis, "live", 2);
    redis.tell::<()>(&format!("XACK jobs workers {old} {older}"));
    // Pending at a consumer that is gone: a ghost, one that ended, one to be tried again, one that runs within its lease,
    // one that was cut off, and one that was delivered once more than it was tried.
    for number in [2, 3, 4, 7] {
        add(&redis, number);
    }
    let cut = add(&redis, 98);
    let again = add(&redis, 6);
    deliver(&redis, "gone", 6);
    redis.tell::<()>(&format!("XDEL jobs {cut}"));
    redis.tell::<redis::Value>(&format!("XCLAIM jobs workers gone 0 {again}"));
    // Nobody has these yet: one for a job, two for another, a ghost, one that ended, one that names no job.
    for number in [5, 8, 8, 22, 12] {
        add(&redis, number);
    }
    redis.tell::<()>("XADD jobs * id \u{1b}[2Jx");
    std::thread::sleep(Duration::from_millis(1100));
    // A consumer that is there asks again and again.
    let over = Over::default();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.is_set() {
                redis.tell::<redis::Value>("XREADGROUP GROUP workers live STREAMS jobs 9999999999999-0");
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let ends = over.ends();
        let look = || streams(&db, &redis, &[&SOON[..], &["-o", "json"]].concat());
        let found = look().exits(3).json();
        let expected = [
            ("abandoned", vec!["4", "6"]),
            ("ended", vec!["12", "3"]),
            ("ghost", vec!["2", "22"]),
            ("lost", vec!["1", "10"]),
            ("malformed", vec!["-"]),
            ("redelivered", vec!["6"]),
            ("trimmed", vec!["-"]),
            ("twice", vec!["8"]),
        ];
        let expected = expected.map(|(kind, jobs)| (kind.to_owned(), jobs.into_iter().map(str::to_owned).collect()));
        assert_eq!(findings(&found), BTreeMap::from(expected), "{found:#}");
        let state = &found["streams"][0];
        assert_eq!(
            (&state["pending"], &state["undelivered"], &state["length"]),
            (&6.into(), &6.into(), &13.into()),
            "{state}"
        );
        assert_eq!(state["groups"].as_array().unwrap().len(), 2);
        // For people, on a terminal of any width, and nothing drives it.
        let table = streams(&db, &redis, &SOON).exits(3).tells("✗ 2 lost, 2 ghost, 2 ended, 2 abandoned");
        assert!(!table.stdout.contains('\u{1b}'), "{table:?}");
        table.says("next: bursar jobs streams --requeue --ack --claim live --dry-run");
        // With the usual patience, nothing of this is old enough.
        let patient = streams(&db, &redis, &["-o", "json"]).exits(3).json();
        assert_eq!(findings(&patient).into_keys().collect::<Vec<_>>(), ["lost"]);
        // What is only looked at stays.
        let before: Vec<redis::Value> = vec![redis.tell("XRANGE jobs - +"), redis.tell("XPENDING jobs workers")];
        let change = |rest: &[&str]| {
            let flags = [&SOON[..], &["--requeue", "--ack", "--claim", "live", "-o", "json"], rest].concat();
            streams(&db, &redis, &flags)
        };
        let would = change(&["--dry-run"]).ok().json();
        assert_eq!((&would["outcome"], &would["planned"]), (&"would".into(), &10.into()), "{would}");
        change(&[]).exits(4).says("--yes");
        assert_eq!(before, vec![redis.tell::<redis::Value>("XRANGE jobs - +"), redis.tell("XPENDING jobs workers")]);
        let done = change(&["--yes", "--reason", "Redis was restored"]).ok().json();
        assert_eq!((&done["done"], &done["complete"]), (&10.into(), &true.into()), "{done}");
        // What is left is for a person to decide: the entry that names no job, and the one that its consumer got twice.
        let left = look().exits(3).json();
        assert_eq!(findings(&left).into_keys().collect::<Vec<_>>(), ["malformed", "redelivered"], "{left:#}");
        assert_eq!(left["streams"][0]["pending"], 3);
        let owner: Vec<(String, String, i64, i64)> = redis.tell("XPENDING jobs workers - + 10");
        let owners: Vec<(&str, i64)> = owner.iter().map(|(_, who, _, times)| (who.as_str(), *times)).collect();
        // A move is no delivery.
        assert_eq!(owners, [("live", 1), ("gone", 1), ("live", 2)]);
        assert_eq!(change(&["--yes"]).ok().json()["planned"], 0);
        redis.tell::<()>(&format!("XDEL jobs {}", left["findings"][1]["entry"].as_str().unwrap()));
        drop(ends);
    });
    let jobs = entries(&redis);
    assert!([1, 5, 8, 10].iter().all(|number| jobs[&id(*number)] == 1), "{jobs:?}");
    assert!(![22, 12].iter().any(|number| jobs.contains_key(&id(*number))), "{jobs:?}");
    assert_eq!(
        db.value(
            "SELECT string_agg(concat_ws(' ', parameters ->> 'act', outcome, reason), ', ' ORDER BY id) FROM bursar.operations
              WHERE command = 'jobs streams' AND outcome <> 'begun'"
        ),
        "requeue 2 of 2 done Redis was restored, ack 6 of 6 done Redis was restored, claim 2 of 2 done Redis was restored"
    );
    assert_eq!(
        db.value("SELECT count(*) FROM bursar.operations WHERE command = 'jobs streams' AND outcome = 'begun'"),
        "3"
    );
    db.bursar(&["operations", "verify"]).ok();
}

#[test]
fn a_job_gets_one_entry_whoever_else_adds_one_and_whatever_is_lost_on_the_way() {
    let lost: Vec<(u32, &str, u32, &str)> = (1..=260).map(|number| (number, "queued", 0, "")).collect();
    let db = queue(&[]);
    db.sql(&format!(
        "INSERT INTO jobs (id, job_type, payload, status, created_at)
         SELECT ('d0000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'mail', '{{}}', 'queued', now() - interval '1 hour' FROM generate_series(1, {}) n",
        lost.len()
    ));
    let mut redis = Server::start();
    // Without the stream or its group, an entry would reach nobody.
    streams(&db, &redis, &[]).exits(3).tells("there is no stream jobs");
    let no_group = streams(&db, &redis, &["--requeue", "--yes"]).exits(2);
    no_group.says("redis-cli -").says(" XGROUP CREATE jobs workers 0 MKSTREAM   # 0 gives every entry");
    redis.tell::<()>("XGROUP CREATE jobs workers 0 MKSTREAM");

    // Redis is killed while somebody makes up their mind: nothing is added.
    let url = redis.url();
    let variables = [("DATABASE_URL", db.url()), ("REDIS_URL", url.clone())];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut terminal = Terminal::start((160, 40), &["jobs", "streams", "--requeue", "--max", "5"], &variables);
    terminal.until("Add 5 entries in redis+unix://");
    redis.kill();
    terminal.types("y\r");
    let shown = terminal.ends();
    assert_eq!(shown.code, 5, "{}", shown.raw);
    redis.go_on();
    assert!(entries(&redis).is_empty());

    // An answer is lost after Redis has done what it was asked for.
    let proxy = trouble::loses_the_answer_to("XADD", &redis);
    run(&mut command(&db, &proxy.url(), &["--requeue", "--max", "50", "--yes"]))
        .exits(5)
        .says("the same command looks again");
    assert_eq!(entries(&redis).len(), 50);

    // Several operators, and the application, at once.
    let over = Over::default();
    std::thread::scope(|scope| {
        let asked = ["--requeue", "--yes", "-o", "json"];
        let all: Vec<_> = (0..3).map(|_| command(&db, &url, &asked).starts_quietly()).collect();
        scope.spawn(|| {
            for _ in 0..400 {
                if over.is_set() {
                    break;
                }
                redis.tell::<()>(&format!("XADD jobs * job_id {} job_type mail", id(9999)));
                std::thread::sleep(Duration::from_millis(3));
            }
        });
        let ends = over.ends();
        let done: u64 = all.into_iter().map(|child| child.ended().json()["done"].as_u64().unwrap()).sum();
        drop(ends);
        assert_eq!(done, 210);
    });
    let mut all = entries(&redis);
    all.remove(&id(9999));
    assert_eq!(all.len(), lost.len());
    assert!(all.values().all(|n| *n == 1), "{all:?}");

    // It is killed and comes back: what it has acknowledged is still there, and nothing is added once more.
    redis.kill();
    until("the end of Redis", || redis::Client::open(url.clone()).and_then(|c| c.get_connection()).is_err());
    streams(&db, &redis, &[]).exits(5).says("every other command works without Redis");
    redis.go_on();
    assert_eq!(streams(&db, &redis, &["--requeue", "--yes", "-o", "json"]).ok().json()["planned"], 0);
}
