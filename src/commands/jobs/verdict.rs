//! The verdict about the queue, which stands above the lists.

use std::collections::BTreeSet;

use crate::commands::Context;
use crate::db::Tx;
use crate::error::Result;
use crate::jobs::{Count, HealthVerdict, JobHealth, Queue, health, living};
use crate::text::{escape, milliseconds, span, thousands, width, wrapped};

/// Largest part of the most frequent error, in characters.
const ERROR: usize = 80;

/// The state of the queue, and the line about it above a list.
///
/// # Errors
/// The database's own.
pub(in crate::commands) async fn headed(
    context: &Context,
    tx: &mut Tx,
    queue: &Queue<'_>,
) -> Result<(JobHealth, String)> {
    let health = health(tx, queue).await?;
    let line = headline(context, &health, true);
    Ok((health, line))
}

/// The verdict and its reasons. Painted, it is for people: in colour, and no wider than the terminal.
pub(in crate::commands) fn headline(context: &Context, health: &JobHealth, painted: bool) -> String {
    let code = health.verdict.color();
    let verdict = health.verdict.to_string();
    let reasons = reasons(health).join(" · ");
    let shown = if painted { context.ui.paint_out(&verdict, code) } else { verdict.clone() };
    if reasons.is_empty() {
        return shown;
    }
    // The reasons get lines of their own where the terminal has no room for both.
    match context.ui.columns().filter(|columns| painted && width(&verdict) + 3 + width(&reasons) > *columns) {
        Some(columns) => format!("{shown}\n  {}", wrapped(&reasons, columns.saturating_sub(2), "  ")),
        None => format!("{shown} · {reasons}"),
    }
}

/// The facts that the verdict comes from.
pub(super) fn reasons(health: &JobHealth) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(secs) = health.oldest_claimable_secs {
        let jobs = health.claimable.map_or_else(|| "jobs".to_owned(), |n| format!("{} due", thousands(n)));
        parts.push(format!("{jobs}, the oldest for {}", span(secs)));
        if health.undated > 0 {
            let undated = least(health.undated, health.undated_exact);
            parts.push(format!("since when {undated} of them waited is not known"));
        }
    } else if let Some(jobs) = health.claimable.filter(|n| *n > 0) {
        parts.push(format!("{} due, and since when is not known", thousands(jobs)));
    }
    if health.outranked {
        parts.push("those of a lower priority could not be read in time".to_owned());
    }
    let held_back: i64 = health.groups.iter().map(|group| group.held_back).sum();
    if held_back > 0 {
        let (jobs, exact) = (least(held_back, health.held_back.is_some()), health.held_back.is_some());
        parts.push(match health.oldest_held_back_secs {
            Some(secs) if exact => format!("{jobs} held back, the oldest for {}", span(secs)),
            Some(secs) => format!("{jobs} held back, for at least {}", span(secs)),
            None => format!("{jobs} held back, and since when is not known"),
        });
    }
    if let Some(jobs) = health.past_lease.filter(|n| *n > 0) {
        parts.push(format!("{} past {} lease", thousands(jobs), if jobs == 1 { "its" } else { "their" }));
    }
    // What else there is to say of a queue, it is paused.
    if health.verdict != HealthVerdict::Paused {
        let paused: BTreeSet<&str> =
            health.groups.iter().filter(|g| g.paused).filter_map(|g| g.queue.as_deref()).collect();
        match paused.first() {
            Some(only) if paused.len() == 1 => parts.push(format!("queue {} is paused", escape(only))),
            Some(_) => parts.push(format!("{} queues are paused", thousands(paused.len()))),
            None => {}
        }
    }
    if let Some(alive) = health.alive.filter(|n| *n > 0 && matches!(health.verdict, HealthVerdict::Stalled { .. })) {
        parts.push(format!("{}, and take{} nothing", living(alive), if alive == 1 { "s" } else { "" }));
    }
    if let Some(rates) = health.rates.filter(|r| r.added + r.ended > 0) {
        let a_minute = |n: u64| {
            let tenths = n.saturating_mul(600) / rates.secs.max(1).cast_unsigned();
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        let failed = if rates.failed > 0 { format!(", {} failed", a_minute(rates.failed)) } else { String::new() };
        parts.push(format!("{} in, {} out{failed} a minute", a_minute(rates.added), a_minute(rates.done)));
    }
    if health.forgets_done {
        parts.push("the pace cannot be told: jobs that are done are deleted".to_owned());
    } else if health.lacks_added {
        parts.push("the pace cannot be told: nothing says when a job was added".to_owned());
    } else if !health.pace_read {
        parts.push("the pace cannot be read in time".to_owned());
    } else if let Some(secs) = health.window_secs {
        parts.push(match health.rates {
            Some(_) => {
                format!("the pace is that of {}, and at least so: jobs that are done may be deleted soon", span(secs))
            }
            None => "the pace cannot be told yet: jobs that are done may be deleted soon".to_owned(),
        });
    }
    if !health.hidden.is_empty() {
        parts.push(format!("row level security may hide rows of {}", health.hidden.join(", ")));
    }
    if health.replica {
        parts.push(match health.replica_lag_ms {
            Some(ms) => format!("a replica, {} behind", milliseconds(ms.max(0))),
            None => "a replica, and how far it is behind is not known".to_owned(),
        });
    }
    if let Some(top) = &health.top_error {
        parts.push(format!(
            "most often {}: {}",
            top.fingerprint,
            escape(&top.error.chars().take(ERROR).collect::<String>())
        ));
    }
    parts
}

/// A number of jobs for people. An estimate says so.
pub(super) fn about(count: Count) -> String {
    let number = thousands(count.count);
    if count.exact { number } else { format!("about {number}") }
}

/// A number of jobs for people. One that is not exact is the least that it may be.
pub(super) fn least(jobs: i64, exact: bool) -> String {
    if exact { thousands(jobs) } else { format!("at least {}", thousands(jobs)) }
}

/// The time since something, in seconds; `-` where that is not known.
pub(super) fn ago(secs: Option<i64>) -> String {
    secs.map_or_else(|| "-".to_owned(), |secs| format!("{} ago", span(secs)))
}

#[cfg(test)]
mod tests {
    use super::least;

    #[test]
    fn a_number_that_is_cut_says_so() {
        assert_eq!((least(10_000, true), least(10_000, false)), ("10,000".to_owned(), "at least 10,000".to_owned()));
    }
}
