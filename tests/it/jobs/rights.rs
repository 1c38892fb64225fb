//! Who may not read jobs is told what to do, hidden rows are warned of, and trouble has its exit code.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use sqlx::Executor as _;

use super::{empty, mixed};
use crate::support::{Db, Ran, Starts as _, bursar, run, sample, wait};

/// Every command that reads, of a job that there is.
fn readings(id: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["list"],
        vec!["count"],
        vec!["show", id],
        vec!["why", id],
        vec!["triage"],
        vec!["stuck"],
        vec!["workers"],
        vec!["latency"],
        vec!["throughput"],
    ]
}

fn as_role(db: &Db, role: &str, arguments: &[&str]) -> Ran {
    run(bursar().args(["jobs"]).args(arguments).env("DATABASE_URL", db.url_as(role)))
}

#[test]
fn who_may_not_read_jobs_is_refused_and_told_what_to_do() {
    let db = mixed();
    let id = db.value("SELECT min(id::text) FROM jobs");
    let role = format!("{}_nobody", db.name);
    db.sql(&format!("CREATE ROLE {role} LOGIN BYPASSRLS PASSWORD 'x'; GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON users, payments, wallet_transactions, tarot_readings, user_invites TO {role}"));
    for reading in readings(&id) {
        let ran = as_role(&db, &role, &reading).exits(4).says("42501").says("GRANT bursar_auditor TO");
        assert_eq!(ran.stdout, "", "{reading:?}");
    }
    // Whoever is to change jobs is told both roles at once, and of one only who is to look.
    let both = format!("GRANT bursar_auditor TO {role}; GRANT bursar_operator TO {role};");
    for change in [&["retry", "--all", "--yes"][..], &["stuck", "--release", "--yes"]] {
        as_role(&db, &role, change).exits(4).says(&both);
    }
    let looks = as_role(&db, &role, &["retry", "--all", "--dry-run"]).exits(4).says("GRANT bursar_auditor TO");
    assert!(!looks.stderr.contains("bursar_operator"), "{looks:?}");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// A queue of which rows may be hidden is nowhere said to be well, nor are its types.
#[test]
fn nothing_is_well_where_jobs_may_be_hidden() {
    let db = super::empty();
    let role = format!("{}_part", db.name);
    db.sql(&format!(
        "INSERT INTO jobs (payload, created_at) VALUES ('{{}}', now() - interval '3 hours'), ('{{}}', now());
         CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA public TO {role};
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
         CREATE POLICY part ON jobs FOR SELECT TO {role} USING (created_at > now() - interval '1 hour')"
    ));
    let watch = |role: &str| {
        let ran = as_role(&db, role, &["watch", "-o", "ndjson", "--count", "1"]).ok();
        serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap()
    };
    let seen = watch(&role);
    assert_eq!(seen["verdict"]["is"], "unknown", "{seen}");
    assert!(seen["may_hide"].as_array().unwrap().contains(&json!("jobs")), "{seen}");
    assert_eq!(seen["groups"][0]["verdict"]["is"], "unknown", "{seen}");
    let queues: serde_json::Value =
        serde_json::from_str(&as_role(&db, &role, &["queues", "-o", "json"]).ok().stdout).unwrap();
    assert_eq!(queues["queues"][0]["verdict"]["is"], "unknown", "{queues}");
    // A member of bursar_auditor reads all of it, each time.
    db.sql(&format!("GRANT bursar_auditor TO {role}"));
    let seen = watch(&role);
    assert_eq!((&seen["claimable"], &seen["may_hide"]), (&json!(2), &json!([])), "{seen}");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// A role that sees the jobs of a condition only, and what this tells it.
fn sees_only(db: &Db, table: &str, condition: &str) -> String {
    let role = format!("{}_sees", db.name);
    db.sql(&format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} LOGIN PASSWORD 'x'; END IF; END $$;
         GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
         ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; DROP POLICY IF EXISTS part ON {table};
         CREATE POLICY part ON {table} FOR SELECT TO {role} USING ({condition})"
    ));
    role
}

fn json_as(db: &Db, role: &str, arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&as_role(db, role, &[arguments, &["-o", "json"]].concat()).ok().stdout).unwrap()
}

/// `jobs why` concludes nothing from rows that the role does not see.
#[track_caller]
fn concludes_nothing(db: &Db, role: &str, job: &str) -> String {
    let why = json_as(db, role, &["why", job]);
    let sentence = why["sentence"].as_str().unwrap().to_owned();
    assert_eq!(why["why"]["is"], "behind", "{why}");
    assert_eq!(why["why"]["untold"], true, "{why}");
    assert!(sentence.contains("rows may be hidden by row level security"), "{why}");
    for none in ["ever seen", "was seen for", "is next", "no other", "no worker", "is behind 1 other"] {
        assert!(!sentence.contains(none), "{why}");
    }
    assert_eq!(why["remedy"], serde_json::Value::Null, "{why}");
    sentence
}

/// That nobody is seen to take jobs says nothing where who takes them may be hidden.
#[test]
fn nobody_is_said_not_to_take_jobs_where_workers_may_be_hidden() {
    let db = super::empty();
    let id = super::job(&db, "created_at", "now() - interval '3 hours'");
    // Hidden: a worker that has a job, and one that waits before it.
    db.sql(
        "INSERT INTO jobs (payload, status, created_at, started_at, worker_id, visibility_timeout_secs)
         VALUES ('{}', 'processing', now() - interval '1 hour', now() - interval '5 seconds', 'w-1', 600),
                ('{}', 'queued', now() - interval '4 hours', NULL, NULL, 60)",
    );
    let role = sees_only(&db, "jobs", &format!("id = '{id}'"));
    let sentence = concludes_nothing(&db, &role, &id);
    assert!(sentence.starts_with("it waits for a worker"), "{sentence}");
    for command in ["list", "count", "triage", "queues"] {
        let json = json_as(&db, &role, &[command]);
        assert_eq!(json["verdict"]["is"], "waiting", "{command}: {json}");
        let told = as_role(&db, &role, &[command]).ok();
        assert!(told.stdout.starts_with("? waiting · 1 due, the oldest for 3 h"), "{command}: {told:?}");
        assert!(told.stdout.contains(" · row level security may hide rows of"), "{command}: {told:?}");
    }
    let seen = as_role(&db, &role, &["watch", "-o", "ndjson", "--count", "1"]).ok();
    assert!(seen.stdout.contains(r#""verdict":{"is":"waiting"}"#) && !seen.stdout.contains("stalled"), "{seen:?}");
    // Of those that are seen, a number is the least that it may be.
    db.sql(
        "INSERT INTO jobs (payload, job_type, created_at) VALUES ('{}', 'tarot_reading', now() - interval '5 hours')",
    );
    let role = sees_only(&db, "jobs", &format!("id = '{id}' OR created_at < now() - interval '4 hours 30 minutes'"));
    let sentence = concludes_nothing(&db, &role, &id);
    assert!(sentence.starts_with("it is behind at least 1 other"), "{sentence}");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// That others are taken and a type is not, or that as many come as are done, says nothing where rows may be hidden.
#[test]
fn a_type_is_not_said_to_be_unattended_where_jobs_may_be_hidden() {
    let db = super::empty();
    let id = super::job(&db, "job_type, created_at", "'invoice', now() - interval '3 days'");
    db.sql(
        "INSERT INTO jobs (payload, job_type, status, created_at, completed_at)
         SELECT '{}', 'mail', 'succeeded', now() - interval '9 minutes', now() - interval '40 seconds' FROM generate_series(1, 4);
         INSERT INTO jobs (payload, job_type, status, created_at, started_at, worker_id, visibility_timeout_secs)
         VALUES ('{}', 'invoice', 'processing', now() - interval '1 hour', now() - interval '5 seconds', 'w-1', 600)",
    );
    let role = sees_only(&db, "jobs", "status <> 'processing'");
    concludes_nothing(&db, &role, &id);
    let queues = json_as(&db, &role, &["queues"]);
    assert_eq!(queues["verdict"]["is"], "waiting", "{queues}");
    let invoice = queues["queues"].as_array().unwrap().iter().find(|group| group["kind"] == "invoice").unwrap();
    assert_eq!(invoice["verdict"]["is"], "waiting", "{queues}");
    // Beside a worker that is seen, what is added and done of what is hidden is not known.
    db.sql("UPDATE jobs SET job_type = 'mail'; UPDATE jobs SET created_at = now() - interval '5 minutes' WHERE status = 'succeeded'");
    assert_eq!(json_as(&db, &role, &["queues"])["verdict"]["is"], "waiting");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// Of a worker whose signs of life may be hidden, it is not said since when it was not seen.
#[test]
fn a_worker_is_not_said_to_be_gone_where_rows_may_be_hidden() {
    let db = super::empty();
    let id = super::job(&db, "status, worker_id, started_at", "'processing', 'w-1', now() - interval '10 minutes'");
    let held = super::job(&db, "worker_id, created_at", "'w-2', now() - interval '10 minutes'");
    db.sql(
        "INSERT INTO jobs (payload, status, started_at, worker_id) VALUES ('{}', 'processing', now(), 'w-1'), ('{}', 'processing', now(), 'w-2')",
    );
    let role = sees_only(&db, "jobs", &format!("id IN ('{id}', '{held}')"));
    for (job, is) in [(&id, "lease_over"), (&held, "held")] {
        let why = json_as(&db, &role, &["why", job]);
        assert_eq!(why["why"]["is"], is, "{why}");
        let sentence = why["sentence"].as_str().unwrap();
        assert!(sentence.contains("rows may be hidden by row level security"), "{why}");
        assert!(!sentence.contains("was last seen 1") && !sentence.contains("not seen since"), "{why}");
    }
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// Row level security may hide the registered workers and the pauses of a queue too.
#[test]
fn what_queues_register_may_be_hidden() {
    let told = |tables: &str, rows: &str| {
        let db = Db::new(crate::support::Template::Empty);
        db.sql(tables);
        db.sql(rows);
        db
    };
    // A worker of the queue is hidden, and one of another queue is seen.
    let solid = told(
        include_str!("../queue_packs/solid-queue.sql"),
        "SELECT add(1, 'queued', 'mail', '3 h'); SELECT add(2, 'done'); SELECT add(3, 'held');
         UPDATE solid_queue_processes SET metadata = replace(metadata, 'default,slow', 'other');
         UPDATE solid_queue_processes SET id = 20, metadata = replace(metadata, '*', 'default'), last_heartbeat_at = now() AT TIME ZONE 'UTC'
          WHERE id = 2",
    );
    let role = sees_only(&solid, "solid_queue_processes", "name = 'worker-1' AND id = 1");
    concludes_nothing(&solid, &role, "1");
    let queues = json_as(&solid, &role, &["queues"]);
    assert_eq!(queues["verdict"]["is"], "waiting", "{queues}");
    assert_eq!(queues["queues"][0].get("workers"), None, "{queues}");
    // The process that has the job is hidden: nothing says that it is gone, nor that there is no dispatcher.
    let role = sees_only(&solid, "solid_queue_processes", "false");
    assert_eq!(json_as(&solid, &role, &["why", "3"])["why"]["is"], "running");
    solid.sql("SELECT clear(); SELECT add(1, 'scheduled'); UPDATE solid_queue_scheduled_executions SET scheduled_at = now() AT TIME ZONE 'UTC' - interval '1 h'");
    let why = json_as(&solid, &role, &["why", "1"]);
    assert!(why["sentence"].as_str().unwrap().contains("is registered is not known"), "{why}");
    // Nor is it said that a job has no execution, where that may be hidden.
    solid.sql("SELECT clear(); SELECT add(1, 'lost')");
    solid.bursar(&["jobs", "show", "1"]).ok().tells("it has no execution");
    let role = sees_only(&solid, "solid_queue_ready_executions", "false");
    let why = json_as(&solid, &role, &["why", "1"]);
    assert_eq!((&why["why"]["is"], &why["why"]["status"]), (&json!("unknown"), &json!("unseen")), "{why}");
    let triage = as_role(&solid, &role, &["triage"]).ok();
    assert!(!triage.stdout.contains("err:"), "{triage:?}");
    solid.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    for (tables, workers) in [
        (include_str!("../queue_packs/procrastinate.sql"), "procrastinate_workers"),
        (include_str!("../queue_packs/good-job.sql"), "good_job_processes"),
    ] {
        let db = told(tables, "SELECT add(1, 'held')");
        let role = sees_only(&db, workers, "false");
        let id = db.value("SELECT job(1)");
        assert_eq!(db.json(&["jobs", "why", &id, "-o", "json"])["why"]["is"], "leased", "{workers}");
        assert_eq!(json_as(&db, &role, &["why", &id])["why"]["is"], "running", "{workers}");
        assert_eq!(json_as(&db, &role, &["list"])["verdict"]["is"], "unknown", "{workers}");
        assert_eq!(json_as(&db, &role, &["stuck"])["jobs"], json!([]), "{workers}");
        db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    }
    // What waits in queues that are not paused is hidden.
    let river = told(
        include_str!("../queue_packs/river.sql"),
        "INSERT INTO river_queue (name, paused_at, updated_at) VALUES ('bulk', now(), now());
         SELECT add(n, 'queued', 'mail', '3 h') FROM generate_series(1, 2) n; UPDATE river_job SET queue = 'bulk' WHERE id = 1",
    );
    let role = sees_only(&river, "river_job", "queue = 'bulk'");
    let list = json_as(&river, &role, &["list"]);
    assert_eq!(list["verdict"]["is"], "unknown", "{list}");
    assert_eq!(json_as(&river, &role, &["why", "1"])["why"]["is"], "paused");
    river.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// A role that policies show every row is told what everybody is told, and so is one from which they hide what no query about
/// jobs reads.
#[test]
fn who_sees_every_row_of_the_jobs_is_told_everything() {
    for (tables, gone) in [
        (include_str!("../queue_packs/good-job.sql"), "DELETE FROM good_job_processes"),
        (include_str!("../queue_packs/procrastinate.sql"), "DELETE FROM procrastinate_workers"),
        (include_str!("../queue_packs/solid-queue.sql"), "UPDATE solid_queue_claimed_executions SET process_id = 99"),
    ] {
        let db = Db::new(crate::support::Template::Empty);
        db.sql(tables);
        db.sql("SELECT add(2, 'gone')");
        // No row tells of its worker any more.
        db.sql(gone);
        let role = format!("{}_all", db.name);
        db.sql(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
             DO $$ DECLARE t regclass; BEGIN
                FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
                    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
                    EXECUTE format('CREATE POLICY everything ON %s USING (true)', t);
                END LOOP;
             END $$"
        ));
        let stuck = json_as(&db, &role, &["stuck"]);
        assert_eq!(stuck["jobs"].as_array().unwrap().len(), 1, "{stuck}");
        assert_eq!(json_as(&db, &role, &["list"])["verdict"]["is"], "stuck");
        let id = db.value("SELECT job(2)");
        let why = json_as(&db, &role, &["why", &id]);
        assert_eq!((&why["why"]["is"], why["why"].get("untold")), (&json!("lease_over"), None), "{why}");
        db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    }
    let db = super::empty();
    let role = format!("{}_jobs", db.name);
    db.sql(&format!(
        "INSERT INTO jobs (payload, created_at) VALUES ('{{}}', now() - interval '3 hours');
         CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
         CREATE POLICY everything ON jobs FOR SELECT TO {role} USING (true);
         CREATE POLICY everything ON job_attempts FOR SELECT TO {role} USING (true)"
    ));
    let list = json_as(&db, &role, &["list"]);
    assert_eq!(list["verdict"]["is"], "stalled", "{list}");
    let why = json_as(&db, &role, &["why", &db.value("SELECT id FROM jobs")]);
    assert!(why["sentence"].as_str().unwrap().contains("no worker was ever seen"), "{why}");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_change_says_no_tick_where_jobs_may_be_hidden() {
    let db = mixed();
    let role = format!("{}_sees", db.name);
    db.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE bursar_operator; GRANT USAGE ON SCHEMA public TO {role};
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; CREATE POLICY part ON jobs FOR SELECT TO {role} USING (status <> 'dlq')"
    ));
    let all = ["retry", "--status", "dlq", "--yes"];
    // Not all that match may have been changed.
    let ran = as_role(&db, &role, &all).exits(6);
    assert!(ran.stderr.contains("row level security may hide rows of"), "{ran:?}");
    assert!(ran.stdout.contains("! 0 retried") && !ran.stdout.contains('✓'), "{ran:?}");
    let json_of = |ran: &Ran| serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap();
    let json = json_of(&as_role(&db, &role, &[&all[..], &["-o", "json"]].concat()).exits(6));
    assert!(json["may_hide"].as_array().unwrap().contains(&json!("jobs")), "{json}");
    assert_eq!(json["complete"], false, "{json}");
    let dry = as_role(&db, &role, &["retry", "--status", "dlq", "--dry-run"]).exits(6);
    assert!(dry.stdout.contains("No visible matches.") && !dry.stdout.contains("No matches."), "{dry:?}");
    // What is named is all that was asked for.
    let seen = db.value("SELECT min(id::text) FROM jobs WHERE status = 'failed'");
    let one = json_of(&as_role(&db, &role, &["retry", &seen, "--yes", "-o", "json"]).ok());
    assert_eq!((&one["done"], &one["complete"]), (&json!(1), &json!(true)), "{one}");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// Of a job that a policy may hide it is not said that there is none.
#[test]
fn a_job_that_may_be_hidden_is_not_said_not_to_be() {
    let db = mixed();
    let role = format!("{}_some", db.name);
    db.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE bursar_operator; GRANT USAGE ON SCHEMA public TO {role};
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; CREATE POLICY part ON jobs FOR SELECT TO {role} USING (status <> 'dlq')"
    ));
    let hidden = db.value("SELECT min(id::text) FROM jobs WHERE status = 'dlq'");
    for (command, exit) in [("show", 2), ("why", 2), ("retry", 6), ("cancel", 6), ("delete", 6)] {
        let mut arguments = vec![command, &hidden];
        arguments.extend((exit == 6).then_some("--yes"));
        arguments.extend((command == "cancel").then_some("--reason=r"));
        let ran = as_role(&db, &role, &arguments).exits(exit);
        let told = crate::support::flat(&format!("{}{}", ran.stdout, ran.stderr));
        assert!(told.contains("row level security may hide it"), "{command}: {ran:?}");
        assert!(told.contains("of those that this role sees, "), "{command}: {ran:?}");
        assert!(told.contains(&format!("GRANT bursar_auditor TO {role}")), "{command}: {ran:?}");
    }
    for arguments in [&["list", "--status", "dlq"][..], &["count", "--by", "status", "--status", "dlq"]] {
        let ran = as_role(&db, &role, arguments).ok();
        assert!(ran.stdout.contains("No visible matches."), "{arguments:?}: {ran:?}");
    }
    let triage = as_role(&db, &role, &["triage", "--status", "dlq"]).ok();
    assert!(triage.stdout.contains("No visible job failed."), "{triage:?}");
    db.sql(&format!("GRANT bursar_auditor TO {role}"));
    as_role(&db, &role, &["show", &hidden]).ok();
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn an_auditor_reads_jobs_and_hidden_rows_are_warned_of() {
    let db = mixed();
    let id = db.value("SELECT min(id::text) FROM jobs");
    let (auditor, hidden) = (format!("{}_auditor", db.name), format!("{}_hidden", db.name));
    db.sql(&format!(
        "CREATE ROLE {auditor} LOGIN BYPASSRLS PASSWORD 'x' IN ROLE bursar_auditor; CREATE ROLE {hidden} LOGIN PASSWORD 'x';
         GRANT USAGE ON SCHEMA public TO {hidden}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {hidden};
         CREATE POLICY part ON jobs FOR SELECT TO {hidden} USING (status <> 'dlq')"
    ));
    for reading in sample(readings(&id), 2) {
        let ran = as_role(&db, &auditor, &reading).ok();
        assert!(!ran.stderr.contains("row level security"), "{reading:?}: {}", ran.stderr);
        let ran = as_role(&db, &hidden, &reading);
        assert!(
            ran.stderr.contains("row level security may hide rows of") && ran.stderr.contains("jobs"),
            "{reading:?}: {ran:?}"
        );
        if ran.code == 0 {
            let json = as_role(&db, &hidden, &[&reading[..], &["-o", "json"]].concat()).ok();
            let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
            assert!(json["may_hide"].as_array().unwrap().contains(&json!("jobs")), "{reading:?}: {json}");
        }
    }
    let count = as_role(&db, &hidden, &["count", "-o", "json"]).ok();
    assert!(count.stdout.contains("\"count\": 480"), "{}", count.stdout);
    db.sql(&format!("DROP OWNED BY {auditor}, {hidden}; DROP ROLE {auditor}; DROP ROLE {hidden}"));
}

#[test]
fn a_server_that_is_not_there_is_no_empty_queue() {
    for reading in readings("0fa8c2d1") {
        let ran =
            run(bursar().args(["jobs"]).args(&reading).args(["-d", "postgres://nobody@127.0.0.1:1/nothing"])).exits(5);
        assert_eq!(ran.stdout, "", "{reading:?}");
    }
}

#[test]
fn ctrl_c_ends_a_long_triage_and_its_statement() {
    let db = empty();
    db.sql("INSERT INTO jobs (payload, status, last_error) VALUES ('{}', 'dlq', 'x')");
    // Reading takes as long as somebody has the table locked.
    let holder = wait(async {
        let mut connection = db.connect().await;
        connection.execute("BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE").await.unwrap();
        connection
    });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bursar jobs triage' AND datname = current_database() AND wait_event_type = 'Lock'";
    let until = |sql: &str, value: &str| crate::support::until(sql, || db.value(sql) == value);
    let child = bursar().args(["jobs", "triage", "-d", &db.url()]).starts_quietly();
    until(waits, "1");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let ran = child.ended().exits(130).says("interrupted");
    assert!(ran.stdout.is_empty());
    until(waits, "0");
    drop(holder);
}
