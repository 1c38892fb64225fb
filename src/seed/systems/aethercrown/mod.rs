//! AetherCrown: the simulation of its people.
//!
//! Nothing that one person does affects another, so people are simulated one by one: their visits,
//! the tasks of their clones, their payments. Every change of state is logged at the moment of the
//! change, so the log of a subject always leads to its present state. `seed.toml` says what the data
//! looks like; the code keeps it consistent.

mod model;
mod payments;
mod people;
mod style;
mod tables;
mod work;
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
    World::new(&style, clock, &mut cohort.rng, batch).populate(cohort.first, cohort.size)
}

#[cfg(test)]
mod tests {
    use crate::seed::systems::harness::{System, rows};

    #[test]
    fn nothing_happens_before_the_account_or_after_the_end() {
        let batch = System::new("aethercrown").simulated(3, 90);
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
    fn a_broken_rule_is_named() {
        let message = |change: fn(&mut toml::Table)| System::new("aethercrown").complaint(change);
        let emptied = message(|s| {
            s["payments"]["products"] = toml::Value::Array(Vec::new());
        });
        assert_eq!(emptied, "seed.toml: payments.products is empty");
    }
}
