//! The tables that no migration may empty: those of the ledger and of payments that have rows.

use sqlx::AssertSqlSafe;
use sqlx::postgres::types::Oid;

use crate::db::{Connection, quote_identifier};
use crate::error::{Error, Result};
use crate::packs::Pack;

/// A table that must not be dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// The name as SQL.
    name: String,
    oid: Oid,
}

/// The tables of the ledger and of payments that have rows, and the partitions of them that have.
pub(super) async fn with_rows(connection: &mut Connection, pack: &Pack) -> Result<Vec<Kept>> {
    let ledger = pack.all_ledgers().flat_map(|l| &l.reads);
    let payments = pack.payments.iter().flat_map(|p| &p.reads);
    let mut kept: Vec<Kept> = Vec::new();
    for table in ledger.chain(payments) {
        let table = format!("{}.{}", quote_identifier(&pack.schema), quote_identifier(table));
        let found: Vec<(Oid, String)> = sqlx::query_as(
            "SELECT c.oid, format('%I.%I', n.nspname, c.relname)
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.oid = to_regclass($1) OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass($1)) WHERE isleaf)",
        )
        .bind(&table)
        .fetch_all(&mut *connection)
        .await?;
        for (oid, name) in found {
            if !kept.iter().any(|k| k.oid == oid) && !is_empty(connection, &name).await? {
                kept.push(Kept { name, oid });
            }
        }
    }
    Ok(kept)
}

async fn is_empty(connection: &mut Connection, table: &str) -> Result<bool> {
    let sql = format!("SELECT NOT EXISTS (SELECT FROM {table})");
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?)
}

/// Refuses where one of these is gone, or has lost its rows, in the transaction that is open.
///
/// # Errors
/// The refusal.
pub(super) async fn still_there(connection: &mut Connection, kept: &[Kept]) -> Result<()> {
    for Kept { name, oid } in kept {
        // It may have another name by now, and its rows.
        let now: Option<String> = sqlx::query_scalar(
            "SELECT format('%s.%I', relnamespace::regnamespace, relname) FROM pg_class WHERE oid = $1",
        )
        .bind(oid)
        .fetch_optional(&mut *connection)
        .await?;
        let lost = match &now {
            Some(now) => is_empty(connection, now).await?,
            None => true,
        };
        if lost {
            return Err(Error::refused(format!("it would drop the rows of {name}"))
                .hint("a ledger and its payments are not dropped by a migration; move the rows elsewhere first"));
        }
    }
    Ok(())
}
