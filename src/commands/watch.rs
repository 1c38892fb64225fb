//! Readings on a live screen, or as one object for each reading.
//!
//! Each reading is a short transaction of its own; none is open while it is drawn or waited for. A connection that is
//! lost is opened again, and until then the last figures are shown for what they are.

use std::io::Write;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{Context, Done, Outcome};
use crate::db::{Database, Series, sqlstate};
use crate::error::{Error, Kind, Result};
use crate::output::{Board, Format, Pressed};
use crate::text::span;

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

/// A source that is read again and again, and its display.
pub(super) trait Watched: Sync {
    /// A reading.
    type Seen: Send;

    /// The database.
    fn database(&self) -> &Database;

    /// Reads, in one transaction.
    fn read<'a>(&'a self, series: &'a mut Series) -> Reading<'a, Self::Seen>;

    /// Writes the object of a reading.
    fn row(&self, seen: &Self::Seen, out: &mut dyn Write) -> Result<()>;

    /// The screen of a reading that is current.
    fn board(&self, seen: &Self::Seen) -> Board;
}

/// A reading that is under way.
pub(super) type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The flags of a live view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Time between two readings.
    pub interval: Duration,
    /// Number of readings; none for no end.
    pub count: Option<u64>,
    /// A screen, or NDJSON.
    pub format: Format,
}

/// Refuses a live screen where nothing can be drawn on. `words` are the command's.
///
/// # Errors
/// The refusal.
pub(super) fn needs_terminal(context: &Context, pace: Pace, words: &str) -> Result<()> {
    match pace.format {
        Format::Ndjson => Ok(()),
        Format::Table if context.ui.can_draw() => Ok(()),
        Format::Table => Err(Error::usage("the live screen needs a terminal")
            .hint(format!("bursar {words} -o ndjson writes one object for each reading"))),
        other => Err(Error::usage(format!("a live view cannot be written as {}", other.name()))
            .hint(format!("bursar {words} -o ndjson"))),
    }
}

/// Shows readings until it is told to stop.
///
/// # Errors
/// Of the first reading any; later those that do not pass.
pub(super) async fn watch<W: Watched>(context: &Context, watched: &W, pace: Pace) -> Outcome {
    let source = Source { watched, series: Mutex::default() };
    let first = source.read().await?;
    match pace.format {
        Format::Table => screen(context, &source, pace, first).await,
        _ => rows(context, &source, pace, first).await,
    }
}

/// The source of the readings.
struct Source<'w, W> {
    watched: &'w W,
    /// The connection; none if it is not open, or failed.
    series: Mutex<Option<Series>>,
}

impl<W: Watched> Source<'_, W> {
    /// Reads once. A connection on which that fails, or takes too long, is not used again.
    async fn read(&self) -> Result<W::Seen> {
        let mut kept = self.series.lock().await;
        let reading = async {
            let mut series = match kept.take() {
                Some(series) => series,
                None => self.watched.database().reads().await?,
            };
            let seen = self.watched.read(&mut series).await?;
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
    fn after(before: Option<&Lost>, error: Error, database: &Database) -> Result<Self> {
        let what = match error.kind {
            Kind::Connection => "connection lost",
            Kind::Conflict => "not read",
            _ if error.sqlstate.as_deref() == Some(sqlstate::QUERY_CANCELED) => "not read",
            _ => return Err(error),
        };
        let tries = before.map_or(0, |lost| lost.tries.saturating_add(1));
        let wait = Duration::from_secs(1 << tries.min(6)).min(LONGEST_WAIT);
        // The title has the address, and a line has little room.
        let (message, address) = (error.message(), format!("cannot connect to {}: ", database.target()));
        let why = message.strip_prefix(&address).unwrap_or(&message);
        Ok(Lost { why: format!("{what}: {why}"), tries, until: Instant::now() + wait })
    }

    /// Seconds until the next try.
    fn wait(&self) -> i64 {
        self.until.saturating_duration_since(Instant::now()).as_millis().div_ceil(1000).try_into().unwrap_or(i64::MAX)
    }
}

/// Writes one object for each reading.
async fn rows<W: Watched>(context: &Context, source: &Source<'_, W>, pace: Pace, first: W::Seen) -> Outcome {
    let mut lost: Option<Lost> = None;
    let (mut began, mut seen, mut written) = (Instant::now(), Ok(first), 0);
    loop {
        let next = match seen {
            Ok(seen) => {
                if lost.take().is_some() {
                    context.ui.note("the connection is back");
                }
                written += 1;
                let goes_on = context.ui.written(|out| source.watched.row(&seen, out))?;
                if !goes_on || pace.count.is_some_and(|c| written >= c) {
                    return Ok(Done::Clean);
                }
                began + pace.interval
            }
            Err(error) => {
                let now = Lost::after(lost.as_ref(), error, source.watched.database())?;
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
struct State<T> {
    interval: Duration,
    paused: bool,
    seen: T,
    seen_at: Instant,
    lost: Option<Lost>,
}

async fn screen<W: Watched>(context: &Context, source: &Source<'_, W>, pace: Pace, first: W::Seen) -> Outcome {
    let mut screen = context.ui.screen()?;
    let mut state = State { interval: pace.interval, paused: false, seen: first, seen_at: Instant::now(), lost: None };
    let mut reading: Option<Reading<'_, W::Seen>> = None;
    let (mut began, mut readings) = (Instant::now(), 1);
    loop {
        screen.draw(&state.over(source.watched.board(&state.seen)))?;
        if pace.count.is_some_and(|count| readings >= count) {
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
                    Err(error) => state.lost = Some(Lost::after(state.lost.as_ref(), error, source.watched.database())?),
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

impl<T> State<T> {
    /// The screen, with how old its figures are and the keys.
    fn over(&self, board: Board) -> Board {
        let stale = self.stale();
        let age = i64::try_from(self.seen_at.elapsed().as_secs()).unwrap_or(i64::MAX);
        Board {
            at: if stale.is_some() { format!("{}, {} ago", board.at, span(age)) } else { board.at },
            stale,
            keys: vec![
                "q quit".to_owned(),
                if self.paused { "p continue" } else { "p pause" }.to_owned(),
                format!("+ - every {}", humantime::format_duration(self.interval)),
            ],
            ..board
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
