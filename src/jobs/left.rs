//! The state in which a change leaves its jobs, before it is committed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row as _};

use super::action::Action;
use super::queue::Queue;
use crate::db::{self, Connection, Series};
use crate::error::{Error, Result};
use crate::packs::JobState;
use crate::text::escape;

/// The jobs that a change did not leave as it was to, each with the reason in words. A trigger of the application, or the
/// pack's own function, may have kept or undone it, although the statement found its row.
///
/// # Errors
/// If the jobs cannot be read.
pub(super) async fn not_as_asked(
    connection: &mut Connection,
    queue: &Queue<'_>,
    action: Action,
    at: Option<DateTime<Utc>>,
    jobs: &[(&str, Option<&str>)],
) -> Result<HashMap<String, String>> {
    if jobs.is_empty() {
        return Ok(HashMap::new());
    }
    let (ids, queues): (Vec<&str>, Vec<Option<&str>>) = jobs.iter().copied().unzip();
    let queues: Option<Vec<&str>> = queues.into_iter().collect();
    // Where the key begins with the queue, no index finds an id alone.
    let of_queues = if queues.is_some() { " AND j.queue::text = ANY ($2)" } else { " AND $2::text[] IS NULL" };
    let sql = format!(
        "SELECT j.job_id::text AS job, coalesce(j.status::text, 'without a status') AS status
  FROM {} WHERE {}{of_queues}
   AND ($3::timestamptz IS NULL OR true) AND ({}) IS NOT TRUE",
        queue.rows(),
        queue.has_id("$1"),
        as_asked(queue, action)
    );
    let read = async |c: &mut Connection| {
        queue.enter(c).await?;
        Ok(sqlx::query(AssertSqlSafe(sql)).bind(ids).bind(queues).bind(at).fetch_all(c).await?)
    };
    let (rows, _) = db::seeing_all(connection, &queue.pack.schema, &queue.pack.tables, read).await?;
    let who = "a trigger of the application or the pack's function left it so";
    rows.iter()
        .map(|row| {
            let status: String = row.try_get("status")?;
            let status = escape(&status);
            Ok((
                row.try_get("job")?,
                match action {
                    Action::Reschedule => format!("it does not have that time after the change: {who}"),
                    Action::Delete => format!("it is still there after the change, and {status}: {who}"),
                    _ => format!("it is {status} after the change: {who}"),
                },
            ))
        })
        .collect()
}

/// Number of jobs of some that ended, and number of those that are still there.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// Number of jobs that succeeded.
    pub done: usize,
    /// Number of jobs that failed, gave up or were cancelled.
    pub failed: usize,
    /// Number of jobs that are still there, however they stand.
    pub there: usize,
}

/// Counts how jobs ended that were put back, in a transaction of its own. One that is due again has not failed again: some
/// queues keep such a job among those that failed. Returns the tables of which rows may be hidden too.
///
/// # Errors
/// If the jobs cannot be read.
pub async fn ended(connection: &mut Connection, queue: &Queue<'_>, jobs: &[String]) -> Result<(Ended, Vec<String>)> {
    let hidden = db::see_all(connection, &queue.pack.schema, &queue.pack.tables).await?;
    queue.enter(connection).await?;
    let sql = format!(
        "SELECT count(*) FILTER (WHERE {}), count(*) FILTER (WHERE {} OR {} AND (j.retry_at <= clock_timestamp()) IS NOT TRUE), count(*)
  FROM {} WHERE {}",
        queue.is(&[JobState::Done]),
        queue.is(&[JobState::Dead, JobState::Cancelled]),
        queue.is(&[JobState::Failed]),
        queue.rows(),
        queue.has_id("$1"),
    );
    let (done, failed, there): (i64, i64, i64) =
        sqlx::query_as(AssertSqlSafe(sql)).bind(jobs).fetch_one(connection).await?;
    let number = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    Ok((Ended { done: number(done), failed: number(failed), there: number(there) }, hidden))
}

/// Changes something in a transaction of its own. Where the work ends with a reason, all of it is rolled back, and the reason
/// is returned in place of what was done.
///
/// # Errors
/// As [`Series::run`].
pub async fn change_unless<T, W>(
    series: &mut Series,
    work: impl AsyncFnOnce(&mut Connection) -> Result<Result<T, W>>,
) -> Result<Result<T, W>> {
    let mut why = None;
    let ran = series.run("", async |connection| {
        work(connection).await?.map_err(|reason| {
            why = Some(reason);
            Error::failed("what was changed is not as was asked")
        })
    });
    let ran = ran.await;
    why.map_or_else(|| ran.map(Ok), |why| Ok(Err(why)))
}

/// The condition for a job that is still there that the change did what was asked.
fn as_asked(queue: &Queue<'_>, action: Action) -> String {
    let (failed, due) = (queue.is(&[JobState::Failed]), "j.retry_at <= clock_timestamp()");
    // What fits is not told where no job has such a time.
    let scheduled = if queue.columns.scheduled { "j.scheduled_at" } else { "$3::timestamptz" };
    match action {
        // Some queues keep a job that was tried before in the state of those that failed, and due.
        Action::Retry => format!("{} OR {failed} AND {due}", queue.is(&[JobState::Queued, JobState::Waiting])),
        Action::Cancel => queue.is(&[JobState::Cancelled, JobState::Dead]),
        Action::Release => format!("NOT ({})", queue.is(&[JobState::Running])),
        Action::Delete => "false".to_owned(),
        // A queue may keep whole seconds.
        Action::Reschedule => format!(
            "CASE WHEN {failed} THEN j.retry_at ELSE {scheduled} END BETWEEN $3::timestamptz - interval '1 s' AND $3::timestamptz + interval '1 s'"
        ),
    }
}
