//! The APIs, against a gateway that misbehaves.

use std::time::{Duration, Instant};

use bursar::error::Kind;
use bursar::reconcile::{Source, from_gateway};
use bursar::refund::gateway::by_name;
use serde_json::{Value, json};

use super::{at, lines, range, read};
use crate::support::gateway::{CLOCK, Fake, Trouble};

const DAY: i64 = 86_400;

/// Later than all that happened there.
const NOW: i64 = CLOCK + 200 * DAY;

fn source(fake: &Fake, name: &str, payout: Option<&str>) -> Box<dyn Source> {
    let var = |name: &str| {
        let own = fake.env().into_iter().find(|(n, _)| *n == name).map(|(_, value)| value);
        own.or_else(|| (name == "BURSAR_GATEWAY_TIMEOUT").then(|| "5s".to_owned()))
    };
    let gateway = by_name(name, &var, None).expect("a gateway");
    from_gateway(gateway, payout.map(str::to_owned), at(NOW)).expect("a source")
}

fn balance_line(id: &str, category: &str, amount: i64, created: i64) -> Value {
    json!({ "id": id, "amount": amount, "fee": 0, "net": amount, "currency": "thb", "created": created,
        "available_on": created, "type": category, "reporting_category": category, "source": null })
}

/// A Stripe account in which everything has happened, from `CLOCK` on.
fn everything() -> Fake {
    let fake = Fake::start();
    fake.payment(["ch_1", "pi_1"], 5_000, "THB");
    fake.payment(["ch_2", "pi_2"], 5_000, "THB");
    fake.payment(["ch_3", "pi_3"], 5_000, "THB");
    fake.payment(["ch_4", "pi_4"], 5_000, "THB");
    fake.payment_that_is(["py_5", "pi_5"], 700, "THB", "pending");
    fake.payment_that_is(["ch_6", "pi_6"], 800, "THB", "failed");
    fake.clock(CLOCK + DAY);
    fake.refund_in_dashboard("ch_1", 1_000);
    let failed = fake.refund_in_dashboard("ch_1", 300);
    fake.settle(&failed, "failed", Some("lost_or_stolen_card"));
    let pending = fake.refund_in_dashboard("ch_1", 200);
    fake.settle(&pending, "pending", None);
    fake.dispute("ch_2", "lost", None);
    fake.dispute("ch_3", "won", None);
    fake.dispute("ch_4", "needs_response", None);
    fake.line(balance_line("txn_fee", "fee", -250, CLOCK + DAY));
    fake.line(json!({ "id": "txn_po", "amount": -9_000, "fee": 0, "net": -9_000, "currency": "thb",
        "created": CLOCK + 2 * DAY, "available_on": CLOCK + 2 * DAY, "type": "payout",
        "reporting_category": "payout", "source": "po_1" }));
    // None of the range.
    fake.clock(CLOCK + 9 * DAY);
    fake.payment(["ch_9", "pi_9"], 5_000, "THB");
    fake.payment_that_is(["py_9", "pi_99"], 700, "THB", "pending");
    fake
}

const ALL: [&str; 16] = [
    "dispute dp_0 -5000 THB (-5000-1500=-6500 THB) [ch_2+pi_2]",
    "dispute dp_1 -5000 THB (-5000-1500=-6500 THB) [ch_3+pi_3]",
    "dispute dp_2 -5000 THB pending (-5000-1500=-6500 THB) [ch_4+pi_4]",
    "dispute_reversal dp_1 5000 THB (5000--1500=6500 THB) [ch_3+pi_3]",
    "fee txn_fee -250 THB (-250-0=-250 THB) []",
    "payment ch_1 5000 THB (5000-59=4941 THB) [ch_1+pi_1]",
    "payment ch_2 5000 THB (5000-59=4941 THB) [ch_2+pi_2]",
    "payment ch_3 5000 THB (5000-59=4941 THB) [ch_3+pi_3]",
    "payment ch_4 5000 THB (5000-59=4941 THB) [ch_4+pi_4]",
    "payment ch_6 800 THB failed [ch_6+pi_6]",
    "payment py_5 700 THB pending [py_5+pi_5]",
    "payout po_1 -9000 THB (-9000-0=-9000 THB) []",
    "refund re_0 -1000 THB (-1000-0=-1000 THB) [ch_1+pi_1]",
    "refund re_1 -300 THB (-300-0=-300 THB) [ch_1+pi_1]",
    "refund re_2 -200 THB pending [ch_1+pi_1]",
    "refund_failure re_1 300 THB (300-0=300 THB) [ch_1+pi_1]",
];

#[test]
fn every_object_of_stripes_is_one_movement_however_the_pages_fall() {
    let fake = everything();
    for page in [100, 3, 2, 1] {
        fake.pages_of(page);
        let (found, end) = read(&mut *source(&fake, "stripe", None), range(CLOCK, CLOCK + 5 * DAY));
        assert_eq!(lines(&found), ALL, "pages of {page}");
        assert_eq!(end.expect("the end").missing, [""; 0]);
    }
    let (found, _) = read(&mut *source(&fake, "stripe", None), range(CLOCK, CLOCK + 1));
    let charge = found.iter().find(|m| m.id == "ch_1").expect("the charge");
    assert_eq!((charge.created, charge.available), (at(CLOCK), Some(at(CLOCK + 2 * DAY))));
    assert!(found.iter().all(|m| m.created < at(CLOCK + 1)));
    assert!(!fake.requests("").iter().any(|r| r.method != "GET"));
}

#[test]
fn an_object_whose_balance_changed_outside_the_range_is_told_without_its_change() {
    let fake = Fake::start();
    fake.payment(["ch_1", "pi_1"], 5_000, "THB");
    // A charge that was captured nine days after it was made.
    fake.script(
        "GET /v1/charges",
        [Trouble::Answer(
            200,
            json!({ "has_more": false, "data": [{ "id": "ch_8", "object": "charge", "amount": 900,
                "amount_captured": 700, "captured": true, "currency": "thb", "status": "succeeded",
                "payment_intent": "pi_8", "created": CLOCK, "balance_transaction": { "created": CLOCK + 9 * DAY } }] }),
        )],
    );
    let (found, _) = read(&mut *source(&fake, "stripe", None), range(CLOCK, CLOCK + DAY));
    assert_eq!(
        lines(&found),
        ["payment ch_1 5000 THB (5000-59=4941 THB) [ch_1+pi_1]", "payment ch_8 700 THB [ch_8+pi_8]",]
    );
}

#[test]
fn a_refund_that_failed_and_a_dispute_that_was_won_after_the_range_moved_nothing() {
    let fake = Fake::start();
    let line = |id: &str, category: &str, source: Value| {
        let mut line = balance_line(id, category, -500, CLOCK);
        line["source"] = source;
        fake.line(line);
    };
    let object = |kind: &str, id: &str, status: &str| {
        json!({ "id": id, "object": kind, "amount": 500,
        "currency": "thb", "status": status, "charge": "ch_1", "created": CLOCK })
    };
    line("txn_1", "refund", object("refund", "re_1", "failed"));
    line("txn_2", "dispute", object("dispute", "dp_1", "won"));
    line("txn_3", "dispute", object("dispute", "dp_2", "lost"));
    let (found, _) = read(&mut *source(&fake, "stripe", None), range(CLOCK, CLOCK + DAY));
    assert_eq!(
        lines(&found),
        [
            "dispute dp_1 -500 THB failed (-500-0=-500 THB) [ch_1]",
            "dispute dp_2 -500 THB (-500-0=-500 THB) [ch_1]",
            "refund re_1 -500 THB failed (-500-0=-500 THB) [ch_1]",
        ]
    );
}

#[test]
fn amounts_are_in_the_customers_currency_by_stripes_own_exponents() {
    let fake = Fake::start();
    let ours = "11111111-2222-3333-4444-555555555555";
    let mut line = balance_line("txn_1", "refund", -1_234, CLOCK);
    line["source"] = json!({ "id": "re_1", "object": "refund", "amount": 50_000, "currency": "isk", "charge": "ch_1",
        "status": "succeeded", "metadata": { "bursar_refund_id": ours }, "created": CLOCK });
    fake.line(line);
    let (found, _) = read(&mut *source(&fake, "stripe", None), range(CLOCK, CLOCK + DAY));
    assert_eq!(lines(&found), ["refund re_1 -500 ISK (-1234-0=-1234 THB) [ch_1]"]);
    assert_eq!(found[0].refund.as_ref().map(ToString::to_string).as_deref(), Some(ours));
}

#[test]
fn what_is_not_known_is_told_and_the_rest_is_read() {
    let fake = Fake::start();
    fake.line(balance_line("txn_1", "charge_of_tomorrow", 900, CLOCK));
    let mut crypto = balance_line("txn_2", "fee", -1, CLOCK);
    crypto["currency"] = json!("xyz");
    fake.line(crypto);
    fake.line(json!({ "id": "txn_3", "created": CLOCK }));
    fake.payment_that_is(["ch_1", "pi_1"], 700, "THB", "teleported");
    fake.payment(["ch_2", "pi_2"], 5_000, "THB");
    let (found, end) = read(&mut *source(&fake, "stripe", None), range(CLOCK, CLOCK + DAY));
    assert_eq!(
        lines(&found),
        ["adjustment txn_1 900 THB (900-0=900 THB) []", "payment ch_2 5000 THB (5000-59=4941 THB) [ch_2+pi_2]",]
    );
    let missing = end.expect("the end").missing.join("\n");
    for part in ["charge_of_tomorrow", "txn_1", "txn_2", "txn_3", "teleported", "ch_1"] {
        assert!(missing.contains(part), "{part}: {missing}");
    }
}

#[test]
fn what_a_payout_carried_is_read_by_the_payout() {
    let fake = Fake::start();
    fake.payment(["ch_1", "pi_1"], 5_000, "THB");
    let mut line = balance_line("txn_1", "fee", -250, CLOCK);
    line["payout"] = json!("po_1");
    fake.line(line);
    // The range does not matter for them.
    let (found, _) = read(&mut *source(&fake, "stripe", Some("po_1")), range(0, 1));
    assert_eq!(lines(&found), ["fee txn_1 -250 THB (-250-0=-250 THB) [] in po_1"]);
    assert!(fake.requests("GET /v1/charges").is_empty());
    let var = |name: &str| fake.env().into_iter().find(|(n, _)| *n == name).map(|(_, value)| value);
    for (name, payout) in [("stripe", "tr_1"), ("paypal", "po_1")] {
        let gateway = by_name(name, &var, None).expect("a gateway");
        let error = from_gateway(gateway, Some(payout.to_owned()), at(NOW)).err().expect("no payout");
        assert!(error.kind == Kind::Usage && error.hint.is_some(), "{error:?}");
    }
}

#[test]
fn a_page_that_was_lost_is_asked_for_again_and_a_read_that_failed_goes_on_where_it_stopped() {
    let fake = everything();
    fake.pages_of(2);
    let until = range(CLOCK, CLOCK + 5 * DAY);
    for trouble in [
        Trouble::FailBefore,
        Trouble::DropAfter,
        Trouble::BreakOff,
        Trouble::Malformed,
        Trouble::TooMany(Some(1)),
        Trouble::Slow(Duration::from_millis(50)),
    ] {
        fake.script("GET /v1/balance_transactions", [Trouble::Fine, trouble.clone()]);
        let began = Instant::now();
        let (found, end) = read(&mut *source(&fake, "stripe", None), until);
        assert_eq!(lines(&found), ALL, "{trouble:?}: {end:?}");
        let waited = matches!(trouble, Trouble::TooMany(_));
        assert!(!waited || began.elapsed() >= Duration::from_secs(1));
    }

    let unauthorized = json!({ "error": { "type": "invalid_request_error", "message": "Expired API Key" } });
    let page = |data: Value| Trouble::Answer(200, json!({ "data": data, "has_more": true }));
    for (trouble, kind) in [
        (Trouble::Answer(401, unauthorized), Kind::Refused),
        (page(json!([])), Kind::Incomplete),
        (page(json!([{ "x": 1 }])), Kind::Incomplete),
        (Trouble::Answer(200, json!({ "data": 1 })), Kind::Incomplete),
        (Trouble::Redirect("http://elsewhere.invalid".to_owned()), Kind::Connection),
    ] {
        let before = fake.requests("GET /v1/balance_transactions").len();
        fake.script("GET /v1/balance_transactions", [Trouble::Fine, Trouble::Fine, trouble.clone()]);
        let mut source = source(&fake, "stripe", None);
        let (mut found, end) = read(&mut *source, until);
        let error = end.expect_err("a page that failed");
        assert!(error.kind == kind && error.hint.is_some(), "{trouble:?}: {error:?}");
        assert_eq!(found.len(), 4);
        let (rest, end) = read(&mut *source, until);
        assert!(end.is_ok());
        found.extend(rest);
        assert_eq!(lines(&found), ALL, "{trouble:?}");
        let asked = fake.requests("GET /v1/balance_transactions").split_off(before);
        let cursors: Vec<_> = asked.iter().map(|r| r.query.get("starting_after").cloned()).collect();
        let mut once = cursors.clone();
        once.dedup();
        assert_eq!(cursors.len(), once.len() + 1, "only the page that failed is asked for twice: {cursors:?}");
    }
}

#[test]
fn a_page_that_comes_again_is_not_counted_twice() {
    let fake = everything();
    fake.pages_of(2);
    let first = balance_line("txn_ch_1", "fee", 1, CLOCK);
    fake.script(
        "GET /v1/balance_transactions",
        [
            Trouble::Answer(200, json!({ "data": [first], "has_more": true })),
            Trouble::Answer(200, json!({ "data": [first], "has_more": true })),
        ],
    );
    let (found, end) = read(&mut *source(&fake, "stripe", None), range(CLOCK, CLOCK + DAY));
    assert_eq!(found.len(), 1);
    let error = end.expect_err("the same page again");
    assert!(error.kind == Kind::Incomplete && error.message().contains("given before"), "{error:?}");
}

/// A PayPal account in which everything has happened, from `CLOCK` on.
fn paypal() -> Fake {
    let fake = Fake::start();
    fake.payment(["ORDER1", "CAP1"], 5_000, "THB");
    fake.payment(["ORDER2", "CAP2"], 5_000, "THB");
    // The first second of the second window.
    fake.clock(CLOCK + 31 * DAY);
    fake.payment(["ORDER3", "CAP3"], 300, "THB");
    fake.clock(CLOCK + 40 * DAY);
    fake.refund_in_dashboard("ORDER1", 1_000);
    fake.dispute("ORDER2", "RESOLVED", Some("RESOLVED_BUYER_FAVOUR"));
    let info = |id: &str, code: &str, value: &str, status: &str| {
        json!({ "transaction_id": id,
        "transaction_event_code": code, "transaction_initiation_date": "2025-06-20T00:00:00+0000",
        "transaction_amount": { "value": value, "currency_code": "THB" }, "transaction_status": status })
    };
    fake.line(info("W1", "T0400", "-90.00", "S"));
    fake.line(info("F1", "T0100", "-1.50", "S"));
    fake.line(info("A1", "T1300", "50.00", "S"));
    fake.line(info("C1", "T0006", "7.00", "P"));
    fake
}

const PAYPAL: [&str; 8] = [
    "dispute PPD0 -5000 THB (-5000-0=-5000 THB) [ORDER2+CAP2]",
    "fee F1 -150 THB (-150-0=-150 THB) []",
    "payment C1 700 THB pending [C1]",
    "payment CAP1 5000 THB (5000-59=4941 THB) [ORDER1+CAP1]",
    "payment CAP2 5000 THB (5000-59=4941 THB) [ORDER2+CAP2]",
    "payment CAP3 300 THB (300-59=241 THB) [ORDER3+CAP3]",
    "payout W1 -9000 THB (-9000-0=-9000 THB) []",
    "refund R0 -1000 THB (-1000-0=-1000 THB) [ORDER1+CAP1]",
];

#[test]
fn every_line_of_paypals_is_one_movement_with_its_order_however_windows_and_pages_fall() {
    let fake = paypal();
    for page in [500, 2, 1] {
        fake.pages_of(page);
        let (found, end) = read(&mut *source(&fake, "paypal", None), range(CLOCK, CLOCK + 100 * DAY));
        assert_eq!(lines(&found), PAYPAL, "pages of {page}");
        assert_eq!(end.expect("the end").missing, [""; 0]);
    }
    fake.pages_of(500);
    fake.finds_at_most(4);
    let (found, end) = read(&mut *source(&fake, "paypal", None), range(CLOCK, CLOCK + 100 * DAY));
    assert_eq!(lines(&found), PAYPAL, "{end:?}");
}

#[test]
fn paypals_answers_that_are_wrong_are_not_believed() {
    let fake = paypal();
    let list = "GET /v1/reporting";
    let until = range(CLOCK, CLOCK + 100 * DAY);
    for trouble in [Trouble::FailBefore, Trouble::DropAfter, Trouble::Malformed, Trouble::TooMany(Some(1))] {
        fake.script(list, [trouble.clone()]);
        let (found, end) = read(&mut *source(&fake, "paypal", None), until);
        assert_eq!(lines(&found), PAYPAL, "{trouble:?}: {end:?}");
    }
    // A token that expires in the middle is renewed.
    fake.script(list, [Trouble::Fine, Trouble::Answer(401, json!({ "error": "invalid_token" }))]);
    assert_eq!(lines(&read(&mut *source(&fake, "paypal", None), until).0), PAYPAL);
    for (trouble, kind) in [
        (Trouble::Answer(403, json!({ "name": "NOT_AUTHORIZED", "message": "no" })), Kind::Refused),
        (Trouble::Answer(200, json!({ "transaction_details": [], "total_pages": 2, "page": 1 })), Kind::Incomplete),
        (Trouble::Answer(200, json!({ "transaction_details": [], "total_pages": 0, "page": 2 })), Kind::Incomplete),
        (Trouble::Redirect("http://elsewhere.invalid".to_owned()), Kind::Connection),
    ] {
        fake.script(list, [Trouble::Fine, trouble.clone()]);
        let mut source = source(&fake, "paypal", None);
        let (mut found, end) = read(&mut *source, until);
        let error = end.expect_err("a page that failed");
        assert!(error.kind == kind && error.hint.is_some(), "{trouble:?}: {error:?}");
        found.extend(read(&mut *source, until).0);
        assert_eq!(lines(&found), PAYPAL, "{trouble:?}");
    }
    fake.line(json!({ "transaction_id": "X1", "transaction_event_code": "T8800",
        "transaction_initiation_date": "2025-06-20T00:00:00+0000", "transaction_status": "S",
        "transaction_amount": { "value": "1.00", "currency_code": "THB" } }));
    fake.line(json!({ "transaction_id": "X2", "transaction_event_code": "T0006",
        "transaction_initiation_date": "2025-06-20T00:00:00+0000", "transaction_status": "S",
        "transaction_amount": { "value": "1.001", "currency_code": "THB" } }));
    let (found, end) = read(&mut *source(&fake, "paypal", None), until);
    assert_eq!(found.len(), PAYPAL.len() + 1);
    let missing = end.expect("the end").missing.join("\n");
    assert!(missing.contains("T8800") && missing.contains("X1") && missing.contains("1.001"), "{missing}");
}

#[test]
fn what_happens_while_it_is_read_is_not_read_in_part() {
    for name in ["stripe", "paypal"] {
        let fake = Fake::start();
        fake.payment(if name == "stripe" { ["ch_1", "pi_1"] } else { ["ORDER1", "CAP1"] }, 5_000, "THB");
        fake.clock(NOW + 1);
        fake.payment(if name == "stripe" { ["ch_2", "pi_2"] } else { ["ORDER2", "CAP2"] }, 5_000, "THB");
        let (found, _) = read(&mut *source(&fake, name, None), range(CLOCK, NOW + DAY));
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
