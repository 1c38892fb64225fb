//! The jobs of each queue and kind: which wait, which run, and what came of them lately.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::due::{every, few_ahead, held_back, in_paused_queues, longest, tells_first, undated};
use super::model::BRIEF;
use super::queue::Queue;
use super::verdict::HealthVerdict;
use super::window::{BY_A_WORKER, TRIED, Window, age};
use crate::db::{self, Connection};
use crate::error::Result;
use crate::packs::{JobFact, JobState};
use crate::store::jobs as store;

/// Number of the jobs that are due for longest whose queues and kinds are looked at, where all cannot be in a moment.
const LONGEST: usize = 10_000;

/// The jobs of one queue and kind. Numbers are of the stretch of time of the pace, times in seconds.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GroupHealth {
    /// The queue, where the application has several.
    pub queue: Option<String>,
    /// The kind of work.
    pub kind: Option<String>,
    /// In a word.
    pub verdict: HealthVerdict,
    /// Number of jobs that can be claimed now, or that wait in the queue if it is paused.
    pub waiting: i64,
    /// True if these are all; otherwise there are at least so many.
    pub waiting_exact: bool,
    /// Time that the oldest of those has waited.
    pub oldest_secs: Option<i64>,
    /// Number of those that do not say since when they wait.
    #[serde(skip)]
    pub undated: i64,
    /// Number of jobs that something holds back for longer than a job may wait, whatever their time.
    pub held_back: i64,
    /// True if these are all; otherwise there are at least so many.
    pub held_back_exact: bool,
    /// Time that the oldest of those has waited.
    pub held_back_secs: Option<i64>,
    /// True if the queue is paused; its jobs that wait are no jobs that can be claimed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// Number of jobs of the queue that may run at once, where the application says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// Number of registered workers that are there and take such jobs, where the application says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<usize>,
    /// Number of running jobs.
    pub running: i64,
    /// Number of running jobs past their lease.
    pub past_lease: i64,
    /// Number of jobs that were added.
    pub added: i64,
    /// Number of jobs that succeeded.
    pub done: i64,
    /// Number of jobs or attempts that failed.
    pub failed: i64,
    /// Number of jobs that come in an hour, at the pace of the stretch of time; none where that cannot be told.
    pub added_per_hour: Option<i64>,
    /// Number of jobs that are done in an hour at that pace.
    pub done_per_hour: Option<i64>,
    /// Number of jobs or attempts that fail in an hour at that pace.
    pub failed_per_hour: Option<i64>,
    /// Time since a worker last began or ended one.
    pub taken_secs: Option<i64>,
    /// Time for which it is known that no worker took any, where nothing tells when one last did, or if one ever did.
    #[serde(skip)]
    pub untaken_secs: Option<i64>,
    /// True if what waits was not told in a moment.
    #[serde(skip)]
    pub waiting_untold: bool,
    /// Number of running jobs that a worker has: in their lease, or, where there are no leases, all.
    #[serde(skip)]
    pub held: i64,
    /// The age of the youngest job that a worker took.
    #[serde(skip)]
    pub youngest_taken: Option<i64>,
    /// Number of the failures that the queue itself wrote, because the worker was gone.
    #[serde(skip)]
    pub rescued: i64,
    /// Jobs of a higher priority, which workers take, always go before these.
    #[serde(skip)]
    pub outranked: bool,
    /// The queues whose jobs, which workers take, always go before these, whatever the priority.
    #[serde(skip)]
    pub queues_first: Vec<String>,
}

/// The figures of all groups; none where the server did not answer in time.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub groups: Vec<GroupHealth>,
    /// Number of the jobs that can be claimed, if these are all.
    pub waiting: Option<u64>,
    /// True if the jobs in paused queues were told, and are all.
    pub told_paused: bool,
    /// True if all jobs that are held back for longer than a job may wait were looked at.
    pub all_held_back: bool,
    /// True if there are jobs that are taken after these, and it was not told which.
    pub outranked: bool,
    /// Number of jobs that wait in queues that are paused.
    pub paused: u64,
    /// Number of jobs that are held back, if these are all.
    pub held_back: Option<u64>,
    /// True if what is held back was told.
    pub told_held_back: bool,
    /// True if jobs that do not say since when they wait may be beyond those that are due for longest, and that was not told.
    pub undated_untold: bool,
    /// True if what waits was told.
    pub told_waiting: bool,
    /// True if the running jobs were told.
    pub told_running: bool,
    /// True if the jobs that were added were told.
    pub told_added: bool,
    /// True if the jobs that ended were told, and their attempts where these are kept.
    pub told_ended: bool,
}

/// The key of a group, and the group.
type ByKey = BTreeMap<(Option<String>, Option<String>), GroupHealth>;

/// Looks at each queue and kind.
///
/// # Errors
/// If the jobs cannot be read.
pub(super) async fn groups(connection: &mut Connection, queue: &Queue<'_>, window: Window) -> Result<Groups> {
    let mut by = ByKey::new();
    let mut told = Groups::default();
    waiting(connection, queue, &mut by, &mut told).await?;
    paused(connection, queue, &mut by, &mut told).await?;
    holds_back(connection, queue, &mut by, &mut told).await?;
    if let Some(rows) = brief(connection, running(queue)).await? {
        told.told_running = true;
        each(&mut by, &rows, |group, row| {
            group.running = row.try_get("n")?;
            group.past_lease = row.try_get("past")?;
            group.held = row.try_get("held")?;
            taken(group, row)
        })?;
    }
    match pace(queue, window) {
        Some(sql) => {
            if let Some(rows) = brief(connection, sql).await? {
                (told.told_added, told.told_ended) = (true, true);
                each(&mut by, &rows, |group, row| {
                    (group.added, group.done) = (row.try_get("added")?, row.try_get("done")?);
                    (group.failed, group.rescued) = (row.try_get("failed")?, row.try_get("rescued")?);
                    taken(group, row)
                })?;
            }
        }
        None => by_jobs(connection, queue, window, &mut by, &mut told).await?,
    }
    for setting in queue.settings().iter().filter(|s| s.paused && queue.columns.queue) {
        let of = by.values_mut().filter(|group| group.queue.as_ref() == Some(&setting.queue));
        let groups = of.map(|group| group.paused = true).count();
        if groups == 0 {
            let empty = GroupHealth { queue: Some(setting.queue.clone()), paused: true, ..GroupHealth::default() };
            by.insert((Some(setting.queue.clone()), None), empty);
        }
    }
    for group in by.values_mut() {
        let setting = queue.settings().iter().find(|s| Some(&s.queue) == group.queue.as_ref());
        group.limit = setting.and_then(|s| s.limit);
        group.waiting_exact = if group.paused { told.told_paused } else { told.waiting.is_some() };
        group.held_back_exact = told.held_back.is_some();
        // Where more wait than were looked at, one that is not among them may have many.
        group.waiting_untold = match group.paused {
            true => !told.told_paused && group.waiting == 0,
            false => !told.told_waiting || !group.waiting_exact && group.waiting == 0,
        };
    }
    told.groups = by.into_values().collect();
    Ok(told)
}

/// Takes in the jobs that can be claimed now.
async fn waiting(connection: &mut Connection, queue: &Queue<'_>, by: &mut ByKey, told: &mut Groups) -> Result<()> {
    let sql = grouped(queue, &longest(queue, LONGEST, None));
    let Some(rows) = brief(connection, sql).await? else { return Ok(()) };
    told.told_waiting = true;
    each(by, &rows, waits)?;
    let put_back = put_back(connection, queue, by).await?;
    let all = |by: &ByKey| by.values().map(|g| g.waiting).sum::<i64>().cast_unsigned();
    told.waiting = Some(all(by)).filter(|all| *all < LONGEST as u64);
    if told.waiting.is_some() {
        return Ok(());
    }
    // The first hide the others: kinds of which younger ones wait, those of a low priority, and those without a time.
    let is_by_priority = queue.jobs.claimable.is_some();
    if let Some(rows) = brief(connection, grouped(queue, &every(queue, put_back))).await? {
        // What the application takes first may be more than its jobs say.
        each(by, &rows, |group, row| if is_by_priority { waits_more(group, row) } else { waits(group, row) })?;
        told.waiting = Some(all(by));
    } else if is_by_priority {
        told.outranked = true;
    } else {
        let rows = brief(connection, grouped(queue, &undated(queue, LONGEST))).await?;
        told.undated_untold = rows.is_none();
        each(by, &rows.unwrap_or_default(), waits_more)?;
    }
    Ok(())
}

/// Takes in when operators put jobs back, where jobs wait for longer than they may and the jobs themselves do not say it.
/// Returns the query of it if that is so.
async fn put_back(connection: &mut Connection, queue: &Queue<'_>, by: &mut ByKey) -> Result<Option<&'static str>> {
    let patience = i64::from(queue.jobs.patience_secs);
    let is_late = by.values().any(|group| group.oldest_secs.is_some_and(|oldest| oldest > patience));
    if !is_late || queue.jobs.claimable.is_some() || !store::tells_put_back(connection).await? {
        return Ok(None);
    }
    let sql = grouped(queue, &longest(queue, LONGEST, Some(store::PUT_BACK)));
    let rows = brief(connection, sql).await?.unwrap_or_default();
    each(by, &rows, waits)?;
    Ok(Some(store::PUT_BACK))
}

/// Takes in the jobs of paused queues: all, or at least some where that takes too long.
async fn paused(connection: &mut Connection, queue: &Queue<'_>, by: &mut ByKey, told: &mut Groups) -> Result<()> {
    let (Some(all), Some(some)) = (in_paused_queues(queue, None), in_paused_queues(queue, Some(LONGEST))) else {
        told.told_paused = true;
        return Ok(());
    };
    let rows = brief(connection, all).await?;
    told.told_paused = rows.is_some();
    let rows = if rows.is_some() { rows } else { brief(connection, some).await? };
    each(by, &rows.unwrap_or_default(), |group, row| {
        group.waiting = row.try_get("n")?;
        told.paused += group.waiting.cast_unsigned();
        Ok(())
    })
}

/// Takes in the jobs that are held back: all, or those among the first where that takes too long, or where so many wait that
/// they could not be counted.
async fn holds_back(connection: &mut Connection, queue: &Queue<'_>, by: &mut ByKey, told: &mut Groups) -> Result<()> {
    let Some(all) = held_back(queue, None) else {
        (told.told_held_back, told.all_held_back, told.held_back) = (true, true, Some(0));
        return Ok(());
    };
    let is_deep = told.told_waiting && told.waiting.is_none();
    let mut rows = if is_deep { None } else { brief(connection, grouped(queue, &all)).await? };
    let is_all = rows.is_some();
    if !is_all && let Some(some) = held_back(queue, Some(LONGEST)) {
        rows = brief(connection, grouped(queue, &some)).await?;
    }
    let Some(rows) = rows else { return Ok(()) };
    told.told_held_back = true;
    each(by, &rows, |group, row| {
        group.held_back = row.try_get("n")?;
        group.held_back_secs = row.try_get("age")?;
        Ok(())
    })?;
    let number = by.values().map(|g| g.held_back).sum::<i64>().cast_unsigned();
    let patience = i64::from(queue.jobs.patience_secs);
    let is_late = by.values().any(|group| group.oldest_secs.is_some_and(|oldest| oldest > patience));
    // Behind the first of those that wait, none waits for longer than these. Those whose time has not come have no such order.
    let mut are_first = number < LONGEST as u64 && !is_late && tells_first(queue);
    if !is_all
        && are_first
        && let Some(few) = few_ahead(queue, LONGEST)
    {
        let rows = brief(connection, few).await?.unwrap_or_default();
        are_first = rows.first().map(|row| row.try_get::<Option<i64>, _>(0)).transpose()?.flatten().is_some();
    }
    told.all_held_back = is_all || are_first;
    told.held_back = told.all_held_back.then_some(number);
    Ok(())
}

/// Takes in a row of [`grouped`].
fn waits(group: &mut GroupHealth, row: &PgRow) -> Result<()> {
    group.waiting = row.try_get("n")?;
    group.oldest_secs = row.try_get("age")?;
    group.undated = row.try_get("undated")?;
    Ok(())
}

/// Takes in a row of [`grouped`] of a group of which some jobs may be taken in already.
fn waits_more(group: &mut GroupHealth, row: &PgRow) -> Result<()> {
    group.waiting = group.waiting.max(row.try_get("n")?);
    group.oldest_secs = group.oldest_secs.max(row.try_get("age")?);
    group.undated = group.undated.max(row.try_get("undated")?);
    Ok(())
}

/// What came and ended lately, where only the jobs themselves and their attempts tell it.
async fn by_jobs(
    connection: &mut Connection,
    queue: &Queue<'_>,
    window: Window,
    by: &mut ByKey,
    told: &mut Groups,
) -> Result<()> {
    if !queue.lacks_added()
        && let Some(rows) = brief(connection, added(queue, window)).await?
    {
        told.told_added = true;
        each(by, &rows, |group, row| {
            group.added = row.try_get("n")?;
            Ok(())
        })?;
    }
    if let Some(rows) = brief(connection, ended(queue, window)).await? {
        told.told_ended = true;
        each(by, &rows, |group, row| {
            group.done = row.try_get("done")?;
            (group.failed, group.rescued) = (row.try_get("failed")?, row.try_get("rescued")?);
            taken(group, row)
        })?;
    }
    if let Some(sql) = attempted(queue, window) {
        match brief(connection, sql).await? {
            Some(rows) => each(by, &rows, |group, row| {
                // A job that died has a last attempt that failed, so both are one.
                group.failed = group.failed.max(row.try_get("failed")?);
                group.rescued = group.rescued.max(row.try_get("rescued")?);
                taken(group, row)
            })?,
            None => told.told_ended = false,
        }
    }
    Ok(())
}

pub(super) async fn brief(connection: &mut Connection, sql: String) -> Result<Option<Vec<PgRow>>> {
    db::brief(connection, BRIEF, async |c| Ok(sqlx::query(AssertSqlSafe(sql)).fetch_all(c).await?)).await
}

fn each(by: &mut ByKey, rows: &[PgRow], mut set: impl FnMut(&mut GroupHealth, &PgRow) -> Result<()>) -> Result<()> {
    for row in rows {
        let key: (Option<String>, Option<String>) = (row.try_get("queue")?, row.try_get("kind")?);
        let group = by.entry(key.clone()).or_default();
        (group.queue, group.kind) = key;
        set(group, row)?;
    }
    Ok(())
}

/// Takes in when a worker last took a job of the group, and how old the youngest of those is.
fn taken(group: &mut GroupHealth, row: &PgRow) -> Result<()> {
    let (seen, youngest): (Option<i64>, Option<i64>) = (row.try_get("seen")?, row.try_get("youngest")?);
    group.taken_secs = group.taken_secs.into_iter().chain(seen).min();
    group.youngest_taken = group.youngest_taken.into_iter().chain(youngest).min();
    Ok(())
}

/// The number of the jobs of a query that waits for each queue and kind, and for how long.
///
/// The clocks of machines differ a little. A time that is further ahead than a job may wait says nothing of how long it waits.
fn grouped(queue: &Queue<'_>, jobs: &str) -> String {
    let known = format!("d.due <= now() + {} * interval '1 second'", queue.jobs.patience_secs);
    let oldest = newest("min", "least(d.due, now())", &known);
    format!(
        "SELECT d.queue, d.kind, count(*) AS n, {oldest} AS age, count(*) FILTER (WHERE (isfinite(d.due) AND {known}) IS NOT TRUE) AS undated
  FROM ({jobs}) d GROUP BY 1, 2"
    )
}

fn running(queue: &Queue<'_>) -> String {
    let (past, held) = match queue.jobs.lacks.contains(&JobFact::Leases) {
        true => ("false", "true"),
        false => ("r.lease_until < now()", "r.lease_until >= now()"),
    };
    format!(
        "SELECT r.queue, r.kind, count(*) AS n, count(*) FILTER (WHERE {past}) AS past, count(*) FILTER (WHERE {held}) AS held,
       {} AS seen, {} AS youngest
  FROM (SELECT {}, j.lease_until, j.started_at, j.created_at FROM {} WHERE {}) r GROUP BY 1, 2",
        newest("max", "r.started_at", "r.started_at <= now()"),
        newest("max", "r.created_at", "r.started_at <= now()"),
        queue.group(),
        queue.rows(),
        queue.is(&[JobState::Running])
    )
}

/// What came and ended lately, where the application itself finds it.
fn pace(queue: &Queue<'_>, window: Window) -> Option<String> {
    let pace = queue.jobs.pace.as_ref()?;
    let number = |what: &str| format!("count(*) FILTER (WHERE p.what = '{what}')");
    let by_a_worker = "p.what IN ('done', 'failed')";
    Some(format!(
        "SELECT p.queue::text AS queue, p.kind::text AS kind, {} AS added, {} AS done, {} + {rescued} AS failed,
       {rescued} AS rescued, {} AS seen, {} AS youngest
  FROM ({}\n) p WHERE {} GROUP BY 1, 2",
        number("added"),
        number("done"),
        number("failed"),
        newest("max", "p.at", by_a_worker),
        newest("max", "p.created_at", by_a_worker),
        pace.text,
        window.holds("p.at"),
        rescued = number("rescued"),
    ))
}

fn added(queue: &Queue<'_>, window: Window) -> String {
    format!(
        "SELECT a.queue, a.kind, count(*) AS n FROM (SELECT {} FROM {} WHERE {}) a GROUP BY 1, 2",
        queue.group(),
        queue.rows(),
        window.holds("j.created_at")
    )
}

/// The jobs that ended, without those that an operator cancelled or released, because no worker ended them. What the queue
/// itself gave up is a failure, but nobody took it.
fn ended(queue: &Queue<'_>, window: Window) -> String {
    let (done, failed) = (queue.is(&[JobState::Done]), queue.is(&[JobState::Failed, JobState::Dead]));
    let what = format!(
        "{}, j.created_at, {} AS own, CASE WHEN {done} THEN 1 WHEN {failed} AND {BY_A_WORKER} THEN 0 END AS well",
        queue.group(),
        queue.not_rescued("j.error")
    );
    let mut parts = vec![format!(
        "SELECT {what}, j.finished_at AS at FROM {} WHERE {}",
        queue.rows(),
        window.holds("j.finished_at")
    )];
    if let Some(dead) = queue.dead_without_end() {
        let lately = window.holds("j.failed_at");
        parts.push(format!("SELECT {what}, j.failed_at FROM {} WHERE {dead} AND {lately}", queue.rows()));
    }
    format!(
        "SELECT e.queue, e.kind, count(*) FILTER (WHERE e.well = 1) AS done, count(*) FILTER (WHERE e.well = 0) AS failed,
       count(*) FILTER (WHERE e.well = 0 AND NOT e.own) AS rescued, {} AS seen, {} AS youngest
  FROM ({}) e WHERE e.well IS NOT NULL GROUP BY 1, 2",
        newest("max", "e.at", "e.own"),
        newest("max", "e.created_at", "e.own"),
        parts.join(" UNION ALL ")
    )
}

fn attempted(queue: &Queue<'_>, window: Window) -> Option<String> {
    let attempts = queue.attempts_with_jobs()?;
    Some(format!(
        "SELECT t.queue, t.kind, count(*) FILTER (WHERE NOT t.succeeded) AS failed,
       count(*) FILTER (WHERE NOT t.succeeded AND NOT t.own) AS rescued, {} AS seen, {} AS youngest
  FROM (SELECT {}, j.created_at, {} AS own, a.succeeded, a.at FROM {attempts} WHERE {} AND {TRIED}) t GROUP BY 1, 2",
        newest("max", "t.at", "t.own"),
        newest("max", "t.created_at", "t.own"),
        queue.group(),
        queue.not_rescued("a.error"),
        window.holds("a.at")
    ))
}

/// The age of the first or the last of some times, of those that lie in a calendar.
pub(super) fn newest(first_or_last: &str, column: &str, which: &str) -> String {
    age(&format!("{first_or_last}({column}) FILTER (WHERE isfinite({column}) AND {which})"))
}
