//! Questions about rows that may fail or take long by themselves.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use crate::db::{Connection, brief, guarded};
use crate::error::{Error, Kind, Result};

/// The longest that one statement may take.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// The reason why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Untried {
    /// The reading took too long.
    Slow,
    /// The server refused it.
    Refused(String),
    /// The schema holds objects of strangers that the query could use by mistake.
    Unsafe,
}

/// Runs a query of text arrays that may fail or take long by itself.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn texts(
    connection: &mut Connection,
    sql: &str,
    values: &[String],
) -> Result<std::result::Result<Vec<Vec<Option<String>>>, Untried>> {
    let tried = guarded(connection, async |connection: &mut Connection| {
        brief(connection, LIMIT, async |connection: &mut Connection| {
            let mut query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
            if sql.contains("$1") {
                query = query.bind(values);
            }
            Ok(query.fetch_all(connection).await?)
        })
        .await
    })
    .await?;
    match tried {
        Ok(Some(rows)) => Ok(Ok(rows)),
        Ok(None) => Ok(Err(Untried::Slow)),
        Err(error) => Ok(Err(Untried::Refused(only_of_the_query(error)?))),
    }
}

/// The server's complaint; a connection that is gone stays an error.
pub(super) fn only_of_the_query(error: Error) -> Result<String> {
    if error.kind == Kind::Connection || error.sqlstate.is_none() { Err(error) } else { Ok(error.message()) }
}
