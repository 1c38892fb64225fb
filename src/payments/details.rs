//! The details of a payment: its entries in the ledger, and its refunds.

use serde::Serialize;
use sqlx::{AssertSqlSafe, Row as _};

use super::model::Payment;
use crate::audit::LedgerQuery;
use crate::db::{self, Connection};
use crate::error::Result;
use crate::ids::PaymentId;
use crate::moment::Moment;
use crate::packs::Pack;
use crate::store::refunds::{self, OfPayment};

/// An entry of the ledger that refers to a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    /// The entry.
    pub entry: Option<String>,
    /// Its kind.
    pub kind: Option<String>,
    /// Its amount, signed.
    pub amount: Option<String>,
    /// The unit.
    pub unit: Option<String>,
    /// The running balance that it carries, where the ledger keeps one.
    pub running: Option<String>,
    /// The time.
    pub at: Option<Moment>,
}

/// The entries of the ledger that refer to the payment, oldest first. Only those of its own account
/// are looked at, which an index finds.
///
/// # Errors
/// If the ledger cannot be read.
pub async fn entries_of(connection: &mut Connection, pack: &Pack, payment: &Payment) -> Result<Vec<LedgerEntry>> {
    let (Some(ledger), Some(account)) = (&pack.ledger, &payment.account) else { return Ok(Vec::new()) };
    let query = LedgerQuery::new(connection, ledger, Some(account)).await?;
    let sql = query.fill(
        "SELECT e.entry_id::text AS entry, e.kind::text AS kind, e.delta::text AS amount, e.unit::text AS unit, e.running::text AS running,
                  e.at::timestamptz AS at
             FROM ({entries}) AS e
            WHERE e.ref::text = $2
            ORDER BY e.at, e.seq, e.entry_id",
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
/// If the refunds cannot be read.
pub async fn refunds_of(connection: &mut Connection, payment: &PaymentId) -> Result<Option<Vec<OfPayment>>> {
    if !db::relation_exists(connection, refunds::TABLE).await? {
        return Ok(None);
    }
    refunds::of_payment(payment).all(connection).await.map(Some)
}
