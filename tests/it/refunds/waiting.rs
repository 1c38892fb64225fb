//! Whoever finds a refund in another process's hands waits, and tells how it ended; and what a gateway cannot express is
//! said before anything is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Paid, World};
use crate::support::gateway::Trouble;
use crate::support::{Ran, Running, Starts as _, bursar, run, sample, until};

const POST: &str = "POST /v1/refunds";

fn part<'a>(paid: &'a Paid, more: &[&'a str]) -> Vec<&'a str> {
    [&["refund", "create", paid.id.as_str(), "--amount", "20.00", "--yes"], more].concat()
}

/// A process that is at the gateway for so long, and what comes of it.
fn at_the_gateway(world: &World, paid: &Paid, trouble: Trouble) -> Running {
    let before = world.fake.requests(POST).len();
    world.fake.script(POST, [trouble]);
    let first = world.command(&part(paid, &[])).starts_quietly();
    until("its submission", || world.fake.requests(POST).len() > before);
    first
}

#[test]
fn of_eight_at_once_none_says_done_where_the_gateway_declines() {
    let world = World::new();
    let declined = json!({ "error": { "type": "card_error", "code": "card_declined", "message": "No." } });
    for amount in sample([None, Some("20.00")], 2) {
        let paid = world.payment();
        // The answer takes a while, so that the others meet the refund in every state.
        world.fake.before(|request| {
            if request.method == "POST" {
                std::thread::sleep(Duration::from_millis(300));
            }
        });
        world.fake.script(POST, std::iter::repeat_n(Trouble::Answer(402, declined.clone()), 8));
        let (url, env) = (world.db.url(), world.fake.env());
        let create = || {
            let mut command = bursar();
            command.args(["refund", "create", &paid.id, "--yes"]).env("DATABASE_URL", &url).envs(env.clone());
            run(command.args(amount.map(|amount| ["--amount", amount]).into_iter().flatten()))
        };
        let runs: Vec<Ran> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
            threads.into_iter().map(|t| t.join().expect("its run")).collect()
        });
        for ran in &runs {
            assert!(matches!(ran.code, 1 | 7), "{ran:?}");
        }
        assert!(runs.iter().filter(|ran| ran.code == 1).count() > 1, "{runs:?}");
        assert!(world.state(&paid).split(", ").all(|state| state == "failed"), "{}", world.state(&paid));
        assert_eq!((world.balance(&paid.user), world.at_gateway(&paid).len()), (paid.balance, 0));
        // Nothing is in the way of another attempt.
        world.fake.calm();
        world.create(&paid).ok();
    }
    world.ledger_is_clean();
}

#[test]
fn a_second_process_waits_for_the_first_and_ends_as_it_does() {
    let world = World::new();
    let declined = json!({ "error": { "type": "card_error", "code": "card_declined", "message": "No." } });
    let released = Arc::new(AtomicBool::new(false));
    // Not at all, and not long enough.
    let paid = world.payment();
    let first = at_the_gateway(&world, &paid, Trouble::Held(Arc::clone(&released)));
    let ran = world.bursar(&part(&paid, &["--wait", "0"])).exits(6);
    ran.tells("already requested: refund").says("it is not done yet: bursar refund create (server process ");
    world.bursar(&part(&paid, &["--wait", "200ms"])).exits(6).says("waiting for refund ");
    // Long enough, without a transaction that stays open meanwhile.
    let second = world.command(&part(&paid, &[])).starts_quietly();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        let open =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                       AND application_name LIKE 'bursar%' AND now() - xact_start > interval '2 s'";
        assert_eq!(world.db.value(open), "0");
        std::thread::sleep(Duration::from_millis(50));
    }
    released.store(true, Ordering::SeqCst);
    let ran = second.ended().ok();
    ran.tells("already requested: refund").tells("the money went back").says("waiting for refund ");
    first.ended().ok();
    assert_eq!(world.at_gateway(&paid).len(), 1);

    // The end may be another one.
    for (trouble, code, says) in
        [(Trouble::Answer(402, declined), 1, "failed"), (Trouble::FailAfter, 6, "may have been made")]
    {
        let paid = world.payment();
        world.fake.before(|request| {
            if request.method == "POST" {
                std::thread::sleep(Duration::from_millis(1_500));
            }
        });
        let first = at_the_gateway(&world, &paid, trouble);
        world.bursar(&part(&paid, &[])).exits(code).tells("already requested: refund").tells(says);
        first.ended().exits(code);
    }
    world.bursar(&["refund", "create", "x", "--wait", "soon"]).exits(2);
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn a_line_of_a_batch_waits_too() {
    let world = World::new();
    let (paid, other) = (world.payment(), world.payment());
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("payment,amount\n{},20.00\n{},\n", paid.id, other.id);
    std::fs::write(folder.path().join("f.csv"), text).expect("a file");
    let batch = |more: &[&str]| {
        let words = [&["refund", "batch", "f.csv", "--yes", "--parallel", "1"], more].concat();
        run(world.command(&words).current_dir(folder.path()))
    };
    let released = Arc::new(AtomicBool::new(false));
    let first = at_the_gateway(&world, &paid, Trouble::Held(Arc::clone(&released)));
    batch(&["--wait", "0"]).exits(6).tells("1 refunded, 1 failed");
    let mut waits = world.command(&["refund", "batch", "f.csv", "--yes", "--parallel", "1"]);
    let waits = waits.current_dir(folder.path()).starts_quietly();
    // By then it waits.
    let here = "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name LIKE 'bursar refund batch%' AND now() - backend_start > interval '6 s'";
    until("it to wait", || world.db.value(here) == "true");
    released.store(true, Ordering::SeqCst);
    waits.ended().ok().tells("0 refunded, 1 before, 1 by another process");
    first.ended().ok();
    assert_eq!((world.at_gateway(&paid).len(), world.at_gateway(&other).len()), (1, 1));
    world.ledger_is_clean();
}

/// It is refused, whether it is asked about or for, by a refund or a batch, and nothing is taken.
#[track_caller]
fn cannot(world: &World, payment: &str, amount: &str, says: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("f.csv"), format!("payment,amount\n{payment},{amount}\n")).expect("a file");
    let amount = format!("--amount={amount}");
    for end in ["--dry-run", "--yes"] {
        world.bursar(&["refund", "create", payment, &amount, end]).exits(4).says(says);
        let mut batch = world.command(&["refund", "batch", "f.csv", end]);
        run(batch.current_dir(folder.path())).exits(4).says(says).says("f.csv:2");
    }
    assert_eq!(world.db.value("SELECT count(*) FROM bursar.refunds"), "0");
    assert!(world.fake.requests("").is_empty(), "{:?}", world.fake.requests(""));
}

#[test]
fn what_the_gateway_cannot_express_is_refused_before_anything_is_taken() {
    let world = World::new();
    for (currency, minor, amount, says) in [
        ("KWD", 5_000, "1.234", "Stripe cannot express 1.234 KWD: its last decimal has to be 0 there"),
        ("MGA", 5_000, "5.50", "Stripe cannot express 5.50 MGA"),
    ] {
        let paid = world.payment_of(minor, 10, 0);
        world.db.sql(&format!("UPDATE payments SET currency = '{currency}' WHERE id = '{}'", paid.id));
        cannot(&world, &paid.id, amount, says);
        assert_eq!(world.balance(&paid.user), paid.balance);
    }
    // A payment whose ids mean nothing to the gateway.
    let paid = world.payment();
    let strange = "UPDATE payments SET stripe_payment_intent_id = 'cs_1', stripe_charge_id = NULL";
    world.db.sql(&format!("{strange} WHERE id = '{}'", paid.id));
    cannot(&world, &paid.id, "1.00", "the payment has no charge (ch_, py_) and no payment intent (pi_) of Stripe's");

    let world = World::of("aethercrown");
    let id = world
        .db
        .value("SELECT id FROM payments WHERE status = 'completed' AND payment_method = 'paypal' ORDER BY id LIMIT 1");
    world.db.sql(&format!("UPDATE payments SET currency = 'HUF', amount = 500 WHERE id = '{id}'"));
    cannot(&world, &id, "1.50", "PayPal takes no decimals of HUF, and this is 1.50 HUF");
    world.db.sql(&format!("UPDATE payments SET currency = 'USD', order_id = 'not_an_order' WHERE id = '{id}'"));
    cannot(&world, &id, "1.00", "the payment has no order of PayPal's");
}
