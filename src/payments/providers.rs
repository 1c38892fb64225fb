//! Payments by what their gateways know of them.

use sqlx::{AssertSqlSafe, Row as _};

use super::model::{COLUMNS, Payment, source};
use crate::db::Connection;
use crate::error::Result;
use crate::packs::Pack;

/// The payments of a gateway that have one of these ids there, each once.
///
/// # Errors
/// A usage error where the application keeps no payments.
pub async fn of_provider(
    connection: &mut Connection,
    pack: &Pack,
    provider: &str,
    ids: &[String],
) -> Result<Vec<Payment>> {
    let payments = source(connection, pack).await?;
    // Joined, so that one pass over the payments finds all of them.
    let sql = format!(
        "SELECT DISTINCT ON (payment_id) {COLUMNS}
           FROM ({}\n) p CROSS JOIN LATERAL unnest(p.provider_ids::text[]) AS i (id) JOIN unnest($1::text[]) AS w (id) ON w.id = i.id
          WHERE p.provider::text = $2
          ORDER BY payment_id",
        payments.sql.text
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(ids).bind(provider).fetch_all(&mut *connection).await?;
    rows.iter().map(|row| Payment::read(row, payments.amounts)).collect()
}

/// The number of payments that may be refunded, by their gateway.
///
/// # Errors
/// As [`of_provider`].
pub async fn by_provider(connection: &mut Connection, pack: &Pack) -> Result<Vec<(Option<String>, u64)>> {
    let payments = source(connection, pack).await?;
    let sql = format!(
        "SELECT p.provider::text AS provider, count(*) AS payments FROM ({}\n) p
          WHERE coalesce(p.refundable, false) AND cardinality(p.provider_ids::text[]) > 0 GROUP BY 1 ORDER BY 1",
        payments.sql.text
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *connection).await?;
    rows.iter().map(|row| Ok((row.try_get("provider")?, row.try_get::<i64, _>("payments")?.unsigned_abs()))).collect()
}
