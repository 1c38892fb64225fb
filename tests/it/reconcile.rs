//! `bursar payments reconcile`: every verdict is put in, each is found, and nothing else.

mod taken_back;
mod told;
mod volume;

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::{Value, json};

use crate::support::{Db, Ran, Template, bursar, run};

/// Payments of ten days ago, and what the gateway has, one movement a line.
struct World {
    db: Db,
    lines: String,
}

const DAYS: i64 = 10;

impl World {
    fn new() -> Self {
        let db = Db::new(Template::Migrated("mimivibe"));
        // Nobody has compared anything yet.
        db.sql(
            "ALTER TABLE bursar.reconciliations DISABLE TRIGGER reconciliations_append_only;
             DELETE FROM bursar.reconciliations;
             ALTER TABLE bursar.reconciliations ENABLE TRIGGER reconciliations_append_only;
             ALTER TABLE bursar.reconciliations ALTER COLUMN id RESTART",
        );
        db.sql(
            "INSERT INTO users (id, external_id, external_provider, email)
             SELECT md5('user ' || n)::uuid, 'u' || n, 'x', 'u' || n || '@example.com' FROM generate_series(1, 40) n",
        );
        World { db, lines: String::new() }
    }

    /// A payment of 49.00 THB for 10 stars.
    fn payment(&self, n: u32) -> String {
        let id = self.bare(n, "succeeded");
        self.db.sql(&format!("SELECT wallet_purchase('{id}')"));
        id
    }

    /// A payment without an entry of the ledger.
    fn bare(&self, n: u32, status: &str) -> String {
        let id = self.db.value(&format!("SELECT md5('payment {n}')::uuid"));
        self.db.sql(&format!(
            "INSERT INTO payments (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, status, package_type,
                                   stars_purchased, stars_bonus, created_at)
             VALUES ('{id}', md5('user {n}')::uuid, 'pi_{n}', 'ch_{n}', 4900, '{status}', 'basic', 10, 0,
                     now() - interval '{DAYS} days')"
        ));
        id
    }

    /// A refund by bursar of so much, as it stands after the gateway's answer; its id.
    fn refund(&self, payment: &str, amount: i64, answer: Option<&str>, reference: &str) -> String {
        let of = format!("FROM bursar.refunds WHERE payment = '{payment}'");
        let reference = if reference.is_empty() { "NULL".to_owned() } else { format!("'{reference}'") };
        // One session holds the lease.
        let answered = answer
            .map(|answer| format!("; SELECT bursar.refund_answered(id, '{answer}', {reference}, NULL, '{{}}') {of}"));
        self.db.sql(&format!(
            "SELECT bursar.refund_request('{payment}', {amount}, 'cap', 'other', NULL, 'stripe', NULL, NULL, true, NULL, '{{}}');
             SELECT bursar.refund_submitting(id, 60, '{{}}') {of}{}",
            answered.unwrap_or_default()
        ));
        self.db.value(&format!("SELECT id {of}"))
    }

    fn line(&mut self, movement: Value) {
        self.lines.push_str(&format!("{movement}\n"));
    }

    fn movement(&mut self, kind: &str, id: &str, n: u32, amount: i64) -> Value {
        self.with(kind, id, n, amount, json!({}))
    }

    /// A movement of 9 days ago, with other fields.
    fn with(&mut self, kind: &str, id: &str, n: u32, amount: i64, fields: Value) -> Value {
        let at = self
            .db
            .value("SELECT to_char((now() - interval '9 days') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')");
        let mut movement = json!({
            "id": id, "kind": kind, "payment_ids": [format!("ch_{n}"), format!("pi_{n}")], "amount": amount,
            "currency": "THB", "status": "succeeded", "created": at,
        });
        movement.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.line(movement.clone());
        movement
    }

    fn charge(&mut self, n: u32) {
        self.movement("payment", &format!("ch_{n}"), n, 4900);
    }

    fn reconcile(&self, arguments: &[&str]) -> Ran {
        self.reconcile_as(&self.db.url(), arguments)
    }

    fn reconcile_as(&self, url: &str, arguments: &[&str]) -> Ran {
        let mut file = tempfile::Builder::new().suffix(".ndjson").tempfile().unwrap();
        file.write_all(self.lines.as_bytes()).unwrap();
        writeln!(file).unwrap();
        // A file covers the time of its objects: nothing happened at both ends of this one.
        for age in ["29 days", "-1 seconds"] {
            let at = self.db.value(&format!(
                "SELECT to_char((now() - interval '{age}') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
            ));
            let quiet = json!({ "id": age, "kind": "adjustment", "payment_ids": [], "amount": 0, "currency": "THB", "status": "succeeded", "created": at });
            writeln!(file, "{quiet}").unwrap();
        }
        let mut command = bursar();
        command.args(["payments", "reconcile", "--gateway", "stripe", "--export"]).arg(file.path());
        if !arguments.contains(&"--grace") {
            command.args(["--grace", "1ms"]);
        }
        command.args(arguments).env("DATABASE_URL", url);
        run(&mut command)
    }

    /// Every object with its verdict.
    fn verdicts(&self, arguments: &[&str]) -> BTreeMap<String, String> {
        let ran = self.reconcile(&[&["--all", "-o", "json"], arguments].concat());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let objects = report["objects"].as_array().unwrap_or_else(|| panic!("{report}"));
        let found: BTreeMap<_, _> = objects.iter().map(|o| (text(&o["object"]), text(&o["verdict"]))).collect();
        assert_eq!(found.len(), objects.len(), "{report}");
        found
    }
}

#[test]
fn every_verdict_is_put_in_each_is_found_and_nothing_else() {
    let mut w = World::new();
    let mut expected = BTreeMap::new();
    let mut expect = |object: &str, verdict: &str| {
        expected.insert(object.to_owned(), verdict.to_owned());
    };
    // Whatever agrees.
    w.payment(1);
    w.charge(1);
    expect("ch_1", "matched");
    let part = w.payment(2);
    let refund = w.refund(&part, 1000, Some("succeeded"), "");
    w.charge(2);
    w.with("refund", "re_2", 2, -1000, json!({ "refund": refund }));
    expect("ch_2", "matched");
    expect("re_2", "matched");
    let own = w.payment(3);
    w.db.sql(&format!("SELECT wallet_refund_payment('{own}')"));
    w.charge(3);
    w.movement("refund", "re_3", 3, -4900);
    expect("ch_3", "matched");
    expect("re_3", "matched");
    w.bare(4, "failed");
    w.with("payment", "ch_4", 4, 4900, json!({ "status": "failed" }));
    expect("ch_4", "matched");
    let by_reference = w.payment(5);
    w.refund(&by_reference, 4900, Some("succeeded"), "re_5");
    w.charge(5);
    w.movement("refund", "re_5", 5, -4900);
    expect("ch_5", "matched");
    expect("re_5", "matched");
    // Only one side has it.
    w.payment(10);
    w.charge(10);
    w.movement("refund", "re_10", 10, -2000);
    expect("ch_10", "matched");
    expect("re_10", "only_at_gateway");
    w.payment(11);
    w.charge(11);
    w.movement("dispute", "dp_11", 11, -4900);
    expect("ch_11", "matched");
    expect("dp_11", "only_at_gateway");
    let nowhere = w.payment(12);
    expect(&nowhere, "only_here");
    let unknown_there = w.payment(13);
    w.refund(&unknown_there, 4900, Some("succeeded"), "re_never");
    w.charge(13);
    expect("ch_13", "matched");
    expect("re_never", "only_here");
    let marked = w.payment(14);
    w.db.sql(&format!("SELECT wallet_refund_payment('{marked}')"));
    w.charge(14);
    expect("ch_14", "matched");
    expect(&marked, "only_here");
    let lost = w.payment(15);
    let lost = w.refund(&lost, 1000, None, "");
    w.charge(15);
    expect("ch_15", "matched");
    expect(&lost, "only_here");
    // Both have it, and it is not the same.
    w.payment(20);
    w.movement("payment", "ch_20", 20, 4800);
    expect("ch_20", "amount_differs");
    let smaller = w.payment(21);
    let smaller = w.refund(&smaller, 1000, Some("succeeded"), "re_21");
    w.charge(21);
    w.with("refund", "re_21", 21, -2000, json!({ "refund": smaller }));
    expect("ch_21", "matched");
    expect("re_21", "amount_differs");
    let turned = w.payment(34);
    w.refund(&turned, 1000, Some("succeeded"), "re_34");
    w.charge(34);
    w.movement("refund", "re_34", 34, 1000);
    expect("ch_34", "matched");
    expect("re_34", "amount_differs");
    w.payment(22);
    w.with("payment", "ch_22", 22, 4900, json!({ "currency": "USD" }));
    expect("ch_22", "currency_differs");
    let dollars = w.payment(23);
    w.refund(&dollars, 1000, Some("succeeded"), "re_23");
    w.charge(23);
    w.with("refund", "re_23", 23, -1000, json!({ "currency": "USD" }));
    expect("ch_23", "matched");
    expect("re_23", "currency_differs");
    w.bare(24, "pending");
    w.charge(24);
    expect("ch_24", "status_differs");
    let unknown = w.payment(25);
    let unknown = w.refund(&unknown, 1000, Some("unknown"), "");
    w.charge(25);
    w.with("refund", "re_25", 25, -1000, json!({ "refund": unknown }));
    expect("ch_25", "matched");
    expect("re_25", "status_differs");
    let failed = w.payment(26);
    let failed = w.refund(&failed, 1000, Some("failed"), "");
    w.charge(26);
    w.with("refund", "re_26", 26, -1000, json!({ "refund": failed }));
    expect("ch_26", "matched");
    expect("re_26", "status_differs");
    let returned = w.payment(27);
    w.refund(&returned, 1000, Some("succeeded"), "re_27");
    w.charge(27);
    w.movement("refund", "re_27", 27, -1000);
    w.movement("refund_failure", "txn_27", 27, 1000);
    expect("ch_27", "matched");
    expect("re_27", "status_differs");
    expect("txn_27", "matched");
    let won = w.payment(28);
    w.db.sql(&format!(
        "SELECT bursar.refund_import('{won}', 4900, 'THB', 'stripe', 'dp_28', 'succeeded', 'dispute', 'other', 'lost', '{{}}')"
    ));
    w.charge(28);
    w.movement("dispute", "dp_28", 28, -4900);
    w.movement("dispute_reversal", "txn_28", 28, 4900);
    expect("ch_28", "matched");
    expect("dp_28", "status_differs");
    expect("txn_28", "matched");
    // The gateway has it twice.
    w.payment(30);
    w.charge(30);
    w.movement("payment", "ch_30_again", 30, 4900);
    expect("ch_30", "matched");
    expect("ch_30_again", "duplicate_at_gateway");
    let twice = w.payment(31);
    let twice = w.refund(&twice, 1000, Some("succeeded"), "re_31");
    w.charge(31);
    w.with("refund", "re_31", 31, -1000, json!({ "refund": twice }));
    w.with("refund", "re_31_again", 31, -1000, json!({ "refund": twice }));
    expect("ch_31", "matched");
    expect("re_31", "matched");
    expect("re_31_again", "duplicate_at_gateway");
    // The money agrees.
    w.bare(32, "succeeded");
    w.charge(32);
    expect("ch_32", "units_differ");
    // Nobody can tell yet.
    let pending = w.payment(33);
    w.refund(&pending, 1000, Some("pending"), "re_33");
    w.charge(33);
    w.with("refund", "re_33", 33, -1000, json!({ "status": "pending" }));
    expect("ch_33", "matched");
    expect("re_33", "timing");
    // Of another application.
    w.movement("payment", "ch_other", 99, 700);
    assert_eq!(w.verdicts(&[]), expected);

    let ran = w.reconcile(&["-o", "json"]).exits(3);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let of = |verdict: &str| expected.values().filter(|v| *v == verdict).count();
    for (verdict, count) in report["counts"].as_object().unwrap() {
        assert_eq!(count.as_u64().unwrap() as usize, of(verdict), "{verdict}");
    }
    assert_eq!(report["complete"], json!(true), "{report}");
    assert_eq!(report["unrelated"], json!([{ "gateway": "stripe", "currency": "THB", "objects": 1, "total": "700" }]));
    for object in report["objects"].as_array().unwrap() {
        let verdict = object["verdict"].as_str().unwrap();
        assert_ne!(verdict, "matched");
        assert!(!object["cause"].as_str().unwrap().is_empty(), "{object}");
        assert_eq!(object["fingerprint"].as_str().unwrap().len(), 16, "{object}");
        assert_eq!(object["remedy"].is_string(), verdict != "timing", "{object}");
    }
    // Every format, of the same.
    for format in ["table", "ndjson", "csv", "junit", "markdown"] {
        w.reconcile(&["-o", format, "--limit", "0"]).exits(3).tells("re_10").tells("duplicate_at_gateway");
    }
    let turned = report["objects"].as_array().unwrap().iter().find(|o| o["object"] == "re_34").unwrap();
    assert_eq!(turned["there"], json!("-10.00 THB succeeded"), "the direction is told");
    // A command is one span of code, which can be pasted.
    w.reconcile(&["-o", "markdown", "--limit", "0"]).exits(3).tells("\n`bursar refund resume --recheck 1`\n");
    let rows = w.reconcile(&["-o", "ndjson"]).exits(3).stdout;
    let last: Value = serde_json::from_str(rows.lines().last().unwrap()).unwrap();
    for field in ["since", "until", "payout", "unrelated", "recorded"] {
        let is_time = matches!(field, "since" | "until");
        assert!(last[field].is_string() == is_time && (is_time || last[field] == report[field]), "{field}: {last}");
    }
    w.reconcile(&["--limit", "3"]).exits(3).tells("showing 3 of ");
    w.reconcile(&["--fail-on", "never"]).exits(0);
    // Young differences are timing, and fail only who asks for it.
    let young = w.reconcile(&["--grace", "30d", "--fail-on", "never", "-o", "json"]);
    let young: Value = serde_json::from_str(&young.stdout).unwrap();
    assert_eq!(young["counts"]["only_here"], json!(0), "{young}");
    assert_eq!(young["counts"]["only_at_gateway"], json!(0), "{young}");
}

#[test]
fn a_line_that_is_no_movement_names_the_field() {
    let mut w = World::new();
    for (change, says) in [
        (json!({ "amount": 49.5 }), "\"amount\":49.5"),
        (json!({ "settled": { "gross": "1" } }), "\"settled\":{\"gross\":\"1\"}"),
        (json!({ "amuont": 1 }), "\"amuont\":1"),
    ] {
        let mut line = json!({ "id": "x", "kind": "adjustment", "payment_ids": [], "amount": 0, "currency": "THB",
            "status": "succeeded", "created": "2026-01-01T00:00:00Z" });
        line.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        w.lines = line.to_string();
        w.reconcile(&[]).exits(2).says(":1: this is no movement").says(says);
    }
}

/// What the audit says of the comparison.
fn audited(db: &Db) -> (String, String, String) {
    let ran = db.bursar(&["audit", "--only", "gateway.reconciled", "-o", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let check = &report["checks"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&check["status"]), text(&check["severity"]), text(&report["findings"][0]["message"]))
}

#[test]
fn an_accepted_difference_fails_nothing_and_a_changed_one_fails_again() {
    let mut w = World::new();
    w.payment(1);
    w.charge(1);
    w.movement("refund", "re_1", 1, -2000);
    let report: Value = serde_json::from_str(&w.reconcile(&["-o", "json"]).exits(3).stdout).unwrap();
    let fingerprint = report["objects"][0]["fingerprint"].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let accepted = folder.path().join("accepted.toml");
    let entry = format!(
        "[[accept]]\nfingerprint = \"{fingerprint}\"\ncheck = \"reconcile.only_at_gateway\"\nreason = \"goodwill\"\n\
         owner = \"ann\"\nexpires = 2099-01-01\n"
    );
    std::fs::write(&accepted, entry).unwrap();
    let accepted = accepted.to_str().unwrap();
    w.reconcile(&["--baseline", accepted]).ok().tells("~ only_at_gateway").tells("1 accepted");
    let report = w.reconcile(&["--baseline", accepted, "-o", "json"]).ok();
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!((&report["differences"], &report["accepted"]), (&json!(0), &json!(1)));
    // The check is part of what is accepted.
    let other = folder.path().join("other.toml");
    let text = std::fs::read_to_string(accepted).unwrap();
    std::fs::write(&other, text.replace("only_at_gateway", "only_here")).unwrap();
    w.reconcile(&["--baseline", other.to_str().unwrap()])
        .exits(3)
        .says("1 of the baseline matches nothing in this range: line 1");
    let missing = w.reconcile(&["--baseline", "/nowhere.toml"]).exits(2).says("docs/reconcile.md shows an entry");
    assert!(!missing.stderr.contains("audit"), "{missing:?}");
    w.lines = w.lines.replace("-2000", "-2001");
    w.reconcile(&["--baseline", accepted]).exits(3).says("1 of the baseline matches nothing in this range: line 1");
}

#[test]
fn what_could_not_be_compared_is_never_matched() {
    let mut w = World::new();
    w.payment(1);
    w.charge(1);
    w.line(json!({ "missing": "line 7 has no charge: export it again" }));
    w.reconcile(&[]).exits(6).tells("? line 7 has no charge").tells("incomplete");
    w.reconcile(&["-o", "junit"]).exits(6).tells("reconcile.complete");
    // The mark at the beginning of a file is no part of it.
    w.lines.insert(0, '\u{feff}');
    w.reconcile(&[]).exits(6).tells("? line 7 has no charge");
    // A difference goes before.
    w.payment(2);
    w.reconcile(&[]).exits(3).tells("line 7");
    // Money that no gateway ever moved is said, and is neither a difference nor agreed.
    let mut w = World::new();
    let cash = w.payment(1);
    w.charge(1);
    w.db.sql(&format!(
        "SELECT bursar.refund_request('{cash}', 1000, 'cap', 'other', NULL, 'record-only', 'by hand', NULL, true, NULL, '{{}}')"
    ));
    w.reconcile(&[]).ok().tells("1 refund over 10.00 THB recorded only");
    // Nonsense is named by its line.
    w.lines.push_str("{}\n");
    w.reconcile(&[]).exits(2).says(":2: this is no movement");
}

#[test]
fn totals_are_exact_and_a_balance_that_does_not_follow_is_a_difference() {
    let mut w = World::new();
    w.payment(1);
    let settled = |gross: i64, fee: i64| json!({ "settled": { "gross": gross, "fee": fee, "net": gross - fee, "currency": "THB" }, "payout": "po_1" });
    w.with("payment", "ch_1", 1, 4900, settled(4900, 179));
    w.with("fee", "txn_fee", 0, -25, settled(-25, 0));
    w.with("payout", "po_1", 0, -4696, settled(-4696, 0));
    w.with("adjustment", "txn_in", 0, 700, settled(700, 0));
    w.with("adjustment", "txn_out", 0, -700, settled(-700, 0));
    let agrees =
        w.lines.clone() + &json!({ "balance": { "currency": "THB", "opening": 100, "closing": 100 } }).to_string();
    let kept = std::mem::replace(&mut w.lines, agrees);
    let report: Value = serde_json::from_str(&w.reconcile(&["-o", "json"]).ok().stdout).unwrap();
    let totals = &report["totals"][0];
    for (field, amount) in [("gross", "4900"), ("fees", "204"), ("net", "4696"), ("paid_out", "4696"), ("refunds", "0")]
    {
        assert_eq!(totals[field], json!(amount), "{field}: {totals}");
    }
    w.reconcile(&["--payout", "po_1"]).ok();
    w.reconcile(&[]).ok().tells("adjustments");
    w.lines = kept.clone() + &json!({ "balance": { "currency": "THB", "opening": 100, "closing": 101 } }).to_string();
    w.reconcile(&[]).exits(3).tells("off by 0.01 THB").tells("amount_differs");
    // A payout that is not what it carried.
    w.lines = kept.replace("-4696", "-4700");
    w.reconcile(&["--payout", "po_1"]).exits(3).tells("payout po_1");
    w.reconcile(&["--payout", "po_2"]).exits(6).tells("po_2");
}

#[test]
fn a_difference_of_clocks_makes_no_verdict() {
    let mut w = World::new();
    let id = w.payment(1);
    w.charge(1);
    let at = |hours: &str| {
        w.db.value(&format!("SELECT to_char((now() - interval '9 days' + interval '{hours}') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"))
    };
    // The payment is 5 hours older than its charge, and the range begins or ends in between.
    w.db.sql(&format!("UPDATE payments SET created_at = now() - interval '9 days 5 hours' WHERE id = '{id}'"));
    let between = at("-2 hours");
    w.reconcile(&["--until", &between]).ok().tells("1 object compared");
    w.reconcile(&["--since", &between]).ok().tells("1 object compared");
    // A customer paid two days after the payment was begun, as by a transfer.
    w.db.sql(&format!("UPDATE payments SET created_at = now() - interval '11 days' WHERE id = '{id}'"));
    w.reconcile(&["--until", &at("-24 hours"), "--grace", "3d"]).ok().tells("1 object compared");
    w.db.sql(&format!("UPDATE payments SET created_at = now() - interval '7 days' WHERE id = '{id}'"));
    w.reconcile(&["--since", &at("24 hours"), "--grace", "3d"]).ok().tells("1 object compared");
    w.db.sql(&format!("UPDATE payments SET created_at = now() - interval '9 days 5 hours' WHERE id = '{id}'"));
    w.reconcile(&["--since", &at("1 hour")]).exits(6).tells("nothing was compared");
}

#[test]
fn a_run_is_recorded_and_the_audit_says_how_it_stands() {
    let mut w = World::new();
    assert_eq!(audited(&w.db).0, "skipped", "nothing came through a gateway");
    w.payment(1);
    let (status, severity, message) = audited(&w.db);
    assert_eq!((status.as_str(), severity.as_str()), ("failed", "warn"));
    assert!(message.contains("never"), "{message}");
    w.movement("payment", "ch_other", 99, 700);
    w.reconcile(&["--no-record"]).exits(3).says("not recorded");
    assert!(audited(&w.db).2.contains("never"));
    w.reconcile(&[]).exits(3).says("recorded as reconciliation 1");
    let (status, severity, message) = audited(&w.db);
    assert_eq!((status.as_str(), severity.as_str()), ("failed", "error"), "{message}");
    assert!(message.contains("left 1 difference open"), "{message}");
    let audit = w.db.bursar(&["audit", "--only", "gateway.reconciled", "-o", "json"]);
    assert!(audit.stdout.contains("payments reconcile --gateway stripe --since 2"), "{audit:?}");
    // What was not complete says nothing about the time.
    w.charge(1);
    w.reconcile(&[]).ok();
    assert_eq!(audited(&w.db).0, "passed");
    let row = w.db.value(
        "SELECT concat_ws(' ', app, gateways, source, complete, differences, counts->>'matched', jsonb_array_length(totals),
                          octet_length(digest), actor ? 'os_user')
           FROM bursar.reconciliations ORDER BY id DESC LIMIT 1",
    );
    assert_eq!(row, "mimivibe {stripe} export t 0 1 1 32 t");
    w.db.sql(
        "INSERT INTO bursar.reconciliations (at, app, gateways, source, since, until, complete, differences, accepted, counts, totals, digest, actor)
         SELECT now() - interval '1 hour', app, gateways, source, since, until, false, 0, 0, counts - 'open', totals, digest, actor
           FROM bursar.reconciliations LIMIT 1;
         ALTER TABLE bursar.reconciliations DISABLE TRIGGER reconciliations_append_only;
         UPDATE bursar.reconciliations SET told = tstzrange(since, now() - interval '9 days') WHERE complete;
         ALTER TABLE bursar.reconciliations ENABLE TRIGGER reconciliations_append_only",
    );
    let (status, severity, message) = audited(&w.db);
    assert_eq!((status.as_str(), severity.as_str()), ("failed", "warn"), "{message}");
    assert!(message.contains("9 days ago"), "{message}");
    assert_eq!(w.db.sqlstate("DELETE FROM bursar.reconciliations"), "23001");
}

#[test]
fn whoever_may_not_record_is_told_and_the_answer_stays() {
    let mut w = World::new();
    w.payment(1);
    w.charge(1);
    for (role, told) in [("bursar_auditor", "recorded as reconciliation"), ("pg_read_all_data", "not recorded: ")] {
        let name = format!("{}_{role}", w.db.name);
        w.db.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'x' BYPASSRLS IN ROLE {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}"));
        w.reconcile_as(&w.db.url_as(&name), &[]).ok().tells("everything agrees").says(told);
        w.db.sql(&format!("DROP OWNED BY {name}; DROP ROLE {name}"));
    }
    // A protected database takes the row without a question; a brake holds.
    w.db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true')");
    w.reconcile(&[]).ok().says("recorded as reconciliation");
    w.db.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", w.db.name));
    w.reconcile(&[]).ok().says("not recorded: ");
    w.db.sql(&format!("BEGIN READ WRITE; ALTER DATABASE {} RESET default_transaction_read_only; COMMIT", w.db.name));
    w.db.sql("DROP FUNCTION bursar.record_reconciliation; DROP TABLE bursar.reconciliations");
    w.reconcile(&[]).ok().says("bursar migrate up --only bursar");
}

#[test]
fn an_answer_that_shows_nothing_is_not_green() {
    let mut w = World::new();
    w.reconcile(&[]).exits(6).tells("nothing was compared");
    for gateway in ["stripe", "paypal"] {
        let asked = ["payments", "reconcile", "--gateway", gateway];
        run(bursar().args(asked).env("DATABASE_URL", w.db.url()))
            .exits(4)
            .says(&format!("{gateway} is not configured"));
    }
    w.payment(1);
    w.charge(1);
    w.reconcile(&["--grace", "30d"]).ok();
    // A source that lists a charge twice has a wrong total.
    w.charge(1);
    w.reconcile(&[]).exits(6).tells("lists twice");
    // The customer's bank took all of it, and gave a part back.
    let mut w = World::new();
    w.payment(2);
    w.charge(2);
    w.movement("dispute", "dp_2", 2, -4900);
    w.movement("dispute_reversal", "dp_2", 2, 100);
    w.reconcile(&[]).exits(3).tells("Another amount came back");
    // A file that ends before the range does leaves payments out.
    let mut w = World::new();
    let late = w.payment(3);
    w.db.sql(&format!("UPDATE payments SET created_at = now() - interval '1 day' WHERE id = '{late}'"));
    w.payment(4);
    w.charge(4);
    let mut file = tempfile::Builder::new().suffix(".ndjson").tempfile().unwrap();
    file.write_all(w.lines.as_bytes()).unwrap();
    let mut command = bursar();
    command.args(["payments", "reconcile", "--gateway", "stripe", "--export"]).arg(file.path());
    run(command.env("DATABASE_URL", w.db.url())).exits(6).tells("1 payment not compared: the file covers");
}

#[test]
fn a_difference_stays_open_until_a_run_of_its_time_is_without_it() {
    let mut w = World::new();
    (1..=2).for_each(|n| drop(w.payment(n)));
    w.charge(1);
    let missing = w.lines.clone();
    w.reconcile(&[]).exits(3);
    assert_eq!(audited(&w.db).0, "failed");
    // Of another time, without objects, or a run that is incomplete.
    w.db.sql("UPDATE payments SET created_at = now() - interval '2 days' WHERE stripe_charge_id = 'ch_1'");
    w.reconcile(&["--since", "3d", "--grace", "30d"]);
    w.reconcile(&["--since", "1h"]).exits(6);
    assert_eq!(audited(&w.db).0, "failed");
    w.db.sql("UPDATE payments SET created_at = now() - interval '10 days' WHERE stripe_charge_id = 'ch_1'");
    w.lines = missing;
    w.charge(2);
    w.reconcile(&[]).ok();
    assert_eq!(audited(&w.db).0, "passed");
}

#[test]
fn an_object_that_was_acknowledged_is_no_difference_for_ever() {
    let mut world = World::new();
    world.payment(1);
    world.charge(1);
    world.movement("refund", "re_else", 1, -100);
    world.with("dispute", "dp_else", 1, -140, json!({ "currency": "USD" }));
    world.reconcile(&[]).exits(3);
    for object in ["re_else", "dp_else"] {
        let words = ["refund", "acknowledge", object, "--gateway", "stripe", "--reason", "goodwill", "--yes"];
        world.db.bursar(&words).ok();
    }
    world.reconcile(&[]).ok();
    // A dispute over more than was left of its payment is known with all that it took.
    let more = world.payment(2);
    world.charge(2);
    world.db.sql(&format!(
        "SELECT bursar.refund_import('{more}', 6400, 'THB', 'stripe', 'dp_more', 'succeeded', 'dispute', 'other', NULL, '{{}}')"
    ));
    world.movement("dispute", "dp_more", 2, -6400);
    world.reconcile(&[]).ok();
    // A payment is none of its objects: its baseline is.
    world.db.sql("UPDATE payments SET amount = 5000 WHERE stripe_charge_id = 'ch_1'");
    world.db.bursar(&["refund", "acknowledge", "ch_1", "--gateway", "stripe", "--reason", "x", "--yes"]).ok();
    world.reconcile(&[]).exits(3);
}
