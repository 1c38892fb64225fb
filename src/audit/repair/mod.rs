//! Repair: what may be done about a finding in a ledger that is never edited.
//!
//! A plan proposes only what is true: rebuild a cache from the ledger, record an adjustment, or
//! acknowledge a break. It is a file, so that a person decides line by line. Applying it looks at
//! every account again under its lock, and a line that the audit would no longer propose stops all of
//! it: the planner is the only place that knows what is true.

mod apply;
mod file;
mod model;
mod number;
mod plan;
mod propose;

pub use apply::{Applied, already_done, apply, check};
pub use file::{parse, render};
pub use model::{Action, Header, NotMended, Plan, Proposal, Proposed, RepairLine};
pub use plan::plan;
