//! Taking migrations back, newest first, as far as somebody wrote how.

use super::engine::{Event, Run};
use super::history;
use super::model::{Direction, MigrationState, MigrationStatus, Options, Progress, SetStatus};
use super::source::{Migration, Set};
use super::status::status;
use crate::db::{Database, Session, ours};
use crate::error::{Error, Result};
use crate::packs::Pack;

/// The extent of taking back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// This many migrations.
    Steps(usize),
    /// Until this one is the last; 0 takes all of them back.
    To(i64),
}

/// The migrations that `down` would take back, newest first.
///
/// # Errors
/// A usage error if one has no file for it, or where there is no such version; a refusal where its file is
/// not the one that was applied.
pub fn applied<'a>(set: &'a Set, status: &SetStatus, back: Back) -> Result<Vec<&'a Migration>> {
    if let Back::To(version) = back
        && version != 0
        && set.get(version).is_none()
    {
        return Err(Error::usage(format!("{} has no migration {version}", set.name)).hint("bursar migrate status"));
    }
    let there = |line: &&MigrationStatus| !matches!(line.state, MigrationState::Pending | MigrationState::OutOfOrder);
    let lines = status.migrations.iter().rev().filter(there);
    let lines: Vec<_> = match back {
        Back::Steps(steps) => lines.take(steps).collect(),
        Back::To(version) => lines.take_while(|line| line.version > version || version == 0).collect(),
    };
    let mut migrations = Vec::new();
    for line in lines {
        let what = format!("migration {} {} of {}", line.version, line.description, set.name);
        let trouble = match (line.state, line.progress) {
            (MigrationState::Partial, _) if set.get(line.version).is_none() => {
                Some(("has no file here, and is half done", "bursar migrate status"))
            }
            (MigrationState::Modified, _) => {
                Some(("was changed after it was applied, so its down script may not fit", "bursar migrate status"))
            }
            (MigrationState::Missing, _) => Some(("has no file here", "bursar migrate status")),
            (MigrationState::Partial, Some(Progress { direction: Direction::Down, .. })) => None,
            (MigrationState::Partial, Some(_)) => {
                Some(("was begun and not finished", "bursar migrate up finishes it, and then it can be taken back"))
            }
            (MigrationState::Partial, None) => {
                Some(("was begun and not finished, and no record says how far it came", "bursar migrate status"))
            }
            _ => None,
        };
        if let Some((trouble, hint)) = trouble {
            return Err(Error::refused(format!("{what} {trouble}; nothing was taken back")).hint(hint));
        }
        let Some(migration) = set.get(line.version) else { continue };
        migration.script(Direction::Down)?.steps()?;
        migrations.push(migration);
    }
    Ok(migrations)
}

/// Takes migrations back. Returns how many.
///
/// # Errors
/// As [`applied`] and [`super::up`]; a refusal where one would drop rows of the ledger or of payments.
pub async fn down(
    session: &mut Session,
    database: &Database,
    set: &Set,
    pack: Option<&Pack>,
    back: Back,
    options: &Options,
    mut tell: impl FnMut(Event<'_>),
) -> Result<usize> {
    let mut run = Run::begin(session, database, options, &mut tell).await?;
    let status = ours(run.session, async |c| status(c, set).await).await?;
    let migrations = applied(set, &status, back)?;
    if !migrations.is_empty() {
        ours(run.session, async |c| history::ensure(c, set).await).await?;
    }
    if let Some(pack) = pack {
        run.keep(pack).await?;
    }
    run.all(set, &status, &migrations, Direction::Down).await
}
