//! A gateway that fails, drops, repeats, forgets and changes its mind, through the binary: what is said at
//! once, what a second request is told, and how it ends.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Paid, World};
use crate::support::gateway::Trouble;
use crate::support::{Ran, Starts as _, run, sample, soak, until};

const POST: &str = "POST /v1/refunds";

fn create(world: &World, paid: &Paid, timeout: &str) -> Ran {
    let words = ["refund", "create", &paid.id, "--if-spent", "cap", "--yes"];
    run(world.command(&words).env("BURSAR_GATEWAY_TIMEOUT", timeout))
}

fn resume(world: &World, arguments: &[&str]) -> Value {
    let ran = world.bursar(&[&["refund", "resume", "--yes", "-o", "json"], arguments].concat()).ok();
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

#[test]
fn whatever_the_gateway_does_its_refund_is_one_and_resume_ends_it() {
    let (world, forgetful) = (World::new(), World::new());
    forgetful.fake.ignore_keys();
    let garbage = json!({ "id": "re_elsewhere", "amount": 1, "currency": "thb", "status": "succeeded" });
    // What goes wrong; whether that is known at once.
    let all = [
        (vec![Trouble::FailBefore], false),
        (vec![Trouble::FailAfter], false),
        (vec![Trouble::DropBefore], false),
        (vec![Trouble::DropAfter], false),
        (vec![Trouble::BreakOff], false),
        (vec![Trouble::Slow(Duration::from_millis(1_500))], false),
        (vec![Trouble::Malformed], false),
        (vec![Trouble::Huge], false),
        (vec![Trouble::Conflict], false),
        (vec![Trouble::Answer(200, garbage)], false),
        (vec![Trouble::Answer(503, json!("a proxy's page"))], false),
        (vec![Trouble::TooMany(Some(1))], true),
        (vec![Trouble::Twice], true),
        (vec![Trouble::Fine], true),
    ];
    for (troubles, known) in sample(all, 4) {
        for ignores_keys in [false, true].into_iter().filter(|ignores| soak() || *ignores != known) {
            let (world, paid) =
                if ignores_keys { (&forgetful, forgetful.payment()) } else { (&world, world.payment()) };
            world.fake.script(POST, troubles.clone());
            let (code, state) = if known { (0, "succeeded") } else { (6, "unknown") };
            let ran = create(world, &paid, "700ms").exits(code);
            assert_eq!(world.state(&paid), state, "{troubles:?}: {ran:?}");
            let taken = paid.balance - world.balance(&paid.user);
            assert_eq!(taken, paid.granted, "the units are taken while it is open: {troubles:?}");
            assert!(world.status(&paid) == if known { "refunded" } else { "succeeded" }, "{troubles:?}");
            // The same again is the same refund, and asks the gateway for nothing.
            let asked = world.fake.requests("").len();
            let again = world.create(&paid).exits(code);
            assert!(again.stdout.contains("already requested"), "{troubles:?}: {again:?}");
            assert_eq!(world.fake.requests("").len(), asked, "{troubles:?}");
            if !known {
                let next = format!("next: bursar refund resume {}", world.refund_id(&paid));
                assert!(ran.stderr.contains(&next) && ran.stdout.contains("may have been made"), "{ran:?}");
                // Nor is another part of the same payment refunded meanwhile.
                let part = ["refund", "create", &paid.id, "--amount", "1.00", "--if-spent", "cap", "--yes"];
                world.bursar(&part).exits(7).says("is unknown");
            }
            resume(world, &[]);
            assert_eq!(world.agrees(&paid), "succeeded", "{troubles:?}");
            assert_eq!(world.at_gateway(&paid).len(), 1, "{troubles:?}");
        }
    }
    world.ledger_is_clean();
    forgetful.ledger_is_clean();
}

#[test]
fn a_gateway_that_cannot_be_asked_is_not_submitted_to() {
    let world = World::new();
    let paid = world.payment();
    world.fake.script(POST, [Trouble::DropAfter]);
    create(&world, &paid, "700ms").exits(6);
    let all = [Trouble::FailBefore, Trouble::DropBefore, Trouble::Malformed, Trouble::Answer(200, json!([]))];
    for trouble in sample(all, 2) {
        world.fake.script("GET /v1/refunds", [trouble.clone()]);
        let ran = world.resume().exits(6);
        assert!(ran.stderr.contains("1 of 1 is not finished"), "{trouble:?}: {ran:?}");
        assert_eq!((world.state(&paid), world.fake.requests(POST).len()), ("unknown".to_owned(), 1), "{trouble:?}");
    }
    resume(&world, &[]);
    assert_eq!((world.agrees(&paid), world.fake.requests(POST).len()), ("succeeded".to_owned(), 1));
}

#[test]
fn a_submission_that_arrives_after_its_sender_has_died_and_another_was_made_is_the_same_refund() {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex, mpsc};
    let world = World::new();
    let paid = world.payment();
    // The first submission is held up on its way, its sender gives up, and resume submits it again.
    let (arrived, first) = mpsc::channel();
    let (release, held) = mpsc::channel::<()>();
    let (held, seen, done) = (Mutex::new(held), AtomicBool::new(false), Arc::new(AtomicBool::new(false)));
    world.fake.before(move |request| {
        if request.method == "POST" && !seen.swap(true, Ordering::SeqCst) {
            arrived.send(()).unwrap();
            let _ = held.lock().unwrap().recv();
        }
    });
    let ended = Arc::clone(&done);
    world.fake.after(move |request| ended.store(request.method == "POST", Ordering::SeqCst));
    create(&world, &paid, "300ms").exits(6);
    first.recv().unwrap();
    resume(&world, &[]);
    assert_eq!(world.agrees(&paid), "succeeded");
    done.store(false, Ordering::SeqCst);
    release.send(()).unwrap();
    until("the gateway's answer", || done.load(Ordering::SeqCst));
    assert_eq!((world.agrees(&paid), world.at_gateway(&paid).len()), ("succeeded".to_owned(), 1));
}

#[test]
fn what_is_on_its_way_arrives_or_comes_back() {
    let world = World::new();
    let all = [
        ("pending", "failed", "failed"),
        ("pending", "succeeded", "succeeded"),
        ("requires_action", "succeeded", "succeeded"),
        ("requires_action", "canceled", "canceled"),
    ];
    for (begins, ends, state) in sample(all, 2) {
        let paid = world.payment();
        world.fake.new_refunds_are(begins);
        // The customer may never act, so that is not done.
        let code = if begins == "pending" { 0 } else { 6 };
        world.create(&paid).exits(code);
        assert_eq!((world.state(&paid), world.status(&paid)), (begins.to_owned(), "succeeded".to_owned()));
        assert!(world.create(&paid).exits(code).stdout.contains("already requested"));
        // Nothing is new, and nothing changes.
        let before = world.everything(&paid);
        let ran = world.bursar(&["refund", "resume", "--yes", "-o", "json"]).exits(code);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        assert_eq!(report["refunds"][0]["finished"], begins == "pending");
        assert_eq!(world.everything(&paid), before);
        let made = world.at_gateway(&paid).remove(0);
        world.fake.settle(&made.id, ends, Some("lost_or_stolen_card"));
        resume(&world, &[]);
        assert_eq!((world.agrees(&paid), world.at_gateway(&paid).len()), (state.to_owned(), 1));
        assert_eq!(world.fake.requests(POST).iter().filter(|r| r.body.contains(&paid.charge)).count(), 1);
    }
    world.ledger_is_clean();
}

#[test]
fn a_gateway_that_changes_its_mind_about_the_end_is_followed_as_often_as_it_does() {
    let world = World::new();
    let paid = world.payment();
    world.create(&paid).ok();
    let made = world.at_gateway(&paid).remove(0);
    // The bank returns it; it goes through after all, when some of the units are spent; and comes back.
    for (status, state, left, taken) in [
        ("failed", "failed", paid.balance, 0),
        ("succeeded", "succeeded", 0, 7),
        ("failed", "failed", 7, 0),
        ("succeeded", "succeeded", 0, 7),
    ] {
        if state == "succeeded" {
            world.spend_down_to(&paid.user, 7);
        }
        world.fake.settle(&made.id, status, Some("insufficient_funds"));
        // Only who looks again notices.
        assert_eq!(resume(&world, &[])["refunds"], json!([]));
        let resumed = resume(&world, &["--recheck", "30"]);
        assert_eq!(resumed["refunds"][0]["refund"]["state"], state, "{resumed}");
        assert_eq!((world.state(&paid), world.balance(&paid.user)), (state.to_owned(), left));
        let payment = if state == "succeeded" { "refunded" } else { "succeeded" };
        assert_eq!(world.status(&paid), payment);
        if state == "succeeded" {
            let units = format!("{taken}|{}", paid.granted - taken);
            assert_eq!(world.refund(&paid, "units_taken || '|' || units_written_off"), units);
        }
        assert_eq!(resume(&world, &["--recheck", "30"])["refunds"], json!([]), "it was known");
        world.ledger_is_clean();
    }
    assert_eq!(world.at_gateway(&paid).len(), 1);
}

#[test]
fn a_refusal_gives_the_units_back_and_leaves_the_payment_to_be_refunded_again() {
    let world = World::new();
    for (trouble, why) in [
        (Trouble::Answer(402, json!({ "error": { "type": "card_error", "message": "No." } })), "card_error: No. [402]"),
        (Trouble::Answer(401, json!({ "error": { "type": "invalid_request_error", "message": "Whose?" } })), "Whose?"),
    ] {
        let paid = world.payment();
        world.fake.script(POST, [trouble]);
        let ran = world.create(&paid).exits(1).says("failed");
        assert!(ran.stdout.contains(why) && ran.stdout.contains("STAR were given back"), "{ran:?}");
        assert_eq!(world.agrees(&paid), "failed");
        // That one has ended; this is another.
        assert!(!world.create(&paid).ok().stdout.contains("asked for before"));
        assert_eq!(world.state(&paid), "failed, succeeded");
        assert_eq!(world.at_gateway(&paid).len(), 1);
    }
    world.ledger_is_clean();
}

#[test]
fn what_has_ended_here_and_is_on_its_way_there_is_no_failure_of_a_sync() {
    let world = World::new();
    for ends in ["failed", "succeeded"] {
        let paid = world.payment();
        world.fake.new_refunds_are(ends);
        let ran = world.create(&paid);
        assert_eq!(world.state(&paid), ends, "{ran:?}");
        let made = world.at_gateway(&paid).remove(0);
        let before = world.everything(&paid);
        world.fake.settle(&made.id, "pending", None);
        world.bursar(&["refund", "sync", "--payment", &paid.id, "--yes"]).ok();
        world.bursar(&["refund", "resume", "--recheck", "30", "--yes"]).ok();
        assert_eq!(world.everything(&paid), before, "{ends}");
        // It arrives, or comes back, after all.
        let (now, then) = if ends == "failed" { ("succeeded", "succeeded") } else { ("failed", "failed") };
        world.fake.settle(&made.id, now, None);
        world.bursar(&["refund", "sync", "--payment", &paid.id, "--yes"]).ok();
        assert_eq!(world.agrees(&paid), then);
    }
    world.ledger_is_clean();
}

#[test]
fn money_that_went_back_twice_at_the_gateway_takes_the_units_once() {
    let world = World::new();
    let paid = world.payment();
    world.fake.new_refunds_are("failed");
    world.create(&paid).exits(1);
    world.fake.new_refunds_are("succeeded");
    world.create(&paid).ok();
    world.db.sql(&format!("SELECT wallet_adjust('{}', 'STAR', 100, 'credit', 'a gift', 'test')", paid.user));
    // The first one went through after all.
    let made = world.at_gateway(&paid).remove(0);
    world.fake.settle(&made.id, "succeeded", None);
    world.bursar(&["refund", "resume", "--recheck", "30", "--yes"]).ok();
    assert_eq!((world.state(&paid), world.status(&paid)), ("succeeded, succeeded".to_owned(), "refunded".to_owned()));
    assert_eq!(world.balance(&paid.user), paid.balance - paid.granted + 100);
    // It is not hidden: what went back is more than was paid.
    assert_eq!(world.db.value("SELECT sum(amount) FROM bursar.refunds WHERE state = 'succeeded'"), "59800");
    world.ledger_is_clean();
}

#[test]
fn whoever_is_stopped_while_the_gateway_is_at_it_is_told_how_to_go_on() {
    let world = World::new();
    for (signal, code) in sample([(Some("-INT"), 130), (Some("-TERM"), 143), (None, 1)], 2) {
        let paid = world.payment();
        let released = Arc::new(AtomicBool::new(false));
        world.fake.script(POST, [Trouble::Held(Arc::clone(&released))]);
        let asked = world.fake.requests(POST).len();
        let mut command = world.command(&["refund", "create", &paid.id, "--yes", "--timeout", "6s"]);
        let child = command.starts_quietly();
        until("a request", || world.fake.requests(POST).len() > asked);
        if let Some(signal) = signal {
            run(Command::new("kill").args([signal, &child.id().to_string()])).ok();
        }
        let said = child.ended().exits(code).stderr;
        let word = format!(
            "may have been submitted; find out, and finish it: bursar refund resume {}",
            world.refund_id(&paid)
        );
        assert!(said.contains(&word), "{said}");
        assert_eq!(world.state(&paid), "submitted");
        released.store(true, Ordering::SeqCst);
        world.everybody_left();
        resume(&world, &[]);
        assert_eq!((world.agrees(&paid), world.at_gateway(&paid).len()), ("succeeded".to_owned(), 1));
    }
}
