//! What a later run takes back of the differences of an earlier one.

use serde_json::{Value, json};

use super::{World, audited};

/// Makes the recorded runs ones of an earlier version, or changes them otherwise.
fn changed(w: &World, set: &str) {
    w.db.sql(&format!(
        "ALTER TABLE bursar.reconciliations DISABLE TRIGGER reconciliations_append_only;
         UPDATE bursar.reconciliations SET {set};
         ALTER TABLE bursar.reconciliations ENABLE TRIGGER reconciliations_append_only"
    ));
}

#[track_caller]
fn stands(w: &World, expected: &str) {
    let (status, _, message) = audited(&w.db);
    assert_eq!(status, expected, "{message}");
}

#[test]
fn a_file_without_refunds_takes_no_difference_about_refunds_back() {
    for (kind, id) in [("refund", "re_1"), ("dispute", "dp_1")] {
        let mut w = World::new();
        w.payment(1);
        w.charge(1);
        let charges = w.lines.clone();
        w.movement(kind, id, 1, -4900);
        w.reconcile(&[]).exits(3);
        let whole = std::mem::replace(&mut w.lines, charges);
        w.reconcile(&[]).ok().says(&format!("no {kind}"));
        stands(&w, "failed");
        // So it was with the runs of an earlier version, whose totals tell what they saw.
        let kinds =
            w.db.value("SELECT string_agg(totals #>> '{0,kinds}', ' ' ORDER BY id) FROM bursar.reconciliations");
        assert!(kinds.contains(kind), "{kinds}");
        changed(&w, "totals = jsonb_build_array((totals -> 0) - 'kinds')");
        stands(&w, "failed");
        // The API tells every kind, also where it has none.
        changed(&w, "source = 'api'");
        stands(&w, "passed");
        changed(&w, "source = 'export'");
        w.lines = whole;
        let of = w.db.value("SELECT id FROM payments");
        w.db.sql(&format!(
            "SELECT bursar.refund_import('{of}', 4900, 'THB', 'stripe', '{id}', 'succeeded', '{}', 'other', NULL, '{{}}')",
            if kind == "refund" { "gateway" } else { "dispute" }
        ));
        w.reconcile(&[]).ok();
        stands(&w, "passed");
    }
}

#[test]
fn a_refund_that_was_only_here_is_taken_back_by_a_file_without_refunds() {
    let mut w = World::new();
    let payment = w.payment(1);
    w.charge(1);
    let refund = w.refund(&payment, 1000, Some("succeeded"), "re_never");
    w.reconcile(&[]).exits(3);
    w.db.sql(&format!("SELECT bursar.refund_answered('{refund}', 'canceled', NULL, NULL, '{{}}')"));
    w.reconcile(&[]).ok();
    stands(&w, "passed");
}

/// A charge whose change of the balance is told, beside a balance.
fn balanced(opening: i64, closing: i64, currency: &str) -> World {
    let mut w = World::new();
    w.payment(1);
    let settled = json!({ "settled": { "gross": 4900, "fee": 179, "net": 4721, "currency": "THB" } });
    w.with("payment", "ch_1", 1, 4900, settled);
    with_balance(&mut w, opening, closing, currency);
    w
}

fn with_balance(w: &mut World, opening: i64, closing: i64, currency: &str) {
    w.lines = w.lines.lines().filter(|line| !line.contains("\"balance\"")).map(|line| format!("{line}\n")).collect();
    w.line(json!({ "balance": { "currency": currency, "opening": opening, "closing": closing } }));
}

#[test]
fn a_balance_is_taken_back_by_a_file_with_that_balance_and_by_no_other() {
    let mut w = balanced(0, 4722, "THB");
    w.reconcile_file(&[]).exits(3).tells("off by 0.01 THB");
    stands(&w, "failed");
    let left = |w: &World| audited(&w.db).2.contains("left 1 difference open");
    let whole = w.lines.clone();
    w.lines = w.lines.lines().take(1).map(|line| format!("{line}\n")).collect();
    w.reconcile_file(&[]).ok();
    assert!(left(&w));
    changed(&w, "source = 'api'");
    assert!(left(&w));
    w.lines = whole;
    with_balance(&mut w, 0, 4721, "THB");
    w.reconcile_file(&[]).ok();
    assert!(!left(&w));
}

#[test]
fn a_balance_counts_what_the_range_leaves_out() {
    let mut w = balanced(0, 4721, "THB");
    let settled = |net: i64| json!({ "gross": net, "fee": 0, "net": net, "currency": "THB" });
    let [before, after, until] = ["60 days", "2 days", "8 days"].map(|age| {
        w.db.value(&format!(
            "SELECT to_char((now() - interval '{age}') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        ))
    });
    w.with("adjustment", "before", 0, 700, json!({ "created": before, "settled": settled(700) }));
    w.with("payout", "po", 0, -70, json!({ "created": before, "settled": settled(-70) }));
    w.with("adjustment", "after", 0, 7, json!({ "created": after, "settled": settled(7) }));
    for (closing, code) in [(5358, 0), (5359, 3)] {
        with_balance(&mut w, 0, closing, "THB");
        for range in [&[][..], &["--since", "400d"], &["--until", &until]] {
            let report: Value = w.reconcile(&[&["-o", "json"], range].concat()).exits(code).json();
            let balance = &report["totals"][0]["balance"];
            assert_eq!(balance["difference"], json!((closing - 5358).to_string()), "{range:?}: {balance}");
        }
    }
}

#[test]
fn a_balance_is_of_its_currency_however_it_is_written() {
    for currency in ["THB", "thb", " Thb "] {
        let w = balanced(100, 100, currency);
        w.reconcile(&[]).exits(3).tells("off by -47.21 THB");
    }
    // One of two would be compared with nothing.
    let mut w = balanced(0, 4721, "THB");
    w.line(json!({ "balance": { "currency": "thb", "opening": 0, "closing": 1 } }));
    w.reconcile(&[]).exits(2).says(":3: it has a balance of THB before");
    // So is a movement.
    let mut w = World::new();
    w.payment(1);
    w.with("payment", "ch_1", 1, 4900, json!({ "currency": " thb" }));
    w.reconcile(&[]).ok();
}

#[test]
fn a_run_of_before_whose_end_was_still_to_come_is_taken_back() {
    for (oldest, newest) in [
        ("now() - interval '5 days'", "NULL"),
        ("now() + interval '9 days'", "NULL"),
        ("now() - interval '5 days'", "now() + interval '9 days'"),
    ] {
        let mut w = World::new();
        w.payment(1);
        w.charge(1);
        w.db.sql(&format!(
            "INSERT INTO bursar.reconciliations (app, gateways, source, since, until, complete, differences, oldest, newest, accepted, counts, totals, digest, actor)
             VALUES ('mimivibe', '{{stripe}}', 'api', now() - interval '20 days', now() + interval '10 days', true, 1, {oldest}, {newest}, 0, '{{}}', '[]', sha256(''), '{{}}')"
        ));
        stands(&w, "failed");
        w.reconcile(&[]).ok();
        stands(&w, "passed");
    }
}
