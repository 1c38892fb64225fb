//! The SQL for what is there and is another: changed in place, or taken away to be made anew.

use super::builder::{Builder, Stage};
use super::create::rls;
use super::facts::Column;
use super::names::{self, suffixed};
use super::partition::partition;
use super::types::{no_value, retype};
use crate::migrate::catalogue::{Difference, Object};

pub(super) fn changed(b: &mut Builder<'_>, expected: &Object, found: &Object) {
    let Object { kind, object: name, definition } = expected;
    // It went with its table or its column.
    if !b.found.has(kind, name) || b.expected.is_derived(kind, name) && kind != "index" {
        return;
    }
    match kind.as_str() {
        "type" => values(b, expected, found),
        "table" if definition.contains("partition by ") && !found.definition.contains("partition") => {
            partition(b, expected);
        }
        "column" => column(b, expected),
        "function" | "procedure" => {
            let head = |text: &str| text.lines().take(2).map(str::to_owned).collect::<Vec<_>>();
            if head(definition) != head(&found.definition) {
                b.say(Stage::DropFunction, format!("DROP {} {name}", kind.to_uppercase()));
            }
            b.forget(kind, name);
        }
        "view" => {
            let word = if found.definition.starts_with("materialized") { "MATERIALIZED VIEW" } else { "VIEW" };
            b.say(Stage::DropHook, format!("DROP {word} {name}"));
            b.forget_all_of(name);
        }
        "rls" => {
            if found.definition.ends_with("forced") && !definition.ends_with("forced") {
                b.say(Stage::Policy, format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY"));
            }
            rls(b, name, definition);
            b.settle(expected);
        }
        "constraint" => dropped(b, name, "constraint", &found.definition),
        // That of a key goes with the key.
        "index" if b.found.is_derived(kind, name) => b.settle(expected),
        "index" | "trigger" | "policy" => dropped(b, name, kind, &found.definition),
        "comment" => b.forget(kind, name),
        _ => {}
    }
}

/// Drops what belongs to a table.
fn dropped(b: &mut Builder<'_>, name: &str, kind: &str, definition: &str) {
    let Some((relation, own)) = names::split(name) else { return };
    let schema = names::parts(&relation).first().map_or("", |s| *s).to_owned();
    match kind {
        "constraint" => {
            let stage = if definition.starts_with("FOREIGN") { Stage::DropReference } else { Stage::DropConstraint };
            b.say(stage, format!("ALTER TABLE {relation} DROP CONSTRAINT {own}"));
            b.forget("index", name);
        }
        "index" => b.say(Stage::DropConstraint, format!("DROP INDEX {schema}.{own}")),
        kind => b.say(Stage::DropHook, format!("DROP {} {own} ON {relation}", kind.to_uppercase())),
    }
    b.forget(kind, name);
}

/// A constraint or an index that is there under another name gets the shipped one.
pub(super) fn renamed(b: &mut Builder<'_>) {
    let differences = b.differences();
    let without_name = |o: &Object| {
        let own = names::split(&o.object).map(|(_, own)| own).unwrap_or_default();
        o.definition.replacen(&format!(" {own} ON "), " ON ", 1)
    };
    let mut taken: Vec<String> = Vec::new();
    for missing in &differences {
        let Difference::Missing(wanted) = missing else { continue };
        if !matches!(wanted.kind.as_str(), "constraint" | "index")
            || b.expected.is_derived(&wanted.kind, &wanted.object)
        {
            continue;
        }
        let Some((relation, own)) = names::split(&wanted.object) else { continue };
        let same = differences.iter().find_map(|difference| match difference {
            Difference::Unexpected(there)
                if there.kind == wanted.kind
                    && !b.found.is_derived(&there.kind, &there.object)
                    && !taken.contains(&there.object)
                    && names::split(&there.object).is_some_and(|(on, _)| on == relation)
                    && without_name(there) == without_name(wanted) =>
            {
                Some(there)
            }
            _ => None,
        });
        let Some(there) = same else { continue };
        let Some((_, old)) = names::split(&there.object) else { continue };
        taken.push(there.object.clone());
        if wanted.kind == "constraint" {
            b.say(Stage::Rename, format!("ALTER TABLE {relation} RENAME CONSTRAINT {old} TO {own}"));
            // Its index has its name.
            b.forget("index", &there.object);
        } else {
            let schema = names::parts(&relation).first().map_or("", |s| *s).to_owned();
            b.say(Stage::Rename, format!("ALTER INDEX {schema}.{old} RENAME TO {own}"));
        }
        b.forget(&there.kind, &there.object);
        b.settle(wanted);
    }
}

/// The values of an enum's definition.
fn labels(definition: &str) -> Option<Vec<String>> {
    let list = definition.strip_prefix("enum (")?.strip_suffix(')')?;
    let list = list.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(list.split("', '").map(str::to_owned).collect())
}

/// An enum that lacks values. A new value cannot be used in the transaction that adds it, so the type is made anew.
fn values(b: &mut Builder<'_>, expected: &Object, found: &Object) {
    let name = &expected.object;
    let (Some(wanted), Some(there)) = (labels(&expected.definition), labels(&found.definition)) else {
        b.refuse(expected, "is another one, and only enums are changed by a plan; change it by hand");
        return;
    };
    let own: Vec<&str> = there.iter().filter(|v| !wanted.contains(v)).map(String::as_str).collect();
    if !own.is_empty() {
        let why = format!(
            "has values that the shipped one lacks: {}; rename them, or move their rows to others",
            own.join(", ")
        );
        b.refuse(expected, &why);
        return;
    }
    let old = suffixed(name);
    let short = names::parts(&old).last().map_or("", |s| *s).to_owned();
    b.say(Stage::Type, format!("ALTER TYPE {name} RENAME TO {short}"));
    b.say(Stage::Type, format!("CREATE TYPE {name} AS {}", expected.definition.replacen("enum ", "ENUM ", 1)));
    for column in b.found.columns.clone().iter().filter(|c| c.type_name == *name) {
        let Column { relation, name: own, expression, .. } = column;
        let is_partition =
            b.found.objects.iter().any(|o| o.object == *relation && o.definition.starts_with("table partition of "));
        if is_partition {
            continue;
        }
        b.touched.insert(relation.clone());
        b.moves(column);
        let alter = format!("ALTER TABLE {relation} ALTER COLUMN {own}");
        if expression.is_some() {
            b.say(Stage::Type, format!("{alter} DROP DEFAULT"));
        }
        b.say(Stage::Type, format!("{alter} TYPE {name} USING {own}::text::{name}"));
        if let Some(expression) = expression {
            b.say(Stage::Type, format!("{alter} SET DEFAULT {expression}"));
        }
    }
    b.say(Stage::Type, format!("DROP TYPE {old}"));
    b.fresh.insert(name.clone());
    b.settle(expected);
}

fn column(b: &mut Builder<'_>, expected: &Object) {
    let (Some(found), Some(wanted)) =
        (b.found.column(&expected.object).cloned(), b.expected.column(&expected.object).cloned())
    else {
        return;
    };
    let Column { relation, name, .. } = &wanted;
    let is_partition = b.definition("table", relation).is_some_and(|d| d.starts_with("table partition of "));
    if b.fresh.contains(relation) || is_partition {
        return;
    }
    let alter = format!("ALTER TABLE {relation} ALTER COLUMN {name}");
    if found.generated && wanted.generated {
        // Its values are computed anew; it is made with what is missing.
        b.moves(&found);
        b.say(Stage::Column, format!("ALTER TABLE {relation} DROP COLUMN {name}"));
        for dependent in &found.dependents {
            for kind in ["constraint", "index"] {
                b.forget(kind, &format!("{relation}.{dependent}"));
            }
        }
        b.forget("column", &expected.object);
        b.found.columns.retain(|c| c.object() != expected.object);
        return;
    }
    if wanted.generated || found.identity != wanted.identity {
        b.refuse(expected, "gets its values in another way than the shipped one; change it by hand");
        return;
    }
    if found.generated {
        b.say(Stage::Column, format!("{alter} DROP EXPRESSION"));
    }
    if retype(b, &found, &wanted) && found.type_name != wanted.type_name {
        b.moves(&found);
        b.say(Stage::Column, format!("{alter} TYPE {}", wanted.type_name));
    }
    match &wanted.expression {
        Some(expression) if found.generated || found.expression.as_ref() != Some(expression) => {
            b.say(Stage::Column, format!("{alter} SET DEFAULT {expression}"));
        }
        None if found.expression.is_some() && !found.generated => b.say(Stage::Column, format!("{alter} DROP DEFAULT")),
        _ => {}
    }
    match (found.not_null, wanted.not_null) {
        (false, true) => {
            b.plan.checks.push(no_value(&wanted));
            b.say(Stage::NotNull, format!("{alter} SET NOT NULL"));
        }
        (true, false) => b.say(Stage::NotNull, format!("{alter} DROP NOT NULL")),
        _ => {}
    }
    b.settle(expected);
}

#[cfg(test)]
mod tests {
    use super::labels;

    #[test]
    fn enums_are_taken_apart() {
        assert_eq!(labels("enum ('a', 'b c')"), Some(vec!["a".to_owned(), "b c".to_owned()]));
        assert_eq!(labels("domain text"), None);
    }
}
