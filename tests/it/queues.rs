//! The packs for queues that people run, on the queues themselves: their schema, jobs in every state by their own workers, a
//! worker that is killed, and what bursar puts back is run by them once. `make test-queues` installs them and runs this.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Db, Ran, Starts as _, Template, file, hermetic, run};

/// A queue, and how it is driven.
struct Driven {
    pack: &'static str,
    driver: &'static [&'static str],
    /// Makes the lease of the job that is held run out.
    expire: &'static str,
    /// Adds a job that something has held back for three days; empty if nothing does that.
    block: &'static str,
    /// Its word for a job that may be taken.
    queued: &'static str,
    /// True if it says what is done.
    keeps_done: bool,
}

/// Whether the queues were asked for: they are installed from npm.
fn wanted() -> bool {
    crate::support::env("BURSAR_QUEUES").is_some()
}

impl Driven {
    fn command(&self, db: &Db, command: &str) -> Command {
        let mut node = Command::new("node");
        hermetic(&mut node);
        node.current_dir(file("tests/queues")).args(self.driver).args([command, &db.url()]);
        node
    }

    /// What the driver prints.
    fn drive(&self, db: &Db, command: &str) -> String {
        run(&mut self.command(db, command)).ok().stdout
    }
}

/// What waits for its turn is counted in the order in which the queue takes it, within the queue, and what a policy holds
/// back is named.
fn turns(driven: &Driven) {
    if !wanted() {
        return;
    }
    let db = Db::new(Template::Empty);
    let added: Value = serde_json::from_str(driven.drive(&db, "turns").lines().last().unwrap()).unwrap();
    let why = |job: &str| db.json(&["jobs", "why", job, "-o", "json"])["why"].clone();
    let jobs = |queue: &str| -> Vec<String> {
        added[queue].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    };
    let mut told: Vec<(Value, String)> =
        jobs("turns").iter().map(|job| (why(job)["others"].clone(), job.clone())).collect();
    told.sort_by_key(|(others, _)| others.as_i64());
    assert_eq!(
        told.iter().map(|(others, _)| others.as_i64()).collect::<Vec<_>>(),
        (0..5).map(Some).collect::<Vec<_>>()
    );
    for queue in ["single", "stately"] {
        let [runs, waits] = <[String; 2]>::try_from(jobs(queue)).unwrap();
        assert_eq!(
            why(&waits)["by"],
            format!("job {runs}, which runs with the key one: its queue lets one run at a time")
        );
    }
    if let Some(keyed) = added.get("keyed") {
        let by = |at: usize| {
            why(keyed[at].as_str().unwrap())["by"].as_str().map(|by| by.split_once(", ").unwrap().1.to_owned())
        };
        assert_eq!(by(1).unwrap(), "which runs: the key one keeps its order");
        assert_eq!(
            (by(2), by(3).unwrap()),
            (None, "which was added before it: the key two keeps its order".to_owned())
        );
    }
    let mut expected: Vec<String> = told.into_iter().map(|(_, job)| format!("turns {job}")).collect();
    expected.extend(added.get("keyed").map(|keyed| format!("keyed {}", keyed[2].as_str().unwrap())));
    assert_eq!(driven.drive(&db, "take").lines().collect::<Vec<_>>(), expected);
}

fn tried(driven: &Driven) {
    if !wanted() {
        return;
    }
    let db = Db::new(Template::Empty);
    let printed = driven.drive(&db, "fill");
    let ids: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    let id = |name: &str| ids[name].as_str().unwrap_or_else(|| panic!("{name}: {ids}")).to_owned();
    let json = |line: &[&str]| -> Value {
        let ran = db.bursar(&[&["jobs"], line, &["-o", "json"]].concat()).ok();
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
    };
    let why = |name: &str| json(&["why", &id(name)])["sentence"].as_str().unwrap().to_owned();
    let change = |line: &[&str]| -> Ran { db.bursar(&[&["jobs"], line, &["--yes"]].concat()) };
    // A worker dies with a job.
    let mut worker = driven.command(&db, "hold").stdout(Stdio::piped()).starts();
    let mut told = BufReader::new(worker.stdout.take().unwrap()).lines();
    let held = told.find_map(|line| Some(line.ok()?).filter(|line| *line == id("held"))).expect("it holds a job");
    worker.kill().unwrap();
    worker.wait().unwrap();

    // The database is known by its columns, and the functions are installed without naming it either.
    let listed = json(&["list"]);
    assert_eq!(listed["app"], driven.pack, "{listed}");
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    db.bursar(&["audit"]).exits(6).tells("each is returned once");
    let state = |name: &str| json(&["show", &id(name)])["job"]["state"].as_str().unwrap().to_owned();
    let mut expected = vec![
        ("broken", "dead"),
        ("again", "failed"),
        ("idle", "queued"),
        ("later", "queued"),
        ("gone", "cancelled"),
        ("held", "running"),
    ];
    expected.extend(driven.keeps_done.then_some(("done", "done")));
    for (name, wanted) in &expected {
        assert_eq!(state(name), *wanted, "{name}");
    }
    for (name, says) in [
        ("broken", "it is out of attempts: 1 of 1"),
        ("again", "it failed, and is tried again in"),
        ("later", "it is scheduled, and due in"),
        ("gone", "it was cancelled"),
        ("held", "it is running: "),
    ] {
        let told = why(name);
        // What is tried again after seconds may be due by now.
        let is_due = name == "again" && told.starts_with("it is ");
        assert!(told.starts_with(says) || is_due, "{name}: {told}");
    }
    assert_eq!(json(&["triage"])["groups"][0]["pattern"], "timeout after # ms");
    for line in [
        &["queues"][..],
        &["count"],
        &["count", "--by", "queue,type,status"],
        &["latency"],
        &["throughput"],
        &["schedules"],
        &["stuck"],
    ] {
        assert_eq!(json(line)["app"], driven.pack, "{line:?}");
    }
    db.bursar(&["jobs", "watch", "-o", "ndjson", "--count", "1"]).ok();
    db.bursar(&["jobs", "pause", "mail", "--yes"]).exits(2).says("no function that pauses a queue");
    db.bursar(&["jobs", "streams"]).exits(2);
    // pg-boss 10 keeps no word of who works.
    let workers = db.bursar(&["jobs", "workers"]);
    if driven.driver.contains(&"pg-boss-10") {
        workers.exits(2)
    } else {
        workers.ok()
    };

    // Nothing is past its lease yet, and then it is.
    change(&["stuck", "--release"]).ok();
    assert_eq!(state("held"), "running");
    db.sql(driven.expire);
    assert_eq!(json(&["stuck"])["jobs"][0]["job"], held);
    assert!(why("held").starts_with("its lease expired"), "{}", why("held"));
    change(&["stuck", "--release", "--force"]).ok().tells("1 released");
    // What cannot be done to a job is not done.
    change(&["retry", &id("idle")]).exits(6);
    change(&["retry", &id("gone")]).exits(6);
    change(&["cancel", &id("broken"), "--reason", "no"]).exits(6);
    change(&["retry", &id("broken"), &id("again")]).ok().tells("2 retried");
    change(&["cancel", &id("idle"), "--reason", "not needed"]).ok();
    assert_eq!(state("idle"), "cancelled");
    change(&["reschedule", &id("later"), "--at", "2020-01-01"]).ok();
    assert_eq!(json(&["show", &id("later")])["job"]["status"], driven.queued);
    db.bursar(&["operations", "verify"]).ok();

    // The real worker runs what was put back, each once, and nothing else.
    let worked = driven.drive(&db, "work");
    let times = |name: &str| worked.lines().filter(|line| line.split(' ').nth(1) == Some(id(name).as_str())).count();
    for (name, wanted) in
        [("broken", 1), ("again", 1), ("held", 1), ("later", 1), ("idle", 0), ("gone", 0), ("done", 0)]
    {
        assert_eq!(times(name), wanted, "{name}: {worked}");
    }
    // What was cancelled runs when that is said, and its error is gone.
    change(&["retry", "--cancelled", &id("idle"), &id("gone")]).ok().tells("2 retried");
    assert_eq!(json(&["show", &id("idle")])["job"]["error"], Value::Null);
    assert_eq!(json(&["show", &id("idle")])["job"]["attempts"], 0, "it has never run");
    if driven.keeps_done {
        assert_eq!(state("broken"), "done");
        change(&["delete", &id("broken")]).ok();
        db.bursar(&["jobs", "show", &id("broken")]).exits(2);
    }
    change(&["delete", &id("gone")]).ok();
    let worked = driven.drive(&db, "work");
    let times = |name: &str| worked.lines().filter(|line| line.split(' ').nth(1) == Some(id(name).as_str())).count();
    assert_eq!((times("idle"), times("gone")), (1, 0), "{worked}");
    if driven.pack == "graphile-worker" {
        // A text that jsonb cannot hold fails nothing.
        db.sql(r#"SELECT graphile_worker.add_job('idle', '{"s": "a\u0000b", "n": 1}'::json, run_at := now() + interval '1 h')"#);
        let job = db.value("SELECT max(id) FROM graphile_worker._private_jobs");
        assert_eq!(json(&["list", "--payload", "n=1"])["jobs"][0]["job"], job);
        change(&["cancel", &job, "--reason", "no"]).ok();
        change(&["delete", &job]).ok();
    }
    if driven.keeps_done {
        let folder = tempfile::tempdir().unwrap();
        let export = folder.path().join("jobs.ndjson").display().to_string();
        change(&["purge", "--status", "done", "--max", "1", "--export", &export]).ok();
        assert_eq!(std::fs::read_to_string(&export).unwrap().lines().count(), 1);
    }
    db.sql(driven.block);
    let told = json(&["list"])["health"]["held_back"].clone();
    assert_eq!(told, u8::from(!driven.block.is_empty()));
}

fn pg_boss(module: &'static [&'static str], block: &'static str) -> Driven {
    Driven {
        pack: "pg-boss",
        driver: module,
        expire: "UPDATE pgboss.job SET started_on = now() - interval '1 day' WHERE name = 'held'",
        block,
        queued: "created",
        keeps_done: true,
    }
}

#[test]
fn pg_boss_10() {
    let driven = pg_boss(&["pg-boss.js", "pg-boss-10"], "");
    tried(&driven);
    turns(&driven);
}

#[test]
fn pg_boss_12() {
    let block = "UPDATE pgboss.job SET state = 'created', blocked = true, completed_on = NULL,
                     created_on = now() - interval '3 d', start_after = now() - interval '3 d'
                  WHERE name = (SELECT min(name) FROM pgboss.job WHERE state = 'completed')";
    let driven = pg_boss(&["pg-boss.js", "pg-boss"], block);
    tried(&driven);
    turns(&driven);
}

#[test]
fn graphile_worker() {
    tried(&Driven {
        pack: "graphile-worker",
        driver: &["graphile-worker.js"],
        expire: "UPDATE graphile_worker._private_jobs SET locked_at = now() - interval '5 hours' WHERE locked_at IS NOT NULL",
        // The worker that has the lock of its named queue is gone.
        block: "SELECT graphile_worker.add_job('idle', queue_name := 'one', run_at := now() - interval '3 d');
                UPDATE graphile_worker._private_job_queues SET locked_at = now() - interval '2 h', locked_by = 'gone'",
        queued: "queued",
        keeps_done: false,
    });
}
