//! A plan in the making, and the picture of the database as its statements leave it.

use std::collections::BTreeSet;

use super::facts::{Column, Facts};
use super::names;
use crate::migrate::catalogue::{Difference, Object, differences, without_place};

/// The order of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Prepare,
    DropHook,
    DropReference,
    DropConstraint,
    DropFunction,
    Rename,
    Type,
    Function,
    Table,
    Shape,
    Partition,
    Move,
    Column,
    View,
    LateFunction,
    Rows,
    NotNull,
    Key,
    Check,
    Reference,
    Index,
    Trigger,
    Policy,
    Revoke,
    Grant,
    Comment,
    Last,
}

/// A question to the rows, before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowCheck {
    /// The condition that no row may meet, as a sentence.
    pub why: String,
    /// The rows that are.
    pub query: String,
}

/// The way from one structure to another.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The statements, in order.
    pub statements: Vec<String>,
    /// The differences that stay.
    pub left: Vec<Object>,
    /// The obstacles, each with its remedy.
    pub refusals: Vec<String>,
    /// A condition that no row may meet.
    pub checks: Vec<RowCheck>,
    /// The existing objects that are changed, each with its owner.
    pub changes: Vec<(String, String)>,
}

pub(super) struct Builder<'a> {
    pub schema: &'a str,
    pub expected: &'a Facts,
    /// The database as the statements so far leave it.
    pub found: Facts,
    /// The tables, views, functions and types that are made by the plan.
    pub fresh: BTreeSet<String>,
    /// The names of what is there and is changed.
    pub touched: BTreeSet<String>,
    /// The columns that get another type, or are dropped, each with what keeps them from that.
    pub moved: Vec<(String, Vec<String>)>,
    pub out: Vec<(Stage, String)>,
    pub plan: Plan,
}

impl Builder<'_> {
    pub fn say(&mut self, stage: Stage, sql: impl Into<String>) {
        self.out.push((stage, sql.into()));
    }

    pub fn refuse(&mut self, object: &Object, why: &str) {
        self.plan.refusals.push(format!("{} {} {why}", object.kind, object.object));
    }

    /// Notes that the plan changes an object, or what belongs to it.
    pub fn touch(&mut self, object: &Object) {
        let Object { kind, object: name, .. } = object;
        let (kind, name) = match kind.as_str() {
            "comment" => name.split_once(' ').unwrap_or_default(),
            kind => (kind, name.as_str()),
        };
        self.touched.insert(names::relation(kind, name).unwrap_or_else(|| name.to_owned()));
    }

    /// Notes that a column gets another type, or is dropped.
    pub fn moves(&mut self, column: &Column) {
        self.moved.push((column.object(), column.users.clone()));
    }

    /// Refuses the changes of columns that something still keeps from them. The server would, once the rest is done.
    pub fn refuse_moves(&mut self) {
        for (column, users) in std::mem::take(&mut self.moved) {
            for user in users {
                let (kind, name) = user.split_once(' ').unwrap_or_default();
                // The plan has dropped it before.
                let Some(there) = self.found.objects.iter().find(|o| o.kind == kind && o.object == name) else {
                    continue;
                };
                let word = if there.definition.starts_with("materialized") { "materialized view" } else { kind };
                self.plan.refusals.push(format!(
                    "{word} {name} depends on column {column}, which changes; drop it first, and make it again afterwards"
                ));
            }
        }
    }

    /// The existing objects of the schema that are changed, each with its owner.
    pub fn changes(&self, found: &Facts) -> Vec<(String, String)> {
        let owners = found.objects.iter().filter(|o| o.kind == "owner");
        let mine = owners.filter(|o| {
            let name = o.object.strip_prefix("materialized view ").or_else(|| Some(o.object.split_once(' ')?.1));
            // A schema needs the right to create there, and no more.
            !o.object.starts_with("schema ")
                && names::schema("owner", &o.object).is_some_and(|schema| schema == self.schema)
                && name.is_some_and(|name| self.touched.contains(name))
        });
        mine.map(|o| (o.object.clone(), o.definition.clone())).collect()
    }

    pub fn leave(&mut self, object: &Object) {
        let owner = names::relation(&object.kind, &object.object);
        let is_part = |o: &Object| {
            matches!(o.kind.as_str(), "table" | "view") && Some(&o.object) == owner.as_ref() && o != object
        };
        if !self.plan.left.iter().any(is_part) {
            self.plan.left.push(Object { definition: String::new(), ..object.clone() });
            // A default partition has it too, under a name that the server gives.
            let of = owner.map(|owner| format!("table partition of {owner} DEFAULT"));
            let partitions = self.expected.objects.iter().filter(|o| {
                matches!(object.kind.as_str(), "index" | "trigger" | "constraint" | "column")
                    && of.as_ref().is_some_and(|of| o.definition.starts_with(of))
            });
            let (kind, definition) = (object.kind.clone(), String::new());
            let any = partitions.map(|o| Object {
                kind: kind.clone(),
                object: format!("{}.*", o.object),
                definition: definition.clone(),
            });
            let any: Vec<Object> = any.filter(|o| !self.plan.left.contains(o)).collect();
            self.plan.left.extend(any);
        }
    }

    /// The differences to look at. Objects of somebody else are left, unless they are not there at all.
    pub fn differences(&mut self) -> Vec<Difference> {
        let mut all = differences(&self.expected.objects, &self.found.objects);
        // A table comes before what belongs to it.
        all.sort_by_key(|d| !matches!(d.object().kind.as_str(), "table" | "view"));
        let mut mine = Vec::new();
        for difference in all {
            let object = difference.object();
            let (kind, name) = (object.kind.as_str(), object.object.as_str());
            // Grants are compared by themselves.
            if object.is_owner() || object.is_of_partition() || kind == "grant" || is_same_but_for_place(&difference) {
                continue;
            }
            let missing = matches!(difference, Difference::Missing(_));
            match names::schema(kind, name) {
                Some(schema) if schema != self.schema => {
                    if missing && (kind == "trigger" || !self.is_there(kind, name)) {
                        mine.push(difference);
                    } else if !matches!(difference, Difference::Unexpected(_)) {
                        self.leave_once(&difference);
                    }
                }
                None if missing => mine.push(difference),
                None => {
                    if !matches!(difference, Difference::Unexpected(_)) {
                        self.leave_once(&difference);
                    }
                }
                Some(_) => mine.push(difference),
            }
        }
        mine
    }

    fn leave_once(&mut self, difference: &Difference) {
        let object = difference.object().clone();
        if !self.plan.left.iter().any(|o| o.kind == object.kind && o.object == object.object) {
            self.leave(&object);
        }
    }

    /// True if the table of an object is there, or the schema.
    fn is_there(&self, kind: &str, name: &str) -> bool {
        match names::relation(kind, name) {
            Some(relation) if relation != name => {
                self.found.has("table", &relation) || self.found.has("view", &relation)
            }
            _ => self.found.has(kind, name),
        }
    }

    /// Takes a table or a view out of the picture, with all that belongs to it.
    pub fn forget_all_of(&mut self, relation: &str) {
        self.found.objects.retain(|o| names::relation(&o.kind, &o.object).as_deref() != Some(relation));
    }

    /// Takes an object out of the picture.
    pub fn forget(&mut self, kind: &str, name: &str) {
        self.found.objects.retain(|o| !(o.kind == kind && o.object == name));
    }

    /// Makes an object what it shall be in the picture.
    pub fn settle(&mut self, object: &Object) {
        self.forget(&object.kind, &object.object);
        self.found.objects.push(object.clone());
    }

    /// True if a table is there with its rows.
    pub fn has_rows(&self, relation: &str) -> bool {
        !self.fresh.contains(relation)
    }

    pub fn definition(&self, kind: &str, name: &str) -> Option<&str> {
        self.expected.objects.iter().find(|o| o.kind == kind && o.object == name).map(|o| o.definition.as_str())
    }

    /// The columns that a relation shall have, and those of its own.
    pub fn union(&self, relation: &str) -> Vec<Column> {
        let mut columns: Vec<Column> = self.expected.columns_of(relation).cloned().collect();
        let own = self.found.columns_of(relation).filter(|c| self.expected.column(&c.object()).is_none());
        columns.extend(own.cloned());
        columns
    }
}

/// True for a column that differs only in its place among the others.
pub fn is_same_but_for_place(difference: &Difference) -> bool {
    fn rest(object: &Object) -> &str {
        without_place(&object.kind, &object.definition)
    }
    match difference {
        Difference::Changed { expected, found } => expected.kind == "column" && rest(expected) == rest(found),
        _ => false,
    }
}
