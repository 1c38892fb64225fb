//! The workers: what they have, what they did, and how fast.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::{AssertSqlSafe, Row as _};

use super::filter::{Filter, When, explained};
use super::model::{BRIEF, time};
use super::queue::Queue;
use super::registry::{Registered, registered};
use super::seen::{PROGRESS, Sign, signs};
use super::timing::{bind_since, from, milliseconds, told};
use super::window::{TRIED, age, within};
use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::packs::{JobFact, JobState};

/// A worker.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Worker {
    /// The name.
    pub worker: String,
    /// Number of jobs that it has now.
    pub running: i64,
    /// Number of these that are past their lease.
    pub stuck: i64,
    /// Number of its attempts that succeeded in the stretch of time.
    pub done: i64,
    /// Number of its attempts that failed.
    pub failed: i64,
    /// The median of how long they took, in milliseconds.
    pub median_ms: Option<i64>,
    /// The 95th percentile of their durations, in milliseconds.
    pub p95_ms: Option<i64>,
    /// Time at which it was seen last, RFC 3339 in UTC.
    pub last_seen: Option<String>,
    /// Time since then, in seconds.
    pub last_seen_secs: Option<i64>,
    /// The queues that it takes jobs of, where it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queues: Option<Vec<String>>,
    /// The kinds that it takes, where it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<String>>,
    /// Time at which it began, where it is registered, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// The workers that are registered, each once, with what all its pools take.
fn whole(registered: Vec<Registered>) -> Vec<Registered> {
    let both = |one: &mut Option<Vec<String>>, other: Option<Vec<String>>| match (one.as_mut(), other) {
        (Some(names), Some(others)) => {
            names.extend(others);
            names.sort();
            names.dedup();
        }
        _ => *one = None,
    };
    let mut workers: Vec<Registered> = Vec::new();
    for pool in registered {
        match workers.last_mut().filter(|last| last.worker == pool.worker) {
            Some(worker) => {
                both(&mut worker.queues, pool.queues);
                both(&mut worker.kinds, pool.kinds);
            }
            None => workers.push(pool),
        }
    }
    workers
}

/// Takes in the workers that are registered: those with a job say more, and idle ones stand behind them if they are asked for.
fn merged(mut workers: Vec<Worker>, registered: Vec<Registered>, idle: impl Fn(&str) -> bool) -> Vec<Worker> {
    for own in whole(registered) {
        let known = workers.iter().position(|w| w.worker == own.worker);
        if known.is_none() && !idle(&own.worker) {
            continue;
        }
        let at = known.unwrap_or(workers.len());
        if known.is_none() {
            workers.push(Worker { worker: own.worker, ..Worker::default() });
        }
        let worker = &mut workers[at];
        let newer = own.heartbeat_secs.is_some_and(|ago| worker.last_seen_secs.is_none_or(|seen| ago < seen));
        if newer {
            (worker.last_seen, worker.last_seen_secs) = (own.heartbeat, own.heartbeat_secs);
        }
        (worker.queues, worker.kinds, worker.since) = (own.queues, own.kinds, own.since);
    }
    workers
}

/// The workers that have a job now, or had one since, and what they did with those that fit.
///
/// # Errors
/// Usage errors, as [`super::list`], and where the application does not say which worker has a job.
pub async fn workers(
    connection: &mut Connection,
    queue: &Queue<'_>,
    since: When,
    filter: &Filter,
) -> Result<Vec<Worker>> {
    let registered = registered(connection, queue.pack).await?;
    let idle = |name: &str| match &filter.worker {
        Some(worker) => worker == name,
        None => *filter == Filter::default(),
    };
    if queue.jobs.lacks.contains(&JobFact::Workers) {
        if let Some(registered) = registered {
            return Ok(merged(Vec::new(), registered, idle));
        }
        return Err(Error::usage(
            "these jobs do not say which worker has or had them, so there are no workers to show",
        )
        .hint("bursar jobs throughput shows how many are done"));
    }
    let selection = told(connection, queue, filter, since).await?;
    let (rows, fits) = (queue.rows(), selection.condition());
    // What is kept of attempts tells of each; without, the last one of each job has to do.
    let (all, fit, at) = match queue.attempts() {
        Some(attempts) => {
            let fit = format!("true{}", selection.of_attempts(queue, "p"));
            (
                format!(
                    "(SELECT a.*, {} AS own FROM ({}\n) a WHERE {TRIED}) p",
                    queue.not_rescued("a.error"),
                    attempts.text
                ),
                fit,
                "p.at",
            )
        }
        None => {
            let succeeded = queue.is(&[JobState::Done]);
            let ended = format!("FROM {rows} WHERE j.finished_at IS NOT NULL AND {}", queue.ended_by_a_worker());
            (
                format!("(SELECT j.*, {succeeded} AS succeeded, true AS own, {fits} AS fit {ended}) p"),
                "p.fit".to_owned(),
                "p.finished_at",
            )
        }
    };
    let sql = format!(
        concat!(
            "WITH now AS (
    SELECT j.worker::text AS worker, count(*) FILTER (WHERE {fits}) AS running,
           count(*) FILTER (WHERE {fits} AND j.lease_until < now()) AS stuck, {signs} AS seen
      FROM {rows} WHERE {running} AND j.worker IS NOT NULL GROUP BY 1
), past AS (
    SELECT p.worker, count(*) FILTER (WHERE p.fits) AS fit, count(*) FILTER (WHERE p.fits AND p.succeeded) AS done,
           count(*) FILTER (WHERE p.fits AND NOT p.succeeded) AS failed,
           percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY p.took) FILTER (WHERE p.fits) AS took, max(p.seen) AS seen
      FROM (SELECT p.worker::text AS worker, p.succeeded, {took} AS took, CASE WHEN p.own THEN greatest({at}, p.finished_at) END AS seen, {fit} AS fits
              FROM {all} WHERE p.worker IS NOT NULL AND {since} OFFSET 0) p
     GROUP BY 1
), both_of AS (
    -- When a worker was seen last does not depend on which jobs are asked for.
    SELECT worker, coalesce(n.running, 0) AS running, coalesce(n.stuck, 0) AS stuck, coalesce(p.done, 0) AS done,
           coalesce(p.failed, 0) AS failed, p.took, greatest(n.seen, p.seen) AS seen
      FROM now n FULL JOIN past p USING (worker)
     WHERE n.running > 0 OR p.fit > 0
)
SELECT b.worker, b.running, b.stuck, b.done, b.failed, b.took[1] AS median, b.took[2] AS p95, ",
            time!("b.seen"),
            " AS seen,
       CASE WHEN isfinite(b.seen) THEN floor(extract(epoch FROM now() - b.seen))::int8 END AS age
  FROM both_of b ORDER BY b.running DESC, b.seen DESC, b.worker"
        ),
        rows = rows,
        signs = match queue.columns.progress {
            true => "greatest(max(j.started_at), max(j.progress_at) FILTER (WHERE j.progress_at <= now()))",
            false => "max(j.started_at)",
        },
        fits = fits,
        since = from(at),
        running = queue.is(&[JobState::Running]),
        all = all,
        fit = fit,
        at = at,
        took = milliseconds("p.started_at", "p.finished_at"),
    );
    let rows = bind_since(selection.query(sql), since).fetch_all(connection).await.map_err(explained)?;
    let workers = rows
        .iter()
        .map(|row| {
            Ok(Worker {
                worker: row.try_get("worker")?,
                running: row.try_get("running")?,
                stuck: row.try_get("stuck")?,
                done: row.try_get("done")?,
                failed: row.try_get("failed")?,
                median_ms: row.try_get("median")?,
                p95_ms: row.try_get("p95")?,
                last_seen: row.try_get("seen")?,
                last_seen_secs: row.try_get("age")?,
                ..Worker::default()
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(merged(workers, registered.unwrap_or_default(), idle))
}

/// The workers that gave a sign of life in the last seconds, each with how long ago that was: as [`seen`], or what a worker
/// says of itself or of a job that it has. None if that cannot be told in a moment.
///
/// # Errors
/// As [`seen`].
pub async fn seen_in_a_moment(
    connection: &mut Connection,
    queue: &Queue<'_>,
    secs: i64,
) -> Result<Option<HashMap<String, i64>>> {
    let all = signs(queue);
    let Some(mut seen) = db::brief(connection, BRIEF, async |c| seen_by(c, &all, secs).await).await? else {
        return Ok(None);
    };
    for (worker, ago) in heartbeats(connection, queue).await?.filter(|(_, ago)| *ago <= secs) {
        let known = seen.entry(worker).or_insert(ago);
        *known = ago.min(*known);
    }
    Ok(Some(seen))
}

/// The workers that are registered, each once for each of its pools, with how long ago that was last heard of.
async fn heartbeats(
    connection: &mut Connection,
    queue: &Queue<'_>,
) -> Result<impl Iterator<Item = (String, i64)> + use<>> {
    let registered = registered(connection, queue.pack).await?.unwrap_or_default();
    Ok(registered.into_iter().filter_map(|pool| Some((pool.worker, pool.heartbeat_secs.filter(|ago| *ago >= 0)?))))
}

/// The workers that began or ended a job in the last seconds, each with how long ago that was.
///
/// # Errors
/// If the jobs cannot be read.
pub async fn seen(connection: &mut Connection, queue: &Queue<'_>, secs: i64) -> Result<HashMap<String, i64>> {
    let mut done = signs(queue);
    done.retain(|sign| sign.at != PROGRESS);
    seen_by(connection, &done, secs).await
}

/// The workers that gave one of these signs in the last seconds, each with how long ago that was.
async fn seen_by(connection: &mut Connection, signs: &[Sign], secs: i64) -> Result<HashMap<String, i64>> {
    let part = |Sign { rows, at, worker, only }: &Sign| {
        format!("SELECT {worker}::text AS worker, {at} AS at FROM {rows} WHERE {} AND {only}", within(at, "$1"))
    };
    let parts: Vec<String> = signs.iter().map(part).collect();
    let sql = format!(
        "SELECT s.worker, {} AS age FROM ({}) s WHERE s.worker IS NOT NULL GROUP BY 1",
        age("max(s.at)"),
        parts.join(" UNION ALL ")
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(secs).fetch_all(connection).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("worker")?, row.try_get::<Option<i64>, _>("age")?.unwrap_or_default())))
        .collect()
}

/// Time since the last sign of life of a worker, in seconds: it began or ended something, or said that it is there.
pub(super) async fn worker_seen(
    connection: &mut Connection,
    queue: &Queue<'_>,
    worker: Option<&str>,
) -> Result<Option<i64>> {
    let Some(worker) = worker else { return Ok(None) };
    let newest = |Sign { rows, at, worker, only }: &Sign| {
        format!(
            "(SELECT {at} AS at FROM {rows} WHERE {worker}::text = $1 AND {at} <= now() AND {only}
   ORDER BY {at} DESC LIMIT 1)"
        )
    };
    let times: Vec<String> = signs(queue).iter().map(newest).collect();
    let sql = format!("SELECT {} FROM (SELECT max(t.at) AS at FROM ({}) t) s", age("s.at"), times.join(" UNION ALL "));
    // A worker that has not ended anything yet has none.
    let seen = db::brief(connection, BRIEF, async |c| {
        Ok(sqlx::query_scalar::<_, Option<i64>>(AssertSqlSafe(sql)).bind(worker).fetch_one(c).await?)
    });
    let seen = seen.await?.flatten();
    let heard = heartbeats(connection, queue).await?.filter(|(name, _)| name == worker).map(|(_, ago)| ago);
    Ok(seen.into_iter().chain(heard).min())
}
