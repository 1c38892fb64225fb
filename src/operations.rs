//! The operator log, `bursar.operations`: who changed application data through bursar. A row is
//! written in the operation's own transaction, so that the two exist together or not at all; a short
//! later one links it into a hash chain, which the audit verifies.

use sqlx::{Executor as _, PgConnection};
use sqlx::types::Uuid;

use crate::db::{self, Database, WritePermit};
use crate::error::Result;

/// Who runs bursar, besides the database role, which the server knows itself.
///
/// As JSON it is what the functions of the database take as `p_actor`.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Actor {
    /// `--operator` or `BURSAR_OPERATOR`.
    pub operator: Option<String>,
    /// The operating system's user.
    pub os_user: String,
    /// The machine.
    pub host: String,
}

/// One row of the log, but for who and when.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// What several rows of one operation share; the server makes one up where it is left out.
    pub operation: Option<Uuid>,
    /// The command.
    pub command: &'a str,
    /// What it was asked to do; no secrets.
    pub parameters: serde_json::Value,
    /// Why, in the operator's words.
    pub reason: Option<&'a str>,
    /// How it ended.
    pub outcome: &'a str,
}

/// Adds a row to the log, where the database has one. Returns whether it has.
///
/// # Errors
/// Where the row cannot be written: then the operation must not be either.
pub async fn record(
    connection: &mut PgConnection,
    actor: &Actor,
    command: &str,
    parameters: &serde_json::Value,
    outcome: &str,
) -> Result<bool> {
    let entry = Entry { operation: None, command, parameters: parameters.clone(), reason: None, outcome };
    if !db::relation_exists(connection, "bursar.operations").await? {
        return Ok(false);
    }
    add(connection, actor, &entry).await.map(|()| true)
}

/// Adds a row to the log, which has to be there.
///
/// # Errors
/// As [`record`].
pub async fn add(connection: &mut PgConnection, actor: &Actor, entry: &Entry<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO bursar.operations (operation_id, os_user, host, operator, command, parameters, reason, outcome)
         VALUES (coalesce($1, gen_random_uuid()), $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(entry.operation)
    .bind(&actor.os_user)
    .bind(&actor.host)
    .bind(&actor.operator)
    .bind(entry.command)
    .bind(&entry.parameters)
    .bind(entry.reason)
    .bind(entry.outcome)
    .execute(connection)
    .await?;
    Ok(())
}

/// Links what waits in the log into its hash chain, in a short transaction of its own. Returns how many
/// rows it linked: none where the database has no chain, or another run is at it.
///
/// # Errors
/// Where it cannot be done now. Nothing is lost: the rows wait for the next one.
pub async fn link(database: &Database, permit: &WritePermit) -> Result<i64> {
    let mut tx = database.write(permit).await?;
    if !db::relation_exists(&mut tx, "bursar.unlinked_operations").await? {
        return Ok(0);
    }
    // What can be done later is nothing to wait for.
    tx.execute("SET LOCAL lock_timeout = '2s'").await?;
    let linked = sqlx::query_scalar("SELECT bursar.link_operations()").fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(linked)
}
