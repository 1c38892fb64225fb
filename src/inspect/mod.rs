//! The health of a database: a check is one query, whose rows say what is wrong, or how large things are.
//!
//! The queries are files of their own, which say in their headers what holds when they pass, what they need,
//! why it matters and what to do. Each runs behind a savepoint, so that one that fails leaves the others be.
//! What could not be looked at is skipped, with the reason, and never passes for fine.

mod check;
mod compare;
pub mod locks;
mod look;
mod model;
mod run;

pub use check::{Check, checks};
pub use compare::{Change, Comparison, NotCompared, compare};
pub use model::{CheckOutcome, CheckVerdict, Finding};
pub use run::run;
