//! Putting a history right: the SQL that does it, which is shown first and then run as it was shown.

use sqlx::{AssertSqlSafe, Executor as _};

use super::indexes::{InvalidIndex, invalid_indexes};
use super::lock::RunLock;
use super::model::{MigrationState, MigrationStatus, SetStatus};
use super::source::{Migration, Set};
use super::status::status;
use super::{histories, history, sqlx_histories};
use crate::db::{Connection, Session, ours};
use crate::error::{Error, Kind, Result};
use crate::store::migration_runs;

/// A repair of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Record the checksums of the files: where only line ends differ, or whatever differs.
    Restamp {
        /// Whatever differs.
        force: bool,
    },
    /// Record a migration as applied.
    MarkApplied(i64),
    /// Record a migration as not applied.
    MarkReverted(i64),
    /// Record every migration up to this one as applied, which no run has seen.
    Baseline {
        /// The last one.
        version: i64,
        /// Remove the rows of those that have no file.
        replace: bool,
    },
    /// Record every migration as applied that the history of another tool has.
    TakeOver,
    /// Drop INVALID indexes.
    DropInvalidIndexes,
}

/// The statements that put it right, none where nothing is wrong. All run in one transaction, but for
/// those that drop indexes.
///
/// # Errors
/// A usage error if there is no such migration; a refusal where it cannot be so.
pub async fn plan(connection: &mut Connection, set: &Set, repair: Repair) -> Result<Vec<String>> {
    let status = status(connection, set).await?;
    let known = |version: i64| {
        set.get(version).ok_or_else(|| {
            Error::usage(format!("{} has no migration {version}", set.name)).hint("bursar migrate status")
        })
    };
    let line = |version: i64| status.migrations.iter().find(|l| l.version == version && l.applied_at.is_some());
    let recorded = |version: i64| line(version).map(|l| l.state);
    let closed = match repair {
        Repair::MarkApplied(version) | Repair::MarkReverted(version) => close(connection, set, version).await?,
        _ => None,
    };
    let history = set.history();
    Ok(match repair {
        Repair::Restamp { force } => {
            let wrong = |line: &&MigrationStatus| {
                line.state == MigrationState::LineEndsOnly || (force && line.state == MigrationState::Modified)
            };
            let lines = status.migrations.iter().filter(wrong);
            lines.filter_map(|l| set.get(l.version)).map(|m| restamp(&history, m)).collect()
        }
        Repair::MarkApplied(version) => {
            let migration = known(version)?;
            match recorded(version) {
                None => vec![history::added(set, migration, true, -1)],
                Some(MigrationState::Partial) => {
                    let sql = format!(
                        "UPDATE {history} SET success = TRUE, checksum = {} WHERE version = {version}",
                        history::bytes(&migration.checksum)
                    );
                    [sql].into_iter().chain(closed).collect()
                }
                Some(_) => Vec::new(),
            }
        }
        Repair::MarkReverted(version) => match recorded(version) {
            None => Vec::new(),
            Some(_) => {
                let sql = format!("DELETE FROM {history} WHERE version = {version}");
                [sql].into_iter().chain(closed).collect()
            }
        },
        Repair::Baseline { version, replace } => {
            known(version)?;
            if let Some(line) = status.migrations.iter().find(|l| match l.state {
                MigrationState::Modified | MigrationState::Partial => true,
                MigrationState::Missing => !replace,
                _ => false,
            }) {
                let refusal = Error::refused(format!(
                    "the history of {} does not fit its files at migration {}; nothing was recorded",
                    set.name, line.version
                ));
                return Err(match line.state {
                    MigrationState::Missing => refusal.hint(format!(
                        "bring the file back; where several files were made one: {}",
                        replacing(version)
                    )),
                    MigrationState::Modified => {
                        refusal.hint("for a change that does not matter: bursar migrate repair --restamp --force")
                    }
                    _ => refusal.hint("bursar migrate status"),
                });
            }
            let gone = status.migrations.iter().filter(|l| replace && l.state == MigrationState::Missing);
            let gone = gone.map(|l| format!("DELETE FROM {history} WHERE version = {}", l.version));
            let missing = set.migrations.iter().filter(|m| m.version <= version && recorded(m.version).is_none());
            gone.chain(missing.map(|m| history::added(set, m, true, -1))).collect()
        }
        Repair::TakeOver => {
            let (_, versions) = histories::of(connection, set).await?;
            let missing = versions.iter().filter(|version| recorded(**version).is_none());
            missing.filter_map(|version| set.get(*version)).map(|m| history::added(set, m, true, -1)).collect()
        }
        Repair::DropInvalidIndexes => {
            let indexes = invalid_indexes(connection).await?;
            indexes.iter().map(|InvalidIndex { name, .. }| format!("DROP INDEX CONCURRENTLY {name}")).collect()
        }
    })
}

/// The command that records migrations up to this one in the place of those that have no file.
pub(super) fn replacing(version: i64) -> String {
    format!("bursar migrate baseline {version} --replace-missing")
}

/// That command for a set with this state: the last version that it records is the first new one behind what has no file.
pub(super) fn replacing_missing(set: &Set, status: &SetStatus) -> Option<String> {
    // What a newer bursar has applied stays.
    if set.is_embedded() {
        return None;
    }
    let gone = status.migrations.iter().rfind(|line| line.state == MigrationState::Missing)?.version;
    let is_new = |line: &&MigrationStatus| line.applied_at.is_none();
    let new = || status.migrations.iter().filter(is_new).map(|line| line.version);
    let version = new().find(|version| *version > gone).or_else(|| new().next());
    Some(replacing(version.or_else(|| set.migrations.last().map(|m| m.version))?))
}

/// Runs what was planned, if it would be planned now as it was then.
///
/// # Errors
/// A conflict if another run is at it or the state has changed since; then nothing was changed.
pub async fn apply(
    session: &mut Session,
    set: &Set,
    repair: Repair,
    planned: &[String],
    patience: std::time::Duration,
    waiting: impl FnMut(&str),
) -> Result<()> {
    RunLock::acquire(session, patience, waiting).await?;
    if ours(session, async |c| plan(c, set, repair).await).await? != planned {
        return Err(Error::new(Kind::Conflict, "the state has changed since this was planned; nothing was changed")
            .hint("look again with `bursar migrate status`"));
    }
    if repair == Repair::DropInvalidIndexes {
        for sql in planned {
            session.execute(AssertSqlSafe(sql.clone())).await?;
        }
        return Ok(());
    }
    ours(session, async |c| {
        history::ensure(c, set).await?;
        // One batch is one round trip.
        c.execute(AssertSqlSafe(planned.join("; "))).await?;
        Ok(())
    })
    .await
}

fn restamp(history: &str, migration: &Migration) -> String {
    format!(
        "UPDATE {history} SET checksum = {} WHERE version = {}",
        history::bytes(&migration.checksum),
        migration.version
    )
}

/// A run that stopped half way will not go on. What another tool began, no run of ours has to hear of.
async fn close(connection: &mut Connection, set: &Set, version: i64) -> Result<Option<String>> {
    if !history::keeps_records(connection).await? {
        return Ok(None);
    }
    let own = set.history_plain();
    let is_alone = sqlx_histories::is_alone(&mut *connection, &own, version).await?;
    let runs = migration_runs::unfinished(&own, is_alone, version).all(connection).await?;
    let runs: Vec<String> = runs.into_iter().map(|(run,)| run.to_string()).collect();
    Ok((!runs.is_empty()).then(|| {
        format!(
            "UPDATE bursar.migration_runs SET finished_at = pg_catalog.clock_timestamp(), success = FALSE WHERE id IN ({})",
            runs.join(", ")
        )
    }))
}
