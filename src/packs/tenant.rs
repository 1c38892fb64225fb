//! A pack that is narrowed to the rows of one tenant.

use sqlx::{AssertSqlSafe, Column as _};

use super::model::{Pack, Topic};
use super::sql::{Sql, TENANT_ASKED, asks_for, placed};
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
            require(connection, sql, tenant).await?;
        }
        for check in &mut pack.checks {
            let lacks = if !check.sources.is_empty() {
                ["{refunds}", "{all_refunds}", "{refund_transitions}"]
                    .iter()
                    .any(|name| asks_for(&check.sql.text, name))
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

    /// The pack whose payments are those of one tenant. Nothing else of it is narrowed.
    ///
    /// # Errors
    /// A usage error where the payments do not say whose they are.
    pub async fn payments_of_tenant(&self, connection: &mut Connection, tenant: &str) -> Result<Pack> {
        self.enter(connection).await?;
        let mut pack = self.clone();
        if let Some(payments) = &mut pack.payments {
            require(connection, &mut payments.sql, tenant).await?;
        }
        Ok(pack)
    }

    /// Refuses a tenant of which no query has a row, where some query of the ledger, of payments or of refunds says whose its
    /// rows are. After [`Pack::enter`].
    ///
    /// # Errors
    /// A usage error: there is no such tenant.
    pub async fn require_tenant(&self, connection: &mut Connection, tenant: &str) -> Result<()> {
        let ledgers = self.all_ledgers().flat_map(|ledger| ledger.queries());
        let payments = self.payments.iter().map(|payments| &payments.sql);
        let queries = ledgers.chain(payments).chain(self.refunds.iter().map(|refunds| &refunds.sql));
        let mut told = false;
        for mut sql in queries.cloned() {
            let asked = guarded(connection, async |connection: &mut Connection| {
                if !narrowed(connection, &mut sql, tenant).await? {
                    return Ok(None);
                }
                let text = format!("SELECT EXISTS (SELECT FROM ({}\n) AS x)", sql.filled(connection).await?);
                Ok(Some(sqlx::query_scalar::<_, bool>(AssertSqlSafe(text)).fetch_one(connection).await?))
            });
            match asked.await? {
                Ok(None) => {}
                Ok(Some(false)) => told = true,
                // What cannot be read says so where it is read.
                Ok(Some(true)) | Err(_) => return Ok(()),
            }
        }
        match told {
            false => Ok(()),
            true => Err(Error::usage(format!("{} has no tenant '{tenant}'", self.name))
                .hint("leave --tenant out for the rows of all tenants")),
        }
    }
}

impl Topic {
    /// The topic about one tenant.
    ///
    /// # Errors
    /// A usage error where its query does not ask for the tenant.
    pub fn of_tenant(&self, tenant: &str) -> Result<Topic> {
        let mut topic = self.clone();
        if !asks_for(&topic.sql.text, TENANT_ASKED) {
            return Err(Error::usage(format!(
                "{} does not ask for {TENANT_ASKED}, so the figures of one tenant cannot be told",
                topic.sql.file
            ))
            .hint("leave --tenant out, or ask for the tenant: see docs/packs.md"));
        }
        topic.sql.text = placed(&topic.sql.text, &[(TENANT_ASKED, &format!("{}::text", quote_literal(tenant)))]);
        Ok(topic)
    }
}

/// Narrows a query to one tenant.
async fn require(connection: &mut Connection, sql: &mut Sql, tenant: &str) -> Result<()> {
    match narrowed(connection, sql, tenant).await? {
        true => Ok(()),
        false => Err(Error::usage(format!(
            "{} returns no column '{TENANT}', so the rows of one tenant cannot be told",
            sql.file
        ))
        .hint("leave --tenant out, or return the column: see docs/packs.md")),
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
