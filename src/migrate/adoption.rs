//! A database whose tables something else than these migrations made.

use sqlx::Row as _;

use super::model::{MigrationState, SetStatus};
use super::relation::Relation;
use super::source::{Migration, Set};
use super::statement::Statement;
use crate::db::{self, Connection};
use crate::error::{Error, Result};

/// The reason why these pending migrations cannot be applied: a table that they create is there already.
///
/// # Errors
/// If the server cannot be asked.
pub async fn made_elsewhere(
    connection: &mut Connection,
    set: &Set,
    status: &SetStatus,
    pending: &[&Migration],
) -> Result<Option<Error>> {
    let is_state = |m: &Migration, state: MigrationState| {
        status.migrations.iter().any(|line| line.version == m.version && line.state == state)
    };
    // One that stopped half way has made some of its tables.
    let pending: Vec<&Migration> = pending.iter().filter(|m| !is_state(m, MigrationState::Partial)).copied().collect();
    let is_pending = |m: &Migration| pending.iter().any(|p| p.version == m.version);
    let applied: Vec<Relation> = set
        .migrations
        .iter()
        .filter(|m| !is_pending(m))
        .flat_map(|m| m.up.statements().iter().filter_map(Statement::creates_table).collect::<Vec<_>>())
        .collect();
    let mut tables = created(&pending);
    // A table of its own past may be renamed, and another take its name.
    tables.retain(|table| !applied.iter().any(|old| old.name == table.name));
    if tables.is_empty() {
        return Ok(None);
    }
    // A table without a schema is created in the first one of the path.
    let path = if set.is_ours { vec![set.schema.clone()] } else { db::configured_path(connection).await? };
    let first = path.into_iter().next().unwrap_or_default();
    let (schemas, names): (Vec<String>, Vec<String>) =
        tables.into_iter().map(|table| (table.schema.unwrap_or_else(|| first.clone()), table.name)).unzip();
    let rows = sqlx::query(
        "SELECT DISTINCT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
           FROM unnest($1::text[], $2::text[]) AS w (schema, name)
           JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
           JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
          ORDER BY 1",
    )
    .bind(schemas)
    .bind(names)
    .fetch_all(connection)
    .await?;
    let there = rows.iter().map(|row| row.try_get("name")).collect::<Result<Vec<String>, _>>()?;
    let Some(first) = there.first() else { return Ok(None) };
    let is_new = status.migrations.iter().all(|line| line.state == MigrationState::Pending);
    let what = match there.len() - 1 {
        0 => format!("{first}, and this table is there"),
        n => format!("{first} and {n} more tables, and they are there"),
    };
    let refusal = Error::usage(format!(
        "the database has tables of {} that its migrations did not create: those that are pending create {what}; nothing was applied",
        set.name
    ));
    let only = "`bursar migrate up --only bursar` installs only what bursar itself needs, beside the application";
    let compare = match is_new {
        true => "`bursar migrate baseline --detect` looks which migrations the database has already",
        false => "`bursar migrate verify` shows how the database differs from its migrations",
    };
    Ok(Some(refusal.hint(if set.is_ours { format!("{only}; {compare}") } else { compare.to_owned() })))
}

/// The tables that migrations create, whatever there is. One that they first drop or rename is none of them.
fn created(migrations: &[&Migration]) -> Vec<Relation> {
    let statements: Vec<Statement<'_>> = migrations.iter().flat_map(|m| m.up.statements()).collect();
    let made = statements.iter().enumerate().filter_map(|(at, s)| Some((at, s.creates_table()?)));
    made.filter(|(at, table)| !statements[..*at].iter().any(|before| before.replaces(table)))
        .map(|(_, table)| table)
        .collect()
}
