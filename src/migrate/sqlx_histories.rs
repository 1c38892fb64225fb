//! The histories of a database in sqlx's format, whoever keeps them. They are only read.

use sqlx::AssertSqlSafe;

use crate::db::{self, Connection, quote_identifier};
use crate::error::{Kind, Result};

/// A table in the format of sqlx's history.
#[derive(Debug)]
pub(super) struct History {
    schema: String,
    name: String,
    /// True if this role sees all of its rows.
    is_open: bool,
}

impl History {
    /// The name, as `schema.table`.
    pub(super) fn plain(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

/// True if no history but this one, given as `schema.table`, can have this version half done. A run whose name tells no
/// history is then of this one.
///
/// # Errors
/// If the server cannot be asked.
pub(super) async fn is_alone(connection: &mut Connection, history: &str, version: i64) -> Result<bool> {
    for other in histories(connection).await? {
        if other.plain() == history || other.schema == "bursar" {
            continue;
        }
        // What cannot be read may have it.
        if half_done_in(connection, &other).await?.is_none_or(|rows| rows.iter().any(|(half, _)| *half == version)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The histories of the database.
pub(super) async fn histories(connection: &mut Connection) -> Result<Vec<History>> {
    let rows: Vec<(String, String, bool)> = sqlx::query_as(
        "SELECT n.nspname::text AS schema, c.relname::text AS name,
                pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                    AND NOT pg_catalog.row_security_active(c.oid) AS is_open
           FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind = 'r' AND NOT pg_catalog.pg_is_other_temp_schema(n.oid)
            AND (SELECT pg_catalog.array_agg(a.attname::text ORDER BY a.attname) FROM pg_catalog.pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
                = ARRAY['checksum', 'description', 'execution_time', 'installed_on', 'success', 'version']
            AND 2 = (SELECT count(*) FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = c.oid AND (a.attname, a.atttypid) IN (('version', 'bigint'::regtype), ('success', 'boolean'::regtype)))
          ORDER BY 1, 2",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(schema, name, is_open)| History { schema, name, is_open }).collect())
}

/// The versions and descriptions of what a history says is begun and not finished; `None` where it cannot be read. To read
/// what a stranger has put there could run their code.
pub(super) async fn half_done_in(connection: &mut Connection, history: &History) -> Result<Option<Vec<(i64, String)>>> {
    if !history.is_open {
        return Ok(None);
    }
    match db::relation_exists(&mut *connection, &history.plain()).await {
        Ok(true) => {}
        Ok(false) => return Ok(None),
        Err(error) if error.kind == Kind::Refused => return Ok(None),
        Err(error) => return Err(error),
    }
    let sql = format!(
        "SELECT version, description::text FROM {}.{} {} WHERE NOT success ORDER BY version",
        quote_identifier(&history.schema),
        quote_identifier(&history.name),
        db::OF_A_TABLE
    );
    Ok(Some(sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await?))
}
