//! The verdict in twenty situations, on an application that keeps leases, starts and attempts, and on one that keeps none.

use serde_json::{Value, json};

use super::empty;
use crate::support::{Db, Template, env, file, hermetic, run, turn};

/// Jobs of one state and kind: how many, how long ago they were added, and how long ago they began, if they run, or ended.
/// Times are SQL; `g` counts the jobs from 1.
type Rows = (char, &'static str, u32, &'static str, &'static str);

/// A situation: its jobs, and the verdict on each application.
type Situation = (&'static str, &'static [Rows], [&'static str; 2]);

const BOTH: fn(&'static str) -> [&'static str; 2] = |word| [word, word];

fn situations() -> Vec<Situation> {
    vec![
        ("nothing", &[], BOTH("idle")),
        ("what ended long ago", &[('x', "mail", 9, "3 d", "2 d"), ('d', "mail", 9, "3 d", "2 d")], BOTH("idle")),
        ("a short wait", &[('q', "mail", 5, "30 s", "")], BOTH("keeping_up")),
        ("one that runs", &[('r', "mail", 1, "20 s", "10 s")], BOTH("keeping_up")),
        ("one past its lease", &[('r', "mail", 1, "3 h", "2 h")], ["stuck", "keeping_up"]),
        ("nobody ever came", &[('q', "mail", 3, "2 h", "")], BOTH("stalled")),
        (
            "the only worker went 8 minutes ago",
            &[('d', "mail", 100, "1 h", "480 s"), ('q', "mail", 50, "30 min", "")],
            BOTH("stalled"),
        ),
        (
            "two kinds, and the only worker went 8 minutes ago",
            &[
                ('d', "mail", 100, "1 h", "480 s"),
                ('d', "report", 100, "1 h", "500 s"),
                ('q', "mail", 50, "30 min", ""),
                ('q', "report", 50, "30 min", ""),
            ],
            BOTH("stalled"),
        ),
        (
            "every one dies",
            &[('x', "mail", 200, "1 h", "g * interval '1.2 s'"), ('q', "mail", 50, "30 min", "")],
            BOTH("failing"),
        ),
        ("every one dies, and none waits", &[('x', "mail", 10, "1 h", "g * interval '1 s'")], BOTH("failing")),
        ("two die, which says nothing yet", &[('x', "mail", 2, "1 h", "20 s")], BOTH("idle")),
        (
            "one kind dies, and others go well",
            &[
                ('d', "mail", 300, "1 h", "g * interval '1 s'"),
                ('x', "report", 5, "1 h", "20 s"),
                ('d', "report", 1, "1 h", "20 s"),
            ],
            BOTH("failing"),
        ),
        (
            "as many go well as die",
            &[('d', "mail", 10, "1 h", "20 s"), ('x', "mail", 10, "1 h", "20 s"), ('q', "mail", 2, "10 s", "")],
            BOTH("keeping_up"),
        ),
        (
            "a kind that nobody takes",
            &[
                ('q', "invoice", 20, "3 d", ""),
                ('d', "email", 300, "11 min", "g * interval '1 s'"),
                ('d', "email", 1000, "9 min", "g * interval '0.4 s'"),
            ],
            BOTH("unattended"),
        ),
        (
            "a kind whose worker went 8 minutes ago, while others are taken",
            &[
                ('d', "invoice", 30, "1 h", "480 s"),
                ('q', "invoice", 20, "30 min", ""),
                ('d', "email", 300, "9 min", "g * interval '1 s'"),
            ],
            BOTH("unattended"),
        ),
        (
            "a kind that waits for its turn",
            &[('q', "mail", 100, "30 min", ""), ('q', "report", 20, "21 min", ""), ('d', "mail", 60, "40 min", "20 s")],
            BOTH("draining"),
        ),
        (
            "a kind of which one runs, while younger ones of others are taken",
            &[
                ('q', "invoice", 20, "30 min", ""),
                ('r', "invoice", 1, "31 min", "20 s"),
                ('d', "email", 300, "11 min", "g * interval '1 s'"),
            ],
            BOTH("falling_behind"),
        ),
        (
            "more is done than comes",
            &[('q', "mail", 120, "20 min", ""), ('d', "mail", 60, "1 h", "20 s")],
            BOTH("draining"),
        ),
        (
            "what dies leaves the queue and is not done",
            &[
                ('q', "mail", 50, "20 min", ""),
                ('q', "mail", 25, "9 min", ""),
                ('d', "mail", 20, "1 h", "20 s"),
                ('x', "mail", 15, "1 h", "20 s"),
            ],
            BOTH("falling_behind"),
        ),
        (
            "what an operator gave up is no sign of life",
            &[('c', "mail", 50, "1 h", "20 s"), ('q', "mail", 5, "20 min", "")],
            BOTH("stalled"),
        ),
        // A lease says that somebody has the job. A status alone does not.
        (
            "the only worker has a long job",
            &[('r', "mail", 1, "1 h", "10 min"), ('q', "mail", 5, "20 min", "")],
            ["falling_behind", "stalled"],
        ),
        ("they do not say since when", &[('q', "mail", 5, "NULL", "")], BOTH("waiting")),
    ]
}

/// The time so long ago, of an interval or an expression for one.
fn ago(interval: &str) -> String {
    match interval {
        "" | "NULL" => "NULL::timestamptz".to_owned(),
        expression if expression.contains('*') => format!("now() - {expression}"),
        interval => format!("now() - interval '{interval}'"),
    }
}

fn mimivibe(db: &Db, (state, kind, n, added, then): Rows) {
    let status = match state {
        'q' => "queued",
        'r' => "processing",
        'd' => "succeeded",
        _ => "dlq",
    };
    let (started, ended) = if state == 'r' { (ago(then), ago("")) } else { (ago(""), ago(then)) };
    let error = if state == 'c' {
        "'cancelled: asked twice'"
    } else {
        "CASE WHEN g > 0 THEN 'timeout after ' || g || ' ms' END"
    };
    db.sql(&format!(
        "INSERT INTO jobs (status, job_type, payload, attempts, visibility_timeout_secs, created_at, started_at, completed_at, last_error)
         SELECT '{status}', '{kind}', '{{}}', 1, 3600, {}, {started}, {ended}, CASE WHEN '{status}' = 'dlq' THEN {error} END
           FROM generate_series(1, {n}) g",
        ago(added)
    ));
}

fn aethercrown(db: &Db, (state, kind, n, added, then): Rows) {
    let status = match state {
        'q' => "pending",
        'r' => "in_progress",
        'd' => "completed",
        _ => "failed",
    };
    let ended = if state == 'd' { ago(then) } else { ago("") };
    let changed = if state == 'q' { ago(added) } else { ago(then) };
    let error = if state == 'c' { "'cancelled: asked twice'" } else { "'timeout after ' || g || ' ms'" };
    db.sql(&format!(
        "INSERT INTO ai_tasks (status, task_name, created_at, updated_at, completed_at, error_message)
         SELECT '{status}', '{kind}', {}, {changed}, {ended}, CASE WHEN '{status}' = 'failed' THEN {error} END
           FROM generate_series(1, {n}) g",
        ago(added)
    ));
}

/// A time that its table needs, where the situation has none.
fn needed(interval: &str) -> String {
    format!("coalesce({}, now())", ago(interval))
}

fn pg_boss(db: &Db, (state, kind, n, added, then): Rows) {
    let status = match state {
        'q' => "created",
        'r' => "active",
        'd' => "completed",
        'x' => "failed",
        _ => "cancelled",
    };
    let ended = if matches!(state, 'q' | 'r') { ago("") } else { ago(then) };
    let error = if state == 'c' { "'cancelled: asked twice'" } else { "'timeout after ' || g || ' ms'" };
    db.sql(&format!(
        "INSERT INTO pgboss.job (name, state, created_on, start_after, started_on, completed_on, expire_seconds, output)
         SELECT '{kind}', '{status}', {0}, {0}, {1}, {ended}, 3600,
                CASE WHEN '{status}' IN ('failed', 'cancelled') THEN jsonb_build_object('message', {error}) END
           FROM generate_series(1, {n}) g",
        needed(added),
        ago(then)
    ));
}

fn procrastinate(db: &Db, (state, kind, n, added, then): Rows) {
    let status = match state {
        'q' => "todo",
        'r' => "doing",
        'd' => "succeeded",
        'x' => "failed",
        _ => "cancelled",
    };
    // A worker that began two hours ago is the one that is gone.
    let seen = if then == "2 h" { "interval '2 h'" } else { "interval '1 s'" };
    let worker = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - ";
    db.sql(&format!(
        "{}; WITH jobs AS (
             INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts, worker_id)
             SELECT 'default', '{kind}', '{status}', 0, (SELECT max(id) FROM procrastinate_workers WHERE '{state}' = 'r')
               FROM generate_series(1, {n}) g RETURNING id),
         added AS (SELECT id, row_number() OVER () AS g FROM jobs)
         INSERT INTO procrastinate_events (job_id, type, at)
         SELECT id, 'deferred'::procrastinate_job_event_type, {} FROM added WHERE '{added}' <> 'NULL'
          UNION ALL SELECT id, 'started', {} FROM added WHERE '{state}' NOT IN ('q', 'c')
          UNION ALL SELECT id, '{}', {} FROM added WHERE '{state}' NOT IN ('q', 'r')",
        if state == 'r' { format!("{worker}{seen})") } else { "SELECT 1".to_owned() },
        ago(added),
        ago(then),
        if matches!(state, 'q' | 'r') { "started" } else { status },
        ago(then)
    ));
}

/// What is wrong with the verdicts on an application, of which the first or the second word of each is expected.
fn wrong(db: &Db, clear: &str, add: fn(&Db, Rows), at: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    for (n, (name, rows, expected)) in situations().into_iter().enumerate() {
        // Each situation on one of the two applications, and on both queues.
        if !turn(n + at, 2) && env("BURSAR_QUEUES").is_none() {
            continue;
        }
        db.sql(clear);
        rows.iter().for_each(|of| add(db, *of));
        let told = db.json(&["jobs", "list", "--limit", "1", "-o", "json"]);
        if told["verdict"]["is"] != expected[at] {
            wrong.push(format!("{clear}: {name}: {}, not {}: {}", told["verdict"], expected[at], told["health"]));
        }
    }
    wrong
}

/// The same on queues whose schemas their own software has made. A job of pg-boss always says since when it waits.
#[test]
fn the_verdict_is_right_in_twenty_situations_on_two_queues() {
    if env("BURSAR_QUEUES").is_none() {
        return;
    }
    let boss = Db::new(Template::Empty);
    let mut node = std::process::Command::new("node");
    hermetic(&mut node);
    run(node.current_dir(file("tests/queues")).args(["pg-boss.js", "pg-boss", "install", &boss.url()])).ok();
    let mut found = wrong(&boss, "DELETE FROM pgboss.job", pg_boss, 0);
    found.retain(|wrong| !wrong.contains("they do not say since when"));
    let other = Db::new(Template::Empty);
    let python = file("target/tools/queue-workers/bin/python");
    let mut install = std::process::Command::new(python);
    install.arg(file("tests/workers/procrastinate_app.py")).arg("install").env("DATABASE_URL", other.url());
    run(&mut install).ok();
    other.sql("ALTER TABLE procrastinate_jobs DISABLE TRIGGER USER");
    found.extend(wrong(&other, "DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers", procrastinate, 0));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_verdict_is_right_in_twenty_situations_on_two_applications() {
    let (one, other) = (empty(), Db::new(Template::Migrated("aethercrown")));
    let mut found = wrong(&one, "DELETE FROM jobs", mimivibe, 0);
    found.extend(wrong(&other, "DELETE FROM ai_tasks", aethercrown, 1));
    assert!(found.is_empty(), "{}", found.join("\n"));
    // What it is about, and the figures that it comes from, are said.
    let says = |rows: &[Rows], begins: &str, more: &str| {
        one.sql("DELETE FROM jobs");
        rows.iter().for_each(|of| mimivibe(&one, *of));
        let said = one.bursar(&["jobs"]).ok().stdout;
        assert!(said.starts_with(begins) && said.contains(more), "{said}");
        one.json(&["jobs", "-o", "json"])
    };
    let told = says(
        &[('x', "mail", 200, "1 h", "g * interval '1 s'"), ('q', "mail", 50, "30 min", "")],
        "✗ failing: 200 of 200 failed · 50 due, the oldest for 30 min · 0.0 in, 0.0 out, 20.0 failed a minute · most often err:",
        "timeout after ",
    );
    assert_eq!(told["health"]["rates"], json!({"added": 0, "done": 0, "failed": 200, "ended": 200}));
    let told = says(
        &[('q', "invoice", 20, "3 d", ""), ('d', "email", 300, "9 min", "g * interval '1 s'")],
        "✗ unattended: no worker took invoice for 3 d; others are being taken · 20 due",
        "",
    );
    assert_eq!(
        told["verdict"],
        json!({"is": "unattended", "secs": told["verdict"]["secs"], "waiting": 20, "kind": "invoice"})
    );
    let groups = told["health"]["groups"].as_array().unwrap();
    let of = |group: &Value| (group["kind"].clone(), group["waiting"].clone(), group["done"].clone());
    assert_eq!(
        groups.iter().map(of).collect::<Vec<_>>(),
        [(json!("invoice"), json!(20), json!(0)), (json!("email"), json!(0), json!(300))]
    );
    let queues = one.bursar(&["jobs", "queues"]).ok().stdout;
    let line = |kind: &str| {
        queues.lines().find(|l| l.trim_start().starts_with(kind)).unwrap_or_else(|| panic!("{queues}")).to_owned()
    };
    assert!(line("invoice").contains("✗ unattended       20     3 d") && line("email").contains("✓ idle"), "{queues}");
    let csv = one.bursar(&["jobs", "queues", "-o", "csv"]).ok().stdout;
    assert!(csv.lines().nth(1).is_some_and(|l| l.starts_with(",invoice,unattended,20,")), "{csv}");
    let invoice = one.value("SELECT id FROM jobs WHERE job_type = 'invoice' ORDER BY id LIMIT 1");
    let why = one.json(&["jobs", "why", &invoice, "-o", "json"]);
    assert_eq!(why["sentence"], "no worker took invoice for 3 d, while others are taken");
}
