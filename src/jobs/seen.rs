//! The last sign of life of a worker, as the jobs show it.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, Row as _};

use super::groups::{GroupHealth, brief};
use super::judge::silence;
use super::model::BRIEF;
use super::queue::Queue;
use super::window::{CANCELLED, Window, age};
use crate::db::{self, Connection, quote_literal};
use crate::error::Result;
use crate::packs::JobState;

/// The time at which a worker last said that it is at a job.
pub(super) const PROGRESS: &str = "j.progress_at";

/// A sign of life of a worker, as SQL.
pub(super) struct Sign {
    /// The rows that show it, as a FROM item.
    pub rows: String,
    /// Its time.
    pub at: &'static str,
    /// The worker.
    pub worker: &'static str,
    /// The condition that the worker gave it.
    pub only: String,
}

/// The signs of life of workers: they ended a job or an attempt, or began a job that runs, or said of one that they are at it.
pub(super) fn signs(queue: &Queue<'_>) -> Vec<Sign> {
    let of_job = |at, only| Sign { rows: queue.rows(), at, worker: "j.worker", only };
    let running = queue.is(&[JobState::Running]);
    let mut signs = vec![of_job("j.finished_at", queue.ended_by_a_worker()), of_job("j.started_at", running.clone())];
    signs.extend(queue.attempts().map(|attempts| Sign {
        rows: format!("({}\n) a", attempts.text),
        at: "a.at",
        worker: "a.worker",
        only: queue.tried_by_a_worker(),
    }));
    signs.extend(queue.columns.progress.then(|| of_job(PROGRESS, running)));
    signs
}

/// Time since a worker last began or ended something, in seconds; none if nothing tells. `taken` is that time, if all that
/// runs and what ended lately was read: then only what workers say of jobs that run may be newer.
///
/// # Errors
/// If it cannot be read.
pub(super) async fn last_seen(
    connection: &mut Connection,
    queue: &Queue<'_>,
    taken: Option<i64>,
) -> Result<Option<i64>> {
    let signs = signs(queue).into_iter().filter(|sign| taken.is_none() || sign.at == PROGRESS);
    let times: Vec<String> = signs
        .map(|Sign { rows, at, only, .. }| {
            format!("(SELECT {at} FROM {rows} WHERE {at} <= now() AND {only} ORDER BY {at} DESC LIMIT 1)")
        })
        .collect();
    if times.is_empty() {
        return Ok(taken);
    }
    let sql = format!("SELECT {} FROM (SELECT greatest({}) AS at OFFSET 0) s", age("s.at"), times.join(", "));
    let seen = db::brief(connection, BRIEF, async |c| number(c, sql).await).await?.flatten();
    let seen = seen.into_iter().chain(taken).min();
    let is_silent = seen.is_none_or(|secs| secs >= silence(i64::from(queue.jobs.patience_secs)));
    if !is_silent || queue.jobs.rescued.is_empty() {
        return Ok(seen);
    }
    // Nobody ended what the queue itself gave up or put back, but a worker once began it.
    let began = format!(
        "SELECT {} FROM {} WHERE {} AND j.started_at <= now()",
        age("max(j.started_at)"),
        queue.rows(),
        queue.is(&[JobState::Queued, JobState::Failed, JobState::Dead]),
    );
    let began = db::brief(connection, BRIEF, async |c| number(c, began).await).await?.flatten();
    Ok(seen.into_iter().chain(began).min())
}

/// True if no job shows that a worker ever had it; false also if that is not told in a moment.
///
/// # Errors
/// If it cannot be read.
pub(super) async fn never_seen(connection: &mut Connection, queue: &Queue<'_>) -> Result<bool> {
    let cancelled = quote_literal(&format!("{CANCELLED}%"));
    let traces = [
        "j.worker IS NOT NULL".to_owned(),
        "j.started_at IS NOT NULL".to_owned(),
        "j.attempts > 0".to_owned(),
        queue.is(&[JobState::Running, JobState::Done]),
        format!("{} AND (j.error::text LIKE {cancelled}) IS NOT TRUE", queue.is(&[JobState::Failed, JobState::Dead])),
    ];
    let sql = format!("SELECT NOT EXISTS (SELECT FROM {} WHERE {})", queue.rows(), traces.join(" OR "));
    let told = db::brief(connection, BRIEF, async |c| {
        Ok(sqlx::query_scalar::<_, bool>(AssertSqlSafe(sql)).fetch_one(c).await?)
    });
    Ok(told.await?.unwrap_or_default())
}

/// The number that a query returns.
///
/// # Errors
/// If it cannot be read.
pub(super) async fn number(connection: &mut Connection, sql: String) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?)
}

/// Looks for when a worker last took a job of each queue and kind of which jobs wait for longer than they may, and of which
/// none was taken lately. Where jobs that are done may be deleted, or where that takes too long, it is only known that none
/// was taken in the stretch of time of the pace.
///
/// # Errors
/// If the jobs cannot be read.
pub(super) async fn taken_before(
    connection: &mut Connection,
    queue: &Queue<'_>,
    window: Window,
    groups: &mut [GroupHealth],
    patience: i64,
) -> Result<()> {
    let is_late = |group: &GroupHealth| {
        group.taken_secs.is_none()
            && group.held == 0
            && !group.paused
            && group.oldest_secs.is_some_and(|o| o > patience)
    };
    if !groups.iter().any(is_late) {
        return Ok(());
    }
    let mut found = None;
    if !queue.jobs.may_forget_done() {
        let kinds = groups.iter().filter(|group| is_late(group)).filter_map(|group| group.kind.as_deref());
        let kinds = kinds.map(|kind| quote_literal(kind).to_string()).collect::<Vec<_>>().join(", ");
        let of = if kinds.is_empty() {
            "j.kind IS NULL".to_owned()
        } else {
            format!("(j.kind::text IN ({kinds})) IS NOT FALSE")
        };
        let mut parts = vec![format!(
            "SELECT {}, j.finished_at AS at FROM {} WHERE j.finished_at <= now() AND {} AND {of}",
            queue.group(),
            queue.rows(),
            queue.ended_by_a_worker()
        )];
        parts.extend(queue.attempts_with_jobs().map(|attempts| {
            let (group, tried) = (queue.group(), queue.tried_by_a_worker());
            format!("SELECT {group}, a.at FROM {attempts} WHERE a.at <= now() AND {tried} AND {of}")
        }));
        let sql = format!(
            "SELECT t.queue, t.kind, {} AS age FROM ({}) t GROUP BY 1, 2",
            age("max(t.at)"),
            parts.join(" UNION ALL ")
        );
        found = brief(connection, sql).await?;
    }
    let mut last: HashMap<(Option<String>, Option<String>), Option<i64>> = HashMap::new();
    for row in found.iter().flatten() {
        last.insert((row.try_get("queue")?, row.try_get("kind")?), row.try_get("age")?);
    }
    for group in groups.iter_mut().filter(|group| is_late(group)) {
        match &found {
            Some(_) => group.taken_secs = last.get(&(group.queue.clone(), group.kind.clone())).copied().flatten(),
            None => group.untaken_secs = Some(window.secs),
        }
    }
    Ok(())
}
