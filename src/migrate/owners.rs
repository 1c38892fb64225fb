//! Owners: who may change the objects of a migration, and whether bursar's functions may use the application's tables.

use std::collections::BTreeMap;

use sqlx::Row as _;

use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::packs::{Pack, schema_exists};
use crate::text::counted;

/// A role with whose rights bursar's functions run, and that may not use the application's tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Powerless {
    /// The role.
    pub role: String,
    /// The tables that it may not use, quoted, with their schema.
    pub tables: Vec<String>,
    /// The owner of most of them.
    pub owner: String,
}

impl Powerless {
    /// The statement that helps.
    pub fn remedy(&self) -> String {
        let (role, owner) = (db::quote_identifier(&self.role), db::quote_identifier(&self.owner));
        if role == owner {
            // Its own tables hide their rows from it too.
            return format!("ALTER ROLE {role} BYPASSRLS;");
        }
        format!("REASSIGN OWNED BY {role} TO {owner};")
    }
}

/// The roles of bursar's functions that may not read the pack's tables; with `writes`, that may not write them either.
///
/// # Errors
/// If the server cannot be asked.
pub async fn powerless(connection: &mut Connection, pack: &Pack, writes: bool) -> Result<Vec<Powerless>> {
    let rows = sqlx::query(include_str!("sql/powerless.sql"))
        .bind(&pack.schema)
        .bind(&pack.tables)
        .bind(writes)
        .fetch_all(connection)
        .await?;
    let powerless = |row: &sqlx::postgres::PgRow| {
        Ok(Powerless { role: row.try_get("role")?, tables: row.try_get("tables")?, owner: row.try_get("owner")? })
    };
    rows.iter().map(powerless).collect()
}

/// Refuses to go on where bursar's functions could not use the application's tables afterwards. `again` is the command.
///
/// # Errors
/// Refused, with the statement that helps.
pub async fn require_usable(connection: &mut Connection, pack: &Pack, again: &str) -> Result<()> {
    let Some(found) = powerless(connection, pack, true).await?.into_iter().next() else { return Ok(()) };
    let there = schema_exists(connection, "bursar").await?;
    let Powerless { role, tables, owner } = &found;
    let whose = if there { "the owner of bursar's functions" } else { "which would own bursar's functions" };
    let help = match there {
        true => format!("as a superuser: {}\nthen: {again}", found.remedy()),
        false => as_owner(role, owner, again),
    };
    Err(Error::refused(format!(
        "role {role}, {whose}, may not read and write {} of {owner}; nothing was changed",
        listed(tables)
    ))
    .hint(help))
}

/// Refuses to go on where this role may not change what has to be changed: the schema, and objects, each with its owner.
///
/// # Errors
/// Refused, with the owner and what to do.
pub async fn require_owner(
    connection: &mut Connection,
    schema: &str,
    objects: &[(String, String)],
    again: &str,
) -> Result<()> {
    let closed: Option<(String, String)> = sqlx::query_as(
        "SELECT current_user::text, pg_catalog.format('GRANT CREATE ON SCHEMA %I TO %I;', nspname, current_user)
           FROM pg_catalog.pg_namespace WHERE nspname = $1 AND NOT has_schema_privilege(oid, 'CREATE')",
    )
    .bind(schema)
    .fetch_optional(&mut *connection)
    .await?;
    let owners: Vec<&str> = objects.iter().map(|(_, owner)| owner.as_str()).collect();
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT DISTINCT r.rolname::text, current_user::text FROM pg_catalog.pg_roles r
          WHERE r.rolname = ANY ($1) AND NOT pg_catalog.pg_has_role(r.oid, 'USAGE') ORDER BY 1",
    )
    .bind(&owners)
    .fetch_all(connection)
    .await?;
    let Some((_, role)) = rows.first() else {
        let Some((role, grant)) = closed else { return Ok(()) };
        return Err(Error::refused(format!("role {role} may not create in schema {schema}; nothing was changed"))
            .hint(format!("as the schema's owner or a superuser: {grant}\nthen: {again}")));
    };
    let mut by_owner: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (object, owner) in objects.iter().filter(|(_, owner)| rows.iter().any(|(other, _)| other == owner)) {
        by_owner.entry(owner).or_default().push(object.clone());
    }
    let said: Vec<String> = by_owner.iter().map(|(owner, all)| format!("{} of {owner}", listed(all))).collect();
    let owner = by_owner.keys().next().copied().unwrap_or_default();
    Err(Error::refused(format!(
        "role {role} may not change what belongs to others: {}; nothing was changed",
        said.join("; ")
    ))
    .hint(as_owner(role, owner, again)))
}

fn as_owner(role: &str, owner: &str, again: &str) -> String {
    let (of, to) = (db::quote_identifier(owner), db::quote_identifier(role));
    format!("connect as {owner}, or as a superuser: GRANT {of} TO {to};\nthen: {again}")
}

/// The first names, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {} more", names[..SHOWN].join(", "), counted(more, "object")),
    }
}
