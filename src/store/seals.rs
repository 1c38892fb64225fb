//! `bursar.seals`, `bursar.sealed_accounts` and the history of audits, `bursar.audits`.

use chrono::{DateTime, Utc};

use super::call::{record, statements};
use crate::moment::Moment;

/// The table of the sealed accounts, which shows whether a database keeps seals.
pub const ACCOUNTS: &str = "bursar.sealed_accounts";

/// The table of the seals.
pub const SEALS: &str = "bursar.seals";

/// The table of the audits.
pub const AUDITS: &str = "bursar.audits";

record! {
    /// The right to write seals.
    #[derive(Debug)]
    pub struct Right {
        /// True where the role may write them.
        pub may: bool,
    }
}

record! {
    /// The times that an alert asks for.
    #[derive(Debug, Default)]
    pub struct Times {
        /// The newest recorded audit that was clean, of those that were of everything.
        pub clean: Option<DateTime<Utc>>,
        /// The newest seal.
        pub sealed: Option<DateTime<Utc>>,
    }
}

record! {
    /// A seal of a table that started over because somebody asked for it, as the operator log has it.
    #[derive(Debug)]
    pub struct Restart {
        /// The application and the table, as a seal names them.
        pub app: String,
        /// Number of the seal.
        pub seal: String,
        /// The root of the seal, in hexadecimal digits.
        pub root: String,
        /// The root of the seal before it, in hexadecimal digits.
        pub after: String,
        /// Number of rows that were gone.
        pub removed: String,
        /// Number of rows that were not as sealed.
        pub changed: String,
        /// Number of rows that had come in between.
        pub added: String,
        /// The time.
        pub at: Moment,
        /// The operator, or else the operating system's user or the database role.
        pub owner: String,
        /// The reason.
        pub reason: String,
    }
}

statements! {
    /// The seals that started over because somebody asked for it, newest first: those of an application, or of one of its
    /// tables. The log's parameters are text here, because whoever wrote them past bursar wrote anything.
    fn restarts(app: &str) -> Restart =
        "SELECT o.parameters ->> 'app' AS app, coalesce(o.parameters ->> 'seal', '') AS seal, coalesce(o.parameters ->> 'root', '') AS root,
                coalesce(o.parameters #>> '{restart,after}', '') AS after, coalesce(o.parameters #>> '{restart,removed}', '') AS removed,
                coalesce(o.parameters #>> '{restart,changed}', '') AS changed, coalesce(o.parameters #>> '{restart,added}', '') AS added,
                o.at, coalesce(o.operator, o.os_user, o.database_role) AS owner, coalesce(o.reason, '') AS reason
           FROM bursar.operations o
          WHERE o.command = 'audit seal' AND o.parameters ? 'restart'
            AND (o.parameters ->> 'app' = $1 OR starts_with(o.parameters ->> 'app', $1 || '/'))
          ORDER BY o.id DESC";

    /// The time at which an audit of the whole application was last clean, of those that were recorded, and the one at which
    /// its ledger was last sealed; of several ledgers, the one that was sealed longest ago. Earlier columns of a table are no
    /// ledger of their own. An audit that does not say whether it was of everything, as an older bursar recorded it, does not count.
    fn times(app: &str) -> Times =
        r"SELECT (SELECT max(at) FROM bursar.audits a WHERE app = $1 AND verdict = 'clean' AND complete AND seal_id IS NULL
                           AND (to_jsonb(a) ->> 'whole')::boolean) AS clean,
                (SELECT min(s.at) FROM (SELECT max(sealed_at) AS at FROM bursar.seals
                                         WHERE app = $1 OR starts_with(app, $1 || '/')
                                         GROUP BY regexp_replace(app, '(/table:.*)#[0-9a-f]{16}$', '\1')) s) AS sealed";

    /// The right of this role to write seals. In one list, the rights would be alternatives.
    fn right() -> Right =
        "SELECT bool_and(has_table_privilege(t, p)) AS may
           FROM unnest(ARRAY['bursar.seals', 'bursar.sealed_accounts']) t, unnest(ARRAY['SELECT', 'INSERT']) p";

    /// True where the operator log holds the operation that made a seal, with its root in hexadecimal digits.
    fn is_logged(seal: &str, root: &str) -> (bool,) =
        "SELECT EXISTS (SELECT FROM bursar.operations o
                         WHERE o.command = 'audit seal' AND o.parameters ->> 'seal' = $1 AND o.parameters ->> 'root' = $2)";

    /// True where the history of audits is as this bursar writes it.
    fn audits_are_current() -> (bool,) =
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'bursar.audits'::regclass AND attname = 'whole' AND NOT attisdropped)";

    /// The id of the next seal.
    fn next_id() -> (i64,) = "SELECT nextval('bursar.seals_id_seq')";

    /// The application and the ledger of the seal with this root.
    fn of_root(root: &[u8]) -> (String,) = "SELECT app FROM bursar.seals WHERE root = $1";

    /// The number of seals and recorded audits since a time.
    fn count_history(since: Option<DateTime<Utc>>) -> (i64,) =
        "SELECT (SELECT count(*) FROM bursar.seals WHERE $1::timestamptz IS NULL OR sealed_at >= $1)
              + (SELECT count(*) FROM bursar.audits WHERE $1::timestamptz IS NULL OR at >= $1)";

    /// The number of sealed accounts of a range of seals.
    fn count_accounts(first: i64, last: i64) -> (i64,) =
        "SELECT count(*) FROM bursar.sealed_accounts WHERE seal_id BETWEEN $1 AND $2";
}
