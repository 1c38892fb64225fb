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
