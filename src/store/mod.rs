//! bursar's own schema: every fixed statement on its tables and functions, with typed inputs and outputs.
//!
//! A statement is a function that takes the parameters and returns a [`Call`], which a connection is asked. All of them
//! are listed in [`statements()`], and a test prepares each against the migrated schema and compares parameters, column
//! names and types with the Rust types. Who may be asked what, and what an answer means, is decided above this module.

pub mod adjustments;
mod call;
pub mod jobs;
pub mod migration_runs;
pub mod operations;
pub mod pack_functions;
pub mod reconciliations;
pub mod refunds;
pub mod repairs;
pub mod seals;
pub mod settings;
mod statements;
mod words;

pub use call::{Call, Column, Fits, Record, Statement, UPGRADE};
pub use statements::statements;
pub use words::{AdjustmentState, IfSpent, RefundAnswer, RefundOrigin, RefundReason, RefundState};
