//! Payments: finding one, and listing many, in whatever way the application keeps them.
//!
//! Row security stays on, so that support sees what its policies show it; what they may hide is for
//! the caller to say ([`crate::db::may_hide`]).

mod amount;
mod details;
mod find;
mod list;

use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

pub use amount::Amount;
pub use details::{LedgerEntry, Refund, entries_of, refunds_of};
pub use find::{By, Found, beginning, find};
pub use list::{Filter, Page, list};

use crate::db::Connection;
use crate::error::Result;
use crate::packs::{Amounts, Pack, Payments};

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// Its id.
    pub payment: String,
    /// Whose it is.
    pub account: Option<String>,
    /// The customer's name and e-mail address, or what is known of them.
    pub customer: Option<String>,
    /// What was paid.
    #[serde(flatten)]
    pub amount: Amount,
    /// The application's word for how it stands.
    pub status: Option<String>,
    /// Whether it may be refunded, as far as its status says.
    pub refundable: bool,
    /// The gateway.
    pub provider: Option<String>,
    /// The gateway's ids of it.
    pub provider_ids: Vec<String>,
    /// How many units of account it granted.
    pub granted: Option<String>,
    /// Which.
    pub unit: Option<String>,
    /// When, RFC 3339 in UTC.
    pub created_at: Option<String>,
}

/// What is read of a row of a pack's payments, `p`.
const COLUMNS: &str = r#"p.payment_id::text AS payment_id, p.account::text AS account, p.customer::text AS customer,
       p.amount::text AS amount, p.currency::text AS currency, p.status::text AS status, coalesce(p.refundable, false) AS refundable,
       p.provider::text AS provider, p.provider_ids::text[] AS provider_ids, p.granted::text AS granted, p.unit::text AS unit,
       coalesce(to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), p.created_at::text) AS created_at"#;

impl Payment {
    fn read(row: &PgRow, amounts: Amounts) -> Result<Self> {
        let ids: Option<Vec<Option<String>>> = row.try_get("provider_ids")?;
        Ok(Payment {
            payment: row.try_get::<Option<String>, _>("payment_id")?.unwrap_or_default(),
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
async fn source<'a>(connection: &mut Connection, pack: &'a Pack) -> Result<&'a Payments> {
    let payments = pack.need_payments()?;
    pack.enter(connection).await?;
    Ok(payments)
}
