//! The history: seals, and audits that were recorded.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::find::exists;
use crate::audit::report::Report;
use crate::db::Tx;
use crate::error::Result;
use crate::moment::Moment;
use crate::operations::Actor;

const HISTORY: &str = include_str!("../sql/history.sql");

/// Seals and recorded audits, newest first.
#[derive(Debug)]
pub struct History {
    /// Those that are shown.
    pub lines: Vec<HistoryLine>,
    /// Number of all lines.
    pub total: i64,
}

/// One seal or one recorded audit.
#[derive(Debug, serde::Serialize)]
pub struct HistoryLine {
    /// The time.
    pub at: Moment,
    /// The application.
    pub app: String,
    /// The operator, or else the operating system's user.
    pub who: Option<String>,
    /// The seal or the audit.
    #[serde(flatten)]
    pub what: HistoryEvent,
}

/// The subject of a line of the history.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum HistoryEvent {
    /// A seal.
    Seal {
        /// Number of the seal.
        id: i64,
        /// The mode, which says which entries are sealed.
        mode: String,
        /// Number of accounts and units.
        accounts: i64,
        /// Number of entries.
        entries: i64,
        /// The root in hexadecimal digits.
        root: String,
    },
    /// An audit.
    Audit {
        /// Number of the audit.
        id: i64,
        /// The verdict.
        verdict: String,
        /// False where some of it could not be read.
        complete: bool,
        /// The depth with which the ledger was read.
        depth: String,
        /// The seal that it trusted or verified, where it did.
        seal: Option<i64>,
        /// Number of checks.
        checks: i32,
        /// Number of checks that passed.
        passed: i32,
        /// Findings of severity error.
        errors: i64,
        /// Findings of severity warn.
        warnings: i64,
        /// Duration in milliseconds.
        duration_ms: i64,
    },
}

/// Reads the newest lines of the history, at most `limit` of them; zero reads all.
///
/// # Errors
/// Usage errors if bursar's own schema is missing or older.
pub async fn history(tx: &mut Tx, limit: usize) -> Result<History> {
    exists(tx, crate::store::seals::AUDITS, "a history of audits").await?;
    let limit = i64::try_from(limit).ok().filter(|l| *l > 0);
    let rows = sqlx::query(HISTORY).bind(limit).fetch_all(&mut **tx).await?;
    let total = rows.first().map_or(Ok(0), |r| r.try_get("of_all"))?;
    Ok(History { lines: rows.iter().map(line).collect::<Result<_>>()?, total })
}

fn line(row: &PgRow) -> Result<HistoryLine> {
    let id = row.try_get("id")?;
    let what = if row.try_get::<String, _>("kind")? == "seal" {
        HistoryEvent::Seal {
            id,
            mode: row.try_get("mode")?,
            accounts: row.try_get("accounts")?,
            entries: row.try_get("entries")?,
            root: hex::encode(row.try_get::<&[u8], _>("root")?),
        }
    } else {
        HistoryEvent::Audit {
            id,
            verdict: row.try_get("verdict")?,
            complete: row.try_get("complete")?,
            depth: row.try_get("depth")?,
            seal: row.try_get("seal_id")?,
            checks: row.try_get("checks")?,
            passed: row.try_get("passed")?,
            errors: row.try_get("errors")?,
            warnings: row.try_get("warnings")?,
            duration_ms: row.try_get("duration_ms")?,
        }
    };
    Ok(HistoryLine { at: row.try_get("at")?, app: row.try_get("app")?, who: row.try_get("who")?, what })
}

/// Looks whether the database can remember an audit.
///
/// # Errors
/// Usage errors if bursar's own schema is missing or older.
pub async fn can_record(tx: &mut Tx) -> Result<()> {
    exists(tx, crate::store::seals::AUDITS, "a history of audits").await
}

/// Remembers an audit: its answer and its counts, and who asked.
///
/// # Errors
/// If the row cannot be written.
pub async fn record(tx: &mut Tx, report: &Report, took: Duration, actor: &Actor) -> Result<()> {
    let summary = &report.summary;
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let long = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO bursar.audits (app, verdict, complete, depth, seal_id, snapshot, lsn, role, checks, passed, failed, skipped,
                                    incomplete, errors, warnings, accepted, duration_ms, os_user, host, operator)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
    )
    .bind(&report.app)
    .bind(report.verdict.name())
    .bind(report.complete)
    .bind(report.depth.name())
    .bind(report.seal.as_ref().map(|s| s.id))
    .bind(&report.snapshot.id)
    .bind(&report.snapshot.lsn)
    .bind(&report.snapshot.role)
    .bind(count(summary.checks))
    .bind(count(summary.passed))
    .bind(count(summary.failed))
    .bind(count(summary.skipped))
    .bind(count(summary.incomplete))
    .bind(long(summary.errors))
    .bind(long(summary.warnings))
    .bind(long(summary.accepted))
    .bind(long(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)))
    .bind(&actor.os_user)
    .bind(&actor.host)
    .bind(&actor.operator)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
