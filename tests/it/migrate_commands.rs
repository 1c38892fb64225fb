//! Every command of `bursar migrate`, as its user meets it.

mod adopt;
mod adopt_owners;
mod detect;
mod down;
mod dump;
mod histories;
mod history;
mod new;
mod plan;
mod price;
mod status;
mod up;
mod verify;

use std::path::Path;

use serde_json::Value;

use crate::support::{Db, Ran, Running, Starts as _, bursar, run};

/// A directory of migrations.
struct Files(tempfile::TempDir);

impl Files {
    fn none() -> Self {
        Files(tempfile::tempdir().unwrap())
    }

    /// Files by name, without `.sql`.
    fn of(files: &[(&str, &str)]) -> Self {
        let directory = Files::none();
        files.iter().for_each(|(name, text)| directory.write(name, text));
        directory
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(format!("{name}.sql")), text).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.0.path().join(format!("{name}.sql"))).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn name(&self) -> &str {
        self.path().to_str().unwrap()
    }

    /// `bursar migrate …` with these files.
    fn bursar(&self, db: &Db, arguments: &[&str]) -> Ran {
        self.bursar_at(&db.url(), arguments)
    }

    fn bursar_at(&self, url: &str, arguments: &[&str]) -> Ran {
        run(bursar().arg("migrate").args(arguments).args(["--source", self.name(), "-d", url]))
    }

    fn up(&self, db: &Db) -> Ran {
        self.bursar(db, &["up", "--yes"])
    }

    fn down(&self, db: &Db, arguments: &[&str]) -> Ran {
        self.bursar(db, &[&["down", "--yes"], arguments].concat())
    }

    fn json(&self, db: &Db, arguments: &[&str]) -> Value {
        let ran = self.bursar(db, &[arguments, &["-o", "json"]].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
    }

    /// The state of each migration, and how far it came.
    fn states(&self, db: &Db) -> Vec<(i64, String, Value)> {
        let report = self.json(db, &["status"]);
        let lines = report["sets"][1]["migrations"].as_array().unwrap();
        let state = |l: &Value| (l["version"].as_i64().unwrap(), text(&l["state"]), l["progress"].clone());
        lines.iter().map(state).collect()
    }

    /// The versions that the history has, and whether each is finished.
    fn recorded(db: &Db) -> String {
        db.value("SELECT string_agg(version || CASE WHEN success THEN '' ELSE '?' END, ' ' ORDER BY version) FROM public._sqlx_migrations")
    }

    fn start(&self, db: &Db, arguments: &[&str]) -> Running {
        bursar().arg("migrate").args(arguments).args(["--source", self.name(), "-d", &db.url()]).starts_quietly()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

/// Waits until this query says true.
fn until(db: &Db, sql: &str) {
    crate::support::until(sql, || db.value(sql) == "true");
}

/// Everything that a command could have written: the catalogue, and the rows of the records.
fn everything(db: &Db) -> String {
    let mut all = db.value(
        "SELECT string_agg(concat_ws(' ', n.nspname, c.relname, c.relkind, c.oid, c.relfilenode, c.relacl), E'\\n' ORDER BY c.oid)
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_toast'",
    );
    all += &db.value("SELECT string_agg(concat_ws(' ', oid, proname, proacl), E'\\n' ORDER BY oid) FROM pg_proc");
    for table in ["public._sqlx_migrations", "bursar._migrations", "bursar.migration_runs", "bursar.schema_objects"] {
        if db.value(&format!("SELECT to_regclass('{table}') IS NOT NULL")) == "true" {
            all += &db.value(&format!("SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM {table} t"));
        }
    }
    all
}

/// A login that may read what it has been granted, and its URL.
fn reader(db: &Db, grants: &str) -> (String, String) {
    let role = format!("{}_reader", db.name);
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'; {}", grants.replace("ROLE", &role)));
    let url = db.url_as(&role);
    (role, url)
}

fn forget(db: &Db, role: &str) {
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}
