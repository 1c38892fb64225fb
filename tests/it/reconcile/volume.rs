//! The API and an export of the same account, of any size: each verdict is put in, all are found, nothing else is, and
//! both reports are the same.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use serde_json::Value;

use super::World;
use crate::support::gateway::Fake;
use crate::support::{Ran, bursar, run, soak};

/// The objects of a report, without their times and the gateway's fees.
fn found(ran: &Ran) -> BTreeMap<String, Value> {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let told = ["verdict", "payment", "here", "there", "cause", "remedy", "fingerprint"];
    let objects = report["objects"].as_array().unwrap_or_else(|| panic!("{report}"));
    let facts = |o: &Value| told.iter().map(|name| o[*name].clone()).collect::<Value>();
    objects.iter().map(|o| (o["object"].as_str().unwrap().to_owned(), facts(o))).collect()
}

/// The state of a payment on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Case {
    /// Charged and refunded there, and both are known here.
    Refunded,
    /// A refund of 10.00 THB that nothing here knows.
    RefundedThere,
    /// A dispute that nothing here knows.
    Disputed,
    Agrees,
    OtherAmount,
    OtherCurrency,
    Twice,
    Unpaid,
    NoUnits,
    /// A refund that the gateway never made.
    RefundedHere,
    OnlyHere,
    /// As that, and younger than the grace.
    Young,
}

/// The payments of each odd case.
const EACH: usize = 3;

use Case::{
    Agrees, Disputed, NoUnits, OnlyHere, OtherAmount, OtherCurrency, Refunded, RefundedHere, RefundedThere, Twice,
    Unpaid, Young,
};

/// Both sides, and what is to be found.
struct Account {
    csv: String,
    at: String,
    fake: Fake,
    expected: BTreeMap<String, &'static str>,
}

impl Account {
    /// A payment of another application, so long ago, as whatever follows it.
    fn other(&mut self, name: &str, n: usize, age: &str, w: &World) {
        let of = |what: &str| w.db.value(&what.replace("AT", &format!("now() - interval '{age}'")));
        self.fake.clock(of("extract(epoch FROM AT)::bigint").parse().unwrap());
        self.at = of("to_char((AT) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')");
        self.fake.payment([&format!("ch_{name}"), &format!("pi_{name}")], 700, "THB");
        self.row("charge", &format!("ch_{name}"), n, 700, "THB");
    }

    fn row(&mut self, category: &str, id: &str, n: usize, minor: i64, currency: &str) {
        let sign = if minor < 0 { "-" } else { "" };
        let gross = format!("{sign}{}.{:02}", minor.abs() / 100, minor.abs() % 100);
        let at = &self.at;
        writeln!(self.csv, "txn_{category}_{id},{at},{currency},{gross},0.00,{gross},{category},{id},ch_{n},pi_{n}")
            .expect("a row");
    }

    fn charge(&mut self, id: &str, n: usize, minor: i64, currency: &str, verdict: &'static str) {
        self.fake.payment([id, &format!("pi_{n}")], minor, currency);
        self.row("charge", id, n, minor, currency);
        self.expected.insert(id.to_owned(), verdict);
    }

    fn case(&mut self, n: usize, case: Case, id: &str) {
        let charge = format!("ch_{n}");
        match case {
            OtherAmount => self.charge(&charge, n, 4_901, "THB", "amount_differs"),
            OtherCurrency => self.charge(&charge, n, 4_900, "USD", "currency_differs"),
            Unpaid => self.charge(&charge, n, 4_900, "THB", "status_differs"),
            NoUnits => self.charge(&charge, n, 4_900, "THB", "units_differ"),
            OnlyHere => drop(self.expected.insert(id.to_owned(), "only_here")),
            Young => drop(self.expected.insert(id.to_owned(), "timing")),
            _ => self.charge(&charge, n, 4_900, "THB", "matched"),
        }
        match case {
            Refunded => {
                let refund = self.fake.refund_in_dashboard(&charge, 4_900);
                self.row("refund", &refund, n, -4_900, "THB");
                self.expected.insert(refund, "matched");
            }
            RefundedThere => {
                let refund = self.fake.refund_in_dashboard(&charge, 1_000);
                self.row("refund", &refund, n, -1_000, "THB");
                self.expected.insert(refund, "only_at_gateway");
            }
            Disputed => {
                let dispute = self.fake.dispute_over(&charge, "lost", None, 4_900, "THB");
                self.row("dispute", &dispute, n, -4_900, "THB");
                self.expected.insert(dispute, "only_at_gateway");
            }
            Twice => self.charge(&format!("ch_again_{n}"), n, 4_900, "THB", "duplicate_at_gateway"),
            RefundedHere => drop(self.expected.insert(format!("re_never_{n}"), "only_here")),
            _ => {}
        }
    }
}

/// Puts our side of these cases into the database. Payment `n` is the `n`th case.
fn ours(w: &World, cases: &[Case]) -> Vec<String> {
    let of = |wanted: &[Case]| {
        let places = cases.iter().enumerate().filter(|(_, case)| wanted.contains(case));
        places.map(|(n, _)| n.to_string()).collect::<Vec<_>>().join(",")
    };
    let (unpaid, young) = (of(&[Unpaid]), of(&[Young]));
    let count = cases.len();
    // The server takes ever longer for an account that one transaction changes very often.
    let users = (count / 20).max(40);
    w.db.sql(&format!(
        "INSERT INTO users (id, external_id, external_provider, email)
         SELECT md5('user ' || n)::uuid, 'u' || n, 'x', 'u' || n || '@example.com' FROM generate_series(41, {users}) n;
         INSERT INTO payments (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, status, package_type,
                               stars_purchased, stars_bonus, created_at)
         SELECT md5('payment ' || n)::uuid, md5('user ' || 1 + n % {users})::uuid, 'pi_' || n, 'ch_' || n, 4900,
                (CASE WHEN n = ANY ('{{{unpaid}}}') THEN 'pending' ELSE 'succeeded' END)::payment_status, 'basic', 10, 0,
                now() - CASE WHEN n = ANY ('{{{young}}}') THEN interval '1 hour' ELSE interval '10 days' END
           FROM generate_series(0, {count} - 1) n;
         SELECT wallet_purchase(md5('payment ' || n)::uuid) FROM generate_series(0, {count} - 1) n
          WHERE n <> ALL ('{{{}}}');
         ANALYZE",
        of(&[Unpaid, NoUnits])
    ));
    let import = |wanted: Case, amount: i64, reference: &str| {
        let places: Vec<String> =
            cases.iter().enumerate().filter(|(_, case)| **case == wanted).map(|(n, _)| n.to_string()).collect();
        let mut sql = String::new();
        // A function keeps the plan that it made for the table as it was: it makes a new one once the table was analyzed.
        for (part, places) in places.chunks(1_000).enumerate() {
            let (before, places) = (part * 1_000, places.join(","));
            write!(
                sql,
                "SELECT bursar.refund_import(md5('payment ' || n)::uuid::text, {amount}, 'THB', 'stripe', {reference}, 'succeeded',
                                             'gateway', 'other', NULL, '{{}}')
                   FROM unnest('{{{places}}}'::int[]) WITH ORDINALITY AS c (n, place), LATERAL (SELECT {before} + place) p (at) ORDER BY at;
                 ANALYZE bursar.refunds, bursar.refund_transitions;"
            )
            .expect("text");
        }
        w.db.sql(&sql);
    };
    // The fake numbers its refunds from 0, and those that are known here come first.
    import(Refunded, 4_900, "'re_' || at - 1");
    import(RefundedHere, 1_000, "'re_never_' || n");
    w.db.sql("UPDATE bursar.refunds SET created_at = created_at - interval '8 days', updated_at = updated_at - interval '8 days'");
    let ids = w.db.value(&format!(
        "SELECT string_agg(md5('payment ' || n)::uuid::text, ',' ORDER BY n) FROM generate_series(0, {count} - 1) n"
    ));
    ids.split(',').map(str::to_owned).collect()
}

#[test]
#[expect(clippy::disallowed_macros, reason = "the figures are what it is run for")]
fn the_api_and_the_export_give_the_same_report_and_nothing_is_missed() {
    let objects = if soak() { 100_000 } else { 100 };
    let w = World::new();
    // A tenth of the payments is refunded.
    let refunded = objects / 11;
    let mut cases = vec![Refunded; refunded];
    let odd =
        [RefundedThere, Disputed, OtherAmount, OtherCurrency, Twice, Unpaid, NoUnits, RefundedHere, OnlyHere, Young];
    cases.extend(odd.iter().flat_map(|case| [*case; EACH]));
    let rest = objects - 2 * refunded - EACH * (odd.len() + 3);
    cases.extend(std::iter::repeat_n(Agrees, rest));
    let ids = ours(&w, &cases);

    let fake = Fake::start();
    let csv = "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,charge_id,payment_intent_id\n";
    let mut account = Account { csv: csv.to_owned(), at: String::new(), fake, expected: BTreeMap::new() };
    // The file covers the time from before the payments on.
    account.other("early", cases.len() + 2, "11 days", &w);
    account.other("other", cases.len(), "9 days", &w);
    for (n, (case, id)) in cases.iter().zip(&ids).enumerate() {
        account.case(n, *case, id);
    }
    // And up to now.
    account.other("late", cases.len() + 1, "1 hour", &w);
    let Account { csv, fake, expected, .. } = account;
    fake.stands_still();

    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(csv.as_bytes()).unwrap();
    let flags = ["payments", "reconcile", "--all", "--grace", "2h", "--gateway", "stripe", "-o", "json"];
    let began = Instant::now();
    let from_export = run(bursar().args(flags).arg("--export").arg(file.path()).env("DATABASE_URL", w.db.url()));
    let export_took = began.elapsed();
    let began = Instant::now();
    let from_api = run(bursar().args(flags).envs(fake.env()).env("DATABASE_URL", w.db.url()));
    let api_took = began.elapsed();
    let (export, api) = (found(&from_export.exits(3)), found(&from_api.exits(3)));
    let verdicts = |objects: &BTreeMap<String, Value>| -> BTreeMap<String, String> {
        objects.iter().map(|(object, facts)| (object.clone(), facts[0].as_str().unwrap().to_owned())).collect()
    };
    let expected: BTreeMap<String, String> =
        expected.into_iter().map(|(object, verdict)| (object, verdict.to_owned())).collect();
    let differs = |of: &BTreeMap<String, String>| -> Vec<String> {
        let all = of.keys().chain(expected.keys());
        let wrong = all.filter(|object| of.get(*object) != expected.get(*object));
        wrong.take(10).map(|o| format!("{o}: {:?}, not {:?}", of.get(o), expected.get(o))).collect()
    };
    assert_eq!(differs(&verdicts(&export)), [""; 0], "the export");
    assert_eq!(differs(&verdicts(&api)), [""; 0], "the API");
    assert!(export == api, "the reports differ");
    // Nothing was asked for but to read.
    let requests = fake.requests("");
    assert!(requests.iter().all(|r| r.method == "GET"));
    println!(
        "{} objects of {} payments: the export {export_took:?}, the API {api_took:?} in {} requests",
        expected.len(),
        cases.len(),
        requests.len()
    );
}
