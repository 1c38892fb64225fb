//! What belongs to a payment: its entries in the ledger, and its refunds.

use serde::Serialize;
use sqlx::{AssertSqlSafe, Row as _};

use super::Payment;
use crate::audit::LedgerQuery;
use crate::db::{self, Connection};
use crate::error::Result;
use crate::packs::Pack;

/// An entry of the ledger that refers to a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    /// The entry.
    pub entry: Option<String>,
    /// Its kind.
    pub kind: Option<String>,
    /// Its amount, signed.
    pub amount: Option<String>,
    /// In which unit.
    pub unit: Option<String>,
    /// The running balance that it carries, where the ledger keeps one.
    pub running: Option<String>,
    /// When, RFC 3339 in UTC.
    pub at: Option<String>,
}

/// A refund of a payment, as bursar keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refund {
    /// Its id.
    pub refund: String,
    /// In minor units of the currency, exact.
    pub amount_minor: String,
    /// ISO 4217.
    pub currency: String,
    /// How it stands.
    pub state: String,
    /// How many units of account were taken back.
    pub units_taken: Option<String>,
    /// Which.
    pub unit: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When it was requested, RFC 3339 in UTC.
    pub created_at: Option<String>,
    /// Through which gateway.
    pub gateway: Option<String>,
    /// The gateway's id of it.
    pub gateway_ref: Option<String>,
}

/// The entries of the ledger that refer to the payment, oldest first. Only those of its own account
/// are looked at, which an index finds.
///
/// # Errors
/// Where the ledger cannot be read.
pub async fn entries_of(connection: &mut Connection, pack: &Pack, payment: &Payment) -> Result<Vec<LedgerEntry>> {
    let (Some(ledger), Some(account)) = (&pack.ledger, &payment.account) else { return Ok(Vec::new()) };
    let query = LedgerQuery::new(connection, ledger, Some(account)).await?;
    let sql = query.fill(
        r#"SELECT e.entry_id::text AS entry, e.kind::text AS kind, e.delta::text AS amount, e.unit::text AS unit, e.running::text AS running,
                  to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
             FROM ({entries}) AS e
            WHERE e.ref::text = $2
            ORDER BY e.at, e.seq, e.entry_id"#,
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(account).bind(&payment.payment).fetch_all(&mut *connection).await?;
    rows.iter()
        .map(|row| {
            Ok(LedgerEntry {
                entry: row.try_get("entry")?,
                kind: row.try_get("kind")?,
                amount: row.try_get("amount")?,
                unit: row.try_get("unit")?,
                running: row.try_get("running")?,
                at: row.try_get("at")?,
            })
        })
        .collect()
}

/// The refunds of a payment, in the order in which they were requested; none where this database
/// keeps no refunds, which is told apart from having none.
///
/// # Errors
/// Where the refunds cannot be read.
pub async fn refunds_of(connection: &mut Connection, payment: &str) -> Result<Option<Vec<Refund>>> {
    if !db::relation_exists(connection, "bursar.refunds").await? {
        return Ok(None);
    }
    let rows = sqlx::query(
        r#"SELECT r.id::text AS id, r.amount::text AS amount, r.currency, r.state, r.units_taken::text AS units_taken, r.unit, r.reason,
                  to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at, r.gateway, r.gateway_ref
             FROM bursar.refunds r
            WHERE r.payment = $1
            ORDER BY r.number"#,
    )
    .bind(payment)
    .fetch_all(connection)
    .await?;
    let refunds = rows.iter().map(|row| {
        Ok(Refund {
            refund: row.try_get("id")?,
            amount_minor: row.try_get("amount")?,
            currency: row.try_get("currency")?,
            state: row.try_get("state")?,
            units_taken: row.try_get("units_taken")?,
            unit: row.try_get("unit")?,
            reason: row.try_get("reason")?,
            created_at: row.try_get("created_at")?,
            gateway: row.try_get("gateway")?,
            gateway_ref: row.try_get("gateway_ref")?,
        })
    });
    refunds.collect::<Result<_>>().map(Some)
}
