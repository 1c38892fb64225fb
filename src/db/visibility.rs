//! What row level security may keep from us.

use super::Connection;
use crate::error::Result;

/// The tables of which policies may hide rows from this role: those it may read, and for which no
/// policy shows it every row. Empty where nothing is hidden.
///
/// # Errors
/// Only where the server cannot be asked.
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
