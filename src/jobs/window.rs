//! The last minutes, which rates are taken from, and times as SQL.

use serde::Serialize;

/// The stretch of time that rates are taken from, in seconds.
pub const WINDOW_SECS: i64 = 600;

/// Number of jobs that came and went in the stretch of time that the pace is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rates {
    /// Number of jobs that were added.
    pub added: u64,
    /// Number of jobs that succeeded.
    pub done: u64,
    /// Number of jobs or attempts that failed.
    pub failed: u64,
    /// Number of both.
    pub ended: u64,
    /// Number of those that failed by the queue itself, because their worker was gone.
    #[serde(skip)]
    pub rescued: u64,
    /// The length of that stretch, in seconds.
    #[serde(skip)]
    pub secs: i64,
}

/// The age of a time in whole seconds, as SQL; none for one beyond all calendars.
pub(super) fn age(time: &str) -> String {
    format!("CASE WHEN isfinite({time}) THEN floor(extract(epoch FROM now() - {time}))::int8 END")
}

/// The beginning of an error by which a pack keeps why a job was cancelled.
macro_rules! cancelled {
    () => {
        "cancelled: "
    };
}

pub(super) const CANCELLED: &str = cancelled!();

/// The beginning of an error by which a pack keeps that bursar released a job whose worker was gone.
macro_rules! released {
    () => {
        "released: "
    };
}

/// The condition that neither `bursar jobs cancel` nor a release ended the job, which write so into its error: no worker
/// did that.
pub(super) const BY_A_WORKER: &str = concat!(
    "coalesce(j.error::text NOT LIKE '",
    cancelled!(),
    "%' AND j.error::text NOT LIKE '",
    released!(),
    "%', true)"
);

/// The condition that a worker ended the attempt, and not a release.
pub(super) const TRIED: &str = concat!("coalesce(a.error::text NOT LIKE '", released!(), "%', true)");

/// The stretch of time that the pace of a queue is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// Its length, in seconds.
    pub secs: i64,
    /// True if jobs that are done are deleted before they are older than [`WINDOW_SECS`].
    pub pruned: bool,
    /// True if none that is done is left, so that there is no telling how many were.
    pub emptied: bool,
}

impl Default for Window {
    fn default() -> Self {
        Window { secs: WINDOW_SECS, pruned: false, emptied: false }
    }
}

impl Window {
    /// The shortest one that says anything, in seconds.
    pub(super) const LEAST: i64 = 10;

    /// The one of which failures count where none that is done is left, in seconds: what was done before that is likely to
    /// be deleted, and what failed is not.
    pub(super) const EMPTIED: i64 = 60;

    /// As many in an hour as there were in it.
    pub(super) fn per_hour(self, jobs: i64) -> i64 {
        (jobs.saturating_mul(3_600) + self.secs / 2) / self.secs.max(1)
    }

    /// The condition that a time lies in it.
    pub(super) fn holds(self, column: &str) -> String {
        within(column, &self.secs.to_string())
    }
}

/// The condition that a time lies in the last seconds, so many as the SQL says.
pub(super) fn within(column: &str, secs: &str) -> String {
    format!("{column} <= now() AND {column} >= now() - {secs} * interval '1 second'")
}
