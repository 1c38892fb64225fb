//! Verifies a pack's queries against a database: each is prepared, and its columns are compared
//! with what the engine expects. This is the compile-time check of a pack.

use sqlx::{AssertSqlSafe, Column as _, Executor as _, PgConnection, SqlSafeStr as _, Statement as _};

use super::{Pack, Sql};
use crate::db;
use crate::error::{Error, Result};

/// Prepares every query of the pack.
///
/// # Errors
/// A usage error for the first query that is wrong, with file, line, column and the server's words.
pub async fn verify(connection: &mut PgConnection, pack: &Pack) -> Result<()> {
    connection.execute(AssertSqlSafe(pack.set_search_path())).await?;
    for (sql, expected) in pack.queries() {
        let columns = columns(connection, sql).await?;
        if let Some(missing) = expected.iter().find(|e| !columns.contains(&(**e).to_owned())) {
            return Err(Error::usage(format!("{}: the query returns no column '{missing}'; it returns {}", sql.file, columns.join(", "))));
        }
    }
    Ok(())
}

async fn columns(connection: &mut PgConnection, sql: &Sql) -> Result<Vec<String>> {
    let statement = connection.prepare(AssertSqlSafe(sql.text.clone()).into_sql_str()).await.map_err(|e| explain(e, sql))?;
    Ok(statement.columns().iter().map(|c| c.name().to_owned()).collect())
}

/// The error of a pack's query with the place in its file.
fn explain(error: sqlx::Error, sql: &Sql) -> Error {
    let place = db::locate(&error, &sql.text);
    let mut error = Error::from(error);
    // A query that the server does not take is a mistake in the pack, not in the data.
    if error.kind == crate::error::Kind::Failed {
        error.kind = crate::error::Kind::Usage;
    }
    match place {
        Some((line, column, text)) => error.context(format!("{}:{line}:{column}: {}", sql.file, text.trim())),
        None => error.context(&sql.file),
    }
}
