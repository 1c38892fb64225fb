//! `bursar migrate`: applied once, whoever else runs, and nothing half done.

mod crowd;
mod large;
mod locks;
mod peers;
mod sqlx_interop;

use std::process::Command;

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use sqlx::migrate::{MigrateError, Migrator};

use crate::support::{Db, Ran, Running, Starts as _, Template, bursar, file, run, shipped, stable, wait};

/// A directory of migrations, and a database that they are for.
struct Project {
    db: Db,
    home: tempfile::TempDir,
}

impl Project {
    /// Files by name and text, and a database that has bursar's own schema already.
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Project { db: Db::new(Template::Bursar), home: tempfile::tempdir().unwrap() };
        project.write(files);
        project
    }

    fn write(&self, files: &[(&str, &str)]) {
        for (name, text) in files {
            std::fs::write(self.home.path().join(name), text).unwrap();
        }
    }

    /// A file's name as the messages have it.
    fn file(&self, name: &str) -> String {
        self.home.path().join(name).display().to_string()
    }

    /// `bursar migrate WHAT` on the directory.
    fn command(&self, what: &str, more: &[&str]) -> Command {
        let mut command = bursar();
        command.args(["migrate", what, "--source"]).arg(self.home.path()).args(more).env("DATABASE_URL", self.db.url());
        command
    }

    fn up(&self, more: &[&str]) -> Ran {
        run(self.command("up", &["--yes"]).args(more))
    }

    fn start(&self) -> Running {
        self.command("up", &["--yes"]).starts_quietly()
    }

    fn migrator(&self) -> Migrator {
        wait(Migrator::new(self.home.path())).unwrap()
    }

    /// sqlx's own runner, on a connection that is closed afterwards.
    fn by_sqlx(&self) -> Result<(), MigrateError> {
        let migrator = self.migrator();
        wait(async { migrator.run(&mut self.db.connect().await).await })
    }

    /// The same beside the test; its connection is open until somebody drops it.
    fn start_sqlx(&self) -> tokio::task::JoinHandle<(Result<(), MigrateError>, PgConnection)> {
        let (migrator, mut connection) = (self.migrator(), wait(self.db.connect()));
        // `run` itself cannot be started so: its future is not general enough for the compiler.
        crate::support::spawn(async move { (migrator.run_direct(None, &mut connection, false).await, connection) })
    }

    /// Waits until a session of this database is at a statement like this one.
    #[track_caller]
    fn until_at(&self, statement: &str) {
        self.until(&format!("a session at {statement}"), &format!("SELECT EXISTS ({})", self.at(statement)));
    }

    fn at(&self, statement: &str) -> String {
        format!(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%{statement}%'"
        )
    }

    /// Waits until this holds in the database.
    #[track_caller]
    fn until(&self, what: &str, sql: &str) {
        crate::support::until(what, || self.db.value(sql) == "true");
    }

    /// The versions that the history has, as done or not.
    fn history(&self) -> String {
        self.db.value(
            "SELECT coalesce(string_agg(version || CASE WHEN success THEN '' ELSE '?' END, ' ' ORDER BY version), '') FROM _sqlx_migrations",
        )
    }
}

/// The SQLSTATE that sqlx's runner failed with.
fn sqlstate(error: &MigrateError) -> String {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        panic!("{error:?}");
    };
    error.as_database_error().and_then(|e| e.code()).map_or_else(|| error.to_string(), Into::into)
}

/// The advisory locks that are held in the database.
const LOCKS: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// The indexes that no query uses.
const INVALID: &str = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";

/// The sets that [`up`] applies.
const UP: [&str; 2] = ["bursar", "mimivibe"];

fn up(db: &Db) -> crate::support::Ran {
    db.bursar(&["migrate", "up", "--app", "mimivibe", "--yes"])
}

#[test]
fn an_empty_database_is_brought_up_and_a_second_run_has_nothing_to_do() {
    let db = Db::new(Template::Empty);
    insta::assert_snapshot!(stable(&up(&db).ok().stdout));
    assert_eq!(up(&db).ok().stdout, "nothing is pending\n");
    assert_eq!(db.value("SELECT count(*) FROM _sqlx_migrations WHERE success"), shipped(&["mimivibe"]).to_string());
    assert_eq!(
        db.value("SELECT count(*) FROM bursar.migration_runs WHERE success AND duration_ms >= 0"),
        shipped(&UP).to_string()
    );
    // sqlx's checksum is SHA-384 over the file's bytes.
    assert_eq!(db.value("SELECT bool_and(octet_length(checksum) = 48) FROM _sqlx_migrations"), "true");
}

/// A database that was migrated knows the checksums of its files, and `migrate up` refuses others.
#[test]
fn files_that_have_shipped_are_as_they_were() {
    let shipped = std::fs::read_to_string(file("tests/data/shipped.sha256")).unwrap();
    assert!(shipped.lines().count() > 100);
    for line in shipped.lines() {
        let (digest, path) = line.split_once("  ").unwrap();
        let now = std::fs::read(file(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert_eq!(hex::encode(Sha256::digest(now)), digest, "{path} has shipped: write a new migration");
    }
}

#[test]
fn status_writes_nothing() {
    let db = Db::new(Template::Empty);
    let ran = db.bursar(&["migrate", "status", "--app", "mimivibe"]).ok();
    assert!(ran.stdout.contains(&format!("{} pending: bursar migrate up", shipped(&UP))), "{}", ran.stdout);
    db.bursar(&["migrate", "status", "--app", "mimivibe", "--check"]).exits(3);
    assert_eq!(db.value("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'bursar')"), "0");
    up(&db).ok();
    let ran = db.bursar(&["migrate", "status", "--check"]).ok();
    insta::assert_snapshot!(stable(&ran.stdout));
}

#[test]
fn a_half_migrated_database_goes_on_where_it_stopped() {
    let db = Db::new(Template::Empty);
    up(&db).ok();
    let full = db.json(&["migrate", "status", "-o", "json"]);
    let db = Db::new(Template::Empty);
    // An index in the way of a late migration stops the run there. A table would be seen before.
    db.sql("CREATE TABLE public.other (id int); CREATE INDEX idx_jobs_status ON public.other (id)");
    let ran = up(&db).exits(1);
    assert!(ran.stdout.contains("wallet"), "{}", ran.stdout);
    ran.says("_jobs.up.sql:30:1 failed and was rolled back").says("42P07").says("which stay");
    assert_eq!(db.json(&["migrate", "status", "--app", "mimivibe", "-o", "json"])["pending"], 7);
    db.sql("DROP TABLE public.other");
    up(&db).ok();
    let states = |v: &serde_json::Value| {
        v["sets"].to_string().split("\"state\":").skip(1).map(|s| s[..9].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(&db.json(&["migrate", "status", "-o", "json"])), states(&full));
}

#[test]
fn a_changed_or_unknown_migration_stops_the_run() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(
        "UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = (SELECT min(version) FROM _sqlx_migrations)",
    );
    up(&db).exits(4).says("was changed after it was applied");
    let ran = db.bursar(&["migrate", "status"]).ok();
    assert!(ran.stdout.contains("changed after it was applied"), "{}", ran.stdout);

    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql("INSERT INTO _sqlx_migrations VALUES (99990101000000, 'from the future', now(), true, '\\x00', 0); DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations WHERE version < 99990101000000)");
    up(&db).exits(4).says("has no such file");
}

#[test]
fn two_databases_are_migrated_at_the_same_moment() {
    let databases: Vec<Db> = (0..4).map(|_| Db::new(Template::Empty)).collect();
    let running: Vec<_> = databases
        .iter()
        .map(|db| bursar().args(["migrate", "up", "--app", "mimivibe", "--yes", "-d", &db.url()]).starts_quietly())
        .collect();
    for child in running {
        child.ended().ok();
    }
    for db in &databases {
        assert_eq!(db.value("SELECT count(*) FROM _sqlx_migrations WHERE success"), shipped(&["mimivibe"]).to_string());
    }
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn many_runs_on_one_database_apply_each_migration_once() {
    let db = Db::new(Template::Empty);
    let running: Vec<_> = (0..8)
        .map(|_| bursar().args(["migrate", "up", "--app", "mimivibe", "--yes", "-d", &db.url()]).starts_quietly())
        .collect();
    let mut applied = 0;
    for child in running {
        applied += child.ended().ok().stdout.matches('✓').count();
    }
    // Each migration, and four files of the pack's functions.
    assert_eq!(applied, shipped(&UP) + 4);
    assert_eq!(db.value("SELECT count(*) FROM bursar.migration_runs"), shipped(&UP).to_string());
}

#[test]
fn a_run_that_is_locked_out_says_by_whom() {
    let db = Db::new(Template::Empty);
    wait(async {
        let mut holder = db.connect().await;
        sqlx::raw_sql("SET application_name = 'the other deploy'").execute(&mut holder).await.unwrap();
        // sqlx's own runner takes this key; bursar has to respect it.
        let key = 0x3d32_ad9e_i64 * i64::from(crc32(db.name.as_bytes()));
        sqlx::query("SELECT pg_advisory_lock($1)").bind(key).execute(&mut holder).await.unwrap();
        let ran =
            run(bursar().args(["migrate", "up", "--app", "mimivibe", "--yes", "--lock-wait", "1s", "-d", &db.url()]));
        ran.exits(7).says("the lock for migrating this database is held by the other deploy (pid ").says("waited 1s");
    });
    assert_eq!(db.value("SELECT to_regclass('public._sqlx_migrations') IS NULL"), "true");
}

/// CRC-32 (ISO-HDLC), written out here so that the lock's key is checked against something else
/// than the library that computes it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &b| {
        (0..8).fold(crc ^ u32::from(b), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 })
    })
}

#[test]
fn a_write_is_agreed_to_or_does_not_happen() {
    let db = Db::new(Template::Empty);
    db.bursar(&["migrate", "up", "--app", "mimivibe"])
        .exits(4)
        .says("there is no terminal to ask at: \"Apply ")
        .says("?\"; nothing was changed")
        .says("--yes");
    up(&db).ok();
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true'); DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)");
    up(&db).exits(4).says("a plain yes is not enough").says(&format!("--confirm {}", db.name));
    db.bursar(&["migrate", "up", "--confirm", "another"]).exits(4).says("'another' was confirmed");
    assert_eq!(db.value("SELECT count(*) FROM _sqlx_migrations"), (shipped(&["mimivibe"]) - 1).to_string());
}

#[test]
fn bursars_own_schema_goes_into_any_database() {
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    assert_eq!(
        db.value(
            "SELECT to_regclass('public._sqlx_migrations') IS NULL AND to_regclass('bursar.operations') IS NOT NULL"
        ),
        "true"
    );
    let report = db.json(&["audit", "-o", "json"]);
    assert_eq!(report["verdict"], "clean");
    assert_eq!(report["summary"]["skipped"], 6);
}

#[test]
fn the_operator_log_and_the_ledger_refuse_change() {
    let db = Db::new(Template::Seeded("mimivibe"));
    for change in [
        "UPDATE bursar.operations SET outcome = 'x'",
        "DELETE FROM bursar.operations",
        "TRUNCATE bursar.operations",
        "UPDATE wallet_transactions SET amount = 1",
        "DELETE FROM wallet_transactions",
        "TRUNCATE wallet_transactions CASCADE",
    ] {
        assert_eq!(db.sqlstate(change), "23001", "{change}");
    }
}
