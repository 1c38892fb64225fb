//! Taking migrations back, newest first, as far as somebody wrote how.

use sqlx::AssertSqlSafe;
use sqlx::postgres::types::Oid;

use super::run::{Event, Run};
use super::{Direction, Migration, Options, Set, State, Status, status};
use crate::db::{Connection, Database, Session, ours, quote_identifier};
use crate::error::{Error, Result};
use crate::packs::Pack;

/// How far to go back.
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
/// A usage error where one has no file for it, or where there is no such version; a refusal where its file is
/// not the one that was applied.
pub fn applied<'a>(set: &'a Set, status: &Status, back: Back) -> Result<Vec<&'a Migration>> {
    if let Back::To(version) = back
        && version != 0
        && set.get(version).is_none()
    {
        return Err(Error::usage(format!("{} has no migration {version}", set.name)).hint("bursar migrate status"));
    }
    let there = |line: &&super::Line| !matches!(line.state, State::Pending | State::OutOfOrder);
    let lines = status.migrations.iter().rev().filter(there);
    let lines: Vec<_> = match back {
        Back::Steps(steps) => lines.take(steps).collect(),
        Back::To(version) => lines.take_while(|line| line.version > version).collect(),
    };
    let mut migrations = Vec::new();
    for line in lines {
        let what = format!("migration {} {} of {}", line.version, line.description, set.name);
        let trouble = match (line.state, line.progress) {
            (State::Modified, _) => {
                Some(("was changed after it was applied, so its way back may not fit", "bursar migrate status"))
            }
            (State::Missing, _) => Some(("has no file here", "bursar migrate status")),
            (State::Partial, Some((Direction::Down, ..))) => None,
            (State::Partial, Some(_)) => {
                Some(("was begun and not finished", "bursar migrate up finishes it, and then it can be taken back"))
            }
            (State::Partial, None) => Some(("was begun and not finished, by another tool", "bursar migrate status")),
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
    if let Some(pack) = pack {
        run.keeps = ours(run.session, async |c| with_rows(c, pack).await).await?;
    }
    run.all(set, &status, &migrations, Direction::Down).await
}

/// A table that must not be dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its name as SQL.
    name: String,
    oid: Oid,
}

/// The tables of the ledger and of payments that have rows, and the partitions of them that have.
async fn with_rows(connection: &mut Connection, pack: &Pack) -> Result<Vec<Kept>> {
    let ledger = pack.ledger.iter().flat_map(|l| &l.reads);
    let payments = pack.payments.iter().flat_map(|p| &p.reads);
    let mut kept: Vec<Kept> = Vec::new();
    for table in ledger.chain(payments) {
        let table = format!("{}.{}", quote_identifier(&pack.schema), quote_identifier(table));
        let found: Vec<(Oid, String)> = sqlx::query_as(
            "SELECT c.oid, format('%I.%I', n.nspname, c.relname)
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.oid = to_regclass($1) OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass($1)) WHERE isleaf)",
        )
        .bind(&table)
        .fetch_all(&mut *connection)
        .await?;
        for (oid, name) in found {
            if !kept.iter().any(|k| k.oid == oid) && !is_empty(connection, &name).await? {
                kept.push(Kept { name, oid });
            }
        }
    }
    Ok(kept)
}

async fn is_empty(connection: &mut Connection, table: &str) -> Result<bool> {
    let sql = format!("SELECT NOT EXISTS (SELECT FROM {table})");
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?)
}

/// Refuses where one of these is gone, or has lost its rows, in the transaction that is open.
///
/// # Errors
/// The refusal.
pub(super) async fn still_there(connection: &mut Connection, kept: &[Kept]) -> Result<()> {
    for Kept { name, oid } in kept {
        // It may have another name by now, and its rows.
        let now: Option<String> = sqlx::query_scalar(
            "SELECT format('%s.%I', relnamespace::regnamespace, relname) FROM pg_class WHERE oid = $1",
        )
        .bind(oid)
        .fetch_optional(&mut *connection)
        .await?;
        let lost = match &now {
            Some(now) => is_empty(connection, now).await?,
            None => true,
        };
        if lost {
            return Err(Error::refused(format!("it would drop the rows of {name}"))
                .hint("a ledger and its payments are not dropped by a migration; move the rows elsewhere first"));
        }
    }
    Ok(())
}
