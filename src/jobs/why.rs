//! The look for the reason why a job is not running.

use sqlx::{AssertSqlSafe, Row as _};

use super::due::{Claimable, before, claimable};
use super::health::health;
use super::model::{BRIEF, Job};
use super::queue::Queue;
use super::reason::Reason;
use super::registry::registered;
use super::seen::never_seen;
use super::verdict::HealthVerdict;
use super::window::CANCELLED;
use super::window::age;
use super::workers::worker_seen;
use crate::db::{self, Connection};
use crate::error::Result;
use crate::packs::{JobFact, JobState};
use crate::store::jobs as store;

/// Largest number of jobs before a job that are counted.
const AHEAD: i64 = 10_000;

/// Finds the reason why the job is not running.
///
/// # Errors
/// If the queue cannot be read.
pub async fn why(connection: &mut Connection, queue: &Queue<'_>, job: &Job) -> Result<Reason> {
    let Some(state) = job.state else { return Ok(Reason::Unknown { status: job.status.clone() }) };
    let sql = format!(
        "SELECT {} AS finished, {} AS lease, {} AS retry, {} AS scheduled, {} AS blocked, {} AS priority, {} AS queue,
       {} AS unique_key
  FROM {} WHERE {} = {}",
        age("j.finished_at"),
        age("j.lease_until"),
        age("j.retry_at"),
        age("j.scheduled_at"),
        if queue.columns.blocked { "j.blocked_by::text" } else { "NULL::text" },
        if queue.columns.priority { "j.priority::text" } else { "NULL::text" },
        if queue.columns.queue { "j.queue::text" } else { "NULL::text" },
        if queue.columns.unique { "j.unique_key::text" } else { "NULL::text" },
        queue.rows(),
        queue.key.column("j.job_id"),
        queue.key.parameter("$1"),
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(&job.job).fetch_one(&mut *connection).await?;
    let age_of = |column: &str| -> Result<Option<i64>> { Ok(row.try_get(column)?) };
    let place =
        Place { queue: row.try_get("queue")?, priority: row.try_get("priority")?, unique: row.try_get("unique_key")? };
    let blocked: Option<String> = row.try_get("blocked")?;
    Ok(match state {
        JobState::Done => Reason::Done { secs: age_of("finished")? },
        JobState::Cancelled | JobState::Dead => {
            let reason = job.error.as_deref().and_then(|error| error.strip_prefix(CANCELLED)).map(str::to_owned);
            let known = cancelled_by(connection, &job.job).await?;
            match state == JobState::Cancelled || reason.is_some() {
                true => {
                    let logged = known.as_ref().and_then(|known| known.reason.clone());
                    Reason::Cancelled { by: known.map(|known| known.by), reason: reason.or(logged) }
                }
                false => Reason::Dead {
                    attempts: job.attempts,
                    max_attempts: job.max_attempts,
                    error: job.error.clone(),
                    listed: known.is_some(),
                },
            }
        }
        JobState::Running => match age_of("lease")? {
            _ if queue.jobs.lacks.contains(&JobFact::Leases) => Reason::Running,
            None => Reason::Running,
            Some(secs) if secs < 0 => Reason::Leased { worker: job.worker.clone(), ends_secs: -secs },
            Some(secs) => Reason::LeaseOver {
                worker: job.worker.clone(),
                secs,
                seen_secs: worker_seen(connection, queue, job.worker.as_deref()).await?,
            },
        },
        JobState::Waiting => Reason::Blocked { by: blocked },
        JobState::Failed => match age_of("retry")? {
            None if job.retry_at.is_none() => Reason::NoRetry,
            Some(secs) if secs >= 0 => behind(connection, queue, job, &place, blocked).await?,
            None if job.retry_at.as_deref() != Some("infinity") => {
                behind(connection, queue, job, &place, blocked).await?
            }
            secs => Reason::NotYet { secs: secs.map(|s| -s), failed: true },
        },
        JobState::Queued => match age_of("scheduled")? {
            Some(secs) if secs < 0 => Reason::NotYet { secs: Some(-secs), failed: false },
            None if job.scheduled_at.as_deref() == Some("infinity") => Reason::NotYet { secs: None, failed: false },
            _ => behind(connection, queue, job, &place, blocked).await?,
        },
    })
}

/// The columns that a job's turn depends on, beside its time.
struct Place {
    queue: Option<String>,
    priority: Option<String>,
    unique: Option<String>,
}

/// Looks at what keeps a job that is due: something that holds it back, a worker, that nobody takes such, and the jobs that
/// are taken before it.
async fn behind(
    connection: &mut Connection,
    queue: &Queue<'_>,
    job: &Job,
    place: &Place,
    blocked: Option<String>,
) -> Result<Reason> {
    if let (Some(attempts), Some(max_attempts)) = (job.attempts, job.max_attempts)
        && attempts >= max_attempts
    {
        return Ok(Reason::OutOfAttempts { attempts, max_attempts });
    }
    let paused = |name: &&String| queue.settings().iter().any(|s| s.paused && s.queue == **name);
    if let Some(queue) = place.queue.as_ref().filter(paused) {
        return Ok(Reason::Paused { queue: queue.clone() });
    }
    if let Some(key) = &place.unique
        && let Some(by) = holder(connection, queue, job, place, key).await?
    {
        return Ok(Reason::KeyHeld { key: key.clone(), by });
    }
    if let Some(by) = blocked {
        return Ok(Reason::Blocked { by: Some(by) });
    }
    if let Some(worker) = job.worker.as_deref().filter(|_| job.state == Some(JobState::Queued)) {
        let seen_secs = worker_seen(connection, queue, Some(worker)).await?;
        return Ok(Reason::Held { worker: worker.to_owned(), seen_secs });
    }
    let health = health(connection, queue).await?;
    let own = health.groups.iter().find(|group| (&group.queue, &group.kind) == (&place.queue, &job.kind));
    if own.is_some_and(|group| group.workers == Some(0)) {
        return Ok(Reason::NoWorker { queue: place.queue.clone(), kind: job.kind.clone() });
    }
    if let Some(HealthVerdict::Unattended { secs, waiting, queue, kind, outranked, .. }) =
        own.map(|group| group.verdict.clone())
    {
        return Ok(Reason::Unattended { secs, waiting, queue, kind, outranked });
    }
    let together = together(connection, queue, job, place.queue.as_deref()).await?;
    let outranked = outranked(connection, queue, place, together.as_deref()).await?;
    let due = match job.state {
        Some(JobState::Failed) => job.retry_at.clone(),
        _ => job.scheduled_at.clone().or_else(|| job.created_at.clone()),
    };
    let others = match (before(queue, AHEAD), due) {
        (Some(sql), _) => {
            let others = db::brief(connection, BRIEF, async |c| {
                let query = sqlx::query_scalar::<_, Option<i64>>(AssertSqlSafe(sql)).bind(&job.job).bind(together);
                Ok(query.fetch_one(c).await?)
            });
            others.await?.flatten()
        }
        (None, Some(due)) => others(connection, queue, job, place, due).await?,
        (None, None) => None,
    };
    // Where what is done is deleted, or workers are registered, there may have been one that no job shows.
    let hidden = health.forgets_done || health.window_secs.is_some() || health.alive.is_some();
    let never = health.last_seen_secs.is_none() && !hidden && never_seen(connection, queue).await?;
    Ok(Reason::Behind {
        others: others.map(|n| n.min(AHEAD)),
        more: others.is_some_and(|n| n > AHEAD),
        outranked,
        free: queue.columns.tells_blocked,
        alive: own.map_or(health.alive, |group| group.workers).filter(|workers| *workers > 0),
        seen_secs: health.last_seen_secs,
        never,
    })
}

/// The queues whose jobs are taken in one order with those of this one; none where these are all. A worker that is registered
/// says which queues it takes.
async fn together(
    connection: &mut Connection,
    queue: &Queue<'_>,
    job: &Job,
    own: Option<&str>,
) -> Result<Option<Vec<String>>> {
    let Some(own) = own else { return Ok(None) };
    if !queue.jobs.across_queues {
        return Ok(Some(vec![own.to_owned()]));
    }
    let workers = registered(connection, queue.pack).await?.unwrap_or_default();
    let takers = workers.into_iter().filter(|worker| worker.takes(Some(own), job.kind.as_deref()));
    let queues: Option<Vec<Vec<String>>> = takers.map(|worker| worker.queues).collect();
    Ok(queues.map(|queues| queues.concat()).filter(|queues| !queues.is_empty()))
}

/// A job of the same queue that runs and has the same unique key.
async fn holder(
    connection: &mut Connection,
    queue: &Queue<'_>,
    job: &Job,
    place: &Place,
    key: &str,
) -> Result<Option<String>> {
    let of = if queue.columns.queue {
        "j.queue::text IS NOT DISTINCT FROM $3::text"
    } else {
        "coalesce($3::text, '') IS NOT NULL"
    };
    let sql = format!(
        "SELECT j.job_id::text FROM {} WHERE {} AND j.unique_key::text = $1 AND j.job_id::text <> $2 AND {of} LIMIT 1",
        queue.rows(),
        queue.is(&[JobState::Running])
    );
    let holder = db::brief(connection, BRIEF, async |c| {
        let query = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).bind(key).bind(&job.job).bind(&place.queue);
        Ok(query.fetch_optional(c).await?)
    });
    Ok(holder.await?.flatten())
}

/// True if jobs of a higher priority can be claimed, of these queues or of all; false also if that is not told in a moment.
async fn outranked(
    connection: &mut Connection,
    queue: &Queue<'_>,
    place: &Place,
    together: Option<&[String]>,
) -> Result<bool> {
    let Some(priority) = place.priority.as_ref() else { return Ok(false) };
    let own = if queue.columns.queue { " OR j.queue::text = ANY ($2)" } else { "" };
    let parts: Vec<String> = claimable(queue)
        .iter()
        .map(|Claimable { condition, .. }| {
            let rows = queue.rows();
            format!(
                "EXISTS (SELECT FROM {rows} WHERE {condition} AND j.priority::numeric < $1::text::numeric AND ($2::text[] IS NULL{own}))"
            )
        })
        .collect();
    if parts.is_empty() {
        return Ok(false);
    }
    let sql = format!("SELECT {}", parts.join(" OR "));
    let told = db::brief(connection, BRIEF, async |c| {
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(priority).bind(together).fetch_one(c).await?)
    });
    Ok(told.await?.unwrap_or_default())
}

/// Number of jobs that are taken before the job, of its queue or of all: by priority, then by time. Of those of one time, the
/// ids decide, so that each has a place.
async fn others(
    connection: &mut Connection,
    queue: &Queue<'_>,
    job: &Job,
    place: &Place,
    due: String,
) -> Result<Option<i64>> {
    let (key, own) = (queue.key.column("j.job_id"), queue.key.parameter("$3"));
    let parts: Vec<String> = claimable(queue)
        .iter()
        .map(|Claimable { condition, due: time }| {
            let earlier =
                format!("{time} <= $1::text::timestamptz AND ({time} < $1::text::timestamptz OR {key} < {own})");
            let before = match queue.columns.priority {
                true => format!(
                    "(j.priority::numeric < $4::text::numeric OR j.priority::numeric = $4::text::numeric AND {earlier})"
                ),
                false => earlier,
            };
            let apart = queue.columns.queue && !queue.jobs.across_queues;
            let of = if apart { " AND j.queue::text IS NOT DISTINCT FROM $5::text" } else { "" };
            format!("(SELECT FROM {} WHERE {condition} AND {before}{of} LIMIT $2)", queue.rows())
        })
        .collect();
    if parts.is_empty() || queue.columns.priority && place.priority.is_none() {
        return Ok(None);
    }
    // Each parameter has its type, whether it is used or not.
    let sql = format!(
        "SELECT count(*) FROM ({}) others WHERE coalesce($4::text, $5::text, '') IS NOT NULL",
        parts.join(" UNION ALL ")
    );
    db::brief(connection, BRIEF, async |c| {
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(due).bind(AHEAD + 1).bind(&job.job);
        Ok(query.bind(&place.priority).bind(&place.queue).fetch_one(c).await?)
    })
    .await
}

/// The operator who cancelled a job, and why; none if that is not known.
async fn cancelled_by(connection: &mut Connection, job: &str) -> Result<Option<store::CancelledOne>> {
    if !db::relation_exists(connection, store::TABLE).await? {
        return Ok(None);
    }
    let known = db::brief(connection, BRIEF, async |c| store::cancelled_one(job).optional(c).await);
    // A role that may not read the list is told the rest.
    Ok(known.await.ok().flatten().flatten())
}
