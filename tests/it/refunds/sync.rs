//! What was done at the gateway without bursar is brought in, once.

use serde_json::json;

use super::World;
use crate::support::gateway::Trouble;
use crate::support::{run, sample};

const SYNC: [&str; 3] = ["refund", "sync", "--payment"];

pub(super) fn sync(world: &World, payment: &str, more: &[&str]) -> serde_json::Value {
    let ran = world.bursar(&[&SYNC, &[payment, "-o", "json"][..], more].concat()).ok();
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

pub(super) fn outcomes(report: &serde_json::Value) -> Vec<String> {
    let found = report["found"].as_array().expect("what was found").iter();
    found.map(|f| format!("{} {}", f["what"].as_str().unwrap_or("?"), f["outcome"].as_str().unwrap_or("?"))).collect()
}

pub(super) fn audit_is_clean(world: &World) {
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

#[test]
fn what_is_in_another_currency_does_not_fit() {
    let world = World::new();
    let paid = world.payment();
    world.fake.dispute_over(&paid.charge, "lost", None, 140, "USD");
    let before = world.everything(&paid);
    for flag in ["--dry-run", "--yes"] {
        let ran = world.bursar(&[&SYNC, &[&*paid.id, flag][..]].concat()).exits(6);
        assert!(ran.stdout.contains("1.40 USD") && ran.stdout.contains("conflict"), "{ran:?}");
        assert!(ran.stdout.contains("0 new, 0 known already, 1 in conflict"), "{ran:?}");
        assert_eq!(world.everything(&paid), before);
    }
    let other = world.payment();
    let list = json!({ "has_more": false, "data": [{
        "id": "re_usd", "amount": 2000, "currency": "usd", "status": "succeeded", "charge": other.charge, "created": 1 }] });
    let before = world.everything(&other);
    world.fake.script("GET /v1/refunds", [Trouble::Answer(200, list)]);
    world.bursar(&[&SYNC, &[&*other.id, "--yes"][..]].concat()).exits(6);
    assert_eq!(world.everything(&other), before);
    // The function refuses it too.
    let import = format!(
        "SELECT bursar.refund_import('{}', 140, 'USD', 'stripe', 're_x', 'succeeded', 'gateway', 'other', NULL, '{{}}')",
        other.id
    );
    assert_eq!(world.db.sqlstate(&import), "BR007");
    // What is known here is compared too.
    let made = world.fake.refund_in_dashboard(&paid.charge, 2_000);
    world.bursar(&[&SYNC, &[&*paid.id, "--yes"][..]].concat()).exits(6);
    world.db.sql("UPDATE bursar.refunds SET amount = 1999");
    let ran = world.bursar(&[&SYNC, &[&*paid.id, "--yes"][..]].concat()).exits(6);
    assert!(ran.stdout.contains(&made) && ran.stdout.contains("19.99 THB"), "{ran:?}");
}

#[test]
fn a_dispute_over_more_than_is_left_takes_what_is_left_and_is_known_then() {
    let world = World::new();
    // Whole, after a part, and after all of it.
    for before in sample([10_000, 0, 29_900], 2) {
        let paid = world.payment();
        if before > 0 {
            world.fake.refund_in_dashboard(&paid.charge, before);
            sync(&world, &paid.id, &["--yes"]);
        }
        world.fake.dispute_over(&paid.charge, "lost", None, paid.amount + 200, "THB");
        let report = sync(&world, &paid.id, &["--yes"]);
        assert!(outcomes(&report).contains(&"dispute brought_in".to_owned()), "{before}: {report}");
        assert_eq!(world.status(&paid), "refunded", "{before}");
        assert_eq!(world.balance(&paid.user), paid.balance - paid.granted, "{before}");
        let row = world.refund(&paid, "concat_ws(' ', origin, state, amount, gateway_amount)");
        assert_eq!(row, format!("dispute succeeded {} {}", paid.amount - before, paid.amount + 200));
        // The next night, it is known.
        let all = world.everything(&paid);
        assert!(!outcomes(&sync(&world, &paid.id, &["--yes"])).iter().any(|o| !o.ends_with(" known")), "{before}");
        assert_eq!(world.everything(&paid), all);
    }
    audit_is_clean(&world);
}

#[test]
fn a_dispute_that_is_won_after_it_was_lost_is_undone_and_may_be_lost_again() {
    let world = World::new();
    for won in sample(["won", "warning_closed"], 2) {
        let paid = world.payment();
        let dispute = world.fake.dispute_over(&paid.charge, "lost", None, paid.amount, "THB");
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["dispute brought_in"]);
        world.fake.ends_dispute(&dispute, "under_review", None);
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["dispute open"]);
        assert_eq!(world.status(&paid), "refunded");
        world.fake.ends_dispute(&dispute, won, None);
        let before = world.everything(&paid);
        let ran = world.bursar(&[&SYNC, &[&*paid.id, "--dry-run"][..]].concat()).ok();
        assert!(ran.stdout.contains("would be undone, units back") && ran.stdout.contains("0 new"), "{ran:?}");
        assert_eq!(world.everything(&paid), before);
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["dispute undone"]);
        assert_eq!((world.status(&paid), world.balance(&paid.user)), ("succeeded".to_owned(), paid.balance));
        assert_eq!(
            world.refund(&paid, "concat_ws(' ', origin, state, error)"),
            format!("dispute canceled dispute {won}")
        );
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["dispute known"]);
        world.fake.ends_dispute(&dispute, "lost", None);
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["dispute updated"]);
        assert_eq!(
            (world.status(&paid), world.balance(&paid.user)),
            ("refunded".to_owned(), paid.balance - paid.granted)
        );
    }
    audit_is_clean(&world);
}

#[test]
fn an_asynchronous_failure_is_said_as_what_it_would_do() {
    let world = World::new();
    let paid = world.payment();
    world.create(&paid).ok();
    let made = world.at_gateway(&paid).remove(0);
    world.fake.settle(&made.id, "failed", Some("expired_or_canceled_card"));
    let ran = world.bursar(&[&SYNC, &[&*paid.id, "--dry-run"][..]].concat()).ok();
    assert!(ran.stdout.contains("would be undone, units back") && ran.stdout.contains("0 new"), "{ran:?}");
    assert_eq!(world.state(&paid), "succeeded");
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund undone"]);
    assert_eq!(world.agrees(&paid), "failed");
    // One that failed and was never here is no news, and neither is an open dispute.
    let other = world.payment();
    let failed = world.fake.refund_in_dashboard(&other.charge, 100);
    world.fake.settle(&failed, "failed", None);
    world.fake.dispute(&other.charge, "needs_response", None);
    let ran = world.bursar(&[&SYNC, &[&*other.id, "--yes"][..]].concat()).ok();
    assert!(ran.stdout.contains("0 new, 1 known already, 1 open"), "{ran:?}");
    audit_is_clean(&world);
}

#[test]
fn paypal_s_dispute_that_is_won_is_undone() {
    let world = World::of("aethercrown");
    let (id, order, amount) = super::aethercrown::payment(&world, "USD", 2);
    let status = || world.db.value(&format!("SELECT status FROM payments WHERE id = '{id}'"));
    let dispute = world.fake.dispute_over(&order, "RESOLVED", Some("RESOLVED_BUYER_FAVOUR"), amount + 1_500, "USD");
    assert_eq!(outcomes(&sync(&world, &id, &["--yes"])), ["dispute brought_in"]);
    assert_eq!(status(), "refunded");
    assert_eq!(outcomes(&sync(&world, &id, &["--yes"])), ["dispute known"]);
    world.fake.ends_dispute(&dispute, "RESOLVED", Some("RESOLVED_SELLER_FAVOUR"));
    assert_eq!(outcomes(&sync(&world, &id, &["--yes"])), ["dispute undone"]);
    assert_eq!(status(), "completed");
}

/// Everything that the gateway has of some days, by its own date.
fn nightly(world: &World, more: &[&str]) -> serde_json::Value {
    let ran = world.bursar(&[&["refund", "sync", "--yes", "-o", "json"], more].concat());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

const DAY: i64 = 86_400;

#[test]
fn the_date_of_the_refund_counts_and_not_that_of_its_payment() {
    let today = chrono::Utc::now().timestamp();
    for (app, gateway) in sample([("mimivibe", "stripe"), ("aethercrown", "paypal")], 2) {
        let world = World::of(app);
        world.fake.pages_of(2);
        let old = |world: &World, days: i64| {
            world.fake.clock(today - days * DAY);
            let (id, of) = match gateway {
                "stripe" => {
                    let paid = world.payment();
                    (paid.id, paid.charge)
                }
                _ => {
                    let (id, order, _) = super::aethercrown::payment(world, "USD", 2);
                    world.db.sql(&format!("UPDATE payments SET order_id = order_id WHERE id = '{id}'"));
                    (id, order)
                }
            };
            world.db.sql(&format!("UPDATE payments SET created_at = now() - interval '400 days' WHERE id = '{id}'"));
            world.fake.refund_in_dashboard(&of, 100);
            let lost = if gateway == "stripe" { ("needs_response", None) } else { ("OPEN", None) };
            world.fake.dispute(&of, lost.0, lost.1);
            sync(world, &id, &["--dry-run"]);
            id
        };
        let mut ids = Vec::new();
        for days in [8, 20, 45] {
            let id = old(&world, days);
            // So that the next one is another payment.
            ids.push(id.clone());
            if gateway == "paypal" {
                world.db.sql(&format!("UPDATE payments SET currency = 'EUR' WHERE id = '{id}'"));
            }
        }
        if gateway == "paypal" {
            world.db.sql(&format!("UPDATE payments SET currency = 'USD' WHERE id IN ('{}')", ids.join("', '")));
        }
        let stranger = if gateway == "stripe" { ["ch_else", "pi_else"] } else { ["ELSEORDER", "ELSECAP"] };
        world.fake.payment(stranger, 500, if gateway == "stripe" { "THB" } else { "USD" });
        world.fake.clock(today - DAY);
        world.fake.refund_in_dashboard(stranger[0], 100);
        let report = nightly(&world, &["--gateway", gateway]);
        let refunded: Vec<_> =
            report["found"].as_array().expect("a list").iter().filter(|f| f["what"] == "refund").collect();
        assert_eq!(refunded.len(), 2, "{gateway}: {report}");
        assert!(refunded.iter().all(|f| f["outcome"] == "brought_in"), "{gateway}: {report}");
        assert!(refunded.iter().all(|f| f["payment"] != *ids[2]), "{gateway}: {report}");
        // A dispute is decided long after it was raised.
        assert_eq!(report["found"].as_array().map(Vec::len), Some(5), "{gateway}: {report}");
        assert_eq!(report["of_no_payment"], 1, "{gateway}: {report}");
        let report = nightly(&world, &["--gateway", gateway, "--since", "60d"]);
        let outcome = |id: &str| {
            let mine = report["found"].as_array().expect("a list").iter();
            mine.filter(|f| f["what"] == "refund" && f["payment"] == *id)
                .map(|f| f["outcome"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(outcome(&ids[2]), ["brought_in"], "{gateway}: {report}");
        assert_eq!(outcome(&ids[0]), ["known"], "{gateway}: {report}");
        if gateway == "stripe" {
            // A few pages, and not two questions for each payment.
            assert!(
                world.fake.requests("GET /v1/refunds").iter().filter(|r| r.query.contains_key("created[gte]")).count()
                    >= 2
            );
            world.ledger_is_clean();
        }
    }
}

#[test]
fn a_page_that_fails_and_a_gateway_that_is_not_configured_leave_it_incomplete() {
    let world = World::new();
    let paid = world.payment();
    world.fake.clock(chrono::Utc::now().timestamp() - DAY);
    world.fake.refund_in_dashboard(&paid.charge, 100);
    world.fake.script(
        "GET /v1/refunds",
        (0..40).map(|_| Trouble::Answer(403, json!({ "error": { "type": "x", "message": "no" } }))),
    );
    let ran = world.bursar(&["refund", "sync", "--yes"]).exits(6);
    assert!(ran.stderr.contains("stripe was not asked"), "{ran:?}");
    assert_eq!(world.state(&paid), "none");
    // PayPal is configured, and the payments came through Stripe.
    let only_paypal = |more: &[&str]| {
        let words = [&["refund", "sync", "--yes"], more].concat();
        let mut command = world.command(&words);
        run(command.env_remove("STRIPE_SECRET_KEY"))
    };
    let ran = only_paypal(&[]).exits(6);
    assert!(ran.stderr.contains("came through it, and it is not configured"), "{ran:?}");
    let ran = only_paypal(&["--payment", &paid.id]).exits(6);
    assert!(ran.stderr.contains("which is not configured"), "{ran:?}");
    only_paypal(&["--gateway", "paypal"]).ok();
    only_paypal(&["--gateway", "stripe"]).exits(4).says("is not configured");
}

#[test]
fn a_late_webhook_takes_nothing_twice() {
    let world = World::new();
    let webhook = |id: &str, stars: &str| world.db.sql(&format!("SELECT wallet_refund_payment('{id}'{stars})"));
    // Capped, and bought again.
    let paid = world.payment();
    world.spend_down_to(&paid.user, 5);
    world.create(&paid).ok();
    assert_eq!(world.balance(&paid.user), 0);
    world.db.sql(&format!("SELECT wallet_adjust('{}', 'STAR', 20, 'credit', 'bought', 'test')", paid.user));
    for stars in ["", ", 35", ", 5"] {
        webhook(&paid.id, stars);
        assert_eq!((world.balance(&paid.user), world.status(&paid)), (20, "refunded".to_owned()), "{stars}");
    }
    // A part.
    let part = world.payment();
    world.bursar(&["refund", "create", &part.id, "--amount", "100.00", "--yes"]).ok();
    for stars in ["", ", 14"] {
        webhook(&part.id, stars);
        assert_eq!(world.agrees(&part), "succeeded", "{stars}");
    }
    world.bursar(&["refund", "create", &part.id, "--yes"]).ok();
    assert_eq!((world.status(&part), world.balance(&part.user)), ("refunded".to_owned(), part.balance - part.granted));
    // Where the refund came to nothing, or waits, the application's own claw-back works as before, once.
    let failed = world.payment();
    world.fake.new_refunds_are("failed");
    world.create(&failed).exits(1);
    world.db.bursar(&["settings", "set", "refund_limit", "THB 1.00", "--yes"]).ok();
    let waits = world.payment();
    world.create(&waits).exits(6);
    for paid in [&failed, &waits] {
        webhook(&paid.id, "");
        webhook(&paid.id, "");
        assert_eq!(
            (world.balance(&paid.user), world.status(paid)),
            (paid.balance - paid.granted, "refunded".to_owned())
        );
    }
    world.ledger_is_clean();
    // And in a database that keeps no refunds.
    let bare = World::new();
    let paid = bare.payment();
    bare.db.sql(&format!("DROP SCHEMA bursar CASCADE; SELECT wallet_refund_payment('{}')", paid.id));
    assert_eq!((bare.balance(&paid.user), bare.status(&paid)), (paid.balance - paid.granted, "refunded".to_owned()));
}
