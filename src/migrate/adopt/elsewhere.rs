//! A database whose tables something else than these migrations made.

use sqlx::Row as _;

use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::migrate::model::{MigrationState, SetStatus};
use crate::migrate::relation::Relation;
use crate::migrate::repair::replacing_missing;
use crate::migrate::source::{Migration, Set};
use crate::migrate::statement::Statement;

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
    let more = match there.len() - 1 {
        0 => String::new(),
        1 => " and 1 more table".to_owned(),
        n => format!(" and {n} more tables"),
    };
    let refusal = Error::usage(format!(
        "the application exists already: the database has {first}{more} that pending migrations of {} create; nothing was applied",
        set.name
    ));
    let only = "for what bursar itself needs, beside the application: bursar migrate up --only bursar";
    let adopt = "for the difference to the application's own schema, as SQL to review: bursar migrate adopt";
    let compare = match is_new {
        true => "for the migrations that the database has already: bursar migrate baseline --detect",
        false => "for the differences between the database and its migrations: bursar migrate verify",
    };
    let compare = match replacing_missing(set, status) {
        Some(replacing) => format!("where several files were made one, record that one: {replacing}\n{compare}"),
        None => compare.to_owned(),
    };
    let hint = match (set.is_ours, is_new) {
        (false, _) => compare,
        (true, true) => format!("{adopt}\n{only}\n{compare}"),
        (true, false) => format!("{only}\n{compare}"),
    };
    Ok(Some(refusal.hint(hint)))
}

/// The tables that migrations create, whatever there is. One that they first drop or rename is none of them.
fn created(migrations: &[&Migration]) -> Vec<Relation> {
    let statements: Vec<Statement<'_>> = migrations.iter().flat_map(|m| m.up.statements()).collect();
    let made = statements.iter().enumerate().filter_map(|(at, s)| Some((at, s.creates_table()?)));
    made.filter(|(at, table)| !statements[..*at].iter().any(|before| before.replaces(table)))
        .map(|(_, table)| table)
        .collect()
}
