//! The snapshot of a set's schema in `bursar.schema_objects`, which the audit compares with later.

use sqlx::{AssertSqlSafe, Executor as _};

use super::source::Set;
use crate::db::{self, Connection};
use crate::error::Result;

/// The query of what protects the tables of the schema `$2`; see the file.
pub const SCHEMA_OBJECTS: &str = include_str!("sql/schema_objects.sql");

/// A change of the snapshot. It is taken with the last migration of a run and deleted with the first, so that a run
/// that stops half way leaves none rather than a wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SchemaSnapshot {
    /// Delete it: the schema is about to change further.
    Delete,
    /// Take it: the schema stays as it is now.
    Take,
    /// Leave it: it is deleted already.
    Leave,
}

/// Deletes the snapshot of a set's schema, or takes it.
///
/// # Errors
/// As the database says.
pub(super) async fn change(connection: &mut Connection, set: &Set, snapshot: SchemaSnapshot) -> Result<()> {
    if snapshot == SchemaSnapshot::Leave {
        return Ok(());
    }
    crate::store::migration_runs::forget_schema(&set.name).run(&mut *connection).await?;
    if snapshot == SchemaSnapshot::Take {
        // The server's text of an expression depends on the search path; the audit uses this one too.
        connection.execute(AssertSqlSafe(db::own_path())).await?;
        let sql = format!(
            "WITH objects AS ({SCHEMA_OBJECTS})
             INSERT INTO bursar.schema_objects (set_name, kind, relation, object, definition)
             SELECT $1, kind, relation, object, definition FROM objects"
        );
        sqlx::query(AssertSqlSafe(sql)).bind(&set.name).bind(&set.schema).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Takes the snapshot in a transaction of its own, after a run that stopped.
///
/// # Errors
/// As the database says.
pub(super) async fn take_after_stop(connection: &mut Connection, set: &Set) -> Result<()> {
    connection.execute(AssertSqlSafe(format!("ROLLBACK; BEGIN; {}", db::pinning()))).await?;
    change(connection, set, SchemaSnapshot::Take).await?;
    connection.execute("COMMIT").await?;
    Ok(())
}
