//! An account with its balances and entries.

use crate::audit::{AccountEntry, EntryFilter, LedgerQuery, newest_entries};
use crate::cursor;
use crate::db::Connection;
use crate::error::Result;
use crate::moment::Moment;
use crate::packs::{Ledger, Pack};
use serde::Serialize;
use sqlx::{AssertSqlSafe, Row as _};

pub(super) const BALANCES: &str = include_str!("balances.sql");

/// The balance of an account in a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// The unit.
    pub unit: String,
    /// The balance that the application shows; none where nothing is cached.
    pub balance: Option<String>,
    /// The sum of the entries.
    pub ledger: String,
    /// The number of entries.
    pub entries: i64,
    /// The newest of them.
    pub last_entry: Option<String>,
    /// The time of that.
    pub last_at: Option<Moment>,
    /// The lowest that the balance may be; none without a bound.
    #[serde(skip)]
    pub floor: Option<String>,
    /// True where the two are the same, and every entry has a sign; none where the application caches no balances.
    pub agrees: Option<bool>,
}

/// The account's balances, by unit.
///
/// # Errors
/// A usage error where the application keeps no ledger.
pub async fn balances(connection: &mut Connection, pack: &Pack, account: &str) -> Result<Vec<Balance>> {
    let ledger = source(connection, pack).await?;
    let query = LedgerQuery::new(connection, ledger, Some(account)).await?;
    let rows = sqlx::query(AssertSqlSafe(query.fill(BALANCES))).bind(account).fetch_all(connection).await?;
    let balances = rows.iter().map(|row| {
        Ok(Balance {
            unit: row.try_get::<Option<String>, _>("unit")?.unwrap_or_default(),
            balance: row.try_get("balance")?,
            ledger: row.try_get("ledger")?,
            entries: row.try_get("entries")?,
            last_entry: row.try_get("last_entry")?,
            last_at: row.try_get("last_at")?,
            floor: row.try_get("floor")?,
            agrees: row.try_get("agrees")?,
        })
    });
    balances.collect()
}

/// A page of an account's entries, newest first.
#[derive(Debug)]
pub struct Entries {
    /// The entries.
    pub entries: Vec<AccountEntry>,
    /// The number of all that match the filter, on whatever page.
    pub total: i64,
    /// The `before` of the next page, where there is one.
    pub next: Option<String>,
}

/// The account's newest entries. A limit of 0 is none.
///
/// # Errors
/// Usage errors: no ledger, or the filter's `before` is no entry of the account's.
pub async fn history(
    connection: &mut Connection,
    pack: &Pack,
    account: &str,
    filter: &EntryFilter,
    limit: usize,
) -> Result<Entries> {
    let ledger = source(connection, pack).await?;
    let rows = Some(cursor::one_more(limit)).filter(|rows| *rows > 0);
    let (mut entries, total) = newest_entries(connection, ledger, account, filter, rows).await?;
    let has_more = cursor::cut(&mut entries, limit);
    let next = entries.last().and_then(|e| e.line.entry.clone()).filter(|_| has_more);
    Ok(Entries { entries, total, next })
}

/// The pack's ledger, once its names mean its own schema.
pub(super) async fn source<'a>(connection: &mut Connection, pack: &'a Pack) -> Result<&'a Ledger> {
    let ledger = pack.need_ledger()?;
    pack.enter(connection).await?;
    Ok(ledger)
}
