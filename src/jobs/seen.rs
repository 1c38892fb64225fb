//! The last sign of life of a worker, as the jobs show it.

use sqlx::AssertSqlSafe;

use super::judge::silence;
use super::model::BRIEF;
use super::queue::Queue;
use super::window::{CANCELLED, age};
use crate::db::{self, Connection, quote_literal};
use crate::error::Result;
use crate::packs::JobState;

/// Time since a worker last began or ended something, in seconds; none if nothing tells. `taken` is that time, if all that
/// runs and what ended lately was read: then only what workers say of jobs that run may be newer.
///
/// # Errors
/// If it cannot be read.
pub(super) async fn last_seen(
    connection: &mut Connection,
    queue: &Queue<'_>,
    taken: Option<i64>,
) -> Result<Option<i64>> {
    let newest = |source: &str, alias: &str, column: &str, only: &str| {
        let column = format!("{alias}.{column}");
        format!(
            "(SELECT {column} FROM ({source}\n) {alias} WHERE {column} <= now(){only} ORDER BY {column} DESC LIMIT 1)"
        )
    };
    let jobs = &queue.jobs.jobs.text;
    let running = format!(" AND {}", queue.is(&[JobState::Running]));
    let mut times = Vec::new();
    if queue.columns.progress {
        times.push(newest(jobs, "j", "progress_at", &running));
    }
    if taken.is_none() {
        times.push(newest(jobs, "j", "finished_at", &format!(" AND {}", queue.ended_by_a_worker())));
        times.push(newest(jobs, "j", "started_at", &running));
        if let Some(attempts) = queue.attempts() {
            times.push(newest(&attempts.text, "a", "at", &format!(" AND {}", queue.tried_by_a_worker())));
        }
    } else if times.is_empty() {
        return Ok(taken);
    }
    let sql = format!("SELECT {} FROM (SELECT greatest({}) AS at OFFSET 0) s", age("s.at"), times.join(", "));
    let seen = db::brief(connection, BRIEF, async |c| number(c, sql).await).await?.flatten();
    let seen = seen.into_iter().chain(taken).min();
    let is_silent = seen.is_none_or(|secs| secs >= silence(i64::from(queue.jobs.patience_secs)));
    if !is_silent || queue.jobs.rescued.is_empty() {
        return Ok(seen);
    }
    // Nobody ended what the queue itself gave up or put back, but a worker once began it.
    let began = format!(
        "SELECT {} FROM {} WHERE {} AND j.started_at <= now()",
        age("max(j.started_at)"),
        queue.rows(),
        queue.is(&[JobState::Queued, JobState::Failed, JobState::Dead]),
    );
    let began = db::brief(connection, BRIEF, async |c| number(c, began).await).await?.flatten();
    Ok(seen.into_iter().chain(began).min())
}

/// True if no job shows that a worker ever had it; false also if that is not told in a moment.
///
/// # Errors
/// If it cannot be read.
pub(super) async fn never_seen(connection: &mut Connection, queue: &Queue<'_>) -> Result<bool> {
    let cancelled = quote_literal(&format!("{CANCELLED}%"));
    let traces = [
        "j.worker IS NOT NULL".to_owned(),
        "j.started_at IS NOT NULL".to_owned(),
        "j.attempts > 0".to_owned(),
        queue.is(&[JobState::Running, JobState::Done]),
        format!("{} AND (j.error::text LIKE {cancelled}) IS NOT TRUE", queue.is(&[JobState::Failed, JobState::Dead])),
    ];
    let sql = format!("SELECT NOT EXISTS (SELECT FROM {} WHERE {})", queue.rows(), traces.join(" OR "));
    let told = db::brief(connection, BRIEF, async |c| {
        Ok(sqlx::query_scalar::<_, bool>(AssertSqlSafe(sql)).fetch_one(c).await?)
    });
    Ok(told.await?.unwrap_or_default())
}

/// The number that a query returns.
///
/// # Errors
/// If it cannot be read.
pub(super) async fn number(connection: &mut Connection, sql: String) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?)
}
