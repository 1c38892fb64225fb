//! Seeding: deterministic, consistent, lifelike data at any size.
//!
//! People are simulated in cohorts. A cohort is small enough to hold in memory and has a random
//! stream of its own, so any size costs the same memory and the same arguments give the same data,
//! byte for byte. Everything is written by COPY in one transaction: all of it, or none.

mod batch;
pub mod clock;
mod faults;
mod model;
mod run;
mod systems;

pub use batch::{Batch, Field, Table};
pub use faults::{FaultPut, choose as choose_faults, put as put_faults};
pub use model::{Cohort, Plan, Seeded, Simulate};
pub use run::{analyze, lack, run};
pub use systems::{DEMONSTRATION, simulation};
