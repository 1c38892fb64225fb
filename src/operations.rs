//! The operator log, `bursar.operations`: who changed application data through bursar. A row is
//! written in the operation's own transaction, so that the two exist together or not at all.

use sqlx::PgConnection;

use crate::db;
use crate::error::Result;

/// Who runs bursar, besides the database role, which the server knows itself.
#[derive(Debug, Clone, Default)]
pub struct Actor {
    /// `--operator` or `BURSAR_OPERATOR`.
    pub operator: Option<String>,
    /// The operating system's user.
    pub os_user: String,
    /// The machine.
    pub host: String,
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
    if !db::relation_exists(connection, "bursar.operations").await? {
        return Ok(false);
    }
    sqlx::query("INSERT INTO bursar.operations (os_user, host, operator, command, parameters, outcome) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(&actor.os_user)
        .bind(&actor.host)
        .bind(&actor.operator)
        .bind(command)
        .bind(parameters)
        .bind(outcome)
        .execute(connection)
        .await?;
    Ok(true)
}
