//! Compares the ledger and the payments with the gateway: one row an object, one verdict a row.

mod model;
mod source;

pub use model::{Balance, Movement, MovementKind, MovementStatus, Range, Settled, Sink, Source, SourceEnd};
#[cfg(feature = "gateways")]
pub use source::from_gateway;
pub use source::{EXPORTS, from_file};
