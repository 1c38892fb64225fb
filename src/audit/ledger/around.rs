//! The entries of an account in their order: what is stored beside what follows from the amounts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::loops::Joined;
use super::query::Query;
use crate::audit::finding::{EntryLine, trimmed};
use crate::audit::findings::Findings;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::packs::Ledger;

const ORDERED: &str = include_str!("../sql/ordered.sql");
const AROUND: &str = include_str!("../sql/around.sql");
const NEWEST: &str = include_str!("../sql/newest.sql");

/// The balances before and after each entry of an account's unit, and the ends of its chain.
const CHAIN: &str = "SELECT trim_scale([[!opening:0]][[opening:coalesce(o.opening, 0)]]::numeric)::text,
       trim_scale((e.running - e.delta)::numeric)::text, trim_scale(e.running::numeric)::text
  FROM ({entries}) AS e[[opening: LEFT JOIN ({balances}) AS o ON o.account = e.account AND o.unit = e.unit]]
 WHERE coalesce(e.unit::text, '') = $2 AND e.running IS NOT NULL AND e.delta IS NOT NULL";

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
    let mut chains = Chains::default();
    let total = rows.first().map_or(Ok(0), |row| row.try_get("total"))?;
    let mut entries = Vec::new();
    for row in &rows {
        let unit = row.try_get::<Option<String>, _>("unit")?.unwrap_or_default();
        let chained = ledger.running && row.try_get::<bool, _>("chained")?;
        let (mut agrees, mut line): (bool, _) = (row.try_get("agrees")?, line(row)?);
        // Where the entries form one whole chain in another order, each is compared with that chain.
        if chained && !agrees && row.try_get("whole")? && chains.holds(connection, &query, &unit, &line).await? {
            agrees = true;
            line.recomputed.clone_from(&line.stored);
        }
        entries.push(AccountEntry { unit, line, agrees: chained.then_some(agrees) });
    }
    Ok((entries, total))
}

/// The chains of an account that are whole in another order than the ledger's, by unit.
#[derive(Default)]
struct Chains(BTreeMap<String, (String, Joined)>);

impl Chains {
    /// True if the entry is part of the chain, and not of a loop apart from it.
    async fn holds(
        &mut self,
        connection: &mut Connection,
        query: &Query,
        unit: &str,
        line: &EntryLine,
    ) -> Result<bool> {
        if !self.0.contains_key(unit) {
            let rows: Vec<(String, String, String)> = sqlx::query_as(AssertSqlSafe(query.fill(CHAIN)))
                .bind(&query.account)
                .bind(unit)
                .fetch_all(connection)
                .await?;
            let mut chain = (String::new(), Joined::default());
            for (start, before, after) in rows {
                chain.1.join(&before, &after);
                chain.0 = start;
            }
            self.0.insert(unit.to_owned(), chain);
        }
        let chain = self.0.get_mut(unit).zip(line.stored.as_deref());
        Ok(chain.is_some_and(|((start, joined), after)| joined.together(start, trimmed(after))))
    }
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
