//! A payment, its entries and its refunds.

use super::amount::Amount;
use crate::db::Connection;
use crate::error::Result;
use crate::ids::PaymentId;
use crate::moment::Moment;
use crate::packs::{Amounts, Pack, Payments};
use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// Its id.
    pub payment: PaymentId,
    /// The account.
    pub account: Option<String>,
    /// The customer's name and e-mail address, as far as they are known.
    pub customer: Option<String>,
    /// The amount.
    #[serde(flatten)]
    pub amount: Amount,
    /// The application's word for its status.
    pub status: Option<String>,
    /// True where it may be refunded, as far as its status says.
    pub refundable: bool,
    /// The gateway.
    pub provider: Option<String>,
    /// The gateway's ids of it.
    pub provider_ids: Vec<String>,
    /// The number of units of account that it granted.
    pub granted: Option<String>,
    /// Their unit.
    pub unit: Option<String>,
    /// The time.
    pub created_at: Option<Moment>,
}

/// The columns of a row of a pack's payments, `p`.
pub(super) const COLUMNS: &str = "p.payment_id::text AS payment_id, p.account::text AS account, p.customer::text AS customer,
       p.amount::text AS amount, p.currency::text AS currency, p.status::text AS status, coalesce(p.refundable, false) AS refundable,
       p.provider::text AS provider, p.provider_ids::text[] AS provider_ids, p.granted::text AS granted, p.unit::text AS unit,
       p.created_at::timestamptz AS created_at";

impl Payment {
    pub(super) fn read(row: &PgRow, amounts: Amounts) -> Result<Self> {
        let ids: Option<Vec<Option<String>>> = row.try_get("provider_ids")?;
        Ok(Payment {
            payment: row.try_get::<Option<String>, _>("payment_id")?.unwrap_or_default().into(),
            account: row.try_get("account")?,
            customer: row.try_get("customer")?,
            amount: Amount::read(amounts, row.try_get("amount")?, row.try_get("currency")?),
            status: row.try_get("status")?,
            refundable: row.try_get("refundable")?,
            provider: row.try_get("provider")?,
            provider_ids: ids.into_iter().flatten().flatten().collect(),
            granted: row.try_get("granted")?,
            unit: row.try_get("unit")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

/// The pack's payments, once its names mean its own schema.
pub(super) async fn source<'a>(connection: &mut Connection, pack: &'a Pack) -> Result<&'a Payments> {
    let payments = pack.need_payments()?;
    pack.enter(connection).await?;
    Ok(payments)
}
