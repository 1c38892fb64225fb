//! The columns of a pack's query of jobs: their types, and the ones that are always NULL.

use std::collections::HashSet;

use sqlx::{AssertSqlSafe, Column as _, Row as _, TypeInfo as _};

use crate::db::Connection;
use crate::error::Result;
use crate::packs::{Key, Sql};

/// The columns of a pack's jobs, as far as queries depend on them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    /// The type of the id.
    pub key: Key,
    /// The payload is `jsonb`.
    pub jsonb: bool,
    /// A job may have a time at which it was added.
    pub added: bool,
    /// A job may have a time before which it is not taken.
    pub scheduled: bool,
    /// A job may belong to a queue.
    pub queue: bool,
    /// A job may have a priority; the smaller goes first.
    pub priority: bool,
    /// A job may be held back.
    pub blocked: bool,
    /// The pack says of each job whether something holds it back, so a job that is due is known to be free.
    pub tells_blocked: bool,
    /// A job may have a key of which only one may be open.
    pub unique: bool,
    /// A worker may say that it is still at a job.
    pub progress: bool,
}

/// The columns that a query is written without, where they never hold anything.
const OPTIONAL: [&str; 7] =
    ["created_at", "scheduled_at", "queue", "priority", "blocked_by", "unique_key", "progress_at"];

impl Columns {
    /// Asks the server. A column that is a NULL by the pack's text is known by its plan: `coalesce` of such a NULL and
    /// another column is not simplified by the server, and no index gives its order.
    ///
    /// # Errors
    /// If the query does not fit the database.
    pub async fn of(connection: &mut Connection, jobs: &Sql) -> Result<Self> {
        let returned = connection.columns(&format!("SELECT c.* FROM ({}\n) c", jobs.text)).await?;
        let type_of = |name: &str| returned.iter().find(|c| c.name() == name).map(|c| c.type_info().name());
        let (key, jsonb) = (Key::of_type(type_of("job_id")), type_of("payload") == Some("JSONB"));
        let there: Vec<&str> = OPTIONAL.into_iter().filter(|o| type_of(o).is_some()).collect();
        let list: Vec<String> = there.iter().map(|column| format!("c.{column}")).collect();
        let sql = format!("EXPLAIN (VERBOSE, FORMAT JSON) SELECT {} FROM ({}\n) c", list.join(", "), jobs.text);
        let plan: serde_json::Value = sqlx::query(AssertSqlSafe(sql)).fetch_one(connection).await?.try_get(0)?;
        let outputs = plan[0]["Plan"]["Output"].as_array().cloned().unwrap_or_default();
        let is_null = |at: usize| {
            let output = outputs.get(at).and_then(|o| o.as_str()).unwrap_or_default();
            output.trim_start_matches('(').starts_with("NULL::")
        };
        let never: HashSet<&str> =
            there.iter().enumerate().filter(|(at, _)| is_null(*at)).map(|(_, column)| *column).collect();
        let some = |column: &str| there.contains(&column) && !never.contains(column);
        Ok(Columns {
            key,
            jsonb,
            added: some("created_at"),
            scheduled: some("scheduled_at"),
            queue: some("queue"),
            priority: some("priority"),
            blocked: some("blocked_by"),
            tells_blocked: there.contains(&"blocked_by"),
            unique: some("unique_key"),
            progress: some("progress_at"),
        })
    }
}
