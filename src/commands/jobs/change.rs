//! `jobs retry`, `cancel`, `delete`, `purge` and `stuck --release`: find the jobs, show what would be done, ask, and
//! do it batch by batch.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::args::JobChange;
use super::list::no_leases;
use super::report::Report;
use super::work::{Export, Work};
use super::{Looked, filter, known_words, look};
use crate::commands::cli::RowsFormat;
use crate::commands::{Context, Outcome, beside, new_id};
use crate::error::{Error, Result};
use crate::files;
use crate::jobs::{self, Action, Answer, ErrorLike, Filter, Plan, Planned, Queue};
use crate::output::Table;
use crate::packs::{JobFact, JobState};
use crate::text::{counted, minute, short, thousands};

/// How many jobs the announcement shows, and how many the report names that were not done.
pub(super) const SAMPLE: usize = 10;

/// A few jobs that go first.
pub(super) struct Canary {
    /// How many.
    pub jobs: u32,
    /// How many of a hundred may fail.
    pub abort_above: u8,
    /// How long they may take.
    pub wait: Duration,
}

/// What is to be done.
pub(super) struct Wanted {
    /// What.
    pub action: Action,
    /// As the operator log names it.
    pub command: &'static str,
    /// Why.
    pub reason: Option<String>,
    /// Some go first.
    pub canary: Option<Canary>,
    /// What is deleted is written here first.
    pub export: Option<PathBuf>,
    /// A retry is of the jobs too that an operator cancelled.
    pub cancelled: bool,
}

impl Wanted {
    pub fn new(action: Action, command: &'static str, reason: Option<String>) -> Self {
        Wanted { action, command, reason, canary: None, export: None, cancelled: false }
    }

    /// What is done, in a word, and what would be.
    pub fn verb(&self) -> (&'static str, &'static str) {
        match self.action {
            Action::Retry => ("Retry", "retried"),
            Action::Cancel => ("Cancel", "cancelled"),
            Action::Release => ("Release", "released"),
            Action::Delete if self.export.is_some() => ("Purge", "purged"),
            Action::Delete => ("Delete", "deleted"),
        }
    }

    /// The states in which it can be done.
    fn states(&self) -> &'static [JobState] {
        if self.export.is_some() { &[JobState::Done, JobState::Dead] } else { self.action.of() }
    }
}

pub(super) async fn run(context: &Context, args: JobChange, wanted: Wanted) -> Outcome {
    let given = given(&args.jobs).await?;
    let format = args.output.format;
    let Looked { database, mut tx, pack, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    if wanted.action == Action::Release && queue.jobs().lacks.contains(&JobFact::Leases) {
        return Err(no_leases(&pack.name));
    }
    if !args.dry_run {
        jobs::prepared(&mut tx, &pack).await?;
    }
    let mut filter = filter(&args.filter);
    let named = !given.ids.is_empty();
    filter.error.extend(given.handles.into_iter().map(ErrorLike::Of));
    filter.ids = given.ids;
    let asked = asked(&filter);
    if asked.is_empty() && !args.all && wanted.action != Action::Release {
        return Err(Error::usage("it does not say which jobs")
            .hint("name ids, a handle of `bursar jobs triage`, or a filter such as --status; --all means every job"));
    }
    filter.stuck = wanted.action == Action::Release;
    if filter.status.is_empty() && !named {
        filter.states = wanted.states().to_vec();
    }
    let max = args.max.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    if let Some(why) = jobs::slow(&mut tx, &queue, &filter, 0).await? {
        context.ui.note(&why);
    }
    let except = match wanted.action {
        Action::Retry if !wanted.cancelled => jobs::cancelled(&mut tx).await?,
        _ => HashMap::new(),
    };
    let plan = jobs::select(&mut tx, &queue, &filter, max, &except).await?;
    if plan.jobs.is_empty() && !named {
        known_words(context, &mut tx, &pack, &filter).await?;
    }
    let mut report = Report::new(context, format, &wanted, &pack, &args);
    let possible = |job: &&Planned| queue.state(Some(&job.status)).is_some_and(|s| wanted.states().contains(&s));
    let doable: Vec<Planned> = plan.jobs.iter().filter(possible).cloned().collect();
    let not_there = plan.unknown.iter().map(|id| Answer::skipped(id, "there is no such job"));
    let (cancelled, ended): (Vec<&Planned>, Vec<&Planned>) = plan.excepted.iter().partition(|j| possible(j));
    let otherwise = plan.jobs.iter().chain(&plan.unfit).filter(|j| !possible(j)).chain(ended);
    let otherwise = otherwise.map(|j| Answer::skipped(&j.job, &format!("it is {}", j.status)));
    let unfit = if filter.stuck { "its lease is not over" } else { "the filter leaves it out" };
    let left_out = plan.unfit.iter().filter(possible).map(|j| Answer::skipped(&j.job, unfit));
    let by_name = cancelled.iter().filter(|_| named).map(|j| {
        let by = except.get(&j.job).map(String::as_str).unwrap_or_default();
        Answer::skipped(&j.job, &format!("{by} cancelled it; --cancelled retries it too"))
    });
    let skipped: Vec<Answer> = not_there.chain(otherwise).chain(left_out).chain(by_name).collect();
    if !named && !cancelled.is_empty() {
        report.left_out(cancelled.len());
        context.ui.note(&format!(
            "left out: {} that an operator cancelled; --cancelled retries these too",
            counted(cancelled.len(), "job")
        ));
    }
    let announced = announce(context, &mut tx, &queue, &wanted, &plan, &doable).await?;
    tx.rollback().await?;
    report.aside(&skipped)?;
    if args.dry_run || doable.is_empty() {
        report.add(&doable.iter().map(Answer::would).collect::<Vec<_>>())?;
        if format == RowsFormat::Table && !doable.is_empty() {
            context.ui.data(&announced)?;
        }
        return report.finish(doable.len(), None);
    }
    announced.lines().for_each(|line| context.ui.note_line(line));
    let protection = database.protection().await?;
    let what = format!("{} {} of {}", wanted.verb().0, counted(doable.len(), "job"), database.target().database());
    // Where the file cannot be made, nothing is to be asked.
    let export = wanted.export.as_deref().map(Export::create).transpose()?;
    let permit = context.confirm(&database, protection, &what).await.inspect_err(|_| {
        export.iter().for_each(Export::withdraw);
    })?;
    let work = Work {
        context,
        database: &database,
        pack: &pack,
        permit: &permit,
        wanted: &wanted,
        args: &args,
        parameters: match wanted.cancelled {
            true => json!({"filter": asked, "matched": plan.matched, "cancelled": true}),
            false => json!({"filter": asked, "matched": plan.matched}),
        },
        operation: new_id(),
    };
    match work.all(&doable, export.as_ref(), &mut report).await {
        Ok(stopped) => report.finish(doable.len(), stopped),
        Err(error) => {
            // The same command is to be possible again.
            export.iter().for_each(Export::withdraw);
            report.broken(doable.len(), error)
        }
    }
}

/// What was named beside the flags.
#[derive(Default)]
struct Given {
    ids: Vec<String>,
    handles: Vec<jobs::Fingerprint>,
}

/// The ids and handles that were given; `-` stands for what is on standard input.
async fn given(texts: &[String]) -> Result<Given> {
    let mut words: Vec<String> = texts.iter().filter(|t| *t != "-").cloned().collect();
    if words.len() < texts.len() {
        let text = beside(|| {
            let text = files::bounded(std::io::stdin().lock()).and_then(files::text);
            text.map_err(|e| Error::usage(format!("standard input cannot be read: {e}")))
        });
        words.extend(text.await?.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()));
        if words.is_empty() {
            return Err(Error::usage("standard input names no job"));
        }
    }
    let mut given = Given::default();
    let mut seen = HashSet::new();
    for word in words {
        if word.starts_with("err:") {
            given.handles.push(word.parse().map_err(Error::usage)?);
        } else if seen.insert(word.clone()) {
            given.ids.push(word);
        }
    }
    if !given.ids.is_empty() && !given.handles.is_empty() {
        return Err(Error::usage("ids and handles are two ways to say which jobs; give one of them at a time"));
    }
    Ok(given)
}

/// What was asked for, for the operator log; empty where nothing was.
fn asked(filter: &Filter) -> serde_json::Map<String, serde_json::Value> {
    let mut asked = serde_json::Map::new();
    let mut put = |name: &str, value: serde_json::Value| {
        asked.insert(name.to_owned(), value);
    };
    for (name, given) in [("status", &filter.status), ("type", &filter.kind)] {
        if !given.is_empty() {
            put(name, json!(given));
        }
    }
    if let Some(worker) = &filter.worker {
        put("worker", json!(worker));
    }
    if !filter.error.is_empty() {
        put("error", json!(filter.error.iter().map(ToString::to_string).collect::<Vec<_>>()));
    }
    if !filter.payload.is_empty() {
        put("payload", json!(filter.payload.iter().map(|p| p.path.join(".")).collect::<Vec<_>>()));
    }
    if filter.least_attempts.is_some() || filter.most_attempts.is_some() {
        put("attempts", json!([filter.least_attempts, filter.most_attempts]));
    }
    for (name, when) in [("since", filter.since), ("until", filter.until)] {
        match when {
            Some(jobs::When::At(at)) => put(name, json!(at)),
            Some(jobs::When::Ago(ago)) => put(name, json!(format!("{} ago", humantime::format_duration(ago)))),
            None => {}
        }
    }
    if !filter.ids.is_empty() {
        put("ids", json!(filter.ids.len()));
    }
    asked
}

/// What would be done, and to which jobs for example.
async fn announce(
    context: &Context,
    tx: &mut crate::db::Tx,
    queue: &Queue<'_>,
    wanted: &Wanted,
    plan: &Plan,
    doable: &[Planned],
) -> Result<String> {
    let sample: Vec<String> = doable.iter().take(SAMPLE).map(|j| j.job.clone()).collect();
    let mut out = format!("{} would be {}", counted(doable.len(), "job"), wanted.verb().1);
    if plan.matched > plan.jobs.len() {
        out.push_str(&format!(", the oldest of {} that fit", thousands(plan.matched)));
    }
    if sample.is_empty() {
        return Ok(out);
    }
    let filter = Filter { ids: sample, ..Filter::default() };
    let page = jobs::list(tx, queue, &filter, 0, None).await?;
    let mut table = Table::new(&context.ui, &["added (UTC)", "job", "type", "status", "last error"]);
    for job in page.jobs.iter().rev() {
        table.row(&[
            &minute(job.created_at.as_deref()),
            short(&job.job),
            job.kind.as_deref().unwrap_or("-"),
            job.status.as_deref().unwrap_or("-"),
            &super::list::shortened(job.error.as_deref().unwrap_or_default(), 80),
        ]);
    }
    out.push_str(&format!("\n\n{}", table.render()));
    if doable.len() > SAMPLE {
        out.push_str(&format!("\nand {} more", thousands((doable.len() - SAMPLE).to_string())));
    }
    Ok(out)
}
