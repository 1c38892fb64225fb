//! Migrations: what is there, what is pending, and bringing a database up.
//!
//! The history is sqlx's table with sqlx's checksums, so that sqlx and bursar can take turns on one
//! database. What sqlx has no column for lives in `bursar.migration_runs`. Looking writes nothing,
//! not even the history table.

pub mod catalogue;
pub mod depth;
mod down;
pub mod foreign;
pub mod functions;
pub mod history;
pub mod lint;
mod lock;
pub mod locks;
pub mod plan;
pub mod relation;
pub mod repair;
mod run;
mod script;
mod source;
mod up;
mod verify;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

pub use down::{Back, applied, down};
pub use lock::RunLock;
pub use run::Event;
pub use script::{Script, Statement, Step, Steps};
pub use source::{Listed, Migration, SQLX_TABLE, Set, create, listed};
pub use up::{Until, pending, trouble, up};
pub use verify::{Made, RoundTrip, drift, made, made_by, round_trip};

use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::operations::Actor;

/// Whether a migration is applied or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Applied.
    Up,
    /// Taken back.
    Down,
}

impl Direction {
    /// Its name, in the records and as a command.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Up => "up",
            Direction::Down => "down",
        }
    }
}

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long to wait for another run to end.
    pub lock_wait: Duration,
    /// How long a statement may wait for a lock, and keep everybody behind it waiting too.
    pub lock_timeout: Duration,
    /// How often a migration is tried again that did not get its locks.
    pub retries: u32,
    /// Who is running this.
    pub actor: Actor,
}

impl Options {
    /// What is usual: a minute for another run, three seconds for a lock, five more attempts.
    pub fn new(actor: Actor) -> Self {
        Options { lock_wait: Duration::from_secs(60), lock_timeout: Duration::from_secs(3), retries: 5, actor }
    }
}

impl Migration {
    /// What is run in this direction.
    ///
    /// # Errors
    /// A usage error where nobody wrote how to take it back.
    pub fn script(&self, direction: Direction) -> Result<&Script> {
        match (direction, &self.down) {
            (Direction::Up, _) => Ok(&self.up),
            (Direction::Down, Some(down)) => Ok(down),
            (Direction::Down, None) => {
                let name = self.up.file.trim_end_matches(".sql").trim_end_matches(".up");
                Err(Error::refused(format!("{} has no way back: there is no {name}.down.sql", self.up.file))
                    .hint("write one, or mend what is wrong with a new migration"))
            }
        }
    }
}

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
    /// How far one that is begun and not finished has come: the direction, and how many of how many statements
    /// are done. `None` also where another tool began it.
    #[serde(serialize_with = "by_name")]
    pub progress: Option<(Direction, i32, i32)>,
}

/// Three values in a row would mean nothing to whoever reads them.
fn by_name<S: serde::Serializer>(progress: &Option<(Direction, i32, i32)>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(serde::Serialize)]
    struct Progress {
        direction: Direction,
        statements_done: i32,
        statements_total: i32,
    }
    let named =
        |(direction, statements_done, statements_total)| Progress { direction, statements_done, statements_total };
    serde::Serialize::serialize(&progress.map(named), serializer)
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

    /// How many `up` has to apply or to finish.
    pub fn pending(&self) -> usize {
        self.count(State::Pending) + self.count(State::OutOfOrder) + self.count(State::Partial)
    }
}

/// Compares a set with a database's history. Writes nothing.
///
/// # Errors
/// Where the history cannot be read.
pub async fn status(connection: &mut Connection, set: &Set) -> Result<Status> {
    let mut applied: std::collections::BTreeMap<i64, Applied> = std::collections::BTreeMap::new();
    if db::relation_exists(connection, &set.history_plain()).await? {
        let sql = format!(
            "SELECT version, description, success, checksum, installed_on FROM {} ORDER BY version",
            set.history()
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
        let progress = match state {
            State::Partial => history::progress(connection, set, migration.version).await?,
            _ => None,
        };
        let applied_at = record.map(|r| r.at);
        let (version, description) = (migration.version, migration.description.clone());
        lines.push(Line { version, description, state, applied_at, progress });
    }
    lines.extend(applied.into_iter().map(|(version, record)| Line {
        version,
        description: record.description,
        state: State::Missing,
        applied_at: Some(record.at),
        progress: None,
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

/// An index that a build which failed half way has left: writes keep it up, and no query uses it.
#[derive(Debug, Clone, serde::Serialize, sqlx::FromRow)]
pub struct InvalidIndex {
    /// Its name, qualified and quoted where it has to be.
    pub name: String,
    /// Its table, likewise.
    pub table: String,
}

/// The INVALID indexes that nobody is building right now.
///
/// # Errors
/// Where the catalog cannot be read.
pub async fn invalid_indexes(connection: &mut Connection) -> Result<Vec<InvalidIndex>> {
    Ok(sqlx::query_as(
        r#"SELECT format('%I.%I', n.nspname, i.relname) AS name, format('%I.%I', tn.nspname, t.relname) AS "table"
             FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
             JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
            WHERE NOT x.indisvalid AND i.relkind = 'i' AND n.nspname NOT IN ('pg_toast', 'pg_catalog')
              AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.oid OR p.relid = t.oid)
            ORDER BY 1"#,
    )
    .fetch_all(connection)
    .await?)
}
