//! Rounds of SIGKILL at any moment, directly and through PgBouncer: whatever is killed, each payment is refunded once.
//! The kills of `kills` are at every boundary, one at a time; these come several at once, and meet each other.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::{Paid, World};
use crate::support::pooler::Pooler;
use crate::support::{Starts as _, run, soak};

const PAYMENTS: usize = 3;

/// The longest that the gateway thinks before it acts, and again before it answers.
const THINKS: Duration = Duration::from_millis(150);

/// Numbers that look random, and are the same in every run.
struct Dice(Mutex<u64>);

impl Dice {
    fn below(&self, end: Duration) -> Duration {
        let mut state = self.0.lock().expect("the dice");
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        end.mul_f64((*state >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

/// The states that the kills hit.
#[derive(Debug, Default)]
struct Hits {
    kills: usize,
    /// Kills at which the refund had begun and had not ended, by the command and the refund's state.
    begun: BTreeMap<String, usize>,
}

struct Campaign<'a> {
    world: &'a World,
    url: &'a str,
    dice: Dice,
    hits: Mutex<Hits>,
    span: Duration,
}

impl Campaign<'_> {
    /// Runs commands at once, and kills each at some moment: one in four at any, the others after their work at the
    /// gateway or on the refund has begun. Each has the payments whose refunds it works on.
    fn killed(&self, commands: &[(&[&str], &[Paid])]) {
        let world = self.world;
        let asked = world.fake.requests("").len();
        let mut running: Vec<_> = commands
            .iter()
            .map(|(words, of)| {
                let mut command = world.command(words);
                (words[1], *of, command.env("DATABASE_URL", self.url).starts_quietly())
            })
            .collect();
        for (command, of, child) in &mut running {
            let is_at_work = || match *command {
                "create" => of.iter().any(|paid| world.state(paid) != "none"),
                _ => world.fake.requests("").len() > asked,
            };
            let span = if self.dice.below(self.span) < self.span / 4 {
                self.span
            } else {
                while child.try_wait().expect("a child").is_none() && !is_at_work() {
                    std::thread::sleep(Duration::from_millis(2));
                }
                THINKS * 2
            };
            std::thread::sleep(self.dice.below(span));
            if child.try_wait().expect("a child").is_some() {
                continue;
            }
            child.kill().expect("killed");
            child.wait().expect("its end");
            let mut hits = self.hits.lock().expect("the hits");
            hits.kills += 1;
            if let Some(state) = of.iter().map(|paid| self.world.state(paid)).find(|state| is_open(state)) {
                *hits.begun.entry(format!("{command} {state}")).or_default() += 1;
            }
        }
    }

    fn round(&self) {
        let (world, url) = (self.world, self.url);
        let paid: Vec<Paid> = (0..PAYMENTS).map(|_| world.payment()).collect();
        let words: Vec<[&str; 4]> = paid.iter().map(|paid| ["refund", "create", &*paid.id, "--yes"]).collect();
        let creates: Vec<(&[&str], &[Paid])> =
            words.iter().zip(paid.chunks(1)).map(|(words, of)| (&words[..], of)).collect();
        self.killed(&creates);
        let resume: (&[&str], &[Paid]) = (&["refund", "resume", "--yes"], &paid);
        self.killed(&[resume, resume]);
        crate::support::until("the end of what is open", || {
            // Behind a pooler nobody knows that a process is dead, so its lease ends with its time.
            world.db.sql("UPDATE bursar.refunds SET lease_until = clock_timestamp() WHERE lease_until IS NOT NULL");
            run(world.command(&["refund", "resume", "--yes"]).env("DATABASE_URL", url)).code == 0
        });
        for paid in &paid {
            if world.state(paid) == "none" {
                run(world.command(&["refund", "create", &paid.id, "--yes"]).env("DATABASE_URL", url)).ok();
            }
            assert_eq!(world.agrees(paid), "succeeded");
        }
    }
}

fn is_open(state: &str) -> bool {
    matches!(state, "requested" | "reserved" | "submitted" | "unknown" | "pending")
}

#[expect(clippy::disallowed_macros, reason = "the figures are what it is run for")]
fn campaign(way: &str, seed: u64, url: impl Fn(&World) -> String) {
    let rounds = if soak() { 50 } else { 1 };
    let world = World::new();
    let url = url(&world);
    let dice = Dice(Mutex::new(seed ^ 0x5851_f42d));
    // A gateway that thinks for a while, so that kills come before, during and after its work.
    for half in [0, 1] {
        let own = Dice(Mutex::new(seed + half));
        let hook = move |_: &crate::support::gateway::Request| std::thread::sleep(own.below(THINKS));
        if half == 0 { world.fake.before(hook) } else { world.fake.after(hook) }
    }
    let (began, first) = (Instant::now(), world.payment());
    run(world.command(&["refund", "create", &first.id, "--yes"]).env("DATABASE_URL", &url)).ok();
    let span = began.elapsed();
    let campaign = Campaign { world: &world, url: &url, dice, hits: Mutex::default(), span };
    (0..rounds).for_each(|_| campaign.round());
    world.ledger_is_clean();
    let hits = campaign.hits.into_inner().expect("the hits");
    let refunds = rounds * PAYMENTS + 1;
    assert_eq!(world.fake.refunds().len(), refunds);
    let (kills, begun) = (hits.kills, hits.begun.values().sum::<usize>());
    println!(
        "{way}: {rounds} rounds, {kills} kills, {begun} of them at a refund that had begun {:?}; {refunds} refunds, each once",
        hits.begun
    );
    assert!(!soak() || begun >= 50, "{hits:?}");
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn rounds_of_kills_leave_each_payment_refunded_once() {
    campaign("directly", 1, |world| world.db.url());
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn rounds_of_kills_through_a_pooler_leave_each_payment_refunded_once() {
    let pooler = Pooler::start("transaction", 3);
    campaign("through PgBouncer", 2, |world| pooler.url(&world.db.name));
}
