//! `bursar.migration_runs`, and the record of a schema after its migrations, `bursar.schema_objects`.

use super::call::{record, statements};

/// The table of the runs.
pub const TABLE: &str = "bursar.migration_runs";

/// The table of the recorded schemas.
pub const SCHEMA_OBJECTS: &str = "bursar.schema_objects";

record! {
    /// A run that is begun and not finished.
    #[derive(Debug)]
    pub struct Open {
        /// Its id.
        pub id: i64,
        /// The number of statements that are done.
        pub statements_done: i32,
        /// True where the last statement left nothing; none where it was being tried.
        pub success: Option<bool>,
        /// The text that was run.
        pub sql_text: Option<String>,
    }
}

record! {
    /// The progress of a run that is not finished.
    #[derive(Debug)]
    pub struct Progress {
        /// `up` or `down`.
        pub direction: String,
        /// The number of statements that are done.
        pub statements_done: i32,
        /// The number of all statements.
        pub statements_total: i32,
    }
}

record! {
    /// The newest run that succeeded.
    #[derive(Debug)]
    pub struct Newest {
        /// The version.
        pub version: i64,
        /// `up` or `down`.
        pub direction: String,
        /// True where the schema was recorded.
        pub is_recorded: bool,
    }
}

statements! {
    /// The run of a migration that is begun and not finished.
    fn open(set: &str, version: i64, direction: &str) -> Open =
        "SELECT id, statements_done, success, sql_text FROM bursar.migration_runs
          WHERE set_name = $1 AND version = $2 AND direction = $3 AND finished_at IS NULL AND statements_done IS NOT NULL
          ORDER BY id DESC LIMIT 1";

    /// Begins a run that is recorded statement by statement. Returns its id.
    fn begin(
        set: &str,
        version: i64,
        description: &str,
        checksum: &[u8],
        text: &str,
        total: i32,
        direction: &str,
        os_user: &str,
        host: &str,
    ) -> (i64,) =
        "INSERT INTO bursar.migration_runs (set_name, version, description, checksum, sql_text, statements_done,
                                            statements_total, direction, database_role, os_user, host, success)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7, session_user, $8, $9, FALSE) RETURNING id";

    /// Records that a run goes on, with the text as it is now.
    fn goes_on(run: i64, total: i32, text: &str, checksum: &[u8]) -> () =
        "UPDATE bursar.migration_runs SET statements_total = $2, sql_text = $3, checksum = $4 WHERE id = $1";

    /// Records that all statements of a run are done.
    fn finished(run: i64) -> () =
        "UPDATE bursar.migration_runs
            SET success = TRUE, finished_at = clock_timestamp(),
                duration_ms = (extract(epoch FROM clock_timestamp() - started_at) * 1000)::bigint
          WHERE id = $1";

    /// The progress of a migration that is begun and not finished.
    fn progress(set: &str, version: i64) -> Progress =
        "SELECT direction, statements_done, statements_total FROM bursar.migration_runs
          WHERE set_name = $1 AND version = $2 AND finished_at IS NULL AND statements_done IS NOT NULL
          ORDER BY id DESC LIMIT 1";

    /// The newest run of a set that succeeded.
    fn newest(set: &str) -> Newest =
        "SELECT version, direction, EXISTS (SELECT FROM bursar.schema_objects WHERE set_name = $1) AS is_recorded
           FROM bursar.migration_runs WHERE set_name = $1 AND success ORDER BY id DESC LIMIT 1";

    /// The text of the newest adoption of a set.
    fn adoption(set: &str) -> (String,) =
        "SELECT sql_text FROM bursar.migration_runs
          WHERE set_name = $1 AND description = 'adoption' AND success AND sql_text IS NOT NULL ORDER BY id DESC LIMIT 1";

    /// Forgets the recorded schema of a set.
    fn forget_schema(set: &str) -> () = "DELETE FROM bursar.schema_objects WHERE set_name = $1";
}
