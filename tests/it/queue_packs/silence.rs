//! Why nobody takes what waits, as each queue shows it: others of a higher priority, a worker that is gone, or nothing that tells.

use serde_json::{Value, json};

use super::database;
use crate::support::{Db, Template, sample};

/// A queue: its pack, its tables, and the statement that gives the jobs of `ids` the rank `n`, of which the smaller goes first.
struct Ranked {
    pack: &'static str,
    tables: &'static str,
    rank: &'static str,
}

const RANKED: [Ranked; 6] = [
    Ranked {
        pack: "river",
        tables: include_str!("river.sql"),
        rank: "UPDATE river_job SET priority = {n} WHERE id IN ({ids})",
    },
    Ranked {
        pack: "oban",
        tables: include_str!("oban.sql"),
        rank: "UPDATE oban_jobs SET priority = {n} WHERE id IN ({ids})",
    },
    Ranked {
        pack: "good-job",
        tables: include_str!("good-job.sql"),
        rank: "UPDATE good_jobs SET priority = {n} WHERE id IN (SELECT job(n)::uuid FROM unnest(ARRAY[{ids}]) n)",
    },
    Ranked {
        pack: "solid-queue",
        tables: include_str!("solid-queue.sql"),
        rank: "UPDATE solid_queue_jobs SET priority = {n} WHERE id IN ({ids});
               UPDATE solid_queue_ready_executions SET priority = {n} WHERE job_id IN ({ids})",
    },
    Ranked {
        pack: "procrastinate",
        tables: include_str!("procrastinate.sql"),
        rank: "UPDATE procrastinate_jobs SET priority = -{n} WHERE id IN ({ids})",
    },
    Ranked {
        pack: "pgqueuer",
        tables: include_str!("pgqueuer.sql"),
        rank: "UPDATE pgqueuer SET priority = -{n} WHERE id IN ({ids})",
    },
];

impl Ranked {
    fn rank(&self, db: &Db, n: u32, ids: &str) {
        db.sql(&self.rank.replace("{n}", &n.to_string()).replace("{ids}", ids));
    }
}

fn why(db: &Db, n: u32) -> Value {
    db.json(&["jobs", "why", &db.value(&format!("SELECT job({n})")), "-o", "json"])
}

#[test]
fn what_waits_because_others_of_a_higher_priority_go_first_says_so() {
    const ALL: &str = "2,3,4,5,6,7,8,9";
    for queue in sample(&RANKED, 2) {
        let db = database(Template::Empty, queue.tables);
        let pack = queue.pack;
        // A kind of a low priority waits. One job of another kind runs, and others of it wait.
        db.sql(
            "SELECT add(1, 'held', 'mail', '20 s'); SELECT add(2, 'queued', 'report', '3 d');
             SELECT add(n, 'queued', 'mail', '10 s') FROM generate_series(3, 9) n",
        );
        let told = |is: &str, because: &str, first: bool| {
            let list = db.json(&["jobs", "list", "-o", "json"]);
            assert_eq!(
                (&list["verdict"]["is"], &list["verdict"]["kind"]),
                (&json!(is), &json!("report")),
                "{pack}: {list}"
            );
            let said = db.bursar(&["jobs", "list"]).ok().stdout;
            assert!(said.starts_with("✗ unattended: no worker took report"), "{pack}: {said}");
            // Where what is done may be deleted, a report may have been taken before the last minute.
            let known = if ["oban", "good-job", "solid-queue"].contains(&pack) { "1 min" } else { "3 d" };
            assert!(said.contains(&format!(" for {known}; {because} · ")), "{pack}: {because}: {said}");
            let why = why(&db, 2);
            assert_eq!(why["why"]["outranked"] == true, first, "{pack}: {because}: {why}");
            let sentence = why["sentence"].as_str().unwrap();
            assert!(sentence.starts_with("no worker took report"), "{pack}: {why}");
            assert_eq!(sentence.ends_with("; jobs of a higher priority wait, and go first"), first, "{pack}: {why}");
        };
        queue.rank(&db, 2, &format!("1,{ALL}"));
        queue.rank(&db, 4, "2");
        told("unattended", "jobs of a higher priority go first", true);
        // One of a lower priority still is taken: that is not why.
        if pack == "procrastinate" {
            db.sql("UPDATE procrastinate_jobs SET lock = NULL");
        }
        db.sql("SELECT add(10, 'held', 'sms', '10 s')");
        queue.rank(&db, 4, "10");
        told("unattended", "others are being taken", false);
        // Nor is it where those that go first are taken by nobody either, or where none of them waits.
        let none = "SELECT clear(); SELECT add(1, 'held', 'mail', '20 s'); SELECT add(2, 'queued', 'report', '3 d')";
        db.sql(&format!("{none}; SELECT add(3, 'queued', 'orphan', '2 d')"));
        queue.rank(&db, 1, "1,3");
        queue.rank(&db, 4, "2");
        let line = why(&db, 2)["sentence"].as_str().unwrap().to_owned();
        assert!(line.starts_with("no worker took report") && !line.contains("priority"), "{pack}: {line}");
        db.sql(none);
        queue.rank(&db, 1, "1");
        queue.rank(&db, 4, "2");
        told("unattended", "others are being taken", false);
    }
}

/// A job of GoodJob without a priority goes last.
#[test]
fn a_job_without_a_priority_goes_last_where_the_queue_takes_it_so() {
    let db = Db::new(Template::Empty);
    db.sql(include_str!("good-job.sql"));
    db.sql(
        "SELECT add(1, 'held', 'mail', '20 s'); SELECT add(2, 'queued', 'report', '3 d');
         SELECT add(n, 'queued', 'mail', '10 s') FROM generate_series(3, 9) n;
         UPDATE good_jobs SET priority = NULL WHERE job_class = 'report'",
    );
    db.bursar(&["jobs", "list"]).ok().tells("; jobs of a higher priority go first · ");
    assert_eq!(why(&db, 2)["why"]["outranked"], true);
}

/// A queue, how four of its jobs stand whose worker is gone, what it itself does to them then, and whether they say when that
/// worker began them.
const RESCUES: [(&str, &str, &str, &str, bool); 3] = [
    (
        "river",
        include_str!("river.sql"),
        "gone",
        "UPDATE river_job SET errors = array_append(errors, jsonb_build_object('at', now(), 'attempt', attempt,
             'error', 'Stuck job rescued by JobRescuer', 'trace', 'TODO')), scheduled_at = now() + interval '1 min',
             state = 'retryable' WHERE id < 5",
        true,
    ),
    (
        "oban",
        include_str!("oban.sql"),
        "worn",
        "UPDATE oban_jobs SET discarded_at = now() AT TIME ZONE 'UTC', state = 'discarded' WHERE id < 5",
        true,
    ),
    (
        "solid-queue",
        include_str!("solid-queue.sql"),
        "gone",
        r#"WITH gone AS (DELETE FROM solid_queue_claimed_executions WHERE job_id < 5 RETURNING job_id)
           INSERT INTO solid_queue_failed_executions (job_id, error, created_at)
           SELECT job_id, '{"exception_class":"SolidQueue::Processes::ProcessPrunedError","message":"Process was found dead and pruned","backtrace":null}',
                  now() AT TIME ZONE 'UTC' FROM gone"#,
        false,
    ),
];

#[test]
fn what_the_queue_itself_gave_up_is_no_reason_to_call_it_failing_while_jobs_wait() {
    for (pack, tables, word, rescue, began) in RESCUES {
        let db = Db::new(Template::Empty);
        db.sql(tables);
        let processes = if pack == "solid-queue" { "DELETE FROM solid_queue_processes" } else { "SELECT 1" };
        let verdict = || db.json(&["jobs", "list", "-o", "json"])["verdict"].clone();
        // Every worker is gone, and the queue itself has said so of each job that they had.
        db.sql(&format!("SELECT add(n, '{word}', 'mail', '3 h') FROM generate_series(1, 4) n; {rescue}; {processes}"));
        assert_eq!(verdict()["is"], "failing", "{pack}: nothing waits");
        db.sql("SELECT add(9, 'queued', 'mail', '3 h')");
        let told = verdict();
        assert_eq!(told["is"], "stalled", "{pack}: {told}");
        let since = if began { 7_200 } else { 10_800 };
        assert!((since..since + 60).contains(&told["secs"].as_i64().unwrap()), "{pack}: {told}");
        // Their rows show that there was a worker.
        let said = why(&db, 9)["sentence"].as_str().unwrap().to_owned();
        assert!(!said.contains("ever seen"), "{pack}: {said}");
        let seen = if began { "; no worker was seen for 2 h" } else { "; when a worker was last seen is not known" };
        assert!(said.ends_with(seen), "{pack}: {said}");
        // While others are taken, it is this kind that nobody takes.
        db.sql("SELECT add(10, 'held', 'sms', '20 s')");
        let told = verdict();
        assert_eq!((&told["is"], &told["kind"]), (&json!("unattended"), &json!("mail")), "{pack}: {told}");
        // Where one of them failed by its worker, they fail.
        db.sql("SELECT add(n, 'dead', 'mail', '3 h') FROM generate_series(11, 12) n");
        assert_eq!(verdict()["is"], "failing", "{pack}: {}", verdict());
    }
}

#[test]
fn that_no_worker_was_ever_seen_is_said_only_where_nothing_shows_one() {
    // Of the others than above: two that may delete what is done, and one that does not.
    for queue in sample(RANKED.iter().rev(), 2) {
        let db = database(Template::Empty, queue.tables);
        db.sql("SELECT add(1, 'queued', 'mail', '10 min')");
        let said = || why(&db, 1)["sentence"].as_str().unwrap().to_owned();
        // These may delete what is done.
        let never = if ["oban", "good-job", "solid-queue"].contains(&queue.pack) {
            "; when a worker was last seen is not known"
        } else {
            "; no worker was ever seen"
        };
        assert!(said().ends_with(never), "{}: {}", queue.pack, said());
        db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
        db.sql("SELECT add(3, 'queued', 'mail', '20 min')");
        db.bursar(&["jobs", "cancel", &db.value("SELECT job(3)"), "--reason", "refunded", "--yes"]).ok();
        assert!(said().ends_with(never), "{}: {}", queue.pack, said());
    }
}

/// After Oban's Pruner, that nothing that is done is there does not say that nothing was done.
#[test]
fn a_queue_whose_done_jobs_were_just_deleted_has_no_pace() {
    let db = Db::new(Template::Empty);
    db.sql(include_str!("oban.sql"));
    db.sql("SELECT add(1, 'held', 'mail', '10 min'); SELECT add(n, 'queued', 'mail', '9 min') FROM generate_series(2, 9) n");
    let list = db.json(&["jobs", "list", "-o", "json"]);
    assert_eq!((&list["health"]["rates"], &list["verdict"]["is"]), (&Value::Null, &json!("waiting")), "{list}");
    let said = db.bursar(&["jobs", "list"]).ok().stdout;
    assert!(said.contains("the pace cannot be told yet: jobs that are done may be deleted soon"), "{said}");
    assert!(!said.contains(" out a minute"), "{said}");
    // What failed is still there when what was done at that time is not: it is no share of it.
    db.sql(
        "SELECT clear(); SELECT add(n, 'failed', 'mail', '10 min') FROM generate_series(1, 4) n;
         UPDATE oban_jobs SET errors = ARRAY[jsonb_set(errors[1], '{at}', to_jsonb(now() - interval '5 min'))]",
    );
    assert_eq!(db.json(&["jobs", "list", "-o", "json"])["verdict"]["is"], "idle");
    // What failed a moment ago would have what was done then beside it.
    db.sql("UPDATE oban_jobs SET errors = ARRAY[jsonb_set(errors[1], '{at}', to_jsonb(now() - interval '10 s'))]");
    assert_eq!(db.json(&["jobs", "list", "-o", "json"])["verdict"]["is"], "failing");
    // Nobody has anything, and what waits has waited for long.
    db.sql("SELECT clear(); SELECT add(1, 'queued', 'mail', '10 min')");
    assert_eq!(db.json(&["jobs", "list", "-o", "json"])["verdict"]["is"], "stalled");
}
