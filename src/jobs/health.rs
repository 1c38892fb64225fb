//! The health of the queue.
//!
//! The verdict comes from how long the oldest job that could be claimed has waited, and from what goes in and
//! out; a deep queue that is worked off is well, and a short one that nobody works on is not.

use std::fmt;

use serde::Serialize;
use sqlx::{AssertSqlSafe, Row as _};

use super::model::BRIEF;
use super::queue::{Queue, one_of};
use crate::db::{self, Connection};
use crate::error::Result;
use crate::packs::{JobFact, JobState};
use crate::text::span;

/// The stretch of time that rates are taken from, in seconds.
pub const WINDOW_SECS: i64 = 600;

/// After how long without a sign of life a queue with work in it is stalled, in seconds.
const SILENCE_SECS: i64 = 120;

/// The health of a queue of jobs.
#[derive(Debug, Clone, Serialize)]
pub struct JobHealth {
    /// In a word.
    pub verdict: HealthVerdict,
    /// Number of jobs that can be claimed now; none if counting takes too long.
    pub claimable: Option<u64>,
    /// Time that the oldest of those has waited, in seconds.
    pub oldest_claimable_secs: Option<i64>,
    /// Number of jobs that came and went lately; none if counting takes too long.
    pub rates: Option<Rates>,
    /// Number of running jobs past their lease; none if there are no leases or counting takes too long.
    pub past_lease: Option<u64>,
    /// Time since a worker last began or ended something, in seconds.
    pub last_seen_secs: Option<i64>,
}

impl JobHealth {
    /// The health if rows of these tables may be hidden: it is then not known that no job waits.
    #[must_use]
    pub fn without(mut self, hidden: &[String]) -> Self {
        if !hidden.is_empty() && matches!(self.verdict, HealthVerdict::Idle | HealthVerdict::KeepingUp) {
            self.verdict = HealthVerdict::Unknown;
        }
        self
    }
}

/// Number of jobs that came and went in the last [`WINDOW_SECS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rates {
    /// Number of jobs that were added.
    pub added: u64,
    /// Number of jobs that ended, in success or failure.
    pub ended: u64,
}

/// The verdict on a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum HealthVerdict {
    /// There is nothing to do.
    Idle,
    /// Jobs wait no longer than they may.
    KeepingUp,
    /// Jobs wait longer than they may, and fewer of them from minute to minute.
    Draining {
        /// Time until none is left, in seconds at this pace; none if it cannot be told.
        eta_secs: Option<i64>,
    },
    /// Jobs wait longer than they may, and as many come as go.
    FallingBehind,
    /// Jobs wait, and nobody works on any.
    Stalled {
        /// For so many seconds.
        secs: i64,
    },
    /// Nothing waits too long, but workers that had jobs are gone.
    Stuck,
    /// Jobs wait longer than they may, or for nobody knows how long; what more there is to say could not be told.
    Waiting,
    /// True if any job waits could not be told in a moment.
    Unknown,
}

impl HealthVerdict {
    /// From what was seen: ages in seconds, and how long a job may wait.
    pub fn of(
        oldest: Option<i64>,
        claimable: Option<u64>,
        running: bool,
        rates: Option<Rates>,
        last_seen: Option<i64>,
        patience: i64,
    ) -> Self {
        let Some(oldest) = oldest else {
            return match claimable {
                Some(0) if running => HealthVerdict::KeepingUp,
                Some(0) => HealthVerdict::Idle,
                // They are there, and do not say since when.
                Some(_) => HealthVerdict::Waiting,
                None => HealthVerdict::Unknown,
            };
        };
        if oldest <= patience {
            return HealthVerdict::KeepingUp;
        }
        // Nobody can have been at it before there was something to do.
        let silent = last_seen.map_or(oldest, |seen| seen.min(oldest));
        let ended = rates.map_or(0, |r| r.ended);
        if silent >= SILENCE_SECS.max(patience) && ended == 0 && (rates.is_some() || last_seen.is_some()) {
            return HealthVerdict::Stalled { secs: silent };
        }
        let Some(rates) = rates else { return HealthVerdict::Waiting };
        if rates.ended <= rates.added {
            return HealthVerdict::FallingBehind;
        }
        let net = rates.ended - rates.added;
        let eta = claimable
            .and_then(|jobs| i64::try_from(jobs).ok()?.checked_mul(WINDOW_SECS)?.checked_div(i64::try_from(net).ok()?));
        HealthVerdict::Draining { eta_secs: eta }
    }
}

impl fmt::Display for HealthVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HealthVerdict::Idle => write!(f, "✓ idle"),
            HealthVerdict::KeepingUp => write!(f, "✓ keeping up"),
            HealthVerdict::Draining { eta_secs: Some(secs) } => write!(f, "✓ draining (ETA {})", span(*secs)),
            HealthVerdict::Draining { eta_secs: None } => write!(f, "✓ draining"),
            HealthVerdict::FallingBehind => write!(f, "! falling behind"),
            HealthVerdict::Stalled { secs } => write!(f, "✗ stalled for {}", span(*secs)),
            HealthVerdict::Stuck => write!(f, "! stuck"),
            HealthVerdict::Waiting => write!(f, "? waiting"),
            HealthVerdict::Unknown => {
                write!(f, "? unknown: the queue could not be read in time, or not all of it")
            }
        }
    }
}

/// The age of a time in whole seconds, as SQL; none for one beyond all calendars.
pub(super) fn age(time: &str) -> String {
    format!("CASE WHEN isfinite({time}) THEN floor(extract(epoch FROM now() - {time}))::int8 END")
}

/// The condition that a job is not out of attempts: no worker can take one that is.
const MAY_BE_TRIED: &str = "coalesce(j.attempts < j.max_attempts, true)";

/// The condition that `bursar jobs cancel` did not end the job, which writes so into its error: nobody worked on it.
const NOT_CANCELLED: &str = "coalesce(j.error::text NOT LIKE 'cancelled: %', true)";

/// A way in which a job can be claimed now.
pub(super) struct Claimable {
    /// The condition, as SQL.
    pub condition: String,
    /// The time from which the job waits, as SQL.
    pub due: &'static str,
}

/// The ways in which a job can be claimed now: queued ones, and failed ones whose next attempt is due.
pub(super) fn claimable(queue: &Queue<'_>) -> [Claimable; 2] {
    let (queued, failed) = (queue.is(&[JobState::Queued]), queue.is(&[JobState::Failed]));
    [
        Claimable {
            condition: format!("{queued} AND {MAY_BE_TRIED} AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())"),
            due: "coalesce(j.scheduled_at, j.created_at)",
        },
        Claimable { condition: format!("{failed} AND {MAY_BE_TRIED} AND j.retry_at <= now()"), due: "j.retry_at" },
    ]
}

/// Looks at the queue.
///
/// # Errors
/// If it cannot be read.
pub async fn health(connection: &mut Connection, queue: &Queue<'_>) -> Result<JobHealth> {
    let oldest = db::brief(connection, BRIEF, async |c| number(c, oldest(queue)).await).await?.flatten();
    let claimable = db::brief(connection, BRIEF, async |c| number(c, how_many(queue)).await).await?.flatten();
    let rates = db::brief(connection, BRIEF, async |c| rates(c, queue).await).await?;
    let last_seen_secs = last_seen(connection, queue).await?;
    let claimable = claimable.and_then(|n| u64::try_from(n).ok());
    let running = db::brief(connection, BRIEF, async |c| anybody_works(c, queue).await).await?.unwrap_or(true);
    let patience = i64::from(queue.jobs.patience_secs);
    let past_lease = db::brief(connection, BRIEF, async |c| number(c, past_lease(queue)).await).await?.flatten();
    let past_lease = past_lease.and_then(|n| u64::try_from(n).ok());
    let verdict = match HealthVerdict::of(oldest, claimable, running, rates, last_seen_secs, patience) {
        HealthVerdict::Idle | HealthVerdict::KeepingUp if past_lease.is_some_and(|n| n > 0) => HealthVerdict::Stuck,
        verdict => verdict,
    };
    Ok(JobHealth { verdict, claimable, oldest_claimable_secs: oldest, rates, past_lease, last_seen_secs })
}

/// Time since a worker last began or ended something, in seconds; none if nothing tells.
///
/// # Errors
/// If it cannot be read.
pub(super) async fn last_seen(connection: &mut Connection, queue: &Queue<'_>) -> Result<Option<i64>> {
    let newest = |source: &str, alias: &str, column: &str, only: &str| {
        let column = format!("{alias}.{column}");
        format!(
            "(SELECT {column} FROM ({source}\n) {alias} WHERE {column} <= now(){only} ORDER BY {column} DESC LIMIT 1)"
        )
    };
    let jobs = &queue.jobs.jobs.text;
    let running = queue.words(&[JobState::Running]);
    let mut times = vec![
        newest(jobs, "j", "finished_at", &format!(" AND {NOT_CANCELLED}")),
        newest(jobs, "j", "started_at", &format!(" AND {}", one_of(&running))),
    ];
    if let Some(attempts) = queue.attempts() {
        times.push(newest(&attempts.text, "a", "at", ""));
    }
    let sql = format!("SELECT {} FROM (SELECT greatest({}) AS at OFFSET 0) s", age("s.at"), times.join(", "));
    Ok(db::brief(connection, BRIEF, async |c| number(c, sql).await).await?.flatten())
}

/// The age of the oldest job that could be claimed. Each word is asked for by itself, so that an index gives it.
fn oldest(queue: &Queue<'_>) -> String {
    let mut parts = Vec::new();
    for (states, rest, due) in [
        (
            JobState::Queued,
            "(j.scheduled_at IS NULL OR j.scheduled_at <= now())",
            "coalesce(j.scheduled_at, j.created_at)",
        ),
        (JobState::Failed, "j.retry_at <= now()", "j.retry_at"),
    ] {
        for word in queue.words(&[states]) {
            parts.push(format!(
                "(SELECT {due} AS due FROM {} WHERE {} AND {MAY_BE_TRIED} AND {rest} AND isfinite({due}) ORDER BY {due} LIMIT 1)",
                queue.rows(),
                one_of(&[word])
            ));
        }
    }
    if parts.is_empty() {
        return "SELECT NULL::int8".to_owned();
    }
    format!("SELECT {} FROM (SELECT min(due) AS due FROM ({}) d) d", age("due"), parts.join(" UNION ALL "))
}

fn how_many(queue: &Queue<'_>) -> String {
    let counts = claimable(queue).map(|way| format!("(SELECT count(*) FROM {} WHERE {})", queue.rows(), way.condition));
    format!("SELECT {}", counts.join(" + "))
}

/// The query for the number of running jobs past their lease.
fn past_lease(queue: &Queue<'_>) -> String {
    if queue.jobs.lacks.contains(&JobFact::Leases) {
        return "SELECT NULL::int8".to_owned();
    }
    format!("SELECT count(*) FROM {} WHERE {} AND j.lease_until < now()", queue.rows(), queue.is(&[JobState::Running]))
}

async fn rates(connection: &mut Connection, queue: &Queue<'_>) -> Result<Rates> {
    let lately = |condition: &str, column: &str| {
        let rows = queue.rows();
        format!(
            "(SELECT count(*) FROM {rows} WHERE {condition}{column} >= now() - {WINDOW_SECS} * interval '1 second')"
        )
    };
    let mut ended = lately(&format!("{NOT_CANCELLED} AND "), "j.finished_at");
    if let Some(dead) = queue.dead_without_end() {
        ended.push_str(&format!(" + {}", lately(&format!("{dead} AND {NOT_CANCELLED} AND "), "j.failed_at")));
    }
    let sql = format!("SELECT {}, {ended}", lately("", "j.created_at"));
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(connection).await?;
    let count = |at: usize| -> Result<u64> { Ok(u64::try_from(row.try_get::<i64, _>(at)?).unwrap_or_default()) };
    Ok(Rates { added: count(0)?, ended: count(1)? })
}

async fn anybody_works(connection: &mut Connection, queue: &Queue<'_>) -> Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT FROM {} WHERE {})", queue.rows(), queue.is(&[JobState::Running]));
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?)
}

async fn number(connection: &mut Connection, sql: String) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?)
}

#[cfg(test)]
mod tests {
    use super::{HealthVerdict, Rates};

    #[test]
    fn the_verdict_follows_from_age_and_pace_and_not_from_depth() {
        let rates = |added, ended| Some(Rates { added, ended });
        let of =
            |oldest, claimable, running, rates, seen| HealthVerdict::of(oldest, claimable, running, rates, seen, 60);
        assert_eq!(of(None, Some(0), false, rates(0, 0), None), HealthVerdict::Idle);
        assert_eq!(of(None, Some(0), true, rates(5, 5), Some(1)), HealthVerdict::KeepingUp);
        assert_eq!(of(None, Some(1), true, rates(5, 5), Some(1)), HealthVerdict::Waiting);
        assert_eq!(of(None, None, false, rates(0, 0), None), HealthVerdict::Unknown);
        assert_eq!(of(Some(60), Some(1_000_000), true, rates(9, 0), Some(1)), HealthVerdict::KeepingUp);
        assert_eq!(
            of(Some(61), Some(1_200), true, rates(100, 700), Some(1)),
            HealthVerdict::Draining { eta_secs: Some(1_200) }
        );
        assert_eq!(of(Some(61), None, true, rates(100, 700), Some(1)), HealthVerdict::Draining { eta_secs: None });
        assert_eq!(of(Some(61), Some(1), true, rates(700, 700), Some(1)), HealthVerdict::FallingBehind);
        assert_eq!(of(Some(7_200), Some(1), false, rates(0, 0), Some(1_920)), HealthVerdict::Stalled { secs: 1_920 });
        assert_eq!(of(Some(7_200), Some(1), false, rates(3, 0), None), HealthVerdict::Stalled { secs: 7_200 });
        // A worker that was last seen long before the job came has not been silent for longer than the job waits.
        assert_eq!(of(Some(130), Some(1), false, rates(1, 0), Some(90_000)), HealthVerdict::Stalled { secs: 130 });
        assert_eq!(of(Some(61), Some(1), false, rates(1, 0), Some(90_000)), HealthVerdict::FallingBehind);
        // A worker on a long job is no silence, but nothing comes out of the queue either.
        assert_eq!(of(Some(600), Some(9), true, rates(9, 0), Some(30)), HealthVerdict::FallingBehind);
        assert_eq!(of(Some(600), Some(9), true, None, None), HealthVerdict::Waiting);
        assert_eq!(
            of(Some(600), Some(u64::MAX), true, rates(0, 1), Some(1)),
            HealthVerdict::Draining { eta_secs: None }
        );
    }
}
