//! The totals of each tenant, where the entries say whose they are.

use sqlx::{AssertSqlSafe, Row as _};

use super::query::Query;
use crate::audit::model::TenantTotal;
use crate::db::Connection;
use crate::error::Result;

const TENANTS: &str = include_str!("../sql/tenants.sql");

/// The totals, by tenant and unit; nothing where the entries have no tenant.
pub(super) async fn totals(
    connection: &mut Connection,
    query: &Query,
    ledger: Option<&String>,
) -> Result<Vec<TenantTotal>> {
    let (true, cached) = query.tenants else { return Ok(Vec::new()) };
    let balances = if cached {
        "{balances}"
    } else {
        "SELECT NULL::text AS tenant, NULL::text AS unit, NULL::numeric AS balance, NULL::numeric AS opening WHERE false"
    };
    let sql = query.fill(&TENANTS.replace("{of_tenants}", balances));
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(&query.account).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            Ok(TenantTotal {
                ledger_name: ledger.cloned(),
                tenant: row.try_get("tenant")?,
                unit: row.try_get::<Option<String>, _>("unit")?.unwrap_or_default(),
                accounts: row.try_get("accounts")?,
                entries: row.try_get("entries")?,
                ledger: row.try_get("ledger")?,
                opening: row.try_get("opening")?,
                cached: row.try_get::<Option<String>, _>("cached")?.filter(|_| cached),
                agrees: row.try_get::<bool, _>("agrees")? || !cached,
            })
        })
        .collect()
}
