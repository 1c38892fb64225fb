//! 200 small migrations, applied to an empty database and then found to be up to date, beside sqlx-cli and
//! dbmate, each as a whole process on a database of its own, all in one run.
//!
//! bursar applies its own schema first, which the others do not have: that is timed by itself.
//!
//! Then one file of 50 MB of rows, beside `psql -1`.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and asks the environment"
)]

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use bursar::sandbox::{Binaries, Ephemeral, Options};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use support::watched;

const MIGRATIONS: usize = 200;
const ROUNDS: usize = 9;
/// The size of the file of rows, and how often it is applied.
const ROWS: usize = 50 << 20;
const ROWS_ROUNDS: usize = 5;
const CANDIDATES: [&str; 3] = ["bursar", "sqlx-cli", "dbmate"];

async fn sql(url: &str, text: &str) {
    let options: PgConnectOptions = url.parse().expect("a URL");
    let mut connection = options.connect().await.expect("a connection");
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut connection).await.expect(text);
}

/// What the scripts of `make bench-migrate` have installed.
fn tool(below: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-tools").join(below);
    assert!(path.exists(), "{} is missing: make bench-migrate installs it", path.display());
    path
}

/// The program itself: its wrapper for npm would start Node.js first.
fn dbmate() -> PathBuf {
    let all = tool("node_modules/@dbmate");
    let platform = std::fs::read_dir(all).expect("a folder").flatten().next().expect("a platform's package");
    platform.path().join("bin/dbmate")
}

fn timed(candidate: &str, url: &str, migrations: &str) -> f64 {
    let mut command = match candidate {
        "bursar" => {
            let mut command = Command::new(env!("CARGO_BIN_EXE_bursar"));
            command.args(["migrate", "up", "--source", migrations, "--yes", "-q", "-d", url]);
            command
        }
        "sqlx-cli" => {
            let mut command = Command::new(tool("bin/sqlx"));
            command.args(["migrate", "run", "--source", migrations, "--database-url", url]);
            command
        }
        _ => {
            let mut command = Command::new(dbmate());
            command.args(["--url", url, "--migrations-dir", migrations, "--no-dump-schema", "migrate"]);
            command
        }
    };
    let started = Instant::now();
    let output = command.stdout(Stdio::null()).stderr(Stdio::piped()).output().expect("it starts");
    assert!(output.status.success(), "{candidate}: {}", String::from_utf8_lossy(&output.stderr));
    started.elapsed().as_secs_f64()
}

fn own_schema(url: &str) -> f64 {
    let started = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bursar"));
    command.args(["migrate", "up", "--only", "bursar", "--yes", "-q", "-d", url]);
    assert!(command.stdout(Stdio::null()).status().expect("it starts").success());
    started.elapsed().as_secs_f64()
}

fn median(values: &mut [f64]) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[0], values[values.len() - 1])
}

#[tokio::main]
async fn main() {
    let var = |name: &str| std::env::var_os(name);
    let binaries = Binaries::find(&var).expect("server binaries");
    let mut options = Options::from_env(&var);
    options.settings.extend(
        [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    // The Go driver wants a port.
    let server = Ephemeral::start(&binaries, &options).expect("a private server");
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..MIGRATIONS {
        // The comments are dbmate's; the others read over them.
        let text = format!(
            "-- migrate:up\nCREATE TABLE t{number} (id bigint PRIMARY KEY, note text NOT NULL DEFAULT '');\nCREATE INDEX t{number}_note ON t{number} (note);\n\n-- migrate:down\n"
        );
        std::fs::write(folder.path().join(format!("{}_table_{number}.sql", 20_250_101_000_000 + number)), text)
            .expect("a file");
    }
    let migrations = folder.path().to_str().expect("a path");
    let maintenance = server.url("postgres");

    let mut applied = [const { Vec::new() }; CANDIDATES.len()];
    let mut own = Vec::new();
    let mut current = [const { Vec::new() }; CANDIDATES.len()];
    for round in 0..ROUNDS {
        for (number, candidate) in CANDIDATES.into_iter().enumerate() {
            let name = format!("round_{round}_{number}");
            sql(&maintenance, &format!("CREATE DATABASE {name}")).await;
            sql(&maintenance, "CHECKPOINT").await;
            let url = server.url(&name);
            let url = if candidate == "dbmate" { for_go(&url) } else { url };
            if candidate == "bursar" {
                own.push(own_schema(&url));
            }
            applied[number].push(timed(candidate, &url, migrations));
            for _ in 0..3 {
                current[number].push(timed(candidate, &url, migrations));
            }
            sql(&maintenance, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
    println!(
        "{MIGRATIONS} small migrations, {ROUNDS} rounds; seconds as a whole process, median (fastest – slowest)\n"
    );
    println!("| | applied | × bursar | found up to date | × bursar |\n|---|---|---|---|---|");
    let mut bursar = (0.0, 0.0);
    for (number, candidate) in CANDIDATES.into_iter().enumerate() {
        let (apply, check) = (median(&mut applied[number]), median(&mut current[number]));
        if number == 0 {
            bursar = (apply.0, check.0);
        }
        println!(
            "| {candidate} | {:.2} ({:.2} – {:.2}) | {:.2} | {:.3} ({:.3} – {:.3}) | {:.2} |",
            apply.0,
            apply.1,
            apply.2,
            apply.0 / bursar.0,
            check.0,
            check.1,
            check.2,
            check.0 / bursar.1
        );
    }
    println!("\nbursar's own schema before them, once for a database: {:.2}", median(&mut own).0);
    rows(&server, &binaries.dir.join("psql")).await;
}

/// Seconds, and the most memory that it held, in MiB.
fn measured(command: &mut Command) -> (f64, u64) {
    let ran = watched(command.stdout(Stdio::null()).stderr(Stdio::null()));
    // `lint` ends with 3 where it finds something.
    assert!(matches!(ran.status.code(), Some(0 | 3)), "{command:?}: {}", ran.status);
    (ran.seconds, ran.peak)
}

/// One file of multi-row INSERTs: applied by bursar and by psql, and linted and planned.
async fn rows(server: &Ephemeral, psql: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = String::from("CREATE TABLE parcel (id bigint PRIMARY KEY, label text NOT NULL, note text);\n");
    let mut id = 0;
    while text.len() < ROWS {
        text.push_str("INSERT INTO parcel (id, label, note) VALUES\n");
        for row in 0..500 {
            let end = if row == 499 { ";" } else { "," };
            id += 1;
            writeln!(text, "  ({id}, 'parcel; number {id}', 'it''s a note (of some length) for {id}'){end}")
                .expect("a line");
        }
    }
    let file = folder.path().join("1_parcels.sql");
    std::fs::write(&file, text).expect("a file");
    let what = ["psql -1", "lint", "plan", "up"];
    let mut times = [const { Vec::new() }; 4];
    let mut peaks = [0; 4];
    for round in 0..ROWS_ROUNDS {
        for (number, what) in what.into_iter().enumerate() {
            let name = format!("rows_{round}_{}", if number == 0 { "psql" } else { "bursar" });
            let url = server.url(&name);
            if number < 2 {
                sql(&server.url("postgres"), &format!("CREATE DATABASE {name}")).await;
            }
            if number == 1 {
                own_schema(&url);
            }
            sql(&server.url("postgres"), "CHECKPOINT").await;
            let mut command = Command::new(if number == 0 { psql } else { Path::new(env!("CARGO_BIN_EXE_bursar")) });
            if number == 0 {
                command.args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", &url, "-f"]).arg(&file);
            } else {
                command.args(["migrate", what, "-q", "--source"]).arg(folder.path()).env("DATABASE_URL", &url);
                command.args((what == "up").then_some("--yes"));
            }
            let (took, peak) = measured(&mut command);
            times[number].push(took);
            peaks[number] = peaks[number].max(peak);
        }
        for name in ["psql", "bursar"] {
            sql(&server.url("postgres"), &format!("DROP DATABASE rows_{round}_{name} WITH (FORCE)")).await;
        }
    }
    println!("\n{id} rows in one file of {} MB, {ROWS_ROUNDS} rounds\n", ROWS >> 20);
    println!("| | seconds, median (fastest – slowest) | × psql | peak |\n|---|---|---|---|");
    let mut psql = 0.0;
    for (number, what) in what.into_iter().enumerate() {
        let (middle, low, high) = median(&mut times[number]);
        if number == 0 {
            psql = middle;
        }
        println!("| {what} | {middle:.2} ({low:.2} – {high:.2}) | {:.2} | {} MiB |", middle / psql, peaks[number]);
    }
}

/// The URL as Go's driver reads it: a socket's directory is a parameter of its own name there.
fn for_go(url: &str) -> String {
    let url = url::Url::parse(url).expect("a URL");
    let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let (host, port) = (parameter("host").expect("a socket"), parameter("port").expect("a port"));
    let user = parameter("user").unwrap_or_else(|| "postgres".to_owned());
    format!("postgres://{user}@:{port}{}?socket={host}&sslmode=disable", url.path())
}
