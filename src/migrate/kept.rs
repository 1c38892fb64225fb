//! The tables whose rows no migration may lose: those of the ledger and of payments that have rows.

use sqlx::AssertSqlSafe;
use sqlx::postgres::types::Oid;

use crate::db::{Connection, quote_identifier};
use crate::error::{Error, Result};
use crate::packs::Pack;

/// A table that must keep its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// The name as SQL.
    name: String,
    oid: Oid,
    /// The relations that hold its rows: itself, or its partitions, by name.
    parts: Vec<(Oid, String)>,
    /// Number of its rows in the transaction that is open, before the text runs.
    rows: i64,
}

/// The tables of the ledger and of payments that have rows.
pub(super) async fn with_rows(connection: &mut Connection, pack: &Pack) -> Result<Vec<Kept>> {
    let ledger = pack.all_ledgers().flat_map(|l| &l.reads);
    let payments = pack.payments.iter().flat_map(|p| &p.reads);
    let mut kept: Vec<Kept> = Vec::new();
    for table in ledger.chain(payments) {
        let name = format!("{}.{}", quote_identifier(&pack.schema), quote_identifier(table));
        let found: Option<(Oid, String)> = sqlx::query_as(
            "SELECT c.oid, format('%I.%I', n.nspname, c.relname)
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)",
        )
        .bind(&name)
        .fetch_optional(&mut *connection)
        .await?;
        let Some((oid, name)) = found.filter(|(oid, _)| !kept.iter().any(|k| k.oid == *oid)) else { continue };
        let has_rows = format!("SELECT EXISTS (SELECT FROM {name})");
        if sqlx::query_scalar(AssertSqlSafe(has_rows)).fetch_one(&mut *connection).await? {
            let parts = parts(connection, oid, &[]).await?;
            kept.push(Kept { name, oid, parts, rows: 0 });
        }
    }
    Ok(kept)
}

/// The relations that hold the rows of a table, and those of these that are still there.
async fn parts(connection: &mut Connection, table: Oid, before: &[Oid]) -> sqlx::Result<Vec<(Oid, String)>> {
    sqlx::query_as(
        "WITH RECURSIVE tree AS (
             SELECT $1 AS oid
             UNION
             SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree t ON t.oid = i.inhparent
         )
         SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname)
           FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'f', 'v', 'm') AND (c.oid IN (SELECT oid FROM tree) OR c.oid = ANY ($2))
          ORDER BY c.oid",
    )
    .bind(table)
    .bind(before)
    .fetch_all(connection)
    .await
}

/// Number of all rows of these.
async fn rows(connection: &mut Connection, parts: &[(Oid, String)]) -> sqlx::Result<i64> {
    let counts: Vec<String> = parts.iter().map(|(_, name)| format!("(SELECT count(*) FROM ONLY {name})")).collect();
    let sql = format!("SELECT 0::bigint + {}", if counts.is_empty() { "0".to_owned() } else { counts.join(" + ") });
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await
}

/// The statement that lets nobody else write to these until the transaction ends, so that the rows can be counted before and
/// after; none where this role may not.
pub(super) async fn lock(connection: &mut Connection, kept: &[Kept]) -> Result<Option<String>> {
    let oids: Vec<Oid> = kept.iter().map(|k| k.oid).collect();
    Ok(sqlx::query_scalar(
        "SELECT 'LOCK TABLE ' || string_agg(format('%I.%I', n.nspname, c.relname), ', ' ORDER BY c.oid)
                || ' IN SHARE ROW EXCLUSIVE MODE'
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.oid = ANY ($1) AND c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')",
    )
    .bind(oids)
    .fetch_one(connection)
    .await?)
}

/// Counts the rows in the transaction that is open.
pub(super) async fn count(connection: &mut Connection, kept: &mut [Kept]) -> sqlx::Result<()> {
    for table in kept {
        let before: Vec<Oid> = table.parts.iter().map(|(oid, _)| *oid).collect();
        table.parts = parts(connection, table.oid, &before).await?;
        table.rows = rows(connection, &table.parts).await?;
    }
    Ok(())
}

/// Refuses where one of these is gone, or has fewer rows, in the transaction that is open.
///
/// # Errors
/// The refusal.
pub(super) async fn still_there(connection: &mut Connection, kept: &[Kept]) -> Result<()> {
    for Kept { name, oid, parts: before, rows: counted } in kept {
        let oids: Vec<Oid> = before.iter().map(|(oid, _)| *oid).collect();
        // They may have other names by now, and a row may have gone from one part to another.
        let now = parts(connection, *oid, &oids).await?;
        let is_gone: bool = sqlx::query_scalar("SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = $1)")
            .bind(oid)
            .fetch_one(&mut *connection)
            .await?;
        if is_gone || rows(connection, &now).await? < *counted {
            let gone = before.iter().find(|(oid, _)| !now.iter().any(|(now, _)| now == oid));
            let lost = gone.map_or(name, |(_, part)| part);
            return Err(Error::refused(format!("it would drop the rows of {lost}"))
                .hint("a ledger and its payments are not dropped by a migration; move the rows elsewhere first"));
        }
    }
    Ok(())
}
