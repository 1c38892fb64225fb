//! The packs of queues that come with bursar: each is tried on its queue's tables, with jobs as the queue leaves them, and
//! what bursar writes is compared with what the queue's own library writes.

mod signs;
mod silence;
mod takes;
mod turns;
mod undone;

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::support::{Db, Template, file, sample, soak, turn, wait};

/// A queue. Its SQL file has its tables and the function `add(n, word, kind, ago)`, which adds job `n` as it stands in that
/// word; `job(n)` is the job's id, `row_of(n)` all of it, and `clear()` deletes all jobs.
struct Queue {
    pack: &'static str,
    /// The number of the pack among these tests: it says which commands the default run tries.
    number: usize,
    tables: &'static str,
    /// The words that `add` knows, each with the state that the job is in.
    words: &'static [(&'static str, &'static str)],
    /// Each change: the arguments, the word of the job, and what its row has to hold afterwards.
    changes: &'static [(&'static [&'static str], &'static str, &'static str)],
}

/// A row whose times are only known to be there.
fn told(value: &Value) -> Value {
    let is_time = |text: &str| text.len() > 18 && text.starts_with("20") && text.as_bytes()[10] == b'T';
    match value {
        Value::String(text) if text.starts_with("2030-06-15T") => json!("2030"),
        Value::String(text) if is_time(text) => json!("a time"),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), told(value))).collect(),
        Value::Array(list) => list.iter().map(told).collect(),
        other => other.clone(),
    }
}

/// The words of a verdict and of what it is about.
fn verdict(db: &Db) -> (String, Option<String>) {
    let list = db.json(&["jobs", "list", "-o", "json"]);
    let verdict = &list["verdict"];
    let text = |key: &str| verdict[key].as_str().map(str::to_owned);
    (text("is").unwrap_or_else(|| panic!("{list}")), text("kind"))
}

/// A database with the tables of a queue.
fn database(template: Template, tables: &str) -> Db {
    let db = Db::new(template);
    db.sql(tables);
    db
}

/// Installs what the pack changes jobs with.
fn migrate(db: &Db) {
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
}

impl Queue {
    /// The pack is found without being named, each command runs, and each job is in the state that the queue means.
    fn reads(&self, db: &Db) {
        for (n, (word, _)) in (1..).zip(self.words) {
            db.sql(&format!("SELECT add({n}, '{word}')"));
        }
        let folder = file(&format!("packs/{}", self.pack));
        db.bursar(&["pack", "check", folder.to_str().unwrap(), "--trust-pack"]).ok();
        let list = db.json(&["jobs", "list", "--limit", "0", "-o", "json"]);
        assert_eq!(list["app"], self.pack);
        for (n, (word, state)) in (1..).zip(self.words) {
            let job = db.value(&format!("SELECT job({n})"));
            let listed = list["jobs"].as_array().unwrap().iter().find(|j| j["job"] == job);
            let listed = listed.unwrap_or_else(|| panic!("{}: {word} is not in {list}", self.pack));
            assert_eq!(listed["state"], *state, "{}: {word}: {listed}", self.pack);
            assert_eq!(listed["past_lease_secs"].is_i64(), ["gone", "worn"].contains(word), "{word}: {listed}");
            if ["queued", "waiting", "blocked"].contains(word) {
                let why = db.bursar(&["jobs", "why", &job]).ok().stdout;
                assert_eq!(why.contains("may not be taken yet"), *word != "queued", "{}: {word}: {why}", self.pack);
            }
        }
        assert_eq!(list["jobs"].as_array().unwrap().len(), self.words.len(), "{}", self.pack);
        let stuck = db.json(&["jobs", "stuck", "-o", "json"]);
        let gone = self.words.iter().filter(|(word, _)| ["gone", "worn"].contains(word)).count();
        assert_eq!(stuck["jobs"].as_array().unwrap().len(), gone, "{stuck}");
        let job = db.value("SELECT job(1)");
        let commands = [
            &["count", "--exact"][..],
            &["triage"],
            &["workers"],
            &["queues"],
            &["latency"],
            &["throughput"],
            &["show", &job],
            &["list", "--payload", "to=1"],
        ];
        // `pack check` has run the SQL of each; the packs take different ones here.
        for (n, command) in commands.into_iter().enumerate() {
            if turn(n + self.number, 4) {
                db.bursar(&[&["jobs"], command].concat()).ok();
            }
        }
    }

    /// A change leaves a job as the queue's own library would.
    fn writes(&self, db: &Db) {
        migrate(db);
        for (arguments, word, expected) in self.changes {
            db.sql(&format!("SELECT clear(); SELECT add(1, '{word}')"));
            let job = db.value("SELECT job(1)");
            let command = [&["jobs"], *arguments, &[&job, "--yes", "-o", "json"]].concat();
            let ran = db.bursar(&command);
            let row: Value = serde_json::from_str(&db.value("SELECT coalesce(row_of(1), 'null')")).unwrap();
            let expected: Value = serde_json::from_str(expected).unwrap();
            let row = told(&row);
            let of = match &expected {
                Value::Object(map) => map.keys().map(|key| (key.clone(), row[key].clone())).collect(),
                _ => row.clone(),
            };
            assert_eq!(of, expected, "{}: {arguments:?} of {word}: {row} {ran:?}", self.pack);
        }
    }

    /// The verdict on a worker that died, on jobs that all die, and on a kind that nobody takes.
    fn faults(&self, db: &Db) {
        db.sql("SELECT clear(); SELECT add(1, 'gone')");
        assert_eq!(verdict(db).0, "stuck", "{}", self.pack);
        db.sql("SELECT clear(); SELECT add(n, 'dead') FROM generate_series(1, 4) n");
        assert_eq!(verdict(db).0, "failing", "{}", self.pack);
        db.sql(
            "SELECT clear(); SELECT add(n, 'done', 'mail', '40 s') FROM generate_series(1, 4) n;
             SELECT add(n, 'queued', 'invoice', '3 d') FROM generate_series(5, 7) n",
        );
        assert_eq!(verdict(db), ("unattended".to_owned(), Some("invoice".to_owned())), "{}", self.pack);
        db.sql("SELECT clear(); SELECT add(1, 'queued', 'mail', '10 min')");
        assert_eq!(verdict(db).0, "stalled", "{}", self.pack);
        for (word, _) in self.words.iter().filter(|(word, _)| ["waiting", "blocked"].contains(word)) {
            db.sql(&format!("SELECT clear(); SELECT add(1, 'held'); SELECT add(2, '{word}', 'mail', '3 d')"));
            let queues = db.json(&["jobs", "queues", "-o", "json"]);
            assert_eq!(queues["queues"][0]["held_back"], 1, "{}: {queues}", self.pack);
            assert_eq!(queues["verdict"]["is"], "held_back", "{}: {queues}", self.pack);
            db.bursar(&["jobs", "list"]).ok().tells("! held back · 1 held back, the oldest for 3 d");
            db.sql(&format!("SELECT clear(); SELECT add(1, 'held'); SELECT add(2, '{word}', 'mail', '1 s')"));
            assert_eq!(verdict(db).0, "keeping_up", "{}", self.pack);
        }
    }

    /// A pace that takes too long to read is no pace of 0. `rows` adds the others like job 1.
    fn unread(&self, db: &Db, rows: &str) {
        if !soak() {
            return;
        }
        db.sql(&format!("SELECT clear(); SELECT add(1, 'dead'); {rows}"));
        let queues = db.json(&["jobs", "queues", "-o", "json"]);
        assert!(["unknown", "failing"].contains(&queues["verdict"]["is"].as_str().unwrap()), "{}: {queues}", self.pack);
        if queues["verdict"]["is"] == "unknown" {
            db.bursar(&["jobs", "queues"]).ok().tells("the pace cannot be read in time").tells("is not known");
        }
        db.sql("SELECT clear()");
        assert_eq!(verdict(db).0, "idle", "{}", self.pack);
    }

    /// A paused queue is told, and what waits in it is not due until it is resumed.
    fn pauses(&self, db: &Db) {
        let pause = |command: &str| db.bursar(&["jobs", command, "default", "--yes"]);
        db.sql("SELECT clear(); SELECT add(1, 'queued', 'mail', '10 min')");
        if !file(&format!("packs/{}/jobs/queues.sql", self.pack)).exists() {
            pause("pause").exits(2);
            return;
        }
        pause("pause").ok();
        assert_eq!(verdict(db).0, "paused", "{}", self.pack);
        let why = db.bursar(&["jobs", "why", &db.value("SELECT job(1)")]).ok().stdout;
        assert!(why.contains("paused"), "{}: {why}", self.pack);
        // What failed before the pause hides neither it nor is hidden by it.
        db.sql("SELECT add(n, 'dead') FROM generate_series(2, 5) n");
        db.bursar(&["jobs", "queues"]).ok().tells("✗ failing, paused").tells(" · queue default is paused");
        db.bursar(&["jobs"]).ok().tells(" · queue default is paused");
        db.sql("SELECT clear()");
        let queues = db.json(&["jobs", "queues", "-o", "json"]);
        assert_eq!(queues["queues"][0]["verdict"]["is"], "paused", "{}: {queues}", self.pack);
        db.sql("SELECT add(1, 'queued', 'mail', '10 min')");
        pause("resume").ok();
        assert_eq!(verdict(db).0, "stalled", "{}", self.pack);
    }

    /// What bursar writes into jobs whose worker died is no sign of life of that worker, and no failure: the others are
    /// released too, and the queue is stalled. A worker that is there and takes nothing is named.
    fn releases(&self, db: &Db) {
        let registers = file(&format!("packs/{}/jobs/workers.sql", self.pack)).exists();
        let words = ["gone", "worn"].into_iter().filter(|word| self.words.iter().any(|(known, _)| known == word));
        // Of those that have both, every other one takes the second.
        for word in sample(if self.pack == "oban" { words.rev().collect::<Vec<_>>() } else { words.collect() }, 2) {
            db.sql(&format!(
                "SELECT clear(); SELECT add(n, '{word}', 'mail', '3 h') FROM generate_series(1, 5) n; SELECT add(9, 'queued', 'mail', '3 h')"
            ));
            // One that was cancelled after its worker died says no more of that.
            if let Some(table) = match self.pack {
                "river" => Some("river_job"),
                "oban" => Some("oban_jobs"),
                _ => None,
            } {
                db.sql(&format!("UPDATE {table} SET state = 'retryable' WHERE id = 5"));
                db.bursar(&["jobs", "cancel", "5", "--reason", "refunded", "--yes"]).ok();
            }
            db.bursar(&["jobs", "stuck", "--release", "--max", "1", "--yes"]).ok().tells("1 released");
            let why = db.bursar(&["jobs", "why", &db.value("SELECT job(9)")]).ok().stdout;
            assert!(why.contains("no worker was seen") || why.contains("no worker took"), "{}: {why}", self.pack);
            assert_eq!(why.contains("though 1 registered worker is there"), registers, "{}: {why}", self.pack);
            db.bursar(&["jobs", "stuck", "--release", "--yes"]).ok();
            assert_eq!(verdict(db).0, "stalled", "{}: {word}", self.pack);
            let list = db.bursar(&["jobs", "list"]).ok().stdout;
            assert_eq!(list.contains("1 registered worker is there, and takes nothing"), registers, "{list}");
        }
    }

    /// What the queue itself writes about jobs whose worker is gone is no sign of life of that worker, but it is a failure.
    /// `rescue` is what its rescuer does to jobs 1 to 4.
    fn rescues(&self, db: &Db, word: &str, rescue: &str) {
        db.sql(&format!(
            "SELECT clear(); SELECT add(n, '{word}', 'mail', '3 h') FROM generate_series(1, 5) n; {rescue};
             SELECT add(9, 'queued', 'mail', '3 h')"
        ));
        assert_eq!(verdict(db).0, "stalled", "{}", self.pack);
        let why = db.bursar(&["jobs", "why", &db.value("SELECT job(9)")]).ok().stdout;
        assert!(why.contains("no worker was seen") || why.contains("no worker took"), "{}: {why}", self.pack);
        db.bursar(&["jobs", "stuck", "--release", "--yes"]).ok().tells("1 released");
        let dead = db.json(&["jobs", "list", "--status", "dead,failed", "-o", "json"]);
        if dead["jobs"].as_array().is_some_and(|jobs| jobs.len() > 3) {
            db.sql(&format!(
                "SELECT clear(); SELECT add(n, '{word}', 'mail', '3 h') FROM generate_series(1, 4) n; {rescue}"
            ));
            let queues = db.json(&["jobs", "queues", "-o", "json"]);
            assert_eq!(queues["verdict"]["is"], "failing", "{}: {queues}", self.pack);
            assert_eq!(queues["queues"][0]["failed"], 4, "{}: {queues}", self.pack);
        }
    }

    fn tried(&self) -> Db {
        let db = database(Template::Bursar, self.tables);
        self.reads(&db);
        self.writes(&db);
        self.faults(&db);
        self.releases(&db);
        self.pauses(&db);
        db
    }
}

const CANCEL: &[&str] = &["cancel", "--reason", "refunded"];
const RETRY: &[&str] = &["retry"];
const RETRY_CANCELLED: &[&str] = &["retry", "--cancelled"];
const RELEASE: &[&str] = &["stuck", "--release"];
const DELETE: &[&str] = &["delete"];
const RESCHEDULE: &[&str] = &["reschedule", "--at", "2030-06-15T12:00:00Z"];

/// The kinds of rows of a queue that keeps every state, and the state of each.
const WORDS: &[(&str, &str)] = &[
    ("queued", "queued"),
    ("scheduled", "queued"),
    ("waiting", "waiting"),
    ("held", "running"),
    ("gone", "running"),
    ("worn", "running"),
    ("failed", "failed"),
    ("done", "done"),
    ("dead", "dead"),
    ("cancelled", "cancelled"),
];

#[test]
fn procrastinate() {
    let db = Queue {
        pack: "procrastinate",
        number: 0,
        tables: include_str!("queue_packs/procrastinate.sql"),
        words: &[
            ("queued", "queued"),
            ("scheduled", "queued"),
            ("held", "running"),
            ("blocked", "queued"),
            ("gone", "running"),
            ("failed", "failed"),
            ("done", "done"),
            ("dead", "dead"),
            ("cancelled", "cancelled"),
            ("aborted", "cancelled"),
        ],
        changes: &[
            (RETRY, "dead", r#"{"status": "todo", "attempts": 2, "scheduled_at": "a time", "event": "retried"}"#),
            (RETRY, "failed", r#"{"status": "todo", "attempts": 1, "scheduled_at": "a time"}"#),
            (RETRY_CANCELLED, "cancelled", r#"{"status": "todo", "attempts": 0, "scheduled_at": "a time"}"#),
            (CANCEL, "queued", r#"{"status": "cancelled", "scheduled_at": null, "event": "cancelled"}"#),
            (RELEASE, "gone", r#"{"status": "todo", "attempts": 1, "scheduled_at": "a time", "event": "retried"}"#),
            (RELEASE, "held", r#"{"status": "doing", "attempts": 0}"#),
            (RESCHEDULE, "failed", r#"{"status": "todo", "attempts": 1, "scheduled_at": "2030"}"#),
            (DELETE, "dead", "null"),
        ],
    }
    .tried();
    // A lock that a job has, or that an earlier one gets first, holds back the later ones.
    db.sql(
        "SELECT clear(); SELECT add(1, 'gone'); SELECT add(n, 'queued') FROM generate_series(2, 3) n;
         UPDATE procrastinate_jobs SET lock = 'account 7', priority = id, abort_requested = id = 1",
    );
    let why = |job: &str| db.bursar(&["jobs", "why", job]).ok().stdout;
    assert!(why("3").contains("it is blocked by the lock account 7, which job 1 has"), "{}", why("3"));
    // Whose abort was asked for is not begun again.
    db.bursar(&["jobs", "stuck", "--release", "1", "--yes"]).ok();
    assert_eq!(db.value("SELECT status FROM procrastinate_jobs WHERE id = 1"), "aborted");
    assert!(why("2").contains("the lock account 7, which job 3 gets before it"), "{}", why("2"));
    // A job of the same queueing lock keeps another from being queued, and the others are done.
    db.sql(
        "SELECT clear(); SELECT add(n, 'dead') FROM generate_series(1, 2) n; SELECT add(3, 'queued');
         UPDATE procrastinate_jobs SET queueing_lock = 'one' WHERE id <> 2",
    );
    db.bursar(&["jobs", "retry", "--all", "--yes"]).exits(6).tells("job 3 is todo and has its queueing lock one");
    assert_eq!(
        db.value("SELECT string_agg(status::text, ' ' ORDER BY id) FROM procrastinate_jobs"),
        "failed todo todo"
    );
}

#[test]
fn pgqueuer() {
    let db = Queue {
        pack: "pgqueuer",
        number: 1,
        tables: include_str!("queue_packs/pgqueuer.sql"),
        words: &[
            ("queued", "queued"),
            ("scheduled", "queued"),
            ("held", "running"),
            ("gone", "running"),
            ("failed", "failed"),
            ("done", "done"),
            ("dead", "dead"),
            ("exception", "dead"),
            ("canceled", "cancelled"),
        ],
        changes: &[
            (
                RETRY,
                "dead",
                r#"{"status": "queued", "attempts": 0, "queue_manager_id": null, "log": "queued picked failed queued"}"#,
            ),
            (RETRY, "failed", r#"{"status": "queued", "attempts": 0, "log": "queued picked queued queued"}"#),
            (RETRY, "exception", r#"{"log": "queued picked exception"}"#),
            (CANCEL, "queued", r#"{"id": null, "log": "queued canceled"}"#),
            (
                RELEASE,
                "gone",
                r#"{"status": "queued", "attempts": 1, "queue_manager_id": null, "log": "queued picked queued"}"#,
            ),
            (RESCHEDULE, "queued", r#"{"status": "queued", "execute_after": "2030"}"#),
            (DELETE, "queued", r#"{"id": null, "log": "queued deleted"}"#),
            (DELETE, "exception", r#"{"log": null}"#),
        ],
    }
    .tried();
    db.bursar(&["jobs", "schedules", "run", "nightly 0 3 * * *", "--yes"]).ok();
    assert_eq!(db.value("SELECT next_run <= now() FROM pgqueuer_schedules"), "true");
    // Of what has ended, only the log is left: no retry is proposed, chosen or done.
    db.sql("SELECT clear(); SELECT add(1, 'dead'); SELECT add(2, 'exception'); SELECT add(3, 'queued')");
    db.bursar(&["jobs", "cancel", "3", "--reason", "refunded", "--yes"]).ok();
    for (job, says, remedy) in [
        ("1", "it failed or was cancelled", Some("bursar jobs retry 1")),
        ("2", "it failed or was cancelled", None),
        ("3", " UTC, cancelled it: refunded", None),
    ] {
        let why = db.json(&["jobs", "why", job, "-o", "json"]);
        assert!(why["sentence"].as_str().unwrap().contains(says), "{why}");
        assert_eq!(why["remedy"].as_str(), remedy, "{why}");
    }
    let no = "pgqueuer cannot retry such a job";
    db.bursar(&["jobs", "retry", "2", "3", "--yes"])
        .exits(6)
        .tells(&format!("it is exception, and {no}"))
        .tells(&format!("it is canceled, and {no}"));
    db.bursar(&["jobs", "retry", "--status", "dead", "--yes"])
        .ok()
        .tells("1 retried")
        .says(&format!("left out: 1 job with the status exception: {no}"));
    assert!(!db.bursar(&["jobs", "triage"]).ok().stderr.contains("jobs retry"));
    // A payload of bytes that are no text is shown, and fails nobody.
    db.sql("SELECT clear(); SELECT add(n, 'queued') FROM generate_series(1, 2) n; UPDATE pgqueuer SET payload = '\\x00ff' WHERE id = 2");
    assert_eq!(db.json(&["jobs", "show", "2", "-o", "json"])["job"]["payload"], "\\000\\377");
    assert_eq!(db.json(&["jobs", "list", "--payload", "to=1", "-o", "json"])["jobs"].as_array().unwrap().len(), 1);
}

#[test]
fn river() {
    let river = Queue {
        pack: "river",
        number: 2,
        tables: include_str!("queue_packs/river.sql"),
        words: WORDS,
        changes: &[
            (RETRY, "dead", r#"{"state": "available", "attempt": 3, "max_attempts": 4, "finalized_at": null}"#),
            (RETRY, "failed", r#"{"state": "available", "attempt": 1, "max_attempts": 3, "finalized_at": null}"#),
            (
                CANCEL,
                "waiting",
                r#"{"state": "cancelled", "finalized_at": "a time", "metadata": {"cancel_attempted_at": "a time"}}"#,
            ),
            (
                RELEASE,
                "gone",
                r#"{"state": "available", "attempt": 1, "finalized_at": null, "metadata": {"river:rescue_count": 1},
                    "errors": [{"at": "a time", "attempt": 1, "error": "released: its worker did not end it within its lease", "trace": ""}]}"#,
            ),
            (RELEASE, "worn", r#"{"state": "discarded", "attempt": 3, "max_attempts": 3, "finalized_at": "a time"}"#),
            (RESCHEDULE, "queued", r#"{"state": "scheduled", "scheduled_at": "2030"}"#),
            (DELETE, "done", "null"),
        ],
    };
    let db = river.tried();
    let rescue =
        "UPDATE river_job SET errors = array_append(errors, jsonb_build_object('at', now(), 'attempt', attempt,
            'error', 'Stuck job rescued by JobRescuer', 'trace', 'TODO')), scheduled_at = now() + interval '1 min',
        state = CASE WHEN attempt < max_attempts THEN 'retryable' ELSE 'discarded' END::river_job_state,
        finalized_at = CASE WHEN attempt >= max_attempts THEN now() END WHERE id < 5";
    for word in ["gone", "worn"] {
        river.rescues(&db, word, rescue);
    }
    // Many jobs of a higher priority hide neither that one of a lower priority waits, nor why.
    db.sql(
        "SELECT clear(); SELECT add(1, 'held', 'mail', '20 s'); SELECT add(2, 'queued', 'report', '3 d');
         UPDATE river_job SET priority = 4 WHERE id = 2;
         INSERT INTO river_job (id, kind, args, max_attempts, created_at, scheduled_at)
         SELECT 100 + n, 'mail', '{}', 3, now() - interval '10 s', now() - interval '10 s' FROM generate_series(1, 10001) n; ANALYZE river_job",
    );
    assert_eq!(verdict(&db), ("unattended".to_owned(), Some("report".to_owned())));
    let why = || db.bursar(&["jobs", "why", "2"]).ok().stdout;
    let first = "; jobs of a higher priority wait, and go first";
    assert!(why().contains("no worker took report") && why().contains(first), "{}", why());
    db.sql("UPDATE river_job SET kind = 'mail' WHERE id = 2");
    assert!(why().contains(&format!("it is behind more than 10,000 others{first}")), "{}", why());
    assert_ne!(verdict(&db).0, "keeping_up");
    // Nor do they hide that nothing tells since when it waits, beside another one of its kind.
    db.sql("UPDATE river_job SET kind = 'report', scheduled_at = '-infinity' WHERE id = 2; SELECT add(3, 'queued', 'report', '1 s'); UPDATE river_job SET priority = 4 WHERE id = 3");
    let queues = db.json(&["jobs", "queues", "-o", "json"]);
    let report = queues["queues"].as_array().unwrap().iter().find(|group| group["kind"] == "report").unwrap();
    assert_eq!((&report["waiting"], &report["verdict"]["is"]), (&json!(2), &json!("waiting")), "{report}");
    db.bursar(&["jobs", "list"]).ok().tells("since when 1 of them waited is not known");
    // A job that is tried again is not to be cancelled any more.
    db.sql("SELECT clear(); SELECT add(1, 'queued')");
    db.bursar(&["jobs", "cancel", "1", "--reason", "refunded", "--yes"]).ok();
    assert!(db.bursar(&["jobs", "why", "1"]).ok().stdout.contains(" UTC, cancelled it: refunded"));
    db.bursar(&["jobs", "retry", "--cancelled", "1", "--yes"]).ok();
    assert_eq!(db.value("SELECT concat(state, ' ', metadata) FROM river_job"), "available {}");
    // A client takes the jobs of one queue, whatever waits in another one.
    db.sql("SELECT clear(); SELECT add(n, 'queued', 'mail', '10 s') FROM generate_series(1, 4) n; UPDATE river_job SET queue = 'bulk' WHERE id > 2");
    for (job, others) in [("1", 0), ("2", 1), ("3", 0), ("4", 1)] {
        assert_eq!(db.json(&["jobs", "why", job, "-o", "json"])["why"]["others"], others, "{job}");
    }
    // The errors of a job are its attempts.
    db.sql("SELECT clear(); SELECT add(1, 'dead'); SELECT add(2, 'done')");
    let shown = db.json(&["jobs", "show", "1", "-o", "json"]);
    assert_eq!(shown["attempts"].as_array().map(Vec::len), Some(1), "{shown}");
}

#[test]
fn oban() {
    let oban = Queue {
        pack: "oban",
        number: 3,
        tables: include_str!("queue_packs/oban.sql"),
        words: WORDS,
        changes: &[
            (
                RETRY,
                "dead",
                r#"{"state": "available", "attempt": 3, "max_attempts": 4, "discarded_at": null, "scheduled_at": "a time"}"#,
            ),
            (RETRY_CANCELLED, "cancelled", r#"{"state": "available", "max_attempts": 3, "cancelled_at": null}"#),
            (CANCEL, "failed", r#"{"state": "cancelled", "cancelled_at": "a time", "attempt": 1}"#),
            (RELEASE, "gone", r#"{"state": "available", "attempt": 1, "discarded_at": null}"#),
            (
                RELEASE,
                "worn",
                r#"{"state": "discarded", "attempt": 3, "discarded_at": "a time", "errors": [{"at": "a time", "attempt": 3,
                    "error": "released: out of attempts, and its worker did not end it within its lease"}]}"#,
            ),
            (RESCHEDULE, "failed", r#"{"state": "retryable", "scheduled_at": "2030"}"#),
            (DELETE, "queued", "null"),
        ],
    };
    let db = oban.tried();
    // What Lifeline gave up is told from what a worker gave up, by the error that it does not write.
    let rescue = "UPDATE oban_jobs SET discarded_at = now() AT TIME ZONE 'UTC', state = 'discarded' WHERE id < 5";
    oban.rescues(&db, "worn", rescue);
    assert!(db.bursar(&["jobs", "why", "1"]).ok().stdout.contains("rescued: its worker did not end its last attempt"));
    // The Pruner deletes what is done after a minute: the pace is that of what is left, and more may have been done.
    db.sql(
        "SELECT clear(); SELECT add(n, 'done', 'mail', '40 s') FROM generate_series(1, 10) n;
         SELECT add(n, 'queued', 'mail', '10 min') FROM generate_series(11, 15) n",
    );
    let list = db.bursar(&["jobs", "list"]).ok();
    list.tells("✓ draining (ETA ")
        .tells(" · 0.0 in, ")
        .tells(", and at least so: jobs that are done may be deleted soon");
    let secs = db.json(&["jobs", "queues", "-o", "json"])["window_secs"].as_i64().unwrap();
    assert!((21..300).contains(&secs), "{secs}");
    db.sql("SELECT add(n, 'queued', 'mail', '5 s') FROM generate_series(16, 30) n");
    assert_eq!(verdict(&db).0, "waiting");
    db.sql("SELECT add(31, 'done'); UPDATE oban_jobs SET completed_at = completed_at - interval '2 h' WHERE id = 31");
    assert_eq!(verdict(&db).0, "falling_behind");
    oban.unread(
        &db,
        "INSERT INTO oban_jobs SELECT (jsonb_populate_record(j, jsonb_build_object('id', n))).* FROM oban_jobs j, generate_series(2, 60000) n",
    );
    // Before migration 14 nothing was suspended.
    let before = Db::new(Template::Empty);
    before.sql(&include_str!("queue_packs/oban.sql").replace("'suspended', ", ""));
    before.bursar(&["jobs"]).ok();
    // Times without a zone are UTC, wherever the database is.
    db.sql(&format!("ALTER DATABASE {} SET TimeZone = 'Asia/Bangkok'", db.name));
    db.sql("SELECT clear(); SELECT add(1, 'queued', 'mail', '10 s')");
    assert_eq!(verdict(&db).0, "keeping_up");
}

#[test]
fn good_job() {
    let db = Queue {
        pack: "good-job",
        number: 4,
        tables: include_str!("queue_packs/good-job.sql"),
        words: &[
            ("queued", "queued"),
            ("scheduled", "queued"),
            ("blocked", "queued"),
            ("held", "running"),
            ("gone", "running"),
            ("interrupted", "failed"),
            ("failed", "failed"),
            ("done", "done"),
            ("dead", "dead"),
            ("cancelled", "cancelled"),
        ],
        changes: &[
            (
                RETRY,
                "dead",
                r#"{"finished_at": null, "performed_at": null, "scheduled_at": "a time", "error": "RuntimeError: no address 1", "error_event": 3,
                    "serialized_params": {"executions": 1, "enqueued_at": "a time", "scheduled_at": "a time", "arguments": [{"to": 1}]}}"#,
            ),
            (RETRY_CANCELLED, "cancelled", r#"{"finished_at": null, "performed_at": null, "error": null}"#),
            (
                CANCEL,
                "queued",
                r#"{"finished_at": "a time", "error": "GoodJob::Job::DiscardJobError: refunded", "error_event": 5, "executions_count": 0}"#,
            ),
            (RELEASE, "gone", r#"{"locked_by_id": null, "locked_at": null, "performed_at": "a time", "finished_at": null}"#),
            (RELEASE, "held", r#"{"locked_by_id": "aaaaaaa1-0000-4000-8000-000000000000"}"#),
            (RESCHEDULE, "queued", r#"{"scheduled_at": "2030", "finished_at": null}"#),
            (DELETE, "dead", "null"),
        ],
    }
    .tried();
    assert_eq!(db.value("SELECT count(*) FROM good_job_executions e WHERE e.active_job_id::text NOT IN (SELECT id::text FROM good_jobs)"), "0");
    // A job that a worker holds by an advisory lock alone is left alone.
    db.sql("SELECT clear(); SELECT add(1, 'queued')");
    let key = "('x' || substr(md5('good_jobs-' || job(1)), 1, 16))::bit(64)::bigint";
    let (job, mut worker) = (db.value("SELECT job(1)"), wait(db.connect()));
    let lock = AssertSqlSafe(format!("SELECT pg_advisory_lock({key})"));
    wait(async { sqlx::raw_sql(lock).execute(&mut worker).await.map(drop) }).unwrap();
    db.bursar(&["jobs", "delete", &job, "--yes"]).exits(6).tells("a worker has it");
    db.sql("SELECT clear(); SELECT add(1, 'gone')");
    db.bursar(&["jobs", "stuck", "--release", &job, "--yes"]).exits(6).tells("a worker has it");
    assert_eq!(db.value("SELECT locked_by_id IS NULL FROM good_jobs"), "false");
    drop(worker);
}

#[test]
fn solid_queue() {
    let solid_queue = Queue {
        pack: "solid-queue",
        number: 5,
        tables: include_str!("queue_packs/solid-queue.sql"),
        words: &[
            ("queued", "queued"),
            ("limited", "queued"),
            ("scheduled", "queued"),
            ("waiting", "waiting"),
            ("held", "running"),
            ("gone", "running"),
            ("done", "done"),
            ("dead", "dead"),
            ("lost", "dead"),
        ],
        changes: &[
            (
                RETRY,
                "dead",
                r#"{"executions": "ready", "arguments": "{\"arguments\": [{\"to\": 1}], \"job_class\": \"Mail\", \"executions\": 0, \"exception_executions\": {}}"}"#,
            ),
            (RETRY, "lost", r#"{"executions": "ready"}"#),
            (
                CANCEL,
                "queued",
                r#"{"executions": "failed {\"exception_class\":\"Cancelled\",\"message\":\"cancelled: refunded\",\"backtrace\":[]}"}"#,
            ),
            (RELEASE, "gone", r#"{"executions": "ready"}"#),
            (RELEASE, "held", r#"{"executions": "claimed"}"#),
            (RESCHEDULE, "scheduled", r#"{"scheduled_at": "2030", "executions": "scheduled"}"#),
            (RESCHEDULE, "queued", r#"{"scheduled_at": "a time", "executions": "ready"}"#),
            (DELETE, "limited", "null"),
        ],
    };
    let db = solid_queue.tried();
    let rescue = r#"WITH gone AS (DELETE FROM solid_queue_claimed_executions WHERE job_id < 5 RETURNING job_id)
        INSERT INTO solid_queue_failed_executions (job_id, error, created_at)
        SELECT job_id, '{"exception_class":"SolidQueue::Processes::ProcessPrunedError","message":"Process was found dead and pruned","backtrace":null}',
               now() AT TIME ZONE 'UTC' FROM gone"#;
    solid_queue.rescues(&db, "gone", rescue);
    assert_eq!(db.json(&["jobs", "schedules", "-o", "json"])["schedules"][0]["name"], "nightly");
    // The place of a job that is cancelled goes to the next one, which the dispatcher looks at.
    db.sql("SELECT clear(); SELECT add(1, 'limited'); SELECT add(2, 'waiting')");
    db.bursar(&["jobs", "cancel", "1", "--reason", "refunded", "--yes"]).ok();
    assert_eq!(db.value("SELECT concat(row_of(2) ->> 'executions', ' ', row_of(2) ->> 'semaphore')"), "blocked true 1");
    assert!(db.bursar(&["jobs", "why", "1"]).ok().stdout.contains("refunded"));
    // One that has a limit waits for the dispatcher when it is retried. A claim in between is a change.
    db.bursar(&["jobs", "retry", "--cancelled", "1", "--yes"]).ok().tells("the dispatcher");
    assert_eq!(db.value("SELECT row_of(1) ->> 'executions'"), "blocked true");
    // A NUL in an argument, which jsonb cannot hold, fails nothing; a retry counts anew.
    db.sql(
        r#"SELECT clear(); SELECT add(1, 'queued'); SELECT add(2, 'dead');
           UPDATE solid_queue_jobs SET arguments = replace(arguments, '{"to":1}', '{"to":1,"executions":7,"s":"a\u0000b"}')"#,
    );
    db.bursar(&["jobs", "show", "2"]).ok().tells("\\u0000");
    for command in [&["list", "--payload", "arguments.0.to=1"][..], &["count", "--exact"], &["triage"], &["why", "2"]] {
        db.bursar(&[&["jobs"], command].concat()).ok();
    }
    db.bursar(&["jobs", "retry", "2", "--yes"]).ok();
    assert_eq!(
        db.value("SELECT concat(row_of(2) ->> 'executions', ' ', row_of(2) ->> 'arguments')"),
        r#"ready {"job_class":"Mail","arguments":[{"to":1,"executions":7,"s":"a\u0000b"}],"executions":0,"exception_executions":{}}"#
    );
    // What the pack cannot do is not chosen, and is refused where it is named.
    db.sql("SELECT add(3, 'scheduled')");
    let at = ["jobs", "reschedule", "--at", "2030-06-15", "--yes"];
    db.bursar(&[&at[..], &["--all"]].concat())
        .ok()
        .tells("1 rescheduled")
        .says("left out: 2 jobs with the status ready: solid-queue cannot reschedule such a job");
    db.bursar(&[&at[..], &["1"]].concat()).exits(6).tells("it is ready, and solid-queue cannot reschedule such a job");
    // A worker of one queue does not take the jobs of another one first.
    db.sql(
        "SELECT clear(); SELECT add(n, 'queued') FROM generate_series(1, 3) n; SELECT add(4, 'held');
            UPDATE solid_queue_ready_executions SET queue_name = 'bulk' WHERE job_id < 3;
            UPDATE solid_queue_processes SET metadata = replace(metadata, 'default,slow', '*') WHERE id = 1",
    );
    let others = || db.json(&["jobs", "why", "3", "-o", "json"])["why"]["others"].clone();
    assert_eq!(others(), 2);
    db.sql("UPDATE solid_queue_processes SET metadata = replace(metadata, '*', 'default,slow') WHERE id = 1");
    assert_eq!(others(), 0);
    // What makes a job runnable, and what says that it is not, is looked at, whatever a trigger does.
    db.sql("CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
    let kept = "a trigger or a policy of the application kept it as it was";
    for (on, arguments, word, executions) in [
        ("INSERT ON solid_queue_ready_executions", RETRY, "dead", "failed"),
        ("INSERT ON solid_queue_ready_executions", RELEASE, "gone", "claimed"),
        ("DELETE ON solid_queue_failed_executions", RETRY, "dead", "failed"),
        ("DELETE ON solid_queue_claimed_executions", RELEASE, "gone", "claimed"),
        ("INSERT ON solid_queue_failed_executions", CANCEL, "queued", "ready"),
        ("DELETE ON solid_queue_ready_executions", CANCEL, "queued", "ready"),
    ] {
        db.sql(&format!("SELECT clear(); SELECT add(1, '{word}'); CREATE TRIGGER t BEFORE {on} FOR EACH ROW EXECUTE FUNCTION swallow()"));
        db.bursar(&[&["jobs"], arguments, &["1", "--yes"]].concat()).exits(6).tells(kept);
        let left = db.value("SELECT row_of(1) ->> 'executions'");
        assert!(left.starts_with(executions) && !left.contains("ready failed"), "{on}: {left}");
        db.sql(&format!("DROP TRIGGER t ON {}", on.rsplit(' ').next().unwrap()));
    }
}
