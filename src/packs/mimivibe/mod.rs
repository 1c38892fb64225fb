//! MimiVibe: the simulation that fills its database with lifelike data.
//!
//! Everything happens in the order of time: a queue of events holds what is due next, and an event
//! may put later ones into it. So balances can never run below zero, entries come in the order of
//! their times, and whatever one person causes for another (an invite and its reward) is just one
//! more event. What data should look like is in `seed.toml`; what makes it consistent is here.

mod clock;
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

use clock::Clock;
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
