//! Migrations: what is there, what is pending, and bringing a database up.
//!
//! The history is sqlx's table with sqlx's checksums, so that sqlx and bursar can take turns on one
//! database. What sqlx has no column for lives in `bursar.migration_runs`. Looking writes nothing,
//! not even the history table.

pub mod functions;
mod lock;
mod source;
mod up;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row as _};

pub use source::{Migration, Set};
pub use up::{Event, Options, up};

use crate::db::{self, Connection};
use crate::error::Result;

/// How a migration stands in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Applied, and the file is the one that was applied.
    Applied,
    /// Not applied yet.
    Pending,
    /// Not applied, though a later one is.
    OutOfOrder,
    /// Applied, but the file has changed since.
    Modified,
    /// Applied, and the file differs only in its line ends.
    LineEndsOnly,
    /// Applied, but there is no such file.
    Missing,
    /// Begun and not finished.
    Partial,
}

/// One line of a set's status.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Line {
    /// The version.
    pub version: i64,
    /// What it does, from its file name.
    pub description: String,
    /// How it stands.
    pub state: State,
    /// When it was applied, UTC.
    pub applied_at: Option<DateTime<Utc>>,
}

/// The status of one set in one database.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Status {
    /// The set.
    pub set: String,
    /// Its migrations, by version.
    pub migrations: Vec<Line>,
}

impl Status {
    /// How many are in this state.
    pub fn count(&self, state: State) -> usize {
        self.migrations.iter().filter(|m| m.state == state).count()
    }

    /// How many would `up` have to apply.
    pub fn pending(&self) -> usize {
        self.count(State::Pending) + self.count(State::OutOfOrder)
    }
}

/// Compares a set with a database's history. Writes nothing.
///
/// # Errors
/// Where the history cannot be read.
pub async fn status(connection: &mut Connection, set: &Set) -> Result<Status> {
    let mut applied: std::collections::BTreeMap<i64, Applied> = std::collections::BTreeMap::new();
    if db::relation_exists(connection, &set.history).await? {
        let sql = format!(
            "SELECT version, description, success, checksum, installed_on FROM {} ORDER BY version",
            set.history
        );
        for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await? {
            applied.insert(
                row.try_get("version")?,
                Applied {
                    description: row.try_get("description")?,
                    success: row.try_get("success")?,
                    checksum: row.try_get("checksum")?,
                    at: row.try_get("installed_on")?,
                },
            );
        }
    }
    let newest = applied.keys().next_back().copied().unwrap_or(i64::MIN);
    let mut lines: Vec<Line> = Vec::new();
    for migration in &set.migrations {
        let record = applied.remove(&migration.version);
        let state = match &record {
            None if migration.version < newest => State::OutOfOrder,
            None => State::Pending,
            Some(record) if !record.success => State::Partial,
            Some(record) if record.checksum == migration.checksum => State::Applied,
            Some(record) if migration.differs_only_in_line_ends(&record.checksum) => State::LineEndsOnly,
            Some(_) => State::Modified,
        };
        let applied_at = record.map(|r| r.at);
        lines.push(Line { version: migration.version, description: migration.description.clone(), state, applied_at });
    }
    lines.extend(applied.into_iter().map(|(version, record)| Line {
        version,
        description: record.description,
        state: State::Missing,
        applied_at: Some(record.at),
    }));
    lines.sort_by_key(|l| l.version);
    Ok(Status { set: set.name.clone(), migrations: lines })
}

/// A row of the history.
struct Applied {
    description: String,
    success: bool,
    checksum: Vec<u8>,
    at: DateTime<Utc>,
}
