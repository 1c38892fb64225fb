//! The objects of a database's schema as text, so that two databases, or two moments of one, can
//! be compared object by object.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, FromRow, Row as _};

use crate::db::{self, Connection};
use crate::error::{Error, Result, ResultExt as _};

const CATALOGUE: &str = include_str!("sql/catalogue.sql");

/// One object of a schema, or one property that is compared by itself: a column, a policy, who was
/// granted what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Object {
    /// The kind: `table`, `column`, `constraint`, `grant` and so on.
    pub kind: String,
    /// The name, with its schema and its table, quoted if SQL needs it.
    pub object: String,
    /// The server's own text of it; empty where being there is all there is to say.
    pub definition: String,
}

impl FromRow<'_, PgRow> for Object {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let (kind, object) = (row.try_get("kind")?, row.try_get("object")?);
        Ok(Object { kind, object, definition: row.try_get("definition")? })
    }
}

impl Object {
    /// True if it belongs to a partition that comes and goes with the calendar: one by ranges of dates or times, or one
    /// below it. A default partition is none of those.
    pub fn is_of_partition(&self) -> bool {
        is_of_partition(&self.kind)
    }

    /// True if it says who owns something, which differs between databases that are otherwise alike.
    pub fn is_owner(&self) -> bool {
        self.kind.ends_with("owner")
    }

    pub(super) fn key(&self) -> (&str, &str) {
        (&self.kind, &self.object)
    }
}

/// As [`Object::is_of_partition`], by the kind alone.
pub(super) fn is_of_partition(kind: &str) -> bool {
    kind.starts_with("partition")
}

/// The definition of an object of this kind without the place of a column among the others.
pub(super) fn without_place<'a>(kind: &str, definition: &'a str) -> &'a str {
    match definition.split_once(' ') {
        Some((place, rest)) if kind.ends_with("column") && place.starts_with('#') => rest,
        _ => definition,
    }
}

/// A difference of two catalogues in one object.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// It was expected and is not there.
    Missing(Object),
    /// It is there and was not expected.
    Unexpected(Object),
    /// It is there, and is not what was expected.
    Changed {
        /// The expected object.
        expected: Object,
        /// The object that was found.
        found: Object,
    },
}

impl Difference {
    /// The object, as it was expected or else as it was found.
    pub fn object(&self) -> &Object {
        match self {
            Self::Missing(object) | Self::Unexpected(object) | Self::Changed { expected: object, .. } => object,
        }
    }
}

/// Reads what a database holds besides its rows, by kind and name: everything but system schemas,
/// bursar's own, sqlx's history and the members of extensions. Writes nothing. The connection has to
/// be inside a transaction, because the text depends on settings, which stay until
/// its end.
///
/// # Errors
/// If the catalogue cannot be read, or no transaction is open.
pub async fn catalogue(connection: &mut Connection) -> Result<Vec<Object>> {
    // The server's texts of definitions depend on these.
    connection.execute(AssertSqlSafe(db::pinning())).await?;
    let pinned: bool =
        sqlx::query_scalar("SELECT pg_catalog.current_schemas(false) = '{pg_catalog}'::pg_catalog.name[]")
            .fetch_one(&mut *connection)
            .await?;
    if !pinned {
        return Err(Error::failed("the catalogue is read inside a transaction, and none is open"));
    }
    sqlx::query_as(CATALOGUE).fetch_all(connection).await.context("the catalogue cannot be read")
}

/// The differences between two catalogues, by kind and name. Both may be in any order.
pub fn differences(expected: &[Object], found: &[Object]) -> Vec<Difference> {
    let mut rest: BTreeMap<_, _> = found.iter().map(|o| (o.key(), o)).collect();
    let mut differences: Vec<Difference> = Vec::new();
    for expected in expected {
        match rest.remove(&expected.key()) {
            None => differences.push(Difference::Missing(expected.clone())),
            Some(found) if found.definition != expected.definition => {
                differences.push(Difference::Changed { expected: expected.clone(), found: found.clone() });
            }
            Some(_) => {}
        }
    }
    differences.extend(rest.into_values().cloned().map(Difference::Unexpected));
    differences.sort_by(|a, b| a.object().cmp(b.object()));
    differences
}

#[cfg(test)]
mod tests {
    use super::{Difference, Object, differences};

    fn object(kind: &str, name: &str, definition: &str) -> Object {
        Object { kind: kind.to_owned(), object: name.to_owned(), definition: definition.to_owned() }
    }

    #[test]
    fn each_difference_is_told_once_and_by_what_it_is() {
        let same = object("table", "a.t", "table");
        let gone = object("index", "a.t.i", "btree (x)");
        let (was, is) = (object("column", "a.t.x", "#1 integer"), object("column", "a.t.x", "#1 bigint"));
        let new = object("column", "a.t.y", "#2 text");
        assert_eq!(
            differences(&[same.clone(), gone.clone(), was.clone()], &[new.clone(), is.clone(), same.clone()]),
            [Difference::Changed { expected: was, found: is }, Difference::Unexpected(new), Difference::Missing(gone),]
        );
        assert_eq!(differences(std::slice::from_ref(&same), std::slice::from_ref(&same)), []);
    }

    #[test]
    fn one_name_of_two_kinds_is_two_objects() {
        let (table, type_) = (object("table", "a.t", ""), object("type", "a.t", ""));
        assert_eq!(
            differences(std::slice::from_ref(&table), std::slice::from_ref(&type_)),
            [Difference::Missing(table), Difference::Unexpected(type_)]
        );
    }

    #[test]
    fn partitions_and_owners_are_told_apart() {
        assert!(object("partition column", "a.t_2025.x", "").is_of_partition());
        assert!(object("partition owner", "table a.t_2025", "").is_owner());
        assert!(!object("table", "a.t", "table partition by RANGE (x)").is_of_partition());
    }
}
