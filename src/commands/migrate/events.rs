//! The run of migrations as its user sees it: what is announced, what happens, and how it ends.

use std::time::Duration;

use super::args::Patience;
use crate::commands::Context;
use crate::db::Database;
use crate::error::{Error, Result};
use crate::migrate::{Event, Options};
use crate::text::{counted, escape};

/// The database with the limit for statements.
pub(super) fn with_patience(database: Database, patience: &Patience) -> Database {
    database.with_statement_timeout(patience.statement_timeout)
}

pub(super) fn options(context: &Context, patience: &Patience) -> Options {
    let Patience { lock_wait, lock_timeout, retries, .. } = *patience;
    Options { lock_wait, lock_timeout, retries, actor: context.actor() }
}

/// A number of files of a pack's functions, in words.
pub(super) fn function_files(n: usize) -> String {
    format!("{} of functions", counted(n, "file"))
}

/// The line above the migrations: what would be done, or with `--yes`, what is done.
pub(super) fn announced(context: &Context, database: &Database, dry_run: bool, would: &str, doing: &str) -> String {
    let agreed = context.global.yes || context.global.confirm.is_some();
    format!("{} {}:", database.target(), if agreed && !dry_run { doing } else { would })
}

/// Says what would be run: the data of a dry run, and a note before a question.
pub(super) fn announce(context: &Context, lines: &[String], is_all: bool) -> Result<()> {
    let text = lines.iter().map(|line| escape(line)).collect::<Vec<_>>().join("\n");
    if is_all {
        return context.ui.say(&text);
    }
    for line in text.lines() {
        context.ui.note_line(line);
    }
    Ok(())
}

/// A migration that was done, for the report.
#[derive(Debug, serde::Serialize)]
pub(super) struct Ran {
    set: String,
    version: i64,
    description: String,
    duration_ms: u64,
}

/// Shows the events of a run, and keeps the migrations that were done.
pub(super) fn tell(context: &Context, ran: &mut Vec<Ran>, shown: bool, event: &Event<'_>) {
    let within = |pause: &Duration| format!("{:.1} s", pause.as_secs_f64());
    match event {
        Event::Waiting(holder) => context.ui.note(&format!("waiting for another run to end: {holder}")),
        Event::Blocked(by) => context.ui.note(&format!("waiting for {by}")),
        Event::Again { file, attempt, of, pause, why } => context.ui.note(&format!(
            "{file}: attempt {attempt} of {of} did not get its locks; {why}; trying again in {}",
            within(pause)
        )),
        Event::Said { file, notice } if notice.is_warning => context.ui.warn(&format!("{file}: {}", notice.text)),
        Event::Said { file, notice } => context.ui.detail(&format!("{file}: {}", notice.text)),
        Event::Repeated { file, statement } => context
            .ui
            .warn(&format!("{file}: statement {statement} was being tried when an earlier run ended; it runs again")),
        Event::Step { file, done, total } => context.ui.note(&format!("{file}: {done} of {total} statements done")),
        Event::Done { set, migration, took } => {
            let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let (version, description) = (migration.version, migration.description.clone());
            if shown {
                // Where standard output is closed, the end of the command says so.
                let _ = context.ui.say(&format!("✓ {set} {version} {description} ({duration_ms} ms)"));
            }
            ran.push(Ran { set: (*set).to_owned(), version, description, duration_ms });
        }
    }
}

/// The error of a run that failed: the migrations before it stay.
pub(super) fn after(ran: &[Ran], error: Error) -> Error {
    match ran.len() {
        0 => error,
        1 => error.context("after 1 migration, which stays"),
        n => error.context(format!("after {n} migrations, which stay")),
    }
}
