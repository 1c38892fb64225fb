//! The jobs that a worker may take now, in the order in which they are due.

use super::queue::{Queue, one_of};
use crate::packs::{JobFact, JobState};

/// The condition that a job is not out of attempts: no worker can take one that is.
const MAY_BE_TRIED: &str = "coalesce(j.attempts < j.max_attempts, true)";

/// The condition that a job is out of attempts.
const SPENT: &str = "(j.attempts >= j.max_attempts) IS TRUE";

/// The time at which a job was added, since when one waits that has no other time.
const ADDED: &str = "j.created_at";

/// The time since when a job that failed waits for nothing, as far as it is known.
const FAILED: &str = "coalesce(j.failed_at, j.created_at)";

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
    ways(queue, MAY_BE_TRIED)
}

/// The ways in which a job comes due that nothing holds back, if this is so of its attempts.
fn ways(queue: &Queue<'_>, attempts: &str) -> Vec<Claimable> {
    let mut free = if queue.columns.blocked { " AND j.blocked_by IS NULL".to_owned() } else { String::new() };
    free.extend(queue.is_paused().map(|paused| format!(" AND NOT {paused}")));
    let mut ways = Vec::new();
    let mut way = |word: &str, rest: &str, due| {
        ways.push(Claimable { condition: format!("{} AND {attempts}{free}{rest}", one_of(&[word])), due });
    };
    for word in queue.words(&[JobState::Queued]) {
        if queue.columns.scheduled {
            way(word, " AND j.scheduled_at IS NULL", ADDED);
            way(word, " AND j.scheduled_at <= now()", "j.scheduled_at");
        } else {
            way(word, "", ADDED);
        }
    }
    for word in queue.words(&[JobState::Failed]) {
        way(word, " AND j.retry_at <= now()", "j.retry_at");
    }
    ways
}

/// The query of the jobs that are due for longest, at most `most` of each way: their queues, kinds and times.
///
/// An application that says which can be claimed has its own query instead: of the first that will be taken, `most` of all.
/// `put_back` is the query of the jobs that operators put back, and when: one that has no other time than when it was added
/// waits since then.
pub(super) fn longest(queue: &Queue<'_>, most: usize, put_back: Option<&str>) -> String {
    if let Some(claimable) = &queue.jobs.claimable {
        return format!(
            "SELECT c.queue::text AS queue, c.kind::text AS kind, c.since AS due FROM ({}\n) c LIMIT {most}",
            claimable.text
        );
    }
    let parts: Vec<String> = claimable(queue)
        .iter()
        .map(|Claimable { condition, due }| {
            let (of, rows) = (queue.group(), queue.rows());
            match put_back.filter(|_| *due == ADDED) {
                Some(put_back) => format!(
                    "(SELECT d.queue, d.kind, greatest(d.due, b.at) AS due
  FROM (SELECT {of}, {due} AS due, j.job_id::text AS job FROM {rows} WHERE {condition} ORDER BY {due} LIMIT {most}) d
  LEFT JOIN ({put_back}) b ON b.job = d.job)"
                ),
                None => {
                    format!("(SELECT {of}, {due} AS due FROM {rows} WHERE {condition} ORDER BY {due} LIMIT {most})")
                }
            }
        })
        .collect();
    match parts.is_empty() {
        true => "SELECT NULL::text AS queue, NULL::text AS kind, NULL::timestamptz AS due WHERE false".to_owned(),
        false => parts.join(" UNION ALL "),
    }
}

/// The query of the jobs that can be claimed now and do not say since when they wait, at most `most` of each way and kind of
/// time: an order by time has them last, so that [`longest`] may leave them out. A time that is further ahead than a job may
/// wait says nothing. Each kind of time is a query of its own, so that an index serves.
pub(super) fn undated(queue: &Queue<'_>, most: usize) -> String {
    let (of, rows) = (queue.group(), queue.rows());
    let ahead = format!("> now() + {} * interval '1 second'", queue.jobs.patience_secs);
    let parts: Vec<String> = claimable(queue)
        .iter()
        .flat_map(|Claimable { condition, due }| {
            ["IS NULL", &ahead].map(|time| {
                format!("(SELECT {of}, {due} AS due FROM {rows} WHERE {condition} AND {due} {time} LIMIT {most})")
            })
        })
        .collect();
    parts.join(" UNION ALL ")
}

/// The query of every job that can be claimed now: its queue, its kind, its time and its priority. `put_back` is as that of
/// [`longest`].
pub(super) fn every(queue: &Queue<'_>, put_back: Option<&str>) -> String {
    let (of, rows, priority) = (queue.group(), queue.rows(), queue.rank());
    let parts: Vec<String> = claimable(queue)
        .iter()
        .map(|Claimable { condition, due }| match put_back.filter(|_| *due == ADDED) {
            Some(put_back) => format!(
                "SELECT d.queue, d.kind, greatest(d.due, b.at) AS due, d.priority
  FROM (SELECT {of}, {due} AS due, {priority}, j.job_id::text AS job FROM {rows} WHERE {condition}) d
  LEFT JOIN ({put_back}) b ON b.job = d.job"
            ),
            None => format!("SELECT {of}, {due} AS due, {priority} FROM {rows} WHERE {condition}"),
        })
        .collect();
    parts.join(" UNION ALL ")
}

/// The query of the number of jobs that will be taken before a job, `$1`, among those of the queues `$2`, or of all where
/// that is NULL, and those of the queues `$3`, all of whose jobs go first; where the application says the order. `fits` is
/// what more holds of the jobs `c`. Of many, it is known only that they are more than so many.
pub(super) fn before(queue: &Queue<'_>, fits: &str, most: i64) -> Option<String> {
    let claimable = queue.jobs.claimable.as_ref()?;
    Some(format!(
        "WITH first AS MATERIALIZED (
    SELECT c.job_id, row_number() OVER () AS at FROM ({0}\n) c WHERE ($2::text[] IS NULL OR c.queue::text = ANY ($2)) AND {fits} LIMIT {most}
)
SELECT coalesce((SELECT f.at - 1 FROM first f WHERE {1} = {2}), (SELECT CASE WHEN count(*) = {most} THEN {most} + 1 END FROM first))
       + (SELECT count(*) FROM (SELECT FROM ({0}\n) c WHERE cardinality($3::text[]) > 0 AND c.queue::text = ANY ($3) AND {fits} LIMIT {most}) t)",
        claimable.text,
        queue.key.column("f.job_id"),
        queue.key.parameter("$1")
    ))
}

/// The clause that a query has at most so many rows; empty where it is to have all.
fn limited(most: Option<usize>) -> String {
    most.map(|most| format!(" LIMIT {most}")).unwrap_or_default()
}

/// The query of the jobs that wait in queues that are paused: how many of each queue and kind, at most so many, or all; none
/// if no queue is paused.
pub(super) fn in_paused_queues(queue: &Queue<'_>, most: Option<usize>) -> Option<String> {
    let paused = queue.is_paused()?;
    Some(format!(
        "SELECT p.queue, p.kind, count(*) AS n FROM (SELECT {} FROM {} WHERE {} AND {paused}{}) p GROUP BY 1, 2",
        queue.group(),
        queue.rows(),
        queue.is(&[JobState::Queued, JobState::Waiting, JobState::Failed]),
        limited(most)
    ))
}

/// The query of the jobs that something holds back for longer than a job may wait, though their time has come: how many of
/// each queue and kind, at most so many of each word, or all, and how long; none if nothing holds jobs back here. One that is
/// out of attempts is among them, whatever its time, and one that nobody will ever take. Those of paused queues are told by themselves.
pub(super) fn held_back(queue: &Queue<'_>, most: Option<usize>) -> Option<String> {
    if queue.jobs.claimable.is_some() {
        return held_back_at_once(queue, most);
    }
    let came = came(queue);
    let mut ways: Vec<(&str, &str, &str)> =
        queue.words(&[JobState::Waiting]).into_iter().map(|word| (word, "", came)).collect();
    if queue.columns.blocked {
        let blocked = " AND j.blocked_by IS NOT NULL";
        ways.extend(queue.words(&[JobState::Queued]).into_iter().map(|word| (word, blocked, came)));
        let in_time = " AND j.blocked_by IS NOT NULL AND j.retry_at IS NOT NULL";
        ways.extend(queue.words(&[JobState::Failed]).into_iter().map(|word| (word, in_time, "j.retry_at")));
    }
    for word in queue.words(&[JobState::Failed]) {
        ways.extend([" AND j.retry_at IS NULL", " AND j.retry_at = 'infinity'"].map(|never| (word, never, FAILED)));
    }
    if queue.columns.scheduled {
        let never = " AND j.scheduled_at = 'infinity'";
        ways.extend(queue.words(&[JobState::Queued]).into_iter().map(|word| (word, never, ADDED)));
    }
    let free = free_of_pauses(queue);
    let mut parts: Vec<String> = ways
        .iter()
        .map(|(word, rest, due)| {
            format!(
                "(SELECT {}, {due} AS due FROM {} WHERE {}{rest}{free} AND {}{})",
                queue.group(),
                queue.rows(),
                one_of(&[word]),
                too_long(queue, due),
                limited(most)
            )
        })
        .collect();
    parts.extend(out_of_attempts(queue, most));
    parts.extend(out_of_attempts_ahead(queue, most));
    (!parts.is_empty()).then(|| parts.join(" UNION ALL "))
}

/// The same as one query, where the application says what can be claimed: the conditions of its jobs have no index, and a
/// query of theirs takes long to plan.
fn held_back_at_once(queue: &Queue<'_>, most: Option<usize>) -> Option<String> {
    let (waiting, queued) = (queue.is(&[JobState::Waiting]), queue.is(&[JobState::Queued]));
    let failed = queue.is(&[JobState::Failed]);
    let blocked = if queue.columns.blocked { "j.blocked_by IS NOT NULL" } else { "false" };
    let spent = if looks_for_spent(queue, most) { SPENT } else { "false" };
    let scheduled = if queue.columns.scheduled { "j.scheduled_at" } else { "NULL::timestamptz" };
    // A time that has not come, or that never does, is none since when a job waits.
    let came = format!("CASE WHEN {scheduled} <= now() THEN {scheduled} ELSE {ADDED} END");
    let since = format!("CASE WHEN j.retry_at <= now() THEN j.retry_at ELSE {FAILED} END");
    let (came_long, failed_long) = (too_long(queue, &came), too_long(queue, &since));
    let (has_come, never) =
        (format!("coalesce({scheduled} <= now(), true)"), format!("({scheduled} = 'infinity') IS TRUE"));
    let free = free_of_pauses(queue);
    Some(format!(
        "(SELECT {}, CASE WHEN {failed} THEN {since} ELSE {came} END AS due FROM {}
   WHERE ({waiting} AND ({has_come} OR {never} OR {spent}) AND {came_long}
          OR {queued} AND ({never} OR {spent} OR {blocked} AND {has_come}) AND {came_long}
          OR {failed} AND (coalesce(j.retry_at, 'infinity') = 'infinity' OR {spent} OR {blocked} AND j.retry_at <= now()) AND {failed_long}){free}{})",
        queue.group(),
        queue.rows(),
        limited(most)
    ))
}

/// The condition that a job is in no paused queue, to be added to others; empty where none is paused.
fn free_of_pauses(queue: &Queue<'_>) -> String {
    queue.is_paused().map(|paused| format!(" AND NOT {paused}")).unwrap_or_default()
}

/// The time at which a job that waits has come, as SQL.
fn came(queue: &Queue<'_>) -> &'static str {
    if queue.columns.scheduled { "coalesce(j.scheduled_at, j.created_at)" } else { ADDED }
}

/// The condition that a job waits since this time for longer than a job may. One without a time may have waited for ever.
fn too_long(queue: &Queue<'_>, due: &str) -> String {
    format!("({due} < now() - {} * interval '1 second' OR {due} IS NULL)", queue.jobs.patience_secs)
}

/// The queries of the jobs whose time has come for longer than a job may wait, and that are out of attempts: no worker takes
/// them. At most so many of those that are due for longest are looked at, among which they are, or all.
fn out_of_attempts(queue: &Queue<'_>, most: Option<usize>) -> Vec<String> {
    if !looks_for_spent(queue, most) {
        return Vec::new();
    }
    ways(queue, "true")
        .iter()
        .map(|Claimable { condition, due }| {
            let (of, rows, too_long) = (queue.group(), queue.rows(), too_long(queue, due));
            let jobs = match most {
                Some(most) => format!("(SELECT * FROM {rows} WHERE {condition} ORDER BY {due} LIMIT {most}) j WHERE"),
                None => format!("{rows} WHERE {condition} AND"),
            };
            format!("(SELECT {of}, {due} AS due FROM {jobs} {SPENT} AND {too_long})")
        })
        .collect()
}

/// The ways in which a job waits for a time that has not come, each with the time since when one waits that is out of
/// attempts. A time that never comes is another matter.
fn ahead(queue: &Queue<'_>) -> Vec<(String, &'static str, &'static str)> {
    let mut ways = Vec::new();
    if queue.columns.scheduled {
        for word in queue.words(&[JobState::Queued, JobState::Waiting]) {
            ways.push((one_of(&[word]), "j.scheduled_at", ADDED));
        }
    }
    for word in queue.words(&[JobState::Failed]) {
        ways.push((one_of(&[word]), "j.retry_at", FAILED));
    }
    let free = free_of_pauses(queue);
    ways.into_iter()
        .map(|(word, time, since)| (format!("{word} AND {time} > now() AND {time} < 'infinity'{free}"), time, since))
        .collect()
}

/// The queries of the jobs that are out of attempts and wait for a time that has not come: no worker takes them then either.
/// One has waited since it failed, or since it was added. At most so many of those whose time comes first are looked at, or
/// all.
fn out_of_attempts_ahead(queue: &Queue<'_>, most: Option<usize>) -> Vec<String> {
    if !looks_for_spent(queue, most) {
        return Vec::new();
    }
    let (of, rows) = (queue.group(), queue.rows());
    ahead(queue)
        .iter()
        .map(|(condition, time, since)| {
            let too_long = too_long(queue, since);
            let jobs = match most {
                Some(most) => format!("(SELECT * FROM {rows} WHERE {condition} ORDER BY {time} LIMIT {most}) j WHERE"),
                None => format!("{rows} WHERE {condition} AND"),
            };
            format!("(SELECT {of}, {since} AS due FROM {jobs} {SPENT} AND {too_long})")
        })
        .collect()
}

/// The query that tells if at most so many jobs of each way wait for a time that has not come, so that [`held_back`] looks
/// at all of these; none if it looks at none.
pub(super) fn few_ahead(queue: &Queue<'_>, most: usize) -> Option<String> {
    let ways = if looks_for_spent(queue, Some(most)) { ahead(queue) } else { Vec::new() };
    let few = ways.iter().map(|(condition, ..)| {
        format!("(SELECT count(*) FROM (SELECT FROM {} WHERE {condition} LIMIT {most} + 1) a) <= {most}", queue.rows())
    });
    let few = few.collect::<Vec<_>>().join(" AND ");
    (!few.is_empty()).then(|| format!("SELECT CASE WHEN {few} THEN 1::int8 END"))
}

/// True if jobs that are out of attempts are looked for.
fn looks_for_spent(queue: &Queue<'_>, most: Option<usize>) -> bool {
    !queue.jobs.lacks.contains(&JobFact::Attempts) && (most.is_none() || tells_first(queue))
}

/// True if the jobs that are due for longest are found by themselves. Where the application says what can be claimed, no index
/// gives their order.
pub(super) fn tells_first(queue: &Queue<'_>) -> bool {
    queue.jobs.claimable.is_none()
}

/// The query of the number of jobs that can be claimed now. Those that the application says may be the first of each queue
/// only, so they are not counted.
pub(super) fn how_many(queue: &Queue<'_>) -> String {
    let counts: Vec<String> = claimable(queue)
        .iter()
        .map(|way| format!("(SELECT count(*) FROM {} WHERE {})", queue.rows(), way.condition))
        .collect();
    if counts.is_empty() { "SELECT 0::int8".to_owned() } else { format!("SELECT {}", counts.join(" + ")) }
}
