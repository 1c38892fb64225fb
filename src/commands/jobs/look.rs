//! Opening a database whose jobs are read, and the filter that the flags are.

use super::args::{JobFilter, JobMatch};
use crate::commands::Context;
use crate::commands::values::Since;
use crate::db::{Database, Tx, sqlstate};
use crate::error::{Error, Result};
use crate::jobs::{self, ErrorLike, Filter, Queue, When};
use crate::output::View;
use crate::packs::{JobFact, JobState, Need, Pack};
use crate::store::UPGRADE;
use crate::text::escape;
use crate::vocabulary;

/// A database whose jobs are read.
pub(super) struct Looked {
    pub database: Database,
    pub tx: Tx,
    pub pack: Pack,
    /// The tables of which row level security may hide rows.
    pub hidden: Vec<String>,
}

/// Opens the database for reading, and warns of what this role may not see.
pub(super) async fn look(context: &Context) -> Result<Looked> {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx, Need::Jobs).await?;
    pack.need_jobs()?;
    let hidden = context.warn_of_hidden(&mut tx, &pack).await?;
    Ok(Looked { database, tx, pack, hidden })
}

/// Sees to it that the database can change jobs.
///
/// # Errors
/// As [`jobs::prepared`].
pub(super) async fn prepared(context: &Context, tx: &mut Tx, pack: &Pack) -> Result<()> {
    jobs::prepared(tx, pack).await.map_err(|mut error| {
        // Beside a queue of another project there may be an application, and then it is that one whose functions are meant.
        let named = context.global.app.is_some() || !pack.is_built_in() || pack.is_system();
        if let Some(hint) = error.hint.as_mut().filter(|hint| !named && *hint == UPGRADE) {
            hint.push_str(&format!(" --app {}", crate::text::quoted(&pack.name)));
        }
        error
    })
}

/// The jobs, for a command that changes them: a login that may not read them is told at once what it needs to change them.
///
/// # Errors
/// As [`Queue::open`].
pub(super) async fn open<'a>(context: &Context, database: &Database, tx: &mut Tx, pack: &'a Pack) -> Result<Queue<'a>> {
    let mut error = match Queue::open(tx, pack).await {
        Err(error) if error.sqlstate.as_deref() == Some(sqlstate::INSUFFICIENT_PRIVILEGE) => error,
        opened => return opened,
    };
    // Where this cannot be found out, the first error stands.
    if let Ok(Some(hint)) = context.rights_to_read(database).await {
        let login = hint.rsplit_once("GRANT bursar_auditor TO ").map(|(_, login)| login.to_owned());
        error.hint = Some(match login {
            Some(login) => format!("{hint} GRANT bursar_operator TO {login}"),
            None => hint,
        });
    }
    Err(error)
}

/// A result of a command that reads jobs.
pub(super) fn view<'a>(command: &'a str, pack: &Pack, hidden: &[String]) -> View<'a> {
    View::new(command).field("app", &pack.name).field("may_hide", hidden)
}

pub(super) fn when(since: Since) -> When {
    match since {
        Since::Ago(ago) => When::Ago(ago),
        Since::At(at) => When::At(at),
    }
}

/// The filter that the flags are.
pub(super) fn filter(args: &JobFilter) -> Filter {
    Filter {
        since: args.since.map(when),
        until: args.older_than.map(When::Ago).or(args.until.map(when)),
        ..matching(&args.which)
    }
}

/// The filter that the flags are of commands whose `--since` is not about the time at which a job was added.
pub(super) fn matching(args: &JobMatch) -> Filter {
    Filter {
        status: args.status.clone(),
        queue: args.queue.clone(),
        kind: args.kind.clone(),
        worker: args.worker.clone(),
        error: args.error.clone(),
        payload: args.payload.clone(),
        least_attempts: args.attempts.and_then(|a| a.least),
        most_attempts: args.attempts.and_then(|a| a.most),
        ..Filter::default()
    }
}

/// Refuses a type that no job has, and notes a worker that no job names.
pub(super) async fn known_words(context: &Context, tx: &mut Tx, pack: &Pack, filter: &Filter) -> Result<()> {
    let Some(jobs) = &pack.jobs else { return Ok(()) };
    for queue in &filter.queue {
        vocabulary::require(tx, &jobs.jobs, "queue", queue, false, "no job is in the queue").await?;
    }
    for kind in &filter.kind {
        vocabulary::require(tx, &jobs.jobs, "kind", kind, false, "no job is of the type").await?;
    }
    for like in &filter.error {
        if let ErrorLike::Of(handle) = like {
            context.ui.note(&format!(
                "no job that matches has an error of the group {handle}; bursar jobs triage lists them"
            ));
        }
    }
    if let Some(worker) = &filter.worker {
        let attempts = jobs.attempts.iter();
        for query in [&jobs.jobs].into_iter().chain(attempts) {
            if vocabulary::occurs(tx, query, "worker", worker, false).await? {
                return Ok(());
            }
        }
        context.ui.note(&format!("no job names the worker '{}'", escape(worker)));
    }
    Ok(())
}

/// Refuses a question about leases if the application keeps none.
pub(super) fn need_leases(queue: &Queue<'_>, pack: &Pack) -> Result<()> {
    if !queue.jobs().lacks.contains(&JobFact::Leases) {
        return Ok(());
    }
    let hint = match queue.named(&[JobState::Running]) {
        // The pack has no word for a job that runs.
        none if none.is_empty() => "bursar jobs list --older-than 1h lists those that were added long ago".to_owned(),
        running => {
            format!("bursar jobs list --status {running} --older-than 1h lists those that were added long ago and run")
        }
    };
    Err(Error::usage(format!("{} keeps no leases of its jobs, so none of them is known to be stuck", pack.name))
        .hint(hint))
}
