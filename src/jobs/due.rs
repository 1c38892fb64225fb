//! The jobs that a worker may take now, in the order in which they are due.

use super::queue::{Queue, one_of};
use crate::packs::JobState;

/// The condition that a job is not out of attempts: no worker can take one that is.
const MAY_BE_TRIED: &str = "coalesce(j.attempts < j.max_attempts, true)";

/// A way in which a job can be claimed now.
pub(super) struct Claimable {
    /// The condition, as SQL.
    pub condition: String,
    /// The time from which the job waits, as SQL: a column as it is, whose order an index may give.
    pub due: &'static str,
}

/// The ways in which a job can be claimed now: queued ones, and failed ones whose next attempt is due. Each word and each
/// column is a way of its own, so that an index serves.
pub(super) fn claimable(queue: &Queue<'_>) -> Vec<Claimable> {
    let free = if queue.columns.blocked { " AND j.blocked_by IS NULL" } else { "" };
    let mut ways = Vec::new();
    let mut way = |word: &str, rest: &str, due| {
        ways.push(Claimable { condition: format!("{} AND {MAY_BE_TRIED}{free}{rest}", one_of(&[word])), due });
    };
    for word in queue.words(&[JobState::Queued]) {
        if queue.columns.scheduled {
            way(word, " AND j.scheduled_at IS NULL", "j.created_at");
            way(word, " AND j.scheduled_at <= now()", "j.scheduled_at");
        } else {
            way(word, "", "j.created_at");
        }
    }
    for word in queue.words(&[JobState::Failed]) {
        way(word, " AND j.retry_at <= now()", "j.retry_at");
    }
    ways
}

/// The query of the jobs that are due for longest, at most so many of each way: their queues, kinds and times.
pub(super) fn longest(queue: &Queue<'_>, most: usize) -> String {
    let parts: Vec<String> = claimable(queue)
        .iter()
        .map(|Claimable { condition, due }| {
            format!(
                "(SELECT {}, {due} AS due FROM {} WHERE {condition} ORDER BY {due} LIMIT {most})",
                queue.group(),
                queue.rows()
            )
        })
        .collect();
    match parts.is_empty() {
        true => "SELECT NULL::text AS queue, NULL::text AS kind, NULL::timestamptz AS due WHERE false".to_owned(),
        false => parts.join(" UNION ALL "),
    }
}

/// The query of the number of jobs that can be claimed now.
pub(super) fn how_many(queue: &Queue<'_>) -> String {
    let counts: Vec<String> = claimable(queue)
        .iter()
        .map(|way| format!("(SELECT count(*) FROM {} WHERE {})", queue.rows(), way.condition))
        .collect();
    if counts.is_empty() { "SELECT 0::int8".to_owned() } else { format!("SELECT {}", counts.join(" + ")) }
}
