//! A table that becomes partitioned, which no statement does in place.

use super::builder::{Builder, Stage};
use super::create::create_table;
use super::facts::Column;
use super::names::{self, suffixed};
use super::types::{no_value, retype};
use crate::migrate::catalogue::Object;

/// A table that becomes partitioned: another one is made, and the rows move there.
pub(super) fn partition(b: &mut Builder<'_>, expected: &Object) {
    let name = &expected.object;
    let refers = format!(" REFERENCES {name}(");
    let reference = b.found.objects.iter().find(|o| o.kind == "constraint" && o.definition.contains(&refers)).cloned();
    if let Some(reference) = reference {
        b.refuse(
            expected,
            &format!("has to be partitioned, and {} leads to it; drop that constraint first", reference.object),
        );
        return;
    }
    if b.found.columns_of(name).any(|c| !c.identity.is_empty()) {
        b.refuse(expected, "has to be partitioned, and has an identity column; move its rows by hand");
        return;
    }
    for mut column in b.found.columns_of(name).cloned().collect::<Vec<_>>() {
        // The others go with the table, and are made again.
        column.users.retain(|user| user.starts_with("view "));
        b.moves(&column);
        if let Some(wanted) = b.expected.column(&column.object()).cloned() {
            retype(b, &column, &wanted);
        }
    }
    // Its keys are named like the new one's.
    let keys = b.found.objects.iter().filter(|o| {
        o.kind == "constraint"
            && (o.definition.starts_with("UNIQUE") || o.definition.starts_with("PRIMARY"))
            && names::split(&o.object).is_some_and(|(relation, _)| relation == *name)
    });
    for key in keys.filter_map(|o| names::split(&o.object).map(|(_, own)| own.to_owned())).collect::<Vec<_>>() {
        b.say(Stage::DropConstraint, format!("ALTER TABLE {name} DROP CONSTRAINT {key}"));
    }
    let columns = b.union(name);
    let old = suffixed(name);
    let short = names::parts(&old).last().map_or("", |s| *s).to_owned();
    b.say(Stage::Table, format!("ALTER TABLE {name} RENAME TO {short}"));
    let made: Vec<String> = columns.iter().map(Column::definition).collect();
    b.say(Stage::Table, create_table(name, &expected.definition, &made));
    let copied: Vec<String> = b.found.columns_of(name).filter(|c| !c.generated).map(|c| c.name.clone()).collect();
    let copied = copied.join(", ");
    b.say(Stage::Move, format!("INSERT INTO {name} ({copied}) SELECT {copied} FROM {old}"));
    b.say(
        Stage::Move,
        format!(
            "DO $$ BEGIN\n    IF (SELECT count(*) FROM {name}) <> (SELECT count(*) FROM {old}) THEN\n        RAISE EXCEPTION 'rows of {} would be lost';\n    END IF;\nEND $$",
            name.replace('\'', "''")
        ),
    );
    b.say(Stage::Move, format!("DROP TABLE {old}"));
    keep_own(b, name);
    for wanted in b.expected.columns_of(name).filter(|c| c.not_null).cloned().collect::<Vec<_>>() {
        if b.found.column(&wanted.object()).is_some_and(|c| !c.not_null) {
            b.plan.checks.push(no_value(&wanted));
        }
    }
    b.forget_all_of(name);
    let there = b.expected.objects.iter();
    let there: Vec<Object> = there
        .filter(|o| {
            matches!(o.kind.as_str(), "table" | "column") && names::relation(&o.kind, &o.object).as_ref() == Some(name)
        })
        .cloned()
        .collect();
    b.found.objects.extend(there);
    b.fresh.insert(name.clone());
}

/// The old table's own columns and objects, which the new one gets too.
fn keep_own(b: &mut Builder<'_>, name: &str) {
    let of = |o: &Object| names::relation(&o.kind, &o.object).as_deref() == Some(name);
    for object in b.found.objects.clone().iter().filter(|o| of(o)) {
        let Object { kind, object: own, definition } = object;
        if b.expected.has(kind, own) || b.found.is_derived(kind, own) {
            continue;
        }
        let same = b.expected.objects.iter().any(|o| o.kind == *kind && of(o) && o.definition == *definition);
        match kind.as_str() {
            "constraint" if same => {}
            "constraint" if !definition.starts_with("UNIQUE") && !definition.starts_with("PRIMARY") => {
                super::create::constraint(b, object);
                b.leave(object);
            }
            "index" if !definition.starts_with("CREATE UNIQUE") => {
                let (_, short) = names::split(own).unwrap_or_default();
                let body =
                    |d: &str, n: &str| d.replacen(&format!(" {n} ON "), " ON ", 1).replacen(" ON ONLY ", " ON ", 1);
                let twin = b.expected.objects.iter().any(|o| {
                    o.kind == "index"
                        && names::split(&o.object)
                            .is_some_and(|(_, n)| body(&o.definition, n) == body(definition, short))
                });
                if !twin {
                    b.say(Stage::Index, definition.clone());
                    b.leave(object);
                }
            }
            "constraint" | "index" => {
                b.refuse(object, "is of its own, and a partitioned table cannot have it without the column of its partitions; drop it first");
            }
            "trigger" | "policy" => {
                super::create::missing(b, object);
                b.leave(object);
            }
            "column" => b.leave(object),
            "grant" => {
                let known = b
                    .expected
                    .objects
                    .iter()
                    .any(|o| o.kind == "grant" && o.object.rsplit(" to ").next() == own.rsplit(" to ").next());
                if let Some(grant) = names::grant(own).filter(|_| !known && kind == "grant") {
                    let columns = grant.column.map_or_else(String::new, |c| format!(" ({c})"));
                    let privileges: Vec<String> = definition.split(", ").map(|p| format!("{p}{columns}")).collect();
                    b.say(
                        Stage::Grant,
                        format!("GRANT {} ON TABLE {name} TO {}", privileges.join(", "), grant.grantee),
                    );
                    b.leave(object);
                }
            }
            _ => {}
        }
    }
}
