//! What the audit knows of refunds, and what the database's own functions know of currencies.

use std::collections::BTreeSet;

use crate::support::{Db, Template, sample};

/// The checks that fail, by name.
fn failing(db: &Db) -> BTreeSet<String> {
    let report = db.json(&["audit", "-o", "json", "--fail-on", "never"]);
    assert_eq!(report["complete"], true, "{report}");
    let checks = report["checks"].as_array().expect("checks").iter();
    checks.filter(|c| c["status"] == "failed").map(|c| c["id"].as_str().expect("an id").to_owned()).collect()
}

/// The id of the n-th payment that can be refunded with its units.
fn payment(db: &Db, n: u32) -> String {
    db.value(&format!(
        "SELECT p.id FROM payments p JOIN users u ON u.id = p.user_id
          WHERE p.status = 'succeeded' AND u.star_balance >= p.stars_total
            AND NOT EXISTS (SELECT FROM bursar.refunds r WHERE r.payment = p.id::text) ORDER BY p.id OFFSET {n} LIMIT 1"
    ))
}

/// Asks for a refund through the database's function, and returns its id.
fn requested(db: &Db, payment: &str, amount: &str, if_spent: &str, gateway: &str) -> String {
    db.value(&format!(
        "SELECT (refund).id FROM bursar.refund_request('{payment}', {amount}, '{if_spent}', 'other', NULL, '{gateway}', NULL, NULL, true, NULL, '{{}}')"
    ))
}

fn answered(db: &Db, refund: &str, answer: &str) {
    // Whoever asked for it may be leaving still.
    db.sql(&format!("UPDATE bursar.refunds SET lease_until = NULL WHERE id = '{refund}'"));
    db.sql(&format!(
        "SELECT bursar.refund_claim('{refund}', 30); SELECT bursar.refund_submitting('{refund}', 30, '{{}}')"
    ));
    db.sql(&format!(
        "SELECT bursar.refund_answered('{refund}', '{answer}', 're_' || '{refund}', 'as the gateway said', '{{}}')"
    ));
}

/// A refund in every state, with units written off, kept, found and given back.
fn every_state(db: &Db) {
    requested(db, &payment(db, 0), "NULL", "refuse", "record-only");
    requested(db, &payment(db, 0), "100", "refuse", "record-only");
    for answer in ["succeeded", "pending", "requires_action", "unknown", "failed", "canceled", "refused"] {
        let refund = requested(db, &payment(db, 0), "NULL", "refuse", "stripe");
        answered(db, &refund, answer);
    }
    // Reserved, and nothing more.
    requested(db, &payment(db, 0), "NULL", "refuse", "stripe");
    // Succeeded, returned by the bank, and paid after all.
    let returned = requested(db, &payment(db, 0), "NULL", "refuse", "stripe");
    answered(db, &returned, "succeeded");
    db.sql(&format!("SELECT bursar.refund_answered('{returned}', 'failed', NULL, 'returned', '{{}}')"));
    db.sql(&format!("SELECT bursar.refund_answered('{returned}', 'succeeded', NULL, NULL, '{{}}')"));
    // Spent before: capped, and kept.
    for if_spent in ["cap", "keep"] {
        let spent = payment(db, 0);
        db.sql(&format!(
            "SELECT wallet_adjust(p.user_id, 'STAR', u.star_balance - 1, 'debit', 'spent', 'test') FROM payments p JOIN users u ON u.id = p.user_id WHERE p.id = '{spent}' AND u.star_balance > 1"
        ));
        requested(db, &spent, "NULL", if_spent, "record-only");
    }
    // The application took all of its stars by itself, and the refund was made at the gateway.
    let found = payment(db, 0);
    db.sql(&format!("SELECT wallet_refund_payment('{found}')"));
    db.sql(&format!(
        "SELECT bursar.refund_import('{found}', (SELECT amount FROM payments WHERE id = '{found}'), 'THB', 'stripe', 're_found', 'succeeded', 'gateway', 'other', NULL, '{{}}')"
    ));
    // Above the limit, which waits; and one that was turned down.
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('refund_limit', 'THB 0.01')");
    requested(db, &payment(db, 0), "NULL", "refuse", "stripe");
    let rejected = requested(db, &payment(db, 0), "NULL", "refuse", "stripe");
    db.sql(&format!("SELECT bursar.refund_reject('{rejected}', 'no', '{{}}')"));
    db.sql("DELETE FROM bursar.settings");
}

#[test]
fn refunds_in_every_state_audit_clean() {
    let db = Db::new(Template::Seeded("mimivibe"));
    every_state(&db);
    let states = db.value("SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM bursar.refunds");
    assert_eq!(states, "awaiting_approval canceled failed pending rejected requires_action reserved succeeded unknown");
    assert_eq!(
        db.value("SELECT count(*) > 0 FROM bursar.refunds WHERE units_written_off > 0 AND units_taken > 0"),
        "true"
    );
    assert_eq!(db.value("SELECT count(*) FROM bursar.refunds WHERE units_found > 0 AND entry IS NULL"), "1");
    assert_eq!(failing(&db), BTreeSet::new());
}

#[test]
fn whatever_is_changed_behind_a_refund_is_found_by_the_checks_that_it_concerns() {
    let whole = "(SELECT id FROM bursar.refunds WHERE gateway = 'record-only' AND amount = paid AND units_taken > 0 ORDER BY number LIMIT 1)";
    let payment = format!("(SELECT payment::uuid FROM bursar.refunds WHERE id = {whole})");
    let entry = format!("(SELECT entry::uuid FROM bursar.refunds WHERE id = {whole})");
    let failed =
        "(SELECT id FROM bursar.refunds WHERE state = 'failed' AND reversal IS NOT NULL ORDER BY number LIMIT 1)";
    let cases: [(&str, String, &[&str]); 11] = [
        (
            "a refund twice",
            format!("CREATE TEMP TABLE again AS SELECT * FROM bursar.refunds WHERE id = {whole};
                     UPDATE again SET id = gen_random_uuid(), number = 100000, units_taken = 0, units_found = 0, entry = NULL, gateway_ref = NULL;
                     INSERT INTO bursar.refunds OVERRIDING SYSTEM VALUE SELECT * FROM again;
                     INSERT INTO bursar.refund_transitions (refund, position, to_state, actor) SELECT id, 1, state, '{{}}' FROM again"),
            &["operations.chain", "refunds.amounts"],
        ),
        ("a state", format!("UPDATE bursar.refunds SET state = 'failed' WHERE id = {whole}"), &["operations.chain", "refunds.entries", "refunds.history"]),
        ("a step removed", format!("DELETE FROM bursar.refund_transitions WHERE refund = {whole} AND position = 2"), &["refunds.history"]),
        ("the last step removed", format!("DELETE FROM bursar.refund_transitions WHERE refund = {whole} AND position = 4"), &["refunds.history"]),
        ("the payment's status", format!("UPDATE payments SET status = 'succeeded' WHERE id = {payment}"), &["payments.settled"]),
        ("what was paid", format!("UPDATE payments SET amount = amount + 1 WHERE id = {payment}"), &["payments.priced", "payments.settled"]),
        ("units taken", format!("UPDATE bursar.refunds SET units_taken = units_taken + 1 WHERE id = {whole}"), &["operations.chain", "payments.refunded", "refunds.entries"]),
        ("the entry's refund", format!("UPDATE wallet_transactions SET metadata = NULL WHERE id = {entry}"), &["refunds.entries"]),
        ("undone by hand", format!("SET session_replication_role = origin; SELECT wallet_reverse({entry})"), &["payments.refunded", "payments.settled", "refunds.entries"]),
        ("not given back", format!("UPDATE bursar.refunds SET reversal = NULL WHERE id = {failed}; UPDATE bursar.refunds SET state = 'submitted' WHERE id = {failed}"), &["payments.refunded", "refunds.entries", "refunds.history"]),
        ("left alone", "UPDATE bursar.refunds SET updated_at = now() - interval '2 hours' WHERE state = 'unknown'".to_owned(), &["refunds.unfinished"]),
    ];
    let db = Db::new(Template::Seeded("mimivibe"));
    every_state(&db);
    for (what, change, expected) in sample(cases, 2) {
        let copy = db.copy();
        copy.sql(&format!("SET session_replication_role = replica; {change}"));
        let found: BTreeSet<String> = failing(&copy);
        assert_eq!(found, expected.iter().map(|c| (*c).to_owned()).collect(), "{what}");
    }
}

#[test]
fn a_payment_of_decimals_says_how_much_of_it_was_refunded() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let payment =
        db.value("SELECT id FROM payments WHERE status = 'completed' AND currency = 'EUR' ORDER BY id LIMIT 1");
    requested(&db, &payment, "100", "refuse", "record-only");
    assert_eq!(db.value(&format!("SELECT status FROM payments WHERE id = '{payment}'")), "partially_refunded");
    assert_eq!(failing(&db), BTreeSet::new());
    let part = db.copy();
    part.sql(&format!("UPDATE payments SET status = 'refunded' WHERE id = '{payment}'"));
    assert_eq!(failing(&part), ["logs.transition", "payments.refunded"].map(str::to_owned).into());
    requested(&db, &payment, "NULL", "refuse", "record-only");
    assert_eq!(db.value(&format!("SELECT status FROM payments WHERE id = '{payment}'")), "refunded");
    assert_eq!(failing(&db), BTreeSet::new());
}

#[test]
fn the_database_knows_the_decimals_of_every_currency_as_people_do() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let letters = || b'A'..=b'Z';
    let (mut known, mut codes) = (Vec::new(), Vec::new());
    for code in letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c]))) {
        let code = String::from_utf8(code.to_vec()).expect("letters");
        if let Some(digits) = bursar::money::digits(&code) {
            known.push(format!("('{code}', {digits})"));
            codes.push(code);
        }
    }
    assert!(known.len() > 150, "{}", known.len());
    let differ = db.value(&format!(
        "SELECT string_agg(format('%s %s', code, bursar.currency_digits(code)), ', ') FROM (VALUES {}) v (code, digits) WHERE bursar.currency_digits(code) <> digits",
        known.join(", ")
    ));
    assert_eq!(differ, "NULL");
    // And those of Stripe's.
    let stripes = codes.iter().map(|code| {
        let (iso, stripe) = (bursar::money::digits(code).unwrap(), bursar::money::stripe_digits(code).unwrap());
        let ours = |amount| bursar::money::rescale(amount, stripe, iso).map_or("NULL".to_owned(), |a| a.to_string());
        format!("('{code}', {}, {})", ours(50_000), ours(50_001))
    });
    let differ = db.value(&format!(
        "SELECT string_agg(code, ', ') FROM (VALUES {}) v (code, whole, odd)
          WHERE bursar.from_stripe(50000, lower(code)) IS DISTINCT FROM whole OR bursar.from_stripe(50001, code) IS DISTINCT FROM odd",
        stripes.collect::<Vec<_>>().join(", ")
    ));
    assert_eq!(differ, "NULL");
}

#[test]
fn a_limit_is_read_as_it_was_set_and_one_that_cannot_be_read_lets_nothing_through() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let limit = |currency: &str| db.value(&format!("SELECT bursar.refund_limit('{currency}')"));
    assert_eq!(limit("THB"), "NULL");
    db.bursar(&["settings", "set", "refund_limit", "THB 5000.5, JPY 150,BHD 1.005", "--yes"]).ok();
    assert_eq!([limit("THB"), limit("JPY"), limit("BHD"), limit("USD")], ["500050", "150", "1005", "0"]);
    for nonsense in ["5000", "thb 5000", "THB -5", "THB 5e9", "THB"] {
        db.sql(&format!("UPDATE bursar.settings SET value = '{nonsense}'"));
        assert_eq!(limit("THB"), "0", "{nonsense}");
    }
    db.bursar(&["settings", "set", "refund_limit", "none", "--yes"]).ok();
    assert_eq!(limit("THB"), "NULL");
}
