//! What row level security and missing privileges may keep from us.

use sqlx::Executor as _;

use super::Connection;
use crate::error::Result;

/// The tables of which policies may hide rows from this role: those it may read, and for which no
/// policy shows it every row. Empty where nothing is hidden.
///
/// # Errors
/// Only if the server cannot be asked.
pub async fn may_hide(connection: &mut Connection, schema: &str, tables: &[String]) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "WITH applying AS (
             SELECT p.polrelid, p.polpermissive, pg_get_expr(p.polqual, p.polrelid) = 'true' AS shows_all
               FROM pg_policy p
              WHERE p.polcmd IN ('r', '*')
                AND EXISTS (SELECT FROM unnest(p.polroles) AS r WHERE CASE r WHEN 0 THEN true ELSE pg_has_role(r, 'USAGE') END))
         SELECT c.relname::text
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = $1 AND c.relname = ANY ($2)
            AND row_security_active(c.oid) AND has_any_column_privilege(c.oid, 'SELECT')
            AND (NOT EXISTS (SELECT FROM applying a WHERE a.polrelid = c.oid AND a.polpermissive AND a.shows_all)
                 OR EXISTS (SELECT FROM applying a WHERE a.polrelid = c.oid AND NOT a.polpermissive AND a.shows_all IS NOT TRUE))
          ORDER BY 1",
    )
    .bind(schema)
    .bind(tables)
    .fetch_all(connection)
    .await?)
}

/// True where the role may become the auditor, who sees past policies. A member of `bursar_auditor` inherits its grants, but
/// not that.
///
/// # Errors
/// Only if the server cannot be asked.
pub async fn may_become_auditor(connection: &mut Connection) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bursar_auditor' AND rolbypassrls AND pg_has_role(oid, 'MEMBER'))",
    )
    .fetch_one(connection)
    .await?)
}

/// True where the auditor may read each of these tables that the role itself may read.
///
/// # Errors
/// Only if the server cannot be asked.
pub async fn auditor_reads_all(connection: &mut Connection, schema: &str, tables: &[String]) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT NOT EXISTS (
             SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles a ON a.rolname = 'bursar_auditor'
              WHERE n.nspname = $1 AND c.relname = ANY ($2)
                AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
                AND NOT (has_schema_privilege(a.oid, n.oid, 'USAGE') AND has_any_column_privilege(a.oid, c.oid, 'SELECT')))",
    )
    .bind(schema)
    .bind(tables)
    .fetch_one(connection)
    .await?)
}

/// Lets the rest of a transaction that reads see every row of these tables, as the auditor where policies hide rows from
/// the role itself, and where the auditor may read all that it may. Returns the tables of which rows may be hidden still.
///
/// # Errors
/// Only if the server cannot be asked.
pub async fn see_all(connection: &mut Connection, schema: &str, tables: &[String]) -> Result<Vec<String>> {
    let hidden = may_hide(connection, schema, tables).await?;
    if hidden.is_empty()
        || !may_become_auditor(connection).await?
        || !auditor_reads_all(connection, schema, tables).await?
    {
        return Ok(hidden);
    }
    connection.execute("SAVEPOINT role").await?;
    if connection.execute("SET LOCAL ROLE bursar_auditor").await.is_ok() {
        connection.execute("RELEASE SAVEPOINT role").await?;
        return may_hide(connection, schema, tables).await;
    }
    connection.execute("ROLLBACK TO SAVEPOINT role; RELEASE SAVEPOINT role").await?;
    Ok(hidden)
}

/// Runs a piece of a transaction that only reads with every row of these tables in sight, as [`see_all`], and lets the rest
/// of the transaction read as before. Returns with it the tables of which rows may have been hidden still.
///
/// # Errors
/// The piece's own, and if the server cannot be asked.
pub async fn seeing_all<T>(
    connection: &mut Connection,
    schema: &str,
    tables: &[String],
    piece: impl AsyncFnOnce(&mut Connection) -> Result<T>,
) -> Result<(T, Vec<String>)> {
    connection.execute("SAVEPOINT seeing").await?;
    let hidden = see_all(connection, schema, tables).await?;
    let seen = piece(connection).await?;
    // The role goes back to what it was.
    connection.execute("ROLLBACK TO SAVEPOINT seeing; RELEASE SAVEPOINT seeing").await?;
    Ok((seen, hidden))
}

/// The roles of bursar's that may execute the function of bursar's that this role was refused, by its name in the server's
/// words, which may be in any language. The least comes first. With them, the GRANT to this role.
///
/// # Errors
/// Only if the server cannot be asked.
pub async fn helping_roles(connection: &mut Connection, words: &str) -> Result<Option<(Vec<String>, String)>> {
    let roles: Vec<String> = sqlx::query_scalar(
        r"SELECT r.rolname::text
            FROM pg_roles r
           WHERE r.rolname IN ('bursar_auditor', 'bursar_support', 'bursar_operator') AND NOT pg_has_role(r.oid, 'MEMBER')
             AND EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                          WHERE n.nspname = 'bursar' AND $1 ~ ('\m' || p.proname || '\M')
                            AND NOT has_function_privilege(p.oid, 'EXECUTE') AND has_function_privilege(r.oid, p.oid, 'EXECUTE'))
           ORDER BY array_position(ARRAY['bursar_auditor', 'bursar_support', 'bursar_operator'], r.rolname::text)",
    )
    .bind(words)
    .fetch_all(&mut *connection)
    .await?;
    let Some(least) = roles.first() else { return Ok(None) };
    let grant: String = sqlx::query_scalar("SELECT format('GRANT %I TO %I', $1::text, session_user)")
        .bind(least)
        .fetch_one(connection)
        .await?;
    Ok(Some((roles, grant)))
}
