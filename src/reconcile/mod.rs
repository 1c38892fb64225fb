//! Compares the ledger and the payments with the gateway: one row an object, one verdict a row.
//!
//! The gateway's side is read first, with no transaction open; ours comes from one snapshot. Both go through sorted
//! temporary files, so that memory does not grow with their number.

mod judge;
mod model;
mod object;
mod options;
mod ours;
mod report;
mod rows;
mod run;
mod sort;
mod source;
mod totals;

pub use model::{Balance, Movement, MovementKind, MovementStatus, Range, Settled, Sink, Source, SourceEnd};
pub use object::{Object, ObjectKind, Verdict};
pub use options::{AcknowledgedObjects, Options};
pub use report::{Amounts, Report, recorded, unrelated};
pub use rows::Rows;
pub use run::{Event, LONGEST_GRACE, Theirs, compare, read_theirs};
#[cfg(feature = "gateways")]
pub use source::from_gateway;
pub use source::{EXPORTS, from_file};
pub use totals::{Equation, Totals};
