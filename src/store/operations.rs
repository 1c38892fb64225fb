//! `bursar.operations`, the operator log, and its hash chain.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Uuid;

use super::call::{record, statements};
use crate::moment::Moment;

/// The table that shows whether a database has an operator log.
pub const TABLE: &str = "bursar.operations";

/// The table that shows whether the log has a hash chain.
pub const UNLINKED: &str = "bursar.unlinked_operations";

record! {
    /// A row of the log.
    #[derive(Debug, serde::Serialize)]
    pub struct Logged {
        /// Its id.
        pub id: i64,
        /// The id that several rows of one operation share.
        pub operation_id: Uuid,
        /// The time.
        pub at: Moment,
        /// The database role.
        pub database_role: String,
        /// The operating system's user.
        pub os_user: Option<String>,
        /// The machine.
        pub host: Option<String>,
        /// The operator, as they named themselves.
        pub operator: Option<String>,
        /// The command.
        pub command: String,
        /// The parameters of the command.
        pub parameters: Option<Value>,
        /// The reason.
        pub reason: Option<String>,
        /// The end of the operation.
        pub outcome: Option<String>,
    }
}

/// The rows that fit a filter.
macro_rules! fits {
    () => {
        "($1::timestamptz IS NULL OR at >= $1)
         AND ($2::text IS NULL OR command = $2 OR starts_with(command, $2 || ' '))
         AND ($3::text IS NULL OR $3 IN (operator, os_user, database_role))"
    };
}

statements! {
    /// Adds a row. The server makes up the operation's id where it is left out.
    fn add(
        operation: Option<Uuid>,
        os_user: &str,
        host: &str,
        operator: Option<&str>,
        command: &str,
        parameters: &Value,
        reason: Option<&str>,
        outcome: &str,
    ) -> () =
        "INSERT INTO bursar.operations (operation_id, os_user, host, operator, command, parameters, reason, outcome)
         VALUES (coalesce($1, gen_random_uuid()), $2, $3, $4, $5, $6, $7, $8)";

    /// True where an operation with these parameters, and perhaps more, was done.
    fn was_done(command: &str, parameters: &Value) -> (bool,) =
        "SELECT EXISTS (SELECT FROM bursar.operations WHERE command = $1 AND parameters @> $2 AND outcome = 'done')";

    /// The schema that bursar's functions keep out of their search path, in words; none where they keep none out.
    fn withheld_path() -> (Option<String>,) = "SELECT bursar.withheld_path()";

    /// Links the rows that wait into the chain. Returns their number.
    fn link() -> (i64,) = "SELECT bursar.link_operations()";

    /// The number of rows that fit.
    fn count(since: Option<DateTime<Utc>>, command: Option<&str>, by: Option<&str>) -> (i64,) =
        concat!("SELECT count(*) FROM bursar.operations WHERE ", fits!());

    /// A page of the log, newest first. Without a limit, all of it.
    fn page(
        since: Option<DateTime<Utc>>,
        command: Option<&str>,
        by: Option<&str>,
        before: Option<i64>,
        limit: Option<i64>,
    ) -> Logged = concat!(
        "SELECT id, operation_id, at, database_role, os_user, host, operator, command, parameters, reason, outcome
           FROM bursar.operations WHERE ", fits!(), " AND ($4::bigint IS NULL OR id < $4) ORDER BY id DESC LIMIT $5"
    );
}
