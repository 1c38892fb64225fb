//! One job, and its attempts.

use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::{AssertSqlSafe, Row as _};

use super::model::{COLUMNS, Job, time};
use super::queue::Queue;
use super::timing::milliseconds;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::ids::{NAMED, SHORTEST, several};
use crate::packs::Key;

/// One try of a job.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// Number of the attempt, from 1.
    pub number: Option<i32>,
    /// The worker.
    pub worker: Option<String>,
    /// Time at which it began. This and the end are RFC 3339 in UTC.
    pub started_at: Option<String>,
    /// Time at which it ended; none while it goes on, or if it is not recorded.
    pub finished_at: Option<String>,
    /// Duration in milliseconds; none if a clock ran backwards meanwhile.
    pub took_ms: Option<i64>,
    /// True if it succeeded; none where that is not known.
    pub succeeded: Option<bool>,
    /// The error.
    pub error: Option<String>,
}

/// Finds a job by its id, or by the beginning of it, with its payload and result.
///
/// # Errors
/// Usage errors: there is none, or there are several, which are named.
pub async fn find(connection: &mut Connection, queue: &Queue<'_>, text: &str) -> Result<Job> {
    let text = text.trim();
    let mut ways = Vec::new();
    if let Some(id) = queue.key.parse(text) {
        let given = queue.key.parameter("($1::text[])[1]");
        ways.push((vec![id], format!("{} = {given}", queue.key.column("j.job_id"))));
    }
    // Those of another type do not lie side by side, or begin alike without meaning it, as numbers do.
    let long_enough = text.chars().count() >= SHORTEST;
    if queue.key == Key::Uuid
        && long_enough
        && let Some(bounds) = queue.key.bounds(text)
    {
        ways.push((bounds, queue.key.begins("j.job_id", "$1")));
    }
    for (values, condition) in ways {
        let sql = format!(
            "SELECT {COLUMNS}, j.payload::text AS payload, j.result::text AS result FROM {} WHERE {condition} LIMIT {}",
            queue.rows(),
            NAMED + 1
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(values).fetch_all(&mut *connection).await?;
        if rows.len() > 1 {
            let jobs = rows.iter().map(|row| queue.read(row)).collect::<Result<Vec<_>>>()?;
            return Err(among(text, &jobs));
        }
        if let Some(row) = rows.first() {
            let raw = |column: &str| -> Result<Option<Box<RawValue>>> {
                let text: Option<String> = row.try_get(column)?;
                // What is no JSON is shown as the text that it is.
                Ok(text.and_then(|t| {
                    RawValue::from_string(t.clone()).or_else(|_| serde_json::value::to_raw_value(&t)).ok()
                }))
            };
            return Ok(Job { payload: raw("payload")?, result: raw("result")?, ..queue.read(row)? });
        }
    }
    let beginning = match queue.key {
        Key::Uuid if long_enough => ", or one that begins so",
        Key::Uuid => "; the beginning of an id needs at least 4 characters",
        _ => "",
    };
    Err(Error::not_there(format!("no job has the id '{text}'{beginning}"))
        .hint("bursar jobs list shows the newest; --payload KEY=VALUE looks into what they were asked to do"))
}

fn among(text: &str, jobs: &[Job]) -> Error {
    let facts: Vec<Vec<&str>> = jobs
        .iter()
        .map(|job| {
            let facts = [Some(&job.job), job.kind.as_ref(), job.status.as_ref(), job.created_at.as_ref()];
            facts.into_iter().flatten().map(String::as_str).collect()
        })
        .collect();
    let mut error = several(text, "jobs", &facts);
    if jobs.windows(2).all(|two| two[0].job == two[1].job) {
        error.hint =
            Some("jobs of several queues have this id: only the application itself tells them apart".to_owned());
    }
    error
}

/// The attempts of a job, in their order; none where the application keeps none, which is told apart from a job
/// that was not tried.
///
/// # Errors
/// If they cannot be read.
pub async fn attempts_of(connection: &mut Connection, queue: &Queue<'_>, job: &Job) -> Result<Option<Vec<Attempt>>> {
    let Some(attempts) = queue.attempts() else { return Ok(None) };
    let sql = format!(
        concat!(
            "SELECT a.number::int4 AS number, a.worker::text AS worker, ",
            time!("a.started_at"),
            " AS started_at, ",
            time!("a.finished_at"),
            " AS finished_at, a.succeeded, a.error::text AS error, {} AS took_ms
  FROM ({}\n) a WHERE {} = {} ORDER BY a.number, a.started_at"
        ),
        milliseconds("a.started_at", "a.finished_at"),
        attempts.text,
        queue.key.column("a.job_id"),
        queue.key.parameter("$1"),
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(&job.job).fetch_all(connection).await?;
    let attempts = rows.iter().map(|row| {
        Ok(Attempt {
            number: row.try_get("number")?,
            worker: row.try_get("worker")?,
            started_at: row.try_get("started_at")?,
            finished_at: row.try_get("finished_at")?,
            took_ms: row.try_get("took_ms")?,
            succeeded: row.try_get("succeeded")?,
            error: row.try_get("error")?,
        })
    });
    attempts.collect::<Result<_>>().map(Some)
}
