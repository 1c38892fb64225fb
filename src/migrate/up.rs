//! Bringing a database up: every pending migration in a transaction of its own, with its history
//! row, its record of the run, and in the end a snapshot of the schema for the audit.

use super::engine::{Event, Run};
use super::history;
use super::model::{Direction, MigrationState, MigrationStatus, Options, Progress, SetStatus};
use super::repair::replacing_missing;
use super::source::{Migration, Set};
use super::status::status;
use super::undone;
use crate::db::{Database, Session, ours};
use crate::error::{Error, Result};

/// The pending migrations of the last set to apply; the sets before it are applied whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Until {
    /// The last one.
    pub version: Option<i64>,
    /// Largest number of migrations.
    pub steps: Option<usize>,
    /// Also those that are older than one that is applied.
    pub out_of_order: bool,
    /// Also where an applied one has no file here.
    pub ignore_missing: bool,
}

/// The migrations that `up` would apply to a set that stands so, in order; those that stopped half way go on.
///
/// # Errors
/// A refusal if the history does not fit the files; a usage error where one of them cannot be run, or where
/// there is no such version. Nothing has been run then.
pub fn pending<'a>(set: &'a Set, status: &SetStatus, until: Until) -> Result<Vec<&'a Migration>> {
    if let Some(version) = until.version
        && set.get(version).is_none()
    {
        return Err(Error::usage(format!("{} has no migration {version}", set.name)).hint("bursar migrate status"));
    }
    if let Some(trouble) = trouble(set, status, until) {
        return Err(trouble.context("nothing was applied"));
    }
    let within = |version: i64| until.version.is_none_or(|last| version <= last);
    let to_do = |line: &&MigrationStatus| {
        within(line.version)
            && matches!(line.state, MigrationState::Pending | MigrationState::Partial | MigrationState::OutOfOrder)
    };
    let lines = status.migrations.iter().filter(to_do).take(until.steps.unwrap_or(usize::MAX));
    let pending: Vec<_> = lines.filter_map(|line| set.get(line.version)).collect();
    for migration in &pending {
        migration.up.steps()?;
        // A pair of files has said which way is which.
        if migration.down.is_none() && !set.is_embedded() {
            undone::refuse(&migration.up)?;
        }
    }
    Ok(pending)
}

/// The reason why `up` refuses this set, if it does.
pub fn trouble(set: &Set, status: &SetStatus, until: Until) -> Option<Error> {
    let within = |version: i64| until.version.is_none_or(|last| version <= last);
    // A file that is missing explains one that is out of order, so the most telling comes first.
    let gravest =
        [MigrationState::Modified, MigrationState::Missing, MigrationState::Partial, MigrationState::OutOfOrder];
    let line = gravest.iter().find_map(|state| {
        status.migrations.iter().find(|line| {
            line.state == *state
                && match state {
                    MigrationState::Partial => {
                        let goes_on = matches!(line.progress, Some(Progress { direction: Direction::Up, .. }));
                        !goes_on || set.get(line.version).is_none()
                    }
                    MigrationState::OutOfOrder => !until.out_of_order && within(line.version),
                    MigrationState::Missing => !until.ignore_missing,
                    _ => true,
                }
        })
    })?;
    let version = line.version;
    let (trouble, hint) = match line.state {
        MigrationState::Modified if line.recorded_as.is_some() => (
            "has another name in the history, so that it may be of another project",
            "give each project a history of its own with --history-table TABLE; where the file was only renamed and changed: bursar migrate repair --restamp --force"
                .to_owned(),
        ),
        MigrationState::Modified => (
            "was changed after it was applied",
            "put the file back as it was; for a change that does not matter: bursar migrate repair --restamp --force"
                .to_owned(),
        ),
        MigrationState::Missing => (
            "was applied, but has no such file here; a newer version may have applied it",
            match replacing_missing(set, status) {
                Some(replacing) => format!(
                    "bring the file back, or see what else there is: bursar migrate status; where several files were made one: {replacing}; where it was removed on purpose: bursar migrate up --ignore-missing"
                ),
                None => "bring the file back, or see what else there is: bursar migrate status; where it was removed on purpose: bursar migrate up --ignore-missing".to_owned(),
            },
        ),
        MigrationState::Partial if set.get(version).is_none() => (
            "was begun and not finished, and has no such file here",
            format!(
                "bring the file back, or undo what it did and `bursar migrate repair --mark-reverted {version}`"
            ),
        ),
        MigrationState::Partial if line.progress.is_some() => {
            ("was begun to be taken back", "bursar migrate down goes on with it".to_owned())
        }
        MigrationState::Partial => (
            "was begun and not finished, and no record says how far it came",
            format!(
                "look how far it came, then finish it and `bursar migrate repair --mark-applied {version}`, or undo it and `bursar migrate repair --mark-reverted {version}`"
            ),
        ),
        _ => (
            "is pending, though a later one was applied",
            "where they do not depend on each other: bursar migrate up --allow-out-of-order".to_owned(),
        ),
    };
    let message = format!("migration {version} {} of {} {trouble}", line.description, set.name);
    Some(Error::refused(message).hint(hint))
}

/// Applies what is pending of the sets, in the order given. Returns how many migrations that was.
///
/// # Errors
/// A conflict if another run holds the lock too long, or others hold what a migration needs; a refusal where
/// the history does not fit the files; otherwise the failing migration's error with file, line and column. What
/// was applied before it stays, and the failing one is rolled back, or the error says what of it is done.
pub async fn up(
    session: &mut Session,
    database: &Database,
    sets: &[Set],
    until: Until,
    options: &Options,
    mut tell: impl FnMut(Event<'_>),
) -> Result<usize> {
    let mut run = Run::begin(session, database, options, &mut tell).await?;
    let mut done = 0;
    for (position, set) in sets.iter().enumerate() {
        let until = if position + 1 == sets.len() { until } else { Until::default() };
        // The state is read again under the lock: another run may have been faster.
        let status = ours(run.session, async |c| status(c, set).await).await?;
        let pending = pending(set, &status, until)?;
        if pending.is_empty() {
            continue;
        }
        ours(run.session, async |c| history::ensure(c, set).await).await?;
        done += run.all(set, &status, &pending, Direction::Up).await?;
    }
    Ok(done)
}
