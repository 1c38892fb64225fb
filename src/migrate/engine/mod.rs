//! The engine of a run: one migration after the other, each with its record.

mod failure;
mod run;
mod step;
mod transaction;

pub use run::Event;
pub(super) use run::Run;
