//! Reading both structures, asking the rows, and applying an adoption.

use sqlx::{AssertSqlSafe, Executor as _};

use super::builder::Plan;
use super::facts::Facts;
use super::text::{digest, parse};
use crate::db::{Connection, Database, Session, WritePermit, guarded, ours};
use crate::error::{Error, Kind, Result};
use crate::migrate::catalogue::{Difference, Object, catalogue};
use crate::migrate::engine::{Event, Run};
use crate::migrate::history;
use crate::migrate::model::{Direction, MigrationState, Options};
use crate::migrate::script::{Script, Steps};
use crate::migrate::source::Set;
use crate::migrate::status::status;
use crate::migrate::up::{Until, pending, up};
use crate::migrate::verify::drift;
use crate::packs::Pack;

/// The statements that make on a scratch database what migrations find in this one and ask for: its extensions in their
/// schemas, and its publications.
pub fn surroundings(found: &[Object]) -> Vec<String> {
    let mut statements = Vec::new();
    for Object { kind, object, definition } in found {
        match (kind.as_str(), definition.split_once(" in schema ")) {
            ("extension", Some((_, schema))) if schema != "pg_catalog" => {
                statements.push(format!("CREATE SCHEMA IF NOT EXISTS {schema}"));
                statements.push(format!("CREATE EXTENSION IF NOT EXISTS {object} SCHEMA {schema}"));
            }
            ("publication", _) if !object.contains(" with ") => statements.push(format!("CREATE PUBLICATION {object}")),
            _ => {}
        }
    }
    statements
}

/// The structure that the sets make on a scratch database.
///
/// # Errors
/// The error of a migration that fails.
pub async fn structure(scratch: &Database, permit: &WritePermit, sets: &[Set], options: &Options) -> Result<Facts> {
    let mut session = scratch.session(permit).await?;
    up(&mut session, scratch, sets, Until::default(), options, |_| {}).await?;
    drop(session);
    let mut tx = scratch.read().await?;
    let facts = Facts::read(&mut tx).await?;
    tx.rollback().await?;
    Ok(facts)
}

/// Bounds how long the statements of a transaction wait for a lock: the server's own functions about the catalogue, such
/// as `pg_get_indexdef`, wait for whoever changes the table.
///
/// # Errors
/// If the connection is gone.
pub async fn limit_waits(connection: &mut Connection, options: &Options) -> Result<()> {
    let limit = format!("SET LOCAL lock_timeout = {}", options.lock_timeout.as_millis());
    connection.execute(AssertSqlSafe(limit)).await?;
    Ok(())
}

/// Asks the rows, and adds to what stands in the way. A question that the rows cannot answer yet is left to the server.
///
/// # Errors
/// If the connection is gone; a conflict if a table is locked for longer than the limit.
pub async fn look(connection: &mut Connection, plan: &mut Plan, options: &Options) -> Result<()> {
    for check in &plan.checks {
        let sql = format!("SELECT count(*) FROM ({}) AS q", check.query);
        let count =
            guarded(connection, async |c| Ok(sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(c).await?));
        let count = match count.await? {
            Ok(count) => count,
            Err(error) if error.kind == Kind::Conflict => {
                return Err(error.context("the rows were not looked at; nothing was changed").hint(options.longer()));
            }
            Err(_) => continue,
        };
        if count > 0 {
            let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
            plan.refusals.push(format!("{} ({rows}); to see them: {};", check.why, check.query));
        }
    }
    Ok(())
}

/// Applies the text of an adoption in one transaction, compares what it has made with the structure that it leads to, and
/// records the migrations as applied. bursar's own migrations are applied before it. Returns the number of migrations that
/// were recorded; none if another run has done it meanwhile.
///
/// # Errors
/// A conflict if the database is another one than when the text was made; the server's error, with its place; a refusal
/// where a difference remains. Nothing of the adoption stays then.
#[allow(clippy::too_many_arguments)]
pub async fn adopt(
    session: &mut Session,
    database: &Database,
    sets: &[Set],
    pack: Option<&Pack>,
    expected: &Facts,
    script: &Script,
    options: &Options,
    mut tell: impl FnMut(Event<'_>),
) -> Result<Option<usize>> {
    let head = parse(&script.file, &script.text)?;
    if script.steps()? != Steps::Together {
        return Err(Error::usage(format!("{} cannot run in one transaction; nothing was changed", script.file)));
    }
    let Some((set, before)) = sets.split_last() else { return Ok(None) };
    let mut run = Run::begin(session, database, options, &mut tell).await?;
    let found = ours(run.session, async |c| catalogue(c).await).await?;
    let rest = |found: &[Object]| {
        let mut rest = drift(set, &expected.objects, found);
        rest.retain(|difference| !head.left.covers(difference));
        rest
    };
    let recorded = ours(run.session, async |c| status(c, set).await).await?;
    let (same_from, same_to) = (head.from == digest(&found), head.to == digest(&expected.objects));
    if same_to && !same_from && recorded.pending() == 0 && rest(&found).is_empty() {
        return Ok(None);
    }
    if !same_from || !same_to {
        return Err(Error::new(
            Kind::Conflict,
            format!(
                "{} was made for another state of the database, or by another bursar; nothing was changed",
                script.file
            ),
        )
        .hint("make it again: bursar migrate adopt --write FILE"));
    }
    let mut installed = false;
    for own in before {
        let status = ours(run.session, async |c| status(c, own).await).await?;
        let todo = pending(own, &status, Until::default())?;
        if !todo.is_empty() {
            ours(run.session, async |c| history::ensure(c, own).await).await?;
            run.all(own, &status, &todo, Direction::Up).await?;
            installed = true;
        }
    }
    let status = ours(run.session, async |c| status(c, set).await).await?;
    let unrecorded =
        |version: i64| matches!(status.state(version), Some(MigrationState::Pending | MigrationState::OutOfOrder));
    let migrations: Vec<_> = set.migrations.iter().filter(|m| unrecorded(m.version)).collect();
    if let Some(pack) = pack {
        run.keep(pack).await?;
    }
    run.adopt(set, script, &migrations, async |c| {
        let mut rest = rest(&catalogue(c).await?);
        // A table comes before what belongs to it.
        rest.sort_by_key(|d| !matches!(d.object().kind.as_str(), "table" | "view"));
        let Some(first) = rest.first() else { return Ok(()) };
        let more = match rest.len() - 1 {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let Object { kind, object, .. } = first.object();
        let (how, mend) = match first {
            Difference::Missing(_) => ("is missing", "add what is missing to the file"),
            Difference::Unexpected(_) => ("is too much", "take what makes it out of the file"),
            Difference::Changed { .. } => ("is another one", "correct it in the file"),
        };
        Err(Error::refused(format!(
            "{} leaves a difference to the schema of {}: {kind} {object} {how}{more}; it was rolled back",
            script.file, set.name
        ))
        .hint(format!("make it again, or {mend}: bursar migrate adopt --write FILE")))
    })
    .await
    .map_err(|error| match (installed, error.hint.clone()) {
        (true, Some(hint)) => error.hint(format!("{hint}\nbursar's own schema was installed before, and stays")),
        _ => error,
    })?;
    Ok(Some(migrations.len()))
}
