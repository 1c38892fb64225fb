//! What the audit of a ledger costs, beside the SQL that a person would write for the same question.
//!
//! A private server, a ledger of the size that is asked for (`cargo bench --profile dev --bench audit --
//! 100000 1000000`, or 5,000,000), and every candidate in turn, round after round, so that a drift of
//! the machine's speed meets all of them alike. The hand-written statements run on a connection that is
//! open already; bursar is timed as a whole process.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and asks the environment"
)]

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bursar::sandbox::{Binaries, Ephemeral, Options};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection};

const ENTRIES_PER_ACCOUNT: u64 = 50;

/// A ledger in which nine readings follow each purchase, loaded without its triggers and indexes.
const FILL: &str = "
SET session_replication_role = replica;
INSERT INTO users (id, external_id, external_provider, email, star_balance, created_at)
SELECT md5('u' || g)::uuid, 'x' || g, 'clerk', 'u' || g || '@example.org', 0, '2025-01-01' FROM generate_series(1, {accounts}) g;
CREATE TEMP TABLE later AS SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index WHERE indrelid = 'wallet_transactions'::regclass AND NOT indisprimary;
DO $$ DECLARE i record; BEGIN FOR i IN SELECT * FROM later LOOP EXECUTE 'DROP INDEX ' || i.name; END LOOP; END $$;
INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, related_payment_id, related_reading_id, created_at)
SELECT md5('u' || u)::uuid, (CASE WHEN k % 10 = 1 THEN 'purchase' ELSE 'reading' END)::transaction_type,
       CASE WHEN k % 10 = 1 THEN 9 + u % 5 ELSE 1 END, 'STAR',
       ((k - 1) / 10 + 1) * (9 + u % 5) - ((k - 1) - (k - 1) / 10),
       CASE WHEN k % 10 = 1 THEN gen_random_uuid() END, CASE WHEN k % 10 <> 1 THEN gen_random_uuid() END,
       '2025-02-01'::timestamptz + k * interval '1 hour' + u * interval '1 millisecond'
  FROM generate_series(1, {each}) k, generate_series(1, {accounts}) u;
UPDATE users SET star_balance = w.sum FROM (SELECT user_id, sum(CASE transaction_type WHEN 'purchase' THEN amount ELSE -amount END) FROM wallet_transactions GROUP BY 1) w
 WHERE w.user_id = users.id;
DO $$ DECLARE i record; BEGIN FOR i IN SELECT * FROM later LOOP EXECUTE i.definition; END LOOP; END $$;
VACUUM (ANALYZE) users;
VACUUM (ANALYZE) wallet_transactions";

const COUNT: &str = "SELECT count(*) FROM wallet_transactions";

/// Sums beside balances, as one would write it.
const PLAIN: &str = "
SELECT count(*)
  FROM (SELECT user_id, currency, sum(CASE WHEN transaction_type IN ('purchase', 'invite_reward') THEN amount ELSE -amount END) AS total
          FROM wallet_transactions GROUP BY user_id, currency) l
  FULL JOIN (SELECT id, 'STAR'::currency AS currency, star_balance AS balance FROM users
             UNION ALL SELECT id, 'COIN', coin_balance FROM users) c ON c.id = l.user_id AND c.currency = l.currency
 WHERE coalesce(c.balance, 0) <> coalesce(l.total, 0)";

/// The chain, as one would write it.
const LAG: &str = "
SELECT id
  FROM (SELECT id, balance_after, CASE WHEN transaction_type IN ('purchase', 'invite_reward') THEN amount ELSE -amount END AS delta,
               lag(balance_after, 1, 0::bigint) OVER (PARTITION BY user_id, currency ORDER BY created_at, seq, id) AS previous
          FROM wallet_transactions) e
 WHERE balance_after IS DISTINCT FROM previous + delta";

const NEEDED: &str = "COPY (SELECT user_id, currency, transaction_type, amount, balance_after, created_at, seq, id FROM wallet_transactions) TO STDOUT (FORMAT binary)";

const TUNED: &str = "SET work_mem = '64MB'; SET jit = off";
const NO_INDEX: &str = "SET work_mem = '256MB'; SET jit = off; SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off";
const STOCK: &str = "RESET ALL";

/// A candidate: what it is called, and what it runs.
enum Run {
    Sql(&'static str, &'static str),
    Copy,
    Bursar(&'static [&'static str]),
}

fn candidates() -> Vec<(&'static str, Run)> {
    vec![
        ("count(*)", Run::Sql(STOCK, COUNT)),
        ("GROUP BY … SUM joined with the balances", Run::Sql(STOCK, PLAIN)),
        ("the same with 64 MB work_mem, without JIT", Run::Sql(TUNED, PLAIN)),
        ("**audit, ledger, --depth fast**", Run::Bursar(&["--only", "ledger", "--depth", "fast"])),
        ("lag(), as the server plans it", Run::Sql(STOCK, LAG)),
        ("lag(), without an index, 256 MB work_mem", Run::Sql(NO_INDEX, LAG)),
        ("**audit, ledger, --strict**", Run::Bursar(&["--only", "ledger", "--strict"])),
        ("binary COPY of the needed columns", Run::Copy),
    ]
}

struct Bench {
    server: Ephemeral,
    runtime: tokio::runtime::Runtime,
}

/// What one run came to.
#[derive(Clone, Copy)]
struct Figure {
    seconds: f64,
    /// Peak resident memory of the process, in KiB; 0 for a statement.
    client: u64,
    /// Peak of what all server processes hold for themselves, in KiB.
    server: u64,
}

impl Bench {
    fn connect(&self, database: &str) -> PgConnection {
        let options: PgConnectOptions = self.server.url(database).parse().expect("a URL");
        self.runtime.block_on(options.disable_statement_logging().connect()).expect("a connection")
    }

    fn sql(&self, database: &str, sql: &str) {
        let mut connection = self.connect(database);
        for statement in sql.split(";\n") {
            let statement = AssertSqlSafe(statement.to_owned());
            self.runtime.block_on(connection.execute(statement)).unwrap_or_else(|e| panic!("{e}"));
        }
    }

    fn bursar(&self, database: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bursar"));
        command
            .args(arguments)
            .args(["-q", "-d", &self.server.url(database)])
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        command
    }

    /// Runs one candidate, while a thread watches the memory.
    fn run(&self, connection: &mut PgConnection, database: &str, run: &Run) -> Figure {
        let (done, server, client, pid) =
            (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    server.fetch_max(held_by_children(self.server.pid().unwrap_or(0)), Ordering::Relaxed);
                    let id = pid.load(Ordering::Relaxed);
                    if id > 0 {
                        client.fetch_max(status(id, "VmHWM:").unwrap_or(0), Ordering::Relaxed);
                    }
                    std::thread::sleep(Duration::from_millis(10));
                }
            });
            let started = match run {
                Run::Sql(settings, sql) => {
                    self.runtime.block_on(connection.execute(*settings)).expect("settings");
                    let started = Instant::now();
                    self.runtime.block_on(sqlx::raw_sql(*sql).fetch_all(connection)).expect("the statement");
                    started
                }
                Run::Copy => {
                    let started = Instant::now();
                    self.runtime.block_on(async {
                        use futures_util::TryStreamExt as _;
                        let mut stream = connection.copy_out_raw(NEEDED).await.expect("COPY");
                        while stream.try_next().await.expect("COPY").is_some() {}
                    });
                    started
                }
                Run::Bursar(arguments) => {
                    let started = Instant::now();
                    let mut child = self.bursar(database, &[&["audit"], *arguments].concat()).spawn().expect("bursar");
                    pid.store(child.id().into(), Ordering::Relaxed);
                    assert!(child.wait().expect("bursar").success());
                    started
                }
            };
            let seconds = started.elapsed().as_secs_f64();
            done.store(true, Ordering::Relaxed);
            Figure { seconds, client: client.load(Ordering::Relaxed), server: server.load(Ordering::Relaxed) }
        })
    }
}

/// A line of a process's status, in KiB.
fn status(pid: u64, line: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find_map(|l| l.strip_prefix(line))?.split_whitespace().next()?.parse().ok()
}

/// What the server's processes hold for themselves, all together, in KiB.
fn held_by_children(postmaster: u32) -> u64 {
    let children =
        std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap_or_default();
    children.split_whitespace().filter_map(|pid| status(pid.parse().ok()?, "RssAnon:")).sum()
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

fn database(bench: &Bench, entries: u64) -> String {
    let name = format!("ledger_{entries}");
    bench.sql("postgres", &format!("CREATE DATABASE {name}"));
    assert!(bench.bursar(&name, &["migrate", "up", "--app", "mimivibe", "--yes"]).status().expect("bursar").success());
    let fill = FILL
        .replace("{accounts}", &(entries / ENTRIES_PER_ACCOUNT).to_string())
        .replace("{each}", &ENTRIES_PER_ACCOUNT.to_string());
    bench.sql(&name, &fill);
    name
}

fn measure(bench: &Bench, entries: u64) {
    let name = database(bench, entries);
    let mut connection = bench.connect(&name);
    let all = candidates();
    let rounds = if entries > 5_000_000 { 1 } else { 5 };
    let mut figures: BTreeMap<usize, Vec<Figure>> = BTreeMap::new();
    for round in 0..=rounds {
        for (index, (_, run)) in all.iter().enumerate() {
            let figure = bench.run(&mut connection, &name, run);
            // The first round warms the caches.
            if round > 0 {
                figures.entry(index).or_default().push(figure);
            }
        }
    }
    let seconds = |index: usize| -> Vec<f64> { figures[&index].iter().map(|f| f.seconds).collect() };
    println!("\n### {entries} entries of {} accounts, {rounds} rounds\n", entries / ENTRIES_PER_ACCOUNT);
    println!("| | seconds, median | fastest – slowest | × GROUP BY | client peak | server peak |");
    println!("|---|---|---|---|---|---|");
    for (index, (what, _)) in all.iter().enumerate() {
        let times = seconds(index);
        let (low, high) = times.iter().fold((f64::MAX, 0f64), |(l, h), t| (l.min(*t), h.max(*t)));
        let peak = |of: fn(&Figure) -> u64| figures[&index].iter().map(of).max().unwrap_or(0) / 1024;
        let client = match peak(|f| f.client) {
            0 => String::new(),
            mib => format!("{mib} MiB"),
        };
        println!(
            "| {what} | {:.2} | {low:.2} – {high:.2} | {:.2} | {client} | {} MiB |",
            median(times.clone()),
            ratio(&times, &seconds(1)),
            peak(|f| f.server)
        );
    }
    println!();
    println!(
        "- fast: {:.2} × the GROUP BY, {:.2} × the tuned one; lag() takes {:.1} × as long as planned, {:.1} × without an index",
        ratio(&seconds(3), &seconds(1)),
        ratio(&seconds(3), &seconds(2)),
        ratio(&seconds(4), &seconds(3)),
        ratio(&seconds(5), &seconds(3))
    );
    println!(
        "- strict: {:.2} × lag() as planned, {:.2} × lag() without an index, {:.2} × fast",
        ratio(&seconds(6), &seconds(4)),
        ratio(&seconds(6), &seconds(5)),
        ratio(&seconds(6), &seconds(3))
    );
    broken(bench, &name);
    seals(bench, &name, entries, &["audit", "--only", "ledger", "--depth", "fast"]);
    bench.sql(&name, "SET session_replication_role = replica;\nUPDATE wallet_transactions SET metadata = metadata WHERE seq % 3 = 0;\nVACUUM (ANALYZE) wallet_transactions");
    laid_out(bench, &name, &mut connection, "a third of the entries rewritten, out of order");
    bench.sql(&name, "CREATE INDEX by_account ON wallet_transactions (user_id, seq);\nCLUSTER wallet_transactions USING by_account;\nDROP INDEX by_account;\nVACUUM (ANALYZE) wallet_transactions");
    laid_out(bench, &name, &mut connection, "the entries of each account together");
    bench.sql("postgres", &format!("DROP DATABASE {name} WITH (FORCE)"));
}

/// The median of the ratios, round by round.
fn ratio(one: &[f64], other: &[f64]) -> f64 {
    median(one.iter().zip(other).map(|(a, b)| a / b).collect())
}

/// The audits beside `lag()` where the entries lie in the table in another way.
fn laid_out(bench: &Bench, name: &str, connection: &mut PgConnection, how: &str) {
    let all = candidates();
    let mut seconds: [Vec<f64>; 3] = Default::default();
    for round in 0..4 {
        for (index, times) in [3, 5, 6].into_iter().zip(&mut seconds) {
            let figure = bench.run(connection, name, &all[index].1);
            if round > 0 {
                times.push(figure.seconds);
            }
        }
    }
    let [fast, lag, strict] = &seconds;
    println!(
        "- {how}: fast {:.2} s, lag() without an index {:.2} s, strict {:.2} s: {:.2} × lag(), {:.2} × fast",
        median(fast.clone()),
        median(lag.clone()),
        median(strict.clone()),
        ratio(strict, lag),
        ratio(strict, fast)
    );
}

/// Every account broken, every finding listed: what it costs is time, not memory.
fn broken(bench: &Bench, name: &str) {
    bench.sql(name, "UPDATE users SET star_balance = star_balance + 1");
    let run =
        Run::Bursar(&["--only", "ledger", "--depth", "fast", "--limit", "0", "-o", "ndjson", "--fail-on", "never"]);
    let figure = bench.run(&mut bench.connect(name), name, &run);
    println!(
        "- every account broken, every finding listed: {:.2} s, client peak {} MiB",
        figure.seconds,
        figure.client / 1024
    );
    bench.sql(name, "UPDATE users SET star_balance = star_balance - 1;\nVACUUM (ANALYZE) users");
}

/// A seal, one entry in a hundred more, and the audit of what is new.
fn seals(bench: &Bench, name: &str, entries: u64, whole: &[&str]) {
    let timed = |arguments: &[&str]| {
        let started = Instant::now();
        assert!(bench.bursar(name, arguments).status().expect("bursar").success(), "{arguments:?}");
        started.elapsed().as_secs_f64()
    };
    let seal = timed(&["audit", "seal", "--yes"]);
    let new = entries / 100;
    bench.sql(name, &format!(
        "WITH chosen AS (SELECT id, star_balance FROM users ORDER BY id LIMIT {new}), added AS (
             INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, metadata)
             SELECT id, 'adjustment', 1, 'STAR', star_balance + 1, '{{\"direction\": \"credit\", \"reason\": \"a benchmark\", \"operator\": \"nobody\"}}' FROM chosen)
         UPDATE users SET star_balance = users.star_balance + 1 FROM chosen WHERE chosen.id = users.id;\nVACUUM (ANALYZE) users;\nVACUUM (ANALYZE) wallet_transactions"
    ));
    let (mut full, mut since) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        full.push(timed(whole));
        since.push(timed(&["audit", "--since-seal"]));
    }
    println!(
        "- seal of everything: {seal:.1} s; then {new} new entries: audit --since-seal {:.2} s, {:.0} % of `{}`",
        median(since.clone()),
        100.0 * ratio(&since, &full),
        whole.join(" ")
    );
}

/// The same on lifelike data, where the whole audit has more to do than the ledger.
fn lifelike(bench: &Bench) {
    bench.sql("postgres", "CREATE DATABASE lifelike");
    for arguments in
        [["migrate", "up", "--app", "mimivibe", "--yes"].as_slice(), &["seed", "--users", "20000", "--yes"]]
    {
        assert!(bench.bursar("lifelike", arguments).status().expect("bursar").success());
    }
    bench.sql("lifelike", "VACUUM (ANALYZE)");
    let mut connection = bench.connect("lifelike");
    let query = sqlx::query_scalar::<_, i64>(COUNT).fetch_one(&mut connection);
    let entries = u64::try_from(bench.runtime.block_on(query).expect("a count")).expect("a count");
    println!("\n### Lifelike data: 20,000 people, {entries} entries\n");
    seals(bench, "lifelike", entries, &["audit"]);
}

/// A healthy database with fifty tables and a thousand rows.
fn small(bench: &Bench) {
    bench.sql("postgres", "CREATE DATABASE small");
    for arguments in [
        ["migrate", "up", "--app", "mimivibe", "--yes"].as_slice(),
        &["seed", "--users", "20", "--days", "60", "--yes"],
    ] {
        assert!(bench.bursar("small", arguments).status().expect("bursar").success());
    }
    bench.sql("small", "DO $$ BEGIN FOR i IN 1..38 LOOP EXECUTE format('CREATE TABLE more_%s (id int PRIMARY KEY, note text)', i); END LOOP; END $$");
    let tables = bench
        .runtime
        .block_on(
            sqlx::query_scalar::<_, i64>(
                "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
            )
            .fetch_one(&mut bench.connect("small")),
        )
        .expect("a count");
    let rows = bench.runtime.block_on(sqlx::query_scalar::<_, i64>("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM wallet_transactions) + (SELECT count(*) FROM payments) + (SELECT count(*) FROM tarot_readings) + (SELECT count(*) FROM user_invites) + (SELECT count(*) FROM jobs) + (SELECT count(*) FROM job_attempts)").fetch_one(&mut bench.connect("small"))).expect("a count");
    let mut connection = bench.connect("small");
    let times: Vec<f64> = (0..5).map(|_| bench.run(&mut connection, "small", &Run::Bursar(&[])).seconds).collect();
    println!("\nA healthy database of {tables} tables and {rows} rows, all checks: {:.2} s", median(times));
}

fn main() {
    let sizes: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![5_000_000] } else { sizes };
    let var = |name: &str| std::env::var_os(name);
    let binaries = Binaries::find(&var).expect("server binaries: run `make setup`");
    let mut options = Options::from_env(&var);
    options.settings.push(("shared_buffers".to_owned(), "1GB".to_owned()));
    options.settings.push(("max_wal_size".to_owned(), "8GB".to_owned()));
    let server = Ephemeral::start(&binaries, &options).expect("a private server");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let bench = Bench { server, runtime };
    small(&bench);
    lifelike(&bench);
    for entries in sizes {
        measure(&bench, entries);
    }
}
