//! `bursar.seals`, `bursar.sealed_accounts` and the history of audits, `bursar.audits`.

use chrono::{DateTime, Utc};

use super::call::{record, statements};

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
        /// The newest recorded audit that was clean.
        pub clean: Option<DateTime<Utc>>,
        /// The newest seal.
        pub sealed: Option<DateTime<Utc>>,
    }
}

statements! {
    /// When an audit of the application was last clean, of those that were recorded, and when its ledger was last sealed;
    /// of several ledgers, the one that was sealed longest ago. Earlier columns of a table are no ledger of their own.
    fn times(app: &str) -> Times =
        r"SELECT (SELECT max(at) FROM bursar.audits WHERE app = $1 AND verdict = 'clean' AND complete AND seal_id IS NULL) AS clean,
                (SELECT min(s.at) FROM (SELECT max(sealed_at) AS at FROM bursar.seals
                                         WHERE app = $1 OR starts_with(app, $1 || '/')
                                         GROUP BY regexp_replace(app, '(/table:.*)#[0-9a-f]{16}$', '\1')) s) AS sealed";

    /// The right of this role to write seals. In one list, the rights would be alternatives.
    fn right() -> Right =
        "SELECT bool_and(has_table_privilege(t, p)) AS may
           FROM unnest(ARRAY['bursar.seals', 'bursar.sealed_accounts']) t, unnest(ARRAY['SELECT', 'INSERT']) p";

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
