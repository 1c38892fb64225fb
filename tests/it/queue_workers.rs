//! Queues whose own workers run: jobs that they have worked on, that they lost when they were killed, and that they take again
//! after bursar has changed them. `make test-queues` installs the queues and runs these.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::support::{Db, Running, Starts as _, Template, env, file, run, until};

/// A queue whose workers are a program in Python.
struct Queue {
    name: &'static str,
    /// Makes the last sign of life of its workers an old one.
    silence: &'static str,
    /// What the row of job `$` holds that is not about a time, and what is recorded of it.
    row: &'static str,
}

/// How the jobs of each kind stand, in the order in which they were added.
type States = BTreeMap<String, Vec<String>>;

impl Queue {
    fn program(&self, db: &Db, arguments: &[&str]) -> Command {
        let python = file("target/tools/queue-workers/bin/python");
        assert!(python.exists(), "there are no queue workers: make queue-workers");
        let mut command = Command::new(python);
        command.arg(file(&format!("tests/workers/{}_app.py", self.name))).args(arguments).env("DATABASE_URL", db.url());
        command
    }

    fn does(&self, db: &Db, arguments: &[&str]) {
        run(&mut self.program(db, arguments)).ok();
    }

    fn worker(&self, db: &Db) -> Running {
        self.program(db, &["work"]).starts_quietly()
    }

    fn states(db: &Db) -> States {
        let list = db.json(&["jobs", "list", "--limit", "0", "-o", "json"]);
        let mut states = States::new();
        for job in list["jobs"].as_array().unwrap_or_else(|| panic!("{list}")).iter().rev() {
            let text = |key: &str| job[key].as_str().unwrap_or_default().to_owned();
            states.entry(text("kind")).or_default().push(text("state"));
        }
        states
    }

    /// The ids of the jobs of a kind, in the order in which they were added.
    fn jobs(db: &Db, kind: &str) -> Vec<String> {
        let list = db.json(&["jobs", "list", "--limit", "0", "--type", kind, "-o", "json"]);
        let mut jobs: Vec<u64> =
            list["jobs"].as_array().unwrap().iter().map(|j| j["job"].as_str().unwrap().parse().unwrap()).collect();
        jobs.sort_unstable();
        jobs.iter().map(u64::to_string).collect()
    }

    fn row(&self, db: &Db, job: &str) -> Value {
        serde_json::from_str(&db.value(&self.row.replace('$', job))).unwrap()
    }

    /// What the queue's library and bursar make of two jobs that stand alike is alike.
    fn alike(&self, db: &Db, jobs: &[String], library: &str, bursar: &[&str]) {
        assert_eq!(self.row(db, &jobs[0]), self.row(db, &jobs[1]), "{}: before {library}", self.name);
        self.does(db, &[library, &jobs[0]]);
        db.bursar(&[&["jobs"], bursar, &[&jobs[1], "--yes"]].concat()).ok();
        assert_eq!(self.row(db, &jobs[0]), self.row(db, &jobs[1]), "{}: {library}", self.name);
    }

    fn tried(&self) {
        let db = Db::new(Template::Empty);
        db.sql("CREATE TABLE ran (kind text)");
        self.does(&db, &["install"]);
        self.does(&db, &["defer", "mail", "mail", "bad", "bad", "flaky", "slow"]);
        let worker = self.worker(&db);
        let expected: States = [("mail", "done"), ("bad", "dead"), ("flaky", "failed"), ("slow", "running")]
            .map(|(kind, state)| (kind, vec![state; if ["mail", "bad"].contains(&kind) { 2 } else { 1 }]))
            .map(|(kind, states)| (kind.to_owned(), states.into_iter().map(str::to_owned).collect()))
            .into();
        until("the jobs stand as they should", || Self::states(&db) == expected);
        let slow = Self::jobs(&db, "slow").remove(0);
        assert!(db.bursar(&["jobs", "why", &slow]).ok().stdout.contains("it is running: "));
        // The worker is killed while it has a job.
        drop(worker);
        db.sql(self.silence);
        let stuck = db.json(&["jobs", "stuck", "-o", "json"]);
        assert_eq!(
            (&stuck["jobs"][0]["job"], stuck["jobs"].as_array().unwrap().len()),
            (&slow.as_str().into(), 1),
            "{stuck}"
        );
        for command in [
            &["queues"][..],
            &["workers"],
            &["triage"],
            &["latency"],
            &["throughput"],
            &["show", &slow],
            &["count"],
            &["count", "--by", "type,status"],
            &["schedules"],
            &["watch", "-o", "ndjson", "--count", "1"],
        ] {
            db.bursar(&[&["jobs"], command].concat()).ok();
        }
        // What these queues have not, no command pretends.
        db.bursar(&["jobs", "pause", "default", "--yes"]).exits(2).says("no function that pauses a queue");
        db.bursar(&["jobs", "streams"]).exits(2);
        db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
        self.alike(&db, &Self::jobs(&db, "bad"), "retry", &["retry"]);
        self.does(&db, &["defer", "mail", "mail"]);
        self.alike(&db, &Self::jobs(&db, "mail")[2..], "cancel", &["cancel", "--reason", "refunded"]);
        db.bursar(&["jobs", "stuck", "--release", &slow, "--yes"]).ok();
        let flaky = Self::jobs(&db, "flaky").remove(0);
        db.bursar(&["jobs", "reschedule", &flaky, "--at", "2030-06-15", "--yes"]).ok().tells("1 rescheduled");
        let why = db.bursar(&["jobs", "why", &flaky]).ok().stdout;
        assert!(why.contains("is tried again in"), "{}: {why}", self.name);
        db.bursar(&["jobs", "retry", "--type", "flaky", "--all", "--yes"]).ok();
        // Whatever was to run runs once, and what was cancelled does not.
        run(self.program(&db, &["drain"]).env("REPAIRED", "1")).ok();
        assert_eq!(
            db.value("SELECT string_agg(kind, ' ' ORDER BY kind) FROM ran"),
            "bad bad flaky mail mail slow",
            "{}",
            self.name
        );
        let ended: Vec<String> = Self::states(&db).into_values().flatten().collect();
        assert_eq!(ended.iter().filter(|state| *state == "done").count(), 6, "{}: {ended:?}", self.name);
        assert_eq!(ended.iter().filter(|state| *state == "cancelled").count(), 2, "{}: {ended:?}", self.name);
        let folder = tempfile::tempdir().unwrap();
        let export = folder.path().join("jobs.ndjson").display().to_string();
        db.bursar(&["jobs", "purge", "--status", "done", "--export", &export, "--yes"]).ok();
        assert_eq!(std::fs::read_to_string(&export).unwrap().lines().count(), 6, "{}", self.name);
        db.bursar(&["jobs", "delete", "--status", "cancelled", "--yes"]).ok().tells("2 deleted");
        assert_eq!(Self::states(&db), States::new(), "{}", self.name);
    }
}

#[test]
fn procrastinate_works_on_what_bursar_has_changed() {
    if env("BURSAR_QUEUES").is_some() {
        Queue {
            name: "procrastinate",
            silence: "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '5 min'",
            row: "SELECT to_jsonb(j) - 'id' - 'scheduled_at' || jsonb_build_object('is_due', j.scheduled_at <= now(), 'events',
                         (SELECT string_agg(e.type::text, ' ' ORDER BY e.id) FROM procrastinate_events e WHERE e.job_id = j.id))
                    FROM procrastinate_jobs j WHERE j.id = $",
        }
        .tried();
    }
}

#[test]
fn pgqueuer_works_on_what_bursar_has_changed() {
    if env("BURSAR_QUEUES").is_some() {
        Queue {
            name: "pgqueuer",
            silence: "UPDATE pgqueuer SET heartbeat = heartbeat - interval '5 min'",
            row: "SELECT coalesce((SELECT to_jsonb(p) - 'id' - 'created' - 'updated' - 'heartbeat' - 'execute_after' FROM pgqueuer p WHERE p.id = $), '{}')
                      || jsonb_build_object('log', (SELECT string_agg(concat_ws(' ', l.status, l.priority, l.entrypoint, l.aggregated), ', ' ORDER BY l.id)
                                                      FROM pgqueuer_log l WHERE l.job_id = $))",
        }
        .tried();
    }
}
