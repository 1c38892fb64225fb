//! The reason why a job is not running, in a sentence.

use std::fmt;

use serde::Serialize;
use sqlx::{AssertSqlSafe, Row as _};

use super::health::{Claimable, age, claimable, last_seen};
use super::model::{BRIEF, Job};
use super::queue::Queue;
use crate::db::{self, Connection};
use crate::error::Result;
use crate::packs::{JobFact, JobState};
use crate::text::{counted, escape, quoted, span, thousands};

/// Largest number of jobs before a job that are counted.
const AHEAD: i64 = 10_000;

/// The reason why a job is not running. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Reason {
    /// It succeeded.
    Done {
        /// So long ago.
        secs: Option<i64>,
    },
    /// It failed for good, or was cancelled.
    Dead {
        /// Number of attempts so far.
        attempts: Option<i32>,
        /// Largest number of attempts.
        max_attempts: Option<i32>,
        /// The last error.
        error: Option<String>,
    },
    /// It is running.
    Leased {
        /// The worker that has it.
        worker: Option<String>,
        /// The lease ends in so long.
        ends_secs: i64,
    },
    /// The worker that has it did not end in time.
    LeaseOver {
        /// The worker.
        worker: Option<String>,
        /// The lease ended so long ago.
        secs: i64,
        /// The worker was last seen so long ago.
        seen_secs: Option<i64>,
    },
    /// It is being worked on, as far as its status says: there are no leases.
    Running,
    /// It is not due yet.
    NotYet {
        /// It is in so long; none where that is never.
        secs: Option<i64>,
        /// Because it failed.
        failed: bool,
    },
    /// It waits, and no worker can take it.
    OutOfAttempts {
        /// Number of attempts so far.
        attempts: i32,
        /// Largest number of attempts.
        max_attempts: i32,
    },
    /// It failed, and nobody has said when it is tried again.
    NoRetry,
    /// It could run.
    Behind {
        /// Number of jobs that are due before it; none if counting takes too long.
        others: Option<i64>,
        /// True if there are more than that.
        more: bool,
        /// A worker was last seen so long ago.
        seen_secs: Option<i64>,
    },
    /// The pack does not say what its status means.
    Unknown {
        /// The status.
        status: Option<String>,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = |worker: &Option<String>| {
            worker.as_deref().map_or_else(|| "a worker that is not named".to_owned(), |w| escape(w).into_owned())
        };
        match self {
            Reason::Done { secs: None } => write!(f, "it is done"),
            Reason::Done { secs: Some(secs) } => write!(f, "it is done, since {}", span(*secs)),
            Reason::Dead { attempts: Some(attempts), max_attempts: Some(most), .. } if attempts >= most => {
                write!(f, "it is out of attempts: {attempts} of {most}, and is not tried again")
            }
            Reason::Dead { .. } => write!(f, "it failed or was cancelled, and is not tried again"),
            Reason::Leased { worker, ends_secs } => {
                write!(f, "it is running: {} holds it for another {}", held(worker), span(*ends_secs))
            }
            Reason::LeaseOver { worker, secs, seen_secs } => {
                write!(f, "its lease expired {} ago: {} has it", span(*secs), held(worker))?;
                match seen_secs {
                    Some(seen) => write!(f, ", which was last seen {} ago", span(*seen)),
                    None => write!(f, ", and was not seen since"),
                }
            }
            Reason::Running => write!(f, "its status says that it is running; there are no leases to check that"),
            Reason::NotYet { secs: Some(secs), failed: true } => {
                write!(f, "it failed, and is tried again in {}", span(*secs))
            }
            Reason::NotYet { secs: None, failed: true } => {
                write!(f, "it failed and is never tried again: its retry time is infinity")
            }
            Reason::NotYet { secs: Some(secs), failed: false } => {
                write!(f, "it is scheduled, and due in {}", span(*secs))
            }
            Reason::NotYet { secs: None, failed: false } => {
                write!(f, "it is never due: its scheduled time is infinity")
            }
            Reason::OutOfAttempts { attempts, max_attempts } => {
                write!(f, "it waits, but is out of attempts, {attempts} of {max_attempts}: no worker can take it")
            }
            Reason::NoRetry => write!(f, "it failed, and no time is set for the next attempt"),
            Reason::Behind { others, more, seen_secs } => {
                match others {
                    Some(0) => write!(f, "it is next")?,
                    Some(n) if *more => write!(f, "it is behind more than {} others", thousands(n))?,
                    Some(n) => write!(f, "it is behind {}", counted(n, "other"))?,
                    None => write!(f, "it waits for a worker")?,
                }
                match seen_secs {
                    Some(seen) if *seen >= 60 => write!(f, "; no worker was seen for {}", span(*seen)),
                    Some(_) => Ok(()),
                    None => write!(f, "; no worker was ever seen"),
                }
            }
            Reason::Unknown { status } => {
                let status = status.as_deref().unwrap_or("null");
                write!(f, "its status is '{}', which the pack does not map to a state", escape(status))
            }
        }
    }
}

impl Reason {
    /// The command that helps, if there is one.
    pub fn remedy(&self, job: &Job) -> Option<String> {
        let end_of_flags = if job.job.starts_with('-') { "-- " } else { "" };
        let id = format!("{end_of_flags}{}", quoted(&job.job));
        match self {
            Reason::Dead { .. } | Reason::NoRetry => Some(format!("bursar jobs retry {id}")),
            Reason::OutOfAttempts { .. } if job.state == Some(JobState::Failed) => {
                Some(format!("bursar jobs retry {id}"))
            }
            Reason::OutOfAttempts { .. } => Some(format!("bursar jobs cancel {id} --reason 'out of attempts'")),
            Reason::LeaseOver { .. } => Some(format!("bursar jobs stuck --release {id}")),
            Reason::Behind { seen_secs, .. } if seen_secs.is_none_or(|s| s >= 60) => {
                Some("check that the workers run".to_owned())
            }
            _ => None,
        }
    }
}

/// Finds the reason why the job is not running.
///
/// # Errors
/// If the queue cannot be read.
pub async fn why(connection: &mut Connection, queue: &Queue<'_>, job: &Job) -> Result<Reason> {
    let Some(state) = job.state else { return Ok(Reason::Unknown { status: job.status.clone() }) };
    let sql = format!(
        "SELECT {} AS finished, {} AS lease, {} AS retry, {} AS scheduled FROM {} WHERE {} = {}",
        age("j.finished_at"),
        age("j.lease_until"),
        age("j.retry_at"),
        age("j.scheduled_at"),
        queue.rows(),
        queue.key.column("j.job_id"),
        queue.key.parameter("$1"),
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(&job.job).fetch_one(&mut *connection).await?;
    let age_of = |column: &str| -> Result<Option<i64>> { Ok(row.try_get(column)?) };
    Ok(match state {
        JobState::Done => Reason::Done { secs: age_of("finished")? },
        JobState::Dead => {
            Reason::Dead { attempts: job.attempts, max_attempts: job.max_attempts, error: job.error.clone() }
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
        JobState::Failed => match age_of("retry")? {
            None if job.retry_at.is_none() => Reason::NoRetry,
            Some(secs) if secs >= 0 => behind(connection, queue, job).await?,
            None if job.retry_at.as_deref() != Some("infinity") => behind(connection, queue, job).await?,
            secs => Reason::NotYet { secs: secs.map(|s| -s), failed: true },
        },
        JobState::Queued => match age_of("scheduled")? {
            Some(secs) if secs < 0 => Reason::NotYet { secs: Some(-secs), failed: false },
            None if job.scheduled_at.as_deref() == Some("infinity") => Reason::NotYet { secs: None, failed: false },
            _ => behind(connection, queue, job).await?,
        },
    })
}

/// Counts the jobs that are due before the job, and looks for a worker's last sign of life.
async fn behind(connection: &mut Connection, queue: &Queue<'_>, job: &Job) -> Result<Reason> {
    if let (Some(attempts), Some(max_attempts)) = (job.attempts, job.max_attempts)
        && attempts >= max_attempts
    {
        return Ok(Reason::OutOfAttempts { attempts, max_attempts });
    }
    let due = match job.state {
        Some(JobState::Failed) => job.retry_at.clone(),
        _ => job.scheduled_at.clone().or_else(|| job.created_at.clone()),
    };
    let parts = claimable(queue).map(|Claimable { condition, due: time }| {
        format!("(SELECT FROM {} WHERE {condition} AND {time} < $1::text::timestamptz LIMIT $2)", queue.rows())
    });
    let sql = format!("SELECT count(*) FROM ({}) others", parts.join(" UNION ALL "));
    let others: Option<i64> = db::brief(connection, BRIEF, async |c| {
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(due).bind(AHEAD + 1).fetch_one(c).await?)
    })
    .await?;
    let seen_secs = last_seen(connection, queue).await?;
    Ok(Reason::Behind { others: others.map(|n| n.min(AHEAD)), more: others.is_some_and(|n| n > AHEAD), seen_secs })
}

/// Time since a worker was seen last, in seconds.
async fn worker_seen(connection: &mut Connection, queue: &Queue<'_>, worker: Option<&str>) -> Result<Option<i64>> {
    let (Some(worker), Some(attempts)) = (worker, queue.attempts()) else { return Ok(None) };
    let sql = format!(
        "SELECT {} FROM (SELECT a.at FROM ({}\n) a WHERE a.worker::text = $1 AND a.at <= now() ORDER BY a.at DESC LIMIT 1) s",
        age("s.at"),
        attempts.text
    );
    // A worker that has not ended an attempt yet has none.
    let seen = db::brief(connection, BRIEF, async |c| {
        Ok(sqlx::query_scalar::<_, Option<i64>>(AssertSqlSafe(sql)).bind(worker).fetch_optional(c).await?)
    });
    Ok(seen.await?.flatten().flatten())
}
