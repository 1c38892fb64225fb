//! The jobs that wait because others go first: of a higher priority, or of queues that come before theirs.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use sqlx::{Column as _, Row as _};

use super::due::every;
use super::groups::{GroupHealth, brief, newest};
use super::judge::silence;
use super::order::{Order, Orders};
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

/// Marks the queues and kinds of which no worker took a job lately because others always go first: those of a higher
/// priority, or of queues that come before theirs. A kind that the server does not tell of in a moment is not marked.
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
    let in_turn = workers.is_some_and(|workers| workers.iter().any(|w| w.in_turn == Some(true)));
    let may_be = queue.columns.priority || in_turn;
    if !may_be || !groups.iter().any(waits) || !groups.iter().any(|g| is_taken(g, patience)) {
        return Ok(());
    }
    let Some(due) = ranks(connection, &every(queue, None), "min", "d.due").await? else { return Ok(()) };
    let taken = taken(connection, queue, window).await?;
    let Some(taken) = ranks(connection, &taken, "max", "d.created_at").await? else { return Ok(()) };
    for at in (0..groups.len()).filter(|at| waits(&groups[*at])).collect::<Vec<_>>() {
        let group = &groups[at];
        let first = |rank: &Rank| groups.iter().any(|g| rank.is_of(g) && is_taken(g, patience));
        let orders = Orders::of(queue, workers, group.queue.as_deref(), group.kind.as_deref());
        let ahead: Option<Vec<Ahead<'_>>> =
            orders.orders.iter().map(|order| ahead(group, &due, &taken, order, first)).collect();
        let Some(ahead) = ahead else { continue };
        let queues: BTreeSet<String> =
            ahead.iter().flat_map(|ahead| &ahead.in_turn).filter_map(|rank| rank.queue.clone()).collect();
        let outranked = ahead.iter().any(|ahead| !ahead.by_priority.is_empty());
        (groups[at].outranked, groups[at].queues_first) = (outranked, queues.into_iter().collect());
    }
    Ok(())
}

/// The jobs that go before others in an order.
struct Ahead<'a> {
    /// Those of queues of which all jobs are taken first.
    in_turn: Vec<&'a Rank>,
    /// Those of a higher priority.
    by_priority: Vec<&'a Rank>,
}

/// True if a worker took a job of the group lately, or has one.
fn is_taken(group: &GroupHealth, patience: i64) -> bool {
    group.held > 0 || group.taken_secs.is_some_and(|secs| secs < silence(patience))
}

fn by_priority(a: &Rank, b: &Rank) -> Ordering {
    a.priority.partial_cmp(&b.priority).unwrap_or(Ordering::Equal)
}

/// The jobs that wait, are of kinds that are taken, and go before those of the group in an order; none where there are no such,
/// or where one that is to go after these was taken while they waited.
fn ahead<'a>(
    group: &GroupHealth,
    due: &'a [Rank],
    taken: &[Rank],
    order: &Order,
    is_taken: impl Fn(&Rank) -> bool,
) -> Option<Ahead<'a>> {
    let own = due.iter().filter(|rank| rank.is_of(group)).min_by(|a, b| by_priority(a, b))?;
    // No worker of this order takes both where the other queue has no place in it.
    let compared = |rank: &Rank| {
        let (other, mine) = (order.place(rank.queue.as_deref())?, order.place(own.queue.as_deref())?);
        (!rank.is_of(group)).then(|| other.cmp(&mine).then(by_priority(rank, own)))
    };
    let passed_over = |rank: &Rank| match compared(rank) {
        Some(Ordering::Greater) => true,
        Some(Ordering::Equal) => rank.age.zip(own.age).is_some_and(|(taken, own)| taken < own),
        _ => false,
    };
    let first = due.iter().filter(|rank| compared(rank) == Some(Ordering::Less) && is_taken(rank));
    let mine = order.place(own.queue.as_deref());
    let (in_turn, by_priority): (Vec<&Rank>, Vec<&Rank>) =
        first.partition(|rank| order.place(rank.queue.as_deref()) < mine);
    let is_none = in_turn.is_empty() && by_priority.is_empty();
    (!is_none && !taken.iter().any(passed_over)).then_some(Ahead { in_turn, by_priority })
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

/// The query of the jobs that a worker has, or ended lately. Where the application itself finds what ended, and says its
/// priority, that is asked: the conditions of its jobs may have no index.
///
/// # Errors
/// If the pack's query does not fit the database.
async fn taken(connection: &mut Connection, queue: &Queue<'_>, window: Window) -> Result<String> {
    let leased = if queue.jobs.lacks.contains(&JobFact::Leases) { "" } else { " AND j.lease_until >= now()" };
    let of = |condition: String| {
        format!("SELECT {}, {}, j.created_at FROM {} WHERE {condition}", queue.group(), queue.rank(), queue.rows())
    };
    let running = of(format!("{}{leased}", queue.is(&[JobState::Running])));
    let ended = match paced(connection, queue).await? {
        Some((pace, priority)) => format!(
            "SELECT p.queue::text AS queue, p.kind::text AS kind, {priority}::float8 AS priority, p.created_at FROM ({pace}\n) p
              WHERE p.what IN ('done', 'failed') AND {}",
            window.holds("p.at")
        ),
        None => of(format!("{} AND {}", window.holds("j.finished_at"), queue.ended_by_a_worker())),
    };
    Ok(format!("{running} UNION ALL {ended}"))
}

/// The application's own query of what ended, and the priority in it, as SQL; none where there is none, or where it does not
/// say a priority that the jobs have.
async fn paced<'a>(connection: &mut Connection, queue: &'a Queue<'_>) -> Result<Option<(&'a str, &'static str)>> {
    let Some(pace) = &queue.jobs.pace else { return Ok(None) };
    if !queue.columns.priority {
        return Ok(Some((&pace.text, "0")));
    }
    let columns = connection.columns(&format!("SELECT p.* FROM ({}\n) p", pace.text)).await?;
    Ok(columns.iter().any(|c| c.name() == "priority").then_some((&pace.text, "p.priority")))
}
