//! The queue of an application that holds jobs back, has queues and priorities, deletes what is done, and keeps text that is
//! not always JSON.

use serde_json::{Value, json};

use crate::support::{Db, Ran, Template, bursar, run};

pub(super) struct Foreign {
    pub db: Db,
    pub folder: tempfile::TempDir,
}

const MANIFEST: &str = "name = \"q\"\ntitle = \"A queue\"\nschema = \"q\"\ndetect = [\"job.body\"]\ntables = [\"job\"]\n\n[thresholds]\nfuture_tolerance_secs = 300\n\n[jobs]\n";

/// As pg-boss has them: what is tried again is no `failed`, which is final there.
pub(super) const STATES: &str = "[jobs.states]\nqueued = [\"created\"]\nwaiting = [\"suspended\"]\nrunning = [\"active\"]\nfailed = [\"retry\"]\ndone = [\"completed\"]\ndead = [\"failed\"]\ncancelled = [\"cancelled\"]\n";

/// The values of the columns that a pack may add.
const MORE: &str = "j.lane AS queue, j.rank AS priority, j.held_by AS blocked_by,";

impl Foreign {
    pub fn new(facts: &str, states: &str, more: &str) -> Foreign {
        let db = Db::new(Template::Empty);
        db.sql(
            "CREATE SCHEMA q;
             CREATE TABLE q.job (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, state text, lane text, rank int, held_by text,
                 who text, body text, came timestamptz DEFAULT now(), began timestamptz, ended timestamptz, again timestamptz, why text)",
        );
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        file("pack.toml", &format!("{MANIFEST}{facts}\n{states}"));
        file(
            "jobs.sql",
            &format!(
                "-- reads: job\nSELECT j.id AS job_id, j.name AS kind, j.state AS status, {more} NULL::int AS attempts, NULL::int AS max_attempts, j.who AS worker,
                        j.came AS created_at, NULL::timestamptz AS scheduled_at, j.again AS retry_at, j.began AS started_at, NULL::timestamptz AS lease_until,
                        j.ended AS finished_at, j.ended AS failed_at, j.why AS error, j.body AS payload, NULL::jsonb AS result, j.xmin::text AS version
                   FROM job j"
            ),
        );
        Foreign { db, folder }
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        let app = self.folder.path().to_str().unwrap();
        run(bursar().args(arguments).args(["--app", app, "--trust-pack", "-d", &self.db.url()]))
    }

    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[&["jobs"], arguments, &["-o", "json"]].concat()).ok();
        serde_json::from_str(&ran.stdout).unwrap()
    }

    pub fn add(&self, columns: &str, values: &str) -> String {
        self.db.sql(&format!("INSERT INTO q.job (name, {columns}) VALUES ('mail', {values})"));
        self.db.value("SELECT max(id) FROM q.job")
    }

    pub fn why(&self, id: &str) -> String {
        self.json(&["why", id])["sentence"].as_str().unwrap().to_owned()
    }
}

#[test]
fn failures_are_found_by_their_states_and_not_by_names_that_are_the_applications_own() {
    let foreign = Foreign::new("lacks = [\"leases\"]", STATES, MORE);
    foreign.db.sql(
        "INSERT INTO q.job (name, state, why, ended) SELECT 'mail', 'retry', 'timeout after ' || g, now() FROM generate_series(1, 15) g;
         INSERT INTO q.job (name, state, why, ended) VALUES ('mail', 'failed', 'no such card', now()), ('mail', 'cancelled', 'by Ada', now())",
    );
    let triage = foreign.json(&["triage"]);
    assert_eq!((&triage["failures"], &triage["groups"][0]["count"]), (&json!(16), &json!(15)), "{triage}");
    let said = foreign.run(&["jobs", "triage"]).ok();
    let handle = triage["groups"][0]["fingerprint"].as_str().unwrap();
    let app = foreign.folder.path().display();
    // The hint names the application, does not offer what the pack cannot do, and works as it is pasted.
    let hint = format!("bursar --app {app} --trust-pack jobs list --status retry,failed --error {handle}");
    assert!(said.stderr.contains(&hint) && !said.stderr.contains("jobs retry"), "{}", said.stderr);
    let list = foreign.json(&["list", "--status", "retry,failed", "--error", handle]);
    assert_eq!(list["jobs"].as_array().unwrap().len(), 15);
    assert_eq!(foreign.json(&["count", "--status", "cancelled"])["total"]["count"], 1);
    // Those that say nothing are counted, without a table of nothing.
    foreign.db.sql("UPDATE q.job SET why = NULL");
    let said = foreign.run(&["jobs", "triage"]).ok().stdout;
    assert!(said.contains("16 jobs failed without an error text.") && !said.contains("handle"), "{said}");
}

#[test]
fn why_says_what_is_known_of_what_holds_a_job_back() {
    let foreign = Foreign::new("lacks = [\"leases\"]", STATES, MORE);
    let first = foreign.add("state, lane, rank, came", "'created', 'a', 5, now() - interval '20 s'");
    assert_eq!(foreign.why(&first), "it is next; no worker was ever seen");
    let blocked =
        foreign.add("state, lane, rank, held_by, came", "'created', 'a', 1, 'lock 7', now() - interval '1 d'");
    assert_eq!(foreign.why(&blocked), "it may not be taken yet: it is blocked by lock 7");
    let suspended = foreign.add("state, lane, rank", "'suspended', 'a', 1");
    assert_eq!(foreign.why(&suspended), "it may not be taken yet, as its status says");
    // Neither waits for a worker, and the one that has been held back for long is told.
    assert_eq!(foreign.json(&["list"])["verdict"]["is"], "held_back");
    let held = foreign.add("state, lane, rank, who, came", "'created', 'a', 9, 'w-crashed', now() - interval '20 s'");
    assert_eq!(
        foreign.why(&held),
        "its status says that it waits, but w-crashed has it or had it last, and was not seen since"
    );
    let odd = foreign.add("state, lane, came", "'created', 'a', now() - interval '20 s'");
    assert_eq!(foreign.why(&odd), "it waits for a worker; when a worker was last seen is not known");
    // A later one that matters more goes before, one of another queue does not, and of one time each has a place.
    foreign.add("state, lane, rank", "'created', 'a', 1");
    foreign.add("state, lane, rank, came", "'created', 'b', 1, now() - interval '40 s'");
    assert_eq!(
        foreign.why(&first),
        "it is behind 1 other; jobs of a higher priority wait, and go first; when a worker was last seen is not known"
    );
    foreign.db.sql("DELETE FROM q.job; INSERT INTO q.job (name, state, lane, rank) SELECT 'mail', 'created', 'a', 1 FROM generate_series(1, 9)");
    let last = foreign.db.value("SELECT max(id) FROM q.job");
    assert_eq!(foreign.why(&last), "it is behind 8 others; no worker was ever seen");
    // A pack that does not tell what holds a job back cannot tell that nothing does.
    let silent = Foreign::new("lacks = [\"leases\"]", STATES, "");
    let only = silent.add("state, held_by", "'created', 'lock 7'");
    let said = silent.why(&only);
    assert!(said.contains("whether something holds it back is not known") && !said.contains("next"), "{said}");
}

#[test]
fn where_done_jobs_are_deleted_their_pace_is_not_told() {
    // By the pack's word, or because it has no word for done.
    for (facts, states) in [
        ("lacks = [\"leases\", \"done\"]", STATES.to_owned()),
        ("lacks = [\"leases\"]", STATES.replace("done = [\"completed\"]\n", "")),
    ] {
        let foreign = Foreign::new(facts, &states, MORE);
        foreign.db.sql("INSERT INTO q.job (name, state, came) SELECT 'mail', 'created', now() - interval '20 min' FROM generate_series(1, 40)");
        let told = foreign.json(&["list"]);
        assert_eq!((&told["verdict"]["is"], &told["health"]["rates"]), (&json!("waiting"), &Value::Null), "{told}");
        let said = foreign.run(&["jobs"]).ok().stdout;
        assert!(said.starts_with("? waiting · 40 due") && said.contains("the pace cannot be told"), "{said}");
    }
}

/// What nothing tells is not taken for none, what the pack's own query finds counts, and what it cannot do is not offered.
#[test]
fn the_pace_is_what_the_pack_says_of_it() {
    let foreign = Foreign::new("lacks = [\"leases\", \"added\"]", STATES, MORE);
    foreign.db.sql("INSERT INTO q.job (name, state, came, ended) SELECT 'mail', CASE WHEN g < 9 THEN 'created' ELSE 'completed' END, NULL, CASE WHEN g >= 9 THEN now() END FROM generate_series(1, 20) g");
    let file = |name: &str, text: &str| std::fs::write(foreign.folder.path().join(name), text).unwrap();
    let jobs = std::fs::read_to_string(foreign.folder.path().join("jobs.sql")).unwrap();
    for _ in ["by its word", "by the text of the query"] {
        let told = foreign.json(&["list"]);
        assert_eq!((&told["health"]["lacks_added"], &told["health"]["rates"]), (&json!(true), &Value::Null), "{told}");
        foreign.run(&["jobs"]).ok().tells("the pace cannot be told: nothing says when a job was added");
        let manifest = std::fs::read_to_string(foreign.folder.path().join("pack.toml")).unwrap();
        file("pack.toml", &manifest.replace(", \"added\"", ""));
        file("jobs.sql", &jobs.replace("j.came AS created_at", "NULL::timestamptz AS created_at"));
    }
    file("jobs.sql", &jobs);
    std::fs::create_dir(foreign.folder.path().join("jobs")).unwrap();
    file(
        "jobs/pace.sql",
        "SELECT 'a' AS queue, 'mail' AS kind, 'added' AS what, now() AS at, NULL::timestamptz AS created_at FROM generate_series(1, 5)
         UNION ALL SELECT 'a', 'mail', 'done', now(), now() FROM generate_series(1, 4)
         UNION ALL SELECT 'a', 'mail', 'failed', now() - interval '1 h', now() FROM generate_series(1, 3)",
    );
    assert_eq!(foreign.json(&["list"])["health"]["rates"], json!({"added": 5, "done": 4, "failed": 0, "ended": 4}));
    let manifest = std::fs::read_to_string(foreign.folder.path().join("pack.toml")).unwrap();
    for (cannot, says) in [
        ("undo = [\"failed\"]", "names the change 'undo', and knows retry, cancel, release, delete, reschedule"),
        ("retry = [\"fialed\"]", "names the status 'fialed', which is not in [jobs.states]"),
    ] {
        file("pack.toml", &format!("{manifest}\n[jobs.cannot]\n{cannot}\n"));
        foreign.run(&["jobs"]).exits(2).says(says);
    }
}

#[test]
fn a_payload_that_is_no_json_fails_no_filter() {
    let foreign = Foreign::new("lacks = [\"leases\"]", STATES, MORE);
    for body in
        ["not json", "{\"user\": {\"id\": 777}}", "{\"user\": {\"id\": \"777\"}}", "{", "", "{\"user\": {\"id\": 77}}"]
    {
        foreign.add("state, why, body", &format!("'failed', 'e', '{body}'"));
    }
    foreign.add("state, why, body", "'failed', 'e', NULL");
    let found = foreign.json(&["list", "--payload", "user.id=777"]);
    assert_eq!(found["jobs"].as_array().unwrap().len(), 2, "{found}");
    assert_eq!(foreign.json(&["count", "--payload", "user.id=777"])["total"]["count"], 2);
    assert_eq!(foreign.json(&["triage", "--payload", "user.id=777"])["failures"], 2);
    assert_eq!(foreign.json(&["list", "--payload", "user.id=5"])["jobs"], json!([]));
    assert_eq!(foreign.json(&["throughput", "--payload", "user.id=5"])["command"], "jobs throughput");
    let shown = foreign.json(&["show", "1"]);
    assert_eq!(shown["job"]["payload"], "not json");
}

#[test]
fn a_pack_on_disk_gets_its_functions_by_the_command_that_is_documented() {
    let foreign = Foreign::new("lacks = [\"leases\", \"attempts\"]", STATES, MORE);
    let job = foreign.add("state, why", "'failed', 'e'");
    std::fs::create_dir(foreign.folder.path().join("functions")).unwrap();
    std::fs::write(
        foreign.folder.path().join("functions/jobs.sql"),
        "CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
         LANGUAGE sql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
             SELECT j.xmin::text, true FROM q.job j WHERE j.id = p_job::bigint FOR UPDATE SKIP LOCKED $$;
         CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
         LANGUAGE sql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
             UPDATE q.job SET state = 'created' WHERE id = p_job::bigint RETURNING NULL::jsonb $$;",
    )
    .unwrap();
    let documented = std::fs::read_to_string(crate::support::file("docs/jobs.md")).unwrap();
    assert!(documented.contains("bursar migrate up --only bursar --app ./my-pack"), "{documented}");
    let said = foreign.run(&["jobs", "retry", &job, "--yes"]).exits(2).stderr;
    assert!(said.contains("--trust-pack migrate up --only bursar"), "{said}");
    foreign.run(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    foreign.run(&["jobs", "retry", &job, "--yes"]).ok();
    assert_eq!(foreign.db.value("SELECT state FROM q.job"), "created");
    // Where there are functions, a way out is offered, with the application.
    foreign.db.sql("UPDATE q.job SET state = 'failed'");
    let remedy = foreign.json(&["why", &job])["remedy"].as_str().unwrap().to_owned();
    assert_eq!(remedy, format!("bursar --app {} --trust-pack jobs retry {job}", foreign.folder.path().display()));
}
