//! MimiVibe: the simulation that fills its database with lifelike data.
//!
//! Everything happens in the order of time: a queue of events holds what is due next, and an event
//! may put later ones into it. So balances can never run below zero, entries come in the order of
//! their times, and whatever one person causes for another (an invite and its reward) is just one
//! more event. What data should look like is in `seed.toml`; what makes it consistent is here.

mod invites;
mod jobs;
mod money;
mod people;
mod readings;
mod style;
mod tables;
mod world;

use crate::error::Result;
use crate::seed::{Batch, Cohort};

use crate::seed::clock::Clock;
use style::Style;
use world::World;

/// Simulates the people of a cohort from the beginning of the history to its end.
///
/// # Errors
/// A usage error where `seed.toml` is wrong or the history has no length.
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
    use chrono::{DateTime, TimeDelta};
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use crate::error::{Kind, Result};
    use crate::seed::{Batch, Cohort};

    fn style() -> toml::Table {
        include_str!("seed.toml").parse().expect("seed.toml is TOML")
    }

    fn simulated(style: &toml::Table, seed: u64, days: i64) -> Result<Batch> {
        let mut batch = Batch::new();
        let until = DateTime::from_timestamp(1_767_225_600, 0).expect("a time that there is");
        let from = until - TimeDelta::days(days);
        let mut cohort = Cohort { first: 500, size: 120, rng: ChaCha8Rng::seed_from_u64(seed), from, until, style };
        super::simulate(&mut cohort, &mut batch).map(|()| batch)
    }

    /// The fields of every row of a table.
    fn rows<'a>(batch: &'a Batch, name: &str) -> Vec<Vec<&'a str>> {
        let table = batch.tables().iter().find(|t| t.name == name).expect("the table is declared");
        let text = std::str::from_utf8(table.text()).expect("rows are text");
        text.lines().map(|line| line.split('\t').collect()).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_rows_and_another_one_others() {
        let text = |seed| -> Vec<Vec<u8>> {
            let batch = simulated(&style(), seed, 90).expect("the simulation runs");
            batch.tables().iter().map(|t| t.text().to_vec()).collect()
        };
        let (first, second, other) = (text(1), text(1), text(2));
        assert_eq!(first, second);
        assert_ne!(first, other);
    }

    #[test]
    fn balances_follow_from_the_entries_in_the_order_of_time() {
        let batch = simulated(&style(), 3, 90).expect("the simulation runs");
        assert_eq!(batch.tables()[0].name, "users", "people are counted by the first table");
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
    fn any_length_of_history_will_do_but_none() {
        for days in [1, 2, 400] {
            assert!(simulated(&style(), 4, days).is_ok(), "{days} days");
        }
        assert_eq!(simulated(&style(), 4, 0).map(drop).map_err(|e| e.kind), Err(Kind::Usage));
    }

    #[test]
    fn a_wrong_style_is_a_usage_error_that_names_what_is_wrong() {
        let message = |change: fn(&mut toml::Table)| {
            let mut style = style();
            change(&mut style);
            let error = simulated(&style, 5, 9).map(drop).expect_err("the style is wrong");
            assert_eq!(error.kind, Kind::Usage);
            error.message()
        };
        assert!(message(|s| drop(s.remove("jobs"))).contains("jobs"));
        assert!(message(|s| drop(s.insert("typo".to_owned(), 1.into()))).contains("typo"));
        let emptied = message(|s| {
            s["payments"]["brands"] = toml::Value::Array(Vec::new());
        });
        assert_eq!(emptied, "seed.toml: payments.brands is empty");
    }
}
