//! `bursar jobs`: how the queue stands, why a job does not run, and putting jobs right.

pub mod args;
mod change;
pub(super) mod list;
mod pace;
mod report;
mod show;
mod watch;
mod work;

pub use args::Jobs;
use args::{JobFilter, JobMatch, JobsAction};

use super::{Context, Outcome};
use crate::commands::values::Since;
use crate::db::{Database, Tx};
use crate::error::Result;
use crate::jobs::{Action, ErrorLike, Filter, HealthVerdict, JobHealth, Queue, When, health};
use crate::packs::Pack;
use crate::text::{escape, span, thousands, width};
use crate::vocabulary;

pub(super) async fn run(context: &Context, args: Jobs) -> Outcome {
    let Some(action) = args.action else { return list::list(context, args.list).await };
    match action {
        JobsAction::List(args) => list::list(context, *args).await,
        JobsAction::Count { filter, exact, output } => list::count(context, &filter, exact, output.format).await,
        JobsAction::Show { job, redact, output } => show::show(context, &job, redact, output.format).await,
        JobsAction::Why { job, output } => show::why(context, &job, output.format).await,
        JobsAction::Triage { filter, limit, output } => list::triage(context, &filter, limit, output.format).await,
        JobsAction::Retry { change, canary, abort_above, canary_wait, cancelled, reason } => {
            let canary = canary.map(|jobs| change::Canary { jobs, abort_above, wait: canary_wait });
            change::run(
                context,
                *change,
                change::Wanted { canary, cancelled, ..change::Wanted::new(Action::Retry, "jobs retry", reason) },
            )
            .await
        }
        JobsAction::Cancel { change, reason } => {
            change::run(context, *change, change::Wanted::new(Action::Cancel, "jobs cancel", Some(reason))).await
        }
        JobsAction::Delete { change, reason } => {
            change::run(context, *change, change::Wanted::new(Action::Delete, "jobs delete", reason)).await
        }
        JobsAction::Purge { change, export, reason } => {
            let wanted = change::Wanted::new(Action::Delete, "jobs purge", reason);
            change::run(context, *change, change::Wanted { export: Some(export), ..wanted }).await
        }
        JobsAction::Stuck { change, release: true, reason, .. } => {
            change::run(context, *change, change::Wanted::new(Action::Release, "jobs stuck", reason)).await
        }
        JobsAction::Stuck { change, limit, .. } => list::stuck(context, &change, limit).await,
        JobsAction::Workers { since, which, output } => {
            pace::workers(context, when(since), &matching(&which), output.format).await
        }
        JobsAction::Latency { since, which, output } => {
            pace::latency(context, when(since), &matching(&which), output.format).await
        }
        JobsAction::Throughput { since, step, which, output } => {
            pace::throughput(context, since, step, &matching(&which), output.format).await
        }
        JobsAction::Watch { interval, count, output } => watch::run(context, interval, count, output.format).await,
    }
}

fn when(since: Since) -> When {
    match since {
        Since::Ago(ago) => When::Ago(ago),
        Since::At(at) => When::At(at),
    }
}

/// The filter that the flags are.
fn filter(args: &JobFilter) -> Filter {
    Filter {
        since: args.since.map(when),
        until: args.older_than.map(When::Ago).or(args.until.map(|u| When::At(u.0))),
        ..matching(&args.which)
    }
}

/// The filter that the flags are of commands whose `--since` is about something else than when a job was added.
fn matching(args: &JobMatch) -> Filter {
    Filter {
        status: args.status.clone(),
        kind: args.kind.clone(),
        worker: args.worker.clone(),
        error: args.error.clone(),
        payload: args.payload.clone(),
        least_attempts: args.attempts.and_then(|a| a.least),
        most_attempts: args.attempts.and_then(|a| a.most),
        ..Filter::default()
    }
}

/// A database whose jobs are looked at.
struct Looked {
    database: Database,
    tx: Tx,
    pack: Pack,
    hidden: Vec<String>,
}

/// Opens the database for reading, and says what this role may not see.
async fn look(context: &Context) -> Result<Looked> {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx).await?;
    pack.need_jobs()?;
    let hidden = context.warn_of_hidden(&mut tx, &pack).await?;
    Ok(Looked { database, tx, pack, hidden })
}

/// Refuses kinds that no job is of, and says of a worker that no job names it.
async fn known_words(context: &Context, tx: &mut Tx, pack: &Pack, filter: &Filter) -> Result<()> {
    let Some(jobs) = &pack.jobs else { return Ok(()) };
    for kind in &filter.kind {
        vocabulary::require(tx, &jobs.jobs, "kind", kind, false, "no job is of the type").await?;
    }
    for like in &filter.error {
        if let ErrorLike::Of(handle) = like {
            context
                .ui
                .note(&format!("no job that fits has an error of the group {handle}; bursar jobs triage lists them"));
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

/// How the queue stands, and the line that heads what people read.
pub(super) async fn headed(
    context: &Context,
    tx: &mut Tx,
    queue: &Queue<'_>,
    hidden: &[String],
) -> Result<(JobHealth, String)> {
    let picture = health(tx, queue).await?.without(hidden);
    let line = headline(context, &picture, true);
    Ok((picture, line))
}

/// The verdict, and what it comes from; in colour where that is for people and there is any.
pub(super) fn headline(context: &Context, picture: &JobHealth, painted: bool) -> String {
    let code = match picture.verdict {
        HealthVerdict::Stalled { .. } => "31",
        HealthVerdict::FallingBehind | HealthVerdict::Stuck | HealthVerdict::Waiting | HealthVerdict::Unknown => "33",
        _ => "32",
    };
    let verdict = picture.verdict.to_string();
    // What it comes from gets a line of its own where the terminal has no room for both.
    let told = reasons(picture).join(" · ");
    let both = width(&verdict) + 3 + width(&told);
    let narrow = painted && context.ui.columns().is_some_and(|columns| both > columns);
    let between = if narrow { "\n  " } else { " · " };
    let verdict = if painted { context.ui.paint_out(&verdict, code) } else { verdict };
    if told.is_empty() { verdict } else { format!("{verdict}{between}{told}") }
}

/// What the verdict comes from.
fn reasons(picture: &JobHealth) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(secs) = picture.oldest_claimable_secs {
        let jobs = picture.claimable.map_or_else(|| "jobs".to_owned(), |n| format!("{} due", thousands(n)));
        parts.push(format!("{jobs}, the oldest for {}", span(secs)));
    }
    if let Some(jobs) = picture.past_lease.filter(|n| *n > 0) {
        parts.push(format!("{} past {} lease", thousands(jobs), if jobs == 1 { "its" } else { "their" }));
    }
    if let Some(rates) = picture.rates.filter(|r| r.added + r.ended > 0) {
        let a_minute = |n: u64| format!("{}.{}", n / 10, n % 10);
        parts.push(format!("{} in, {} out a minute", a_minute(rates.added), a_minute(rates.ended)));
    }
    parts
}

/// A number of jobs for people, which says where it is an estimate.
fn about(count: crate::jobs::Count) -> String {
    let number = thousands(count.count);
    if count.exact { number } else { format!("about {number}") }
}
