//! Selecting the jobs of a change: their ids, and their versions when it was planned.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Row as _};

use super::filter::{Filter, Selection, explained, statuses};
use super::list::count;
use super::model::BRIEF;
use super::queue::Queue;
use super::window::CANCELLED;
use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::packs::JobState;

/// Largest number of jobs of one run.
pub const MOST: usize = 1_000_000;

/// A job that is to be changed.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The id.
    pub job: String,
    /// The version, which differs after every change of the job.
    pub version: String,
    /// The status.
    pub status: String,
    /// The reason why it was cancelled, if its error says so.
    pub cancelled: Option<String>,
    /// The worker that has it, and the length of its lease in seconds, if it is past it.
    pub lease: Option<(String, i64)>,
    /// The queue, where the application has several.
    pub queue: Option<String>,
}

/// The jobs that a change is about, the oldest first.
#[derive(Debug, Default)]
pub struct Plan {
    /// The jobs.
    pub jobs: Vec<Planned>,
    /// The jobs that fit and were excepted.
    pub excepted: Vec<Planned>,
    /// Number of jobs that fit; more than there are in `jobs` if a maximum cut them.
    pub matched: usize,
    /// Ids that were given and are no job's.
    pub unknown: Vec<String>,
    /// Ids that were given, whose jobs the rest of the filter leaves out.
    pub unfit: Vec<Planned>,
}

/// True if a job was cancelled by its status, or by its error where it gave up.
fn was_cancelled(queue: &Queue<'_>, job: &Planned) -> bool {
    match queue.state(Some(&job.status)) {
        Some(JobState::Cancelled) => true,
        Some(JobState::Dead) => job.cancelled.is_some(),
        _ => false,
    }
}

/// The jobs that would fit if their status did not except them: their statuses, and how many they are.
///
/// # Errors
/// Usage errors, as [`super::list`].
pub async fn excepted(
    connection: &mut Connection,
    queue: &Queue<'_>,
    filter: &Filter,
) -> Result<Option<(Vec<String>, u64)>> {
    let (asked, of_states) = (statuses(queue, &filter.status)?, queue.words(&filter.states));
    let fits = |words: &[&str], word: &String| words.is_empty() || words.contains(&word.as_str());
    let asked_for = |word: &&String| fits(&asked, word) && fits(&of_states, word);
    let status: Vec<String> = filter.except.iter().filter(asked_for).cloned().collect();
    if status.is_empty() {
        return Ok(None);
    }
    let filter = Filter { status, states: Vec::new(), except: Vec::new(), ..filter.clone() };
    let count = count(connection, queue, &filter, false).await?.count;
    Ok((count > 0).then_some((filter.status, count)))
}

/// Finds the jobs: at most `max`. Where `except` is given, none of these ids, and no other one that was cancelled.
///
/// # Errors
/// Usage errors, as [`super::list`], and where they are more than [`MOST`].
pub async fn select(
    connection: &mut Connection,
    queue: &Queue<'_>,
    filter: &Filter,
    max: Option<usize>,
    except: Option<&HashMap<String, String>>,
) -> Result<Plan> {
    let selection = Selection::of(connection, queue, filter).await?;
    let key = queue.key.column("j.job_id");
    let error = if selection.fingerprints.is_empty() { "NULL::text" } else { "j.error::text" };
    let lease = match filter.stuck {
        true => {
            "j.worker::text AS worker, CASE WHEN isfinite(j.lease_until) AND isfinite(coalesce(j.started_at, j.created_at))
            THEN floor(extract(epoch FROM j.lease_until - coalesce(j.started_at, j.created_at)))::int8 END AS lease"
        }
        false => "NULL::text AS worker, NULL::int8 AS lease",
    };
    let what = format!(
        "j.job_id::text AS job_id, j.version::text AS version, j.status::text AS status, {error} AS error,
       CASE WHEN j.error::text LIKE '{CANCELLED}%' THEN left(j.error::text, 500) END AS cancelled, {lease}, {} AS queue",
        queue.of_queue()
    );
    let sql = selection.sql(queue, &what, &format!(" ORDER BY j.created_at, {key}"));
    let mut rows = selection.query(sql).fetch(&mut *connection);
    let mut plan = Plan::default();
    while let Some(row) = rows.try_next().await.map_err(explained)? {
        if !selection.keeps(row.try_get("error")?) {
            continue;
        }
        let text =
            |column: &str| -> Result<String> { Ok(row.try_get::<Option<String>, _>(column)?.unwrap_or_default()) };
        let worker: Option<String> = row.try_get("worker")?;
        let cancelled: Option<String> = row.try_get("cancelled")?;
        let planned = Planned {
            job: text("job_id")?,
            version: text("version")?,
            status: text("status")?,
            cancelled: cancelled.and_then(|error| Some(error.strip_prefix(CANCELLED)?.to_owned())),
            lease: worker.zip(row.try_get::<Option<i64>, _>("lease")?),
            queue: row.try_get("queue")?,
        };
        if except.is_some_and(|except| except.contains_key(&planned.job) || was_cancelled(queue, &planned)) {
            plan.excepted.push(planned);
            continue;
        }
        plan.matched += 1;
        if max.is_some_and(|max| plan.jobs.len() >= max) {
            continue;
        }
        if plan.jobs.len() >= MOST {
            return Err(Error::usage(format!(
                "more than {} jobs match, which is more than one run takes",
                crate::text::thousands(MOST)
            ))
            .hint("narrow the filter; a change takes some of them at a time with --max"));
        }
        plan.jobs.push(planned);
    }
    drop(rows);
    if !filter.ids.is_empty() {
        let found: HashSet<&str> = plan.jobs.iter().chain(&plan.excepted).map(|j| j.job.as_str()).collect();
        let given = filter.ids.iter().filter_map(|id| queue.key.parse(id.trim()));
        // Where --max cut the list, what was left out is known all the same.
        if plan.matched == plan.jobs.len() {
            plan.unknown = given.filter(|id| !found.contains(id.as_str())).collect();
        }
        if !plan.unknown.is_empty() && *filter != (Filter { ids: filter.ids.clone(), ..Filter::default() }) {
            let there = Filter { ids: std::mem::take(&mut plan.unknown), ..Filter::default() };
            let there = Box::pin(self::select(connection, queue, &there, None, None)).await?;
            (plan.unknown, plan.unfit) = (there.unknown, there.jobs);
        }
    }
    Ok(plan)
}

/// The jobs whose id others have too, each with the reason, in words, why it cannot be changed by its id. Those that the plan
/// leaves out are looked for as long as that takes a moment.
///
/// # Errors
/// If the jobs cannot be read.
pub async fn shared(
    connection: &mut Connection,
    queue: &Queue<'_>,
    jobs: &[Planned],
) -> Result<HashMap<String, String>> {
    fn why<S: Borrow<str>>(number: i64, queues: &[S]) -> String {
        match queues {
            [] | [_] => format!("{number} jobs have this id"),
            several => format!("{number} jobs have this id, in the queues {}", several.join(", ")),
        }
    }
    let mut rows: HashMap<&str, (i64, Vec<&str>)> = HashMap::new();
    for job in jobs {
        let (number, queues) = rows.entry(&job.job).or_default();
        *number += 1;
        queues.extend(job.queue.as_deref());
    }
    let ids: Vec<&str> = rows.keys().copied().collect();
    let mut shared: HashMap<String, String> = HashMap::new();
    for (job, (number, mut queues)) in rows.into_iter().filter(|(_, (number, _))| *number > 1) {
        queues.sort_unstable();
        shared.insert(job.to_owned(), why(number, &queues));
    }
    let sql = format!(
        "SELECT j.job_id::text AS job, count(*) AS n, array_agg(DISTINCT {queue} ORDER BY {queue}) FILTER (WHERE {queue} IS NOT NULL) AS queues
  FROM {} WHERE {} GROUP BY 1 HAVING count(*) > 1",
        queue.rows(),
        queue.has_id("$1"),
        queue = queue.of_queue(),
    );
    let found =
        db::brief(connection, BRIEF, async |c| Ok(sqlx::query(AssertSqlSafe(sql)).bind(ids).fetch_all(c).await?));
    for row in found.await?.unwrap_or_default() {
        let queues: Option<Vec<String>> = row.try_get("queues")?;
        shared.insert(row.try_get("job")?, why(row.try_get("n")?, &queues.unwrap_or_default()));
    }
    Ok(shared)
}
