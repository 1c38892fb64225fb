//! The SQL that brings a database to another structure, from the two catalogues.
//!
//! An object that differs and cannot be changed in place is taken away first, in the plan and in the picture of the database, so that
//! it is missing and is made like everything else that is missing.

use std::collections::BTreeSet;

use super::builder::{Builder, Plan, Stage};
use super::facts::Facts;
use super::{change, create, grants};
use crate::migrate::catalogue::Difference;

/// The SQL of a pack around the change.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hooks<'a> {
    /// Fills what is new, before rules hold for it.
    pub rows: Option<&'a str>,
    /// Makes the partitions of the calendar.
    pub partitions: Option<&'a str>,
}

/// The plan for a database, as it was found.
pub fn plan(schema: &str, expected: &Facts, found: &Facts, hooks: Hooks<'_>) -> Plan {
    let mut builder = Builder {
        schema,
        expected,
        found: found.clone(),
        fresh: BTreeSet::new(),
        touched: BTreeSet::new(),
        moved: Vec::new(),
        out: Vec::new(),
        plan: Plan::default(),
    };
    for difference in builder.differences() {
        if !matches!(difference, Difference::Unexpected(_)) {
            builder.touch(difference.object());
        }
        if let Difference::Changed { expected, found } = difference {
            change::changed(&mut builder, &expected, &found);
        }
    }
    builder.refuse_moves();
    change::renamed(&mut builder);
    let rest = builder.differences();
    for difference in &rest {
        if let Difference::Missing(object) = difference
            && matches!(
                object.kind.as_str(),
                "schema" | "table" | "view" | "function" | "procedure" | "type" | "sequence"
            )
        {
            builder.fresh.insert(object.object.clone());
        }
    }
    for difference in &rest {
        match difference {
            Difference::Missing(object) => create::missing(&mut builder, object),
            Difference::Unexpected(object) => builder.leave(object),
            Difference::Changed { expected, .. } => {
                builder.refuse(expected, "is another one, and cannot be changed by a plan; change it by hand");
            }
        }
    }
    grants::plan(&mut builder);
    if let Some(rows) = hooks.rows
        && !builder.out.is_empty()
    {
        builder.say(Stage::Rows, with_path(schema, rows));
    }
    if !builder.out.is_empty() {
        builder.say(Stage::Rows, "-- Rows that the rules below need can be added here");
    }
    if let Some(partitions) = hooks.partitions
        && builder.out.iter().any(|(stage, _)| *stage == Stage::Partition)
    {
        builder.say(Stage::Last, with_path(schema, partitions));
    }
    builder.plan.changes = builder.changes(found);
    let Builder { mut out, mut plan, .. } = builder;
    out.sort_by_key(|(stage, _)| *stage);
    plan.statements = out.into_iter().map(|(_, sql)| sql).collect();
    plan
}

/// A pack's SQL names its tables without their schema.
fn with_path(schema: &str, sql: &str) -> String {
    let schema = crate::db::quote_identifier(schema);
    format!("SET LOCAL search_path = {schema}, pg_temp;\n{}", sql.trim().trim_end_matches(';'))
}
