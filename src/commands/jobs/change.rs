//! `jobs retry`, `cancel`, `delete`, `purge` and `stuck --release`: find the jobs, show the plan, ask, and change the
//! jobs batch by batch.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::apply::{Change, Export};
use super::args::JobChange;
use super::list::shortened;
use super::look::{Looked, filter, known_words, look, need_leases, open, prepared};
use super::model::{SAMPLE, Wanted};
use super::report::Report;
use crate::commands::{Context, Outcome, beside, new_id};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::files;
use crate::jobs::{self, Action, Answer, ErrorLike, Filter, Plan, Planned, Queue};
use crate::output::{Column, Page, Table};
use crate::packs::{Ability, JobState, Pack};
use crate::text::{counted, minute, shortened_to, span, thousands, told_apart};

/// The reason why a job is not changed whose id another one has too.
const BY_ID: &str = "a change goes by the id, so it may be of another one";

/// The reason why a job is not changed that is not there.
const NO_JOB: &str = "there is no such job";

/// The reason why a job is not changed that is not there, or hidden.
const NO_VISIBLE_JOB: &str = "of those that this role sees, there is no such job; row level security may hide it";

pub(super) async fn run(context: &Context, args: JobChange, wanted: Wanted) -> Outcome {
    let given = given(&args.jobs).await?;
    let Looked { database, mut tx, pack, hidden } = look(context).await?;
    let queue = match args.dry_run {
        true => Queue::open(&mut tx, &pack).await?,
        false => open(context, &database, &mut tx, &pack).await?,
    };
    if wanted.action == Action::Release {
        need_leases(&queue, &pack)?;
    }
    if wanted.action == Action::Reschedule {
        jobs::need(&pack, Ability::Reschedule)?;
    }
    if !args.dry_run {
        prepared(context, &mut tx, &pack).await?;
    }
    let (mut filter, asked) = asked_for(&args, &wanted, given)?;
    if filter.ids.is_empty() {
        // Nobody asked for these by name.
        filter.except = queue.cannot(wanted.action).to_vec();
        if let Some((status, count)) = jobs::excepted(&mut tx, &queue, &filter).await? {
            let (jobs, status) = (counted(count, "job"), status.join(" or "));
            context.ui.note(&format!("left out: {jobs} with the status {status}: {}", cannot(&pack, &wanted)));
        }
    }
    let chosen = choose(context, &mut tx, &pack, &queue, &wanted, &filter, (args.max, &hidden)).await?;
    let mut report = Report::new(context, &wanted, &pack, &hidden, &args);
    if !filter.ids.is_empty() {
        report.named();
    }
    if !chosen.plan.unknown.is_empty()
        && let Some(way) = context.way_to_hidden(&mut tx, &pack, &hidden).await
    {
        context.ui.note(&way);
    }
    if filter.ids.is_empty() && chosen.cancelled > 0 {
        report.left_out(chosen.cancelled);
        context
            .ui
            .note(&format!("left out: {}; --cancelled retries these too", counted(chosen.cancelled, "cancelled job")));
    }
    let planned = chosen.doable.len();
    let announced = announce(context, &mut tx, &queue, &wanted, args.dry_run, &chosen).await?;
    tx.rollback().await?;
    report.aside(&chosen.skipped)?;
    if args.dry_run || planned == 0 {
        report.add(&chosen.doable.iter().map(Answer::would).collect::<Vec<_>>())?;
        return report.finish(planned, None, Some(announced));
    }
    announced.render().lines().for_each(|line| context.ui.note_line(line));
    let protection = database.protection().await?;
    let what = format!("{} {} of {}", wanted.verb().imperative, counted(planned, "job"), database.target().database());
    // Where the file cannot be made, nothing is to be asked.
    let export = wanted.export.as_deref().map(Export::create).transpose()?;
    let permit = context.confirm(&database, protection, &what).await.inspect_err(|_| {
        export.iter().for_each(Export::withdraw);
    })?;
    let change = Change {
        context,
        database: &database,
        queue: &queue,
        permit: &permit,
        wanted: &wanted,
        args: &args,
        parameters: match (wanted.cancelled, wanted.at) {
            (true, _) => json!({"filter": asked, "matched": chosen.plan.matched, "cancelled": true}),
            (_, Some(at)) => json!({"filter": asked, "matched": chosen.plan.matched, "at": at}),
            _ => json!({"filter": asked, "matched": chosen.plan.matched}),
        },
        operation: new_id(),
    };
    match change.apply(&chosen.doable, export.as_ref(), &mut report).await {
        Ok(stopped) => {
            export.iter().for_each(Export::withdraw);
            report.finish(planned, stopped, None)
        }
        Err(error) => {
            // The same command is to be possible again.
            export.iter().for_each(Export::withdraw);
            report.broken(planned, error)
        }
    }
}

/// The filter of a change, and what of it the operator log records.
fn asked_for(args: &JobChange, wanted: &Wanted, given: Given) -> Result<(Filter, Map<String, Value>)> {
    let mut filter = filter(&args.filter);
    filter.error.extend(given.handles.into_iter().map(ErrorLike::Of));
    filter.ids = given.ids;
    let asked = asked(&filter);
    filter.stuck = wanted.action == Action::Release;
    if asked.is_empty() && !args.all && !filter.stuck {
        return Err(Error::usage("no jobs are named")
            .hint("name ids, a handle of `bursar jobs triage`, or a filter such as --status; --all means every job"));
    }
    if filter.status.is_empty() && filter.ids.is_empty() {
        filter.states = wanted.states().to_vec();
    }
    Ok((filter, asked))
}

/// The jobs of a change.
struct Chosen {
    plan: Plan,
    /// The jobs that will be changed.
    doable: Vec<Planned>,
    /// The jobs that cannot be changed, with the reasons.
    skipped: Vec<Answer>,
    /// Number of jobs that match and that an operator cancelled.
    cancelled: usize,
}

async fn choose(
    context: &Context,
    tx: &mut Tx,
    pack: &Pack,
    queue: &Queue<'_>,
    wanted: &Wanted,
    filter: &Filter,
    (max, hidden): (Option<u32>, &[String]),
) -> Result<Chosen> {
    let named = !filter.ids.is_empty();
    if let Some(why) = jobs::slow(tx, queue, filter, 0).await? {
        context.ui.note(&why);
    }
    let except = match wanted.action {
        Action::Retry if !wanted.cancelled => Some(jobs::cancelled(tx).await?),
        _ => None,
    };
    let max = max.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    let mut plan = jobs::select(tx, queue, filter, max, except.as_ref()).await?;
    let shared = shared(tx, queue, &mut plan).await?;
    let alive = match wanted.action {
        Action::Release if !wanted.force => alive(tx, queue, &mut plan).await?,
        _ => Vec::new(),
    };
    // What is left out is told by itself.
    if plan.jobs.is_empty() && plan.excepted.is_empty() && !named {
        known_words(context, tx, pack, filter).await?;
    }
    let can = |job: &Planned| !queue.cannot(wanted.action).contains(&job.status);
    let fits = |job: &Planned| queue.state(Some(&job.status)).is_some_and(|s| wanted.states().contains(&s));
    let possible = |job: &&Planned| can(job) && fits(job);
    let doable: Vec<Planned> = plan.jobs.iter().filter(possible).cloned().collect();
    let no_job = if hidden.is_empty() { NO_JOB } else { NO_VISIBLE_JOB };
    let not_there = plan.unknown.iter().map(|id| Answer::skipped(id, no_job));
    let is_cancelled = |j: &Planned| queue.state(Some(&j.status)) == Some(JobState::Cancelled);
    let forbidden = |j: &&Planned| possible(j) || can(j) && is_cancelled(j);
    let (cancelled, ended): (Vec<&Planned>, Vec<&Planned>) = plan.excepted.iter().partition(forbidden);
    let otherwise = plan.jobs.iter().chain(&plan.unfit).filter(|j| !possible(j)).chain(ended);
    let otherwise = otherwise.map(|j| {
        let why = if can(j) { String::new() } else { format!(", and {}", cannot(pack, wanted)) };
        Answer::skipped(&j.job, &format!("it is {}{why}", j.status))
    });
    let unfit = if filter.stuck { "its lease is not over" } else { "the filter leaves it out" };
    let left_out = plan.unfit.iter().filter(possible).map(|j| Answer::skipped(&j.job, unfit));
    let asked: Vec<&str> = cancelled.iter().filter(|_| named).map(|j| &*j.job).collect();
    let reasons = jobs::cancelled_for(tx, &asked).await?;
    let by_name = cancelled.iter().filter(|_| named).map(|j| {
        let by = except.as_ref().and_then(|except| except.get(&j.job));
        let by = by.map_or_else(|| "it was cancelled".to_owned(), |by| format!("{by} cancelled it"));
        let reason = j.cancelled.as_ref().filter(|r| !r.is_empty()).or_else(|| reasons.get(&j.job));
        let reason = reason.map(|r| format!(": {r}")).unwrap_or_default();
        Answer::skipped(&j.job, &format!("{by}{reason}; --cancelled retries it too"))
    });
    let skipped: Vec<Answer> =
        not_there.chain(otherwise).chain(left_out).chain(by_name).chain(shared).chain(alive).collect();
    let cancelled = cancelled.len();
    Ok(Chosen { plan, doable, skipped, cancelled })
}

/// That the pack cannot do the change to jobs of a status.
fn cannot(pack: &Pack, wanted: &Wanted) -> String {
    format!("{} cannot {} such a job", pack.name, wanted.verb().imperative.to_lowercase())
}

/// Takes the jobs out of a plan whose id another one has too.
async fn shared(tx: &mut Tx, queue: &Queue<'_>, plan: &mut Plan) -> Result<Vec<Answer>> {
    let shared = jobs::shared(tx, queue, &plan.jobs).await?;
    let theirs = plan.jobs.extract_if(.., |job| shared.contains_key(&job.job));
    Ok(theirs.map(|job| Answer::skipped(&job.job, &format!("{}; {BY_ID}", shared[&job.job]))).collect())
}

/// Takes the jobs out of a release whose worker was seen within the length of their lease: it may still be at them, and
/// another worker would do the work a second time.
async fn alive(tx: &mut Tx, queue: &Queue<'_>, plan: &mut Plan) -> Result<Vec<Answer>> {
    let longest = plan.jobs.iter().filter_map(|j| Some(j.lease.as_ref()?.1)).max();
    let Some(longest) = longest else { return Ok(Vec::new()) };
    let seen = jobs::seen(tx, queue, longest).await?;
    let mut left = Vec::new();
    plan.jobs.retain(|job| {
        let Some((worker, lease)) = &job.lease else { return true };
        let Some(secs) = seen.get(worker).filter(|secs| *secs <= lease) else { return true };
        let why =
            format!("{worker} was seen {} ago and may still be at it; --force releases it all the same", span(*secs));
        left.push(Answer::skipped(&job.job, &why));
        false
    });
    Ok(left)
}

/// The arguments beside the flags.
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
        return Err(Error::usage("ids and handles cannot be given together"));
    }
    Ok(given)
}

/// The filter as the operator log records it; empty if nothing was asked for.
fn asked(filter: &Filter) -> Map<String, Value> {
    let mut asked = Map::new();
    let mut put = |name: &str, value: Value| {
        asked.insert(name.to_owned(), value);
    };
    for (name, given) in [("status", &filter.status), ("queue", &filter.queue), ("type", &filter.kind)] {
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

/// The announcement of a change, with some of its jobs as examples.
async fn announce(
    context: &Context,
    tx: &mut Tx,
    queue: &Queue<'_>,
    wanted: &Wanted,
    dry_run: bool,
    chosen: &Chosen,
) -> Result<Page> {
    let Chosen { plan, doable, .. } = chosen;
    let jobs = counted(doable.len(), "job");
    // What was agreed to beforehand is done.
    let agreed = context.global.yes || context.global.confirm.is_some();
    let mut sentence = match dry_run || !agreed {
        true => format!("{jobs} would be {}", wanted.verb().past),
        false => format!("{} {jobs}", wanted.verb().ongoing),
    };
    if let Some(at) = wanted.at {
        sentence.push_str(&format!(" to {} UTC", at.format("%Y-%m-%d %H:%M:%S")));
    }
    if plan.matched > plan.jobs.len() {
        sentence.push_str(&format!(", the oldest of {} that match", thousands(plan.matched)));
    }
    if let Some(canary) = wanted.canary.as_ref().filter(|canary| (canary.jobs as usize) < doable.len()) {
        let ending = if dry_run || !agreed { "would go" } else { "go" };
        sentence.push_str(&format!(
            "\nfirst {} of them; the others {ending} on unless more than {}% of these fail again within {}",
            thousands(canary.jobs),
            canary.abort_above,
            humantime::format_duration(canary.wait)
        ));
    }
    let page = Page::text(sentence);
    if doable.is_empty() {
        return Ok(page);
    }
    let sample = doable.iter().take(SAMPLE).map(|j| j.job.clone()).collect();
    let filter = Filter { ids: sample, ..Filter::default() };
    let sample = jobs::list(tx, queue, &filter, 0, None).await?;
    let columns = [
        Column::new("added (UTC)").rank(4),
        Column::new("job").rank(0),
        Column::new("type").rank(2),
        Column::new("status").rank(1),
        Column::text("last error").rank(3),
    ];
    let mut table = Table::new(&context.ui, &columns);
    let length = told_apart(sample.jobs.iter().map(|job| &*job.job));
    for job in sample.jobs.iter().rev() {
        table.row(&[
            &minute(job.created_at.as_deref()),
            shortened_to(&job.job, length),
            job.kind.as_deref().unwrap_or("-"),
            job.status.as_deref().unwrap_or("-"),
            &shortened(job.error.as_deref().unwrap_or_default(), 80),
        ]);
    }
    let more = doable.len().saturating_sub(SAMPLE);
    let more = if more > 0 { format!("and {} more", thousands(more)) } else { String::new() };
    Ok(page.and_table(table).and(more))
}
