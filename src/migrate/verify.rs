//! Trying migrations on a scratch database: up, back and up again, and what they make there compared
//! with what another database holds.

use super::catalogue::{Difference, Object, added, catalogue, differences};
use super::down::{Back, down};
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

/// The objects that one migration makes, and those of them that a database lacks.
#[derive(Debug, serde::Serialize)]
pub struct Made {
    /// The migration.
    pub version: i64,
    /// The description, from the file name.
    pub description: String,
    /// Number of objects that it makes.
    pub objects: usize,
    /// Those that are not there.
    pub missing: Vec<Object>,
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
/// partitions of a calendar there are now.
pub fn drift(set: &Set, expected: &[Object], found: &[Object]) -> Vec<Difference> {
    let schemas = [format!("{}.", set.schema), format!("{}.", quote_identifier(&set.schema))];
    // A grant and a comment begin with what they are on: `table public.users to anon`.
    let word = |before: &str| before.bytes().all(|b| b.is_ascii_lowercase() || b == b' ');
    let is_in = |object: &str, schema: &str| object.split_once(schema).is_some_and(|(before, _)| word(before));
    differences(expected, found)
        .into_iter()
        .filter(|difference| {
            let object = difference.object();
            let strange = matches!(difference, Difference::Unexpected(_))
                && !schemas.iter().any(|schema| is_in(&object.object, schema));
            !strange && !object.is_owner() && !object.is_of_partition()
        })
        .collect()
}

/// Applies the sets to a scratch database, the last one migration by migration, and tells of each what it makes
/// and how much of that is in `found`.
///
/// # Errors
/// That of a migration that fails.
pub async fn made_by(
    scratch: &Database,
    permit: &WritePermit,
    sets: &[Set],
    found: &[Object],
    options: &Options,
) -> Result<Vec<Made>> {
    let Some((set, before)) = sets.split_last() else { return Ok(Vec::new()) };
    migrated(scratch, permit, before, options).await?;
    let there: std::collections::BTreeSet<(&str, &str)> =
        found.iter().map(|o| (o.kind.as_str(), o.object.as_str())).collect();
    let mut all = Vec::new();
    let mut schema = schema_of(scratch).await?;
    for migration in &set.migrations {
        let mut session = scratch.session(permit).await?;
        let until = Until { steps: Some(1), ..Until::default() };
        up(&mut session, scratch, std::slice::from_ref(set), until, options, |_| {}).await?;
        let now = schema_of(scratch).await?;
        let mut objects = added(&schema, &now);
        objects.retain(|o| !o.is_owner() && !o.is_of_partition());
        all.push(Made {
            version: migration.version,
            description: migration.description.clone(),
            objects: objects.len(),
            missing: objects.into_iter().filter(|o| !there.contains(&(o.kind.as_str(), o.object.as_str()))).collect(),
        });
        schema = now;
    }
    Ok(all)
}

async fn migrated(scratch: &Database, permit: &WritePermit, sets: &[Set], options: &Options) -> Result<()> {
    // A session is for one run only, because the locks of a run go with it.
    let mut session = scratch.session(permit).await?;
    up(&mut session, scratch, sets, Until::default(), options, |_| {}).await?;
    Ok(())
}

async fn schema_of(database: &Database) -> Result<Vec<Object>> {
    let mut tx = database.read().await?;
    let schema = catalogue(&mut tx).await?;
    tx.rollback().await?;
    Ok(schema)
}
