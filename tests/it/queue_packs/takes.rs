//! What a queue takes and what it does not is told alike by `why`, by the verdict and of each type.

use serde_json::{Value, json};

use super::database;
use crate::support::{Db, Template};

const OBAN: &str = include_str!("oban.sql");

/// The verdict, the number of jobs that are due and of those that are held back, and what `why` says of job 1.
fn told(db: &Db) -> (Value, Value, Value, Value) {
    let queues = db.json(&["jobs", "queues", "-o", "json"]);
    let list = db.json(&["jobs", "list", "-o", "json"]);
    let why = db.json(&["jobs", "why", &db.value("SELECT job(1)"), "-o", "json"]);
    assert_eq!(queues["verdict"]["is"], list["verdict"]["is"], "{queues} {list}");
    let (due, held) = (&list["health"]["claimable"], &list["health"]["held_back"]);
    // Of what only waits for its time, there is no group.
    if let Some(group) = queues["queues"].get(0) {
        assert_eq!((&group["waiting"], &group["held_back"]), (due, held), "{queues} {list}");
    }
    (list["verdict"]["is"].clone(), due.clone(), held.clone(), why["why"]["is"].clone())
}

/// Oban's fetch passes over a job that is out of attempts, and nobody gives it up.
#[test]
fn oban_holds_back_what_is_out_of_attempts() {
    let db = database(Template::Empty, OBAN);
    let held = (json!("held_back"), json!(0), json!(1), json!("out_of_attempts"));
    db.sql("SELECT add(1, 'queued', 'mail', '3 h'); UPDATE oban_jobs SET attempt = max_attempts");
    assert_eq!(told(&db), held);
    db.bursar(&["jobs"]).ok().tells("! held back · 1 held back, the oldest for 3 h");
    let watch = db.bursar(&["jobs", "watch", "-o", "ndjson", "--count", "1"]).ok().stdout;
    assert!(watch.contains(r#""verdict":{"is":"held_back"}"#), "{watch}");
    // The stager has not made it available, and then it is out of attempts all the same.
    db.sql("UPDATE oban_jobs SET state = 'scheduled'");
    assert_eq!(told(&db), held);
    // Nor does its time to come change anything.
    for state in ["scheduled", "retryable"] {
        db.sql(&format!(
            "UPDATE oban_jobs SET state = '{state}', scheduled_at = now() AT TIME ZONE 'UTC' + interval '1 h'"
        ));
        assert_eq!(told(&db), held, "{state}");
        let list = db.json(&["jobs", "-o", "json"]);
        assert_eq!(list["health"]["oldest_held_back_secs"].as_i64().map(|secs| secs / 3_600), Some(3), "{list}");
        db.sql("UPDATE oban_jobs SET attempt = max_attempts - 1");
        assert_eq!(told(&db), (json!("idle"), json!(0), json!(0), json!("not_yet")), "{state}");
        db.sql("UPDATE oban_jobs SET attempt = max_attempts");
    }
    // The same is so of one that is suspended.
    db.sql("UPDATE oban_jobs SET state = 'suspended'");
    assert_eq!(told(&db), held);
}

/// River and pg-boss look at the attempts where one fails: what is to be tried again is, whatever its number.
#[test]
fn what_is_taken_whatever_its_attempts_waits_for_its_time() {
    let river = database(Template::Empty, include_str!("river.sql"));
    river.sql("SELECT add(1, 'failed', 'mail', '3 h'); UPDATE river_job SET attempt = max_attempts, scheduled_at = now() + interval '1 h'");
    let waits = (json!("idle"), json!(0), json!(0), json!("not_yet"));
    assert_eq!(told(&river), waits);
    let boss = database(Template::Empty, include_str!("pg-boss.sql"));
    boss.sql(
        "INSERT INTO pgboss.job (name, state, retry_count, retry_limit, created_on, started_on, start_after)
         VALUES ('mail', 'retry', 2, 2, now() - interval '4 h', now() - interval '3 h', now() + interval '1 h');
         CREATE OR REPLACE FUNCTION job(n integer) RETURNS text LANGUAGE sql AS 'SELECT id::text FROM pgboss.job'",
    );
    assert_eq!(told(&boss), waits);
}

/// pg-boss looks at the attempts of a job where one fails, and not where it fetches one.
#[test]
fn pg_boss_takes_what_is_out_of_attempts() {
    let db = database(Template::Empty, include_str!("pg-boss.sql"));
    db.sql(
        "INSERT INTO pgboss.job (name, state, retry_count, retry_limit, created_on, started_on, start_after)
         VALUES ('mail', 'retry', 2, 2, now() - interval '4 h', now() - interval '3 h', now() - interval '3 h');
         CREATE FUNCTION job(n integer) RETURNS text LANGUAGE sql AS 'SELECT id::text FROM pgboss.job'",
    );
    let (verdict, due, held, why) = told(&db);
    assert_eq!((verdict, due, held, why), (json!("stalled"), json!(1), json!(0), json!("behind")));
}

/// Oban takes a job that is available whatever its time, which only orders those.
#[test]
fn oban_takes_what_is_available_before_its_time() {
    let db = database(Template::Empty, OBAN);
    db.sql("SELECT add(1, 'queued'); UPDATE oban_jobs SET scheduled_at = now() AT TIME ZONE 'UTC' + interval '1 h'");
    assert_eq!(told(&db), (json!("waiting"), json!(1), json!(0), json!("behind")));
    db.sql("UPDATE oban_jobs SET state = 'scheduled'");
    assert_eq!(db.json(&["jobs", "why", &db.value("SELECT job(1)"), "-o", "json"])["why"]["is"], "not_yet");
}

/// What a dispatcher has made ready is taken whatever its time.
#[test]
fn solid_queue_takes_what_is_ready_before_its_time() {
    let db = database(Template::Empty, include_str!("solid-queue.sql"));
    db.sql("SELECT add(1, 'queued', 'mail', '3 h'); UPDATE solid_queue_jobs SET scheduled_at = now() AT TIME ZONE 'UTC' + interval '1 h'");
    assert_eq!(told(&db), (json!("stalled"), json!(1), json!(0), json!("behind")));
}

/// A job that is tried again at no time is taken at once.
#[test]
fn procrastinate_takes_a_retry_without_a_time() {
    let db = database(Template::Empty, include_str!("procrastinate.sql"));
    db.sql("SELECT add(1, 'failed', 'mail', '3 h'); UPDATE procrastinate_jobs SET scheduled_at = NULL");
    let due = |db: &Db| {
        let (_, due, held, why) = told(db);
        assert_eq!((due, held, why), (json!(1), json!(0), json!("behind")));
    };
    due(&db);
    // Nor do events say when, where they are gone or only tell of a cancel.
    db.sql("UPDATE procrastinate_events SET type = 'cancelled'");
    due(&db);
    db.sql("DELETE FROM procrastinate_events");
    due(&db);
    assert_eq!(db.json(&["jobs", "-o", "json"])["verdict"]["is"], "waiting");
    db.bursar(&["jobs", "show", "1"]).ok();
    db.sql("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 h'");
    assert_eq!(told(&db).3, "not_yet");
}

/// When a job of Solid Queue is due its execution says, also where the job itself says nothing.
#[test]
fn solid_queue_takes_a_scheduled_job_at_the_time_of_its_execution() {
    let db = database(Template::Empty, include_str!("solid-queue.sql"));
    db.sql("SELECT add(1, 'scheduled', 'mail', '3 h'); UPDATE solid_queue_jobs SET scheduled_at = NULL");
    assert_eq!(told(&db), (json!("idle"), json!(0), json!(0), json!("not_yet")));
}

/// How many wait in paused queues is told of each, also behind many others.
#[test]
fn a_paused_queue_behind_many_paused_jobs_is_counted() {
    let db = database(Template::Empty, include_str!("river.sql"));
    db.sql(
        "INSERT INTO river_queue (name, paused_at, updated_at) VALUES ('bulk', now(), now()), ('slow', now(), now());
         SELECT add(n, 'queued', 'mail', '3 h') FROM generate_series(1, 10050) n;
         UPDATE river_job SET queue = CASE WHEN id > 10020 THEN 'slow' ELSE 'bulk' END; ANALYZE river_job",
    );
    let queues = db.json(&["jobs", "queues", "-o", "json"]);
    let of = |name: &str| {
        queues["queues"].as_array().unwrap().iter().find(|g| g["queue"] == name).unwrap()["waiting"].clone()
    };
    assert_eq!((of("bulk"), of("slow")), (json!(10_020), json!(30)), "{queues}");
    assert_eq!(queues["verdict"]["is"], "paused");
}
