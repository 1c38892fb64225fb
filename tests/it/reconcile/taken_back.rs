//! The differences of an earlier run that a later run takes back.

use serde_json::{Value, json};

use super::{World, audited};
use crate::support::sample;

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
    for (kind, id) in sample([("refund", "re_1"), ("dispute", "dp_1")], 2) {
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
        changed(&w, "counts = counts - 'open' - 'seen', totals = jsonb_build_array((totals -> 0) - 'kinds')");
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
    for currency in sample([" Thb ", "thb", "THB"], 3) {
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
    let all = [
        ("now() - interval '5 days'", "NULL"),
        ("now() + interval '9 days'", "NULL"),
        ("now() - interval '5 days'", "now() + interval '9 days'"),
    ];
    for (oldest, newest) in sample(all, 2) {
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

/// Two payments of 20 and of 5 days ago, of which the second agrees.
fn old_and_new() -> (World, String) {
    let mut w = World::new();
    let old = w.payment(1);
    w.payment(2);
    for (n, age) in [(1, "20 days"), (2, "5 days")] {
        w.aged("payments", "created_at", &format!("stripe_charge_id = 'ch_{n}'"), age);
    }
    w.charge_of(2, "5 days");
    (w, old)
}

#[test]
fn a_balance_is_taken_back_by_a_file_of_all_its_time() {
    let (mut w, _) = old_and_new();
    let recent = w.lines.clone();
    w.charge_of(1, "20 days");
    let whole = w.lines.clone();
    let left = |w: &World| audited(&w.db).2.contains("left 1 difference open");
    with_balance(&mut w, 0, 9700, "THB");
    // The older movement is outside the range, and the balance counts it.
    w.reconcile_file(&["--since", "10d"]).exits(3).tells("off by -1.00 THB");
    assert!(left(&w));
    w.lines = recent;
    with_balance(&mut w, 4900, 9800, "THB");
    w.reconcile_file(&["--since", "10d"]).ok();
    assert!(left(&w), "a file of five days says nothing of twenty");
    w.lines = whole;
    with_balance(&mut w, 0, 9800, "THB");
    w.reconcile_file(&["--since", "10d"]).ok();
    assert!(!left(&w));
}

fn imported(w: &World, payment: &str, amount: i64, currency: &str, id: &str) {
    w.db.sql(&format!(
        "SELECT bursar.refund_import('{payment}', {amount}, '{currency}', 'stripe', '{id}', 'succeeded', 'gateway', 'other', NULL, '{{}}')"
    ));
}

#[test]
fn a_refund_that_is_gone_is_taken_back_by_no_run_that_cannot_place_it() {
    // Brought in, it may be as old as its payment.
    let (mut w, old) = old_and_new();
    w.charge_of(1, "20 days");
    imported(&w, &old, 1000, "THB", "re_1");
    w.aged("bursar.refunds", "created_at updated_at", "true", "10 days");
    w.reconcile(&["--since", "27d"]).exits(3).tells("only_here");
    let ran = w.reconcile(&["--since", "15d"]).exits(6).tells("1 refund not compared: brought in");
    stands(&w, "failed");
    let since = ran.stdout.split("Begin earlier: ").nth(1).unwrap().lines().next().unwrap();
    w.reconcile(&since.split(' ').collect::<Vec<_>>()).exits(3).tells("only_here");
    // Changed after the range, it may be an object of after it.
    let (mut w, old) = old_and_new();
    w.charge_of(1, "20 days");
    w.refund(&old, 1000, Some("succeeded"), "re_1");
    w.aged("bursar.refunds", "created_at", "true", "19 days");
    w.aged("bursar.refunds", "updated_at", "true", "5 days");
    w.reconcile(&["--since", "27d"]).exits(3).tells("only_here");
    w.reconcile(&["--since", "27d", "--until", "12d"])
        .exits(6)
        .tells("1 refund not compared: maybe made after the range");
    stands(&w, "failed");
    // So may one that the application made itself.
    let (mut w, old) = old_and_new();
    w.charge_of(1, "20 days");
    w.db.sql(&format!("SELECT wallet_refund_payment('{old}')"));
    w.reconcile(&["--since", "27d"]).exits(3).tells("only_here");
    w.reconcile(&["--since", "27d", "--until", "12d"]).exits(6).tells("leave out --until");
    stands(&w, "failed");
}

#[test]
fn a_difference_is_of_all_the_time_that_its_verdict_follows_from() {
    // The payment is judged by its own time, and its charge was declined later.
    let (mut w, _) = old_and_new();
    w.charge_of(9, "22 days");
    w.charge_of(1, "10 days");
    w.lines = w
        .lines
        .lines()
        .map(|l| if l.contains("ch_1") { l.replace("succeeded", "failed") + "\n" } else { format!("{l}\n") })
        .collect();
    w.reconcile(&["--since", "27d"]).exits(3).tells("status_differs");
    w.reconcile(&["--since", "15d"]).ok();
    stands(&w, "failed");
    // The refund agrees, and came back after the range.
    let (mut w, old) = old_and_new();
    w.charge_of(1, "20 days");
    imported(&w, &old, 1000, "THB", "re_1");
    w.aged("bursar.refunds", "created_at updated_at", "true", "19 days");
    let [there, back] = ["19 days", "5 days"].map(|age| {
        w.db.value(&format!(
            "SELECT to_char((now() - interval '{age}') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        ))
    });
    w.with("refund", "re_1", 1, -1000, json!({ "created": there }));
    w.with("refund_failure", "re_1", 1, 1000, json!({ "created": back }));
    w.reconcile(&["--since", "27d"]).exits(3).tells("status_differs");
    w.reconcile(&["--since", "27d", "--until", "12d"]);
    stands(&w, "failed");
}

#[test]
fn a_difference_is_of_its_gateway() {
    let mut w = World::new();
    w.payment(1);
    w.charge(1);
    w.reconcile(&[]).ok();
    let run = |gateway: &str| {
        w.db.sql(&format!(
            "INSERT INTO bursar.reconciliations (app, gateways, source, since, until, complete, differences, oldest, newest, accepted, counts, totals, digest, actor)
             SELECT 'mimivibe', '{{stripe,paypal}}', 'api', now() - interval '20 days', now(), true, 1, d, d, 0,
                    jsonb_build_object('open', jsonb_build_array(jsonb_build_object('gateway', '{gateway}', 'kind', 'refund', 'currency', 'THB', 'differences', 1, 'needed', true, 'since', d, 'until', d))),
                    '[]', sha256(''), '{{}}' FROM (SELECT now() - interval '5 days' AS d) d"
        ));
    };
    run("paypal");
    stands(&w, "passed");
    run("stripe");
    stands(&w, "failed");
}

#[test]
fn an_accepted_balance_keeps_no_other_difference_open() {
    let mut w = balanced(0, 3722, "THB");
    let settled = json!({ "settled": { "gross": -1000, "fee": 0, "net": -1000, "currency": "THB" } });
    w.with("refund", "re_1", 1, -1000, settled);
    let report: Value = w.reconcile(&["-o", "json", "--no-record"]).exits(3).json();
    let balance = report["objects"].as_array().unwrap().iter().find(|o| o["kind"] == "balance").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let accepted = folder.path().join("accepted.toml");
    let entry = format!(
        "[[accept]]\nfingerprint = {}\ncheck = \"reconcile.amount_differs\"\nreason = \"rounding\"\nowner = \"ann\"\n\
         expires = 2099-01-01\n",
        balance["fingerprint"]
    );
    std::fs::write(&accepted, entry).unwrap();
    w.reconcile(&["--baseline", accepted.to_str().unwrap()]).exits(3);
    stands(&w, "failed");
    let payment = w.db.value("SELECT id FROM payments");
    imported(&w, &payment, 1000, "THB", "re_1");
    w.lines = w.lines.lines().filter(|l| !l.contains("\"balance\"")).map(|l| format!("{l}\n")).collect();
    w.reconcile(&[]).ok();
    stands(&w, "passed");
}

#[test]
fn a_file_of_another_currency_or_time_has_no_such_kind() {
    let mut w = World::new();
    w.payment(1);
    let other = w.payment(2);
    w.charge(1);
    w.db.sql("UPDATE payments SET currency = 'USD' WHERE stripe_charge_id = 'ch_2'");
    imported(&w, &other, 1000, "USD", "re_2");
    w.with("payment", "ch_2", 2, 4900, json!({ "currency": "USD" }));
    w.with("refund", "re_2", 2, -1000, json!({ "currency": "USD" }));
    let agrees = w.lines.clone();
    w.movement("refund", "re_1", 1, -1000);
    w.reconcile(&[]).exits(3);
    let whole = std::mem::replace(&mut w.lines, agrees);
    w.reconcile(&[]).ok().says("this run has no refund in THB, so what reconciliation 1 found of it stays open");
    stands(&w, "failed");
    // One of before the range is no refund of it.
    let before =
        w.db.value("SELECT to_char((now() - interval '50 days') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')");
    w.with("refund", "re_9", 0, -100, json!({ "created": before, "status": "failed" }));
    w.reconcile(&[]).ok();
    stands(&w, "failed");
    w.lines = whole;
    let payment = w.db.value("SELECT id FROM payments WHERE stripe_charge_id = 'ch_1'");
    imported(&w, &payment, 1000, "THB", "re_1");
    let ran = w.reconcile(&[]).ok();
    assert!(!ran.stderr.contains("stays open"), "{ran:?}");
    stands(&w, "passed");
}

/// The cause and the remedy of the audit's finding about open differences.
fn told(w: &World) -> (String, String) {
    let report = w.db.json(&["audit", "--only", "gateway.reconciled", "-o", "json"]);
    let finding = &report["findings"][0];
    assert_eq!(finding["severity"], "error", "{report}");
    ["cause", "remedy"].map(|of| finding[of].as_str().unwrap_or_default().to_owned()).into()
}

#[test]
fn the_remedy_for_a_balance_is_a_file_that_has_it() {
    let mut w = balanced(0, 4722, "THB");
    w.reconcile_file(&[]).exits(3);
    let (cause, remedy) = told(&w);
    assert!(cause.starts_with("The file left movements out"), "{cause}");
    let (first, command) = remedy.split_once("compare it: ").unwrap_or_else(|| panic!("{remedy}"));
    assert!(
        first.starts_with("Export a file of movements from ") && first.contains("with the balance in THB"),
        "{remedy}"
    );
    // The command with a file that is right.
    with_balance(&mut w, 0, 4721, "THB");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("FILE.ndjson"), &w.lines).unwrap();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    let mut bursar = crate::support::bursar();
    crate::support::run(bursar.args(words).current_dir(&folder).env("DATABASE_URL", w.db.url())).ok();
    assert!(!audited(&w.db).2.contains("difference open"));
    // Beside a refund, the file has to have both.
    let mut w = balanced(0, 3722, "THB");
    let settled = json!({ "settled": { "gross": -1000, "fee": 0, "net": -1000, "currency": "THB" } });
    w.with("refund", "re_1", 1, -1000, settled);
    w.reconcile_file(&[]).exits(3);
    let (cause, remedy) = told(&w);
    assert!(cause.starts_with("Money moved at the gateway"), "{cause}");
    assert!(remedy.starts_with("Export a file of movements from "), "{remedy}");
    // Without a balance the gateway itself tells.
    let mut w = World::new();
    w.payment(1);
    w.charge(1);
    w.movement("refund", "re_1", 1, -1000);
    w.reconcile(&[]).exits(3);
    let (_, remedy) = told(&w);
    assert!(remedy.starts_with("Compare them: bursar payments reconcile --gateway stripe --since "), "{remedy}");
}

#[test]
fn a_run_of_before_with_two_gateways_does_not_accuse_one() {
    let mut w = World::new();
    w.payment(1);
    w.charge(1);
    let run = |gateways: &str| {
        w.db.sql(&format!(
            "INSERT INTO bursar.reconciliations (app, gateways, source, since, until, complete, differences, oldest, newest, accepted, counts, totals, digest, actor)
             SELECT 'mimivibe', '{gateways}', 'api', d - interval '5 days', now(), true, 1, d, d, 0, '{{}}', '[]', sha256(''), '{{}}'
               FROM (SELECT now() - interval '5 days' AS d) d"
        ));
    };
    run("{stripe,paypal}");
    let (_, _, message) = audited(&w.db);
    assert_eq!(
        message,
        "Reconciliation 1 with stripe and paypal left 1 difference open. It does not tell with which of them."
    );
    let (_, remedy) = told(&w);
    let commands: Vec<&str> = remedy.trim_start_matches("Compare with each of them: ").split("; ").collect();
    for (command, gateway) in commands.iter().zip(["stripe", "paypal"]) {
        assert!(command.starts_with(&format!("bursar payments reconcile --gateway {gateway} --since ")), "{remedy}");
    }
    assert_eq!(commands.len(), 2, "{remedy}");
    w.reconcile(&[]).ok();
    stands(&w, "passed");
    // One that asked one gateway tells it.
    run("{stripe}");
    let (_, _, message) = audited(&w.db);
    assert!(message.contains("with stripe left 1 difference open"), "{message}");
    assert!(!message.contains("which of them"), "{message}");
}

#[test]
fn a_run_without_differences_leaves_none_open() {
    let mut w = World::new();
    w.payment(1);
    w.charge(1);
    w.reconcile(&[]).ok();
    let run = |differences: u32, open: u32| {
        w.db.sql(&format!(
            "INSERT INTO bursar.reconciliations (app, gateways, source, since, until, complete, differences, oldest, newest, accepted, counts, totals, digest, actor)
             SELECT 'mimivibe', '{{stripe}}', 'api', now() - interval '20 days', now(), true, {differences}, CASE WHEN {differences} > 0 THEN d END, NULL, 1,
                    jsonb_build_object('open', jsonb_build_array(jsonb_build_object('gateway', 'stripe', 'kind', 'refund', 'currency', 'THB', 'differences', {open}, 'needed', true, 'since', d, 'until', d))),
                    '[]', sha256(''), '{{}}' FROM (SELECT now() - interval '5 days' AS d) d"
        ));
    };
    run(0, 1);
    run(1, 0);
    stands(&w, "passed");
    run(1, 1);
    stands(&w, "failed");
}
