//! The audit: does everything that is derived still agree with what it was derived from?
//!
//! One read-only snapshot serves the whole run, so writers in flight cannot cause a finding. Row
//! level security is switched off, so that Postgres refuses instead of hiding rows. A check that
//! cannot be answered is incomplete, never clean.

mod acknowledged;
pub mod baseline;
mod beyond;
pub mod chain;
mod checks;
mod comparable;
mod copied;
mod finding;
mod findings;
mod gateway;
mod ledger;
mod model;
mod options;
mod references;
pub mod repair;
mod report;
mod run;
mod schema;
mod scope;
pub mod seal;
mod snapshot;
mod tasks;
mod undo;
mod unique;

pub use finding::{Accepted, EntryLine, Finding};
pub use findings::{AcceptedFindings, Findings};
pub use ledger::{AccountEntry, EntryFilter};
pub(crate) use ledger::{Query as LedgerQuery, newest as newest_entries};
pub use model::{CheckResult, CheckStatus, Described, Suspicion, TableRows, UnitTotal};
pub use options::{Depth, Options};
pub use report::{AuditVerdict, Report, Summary};
pub use run::{Event, run};
pub use schema::own_changes;
pub use snapshot::Snapshot;
pub use tasks::list;
