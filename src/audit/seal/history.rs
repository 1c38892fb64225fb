//! The history: seals, and audits that were recorded.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::find::exists;
use crate::audit::report::Report;
use crate::cursor::{self, Cursor};
use crate::db::{Tx, guarded};
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::operations::Actor;
use crate::store;
use crate::store::seals::{self, Times};

const HISTORY: &str = include_str!("../sql/history.sql");

/// The kinds of lines, as the query names them.
const SEAL: &str = "seal";
const AUDIT: &str = "audit";

/// Seals and recorded audits, newest first.
#[derive(Debug)]
pub struct History {
    /// Those that are shown.
    pub lines: Vec<HistoryLine>,
    /// Number of those since the time that was asked for, however many are shown.
    pub total: i64,
    /// The cursor of the next page, where there is one.
    pub next: Option<Cursor>,
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
        /// False where it was of some checks, accounts, tenants or ledgers only; none where that is not known.
        whole: Option<bool>,
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

impl HistoryLine {
    fn cursor(&self) -> Cursor {
        let id = match self.what {
            HistoryEvent::Seal { id, .. } => format!("{SEAL}-{id}"),
            HistoryEvent::Audit { id, .. } => format!("{AUDIT}-{id}"),
        };
        Cursor { created_at: Some(self.at), id }
    }
}

/// Reads the newest lines of the history since a time and after a cursor, at most `limit` of them; zero reads all.
///
/// # Errors
/// Usage errors if bursar's own schema is missing or older, or the cursor is another list's.
pub async fn history(
    tx: &mut Tx,
    since: Option<DateTime<Utc>>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<History> {
    let after = match after {
        Some(cursor) => Some(line_of(cursor).ok_or_else(|| {
            Error::usage("--cursor: it is not one of a history of audits")
                .hint("leave --cursor out to begin with the newest")
        })?),
        None => None,
    };
    exists(tx, seals::AUDITS, "a history of audits").await?;
    let (total,) = seals::count_history(since).one(tx).await?;
    let query = sqlx::query(HISTORY).bind(since).bind(after.map(|(at, ..)| at)).bind(after.map(|(_, kind, _)| kind));
    let rows = query.bind(after.map(|(.., id)| id)).bind(cursor::one_more(limit)).fetch_all(&mut **tx).await?;
    let mut lines = rows.iter().map(line).collect::<Result<Vec<_>>>()?;
    let has_more = cursor::cut(&mut lines, limit);
    let next = lines.last().filter(|_| has_more).map(HistoryLine::cursor);
    Ok(History { lines, total, next })
}

/// The time, the kind and the number of the line that a cursor names.
fn line_of(cursor: &Cursor) -> Option<(Moment, &str, i64)> {
    let (kind, id) = cursor.id.split_once('-')?;
    Some((cursor.created_at?, kind, id.parse().ok()?)).filter(|_| matches!(kind, SEAL | AUDIT))
}

fn line(row: &PgRow) -> Result<HistoryLine> {
    let id = row.try_get("id")?;
    let what = if row.try_get::<String, _>("kind")? == SEAL {
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
            whole: row.try_get("whole")?,
            checks: row.try_get("checks")?,
            passed: row.try_get("passed")?,
            errors: row.try_get("errors")?,
            warnings: row.try_get("warnings")?,
            duration_ms: row.try_get("duration_ms")?,
        }
    };
    Ok(HistoryLine { at: row.try_get("at")?, app: row.try_get("app")?, who: row.try_get("who")?, what })
}

/// When an audit was last clean, of those that were recorded, and when the ledger was last sealed. Both are unknown where
/// bursar's own schema is missing or may not be read.
///
/// # Errors
/// If the connection is lost.
pub async fn times(tx: &mut Tx, app: &str) -> Result<Times> {
    Ok(guarded(tx, async |connection| seals::times(app).one(connection).await).await?.unwrap_or_default())
}

/// Looks whether the database can remember an audit.
///
/// # Errors
/// Usage errors if bursar's own schema is missing or older.
pub async fn can_record(tx: &mut Tx) -> Result<()> {
    exists(tx, seals::AUDITS, "a history of audits").await?;
    match seals::audits_are_current().one(tx).await? {
        (true,) => Ok(()),
        (false,) => Err(Error::usage("bursar's schema is older than this history of audits").hint(store::UPGRADE)),
    }
}

/// Remembers an audit: its answer and its counts, whether it was of everything, and who asked.
///
/// # Errors
/// If the row cannot be written.
pub async fn record(tx: &mut Tx, report: &Report, whole: bool, took: Duration, actor: &Actor) -> Result<()> {
    let summary = &report.summary;
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let long = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO bursar.audits (app, verdict, complete, depth, seal_id, snapshot, lsn, role, checks, passed, failed, skipped,
                                    incomplete, errors, warnings, accepted, duration_ms, os_user, host, operator, whole)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
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
    .bind(whole)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
