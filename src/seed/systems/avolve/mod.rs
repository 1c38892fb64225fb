//! Avolve: the simulation of its people.
//!
//! All visits of a cohort are known before the first one happens, and they happen in the order of
//! time. So balances never fall below zero, transactions come in the order of their times, and a
//! phase follows only the one before it. `seed.toml` says what the data looks like; the code keeps it
//! consistent.

mod model;
mod people;
mod style;
mod tables;
mod world;

use crate::error::Result;
use crate::seed::clock::Clock;
use crate::seed::systems::rules::Rules as _;
use crate::seed::{Batch, Cohort};

use style::Style;
use tables::Tables;
use world::World;

/// Simulates the people of a cohort from the beginning of the history to its end.
///
/// # Errors
/// A usage error if `seed.toml` is wrong or the history has no length.
pub fn simulate(cohort: &mut Cohort<'_>, batch: &mut Batch) -> Result<()> {
    let style = Style::read(cohort.style)?;
    let clock = Clock::new(cohort.from, cohort.until, style.utc_offset_hours)?;
    let tables = Tables::declare(batch);
    let (rng, people, visits) = (&mut cohort.rng, Vec::new(), Vec::new());
    let mut world = World { style: &style, clock, rng, batch, tables, people, visits };
    if cohort.first == 0 {
        world.found();
    }
    world.populate(cohort.first, cohort.size)?;
    world.run();
    world.write_people();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::seed::systems::harness::{System, rows};

    fn hundredths(number: &str) -> i64 {
        number.replace('.', "").parse().expect("a number with two decimals")
    }

    #[test]
    fn what_everybody_shares_is_made_once() {
        for (first, types) in [(0, 3), (500, 0)] {
            let batch = System::new("avolve").from(first).simulated(1, 9);
            assert_eq!(rows(&batch, "token_types").len(), types);
        }
    }

    #[test]
    fn balances_follow_from_the_transactions_and_are_never_below_zero() {
        let batch = System::new("avolve").simulated(3, 120);
        let mut sums: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        let mut last: BTreeMap<&str, &str> = BTreeMap::new();
        let transactions = rows(&batch, "token_transactions");
        assert!(transactions.len() > 400, "{}", transactions.len());
        for t in &transactions {
            assert_ne!(t[1], t[2], "nobody sends to themselves");
            for (who, sign) in [(t[1], -1), (t[2], 1)] {
                if who != "\\N" {
                    let sum = sums.entry((who, t[4])).or_default();
                    *sum += sign * hundredths(t[3]);
                    assert!(*sum >= 0);
                    assert!(last.insert(who, t[5]).is_none_or(|before| before < t[5]), "times rise strictly");
                }
            }
        }
        for balance in rows(&batch, "token_balances") {
            assert_eq!(sums.remove(&(balance[1], balance[2])), Some(hundredths(balance[3])));
        }
        assert!(sums.is_empty(), "every account has its balance");
    }

    #[test]
    fn a_broken_rule_is_named() {
        let message = |change: fn(&mut toml::Table)| System::new("avolve").complaint(change);
        let unknown = message(|s| s["pillars"][0]["token"] = "GLOW".into());
        assert_eq!(unknown, "seed.toml: the pillar self rewards with GLOW, which is not in tokens");
        let category = message(|s| s["tokens"][1]["category"] = 5.into());
        assert_eq!(category, "seed.toml: the token UNITE is of category 5, not 3, 6 or 9");
    }
}
