//! Organic OS: the simulation that fills its database with lifelike data.
//!
//! Everybody lives for themselves: nothing that one person does touches another, so people are
//! simulated one by one. Their days are those of their own clocks. What data should look like is in
//! `seed.toml`; what makes it consistent is here.

mod clock;
mod diary;
mod people;
mod style;
mod tables;

use crate::error::Result;
use crate::seed::{Batch, Cohort};

use clock::Clock;
use people::World;
use style::Style;
use tables::Tables;

/// Simulates the people of a cohort from the beginning of the history to its end.
///
/// # Errors
/// A usage error where `seed.toml` is wrong or the history has no length.
pub fn simulate(cohort: &mut Cohort<'_>, batch: &mut Batch) -> Result<()> {
    let style = Style::read(cohort.style)?;
    let clock = Clock::new(cohort.from, cohort.until)?;
    let tables = Tables::declare(batch);
    World { style: &style, clock, rng: &mut cohort.rng, batch, tables }.live(cohort.first, cohort.size)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

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
    fn everything_lies_between_the_account_and_the_end() {
        let batch = simulated(&style(), 3, 90).expect("the simulation runs");
        assert_eq!(batch.tables()[0].name, "users", "people are counted by the first table");
        let created: BTreeMap<&str, &str> = rows(&batch, "users").iter().map(|u| (u[0], u[5])).collect();
        assert_eq!(created.len(), 120);
        let mut days = BTreeSet::new();
        for entry in rows(&batch, "wellness_entries") {
            assert!(created[entry[1]] < entry[10] && entry[10] <= entry[11] && entry[11] < "2026-01-01", "{entry:?}");
            assert!(days.insert((entry[1], entry[2])), "one entry a day: {entry:?}");
            // At midnight in London it is the 1st of January as far as Auckland, but never the 2nd.
            assert!(entry[2] <= "2026-01-01", "{entry:?}");
        }
        assert!(days.len() > 2000, "{} entries", days.len());
        let conversations = rows(&batch, "conversations");
        let mut last: BTreeMap<&str, &str> = conversations.iter().map(|c| (c[0], c[4])).collect();
        for message in rows(&batch, "messages") {
            let before = last.insert(message[1], message[5]).expect("its conversation");
            assert!(before < message[5] && message[5] < "2026-01-01", "messages follow each other: {message:?}");
        }
        for conversation in conversations {
            assert!(created[conversation[1]] <= conversation[4]);
            assert_eq!(last[conversation[0]], conversation[5], "it is as recent as its last message");
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
        assert!(message(|s| drop(s.remove("progress"))).contains("progress"));
        assert!(message(|s| drop(s.insert("typo".to_owned(), 1.into()))).contains("typo"));
        let emptied = message(|s| {
            s["accounts"]["zones"] = toml::Value::Array(Vec::new());
        });
        assert_eq!(emptied, "seed.toml: accounts.zones is empty");
    }
}
