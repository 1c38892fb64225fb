//! Business figures, for every format.

use super::args::{Stats, StatsCompare};
use super::figures::metrics;
#[cfg(feature = "charts")]
use super::html;
use super::{prometheus, table};
use crate::commands::jobs::headline;
#[cfg(feature = "charts")]
use crate::commands::now;
use crate::commands::{Context, Done, Outcome};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::jobs::{Queue, health};
use crate::output::{Format, NewFile, Page, View, csv_rows, ndjson_row};
use crate::packs::{Need, Pack};
use crate::stats::{self, Asked, Metric, Report, Span};
use crate::text::moment;

/// Reads the topics and shows their figures.
pub(in crate::commands) async fn run(context: &Context, args: Stats) -> Outcome {
    #[cfg(feature = "charts")]
    if args.html.is_some() && args.html == args.prometheus {
        return Err(Error::usage("--html and --prometheus name the same file, which can hold one of them only"));
    }
    #[cfg(feature = "charts")]
    let page = args.html.as_deref().map(NewFile::create).transpose()?;
    let scraped = args.prometheus.as_deref().map(NewFile::readable).transpose()?;
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx, Need::Figures).await?;
    let topics = stats::choose(&pack, &args.topics)?;
    let compare = args.compare == StatsCompare::Previous;
    let begin = args.from.map_or(args.since, stats::Begin::Moment);
    let asked = Asked { begin, end: args.to, zone: args.tz, bucket: args.by.into(), compare };
    let window = stats::resolve(&mut tx, &asked).await?;
    if compare && window.previous.is_none() {
        context.ui.note("the window before begins before 2001, so there is nothing to compare with");
    }
    let hidden = context.warn_of_hidden(&mut tx, &pack).await?;
    let tenant = args.tenant.as_deref();
    let mut report = stats::run(&mut tx, &pack, &topics, window, tenant).await?;
    // The health is that of the whole queue.
    let jobs = pack.jobs.as_ref().filter(|_| tenant.is_none());
    if let Some(topic) = jobs.and_then(|jobs| report.topics.iter_mut().find(|t| t.topic == jobs.topic)) {
        let queue = Queue::open(&mut tx, &pack).await?;
        let health = health(&mut tx, &queue).await?;
        topic.headline = Some(headline(context, &health, false));
    }
    tx.rollback().await?;

    #[cfg(feature = "charts")]
    if let Some(page) = page {
        let target = database.target();
        let origin = format!(
            "Database {} at {}, {} UTC",
            target.database(),
            target.servers(),
            now().format("%Y-%m-%d %H:%M:%S")
        );
        page.finish(|out| html::write(&pack.title, &origin, &report, &hidden, args.limit, out))?;
        if let Some(path) = &args.html {
            context.ui.note(&format!("wrote {}", path.display()));
        }
    }
    if let Some(scraped) = scraped {
        scraped.finish(|out| prometheus::write(&pack.name, &report, &hidden, out))?;
    }
    match args.output.format {
        Format::Ndjson => context.ui.write(|out| {
            metrics(&report)
                .try_for_each(|(topic, metric)| ndjson_row("metric", &Row { topic: &topic.topic, metric }, out))
        })?,
        Format::Csv => context.ui.csv(|out| {
            csv_rows(&["topic", "metric", "unit", "span", "from", "to", "value"], lines(&report).map(Ok), out)
        })?,
        Format::Prometheus => context.ui.write(|out| prometheus::write(&pack.name, &report, &hidden, out))?,
        format => {
            let view = View::new("stats")
                .field("app", &pack.name)
                .field("may_hide", &hidden)
                .field("complete", report.skipped.is_empty())
                .field("window", &report.window)
                .field("buckets", &report.window.buckets)
                .field("tenant", &report.tenant)
                .field("topics", &report.topics)
                .field("skipped", &report.skipped)
                .page(|| table::page(&context.ui, format, &pack.name, &report, args.limit));
            context.ui.emit(format, view)?;
        }
    }
    for skipped in &report.skipped {
        context.ui.warn(&skipped.sentence());
    }
    Ok(if report.skipped.is_empty() { Done::Clean } else { Done::Incomplete })
}

/// The figures of a topic of the last 30 days, by week, for people.
pub(in crate::commands) async fn month(context: &Context, tx: &mut Tx, pack: &Pack, topic: &str) -> Result<Page> {
    let topics = stats::choose(pack, &[topic.to_owned()])?;
    let begin = stats::Begin::Days(30);
    let asked = Asked { begin, end: None, zone: "UTC".to_owned(), bucket: stats::Bucket::Week, compare: true };
    let window = stats::resolve(tx, &asked).await?;
    let report = stats::run(tx, pack, &topics, window, None).await?;
    Ok(table::page(&context.ui, Format::Table, &pack.name, &report, 0))
}

/// A metric with its topic.
#[derive(serde::Serialize)]
struct Row<'a> {
    topic: &'a str,
    #[serde(flatten)]
    metric: &'a Metric,
}

/// The lines of CSV: each figure of the window, of the one before, and of each bucket.
fn lines(report: &Report) -> impl Iterator<Item = [String; 7]> {
    let window = &report.window;
    // A bucket reaches to the next one, and neither out of the window.
    let bucket = move |n: usize| {
        let from = window.buckets[n].at.max(window.span.from);
        (from, window.buckets.get(n + 1).map_or(window.span.to, |next| next.at))
    };
    let whole = |span: &Span| (span.from, span.to);
    metrics(report).flat_map(move |(topic, metric)| {
        let line = move |span: &str, (from, to), value: &str| {
            let unit = metric.unit.clone().unwrap_or_default();
            let (topic, metric) = (topic.topic.clone(), metric.metric.clone());
            [topic, metric, unit, span.to_owned(), moment(from), moment(to), value.to_owned()]
        };
        let value = metric.value.iter().map(move |value| line("window", whole(&window.span), value));
        let previous = metric.previous.iter().zip(&window.previous);
        let previous = previous.map(move |(value, span)| line("previous", whole(span), value));
        let series = metric.series.iter().enumerate();
        let series = series.filter_map(move |(n, value)| Some(line(window.by.name(), bucket(n), value.as_ref()?)));
        value.chain(previous).chain(series)
    })
}
