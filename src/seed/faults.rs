//! Faults: inconsistencies that are put in to test the checks. Each is a statement of the pack that
//! breaks one thing, and returns the broken row and the checks that must report it.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Column as _, Executor as _, Row as _, SqlSafeStr as _, TypeInfo as _};

use crate::db::Tx;
use crate::error::{Error, Result, ResultExt as _};
use crate::packs::{Fault, Pack};

/// A fault that was put in.
#[derive(Debug, Clone, serde::Serialize)]
pub struct FaultPut {
    /// The kind, as in `--faults KIND`.
    pub kind: String,
    /// The table.
    pub table: String,
    /// The row.
    pub key: String,
    /// The account, if the row belongs to one.
    pub account: Option<String>,
    /// The unit, if the fault concerns one.
    pub unit: Option<String>,
    /// The checks that must report it.
    pub checks: Vec<String>,
    /// The change, in a sentence.
    pub message: String,
}

/// The faults that `--faults` names.
///
/// # Errors
/// A usage error for an unknown kind, which lists the known ones.
pub fn choose(pack: &Pack, wanted: &[String]) -> Result<Vec<Fault>> {
    if wanted.iter().any(|w| w == "all") {
        return Ok(pack.faults.clone());
    }
    wanted
        .iter()
        .map(|kind| {
            pack.faults.iter().find(|f| f.kind == *kind).cloned().ok_or_else(|| {
                let known: Vec<&str> = pack.faults.iter().map(|f| f.kind.as_str()).collect();
                Error::usage(format!("{} has no fault of kind '{kind}'", pack.name))
                    .hint(format!("the kinds are: all, {}", known.join(", ")))
            })
        })
        .collect()
}

/// Puts the faults in, each into accounts that carry none yet. Returns the faults, and the kinds that
/// found no place.
///
/// # Errors
/// A role that may not switch triggers off, and database errors.
pub async fn put(tx: &mut Tx, faults: &[Fault], seed: u64) -> Result<(Vec<FaultPut>, Vec<String>)> {
    let mut done: Vec<FaultPut> = Vec::new();
    let mut impossible = Vec::new();
    if faults.is_empty() {
        return Ok((done, impossible));
    }
    // Immutability is the schema's promise; breaking it on purpose needs its triggers to look away.
    tx.execute("SET LOCAL session_replication_role = replica")
        .await
        .context("faults are put in past the triggers")
        .or_hint("connect as a superuser, as `bursar sandbox url` does")?;
    for fault in faults {
        // A fault may return its application's own types, which have to be known before it is run: see
        // `db::Connection`.
        tx.prepare(AssertSqlSafe(fault.sql.text.clone()).into_sql_str())
            .await
            .context(format!("preparing {}", fault.kind))?;
        let mut avoid: Vec<String> = done.iter().filter_map(|f| f.account.clone()).collect();
        avoid.sort();
        avoid.dedup();
        let rows = sqlx::query(AssertSqlSafe(fault.sql.text.clone()))
            .bind(seed.cast_signed())
            .bind(&avoid)
            .fetch_all(&mut **tx)
            .await
            .context(format!("putting in {}", fault.kind))?;
        if rows.is_empty() {
            impossible.push(fault.kind.clone());
        }
        for row in rows {
            done.push(FaultPut {
                kind: fault.kind.clone(),
                table: text(&row, "table_name")?.unwrap_or_default(),
                key: text(&row, "key")?.unwrap_or_default(),
                account: text(&row, "account")?,
                unit: text(&row, "unit")?,
                checks: row.try_get("checks")?,
                message: text(&row, "message")?.unwrap_or_default(),
            });
        }
    }
    tx.execute("SET LOCAL session_replication_role = origin").await?;
    Ok((done, impossible))
}

/// A column as text. The statement changes data, so it cannot be wrapped in one that casts.
fn text(row: &PgRow, column: &str) -> Result<Option<String>> {
    let kind = row.try_column(column)?.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "UUID" => row.try_get::<Option<uuid::Uuid>, _>(column)?.map(|v| v.to_string()),
        "INT2" | "INT4" | "INT8" => row.try_get::<Option<i64>, _>(column)?.map(|v| v.to_string()),
        // The wire form of text and of an enum is its text.
        _ => row.try_get_unchecked::<Option<String>, _>(column)?,
    })
}
