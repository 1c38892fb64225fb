//! Packs: the mapping from an application's schema to canonical rows.
//!
//! A pack is a folder of TOML and SQL. The built-in ones stand in `packs/` at the top of the repository and are embedded;
//! `--app DIR` loads one from disk, with the same checks. No code here knows an application's name.

mod access;
mod asked;
mod built_in;
mod canonical;
mod check;
mod contract;
mod detect;
mod enter;
mod examine;
mod examined;
mod figures;
mod files;
mod header;
mod key;
mod load;
mod manifest;
mod model;
mod parts;
mod payments;
mod prices;
mod problem;
mod propose;
mod reference;
mod sealed;
mod sql;
mod tenant;
mod types;

pub use access::{Access, hint, schema_exists};
pub use built_in::{built_in, marks, named, names, systems};
pub use canonical::Shape;
pub use check::verify;
pub use detect::{Need, all_named, lacking, missing_columns, select, shortened, with};
pub use enter::{exceeds_data, listed};
pub use examine::examine;
pub use examined::{Examined, seq_is_null};
pub use key::Key;
pub use model::{
    Ability, Check, Fault, JobFact, JobState, JobStream, Jobs, Ledger, Order, Origin, Pack, Severity, Thresholds,
    Topic, Trust, Unit,
};
pub use payments::{Amounts, PaymentState, Payments, RefundOutcome, Refunds};
pub use prices::{Prices, priced};
pub use problem::Problem;
pub use propose::{Other, Proposal, Wanted, propose};
pub use reference::Reference;
pub use sealed::{split_key, table_of as sealed_table_of};
pub use sql::{Source, Sql};
pub(crate) use sql::{asks_for, placed};
