//! The snapshot of a set's schema in `bursar.schema_objects`, which the audit compares with later.

use sqlx::{AssertSqlSafe, Executor as _};

use super::lock::RunLock;
use super::model::Options;
use super::source::Set;
use crate::db::{self, Connection, Session, ours};
use crate::error::Result;
use crate::store::migration_runs;

/// The query of what protects the tables of the schema `$2`; see the file.
pub const SCHEMA_OBJECTS: &str = include_str!("sql/schema_objects.sql");

/// The command that takes the snapshot as the schema is now.
pub const RECORD_SCHEMA: &str = "bursar migrate repair --record-schema";

/// The kinds that a table takes whose constraint names them: it is older than the others.
const FIRST_KINDS: &str = "'trigger', 'constraint', 'rls', 'policy', 'grant'";

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
    migration_runs::forget_schema(&set.run_name).run(&mut *connection).await?;
    if snapshot == SchemaSnapshot::Take {
        // The server's text of an expression depends on the search path; the audit uses this one too.
        connection.execute(AssertSqlSafe(db::own_path())).await?;
        let condition = format!(
            "kind IN ({FIRST_KINDS}) OR NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'schema_objects_kind_check')"
        );
        sqlx::query(AssertSqlSafe(insert(&condition)))
            .bind(&set.run_name)
            .bind(&set.schema)
            .execute(&mut *connection)
            .await?;
        migration_runs::seal_schema(&set.run_name).run(&mut *connection).await?;
    }
    Ok(())
}

/// The SQL that adds those objects of the schema `$2` to the snapshot of the set `$1` for which a condition holds.
fn insert(condition: &str) -> String {
    format!(
        "WITH objects AS ({SCHEMA_OBJECTS})
         INSERT INTO bursar.schema_objects (set_name, kind, relation, object, definition)
         SELECT $1, kind, relation, object, definition FROM objects WHERE {condition}"
    )
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

/// Takes the snapshots of the sets anew, as their schemas are now, and records that: somebody has looked at what changed.
///
/// # Errors
/// A conflict if another run is at it; otherwise as the database says. Nothing was recorded then.
pub async fn record_schema(
    session: &mut Session,
    sets: &[Set],
    options: &Options,
    waiting: impl FnMut(&str),
) -> Result<()> {
    RunLock::acquire(session, options.lock_wait, waiting).await?;
    ours(session, async |c| {
        for set in sets {
            change(c, set, SchemaSnapshot::Take).await?;
            let newest = format!("SELECT coalesce(max(version), 0) FROM {} WHERE success", set.history());
            let version: i64 = sqlx::query_scalar(AssertSqlSafe(newest)).fetch_one(&mut *c).await?;
            let actor = &options.actor;
            migration_runs::recorded(&set.run_name, version, &actor.os_user, &actor.host).run(&mut *c).await?;
        }
        Ok(())
    })
    .await
}

/// The functions of bursar's schema that this transaction has written.
pub(super) async fn written_functions(connection: &mut Connection) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' FROM pg_proc p
          WHERE p.pronamespace = 'bursar'::regnamespace AND p.xmin::text = (txid_current() % 4294967296)::text",
    )
    .fetch_all(connection)
    .await?)
}

/// Brings the snapshot of bursar's schema up to date in these functions, which a pack has just written. One that is not as
/// it was taken stays so.
pub(super) async fn learn_functions(connection: &mut Connection, names: &[String]) -> Result<()> {
    let newest = migration_runs::newest("bursar").optional(&mut *connection).await?;
    if newest.is_none_or(|newest| newest.is_tampered() || newest.is_older()) {
        return Ok(());
    }
    migration_runs::forget_functions(names).run(&mut *connection).await?;
    let condition = "kind = 'function' AND relation = 'bursar' AND object = ANY ($3)";
    sqlx::query(AssertSqlSafe(insert(condition)))
        .bind("bursar")
        .bind("bursar")
        .bind(names)
        .execute(&mut *connection)
        .await?;
    migration_runs::seal_schema("bursar").run(connection).await
}
