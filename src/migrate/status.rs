//! The status of a set: its files compared with a database's history.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::history;
use super::model::{Direction, MigrationState, MigrationStatus, Progress, SetStatus};
use super::source::Set;
use crate::db::{self, Connection};
use crate::error::Result;

/// Compares a set with a database's history. Writes nothing.
///
/// # Errors
/// If the history cannot be read.
pub async fn status(connection: &mut Connection, set: &Set) -> Result<SetStatus> {
    let mut applied: BTreeMap<i64, Applied> = BTreeMap::new();
    if history::is_there(connection, set).await? {
        let sql = format!(
            "SELECT version, description, success, checksum, installed_on FROM {} {} ORDER BY version",
            set.history(),
            db::OF_A_TABLE
        );
        for row in connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql))).await? {
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
    let mut lines: Vec<MigrationStatus> = Vec::new();
    for migration in &set.migrations {
        let record = applied.remove(&migration.version);
        let state = match &record {
            None if migration.version < newest => MigrationState::OutOfOrder,
            None => MigrationState::Pending,
            Some(record) if !record.success => MigrationState::Partial,
            Some(record) if record.checksum == migration.checksum => MigrationState::Applied,
            Some(record) if migration.differs_only_in_line_ends(&record.checksum) => MigrationState::LineEndsOnly,
            Some(_) => MigrationState::Modified,
        };
        let progress = match state {
            // Of a single step, the history tells enough to go on.
            MigrationState::Partial if migration.up.is_one_step() && !history::keeps_records(connection).await? => {
                Some(Progress { direction: Direction::Up, statements_done: 0, statements_total: 1 })
            }
            MigrationState::Partial => history::progress(connection, &set.history_plain(), migration.version).await?,
            _ => None,
        };
        let other =
            record.as_ref().filter(|r| state == MigrationState::Modified && r.description != migration.description);
        let recorded_as = other.map(|r| r.description.clone());
        let applied_at = record.map(|r| r.at);
        let (version, description) = (migration.version, migration.description.clone());
        lines.push(MigrationStatus { version, description, state, recorded_as, applied_at, progress });
    }
    for (version, record) in applied {
        let (state, progress) = match record.success {
            true => (MigrationState::Missing, None),
            // Half of it is there, with a file or without.
            false => (MigrationState::Partial, history::progress(connection, &set.history_plain(), version).await?),
        };
        let (description, applied_at) = (record.description, Some(record.at));
        lines.push(MigrationStatus { version, description, state, recorded_as: None, applied_at, progress });
    }
    lines.sort_by_key(|l| l.version);
    Ok(SetStatus { set: set.name.clone(), migrations: lines })
}

/// A row of the history.
struct Applied {
    description: String,
    success: bool,
    checksum: Vec<u8>,
    at: DateTime<Utc>,
}
