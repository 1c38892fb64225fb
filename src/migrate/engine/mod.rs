//! The engine of a run: one migration after the other, each with its record.

mod failure;
mod run;
mod step;
mod transaction;

pub(super) use run::Run;
pub use run::{Event, without_records};
