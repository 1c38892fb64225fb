//! The harness of the simulations' tests.

use chrono::{DateTime, TimeDelta};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::simulation;
use crate::error::{Kind, Result};
use crate::seed::{Batch, Cohort};

/// A simulation under test, of 120 people until the beginning of 2026.
pub(super) struct System {
    name: String,
    first: u64,
    style: toml::Table,
}

impl System {
    /// The simulation of a built-in pack with the pack's own parameters, for people behind the first cohort.
    pub fn new(name: &str) -> Self {
        let pack = crate::packs::named(name).expect("the pack is built in");
        System { name: name.to_owned(), first: 500, style: pack.seed.expect("the pack has a seed.toml") }
    }

    /// The same, with people who are counted from this number.
    pub fn from(self, first: u64) -> Self {
        System { first, ..self }
    }

    /// The keys at the top of the parameters.
    pub fn keys(&self) -> Vec<String> {
        self.style.keys().cloned().collect()
    }

    /// The rows, or the error.
    pub fn try_simulated(&self, seed: u64, days: i64) -> Result<Batch> {
        let mut batch = Batch::new();
        let until = DateTime::from_timestamp(1_767_225_600, 0).expect("a time that there is");
        let (from, rng) = (until - TimeDelta::days(days), ChaCha8Rng::seed_from_u64(seed));
        let mut cohort = Cohort { first: self.first, size: 120, rng, from, until, style: &self.style };
        simulation(&self.name).expect("the pack has a simulation")(&mut cohort, &mut batch).map(|()| batch)
    }

    /// The rows.
    pub fn simulated(&self, seed: u64, days: i64) -> Batch {
        self.try_simulated(seed, days).expect("the simulation runs")
    }

    /// The message of the usage error that a change of the parameters leads to.
    pub fn complaint(mut self, change: impl FnOnce(&mut toml::Table)) -> String {
        change(&mut self.style);
        let error = self.try_simulated(5, 9).map(drop).expect_err("the style is wrong");
        assert_eq!(error.kind, Kind::Usage);
        error.message()
    }
}

/// The fields of every row of a table.
pub(super) fn rows<'a>(batch: &'a Batch, name: &str) -> Vec<Vec<&'a str>> {
    let table = batch.tables().iter().find(|t| t.name == name).expect("the table is declared");
    let text = std::str::from_utf8(table.text()).expect("rows are text");
    text.lines().map(|line| line.split('\t').collect()).collect()
}
