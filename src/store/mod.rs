//! bursar's own schema: every fixed statement on its tables and functions, with typed inputs and outputs.
//!
//! A statement is a function that takes the parameters and returns a [`Call`], which a connection is asked. All of them
//! are listed in [`statements`], and a test prepares each against the migrated schema and compares parameters, column
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
mod words;

pub use call::{Call, Column, Fits, Record, Statement};
pub use words::{AdjustmentState, IfSpent, RefundAnswer, RefundOrigin, RefundReason, RefundState};

/// The command that brings bursar's own schema up to date.
pub const UPGRADE: &str = "bursar migrate up --only bursar";

/// Every statement that there is.
pub fn statements() -> impl Iterator<Item = &'static Statement> {
    [
        adjustments::ALL,
        jobs::ALL,
        migration_runs::ALL,
        operations::ALL,
        pack_functions::ALL,
        reconciliations::ALL,
        refunds::ALL,
        repairs::ALL,
        seals::ALL,
        settings::ALL,
    ]
    .into_iter()
    .flatten()
}
