//! What was refunded at the gateway without bursar is not paid a second time: the gateway is asked before any units
//! are taken.

use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _};

use super::{Paid, World};
use crate::support::gateway::Trouble;
use crate::support::{Ran, run, sample, wait};

const POST: &str = "POST /v1/refunds";

fn part(world: &World, paid: &Paid, more: &[&str]) -> Ran {
    world.bursar(&[&["refund", "create", &paid.id, "--amount", "20.00", "--yes"], more].concat())
}

/// Asks for a refund as a process that dies before it submits it.
pub(super) fn reserved(world: &World, paid: &Paid) {
    let mut other = wait(world.db.connect());
    let request = format!(
        "SELECT FROM bursar.refund_request('{}', 2000, 'refuse', 'other', NULL, 'stripe', NULL, NULL, false, NULL, '{{}}')",
        paid.id
    );
    wait(async { sqlx::raw_sql(AssertSqlSafe(request)).execute(&mut other).await.unwrap() });
    wait(other.close()).unwrap();
    // The server notices a moment later.
    let held = format!(
        "SELECT count(*) FROM pg_stat_activity a JOIN bursar.refunds r ON r.lease_pid = a.pid WHERE r.payment = '{}'",
        paid.id
    );
    while world.db.value(&held) != "0" {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_refund_of_the_dashboard_is_named_and_nothing_is_done() {
    let world = World::new();
    let paid = world.payment();
    let made = world.fake.refund_in_dashboard(&paid.charge, 2_000);
    let says = format!("stripe has refund {made} of 20.00 THB that bursar does not know");
    let remedy = ["refund", "sync", "--payment", &paid.id];
    let before = world.everything(&paid);
    for flags in [&[][..], &["--dry-run"], &["--if-spent", "keep"], &["--idempotency-key", "k1"]] {
        let ran = part(&world, &paid, flags).exits(7).says(&says).says(&format!("bursar {}", remedy.join(" ")));
        assert!(ran.stderr.contains("nothing was changed"), "{ran:?}");
        assert_eq!((world.everything(&paid), world.fake.requests(POST).len()), (before.clone(), 0), "{flags:?}");
    }
    world.create(&paid).exits(7).says(&says);
    // The remedy works as it is printed, and the payment is no longer in anybody's way.
    world.bursar(&[&remedy[..], &["--yes"]].concat()).ok();
    part(&world, &paid, &[]).exits(7).says("--again");
    part(&world, &paid, &["--again"]).ok();
    assert_eq!(world.at_gateway(&paid).iter().map(|r| r.amount).collect::<Vec<_>>(), [2_000, 2_000]);
    assert_eq!(world.state(&paid), "succeeded, succeeded");
    world.ledger_is_clean();
}

#[test]
fn every_page_is_looked_at_and_what_failed_there_is_in_nobody_s_way() {
    let world = World::new();
    let paid = world.payment();
    world.fake.pages_of(1);
    let failed = world.fake.refund_in_dashboard(&paid.charge, 700);
    world.fake.settle(&failed, "failed", None);
    part(&world, &paid, &[]).ok();
    let (one, two) =
        (world.fake.refund_in_dashboard(&paid.charge, 100), world.fake.refund_in_dashboard(&paid.charge, 200));
    world.fake.settle(&one, "pending", None);
    let ran = part(&world, &paid, &["--again"]).exits(7).says("and 1 more");
    assert!(ran.stderr.contains(&one) || ran.stderr.contains(&two), "{ran:?}");
    assert_eq!(world.fake.requests(POST).len(), 1);
}

#[test]
fn what_failed_here_and_went_through_there_after_all_is_not_paid_again() {
    let world = World::new();
    let paid = world.payment();
    world.fake.new_refunds_are("failed");
    part(&world, &paid, &[]).exits(1);
    world.fake.new_refunds_are("succeeded");
    let made = world.at_gateway(&paid).remove(0);
    world.fake.settle(&made.id, "succeeded", None);
    part(&world, &paid, &[]).exits(7).says("which is failed here").says("bursar refund sync --payment");
    world.bursar(&["refund", "sync", "--payment", &paid.id, "--yes"]).ok();
    assert_eq!((world.agrees(&paid), world.fake.requests(POST).len()), ("succeeded".to_owned(), 1));
}

#[test]
fn where_the_gateway_cannot_be_asked_nothing_is_reserved() {
    let world = World::new();
    let unauthorized = json!({ "error": { "type": "invalid_request_error", "message": "Whose?" } });
    let all = [
        (Trouble::FailBefore, 5),
        (Trouble::DropBefore, 5),
        (Trouble::Malformed, 6),
        (Trouble::Slow(Duration::from_millis(1_500)), 5),
        (Trouble::Answer(200, json!([])), 6),
        (Trouble::Answer(401, unauthorized), 4),
    ];
    for (trouble, code) in sample(all, 3) {
        let paid = world.payment();
        let before = world.everything(&paid);
        for flags in [&[][..], &["--dry-run"]] {
            world.fake.script("GET /v1/refunds", [trouble.clone()]);
            let words = [&["refund", "create", &paid.id, "--if-spent", "cap", "--yes"], flags].concat();
            let ran = run(world.command(&words).env("BURSAR_GATEWAY_TIMEOUT", "300ms"));
            assert_eq!(ran.code, code, "{trouble:?}: {ran:?}");
            assert!(
                ran.stderr.contains("nothing was changed") && ran.stderr.contains("stripe"),
                "{trouble:?}: {ran:?}"
            );
            assert_eq!((world.everything(&paid), world.fake.requests(POST).len()), (before.clone(), 0), "{trouble:?}");
        }
    }
    let paid = world.payment();
    let nowhere =
        run(world.command(&["refund", "create", &paid.id, "--yes"]).env("STRIPE_API_BASE", "http://127.0.0.1:1"));
    assert_eq!((nowhere.code, world.state(&paid)), (5, "none".to_owned()), "{nowhere:?}");
}

#[test]
fn a_batch_refuses_that_line_and_does_the_others() {
    let world = World::new();
    let paid: Vec<Paid> = (0..4).map(|_| world.payment()).collect();
    let made = world.fake.refund_in_dashboard(&paid[1].charge, paid[1].amount);
    // The first question is whether it answers at all.
    world.fake.script("GET /v1/refunds", [Trouble::Fine, Trouble::FailBefore]);
    let folder = tempfile::tempdir().expect("a folder");
    let lines: Vec<String> = paid.iter().map(|p| p.id.clone()).collect();
    std::fs::write(folder.path().join("f.csv"), format!("payment\n{}\n", lines.join("\n"))).expect("a file");
    let batch =
        || run(world.command(&["refund", "batch", "f.csv", "--parallel", "1", "--yes"]).current_dir(folder.path()));
    let ran = batch().exits(6);
    assert!(ran.stdout.contains("2 refunded, 2 failed"), "{ran:?}");
    let results = std::fs::read_to_string(folder.path().join("f.csv.results.csv")).expect("results");
    assert!(
        results.contains(&format!("stripe has refund {made} of 299.00 THB that bursar does not know")),
        "{results}"
    );
    let states = || paid.iter().map(|p| world.state(p)).collect::<Vec<_>>();
    // The first could not be asked about, and the second was refunded elsewhere.
    assert_eq!(states(), ["none", "none", "succeeded", "succeeded"]);
    assert_eq!(world.balance(&paid[1].user), paid[1].balance);
    // Once it is known, the file goes on where it stopped.
    world.bursar(&["refund", "sync", "--payment", &paid[1].id, "--yes"]).ok();
    batch();
    assert_eq!(states(), ["succeeded"; 4]);
    assert_eq!(world.at_gateway(&paid[1]).len(), 1);
    world.ledger_is_clean();
}

#[test]
fn an_approval_looks_too() {
    let world = World::new();
    world.db.bursar(&["settings", "set", "refund_limit", "THB 1.00", "--yes"]).ok();
    let (paid, second) = (world.payment(), world.login("second", "bursar_operator"));
    part(&world, &paid, &[]).exits(6);
    let made = world.fake.refund_in_dashboard(&paid.charge, 2_000);
    let before = world.everything(&paid);
    for flag in ["--dry-run", "--yes"] {
        let ran = world.as_login(&second, &["refund", "approve", &world.refund_id(&paid), flag]).exits(7);
        ran.says(&format!("stripe has refund {made}"));
        assert_eq!((world.everything(&paid), world.fake.requests(POST).len()), (before.clone(), 0));
    }
}

#[test]
fn a_reserved_refund_that_nobody_submitted_is_withdrawn_and_the_units_are_given_back() {
    let world = World::new();
    let support = world.login("support", "bursar_support");
    for login in [None, Some(&support)] {
        let paid = world.payment();
        reserved(&world, &paid);
        assert!(world.balance(&paid.user) < paid.balance);
        let made = world.fake.refund_in_dashboard(&paid.charge, 2_000);
        let resume = ["refund", "resume", "--yes"];
        let ran = match login {
            Some(url) => world.as_login(url, &resume),
            None => world.bursar(&resume),
        };
        let ran = ran.exits(7).says(&format!("stripe has refund {made} of 20.00 THB that bursar does not know"));
        assert!(ran.stderr.contains(&format!("bursar refund sync --payment {}", paid.id)), "{ran:?}");
        assert!(ran.stdout.contains("was canceled") && ran.stdout.contains("STAR were given back"), "{ran:?}");
        assert_eq!((world.state(&paid), world.balance(&paid.user)), ("canceled".to_owned(), paid.balance));
        assert_eq!(world.fake.requests(POST).len(), 0);
        // The remedy works, and the units are taken once.
        world.bursar(&["refund", "sync", "--payment", &paid.id, "--yes"]).ok();
        assert_eq!(world.state(&paid), "canceled, succeeded");
        assert_eq!(world.balance(&paid.user), paid.balance - 3);
    }
    // One that was submitted is not withdrawn, and neither is one that another session holds.
    let paid = world.payment();
    reserved(&world, &paid);
    let refund = world.refund_id(&paid);
    let withdraw = format!("SELECT bursar.refund_withdraw('{refund}', 'x', '{{}}')");
    assert_eq!(world.db.sqlstate(&withdraw), "BR007");
    let submitted = format!(
        "SELECT bursar.refund_claim('{refund}', 60); SELECT bursar.refund_submitting('{refund}', 60, '{{}}'); {withdraw}"
    );
    assert_eq!(world.db.sqlstate(&submitted), "BR007");
    world.db.bursar(&["audit", "--only", "ledger,payments,refunds", "-o", "json"]);
    world.ledger_is_clean();
}

#[test]
fn a_reserved_refund_goes_on_where_nothing_is_in_its_way_and_waits_where_that_is_not_known() {
    let world = World::new();
    let paid = world.payment();
    reserved(&world, &paid);
    world.fake.script("GET /v1/refunds", [Trouble::FailBefore]);
    world.resume().exits(6);
    assert_eq!((world.state(&paid), world.fake.requests(POST).len()), ("reserved".to_owned(), 0));
    world.resume().ok();
    assert_eq!(world.agrees(&paid), "succeeded");
}

#[test]
fn paypal_is_asked_first_too() {
    let world = World::of("aethercrown");
    let of = |column: &str| {
        world.db.value(&format!(
            "SELECT {column} FROM payments WHERE status = 'completed' AND currency = 'USD' AND payment_method = 'paypal' ORDER BY id LIMIT 1"
        ))
    };
    let (id, order) = (of("id"), of("order_id"));
    let amount: i64 = of("(amount * 100)::bigint").parse().expect("an amount");
    world.fake.payment([&order, &format!("CAP{order}")], amount, "USD");
    let made = world.fake.refund_in_dashboard(&order, 100);
    let create = ["refund", "create", &id, "--amount", "1.00", "--yes"];
    let status = || world.db.value(&format!("SELECT status FROM payments WHERE id = '{id}'"));
    world.bursar(&create).exits(7).says(&format!("paypal has refund {made} of 1.00 USD that bursar does not know"));
    assert_eq!(
        (world.db.value("SELECT count(*) FROM bursar.refunds"), status()),
        ("0".to_owned(), "completed".to_owned())
    );
    assert_eq!(world.fake.refunds().len(), 1);
    world.fake.hide_custom_ids();
    world.bursar(&create).exits(7);
    world.bursar(&["refund", "sync", "--payment", &id, "--yes"]).ok();
    assert_eq!(status(), "partially_refunded");
    world.bursar(&["refund", "create", &id, "--amount", "1.00", "--again", "--yes"]).ok();
    assert_eq!(world.fake.refunds().len(), 2);
    world.fake.script("GET /v2/checkout", [Trouble::FailBefore]);
    world.bursar(&["refund", "create", &id, "--amount", "2.00", "--yes"]).exits(5);
    assert_eq!(world.db.value("SELECT count(*) FROM bursar.refunds"), "2");
}
