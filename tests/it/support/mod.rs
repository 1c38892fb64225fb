//! A cluster for the whole run, a fresh database for each test, and the binary in an environment of
//! its own.

pub mod child;
mod dump;
pub mod gateway;
pub mod grants;
pub mod nonsense;
pub mod patience;
pub mod pooler;
pub mod proxy;
#[cfg(feature = "redis")]
pub mod streams;
pub mod terminal;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use bursar::sandbox::{Binaries, Ephemeral, Options};
pub use child::{Afterwards, Running, SEEDED_UNTIL, Starts, start_shared, stops_sandbox};
use nix::sys::statvfs::{Statvfs, statvfs};
pub use patience::{Patience, until, until_so};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _};

/// The server of this run, and how to name a database of it.
pub enum Server {
    /// One that was started for this run; its watchdog removes it when the run ends.
    Own(Ephemeral),
    /// One that somebody provides.
    Given(String),
}

static SERVER: LazyLock<Server> = LazyLock::new(|| match env("BURSAR_TEST_DATABASE_URL") {
    Some(url) => Server::Given(url),
    None => {
        let var = |name: &str| std::env::var_os(name);
        let binaries = Binaries::find(&var).expect("server binaries: run `make setup`");
        let mut options = Options::from_env(&var);
        if var("TMPDIR").is_none() && !soak() && roomy(MEMORY) {
            options.parent = MEMORY.into();
        }
        // A query here takes less than its compilation would, and a test ends before its tables were worth a vacuum.
        options.settings.extend(
            [("max_connections", "300"), ("jit", "off"), ("max_wal_size", "256MB"), ("autovacuum_naptime", "1h")]
                .map(|(n, v)| (n.to_owned(), v.to_owned())),
        );
        Server::Own(Ephemeral::start(&binaries, &options).expect("a private server"))
    }
});

/// A file system in memory. A copy of a database takes a tenth of what it takes on a disk.
const MEMORY: &str = "/dev/shm";

/// True if a directory has room for the databases of a run: they take less than 1 GB at a time.
fn roomy(directory: &str) -> bool {
    // The types differ between systems, and on some these conversions do nothing.
    #[allow(clippy::useless_conversion, clippy::unnecessary_cast)]
    let free = |s: Statvfs| u64::from(s.blocks_available()).saturating_mul(s.fragment_size() as u64);
    statvfs(directory).is_ok_and(|s| free(s) > 4 << 30)
}

/// The names of the template databases; each is made once, by the first who needs it.
static TEMPLATES: LazyLock<Mutex<HashMap<String, Arc<OnceLock<String>>>>> = LazyLock::new(Mutex::default);

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime")
});

/// Waits for something asynchronous.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// Starts something asynchronous beside the test.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    RUNTIME.spawn(future)
}

/// An environment variable; empty counts as unset.
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// Whether the long enumerations were asked for.
pub fn soak() -> bool {
    env("BURSAR_SOAK").is_some()
}

/// True for each so many'th of a long row, from number 0; for all where the long enumerations were asked for.
pub fn turn(number: usize, each: usize) -> bool {
    soak() || number.is_multiple_of(each)
}

/// A long row, of which the default run takes each so many'th, from the first, and the long enumerations all.
pub fn sample<R: IntoIterator>(row: R, each: usize) -> impl Iterator<Item = R::Item> {
    row.into_iter().step_by(if soak() { 1 } else { each })
}

/// The URL of a database on the run's server.
pub fn url(database: &str) -> String {
    match &*SERVER {
        Server::Own(server) => server.url(database),
        Server::Given(url) => {
            let mut url = url::Url::parse(url).expect("BURSAR_TEST_DATABASE_URL is a URL");
            url.set_path(database);
            url.to_string()
        }
    }
}

/// What a database holds when a test gets it.
#[derive(Debug, Clone, Copy)]
pub enum Template {
    /// Nothing.
    Empty,
    /// bursar's own schema.
    Bursar,
    /// The application's schema, and bursar's.
    Migrated(&'static str),
    /// That, and 300 users.
    Seeded(&'static str),
    /// A dump of `tests/data`.
    Dump(&'static str),
}

/// A database of a test's own; it is dropped afterwards.
pub struct Db {
    /// Its name.
    pub name: String,
    idle: Idle,
}

/// A session for the next look, where there is one: a new one costs a hundred times what a short statement costs.
#[derive(Default)]
struct Idle(Mutex<Option<PgConnection>>);

impl Idle {
    /// Runs statements, as in a session of its own, and returns the rows.
    async fn run(&self, url: &str, sql: &str) -> sqlx::Result<Vec<PgRow>> {
        let idle = lock(&self.0).take();
        let mut session = match idle {
            Some(mut session) => match session.ping().await {
                Ok(()) => session,
                // Somebody has ended it.
                Err(_) => connect(url).await,
            },
            None => connect(url).await,
        };
        let outcome = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&mut session).await;
        // What was counted is there for the next look, as at the end of a session.
        let counted = sqlx::raw_sql("SELECT pg_stat_force_next_flush()").execute(&mut session).await.is_ok();
        // A transaction that was left open, and whatever else cannot be discarded, ends with its session.
        let discarded = counted && sqlx::raw_sql("DISCARD ALL").execute(&mut session).await.is_ok();
        // So does a session that began before its settings were changed.
        if discarded && !["ALTER DATABASE", "ALTER ROLE", "ALTER SYSTEM"].iter().any(|change| sql.contains(change)) {
            *lock(&self.0) = Some(session);
        }
        outcome
    }
}

impl Db {
    /// A fresh database.
    pub fn new(template: Template) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let source = match template {
            Template::Empty => "template0".to_owned(),
            Template::Bursar => made("bursar", |db| {
                db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
            }),
            Template::Migrated(app) => made(app, |db| migrate(db, app)),
            Template::Seeded(app) => made(&format!("{app}, seeded"), |db| {
                migrate(db, app);
                let seeded = ["seed", "--users", "300", "--seed", "1", "--yes", "--app", app];
                db.bursar(&seeded).ok();
            }),
            Template::Dump(file) => made(file, |db| wait(dump::load(&db.url(), file))),
        };
        maintenance(&created(&name, &source));
        Db { name, idle: Idle::default() }
    }

    /// Another database with what this one holds now.
    pub fn copy(&self) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}c{}", self.name, NEXT.fetch_add(1, Ordering::Relaxed));
        // A database can only be copied while nobody is connected to it.
        drop(lock(&self.idle.0).take());
        maintenance(&created(&name, &self.name));
        Db { name, idle: Idle::default() }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        url(&self.name)
    }

    /// Its URL, as another role whose password is `x`.
    pub fn url_as(&self, role: &str) -> String {
        let mut url = url::Url::parse(&self.url()).expect("a URL");
        // A URL of a socket has no place for them, and names the user in its query.
        let _ = url.set_username(role).and_then(|()| url.set_password(Some("x")));
        let named = |(k, v): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
            (k.to_string(), if k == "user" { role.to_owned() } else { v.to_string() })
        };
        let query: Vec<(String, String)> = url.query_pairs().map(named).collect();
        url.query_pairs_mut().clear().extend_pairs(query);
        url.to_string()
    }

    /// A connection to it.
    pub async fn connect(&self) -> PgConnection {
        connect(&self.url()).await
    }

    /// Runs SQL in it, one or several statements. What belongs to a session ends with it, and so do leases that it took.
    pub fn sql(&self, sql: &str) {
        wait(self.idle.run(&self.url(), sql)).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// The first column of the first row, as text.
    pub fn value(&self, sql: &str) -> String {
        let rows = wait(self.idle.run(&self.url(), &format!("SELECT ({sql})::text")));
        let rows = rows.unwrap_or_else(|e| panic!("{sql}: {e}"));
        rows[0].get::<Option<String>, _>(0).unwrap_or_else(|| "NULL".to_owned())
    }

    /// The SQLSTATE that these statements fail with; "00000" where they do not.
    pub fn sqlstate(&self, sql: &str) -> String {
        match wait(self.idle.run(&self.url(), sql)) {
            Ok(_) => "00000".to_owned(),
            Err(e) => {
                e.as_database_error().and_then(|e| e.code().map(|c| c.into_owned())).unwrap_or_else(|| e.to_string())
            }
        }
    }

    /// Waits until every entry of a table lies below the watermark of a seal: the numbers of transactions are the
    /// whole server's, so other tests hold it back.
    pub fn settled(&self, table: &str) {
        let newest = format!("SELECT arrival FROM {table} ORDER BY arrival DESC LIMIT 1");
        let below = format!("SELECT coalesce(({newest}) < pg_snapshot_xmin(pg_current_snapshot()), true)");
        until("the end of another test's transaction", || self.value(&below) == "true");
    }

    /// Runs bursar against it.
    pub fn bursar(&self, arguments: &[&str]) -> Ran {
        run(bursar().args(arguments).env("DATABASE_URL", self.url()))
    }

    /// Runs bursar against it with a pack of a folder, which is trusted.
    pub fn with_pack(&self, pack: &std::path::Path, arguments: &[&str]) -> Ran {
        self.bursar(&[arguments, &["--trust-pack", "--app", pack.to_str().expect("UTF-8")]].concat())
    }

    /// Runs bursar and reads its JSON, whatever the exit code.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        self.bursar(arguments).json()
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        // A test that failed keeps its database for a look.
        if !std::thread::panicking() {
            maintenance(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

fn migrate(db: &Db, app: &str) {
    db.bursar(&["migrate", "up", "--app", app, "--yes"]).ok();
    reconciled(db, app);
}

/// Somebody compared the payments with their gateways a moment ago, and all agreed.
pub fn reconciled(db: &Db, app: &str) {
    db.sql(&format!(
        "INSERT INTO bursar.reconciliations (app, gateways, source, since, until, complete, differences, accepted, counts, totals, digest, actor)
         VALUES ('{app}', '{{stripe,paypal}}', 'export', now() - interval '30 days', now(), true, 0, 0, '{{}}', '[]', sha256(''), '{{}}')"
    ));
}

/// Creates a database like another one. Without fsync its files are copied in a fraction of the time that the log takes.
fn created(name: &str, source: &str) -> String {
    format!("CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
}

/// The name of a template database, which is made at its first use.
fn made(key: &str, make: impl FnOnce(&Db)) -> String {
    let template = Arc::clone(lock(&TEMPLATES).entry(key.to_owned()).or_default());
    let name = template.get_or_init(|| {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("tmpl{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        maintenance(&created(&name, "template0"));
        let db = std::mem::ManuallyDrop::new(Db { name, idle: Idle::default() });
        make(&db);
        drop(lock(&db.idle.0).take());
        db.name.clone()
    });
    name.clone()
}

/// Runs one statement where no test's database is connected to. A template can only be copied
/// while nobody is connected to it, and a session takes a moment to end.
fn maintenance(sql: &str) {
    static IDLE: Idle = Idle(Mutex::new(None));
    for attempt in 0.. {
        match wait(IDLE.run(&url("postgres"), sql)) {
            Ok(_) => return,
            Err(e) if attempt < 100 && e.as_database_error().is_some_and(|e| e.code().as_deref() == Some("55006")) => {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            Err(e) => panic!("{sql}: {e}"),
        }
    }
}

/// A connection to any URL.
pub async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("a URL");
    options.disable_statement_logging().connect().await.unwrap_or_else(|e| panic!("{url}: {e}"))
}

/// What a run of the binary came to.
#[derive(Debug)]
pub struct Ran {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code; minus the signal where one ended it.
    pub code: i32,
}

impl Ran {
    /// It has to have ended well.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    /// It has to have ended with this code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Standard output has to hold this.
    #[track_caller]
    pub fn tells(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "'{text}' is not in:\n{}", self.stdout);
        self
    }

    /// Standard error says nothing, but how far a command is that takes long on a busy machine.
    #[track_caller]
    pub fn says_nothing(self) -> Self {
        let progress = regex::Regex::new(r"^[^:]+: [\d,]+ of [\d,]+$").expect("a pattern");
        assert_eq!(self.stderr.lines().filter(|line| !progress.is_match(line)).collect::<Vec<_>>(), [""; 0]);
        self
    }

    /// Standard error has to say this.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "'{text}' is not in:\n{}", self.stderr);
        self
    }
}

/// The binary, with an environment in which nothing of the user's is left.
pub fn bursar() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bursar"));
    hermetic(&mut command);
    command
}

/// Takes the user's environment away from a command.
pub fn hermetic(command: &mut Command) {
    let home = std::env::temp_dir();
    command
        .env_clear()
        .env("HOME", &home)
        .env("LANG", "C.UTF-8")
        .env("TERM", "dumb")
        .current_dir(&home)
        .stdin(Stdio::null());
    // The last are those of a clock that is shifted for the whole suite.
    for name in ["PATH", "TMPDIR", "BURSAR_PG_BIN", "LD_LIBRARY_PATH", "LD_PRELOAD", "SHIFTED_SECONDS"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// Runs a command to its end.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    command.starts_quietly().ended()
}

/// A text as one line, however it is wrapped.
pub fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The status of a check of a report, and the reason.
pub fn status<'a>(report: &'a serde_json::Value, check: &str) -> (&'a str, &'a str) {
    let checks = report["checks"].as_array().expect("checks");
    let check = checks.iter().find(|c| c["id"] == check).expect("the check");
    (check["status"].as_str().expect("a status"), check["reason"].as_str().unwrap_or_default())
}

/// Text with what changes from run to run replaced, for golden output.
pub fn stable(text: &str) -> String {
    let mut out = text.to_owned();
    for (pattern, replacement) in [
        (r"\bt\d+_\d+\b", "DB"),
        (r"PostgreSQL \d+[^·]*·", "PostgreSQL VERSION ·"),
        (r"snapshot \S+ at [0-9: -]+ UTC", "snapshot ID at TIME"),
        (r"postgres://\S*?/DB", "URL/DB"),
        (r"\(\d+ ms\)", "(N ms)"),
        (r"\(\d+\.\d s\)", "(N s)"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME"),
    ] {
        out = regex::Regex::new(pattern).expect("a pattern").replace_all(&out, replacement).into_owned();
    }
    out
}

/// How many migrations of these sets bursar brings.
pub fn shipped(sets: &[&str]) -> usize {
    let ups = |set: &&str| {
        let files = std::fs::read_dir(file(&format!("migrations/{set}"))).expect("a set").map(|f| f.expect("a file"));
        files.filter(|f| !f.file_name().to_string_lossy().ends_with(".down.sql")).count()
    };
    sets.iter().map(ups).sum()
}

/// A file of the repository.
pub fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The lock, whatever happened to a test that held it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
