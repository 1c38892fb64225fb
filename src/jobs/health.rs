//! The health of the queue: how long the oldest job that could be claimed has waited, what came and went, and when a
//! worker was seen. The verdict comes from these; a deep queue that is worked off is well, and a short one that nobody
//! works on is not.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt as _;
use serde::Serialize;
use sqlx::{AssertSqlSafe, Row as _};

use super::due::how_many;
use super::fingerprint::Fingerprint;
use super::groups::{GroupHealth, groups};
use super::judge::{Signs, judged, silence};
use super::model::BRIEF;
use super::queue::Queue;
use super::rank::mark_outranked;
use super::registry::{Registered, registered};
use super::seen::{last_seen, number, taken_before};
use super::verdict::HealthVerdict;
use super::window::{BY_A_WORKER, Rates, TRIED, WINDOW_SECS, Window, age};
use crate::db::{self, Connection};
use crate::error::Result;
use crate::packs::{JobFact, JobState};

/// Number of the errors of the window that are looked at for the most frequent one.
const ERRORS: usize = 1_000;

/// The health of a queue of jobs.
#[derive(Debug, Clone, Serialize)]
pub struct JobHealth {
    /// In a word.
    pub verdict: HealthVerdict,
    /// Number of jobs that can be claimed now; none if counting takes too long.
    pub claimable: Option<u64>,
    /// Time that the oldest of those has waited, in seconds.
    pub oldest_claimable_secs: Option<i64>,
    /// Number of jobs that something holds back for longer than a job may wait; none if counting takes too long.
    pub held_back: Option<u64>,
    /// Time that the oldest of those that were looked at has waited, in seconds.
    pub oldest_held_back_secs: Option<i64>,
    /// Number of jobs that came and went lately; none if counting takes too long, or if jobs that are done are deleted.
    pub rates: Option<Rates>,
    /// The most frequent error, if the queue is failing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_error: Option<TopError>,
    /// True if nothing says when a job was added, so that there is no telling how many come.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lacks_added: bool,
    /// True if the application deletes jobs that are done, so that there is no telling how fast it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forgets_done: bool,
    /// The stretch of time that the pace is taken from, in seconds, where the application deletes jobs that are done so soon
    /// that it is shorter than [`WINDOW_SECS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_secs: Option<i64>,
    /// Number of running jobs past their lease; none if there are no leases or counting takes too long.
    pub past_lease: Option<u64>,
    /// Time since a worker last began or ended something, in seconds.
    pub last_seen_secs: Option<i64>,
    /// True if the server is a replica: what is told is as old as its lag.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replica: bool,
    /// The lag of a replica in milliseconds; none if it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_lag_ms: Option<i64>,
    /// True if what came and what ended could be read in time.
    #[serde(skip)]
    pub pace_read: bool,
    /// Number of registered workers that are there, whether they take anything or not; none where none registers.
    #[serde(skip)]
    pub alive: Option<usize>,
    /// The workers that are registered; none where none is.
    #[serde(skip)]
    pub(super) workers: Option<Vec<Registered>>,
    /// True if jobs that are taken after the first ones could not be read in time.
    #[serde(skip)]
    pub outranked: bool,
    /// Number of jobs that can be claimed and do not say since when they wait.
    #[serde(skip)]
    pub undated: i64,
    /// True if these are all; otherwise there are at least so many.
    #[serde(skip)]
    pub undated_exact: bool,
    /// The tables of which row level security may hide rows: nothing then follows from what was not seen.
    #[serde(skip)]
    pub hidden: Vec<String>,
    /// Each queue and kind of which a job waits, runs, came or ended lately, the worst first.
    pub groups: Vec<GroupHealth>,
}

/// The error that jobs failed with most often lately.
#[derive(Debug, Clone, Serialize)]
pub struct TopError {
    /// The handle of errors like it.
    pub fingerprint: Fingerprint,
    /// One of them.
    pub error: String,
    /// Number of them, among the errors that were looked at.
    pub count: u64,
}

/// Looks at the queue.
///
/// # Errors
/// If it cannot be read.
pub async fn health(connection: &mut Connection, queue: &Queue<'_>) -> Result<JobHealth> {
    let window = window(connection, queue).await?;
    let mut told = groups(connection, queue, window).await?;
    let groups = &mut told.groups;
    let oldest = groups.iter().filter_map(|g| g.oldest_secs).max();
    let undated = groups.iter().map(|g| g.undated).sum();
    let claimable = match told.waiting {
        waiting @ Some(_) => waiting,
        // The same rows were not read in time just now.
        None if told.outranked => None,
        None => {
            let number = db::brief(connection, BRIEF, async |c| number(c, how_many(queue)).await).await?.flatten();
            number.and_then(|n| u64::try_from(n).ok())
        }
    };
    let forgets = queue.jobs.lacks.contains(&JobFact::Done);
    // Where none is registered, the application may not register any: that says nothing of who takes what.
    let workers = registered(connection, queue.pack).await?.filter(|workers| !workers.is_empty());
    let patience = i64::from(queue.jobs.patience_secs);
    let mut alive = count_workers(groups, workers.as_deref(), silence(patience));
    if queue.may_hide() {
        // That none is seen does not mean that none is there.
        groups.iter_mut().map(|group| &mut group.workers).chain([&mut alive]).for_each(|n| *n = n.filter(|n| *n > 0));
    }
    let pace_of = |told: bool| told && !forgets && !window.emptied && window.secs >= Window::LEAST;
    for group in groups.iter_mut() {
        group.added_per_hour = pace_of(told.told_added).then(|| window.per_hour(group.added));
        group.done_per_hour = pace_of(told.told_ended).then(|| window.per_hour(group.done));
        group.failed_per_hour = pace_of(told.told_ended).then(|| window.per_hour(group.failed));
    }
    let sum = |of: fn(&GroupHealth) -> i64| groups.iter().map(of).sum::<i64>().cast_unsigned();
    let pace_read = told.told_added && told.told_ended;
    let rates = pace_of(pace_read).then(|| {
        let (done, failed) = (sum(|g| g.done), sum(|g| g.failed));
        let (added, rescued) = (sum(|g| g.added), sum(|g| g.rescued));
        Rates { added, done, failed, rescued, ended: done + failed, secs: window.secs }
    });
    let oldest_held_back = groups.iter().filter_map(|g| g.held_back_secs).max();
    let has_leases = told.told_running && !queue.jobs.lacks.contains(&JobFact::Leases);
    let past_lease = has_leases.then(|| sum(|g| g.past_lease));
    // Where the application finds itself what ended, no index serves the look at its jobs.
    let told_all = queue.jobs.pace.is_some() && told.told_ended && told.told_running;
    let taken = groups.iter().filter(|_| told_all).filter_map(|g| g.taken_secs).min();
    let last_seen = last_seen(connection, queue, taken).await?;
    let signs = Signs {
        oldest,
        claimable: if told.told_waiting { claimable } else { None },
        undated: undated > 0 || told.undated_untold,
        running: !told.told_running || sum(|g| g.running) > 0,
        // Where there are no leases, a job that is said to run is no sign that anybody has it.
        held: has_leases && sum(|g| g.held) > 0,
        rates,
        pruned: window.pruned,
        emptied: window.emptied,
        outranked: told.outranked,
        deep: told.waiting.is_none(),
        // A worker that says that it lives, and neither takes nor ends anything, may hang or look elsewhere.
        alive: alive.is_some_and(|workers| workers > 0),
        last_seen,
        past_lease: past_lease.unwrap_or_default(),
        patience,
        paused: told.paused,
        forgets,
        held_back: groups.iter().any(|g| g.held_back > 0),
        hidden: queue.may_hide(),
        unread: !told.told_waiting
            || !told.told_ended && !forgets
            || !told.told_running
            || !told.told_held_back
            || !told.all_held_back,
    };
    // The same rows were not read in time just now, or nobody asks why they are not taken.
    if !told.outranked && !forgets {
        mark_outranked(connection, queue, window, groups, workers.as_deref()).await?;
    }
    taken_before(connection, queue, window, groups, patience).await?;
    let verdict = judged(&signs, groups);
    groups.sort_by_key(|g| std::cmp::Reverse((g.verdict.severity(), g.oldest_secs, g.waiting)));
    let top_error = match &verdict {
        HealthVerdict::Failing { kind, .. } => top_error(connection, queue, window, kind.as_deref()).await?,
        _ => None,
    };
    let (replica, replica_lag_ms) = db::replica(connection).await?;
    Ok(JobHealth {
        verdict,
        replica,
        replica_lag_ms,
        claimable,
        oldest_claimable_secs: oldest,
        held_back: told.held_back,
        oldest_held_back_secs: oldest_held_back,
        rates,
        top_error,
        lacks_added: queue.lacks_added(),
        forgets_done: forgets,
        window_secs: window.pruned.then_some(window.secs),
        past_lease,
        last_seen_secs: last_seen,
        pace_read,
        alive,
        workers,
        outranked: told.outranked,
        undated,
        undated_exact: told.waiting.is_some(),
        hidden: queue.hidden().to_vec(),
        groups: told.groups,
    })
}

/// Counts the registered workers that are there: for each group those that take its jobs, and all of them. One with several
/// pools counts once.
fn count_workers(groups: &mut [GroupHealth], workers: Option<&[Registered]>, silence: i64) -> Option<usize> {
    let count = |fits: &dyn Fn(&Registered) -> bool| {
        let alive = workers?.iter().filter(|w| w.is_alive(silence) && fits(w));
        Some(alive.map(|w| w.worker.as_str()).collect::<HashSet<_>>().len())
    };
    for group in groups {
        group.workers = count(&|w| w.takes(group.queue.as_deref(), group.kind.as_deref()));
    }
    count(&|_| true)
}

/// The most frequent error of what failed lately, of the kind that the verdict is about.
async fn top_error(
    connection: &mut Connection,
    queue: &Queue<'_>,
    window: Window,
    kind: Option<&str>,
) -> Result<Option<TopError>> {
    let failed = queue.is(&[JobState::Failed, JobState::Dead]);
    let mut parts = vec![format!(
        "SELECT j.error::text AS error, j.kind::text AS kind FROM {} WHERE {failed} AND {BY_A_WORKER} AND {}",
        queue.rows(),
        window.holds("j.finished_at")
    )];
    if let Some(dead) = queue.dead_without_end() {
        let lately = window.holds("j.failed_at");
        parts.push(format!(
            "SELECT j.error::text, j.kind::text FROM {} WHERE {dead} AND {BY_A_WORKER} AND {lately}",
            queue.rows()
        ));
    }
    if let Some(attempts) = queue.attempts_with_jobs() {
        parts.push(format!(
            "SELECT a.error::text, j.kind::text FROM {attempts} WHERE {} AND NOT a.succeeded AND {TRIED}",
            window.holds("a.at")
        ));
    }
    let sql = format!(
        "SELECT left(e.error, 2000) FROM ({}) e WHERE ($1::text IS NULL OR e.kind = $1) AND e.error <> '' LIMIT {ERRORS}",
        parts.join(" UNION ALL ")
    );
    let counted = db::brief(connection, BRIEF, async |c| {
        let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(kind).fetch(c);
        let mut by: HashMap<Fingerprint, (u64, String)> = HashMap::new();
        while let Some(row) = rows.try_next().await? {
            let error: String = row.try_get(0)?;
            by.entry(Fingerprint::of(&error)).or_insert((0, error)).0 += 1;
        }
        let most = by.into_iter().max_by_key(|(fingerprint, (count, _))| (*count, std::cmp::Reverse(*fingerprint)));
        Ok(most.map(|(fingerprint, (count, error))| TopError { fingerprint, error, count }))
    });
    Ok(counted.await?.flatten())
}

/// The stretch of time of which the jobs that are done are still there. Where the application deletes them soon, it begins
/// with the oldest that is left.
async fn window(connection: &mut Connection, queue: &Queue<'_>) -> Result<Window> {
    let whole = Window::default();
    if !queue.jobs.prunes {
        return Ok(whole);
    }
    let done = format!("FROM {} WHERE {} AND", queue.rows(), queue.is(&[JobState::Done]));
    let sql = format!(
        "SELECT CASE WHEN NOT EXISTS (SELECT {done} j.finished_at < now() - {WINDOW_SECS} * interval '1 second')
            THEN coalesce((SELECT least({} + 1, {WINDOW_SECS}) FROM (SELECT min(j.finished_at) AS at {done} {}) m WHERE m.at IS NOT NULL), 0) END",
        age("m.at"),
        whole.holds("j.finished_at")
    );
    Ok(match db::brief(connection, BRIEF, async |c| number(c, sql).await).await? {
        Some(None) => whole,
        Some(Some(0)) => Window { secs: Window::EMPTIED, pruned: true, emptied: true },
        Some(Some(secs)) => Window { secs, pruned: true, emptied: false },
        None => Window { pruned: true, ..whole },
    })
}
