//! The jobs that wait because others of a higher priority go first.

use sqlx::Row as _;

use super::due::every;
use super::groups::{GroupHealth, brief, newest};
use super::judge::silence;
use super::queue::Queue;
use super::registry::Registered;
use super::window::Window;
use crate::db::Connection;
use crate::error::Result;
use crate::packs::{JobFact, JobState};

/// The jobs of one queue, kind and priority.
#[derive(Debug, Clone, PartialEq)]
struct Rank {
    queue: Option<String>,
    kind: Option<String>,
    /// The smaller goes first.
    priority: f64,
    /// The age of the oldest of those that wait, or of the youngest of those that were taken, in seconds.
    age: Option<i64>,
}

impl Rank {
    fn is_of(&self, group: &GroupHealth) -> bool {
        (&self.queue, &self.kind) == (&group.queue, &group.kind)
    }
}

/// Marks the queues and kinds of which no worker took a job lately because others of a higher priority always go first.
/// A kind that the server does not tell of in a moment is not marked.
///
/// # Errors
/// If the jobs cannot be read.
pub(super) async fn mark_outranked(
    connection: &mut Connection,
    queue: &Queue<'_>,
    window: Window,
    groups: &mut [GroupHealth],
    workers: Option<&[Registered]>,
) -> Result<()> {
    let patience = i64::from(queue.jobs.patience_secs);
    // That nobody takes any, or that they are paused, is said instead.
    let is_asked = |g: &GroupHealth| g.workers != Some(0) && !g.paused;
    let waits = |g: &GroupHealth| {
        g.oldest_secs.is_some_and(|oldest| oldest > patience) && is_asked(g) && !is_taken(g, patience)
    };
    if !queue.columns.priority || !groups.iter().any(waits) || !groups.iter().any(|g| is_taken(g, patience)) {
        return Ok(());
    }
    let Some(due) = ranks(connection, &every(queue), "min", "d.due").await? else { return Ok(()) };
    let Some(taken) = ranks(connection, &taken(queue, window), "max", "d.created_at").await? else { return Ok(()) };
    for at in (0..groups.len()).filter(|at| waits(&groups[*at])).collect::<Vec<_>>() {
        let together = |a: &Rank| {
            // One worker takes both in one order.
            let takes = |w: &Registered| w.takes(a.queue.as_deref(), a.kind.as_deref());
            match queue.jobs.across_queues {
                false => a.queue == groups[at].queue,
                true => workers.is_none_or(|workers| {
                    let (own, kind) = (groups[at].queue.as_deref(), groups[at].kind.as_deref());
                    workers.iter().any(|w| takes(w) && w.takes(own, kind))
                }),
            }
        };
        let first = |rank: &Rank| groups.iter().any(|g| rank.is_of(g) && is_taken(g, patience));
        groups[at].outranked = is_outranked(&groups[at], &due, &taken, together, first);
    }
    Ok(())
}

/// True if a worker took a job of the group lately, or has one.
fn is_taken(group: &GroupHealth, patience: i64) -> bool {
    group.held > 0 || group.taken_secs.is_some_and(|secs| secs < silence(patience))
}

/// True if jobs of a higher priority, of kinds that are taken, wait too, and none that is to go after these was taken while
/// they waited.
fn is_outranked(
    group: &GroupHealth,
    due: &[Rank],
    taken: &[Rank],
    together: impl Fn(&Rank) -> bool,
    is_taken: impl Fn(&Rank) -> bool,
) -> bool {
    let own = due.iter().filter(|rank| rank.is_of(group)).min_by(|a, b| a.priority.total_cmp(&b.priority));
    let Some(own) = own else { return false };
    let others = |rank: &&Rank| !rank.is_of(group) && together(rank);
    let passed_over = |rank: &Rank| {
        rank.priority > own.priority
            || rank.priority == own.priority && rank.age.zip(own.age).is_some_and(|(taken, own)| taken < own)
    };
    due.iter().filter(others).any(|rank| rank.priority < own.priority && is_taken(rank))
        && !taken.iter().filter(others).any(passed_over)
}

/// The jobs of each queue, kind and priority of a query; none if that is not told in a moment.
async fn ranks(
    connection: &mut Connection,
    jobs: &str,
    first_or_last: &str,
    column: &str,
) -> Result<Option<Vec<Rank>>> {
    if jobs.is_empty() {
        return Ok(None);
    }
    let age = newest(first_or_last, column, "true");
    let sql = format!(
        "SELECT d.queue, d.kind, d.priority, {age} AS age FROM ({jobs}) d WHERE d.priority IS NOT NULL GROUP BY 1, 2, 3"
    );
    let Some(rows) = brief(connection, sql).await? else { return Ok(None) };
    let ranks = rows.iter().map(|row| {
        Ok(Rank {
            queue: row.try_get("queue")?,
            kind: row.try_get("kind")?,
            priority: row.try_get("priority")?,
            age: row.try_get("age")?,
        })
    });
    Ok(Some(ranks.collect::<Result<_>>()?))
}

/// The query of the jobs that a worker has, or ended lately.
fn taken(queue: &Queue<'_>, window: Window) -> String {
    let leased = if queue.jobs.lacks.contains(&JobFact::Leases) { "" } else { " AND j.lease_until >= now()" };
    let of = |condition: String| {
        format!(
            "SELECT {}, j.priority::float8 AS priority, j.created_at FROM {} WHERE {condition}",
            queue.group(),
            queue.rows()
        )
    };
    let running = of(format!("{}{leased}", queue.is(&[JobState::Running])));
    let ended = of(format!("{} AND {}", window.holds("j.finished_at"), queue.ended_by_a_worker()));
    format!("{running} UNION ALL {ended}")
}
