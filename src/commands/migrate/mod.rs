//! `bursar migrate`: how a database stands, bringing it up, and back.

mod down;
mod lint;
mod plan;
mod repair;
mod scratch;
mod status;
mod up;
mod verify;

use std::path::Path;
use std::time::Duration;

use super::{Context, Done, Outcome, now};
use crate::cli::{Migrate, MigrateSource, Patience};
use crate::db::{Database, Tx};
use crate::error::{Error, Kind, Result};
use crate::migrate::{self, Event, Options, SQLX_TABLE, Set, functions};
use crate::packs::{self, Pack};

/// Runs one of the subcommands.
pub async fn run(context: &Context, action: Migrate) -> Outcome {
    match action {
        Migrate::New { name, reversible, source } => new(context, &name, reversible, &source),
        Migrate::Status { check, source, output } => status::run(context, check, &source, output.format).await,
        Migrate::Plan { source, output } => plan::run(context, &source, output.format).await,
        Migrate::Lint(args) => lint::run(context, args).await,
        Migrate::Up(args) => up::run(context, &args).await,
        Migrate::Down(args) => down::run(context, &args).await,
        Migrate::Verify { scratch, source, output } => {
            verify::run(context, scratch.as_deref(), &source, output.format).await
        }
        Migrate::Baseline(args) => repair::baseline(context, &args).await,
        Migrate::Repair(args) => repair::run(context, &args).await,
    }
}

fn new(context: &Context, name: &str, reversible: bool, source: &Path) -> Outcome {
    let version = now().format("%Y%m%d%H%M%S").to_string().parse().unwrap_or_default();
    let files = migrate::create(source, name, version, reversible)?;
    context.ui.data(&files.join("\n"))?;
    Ok(Done::Clean)
}

/// What is to be migrated.
struct Project {
    /// bursar's own set, and behind it the application's, where that was not left out.
    sets: Vec<Set>,
    /// The pack whose functions go with it.
    pack: Option<Pack>,
}

impl Project {
    /// Finds the sets. bursar's own alone can be installed beside an application that nobody named and no pack
    /// fits; a directory needs no pack, and has one only where that is named.
    async fn of(context: &Context, database: &Database, tx: &mut Tx, source: &MigrateSource) -> Result<Project> {
        let mut sets = vec![Set::bursar()?];
        let named = context.global.app.as_deref().or(database.target().app.as_deref());
        if let Some(directory) = &source.source {
            let pack = match named {
                Some(name) => Some(packs::select(tx, Some(name), context.global.schema.as_deref()).await?),
                None => None,
            };
            // sqlx names its table without a schema, so that the search path decides.
            let schema: String = sqlx::query_scalar(
                "SELECT coalesce((SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                   WHERE c.oid = to_regclass($1)), current_schema()::text, 'public')",
            )
            .bind(SQLX_TABLE)
            .fetch_one(&mut **tx)
            .await?;
            let name = pack.as_ref().map_or("source", |p| &p.name);
            sets.push(Set::directory(directory, name, &schema)?);
            return Ok(Project { sets, pack });
        }
        match context.pack(database, tx).await {
            Ok(pack) if source.only.is_some() => Ok(Project { sets, pack: Some(pack) }),
            Ok(pack) => {
                sets.push(Set::application(&pack.name)?);
                Ok(Project { sets, pack: Some(pack) })
            }
            Err(error) if source.only.is_some() && named.is_none() && error.kind == Kind::Usage => {
                Ok(Project { sets, pack: None })
            }
            Err(error) => Err(error),
        }
    }

    /// How many of the pack's files of functions are to be installed: where its tables are, or will be.
    async fn functions_pending(&self, tx: &mut Tx) -> Result<usize> {
        let Some(pack) = &self.pack else { return Ok(0) };
        let tables = self.sets.len() > 1 || packs::missing_columns(tx, pack).await?.is_empty();
        Ok(if tables { functions::pending(tx, pack).await?.len() } else { 0 })
    }

    /// The set that limits and ways back are about: the application's where there is one.
    fn last(&self) -> &Set {
        // bursar's own is always there.
        &self.sets[self.sets.len() - 1]
    }
}

/// A database in which a statement may run for so long.
fn with_patience(database: Database, patience: &Patience) -> Database {
    database.with_statement_timeout(patience.statement_timeout)
}

fn options(context: &Context, patience: &Patience) -> Options {
    let Patience { lock_wait, lock_timeout, retries, .. } = *patience;
    Options { lock_wait, lock_timeout, retries, actor: context.actor() }
}

/// What was done, for the report.
#[derive(Debug, serde::Serialize)]
struct Ran {
    set: String,
    version: i64,
    description: String,
    duration_ms: u64,
}

/// Tells what happens during a run, and keeps what was done.
fn tell(context: &Context, ran: &mut Vec<Ran>, shown: bool, event: &Event<'_>) {
    let within = |pause: &Duration| format!("{:.1} s", pause.as_secs_f64());
    match event {
        Event::Waiting(holder) => context.ui.note(&format!("waiting for another run to end: {holder}")),
        Event::Blocked(by) => context.ui.note(&format!("waiting for {by}")),
        Event::Again { file, attempt, of, pause, why } => context.ui.note(&format!(
            "{file}: attempt {attempt} of {of} did not get its locks; {why}; trying again in {}",
            within(pause)
        )),
        Event::Step { file, done, total } => context.ui.note(&format!("{file}: {done} of {total} statements done")),
        Event::Done { set, migration, took } => {
            let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let (version, description) = (migration.version, migration.description.clone());
            if shown {
                // Where standard output is closed, the end of the command says so.
                let _ = context.ui.data(&format!("✓ {set} {version} {description} ({duration_ms} ms)"));
            }
            ran.push(Ran { set: (*set).to_owned(), version, description, duration_ms });
        }
    }
}

/// The end of a run that failed: what was done before it stays.
fn after(ran: &[Ran], error: Error) -> Error {
    match ran.len() {
        0 => error,
        1 => error.context("after one migration, which stays"),
        n => error.context(format!("after {n} migrations, which stay")),
    }
}
