//! `bursar inspect`: each check sees what it is for where it is real, and is silent where it is not.
//!
//! Other tests work on the same server, so each looks at its own objects only. What cannot be made real here: an
//! archive that is empty because a library takes it (`archive_library`), slots that a replica copies from its
//! primary (PostgreSQL 17), the bound of PostgreSQL 18 for dead rows, a slot whose log is lost, and the settings
//! that only a start of the server changes and whose stock value the suite does not have. `tables.size`,
//! `indexes.size` and `queries.frequent` show figures, and judge nothing.

use std::sync::LazyLock;

use bursar::sandbox::{Binaries, Ephemeral, Options};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::support::{Db, Ran, Template, bursar, connect, run, wait};

mod aged;
mod answers;
mod blind;
mod causes;
mod conditions;
mod evidence;
mod false_alarms;
mod hygiene;
mod locks;
mod replication;
pub mod standby;

fn empty() -> Db {
    Db::new(Template::Empty)
}

/// What the checks found.
#[track_caller]
fn looked(db: &Db, arguments: &[&str]) -> Vec<Value> {
    let ran = db.bursar(&[&["inspect", "-o", "json", "--limit", "0"], arguments].concat());
    // Where all that was asked for is skipped, the look is incomplete.
    assert!(matches!(ran.code, 0 | 6), "{ran:?}");
    serde_json::from_str::<Value>(&ran.stdout).unwrap()["checks"].as_array().unwrap().clone()
}

/// The verdict and the sentence about one object; "" where the check says nothing of it.
#[track_caller]
fn about(db: &Db, check: &str, object: &str, arguments: &[&str]) -> String {
    said(&looked(db, &[&[check], arguments].concat()), check, object)
}

/// The same, of checks that were made.
#[track_caller]
fn said(checks: &[Value], check: &str, object: &str) -> String {
    let check = checks.iter().find(|c| c["check"] == check).unwrap_or_else(|| panic!("{check}"));
    let finding = check["findings"].as_array().unwrap().iter().find(|f| f["object"] == object);
    finding
        .map_or_else(String::new, |f| format!("{}: {}", f["verdict"].as_str().unwrap(), f["message"].as_str().unwrap()))
}

/// Waits until a check says this about an object: counters arrive late, and so do states.
#[track_caller]
fn until(db: &Db, check: &str, object: &str, arguments: &[&str], says: &str) -> String {
    let mut said = String::new();
    crate::support::until(&format!("'{says}' of {object} by {check}"), || {
        said = about(db, check, object, arguments);
        said.contains(says)
    });
    said
}

/// The verdict and the reason of a whole check.
fn verdict(checks: &[Value], id: &str) -> (String, String) {
    let check = checks.iter().find(|c| c["check"] == id).unwrap_or_else(|| panic!("{id}"));
    (check["verdict"].as_str().unwrap().to_owned(), check["reason"].as_str().unwrap_or_default().to_owned())
}

/// Lets a database grow old in transactions. What is new is not judged: the time is `--long`'s.
fn age(db: &Db) {
    db.sql("DO $$ BEGIN FOR i IN 1..10000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
    db.sql("SELECT pg_stat_force_next_flush()");
}

/// A session of its own, and its process.
fn session(db: &Db, name: &str) -> (PgConnection, String) {
    let mut connection = wait(db.connect());
    tell(&mut connection, &format!("SET application_name = '{name}'"));
    let pid: i32 = wait(sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection)).unwrap();
    (connection, format!("pid {pid}"))
}

fn tell(connection: &mut PgConnection, sql: &str) {
    wait(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection)).unwrap_or_else(|e| panic!("{sql}: {e}"));
}

/// A role that may sign in and nothing else, until this is dropped.
pub struct Plain<'a> {
    db: &'a Db,
    /// Its name.
    pub name: String,
}

impl<'a> Plain<'a> {
    pub fn new(db: &'a Db) -> Self {
        let name = format!("{}_plain", db.name);
        db.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'x'"));
        Plain { db, name }
    }

    pub fn bursar(&self, arguments: &[&str]) -> Ran {
        run(bursar().args(arguments).env("DATABASE_URL", self.db.url_as(&self.name)))
    }
}

impl Drop for Plain<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.db.sql(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.name));
        }
    }
}

/// A server with what the suite's own does without: replication, the count of statements, a short way to
/// the end of the transaction numbers, and TCP.
pub static OTHER: LazyLock<Ephemeral> = LazyLock::new(|| {
    own(&[
        ("wal_level", "replica"),
        ("max_replication_slots", "4"),
        ("max_prepared_transactions", "8"),
        ("shared_preload_libraries", "pg_stat_statements"),
        ("autovacuum_freeze_max_age", "100000"),
        ("autovacuum_multixact_freeze_max_age", "10000"),
        ("autovacuum", "off"),
        ("listen_addresses", "127.0.0.1"),
    ])
});

/// A server of one's own with these settings.
fn own(settings: &[(&str, &str)]) -> Ephemeral {
    let var = |name: &str| std::env::var_os(name);
    let binaries = Binaries::find(&var).expect("server binaries");
    let mut options = Options::from_env(&var);
    options.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Ephemeral::start(&binaries, &options).expect("a private server")
}

pub fn sql(url: &str, sql: &str) {
    tell(&mut wait(connect(url)), sql);
}

/// What a check finds at another server, a line for each object.
#[track_caller]
fn findings(url: &str, arguments: &[&str]) -> String {
    let ran = run(bursar().args(["inspect", "-o", "json", "-d", url]).args(arguments));
    // A check that has nothing to go by is told, and is no clean one.
    assert!(matches!(ran.code, 0 | 6), "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let found = report["checks"][0]["findings"].as_array().unwrap();
    let text = |f: &Value, key: &str| f[key].as_str().unwrap_or_default().to_owned();
    let lines = found.iter().map(|f| format!("{} {}: {}", text(f, "object"), text(f, "verdict"), text(f, "message")));
    lines.collect::<Vec<_>>().join("\n")
}
