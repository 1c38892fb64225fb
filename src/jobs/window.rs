//! The last minutes, which rates are taken from, and times as SQL.

use serde::Serialize;

/// The stretch of time that rates are taken from, in seconds.
pub const WINDOW_SECS: i64 = 600;

/// Number of jobs that came and went in the last [`WINDOW_SECS`].
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

/// The condition that `bursar jobs cancel` did not end the job, which writes so into its error: nobody worked on it.
pub(super) const NOT_CANCELLED: &str = concat!("coalesce(j.error::text NOT LIKE '", cancelled!(), "%', true)");

/// The condition that a time lies in the window.
pub(super) fn lately(column: &str) -> String {
    within(column, &WINDOW_SECS.to_string())
}

/// The condition that a time lies in the last seconds, so many as the SQL says.
pub(super) fn within(column: &str, secs: &str) -> String {
    format!("{column} <= now() AND {column} >= now() - {secs} * interval '1 second'")
}
