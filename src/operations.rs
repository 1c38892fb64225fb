//! The operator log, `bursar.operations`: who changed application data through bursar. A row is
//! written in the operation's own transaction, so that the two exist together or not at all; a short
//! later one links it into a hash chain, which the audit verifies.

use chrono::{DateTime, Utc};
use sqlx::Executor as _;
use sqlx::types::Uuid;

use crate::db::{self, Connection, Database, WritePermit};
use crate::error::{Error, Result};
pub use crate::store::operations::Logged;
use crate::store::{UPGRADE, operations};

/// The person who runs bursar, besides the database role, which the server knows itself.
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
    /// The id that several rows of one operation share; the server makes one up where it is left out.
    pub operation: Option<Uuid>,
    /// The command.
    pub command: &'a str,
    /// The parameters of the command; no secrets.
    pub parameters: serde_json::Value,
    /// The reason, in the operator's words.
    pub reason: Option<&'a str>,
    /// The end of the operation.
    pub outcome: &'a str,
}

/// Adds a row to the log, where the database has one. Returns whether it has.
///
/// # Errors
/// If the row cannot be written: then the operation must not be either.
pub async fn record(
    connection: &mut Connection,
    actor: &Actor,
    command: &str,
    parameters: &serde_json::Value,
    outcome: &str,
) -> Result<bool> {
    let entry = Entry { operation: None, command, parameters: parameters.clone(), reason: None, outcome };
    if !db::relation_exists(connection, operations::TABLE).await? {
        return Ok(false);
    }
    add(connection, actor, &entry).await.map(|()| true)
}

/// True where this role may add to the log, or there is none.
///
/// # Errors
/// If the server cannot be asked.
pub async fn may_record(connection: &mut Connection) -> Result<bool> {
    let may: Option<bool> = sqlx::query_scalar(
        "SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'INSERT')
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = 'bursar' AND c.relname = 'operations'",
    )
    .fetch_optional(connection)
    .await?;
    Ok(may.unwrap_or(true))
}

/// Adds a row to the log, which has to be there.
///
/// # Errors
/// As [`record`].
pub async fn add(connection: &mut Connection, actor: &Actor, entry: &Entry<'_>) -> Result<()> {
    let Entry { operation, command, parameters, reason, outcome } = entry;
    let operator = actor.operator.as_deref();
    let (os_user, host) = (&actor.os_user, &actor.host);
    let call = operations::add(*operation, os_user, host, operator, command, parameters, *reason, outcome);
    call.run(connection).await
}

/// Links the rows that wait into its hash chain, in a short transaction of its own. Returns how many
/// rows it linked: none where the database has no chain, or another run is at it.
///
/// # Errors
/// If it cannot be done now. Nothing is lost: the rows wait for the next one.
pub async fn link(database: &Database, permit: &WritePermit) -> Result<i64> {
    let mut tx = database.write(permit).await?;
    if !db::relation_exists(&mut tx, operations::UNLINKED).await? {
        return Ok(0);
    }
    // What can be done later is nothing to wait for.
    tx.execute("SET LOCAL lock_timeout = '2s'").await?;
    let (linked,) = operations::link().one(&mut tx).await?;
    tx.commit().await?;
    Ok(linked)
}

/// A filter of the log.
#[derive(Debug, Default)]
pub struct Filter {
    /// Not older than this.
    pub since: Option<DateTime<Utc>>,
    /// Of this command, or of its subcommands.
    pub command: Option<String>,
    /// By this operator, operating-system user or database role.
    pub by: Option<String>,
    /// With a smaller id than this.
    pub before: Option<i64>,
    /// At most so many; zero for all.
    pub limit: usize,
}

/// Rows of the log, newest first.
#[derive(Debug)]
pub struct Page {
    /// Those that are shown.
    pub rows: Vec<Logged>,
    /// The number of rows that fit the filter, whatever `before` and `limit` leave out.
    pub total: i64,
    /// True where older ones follow.
    pub more: bool,
}

impl Page {
    /// The `before` of the next page, where there is one.
    pub fn next(&self) -> Option<i64> {
        self.rows.last().filter(|_| self.more).map(|r| r.id)
    }
}

impl Logged {
    /// The names of the fields, in the order of [`Logged::fields`].
    pub const FIELDS: [&'static str; 11] = [
        "id",
        "operation_id",
        "at",
        "database_role",
        "os_user",
        "host",
        "operator",
        "command",
        "parameters",
        "reason",
        "outcome",
    ];

    /// The fields as text; nothing where there is no value.
    pub fn fields(&self) -> [String; 11] {
        let text = |fact: &Option<String>| fact.clone().unwrap_or_default();
        [
            self.id.to_string(),
            self.operation_id.to_string(),
            self.at.to_string(),
            self.database_role.clone(),
            text(&self.os_user),
            text(&self.host),
            text(&self.operator),
            self.command.clone(),
            self.parameters.as_ref().map(ToString::to_string).unwrap_or_default(),
            text(&self.reason),
            text(&self.outcome),
        ]
    }
}

/// Reads rows of the log, newest first.
///
/// # Errors
/// A usage error where bursar's own schema is missing; refused where the log may not be read.
pub async fn list(connection: &mut Connection, filter: &Filter) -> Result<Page> {
    if !db::relation_exists(connection, operations::TABLE).await? {
        return Err(Error::usage("this database has no operator log: bursar's own schema is missing").hint(UPGRADE));
    }
    let Filter { since, command, by, before, limit: most } = filter;
    let (command, by) = (command.as_deref(), by.as_deref());
    let (total,) = operations::count(*since, command, by).one(&mut *connection).await?;
    // One more than is shown tells whether older ones follow.
    let limit = i64::try_from(*most).ok().filter(|l| *l > 0).map(|l| l.saturating_add(1));
    let mut rows = operations::page(*since, command, by, *before, limit).all(connection).await?;
    let more = *most > 0 && rows.len() > *most;
    if more {
        rows.truncate(*most);
    }
    Ok(Page { rows, total, more })
}
