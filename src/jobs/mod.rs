//! Jobs: how the queue stands, why a job does not run, and putting jobs right.
//!
//! The ground rule: what is asked of the database is what an index answers, at any number of jobs. What
//! cannot be had that way is bounded in time, and said to be an estimate or left out ([`Count`]).

mod change;
mod filter;
mod find;
mod fingerprint;
mod glance;
mod list;
mod picture;
mod plan;
mod redact;
mod timing;
mod triage;
mod why;
mod workers;

use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

pub use change::{Action, Answer, Batch, Outcome, apply, cancelled, prepared};
pub use filter::{ErrorLike, Filter, Payload, When};
pub use find::{Attempt, attempts_of, find};
pub use fingerprint::{Fingerprint, normalized};
pub use glance::{Failure, Glance, MINUTES, glance};
pub use list::{Count, Page, StatusCount, count, counts, list, slow, unknown};
pub use picture::{Picture, Rates, Verdict, picture};
pub use plan::{MOST, Plan, Planned, plan};
pub use timing::{BARS_MS, Distribution, Minute, Timing, latency, throughput};
pub use triage::{Group, Triage, triage};
pub use why::{Reason, why};
pub use workers::{Worker, workers};

use crate::db::Connection;
use crate::error::Result;
use crate::packs::{JobFact, JobState, Jobs, Key, Pack, Sql};

/// How long a look may take that nobody asked for by name; what is not told by then is left open.
const BRIEF: Duration = Duration::from_millis(250);

/// A job.
#[derive(Debug, Clone, Serialize)]
pub struct Job {
    /// Its id.
    pub job: String,
    /// What kind of work it is.
    pub kind: Option<String>,
    /// What its status means; none where the pack does not say.
    pub state: Option<JobState>,
    /// The application's word for how it stands.
    pub status: Option<String>,
    /// How often it was tried.
    pub attempts: Option<i32>,
    /// How often it may be tried.
    pub max_attempts: Option<i32>,
    /// The worker that has or had it.
    pub worker: Option<String>,
    /// When it was added. This and the other times are RFC 3339 in UTC.
    pub created_at: Option<String>,
    /// Not before when it may be claimed.
    pub scheduled_at: Option<String>,
    /// When it is tried again.
    pub retry_at: Option<String>,
    /// When a worker began with it last.
    pub started_at: Option<String>,
    /// Until when it is that worker's.
    pub lease_until: Option<String>,
    /// How long that is over, in seconds, where the worker has it still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past_lease_secs: Option<i64>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// When it failed last.
    pub failed_at: Option<String>,
    /// What went wrong last.
    pub error: Option<String>,
    /// The handle of errors like it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// What it was asked to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Box<RawValue>>,
    /// What came of it.
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
pub(crate) use time;

/// What is read of a row of a pack's jobs, `j`, but for payload and result.
const COLUMNS: &str = concat!(
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

/// A pack's jobs in a database.
#[derive(Debug, Clone, Copy)]
pub struct Queue<'a> {
    jobs: &'a Jobs,
    key: Key,
}

impl<'a> Queue<'a> {
    /// The jobs of the pack; from here on its names mean its own schema.
    ///
    /// # Errors
    /// A usage error where it keeps none; where its query does not fit the database.
    pub async fn open(connection: &mut Connection, pack: &'a Pack) -> Result<Self> {
        let jobs = pack.need_jobs()?;
        // Compiling a query takes longer than any of these is to.
        pack.enter_with(connection, "SET LOCAL jit = off").await?;
        let key = Key::of(connection, &jobs.jobs, "job_id").await?;
        Ok(Queue { jobs, key })
    }

    /// The pack's description of them.
    pub fn jobs(&self) -> &'a Jobs {
        self.jobs
    }

    /// The attempts, where they are kept.
    pub fn attempts(&self) -> Option<&'a Sql> {
        self.jobs.attempts.as_ref()
    }

    /// The state that one of the application's words means.
    pub fn state(&self, status: Option<&str>) -> Option<JobState> {
        let status = status?;
        self.jobs.states.iter().find(|(word, _)| word == status).map(|(_, state)| *state)
    }

    /// The application's words for these states.
    fn words(&self, states: &[JobState]) -> Vec<&'a str> {
        self.jobs.states.iter().filter(|(_, s)| states.contains(s)).map(|(word, _)| word.as_str()).collect()
    }

    /// That a job has one of these states, as a condition; the words are the pack's own.
    fn is(&self, states: &[JobState]) -> String {
        one_of(&self.words(states))
    }

    /// What a job is that ended without anybody writing down when, as a condition, where there are such.
    fn dead_without_end(&self) -> Option<String> {
        let some = self.jobs.lacks.contains(&JobFact::Ends);
        some.then(|| format!("{} AND j.finished_at IS NULL", self.is(&[JobState::Dead])))
    }

    /// The pack's rows, as a FROM item.
    fn rows(&self) -> String {
        format!("({}\n) j", self.jobs.jobs.text)
    }

    fn read(&self, row: &PgRow) -> Result<Job> {
        let status: Option<String> = row.try_get("status")?;
        let error: Option<String> = row.try_get("error")?;
        let state = self.state(status.as_deref());
        Ok(Job {
            job: row.try_get::<Option<String>, _>("job_id")?.unwrap_or_default(),
            kind: row.try_get("kind")?,
            state,
            status,
            attempts: row.try_get("attempts")?,
            max_attempts: row.try_get("max_attempts")?,
            worker: row.try_get("worker")?,
            created_at: row.try_get("created_at")?,
            scheduled_at: row.try_get("scheduled_at")?,
            retry_at: row.try_get("retry_at")?,
            started_at: row.try_get("started_at")?,
            lease_until: row.try_get("lease_until")?,
            past_lease_secs: row.try_get::<Option<i64>, _>("past_lease")?.filter(|_| state == Some(JobState::Running)),
            finished_at: row.try_get("finished_at")?,
            failed_at: row.try_get("failed_at")?,
            fingerprint: error.as_deref().map(Fingerprint::of),
            error,
            payload: None,
            result: None,
        })
    }
}

/// That `j.status` is one of these words; none is a condition that never holds. The words stand in the
/// query as literals of no type, which take the column's own, so that indexes serve.
fn one_of(words: &[&str]) -> String {
    if words.is_empty() {
        return "false".to_owned();
    }
    let words: Vec<String> = words.iter().map(|w| crate::db::quote_literal(w)).collect();
    format!("j.status IN ({})", words.join(", "))
}
