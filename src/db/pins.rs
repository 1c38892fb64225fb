//! The settings that our SQL and the server's texts depend on, pinned at the beginning of every transaction.
//!
//! A role, a database or `PGOPTIONS` may set any of them, and would change what a statement means
//! (`standard_conforming_strings`), which object a name is (`search_path`), or what a value looks like as text
//! (`bytea_output`, `quote_all_identifiers`). The text of a project's migration is not
//! ours: it sees what is configured, as in psql.

use sqlx::{AssertSqlSafe, Executor as _};

use super::Connection;
use super::quote::quote_identifier;
use crate::error::Result;

/// The path of bursar's own statements. `pg_temp` is named because it would come first otherwise.
const OWN: &str = "pg_catalog, pg_temp";

/// Each setting, and its value as SQL. `lc_monetary` is not among them: it says what a column of type `money` holds.
const PINNED: [(&str, &str); 16] = [
    ("search_path", OWN),
    ("standard_conforming_strings", "on"),
    ("quote_all_identifiers", "off"),
    ("bytea_output", "hex"),
    ("client_encoding", "'UTF8'"),
    ("TimeZone", "'UTC'"),
    ("DateStyle", "'ISO, MDY'"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "1"),
    ("xmloption", "content"),
    ("array_nulls", "on"),
    ("transform_null_equals", "off"),
    // The audit switches it off, where it reads as somebody who sees everything.
    ("row_security", "on"),
    // A limit would leave out rows that an index finds.
    ("gin_fuzzy_search_limit", "0"),
    ("check_function_bodies", "on"),
    // What the commit takes for the path of deferred triggers: bursar.application_path sets it, and nobody else.
    ("bursar.commit_path", "''"),
];

/// The SQL that pins all of them for the rest of a transaction.
pub(crate) fn pinning() -> String {
    PINNED.map(|(name, value)| format!("SET LOCAL {name} = {value}; ")).concat()
}

/// The SQL that pins all but the search path, for the rest of a session.
pub(super) fn pinning_but_names() -> String {
    let settings = PINNED.iter().filter(|(name, _)| *name != "search_path");
    settings.map(|(name, value)| format!("SET {name} = {value}")).collect::<Vec<_>>().join("; ")
}

/// The SQL that makes names mean what they mean in pg_catalog, for the rest of a transaction.
pub(crate) fn own_path() -> String {
    format!("SET LOCAL search_path = {OWN}; ")
}

/// The SQL that makes them mean what they mean in pg_catalog or else in this schema. Temporary tables come last, so that
/// none can stand in for a real one.
pub(crate) fn path_of(schema: &str) -> String {
    format!("SET LOCAL search_path = pg_catalog, {}, pg_temp; ", quote_identifier(schema))
}

/// Does work of our own in a session that is as it was configured, in a transaction of its own.
///
/// # Errors
/// As the work says; it was rolled back then.
pub(crate) async fn ours<T>(
    connection: &mut Connection,
    work: impl AsyncFnOnce(&mut Connection) -> Result<T>,
) -> Result<T> {
    connection.execute(AssertSqlSafe(format!("BEGIN; {}", pinning()))).await?;
    match work(connection).await {
        Ok(done) => {
            connection.execute("COMMIT").await?;
            Ok(done)
        }
        Err(error) => {
            // Where even this fails, the connection is gone, and the server rolls back by itself.
            let _ = connection.execute("ROLLBACK").await;
            Err(error)
        }
    }
}

/// The schemas of the path that is configured for this role and database, in which a migration's text is run. The
/// transaction's own path is back afterwards.
///
/// # Errors
/// Only if the server cannot be asked.
pub async fn configured_path(connection: &mut Connection) -> Result<Vec<String>> {
    use sqlx::Row as _;
    let sql = format!(
        "SET LOCAL search_path TO DEFAULT; SELECT pg_catalog.array_to_json(pg_catalog.current_schemas(false))::pg_catalog.text; {}",
        own_path()
    );
    let rows = connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
    let json: Option<String> = rows.first().map(|row| row.try_get(0)).transpose()?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}
