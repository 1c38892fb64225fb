//! The number of jobs by queue, kind and status.

use serde::Serialize;
use sqlx::Row as _;

use super::filter::{Filter, Selection, explained};
use super::queue::Queue;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::packs::JobState;

/// What jobs are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The queue.
    Queue,
    /// The kind of work.
    Kind,
    /// The application's word for how they stand.
    Status,
}

impl By {
    /// The name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            By::Queue => "queue",
            By::Kind => "kind",
            By::Status => "status",
        }
    }
}

/// The number of jobs that have these in common.
#[derive(Debug, Clone, Serialize)]
pub struct Tally {
    /// The queue, if it was asked for.
    pub queue: Option<String>,
    /// The kind, if it was asked for.
    pub kind: Option<String>,
    /// The status, if it was asked for.
    pub status: Option<String>,
    /// The meaning of the status.
    pub state: Option<JobState>,
    /// Number of jobs.
    pub count: i64,
}

/// Counts the jobs that fit, the most first. Every one is read.
///
/// # Errors
/// Usage errors, as [`super::list`], and where the jobs are in no queues.
pub async fn tally(connection: &mut Connection, queue: &Queue<'_>, filter: &Filter, by: &[By]) -> Result<Vec<Tally>> {
    if let Some(twice) = by.iter().enumerate().find_map(|(at, one)| by[..at].contains(one).then_some(one)) {
        return Err(Error::usage(format!("--by names {} twice", twice.name())).hint("name it once"));
    }
    if by.contains(&By::Queue) {
        queue.need_queues("--by queue")?;
    }
    let selection = Selection::of(connection, queue, filter).await?;
    if !selection.fingerprints.is_empty() {
        return Err(Error::usage("--by and a handle of --error cannot be given together")
            .hint("bursar jobs list --error HANDLE --limit 0 -o ndjson lists them"));
    }
    let column =
        |one: By, column: &str| if by.contains(&one) { format!("j.{column}::text") } else { "NULL::text".into() };
    let what = format!(
        "{} AS queue, {} AS kind, {} AS status, count(*) AS n",
        column(By::Queue, "queue"),
        column(By::Kind, "kind"),
        column(By::Status, "status")
    );
    let sql = selection.sql(queue, &what, " GROUP BY 1, 2, 3 ORDER BY n DESC, 1, 2, 3");
    let rows = selection.query(sql).fetch_all(connection).await.map_err(explained)?;
    rows.iter()
        .map(|row| {
            let status: Option<String> = row.try_get("status")?;
            Ok(Tally {
                queue: row.try_get("queue")?,
                kind: row.try_get("kind")?,
                state: queue.state(status.as_deref()),
                status,
                count: row.try_get("n")?,
            })
        })
        .collect()
}
