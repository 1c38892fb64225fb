//! The commands about what an application has set up: paused queues, registered workers, schedules, its own order of taking.

use serde_json::{Value, json};

use super::foreign::{Foreign, STATES};

const MORE: &str =
    "j.lane AS queue, j.rank AS priority, j.held_by AS blocked_by, j.body AS unique_key, j.again AS progress_at,";

/// A queue with lanes that can be paused, workers that are registered, and rules that add jobs.
fn foreign() -> Foreign {
    let foreign = Foreign::new("lacks = [\"leases\", \"attempts\"]", STATES, MORE);
    foreign.db.sql(
        "ALTER TABLE q.job ADD due timestamptz;
         CREATE TABLE q.lane (name text PRIMARY KEY, paused boolean NOT NULL DEFAULT false, most int);
         CREATE TABLE q.worker (name text, lanes text[], names text[], beat timestamptz, began timestamptz);
         CREATE TABLE q.rule (name text, cron text, lane text, what text, next timestamptz, last timestamptz);
         INSERT INTO q.lane (name, most) VALUES ('a', 3), ('b', NULL), ('empty', NULL);
         INSERT INTO q.rule VALUES ('nightly', '0 3 * * *', 'b', 'report', '2030-01-01 03:00Z', NULL)",
    );
    let file = |name: &str, text: &str| std::fs::write(foreign.folder.path().join(name), text).unwrap();
    for folder in ["jobs", "functions"] {
        std::fs::create_dir(foreign.folder.path().join(folder)).unwrap();
    }
    file("jobs/queues.sql", "SELECT name AS queue, paused, most AS limit FROM lane");
    file(
        "jobs/workers.sql",
        "SELECT name AS worker, lanes AS queues, names AS kinds, beat AS heartbeat, began AS since FROM worker",
    );
    file(
        "jobs/schedules.sql",
        "SELECT name, cron, lane AS queue, what AS kind, next AS next_at, last AS last_at, true AS enabled FROM rule",
    );
    file(
        "functions/jobs.sql",
        "CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
         LANGUAGE sql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
             SELECT j.xmin::text, true FROM q.job j WHERE j.id = p_job::bigint FOR UPDATE SKIP LOCKED $$;
         CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
         LANGUAGE sql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
             UPDATE q.job SET state = 'created' WHERE id = p_job::bigint RETURNING NULL::jsonb $$;
         CREATE OR REPLACE FUNCTION bursar.reschedule_job(p_job text, p_at timestamptz) RETURNS jsonb
         LANGUAGE sql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
             UPDATE q.job SET due = p_at WHERE id = p_job::bigint RETURNING NULL::jsonb $$;
         CREATE OR REPLACE FUNCTION bursar.pause_queue(p_queue text, p_paused boolean) RETURNS jsonb
         LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
             IF p_queue = 'empty' THEN RAISE SQLSTATE 'BR002' USING MESSAGE = 'it has no jobs'; END IF;
             UPDATE q.lane SET paused = p_paused WHERE name = p_queue;
             RETURN NULL; END $$;
         CREATE OR REPLACE FUNCTION bursar.run_schedule(p_name text) RETURNS jsonb
         LANGUAGE sql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
             INSERT INTO q.job (name, state, lane, rank) SELECT r.what, 'created', r.lane, 1 FROM q.rule r WHERE r.name = p_name
             RETURNING pg_catalog.jsonb_build_object('job', id) $$;",
    );
    foreign.run(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    foreign
}

fn group<'a>(told: &'a Value, queue: &str) -> &'a Value {
    let groups = told["queues"].as_array().unwrap();
    groups.iter().find(|g| g["queue"] == queue).unwrap_or_else(|| panic!("{queue}: {told}"))
}

#[test]
fn a_paused_queue_is_told_and_is_paused_and_resumed_by_the_packs_function() {
    let foreign = foreign();
    let job = foreign.add("state, lane, rank, came", "'created', 'a', 1, now() - interval '1 hour'");
    foreign.add(
        "state, lane, rank, who, began, ended, came",
        "'completed', 'b', 1, 'w1', now(), now(), now() - interval '1 minute'",
    );
    foreign.run(&["jobs", "pause", "a", "--dry-run"]).ok().tells("queue a would be paused");
    assert_eq!(foreign.db.value("SELECT count(*) FROM q.lane WHERE paused"), "0");
    foreign.run(&["jobs", "pause", "a", "--reason", "the provider is down", "--yes"]).ok().tells("✓ queue a paused");
    foreign.run(&["jobs", "pause", "a", "--yes"]).ok().tells("it is paused already");
    let told = foreign.json(&["queues"]);
    assert_eq!(told["verdict"]["is"], "paused", "{told}");
    assert_eq!((&group(&told, "a")["paused"], &group(&told, "a")["waiting"]), (&json!(true), &json!(1)), "{told}");
    // Its wait is not one for a worker.
    assert_eq!(foreign.why(&job), "its queue a is paused");
    assert!(foreign.json(&["why", &job])["remedy"].as_str().unwrap().ends_with("jobs resume a"));
    foreign.run(&["jobs", "resume", "a", "--yes"]).ok().tells("✓ queue a resumed");
    assert_eq!(
        foreign.db.value("SELECT string_agg(concat_ws(' ', command, parameters ->> 'queue', reason, outcome), '; ' ORDER BY id) FROM bursar.operations"),
        "jobs pause a the provider is down done; jobs resume a done"
    );
    // What the pack refuses is not done, and not in the log.
    foreign.run(&["jobs", "pause", "empty", "--yes"]).exits(6).tells("it has no jobs");
    assert_eq!(foreign.db.value("SELECT count(*) FROM bursar.operations"), "2");
    let said = foreign.run(&["jobs", "pause", "c", "--yes"]).exits(2).stderr;
    assert!(said.contains("no queue is called 'c'") && said.contains("a, b, empty"), "{said}");
    foreign.db.bursar(&["operations", "verify"]).ok();
    // A paused queue without a job is shown too.
    foreign.db.sql("UPDATE q.lane SET paused = true WHERE name = 'empty'");
    assert_eq!(group(&foreign.json(&["queues"]), "empty")["verdict"]["is"], "paused");
}

#[test]
fn registered_workers_are_told_also_where_they_are_idle_and_what_none_takes_is_unattended() {
    let foreign = foreign();
    let job = foreign.add("state, lane, rank, came", "'created', 'a', 1, now() - interval '1 hour'");
    // An application that registers none says nothing of who takes what.
    assert!(foreign.why(&job).starts_with("it is next"), "{}", foreign.why(&job));
    foreign.db.sql(
        "INSERT INTO q.worker VALUES ('w1', '{b}', NULL, now(), now() - interval '1 day'), ('old', NULL, NULL, now() - interval '2 days', NULL)",
    );
    let told = foreign.json(&["workers"]);
    let names: Vec<&Value> = told["workers"].as_array().unwrap().iter().map(|w| &w["worker"]).collect();
    assert_eq!((names, &told["workers"][1]["queues"]), (vec![&json!("old"), &json!("w1")], &json!(["b"])), "{told}");
    foreign.run(&["jobs", "workers"]).ok().tells("takes");
    assert_eq!(foreign.why(&job), "no worker that is registered and seen takes mail of queue a");
    let queues = foreign.json(&["queues"]);
    assert_eq!(
        (&queues["verdict"]["is"], &group(&queues, "a")["workers"]),
        (&json!("unattended"), &json!(0)),
        "{queues}"
    );
    let said = foreign.run(&["jobs", "queues"]).ok().stdout;
    assert!(
        said.starts_with("✗ unattended: no worker took mail of queue a for 1 h") && !said.contains("others"),
        "{said}"
    );
    foreign.db.sql("UPDATE q.worker SET lanes = '{a,b}' WHERE name = 'w1'");
    assert_eq!(group(&foreign.json(&["queues"]), "a")["workers"], 1);
    // A key of which one job may wait keeps another from being put back, and not from being taken while one runs.
    foreign.db.sql("UPDATE q.job SET body = 'user 7'");
    foreign.add("state, lane, rank, body, who, began", "'active', 'a', 1, 'user 7', 'w1', now()");
    assert!(foreign.why(&job).starts_with("it is next"), "{}", foreign.why(&job));
    let dead = foreign.add("state, lane, body", "'failed', 'a', 'user 7'");
    let told = foreign.why(&dead);
    let held = format!("; it cannot be put back while job {job} waits, which has its unique key, user 7");
    assert!(told.ends_with(&held), "{told}");
}

#[test]
fn schedules_are_listed_and_run_and_jobs_rescheduled_and_counted() {
    let foreign = foreign();
    let told = foreign.json(&["schedules"]);
    assert_eq!(
        (&told["schedules"][0]["name"], &told["schedules"][0]["next_at"], &told["schedules"][0]["enabled"]),
        (&json!("nightly"), &json!("2030-01-01T03:00:00.000000Z"), &json!(true)),
        "{told}"
    );
    foreign.run(&["jobs", "schedules"]).ok().tells("0 3 * * *");
    foreign.run(&["jobs", "schedules", "run", "nightly", "--dry-run"]).ok().tells("would be run");
    let ran = foreign.run(&["jobs", "schedules", "run", "nightly", "--yes", "-o", "json"]).ok().stdout;
    let ran: Value = serde_json::from_str(&ran).unwrap();
    let job = ran["job"].as_str().unwrap().to_owned();
    assert_eq!(foreign.db.value("SELECT id || name || lane FROM q.job"), format!("{job}reportb"));
    foreign.run(&["jobs", "schedules", "run", "x", "--yes"]).exits(2).says("no schedule is called 'x'");
    // A time of its own for each job, and none for what has ended.
    let done = foreign.add("state, lane, ended", "'completed', 'a', now()");
    let at = "2031-02-03T04:05:06Z";
    foreign
        .run(&["jobs", "reschedule", &job, "--at", at, "--dry-run"])
        .ok()
        .tells("1 job would be rescheduled to 2031-02-03 04:05:06 UTC");
    foreign.run(&["jobs", "reschedule", &job, &done, "--at", at, "--yes"]).exits(6).tells("1 rescheduled, 1 skipped");
    assert_eq!(
        foreign.db.value("SELECT due AT TIME ZONE 'UTC' FROM q.job WHERE due IS NOT NULL"),
        "2031-02-03 04:05:06"
    );
    assert_eq!(
        foreign.db.value("SELECT parameters ->> 'at' FROM bursar.operations WHERE command = 'jobs reschedule'"),
        at
    );
    foreign.add("state, lane", "'created', 'a'");
    let counts = foreign.json(&["count", "--by", "queue,type,status"]);
    assert_eq!((&counts["total"]["count"], counts["counts"].as_array().unwrap().len()), (&json!(3), 3), "{counts}");
    let of_a = foreign.json(&["count", "--by", "queue", "--queue", "a"]);
    assert_eq!(
        of_a["counts"],
        json!([{"queue": "a", "kind": null, "status": null, "state": null, "count": 2}]),
        "{of_a}"
    );
    foreign.run(&["jobs", "count", "--by", "type,status"]).ok().tells("completed");
    assert_eq!(foreign.json(&["list", "--queue", "b"])["jobs"][0]["job"], job);
    foreign.run(&["jobs", "list", "--queue", "nowhere"]).exits(2).says("no job is in the queue");
    // The order in which workers take them is what the application says it is.
    std::fs::write(
        foreign.folder.path().join("jobs/claimable.sql"),
        "SELECT id AS job_id, 'b'::text AS queue, name AS kind, came AS since FROM job WHERE state = 'created' ORDER BY id DESC",
    )
    .unwrap();
    assert_eq!(foreign.why(&job), "it is behind 1 other");
    // A pack without the functions says what it lacks.
    let none = Foreign::new("", STATES, MORE);
    for (line, says) in [
        (&["pause", "a", "--dry-run"][..], "no function that pauses a queue"),
        (&["schedules", "run", "x", "--dry-run"], "no function that runs a schedule"),
        (&["schedules"], "keeps no schedules"),
        (&["reschedule", "1", "--at", at, "--dry-run"], "no function that sets when a job may be taken"),
    ] {
        none.run(&[&["jobs"], line].concat()).exits(2).says(says);
    }
    let without = Foreign::new("", STATES, "");
    without
        .run(&["jobs", "count", "--by", "queue"])
        .exits(2)
        .says("--by queue: these jobs do not say which queue they are in");
}

#[test]
fn a_pack_without_a_word_for_jobs_that_run_is_given_no_filter_of_them() {
    let states = "[jobs.states]\nqueued = [\"created\"]\ndone = [\"completed\"]\ndead = [\"failed\"]\n";
    let foreign = Foreign::new("lacks = [\"leases\"]", states, "");
    let said = foreign.run(&["jobs", "stuck"]).exits(2).stderr;
    assert!(said.contains("jobs list --older-than 1h lists") && !said.contains("--status"), "{said}");
}
