//! Verifies a pack's queries against a database: each is prepared, and its columns are compared
//! with what the engine expects. This is the compile-time check of a pack.

use sqlx::{AssertSqlSafe, Column as _, Executor as _, SqlSafeStr as _, Statement as _};

use super::model::Pack;
use super::problem::Problem;
use super::sql::Sql;
use crate::db::{self, Connection, sqlstate};
use crate::error::{Error, Result};

/// Prepares every query of the pack inside the open transaction, and returns the defects, those of its types included.
///
/// # Errors
/// If the connection is lost.
pub async fn verify(connection: &mut Connection, pack: &Pack) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    pack.enter_to_prepare(connection).await?;
    for (sql, expected) in pack.queries() {
        // A failed query spoils the transaction, and the next one still has to be looked at.
        connection.execute("SAVEPOINT query").await?;
        let sql = &Sql { file: sql.file.clone(), text: sql.filled(connection).await? };
        let mut prepared = connection.prepare(AssertSqlSafe(sql.text.clone()).into_sql_str()).await;
        // Behind a pooler, another client may have left a statement there under the name that this one
        // was to have; the next try has the next name.
        while matches!(&prepared, Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(sqlstate::DUPLICATE_PREPARED_STATEMENT))
        {
            connection.execute("ROLLBACK TO SAVEPOINT query").await?;
            prepared = connection.prepare(AssertSqlSafe(sql.text.clone()).into_sql_str()).await;
        }
        let problem = match prepared {
            Err(error) if may_lack(pack, sql, &error) => None,
            Err(error) if is_denied(&error) => None,
            Err(error) => Some(place(error, sql, &sql.text, 0)?),
            Ok(statement) => {
                let found: Vec<&str> = statement.columns().iter().map(|c| c.name()).collect();
                expected.iter().find(|e| !found.contains(e)).map(|missing| Problem {
                    file: sql.file.clone(),
                    line: None,
                    column: None,
                    text: None,
                    message: format!("the query returns no column '{missing}'; it returns {}", found.join(", ")),
                })
            }
        };
        connection.execute("ROLLBACK TO SAVEPOINT query; RELEASE SAVEPOINT query").await?;
        problems.extend(problem);
    }
    problems.extend(super::types::wrong_types(connection, pack).await?);
    Ok(problems)
}

/// True if this role may not use a schema that is named, which is no defect of the pack: whoever runs the query says so, with
/// the missing right.
fn is_denied(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(e) if e.code().as_deref() == Some(sqlstate::INSUFFICIENT_PRIVILEGE))
}

/// True if a table is missing that only newer versions of a queue have: what a built-in pack says in `jobs/` is then not
/// there.
pub(super) fn may_lack(pack: &Pack, sql: &Sql, error: &sqlx::Error) -> bool {
    let missing = matches!(error, sqlx::Error::Database(e) if e.code().as_deref() == Some(sqlstate::UNDEFINED_TABLE));
    missing && pack.is_built_in() && sql.file.contains("/jobs/")
}

/// The server's complaint with its place in the file, which stands in what was run behind so many bytes; a lost
/// connection stays an error.
pub(super) fn place(error: sqlx::Error, sql: &Sql, run: &str, before: usize) -> Result<Problem> {
    let at = db::position(&error, run).and_then(|at| at.checked_sub(before)).filter(|at| *at < run.len() - before);
    let at = at.map(|at| crate::text::locate(&run[before..], at));
    let error = Error::from(error);
    if error.sqlstate.is_none() || error.kind == crate::error::Kind::Connection {
        return Err(error);
    }
    let (line, column, text) = at.map_or((None, None, None), |at| (Some(at.line), Some(at.column), Some(at.text)));
    Ok(Problem { file: sql.file.clone(), line, column, text, message: error.message() })
}
