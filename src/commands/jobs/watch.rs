//! The queue on a live screen, or as one object for each reading.
//!
//! Each reading is a short transaction of its own; none is open while it is drawn or waited for. A connection that is
//! lost is opened again, and until then the last figures are shown for what they are.

use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::look::{Looked, look};
use super::verdict::{about, reasons};
use crate::commands::{Context, Done, Outcome};
use crate::db::{Connection, Database, Series, sqlstate};
use crate::error::{Error, Kind, Result};
use crate::jobs::{Failure, MINUTES, Minute, Queue, QueueSnapshot, StatusCount, snapshot};
use crate::output::{Board, Format, Level, Pressed, Tone, Trend, ndjson_row};
use crate::packs::{JobState, Pack};
use crate::text::{short, span, thousands};

/// Time limit of a reading. After it, another one begins on a new connection: the server may be gone without a word, or
/// somebody may keep a table locked.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longest wait for the next try.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Time after which the ages on the screen are drawn again.
const TICK: Duration = Duration::from_secs(1);

/// The intervals that the keys select.
const INTERVALS: [Duration; 8] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(300),
];

pub(super) async fn run(context: &Context, interval: Duration, count: Option<u64>, format: Format) -> Outcome {
    let drawn = format == Format::Table;
    if drawn && !context.ui.can_draw() {
        return Err(Error::usage("the live screen needs a terminal")
            .hint("bursar jobs watch -o ndjson writes one object for each reading"));
    }
    let Looked { database, tx, pack, hidden } = look(context).await?;
    tx.rollback().await?;
    let source = Source { database, pack, hidden, series: Mutex::default() };
    let first = source.read().await?;
    if drawn {
        screen(context, &source, interval, count, first).await
    } else {
        rows(context, &source, interval, count, first).await
    }
}

/// The source of the readings.
struct Source {
    database: Database,
    pack: Pack,
    hidden: Vec<String>,
    /// The connection; none if it is not open, or failed.
    series: Mutex<Option<Series>>,
}

impl Source {
    /// Reads the queue. A connection on which that fails, or takes too long, is not used again.
    async fn read(&self) -> Result<QueueSnapshot> {
        let mut kept = self.series.lock().await;
        let reading = async {
            let mut series = match kept.take() {
                Some(series) => series,
                None => self.database.reads().await?,
            };
            let look = async |c: &mut Connection| {
                let queue = Queue::open(c, &self.pack).await?;
                snapshot(c, &queue).await
            };
            let seen = series.run("", look).await?;
            Ok((series, seen))
        };
        let (series, seen) = timeout(PATIENCE, reading).await.unwrap_or_else(|_| {
            Err(Error::new(Kind::Conflict, format!("no answer within {}", span(PATIENCE.as_secs().cast_signed()))))
        })?;
        *kept = Some(series);
        Ok(seen)
    }
}

/// Consecutive readings that failed with an error that may pass.
#[derive(Debug)]
struct Lost {
    why: String,
    tries: u32,
    until: Instant,
}

impl Lost {
    /// The state after this failure.
    ///
    /// # Errors
    /// The failure itself, if another try is of no use.
    fn after(before: Option<&Lost>, error: Error) -> Result<Self> {
        let what = match error.kind {
            Kind::Connection => "connection lost",
            Kind::Conflict => "not read",
            _ if error.sqlstate.as_deref() == Some(sqlstate::QUERY_CANCELED) => "not read",
            _ => return Err(error),
        };
        let tries = before.map_or(0, |lost| lost.tries.saturating_add(1));
        let wait = Duration::from_secs(1 << tries.min(6)).min(LONGEST_WAIT);
        Ok(Lost { why: format!("{what}: {}", error.message()), tries, until: Instant::now() + wait })
    }

    /// Seconds until the next try.
    fn wait(&self) -> i64 {
        self.until.saturating_duration_since(Instant::now()).as_millis().div_ceil(1000).try_into().unwrap_or(i64::MAX)
    }
}

/// Writes one object for each reading.
async fn rows(
    context: &Context,
    source: &Source,
    interval: Duration,
    count: Option<u64>,
    first: QueueSnapshot,
) -> Outcome {
    #[derive(Serialize)]
    struct Row<'a> {
        app: &'a str,
        may_hide: &'a [String],
        #[serde(flatten)]
        seen: &'a QueueSnapshot,
    }
    let mut lost: Option<Lost> = None;
    let (mut began, mut seen, mut written) = (Instant::now(), Ok(first), 0);
    loop {
        let next = match seen {
            Ok(seen) => {
                if lost.take().is_some() {
                    context.ui.note("the connection is back");
                }
                let row = Row { app: &source.pack.name, may_hide: &source.hidden, seen: &seen };
                written += 1;
                if !context.ui.written(|out| ndjson_row("queue", &row, out))? || count.is_some_and(|c| written >= c) {
                    return Ok(Done::Clean);
                }
                began + interval
            }
            Err(error) => {
                let now = Lost::after(lost.as_ref(), error)?;
                context.ui.warn(&format!("{}; trying again in {}", now.why, span(now.wait())));
                lost.insert(now).until
            }
        };
        sleep_until(next).await;
        began = Instant::now();
        seen = source.read().await;
    }
}

/// The state of the screen.
struct State<'a> {
    source: &'a Source,
    interval: Duration,
    paused: bool,
    seen: QueueSnapshot,
    seen_at: Instant,
    lost: Option<Lost>,
}

async fn screen(
    context: &Context,
    source: &Source,
    interval: Duration,
    count: Option<u64>,
    first: QueueSnapshot,
) -> Outcome {
    let mut screen = context.ui.screen()?;
    let mut state = State { source, interval, paused: false, seen: first, seen_at: Instant::now(), lost: None };
    let mut reading: Option<Pin<Box<dyn Future<Output = Result<QueueSnapshot>> + Send + '_>>> = None;
    let (mut began, mut readings) = (Instant::now(), 1);
    loop {
        screen.draw(&state.board())?;
        if count.is_some_and(|count| readings >= count) {
            return Ok(Done::Clean);
        }
        let due = state.lost.as_ref().map_or(began + state.interval, |lost| lost.until);
        let waits = reading.is_none() && !state.paused;
        let read = async {
            match &mut reading {
                Some(reading) => reading.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            pressed = screen.pressed() => match pressed? {
                Pressed::Quit => return Ok(Done::Clean),
                Pressed::Pause => state.paused = !state.paused,
                Pressed::Slower => state.interval = longer(state.interval),
                Pressed::Faster => state.interval = shorter(state.interval),
                Pressed::Redraw => {}
            },
            outcome = read => {
                reading = None;
                match outcome {
                    Ok(seen) => {
                        readings += 1;
                        (state.seen, state.seen_at, state.lost) = (seen, Instant::now(), None);
                    }
                    Err(error) => state.lost = Some(Lost::after(state.lost.as_ref(), error)?),
                }
            }
            () = sleep_until(due), if waits => {
                began = Instant::now();
                reading = Some(Box::pin(source.read()));
            }
            () = sleep(TICK) => {}
        }
    }
}

fn longer(interval: Duration) -> Duration {
    INTERVALS.into_iter().find(|i| *i > interval).unwrap_or(interval)
}

fn shorter(interval: Duration) -> Duration {
    INTERVALS.into_iter().rfind(|i| *i < interval).unwrap_or(interval)
}

impl State<'_> {
    fn board(&self) -> Board {
        let picture = &self.seen.health;
        let (stale, at) = (self.stale(), self.seen.at.format("%H:%M:%S UTC").to_string());
        let age = i64::try_from(self.seen_at.elapsed().as_secs()).unwrap_or(i64::MAX);
        let mut verdict = vec![picture.verdict.to_string()];
        verdict.extend(reasons(picture));
        let dead = self.seen.counts.iter().filter(|c| c.state == JobState::Dead && c.count.count > 0);
        verdict.extend(dead.map(|c| format!("{} {}", about(c.count), c.status)));
        if !self.source.hidden.is_empty() {
            verdict.push(format!("! row level security may hide rows of {}", self.source.hidden.join(", ")));
        }
        let failures = self.seen.failures.as_deref();
        let heading = match failures {
            Some([]) => "✓ no failures on record",
            Some(_) => "newest failures (UTC)",
            None => "newest failures: not read, the query takes too long",
        };
        let target = self.source.database.target();
        let interval = humantime::format_duration(self.interval);
        Board {
            title: format!("{} · {} · {target}", target.database(), self.source.pack.name),
            at: if stale.is_some() { format!("{at}, {} ago", span(age)) } else { at },
            stale,
            tone: match picture.verdict.color() {
                "31" => Tone::Bad,
                "33" => Tone::Warn,
                _ => Tone::Good,
            },
            verdict,
            levels: self.seen.counts.iter().map(level).collect(),
            span: match self.seen.minutes {
                Some(_) => format!("last {MINUTES} minutes"),
                None => "last minutes: not read, the query takes too long".to_owned(),
            },
            trends: self.seen.minutes.as_deref().map(trends).unwrap_or_default(),
            heading: heading.to_owned(),
            rows: failures.unwrap_or_default().iter().map(|f| row(f, &self.seen)).collect(),
            keys: vec![
                "q quit".to_owned(),
                if self.paused { "p continue" } else { "p pause" }.to_owned(),
                format!("+ - every {interval}"),
            ],
        }
    }

    /// The reason why the figures are not current, and what comes next; none if they are.
    fn stale(&self) -> Option<(String, String)> {
        match &self.lost {
            _ if self.paused => Some(("‖ paused".to_owned(), "p continues".to_owned())),
            Some(lost) => {
                let next = match lost.wait() {
                    0 => "trying again now".to_owned(),
                    secs => format!("trying again in {}", span(secs)),
                };
                Some((format!("✗ {}", lost.why), next))
            }
            None if self.seen_at.elapsed() > self.interval + 3 * TICK => {
                Some(("… still reading".to_owned(), "no answer yet".to_owned()))
            }
            None => None,
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
