//! The snapshot of the queue that `jobs watch` repeats.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{AssertSqlSafe, Row as _};

use super::filter::{Filter, Selection, explained};
use super::fingerprint::Fingerprint;
use super::health::{JobHealth, health};
use super::list::{StatusCount, counts};
use super::model::{BRIEF, time};
use super::queue::{Queue, one_of};
use super::timing::{Minute, throughput};
use super::window::TRIED;
use crate::db::{self, Connection};
use crate::error::Result;
use crate::packs::JobState;

/// Number of minutes of the throughput that are shown.
pub const MINUTES: u32 = 60;

/// Number of the newest failures that are shown.
const FAILURES: usize = 50;

/// The state of a queue: its health, its counts, its throughput and its newest failures.
#[derive(Debug, Clone, Serialize)]
pub struct QueueSnapshot {
    /// The server's time of the reading.
    pub at: DateTime<Utc>,
    /// The tables of which row level security may hide rows.
    pub may_hide: Vec<String>,
    /// The health of the queue.
    #[serde(flatten)]
    pub health: JobHealth,
    /// The number of jobs with each status.
    pub counts: Vec<StatusCount>,
    /// The last [`MINUTES`]; none where that cannot be told in a moment. As rows of their own they are another
    /// command's.
    #[serde(skip)]
    pub minutes: Option<Vec<Minute>>,
    /// The newest failures, the newest first; none where they cannot be found in a moment.
    pub failures: Option<Vec<Failure>>,
}

/// Something that failed: an attempt, or a job where the application keeps no attempts.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Time of the failure, RFC 3339 in UTC.
    pub at: Option<String>,
    /// The job.
    pub job: String,
    /// The kind of work.
    pub kind: Option<String>,
    /// The error.
    pub error: Option<String>,
    /// The handle of errors like it.
    pub fingerprint: Option<Fingerprint>,
}

/// Looks at the queue: its health is that of the whole, and the rest is of the jobs that fit, of queues and kinds. What an
/// index does not answer in a moment is left out.
///
/// # Errors
/// If it cannot be read.
pub async fn snapshot(connection: &mut Connection, queue: &Queue<'_>, filter: &Filter) -> Result<QueueSnapshot> {
    let at = sqlx::query_scalar("SELECT now()").fetch_one(&mut *connection).await?;
    let mut health = health(connection, queue).await?;
    health.groups.retain(|group| filter.takes(group.queue.as_deref(), group.kind.as_deref()));
    let counts = counts(connection, queue, filter, false).await?;
    let minutes = db::brief(connection, BRIEF, async |c| throughput(c, queue, MINUTES, 60, filter).await).await?;
    let failures = db::brief(connection, BRIEF, async |c| failures(c, queue, filter).await).await?;
    Ok(QueueSnapshot { at, may_hide: queue.hidden().to_vec(), health, counts, minutes, failures })
}

/// The newest failures: attempts where they are kept, and the jobs that failed of which none of these is an attempt.
async fn failures(connection: &mut Connection, queue: &Queue<'_>, filter: &Filter) -> Result<Vec<Failure>> {
    let selection = Selection::new(queue, filter)?;
    let mut failures = Vec::new();
    if let Some(sql) = newest_attempts(queue, &selection) {
        failures = read(connection, &selection, sql).await?;
    }
    let told: HashSet<String> = failures.iter().map(|failure| failure.job.clone()).collect();
    if let Some(sql) = newest(queue, &selection) {
        let jobs = read(connection, &selection, sql).await?;
        failures.extend(jobs.into_iter().filter(|failure| !told.contains(&failure.job)));
    }
    failures.sort_by(|a, b| b.at.cmp(&a.at));
    failures.truncate(FAILURES);
    Ok(failures)
}

async fn read(connection: &mut Connection, selection: &Selection, sql: String) -> Result<Vec<Failure>> {
    // Without a filter the text has no parameters.
    let query = if selection.narrows { selection.query(sql) } else { sqlx::query(AssertSqlSafe(sql)) };
    let rows = query.fetch_all(connection).await.map_err(explained)?;
    rows.iter()
        .map(|row| {
            let error: Option<String> = row.try_get("error")?;
            Ok(Failure {
                at: row.try_get("at")?,
                job: row.try_get::<Option<String>, _>("job_id")?.unwrap_or_default(),
                kind: row.try_get("kind")?,
                fingerprint: error.as_deref().map(Fingerprint::of),
                error,
            })
        })
        .collect()
}

/// The attempts that failed last.
fn newest_attempts(queue: &Queue<'_>, selection: &Selection) -> Option<String> {
    let attempts = queue.attempts()?;
    let (key, of) = (queue.key.column("j.job_id"), queue.key.column("a.job_id"));
    let fits = selection.of_attempts(queue, "a");
    Some(format!(
            "SELECT {} AS at, a.job_id::text AS job_id, (SELECT j.kind::text FROM {} WHERE {key} = {of} LIMIT 1) AS kind, a.error::text AS error
  FROM ({}\n) a WHERE a.at <= now() AND NOT a.succeeded AND {TRIED}{fits} ORDER BY a.at DESC LIMIT {FAILURES}",
            time!("a.at"),
            queue.rows(),
            attempts.text
        ))
}

/// The jobs that were added last of those that failed: that is what indexes serve.
fn newest(queue: &Queue<'_>, selection: &Selection) -> Option<String> {
    let fits = if selection.narrows { format!(" AND {}", selection.condition()) } else { String::new() };
    let words = queue.words(&[JobState::Failed, JobState::Dead]);
    let parts: Vec<String> = words
        .iter()
        .map(|word| {
            format!(
                "(SELECT j.failed_at, j.created_at, j.job_id::text AS job_id, j.kind::text AS kind, j.error::text AS error
    FROM {} WHERE {}{fits} ORDER BY j.created_at DESC LIMIT {FAILURES})",
                queue.rows(),
                one_of(&[word])
            )
        })
        .collect();
    let sql = format!(
        "SELECT {} AS at, f.job_id, f.kind, f.error FROM ({}) f ORDER BY f.failed_at DESC NULLS LAST, f.created_at DESC LIMIT {FAILURES}",
        time!("f.failed_at"),
        parts.join(" UNION ALL ")
    );
    (!parts.is_empty()).then_some(sql)
}
