//! The settings of every look at the catalogs.

use crate::db::Connection;
use crate::error::Result;

/// Sets what every look at the catalogs needs, for the rest of the transaction.
pub(super) async fn at_once(connection: &mut Connection) -> Result<()> {
    // Whoever asks for the size of a table queues behind a lock that somebody waits for. A look must not hang
    // just when it is needed most.
    // The planner takes catalogs for large, and compiling such a query takes longer than the query.
    sqlx::query("SELECT set_config('lock_timeout', '1s', true), set_config('jit', 'off', true)")
        .execute(connection)
        .await?;
    Ok(())
}
