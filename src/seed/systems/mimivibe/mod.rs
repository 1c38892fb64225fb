//! MimiVibe: the simulation of its people.
//!
//! A queue holds the events in the order of time, and an event may add later ones. So balances never
//! fall below zero, entries come in the order of their times, and the effect of one person on another
//! (an invite and its reward) is one more event. `seed.toml` says what the data looks like; the code
//! keeps it consistent.

mod invites;
mod jobs;
mod model;
mod money;
mod people;
mod readings;
mod run;
mod style;
mod tables;
mod world;

use crate::error::Result;
use crate::seed::clock::Clock;
use crate::seed::systems::rules::Rules as _;
use crate::seed::{Batch, Cohort};

use style::Style;
use world::World;

/// Simulates the people of a cohort from the beginning of the history to its end.
///
/// # Errors
/// A usage error if `seed.toml` is wrong or the history has no length.
pub fn simulate(cohort: &mut Cohort<'_>, batch: &mut Batch) -> Result<()> {
    let style = Style::read(cohort.style)?;
    let clock = Clock::new(cohort.from, cohort.until, style.utc_offset_hours)?;
    let mut world = World::new(&style, clock, &mut cohort.rng, batch);
    world.populate(cohort.first, cohort.size)?;
    world.run();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::seed::systems::harness::{System, rows};

    #[test]
    fn balances_follow_from_the_entries_in_the_order_of_time() {
        let batch = System::new("mimivibe").simulated(3, 90);
        let entries = rows(&batch, "wallet_transactions");
        assert!(entries.len() > 500);
        for user in rows(&batch, "users") {
            let own: Vec<_> = entries.iter().filter(|e| e[1] == user[0]).collect();
            assert!(own.windows(2).all(|pair| pair[0][10] < pair[1][10]), "times rise strictly");
            assert!(
                own.iter().all(|e| user[12] < e[10] && e[10] < "2026-01-01"),
                "nothing before the account or after the end"
            );
            for (unit, balance) in [("STAR", user[6]), ("COIN", user[7])] {
                let last = own.iter().rfind(|e| e[4] == unit).map_or("0", |e| e[5]);
                assert_eq!(last, balance, "the last running balance is the cached one");
            }
        }
    }

    #[test]
    fn a_broken_rule_is_named() {
        let message = |change: fn(&mut toml::Table)| System::new("mimivibe").complaint(change);
        let emptied = message(|s| {
            s["payments"]["brands"] = toml::Value::Array(Vec::new());
        });
        assert_eq!(emptied, "seed.toml: payments.brands is empty");
    }
}
