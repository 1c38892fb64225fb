//! Refunds through the binary, with Stripe as npm's `stripe-stateful-mock` understands it.

use super::{Paid, World};
use crate::gateways::mock;
use crate::support::{Ran, run};

/// A payment whose charge the mock knows.
fn charged(world: &World, source: &str) -> Paid {
    let paid = world.payment();
    let charge = mock::charge(paid.amount, source);
    world.db.sql(&format!("UPDATE payments SET stripe_charge_id = '{charge}' WHERE id = '{}'", paid.id));
    Paid { charge, ..paid }
}

fn bursar(world: &World, arguments: &[&str]) -> Ran {
    through(world, &mock::url(), arguments, "30s")
}

fn through(world: &World, url: &str, arguments: &[&str], timeout: &str) -> Ran {
    let mut command = world.command(arguments);
    command.env("STRIPE_API_BASE", url).env("STRIPE_SECRET_KEY", "sk_test_mock");
    run(command.env("BURSAR_GATEWAY_TIMEOUT", timeout))
}

fn create(world: &World, paid: &Paid, flags: &[&str]) -> Ran {
    bursar(world, &[&["refund", "create", &paid.id, "--yes"], flags].concat())
}

#[test]
fn the_mock_refunds_a_payment_in_parts_and_once() {
    let world = World::new();
    let paid = charged(&world, "tok_visa");
    let first = ["--amount", "99.00", "--idempotency-key", "k1"];
    create(&world, &paid, &first).ok();
    assert!(create(&world, &paid, &first).ok().stdout.contains("already requested"));
    create(&world, &paid, &["--amount", "98.00", "--idempotency-key", "k1"]).exits(7);
    create(&world, &paid, &["--amount", "99.00"]).exits(7).says("--again");
    create(&world, &paid, &["--amount", "200.01"]).exits(4).says("has 200.00 THB left to refund");
    create(&world, &paid, &[]).ok();
    assert!(create(&world, &paid, &[]).ok().stdout.contains("already requested"));
    assert_eq!((world.status(&paid), world.balance(&paid.user)), ("refunded".to_owned(), paid.balance - paid.granted));
    // Looking again finds what is known, and a sync nothing that is new; disputes it does not list.
    bursar(&world, &["refund", "resume", "--recheck", "30", "--yes"]).ok();
    assert_eq!(world.state(&paid), "succeeded, succeeded");
    world.ledger_is_clean();
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn the_mock_is_asked_again_where_its_answer_was_not_waited_for() {
    let world = World::new();
    let paid = charged(&world, "tok_visa");
    // Without an answer about what there is, nothing is sent.
    through(&world, &mock::unheard(), &["refund", "create", &paid.id, "--yes"], "1s").exits(5);
    assert_eq!(world.state(&paid), "none");
    through(&world, &mock::unheard_posts(), &["refund", "create", &paid.id, "--yes"], "1s").exits(6);
    assert_eq!(world.state(&paid), "unknown");
    bursar(&world, &["refund", "resume", "--yes"]).ok();
    assert_eq!((world.state(&paid), world.status(&paid)), ("succeeded".to_owned(), "refunded".to_owned()));
    assert_eq!(world.balance(&paid.user), paid.balance - paid.granted);
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn what_the_mock_refuses_gives_the_units_back() {
    let world = World::new();
    let paid = charged(&world, "tok_createDispute");
    let ran = create(&world, &paid, &[]).exits(1);
    assert!(ran.stdout.contains("charge_disputed") && ran.stdout.contains("were given back"), "{ran:?}");
    assert_eq!((world.state(&paid), world.balance(&paid.user)), ("failed".to_owned(), paid.balance));
    assert_eq!(world.status(&paid), "succeeded");
    // Refunded elsewhere, in part and wholly.
    for amount in ["&amount=2000", ""] {
        let paid = charged(&world, "tok_visa");
        let made = mock::post("/v1/refunds", &format!("charge={}{amount}", paid.charge));
        create(&world, &paid, &["--amount", "20.00"]).exits(7).says(&format!("stripe has refund {made} of "));
        assert_eq!((world.state(&paid), world.balance(&paid.user)), ("none".to_owned(), paid.balance));
    }
    world.ledger_is_clean();
}
