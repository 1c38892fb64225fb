//! The queue on a live screen, or as one object for each reading.

use std::io::Write;

use serde::Serialize;

use super::look::{Looked, known_words, look};
use super::verdict::{about, least, reasons};
use crate::commands::watch::{Pace, Reading, Watched, needs_terminal, watch};
use crate::commands::{Context, Outcome};
use crate::db::{self, Connection, Database, Series};
use crate::error::Result;
use crate::jobs::{Failure, Filter, GroupHealth, MINUTES, Minute, Queue, QueueSnapshot, StatusCount, named, snapshot};
use crate::output::{Board, Level, Tone, Trend, ndjson_row};
use crate::packs::{JobState, Pack};
use crate::text::{shortened_to, span, thousands, told_apart};

pub(super) async fn run(context: &Context, pace: Pace, filter: Filter) -> Outcome {
    needs_terminal(context, pace, "jobs watch")?;
    let Looked { database, mut tx, pack, .. } = look(context).await?;
    Queue::open(&mut tx, &pack).await?;
    known_words(context, &mut tx, &pack, &filter).await?;
    tx.rollback().await?;
    watch(context, &Watch { database, pack, filter }, pace).await
}

/// The queue that is watched.
struct Watch {
    database: Database,
    pack: Pack,
    filter: Filter,
}

impl Watched for Watch {
    type Seen = QueueSnapshot;

    fn database(&self) -> &Database {
        &self.database
    }

    fn read<'a>(&'a self, series: &'a mut Series) -> Reading<'a, QueueSnapshot> {
        Box::pin(async move {
            let look = async |c: &mut Connection| {
                db::see_all(c, &self.pack.schema, &self.pack.tables).await?;
                let queue = Queue::open(c, &self.pack).await?;
                snapshot(c, &queue, &self.filter).await
            };
            series.run("", look).await
        })
    }

    fn row(&self, seen: &QueueSnapshot, out: &mut dyn Write) -> Result<()> {
        #[derive(Serialize)]
        struct Row<'a> {
            app: &'a str,
            #[serde(flatten)]
            seen: &'a QueueSnapshot,
        }
        ndjson_row("queue", &Row { app: &self.pack.name, seen }, out)
    }

    fn board(&self, seen: &QueueSnapshot) -> Board {
        let picture = &seen.health;
        let mut verdict = vec![picture.verdict.to_string()];
        verdict.extend(reasons(picture));
        let dead = seen.counts.iter().filter(|c| c.state == JobState::Dead && c.count.count > 0);
        verdict.extend(dead.map(|c| format!("{} {}", about(c.count), c.status)));
        let failures = seen.failures.as_deref();
        let length = told_apart(failures.unwrap_or_default().iter().map(|failure| &*failure.job));
        let heading = match failures {
            Some([]) if !seen.may_hide.is_empty() => "no visible failures on record",
            Some([]) => "✓ no failures on record",
            Some(_) => "newest failures (UTC)",
            None => "newest failures: not read, the query takes too long",
        };
        let target = self.database.target();
        Board {
            title: format!("{} · {} · {target}", target.database(), self.pack.name),
            at: seen.at.format("%H:%M:%S UTC").to_string(),
            tone: tone(picture.verdict.color()),
            verdict,
            levels: seen.counts.iter().map(level).collect(),
            groups: match picture.groups.len() {
                1 if self.filter == Filter::default() => Vec::new(),
                _ => picture.groups.iter().map(group).collect(),
            },
            span: match seen.minutes {
                Some(_) => format!("last {MINUTES} minutes"),
                None => "last minutes: not read, the query takes too long".to_owned(),
            },
            trends: seen.minutes.as_deref().map(trends).unwrap_or_default(),
            heading: heading.to_owned(),
            rows: failures.unwrap_or_default().iter().map(|f| row(f, seen, length)).collect(),
            ..Board::default()
        }
    }
}

/// The tone of a color.
fn tone(color: &str) -> Tone {
    match color {
        "31" => Tone::Bad,
        "33" => Tone::Warn,
        _ => Tone::Good,
    }
}

/// A queue and type: its verdict, its name, what waits, and what runs and was done.
fn group(group: &GroupHealth) -> ([String; 4], Tone) {
    let waits = match group.oldest_secs {
        _ if group.waiting_untold => "? due".to_owned(),
        Some(secs) => format!("{} due, {}", least(group.waiting, group.waiting_exact), span(secs)),
        None => format!("{} due", least(group.waiting, group.waiting_exact)),
    };
    let rest = [(Some(group.running), "running"), (group.done_per_hour, "done/h"), (group.failed_per_hour, "failed/h")];
    let number = |jobs: Option<i64>| jobs.map_or_else(|| "?".to_owned(), thousands);
    let rest = rest.map(|(n, what)| format!("{} {what}", number(n))).join(" · ");
    let name = named(group.queue.as_deref(), group.kind.as_deref());
    ([group.verdict.word().to_owned(), name, waits, rest], tone(group.verdict.color()))
}

/// A status and its number. Jobs that succeeded have no bar: beside it, the bar of waiting jobs would not be seen.
fn level(count: &StatusCount) -> Level {
    let (symbol, tone) = match count.state {
        JobState::Queued | JobState::Waiting | JobState::Running => (" ", Tone::Plain),
        JobState::Failed => ("!", Tone::Warn),
        JobState::Dead | JobState::Cancelled => ("✗", Tone::Bad),
        JobState::Done => ("✓", Tone::Good),
    };
    Level {
        name: format!("{symbol} {}", count.status),
        number: about(count.count),
        bar: (count.state != JobState::Done).then_some(count.count.count),
        tone,
    }
}

fn trends(minutes: &[Minute]) -> Vec<Trend> {
    let trend = |name: &str, counts: Vec<i64>| Trend {
        name: name.to_owned(),
        number: thousands(counts.iter().sum::<i64>()),
        #[expect(clippy::cast_precision_loss, reason = "it is drawn eight steps high")]
        values: counts.iter().map(|n| Some(*n as f64)).collect(),
    };
    let failed: Option<Vec<i64>> = minutes.iter().map(|m| m.failed_attempts).collect();
    let ended = [
        trend("added", minutes.iter().map(|m| m.added).collect()),
        trend("done", minutes.iter().map(|m| m.done).collect()),
        trend("dead", minutes.iter().map(|m| m.dead).collect()),
    ];
    ended.into_iter().chain(failed.map(|failed| trend("failures", failed))).collect()
}

/// A failure: its time, job, type and error. The date is left out if it is today.
fn row(failure: &Failure, seen: &QueueSnapshot, length: usize) -> [String; 4] {
    let today = seen.at.format("%Y-%m-%dT").to_string();
    let at = failure.at.as_deref().unwrap_or("-");
    let at = match at.strip_prefix(&today) {
        Some(time) => time.get(..8).unwrap_or(time).to_owned(),
        None => at.get(..16).unwrap_or(at).replace('T', " "),
    };
    let text = |text: &Option<String>| text.as_deref().unwrap_or("-").to_owned();
    [at, shortened_to(&failure.job, length).to_owned(), text(&failure.kind), text(&failure.error)]
}
