//! The types of a seed.

use chrono::{DateTime, Utc};
use rand_chacha::ChaCha8Rng;

use super::batch::Batch;
use super::faults::FaultPut;
use crate::error::Result;
use crate::packs::Fault;

/// A simulation: fills a [`Batch`] with everything that a cohort did. Only the arguments may influence
/// it: no clock, no other randomness.
pub type Simulate = fn(&mut Cohort<'_>, &mut Batch) -> Result<()>;

/// The order for a seed.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The number of people.
    pub users: u64,
    /// The seed of all randomness.
    pub seed: u64,
    /// The days of history, ending at `until`.
    pub days: u32,
    /// The end of the history, and the "now" of the simulation.
    pub until: DateTime<Utc>,
    /// Add to existing data, instead of refusing.
    pub append: bool,
    /// The faults to put in afterwards.
    pub faults: Vec<Fault>,
}

/// People who are simulated together.
pub struct Cohort<'a> {
    /// The number of the first person, counted over the whole database.
    pub first: u64,
    /// The number of people.
    pub size: u64,
    /// The cohort's own randomness.
    pub rng: ChaCha8Rng,
    /// The beginning of the history.
    pub from: DateTime<Utc>,
    /// Its end.
    pub until: DateTime<Utc>,
    /// The parameters of the simulation: the pack's `seed.toml`.
    pub style: &'a toml::Table,
}

/// The result of a seed.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Seeded {
    /// Rows by table.
    pub tables: Vec<(String, u64)>,
    /// The faults that were put in.
    pub faults: Vec<FaultPut>,
    /// Fault kinds that found no place to be put in.
    pub impossible: Vec<String>,
}
