//! A second person, and logins that may not do everything.

use super::{Paid, World};
use crate::support::gateway::Trouble;
use crate::support::{Ran, Starts as _};

fn limited(limit: &str) -> World {
    let world = World::new();
    world.db.bursar(&["settings", "set", "refund_limit", limit, "--yes"]).ok();
    world
}

fn part(world: &World, paid: &Paid, amount: &str) -> Ran {
    world.bursar(&["refund", "create", &paid.id, "--amount", amount, "--again", "--yes"])
}

#[test]
fn above_the_limit_another_login_has_to_agree() {
    let world = limited("THB 100.00");
    let (paid, second) = (world.payment(), world.login("second", "bursar_operator"));
    let support = world.login("support", "bursar_support");
    let ran = world.create(&paid).exits(6).says("by another login: bursar refund approve");
    assert!(ran.stdout.contains("awaits the approval of a second person"), "{ran:?}");
    let refund = world.refund_id(&paid);
    let nothing_moved = || {
        assert_eq!((world.state(&paid), world.balance(&paid.user)), ("awaiting_approval".to_owned(), paid.balance));
        assert!(world.fake.requests("POST").is_empty());
    };
    nothing_moved();
    let again = world.create(&paid).exits(6);
    assert!(again.stdout.contains("already requested"), "{again:?}");
    assert!(world.resume().ok().stderr.contains("1 refund awaits a second person"));
    let approve = ["refund", "approve", &refund, "--yes"];
    world.bursar(&approve).exits(4).says("cannot approve it too");
    world.as_login(&support, &approve).exits(4).says("42501");
    world.as_login(&support, &["refund", "reject", &refund, "--reason", "no", "--yes"]).exits(4).says("42501");
    world.as_login(&second, &["refund", "approve", &refund, "--dry-run"]).ok();
    nothing_moved();

    world.as_login(&second, &approve).ok();
    assert_eq!(world.agrees(&paid), "succeeded");
    assert_eq!(world.refund(&paid, "decided_by"), format!("{}_second", world.db.name));
    assert_eq!(world.refund(&paid, "requested_by"), "postgres");
    world.as_login(&second, &approve).exits(7).says("is succeeded");
    let log = "SELECT string_agg(command || ' ' || outcome, ', ' ORDER BY at, id) FROM bursar.operations WHERE command LIKE 'refund%'";
    assert_eq!(
        world.db.value(log),
        "refund create awaiting_approval, refund approve reserved, refund answer succeeded"
    );
    world.ledger_is_clean();
}

#[test]
fn what_is_turned_down_moves_nothing_and_may_be_asked_for_again() {
    let world = limited("THB 100.00");
    let (paid, second) = (world.payment(), world.login("second", "bursar_operator"));
    world.create(&paid).exits(6);
    let refund = world.refund_id(&paid);
    let reject = ["refund", "reject", &refund, "--reason", "not our customer", "--yes"];
    world.as_login(&second, &["refund", "reject", &refund, "--reason", " ", "--yes"]).exits(2);
    let would = ["refund", "reject", &refund[..8], "--reason", "no", "--dry-run"];
    world.as_login(&second, &would).ok().tells("of 299.00 THB would be rejected; nothing was changed");
    assert_eq!(world.state(&paid), "awaiting_approval");
    world.as_login(&second, &reject).ok();
    world.as_login(&second, &reject).exits(7).says("awaits no approval");
    assert_eq!((world.state(&paid), world.balance(&paid.user)), ("rejected".to_owned(), paid.balance));
    assert_eq!(world.refund(&paid, "error"), "not our customer");
    assert!(world.fake.requests("POST").is_empty());
    world.create(&paid).exits(6);
    assert_eq!(world.state(&paid), "rejected, awaiting_approval");
}

#[test]
fn the_limit_is_for_all_that_is_refunded_of_a_payment_and_for_currencies_that_it_names() {
    let world = limited("THB 100.00");
    let paid = world.payment();
    part(&world, &paid, "60.00").ok();
    part(&world, &paid, "40.00").ok();
    part(&world, &paid, "0.01").exits(6);
    assert_eq!(world.state(&paid), "succeeded, succeeded, awaiting_approval");
    // Of a currency that is not named, anything; and so where the setting says nothing that is understood.
    for limit in ["USD 100.00", "JPY 100, USD 5"] {
        world.db.bursar(&["settings", "set", "refund_limit", limit, "--yes"]).ok();
        let paid = world.payment();
        part(&world, &paid, "0.01").exits(6);
        assert_eq!(world.state(&paid), "awaiting_approval", "{limit}");
    }
    let paid = world.payment();
    world.db.sql("UPDATE bursar.settings SET value = 'a lot' WHERE name = 'refund_limit'");
    part(&world, &paid, "0.01").exits(6);
    world.db.sql("UPDATE bursar.settings SET value = 'JPY 5, THB 0.01' WHERE name = 'refund_limit'");
    part(&world, &world.payment(), "0.01").ok();
}

#[test]
fn a_login_that_is_no_operator_has_a_limit_for_a_day() {
    let world = World::new();
    world.db.bursar(&["settings", "set", "support_daily_limit", "THB 500.00", "--yes"]).ok();
    let (support, other) = (world.login("support", "bursar_support"), world.login("other", "bursar_support"));
    let operator = world.login("operator", "bursar_operator");
    let create = |login: &str, amount: &str| {
        let paid = world.payment();
        let ran = world.as_login(login, &["refund", "create", &paid.id, "--amount", amount, "--yes"]);
        (ran, paid)
    };
    create(&support, "299.00").0.ok();
    // What would be too much is said before, waits, and leaves the rest of the day.
    let paid = world.payment();
    let would = ["refund", "create", &paid.id, "--amount", "201.01", "--dry-run"];
    world.as_login(&support, &would).ok().tells("above what this login may refund in 24 hours (support_daily_limit)");
    world.as_login(&operator, &would).ok();
    let (ran, waits) = create(&support, "201.01");
    ran.exits(6).says("by another login: bursar refund approve");
    assert_eq!((world.state(&waits), world.balance(&waits.user)), ("awaiting_approval".to_owned(), waits.balance));
    create(&support, "201.00").0.ok();
    create(&support, "0.01").0.exits(6);
    // Each login has its own, and an operator none.
    create(&other, "299.00").0.ok();
    create(&operator, "299.00").0.ok();
    create(&operator, "299.00").0.ok();
    // What a second person agreed to takes nothing of it, and neither does what was undone.
    world.as_login(&operator, &["refund", "approve", &world.refund_id(&waits), "--yes"]).ok();
    assert_eq!(world.agrees(&waits), "succeeded");
    let login = format!("{}_support", world.db.name);
    let alone = format!(
        "SELECT sum(amount) FROM bursar.refunds WHERE requested_by = '{login}' AND decided_by IS NULL AND state = 'succeeded'"
    );
    assert_eq!(world.db.value(&alone), "50000");
    create(&support, "0.01").0.exits(6);
    // A day later there is room again; a currency that is not named has none.
    world.db.sql(&format!(
        "ALTER TABLE bursar.refunds DISABLE TRIGGER USER;
         UPDATE bursar.refunds SET created_at = now() - interval '24 hours 1 second' WHERE requested_by = '{login}';
         ALTER TABLE bursar.refunds ENABLE TRIGGER USER"
    ));
    create(&support, "299.00").0.ok();
    world.db.bursar(&["settings", "set", "support_daily_limit", "USD 500", "--yes"]).ok();
    create(&other, "0.01").0.exits(6);
    world.db.bursar(&["settings", "unset", "support_daily_limit", "--yes"]).ok();
    create(&other, "299.00").0.ok();
    world.ledger_is_clean();
}

/// Two requests of one login meet, whichever payments they are for.
#[test]
fn the_limit_for_a_day_holds_for_requests_at_once() {
    let world = World::new();
    world.db.bursar(&["settings", "set", "support_daily_limit", "THB 299.00", "--yes"]).ok();
    let support = world.login("support", "bursar_support");
    let paid: Vec<Paid> = (0..6).map(|_| world.payment()).collect();
    let children: Vec<_> = paid
        .iter()
        .map(|paid| {
            let mut command = world.command(&["refund", "create", &paid.id, "--yes"]);
            command.env("DATABASE_URL", &support).starts_quietly()
        })
        .collect();
    let codes: Vec<_> = children.into_iter().map(|child| child.ended().code).collect();
    let alone = "SELECT sum(amount) FROM bursar.refunds WHERE decided_by IS NULL AND state = 'succeeded' AND requested_by LIKE '%_support'";
    assert_eq!(world.db.value(alone), "29900", "{codes:?}");
    world.ledger_is_clean();
}

#[test]
fn what_changed_while_it_waited_is_looked_at_again() {
    let world = limited("THB 100.00");
    let second = world.login("second", "bursar_operator");
    // The units are spent by then: it is refused, or takes what is there, as was asked for.
    for (if_spent, code, state, units) in
        [("refuse", 4, "awaiting_approval", "0|0"), ("cap", 0, "succeeded", "3|37"), ("keep", 0, "succeeded", "0|40")]
    {
        let paid = world.payment();
        world.bursar(&["refund", "create", &paid.id, "--if-spent", if_spent, "--yes"]).exits(6);
        world.spend_down_to(&paid.user, 3);
        world.as_login(&second, &["refund", "approve", &world.refund_id(&paid), "--yes"]).exits(code);
        assert_eq!(world.state(&paid), state, "{if_spent}");
        assert_eq!(world.refund(&paid, "units_taken || '|' || units_written_off"), units, "{if_spent}");
    }
    // The payment itself is no longer there to be refunded.
    let paid = world.payment();
    world.create(&paid).exits(6);
    world.db.sql(&format!("UPDATE payments SET status = 'failed' WHERE id = '{}'", paid.id));
    world.as_login(&second, &["refund", "approve", &world.refund_id(&paid), "--yes"]).exits(4).says("is failed");
    assert_eq!((world.state(&paid), world.balance(&paid.user)), ("awaiting_approval".to_owned(), paid.balance));
    assert_eq!(world.at_gateway(&paid).len(), 0);
    world.ledger_is_clean();
}

#[test]
fn support_refunds_end_to_end_and_leaves_what_was_refused_to_an_operator() {
    let world = World::new();
    let support = world.login("support", "bursar_support");
    let operator = world.login("operator", "bursar_operator");
    let create = |paid: &Paid| world.as_login(&support, &["refund", "create", &paid.id, "--yes"]);
    let paid = world.payment();
    create(&paid).ok();
    assert_eq!(world.agrees(&paid), "succeeded");
    assert_eq!(world.refund(&paid, "requested_by"), format!("{}_support", world.db.name));

    let paid = world.payment();
    world.fake.dispute(&paid.charge, "needs_response", None);
    let ran = create(&paid).exits(6);
    assert!(ran.stdout.contains("was refused by stripe") && ran.stdout.contains("charge_disputed"), "{ran:?}");
    assert_eq!(world.refund(&paid, "state || '|' || refused"), "submitted|true");
    // Support cannot end it, however often it tries; the same request is still that refund.
    world.as_login(&support, &["refund", "resume", "--yes"]).exits(6);
    assert!(create(&paid).exits(6).stdout.contains("already requested"));
    assert_eq!(world.refund(&paid, "state || '|' || refused"), "submitted|true");
    assert_eq!(world.balance(&paid.user), paid.balance - paid.granted);
    world.as_login(&operator, &["refund", "resume", "--yes"]).ok();
    assert_eq!((world.agrees(&paid), world.at_gateway(&paid).len()), ("failed".to_owned(), 0));

    // An answer that was lost is found by support too.
    let paid = world.payment();
    world.fake.script("POST /v1/refunds", [Trouble::FailAfter]);
    create(&paid).exits(6);
    // A dry run asks no gateway and changes nothing; the beginning of an id is enough for it.
    let (asked, before) = (world.fake.requests("").len(), world.everything(&paid));
    let would = ["refund", "resume", &world.refund_id(&paid)[..8], "--dry-run"];
    let ran = world.as_login(&support, &would).ok().tells("; would be finished\n\nnothing was changed");
    assert!(ran.stdout.starts_with("? refund "), "{ran:?}");
    assert_eq!((world.fake.requests("").len(), world.everything(&paid)), (asked, before));
    world.as_login(&support, &["refund", "resume", "--yes"]).ok();
    assert_eq!(world.agrees(&paid), "succeeded");

    // A bank's return gives units back, which is an operator's to do.
    let made = world.at_gateway(&paid).remove(0);
    world.fake.settle(&made.id, "failed", Some("expired_or_canceled_card"));
    let ran = world.as_login(&support, &["refund", "resume", "--recheck", "30", "--yes"]).exits(6);
    assert!(ran.stdout.contains("operator"), "{ran:?}");
    assert_eq!((world.state(&paid), world.balance(&paid.user)), ("succeeded".to_owned(), paid.balance - paid.granted));
    world.as_login(&operator, &["refund", "resume", "--recheck", "30", "--yes"]).ok();
    assert_eq!(world.agrees(&paid), "failed");
    world.ledger_is_clean();
}

#[test]
fn support_reaches_refunds_through_its_functions_only() {
    let world = World::new();
    world.login("support", "bursar_support");
    let paid = world.payment();
    world.create(&paid).ok();
    let support = format!("SET SESSION AUTHORIZATION {}_support;", world.db.name);
    let id = world.refund_id(&paid);
    for sql in [
        format!("SELECT bursar.refund_approve('{id}', NULL, '{{}}')"),
        format!("SELECT bursar.refund_reject('{id}', 'no', '{{}}')"),
        format!(
            "SELECT bursar.refund_import('{}', 1, 'THB', 'stripe', 're_x', 'succeeded', 'gateway', 'other', NULL, '{{}}')",
            paid.id
        ),
        format!("SELECT bursar.refund_preview_approval('{id}')"),
        format!("SELECT bursar.take_units('{}', -1000, '{id}')", paid.id),
        format!("SELECT bursar.give_units_back('{}', '{id}')", world.refund(&paid, "entry")),
        format!("SELECT bursar.settle_payment('{}', 0, 1)", paid.id),
        format!("SELECT bursar.refund_settle('{}', 1)", paid.id),
        format!("SELECT bursar.payment_facts('{}', true)", paid.id),
        format!("SELECT bursar.refund_reserve('{id}', NULL)"),
        format!("SELECT bursar.refund_terms('{}', 1, 'cap', true, true)", paid.id),
        format!("UPDATE bursar.refunds SET state = 'failed' WHERE id = '{id}'"),
        "INSERT INTO bursar.refund_transitions SELECT * FROM bursar.refund_transitions".to_owned(),
        "DELETE FROM bursar.refunds".to_owned(),
        format!("UPDATE payments SET status = 'succeeded' WHERE id = '{}'", paid.id),
        format!("UPDATE users SET star_balance = 1000 WHERE id = '{}'", paid.user),
        format!("SELECT wallet_adjust('{}', 'STAR', 1, 'credit', 'a gift', 'x')", paid.user),
        format!("SELECT wallet_reverse('{}')", world.refund(&paid, "entry")),
    ] {
        assert_eq!(world.db.sqlstate(&format!("{support} {sql}")), "42501", "{sql}");
    }
    // What it may call gives nothing back, whatever it says of a refund that was paid.
    let before = world.everything(&paid);
    for (answer, code) in
        [("failed", "BR004"), ("canceled", "BR004"), ("refused", "BR004"), ("unknown", "00000"), ("succeeded", "00000")]
    {
        let sql = format!("{support} SELECT bursar.refund_answered('{id}', '{answer}', 're_x', 'why', '{{}}')");
        assert_eq!(world.db.sqlstate(&sql), code, "{answer}");
        assert_eq!(world.everything(&paid), before, "{answer}");
    }
}
