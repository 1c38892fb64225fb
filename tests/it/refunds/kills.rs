//! Killed at every boundary: before a batch of messages reaches the server, after the server has answered
//! it, and on both sides of each of the gateway's requests. There is nothing in the product for it; the
//! boundaries are counted in a run that nobody kills, and then each of them gets its turn.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::{AssertSqlSafe, PgConnection};

use super::{Paid, World};
use crate::support::gateway::Trouble;
use crate::support::proxy::{Boundaries, Look, Passed, Proxy};
use crate::support::{Ran, lock, soak, wait};

/// What is killed.
struct Scenario {
    /// What brings a payment to where the killed command begins, and the gateway to what it does then.
    prepare: fn(&World, &Paid),
    /// The command; `PAYMENT` and `REFUND` stand for the ids.
    command: &'static [&'static str],
    /// How refunds may end.
    ends: &'static [&'static str],
}

const CREATE: &[&str] = &["refund", "create", "PAYMENT", "--if-spent", "cap", "--yes"];
/// Of a whole, a gateway would not pay a second one.
const PART: &[&str] = &["refund", "create", "PAYMENT", "--amount", "100.00", "--yes"];
const RESUME: &[&str] = &["refund", "resume", "--yes"];
const CANCEL: &[&str] = &["refund", "cancel", "REFUND", "--reason", "gone", "--yes"];
const SYNC: &[&str] = &["refund", "sync", "--payment", "PAYMENT", "--yes"];
const APPROVE: &[&str] = &["refund", "approve", "REFUND", "--yes"];

struct Stage {
    world: World,
    proxy: Proxy,
    boundaries: Arc<Boundaries>,
    /// How many requests the gateway is at.
    busy: Arc<AtomicUsize>,
}

impl Stage {
    fn new() -> Self {
        let (world, boundaries, busy) = (World::new(), Arc::new(Boundaries::default()), Arc::new(AtomicUsize::new(0)));
        let proxy = Proxy::start(&world.db, &boundaries);
        let (passed, begun) = (Arc::clone(&boundaries), Arc::clone(&busy));
        world.fake.before(move |request| {
            begun.fetch_add(1, Ordering::SeqCst);
            passed.pass(|| format!("before {}", request.line()));
        });
        let (passed, ended) = (Arc::clone(&boundaries), Arc::clone(&busy));
        world.fake.after(move |request| {
            passed.pass(|| format!("after {}", request.line()));
            ended.fetch_sub(1, Ordering::SeqCst);
        });
        Stage { world, proxy, boundaries, busy }
    }

    /// Runs the scenario's command on a fresh payment, and kills it at a boundary. Without one, it runs to
    /// its end, and the refund is looked at on the way.
    fn run(&self, scenario: &Scenario, at: Option<usize>) -> (Paid, Ran, Vec<Passed>) {
        let (world, paid) = (&self.world, self.world.payment());
        (scenario.prepare)(world, &paid);
        let refund = world.refund_id(&paid);
        let words = scenario.command.iter().map(|word| match *word {
            "PAYMENT" => paid.id.as_str(),
            "REFUND" => refund.as_str(),
            word => word,
        });
        let mut command = world.command(&words.collect::<Vec<_>>());
        let mut url = self.proxy.url.clone();
        if scenario.command == APPROVE {
            url = url.replace("user=postgres", &format!("user={}_second", world.db.name));
        }
        let look: Option<Look> = match at {
            Some(_) => None,
            None => {
                let (direct, payment) = (Mutex::new(wait(world.db.connect())), paid.id.clone());
                Some(Box::new(move || state(&mut lock(&direct), &payment)))
            }
        };
        let (ran, passed) = self.boundaries.run(command.env("DATABASE_URL", url), at.unwrap_or(usize::MAX), look);
        // A request that the dead process had sent is carried out all the same.
        crate::support::until("the gateway's last answer", || self.busy.load(Ordering::SeqCst) == 0);
        world.everybody_left();
        (paid, ran, passed)
    }

    /// What the dead process left is finished, and finishing it again changes nothing. Returns how it ended.
    #[track_caller]
    fn finish(&self, scenario: &Scenario, paid: &Paid) -> String {
        let world = &self.world;
        // Nobody is at it any more, and whoever asks for it again is told so.
        if matches!(&*world.state(paid), "reserved" | "submitted") {
            let ran = world.create(paid);
            if scenario.command == PART {
                ran.exits(7).says("finish it first");
            } else {
                let ran = ran.exits(6).says("next: bursar refund resume");
                assert!(ran.stdout.contains("already requested"), "{ran:?}");
            }
        }
        if matches!(scenario.command, CANCEL | SYNC) {
            // What was not done is done; what was done is not done again.
            let refund = world.refund_id(paid);
            let words: Vec<&str> = scenario
                .command
                .iter()
                .map(|word| match *word {
                    "PAYMENT" => paid.id.as_str(),
                    "REFUND" => refund.as_str(),
                    word => word,
                })
                .collect();
            let code = world.bursar(&words).code;
            let ended = || scenario.ends.contains(&&*world.state(paid)) && world.state(paid).ends_with("canceled");
            assert!(code == 0 || code == 7 && ended(), "{code}");
        }
        if world.resume().code != 0 {
            // What the gateway was to do wrong, it did to this one.
            world.resume().ok();
        }
        if scenario.command == APPROVE && world.state(paid) == "awaiting_approval" {
            let second = world.db.url_as(&format!("{}_second", world.db.name));
            world.as_login(&second, &["refund", "approve", &world.refund_id(paid), "--yes"]).ok();
        }
        let (before, asked) = (world.everything(paid), world.fake.requests("").len());
        world.resume().ok();
        assert_eq!(world.everything(paid), before, "resumed once more");
        assert_eq!(world.fake.requests("").len(), asked, "the gateway was asked once more");
        world.agrees(paid)
    }
}

/// The state of the payment's refunds, for everybody else.
fn state(direct: &mut PgConnection, payment: &str) -> String {
    let sql = format!(
        "SELECT coalesce(string_agg(state, ' ' ORDER BY number), 'none') FROM bursar.refunds WHERE payment = '{payment}'"
    );
    wait(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(direct)).expect("a state")
}

/// Kills the scenario's command at every boundary, or in a short run at one or two: each is the first or the last of a
/// state that the refund is in. What is left is finished, and has to agree.
fn enumerate(scenario: &Scenario) {
    let stage = Stage::new();
    stage.world.login("second", "bursar_operator");
    let (paid, ran, places) = stage.run(scenario, None);
    assert!(places.len() > 8 && ran.code >= 0, "{ran:?} {places:?}");
    let mut ends = BTreeSet::from([stage.finish(scenario, &paid)]);
    let mut chosen: Vec<usize> = (0..places.len()).collect();
    if !soak() {
        let at = |n: usize| places.get(n).map(|p| &p.state);
        chosen.retain(|n| at(n + 1) != at(*n) || *n > 0 && at(n - 1) != at(*n));
        // One for each end that there is; where all end alike, one in the middle.
        let ends = scenario.ends.len();
        let begin = if ends == 1 { chosen.len() / 2 } else { 0 };
        chosen = chosen.iter().copied().skip(begin).step_by(chosen.len().div_ceil(ends)).collect();
    }
    for at in chosen {
        let place = format!("killed at boundary {at}, {:?}", places[at]);
        let (paid, ran, passed) = stage.run(scenario, Some(at));
        assert_eq!((ran.code, passed.len()), (-9, at + 1), "{place}: {ran:?} {passed:?}");
        assert_eq!(passed.last().map(|p| &p.what), Some(&places[at].what), "{place}");
        ends.insert(stage.finish(scenario, &paid));
    }
    assert_eq!(ends, scenario.ends.iter().map(|e| (*e).to_owned()).collect(), "how refunds end");
    stage.world.ledger_is_clean();
}

#[test]
fn create_may_be_killed_anywhere() {
    enumerate(&Scenario { prepare: |_, _| {}, command: CREATE, ends: &["none", "succeeded"] });
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn create_may_be_killed_anywhere_while_the_gateway_refunds_and_answers_500() {
    let prepare = |world: &World, _: &Paid| world.fake.script("POST /v1/refunds", [Trouble::FailAfter]);
    enumerate(&Scenario { prepare, command: CREATE, ends: &["none", "succeeded"] });
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn create_of_a_part_may_be_killed_anywhere_with_a_gateway_that_ignores_keys() {
    let prepare = |world: &World, _: &Paid| world.fake.ignore_keys();
    enumerate(&Scenario { prepare, command: PART, ends: &["none", "succeeded"] });
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn create_may_be_killed_anywhere_while_the_gateway_refuses_and_units_go_back() {
    let prepare = |world: &World, paid: &Paid| world.fake.dispute(&paid.charge, "needs_response", None);
    enumerate(&Scenario { prepare, command: CREATE, ends: &["failed", "none"] });
}

#[test]
fn resume_may_be_killed_anywhere_when_the_gateway_has_the_refund() {
    let prepare = |world: &World, paid: &Paid| {
        world.fake.script("POST /v1/refunds", [Trouble::FailAfter]);
        world.create(paid).exits(6);
    };
    enumerate(&Scenario { prepare, command: RESUME, ends: &["succeeded"] });
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn resume_may_be_killed_anywhere_when_the_gateway_has_none() {
    let prepare = |world: &World, paid: &Paid| {
        world.fake.script("POST /v1/refunds", [Trouble::FailBefore]);
        world.create(paid).exits(6);
    };
    // It keeps its answers by their keys, and that was an answer too.
    enumerate(&Scenario { prepare, command: RESUME, ends: &["succeeded"] });
}

#[test]
fn approve_may_be_killed_anywhere() {
    let prepare = |world: &World, paid: &Paid| {
        world.db.sql(
            "INSERT INTO bursar.settings (name, value) VALUES ('refund_limit', 'THB 0.01') ON CONFLICT (name) DO NOTHING",
        );
        world.create(paid).exits(6);
    };
    enumerate(&Scenario { prepare, command: APPROVE, ends: &["succeeded"] });
}

#[test]
fn cancel_may_be_killed_anywhere() {
    let prepare = |world: &World, paid: &Paid| {
        world.fake.script("POST /v1/refunds", [Trouble::FailBefore]);
        world.create(paid).exits(6);
        world.db.sql("UPDATE bursar.refunds SET updated_at = updated_at - interval '1 hour'");
    };
    enumerate(&Scenario { prepare, command: CANCEL, ends: &["canceled"] });
}

#[test]
fn cancel_of_what_was_recorded_twice_may_be_killed_anywhere() {
    let prepare = |world: &World, paid: &Paid| {
        super::doubles::double(world, paid);
    };
    enumerate(&Scenario { prepare, command: CANCEL, ends: &["succeeded, canceled"] });
}

#[test]
fn an_undoing_may_be_killed_anywhere() {
    let prepare = |world: &World, paid: &Paid| {
        let dispute = world.fake.dispute_over(&paid.charge, "lost", None, paid.amount, "THB");
        world.bursar(&["refund", "sync", "--payment", &paid.id, "--yes"]).ok();
        world.fake.ends_dispute(&dispute, "won", None);
    };
    enumerate(&Scenario { prepare, command: SYNC, ends: &["canceled"] });
}
