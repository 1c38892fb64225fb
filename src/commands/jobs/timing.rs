//! The workers, the durations of jobs, and the rates of new and ended jobs.

use std::time::Duration;

use super::look::{Looked, known_words, look, view};
use super::verdict::{ago, headed};
use crate::commands::values::Since;
use crate::commands::{Context, Done, Outcome, no_matches, now};
use crate::error::{Error, Result};
use crate::jobs::{self, BARS_MS, Distribution, Filter, Minute, Queue, Timing, When, Worker};
use crate::output::{Column, Format, Page, Record, Table};
use crate::text::{milliseconds, span, sparkline, thousands};

/// Largest number of steps of a throughput.
const STEPS: u64 = 10_000;

/// The least and the largest width of a bar of a histogram, and the width of what stands beside it, in columns.
const BAR: (usize, usize, usize) = (10, 40, 24);

/// The least and the largest width of a trend, and the width of what stands beside it, even where numbers are large.
const TREND: (usize, usize, usize) = (10, 60, 56);

/// The width that a drawing may take.
fn room(context: &Context, (least, most, beside): (usize, usize, usize)) -> usize {
    context.ui.columns().map_or(most, |columns| columns.saturating_sub(beside).clamp(least, most))
}

pub(super) async fn workers(context: &Context, since: When, filter: &Filter, format: Format) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    known_words(context, &mut tx, &pack, filter).await?;
    let workers = jobs::workers(&mut tx, &queue, since, filter).await?;
    let (health, headline) = headed(context, &mut tx, &queue).await?;
    tx.rollback().await?;
    let view =
        view("jobs workers", &pack, &hidden).field("verdict", &health.verdict).rows("workers", &workers).page(|| {
            match workers.is_empty() {
                true if *filter == Filter::default() => {
                    let jobs = if hidden.is_empty() { "a job" } else { "a visible job" };
                    Page::text(headline).and(format!("No worker has {jobs}, or had one in that time."))
                }
                true => Page::text(headline).and(no_matches(&hidden)),
                false => Page::text(headline).and_table(workers_table(context, &workers)),
            }
        });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

fn workers_table(context: &Context, workers: &[Worker]) -> Table {
    let columns = [
        Column::new("worker").rank(0),
        Column::number("running").rank(1),
        Column::number("past lease").rank(2),
        Column::number("done").rank(3),
        Column::number("failed").rank(4),
        Column::number("median").rank(6),
        Column::number("p95").rank(5),
        Column::number("last seen").rank(7),
        Column::new("takes").rank(8),
    ];
    let says = workers.iter().any(|w| w.queues.is_some() || w.kinds.is_some());
    let columns = &columns[..columns.len() - usize::from(!says)];
    let mut table = Table::new(&context.ui, columns);
    for worker in workers {
        let time = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), milliseconds);
        let cells: [&str; 9] = [
            &worker.worker,
            &thousands(worker.running),
            &if worker.stuck > 0 { format!("! {}", thousands(worker.stuck)) } else { "0".to_owned() },
            &thousands(worker.done),
            &thousands(worker.failed),
            &time(worker.median_ms),
            &time(worker.p95_ms),
            &ago(worker.last_seen_secs),
            &takes(worker),
        ];
        table.row(&cells[..columns.len()]);
    }
    table
}

/// The queues and the types that a worker takes, in words.
fn takes(worker: &Worker) -> String {
    let all = [&worker.queues, &worker.kinds].into_iter().flatten().map(|names| names.join(", "));
    all.collect::<Vec<_>>().join("; ")
}

impl Record for Worker {
    const TYPE: &'static str = "worker";
    const FIELDS: &'static [&'static str] =
        &["worker", "running", "stuck", "done", "failed", "median_ms", "p95_ms", "last_seen"];
}

pub(super) async fn latency(context: &Context, since: When, filter: &Filter, format: Format) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    known_words(context, &mut tx, &pack, filter).await?;
    let timing = jobs::latency(&mut tx, &queue, since, filter).await?;
    let (health, headline) = headed(context, &mut tx, &queue).await?;
    tx.rollback().await?;
    if format == Format::Table && timing.wait.is_none() {
        let app = &pack.name;
        context.ui.note(&format!("{app} does not record when a worker begins with a job, so only the total is shown"));
    }
    let view = view("jobs latency", &pack, &hidden)
        .field("verdict", &health.verdict)
        .field("histogram_up_to_ms", BARS_MS)
        .fields(&timing)
        .page(|| latency_page(context, headline, &timing));
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

fn latency_page(context: &Context, headline: String, timing: &Timing) -> Page {
    let columns = [
        Column::new("").rank(0),
        Column::number("jobs").rank(1),
        Column::number("p50").rank(2),
        Column::number("p90").rank(4),
        Column::number("p95").rank(3),
        Column::number("p99").rank(5),
        Column::number("longest").rank(6),
    ];
    let mut table = Table::new(&context.ui, &columns);
    let (mut histograms, mut meanings) = (Vec::new(), Vec::new());
    for (name, what, distribution) in [
        ("wait", "until the first attempt", timing.wait.as_ref()),
        ("run", "one attempt", timing.run.as_ref()),
        ("total", "until the end", Some(&timing.total)),
    ] {
        let Some(d) = distribution else { continue };
        meanings.push(format!("{name}: {what}"));
        let time = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), milliseconds);
        let times = [d.p50_ms, d.p90_ms, d.p95_ms, d.p99_ms, d.max_ms].map(time);
        let count = thousands(d.count);
        table.row(&[[name, &count].as_slice(), &times.each_ref().map(String::as_str)].concat());
        histograms.extend(histogram(context, name, d));
    }
    let page = Page::text(headline).and_table(table).and(meanings.join(" · "));
    histograms.into_iter().fold(page, Page::and_table)
}

/// A bar for each stretch of time in which something ended; none where nothing did.
fn histogram(context: &Context, name: &str, distribution: &Distribution) -> Option<Table> {
    let count = |at: usize| distribution.histogram.get(at).copied().unwrap_or_default().unsigned_abs();
    let all = 0..distribution.histogram.len();
    let first = all.clone().find(|at| count(*at) > 0)?;
    let last = all.clone().rfind(|at| count(*at) > 0)?;
    let highest = all.map(count).max().unwrap_or_default().max(1);
    let widest = room(context, BAR) as u64;
    let columns = [Column::number(name.to_owned()).rank(0), Column::number("jobs").rank(0), Column::new("").rank(1)];
    let mut table = Table::new(&context.ui, &columns);
    for at in first..=last {
        let upper = BARS_MS.get(at).map_or_else(|| "longer".to_owned(), |ms| format!("≤ {}", milliseconds(*ms)));
        let bar = usize::try_from((count(at) * widest).div_ceil(highest)).unwrap_or_default();
        table.row(&[&upper, &thousands(count(at)), &"█".repeat(bar)]);
    }
    Some(table)
}

pub(super) async fn throughput(
    context: &Context,
    since: Since,
    step: Duration,
    filter: &Filter,
    format: Format,
) -> Outcome {
    if step.as_secs() == 0 || !step.as_secs().is_multiple_of(60) {
        return Err(Error::usage("--step has to be whole minutes"));
    }
    let step = step.as_secs() / 60;
    let steps = elapsed(since)?.as_secs().div_ceil(60).max(1).div_ceil(step);
    if steps > STEPS {
        return Err(Error::usage(format!("that would be {} steps", thousands(steps)))
            .hint("take longer steps, such as --step 1h"));
    }
    let secs = u32::try_from(step * 60).map_err(|_| Error::usage("--step is too long"))?;
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    known_words(context, &mut tx, &pack, filter).await?;
    let throughput = jobs::throughput(&mut tx, &queue, u32::try_from(steps).unwrap_or(u32::MAX), secs, filter).await?;
    let (health, headline) = headed(context, &mut tx, &queue).await?;
    tx.rollback().await?;
    let view = view("jobs throughput", &pack, &hidden)
        .field("verdict", &health.verdict)
        .field("step_secs", secs)
        .rows("steps", &throughput)
        .page(|| {
            let from = throughput.first().map(|m| m.at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
            let steps = format!("from {from} UTC, in steps of {}", span(i64::from(secs)));
            Page::text(headline).and_table(trends(context, &throughput, step)).and(steps)
        });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

/// The time since then.
fn elapsed(since: Since) -> Result<Duration> {
    match since {
        Since::Ago(ago) => Ok(ago),
        Since::At(at) => {
            (now() - at).to_std().map_err(|_| Error::usage("--since is in the future, so no step could be shown"))
        }
    }
}

/// A row for each thing that is counted.
fn trends(context: &Context, throughput: &[Minute], step: u64) -> Table {
    let columns = [
        Column::new("").rank(0),
        Column::number("all").rank(1),
        Column::number("per minute").rank(3),
        Column::number("peak per minute").rank(4),
        Column::new("trend").rank(2),
    ];
    let width = room(context, TREND);
    let mut table = Table::new(&context.ui, &columns);
    let minutes = i64::try_from(step).unwrap_or(i64::MAX);
    let tenths = |n: i64| format!("{}.{}", n / 10, n % 10);
    let mut line = |name: &str, counts: Vec<i64>| {
        let (sum, most) = (counts.iter().sum::<i64>(), counts.iter().copied().max().unwrap_or_default());
        let whole = minutes.saturating_mul(i64::try_from(counts.len()).unwrap_or(i64::MAX)).max(1);
        #[expect(clippy::cast_precision_loss, reason = "it is drawn eight steps high")]
        let drawn: Vec<Option<f64>> = counts.iter().map(|n| Some(*n as f64)).collect();
        table.row(&[
            name,
            &thousands(sum),
            &tenths(sum.saturating_mul(10) / whole),
            &tenths(most.saturating_mul(10) / minutes.max(1)),
            &sparkline(&drawn, width),
        ]);
    };
    line("added", throughput.iter().map(|m| m.added).collect());
    line("done", throughput.iter().map(|m| m.done).collect());
    line("dead", throughput.iter().map(|m| m.dead).collect());
    let failed: Option<Vec<i64>> = throughput.iter().map(|m| m.failed_attempts).collect();
    if let Some(failed) = failed {
        line("failed attempts", failed);
    }
    table
}

impl Record for Minute {
    const TYPE: &'static str = "step";
    const FIELDS: &'static [&'static str] = &["at", "added", "done", "dead", "failed_attempts"];
}
