//! Our side: payments, refunds and the ledger's units of each payment, from one snapshot.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Column as _, Row as _};

use crate::audit::LedgerQuery;
use crate::db::{self, Tx};
use crate::error::Result;
use crate::packs::Pack;
use crate::payments::Amount;
pub(super) use crate::store::reconciliations::Compared as OurRefund;
use crate::store::{reconciliations, refunds};

/// A payment, as the application has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OurPayment {
    pub id: String,
    pub account: Option<String>,
    /// In minor units of ISO 4217; none where it cannot be told.
    pub amount: Option<i64>,
    /// In capitals.
    pub currency: String,
    pub status: String,
    pub provider: String,
    pub ids: Vec<String>,
    /// True where its status lets it be refunded: it was paid.
    pub refundable: bool,
    /// True where its status counts as refunded, at least in part; none where the pack does not tell.
    pub settled: Option<bool>,
    pub granted: Option<String>,
    pub unit: Option<String>,
    pub created: Option<DateTime<Utc>>,
}

/// A row of our side.
pub(super) enum Ours {
    Payment(OurPayment),
    Refund(OurRefund),
    /// The units of a payment that the ledger has, of one unit: the payment, the unit and their sum.
    Units(String, String, String),
}

/// Reads everything, row by row.
///
/// # Errors
/// If something cannot be read.
pub(super) async fn read(tx: &mut Tx, pack: &Pack, sink: &mut dyn FnMut(Ours) -> Result<()>) -> Result<()> {
    let payments = pack.need_payments()?;
    pack.enter(tx).await?;
    let text = &payments.sql.text;
    let settled = payments.settled(tx.columns(text).await?.iter().any(|column| column.name() == "settled"));
    // An infinity is no time that anything could be compared with.
    let sql = format!(
        "SELECT p.payment_id::text AS id, p.account::text AS account, p.amount::text AS amount, p.currency::text AS currency,
                p.status::text AS status, p.provider::text AS provider, p.provider_ids::text[] AS ids,
                coalesce(p.refundable, false) AS refundable, {settled} AS settled, p.granted::text AS granted,
                p.unit::text AS unit,
                CASE WHEN p.created_at::timestamptz BETWEEN '1900-01-01Z' AND '9000-01-01Z'
                     THEN (extract(epoch FROM p.created_at::timestamptz) * 1000000)::bigint END AS created
           FROM ({text}\n) p"
    );
    let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut **tx);
    while let Some(row) = rows.try_next().await? {
        let amount = Amount::read(payments.amounts, row.try_get("amount")?, row.try_get("currency")?);
        let ids: Option<Vec<Option<String>>> = row.try_get("ids")?;
        sink(Ours::Payment(OurPayment {
            id: row.try_get::<Option<String>, _>("id")?.unwrap_or_default(),
            account: row.try_get("account")?,
            amount: amount.minor,
            currency: amount.currency.unwrap_or_default(),
            status: row.try_get::<Option<String>, _>("status")?.unwrap_or_default(),
            provider: row.try_get::<Option<String>, _>("provider")?.unwrap_or_default(),
            ids: ids.into_iter().flatten().flatten().collect(),
            refundable: row.try_get("refundable")?,
            settled: row.try_get("settled")?,
            granted: row.try_get("granted")?,
            unit: row.try_get("unit")?,
            created: row.try_get::<Option<i64>, _>("created")?.and_then(DateTime::from_timestamp_micros),
        }))?;
    }
    drop(rows);
    if db::relation_exists(tx, refunds::TABLE).await? {
        let mut rows = std::pin::pin!(reconciliations::refunds().stream(tx));
        while let Some(row) = rows.try_next().await? {
            sink(Ours::Refund(row))?;
        }
    }
    let Some(ledger) = &pack.ledger else { return Ok(()) };
    let query = LedgerQuery::new(tx, ledger, None).await?;
    let sql = query
        .fill("SELECT e.ref::text AS payment, e.unit::text AS unit, sum(e.delta)::text AS net FROM ({entries}) AS e");
    let sql = format!(
        "{sql} WHERE e.ref::text IN (SELECT p.payment_id::text FROM ({text}\n) p WHERE p.granted IS NOT NULL)
          GROUP BY e.ref::text, e.unit::text"
    );
    let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(None::<String>).fetch(&mut **tx);
    while let Some(row) = rows.try_next().await? {
        let unit = row.try_get::<Option<String>, _>("unit")?.unwrap_or_default();
        let net = row.try_get::<Option<String>, _>("net")?.unwrap_or_else(|| "0".to_owned());
        sink(Ours::Units(row.try_get("payment")?, unit, net))?;
    }
    Ok(())
}
