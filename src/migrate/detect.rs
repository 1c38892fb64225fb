//! Finding out which migrations a database has had: what each of them changes in the schema of a scratch database, and
//! what the connected database shows of that.

use std::collections::BTreeMap;

use super::catalogue::{Difference, Object, differences, is_of_partition, without_place};
use super::model::Options;
use super::source::{Migration, Set};
use super::up::{Until, up};
use super::verify::{migrated, schema_of};
use crate::db::{Database, WritePermit};
use crate::error::Result;

/// The evidence that a database gives of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// It shows what the migration does, and nothing against it.
    Shown,
    /// Nothing speaks for it or against it: the migration leaves no trace in the schema, or none that is left.
    None,
    /// It shows a part of what the migration does, and lacks another one.
    Partly,
    /// It shows nothing of what the migration does.
    Contrary,
}

/// The changes of one migration, and what a database shows of them.
#[derive(Debug)]
pub struct Made {
    /// The migration.
    pub version: i64,
    /// The description, from the file name.
    pub description: String,
    /// Number of objects that it makes, changes or drops.
    pub changes: usize,
    /// Number of those that are as it leaves them, and were not so before.
    pub shown: usize,
    /// The first object that is not as it leaves it, with the reason where it is there.
    pub missing: Option<String>,
    /// The evidence.
    pub evidence: Evidence,
    /// True if it counts as applied: the database shows it, or somebody knows it, and all before it count too.
    pub applied: bool,
}

/// The kind and the name of an object.
type Key = (String, String);

/// The definitions of an object, each with the number of the migration that it is from; none where it is not there.
type Course = Vec<(usize, Option<String>)>;

/// Applies the sets to a scratch database, the last one migration by migration, and tells of each what it changes and how
/// much of that `found` shows. Of a migration that leaves no trace, nobody can tell; `known` is the last one of which
/// somebody knows that it was applied.
///
/// # Errors
/// That of a migration that fails.
pub async fn made_by(
    scratch: &Database,
    permit: &WritePermit,
    sets: &[Set],
    found: &[Object],
    known: Option<i64>,
    options: &Options,
) -> Result<Vec<Made>> {
    let Some((set, before)) = sets.split_last() else { return Ok(Vec::new()) };
    migrated(scratch, permit, before, options).await?;
    let mut courses: BTreeMap<Key, Course> = BTreeMap::new();
    let mut touched = Vec::new();
    let mut schema = schema_of(scratch).await?;
    for number in 1..=set.migrations.len() {
        let mut session = scratch.session(permit).await?;
        let until = Until { steps: Some(1), ..Until::default() };
        up(&mut session, scratch, std::slice::from_ref(set), until, options, |_| {}).await?;
        let now = schema_of(scratch).await?;
        let mut keys = Vec::new();
        for difference in differences(&schema, &now).into_iter().filter(|d| !d.object().is_owner()) {
            let key = (difference.object().kind.clone(), difference.object().object.clone());
            let (was, is) = match difference {
                Difference::Missing(object) => (Some(object.definition), None),
                Difference::Unexpected(object) => (None, Some(object.definition)),
                Difference::Changed { expected, found } => (Some(expected.definition), Some(found.definition)),
            };
            courses.entry(key.clone()).or_insert_with(|| vec![(0, was)]).push((number, is));
            keys.push(key);
        }
        touched.push(keys);
        schema = now;
    }
    let there = found.iter().map(|o| (o.key(), o.definition.as_str())).collect();
    // The migrations that are known to be applied, in a row from the first: no earlier state can be the present one.
    let mut applied = 0;
    let mut all = Vec::new();
    for (number, (migration, keys)) in (1..).zip(set.migrations.iter().zip(&touched)) {
        let sights: Vec<Sight> = keys.iter().map(|key| sight(key, &courses[key], &there, number, applied)).collect();
        let mut made = judged(migration, keys, &sights);
        let is_known = made.evidence == Evidence::None && known.is_some_and(|known| migration.version <= known);
        made.applied = applied + 1 == number && (made.evidence == Evidence::Shown || is_known);
        applied += usize::from(made.applied);
        all.push(made);
    }
    Ok(all)
}

/// The evidence of one migration, which changes these objects.
fn judged(migration: &Migration, keys: &[Key], sights: &[Sight]) -> Made {
    let count = |is: fn(&Sight) -> bool| sights.iter().filter(|sight| is(sight)).count();
    let shown = count(|sight| matches!(sight, Sight::Shown));
    let evidence = match (shown, count(|sight| matches!(sight, Sight::Lacking(_)))) {
        // A file without a statement is applied whether it ran or not.
        (0, 0) if keys.is_empty() && !migration.up.has_statement() => Evidence::Shown,
        (0, 0) => Evidence::None,
        (_, 0) => Evidence::Shown,
        (0, _) => Evidence::Contrary,
        _ => Evidence::Partly,
    };
    let missing = keys.iter().zip(sights).find_map(|((kind, object), sight)| match sight {
        Sight::Lacking(why) => Some(format!("{kind} {object}{why}")),
        _ => None,
    });
    let (version, description) = (migration.version, migration.description.clone());
    Made { version, description, changes: keys.len(), shown, missing, evidence, applied: false }
}

/// The trace of one change in a database.
enum Sight {
    /// The object is as a migration leaves it or a later one, and was not so before.
    Shown,
    /// The object was so before too, or it may be gone for another reason.
    Nothing,
    /// The object is not so, and the reason in brackets where it is there.
    Lacking(&'static str),
}

/// The trace of the change of an object by the migration of this number, where it has had at least those up
/// to `applied`.
fn sight(
    (kind, object): &Key,
    course: &Course,
    there: &BTreeMap<(&str, &str), &str>,
    number: usize,
    applied: usize,
) -> Sight {
    let found = there.get(&(kind.as_str(), object.as_str())).copied();
    let is_it = |state: &Option<String>| match (state, found) {
        (Some(state), Some(found)) => essence(kind, state) == essence(kind, found),
        (None, None) => true,
        _ => false,
    };
    let later = course.iter().any(|(at, state)| *at >= number && is_it(state));
    // A state lasts until the next one.
    let ends = course.iter().skip(1).map(|(at, _)| *at).chain([usize::MAX]);
    let before = course.iter().zip(ends).any(|((at, state), end)| *at < number && end > applied && is_it(state));
    match (later, found) {
        (true, _) if before => Sight::Nothing,
        (true, _) => Sight::Shown,
        // A calendar has passed over it.
        (false, None) if is_of_partition(kind) => Sight::Nothing,
        (false, None) => Sight::Lacking(""),
        (false, Some(_)) if before && course.iter().any(|(at, state)| *at == number && state.is_none()) => {
            Sight::Lacking(" (still there)")
        }
        (false, Some(_)) if before => Sight::Lacking(" (as before)"),
        (false, Some(_)) => Sight::Lacking(" (another one)"),
    }
}

/// A definition without what differs between databases that have had the same migrations: the place of a column, and the
/// version of an extension.
fn essence<'a>(kind: &str, definition: &'a str) -> &'a str {
    let definition = without_place(kind, definition);
    match definition.split_once(" in schema ") {
        Some((_, schema)) if kind == "extension" => schema,
        _ => definition,
    }
}

#[cfg(test)]
mod tests {
    use super::{Course, Key, Sight, sight};

    fn seen(course: &[(usize, Option<&str>)], found: Option<&str>, number: usize, applied: usize) -> &'static str {
        let key: Key = ("type".to_owned(), "t".to_owned());
        let course: Course = course.iter().map(|(at, state)| (*at, state.map(str::to_owned))).collect();
        let there = found.map(|definition| (("type", "t"), definition)).into_iter().collect();
        match sight(&key, &course, &there, number, applied) {
            Sight::Shown => "shown",
            Sight::Nothing => "nothing",
            Sight::Lacking("") => " lacking",
            Sight::Lacking(why) => why,
        }
    }

    #[test]
    fn a_state_shows_the_migration_that_it_is_from_and_those_before_it() {
        let course = [(0, None), (1, Some("a")), (3, Some("b")), (5, None)];
        for (found, number, applied, is) in [
            (Some("a"), 1, 0, "shown"),
            (Some("b"), 1, 0, "shown"),
            (Some("a"), 3, 2, " (as before)"),
            (Some("b"), 3, 2, "shown"),
            (Some("c"), 3, 2, " (another one)"),
            (Some("b"), 5, 4, " (still there)"),
            // Gone again, or never there.
            (None, 1, 0, "nothing"),
            (None, 5, 4, "shown"),
            (None, 5, 0, "nothing"),
        ] {
            assert_eq!(seen(&course, found, number, applied), is, "{found:?} {number} {applied}");
        }
        assert_eq!(seen(&[(0, None), (2, Some("a"))], None, 2, 1), " lacking");
    }
}
