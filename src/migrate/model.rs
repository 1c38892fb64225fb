//! The types that the parts of migrating share.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::operations::Actor;

/// True if a migration is applied or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Applied.
    Up,
    /// Taken back.
    Down,
}

impl Direction {
    /// The name in the records, which is also the command's.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Up => "up",
            Direction::Down => "down",
        }
    }

    pub(super) fn named(name: &str) -> Result<Self> {
        match name {
            "up" => Ok(Direction::Up),
            "down" => Ok(Direction::Down),
            _ => Err(Error::failed(format!("bursar.migration_runs has the direction '{name}'"))),
        }
    }
}

/// The options of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Maximum wait for another run to end.
    pub lock_wait: Duration,
    /// Maximum wait of a statement for a lock. Other sessions queue behind it meanwhile.
    pub lock_timeout: Duration,
    /// Number of further attempts at a migration that did not get its locks.
    pub retries: u32,
    /// The person who runs this.
    pub actor: Actor,
}

impl Options {
    /// The defaults: a minute for another run, three seconds for a lock, five more attempts.
    pub fn new(actor: Actor) -> Self {
        Options { lock_wait: Duration::from_secs(60), lock_timeout: Duration::from_secs(3), retries: 5, actor }
    }

    /// The next step after an adoption that did not get its locks in time.
    pub(super) fn longer(&self) -> String {
        let longer = self.lock_timeout.saturating_mul(2).max(Duration::from_secs(30));
        let longer = humantime::format_duration(longer);
        format!("run it again, or give it longer: bursar migrate adopt --lock-timeout {longer}")
    }
}

/// The state of a migration in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationState {
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
    /// Begun and not finished, whether there is such a file or not.
    Partial,
}

/// One line of a set's status.
#[derive(Debug, Clone, Serialize)]
pub struct MigrationStatus {
    /// The version.
    pub version: i64,
    /// The description, from the file name.
    pub description: String,
    /// The state.
    pub state: MigrationState,
    /// The description in the history, where the migration has been changed and that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_as: Option<String>,
    /// Time at which it was applied, UTC.
    pub applied_at: Option<DateTime<Utc>>,
    /// Progress of a migration that is begun and not finished; `None` also if another tool began it.
    pub progress: Option<Progress>,
}

/// The progress of a migration that runs statement by statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The direction in which it was begun.
    pub direction: Direction,
    /// Number of statements that are done.
    pub statements_done: i32,
    /// Number of all its statements.
    pub statements_total: i32,
}

impl Progress {
    /// The progress in words.
    pub fn words(self) -> String {
        let Progress { direction, statements_done: done, statements_total: total } = self;
        match direction {
            Direction::Up => format!("{done} of {total} statements applied"),
            Direction::Down => format!("{done} of {total} statements of its way back done"),
        }
    }
}

/// The status of one set in one database.
#[derive(Debug, Clone, Serialize)]
pub struct SetStatus {
    /// The set.
    pub set: String,
    /// The migrations, by version.
    pub migrations: Vec<MigrationStatus>,
}

impl SetStatus {
    /// The state of the migration of this version; `None` if the set has no such migration.
    pub fn state(&self, version: i64) -> Option<MigrationState> {
        self.migrations.iter().find(|m| m.version == version).map(|m| m.state)
    }

    /// Number of migrations in this state.
    pub fn count(&self, state: MigrationState) -> usize {
        self.migrations.iter().filter(|m| m.state == state).count()
    }

    /// Number of migrations that `up` has to apply or to finish.
    pub fn pending(&self) -> usize {
        self.count(MigrationState::Pending)
            + self.count(MigrationState::OutOfOrder)
            + self.count(MigrationState::Partial)
    }
}
