//! The time and the memory of `bursar payments reconcile` with very many objects. Beside it stands the least that a person
//! does by hand: psql writes the payments to a file, and sort and join put it beside the export.
//!
//! The same objects are read once from an export and once from the gateway's API, which a thread of this process speaks.
//!
//! A private server. Three differences are put in, and have to be found, and nothing else.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and asks the environment"
)]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use bursar::sandbox::{Binaries, Ephemeral, Options};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use support::watched;

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

/// Seconds, the peak of its memory in MiB, and its exit code. Its output goes into a file.
fn timed(command: &mut Command, output: &Path) -> (f64, u64, i32) {
    let out = std::fs::File::create(output).expect("a file");
    let ran = watched(command.stdout(out).stderr(Stdio::null()));
    (ran.seconds, ran.peak, ran.status.code().unwrap_or(-1))
}

/// The gateway's side: one charge is missing, one is of another amount, and a refund is only there.
#[derive(Clone, Copy)]
struct Account {
    objects: u64,
    now: DateTime<Utc>,
}

impl Account {
    fn at(self, number: u64) -> DateTime<Utc> {
        self.now - TimeDelta::days(25) + TimeDelta::seconds((20 * 86_400 * number / self.objects) as i64)
    }

    /// The number of the charge that the gateway does not have. A file covers no payment that is older than its first line.
    fn missing(self) -> u64 {
        self.objects / 3
    }

    fn minor(number: u64) -> i64 {
        if number == 7 { 5_000 } else { 4_900 }
    }

    /// Writes the itemized balance.
    fn export(self, path: &Path) {
        let mut out = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
        let heading =
            "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id";
        writeln!(out, "{heading}").expect("a line");
        let mut line = |number: u64, gross: i64, kind: &str, id: String| {
            let (at, gross) = (self.at(number).format("%Y-%m-%d %H:%M:%S"), format!("{}.00", gross / 100));
            writeln!(out, "txn_{id},{at},thb,{gross},0.00,{gross},{kind},{id},pi_{number}").expect("a line");
        };
        for number in (1..=self.objects).filter(|n| *n != self.missing()) {
            line(number, Self::minor(number), "charge", format!("ch_{number}"));
        }
        line(self.objects / 2, -4_900, "refund", "re_1".to_owned());
    }

    /// Serves the API from threads of their own, without an end, and returns its address.
    fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || self.answers(&stream));
            }
        });
        format!("http://{address}")
    }

    /// Answers one connection's requests, until it is closed.
    fn answers(self, mut stream: &TcpStream) -> Option<()> {
        let mut lines = BufReader::new(stream).lines();
        loop {
            let first = lines.next()?.ok()?;
            while !lines.next()?.ok()?.is_empty() {}
            let url = url::Url::parse("http://x").ok()?.join(first.split(' ').nth(1)?).ok()?;
            let body = self.body(&url);
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .ok()?;
        }
    }

    fn body(self, url: &url::Url) -> String {
        let after = url.query_pairs().find(|(name, _)| name == "starting_after").map(|(_, id)| id.into_owned());
        // The newest first. The refund has the end to itself.
        let next =
            after.map_or(self.objects, |id| id.rsplit('_').next().and_then(|n| n.parse().ok()).unwrap_or(1_u64) - 1);
        let page = || (1.max(next.saturating_sub(99))..=next).rev().filter(|n| *n != self.missing());
        let (data, has_more): (Vec<String>, bool) = match url.path() {
            "/v1/account" => return r#"{"id":"acct_bench","object":"account"}"#.to_owned(),
            "/v1/balance_transactions" if next < 1 => {
                (vec![self.line("refund", &self.refund(), "re_1", -4_900, self.objects / 2)], false)
            }
            "/v1/balance_transactions" => (
                page().map(|n| self.line("charge", &self.charge(n), &format!("ch_{n}"), Self::minor(n), n)).collect(),
                true,
            ),
            "/v1/charges" => (page().map(|n| self.charge(n)).collect(), next > 100),
            "/v1/refunds" => (vec![self.refund()], false),
            _ => (Vec::new(), false),
        };
        format!(r#"{{"object":"list","data":[{}],"has_more":{has_more}}}"#, data.join(","))
    }

    fn line(self, kind: &str, source: &str, id: &str, amount: i64, number: u64) -> String {
        let at = self.at(number).timestamp();
        format!(
            r#"{{"id":"txn_{id}","object":"balance_transaction","amount":{amount},"fee":0,"net":{amount},"currency":"thb","created":{at},"available_on":{at},"type":"{kind}","reporting_category":"{kind}","source":{source}}}"#
        )
    }

    fn charge(self, number: u64) -> String {
        let (at, amount) = (self.at(number).timestamp(), Self::minor(number));
        format!(
            r#"{{"id":"ch_{number}","object":"charge","amount":{amount},"amount_captured":{amount},"currency":"thb","status":"succeeded","payment_intent":"pi_{number}","created":{at},"balance_transaction":{{"id":"txn_ch_{number}","created":{at}}},"metadata":{{}}}}"#
        )
    }

    fn refund(self) -> String {
        let number = self.objects / 2;
        let at = self.at(number).timestamp();
        format!(
            r#"{{"id":"re_1","object":"refund","amount":4900,"currency":"thb","status":"succeeded","charge":"ch_{number}","payment_intent":"pi_{number}","created":{at},"balance_transaction":{{"id":"txn_re_1","created":{at}}},"metadata":{{}}}}"#
        )
    }
}

/// The median of the times, and the largest peak.
fn median(mut runs: Vec<(f64, u64)>) -> (f64, u64) {
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    (runs[runs.len() / 2].0, runs.iter().map(|(_, peak)| *peak).max().unwrap_or(0))
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
    println!(
        "| objects | export, seconds | peak | API, seconds | peak | psql, sort, join | export × |\n|---|---|---|---|---|---|---|"
    );
    for objects in sizes {
        let name = format!("n{objects}");
        sql(&server.url("postgres"), &format!("CREATE DATABASE {name}")).await;
        let url = server.url(&name);
        let report = folder.path().join("report.json");
        let up = ["migrate", "up", "--app", "mimivibe", "--yes", "-q", "-d", &url];
        assert_eq!(timed(Command::new(bursar).args(up), &report).2, 0, "migrate up");
        sql(&url, &PAYMENTS.replace("{n}", &objects.to_string())).await;
        let csv = folder.path().join("balance.csv");
        let account = Account { objects, now: Utc::now() };
        account.export(&csv);
        let api = account.serve();
        let by_hand = format!(
            "'{psql}' -qAt -F, '{url}' -c \"COPY (SELECT stripe_payment_intent_id, amount FROM payments) TO STDOUT (FORMAT csv)\" | LC_ALL=C sort -t, -k1,1 > ours
             tail -n +2 balance.csv | awk -F, '{{print $9 \",\" $4}}' | LC_ALL=C sort -t, -k1,1 > theirs
             LC_ALL=C join -t, -a1 -a2 ours theirs > joined",
            psql = binaries.dir.join("psql").display()
        );
        let compare = |more: &[&str]| {
            let mut command = Command::new(bursar);
            command.args(["payments", "reconcile", "-q", "-o", "json", "--no-record", "-d", &url]).args(more);
            command.envs([("STRIPE_SECRET_KEY", "sk_test_bench"), ("STRIPE_API_BASE", &api)]);
            let (took, peak, code) = timed(&mut command, &report);
            let found: serde_json::Value =
                serde_json::from_slice(&std::fs::read(&report).expect("a report")).expect("JSON");
            assert_eq!(
                (code, &found["differences"], &found["complete"]),
                (3, &3.into(), &true.into()),
                "{} {}",
                found["counts"],
                found["incomplete"]
            );
            (took, peak)
        };
        let (mut export, mut asked, mut by) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            export.push(compare(&["--export", csv.to_str().expect("a path")]));
            asked.push(compare(&["--gateway", "stripe"]));
            let mut shell = Command::new("sh");
            shell.args(["-ec", &by_hand]).current_dir(folder.path());
            let (took, _, code) = timed(&mut shell, &folder.path().join("nothing"));
            assert_eq!(code, 0, "psql, sort, join");
            by.push((took, 0));
        }
        let [(export, held), (asked, held_by_api), (by, _)] = [export, asked, by].map(median);
        println!(
            "| {objects} | {export:.2} | {held} MiB | {asked:.2} | {held_by_api} MiB | {by:.2} | {:.1} |",
            export / by
        );
        sql(&server.url("postgres"), &format!("DROP DATABASE {name}")).await;
    }
}
