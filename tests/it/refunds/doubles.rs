//! Two refunds of one payment under one reference, which an earlier version kept with what nobody sees around it.

use serde_json::Value;

use super::remedies::pasted;
use super::sync::{outcomes, sync};
use super::upgraded::recorded;
use super::{Paid, World};
use crate::support::{Ran, Starts as _};

/// The findings about references: the refund that each is about, and its remedy.
fn found(world: &World) -> Vec<(String, String)> {
    let report: Value = world.db.json(&["audit", "--only", "refunds", "-o", "json", "--fail-on", "never"]);
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .map(|f| {
            assert_eq!(f["check"], "refunds.references", "{f}");
            let text = |of: &str| f[of].as_str().expect("a text").to_owned();
            (text("key"), text("remedy"))
        })
        .collect()
}

/// Pastes the command of the only finding, and returns the refund that it is about.
fn ended_as_told(world: &World) -> String {
    let [(key, remedy)] = &found(world)[..] else { panic!("one finding") };
    let (_, command) = remedy.split_once("bursar refund cancel").expect("a command");
    let ran = pasted(world, &world.db.url(), &format!("bursar refund cancel{command}")).ok();
    assert!(ran.stdout.contains(key) && ran.stdout.contains("STAR were given back"), "{ran:?}");
    key.clone()
}

fn imported(world: &World, paid: &Paid, reference: &str) -> String {
    world.db.sql(&format!(
        "SELECT bursar.refund_import('{}', 10000, 'THB', 'stripe', '{reference}', 'succeeded', 'gateway', 'other', NULL, '{{}}', 'acct_fake')",
        paid.id
    ));
    world.refund_id(paid)
}

fn cancel(world: &World, refund: &str) -> Ran {
    world.bursar(&["refund", "cancel", refund, "--reason", "recorded twice", "--yes"])
}

/// A refund of 100.00 THB that is here as the gateway's and as one that somebody recorded; both ids.
pub(super) fn double(world: &World, paid: &Paid) -> [String; 2] {
    let made = world.fake.refund_in_dashboard(&paid.charge, 10_000);
    assert_eq!(outcomes(&sync(world, &paid.id, &["--yes"])), ["refund brought_in"]);
    let imported = world.refund_id(paid);
    recorded(world, paid, "10000", &format!("'{made} '"), "NULL");
    [imported, world.refund_id(paid)]
}

#[test]
fn a_refund_that_was_recorded_and_brought_in_is_named_and_one_of_the_two_is_canceled() {
    let world = World::new();
    let paid = world.payment();
    assert_eq!(found(&world), []);
    let [imported, second] = double(&world, &paid);
    let (taken, before) = (world.balance(&paid.user), world.everything(&paid));
    assert_eq!(paid.balance - taken, 27);
    // The reference is of both.
    let reference = world.db.value(&format!("SELECT gateway_ref FROM bursar.refunds WHERE id = '{imported}'"));
    for command in ["show", "cancel"] {
        let mut words = vec!["refund", command, &reference];
        words.extend(if command == "cancel" { &["--reason", "x", "--yes"][..] } else { &[] });
        let ran = world.bursar(&words).exits(2).says(&imported).says(&second).says("use an id");
        assert!(!ran.stderr.contains("write more"), "{ran:?}");
    }
    let ran = world.bursar(&["refund", "cancel", &second, "--reason", "x"]).exits(4).says("--yes");
    assert!(ran.stderr.contains(&imported), "{ran:?}");
    let ran = world.bursar(&["refund", "cancel", &second, "--reason", "x", "--dry-run"]).ok();
    assert!(ran.stdout.contains("would be canceled"), "{ran:?}");
    assert_eq!(world.everything(&paid), before);
    assert_eq!(ended_as_told(&world), second);
    assert_eq!(world.state(&paid), "succeeded, canceled");
    assert_eq!(paid.balance - world.balance(&paid.user), 14);
    let log = world.db.value("SELECT reason FROM bursar.operations WHERE command = 'refund cancel'");
    assert!(log.contains("TEXT") && log.contains(&imported), "{log}");
    let ran =
        world.bursar(&["refund", "show", &second]).ok().tells("it was canceled: TEXT, and the STAR were given back");
    assert!(!ran.stdout.contains("nothing was paid back"), "{ran:?}");
    // It has ended, and nothing duplicates the other one any more.
    cancel(&world, &second).exits(7).says("it has ended");
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund known"]);
    // In the other order, what the second one took is less by the fraction that the first one took more.
    let paid = world.payment();
    let made = world.fake.refund_in_dashboard(&paid.charge, 10_000);
    recorded(&world, &paid, "10000", &format!("'{made} '"), "NULL");
    let first = world.refund_id(&paid);
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund brought_in"]);
    assert_eq!(ended_as_told(&world), first);
    assert_eq!(paid.balance - world.balance(&paid.user), 13);
    world.db.bursar(&["audit", "--only", "refunds,payments,ledger,operations"]).ok();
}

#[test]
fn what_nothing_duplicates_stays() {
    let world = World::new();
    let paid: Vec<Paid> = (0..3).map(|_| world.payment()).collect();
    recorded(&world, &paid[0], "500", "'wire 1 '", "NULL");
    // Another payment's, and references of which nothing is left.
    recorded(&world, &paid[1], "500", "'wire 1'", "NULL");
    recorded(&world, &paid[2], "500", "'a'", "NULL");
    recorded(&world, &paid[2], "500", "'b'", "NULL");
    world.db.sql("UPDATE bursar.refunds SET gateway_ref = CASE gateway_ref WHEN 'a' THEN ' ' ELSE '  ' END WHERE gateway_ref IN ('a', 'b')");
    assert_eq!(found(&world), []);
    for paid in &paid {
        let (refund, before) = (world.refund_id(paid), world.everything(paid));
        let ran = cancel(&world, &refund).exits(7).says("is succeeded: it has ended");
        assert!(ran.stderr.contains(&format!("bursar refund show {refund}")), "{ran:?}");
        for seen in ["NULL", "'looked'"] {
            let sql = format!(
                "SELECT bursar.refund_claim('{refund}', 60); SELECT bursar.refund_cancel('{refund}', 'x', {seen}, '{{}}')"
            );
            assert_eq!(world.db.sqlstate(&sql), "BR007");
        }
        assert_eq!(world.everything(paid), before);
    }
}

#[test]
fn of_two_that_were_recorded_the_one_is_canceled_whose_reference_no_gateway_has() {
    let world = World::new();
    let paid = world.payment();
    recorded(&world, &paid, "500", "'re_0001'", "NULL");
    let first = world.refund_id(&paid);
    recorded(&world, &paid, "500", "E' re_0001\\u200b'", "NULL");
    let second = world.refund_id(&paid);
    // The gateway's refund would be brought in again.
    cancel(&world, &first).exits(7).says(&format!("bursar refund cancel {second}"));
    assert_eq!(found(&world).into_iter().map(|(key, _)| key).collect::<Vec<_>>(), std::slice::from_ref(&second));
    cancel(&world, &second).ok();
    assert_eq!((world.state(&paid), found(&world)), ("succeeded, canceled".to_owned(), Vec::new()));
    // Of two that both have spaces, whoever comes second is too late.
    let paid = world.payment();
    for reference in ["'re_2 '", "' re_2'"] {
        recorded(&world, &paid, "500", reference, "NULL");
    }
    let ids =
        world.db.value(&format!("SELECT string_agg(id::text, ' ') FROM bursar.refunds WHERE payment = '{}'", paid.id));
    let running: Vec<_> = ids
        .split(' ')
        .map(|id| world.command(&["refund", "cancel", id, "--reason", "recorded twice", "--yes"]).starts_quietly())
        .collect();
    let mut codes: Vec<i32> = running.into_iter().map(|child| child.ended().code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 7]);
    assert_eq!((world.balance(&paid.user), found(&world)), (paid.balance - 1, Vec::new()));
    world.ledger_is_clean();
}

#[test]
fn of_a_submitted_and_an_imported_one_the_gateway_says_which_it_has() {
    let world = World::new();
    let paid = world.payment();
    world.bursar(&["refund", "create", &paid.id, "--amount", "100.00", "--yes"]).ok();
    let submitted = world.refund_id(&paid);
    world.db.sql("UPDATE bursar.refunds SET gateway_ref = gateway_ref || ' '");
    let made = world.fake.refunds()[0].id.clone();
    let second = imported(&world, &paid, &made);
    // Its metadata has the one that was submitted.
    cancel(&world, &submitted).exits(7).says(&made);
    assert_eq!(ended_as_told(&world), second);
    assert_eq!(world.state(&paid), "succeeded, canceled");
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund known"]);
    // Of two that were imported, it has the one of its own reference.
    let paid = world.payment();
    let made = world.fake.refund_in_dashboard(&paid.charge, 10_000);
    let second = imported(&world, &paid, &format!("{made} "));
    imported(&world, &paid, &made);
    assert_eq!(ended_as_told(&world), second);
    assert_eq!(world.state(&paid), "canceled, succeeded");
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund known"]);
}

#[test]
fn a_double_is_canceled_by_an_operator_who_names_a_protected_database() {
    let world = World::new();
    let (support, operator) = (world.login("support", "bursar_support"), world.login("operator", "bursar_operator"));
    let paid = world.payment();
    let [_, second] = double(&world, &paid);
    world.db.bursar(&["settings", "set", "protected", "true", "--yes"]).ok();
    let before = world.everything(&paid);
    let words = ["refund", "cancel", &second, "--reason", "recorded twice"];
    let confirmed = [&words[..], &["--confirm", &world.db.name]].concat();
    world.as_login(&support, &confirmed).exits(4).says("only an operator may cancel it");
    world.as_login(&operator, &[&words[..], &["--yes"]].concat()).exits(4).says("--confirm");
    world
        .as_login(&operator, &["refund", "cancel", &second[..13], "--reason", "x", "--confirm", &world.db.name])
        .exits(2);
    assert_eq!(world.everything(&paid), before);
    world.as_login(&operator, &confirmed).ok();
    assert_eq!(world.state(&paid), "succeeded, canceled");
}
