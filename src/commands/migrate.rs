//! `bursar migrate`: how a database stands, and bringing it up.

use super::{Context, Done, Outcome};
use crate::cli::{Format, Migrate};
use crate::db::{Database, Tx};
use crate::error::{Error, Kind, Result};
use crate::migrate::{self, Event, Options, Set, State, Status, functions};
use crate::packs::Pack;
use crate::ui::Table;

/// Runs `migrate status` or `migrate up`.
pub async fn run(context: &Context, action: Migrate) -> Outcome {
    match action {
        Migrate::Status { check, output } => status(context, check, output.format).await,
        Migrate::Up { only, lock_wait, direct } => {
            let database = context.direct_database(direct).await?;
            let options = Options { lock_wait, actor: context.actor() };
            up(context, database, only.as_deref(), &options).await
        }
    }
}

/// bursar's own set, then the application's, and the pack whose functions go with them. bursar's own
/// set alone can be installed beside an application that nobody named and no pack fits.
async fn sets(
    context: &Context,
    database: &Database,
    tx: &mut Tx,
    only: Option<&str>,
) -> Result<(Vec<Set>, Option<Pack>)> {
    let mut sets = vec![Set::bursar()?];
    let named = context.global.app.is_some() || database.target().app.is_some();
    match context.pack(database, tx).await {
        Ok(pack) if only.is_some() => Ok((sets, Some(pack))),
        Ok(pack) => {
            sets.push(Set::application(&pack.name)?);
            Ok((sets, Some(pack)))
        }
        Err(error) if only.is_some() && !named && error.kind == Kind::Usage => Ok((sets, None)),
        Err(error) => Err(error),
    }
}

/// The pack's files of functions that are to be installed: where its tables are, or will be.
async fn functions_pending(tx: &mut Tx, sets: &[Set], pack: Option<&Pack>) -> Result<usize> {
    let Some(pack) = pack else { return Ok(0) };
    let tables = sets.len() > 1 || crate::packs::missing_columns(tx, pack).await?.is_empty();
    Ok(if tables { functions::pending(tx, pack).await?.len() } else { 0 })
}

async fn status(context: &Context, check: bool, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let mut all = Vec::new();
    let (sets, pack) = sets(context, &database, &mut tx, None).await?;
    for set in &sets {
        all.push(migrate::status(&mut tx, set).await?);
    }
    let functions = functions_pending(&mut tx, &sets, pack.as_ref()).await?;
    tx.rollback().await?;
    let pending: usize = all.iter().map(Status::pending).sum();
    match format {
        Format::Json => context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "migrate status", "database": database.target().database(), "pending": pending,
            "functions_pending": functions, "sets": all,
        }))?,
        Format::Table => {
            let mut table = Table::new(&context.ui, &["", "set", "version", "state", "applied (UTC)", "what"]);
            for status in &all {
                for line in &status.migrations {
                    let (symbol, state) = describe(line.state);
                    let at = line.applied_at.map(|t| t.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default();
                    table.row(&[symbol, &status.set, &line.version.to_string(), state, &at, &line.description]);
                }
            }
            let answer = match (pending, functions) {
                (0, 0) => "nothing is pending".to_owned(),
                (0, n) => format!("{n} of the pack's files of functions to install: bursar migrate up"),
                (n, _) => format!("{n} pending: bursar migrate up"),
            };
            context.ui.data(&format!("{}\n\n{}: {answer}", table.render(), database.target()))?;
        }
    }
    Ok(if check && pending + functions > 0 { Done::Findings } else { Done::Clean })
}

fn describe(state: State) -> (&'static str, &'static str) {
    match state {
        State::Applied => ("✓", "applied"),
        State::Pending => ("·", "pending"),
        State::OutOfOrder => ("!", "pending, out of order"),
        State::Modified => ("✗", "changed after it was applied"),
        State::LineEndsOnly => ("✓", "applied, with other line ends"),
        State::Missing => ("✗", "applied, but the file is missing"),
        State::Partial => ("✗", "begun and not finished"),
    }
}

async fn up(context: &Context, database: Database, only: Option<&str>, options: &Options) -> Outcome {
    let mut tx = database.read().await?;
    let (sets, pack) = sets(context, &database, &mut tx, only).await?;
    let mut pending = Vec::new();
    for set in &sets {
        let status = migrate::status(&mut tx, set).await?;
        pending.extend(
            status
                .migrations
                .into_iter()
                .filter(|l| l.state != State::Applied && l.state != State::LineEndsOnly)
                .map(|l| (set.name.clone(), l)),
        );
    }
    let to_install = functions_pending(&mut tx, &sets, pack.as_ref()).await?;
    tx.rollback().await?;
    if pending.is_empty() && to_install == 0 {
        context.ui.data("nothing is pending")?;
        return Ok(Done::Clean);
    }
    context.ui.note(&format!("{} would apply:", database.target()));
    for (set, line) in &pending {
        context.ui.note(&format!("  {set} {} {}", line.version, line.description));
    }
    if let Some(pack) = pack.as_ref().filter(|_| to_install > 0) {
        context.ui.note(&format!("  {} functions that write: {to_install} to install", pack.name));
    }
    let what = match (pending.len(), to_install) {
        (0, n) => format!("Install {n} files of functions in {}", database.target().database()),
        (n, _) => format!("Apply {n} migrations to {}", database.target().database()),
    };
    let protection = database.protection().await?;
    let permit = context.confirm(&database, protection, &what).await?;
    let mut session = database.session(&permit).await?;
    let mut applied = Vec::new();
    let done = migrate::up(&mut session, &sets, options, |event| match event {
        Event::Waiting(holder) => context.ui.note(&format!("waiting for another run to end: {holder}")),
        Event::Applied { set, migration, took } => {
            applied.push(format!("✓ {set} {} {} ({} ms)", migration.version, migration.description, took.as_millis()));
        }
    })
    .await;
    let installed = match (&done, &pack) {
        // The session still holds the lock of the run.
        (Ok(_), Some(pack)) => functions::install(&mut session, pack).await,
        _ => Ok(Vec::new()),
    };
    applied.extend(installed.iter().flatten().map(|file| format!("✓ {} installed", file.file)));
    context.ui.data(&applied.join("\n"))?;
    installed?;
    match done {
        Ok(0) if !applied.is_empty() => {}
        Ok(0) => context.ui.data("nothing is pending: another run was faster")?,
        Ok(done) => context.ui.data(&format!("applied {done} migrations"))?,
        Err(error) if applied.is_empty() => return Err(error),
        Err(error) => {
            return Err(Error::context(error, format!("after {} migrations, which stay applied", applied.len())));
        }
    }
    Ok(Done::Clean)
}
