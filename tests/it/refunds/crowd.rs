//! Many at once: whoever comes second is told so, and the money moves once.

use std::time::Duration;

use super::{Paid, World};
use crate::support::gateway::Trouble;
use crate::support::{Ran, run, sample, soak};

/// Number of processes at a time. The default run has fewer.
fn processes() -> usize {
    if soak() { 20 } else { 8 }
}

/// Runs a command in several processes at a time, so many times each.
fn crowd(world: &World, times: usize, arguments: &[&str]) -> Vec<Ran> {
    let (url, env) = (world.db.url(), world.fake.env());
    std::thread::scope(|scope| {
        let runs = || {
            let mut command = crate::support::bursar();
            command.args(arguments).env("DATABASE_URL", &url).envs(env.clone());
            (0..times).map(|_| run(&mut command)).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..processes()).map(|_| scope.spawn(runs)).collect();
        threads.into_iter().flat_map(|t| t.join().expect("its runs")).collect()
    })
}

/// One refund, one of the gateway's, one entry.
#[track_caller]
fn happened_once(world: &World, paid: &Paid, submitted: usize) {
    assert_eq!(world.agrees(paid), "succeeded");
    assert_eq!(world.at_gateway(paid).len(), 1);
    assert_eq!(world.fake.requests("POST /v1/refunds").len(), submitted);
    let entries = format!(
        "SELECT count(*) FROM wallet_transactions WHERE related_payment_id = '{}' AND transaction_type = 'refund'",
        paid.id
    );
    assert_eq!(world.db.value(&entries), "1");
    world.ledger_is_clean();
}

#[test]
fn a_thousand_creates_of_twenty_processes_are_one_refund() {
    let times = if soak() { 50 } else { 2 };
    let world = World::new();
    let paid = world.payment();
    // The first one is at the gateway for a while, so that others meet it in every state.
    world.fake.script("POST /v1/refunds", [Trouble::Slow(Duration::from_millis(500))]);
    let runs = crowd(&world, times, &["refund", "create", &paid.id, "--if-spent", "cap", "--yes"]);
    for ran in &runs {
        assert!(ran.code == 0 || ran.code == 6 && ran.stderr.contains("it is not done yet"), "{ran:?}");
    }
    assert!(runs.iter().any(|ran| ran.code == 0));
    let later = runs.iter().filter(|ran| ran.stdout.contains("already requested: refund")).count();
    assert_eq!(later, processes() * times - 1);
    happened_once(&world, &paid, 1);
}

#[test]
fn twenty_resumes_of_one_unknown_refund_submit_it_once() {
    // What the gateway did at first, how often it is submitted in all.
    for (first, submitted) in sample([(Trouble::FailBefore, 2), (Trouble::FailAfter, 1)], 2) {
        let world = World::new();
        let paid = world.payment();
        world.fake.ignore_keys();
        world.fake.script("POST /v1/refunds", [first]);
        // The list does not show it until then.
        world.fake.before(|request| {
            if request.method == "POST" {
                std::thread::sleep(Duration::from_millis(700));
            }
        });
        // A part: of a whole, a gateway would not pay a second one.
        world.bursar(&["refund", "create", &paid.id, "--amount", "100.00", "--yes"]).exits(6);
        let runs = crowd(&world, if soak() { 5 } else { 1 }, &["refund", "resume", "--yes"]);
        for ran in &runs {
            let elsewhere = ["is working on it", "worked on it until just now"].iter().any(|w| ran.stdout.contains(w));
            assert!(ran.code == 0 || ran.code == 6 && elsewhere, "{ran:?}");
        }
        happened_once(&world, &paid, submitted);
    }
}

#[test]
fn partial_refunds_at_once_are_as_many_as_the_payment_has_room_for() {
    let world = World::new();
    let paid = world.payment();
    let arguments = ["refund", "create", &paid.id, "--amount", "50.00", "--again", "--if-spent", "cap", "--yes"];
    for ran in crowd(&world, if soak() { 2 } else { 1 }, &arguments) {
        // 299.00 has room for five. Whoever meets an open one, or planned on what has changed, is told so.
        assert!(matches!(ran.code, 0 | 4 | 7), "{ran:?}");
    }
    for _ in 0..6 {
        world.bursar(&arguments);
    }
    assert_eq!(world.state(&paid), ["succeeded"; 5].join(", "));
    let sum = format!("SELECT sum(units_taken) FROM bursar.refunds WHERE payment = '{}'", paid.id);
    // The ceiling of 40 * 250.00 / 299.00.
    assert_eq!((world.db.value(&sum), world.balance(&paid.user)), ("34".to_owned(), paid.balance - 34));
    assert_eq!(world.at_gateway(&paid).iter().map(|r| r.amount).sum::<i64>(), 25_000);
    world.ledger_is_clean();
}
