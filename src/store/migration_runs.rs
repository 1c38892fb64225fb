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
        /// True where the record was taken since it holds a digest of itself.
        pub has_digest: bool,
        /// The digest that the record holds.
        pub digest: Option<String>,
        /// The digest of the record as it is.
        pub digest_now: Option<String>,
    }
}

impl Newest {
    /// True where the record of the schema is not the one that was taken, as far as that can be told.
    pub fn is_tampered(&self) -> bool {
        !self.is_recorded || (self.has_digest || self.digest.is_some()) && self.digest != self.digest_now
    }

    /// True where an older bursar took the record, which holds fewer kinds of objects.
    pub fn is_older(&self) -> bool {
        self.is_recorded && self.digest.is_none()
    }
}

/// The digest of the record of the set `$1`, without that digest.
macro_rules! digest {
    () => {
        "(SELECT encode(sha256(convert_to(string_agg(concat_ws(E'\\x1f', o.kind, o.relation, o.object, o.definition), E'\\x1e'
                          ORDER BY o.kind COLLATE \"C\", o.relation COLLATE \"C\", o.object COLLATE \"C\"), 'UTF8')), 'hex')
            FROM bursar.schema_objects o WHERE o.set_name = $1 AND o.kind <> 'digest')"
    };
}

/// The runs of the history `$1` that are begun and not finished. Such a run has the name of its history until it ends, however
/// it was begun. Earlier versions of bursar wrote the name of the set, or another one without a point, which several histories
/// may share: `$2` says that it can be of no other.
macro_rules! unfinished {
    () => {
        "FROM bursar.migration_runs
          WHERE (set_name = $1 OR $1 = 'bursar._migrations' AND set_name = 'bursar'
                    OR $2 AND $1 <> 'bursar._migrations' AND set_name <> 'bursar' AND set_name !~ '[.]')
            AND finished_at IS NULL AND statements_done IS NOT NULL"
    };
}

statements! {
    /// The run of a migration that is begun and not finished.
    fn open(history: &str, is_alone: bool, version: i64, direction: &str) -> Open = concat!(
        "SELECT id, statements_done, success, sql_text ",
        unfinished!(),
        " AND version = $3 AND direction = $4 ORDER BY set_name = $1 DESC, id DESC LIMIT 1"
    );

    /// Begins a run that is recorded statement by statement, under the name of its history. Returns its id.
    fn begin(
        history: &str,
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

    /// Records that a run goes on, with the text as it is now, and under the name of its history.
    fn goes_on(run: i64, history: &str, total: i32, text: &str, checksum: &[u8]) -> () =
        "UPDATE bursar.migration_runs SET set_name = $2, statements_total = $3, sql_text = $4, checksum = $5 WHERE id = $1";

    /// Records that all statements of a run are done. From now on it has the name of the set's runs.
    fn finished(run: i64, set: &str) -> () =
        "UPDATE bursar.migration_runs
            SET set_name = $2, success = TRUE, finished_at = clock_timestamp(),
                duration_ms = (extract(epoch FROM clock_timestamp() - started_at) * 1000)::bigint
          WHERE id = $1";

    /// The progress of a migration that is begun and not finished.
    fn progress(history: &str, is_alone: bool, version: i64) -> Progress = concat!(
        "SELECT direction, statements_done, statements_total ",
        unfinished!(),
        " AND version = $3 ORDER BY set_name = $1 DESC, id DESC LIMIT 1"
    );

    /// The ids of the runs of a migration that are begun and not finished.
    fn unfinished(history: &str, is_alone: bool, version: i64) -> (i64,) =
        concat!("SELECT id ", unfinished!(), " AND version = $3 ORDER BY id");

    /// The newest run of a set that succeeded, and the record of the schema that it left. Since the migration named here
    /// a record holds its digest.
    fn newest(set: &str) -> Newest = concat!(
        "SELECT r.version, r.direction, EXISTS (SELECT FROM bursar.schema_objects WHERE set_name = $1) AS is_recorded,
                r.id >= coalesce((SELECT min(id) FROM bursar.migration_runs
                                   WHERE set_name = 'bursar' AND version = 20261129001000 AND success), r.id + 1) AS has_digest,
                (SELECT definition FROM bursar.schema_objects WHERE set_name = $1 AND kind = 'digest') AS digest,",
        digest!(),
        " AS digest_now
           FROM bursar.migration_runs r WHERE r.set_name = $1 AND r.success ORDER BY r.id DESC LIMIT 1"
    );

    /// Writes the digest of a recorded schema into it, where the table takes one.
    fn seal_schema(set: &str) -> () = concat!(
        "INSERT INTO bursar.schema_objects (set_name, kind, relation, object, definition)
         SELECT $1, 'digest', 'the record', 'digest', ",
        digest!(),
        " WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'schema_objects_kind_check')
         ON CONFLICT (set_name, kind, relation, object) DO UPDATE SET definition = EXCLUDED.definition"
    );

    /// Records that the schema was recorded as it is after this version.
    fn recorded(set: &str, version: i64, os_user: &str, host: &str) -> () =
        "INSERT INTO bursar.migration_runs (set_name, version, description, database_role, os_user, host, finished_at, duration_ms, success)
         VALUES ($1, $2, 'schema recorded', session_user, $3, $4, clock_timestamp(), 0, TRUE)";

    /// Forgets the recorded functions of bursar's schema that are among these, or gone.
    fn forget_functions(names: &[String]) -> () =
        "DELETE FROM bursar.schema_objects o WHERE o.set_name = 'bursar' AND o.kind = 'function' AND o.relation = 'bursar'
            AND (o.object = ANY ($1) OR NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = 'bursar'::regnamespace
                    AND p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' = o.object))";

    /// The text of the newest adoption of a set.
    fn adoption(set: &str) -> (String,) =
        "SELECT sql_text FROM bursar.migration_runs
          WHERE set_name = $1 AND description = 'adoption' AND success AND sql_text IS NOT NULL ORDER BY id DESC LIMIT 1";

    /// Forgets the recorded schema of a set.
    fn forget_schema(set: &str) -> () = "DELETE FROM bursar.schema_objects WHERE set_name = $1";
}
