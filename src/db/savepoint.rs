//! Pieces of a transaction that may fail by themselves.

use sqlx::Executor as _;

use super::Connection;
use crate::error::Result;

/// Runs one piece of a transaction behind a savepoint, so that its failure leaves the rest usable.
/// The outer error is a connection that is gone; the inner one belongs to the piece.
pub(crate) async fn guarded<T>(
    connection: &mut Connection,
    piece: impl AsyncFnOnce(&mut Connection) -> Result<T>,
) -> Result<Result<T>> {
    connection.execute("SAVEPOINT piece").await?;
    let outcome = piece(connection).await;
    let after = match outcome {
        Ok(_) => "RELEASE SAVEPOINT piece",
        // Rolling back to a savepoint leaves it open.
        Err(_) => "ROLLBACK TO SAVEPOINT piece; RELEASE SAVEPOINT piece",
    };
    match (connection.execute(after).await, outcome) {
        (Ok(_), outcome) => Ok(outcome),
        (Err(_), Err(cause)) => Err(cause),
        (Err(error), Ok(_)) => Err(error.into()),
    }
}
