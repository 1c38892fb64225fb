//! The audit in trouble: what it could not read is incomplete, and everything else is still
//! reported.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::support::{
    Afterwards, Db, Ran, Running, Starts as _, Template, bursar, connect, run, stops_sandbox, until, until_so, wait,
};

fn checks(report: &Value, status: &str) -> Vec<String> {
    let list = report["checks"].as_array().expect("checks");
    list.iter().filter(|c| c["status"] == status).map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

fn reason(report: &Value, id: &str) -> String {
    let list = report["checks"].as_array().expect("checks");
    list.iter().find(|c| c["id"] == id).unwrap()["reason"].as_str().unwrap_or_default().to_owned()
}

/// Holds a table so that whoever reads it waits.
fn hold(url: &str, table: &str) -> PgConnection {
    wait(async {
        let mut connection = connect(url).await;
        connection
            .execute(sqlx::AssertSqlSafe(format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")))
            .await
            .unwrap();
        connection
    })
}

/// Starts an audit, and waits until one of its connections waits for the held table.
fn start_waiting(url: &str, arguments: &[&str]) -> (Running, i32) {
    let child = bursar().args(["audit", "-o", "json", "-d", url]).args(arguments).starts_quietly();
    let waits = "SELECT pid FROM pg_stat_activity WHERE application_name = 'bursar audit' AND wait_event_type = 'Lock' AND datname = current_database()";
    let mut pid = None;
    wait(async {
        let mut connection = connect(url).await;
        until_so("an audit that waits", async || {
            pid = sqlx::query_scalar::<_, i32>(waits).fetch_optional(&mut connection).await.unwrap();
            pid.is_some()
        })
        .await;
    });
    (child, pid.unwrap())
}

fn parsed(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

#[test]
fn a_connection_that_is_killed_takes_only_its_own_check_with_it() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let held = hold(&db.url(), "user_invites");
    let (child, pid) = start_waiting(&db.url(), &["--only", "ledger,payments,invites"]);
    db.sql(&format!("SELECT pg_terminate_backend({pid})"));
    wait(held.close()).unwrap();
    let ran = child.ended().exits(6);
    let report = parsed(&ran);
    assert_eq!((&report["verdict"], &report["complete"]), (&"incomplete".into(), &false.into()));
    let incomplete = checks(&report, "incomplete");
    assert_eq!(incomplete.len(), 1, "{incomplete:?}");
    assert!(incomplete[0].starts_with("invites."), "{incomplete:?}");
    assert!(reason(&report, &incomplete[0]).contains("57P01"), "{}", reason(&report, &incomplete[0]));
    // The other connection, on the same snapshot, went on with the rest.
    for id in ["ledger.balance", "ledger.chain", "payments.granted", "payments.refunded"] {
        assert!(checks(&report, "passed").contains(&id.to_owned()), "{report}");
    }
}

#[test]
fn with_one_connection_what_came_after_the_loss_is_incomplete_and_what_came_before_is_reported() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql("UPDATE users SET star_balance = star_balance + 1 WHERE id = (SELECT min(id::text)::uuid FROM users)");
    let held = hold(&db.url(), "user_invites");
    let (child, pid) = start_waiting(&db.url(), &["--parallel", "1"]);
    db.sql(&format!("SELECT pg_terminate_backend({pid})"));
    wait(held.close()).unwrap();
    // A finding beats what is incomplete.
    let ran = child.ended().exits(3);
    let report = parsed(&ran);
    assert_eq!((&report["verdict"], &report["complete"]), (&"violated".into(), &false.into()));
    assert_eq!(checks(&report, "failed"), ["ledger.balance"]);
    assert!(checks(&report, "passed").contains(&"ledger.chain".to_owned()));
    assert!(checks(&report, "incomplete").contains(&"schema.grants".to_owned()), "{report}");
}

#[test]
fn a_check_that_takes_too_long_is_incomplete() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let held = hold(&db.url(), "job_attempts");
    let started = Instant::now();
    let ran = db.bursar(&["audit", "-o", "json", "--skip", "schema", "--statement-timeout", "300ms"]).exits(6);
    assert!(started.elapsed() < Duration::from_secs(20));
    wait(held.close()).unwrap();
    let report = parsed(&ran);
    let waited = ["counters.reading_attempts", "jobs.attempts", "jobs.dated", "references.exist"];
    assert_eq!(checks(&report, "incomplete"), waited);
    assert!(reason(&report, "jobs.attempts").contains("57014"), "{}", reason(&report, "jobs.attempts"));
    assert!(checks(&report, "failed").is_empty() && checks(&report, "passed").len() > 15);
    // The count of a table that could not be read is not zero.
    let tables = report["tables"].as_array().unwrap();
    let attempts = tables.iter().find(|t| t["table"] == "job_attempts").unwrap();
    assert!(attempts["rows"].is_null() && attempts["reason"].as_str().unwrap().contains("57014"), "{attempts}");
}

#[test]
fn a_column_that_is_gone_and_a_table_that_may_not_be_read_are_incomplete() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql("ALTER TABLE user_invites DROP COLUMN expires_at CASCADE");
    let report = parsed(&db.bursar(&["audit", "-o", "json", "--skip", "schema"]).exits(6));
    assert_eq!(checks(&report, "incomplete"), ["invites.honest", "invites.overdue"]);
    assert!(reason(&report, "invites.overdue").contains("42703"), "{}", reason(&report, "invites.overdue"));

    let db = Db::new(Template::Seeded("mimivibe"));
    let role = format!("{}_blind", db.name);
    db.sql(&format!(
        "CREATE ROLE {role} LOGIN BYPASSRLS; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; REVOKE SELECT ON job_attempts FROM {role}"
    ));
    let url = db.url().replace("user=postgres", &format!("user={role}"));
    let report = parsed(&run(bursar().args(["audit", "-o", "json", "--skip", "schema", "-d", &url])).exits(6));
    let mut unread = vec!["counters.reading_attempts", "jobs.attempts", "jobs.dated"];
    // Nothing of bursar's own was granted either.
    unread.extend(["payments.refunded", "payments.settled", "refunds.amounts", "refunds.entries", "refunds.history"]);
    unread.extend([
        "refunds.references",
        "refunds.unfinished",
        "gateway.reconciled",
        "references.exist",
        "operations.chain",
    ]);
    assert_eq!(checks(&report, "incomplete"), unread);
    assert!(reason(&report, "operations.chain").contains("42501"));
    assert!(reason(&report, "jobs.attempts").contains("42501"), "{}", reason(&report, "jobs.attempts"));
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// A private server of a test's own, which can be stopped.
struct Own {
    _stopped: [Afterwards; 2],
    folder: tempfile::TempDir,
}

impl Own {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The server's user has to be able to pass through.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        Own { _stopped: ["a", "b"].map(|name| stops_sandbox(&folder.path().join(name))), folder }
    }

    fn sandbox(&self, action: &str, name: &str) -> String {
        let dir = self.folder.path().join(name);
        run(bursar().args(["sandbox", action, "--dir"]).arg(dir)).ok().stdout.trim().to_owned()
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

fn filled(url: &str) {
    run(bursar().args(["migrate", "up", "--app", "mimivibe", "--yes", "-d", url])).ok();
    run(bursar().args(["seed", "--users", "40", "--yes", "-d", url])).ok();
}

#[test]
fn a_server_that_restarts_under_the_audit_leaves_what_was_read() {
    let own = Own::new();
    let url = own.sandbox("start", "a");
    filled(&url);
    let held = hold(&url, "user_invites");
    let (child, _) = start_waiting(&url, &["--parallel", "1"]);
    own.sandbox("stop", "a");
    drop(held);
    own.sandbox("start", "a");
    let report = parsed(&child.ended().exits(6));
    assert!(checks(&report, "passed").contains(&"ledger.chain".to_owned()), "{report}");
    assert!(checks(&report, "incomplete").contains(&"schema.grants".to_owned()), "{report}");
    run(bursar().args(["audit", "-d", &url])).ok();
}

fn copy(from: &Path, to: &Path) {
    let meta = from.symlink_metadata().unwrap();
    if meta.is_dir() {
        std::fs::create_dir(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
        std::fs::set_permissions(to, meta.permissions()).unwrap();
    } else {
        std::fs::copy(from, to).unwrap();
    }
    chown(to, Some(meta.uid()), Some(meta.gid())).unwrap();
}

#[test]
fn a_replica_is_audited_with_its_lag_and_a_primary_is_refused() {
    let own = Own::new();
    let primary = own.sandbox("start", "a");
    filled(&primary);
    own.sandbox("stop", "a");
    copy(&own.at("a"), &own.at("b"));
    let primary = own.sandbox("start", "a");
    let host = own.at("a").join("socket").display().to_string();
    let data = own.at("b").join("data");
    let settings = data.join("postgresql.auto.conf");
    let before = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{before}\nprimary_conninfo = 'host={host} user=postgres'\n")).unwrap();
    let owner = data.metadata().unwrap();
    std::fs::write(data.join("standby.signal"), "").unwrap();
    chown(data.join("standby.signal"), Some(owner.uid()), Some(owner.gid())).unwrap();
    let replica = own.sandbox("start", "b");
    wait(async { connect(&primary).await.execute("UPDATE users SET name = 'w'").await.unwrap() });

    run(bursar().args(["audit", "--replica", "-d", &primary]))
        .exits(4)
        .says("is a primary, and --replica asks for a replica");
    let audit =
        || parsed(&run(bursar().args(["audit", "-o", "json", "--replica", "--parallel", "3", "-d", &replica])).ok());
    // It has caught up with a primary that does nothing: it is not behind, however long ago that was.
    let seen = || {
        wait(async {
            sqlx::query_scalar::<_, bool>("SELECT bool_and(name = 'w') FROM users")
                .fetch_one(&mut connect(&replica).await)
                .await
        })
    };
    until("a replica that has caught up", || seen().unwrap() && audit()["snapshot"]["replica_lag_ms"] == 0);
    let report = audit();
    assert_eq!(report["verdict"], "clean");
    wait(async {
        connect(&replica).await.execute("SELECT pg_wal_replay_pause()").await.unwrap();
        connect(&primary).await.execute("UPDATE users SET name = 'x'").await.unwrap();
        tokio::time::sleep(Duration::from_millis(1500)).await;
    });
    let lag = audit()["snapshot"]["replica_lag_ms"].as_i64().unwrap();
    assert!(lag >= 1000, "{lag}");
    let ran = run(bursar().args(["audit", "--replica", "-d", &replica])).ok();
    assert!(ran.stdout.contains("behind"), "{}", ran.stdout);
}
