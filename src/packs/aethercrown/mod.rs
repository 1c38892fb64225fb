//! AetherCrown: the simulation that fills its database with lifelike data.
//!
//! Nobody here does anything to anybody else, so people are lived through one after the other: they
//! come, have tasks done by their clones, and pay. Every change of state is logged in the moment in
//! which it happens, so a log can always be followed to where its subject stands. What data should
//! look like is in `seed.toml`; what makes it consistent is here.

mod payments;
mod people;
mod style;
mod tables;
mod work;
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
    World::new(&style, clock, &mut cohort.rng, batch).populate(cohort.first, cohort.size)
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
    fn nothing_happens_before_the_account_or_after_the_end() {
        let batch = simulated(&style(), 3, 90).expect("the simulation runs");
        assert_eq!(batch.tables()[0].name, "users", "people are counted by the first table");
        let users = rows(&batch, "users");
        assert_eq!(users.len(), 120);
        let logs = rows(&batch, "activity_logs");
        assert!(logs.len() > 2000, "{}", logs.len());
        for log in logs {
            let user = users.iter().find(|u| u[0] == log[7]).expect("whoever did it is there");
            assert!(user[4] < log[6] && log[6] < "2026-01-01", "{log:?}");
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
        assert!(message(|s| drop(s.remove("tasks"))).contains("tasks"));
        assert!(message(|s| drop(s.insert("typo".to_owned(), 1.into()))).contains("typo"));
        let emptied = message(|s| {
            s["payments"]["products"] = toml::Value::Array(Vec::new());
        });
        assert_eq!(emptied, "seed.toml: payments.products is empty");
    }
}
