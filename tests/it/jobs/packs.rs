//! The queues of other applications: what one does not keep is said, and a pack of one's own works as a built-in one.

use serde_json::{Value, json};

use super::refused;
use crate::support::{Db, Ran, Template, bursar, run, sample, soak};

#[test]
fn without_leases_workers_and_starts_each_command_says_what_does_not_apply() {
    let db = Db::new(Template::Migrated("aethercrown"));
    db.sql(
        "INSERT INTO ai_tasks (id, task_name, status, error_message, task_input, task_output, created_at, updated_at, completed_at)
         SELECT format('0000%s-0000-4000-8000-000000000000', lpad(g::text, 4, '0'))::uuid, 'write a poem',
                (ARRAY['pending', 'in_progress', 'completed', 'failed'])[1 + g % 4],
                CASE WHEN g % 4 = 3 THEN 'quota of ' || g || ' is used up' END, jsonb_build_object('n', g),
                CASE WHEN g % 4 = 2 THEN '{\"text\": \"ดวง\"}'::jsonb ELSE '{}' END, now() - g * interval '10 minutes', now() - g * interval '3 minutes',
                CASE WHEN g % 4 = 2 THEN now() - g * interval '5 minutes' END
           FROM generate_series(0, 39) g",
    );
    let list = db.json(&["jobs", "list", "-o", "json"]);
    assert_eq!(list["app"], "aethercrown");
    assert_eq!(list["jobs"].as_array().unwrap().len(), 40);
    // The application's own word goes before a state of the same name: what failed there is not tried again.
    for status in ["failed", "dead"] {
        let dead = db.json(&["jobs", "list", "--status", status, "-o", "json"]);
        assert_eq!(dead["jobs"].as_array().unwrap().len(), 10);
        assert_eq!((&dead["jobs"][0]["state"], &dead["jobs"][0]["status"]), (&json!("dead"), &json!("failed")));
        assert_eq!(db.json(&["jobs", "count", "--status", status, "-o", "json"])["total"]["count"], 10);
    }
    let triage = db.json(&["jobs", "triage", "-o", "json"]);
    assert_eq!((&triage["groups"][0]["pattern"], &triage["failures"]), (&json!("quota of # is used up"), &json!(10)));
    assert_eq!(db.json(&["jobs", "list", "--payload", "n=7", "-o", "json"])["jobs"].as_array().unwrap().len(), 1);
    let why = |n: u32| db.json(&["jobs", "why", &format!("0000{n:04}-0000-4000-8000-000000000000"), "-o", "json"]);
    assert_eq!(why(1)["sentence"], "its status says that it is running; there are no leases to check that");
    assert!(why(2)["sentence"].as_str().unwrap().starts_with("it is done, since 10 min"), "{}", why(2));
    assert_eq!(why(3)["why"]["is"], "dead");
    assert!(
        why(4)["sentence"].as_str().unwrap().starts_with("it is behind 8 others; no worker was seen for 10 min"),
        "{}",
        why(4)
    );
    let shown = db.json(&["jobs", "show", "00000002", "-o", "json"]);
    assert_eq!((&shown["attempts"], &shown["job"]["result"]), (&Value::Null, &json!({"text": "ดวง"})));
    assert_eq!(db.json(&["jobs", "show", "00000001", "-o", "json"])["job"].get("result"), None);
    let latency = db.json(&["jobs", "latency", "-o", "json"]);
    assert_eq!(
        (&latency["wait"], &latency["run"], &latency["total"]["count"]),
        (&Value::Null, &Value::Null, &json!(20))
    );
    db.bursar(&["jobs", "latency"]).ok().says("does not record when a worker begins");
    let pace = db.json(&["jobs", "throughput", "--since", "5h", "-o", "json"]);
    let sum = |field: &str| pace["steps"].as_array().unwrap().iter().map(|s| s[field].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("done"), sum("dead"), &pace["steps"][0]["failed_attempts"]), (10, 10, &Value::Null));
    for (arguments, says) in [
        (&["stuck"][..], "keeps no leases"),
        (&["stuck", "--release", "--all", "--yes"], "keeps no leases"),
        (&["workers"], "do not say which worker"),
        (&["list", "--worker", "w"], "--worker: these jobs do not say which worker"),
        (&["list", "--attempts", ">=1"], "--attempts: these jobs do not say how often"),
        (&["triage", "--worker", "w"], "--worker: these jobs do not say which worker"),
    ] {
        refused(db.bursar(&[&["jobs"], arguments].concat()), &[says]);
    }
}

#[test]
fn where_no_jobs_are_kept_every_command_says_so() {
    for (at, app) in ["avolve", "organic-os"].into_iter().enumerate() {
        let db = Db::new(Template::Migrated(app));
        let commands = [
            &["list"][..],
            &["count"],
            &["show", "abcd"],
            &["why", "abcd"],
            &["triage"],
            &["stuck"],
            &["workers"],
            &["latency"],
            &["throughput"],
            &["retry", "--all", "--yes"],
        ];
        for command in sample(commands.into_iter().skip(if soak() { 0 } else { at }), 2) {
            refused(db.bursar(&[&["jobs"], command].concat()), &["keeps no jobs"]);
        }
    }
}

/// A queue of other words, in another schema, with ids that are text or numbers and JSON that is no jsonb.
struct Own {
    db: Db,
    folder: tempfile::TempDir,
}

impl Own {
    fn new(key: &str) -> Own {
        let db = Db::new(Template::Empty);
        db.sql(
            "CREATE SCHEMA own;
             CREATE TABLE own.work (no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE DEFAULT gen_random_uuid(), what text, how text,
                 tries smallint, most bigint, who text, added timestamptz DEFAULT now(), due timestamptz, again timestamptz,
                 began timestamptz, until timestamptz, ended timestamptz, why text, asked json, got json)",
        );
        let own = Own { db, folder: tempfile::tempdir().unwrap() };
        own.write("pack.toml",
            "name = \"own\"\ntitle = \"My own\"\nschema = \"own\"\ndetect = [\"work.asked\"]\ntables = [\"work\"]\n\n[thresholds]\nfuture_tolerance_secs = 300\n\n[jobs]\npatience_secs = 600\n\n[jobs.states]\nqueued = [\"new\", \"in line\"]\nrunning = [\"busy\"]\nfailed = [\"it's broken\"]\ndone = [\"fine\"]\ndead = [\"done\"]\n");
        own.jobs(key, "");
        own
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }

    fn jobs(&self, key: &str, more: &str) {
        self.write("jobs.sql", &format!(
            "-- reads: work\nSELECT w.{key} AS job_id, w.what AS kind, w.how AS status, w.tries AS attempts, w.most AS max_attempts, w.who AS worker,
                    w.added AS created_at, w.due AS scheduled_at, w.again AS retry_at, w.began AS started_at, w.until AS lease_until,
                    w.ended AS finished_at, NULL::timestamptz AS failed_at, w.why AS error, w.asked AS payload, w.got AS result, w.xmin::text AS version
             FROM work w {more}"
        ));
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        run(bursar()
            .args(["--trust-pack", "jobs"])
            .args(arguments)
            .env("DATABASE_URL", self.db.url())
            .env("BURSAR_APP", self.folder.path()))
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[&arguments[..1], &["-o", "json"], &arguments[1..]].concat()).ok();
        serde_json::from_str(&ran.stdout).unwrap()
    }

    fn add(&self, columns: &str, values: &str) -> String {
        self.db.sql(&format!("INSERT INTO own.work ({columns}) VALUES ({values})"));
        self.db.value("SELECT max(no) FROM own.work")
    }
}

#[test]
fn a_pack_of_ones_own_has_its_own_words_keys_and_times() {
    let own = Own::new("no");
    let mut ids = Vec::new();
    for (how, rest) in [
        ("new", "NULL"),
        ("in line", "now() + interval '4 minutes 30 seconds'"),
        ("in line", "'infinity'"),
        ("busy", "NULL"),
        ("fine", "NULL"),
        ("done", "NULL"),
        ("it''s broken", "NULL"),
        ("odd", "NULL"),
    ] {
        ids.push(own.add("how, due, until, asked", &format!("'{how}', {rest}, now() + interval '4 minutes 30 seconds', '{{\"a\": [{{\"b\": 1.50}}], \"a\": {{\"c\": true}}}}'")));
    }
    ids.push(own.add("how", "NULL"));
    for (n, sentence) in [
        (
            0,
            "it waits for a worker, and no other is due before it; whether something holds it back is not known; when a worker was last seen is not known",
        ),
        (1, "it is scheduled, and due in 4 min "),
        (2, "it is never due: its scheduled time is infinity"),
        (3, "it is running: a worker that is not named holds it for another 4 min"),
        (4, "it is done"),
        (5, "it failed or was cancelled, and is not tried again"),
        (6, "it failed, and no time is set for the next attempt"),
        (7, "its status is 'odd', which the pack does not map to a state"),
        (8, "its status is 'null'"),
    ] {
        let why = own.json(&["why", &ids[n]]);
        assert!(why["sentence"].as_str().unwrap().starts_with(sentence), "{why}");
    }
    // Its own word goes before the name of a state, in every command.
    let dead = own.json(&["list", "--status", "done"]);
    assert_eq!(
        (&dead["jobs"][0]["status"], &dead["jobs"][0]["state"], dead["jobs"].as_array().unwrap().len()),
        (&json!("done"), &json!("dead"), 1)
    );
    let counted = own.json(&["count", "--status", "done"]);
    assert_eq!((&counted["counts"][0]["status"], &counted["total"]["count"]), (&json!("done"), &json!(1)));
    assert_eq!(own.json(&["list", "--status", "it's broken,in line"])["jobs"].as_array().unwrap().len(), 3);
    assert_eq!(own.json(&["list", "--status", "queued"])["jobs"].as_array().unwrap().len(), 3);
    // What it does not know is counted, listed and marked all the same.
    let count = own.json(&["count"]);
    assert_eq!((&count["total"]["count"], &count["unknown"]["count"]), (&json!(9), &json!(2)));
    let table = own.run(&["count"]).ok().stdout;
    assert!(table.contains("unknown to the pack") && table.trim_end().ends_with("  9"), "{table}");
    own.run(&["count", "-o", "csv"]).ok().says("2 more have a status that own does not know");
    let all = own.json(&["list"]);
    assert_eq!(all["jobs"].as_array().unwrap().len(), 9);
    assert!(own.run(&["list"]).ok().stdout.contains("? odd"));
    refused(own.run(&["list", "--status", "odd"]), &["no job has the status 'odd'", "new, in line, busy"]);
    // Payloads are JSON that keeps what it was given, and is looked into all the same.
    assert_eq!(own.json(&["list", "--payload", "a.c=true"])["jobs"].as_array().unwrap().len(), 8);
    assert!(
        own.run(&["show", &ids[0], "-o", "json"])
            .ok()
            .stdout
            .contains("{\"a\": [{\"b\": 1.50}], \"a\": {\"c\": true}}")
    );
    // Keys are numbers: a beginning is none.
    for wrong in ["", "x", "1 OR true", "99999999999999999999", "1.0"] {
        refused(own.run(&["show", wrong]), &["no job has the id"]);
    }
    // How long a job may wait is its own too.
    own.db.sql("UPDATE own.work SET added = now() - interval '5 minutes'");
    assert_eq!(own.json(&["list"])["verdict"]["is"], "keeping_up");
    own.db.sql("UPDATE own.work SET added = now() - interval '11 minutes 1 second'");
    // Somebody has one in its lease, so not nobody is there.
    assert_eq!(own.json(&["list"])["verdict"]["is"], "falling_behind");
    own.db.sql("UPDATE own.work SET until = NULL");
    assert_eq!(own.json(&["list"])["verdict"]["is"], "stalled");
    // Pages go through numbers in the order of numbers.
    own.db.sql("INSERT INTO own.work (how, added) SELECT 'fine', '2026-01-01' FROM generate_series(1, 111)");
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut arguments = vec!["list", "--until", "2026-01-02", "--limit", "9"];
        arguments.extend(cursor.as_deref().into_iter().flat_map(|c| ["--cursor", c]));
        let page = own.json(&arguments);
        seen.extend(
            page["jobs"].as_array().unwrap().iter().map(|j| j["job"].as_str().unwrap().parse::<i64>().unwrap()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen.len(), 111);
    assert!(seen.is_sorted_by(|a, b| a > b));
    // There are no attempts: the last one of each job has to do for workers, waits and runs.
    own.db.sql(
        "DELETE FROM own.work; INSERT INTO own.work (how, who, added, began, ended) VALUES
        ('fine', 'w-1', now() - interval '90 seconds', now() - interval '80 seconds', now() - interval '60 seconds'),
        ('done', 'w-1', now() - interval '90 seconds', now() - interval '70 seconds', now() - interval '75 seconds'),
        ('busy', 'w-2', now(), now(), NULL)",
    );
    let workers = own.json(&["workers"])["workers"].clone();
    assert_eq!((&workers[0]["worker"], &workers[0]["running"]), (&json!("w-2"), &json!(1)));
    assert_eq!(
        (&workers[1]["done"], &workers[1]["failed"], &workers[1]["median_ms"]),
        (&json!(1), &json!(1), &json!(20_000))
    );
    let latency = own.json(&["latency"]);
    assert_eq!(
        (&latency["wait"]["max_ms"], &latency["run"]["max_ms"], &latency["run"]["count"]),
        (&json!(20_000), &json!(20_000), &json!(1))
    );
}

#[test]
fn ids_that_are_text_are_found_whole_and_are_safe_to_show_and_to_copy() {
    let own = Own::new("name");
    // What the pack cannot change is no way out.
    std::fs::create_dir(own.folder.path().join("functions")).unwrap();
    own.write("functions/jobs.sql", "CREATE FUNCTION bursar.x() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;");
    for name in sample(["'; DROP TABLE own.work; --", "$(reboot)", "\u{1b}[2J\u{202e}", "=cmd()", "-rf", "ดวง/7"], 2)
    {
        own.db.sql(&format!("DELETE FROM own.work; INSERT INTO own.work (name, how, added) VALUES ({}, 'done', '2026-01-02'), ('zzz', 'done', '2026-01-01')", quote(name)));
        let list = own.json(&["list", "--limit", "1"]);
        assert_eq!(list["jobs"][0]["job"], name);
        let next = list["next"].as_str().unwrap().to_owned();
        assert_eq!(own.json(&["list", "--cursor", &next])["jobs"][0]["job"], "zzz");
        assert_eq!(own.json(&["show", "--", name])["job"]["job"], name);
        let why = own.json(&["why", "--", name]);
        let id = why["remedy"].as_str().unwrap().strip_prefix("bursar --trust-pack jobs retry ").unwrap();
        let remedy = id.strip_prefix("-- ").unwrap_or(id);
        let echoed = run(std::process::Command::new("sh").args(["-c", &format!("printf %s {remedy}")]));
        assert_eq!(echoed.stdout, name, "{remedy}");
        for arguments in
            [&["list"][..], &["list", "--limit", "1"], &["why", "--", name], &["show", "--", name], &["triage"]]
        {
            let ran = own.run(arguments).ok();
            for dangerous in ['\u{1b}', '\u{202e}'] {
                assert!(!ran.stdout.contains(dangerous) && !ran.stderr.contains(dangerous), "{arguments:?}: {ran:?}");
            }
        }
        // Behind an id that begins as a flag does, no flag is read.
        own.db.sql("UPDATE own.work SET how = 'new', tries = 1, most = 1 WHERE name <> 'zzz'");
        let remedy = format!("bursar --trust-pack jobs cancel --reason 'out of attempts' {id}");
        assert_eq!(own.json(&["why", "--", name])["remedy"], remedy);
    }
    refused(own.run(&["show", "zz"]), &["no job has the id 'zz'"]);
    // Nothing is told of what takes too long: neither that nothing waits nor how many there are.
    own.db.sql("UPDATE own.work SET how = 'new'");
    own.jobs("name", "CROSS JOIN LATERAL (SELECT pg_sleep(0.4) FROM (SELECT w.no) n) slow");
    let told = own.json(&["count"]);
    assert_eq!((&told["verdict"]["is"], &told["total"]["exact"]), (&json!("unknown"), &json!(false)));
    assert!(own.run(&["count"]).ok().stdout.starts_with("? unknown"));
    assert_eq!(own.json(&["count", "--exact"])["total"], json!({"count": 2, "exact": true}));
}

/// A job that is scheduled and out of attempts is never taken, nor one that is to be tried again at a time to come.
#[test]
fn a_scheduled_job_that_is_out_of_attempts_is_held_back() {
    let own = Own::new("no");
    let columns = "how, due, again, added, tries, most";
    let ahead = "now() + interval '1 hour', now() + interval '1 hour', now() - interval '3 hours'";
    for how in ["in line", "it''s broken"] {
        own.db.sql("DELETE FROM own.work");
        let left = own.add(columns, &format!("'{how}', {ahead}, 1, 2"));
        assert_eq!(own.json(&["list"])["verdict"]["is"], "idle", "{how}");
        assert_eq!(own.json(&["why", &left])["why"]["is"], "not_yet", "{how}");
        let spent = own.add(columns, &format!("'{how}', {ahead}, 2, 2"));
        let list = own.json(&["list"]);
        assert_eq!((&list["verdict"]["is"], &list["health"]["held_back"]), (&json!("held_back"), &json!(1)), "{list}");
        assert_eq!(list["health"]["claimable"], 0, "{list}");
        assert_eq!(own.json(&["why", &spent])["why"]["is"], "out_of_attempts", "{how}");
    }
}

/// The verdict does not say that no job is held back, where too many wait for a later time to look at all of them.
#[test]
fn a_job_out_of_attempts_behind_many_that_wait_for_their_time_is_not_ruled_out() {
    let own = Own::new("no");
    own.db.sql(&format!(
        "INSERT INTO own.work (how, added, again, tries, most)
         SELECT 'it''s broken', now() - interval '3 hours', now() + interval '1 hour', 1, 2 FROM generate_series(1, 10001);
         INSERT INTO own.work (how, what, added, again, tries, most)
         VALUES ('it''s broken', 'slow', now() - interval '3 hours', now() + interval '2 hours', 2, 2);
         CREATE INDEX ON own.work (how, again); ANALYZE own.work; ALTER DATABASE {} SET enable_sort = off",
        own.db.name
    ));
    let held = own.json(&["list"]);
    assert_eq!((&held["verdict"]["is"], &held["health"]["held_back"]), (&json!("held_back"), &json!(1)), "{held}");
    // Now a look at that one takes too long. The first in their order are looked at without it.
    own.jobs("no", "CROSS JOIN LATERAL (SELECT pg_sleep(CASE WHEN n.what = 'slow' THEN 0.6 ELSE 0 END) FROM (SELECT w.what) n) slow");
    let list = own.json(&["list", "--limit", "1"]);
    assert_eq!(list["verdict"]["is"], "unknown", "{list}");
    assert_eq!(list["health"]["held_back"], Value::Null, "{list}");
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
