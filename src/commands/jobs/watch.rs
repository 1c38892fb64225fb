//! The queue on a live screen, or as one object for each reading.

use std::io::Write;

use serde::Serialize;

use super::look::{Looked, look};
use super::verdict::{about, reasons};
use crate::commands::watch::{Pace, Reading, Watched, needs_terminal, watch};
use crate::commands::{Context, Outcome};
use crate::db::{Connection, Database, Series};
use crate::error::Result;
use crate::jobs::{Failure, MINUTES, Minute, Queue, QueueSnapshot, StatusCount, snapshot};
use crate::output::{Board, Level, Tone, Trend, ndjson_row};
use crate::packs::{JobState, Pack};
use crate::text::{short, thousands};

pub(super) async fn run(context: &Context, pace: Pace) -> Outcome {
    needs_terminal(context, pace, "jobs watch")?;
    let Looked { database, tx, pack, hidden } = look(context).await?;
    tx.rollback().await?;
    watch(context, &Watch { database, pack, hidden }, pace).await
}

/// The queue that is watched.
struct Watch {
    database: Database,
    pack: Pack,
    hidden: Vec<String>,
}

impl Watched for Watch {
    type Seen = QueueSnapshot;

    fn database(&self) -> &Database {
        &self.database
    }

    fn read<'a>(&'a self, series: &'a mut Series) -> Reading<'a, QueueSnapshot> {
        Box::pin(async move {
            let look = async |c: &mut Connection| {
                let queue = Queue::open(c, &self.pack).await?;
                snapshot(c, &queue).await
            };
            series.run("", look).await
        })
    }

    fn row(&self, seen: &QueueSnapshot, out: &mut dyn Write) -> Result<()> {
        #[derive(Serialize)]
        struct Row<'a> {
            app: &'a str,
            may_hide: &'a [String],
            #[serde(flatten)]
            seen: &'a QueueSnapshot,
        }
        ndjson_row("queue", &Row { app: &self.pack.name, may_hide: &self.hidden, seen }, out)
    }

    fn board(&self, seen: &QueueSnapshot) -> Board {
        let picture = &seen.health;
        let mut verdict = vec![picture.verdict.to_string()];
        verdict.extend(reasons(picture));
        let dead = seen.counts.iter().filter(|c| c.state == JobState::Dead && c.count.count > 0);
        verdict.extend(dead.map(|c| format!("{} {}", about(c.count), c.status)));
        if !self.hidden.is_empty() {
            verdict.push(format!("! row level security may hide rows of {}", self.hidden.join(", ")));
        }
        let failures = seen.failures.as_deref();
        let heading = match failures {
            Some([]) => "✓ no failures on record",
            Some(_) => "newest failures (UTC)",
            None => "newest failures: not read, the query takes too long",
        };
        let target = self.database.target();
        Board {
            title: format!("{} · {} · {target}", target.database(), self.pack.name),
            at: seen.at.format("%H:%M:%S UTC").to_string(),
            tone: match picture.verdict.color() {
                "31" => Tone::Bad,
                "33" => Tone::Warn,
                _ => Tone::Good,
            },
            verdict,
            levels: seen.counts.iter().map(level).collect(),
            span: match seen.minutes {
                Some(_) => format!("last {MINUTES} minutes"),
                None => "last minutes: not read, the query takes too long".to_owned(),
            },
            trends: seen.minutes.as_deref().map(trends).unwrap_or_default(),
            heading: heading.to_owned(),
            rows: failures.unwrap_or_default().iter().map(|f| row(f, seen)).collect(),
            ..Board::default()
        }
    }
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
fn row(failure: &Failure, seen: &QueueSnapshot) -> [String; 4] {
    let today = seen.at.format("%Y-%m-%dT").to_string();
    let at = failure.at.as_deref().unwrap_or("-");
    let at = match at.strip_prefix(&today) {
        Some(time) => time.get(..8).unwrap_or(time).to_owned(),
        None => at.get(..16).unwrap_or(at).replace('T', " "),
    };
    let text = |text: &Option<String>| text.as_deref().unwrap_or("-").to_owned();
    [at, short(&failure.job).to_owned(), text(&failure.kind), text(&failure.error)]
}
