//! What the database says of the jobs that entries name.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Row as _};

use crate::db::{self, Connection, Series};
use crate::error::Result;
use crate::jobs::due::claimable;
use crate::jobs::queue::Queue;
use crate::packs::{JobFact, JobState, JobStream, Key, Pack};

/// A job that an entry names.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub version: String,
    pub status: Option<String>,
    pub attempts: Option<i32>,
    /// True if it ended, one way or another.
    pub ended: bool,
    /// True if a worker has it, as far as the database knows.
    pub held: bool,
    /// True if a worker could take it now.
    pub claimable: bool,
    /// The values of the columns that an entry repeats.
    pub copies: HashMap<String, String>,
}

/// The jobs of a pack, each time in a snapshot of its own: what is asked later is newer than what Redis said before.
pub(super) struct Jobs<'a> {
    pub series: &'a mut Series,
    pub pack: &'a Pack,
}

/// Opens the queue in a transaction, and sees every row where that can be had. Returns the tables whose rows may be hidden.
async fn opened<'a>(connection: &mut Connection, pack: &'a Pack) -> Result<(Queue<'a>, Vec<String>)> {
    let hidden = db::see_all(connection, &pack.schema, &pack.tables).await?;
    Ok((Queue::open(connection, pack).await?, hidden))
}

impl Jobs<'_> {
    /// The type of the ids, and the tables of which rows may be hidden.
    pub async fn key(&mut self) -> Result<(Key, Vec<String>)> {
        let pack = self.pack;
        let read = async |connection: &mut Connection| {
            let (queue, hidden) = opened(connection, pack).await?;
            Ok((queue.key, hidden))
        };
        self.series.run("", read).await
    }

    /// The jobs with these ids, by their ids. `copies` are the columns that are read besides.
    pub async fn known(&mut self, ids: &[String], copies: &[&str]) -> Result<HashMap<String, Known>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let pack = self.pack;
        let read = async |connection: &mut Connection| {
            let (queue, _) = opened(connection, pack).await?;
            let ways: Vec<String> = claimable(&queue).into_iter().map(|way| format!("({})", way.condition)).collect();
            let ways = if ways.is_empty() { "false".to_owned() } else { ways.join(" OR ") };
            let copied: String = copies.iter().map(|column| format!(", j.{column}::text AS copy_{column}")).collect();
            let sql = format!(
                "SELECT j.job_id::text AS job, j.version::text AS version, j.status::text AS status, j.attempts::int4 AS attempts,
       j.lease_until > now() AS leased, coalesce({ways}, false) AS claimable{copied}
  FROM {} WHERE {}",
                queue.rows(),
                queue.has_id("$1"),
            );
            let rows = sqlx::query(AssertSqlSafe(sql)).bind(ids).fetch_all(connection).await?;
            let mut known = HashMap::new();
            for row in rows {
                let status: Option<String> = row.try_get("status")?;
                let state = queue.state(status.as_deref());
                let leased: Option<bool> = row.try_get("leased")?;
                let job = Known {
                    version: row.try_get::<Option<String>, _>("version")?.unwrap_or_default(),
                    attempts: row.try_get("attempts")?,
                    ended: matches!(state, Some(JobState::Done | JobState::Dead | JobState::Cancelled)),
                    // Without leases, a job that runs is its worker's.
                    held: state == Some(JobState::Running)
                        && leased.unwrap_or(queue.jobs.lacks.contains(&JobFact::Leases)),
                    claimable: row.try_get("claimable")?,
                    copies: copies
                        .iter()
                        .map(|column| {
                            let value: Option<String> = row.try_get(format!("copy_{column}").as_str())?;
                            Ok(((*column).to_owned(), value.unwrap_or_default()))
                        })
                        .collect::<Result<_>>()?,
                    status,
                };
                known.insert(row.try_get("job")?, job);
            }
            Ok(known)
        };
        self.series.run("", read).await
    }

    /// Every job of a stream that a worker could have taken for at least so long, one after the other. Another stream has
    /// the kinds of `others`.
    pub async fn due(
        &mut self,
        stream: &JobStream,
        others: &[&str],
        grace: Duration,
        mut each: impl FnMut(Due),
    ) -> Result<()> {
        let pack = self.pack;
        let read = async |connection: &mut Connection| {
            let (queue, _) = opened(connection, pack).await?;
            for way in claimable(&queue) {
                let sql = format!(
                    "SELECT j.job_id::text AS job, j.version::text AS version, j.status::text AS status, j.attempts::int4 AS attempts,
       CASE WHEN isfinite({0}) THEN floor(extract(epoch FROM now() - {0}))::int8 END AS secs
  FROM {1} WHERE {2}
   AND (cardinality($1::text[]) = 0 OR j.kind::text = ANY ($1))
   AND NOT coalesce(j.kind::text = ANY ($2::text[]), false)
   AND coalesce({0} <= now() - $3::int8 * interval '1 millisecond', true)",
                    way.due,
                    queue.rows(),
                    way.condition
                );
                let grace = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
                let query = sqlx::query(AssertSqlSafe(sql)).bind(&stream.kinds).bind(others).bind(grace);
                let mut rows = query.fetch(&mut *connection);
                while let Some(row) = rows.try_next().await? {
                    each(Due {
                        job: row.try_get::<Option<String>, _>("job")?.unwrap_or_default(),
                        version: row.try_get::<Option<String>, _>("version")?.unwrap_or_default(),
                        status: row.try_get("status")?,
                        attempts: row.try_get("attempts")?,
                        secs: row.try_get("secs")?,
                    });
                }
            }
            Ok(())
        };
        self.series.run("", read).await
    }
}

/// A job that a worker could take.
pub(super) struct Due {
    pub job: String,
    pub version: String,
    pub status: Option<String>,
    pub attempts: Option<i32>,
    pub secs: Option<i64>,
}
