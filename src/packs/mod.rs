//! Packs: the mapping from an application's schema to canonical rows.
//!
//! A pack is a folder of TOML and SQL. The built-in ones stand in `packs/` at the top of the repository and are embedded;
//! `--app DIR` loads one from disk, with the same checks. No code here knows an application's name.

mod access;
mod built_in;
mod canonical;
mod check;
mod contract;
mod detect;
mod enter;
mod files;
mod header;
mod key;
mod load;
mod manifest;
mod model;
mod parts;
mod payments;
mod propose;
mod sql;

pub use access::{Access, hint, schema_exists};
pub use built_in::{built_in, named, names};
pub use canonical::Shape;
pub use check::{Problem, verify};
pub use detect::{missing_columns, select};
pub use enter::listed;
pub use key::Key;
pub use model::{
    Check, Fault, JobFact, JobState, Jobs, Ledger, Origin, Pack, Severity, Thresholds, Topic, Trust, Unit,
};
pub use payments::{Amounts, PaymentState, Payments, RefundOutcome, Refunds};
pub use propose::{Proposal, propose};
pub(crate) use sql::placed;
pub use sql::{Source, Sql};
