//! Trying migrations on a scratch database: up, back and up again, and what they make there compared
//! with what another database holds.

use super::catalogue::{Difference, Object, catalogue, differences};
use super::down::{Back, down};
use super::histories;
use super::model::{Direction, Options};
use super::source::Set;
use super::up::{Until, up};
use crate::db::{Database, WritePermit, quote_identifier};
use crate::error::{Kind, Result};

/// The result of going up, back and up again.
#[derive(Debug, serde::Serialize)]
pub struct RoundTrip {
    /// Number of migrations that were applied.
    pub applied: usize,
    /// Number of those that were taken back and applied again: the newest ones that have a file for it.
    pub taken_back: usize,
    /// The reason why it went no further on the way back, or up again, with the place.
    pub failed: Option<String>,
    /// The differences between the schema now and after the first time.
    pub differences: Vec<Difference>,
    /// The schema after the first time.
    #[serde(skip)]
    pub schema: Vec<Object>,
}

/// Applies the sets to a scratch database, takes the last of them back as far as there are files for it, and
/// applies it again.
///
/// # Errors
/// That of a migration that fails the first time. A way back that fails is a result.
pub async fn round_trip(
    scratch: &Database,
    permit: &WritePermit,
    sets: &[Set],
    options: &Options,
) -> Result<RoundTrip> {
    let schema = made(scratch, permit, sets, options).await?;
    let Some(set) = sets.last() else {
        return Ok(RoundTrip { applied: 0, taken_back: 0, failed: None, differences: Vec::new(), schema });
    };
    let taken_back = set.migrations.iter().rev().take_while(|m| m.script(Direction::Down).is_ok()).count();
    let (mut again, mut failed) = (Vec::new(), None);
    if taken_back > 0 {
        let there_and_back = async {
            let mut session = scratch.session(permit).await?;
            down(&mut session, scratch, set, None, Back::Steps(taken_back), options, |_| {}).await?;
            drop(session);
            made(scratch, permit, sets, options).await
        };
        match there_and_back.await {
            Ok(now) => again = differences(&schema, &now),
            Err(error) if error.kind == Kind::Connection => return Err(error),
            Err(error) => {
                let place = error.excerpt.as_ref().map(|excerpt| format!("\n{excerpt}")).unwrap_or_default();
                failed = Some(error.message() + &place);
            }
        }
    }
    Ok(RoundTrip { applied: set.migrations.len(), taken_back, failed, differences: again, schema })
}

/// Applies the sets to a scratch database, and tells what they make.
///
/// # Errors
/// That of a migration that fails.
pub async fn made(scratch: &Database, permit: &WritePermit, sets: &[Set], options: &Options) -> Result<Vec<Object>> {
    migrated(scratch, permit, sets, options).await?;
    schema_of(scratch).await
}

/// The differences between a database's schema and what its migrations make. What is there besides is told
/// of the set's own schema only: others may belong to somebody else. So is not told who owns what, nor which
/// partitions of a calendar there are now, nor the history of another tool.
pub fn drift(set: &Set, expected: &[Object], found: &[Object]) -> Vec<Difference> {
    let schemas = [format!("{}.", set.schema), format!("{}.", quote_identifier(&set.schema))];
    // A grant and a comment begin with what they are on: `table public.users to anon`.
    let word = |before: &str| before.bytes().all(|b| b.is_ascii_lowercase() || b == b' ');
    let is_in = |object: &str, schema: &str| object.split_once(schema).is_some_and(|(before, _)| word(before));
    let kept = histories::kept_in(found);
    differences(expected, found)
        .into_iter()
        .filter(|difference| {
            let object = difference.object();
            let strange = matches!(difference, Difference::Unexpected(_))
                && (!schemas.iter().any(|schema| is_in(&object.object, schema)) || kept.contains(object));
            !strange && !object.is_owner() && !object.is_of_partition()
        })
        .collect()
}

/// Applies the sets to a scratch database.
///
/// # Errors
/// That of a migration that fails.
pub(super) async fn migrated(scratch: &Database, permit: &WritePermit, sets: &[Set], options: &Options) -> Result<()> {
    // A session is for one run only, because the locks of a run go with it.
    let mut session = scratch.session(permit).await?;
    up(&mut session, scratch, sets, Until::default(), options, |_| {}).await?;
    Ok(())
}

/// The schema of a database.
///
/// # Errors
/// As [`catalogue`].
pub(super) async fn schema_of(database: &Database) -> Result<Vec<Object>> {
    let mut tx = database.read().await?;
    let schema = catalogue(&mut tx).await?;
    tx.rollback().await?;
    Ok(schema)
}
