//! What an application itself says of its queues, its workers and its schedules.

use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::model::time;
use super::window::age;
use crate::db::{Connection, guarded, sqlstate};
use crate::error::{Error, Result};
use crate::packs::{Pack, Sql};

/// A queue, as the application has set it up.
#[derive(Debug, Clone, Serialize)]
pub struct QueueSetting {
    /// The name.
    pub queue: String,
    /// No worker may take its jobs.
    pub paused: bool,
    /// Number of its jobs that may run at once.
    pub limit: Option<i64>,
}

/// A worker that is registered, whether it has a job or not.
#[derive(Debug, Clone, Serialize)]
pub struct Registered {
    /// The name.
    pub worker: String,
    /// The queues that it takes jobs of; none where that is every one.
    pub queues: Option<Vec<String>>,
    /// True if it takes all jobs of its first queue before those of the second; none where that is not known.
    pub in_turn: Option<bool>,
    /// The kinds that it takes; none where that is every one.
    pub kinds: Option<Vec<String>>,
    /// Time at which it was last heard of, RFC 3339 in UTC.
    pub heartbeat: Option<String>,
    /// Time since then, in seconds.
    pub heartbeat_secs: Option<i64>,
    /// Time at which it began, RFC 3339 in UTC.
    pub since: Option<String>,
}

impl Registered {
    /// True if it takes jobs of this queue and kind.
    pub fn takes(&self, queue: Option<&str>, kind: Option<&str>) -> bool {
        let has = |names: &Option<Vec<String>>, one: Option<&str>| match (names, one) {
            (Some(names), Some(one)) => names.iter().any(|name| name == one),
            _ => true,
        };
        has(&self.queues, queue) && has(&self.kinds, kind)
    }

    /// True if it was heard of within so many seconds, or says nothing of that.
    pub fn is_alive(&self, secs: i64) -> bool {
        self.heartbeat_secs.is_none_or(|ago| ago <= secs)
    }
}

/// A rule by which the application adds jobs.
#[derive(Debug, Clone, Serialize)]
pub struct Schedule {
    /// The name.
    pub name: String,
    /// The rule, in the application's words.
    pub cron: Option<String>,
    /// The queue of its jobs.
    pub queue: Option<String>,
    /// The kind of its jobs.
    pub kind: Option<String>,
    /// Time at which it next adds one, RFC 3339 in UTC.
    pub next_at: Option<String>,
    /// Time at which it last added one, RFC 3339 in UTC.
    pub last_at: Option<String>,
    /// False if it adds none.
    pub enabled: Option<bool>,
}

/// The queues; none where the application does not say.
///
/// # Errors
/// If they cannot be read.
pub async fn queue_settings(connection: &mut Connection, pack: &Pack) -> Result<Option<Vec<QueueSetting>>> {
    let sql = pack.need_jobs()?.queues.as_ref();
    let columns = "r.queue::text AS queue, coalesce(r.paused, false) AS paused, floor(r.limit)::int8 AS most";
    read(connection, pack, sql, columns, "r.queue", |row| {
        Ok(QueueSetting { queue: row.try_get("queue")?, paused: row.try_get("paused")?, limit: row.try_get("most")? })
    })
    .await
}

/// The workers that are registered, those with several pools of their own once for each; none where the application does
/// not say.
///
/// # Errors
/// If they cannot be read.
pub async fn registered(connection: &mut Connection, pack: &Pack) -> Result<Option<Vec<Registered>>> {
    let sql = pack.need_jobs()?.workers.as_ref();
    let columns = format!(
        concat!(
            "r.worker::text AS worker, r.queues::text[] AS queues, r.kinds::text[] AS kinds, ",
            // A pack may leave this column out.
            "CASE WHEN to_jsonb(r) ? 'in_turn' THEN (to_jsonb(r) ->> 'in_turn')::boolean ELSE false END AS in_turn, ",
            time!("r.heartbeat"),
            " AS heartbeat, ",
            time!("r.since"),
            " AS since, {} AS age"
        ),
        age("r.heartbeat")
    );
    read(connection, pack, sql, &columns, "r.worker", |row| {
        Ok(Registered {
            worker: row.try_get("worker")?,
            queues: row.try_get("queues")?,
            kinds: row.try_get("kinds")?,
            in_turn: row.try_get("in_turn")?,
            heartbeat: row.try_get("heartbeat")?,
            heartbeat_secs: row.try_get("age")?,
            since: row.try_get("since")?,
        })
    })
    .await
}

/// The schedules.
///
/// # Errors
/// A usage error where the application keeps none; if they cannot be read.
pub async fn schedules(connection: &mut Connection, pack: &Pack) -> Result<Vec<Schedule>> {
    let sql = pack.need_jobs()?.schedules.as_ref();
    let columns = concat!(
        "r.name::text AS name, r.cron::text AS cron, r.queue::text AS queue, r.kind::text AS kind, ",
        time!("r.next_at"),
        " AS next_at, ",
        time!("r.last_at"),
        " AS last_at, r.enabled AS enabled"
    );
    let found = read(connection, pack, sql, columns, "r.next_at, r.name", |row| {
        Ok(Schedule {
            name: row.try_get("name")?,
            cron: row.try_get("cron")?,
            queue: row.try_get("queue")?,
            kind: row.try_get("kind")?,
            next_at: row.try_get("next_at")?,
            last_at: row.try_get("last_at")?,
            enabled: row.try_get("enabled")?,
        })
    });
    found.await?.ok_or_else(|| {
        Error::usage(format!("{} keeps no schedules of its jobs", pack.name))
            .hint("a pack says them in jobs/schedules.sql: see docs/jobs.md")
    })
}

/// What the server says of a table that is not there, and of one that this role may not read.
const NOT_THERE: [&str; 2] = [sqlstate::UNDEFINED_TABLE, sqlstate::INSUFFICIENT_PRIVILEGE];

/// The rows of a file; none where the pack has no such file, or where the version of the queue that is there has no such
/// table, or where this role may not read it.
async fn read<T>(
    connection: &mut Connection,
    pack: &Pack,
    sql: Option<&Sql>,
    columns: &str,
    order: &str,
    row: impl Fn(&PgRow) -> sqlx::Result<T>,
) -> Result<Option<Vec<T>>> {
    let Some(sql) = sql else { return Ok(None) };
    let text = format!("SELECT {columns} FROM ({}\n) r ORDER BY {order}", sql.text);
    let rows = guarded(connection, async |c| Ok(sqlx::query(AssertSqlSafe(text)).fetch_all(c).await?)).await?;
    match rows {
        Ok(rows) => Ok(Some(rows.iter().map(row).collect::<sqlx::Result<_>>()?)),
        Err(error) if pack.is_built_in() && error.sqlstate.as_deref().is_some_and(|s| NOT_THERE.contains(&s)) => {
            Ok(None)
        }
        Err(error) => Err(error.context(sql.file.clone())),
    }
}
