//! The operator log, `bursar.operations`: who changed application data through bursar. A row is
//! written in the operation's own transaction, so that the two exist together or not at all; a short
//! later one links it into a hash chain, which the audit verifies.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use crate::db::{self, Connection, Database, WritePermit};
use crate::error::{Error, Result};

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
    connection: &mut Connection,
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
pub async fn add(connection: &mut Connection, actor: &Actor, entry: &Entry<'_>) -> Result<()> {
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

/// Which rows of the log to list.
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
    /// How many fit the filter, whatever `before` and `limit` leave out.
    pub total: i64,
    /// Whether older ones follow.
    pub more: bool,
}

impl Page {
    /// What `before` of the next page is, where there is one.
    pub fn next(&self) -> Option<i64> {
        self.rows.last().filter(|_| self.more).map(|r| r.id)
    }
}

/// A row of the log.
#[derive(Debug, serde::Serialize)]
pub struct Logged {
    /// Its id.
    pub id: i64,
    /// What several rows of one operation share.
    pub operation_id: String,
    /// When, RFC 3339.
    pub at: String,
    /// The database role.
    pub database_role: String,
    /// The operating system's user.
    pub os_user: Option<String>,
    /// The machine.
    pub host: Option<String>,
    /// Who, as they named themselves.
    pub operator: Option<String>,
    /// The command.
    pub command: String,
    /// What it was asked to do.
    pub parameters: Option<serde_json::Value>,
    /// Why.
    pub reason: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
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

    fn read(row: &PgRow) -> Result<Self> {
        Ok(Logged {
            id: row.try_get("id")?,
            operation_id: row.try_get("operation_id")?,
            at: row.try_get("at")?,
            database_role: row.try_get("database_role")?,
            os_user: row.try_get("os_user")?,
            host: row.try_get("host")?,
            operator: row.try_get("operator")?,
            command: row.try_get("command")?,
            parameters: row.try_get("parameters")?,
            reason: row.try_get("reason")?,
            outcome: row.try_get("outcome")?,
        })
    }

    /// The fields as text; nothing where there is no value.
    pub fn fields(&self) -> [String; 11] {
        let text = |fact: &Option<String>| fact.clone().unwrap_or_default();
        [
            self.id.to_string(),
            self.operation_id.clone(),
            self.at.clone(),
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
    if !db::relation_exists(connection, "bursar.operations").await? {
        return Err(Error::usage("this database has no operator log: bursar's own schema is missing")
            .hint("bursar migrate up --only bursar"));
    }
    const FITS: &str = "($1::timestamptz IS NULL OR at >= $1)
        AND ($2::text IS NULL OR command = $2 OR starts_with(command, $2 || ' '))
        AND ($3::text IS NULL OR $3 IN (operator, os_user, database_role))";
    let total = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM bursar.operations WHERE {FITS}")))
        .bind(filter.since)
        .bind(&filter.command)
        .bind(&filter.by)
        .fetch_one(&mut *connection)
        .await?;
    // One more than is shown tells whether older ones follow.
    let limit = i64::try_from(filter.limit).ok().filter(|l| *l > 0).map(|l| l.saturating_add(1));
    let sql = format!(
        r#"SELECT id, operation_id::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, database_role,
                  os_user, host, operator, command, parameters, reason, outcome
             FROM bursar.operations WHERE {FITS} AND ($4::bigint IS NULL OR id < $4) ORDER BY id DESC LIMIT $5"#
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(filter.since)
        .bind(&filter.command)
        .bind(&filter.by)
        .bind(filter.before)
        .bind(limit)
        .fetch_all(connection)
        .await?;
    let mut rows = rows.iter().map(Logged::read).collect::<Result<Vec<_>>>()?;
    let more = filter.limit > 0 && rows.len() > filter.limit;
    if more {
        rows.truncate(filter.limit);
    }
    Ok(Page { rows, total, more })
}
