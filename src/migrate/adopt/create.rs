//! The SQL that makes what is missing.

use super::builder::{Builder, RowCheck, Stage};
use super::names;
use crate::migrate::catalogue::Object;

pub(super) fn missing(b: &mut Builder<'_>, object: &Object) {
    let Object { kind, object: name, definition } = object;
    if b.expected.is_derived(kind, name) {
        return;
    }
    match kind.as_str() {
        "schema" => b.say(Stage::Prepare, format!("CREATE SCHEMA IF NOT EXISTS {name}")),
        "extension" => {
            let schema = definition.split_once(" in schema ").map_or("public", |(_, schema)| schema);
            b.say(Stage::Prepare, format!("CREATE EXTENSION IF NOT EXISTS {name} SCHEMA {schema}"));
        }
        "type" => match definition.strip_prefix("enum ") {
            Some(values) => b.say(Stage::Type, format!("CREATE TYPE {name} AS ENUM {values}")),
            None => b.refuse(object, "is missing, and only enums are made by a plan; create it by hand"),
        },
        "function" | "procedure" => {
            let late = b.expected.derived.contains(&("late".to_owned(), name.clone()));
            b.say(if late { Stage::LateFunction } else { Stage::Function }, definition.trim_end());
        }
        "table" => table(b, object),
        "view" => view(b, object),
        "column" => column(b, name),
        "constraint" => constraint(b, object),
        "index" => {
            if let Some((relation, _)) = names::split(name) {
                check_unique(b, &relation, name, definition);
            }
            // The one of a partitioned table is made on its partitions too.
            b.say(Stage::Index, definition.replacen(" ON ONLY ", " ON ", 1));
        }
        "trigger" => trigger(b, name, definition),
        "policy" => {
            if let Some((relation, own)) = names::split(name) {
                b.say(Stage::Policy, format!("CREATE POLICY {own} ON {relation} AS {definition}"));
            }
        }
        "rls" => rls(b, name, definition),
        "publication" => match name.split_once(" with ") {
            Some((publication, table)) if definition.is_empty() && !table.starts_with("schema ") => {
                b.say(Stage::Comment, format!("ALTER PUBLICATION {publication} ADD TABLE {table}"));
            }
            _ => b.refuse(object, "is missing; create it by hand"),
        },
        "comment" => {
            let (what, name) = name.split_once(' ').unwrap_or((name, ""));
            let (what, name) = match name.split_once(' ') {
                Some(("column" | "constraint", name)) => {
                    (&object.object[6..object.object.len() - name.len() - 1], name)
                }
                Some(("view", name)) => ("MATERIALIZED VIEW", name),
                _ => (what, name),
            };
            let text = crate::db::quote_literal(definition);
            b.say(Stage::Comment, format!("COMMENT ON {} {name} IS {text}", what.to_uppercase()));
        }
        // The sequence of a column comes with the column.
        "sequence" if definition.contains(" owned by ") => {}
        _ => b.refuse(object, "is missing, and is of no kind that a plan makes; create it by hand"),
    }
}

fn table(b: &mut Builder<'_>, object: &Object) {
    let Object { object: name, definition, .. } = object;
    if let Some(partition) = definition.strip_prefix("table partition of ") {
        let partition = partition.split(" using ").next().unwrap_or(partition);
        match partition.split_once(' ') {
            Some((parent, bound)) => {
                b.say(Stage::Partition, format!("CREATE TABLE {name} PARTITION OF {parent} {bound}"));
            }
            None => b.refuse(object, "is missing, and its bounds are not understood; create it by hand"),
        }
        return;
    }
    let columns: Vec<String> = b.expected.columns_of(name).map(super::facts::Column::definition).collect();
    b.say(Stage::Table, create_table(name, definition, &columns));
}

/// `CREATE TABLE`, from what the catalogue says of the table.
pub(super) fn create_table(name: &str, definition: &str, columns: &[String]) -> String {
    let key = definition.strip_prefix("table partition by ").map(|key| key.split(" using ").next().unwrap_or(key));
    let key = key.map_or_else(String::new, |key| format!(" PARTITION BY {key}"));
    format!("CREATE TABLE {name} (\n    {}\n){key}", columns.join(",\n    "))
}

fn view(b: &mut Builder<'_>, object: &Object) {
    let Some((head, body)) = object.definition.split_once(" as ") else { return };
    let kind = if head.starts_with("materialized") { "MATERIALIZED VIEW" } else { "VIEW" };
    let options = head.find("with (").map_or("", |at| &head[at..]);
    let body = body.trim().trim_end_matches(';');
    b.say(Stage::View, format!("CREATE {kind} {} {options} AS\n {body}", object.object));
}

fn column(b: &mut Builder<'_>, name: &str) {
    let Some(column) = b.expected.column(name).cloned() else { return };
    let relation = &column.relation;
    let is_partition = b.definition("table", relation).is_some_and(|d| d.starts_with("table partition of "));
    if !b.has_rows(relation) || is_partition {
        return;
    }
    if !column.fills_itself() {
        b.plan.checks.push(RowCheck {
            why: format!("column {name} is missing and must have a value, and no rule says which; add it by hand"),
            query: format!("SELECT * FROM {relation}"),
        });
    }
    b.say(Stage::Column, format!("ALTER TABLE {relation} ADD COLUMN {}", column.definition()));
}

/// A new constraint of a table with rows is checked by itself.
pub(super) fn constraint(b: &mut Builder<'_>, object: &Object) {
    let Some((relation, own)) = names::split(&object.object) else {
        b.refuse(object, "is missing, and is no table's; create it by hand");
        return;
    };
    let definition = &object.definition;
    let stage = match definition.split(' ').next() {
        Some("CHECK") => Stage::Check,
        Some("FOREIGN") => Stage::Reference,
        _ => Stage::Key,
    };
    let add = format!("ALTER TABLE {relation} ADD CONSTRAINT {own} {definition}");
    let partitioned = b.definition("table", &relation).is_some_and(|d| d.contains("partition"));
    if b.has_rows(&relation)
        && let Some(query) = breaking(&relation, definition)
    {
        b.plan
            .checks
            .push(RowCheck { why: format!("constraint {} refuses rows that are there", object.object), query });
    }
    if stage == Stage::Key && partitioned && !b.has_rows(&relation) {
        // Partitions that come later name their index as the migrations' own do.
        b.say(Stage::Shape, add);
    } else if stage == Stage::Key || partitioned || !b.has_rows(&relation) {
        b.say(stage, add);
    } else {
        b.say(stage, format!("{add} NOT VALID"));
        b.say(stage, format!("ALTER TABLE {relation} VALIDATE CONSTRAINT {own}"));
    }
}

/// The rows that a constraint refuses.
fn breaking(relation: &str, definition: &str) -> Option<String> {
    if let Some(rule) = definition.strip_prefix("CHECK ") {
        let rule = rule.trim_end_matches(" NO INHERIT");
        return Some(format!("SELECT * FROM {relation} WHERE NOT {rule}"));
    }
    let within = |text: &str| Some(text.split_once('(')?.1.split_once(')')?.0.to_owned());
    if let Some(reference) = definition.strip_prefix("FOREIGN KEY ") {
        let (own, other) = reference.split_once(" REFERENCES ")?;
        let table = other.split('(').next()?;
        let (own, other) = (within(own)?, within(other)?);
        let own: Vec<&str> = own.split(", ").collect();
        let on = own.iter().zip(other.split(", ")).map(|(own, other)| format!("o.{other} = t.{own}"));
        let (on, set) = (on.collect::<Vec<_>>().join(" AND "), own.iter().map(|c| format!("t.{c} IS NOT NULL")));
        let set = set.collect::<Vec<_>>().join(" AND ");
        return Some(format!(
            "SELECT t.* FROM {relation} t WHERE {set} AND NOT EXISTS (SELECT FROM {table} o WHERE {on})"
        ));
    }
    let columns = within(definition.strip_prefix("UNIQUE ").or_else(|| definition.strip_prefix("PRIMARY KEY "))?)?;
    Some(twice(relation, &columns, ""))
}

fn twice(relation: &str, columns: &str, condition: &str) -> String {
    format!(
        "SELECT {columns}, count(*) FROM {relation} WHERE ({columns}) IS NOT NULL{condition} GROUP BY {columns} HAVING count(*) > 1"
    )
}

fn check_unique(b: &mut Builder<'_>, relation: &str, name: &str, definition: &str) {
    if !b.has_rows(relation) || !definition.starts_with("CREATE UNIQUE ") {
        return;
    }
    let Some((_, rest)) = definition.split_once(" USING btree (") else { return };
    let (columns, condition) = rest
        .split_once(") WHERE ")
        .map_or((rest.trim_end_matches(')'), String::new()), |(c, w)| (c, format!(" AND {w}")));
    let why = format!("index {name} refuses rows that are there");
    b.plan.checks.push(RowCheck { why, query: twice(relation, columns, &condition) });
}

fn trigger(b: &mut Builder<'_>, name: &str, definition: &str) {
    let states = [(" DISABLED", "DISABLE"), (" ON REPLICA", "ENABLE REPLICA"), (" ALWAYS", "ENABLE ALWAYS")];
    let state = states.into_iter().find_map(|(end, word)| Some((definition.strip_suffix(end)?, word)));
    b.say(Stage::Trigger, state.map_or(definition, |(definition, _)| definition));
    if let (Some((_, word)), Some((relation, own))) = (state, names::split(name)) {
        b.say(Stage::Trigger, format!("ALTER TABLE {relation} {word} TRIGGER {own}"));
    }
}

pub(super) fn rls(b: &mut Builder<'_>, relation: &str, definition: &str) {
    let verb = if definition.starts_with("enabled") { "ENABLE" } else { "DISABLE" };
    b.say(Stage::Policy, format!("ALTER TABLE {relation} {verb} ROW LEVEL SECURITY"));
    if definition.ends_with("forced") {
        b.say(Stage::Policy, format!("ALTER TABLE {relation} FORCE ROW LEVEL SECURITY"));
    }
}
