//! `bursar inspect locks --watch`: who holds up whom, live.

use std::io::Write;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::page::symbol;
use crate::commands::watch::{Pace, Reading, Watched, needs_terminal, watch};
use crate::commands::{Context, Outcome, now};
use crate::db::{Connection, Database, Series};
use crate::error::{Error, Result};
use crate::inspect::{Check, CheckOutcome, CheckVerdict, Finding, run as look};
use crate::output::{Board, Tone, ndjson_row};
use crate::text::{counted, span};

pub(super) async fn run(context: &Context, check: Check, long: Duration, pace: Pace) -> Outcome {
    needs_terminal(context, pace, "inspect locks --watch")?;
    let database = context.database().await?;
    watch(context, &Watch { database, check, long }, pace).await
}

/// The locks that are watched.
struct Watch {
    database: Database,
    check: Check,
    long: Duration,
}

impl Watched for Watch {
    type Seen = (DateTime<Utc>, CheckOutcome);

    fn database(&self) -> &Database {
        &self.database
    }

    fn read<'a>(&'a self, series: &'a mut Series) -> Reading<'a, Self::Seen> {
        Box::pin(async move {
            let read = async |c: &mut Connection| look(c, std::slice::from_ref(&self.check), self.long).await;
            let outcome = series.run("", read).await?.pop();
            Ok((now(), outcome.ok_or_else(|| Error::failed("the check of the locks has no outcome"))?))
        })
    }

    fn row(&self, (at, seen): &Self::Seen, out: &mut dyn Write) -> Result<()> {
        let row = json!({
            "at": at, "database": self.database.target().database(), "verdict": seen.verdict, "reason": seen.reason, "findings": seen.findings,
        });
        ndjson_row("locks", &row, out)
    }

    fn board(&self, (at, seen): &Self::Seen) -> Board {
        let longest = seen.findings.iter().map(waits).max().unwrap_or(0);
        // A root has no place in front of it.
        let waiting = seen.findings.iter().filter(|f| f.message.contains(" waits for ")).count();
        let said = match seen.verdict {
            CheckVerdict::Ok => seen.title.clone(),
            CheckVerdict::Skipped => seen.reason.clone().unwrap_or_default(),
            _ => {
                let verb = if waiting == 1 { "waits" } else { "wait" };
                format!("{} {verb}, the longest for {}", counted(waiting, "session"), span(longest))
            }
        };
        let target = self.database.target();
        Board {
            title: format!("{} · locks · {target}", target.database()),
            at: at.format("%H:%M:%S UTC").to_string(),
            tone: match seen.verdict {
                CheckVerdict::Ok => Tone::Good,
                CheckVerdict::Fail => Tone::Bad,
                _ => Tone::Warn,
            },
            verdict: vec![format!("{} {said}", symbol(seen.verdict))],
            heading: if waiting == 0 {
                String::new()
            } else {
                "who holds up whom; bursar inspect locks --kill-root ends the first".to_owned()
            },
            rows: seen.findings.iter().map(row).collect(),
            wraps: true,
            ..Board::default()
        }
    }
}

/// The wait, the process, its place below the root, and the sentence.
fn row(finding: &Finding) -> [String; 4] {
    let sentence = finding.message.trim_start_matches(' ');
    let depth = (finding.message.len() - sentence.len()) / 2;
    let place = if depth == 0 { String::new() } else { format!("{}└", " ".repeat(depth - 1)) };
    let object = finding.object.clone().unwrap_or_default();
    [span(waits(finding)), object, place, sentence.trim_start_matches("- ").to_owned()]
}

/// Seconds of waiting.
fn waits(finding: &Finding) -> i64 {
    finding.value.as_deref().and_then(|ms| ms.parse::<i64>().ok()).unwrap_or(0) / 1000
}
