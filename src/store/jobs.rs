//! `bursar.cancelled_jobs`, and the function that changes jobs.

use serde_json::Value;
use sqlx::types::Uuid;

use super::call::{record, statements};
use crate::db::{Connection, relation_exists};
use crate::error::Result;

/// The table that shows whether a database knows the jobs that an operator cancelled.
pub const TABLE: &str = "bursar.cancelled_jobs";

/// The query of the jobs that operators put back within a day, each with when that was last.
pub const PUT_BACK: &str = "SELECT e.job, max(o.at) AS at
  FROM bursar.operations o
 CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(o.parameters -> 'jobs') WHEN 'array' THEN o.parameters -> 'jobs' ELSE '[]' END) e (job)
 WHERE o.at > now() - interval '1 day' AND o.command IN ('jobs retry', 'jobs stuck') GROUP BY 1";

record! {
    /// The right to change jobs.
    #[derive(Debug)]
    pub struct Right {
        /// True where the role may change jobs; none where nothing changes them.
        pub may: Option<bool>,
        /// The role, quoted for SQL.
        pub role: String,
    }
}

record! {
    /// The right to change streams in front of jobs.
    #[derive(Debug)]
    pub struct StreamsRight {
        /// True where the role may change them; none where the database cannot log it.
        pub may: Option<bool>,
        /// The role, quoted for SQL.
        pub role: String,
    }
}

record! {
    /// A job that an operator cancelled.
    #[derive(Debug)]
    pub struct Cancelled {
        /// The job.
        pub job: String,
        /// The operator and the time, in words.
        pub by: String,
    }
}

record! {
    /// Who cancelled a job, and why.
    #[derive(Debug)]
    pub struct CancelledOne {
        /// The operator and the time, in words.
        pub by: String,
        /// The reason.
        pub reason: Option<String>,
    }
}

record! {
    /// A job that an operator cancelled, and why.
    #[derive(Debug)]
    pub struct CancelledFor {
        /// The job.
        pub job: String,
        /// The reason.
        pub reason: String,
    }
}

record! {
    /// The answer about one job.
    #[derive(Debug)]
    pub struct Changed {
        /// The job.
        pub job: String,
        /// `done`, `skipped` or `conflict`.
        pub outcome: String,
        /// A note.
        pub note: Option<String>,
        /// The row of a job that was deleted, as JSON.
        pub deleted: Option<String>,
    }
}

record! {
    /// The answer about a queue or a schedule.
    #[derive(Debug)]
    pub struct QueueAnswer {
        /// `done` or `skipped`.
        pub outcome: String,
        /// A note.
        pub note: Option<String>,
        /// The job that was added.
        pub job: Option<String>,
    }
}

statements! {
    /// The right of this role to change jobs; none where the database has no function that changes them. Where jobs were read as the auditor, it is not the auditor who changes them.
    fn right() -> Right =
        "SELECT CASE WHEN has_schema_privilege(r.name, 'bursar', 'USAGE') THEN
                    has_function_privilege(r.name, to_regprocedure('bursar.change_jobs(text, text[], text[], text, jsonb, text, jsonb, uuid)'), 'EXECUTE')
                    ELSE false END AS may,
                quote_ident(r.name) AS role
           FROM (SELECT CASE current_user WHEN 'bursar_auditor' THEN session_user ELSE current_user END) AS r (name)";

    /// The right of this role to change streams in front of jobs; none where the database has no function that logs it.
    fn right_to_streams() -> StreamsRight =
        "SELECT has_function_privilege(r.name, to_regprocedure('bursar.log_job_streams(text, text, jsonb, jsonb, uuid)'), 'EXECUTE') AS may,
                quote_ident(r.name) AS role
           FROM (SELECT CASE current_user WHEN 'bursar_auditor' THEN session_user ELSE current_user END) AS r (name)";

    /// Logs a change of streams in front of jobs.
    fn log_streams(outcome: &str, reason: Option<&str>, actor: &Value, parameters: &Value, operation: Uuid) -> () =
        "SELECT bursar.log_job_streams($1, $2, $3, $4, $5)";

    /// The jobs that an operator cancelled.
    fn cancelled() -> Cancelled =
        "SELECT job, concat(cancelled_by, ', at ', to_char(cancelled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), ' UTC,') AS by
           FROM bursar.cancelled_jobs";

    /// One job, if an operator cancelled it, and why: the row of the operator log is of the same transaction.
    fn cancelled_one(job: &str) -> CancelledOne =
        "SELECT concat(c.cancelled_by, ', at ', to_char(c.cancelled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), ' UTC,') AS by,
                (SELECT o.reason FROM bursar.operations o
                  WHERE o.at >= c.cancelled_at AND o.at < c.cancelled_at + interval '1 hour'
                    AND o.command = 'jobs cancel' AND o.parameters -> 'jobs' ? c.job
                  ORDER BY o.at LIMIT 1) AS reason
           FROM bursar.cancelled_jobs c WHERE c.job = $1";

    /// The reasons for which operators cancelled jobs, where they gave some: each from the row of the operator log of the same
    /// transaction.
    fn cancelled_for(jobs: &[&str]) -> CancelledFor =
        "SELECT DISTINCT ON (c.job) c.job, o.reason
           FROM bursar.cancelled_jobs c
           JOIN bursar.operations o ON o.at >= c.cancelled_at AND o.at < c.cancelled_at + interval '1 hour'
                                   AND o.command = 'jobs cancel' AND o.parameters -> 'jobs' ? c.job
          WHERE c.job = ANY ($1) AND o.reason <> ''
          ORDER BY c.job, o.at";

    /// Changes jobs. Each version is the one that the change of that job was decided on.
    fn change(
        action: &str,
        jobs: &[&str],
        versions: &[&str],
        reason: Option<&str>,
        actor: &Value,
        command: &str,
        parameters: &Value,
        operation: Uuid,
    ) -> Changed = "SELECT job, outcome, note, deleted FROM bursar.change_jobs($1, $2, $3, $4, $5, $6, $7, $8)";

    /// Changes a queue or a schedule.
    fn change_queue(
        action: &str,
        name: &str,
        reason: Option<&str>,
        actor: &Value,
        command: &str,
        parameters: &Value,
        operation: Uuid,
    ) -> QueueAnswer = "SELECT outcome, note, job FROM bursar.change_queue($1, $2, $3, $4, $5, $6, $7)";
}

/// True if this role may read when operators put jobs back.
///
/// # Errors
/// If the server cannot be asked.
pub async fn tells_put_back(connection: &mut Connection) -> Result<bool> {
    if !relation_exists(connection, "bursar.operations").await? {
        return Ok(false);
    }
    // Who may not use the schema may not name its tables either.
    let sql = "SELECT CASE WHEN has_schema_privilege('bursar', 'USAGE') THEN has_table_privilege('bursar.operations', 'SELECT') ELSE false END";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}
