//! Avolve: the simulation that fills its database with lifelike data.
//!
//! All visits of a cohort are known before the first one happens, and they happen in the order of
//! time: so balances can never run below zero, transactions come in the order of their times, and a
//! phase is reached only from the one before it. What data should look like is in `seed.toml`; what
//! makes it consistent is here.

mod people;
mod style;
mod tables;
mod world;

use crate::error::Result;
use crate::seed::{Batch, Cohort};

use crate::seed::clock::Clock;
use style::Style;
use tables::Tables;
use world::World;

/// Simulates the people of a cohort from the beginning of the history to its end.
///
/// # Errors
/// A usage error where `seed.toml` is wrong or the history has no length.
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{DateTime, TimeDelta};
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use crate::error::{Kind, Result};
    use crate::seed::{Batch, Cohort};

    fn style() -> toml::Table {
        include_str!("seed.toml").parse().expect("seed.toml is TOML")
    }

    fn simulated(style: &toml::Table, seed: u64, first: u64, days: i64) -> Result<Batch> {
        let mut batch = Batch::new();
        let until = DateTime::from_timestamp(1_767_225_600, 0).expect("a time that there is");
        let from = until - TimeDelta::days(days);
        let mut cohort = Cohort { first, size: 120, rng: ChaCha8Rng::seed_from_u64(seed), from, until, style };
        super::simulate(&mut cohort, &mut batch).map(|()| batch)
    }

    /// The fields of every row of a table.
    fn rows<'a>(batch: &'a Batch, name: &str) -> Vec<Vec<&'a str>> {
        let table = batch.tables().iter().find(|t| t.name == name).expect("the table is declared");
        let text = std::str::from_utf8(table.text()).expect("rows are text");
        text.lines().map(|line| line.split('\t').collect()).collect()
    }

    fn hundredths(number: &str) -> i64 {
        number.replace('.', "").parse().expect("a number with two decimals")
    }

    #[test]
    fn the_same_seed_makes_the_same_rows_and_another_one_others() {
        let text = |seed| -> Vec<Vec<u8>> {
            let batch = simulated(&style(), seed, 500, 90).expect("the simulation runs");
            batch.tables().iter().map(|t| t.text().to_vec()).collect()
        };
        let (first, second, other) = (text(1), text(1), text(2));
        assert_eq!(first, second);
        assert_ne!(first, other);
    }

    #[test]
    fn what_everybody_shares_is_made_once() {
        for (first, types) in [(0, 3), (500, 0)] {
            let batch = simulated(&style(), 1, first, 9).expect("the simulation runs");
            assert_eq!(rows(&batch, "token_types").len(), types);
            assert_eq!(batch.tables()[0].name, "users", "people are counted by the first table");
        }
    }

    #[test]
    fn balances_follow_from_the_transactions_and_are_never_below_zero() {
        let batch = simulated(&style(), 3, 500, 120).expect("the simulation runs");
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
    fn any_length_of_history_will_do_but_none() {
        for days in [1, 2, 400] {
            assert!(simulated(&style(), 4, 0, days).is_ok(), "{days} days");
        }
        assert_eq!(simulated(&style(), 4, 0, 0).map(drop).map_err(|e| e.kind), Err(Kind::Usage));
    }

    #[test]
    fn a_wrong_style_is_a_usage_error_that_names_what_is_wrong() {
        let message = |change: fn(&mut toml::Table)| {
            let mut style = style();
            change(&mut style);
            let error = simulated(&style, 5, 0, 9).map(drop).expect_err("the style is wrong");
            assert_eq!(error.kind, Kind::Usage);
            error.message()
        };
        assert!(message(|s| drop(s.remove("wallet"))).contains("wallet"));
        assert!(message(|s| drop(s.insert("typo".to_owned(), 1.into()))).contains("typo"));
        let unknown = message(|s| s["pillars"][0]["token"] = "GLOW".into());
        assert_eq!(unknown, "seed.toml: the pillar self rewards with GLOW, which is not in tokens");
        let category = message(|s| s["tokens"][1]["category"] = 5.into());
        assert_eq!(category, "seed.toml: the token UNITE is of category 5, not 3, 6 or 9");
    }
}
