//! `bursar inspect`: the health of a database, in short and check by check.

mod kill;
mod page;
mod rows;
mod snapshot;
#[cfg(feature = "screen")]
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Context, Done, Outcome, beside, complete, uses};
use crate::commands::values::duration;
#[cfg(feature = "screen")]
use crate::commands::values::interval;
#[cfg(feature = "screen")]
use crate::commands::watch::Pace;
use crate::error::{Error, Result};
use crate::inspect::{self, Change, Check, CheckVerdict, checks, compare};
use crate::output::{Format, NewFile, Output, Rows, SCHEMA_VERSION, View};

/// Check the health of any database: memory, tables, indexes, statements, locks, vacuum and more
///
/// Each check is ok, worth a look, wrong, or skipped with the reason. Reads only, but for --kill-root, and needs no pack.
#[derive(Debug, Args)]
#[command(groups = uses::database_writes(), after_help = "Examples:\n  bursar inspect\n  bursar inspect indexes locks\n  bursar inspect indexes.duplicate --limit 0 -o csv\n  bursar inspect --fail-on fail\n  bursar inspect --snapshot before.json\n  bursar inspect --diff before.json --fail-on warn\n  bursar inspect locks --kill-root --dry-run"
)]
pub struct Inspect {
    /// Topics, such as indexes, or checks, such as indexes.unused [default: all]
    #[arg(value_name = "TOPIC", add = complete::inspect_topic())]
    pub topics: Vec<String>,
    /// Exit 3 if a check is as bad as this; with --diff, if something became so
    #[arg(long, value_name = "VERDICT", value_enum)]
    pub fail_on: Option<InspectFailOn>,
    /// Longest acceptable statement, idle transaction, wait for a lock and lag of a replica
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    pub long: Duration,
    /// Maximum number of findings to show for a check. 0 shows all
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub limit: usize,
    /// Write all findings to this file, as JSON, to compare with later
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Show the differences from this file, which --snapshot wrote
    #[arg(long, value_name = "FILE")]
    pub diff: Option<PathBuf>,
    /// End the session that holds others up, or the one with this PID where several do. Of the topic locks
    ///
    /// Its statement is cancelled. Where that is of no use, its session is ended. The operator log keeps who did it.
    #[arg(long, value_name = "PID", num_args = 0..=1, require_equals = true, conflicts_with_all = ["fail_on", "snapshot", "diff"],
        value_parser = clap::value_parser!(i32).range(1..))]
    pub kill_root: Option<Option<i32>>,
    /// Show what --kill-root would do. Do nothing
    #[arg(long, requires = "kill_root")]
    pub dry_run: bool,
    /// Watch on a live screen. Of the topic locks
    ///
    /// Keys: q or Esc quits, p pauses and continues, + and - change the interval. -o ndjson writes one object for each reading.
    #[cfg(feature = "screen")]
    #[arg(long, conflicts_with_all = ["kill_root", "fail_on", "snapshot", "diff"])]
    pub watch: bool,
    /// Time between two readings of --watch, at least 500ms
    #[cfg(feature = "screen")]
    #[arg(long, value_name = "DURATION", value_parser = interval, default_value = "2s", requires = "watch")]
    pub interval: Duration,
    /// Stop --watch after N readings
    #[cfg(feature = "screen")]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), requires = "watch")]
    pub count: Option<u64>,
    /// The format.
    #[command(flatten)]
    pub output: Output<Rows>,
}

/// The verdict from which on `inspect` fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InspectFailOn {
    /// Worth a look, or wrong
    Warn,
    /// Wrong
    Fail,
}

/// Runs the checks and shows their findings.
pub async fn run(context: &Context, args: Inspect) -> Outcome {
    let chosen = choose(checks()?, &args.topics)?;
    if let Some(pid) = args.kill_root {
        locks(&args.topics, "--kill-root")?;
        return kill::run(context, pid, args.dry_run, args.output.format).await;
    }
    #[cfg(feature = "screen")]
    if args.watch {
        locks(&args.topics, "--watch")?;
        let pace = Pace { interval: args.interval, count: args.count, format: args.output.format };
        let check = chosen.into_iter().find(|check| check.topic() == "locks");
        let check = check.ok_or_else(|| Error::failed("there is no check of locks"))?;
        return watch::run(context, check, args.long, pace).await;
    }
    let before = match args.diff.clone() {
        Some(path) => Some(beside(move || snapshot::read(&path)).await?),
        None => None,
    };
    let file = args.snapshot.as_deref().map(NewFile::create).transpose()?;
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let outcomes = inspect::run(&mut tx, &chosen, args.long).await?;
    tx.rollback().await?;

    let name = database.target().database();
    let comparison = before.as_ref().map(|before| compare(&before.checks, &outcomes));
    let nothing = outcomes.iter().all(|o| o.verdict == CheckVerdict::Skipped);
    let complete =
        !nothing && outcomes.iter().all(|o| !o.incomplete) && comparison.as_ref().is_none_or(|c| c.compared > 0);
    if let Some(file) = file {
        let report = json!({
            "schema_version": SCHEMA_VERSION, "command": "inspect", "database": name, "complete": complete, "checks": outcomes,
        });
        file.finish(|out| crate::output::json(&report, out))?;
        if let Some(path) = &args.snapshot {
            context.ui.note(&format!("wrote {}", path.display()));
        }
    }
    let left: Vec<&str> = outcomes.iter().filter(|o| o.incomplete).map(|o| o.check.as_str()).collect();
    if !left.is_empty() {
        context.ui.warn(&format!("incomplete: {} could not be looked at", left.join(", ")));
    }
    if nothing {
        context.ui.warn("nothing was looked at: every check was skipped");
    }
    if let Some(before) = before.as_ref().filter(|before| before.database != name) {
        context.ui.warn(&format!(
            "this is the database {name}, and the snapshot is of {}: two databases are compared",
            before.database
        ));
    }
    if comparison.as_ref().is_some_and(|c| c.compared == 0) {
        context.ui.warn("nothing was compared: the snapshot does not include these checks, or they were skipped");
    }
    let format = args.output.format;
    let page = || match &comparison {
        None => page::outcomes(context, &outcomes, !args.topics.is_empty(), args.limit),
        Some(compared) => page::differences(context, compared, args.limit),
    };
    match format {
        Format::Csv => context.ui.csv(|out| rows::csv(&outcomes, comparison.as_ref(), out))?,
        Format::Ndjson => context.ui.write(|out| rows::ndjson(&outcomes, comparison.as_ref(), out))?,
        _ => {
            let view = View::new("inspect").field("database", name).field("complete", complete);
            let view = match &comparison {
                // The object would have every finding a second time, of which a page shows few.
                None if format != Format::Json => view,
                None => view.field("checks", &outcomes),
                Some(compared) => view
                    .field("compared_with", before.as_ref().map(|before| json!({ "database": before.database })))
                    .field("compared", compared.compared)
                    .field("changes", &compared.changes)
                    .field("not_compared", &compared.not_compared),
            };
            context.ui.emit(format, view.page(page))?;
        }
    }
    let worst = match &comparison {
        None => outcomes.iter().map(|o| o.verdict).max(),
        Some(compared) => compared.changes.iter().filter_map(Change::worse).max(),
    };
    let limit = args.fail_on.map(|limit| match limit {
        InspectFailOn::Warn => CheckVerdict::Warn,
        InspectFailOn::Fail => CheckVerdict::Fail,
    });
    Ok(match (worst, limit) {
        (Some(worst), Some(limit)) if worst >= limit => Done::Findings,
        _ if !complete => Done::Incomplete,
        _ => Done::Clean,
    })
}

/// Refuses a flag that is of one topic only.
fn locks(topics: &[String], flag: &str) -> Result<()> {
    match topics {
        [topic] if topic == "locks" || topic == "locks.blocked" => Ok(()),
        _ => {
            Err(Error::usage(format!("{flag} is of the topic locks alone"))
                .hint(format!("bursar inspect locks {flag}")))
        }
    }
}

/// The checks of the topics; all of them without any.
fn choose(checks: Vec<Check>, topics: &[String]) -> Result<Vec<Check>> {
    for topic in topics {
        if topic != "all" && !checks.iter().any(|c| c.id == *topic || c.topic() == topic) {
            let mut known: Vec<&str> = checks.iter().map(Check::topic).collect();
            known.dedup();
            // Of a topic that there is, the check is what is wrong.
            let of = topic.split_once('.').map(|(of, _)| of).filter(|of| known.contains(of));
            let hint = match of {
                Some(of) => {
                    let ids: Vec<&str> = checks.iter().filter(|c| c.topic() == of).map(|c| c.id.as_str()).collect();
                    format!("the checks of {of} are {}", ids.join(", "))
                }
                None => format!("the topics are {}", known.join(", ")),
            };
            return Err(Error::usage(format!("there is no topic or check '{topic}'")).hint(hint));
        }
    }
    let wanted =
        |check: &Check| topics.is_empty() || topics.iter().any(|t| t == "all" || *t == check.id || t == check.topic());
    Ok(checks.into_iter().filter(wanted).collect())
}
