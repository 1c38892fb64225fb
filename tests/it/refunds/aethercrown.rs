//! An application without units, whose payments come through PayPal, in decimals, and whose statuses know
//! parts.

use super::World;
use crate::support::Ran;

/// A completed payment of this currency that the gateway knows: id, order and amount in minor units.
pub(super) fn payment(world: &World, currency: &str, decimals: u32) -> (String, String, i64) {
    let of = |column: &str| {
        world.db.value(&format!(
            "SELECT {column} FROM payments p WHERE status = 'completed' AND currency = '{currency}' AND payment_method = 'paypal'
                AND NOT EXISTS (SELECT FROM bursar.refunds r WHERE r.payment = p.id::text) ORDER BY id LIMIT 1"
        ))
    };
    let (id, order) = (of("id"), of("order_id"));
    let amount: i64 = of(&format!("(amount * {})::bigint", 10_i64.pow(decimals))).parse().expect("an amount");
    world.fake.payment([&order, &format!("CAP{order}")], amount, currency);
    (id, order, amount)
}

fn create(world: &World, payment: &str, flags: &[&str]) -> Ran {
    world.bursar(&[&["refund", "create", payment, "--yes"], flags].concat())
}

fn status(world: &World, payment: &str) -> String {
    world.db.value(&format!("SELECT status FROM payments WHERE id = '{payment}'"))
}

#[track_caller]
fn audit_is_clean(world: &World) {
    world.db.bursar(&["audit", "--only", "logs,payments", "-o", "json"]).ok();
}

#[test]
fn a_part_is_a_partial_refund_and_the_rest_makes_it_whole() {
    let world = World::of("aethercrown");
    let (id, order, amount) = payment(&world, "USD", 2);
    create(&world, &id, &["--amount", "1.05"]).ok();
    assert_eq!(status(&world, &id), "partially_refunded");
    create(&world, &order, &["--amount", "0.1", "--reason", "duplicate"]).ok();
    assert_eq!(status(&world, &id), "partially_refunded");
    audit_is_clean(&world);
    create(&world, &id, &["--amount", "1.051"]).exits(2);
    create(&world, &id, &[]).ok();
    assert_eq!(status(&world, &id), "refunded");
    assert!(create(&world, &id, &[]).ok().stdout.contains("already requested"));
    let amounts: Vec<i64> = world.fake.refunds().iter().map(|r| r.amount).collect();
    assert_eq!(amounts, [105, 10, amount - 115]);
    let logs = format!(
        "SELECT string_agg(concat_ws(' ', details ->> 'previous_state', '>', details ->> 'new_state'), ', ' ORDER BY created_at, id)
           FROM activity_logs WHERE entity_id = '{id}' AND action = 'payment.refunded'"
    );
    assert_eq!(world.db.value(&logs), "completed > partially_refunded, partially_refunded > refunded");
    assert_eq!(world.db.value("SELECT count(*) FROM bursar.refunds WHERE unit IS NOT NULL OR entry IS NOT NULL"), "0");
    audit_is_clean(&world);
}

#[test]
fn a_currency_without_decimals_is_refunded_in_whole_units() {
    let world = World::of("aethercrown");
    let (id, _, amount) = payment(&world, "JPY", 0);
    create(&world, &id, &["--amount", "1.5"]).exits(2);
    assert_eq!(status(&world, &id), "completed");
    create(&world, &id, &["--amount", "1"]).ok();
    create(&world, &id, &[]).ok();
    assert_eq!(status(&world, &id), "refunded");
    assert_eq!(world.fake.refunds().iter().map(|r| r.amount).collect::<Vec<_>>(), [1, amount - 1]);
    audit_is_clean(&world);
}

#[test]
fn a_part_that_fails_leaves_the_status_to_the_others() {
    use crate::support::gateway::Trouble;
    const POST: &str = "POST /v2/payments/captures";
    let world = World::of("aethercrown");
    let (id, _, _) = payment(&world, "USD", 2);
    // It was made, and nobody heard.
    world.fake.script(POST, [Trouble::FailAfter]);
    create(&world, &id, &["--amount", "1.00"]).exits(6);
    assert_eq!(status(&world, &id), "completed");
    world.resume().ok();
    assert_eq!((status(&world, &id), world.fake.refunds().len()), ("partially_refunded".to_owned(), 1));
    create(&world, &id, &["--amount", "2.00"]).ok();
    // The banks return one, and then the other.
    for (made, expected) in [(1, "partially_refunded"), (0, "completed")] {
        let made = world.fake.refunds().remove(made).id;
        world.fake.settle(&made, "FAILED", Some("RECEIVING_ACCOUNT_LOCKED"));
        world.bursar(&["refund", "resume", "--recheck", "30", "--yes"]).ok();
        assert_eq!(status(&world, &id), expected);
    }
    audit_is_clean(&world);
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn what_was_made_in_the_dashboard_is_brought_in() {
    let world = World::of("aethercrown");
    let (id, order, amount) = payment(&world, "USD", 2);
    world.fake.refund_in_dashboard(&order, 100);
    let sync = ["refund", "sync", "--payment", &id, "--yes"];
    world.bursar(&sync).ok();
    assert_eq!(status(&world, &id), "partially_refunded");
    world.fake.refund_in_dashboard(&order, amount - 100);
    world.bursar(&sync).ok();
    world.bursar(&sync).ok();
    assert_eq!(status(&world, &id), "refunded");
    assert_eq!(
        world.db.value("SELECT string_agg(origin || ' ' || state, ', ') FROM bursar.refunds"),
        "gateway succeeded, gateway succeeded"
    );
    audit_is_clean(&world);
}
