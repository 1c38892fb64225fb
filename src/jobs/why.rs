//! The look for the reason why a job is not running.

use sqlx::{AssertSqlSafe, Row as _};

use super::due::{Claimable, before, claimable};
use super::groups::GroupHealth;
use super::health::{JobHealth, health};
use super::model::{BRIEF, Job};
use super::order::{Order, Orders};
use super::queue::Queue;
use super::reason::{KeyHolder, Reason};
use super::seen::never_seen;
use super::verdict::HealthVerdict;
use super::window::CANCELLED;
use super::window::age;
use super::workers::worker_seen;
use crate::db::{self, Connection, quote_literal};
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
        queue.of_queue(),
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
    // Whatever else keeps it, and whatever its time, no worker can take it.
    if let Some(reason) = out_of_attempts(state, job) {
        return Ok(reason);
    }
    Ok(match state {
        JobState::Done => Reason::Done { secs: age_of("finished")? },
        JobState::Cancelled | JobState::Dead => {
            let key_holder = key_holder(connection, queue, job, &place).await?;
            let reason = job.error.as_deref().and_then(|error| error.strip_prefix(CANCELLED)).map(str::to_owned);
            let known = cancelled_by(connection, &job.job).await?;
            match state == JobState::Cancelled || reason.is_some() {
                true => {
                    let logged = known.as_ref().and_then(|known| known.reason.clone());
                    Reason::Cancelled { by: known.map(|known| known.by), reason: reason.or(logged), key_holder }
                }
                false => Reason::Dead {
                    attempts: job.attempts,
                    max_attempts: job.max_attempts,
                    error: job.error.clone(),
                    listed: known.is_some(),
                    key_holder,
                },
            }
        }
        JobState::Running => match (age_of("lease")?, job.lease_until.as_deref()) {
            _ if queue.jobs.lacks.contains(&JobFact::Leases) => Reason::Running { leases: false },
            (None, None) => Reason::Running { leases: true },
            (None, Some("infinity")) => Reason::Leased { worker: job.worker.clone(), ends_secs: None },
            (Some(secs), _) if secs < 0 => Reason::Leased { worker: job.worker.clone(), ends_secs: Some(-secs) },
            (secs, _) => Reason::LeaseOver {
                worker: job.worker.clone(),
                secs,
                seen_secs: worker_seen(connection, queue, job.worker.as_deref()).await?,
                untold: queue.may_hide(),
                key_holder: key_holder(connection, queue, job, &place).await?,
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

/// The reason that a job which waits is out of attempts, if it is.
fn out_of_attempts(state: JobState, job: &Job) -> Option<Reason> {
    let waits = matches!(state, JobState::Queued | JobState::Waiting | JobState::Failed);
    let (attempts, max_attempts) = job.attempts.zip(job.max_attempts)?;
    (waits && attempts >= max_attempts).then_some(Reason::OutOfAttempts { attempts, max_attempts })
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
    let paused = |name: &&String| queue.settings().iter().any(|s| s.paused && s.queue == **name);
    if let Some(queue) = place.queue.as_ref().filter(paused) {
        return Ok(Reason::Paused { queue: queue.clone() });
    }
    if let Some(by) = blocked {
        return Ok(Reason::Blocked { by: Some(by) });
    }
    if let Some(worker) = job.worker.as_deref().filter(|_| job.state == Some(JobState::Queued)) {
        let seen_secs = worker_seen(connection, queue, Some(worker)).await?;
        return Ok(Reason::Held { worker: worker.to_owned(), seen_secs, untold: queue.may_hide() });
    }
    let health = health(connection, queue).await?;
    let own = health.groups.iter().find(|group| (&group.queue, &group.kind) == (&place.queue, &job.kind));
    if own.is_some_and(|group| group.workers == Some(0)) {
        return Ok(Reason::NoWorker { queue: place.queue.clone(), kind: job.kind.clone() });
    }
    if let Some(HealthVerdict::Unattended { secs, waiting, queue, kind, outranked, queues_first, .. }) =
        own.map(|group| group.verdict.clone())
    {
        return Ok(Reason::Unattended { secs, waiting, queue, kind, outranked, queues_first });
    }
    let turn = turn(connection, queue, job, place, &health).await?;
    // Where what is done is deleted, or workers are registered, there may have been one that no job shows.
    let hidden = queue.may_hide() || health.forgets_done || health.window_secs.is_some() || health.alive.is_some();
    let never = health.last_seen_secs.is_none() && !hidden && never_seen(connection, queue).await?;
    Ok(Reason::Behind {
        others: turn.others.map(|n| n.min(AHEAD)),
        more: turn.others.is_some_and(|n| n > AHEAD),
        outranked: turn.outranked,
        queues_first: turn.queues_first,
        queues_untold: turn.queues_untold,
        free: queue.columns.tells_blocked,
        alive: own.map_or(health.alive, |group| group.workers).filter(|workers| *workers > 0),
        seen_secs: health.last_seen_secs,
        untold: queue.may_hide(),
        never,
    })
}

/// The jobs before a job in the order of the worker whose turn for it comes first.
struct Turn {
    /// Number of them; none if that is not told in a moment.
    others: Option<i64>,
    /// True if some have a higher priority, and are not of a queue that goes first as a whole.
    outranked: bool,
    /// The queues that go first as a whole, and of which jobs wait.
    queues_first: Vec<String>,
    /// True if workers may take other queues first, of which jobs wait, and nothing tells it.
    queues_untold: bool,
}

async fn turn(
    connection: &mut Connection,
    queue: &Queue<'_>,
    job: &Job,
    place: &Place,
    health: &JobHealth,
) -> Result<Turn> {
    let (own_queue, kind) = (place.queue.as_deref(), job.kind.as_deref());
    let Orders { orders, told } = Orders::of(queue, health.workers.as_deref(), own_queue, kind);
    let passed: Vec<&GroupHealth> = health.groups.iter().filter(|group| is_passed(group)).collect();
    let waits = |group: &&GroupHealth| group.waiting > 0 && !group.paused && !is_passed(group);
    let mut all = Vec::new();
    for order in &orders {
        all.push((order, ahead(connection, queue, job, place, order, &passed).await?));
    }
    // The worker for which it is its turn first takes it.
    let (mut first, mut others, mut is_outranked) = (Vec::new(), None, false);
    if let Some((order, number)) = all.into_iter().min_by_key(|(_, number)| number.unwrap_or(i64::MAX)) {
        (first, others) = (order.first(own_queue), number);
        is_outranked = outranked(connection, queue, place, order.together(own_queue).as_deref(), &passed).await?;
    }
    let of = |name: &String| health.groups.iter().filter(waits).any(|group| group.queue.as_ref() == Some(name));
    let others_wait = || health.groups.iter().filter(waits).any(|group| group.queue != place.queue);
    let queues_first = first.into_iter().filter(of).collect();
    Ok(Turn { others, outranked: is_outranked, queues_first, queues_untold: !told && others_wait() })
}

/// True if nobody takes jobs of the queue and kind, so that others do not wait for them.
fn is_passed(group: &GroupHealth) -> bool {
    let is_never_first = matches!(&group.verdict, HealthVerdict::Unattended { outranked: false, queues_first, .. } if queues_first.is_empty());
    group.workers == Some(0) || is_never_first
}

/// The condition that a job, with the prefix `of`, is of none of these queues and kinds.
fn none_of(groups: &[&GroupHealth], queue: &Queue<'_>, of: &str) -> String {
    let is = |column: &str, value: &Option<String>| match value {
        Some(value) => format!("{of}.{column}::text = {}", quote_literal(value)),
        None => format!("{of}.{column} IS NULL"),
    };
    let conditions = groups.iter().map(|group| {
        let kind = is("kind", &group.kind);
        if queue.columns.queue { format!("({} AND {kind})", is("queue", &group.queue)) } else { format!("({kind})") }
    });
    let any = conditions.collect::<Vec<_>>().join(" OR ");
    if any.is_empty() { "true".to_owned() } else { format!("({any}) IS NOT TRUE") }
}

/// Number of jobs that workers of an order take before a job, without those that are passed over; none if that is not told in
/// a moment.
async fn ahead(
    connection: &mut Connection,
    queue: &Queue<'_>,
    job: &Job,
    place: &Place,
    order: &Order,
    passed: &[&GroupHealth],
) -> Result<Option<i64>> {
    let own = place.queue.as_deref();
    let (first, together) = (order.first(own), order.together(own));
    let due = match job.state {
        Some(JobState::Failed) => job.retry_at.clone(),
        _ => job.scheduled_at.clone().or_else(|| job.created_at.clone()),
    };
    Ok(match (before(queue, &none_of(passed, queue, "c"), AHEAD), due) {
        (Some(sql), _) => {
            let others = db::brief(connection, BRIEF, async |c| {
                let query = sqlx::query_scalar::<_, Option<i64>>(AssertSqlSafe(sql)).bind(&job.job);
                Ok(query.bind(together).bind(first).fetch_one(c).await?)
            });
            others.await?.flatten()
        }
        (None, Some(due)) => others(connection, queue, job, place, &due, (first, together), passed).await?,
        (None, None) => None,
    })
}

/// A job that waits and has the key of a job, of which one job may wait: the job itself cannot be put back beside it.
async fn key_holder(
    connection: &mut Connection,
    queue: &Queue<'_>,
    job: &Job,
    place: &Place,
) -> Result<Option<KeyHolder>> {
    let Some(key) = &place.unique else { return Ok(None) };
    let sql = format!(
        "SELECT j.job_id::text FROM {} WHERE {} AND j.unique_key::text = $1 AND j.job_id::text <> $2 LIMIT 1",
        queue.rows(),
        queue.is(&[JobState::Queued, JobState::Waiting, JobState::Failed])
    );
    let holder = db::brief(connection, BRIEF, async |c| {
        let query = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).bind(key).bind(&job.job);
        Ok(query.fetch_optional(c).await?)
    });
    Ok(holder.await?.flatten().map(|by| KeyHolder { key: key.clone(), by }))
}

/// True if jobs of a higher priority can be claimed, of these queues or of all; false also if that is not told in a moment.
async fn outranked(
    connection: &mut Connection,
    queue: &Queue<'_>,
    place: &Place,
    together: Option<&[String]>,
    passed: &[&GroupHealth],
) -> Result<bool> {
    let Some(priority) = place.priority.as_ref() else { return Ok(false) };
    let own = if queue.columns.queue { " OR j.queue::text = ANY ($2)" } else { "" };
    let (rows, fits) = (queue.rows(), none_of(passed, queue, "j"));
    let parts: Vec<String> = claimable(queue)
        .iter()
        .map(|Claimable { condition, .. }| {
            format!(
                "EXISTS (SELECT FROM {rows} WHERE {condition} AND j.priority::numeric < $1::text::numeric AND ($2::text[] IS NULL{own}) AND {fits})"
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

/// Number of jobs that are taken before the job: all of the queues that go first, and those of the queues that are taken
/// together with its own, or of all, by priority, then by time. Of those of one time, the ids decide, so that each has a
/// place.
async fn others(
    connection: &mut Connection,
    queue: &Queue<'_>,
    job: &Job,
    place: &Place,
    due: &str,
    (first, together): (Vec<String>, Option<Vec<String>>),
    passed: &[&GroupHealth],
) -> Result<Option<i64>> {
    let (key, own) = (queue.key.column("j.job_id"), queue.key.parameter("$3"));
    let fits = none_of(passed, queue, "j");
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
            let (of, or) = match (&together, queue.columns.queue && !queue.jobs.across_queues) {
                (Some(_), _) => (" AND j.queue::text = ANY ($5::text[])", " OR j.queue::text = ANY ($6::text[])"),
                // Those of no queue have an order of their own.
                (None, true) => (" AND j.queue IS NULL", ""),
                (None, false) => ("", ""),
            };
            let or = if first.is_empty() { "" } else { or };
            format!("(SELECT FROM {} WHERE {condition} AND ({before}{of}{or}) AND {fits} LIMIT $2)", queue.rows())
        })
        .collect();
    if parts.is_empty() || queue.columns.priority && place.priority.is_none() {
        return Ok(None);
    }
    // Each parameter has its type, whether it is used or not.
    let sql = format!(
        "SELECT count(*) FROM ({}) others WHERE coalesce($4::text, $5::text[]::text, $6::text[]::text, '') IS NOT NULL",
        parts.join(" UNION ALL ")
    );
    db::brief(connection, BRIEF, async |c| {
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(due).bind(AHEAD + 1).bind(&job.job);
        Ok(query.bind(&place.priority).bind(together).bind(first).fetch_one(c).await?)
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
