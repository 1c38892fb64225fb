//! Compares the ledger and the payments with the gateway: one row an object, one verdict a row.

mod model;

pub use model::{Balance, Movement, MovementKind, MovementStatus, Range, Settled, Sink, Source, SourceEnd};
