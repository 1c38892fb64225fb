//! Who works, how long jobs take, and how many come and go.

use std::time::Duration;

use serde_json::json;

use super::show::milliseconds;
use super::{Looked, headed, known_words, look};
use crate::commands::cli::{Format, RowsFormat};
use crate::commands::{Context, Done, Outcome};
use crate::error::Error;
use crate::jobs::{self, BARS_MS, Distribution, Filter, Minute, Queue, When, Worker};
use crate::output::{Table, csv_rows, ndjson_rows};
use crate::text::{span, sparkline, thousands};

/// How many steps a throughput has at most.
const STEPS: u64 = 10_000;

/// How wide a bar of a histogram is, in columns.
const BAR: u64 = 40;

/// How wide a trend is at most, and how many columns stand beside it, even where numbers are large.
const TREND: (usize, usize) = (60, 56);

pub(super) async fn workers(context: &Context, since: When, filter: &Filter, format: RowsFormat) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    known_words(context, &mut tx, &pack, filter).await?;
    let workers = jobs::workers(&mut tx, &queue, since, filter).await?;
    let (picture, headline) = headed(context, &mut tx, &queue, &hidden).await?;
    tx.rollback().await?;
    match format {
        RowsFormat::Table => {
            let like_that = if *filter == Filter::default() { "" } else { " that is like that" };
            let none = || format!("no worker has a job{like_that}, or had one in that time");
            let table = if workers.is_empty() { none() } else { table(context, &workers) };
            context.ui.data(&format!("{headline}\n\n{table}"))?;
        }
        RowsFormat::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "jobs workers", "app": pack.name, "may_hide": hidden, "verdict": picture.verdict,
            "workers": workers,
        }))?,
        RowsFormat::Ndjson => context.ui.write(|out| ndjson_rows("worker", &workers, out))?,
        RowsFormat::Csv => context.ui.csv(|out| {
            let rows = workers.iter().map(|w| {
                let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
                Ok([
                    w.worker.clone(),
                    w.running.to_string(),
                    w.stuck.to_string(),
                    w.done.to_string(),
                    w.failed.to_string(),
                    number(w.median_ms),
                    number(w.p95_ms),
                    w.last_seen.clone().unwrap_or_default(),
                ])
            });
            csv_rows(&["worker", "running", "stuck", "done", "failed", "median_ms", "p95_ms", "last_seen"], rows, out)
        })?,
    }
    Ok(Done::Clean)
}

fn table(context: &Context, workers: &[Worker]) -> String {
    let mut table = Table::new(
        &context.ui,
        &["worker", "#running", "#past lease", "#done", "#failed", "#median", "#p95", "#last seen"],
    );
    for worker in workers {
        let number = |n: i64| thousands(n);
        let time = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), milliseconds);
        table.row(&[
            &worker.worker,
            &number(worker.running),
            &if worker.stuck > 0 { format!("! {}", number(worker.stuck)) } else { "0".to_owned() },
            &number(worker.done),
            &number(worker.failed),
            &time(worker.median_ms),
            &time(worker.p95_ms),
            &worker.last_seen_secs.map_or_else(|| "-".to_owned(), |s| format!("{} ago", span(s))),
        ]);
    }
    table.render()
}

pub(super) async fn latency(context: &Context, since: When, filter: &Filter, format: Format) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    known_words(context, &mut tx, &pack, filter).await?;
    let timing = jobs::latency(&mut tx, &queue, since, filter).await?;
    let (picture, headline) = headed(context, &mut tx, &queue, &hidden).await?;
    tx.rollback().await?;
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "jobs latency", "app": pack.name, "may_hide": hidden, "verdict": picture.verdict,
            "histogram_up_to_ms": BARS_MS, "wait": timing.wait, "run": timing.run, "total": timing.total,
        }))?,
        Format::Table => {
            let all = [
                ("wait", "until the first attempt", timing.wait.as_ref()),
                ("run", "an attempt", timing.run.as_ref()),
                ("total", "until the end", Some(&timing.total)),
            ];
            let mut table = Table::new(&context.ui, &["", "#jobs", "#p50", "#p90", "#p95", "#p99", "#longest"]);
            let (mut bars, mut meanings) = (String::new(), Vec::new());
            for (name, what, distribution) in all {
                let Some(d) = distribution else { continue };
                meanings.push(format!("{name}: {what}"));
                let time = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), milliseconds);
                let count = thousands(d.count);
                let cells = [name, &count, &time(d.p50_ms), &time(d.p90_ms), &time(d.p95_ms), &time(d.p99_ms), &time(d.max_ms)];
                table.row(&cells);
                bars.push_str(&histogram(context, name, d));
            }
            if timing.wait.is_none() {
                context.ui.note(&format!("{} does not say when a worker began with a job, so only the whole is shown", pack.name));
            }
            context.ui.data(&format!("{headline}\n\n{}\n\n{}{bars}", table.render(), meanings.join(" · ")))?;
        }
    }
    Ok(Done::Clean)
}

/// A bar for each stretch of time in which something ended.
fn histogram(context: &Context, name: &str, distribution: &Distribution) -> String {
    let count = |at: usize| distribution.histogram.get(at).copied().unwrap_or_default().unsigned_abs();
    let all = 0..distribution.histogram.len();
    let (Some(first), Some(last)) = (all.clone().find(|i| count(*i) > 0), all.clone().rfind(|i| count(*i) > 0)) else {
        return String::new();
    };
    let highest = all.map(count).max().unwrap_or_default().max(1);
    let mut table = Table::new(&context.ui, &[format!("#{name}").as_str(), "#jobs", ""]);
    for at in first..=last {
        let upper = BARS_MS.get(at).map_or_else(|| "longer".to_owned(), |ms| format!("≤ {}", milliseconds(*ms)));
        let columns = (count(at) * BAR).div_ceil(highest);
        let bar = "█".repeat(usize::try_from(columns).unwrap_or_default());
        table.row(&[&upper, &thousands(count(at)), &bar]);
    }
    format!("\n\n{}", table.render())
}

pub(super) async fn throughput(
    context: &Context,
    since: Duration,
    step: Duration,
    filter: &Filter,
    format: RowsFormat,
) -> Outcome {
    if step.as_secs() == 0 || !step.as_secs().is_multiple_of(60) {
        return Err(Error::usage("--step: a step is whole minutes"));
    }
    let (step, since) = (step.as_secs() / 60, since.as_secs().div_ceil(60).max(1));
    let steps = since.div_ceil(step);
    if steps > STEPS {
        return Err(Error::usage(format!("that would be {} steps", thousands(steps)))
            .hint("take longer steps, such as --step 1h"));
    }
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    known_words(context, &mut tx, &pack, filter).await?;
    let secs = u32::try_from(step * 60).map_err(|_| Error::usage("--step is too long"))?;
    let pace = jobs::throughput(&mut tx, &queue, u32::try_from(steps).unwrap_or(u32::MAX), secs, filter).await?;
    let (picture, headline) = headed(context, &mut tx, &queue, &hidden).await?;
    tx.rollback().await?;
    match format {
        RowsFormat::Table => context.ui.data(&format!("{headline}\n\n{}", trends(context, &pace, step)))?,
        RowsFormat::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "jobs throughput", "app": pack.name, "may_hide": hidden, "verdict": picture.verdict,
            "step_secs": secs, "steps": pace,
        }))?,
        RowsFormat::Ndjson => context.ui.write(|out| ndjson_rows("step", &pace, out))?,
        RowsFormat::Csv => context.ui.csv(|out| {
            let rows = pace.iter().map(|m| {
                let failed = m.failed_attempts.map(|n| n.to_string()).unwrap_or_default();
                Ok([m.at.to_rfc3339(), m.added.to_string(), m.done.to_string(), m.dead.to_string(), failed])
            });
            csv_rows(&["at", "added", "done", "dead", "failed_attempts"], rows, out)
        })?,
    }
    Ok(Done::Clean)
}

/// A line for each thing that is counted.
fn trends(context: &Context, pace: &[Minute], step: u64) -> String {
    let (widest, beside) = TREND;
    let columns = context.ui.columns().map_or(widest, |c| c.saturating_sub(beside).clamp(10, widest));
    let mut table = Table::new(&context.ui, &["", "#all", "#a minute", "#most a minute", "trend"]);
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
            &sparkline(&drawn, columns),
        ]);
    };
    line("added", pace.iter().map(|m| m.added).collect());
    line("done", pace.iter().map(|m| m.done).collect());
    line("dead", pace.iter().map(|m| m.dead).collect());
    let failed: Option<Vec<i64>> = pace.iter().map(|m| m.failed_attempts).collect();
    if let Some(failed) = failed {
        line("failed attempts", failed);
    }
    let from = pace.first().map(|m| m.at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
    let steps = span(i64::try_from(step * 60).unwrap_or(i64::MAX));
    format!("{}\n\nfrom {from} UTC on, in steps of {steps}", table.render())
}
