//! Pieces of a transaction that may fail by themselves.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _};

use super::{Connection, sqlstate};
use crate::error::Result;

/// Runs one piece of a transaction behind a savepoint, so that its failure leaves the rest usable.
/// The outer error is a connection that is gone; the inner one belongs to the piece.
pub(crate) async fn guarded<T>(
    connection: &mut Connection,
    piece: impl AsyncFnOnce(&mut Connection) -> Result<T>,
) -> Result<Result<T>> {
    connection.execute("SAVEPOINT piece").await?;
    let outcome = piece(connection).await;
    let after = match &outcome {
        Ok(_) => "RELEASE SAVEPOINT piece",
        // Rolling back to a savepoint leaves it open. The pieces that come after one that waited for a lock in vain are likely to
        // meet the same one, and together they must not take for ever.
        Err(error) if error.sqlstate.as_deref() == Some(sqlstate::LOCK_NOT_AVAILABLE) => {
            "ROLLBACK TO SAVEPOINT piece; RELEASE SAVEPOINT piece; SET LOCAL lock_timeout = '1s'"
        }
        Err(_) => "ROLLBACK TO SAVEPOINT piece; RELEASE SAVEPOINT piece",
    };
    match (connection.execute(after).await, outcome) {
        (Ok(_), outcome) => Ok(outcome),
        (Err(_), Err(cause)) => Err(cause),
        (Err(error), Ok(_)) => Err(error.into()),
    }
}

/// Runs a piece of a transaction that only reads, for so long at most; none where that is not enough.
///
/// # Errors
/// The piece's own.
pub(crate) async fn brief<T>(
    connection: &mut Connection,
    limit: Duration,
    piece: impl AsyncFnOnce(&mut Connection) -> Result<T>,
) -> Result<Option<T>> {
    let begin = format!("SAVEPOINT brief; SET LOCAL statement_timeout = {}", limit.as_millis().max(1));
    connection.execute(AssertSqlSafe(begin)).await?;
    let outcome = piece(connection).await;
    // It takes the limit back too.
    let ended = connection.execute("ROLLBACK TO SAVEPOINT brief; RELEASE SAVEPOINT brief").await;
    match outcome {
        Err(error) if error.sqlstate.as_deref() == Some(sqlstate::QUERY_CANCELED) => Ok(ended.map(|_| None)?),
        outcome => {
            let done = outcome?;
            ended?;
            Ok(Some(done))
        }
    }
}
