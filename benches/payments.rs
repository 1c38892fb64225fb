//! The cost of the checks of payments for a pack that bursar has never seen, beside the statements that a person would write
//! for the same questions.
//!
//! A private server with three plain tables. Both candidates are timed as whole processes on one connection, in turn, with
//! the same memory and without JIT.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and asks the environment"
)]

mod support;

use std::path::Path;
use std::process::Command;

use bursar::sandbox::{Binaries, Ephemeral, Options};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use support::watched;

const ROUNDS: usize = 5;

/// One id of a gateway for each payment, and five entries for each, of which one credits it.
const FILL: &str = "
    CREATE TABLE users (id uuid PRIMARY KEY);
    CREATE TABLE billing (user_id uuid PRIMARY KEY, balance bigint NOT NULL);
    CREATE TABLE payment (id uuid PRIMARY KEY, user_id uuid NOT NULL, amount bigint NOT NULL, status text NOT NULL, gateway text NOT NULL,
                          created_at timestamptz NOT NULL);
    CREATE TABLE entry (id bigint PRIMARY KEY, user_id uuid NOT NULL, amount bigint NOT NULL, kind text NOT NULL, payment_ref uuid,
                        created_at timestamptz NOT NULL);
    INSERT INTO users SELECT md5('u' || i)::uuid FROM generate_series(1, {n} / 50) i;
    INSERT INTO payment SELECT md5('p' || i)::uuid, md5('u' || 1 + i % ({n} / 50))::uuid, 1000, CASE WHEN i % 50 = 0 THEN 'failed' ELSE 'succeeded' END,
                               'pi_' || i, now() - i * interval '20 s' FROM generate_series(1, {n}) i;
    INSERT INTO entry SELECT 5 * i + k, md5('u' || 1 + i % ({n} / 50))::uuid, CASE k WHEN 0 THEN 1000 ELSE -10 END,
                             CASE k WHEN 0 THEN 'topup' ELSE 'spent' END, CASE k WHEN 0 THEN md5('p' || i)::uuid END, now() - i * interval '20 s'
      FROM generate_series(1, {n}) i, generate_series(0, 4) k WHERE k > 0 OR i % 50 <> 0;
    INSERT INTO billing SELECT user_id, sum(amount) FROM entry GROUP BY 1;
    VACUUM ANALYZE";

/// Paid without its units, credited twice, one id of a gateway twice, credited without being paid, credited to another
/// account, a status that nobody knows.
const BY_HAND: [&str; 6] = [
    "SELECT p.id FROM payment p LEFT JOIN (SELECT payment_ref, sum(amount) AS sum FROM entry GROUP BY 1) e ON e.payment_ref = p.id
      WHERE p.status = 'succeeded' AND coalesce(e.sum, 0) <> p.amount",
    "SELECT payment_ref FROM entry WHERE payment_ref IS NOT NULL AND amount > 0 GROUP BY 1 HAVING count(*) > 1",
    "SELECT gateway FROM payment GROUP BY 1 HAVING count(*) > 1",
    "SELECT e.id FROM entry e JOIN payment p ON p.id = e.payment_ref WHERE p.status = 'failed' AND e.amount > 0",
    "SELECT e.id FROM entry e JOIN payment p ON p.id = e.payment_ref WHERE p.user_id <> e.user_id",
    "SELECT id FROM payment WHERE status NOT IN ('succeeded', 'failed')",
];

const FILES: [(&str, &str); 4] = [
    (
        "pack.toml",
        "name = \"shop\"\ntitle = \"Shop\"\nschema = \"public\"\ndetect = []\ntables = [\"users\", \"billing\", \"payment\", \"entry\"]\n\
         [ledger]\nrunning = false\n[thresholds]\nfuture_tolerance_secs = 300\n[payments]\namounts = \"minor\"\nkinds = [\"topup\"]\n\
         [payments.states]\npaid = [\"succeeded\"]\nunpaid = [\"failed\"]\n",
    ),
    (
        "ledger/entries.sql",
        "-- reads: entry\nSELECT e.id AS entry_id, e.user_id AS account, 'USD'::text AS unit, e.amount AS delta, NULL::numeric AS running,
                e.created_at AS at, NULL::bigint AS seq, NULL::xid8 AS arrival, e.kind, e.payment_ref AS ref FROM entry e",
    ),
    (
        "ledger/balances.sql",
        "-- reads: billing\nSELECT b.user_id AS account, 'USD'::text AS unit, b.balance, NULL::timestamptz AS opened_at FROM billing b",
    ),
    (
        "payments.sql",
        "-- reads: payment\nSELECT p.id AS payment_id, p.user_id AS account, NULL::text AS customer, p.amount, 'USD'::text AS currency, p.status,
                p.status = 'succeeded' AS refundable, 'stripe'::text AS provider, ARRAY[p.gateway] AS provider_ids,
                p.amount AS granted, 'USD'::text AS unit, p.created_at FROM payment p",
    ),
];

async fn sql(url: &str, text: &str) {
    let options: PgConnectOptions = url.parse().expect("a URL");
    let mut connection = options.connect().await.expect("a connection");
    for statement in text.split(";\n") {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.expect("SQL");
    }
}

/// Seconds, and the most memory that it held, in MiB. It has to find nothing.
fn timed(command: &mut Command) -> (f64, u64) {
    let output = tempfile::NamedTempFile::new().expect("a file");
    let ran = watched(command.stdout(output.reopen().expect("the file")));
    let said = std::fs::read_to_string(output.path()).expect("text");
    assert!(ran.status.success(), "{command:?}: {} {said}", ran.status);
    (ran.seconds, ran.peak)
}

#[tokio::main]
async fn main() {
    let var = |name: &str| std::env::var_os(name);
    let binaries = Binaries::find(&var).expect("server binaries");
    let given: Vec<u64> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let sizes = if given.is_empty() { vec![100_000, 1_000_000] } else { given };
    let mut options = Options::from_env(&var);
    for (name, value) in [("shared_buffers", "1GB"), ("max_wal_size", "8GB"), ("work_mem", "64MB"), ("jit", "off")] {
        options.settings.push((name.to_owned(), value.to_owned()));
    }
    let server = Ephemeral::start(&binaries, &options).expect("a private server");
    let pack = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(pack.path().join("ledger")).expect("a folder");
    for (file, text) in FILES {
        std::fs::write(pack.path().join(file), format!("{text}\n")).expect("a file");
    }
    println!("| payments | entries | by hand, seconds | bursar, seconds | ratio, median (lowest – highest) | peak |");
    println!("|---|---|---|---|---|---|");
    for payments in sizes {
        let name = format!("n{payments}");
        sql(&server.url("postgres"), &format!("CREATE DATABASE {name}")).await;
        let url = server.url(&name);
        sql(&url, &FILL.replace("{n}", &payments.to_string())).await;
        let (mut theirs, mut ours, mut ratios, mut most) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for round in 0..=ROUNDS {
            let mut psql = Command::new(binaries.dir.join("psql"));
            psql.args(["-X", "-q", "-d", &url]).args(BY_HAND.iter().flat_map(|sql| ["-c", sql]));
            let (by_hand, _) = timed(&mut psql);
            let mut bursar = Command::new(Path::new(env!("CARGO_BIN_EXE_bursar")));
            bursar.args(["audit", "--only", "payments", "--parallel", "1", "-q", "-d", &url, "--trust-pack", "--app"]);
            let (took, peak) = timed(bursar.arg(pack.path()));
            // The first round warms the caches.
            if round > 0 {
                theirs.push(by_hand);
                ours.push(took);
                ratios.push(took / by_hand);
                most = most.max(peak);
            }
        }
        let sorted = |mut of: Vec<f64>| {
            of.sort_by(f64::total_cmp);
            of
        };
        let [theirs, ours, ratios] = [theirs, ours, ratios].map(sorted);
        let middle = ROUNDS / 2;
        println!(
            "| {payments} | {} | {:.2} | {:.2} | {:.2} ({:.2} – {:.2}) | {most} MiB |",
            5 * payments - payments / 50,
            theirs[middle],
            ours[middle],
            ratios[middle],
            ratios[0],
            ratios[ROUNDS - 1]
        );
        sql(&server.url("postgres"), &format!("DROP DATABASE {name}")).await;
    }
}
