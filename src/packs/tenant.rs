//! A pack that is narrowed to the rows of one tenant.

use sqlx::{AssertSqlSafe, Column as _};

use super::model::Pack;
use super::sql::Sql;
use crate::db::{Connection, guarded, quote_literal};
use crate::error::{Error, Result};

/// The optional column that says which organisation a row belongs to.
pub(super) const TENANT: &str = "tenant";

impl Pack {
    /// The pack with the rows of one tenant, after [`Pack::enter`]. A check of its own whose query has no tenant is not made,
    /// and neither is one that reads bursar's refunds, which have none.
    ///
    /// # Errors
    /// A usage error where a query that the others are compared with does not say whose its rows are.
    pub async fn of_tenant(&self, connection: &mut Connection, tenant: &str) -> Result<Pack> {
        let mut pack = self.clone();
        let mut queries: Vec<&mut Sql> = Vec::new();
        if let Some(ledger) = &mut pack.ledger {
            // They are the table's rows no longer.
            ledger.rows_of = None;
            queries.push(&mut ledger.entries);
            queries.extend(&mut ledger.balances);
        }
        queries.extend(pack.payments.as_mut().map(|payments| &mut payments.sql));
        queries.extend(pack.refunds.as_mut().map(|refunds| &mut refunds.sql));
        for sql in queries {
            if !narrowed(connection, sql, tenant).await? {
                return Err(Error::usage(format!(
                    "{} returns no column '{TENANT}', so the rows of one tenant cannot be told",
                    sql.file
                ))
                .hint("leave --tenant out, or return the column: see docs/packs.md"));
            }
        }
        for check in &mut pack.checks {
            let lacks = if !check.sources.is_empty() {
                ["{refunds}", "{all_refunds}", "{refund_transitions}"]
                    .iter()
                    .any(|name| check.sql.text.contains(name))
                    .then_some("bursar's refunds have no tenant")
            } else if narrowed(connection, &mut check.sql, tenant).await? {
                None
            } else {
                Some("its query returns no column tenant")
            };
            check.lacks = check.lacks.take().or(lacks.map(str::to_owned));
        }
        Ok(pack)
    }

    /// True if a row of the ledger or of payments is there, or nobody can say.
    ///
    /// # Errors
    /// If the connection is lost.
    pub async fn has_rows(&self, connection: &mut Connection) -> Result<bool> {
        let ledger = self.ledger.iter().flat_map(|ledger| ledger.queries());
        for sql in ledger.chain(self.payments.iter().map(|payments| &payments.sql)) {
            let text = format!("SELECT EXISTS (SELECT FROM ({}\n) AS x)", sql.text);
            let asked = guarded(connection, async |connection: &mut Connection| {
                Ok(sqlx::query_scalar::<_, bool>(AssertSqlSafe(text)).fetch_one(connection).await?)
            });
            // What cannot be read says so check by check.
            if asked.await?.unwrap_or(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Narrows a query to one tenant; false where it does not say whose its rows are.
async fn narrowed(connection: &mut Connection, sql: &mut Sql, tenant: &str) -> Result<bool> {
    let filled = sql.filled(connection).await?;
    let columns = connection.columns(&filled).await?;
    if columns.iter().all(|column| column.name() != TENANT) {
        return Ok(false);
    }
    sql.text = format!("SELECT t.* FROM ({}\n) AS t WHERE t.{TENANT}::text = {}", sql.text, quote_literal(tenant));
    Ok(true)
}
