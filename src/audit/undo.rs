//! Statements that take a change of the schema back, from the text that the record of the schema has of an object.

use crate::db::{quote_identifier, quote_literal};

/// The states of an object in its text, after the statement that makes it.
const DISABLED: &str = " DISABLED";
const ON_REPLICA: &str = " ON REPLICA";
const NOT_ALWAYS: &str = " NOT ALWAYS";

/// The privileges of tables and columns.
const PRIVILEGES: [&str; 8] = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"];

/// The statement, or the statements, that make an object as it was `recorded` from what was `found`; none where the two texts do not
/// tell all of it.
pub(super) fn statement(
    schema: &str,
    kind: &str,
    table: &str,
    object: &str,
    recorded: Option<&str>,
    found: Option<&str>,
) -> Option<String> {
    let (on, name) = (format!("{}.{}", quote_identifier(schema), quote_identifier(table)), quote_identifier(object));
    match kind {
        "trigger" => trigger(&on, &name, recorded, found),
        "rule" => rule(&on, &name, recorded, found),
        "constraint" => constraint(schema, &on, object, recorded?, found),
        "policy" => policy(&on, &name, recorded, found),
        "rls" => row_security(&on, recorded?, found),
        "grant" => grant(&on, object, recorded.is_some()),
        "column" => column(&on, &name, recorded?, found?),
        "firing" => Some(format!("ALTER TABLE {on} ENABLE TRIGGER ALL")),
        "setting" => setting(object, recorded),
        "relation" => {
            (recorded? == "table" && found? == "unlogged table").then(|| format!("ALTER TABLE {on} SET LOGGED"))
        }
        // Who owns bursar's tables is told by no name.
        "owner" => {
            let owner = recorded.filter(|owner| *owner != "the owner of bursar's tables")?;
            Some(format!("ALTER TABLE {on} OWNER TO {}", quote_identifier(owner)))
        }
        _ => None,
    }
}

/// The statement that makes something, and what its text says of its state.
fn parted<'t>(text: &'t str, states: &[&'t str]) -> (&'t str, &'t str) {
    let state = states.iter().find_map(|state| text.strip_suffix(state).map(|made| (made, *state)));
    state.unwrap_or((text, ""))
}

fn trigger(on: &str, name: &str, recorded: Option<&str>, found: Option<&str>) -> Option<String> {
    const STATES: [&str; 2] = [DISABLED, ON_REPLICA];
    let Some((made, state)) = recorded.map(|text| parted(text, &STATES)) else {
        return Some(format!("DROP TRIGGER {name} ON {on}"));
    };
    let set = match state {
        DISABLED => "DISABLE",
        ON_REPLICA => "ENABLE REPLICA",
        _ => "ENABLE",
    };
    let set = format!("ALTER TABLE {on} {set} TRIGGER {name}");
    Some(match found.map(|text| parted(text, &STATES)) {
        Some((same, _)) if same == made => set,
        Some(_) => format!("DROP TRIGGER {name} ON {on}; {made}; {set}"),
        None if state.is_empty() => made.to_owned(),
        None => format!("{made}; {set}"),
    })
}

fn rule(on: &str, name: &str, recorded: Option<&str>, found: Option<&str>) -> Option<String> {
    let Some(recorded) = recorded else { return Some(format!("DROP RULE {name} ON {on}")) };
    let (made, state) = parted(recorded, &[NOT_ALWAYS]);
    let made = made.trim_end_matches(';');
    // The text does not tell which of the other states it had.
    if !state.is_empty() {
        return None;
    }
    let set = format!("ALTER TABLE {on} ENABLE RULE {name}");
    Some(match found.map(|text| parted(text, &[NOT_ALWAYS]).0.trim_end_matches(';')) {
        Some(same) if same == made => set,
        Some(_) => format!("DROP RULE {name} ON {on}; {made}"),
        None => made.to_owned(),
    })
}

/// A constraint, or an index that keeps rows apart without one, whose text is the statement that makes it.
fn constraint(schema: &str, on: &str, object: &str, recorded: &str, found: Option<&str>) -> Option<String> {
    let name = quote_identifier(object);
    if recorded.starts_with("CREATE UNIQUE INDEX ") {
        let index = format!("{}.{name}", quote_identifier(schema));
        let (made, state) = parted(recorded, &[" INVALID"]);
        return match found {
            _ if !state.is_empty() => None,
            Some(found) if found.strip_suffix(" INVALID") == Some(made) => Some(format!("REINDEX INDEX {index}")),
            Some(found) if found.starts_with("CREATE ") => Some(format!("DROP INDEX {index}; {made}")),
            // A constraint has taken its name.
            Some(_) => None,
            None => Some(made.to_owned()),
        };
    }
    let add = format!("ALTER TABLE {on} ADD CONSTRAINT {name} {recorded}");
    match found {
        None => Some(add),
        Some(found) if found.strip_suffix(" NOT VALID") == Some(recorded) => {
            Some(format!("ALTER TABLE {on} VALIDATE CONSTRAINT {name}"))
        }
        Some(found) if found.starts_with("CREATE ") => None,
        Some(_) => Some(format!("ALTER TABLE {on} DROP CONSTRAINT {name}; {add}")),
    }
}

/// A policy from a text such as `permissive for r to PUBLIC using (…) with check (…)`.
fn policy(on: &str, name: &str, recorded: Option<&str>, found: Option<&str>) -> Option<String> {
    let drop = format!("DROP POLICY {name} ON {on}");
    let Some(recorded) = recorded else { return Some(drop) };
    let (kind, rest) = recorded.split_once(" for ")?;
    let (command, rest) = rest.split_once(" to ")?;
    let command = match command {
        "r" => "SELECT",
        "a" => "INSERT",
        "w" => "UPDATE",
        "d" => "DELETE",
        "*" => "ALL",
        _ => return None,
    };
    let end = [" using (", " with check ("].iter().filter_map(|begin| rest.find(begin)).min().unwrap_or(rest.len());
    let (roles, conditions) = rest.split_at(end);
    let role = |role: &str| if role == "PUBLIC" { role.to_owned() } else { quote_identifier(role) };
    let roles: Vec<String> = roles.split(", ").map(role).collect();
    let conditions = conditions.replacen(" using (", " USING (", 1);
    // A text inside an expression may look like the beginning of the next one.
    let conditions = match conditions.matches(" with check (").count() {
        0 => conditions,
        1 => conditions.replacen(" with check (", " WITH CHECK (", 1),
        _ => return None,
    };
    let make = format!(
        "CREATE POLICY {name} ON {on} AS {} FOR {command} TO {}{conditions}",
        kind.to_ascii_uppercase(),
        roles.join(", ")
    );
    Some(if found.is_some() { format!("{drop}; {make}") } else { make })
}

/// Row level security from a text such as `enabled, forced`.
fn row_security(on: &str, recorded: &str, found: Option<&str>) -> Option<String> {
    let state = |text: &str| (text.starts_with("enabled"), text.ends_with(", forced"));
    let (was, is) = (state(recorded), state(found?));
    let mut actions = Vec::new();
    if was.0 != is.0 {
        actions.push(if was.0 { "ENABLE ROW LEVEL SECURITY" } else { "DISABLE ROW LEVEL SECURITY" });
    }
    if was.1 != is.1 {
        actions.push(if was.1 { "FORCE ROW LEVEL SECURITY" } else { "NO FORCE ROW LEVEL SECURITY" });
    }
    (!actions.is_empty()).then(|| format!("ALTER TABLE {on} {}", actions.join(", ")))
}

/// A grant from a text such as `anon UPDATE star_balance`. A role's name may have spaces too.
fn grant(on: &str, object: &str, was_there: bool) -> Option<String> {
    let (grantee, privilege, attribute) = PRIVILEGES.iter().find_map(|privilege| {
        let (grantee, rest) = object.split_once(&format!(" {privilege}"))?;
        let attribute = if rest.is_empty() { None } else { Some(rest.strip_prefix(' ')?) };
        Some((grantee, privilege, attribute))
    })?;
    let column = attribute.map_or(String::new(), |column| format!(" ({})", quote_identifier(column)));
    let grantee = if grantee == "PUBLIC" { grantee.to_owned() } else { quote_identifier(grantee) };
    Some(match was_there {
        true => format!("GRANT {privilege}{column} ON {on} TO {grantee}"),
        false => format!("REVOKE {privilege}{column} ON {on} FROM {grantee}"),
    })
}

/// A column from a text such as `integer NOT NULL DEFAULT 0`, where nothing but its NULLs or its default changed.
fn column(on: &str, name: &str, recorded: &str, found: &str) -> Option<String> {
    let parts = |text: &str| -> (String, bool, Option<String>) {
        let (rest, default) = match text.split_once(" DEFAULT ") {
            Some((rest, default)) => (rest, Some(default.to_owned())),
            None => (text, None),
        };
        (rest.replacen(" NOT NULL", "", 1), rest.contains(" NOT NULL"), default)
    };
    let (was, is) = (parts(recorded), parts(found));
    // The default of a generated column is what it is worked out from.
    if was.0 != is.0 || was.0.ends_with(" GENERATED") {
        return None;
    }
    let mut actions = Vec::new();
    if was.1 != is.1 {
        actions.push(format!("ALTER COLUMN {name} {} NOT NULL", if was.1 { "SET" } else { "DROP" }));
    }
    if was.2 != is.2 {
        actions.push(match was.2 {
            Some(default) => format!("ALTER COLUMN {name} SET DEFAULT {default}"),
            None => format!("ALTER COLUMN {name} DROP DEFAULT"),
        });
    }
    (!actions.is_empty()).then(|| format!("ALTER TABLE {on} {}", actions.join(", ")))
}

/// A setting of this database, for one role where its text says so.
fn setting(object: &str, recorded: Option<&str>) -> Option<String> {
    let (name, role) = match object.split_once(" of ") {
        Some((name, role)) => (name, Some(role)),
        None => (object, None),
    };
    let change = match recorded {
        Some(value) => format!("SET {} = {}", quote_identifier(name), quote_literal(value)),
        None => format!("RESET {}", quote_identifier(name)),
    };
    // The name of the database is not part of the text, and no statement takes the current one.
    let change = change.replace('%', "%%");
    let statement = match role {
        Some(role) => format!("ALTER ROLE {} IN DATABASE %I {change}", quote_identifier(role).replace('%', "%%")),
        None => format!("ALTER DATABASE %I {change}"),
    };
    Some(format!("DO $$ BEGIN EXECUTE format({}, current_database()); END $$", quote_literal(&statement)))
}

#[cfg(test)]
mod tests {
    use super::statement;

    #[test]
    fn a_name_that_needs_quotes_gets_them_and_what_is_not_told_is_not_guessed() {
        let undo = |kind, object, recorded, found| statement("public", kind, "my table", object, recorded, found);
        assert_eq!(
            undo("grant", "a role UPDATE star balance", None, Some("granted")).as_deref(),
            Some(r#"REVOKE UPDATE ("star balance") ON "public"."my table" FROM "a role""#)
        );
        assert_eq!(
            undo("policy", "p", Some("restrictive for a to PUBLIC, b c with check (true)"), None).as_deref(),
            Some(
                r#"CREATE POLICY "p" ON "public"."my table" AS RESTRICTIVE FOR INSERT TO PUBLIC, "b c" WITH CHECK (true)"#
            )
        );
        for (kind, recorded, found) in [
            ("column", Some("integer NOT NULL"), Some("bigint NOT NULL")),
            ("constraint", None, Some("CHECK (true)")),
            ("owner", Some("the owner of bursar's tables"), Some("eve")),
            ("policy", Some("permissive for a to PUBLIC with check ((a = ' with check ('::text))"), None),
            ("function", Some("SHA-256 00"), None),
        ] {
            assert_eq!(undo(kind, "o", recorded, found), None, "{kind}");
        }
    }
}
