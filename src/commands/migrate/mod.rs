//! `bursar migrate`: shows, checks and changes the schema of a database.

pub mod args;
mod down;
mod lint;
mod lint_formats;
mod plan;
mod repair;
mod scratch;
mod status;
mod up;
mod verify;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use args::Migrate;
use args::{MigrateBaseline, MigrateDown, MigrateRepair, MigrateSource, MigrateUp, Patience};

use super::{Context, Done, Outcome, now};
use crate::db::{self, Database, Tx};
use crate::error::{Error, Kind, Result};
use crate::migrate::{self, Event, Migration, Options, SQLX_TABLE, Set, SetStatus, functions};
use crate::output::NewFile;
use crate::packs::{self, Pack};
use crate::text::{counted, escape, quoted};

/// Runs one of the subcommands.
pub async fn run(context: &Context, action: Migrate) -> Outcome {
    let flags = flags(context, &action);
    let outcome = match action {
        Migrate::New { name, reversible, source } => new(context, &name, reversible, &source),
        Migrate::Status { check, source, output } => status::run(context, check, &source, output.format).await,
        Migrate::Plan { source, output } => plan::run(context, &source, output.format).await,
        Migrate::Lint(args) => lint::run(context, args).await,
        Migrate::Up(args) => up::run(context, &args).await,
        Migrate::Down(args) => down::run(context, &args).await,
        Migrate::Verify { scratch, source, output } => {
            verify::run(context, scratch.as_deref(), source, output.format).await
        }
        Migrate::Baseline(args) => repair::baseline(context, &args).await,
        Migrate::Repair(args) => repair::run(context, &args).await,
    };
    outcome.map_err(|mut error| {
        error.hint = error.hint.map(|hint| with_flags(&hint, &flags));
        error
    })
}

/// The flags that say what is migrated, for the next command.
fn flags(context: &Context, action: &Migrate) -> Vec<(&'static str, String)> {
    match action {
        Migrate::New { source, .. } => match source.to_str() {
            Some("migrations") | None => Vec::new(),
            Some(directory) => vec![("source", directory.to_owned())],
        },
        Migrate::Lint(_) => Vec::new(),
        Migrate::Status { source, .. }
        | Migrate::Plan { source, .. }
        | Migrate::Up(MigrateUp { source, .. })
        | Migrate::Repair(MigrateRepair { source, .. }) => source_flags(context, source),
        Migrate::Verify { source, .. }
        | Migrate::Down(MigrateDown { source, .. })
        | Migrate::Baseline(MigrateBaseline { source, .. }) => source_flags(context, &whole(source.clone())),
    }
}

fn source_flags(context: &Context, source: &MigrateSource) -> Vec<(&'static str, String)> {
    let directory = source.source.as_ref().map(|d| d.display().to_string());
    let flags = [("app", &context.global.app), ("source", &directory), ("only", &source.only)];
    flags.into_iter().filter_map(|(flag, value)| Some((flag, value.clone()?))).collect()
}

/// A number of files of a pack's functions, in words.
fn function_files(n: usize) -> String {
    format!("{} of functions", counted(n, "file"))
}

/// The text with these flags behind each command of ours that it names.
fn with_flags(text: &str, flags: &[(&'static str, String)]) -> String {
    const COMMAND: &str = "bursar migrate ";
    let mut parts = text.split(COMMAND);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (verb, rest) = part.split_at(part.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(part.len()));
        // What writes and reads files alone knows of no application.
        let files = matches!(verb, "new" | "lint");
        let flags = flags.iter().filter(|(flag, _)| !files || *flag == "source");
        let flags: String = flags.map(|(flag, value)| format!(" --{flag} {}", quoted(value))).collect();
        whole.push_str(&format!("{COMMAND}{verb}{flags}{rest}"));
    }
    whole
}

fn new(context: &Context, name: &str, reversible: bool, source: &Path) -> Outcome {
    let version = now().format("%Y%m%d%H%M%S").to_string().parse().unwrap_or_default();
    let mut written = Vec::new();
    for (path, text) in migrate::drafts(source, name, version, reversible)? {
        // Two who make one at the same moment must not write over each other.
        NewFile::source(&path)?.finish(|out| Ok(out.write_all(text.as_bytes())?))?;
        written.push(path.display().to_string());
    }
    context.ui.data(&written.join("\n"))?;
    Ok(Done::Clean)
}

/// An application, or this directory of migrations.
fn whole(directory: Option<PathBuf>) -> MigrateSource {
    MigrateSource { source: directory, only: None }
}

/// The sets to migrate.
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
                Some(_) => Some(context.pack(database, tx).await?),
                None => None,
            };
            // sqlx names its table without a schema, so that the search path decides.
            let path = db::configured_path(tx).await?;
            let holder: Option<String> = sqlx::query_scalar(
                "SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relname = $1 AND n.nspname = ANY ($2) ORDER BY array_position($2, n.nspname::text) LIMIT 1",
            )
            .bind(SQLX_TABLE)
            .bind(&path)
            .fetch_optional(&mut **tx)
            .await?;
            let schema = holder.or_else(|| path.into_iter().next()).unwrap_or_else(|| "public".to_owned());
            let name = pack.as_ref().map_or("source", |p| &p.name);
            let set = Set::directory(directory, name, &schema)?;
            set.notes.iter().for_each(|said| context.ui.warn(said));
            sets.push(set);
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

    /// Refuses to run migrations where they could take something for the server's own that a stranger has planted. They are
    /// run with the path that is configured, as in psql.
    async fn require_unplanted(&self, context: &Context, tx: &mut Tx) -> Result<()> {
        let tables = self.pack.as_ref().map_or(&[][..], |pack| &pack.tables);
        let mut planted = Vec::new();
        for schema in db::configured_path(tx).await? {
            planted.extend(db::look(tx, &schema, tables, |_| false, "").await?.planted);
        }
        if planted.is_empty() {
            return Ok(());
        }
        let found = packs::listed(&planted);
        if context.global.trust_schema {
            context.ui.warn(&format!("--trust-schema: migrations may take these for something else: {found}"));
            return Ok(());
        }
        Err(Error::refused(format!(
            "migrations could take something for the server's own that a role without right to it has created: {found}; nothing was changed"
        ))
        .hint("find out who made it and why, and drop it or change its owner; where its owner is to be trusted: --trust-schema"))
    }

    /// Refuses to install the functions of a pack that is not built in where that is not trusted.
    async fn require_trusted(&self, tx: &mut Tx) -> Result<()> {
        match &self.pack {
            Some(pack) => pack.require_trusted(tx).await,
            None => Ok(()),
        }
    }

    /// Number of the pack's files of functions to install, where its tables are, or will be.
    async fn functions_pending(&self, tx: &mut Tx) -> Result<usize> {
        let Some(pack) = &self.pack else { return Ok(0) };
        let tables = self.sets.len() > 1 || packs::missing_columns(tx, pack).await?.is_empty();
        Ok(if tables { functions::pending(tx, pack).await?.len() } else { 0 })
    }

    /// The reason why the pending migrations of a set cannot be applied here, if there is one.
    async fn made_elsewhere(
        &self,
        tx: &mut Tx,
        set: &Set,
        status: &SetStatus,
        pending: &[&Migration],
    ) -> Result<Option<Error>> {
        // bursar's own schema is nobody else's.
        let is_application = self.sets.first().is_some_and(|own| own.name != set.name);
        if is_application { migrate::made_elsewhere(tx, set, status, pending).await } else { Ok(None) }
    }

    /// The set that limits and ways back are about: the application's where there is one.
    fn last(&self) -> &Set {
        // bursar's own is always there.
        &self.sets[self.sets.len() - 1]
    }
}

/// The database with the limit for statements.
fn with_patience(database: Database, patience: &Patience) -> Database {
    database.with_statement_timeout(patience.statement_timeout)
}

fn options(context: &Context, patience: &Patience) -> Options {
    let Patience { lock_wait, lock_timeout, retries, .. } = *patience;
    Options { lock_wait, lock_timeout, retries, actor: context.actor() }
}

/// The line above the migrations: what would be done, or with `--yes`, what is done.
fn announced(context: &Context, database: &Database, dry_run: bool, would: &str, doing: &str) -> String {
    let agreed = context.global.yes || context.global.confirm.is_some();
    format!("{} {}:", database.target(), if agreed && !dry_run { doing } else { would })
}

/// Says what would be run: the data of a dry run, and a note before a question.
fn announce(context: &Context, lines: &[String], is_all: bool) -> Result<()> {
    let text = lines.iter().map(|line| escape(line)).collect::<Vec<_>>().join("\n");
    if is_all {
        return context.ui.data(&text);
    }
    for line in text.lines() {
        context.ui.note_line(line);
    }
    Ok(())
}

/// A migration that was done, for the report.
#[derive(Debug, serde::Serialize)]
struct Ran {
    set: String,
    version: i64,
    description: String,
    duration_ms: u64,
}

/// Shows the events of a run, and keeps the migrations that were done.
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

/// The error of a run that failed: the migrations before it stay.
fn after(ran: &[Ran], error: Error) -> Error {
    match ran.len() {
        0 => error,
        1 => error.context("after 1 migration, which stays"),
        n => error.context(format!("after {n} migrations, which stay")),
    }
}
