//! The text of an adoption: what it was made from, what it leaves, and its SQL.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::builder::{Plan, is_same_but_for_place};
use super::facts::Facts;
use super::names;
use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::migrate::catalogue::{Difference, Object};
use crate::migrate::source::Set;
use crate::store::migration_runs;

const FROM: &str = "-- from: ";
const TO: &str = "-- to: ";
const LEFT: &str = "-- left: ";

/// The objects that an adoption leaves as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left(BTreeSet<(String, String)>);

impl Left {
    /// True if the adoption has left this difference, or if it is only the order of columns.
    pub fn covers(&self, difference: &Difference) -> bool {
        let Object { kind, object, .. } = difference.object();
        let has = |kind: &str, object: &str| self.0.contains(&(kind.to_owned(), object.to_owned()));
        let owner = names::relation(kind, object);
        is_same_but_for_place(difference)
            || has(kind, object)
            || owner.is_some_and(|owner| {
                has("table", &owner) || has("view", &owner) || has(kind, &format!("{owner}.*"))
            })
            // The index and the comment of what was left.
            || (kind == "index" && has("constraint", object))
            || (kind == "grant" && names::grant(object).is_some_and(|g| has(&g.kind, &g.on)))
    }
}

/// The head of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The structure that it was made for.
    pub from: String,
    /// The structure that it leads to.
    pub to: String,
    /// The objects that it leaves.
    pub left: Left,
}

/// A number for a structure. Owners and the partitions of a calendar do not count.
pub fn digest(objects: &[Object]) -> String {
    let mut hash = Sha256::new();
    for Object { kind, object, definition } in objects.iter().filter(|o| !o.is_owner() && !o.is_of_partition()) {
        hash.update(format!("{kind}\0{object}\0{definition}\0"));
    }
    hex::encode(hash.finalize())
}

/// The whole text.
pub fn text(set: &Set, expected: &Facts, found: &Facts, plan: &Plan) -> String {
    let mut text = format!(
        "-- Brings a database to the schema of {}. To apply it as it stands, in one transaction: bursar migrate adopt --apply FILE\n{FROM}{}\n{TO}{}\n",
        set.name,
        digest(&found.objects),
        digest(&expected.objects)
    );
    for Object { kind, object, .. } in &plan.left {
        text.push_str(&format!("{LEFT}{}\n", serde_json::json!([kind, object])));
    }
    if !plan.statements.is_empty() {
        text.push_str("SET LOCAL check_function_bodies = off;\n");
    }
    for statement in &plan.statements {
        let end = if statement.starts_with("-- ") && !statement.contains('\n') { "." } else { ";" };
        text.push_str(&format!("{}{end}\n", statement.trim_end()));
    }
    text
}

/// Reads the head of a text.
///
/// # Errors
/// A usage error if it has none.
pub fn parse(file: &str, text: &str) -> Result<Head> {
    let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).map(str::to_owned);
    let (Some(from), Some(to)) = (line(FROM), line(TO)) else {
        return Err(Error::usage(format!("{file} is no adoption: it does not say what it was made from"))
            .hint("bursar migrate adopt --write FILE"));
    };
    let left = text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix(LEFT)?).ok()).collect();
    Ok(Head { from, to, left: Left(left) })
}

/// The objects that the adoption of a set has left; none if it was not adopted.
///
/// # Errors
/// If the record cannot be read.
pub async fn left_of(connection: &mut Connection, set: &Set) -> Result<Option<Left>> {
    if !db::relation_exists(connection, migration_runs::TABLE).await? {
        return Ok(None);
    }
    let found = migration_runs::adoption(&set.run_name).optional(connection).await?;
    Ok(found.and_then(|(text,)| parse("", &text).ok()).map(|head| head.left))
}
