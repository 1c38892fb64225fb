//! The list of all statements.

use super::{
    Statement, adjustments, jobs, migration_runs, operations, pack_functions, reconciliations, refunds, repairs, seals,
    settings,
};

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
