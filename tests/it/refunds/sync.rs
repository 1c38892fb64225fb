//! What was done at the gateway without bursar is brought in, once.

use super::World;

const SYNC: [&str; 3] = ["refund", "sync", "--payment"];

fn sync(world: &World, payment: &str, more: &[&str]) -> serde_json::Value {
    let ran = world.bursar(&[&SYNC, &[payment, "-o", "json"][..], more].concat()).ok();
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

fn outcomes(report: &serde_json::Value) -> Vec<String> {
    let found = report["found"].as_array().expect("what was found").iter();
    found.map(|f| format!("{} {}", f["what"].as_str().unwrap_or("?"), f["outcome"].as_str().unwrap_or("?"))).collect()
}

fn audit_is_clean(world: &World) {
    world.db.bursar(&["audit", "--only", "ledger,payments,refunds", "-o", "json"]).ok();
}

#[test]
fn refunds_of_the_dashboard_take_their_units_and_are_brought_in_once() {
    let world = World::new();
    let paid = world.payment();
    world.fake.refund_in_dashboard(&paid.charge, 10_000);
    let before = world.everything(&paid);
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--dry-run"])), ["refund would"]);
    assert_eq!(world.everything(&paid), before);
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund brought_in"]);
    // ceil(40 × 10,000 / 29,900)
    assert_eq!(world.balance(&paid.user), paid.balance - 14);
    assert_eq!(world.status(&paid), "succeeded");
    assert_eq!(world.refund(&paid, "concat_ws(' ', origin, state, units_taken)"), "gateway succeeded 14");
    let after = world.everything(&paid);
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund known"]);
    assert_eq!(world.everything(&paid), after);

    // The rest, through bursar, takes the rest.
    world.create(&paid).ok();
    assert_eq!(world.balance(&paid.user), paid.balance - paid.granted);
    assert_eq!(world.status(&paid), "refunded");
    audit_is_clean(&world);
}

#[test]
fn what_the_application_took_by_itself_is_found_and_what_was_spent_is_written_off() {
    let world = World::new();
    let [handled, spent] = [world.payment(), world.payment()];
    world.db.sql(&format!("SELECT wallet_refund_payment('{}')", handled.id));
    world.spend_down_to(&spent.user, 5);
    for paid in [&handled, &spent] {
        world.fake.refund_in_dashboard(&paid.charge, paid.amount);
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund brought_in"]);
        assert_eq!(world.status(paid), "refunded");
    }
    let units = "concat_ws(' ', units_taken, units_found, units_written_off)";
    assert_eq!(world.refund(&handled, units), "40 40 0");
    assert_eq!(world.balance(&handled.user), handled.balance - 40);
    assert_eq!(world.refund(&spent, units), "5 0 35");
    assert_eq!(world.balance(&spent.user), 0);
    audit_is_clean(&world);
}

#[test]
fn a_dispute_is_open_until_it_is_lost() {
    let world = World::new();
    let [open, lost] = [world.payment(), world.payment()];
    world.fake.dispute(&open.charge, "needs_response", None);
    world.fake.dispute(&lost.charge, "lost", None);
    let before = world.everything(&open);
    assert_eq!(outcomes(&sync(&world, &open.id, &["--yes"])), ["dispute open"]);
    assert_eq!(world.everything(&open), before);
    assert_eq!(outcomes(&sync(&world, &lost.id, &["--yes"])), ["dispute brought_in"]);
    assert_eq!(world.refund(&lost, "concat_ws(', ', origin, state, note)"), "dispute, succeeded, dispute lost");
    assert_eq!(world.status(&lost), "refunded");
    assert_eq!(outcomes(&sync(&world, &lost.id, &["--yes"])), ["dispute known"]);
    audit_is_clean(&world);
}

#[test]
fn more_than_was_paid_does_not_fit_and_is_said() {
    let world = World::new();
    let paid = world.payment();
    world
        .db
        .bursar(&["refund", "create", &paid.id, "--gateway", "record-only", "--gateway-ref", "elsewhere", "--yes"])
        .ok();
    world.fake.refund_in_dashboard(&paid.charge, 10_000);
    let ran = world.bursar(&[&SYNC, &[&*paid.id, "--yes"][..]].concat()).exits(6);
    assert!(ran.stdout.contains("✗ conflict"), "{ran:?}");
    assert_eq!(world.state(&paid), "succeeded");
    audit_is_clean(&world);
}
