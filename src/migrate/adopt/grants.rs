//! The rights that the roles of the shipped schema have on its objects. Those of other roles are left alone.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::{Builder, Stage};
use super::facts::Facts;
use super::names::{self, Grant};
use crate::migrate::catalogue::Object;

/// The rights of each grantee on an object, and on its columns.
type Rights = BTreeMap<(String, Option<String>), String>;

/// Those of all objects, by the word of `GRANT` and the name.
type All = BTreeMap<(&'static str, String), Rights>;

pub(super) fn plan(b: &mut Builder<'_>) {
    let (wanted, there) = (rights(b.expected), rights(&b.found));
    let known: BTreeSet<String> = wanted.values().flat_map(|r| r.keys().map(|(g, _)| g.clone())).collect();
    let policies = b.expected.objects.iter().filter(|o| o.kind == "policy").flat_map(|o| roles_of(&o.definition));
    for role in known.iter().cloned().chain(policies).collect::<BTreeSet<_>>() {
        let ours = role == "PUBLIC" || role.starts_with("bursar_") || b.found.roles.contains_key(&role);
        if let Some(like) = b.expected.roles.get(&role).filter(|_| !ours) {
            b.say(Stage::Prepare, format!("CREATE ROLE {role} {like}"));
        }
    }
    let known: BTreeSet<String> = known.into_iter().chain(["PUBLIC".to_owned()]).collect();
    let none = Rights::new();
    let objects: BTreeSet<(&str, String)> =
        b.expected.objects.iter().filter_map(|o| Some((word(&o.kind, &o.definition)?, o.object.clone()))).collect();
    for (word, object) in objects {
        let is_fresh = b.fresh.contains(&object);
        if !is_fresh && names::schema("table", &object).is_some_and(|s| s != b.schema) {
            continue;
        }
        let key = (word, object.clone());
        let (want, have) = (wanted.get(&key).unwrap_or(&none), there.get(&key).unwrap_or(&none));
        let have: Rights =
            have.iter().filter(|((g, _), _)| known.contains(g)).map(|(k, v)| (k.clone(), v.clone())).collect();
        if !is_fresh && *want == have {
            continue;
        }
        // A schema is shared, so nothing is taken away from anybody there.
        if word != "SCHEMA" {
            b.touched.insert(object.clone());
            let roles: Vec<&str> = known.iter().map(String::as_str).collect();
            b.say(Stage::Revoke, format!("REVOKE ALL ON {word} {object} FROM {}", roles.join(", ")));
        }
        for ((grantee, column), privileges) in want {
            let all_there = have.get(&(grantee.clone(), column.clone())).is_some_and(|have| {
                let have: Vec<&str> = have.split(", ").collect();
                privileges.split(", ").all(|p| have.contains(&p))
            });
            if word == "SCHEMA" && !is_fresh && all_there {
                continue;
            }
            let privileges = match column {
                Some(column) => {
                    privileges.split(", ").map(|p| format!("{p} ({column})")).collect::<Vec<_>>().join(", ")
                }
                None => privileges.clone(),
            };
            b.say(Stage::Grant, format!("GRANT {privileges} ON {word} {object} TO {grantee}"));
        }
    }
    partitions(b, &wanted, &there, &known);
    // What belongs to somebody else keeps its rights.
    for object in b.expected.objects.iter().filter(|o| o.kind == "grant" && !b.found.objects.contains(o)) {
        let foreign = names::schema("grant", &object.object).is_some_and(|s| s != b.schema);
        let is_made = names::grant(&object.object).is_none_or(|grant| b.fresh.contains(&grant.on));
        if foreign && !is_made {
            b.plan.left.push(Object { definition: String::new(), ..object.clone() });
        }
    }
    for object in b.found.objects.clone().iter().filter(|o| o.kind == "grant") {
        let Some(grant) = names::grant(&object.object) else { continue };
        let of_ours = names::schema("grant", &object.object).is_some_and(|s| s == b.schema);
        let is_shared = grant.kind == "schema" && b.definition("grant", &object.object) != Some(&object.definition);
        if of_ours && (is_shared || !known.contains(&grant.grantee)) {
            b.leave(object);
        }
    }
}

/// A partition that is there inherits neither row security nor grants: it gets those of one that the
/// migrations make.
fn partitions(b: &mut Builder<'_>, wanted: &All, there: &All, known: &BTreeSet<String>) {
    let none = Rights::new();
    let parent = |o: &Object| Some(o.definition.strip_prefix("table partition of ")?.split(' ').next()?.to_owned());
    for partition in b.found.objects.clone().iter().filter(|o| o.kind == "partition table") {
        let Some(parent_name) = parent(partition) else { continue };
        let of_parent =
            |kind: &str| b.expected.objects.iter().find(|o| o.kind == kind && parent(o).as_ref() == Some(&parent_name));
        let Some(like) = of_parent("partition table").or_else(|| of_parent("table")) else { continue };
        let rls = if like.kind == "table" { "rls" } else { "partition rls" };
        let rls = b.definition(rls, &like.object).map(str::to_owned).unwrap_or_default();
        let like = like.object.clone();
        let name = &partition.object;
        let now = b.found.objects.iter().find(|o| o.kind == "partition rls" && o.object == *name);
        if now.is_some_and(|now| now.definition != rls) {
            super::create::rls(b, name, &rls);
        }
        let want = wanted.get(&("TABLE", like)).unwrap_or(&none);
        let mut have = there.get(&("TABLE", name.clone())).unwrap_or(&none).clone();
        have.retain(|(grantee, _), _| known.contains(grantee));
        if *want != have {
            let roles: Vec<&str> = known.iter().map(String::as_str).collect();
            b.say(Stage::Revoke, format!("REVOKE ALL ON TABLE {name} FROM {}", roles.join(", ")));
            for ((grantee, _), privileges) in want.iter().filter(|((_, column), _)| column.is_none()) {
                b.say(Stage::Grant, format!("GRANT {privileges} ON TABLE {name} TO {grantee}"));
            }
        }
    }
}

/// The roles of a policy.
fn roles_of(definition: &str) -> Vec<String> {
    let rest = definition.split_once(" to ").map_or("", |(_, rest)| rest);
    let end = [" using (", " with check ("].iter().filter_map(|word| rest.find(word)).min().unwrap_or(rest.len());
    rest[..end].split(", ").map(str::to_owned).collect()
}

/// The word of `GRANT` for a kind of object.
fn word(kind: &str, definition: &str) -> Option<&'static str> {
    Some(match kind {
        "table" | "view" | "materialized view" | "column" => "TABLE",
        "sequence" => "SEQUENCE",
        "function" | "aggregate" => "FUNCTION",
        "procedure" => "PROCEDURE",
        "type" if definition.starts_with("composite") => return None,
        "type" => "TYPE",
        "schema" => "SCHEMA",
        _ => return None,
    })
    .filter(|_| kind != "column" || definition == "grant")
}

fn rights(facts: &Facts) -> All {
    let mut all = All::new();
    for object in facts.objects.iter().filter(|o| o.kind.ends_with("grant")) {
        let Some(Grant { kind, on, column, grantee }) = names::grant(&object.object) else { continue };
        if let Some(word) = word(&kind, "grant") {
            all.entry((word, on)).or_default().insert((grantee, column), object.definition.clone());
        }
    }
    all
}
