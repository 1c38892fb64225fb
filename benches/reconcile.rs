//! The time and the memory of `bursar payments reconcile` with very many objects. Beside it stands the least that a person
//! does by hand: psql writes the payments to a file, and sort and join put it beside the export.
//!
//! A private server. Three differences are put in, and have to be found, and nothing else.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and asks the environment"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bursar::sandbox::{Binaries, Ephemeral, Options};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};

const ROUNDS: usize = 3;

/// So many payments of the last 20 days, each with its entry in the ledger.
const PAYMENTS: &str = "
    SET session_replication_role = replica;
    INSERT INTO users (id, external_id, external_provider, email, name, star_balance)
    SELECT md5('u' || i)::uuid, 'u' || i, 'x', 'u' || i || '@example.com', 'User ' || i, 0 FROM generate_series(1, 1000) i;
    INSERT INTO payments (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, status, package_type, stars_purchased, created_at)
    SELECT md5('p' || i)::uuid, md5('u' || (1 + i % 1000))::uuid, 'pi_' || i, 'ch_' || i, 4900, 'succeeded', 'small', 10,
           now() - interval '25 days' + i * (interval '20 days' / {n})
      FROM generate_series(1, {n}) i;
    INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, related_payment_id)
    SELECT user_id, 'purchase', 10, 'STAR', 10, id FROM payments;
    ANALYZE payments; ANALYZE wallet_transactions";

async fn sql(url: &str, text: &str) {
    let options: PgConnectOptions = url.parse().expect("a URL");
    let mut connection = options.connect().await.expect("a connection");
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut connection).await.expect("SQL");
}

/// Seconds, the peak of its memory in MiB, its exit code and its output.
fn timed(command: &mut Command, output: &Path) -> (f64, u64, i32) {
    let started = Instant::now();
    let out = std::fs::File::create(output).expect("a file");
    let mut child = command.stdout(out).stderr(Stdio::null()).spawn().expect("it runs");
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        peak = peak.max(line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0));
        match child.try_wait().expect("it ends") {
            Some(status) => return (started.elapsed().as_secs_f64(), peak / 1024, status.code().unwrap_or(-1)),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Writes the gateway's itemized balance: one charge is missing, one is of another amount, and a refund is only there.
fn export(path: &Path, objects: u64) {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    let heading =
        "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id";
    writeln!(out, "{heading}").expect("a line");
    let now = chrono::Utc::now();
    let mut line = |number: u64, gross: &str, kind: &str, id: String| {
        let age = chrono::TimeDelta::days(25) - chrono::TimeDelta::seconds((20 * 86_400 * number / objects) as i64);
        let at = (now - age).format("%Y-%m-%d %H:%M:%S");
        writeln!(out, "txn_{id},{at},thb,{gross},0.00,{gross},{kind},{id},pi_{number}").expect("a line");
    };
    for number in 2..=objects {
        line(number, if number == 7 { "50.00" } else { "49.00" }, "charge", format!("ch_{number}"));
    }
    line(objects / 2, "-49.00", "refund", "re_1".to_owned());
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let var = |name: &str| std::env::var_os(name);
    let binaries = Binaries::find(&var).expect("server binaries");
    let given: Vec<u64> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let sizes = if given.is_empty() { vec![10_000, 100_000, 1_000_000] } else { given };
    let mut options = Options::from_env(&var);
    options.settings.push(("max_wal_size".to_owned(), "8GB".to_owned()));
    let server = Ephemeral::start(&binaries, &options).expect("a private server");
    let bursar = Path::new(env!("CARGO_BIN_EXE_bursar"));
    let folder = tempfile::tempdir().expect("a folder");
    println!("| objects | seconds, median | psql, sort, join | × | peak |\n|---|---|---|---|---|");
    for objects in sizes {
        let name = format!("n{objects}");
        sql(&server.url("postgres"), &format!("CREATE DATABASE {name}")).await;
        let url = server.url(&name);
        let report = folder.path().join("report.json");
        let up = ["migrate", "up", "--app", "mimivibe", "--yes", "-q", "-d", &url];
        assert_eq!(timed(Command::new(bursar).args(up), &report).2, 0, "migrate up");
        sql(&url, &PAYMENTS.replace("{n}", &objects.to_string())).await;
        let csv = folder.path().join("balance.csv");
        export(&csv, objects);
        let by_hand = format!(
            "'{psql}' -qAt -F, '{url}' -c \"COPY (SELECT stripe_payment_intent_id, amount FROM payments) TO STDOUT (FORMAT csv)\" | LC_ALL=C sort -t, -k1,1 > ours
             tail -n +2 balance.csv | awk -F, '{{print $9 \",\" $4}}' | LC_ALL=C sort -t, -k1,1 > theirs
             LC_ALL=C join -t, -a1 -a2 ours theirs > joined",
            psql = binaries.dir.join("psql").display()
        );
        let (mut ours, mut theirs, mut peak) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROUNDS {
            let mut command = Command::new(bursar);
            command
                .args(["payments", "reconcile", "-q", "-o", "json", "--no-record", "-d", &url, "--export"])
                .arg(&csv);
            let (took, most, code) = timed(&mut command, &report);
            let found: serde_json::Value =
                serde_json::from_slice(&std::fs::read(&report).expect("a report")).expect("JSON");
            assert_eq!(
                (code, &found["differences"], &found["complete"]),
                (3, &3.into(), &true.into()),
                "{}",
                found["counts"]
            );
            ours.push(took);
            peak = peak.max(most);
            let mut shell = Command::new("sh");
            shell.args(["-ec", &by_hand]).current_dir(folder.path());
            let (took, _, code) = timed(&mut shell, &folder.path().join("nothing"));
            assert_eq!(code, 0, "psql, sort, join");
            theirs.push(took);
        }
        let median = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        let (ours, theirs) = (median(&mut ours), median(&mut theirs));
        println!("| {objects} | {ours:.2} | {theirs:.2} | {:.1} | {peak} MiB |", ours / theirs);
        sql(&server.url("postgres"), &format!("DROP DATABASE {name}")).await;
    }
}
