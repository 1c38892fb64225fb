//! A job, and what is read of it.

use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use super::fingerprint::Fingerprint;
use crate::packs::JobState;

/// Time limit of a query that nobody asked for by name; what it would tell is left out beyond that.
pub(super) const BRIEF: Duration = Duration::from_millis(250);

/// A job.
#[derive(Debug, Clone, Serialize)]
pub struct Job {
    /// The id.
    pub job: String,
    /// The kind of work.
    pub kind: Option<String>,
    /// The meaning of its status; none if the pack does not say.
    pub state: Option<JobState>,
    /// The application's word for how it stands.
    pub status: Option<String>,
    /// Number of attempts so far.
    pub attempts: Option<i32>,
    /// Largest number of attempts.
    pub max_attempts: Option<i32>,
    /// The worker that has or had it.
    pub worker: Option<String>,
    /// Time at which it was added. This and the other times are RFC 3339 in UTC.
    pub created_at: Option<String>,
    /// Earliest time at which it may be claimed.
    pub scheduled_at: Option<String>,
    /// Time of the next attempt.
    pub retry_at: Option<String>,
    /// Time at which a worker last began with it.
    pub started_at: Option<String>,
    /// End of the worker's lease.
    pub lease_until: Option<String>,
    /// Time since the lease ended, in seconds, if the worker still has the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past_lease_secs: Option<i64>,
    /// Time since the worker last began or ended any job, in seconds, if that was looked for and is not long ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_seen_secs: Option<i64>,
    /// Time at which it ended.
    pub finished_at: Option<String>,
    /// Time of the last failure.
    pub failed_at: Option<String>,
    /// The last error.
    pub error: Option<String>,
    /// The handle of errors like it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The input of the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Box<RawValue>>,
    /// The result of the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Box<RawValue>>,
}

/// A time as text, whatever the server takes for one: some lie beyond all calendars.
macro_rules! time {
    ($column:literal) => {
        concat!(
            "coalesce(to_char(",
            $column,
            " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), ",
            $column,
            "::text)"
        )
    };
}
pub(super) use time;

/// The columns that are read of a row of a pack's jobs, `j`, without payload and result.
pub(super) const COLUMNS: &str = concat!(
    "j.job_id::text AS job_id, j.kind::text AS kind, j.status::text AS status, j.attempts::int4 AS attempts,
       j.max_attempts::int4 AS max_attempts, j.worker::text AS worker, ",
    time!("j.created_at"),
    " AS created_at, ",
    time!("j.scheduled_at"),
    " AS scheduled_at, ",
    time!("j.retry_at"),
    " AS retry_at, ",
    time!("j.started_at"),
    " AS started_at, ",
    time!("j.lease_until"),
    " AS lease_until, ",
    time!("j.finished_at"),
    " AS finished_at, ",
    time!("j.failed_at"),
    " AS failed_at, j.error::text AS error,
       CASE WHEN isfinite(j.lease_until) AND j.lease_until < now()
            THEN floor(extract(epoch FROM now() - j.lease_until))::int8 END AS past_lease"
);
