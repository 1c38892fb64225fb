//! The waiting and running times of jobs, and the throughput from minute to minute.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use serde::Serialize;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Postgres, Row as _};

use super::filter::{Filter, NEXT, Selection, When, explained};
use super::queue::Queue;
use super::window::TRIED;
use crate::db::Connection;
use crate::error::Result;
use crate::packs::{JobFact, JobState};

/// The upper ends of a histogram's bars, in milliseconds; one more holds what takes longer.
pub const BARS_MS: [i64; 15] = [
    10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 60_000, 180_000, 600_000, 1_800_000, 3_600_000, 21_600_000,
    86_400_000,
];

/// The distribution of a duration over many jobs. Times are in milliseconds.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Distribution {
    /// Number of jobs or attempts.
    pub count: i64,
    /// The median.
    pub p50_ms: Option<i64>,
    /// The 90th percentile.
    pub p90_ms: Option<i64>,
    /// The 95th percentile.
    pub p95_ms: Option<i64>,
    /// The 99th percentile.
    pub p99_ms: Option<i64>,
    /// The longest.
    pub max_ms: Option<i64>,
    /// Number that took no longer than each of [`BARS_MS`], but longer than the one before; the last holds the rest.
    pub histogram: Vec<i64>,
}

/// The durations of jobs.
#[derive(Debug, Clone, Serialize)]
pub struct Timing {
    /// From being added to the first attempt; none where the application does not say when that began.
    pub wait: Option<Distribution>,
    /// From the beginning of an attempt to its end; none likewise.
    pub run: Option<Distribution>,
    /// From being added to the end.
    pub total: Distribution,
}

/// The durations of the jobs that fit and that ended since.
///
/// # Errors
/// As [`super::list`].
pub async fn latency(connection: &mut Connection, queue: &Queue<'_>, since: When, filter: &Filter) -> Result<Timing> {
    let selection = told(connection, queue, filter, since).await?;
    let (rows, fits) = (queue.rows(), selection.condition());
    let ended = format!("FROM {rows} WHERE {} AND {fits}", from("j.finished_at"));
    let mut total = format!("SELECT {} AS took {ended}", milliseconds("j.created_at", "j.finished_at"));
    if let Some(dead) = queue.dead_without_end() {
        let took = milliseconds("j.created_at", "j.failed_at");
        total.push_str(&format!(
            " UNION ALL SELECT {took} FROM {rows} WHERE {dead} AND {} AND {fits}",
            from("j.failed_at")
        ));
    }
    let (wait, run) = match queue.attempts().zip(queue.attempts_with_jobs()) {
        _ if queue.jobs.lacks.contains(&JobFact::Starts) => (None, None),
        Some((attempts, with_jobs)) => {
            // An attempt is looked for by when it was written down, which an index finds.
            let all = format!("FROM ({}\n) a WHERE {}", attempts.text, from("a.at"));
            let of_jobs = format!("FROM {with_jobs} WHERE {} AND {}", from("a.at"), selection.condition_by("a"));
            let run = milliseconds("a.started_at", "a.finished_at");
            let run = format!("SELECT {run} AS took {}", if selection.narrows { &of_jobs } else { &all });
            let wait = milliseconds("j.created_at", "a.started_at");
            (Some(format!("SELECT {wait} AS took {of_jobs} AND a.number = 1")), Some(run))
        }
        None => {
            let span = |from: &str, to: &str| format!("SELECT {} AS took {ended}", milliseconds(from, to));
            (Some(span("j.created_at", "j.started_at")), Some(span("j.started_at", "j.finished_at")))
        }
    };
    let mut all = Vec::new();
    for sql in [wait, run, Some(total)] {
        all.push(match sql {
            Some(sql) => Some(distribution(connection, &sql, since, &selection).await?),
            None => None,
        });
    }
    let total = all.pop().flatten().unwrap_or_default();
    let run = all.pop().flatten();
    Ok(Timing { wait: all.pop().flatten(), run, total })
}

/// The selection of a filter for the jobs and attempts of a stretch of time. Which errors are of a fingerprint only we can
/// tell, so those of the stretch are read for that, each once.
pub(super) async fn told(
    connection: &mut Connection,
    queue: &Queue<'_>,
    filter: &Filter,
    since: When,
) -> Result<Selection> {
    let mut selection = Selection::of(connection, queue, filter).await?;
    if selection.fingerprints.is_empty() {
        return Ok(selection);
    }
    let rows = queue.rows();
    let mut parts: Vec<String> = ["created_at", "finished_at", "failed_at"]
        .iter()
        .map(|column| format!("SELECT j.error::text FROM {rows} WHERE {}", from(&format!("j.{column}"))))
        .collect();
    parts.push(format!("SELECT j.error::text FROM {rows} WHERE {}", queue.is(&[JobState::Running])));
    if let Some(attempts) = queue.attempts() {
        parts.push(format!("SELECT a.error::text FROM ({}\n) a WHERE {}", attempts.text, from("a.at")));
    }
    let sql = format!("SELECT e.error FROM ({}) e (error) WHERE e.error IS NOT NULL", parts.join(" UNION "));
    let mut rows = bind_since(selection.query(sql), since).fetch(connection);
    let mut errors = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let error: String = row.try_get(0)?;
        if selection.keeps(Some(&error)) {
            errors.push(error);
        }
    }
    drop(rows);
    selection.of_errors(errors);
    Ok(selection)
}

/// The condition that a time lies in the stretch that [`bind_since`] binds.
pub(super) fn from(column: &str) -> String {
    let (at, ago) = (NEXT, NEXT + 1);
    format!(
        "{column} <= now() AND (${at}::timestamptz IS NULL OR {column} >= ${at})
   AND (${ago}::int8 IS NULL OR {column} >= now() - ${ago} * interval '1 millisecond')"
    )
}

/// Binds the two parameters of [`from`].
pub(super) fn bind_since<'q>(query: Query<'q, Postgres, PgArguments>, since: When) -> Query<'q, Postgres, PgArguments> {
    query.bind(since.at()).bind(since.ago_ms())
}

/// The milliseconds between two times as SQL, null if a clock ran backwards.
pub(super) fn milliseconds(from: &str, to: &str) -> String {
    format!(
        "CASE WHEN isfinite({from}) AND isfinite({to}) AND {to} >= {from}
                THEN floor(extract(epoch FROM {to} - {from}) * 1000)::int8 END"
    )
}

async fn distribution(
    connection: &mut Connection,
    took: &str,
    since: When,
    selection: &Selection,
) -> Result<Distribution> {
    let bars = NEXT + 2;
    let sql = format!(
        "WITH took AS MATERIALIZED ({took}
)
SELECT count(t.took), percentile_disc(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY t.took), max(t.took),
       (SELECT array_agg(coalesce(h.n, 0) ORDER BY b.bar)
          FROM generate_series(0, cardinality(${bars}::int8[])) AS b (bar)
          LEFT JOIN (SELECT width_bucket(t.took - 1, ${bars}) AS bar, count(*) AS n
                       FROM took t WHERE t.took IS NOT NULL GROUP BY 1) h USING (bar))
  FROM took t"
    );
    let query = bind_since(selection.query(sql), since).bind(BARS_MS.as_slice());
    let row = query.fetch_one(connection).await.map_err(explained)?;
    let percentiles: Vec<Option<i64>> = row.try_get::<Option<Vec<Option<i64>>>, _>(1)?.unwrap_or_default();
    let percentile = |at: usize| percentiles.get(at).copied().flatten();
    Ok(Distribution {
        count: row.try_get(0)?,
        p50_ms: percentile(0),
        p90_ms: percentile(1),
        p95_ms: percentile(2),
        p99_ms: percentile(3),
        max_ms: row.try_get(2)?,
        histogram: row.try_get(3)?,
    })
}

/// The throughput of a minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Minute {
    /// The beginning.
    pub at: DateTime<Utc>,
    /// Number of jobs that were added.
    pub added: i64,
    /// Number of jobs that succeeded.
    pub done: i64,
    /// Number of jobs that ended otherwise.
    pub dead: i64,
    /// Number of attempts that failed; none if the application keeps no attempts.
    pub failed_attempts: Option<i64>,
}

/// The throughput of the jobs that fit, in `steps` stretches of `step_secs` seconds each that end now.
///
/// # Errors
/// As [`super::list`].
pub async fn throughput(
    connection: &mut Connection,
    queue: &Queue<'_>,
    steps: u32,
    step_secs: u32,
    filter: &Filter,
) -> Result<Vec<Minute>> {
    // The first step may have begun a minute earlier.
    let span = Duration::from_secs(u64::from(steps) * u64::from(step_secs) + 60);
    let selection = told(connection, queue, filter, When::Ago(span)).await?;
    let (rows, fits) = (queue.rows(), selection.condition());
    let within = |column: &str| format!("{column} >= s.least AND {column} < s.most");
    let step = |column: &str| format!("floor(extract(epoch FROM {column} - s.least) / s.step)::int4");
    let mut parts = vec![
        format!(
            "SELECT {} AS n, 1 AS added, 0 AS done, 0 AS dead, 0 AS failed FROM s, {rows} WHERE {} AND {fits}",
            step("j.created_at"),
            within("j.created_at")
        ),
        format!(
            "SELECT {}, 0, CASE WHEN {done} THEN 1 ELSE 0 END, CASE WHEN {done} THEN 0 ELSE 1 END, 0 FROM s, {rows} WHERE {} AND {fits}",
            step("j.finished_at"),
            within("j.finished_at"),
            done = queue.is(&[JobState::Done]),
        ),
    ];
    if let Some(dead) = queue.dead_without_end() {
        let (step, within) = (step("j.failed_at"), within("j.failed_at"));
        parts.push(format!("SELECT {step}, 0, 0, 1, 0 FROM s, {rows} WHERE {dead} AND {within} AND {fits}"));
    }
    if let Some(attempts) = queue.attempts() {
        parts.push(format!(
            "SELECT {}, 0, 0, 0, 1 FROM s, ({}\n) a WHERE {} AND NOT a.succeeded AND {TRIED}{}",
            step("a.at"),
            attempts.text,
            within("a.at"),
            selection.of_attempts(queue, "a")
        ));
    }
    let (many, secs) = (NEXT, NEXT + 1);
    let sql = format!(
        "WITH s AS (
    SELECT ${secs}::int4 AS step, date_trunc('minute', now()) + interval '1 minute' AS most,
           date_trunc('minute', now()) + interval '1 minute' - ${many}::int8 * ${secs}::int8 * interval '1 second' AS least
), seen AS (
    {}
)
SELECT (extract(epoch FROM s.least) + g.n * s.step)::int8 AS at, coalesce(sum(seen.added), 0)::int8 AS added,
       coalesce(sum(seen.done), 0)::int8 AS done, coalesce(sum(seen.dead), 0)::int8 AS dead, coalesce(sum(seen.failed), 0)::int8 AS failed
  FROM s CROSS JOIN generate_series(0, ${many}::int4 - 1) AS g (n) LEFT JOIN seen USING (n)
 GROUP BY 1 ORDER BY 1",
        parts.join("\n    UNION ALL ")
    );
    let (steps, step_secs) = (i32::try_from(steps).unwrap_or(i32::MAX), i32::try_from(step_secs).unwrap_or(i32::MAX));
    let query = selection.query(sql).bind(steps).bind(step_secs);
    let rows = query.fetch_all(connection).await.map_err(explained)?;
    rows.iter()
        .map(|row| {
            Ok(Minute {
                at: DateTime::from_timestamp(row.try_get("at")?, 0).unwrap_or_default(),
                added: row.try_get("added")?,
                done: row.try_get("done")?,
                dead: row.try_get("dead")?,
                failed_attempts: queue.attempts().map(|_| row.try_get("failed")).transpose()?,
            })
        })
        .collect()
}
