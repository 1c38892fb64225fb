//! The entries of an account in their order: what is stored beside what follows from the amounts.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::query::Query;
use crate::audit::finding::EntryLine;
use crate::audit::findings::Findings;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::packs::Ledger;

const ORDERED: &str = include_str!("../sql/ordered.sql");
const AROUND: &str = include_str!("../sql/around.sql");
const NEWEST: &str = include_str!("../sql/newest.sql");

/// An entry of an account, and whether the balance that it carries follows from the amounts.
#[derive(Debug, Clone, serde::Serialize)]
pub struct AccountEntry {
    /// In which unit.
    pub unit: String,
    /// The entry.
    #[serde(flatten)]
    pub line: EntryLine,
    /// True if the stored balance is the recomputed one; none where the ledger stores none.
    pub agrees: Option<bool>,
}

/// A filter of an account's entries.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    /// Only entries in this unit.
    pub unit: Option<String>,
    /// Only entries from this time on.
    pub since: Option<DateTime<Utc>>,
    /// Only entries before this time.
    pub until: Option<DateTime<Utc>>,
    /// Only entries older than this one.
    pub before: Option<String>,
}

/// The newest entries of an account, newest first, and the number of all that match the filter.
///
/// # Errors
/// A usage error if `before` is no entry of this account's.
pub(crate) async fn newest(
    connection: &mut Connection,
    ledger: &Ledger,
    account: &str,
    filter: &EntryFilter,
    limit: Option<i64>,
) -> Result<(Vec<AccountEntry>, i64)> {
    let EntryFilter { unit, since, until, before } = filter;
    let query = Query::new(connection, ledger, Some(account)).await?;
    if let Some(before) = before {
        let sql = query.fill("SELECT EXISTS (SELECT FROM ({entries}) AS e WHERE e.entry_id::text = $2 AND ($3::text IS NULL OR e.unit::text = $3))");
        let known: bool = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(account)
            .bind(before)
            .bind(unit)
            .fetch_one(&mut *connection)
            .await?;
        if !known {
            return Err(Error::usage(format!("'{before}' is no entry of this account's"))
                .hint("leave --cursor out to begin with the newest"));
        }
    }
    let rows = sqlx::query(AssertSqlSafe(query.fill(&NEWEST.replace("{ordered}", ORDERED))))
        .bind(account)
        .bind(unit)
        .bind(before)
        .bind(limit)
        .bind(since)
        .bind(until)
        .fetch_all(&mut *connection)
        .await?;
    let unchained = unchained(connection, &query, &rows).await?;
    let total = rows.first().map_or(Ok(0), |row| row.try_get("total"))?;
    let entries = rows.iter().map(|row| {
        let unit = row.try_get::<Option<String>, _>("unit")?.unwrap_or_default();
        let agrees: Option<bool> = row.try_get("agrees")?;
        let agrees = agrees.filter(|_| ledger.running && !unchained.contains(&unit));
        Ok(AccountEntry { unit, line: line(row)?, agrees })
    });
    Ok((entries.collect::<Result<_>>()?, total))
}

/// Of the units of these rows, those in which no entry of the ledger carries a running balance.
async fn unchained(connection: &mut Connection, query: &Query, rows: &[PgRow]) -> Result<Vec<String>> {
    let mut lacking: Vec<String> = Vec::new();
    for row in rows {
        let unit = row.try_get::<Option<String>, _>("unit")?.unwrap_or_default();
        if row.try_get::<Option<String>, _>("stored")?.is_none() && !lacking.contains(&unit) {
            lacking.push(unit);
        }
    }
    if lacking.is_empty() {
        return Ok(lacking);
    }
    let sql = query.fill(
        "SELECT u.unit FROM unnest($1::text[]) AS u (unit)
          WHERE NOT EXISTS (SELECT FROM ({ledger}) AS e WHERE coalesce(e.unit::text, '') = u.unit AND e.running IS NOT NULL)",
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(&lacking).fetch_all(connection).await?)
}

/// Adds to each finding of an account the entries around it. Only those that are kept in memory,
/// because nobody reads more.
pub(super) async fn attach(connection: &mut Connection, ledger: &Ledger, findings: &mut Findings) -> Result<()> {
    for finding in findings.in_memory() {
        let (Some(account), Some(unit)) = (&finding.account, &finding.unit) else { continue };
        let query = Query::new(connection, ledger, Some(account)).await?;
        let rows = sqlx::query(AssertSqlSafe(query.fill(&AROUND.replace("{ordered}", ORDERED))))
            .bind(account)
            .bind(unit)
            .bind(&finding.first_bad_entry)
            .fetch_all(&mut *connection)
            .await?;
        for row in &rows {
            finding.entries.push(line(row)?);
        }
    }
    Ok(())
}

fn line(row: &PgRow) -> Result<EntryLine> {
    Ok(EntryLine {
        position: row.try_get("position")?,
        entry: row.try_get("entry")?,
        at: row.try_get("at")?,
        kind: row.try_get("kind")?,
        r#ref: row.try_get("ref")?,
        amount: row.try_get("amount")?,
        stored: row.try_get("stored")?,
        recomputed: row.try_get("recomputed")?,
    })
}
