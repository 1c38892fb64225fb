//! One form of what can be written in several: currencies and references.

use super::sync::{outcomes, sync};
use super::{Paid, World, aethercrown};
use crate::support::file;
use crate::support::gateway::Trouble;

const POST: &str = "POST /v1/refunds";

/// A payment whose currency is stored as Stripe itself writes it.
fn in_small_letters(world: &World) -> Paid {
    let paid = world.payment();
    world.db.sql(&format!("UPDATE payments SET currency = 'thb' WHERE id = '{}'", paid.id));
    paid
}

fn part(world: &World, paid: &Paid, amount: &str) -> crate::support::Ran {
    world.bursar(&["refund", "create", &paid.id, "--amount", amount, "--yes"])
}

#[test]
fn a_currency_in_small_letters_is_refunded_imported_and_limited_as_in_capitals() {
    let world = World::new();
    world.db.bursar(&["settings", "set", "refund_limit", "THB 30.00", "--yes"]).ok();
    let paid = in_small_letters(&world);
    part(&world, &paid, "5.00").ok();
    assert_eq!(world.refund(&paid, "concat_ws(' ', state, amount, currency)"), "succeeded 500 THB");
    world.fake.refund_in_dashboard(&paid.charge, 1_000);
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund brought_in", "refund known"]);
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund known", "refund known"]);
    // The limit names the currency in capitals: 20.50 are not above it, and 40.50 are.
    part(&world, &paid, "5.50").ok();
    part(&world, &paid, "20.00").exits(6);
    assert_eq!(world.state(&paid), "succeeded, succeeded, succeeded, awaiting_approval");
}

#[test]
fn a_currency_without_decimals_has_none_in_small_letters() {
    let world = World::of("aethercrown");
    let (id, _, amount) = aethercrown::payment(&world, "JPY", 0);
    world.db.sql(&format!(
        "ALTER TABLE payments DROP CONSTRAINT payments_currency_check; UPDATE payments SET currency = 'jpy' WHERE id = '{id}'"
    ));
    world.bursar(&["refund", "create", &id, "--yes"]).ok();
    assert_eq!(world.fake.refunds().iter().map(|r| r.amount).collect::<Vec<_>>(), [amount]);
    assert_eq!(
        world.db.value("SELECT concat_ws(' ', state, amount, currency) FROM bursar.refunds"),
        format!("succeeded {amount} JPY")
    );
}

#[test]
fn what_stayed_unknown_because_of_its_currency_s_form_comes_to_its_end() {
    let world = World::new();
    let paid = in_small_letters(&world);
    world.fake.script(POST, [Trouble::FailAfter]);
    part(&world, &paid, "5.00").exits(6);
    // As an earlier version kept it.
    world.db.sql("UPDATE bursar.refunds SET currency = 'thb'");
    world.resume().exits(6);
    assert_eq!((world.state(&paid), world.at_gateway(&paid).len()), ("unknown".to_owned(), 1));
    let migration =
        std::fs::read_to_string(file("migrations/bursar/20261130000000_currency_form.sql")).expect("a file");
    let update = migration.split("\n\n").find(|part| part.contains("UPDATE bursar.refunds r\n   SET currency"));
    world.db.sql(update.expect("the statement"));
    world.resume().ok();
    assert_eq!((world.state(&paid), world.at_gateway(&paid).len()), ("succeeded".to_owned(), 1));
}

#[test]
fn a_reference_is_the_same_with_and_without_what_nobody_sees_around_it() {
    let world = World::new();
    let paid = world.payment();
    let by_hand = |amount: &str, reference: &str| {
        let gateway = ["--gateway", "record-only", "--gateway-ref", reference, "--yes"];
        world.bursar(&[&["refund", "create", &paid.id, "--amount", amount][..], &gateway].concat())
    };
    by_hand("5.00", "re_0016").ok();
    let balance = world.balance(&paid.user);
    for same in ["re_0016 ", " re_0016", "re_0016\n", "\u{a0}re_0016\u{a0}", "\u{200b}re_0016\u{feff}\t"] {
        by_hand("6.00", same).exits(7).says("re_0016 is refund");
        let refund = world.bursar(&["refund", "show", same, "-o", "json"]).ok().json();
        assert_eq!(refund["refund"]["gateway_ref"], "re_0016", "{same:?}");
    }
    for none in ["", " ", "\u{a0}\n", "\u{200b}"] {
        by_hand("6.00", none).exits(2).says("--gateway-ref");
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("f.csv"),
        format!("payment,amount,gateway_ref\n{},6.00,\"\u{200b}re_0016\u{a0}\n\"\n", paid.id),
    )
    .expect("a file");
    let mut batch = world.command(&["refund", "batch", "f.csv", "--gateway", "record-only", "--yes"]);
    crate::support::run(batch.current_dir(folder.path())).exits(2).says("is the reference of refund");
    assert_eq!((world.state(&paid), world.balance(&paid.user)), ("succeeded".to_owned(), balance));
    // So is a key: the same request under it is the same refund.
    let key = |key: &str| {
        world.bursar(&["refund", "create", &paid.id, "--amount", "7.00", "--idempotency-key", key, "--yes"])
    };
    key("ticket-1").ok();
    key("ticket-1 \n").ok().tells("already requested");
    assert_eq!(world.state(&paid), "succeeded, succeeded");
}

#[test]
fn a_refund_that_is_in_the_way_is_named_with_its_own_amount() {
    let world = World::new();
    let paid = world.payment();
    part(&world, &paid, "20.00").ok();
    world.fake.script(POST, [Trouble::FailBefore]);
    part(&world, &paid, "15.00").exits(6);
    part(&world, &paid, "5.00").exits(7).says("over 15.00 THB, is unknown");
}
