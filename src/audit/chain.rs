//! The operator log's hash chain: each row of `bursar.operations` is the one that was linked, and the
//! links hang together without a hole. Whoever may rewrite all of it can make a chain that agrees with
//! itself; only a head that is kept outside the database shows that.

use std::time::Instant;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::finding::{Accepted, Finding};
use super::findings::Findings;
use super::model::{Described, Part};
use super::options::Options;
use super::scope::Scope;
use super::seal::{Digest, MANY_CHANGES};
use crate::db::{self, Connection, Tx, guarded};
use crate::error::{Error, Result};
use crate::packs::{Severity, sealed_table_of, split_key};
use crate::store::{refunds, seals};
use crate::text::quoted;

const ID: &str = "operations.chain";
const CHAIN: &str = include_str!("sql/operations_chain.sql");
const REFUNDS: &str = include_str!("sql/refunds_unlogged.sql");
const LINKS: &str = "bursar.operation_links";

/// The extent of the chain.
#[derive(Debug)]
pub struct Extent {
    /// Number of rows of the log.
    pub operations: i64,
    /// Number of rows that wait for their link.
    pub unlinked: i64,
    /// Those that have waited for longer than that takes, where there are some.
    pub waiting: Option<Waiting>,
    /// The last link, if there is one.
    pub head: Option<Head>,
}

/// The last link of the chain.
#[derive(Debug)]
pub struct Head {
    /// The position, from 1.
    pub position: i64,
    /// The digest in hexadecimal digits.
    pub digest: String,
}

/// Rows that wait for their link for longer than linking takes.
#[derive(Debug, serde::Serialize)]
pub struct Waiting {
    /// Number of rows.
    pub rows: i64,
    /// Time at which the oldest was written, RFC 3339.
    pub since: String,
    /// The sessions that keep others from linking at this moment; none where nobody does.
    pub held_by: Option<String>,
}

/// The place in the chain of a head that was kept.
#[derive(Debug)]
pub struct Place {
    /// The position of its link.
    pub position: i64,
    /// The row that it links.
    pub operation: i64,
    /// Time at which that row was written, RFC 3339; none if the row is gone.
    pub at: Option<String>,
}

pub(super) fn described() -> Described {
    Described {
        id: ID.to_owned(),
        title: "The operator log is unchanged".to_owned(),
        severity: Severity::Error,
        reads: ["bursar.operations", LINKS, "bursar.unlinked_operations"].map(str::to_owned).to_vec(),
        why: "Whoever changes the log of who did what can hide everything else that they did.".to_owned(),
        remedy:
            "Compare the log with a backup that is older than the change, and find out who had the rights to make it."
                .to_owned(),
        sql: chain(),
    }
}

pub(super) async fn check(tx: &mut Tx, scope: &Scope<'_>) -> Result<Part> {
    let mut part = Part::default();
    let why_not = match &scope.options.account {
        Some(_) => Some("--account asks for one account"),
        None => why_not(tx).await?,
    };
    if let Some(reason) = why_not {
        part.skip(&described(), reason);
        return Ok(part);
    }
    let started = Instant::now();
    let outcome = guarded(tx, async |connection| {
        let mut found = findings(connection, scope.options).await?;
        restarts(connection, &scope.pack.name, &mut found).await?;
        Ok(found)
    })
    .await?;
    part.record(&described(), started, outcome);
    tx.execute(AssertSqlSafe(scope.pack.set_search_path())).await?;
    Ok(part)
}

/// The reason why there is no chain to verify, if there is none.
async fn why_not(connection: &mut Connection) -> Result<Option<&'static str>> {
    if db::relation_exists(connection, LINKS).await? {
        Ok(None)
    } else if db::relation_exists(connection, "bursar.operations").await? {
        Ok(Some("bursar's schema is older than the chain: bursar migrate up"))
    } else {
        Ok(Some("bursar did not migrate this database"))
    }
}

/// Verifies the chain, in the transaction's snapshot, and says how far it reaches.
///
/// # Errors
/// A usage error if bursar's own schema is missing or older; otherwise where it cannot be read.
pub async fn verify(tx: &mut Tx, limit: usize) -> Result<(Findings, Extent)> {
    if let Some(reason) = why_not(tx).await? {
        return Err(Error::usage(format!("there is no chain to verify: {reason}")).hint(crate::store::UPGRADE));
    }
    let mut found = findings(tx, &Options { limit, ..Options::default() }).await?;
    found.finish()?;
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM bursar.operations) AS operations,
                (SELECT count(*) FROM bursar.unlinked_operations) AS unlinked, l.position, l.digest
           FROM (VALUES (1)) AS one LEFT JOIN (SELECT position, digest FROM bursar.operation_links ORDER BY position DESC LIMIT 1) AS l ON true",
    )
    .fetch_one(&mut **tx)
    .await?;
    let (position, digest): (Option<i64>, Option<Vec<u8>>) = (row.try_get("position")?, row.try_get("digest")?);
    let head = position.zip(digest.map(hex::encode)).map(|(position, digest)| Head { position, digest });
    let waiting = waiting(tx).await?;
    Ok((found, Extent { operations: row.try_get("operations")?, unlinked: row.try_get("unlinked")?, waiting, head }))
}

/// The rows that wait for over a minute.
async fn waiting(connection: &mut Connection) -> Result<Option<Waiting>> {
    let row = sqlx::query(
        r#"SELECT count(*) AS rows, to_char(min(o.at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
             FROM bursar.unlinked_operations q JOIN bursar.operations o ON o.id = q.id
            WHERE o.at < clock_timestamp() - interval '1 minute'"#,
    )
    .fetch_one(&mut *connection)
    .await?;
    let (rows, since): (i64, Option<String>) = (row.try_get("rows")?, row.try_get("since")?);
    let Some(since) = since.filter(|_| rows > 0) else { return Ok(None) };
    // Whoever has the turn holds a lock on the table of the turn until its transaction ends.
    let held_by = sqlx::query_scalar(
        "SELECT string_agg(format('%s (pid %s, role %s)', coalesce(nullif(a.application_name, ''), 'a session without a name'),
                                  l.pid, coalesce(a.usename, 'unknown')), '; ' ORDER BY l.pid)
           FROM pg_locks l
           JOIN pg_class c ON c.oid = l.relation AND c.relname = 'operation_turn'
           JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'bursar'
           LEFT JOIN pg_stat_activity a ON a.pid = l.pid
          WHERE l.locktype = 'relation' AND l.granted AND l.mode <> 'AccessShareLock'
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    .fetch_one(connection)
    .await?;
    Ok(Some(Waiting { rows, since, held_by }))
}

/// Finds the place in the chain of a head that was kept; none if it is not in the chain.
///
/// # Errors
/// If the chain cannot be read.
pub async fn find(tx: &mut Tx, head: &Digest) -> Result<Option<Place>> {
    let row = sqlx::query(
        r#"SELECT l.position, l.operation_row, to_char(o.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
             FROM bursar.operation_links l LEFT JOIN bursar.operations o ON o.id = l.operation_row WHERE l.digest = $1"#,
    )
    .bind(head.as_slice())
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(Place {
            position: row.try_get("position")?,
            operation: row.try_get("operation_row")?,
            at: row.try_get("at")?,
        })
    })
    .transpose()
}

/// A head that was kept and is not in the chain, as a finding.
pub fn lost(head: &Digest) -> Finding {
    Finding {
        check: ID.to_owned(),
        kind: Some("head".to_owned()),
        severity: Severity::Error,
        table: LINKS.to_owned(),
        key: hex::encode(head),
        expected: Some("in the chain".to_owned()),
        actual: Some("not in the chain".to_owned()),
        message: "The head that was kept is not in the chain.".to_owned(),
        cause: "The end of the log was cut off, the log was changed and its whole chain computed again, or the head is another database's.".to_owned(),
        remedy: described().remedy,
        ..Finding::default()
    }
    .sealed()
}

/// The statement, which knows when the seals of a table start over by themselves.
fn chain() -> String {
    CHAIN.replace("{many_changes}", &MANY_CHANGES.to_string()) + REFUNDS
}

async fn findings(connection: &mut Connection, options: &Options) -> Result<Findings> {
    let mut found = options.findings();
    // Nothing outside pg_catalog may answer for a function that the query calls.
    connection.execute("SET LOCAL search_path = pg_catalog").await?;
    let mut rows = sqlx::query(AssertSqlSafe(chain())).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        found.push(finding(&row)?)?;
    }
    drop(rows);
    Ok(found)
}

/// Adds the seals of the pack's tables that started over: somebody answers for each, and nobody overlooks it.
async fn restarts(connection: &mut Connection, app: &str, found: &mut Findings) -> Result<()> {
    for seals::Restart { app, seal, root, after, removed, changed, added, at, owner, reason } in
        seals::restarts(app).all(connection).await?
    {
        let ledger = split_key(&app).1.unwrap_or(&app);
        let table = sealed_table_of(ledger).unwrap_or(ledger);
        let finding = Finding {
            check: ID.to_owned(),
            kind: Some("seal_restarted".to_owned()),
            severity: Severity::Warn,
            table: seals::SEALS.to_owned(),
            key: seal.clone(),
            expected: Some(after.clone()),
            actual: Some(root),
            message: format!(
                "Seal {seal} of {table} started over at {at}. Of the rows that the seal before it covers, {removed} were removed, {changed} changed and {added} added."
            ),
            cause: format!("{owner} asked for it."),
            remedy: format!("To see which rows these are: bursar audit --verify-seal {}", quoted(&after)),
            ..Finding::default()
        };
        found.push_accepted(finding.sealed(), Accepted::restarted(owner, reason))?;
    }
    Ok(())
}

fn finding(row: &PgRow) -> Result<Finding> {
    let (kind, operation): (String, i64) = (row.try_get("kind")?, row.try_get("operation_row")?);
    let position: i64 = row.try_get::<Option<_>, _>("position")?.unwrap_or_default();
    let (expected, found): (Option<String>, Option<String>) = (row.try_get("expected")?, row.try_get("found")?);
    let ((table, key), message, cause) = match about_seal(&kind, operation) {
        Some(told) => told,
        None if kind.starts_with("refund_") => about_refund(&kind, operation),
        None => about_log(&kind, position, operation, expected.as_deref().unwrap_or_default()),
    };
    Ok(Finding {
        check: ID.to_owned(),
        severity: Severity::Error,
        table: table.to_owned(),
        key,
        expected: expected.or_else(|| Some("linked, or waiting".to_owned())),
        actual: found.or_else(|| Some(if kind == "unlinked" { "neither" } else { "no row" }.to_owned())),
        message,
        cause: cause.to_owned(),
        remedy: described().remedy,
        kind: Some(kind),
        ..Finding::default()
    }
    .sealed())
}

/// The row that a finding is about, by its table and key; what is wrong with it; and what did that.
type Told = ((&'static str, String), String, &'static str);

/// The finding about a seal and its row of the log; none for another kind.
fn about_seal(kind: &str, number: i64) -> Option<Told> {
    let seal = || (seals::SEALS, number.to_string());
    Some(match kind {
        "seal_unlogged" => (
            seal(),
            format!("The log holds no operation that made seal {number} with this root."),
            "The log's row was deleted or changed, or the seal was written past bursar.",
        ),
        "restart_unlogged" => (
            seal(),
            format!("Seal {number} of a table starts over, and the log holds no operation that asked for it."),
            "The log's row was replaced, or the seal was changed.",
        ),
        "seal_missing" => (
            ("bursar.operations", number.to_string()),
            format!("The seal that operation {number} made is gone."),
            "The row of the seal was deleted.",
        ),
        _ => return None,
    })
}

/// The finding about a refund and its rows of the log.
fn about_refund(kind: &str, number: i64) -> Told {
    let message = match kind {
        "refund_unlogged" => format!("The log holds no operation that made refund {number}, so it is not believed."),
        "refund_state_unlogged" => {
            format!(
                "The newest operation of refund {number} in the log does not leave it in the state that its row has."
            )
        }
        "refund_step_unlogged" => {
            format!("The history of refund {number} ends in a state that no operation of the log brought about.")
        }
        _ => format!("Refund {number} is not what its newest operation in the log says."),
    };
    (
        (refunds::TABLE, number.to_string()),
        message,
        "The row was written past bursar's functions, or the log's row was deleted or changed.",
    )
}

/// The finding about a row of the log or its link.
fn about_log(kind: &str, position: i64, operation: i64, expected: &str) -> Told {
    let operations = ("bursar.operations", operation.to_string());
    let links = (LINKS, position.to_string());
    match kind {
        "hole" => (
            links,
            format!("Link {position} should be link {expected}: those between are gone."),
            "Links were deleted.",
        ),
        "previous" => (
            links,
            format!("Link {position} does not go on from the digest of the link before it."),
            "A link was put in, taken out or changed.",
        ),
        "row_missing" => (
            operations,
            format!("Operation {operation}, which link {position} is about, is gone."),
            "The row was deleted.",
        ),
        "digest" => (
            operations,
            format!("Operation {operation} is not what link {position} says that it was: its digest is another one."),
            "The row was changed after it was linked, or the link was.",
        ),
        "unlinked" => (
            operations,
            format!("Operation {operation} is neither linked nor waiting for its link."),
            "The row was written past the log's trigger, or its link was deleted.",
        ),
        "acknowledgement" => (
            ("bursar.acknowledgements", operation.to_string()),
            format!("The log holds no operation that made acknowledgement {operation}, so it is not believed."),
            "The row was written past bursar, or the log's row was deleted or changed.",
        ),
        _ => (
            operations,
            format!("Operation {operation}, which waits for its link, is gone."),
            "The row was deleted before it was linked.",
        ),
    }
}
