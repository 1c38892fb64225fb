//! Organic OS: the simulation of its people.
//!
//! Nothing that one person does affects another, so people are simulated one by one. Their days are
//! those of their own clocks. `seed.toml` says what the data looks like; the code keeps it consistent.

mod days;
mod diary;
mod people;
mod style;
mod tables;

use crate::error::Result;
use crate::seed::clock::Clock;
use crate::seed::systems::rules::Rules as _;
use crate::seed::{Batch, Cohort};

use people::World;
use style::Style;
use tables::Tables;

/// Simulates the people of a cohort from the beginning of the history to its end.
///
/// # Errors
/// A usage error if `seed.toml` is wrong or the history has no length.
pub fn simulate(cohort: &mut Cohort<'_>, batch: &mut Batch) -> Result<()> {
    let style = Style::read(cohort.style)?;
    // Each person has a zone of their own, so the clock of the history is UTC.
    let clock = Clock::new(cohort.from, cohort.until, 0)?;
    let tables = Tables::declare(batch);
    World { style: &style, clock, rng: &mut cohort.rng, batch, tables }.live(cohort.first, cohort.size)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use crate::seed::systems::harness::{System, rows};

    #[test]
    fn everything_lies_between_the_account_and_the_end() {
        let batch = System::new("organic-os").simulated(3, 90);
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
    fn a_broken_rule_is_named() {
        let message = |change: fn(&mut toml::Table)| System::new("organic-os").complaint(change);
        let emptied = message(|s| {
            s["accounts"]["zones"] = toml::Value::Array(Vec::new());
        });
        assert_eq!(emptied, "seed.toml: accounts.zones is empty");
    }
}
