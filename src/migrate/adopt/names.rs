//! Names of the catalogue taken apart.

/// The parts of a name with dots between them, each quoted as it was.
pub(super) fn parts(name: &str) -> Vec<&str> {
    let (mut parts, mut from, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in name.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => {
                parts.push(&name[from..at]);
                from = at + 1;
            }
            // The arguments of a function are none of its name.
            '(' if !quoted => break,
            _ => {}
        }
    }
    parts.push(&name[from..]);
    parts
}

/// The table of what belongs to one, and the rest of the name.
pub(super) fn split(name: &str) -> Option<(String, &str)> {
    match parts(name).as_slice() {
        [schema, relation, own] => Some((format!("{schema}.{relation}"), own)),
        _ => None,
    }
}

/// The schema of an object, whatever stands before its name: `table public.users to anon`.
pub(super) fn schema(kind: &str, object: &str) -> Option<String> {
    let name = match kind.trim_start_matches("partition ") {
        "grant" | "comment" | "owner" => object.split_once(' ').map_or(object, |(_, rest)| {
            let rest = rest.strip_prefix("view ").unwrap_or(rest);
            rest.strip_prefix("constraint ").unwrap_or(rest)
        }),
        "extension" | "publication" | "event trigger" => return None,
        "schema" => return Some(object.to_owned()),
        _ => object,
    };
    let name = name.split_once(" on ").map_or(name, |(_, table)| table);
    let name = if kind == "grant" { name.rsplit_once(" to ").map_or(name, |(on, _)| on) } else { name };
    parts(name).first().map(|schema| (*schema).to_owned())
}

/// The table to which an object belongs, for the kinds that do.
pub(super) fn relation(kind: &str, object: &str) -> Option<String> {
    match kind.trim_start_matches("partition ") {
        "column" | "constraint" | "index" | "trigger" | "policy" | "rule" => {
            split(object).map(|(relation, _)| relation)
        }
        "rls" | "table" | "view" => Some(object.to_owned()),
        "grant" => Some(grant(object)?.on),
        _ => None,
    }
}

/// The parts of a grant's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// The kind of the object, as the catalogue has it.
    pub kind: String,
    /// The object with its schema; for a column its table.
    pub on: String,
    /// The column.
    pub column: Option<String>,
    pub grantee: String,
}

pub(super) fn grant(object: &str) -> Option<Grant> {
    let (thing, grantee) = object.rsplit_once(" to ")?;
    let kinds = ["materialized view", "foreign table"];
    let kind = kinds.into_iter().find(|kind| thing.starts_with(kind)).or_else(|| thing.split(' ').next())?;
    let on = thing.get(kind.len() + 1..)?;
    let (on, column) = match kind {
        "column" => split(on).map(|(relation, column)| (relation, Some(column.to_owned())))?,
        "new" => return None,
        _ => (on.to_owned(), None),
    };
    Some(Grant { kind: kind.to_owned(), on, column, grantee: grantee.to_owned() })
}

/// A name for what is replaced, until it is gone.
pub(super) fn suffixed(name: &str) -> String {
    match name.strip_suffix('"') {
        Some(name) => format!("{name}_before_adoption\""),
        None => format!("{name}_before_adoption"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Grant, grant, parts, relation, schema, suffixed};

    #[test]
    fn names_are_taken_apart_at_their_own_dots() {
        assert_eq!(parts("public.\"a.b\".c"), ["public", "\"a.b\"", "c"]);
        assert_eq!(parts("public.f(pg_catalog.int4, x.y)"), ["public", "f(pg_catalog.int4, x.y)"]);
        assert_eq!(relation("policy", "public.t.\"Users can. read\"").as_deref(), Some("public.t"));
        assert_eq!(schema("grant", "materialized view public.v to anon").as_deref(), Some("public"));
        assert_eq!(schema("grant", "column auth.users.id to \"a b\"").as_deref(), Some("auth"));
        assert_eq!(schema("comment", "trigger x on auth.users").as_deref(), Some("auth"));
        assert_eq!(
            grant("column public.t.c to anon"),
            Some(Grant {
                kind: "column".to_owned(),
                on: "public.t".to_owned(),
                column: Some("c".to_owned()),
                grantee: "anon".to_owned()
            })
        );
        assert_eq!(suffixed("public.\"T x\""), "public.\"T x_before_adoption\"");
        assert_eq!(suffixed("public.t"), "public.t_before_adoption");
        assert_eq!(grant("new tables in schema public of postgres to anon"), None);
    }
}
