//! How many refunds a second a batch makes, beside the limit: pgbench calling the same function, one
//! transaction a refund, on as many connections.
//!
//! A private server, two copies of one seeded database in every round, and both candidates in turn.
//! bursar is timed as a whole process, which reads the file, checks every line and writes the results,
//! and again without checking.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and asks the environment"
)]

use std::process::{Command, Stdio};
use std::time::Instant;

use bursar::sandbox::{Binaries, Ephemeral, Options};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, Row as _};

const CONNECTIONS: &str = "4";
const ROUNDS: usize = 5;

/// What pgbench runs: the next payment of a list that all its clients share.
const SCRIPT: &str = "WITH next AS MATERIALIZED (SELECT nextval('bench_next') AS n) SELECT r.existing FROM next JOIN bench_payments USING (n), LATERAL bursar.refund_request(payment, NULL, 'cap', 'other', NULL, 'record-only', NULL, 'bench:' || n, false, NULL, '{}') AS r;\n";

async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("a URL");
    options.connect().await.expect("a connection")
}

async fn sql(url: &str, text: &str) {
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut connect(url).await).await.expect(text);
}

fn bursar(url: &str, arguments: &[&str]) -> f64 {
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_bursar"))
        .args(arguments)
        .args(["-q", "--app", "mimivibe", "-d", url])
        .stdout(Stdio::null())
        .status()
        .expect("bursar runs");
    assert!(status.success(), "{arguments:?}: {status}");
    started.elapsed().as_secs_f64()
}

#[tokio::main]
async fn main() {
    let var = |name: &str| std::env::var_os(name);
    let binaries = Binaries::find(&var).expect("server binaries");
    let users = std::env::args().find_map(|a| a.parse::<u32>().ok()).unwrap_or(2000).to_string();
    let mut options = Options::from_env(&var);
    options.settings.extend(
        [("shared_buffers", "512MB"), ("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let server = Ephemeral::start(&binaries, &options).expect("a private server");
    let (maintenance, seeded) = (server.url("postgres"), server.url("seeded"));
    sql(&maintenance, "CREATE DATABASE seeded").await;
    bursar(&seeded, &["migrate", "up", "--yes"]);
    bursar(&seeded, &["seed", "--users", &users, "--yes"]);
    sql(
        &seeded,
        "CREATE TABLE bench_payments AS SELECT row_number() OVER (ORDER BY id) AS n, id::text AS payment FROM payments WHERE status = 'succeeded';
         ALTER TABLE bench_payments ADD PRIMARY KEY (n); CREATE SEQUENCE bench_next; ANALYZE",
    )
    .await;
    let rows =
        sqlx::query("SELECT payment FROM bench_payments ORDER BY n").fetch_all(&mut connect(&seeded).await).await;
    let payments: Vec<String> = rows.expect("payments").iter().map(|r| r.get(0)).collect();
    let folder = std::env::temp_dir().join(format!("bursar-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (file, script) = (folder.join("refunds.csv"), folder.join("refund.sql"));
    let lines: String = payments.iter().map(|payment| format!("{payment},elsewhere:{payment}\n")).collect();
    std::fs::write(&file, format!("payment,gateway_ref\n{lines}")).expect("a file");
    std::fs::write(&script, SCRIPT).expect("a script");
    let (file, script) = (file.to_str().expect("a path"), script.to_str().expect("a path"));

    let count = payments.len() as f64;
    println!("{} refunds, {CONNECTIONS} connections, {ROUNDS} rounds; refunds a second", payments.len());
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let mut rates = Vec::new();
        for candidate in ["pgbench", "bursar"] {
            let name = format!("{candidate}_{round}");
            sql(&maintenance, &format!("CREATE DATABASE {name} TEMPLATE seeded")).await;
            sql(&maintenance, "CHECKPOINT").await;
            let url = server.url(&name);
            let took = if candidate == "bursar" {
                let batch = [
                    "refund",
                    "batch",
                    file,
                    "--gateway",
                    "record-only",
                    "--if-spent",
                    "cap",
                    "--parallel",
                    CONNECTIONS,
                ];
                let checking = bursar(&url, &[&batch[..], &["--dry-run"]].concat());
                let whole = bursar(&url, &[&batch[..], &["--yes"]].concat());
                println!(
                    "  round {round}: bursar as a whole {:.0}, checking alone took {checking:.2} s",
                    count / whole
                );
                whole - checking
            } else {
                pgbench(&binaries, &url, script, payments.len())
            };
            let made: i64 = sqlx::query_scalar("SELECT count(*) FROM bursar.refunds WHERE state = 'succeeded'")
                .fetch_one(&mut connect(&url).await)
                .await
                .expect("refunds");
            assert!(made as f64 >= count * 0.99, "{candidate} made {made} of {count}");
            rates.push(count / took);
            sql(&maintenance, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
        println!("  round {round}: pgbench {:.0}, bursar {:.0}, ratio {:.2}", rates[0], rates[1], rates[1] / rates[0]);
        ratios.push(rates[1] / rates[0]);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "bursar / pgbench: {:.2} (median of {ROUNDS}, {:.2} to {:.2})",
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1]
    );
    std::fs::remove_dir_all(&folder).expect("the folder is removed");
}

/// Every payment once, shared by the clients. Returns seconds without connecting.
fn pgbench(binaries: &Binaries, url: &str, script: &str, count: usize) -> f64 {
    let clients: usize = CONNECTIONS.parse().expect("a number");
    let each = (count / clients).to_string();
    let started = Instant::now();
    let output = Command::new(binaries.dir.join("pgbench"))
        .args(["-n", "-M", "prepared", "-f", script, "-c", CONNECTIONS, "-j", "2", "-t", &each, url])
        .output()
        .expect("pgbench runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let tps = text.lines().find_map(|l| l.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
    tps.map_or(started.elapsed().as_secs_f64(), |tps| count as f64 / tps)
}
