//! Many jobs, newest first, a page at a time; and how many there are.

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, Row as _};

use super::filter::{Filter, NEXT, Selection, explained, statuses};
use super::model::{BRIEF, COLUMNS, Job};
use super::queue::Queue;
use crate::cursor::Cursor;
use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::packs::JobState;

/// Number of rows that are counted one by one; more are estimated, unless an exact count is asked for.
const COUNTED: f64 = 300_000.0;

/// The planner's cost from which a query is announced as slow before it is run: about what reading
/// a million rows of a table takes.
const SLOW: f64 = 100_000.0;

/// A number of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// The number.
    pub count: u64,
    /// True if they were counted; otherwise it is the planner's estimate.
    pub exact: bool,
}

/// Some jobs.
#[derive(Debug)]
pub struct Page {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// Number of all jobs that fit, if it is known without reading all of them.
    pub total: Option<Count>,
    /// The beginning of the next page, if there is one.
    pub next: Option<Cursor>,
}

/// The number of jobs with a status.
#[derive(Debug, Clone, serde::Serialize)]
pub struct StatusCount {
    /// The application's word.
    pub status: String,
    /// The meaning of the status.
    pub state: JobState,
    /// The number of jobs.
    #[serde(flatten)]
    pub count: Count,
}

impl Selection {
    /// A query of these columns of the jobs that fit, which ends in `tail`.
    pub fn sql(&self, queue: &Queue<'_>, what: &str, tail: &str) -> String {
        format!("SELECT {what}\n  FROM {}\n WHERE {}\n{tail}", queue.rows(), self.condition())
    }

    pub fn query(&self, sql: String) -> Query<'static, Postgres, PgArguments> {
        self.bind(sqlx::query(AssertSqlSafe(sql)))
    }
}

/// Lists jobs, newest first: at most `limit`, or all where it is zero. They are counted only where the list is
/// cut.
///
/// # Errors
/// Usage errors: a status that there is not, a wrong expression, id or cursor.
pub async fn list(
    connection: &mut Connection,
    queue: &Queue<'_>,
    filter: &Filter,
    limit: usize,
    after: Option<&Cursor>,
) -> Result<Page> {
    let selection = Selection::of(connection, queue, filter).await?;
    let after = match after {
        None => None,
        Some(cursor) => match queue.key.parse(&cursor.id) {
            Some(id) => Some(Cursor { id, ..cursor.clone() }),
            None => return Err(Error::usage("--cursor: it is not one of this database's jobs")),
        },
    };
    let (sql, wanted) = (page(queue, &selection), limit.checked_sub(1).map(|_| limit.saturating_add(1)));
    // Which errors are alike is told here and not by the server, so there is no telling how many rows that takes.
    let rows_wanted = wanted.filter(|_| selection.fingerprints.is_empty());
    let mut rows = bound(selection.query(sql), after.as_ref(), rows_wanted).fetch(&mut *connection);
    let mut jobs = Vec::new();
    while let Some(row) = rows.try_next().await.map_err(explained)? {
        let job = queue.read(&row)?;
        if selection.keeps(job.error.as_deref()) {
            jobs.push(job);
            if wanted.is_some_and(|wanted| jobs.len() >= wanted) {
                break;
            }
        }
    }
    drop(rows);
    let cut = limit > 0 && jobs.len() > limit;
    let mut next = None;
    if cut {
        jobs.truncate(limit);
        next = jobs
            .last()
            .map(|j| Cursor { created_at: j.created_at.as_deref().and_then(|at| at.parse().ok()), id: j.job.clone() });
    }
    let total = match cut || after.is_some() {
        true if !selection.fingerprints.is_empty() => None,
        true => Some(count(connection, queue, filter, false).await?),
        false => Some(Count { count: jobs.len() as u64, exact: true }),
    };
    Ok(Page { jobs, total, next })
}

/// A page of jobs, newest first. Where the order is descending, nulls come first.
fn page(queue: &Queue<'_>, selection: &Selection) -> String {
    let (at, job, limit) = (NEXT + 1, NEXT + 2, NEXT + 3);
    let (key, given) = (queue.key.column("j.job_id"), queue.key.parameter(&format!("${job}")));
    selection.sql(
        queue,
        COLUMNS,
        &format!(
            "   AND (NOT ${NEXT}::boolean
        OR CASE WHEN ${at}::text IS NULL THEN j.created_at IS NOT NULL OR {key} < {given}
                ELSE j.created_at <= ${at}::timestamptz AND (j.created_at < ${at}::timestamptz OR {key} < {given}) END)
 ORDER BY j.created_at DESC, {key} DESC LIMIT ${limit}"
        ),
    )
}

fn bound<'q>(
    query: Query<'q, Postgres, PgArguments>,
    after: Option<&Cursor>,
    rows: Option<usize>,
) -> Query<'q, Postgres, PgArguments> {
    query
        .bind(after.is_some())
        .bind(after.and_then(|c| c.created_at))
        .bind(after.map(|c| c.id.clone()))
        .bind(rows.map(|n| i64::try_from(n).unwrap_or(i64::MAX)))
}

/// The reason why the list of these jobs takes long, if the planner expects that no index serves it.
///
/// # Errors
/// As [`list`].
pub async fn slow(
    connection: &mut Connection,
    queue: &Queue<'_>,
    filter: &Filter,
    limit: usize,
) -> Result<Option<String>> {
    let selection = Selection::new(queue, filter)?;
    let sql = page(queue, &selection);
    let rows = (limit > 0).then_some(limit);
    let plan = explain(connection, sql, |query| bound(selection.bind(query), None, rows)).await?;
    Ok((plan.cost > SLOW).then(|| "no index serves this, so it reads many jobs one by one".to_owned()))
}

/// The number of jobs that fit. `exact` counts them also if they are many.
///
/// # Errors
/// As [`list`].
pub async fn count(connection: &mut Connection, queue: &Queue<'_>, filter: &Filter, exact: bool) -> Result<Count> {
    let selection = Selection::of(connection, queue, filter).await?;
    if !selection.fingerprints.is_empty() {
        let sql = selection.sql(queue, "j.error::text", "");
        let mut rows = selection.query(sql).fetch(connection);
        let mut count = 0;
        while let Some(row) = rows.try_next().await.map_err(explained)? {
            count += u64::from(selection.keeps(row.try_get(0)?));
        }
        return Ok(Count { count, exact: true });
    }
    let counted = async |connection: &mut Connection| {
        let sql = selection.sql(queue, "count(*)", "");
        let row = selection.query(sql).fetch_one(connection).await.map_err(explained)?;
        Ok(u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default())
    };
    if exact {
        return Ok(Count { count: counted(connection).await?, exact });
    }
    let sql = selection.sql(queue, "1", "");
    let plan = explain(connection, sql, |query| selection.bind(query)).await?;
    if plan.rows <= COUNTED
        && let Some(count) = db::brief(connection, BRIEF, counted).await?
    {
        return Ok(Count { count, exact: true });
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate, and none is negative")]
    Ok(Count { count: plan.rows as u64, exact: false })
}

/// The number of jobs with each of the application's statuses, in the order of the states.
///
/// # Errors
/// As [`list`].
pub async fn counts(
    connection: &mut Connection,
    queue: &Queue<'_>,
    filter: &Filter,
    exact: bool,
) -> Result<Vec<StatusCount>> {
    let asked = statuses(queue, &filter.status)?;
    let mut counts = Vec::new();
    for (status, state) in &queue.jobs.states {
        if !filter.status.is_empty() && !asked.contains(&status.as_str()) {
            continue;
        }
        let one = Filter { status: vec![status.clone()], ..filter.clone() };
        let count = count(connection, queue, &one, exact).await?;
        counts.push(StatusCount { status: status.clone(), state: *state, count });
    }
    Ok(counts)
}

/// The number of jobs with none of the application's statuses; none if there are too many jobs to look for others
/// among them, unless that is asked for.
///
/// # Errors
/// As [`list`].
pub async fn unknown(
    connection: &mut Connection,
    queue: &Queue<'_>,
    filter: &Filter,
    exact: bool,
    known: u64,
) -> Result<Option<Count>> {
    #[expect(clippy::cast_precision_loss, reason = "it is compared with a round number")]
    if !filter.status.is_empty() || !exact && known as f64 > COUNTED {
        return Ok(None);
    }
    count(connection, queue, &Filter { unknown: true, ..filter.clone() }, exact).await.map(Some)
}

/// The planner's estimate of a query.
struct Expected {
    rows: f64,
    cost: f64,
}

async fn explain(
    connection: &mut Connection,
    sql: String,
    bind: impl FnOnce(Query<'static, Postgres, PgArguments>) -> Query<'static, Postgres, PgArguments>,
) -> Result<Expected> {
    let sql = format!("EXPLAIN (FORMAT JSON) {sql}");
    let row = bind(sqlx::query(AssertSqlSafe(sql))).fetch_one(connection).await.map_err(explained)?;
    let plan: serde_json::Value = row.try_get(0)?;
    let number = |name: &str| plan[0]["Plan"][name].as_f64().unwrap_or_default();
    Ok(Expected { rows: number("Plan Rows"), cost: number("Total Cost") })
}
