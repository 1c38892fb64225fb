//! `bursar.adjustments`, and the functions that correct a balance by an entry.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Uuid;

use super::AdjustmentState;
use super::call::{UPGRADE, record, statements};
use crate::db::{self, Connection};
use crate::error::{Error, Result};

/// The table that shows whether a database keeps adjustments.
pub const TABLE: &str = "bursar.adjustments";

record! {
    /// An adjustment, as `bursar.adjustments` holds it.
    #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
    pub struct Decided {
        /// Its id.
        pub id: Uuid,
        /// The order in which adjustments were requested.
        pub number: i64,
        /// The account.
        pub account: String,
        /// The unit.
        pub unit: String,
        /// The amount that is added, with its sign.
        pub amount: String,
        /// The reason.
        pub reason: String,
        /// Its state.
        pub state: AdjustmentState,
        /// The ledger's entry, where there is one.
        pub entry: Option<String>,
        /// The login that requested it.
        pub requested_by: String,
        /// The login that approved or rejected it.
        pub decided_by: Option<String>,
        /// The reason of a rejection.
        pub why: Option<String>,
        /// The time of the request, in UTC.
        pub created_at: DateTime<Utc>,
        /// The time of the last change, in UTC.
        pub updated_at: DateTime<Utc>,
    }
}

record! {
    /// The limit of an adjustment, and what was used of it.
    #[derive(Debug)]
    pub struct Terms {
        /// The limit, where there is one.
        pub limit_is: Option<String>,
        /// The sum of the adjustments of 30 days that nobody approved.
        pub alone: String,
        /// True where a second person has to approve it.
        pub needs_approval: bool,
    }
}

record! {
    /// A balance after a change of it.
    #[derive(Debug)]
    pub struct Sum {
        /// The balance.
        pub after: String,
        /// True where it is below the floor.
        pub is_low: bool,
    }
}

/// The columns of a [`Decided`].
macro_rules! adjustment {
    () => {
        "id, number, account, unit, amount::text, reason, state, entry, requested_by, decided_by, why, created_at, updated_at"
    };
}

statements! {
    /// The newest adjustments: those that wait, or all of them. A limit of 0 is none.
    fn page(all: bool, since: Option<DateTime<Utc>>, before: Option<i64>, limit: i64) -> Decided = concat!(
        "SELECT ", adjustment!(), " FROM bursar.adjustments
          WHERE ($1 OR state = 'awaiting_approval') AND ($2::timestamptz IS NULL OR created_at >= $2)
            AND ($3::bigint IS NULL OR number < $3)
          ORDER BY number DESC LIMIT nullif($4, 0)"
    );

    /// The number of adjustments that wait, or of all of them.
    fn count(all: bool, since: Option<DateTime<Utc>>) -> (i64,) =
        "SELECT count(*) FROM bursar.adjustments
          WHERE ($1 OR state = 'awaiting_approval') AND ($2::timestamptz IS NULL OR created_at >= $2)";

    /// The adjustments of this id, or of which the id begins so.
    fn named(text: &str, id: Option<Uuid>) -> Decided = concat!(
        "SELECT ", adjustment!(), " FROM bursar.adjustments
          WHERE id = $2 OR ($2 IS NULL AND length($1) >= 4 AND starts_with(id::text, lower($1)))
          ORDER BY number DESC LIMIT 2"
    );

    /// A balance after an amount is added to it, beside the floor, where there is one. All are decimal numbers.
    fn sum(balance: &str, amount: &str, floor: Option<&str>) -> Sum =
        "SELECT ($1::text::numeric + $2::text::numeric)::text AS after,
                coalesce($1::text::numeric + $2::text::numeric < $3::text::numeric, false) AS is_low";

    /// True where the application has a function that says how low a balance may be.
    fn has_floors() -> (bool,) = "SELECT to_regprocedure('bursar.floor(text, text)') IS NOT NULL";

    /// The limit of an adjustment of an account by an amount of a unit.
    fn terms(account: &str, unit: &str, amount: &str) -> Terms =
        "SELECT trim_scale(limit_is)::text AS limit_is, trim_scale(alone)::text AS alone, needs_approval
           FROM bursar.adjust_terms($1, $2, $3::text::numeric)";

    /// Adjusts a balance, or requests it where a second person has to approve it. `before` is the balance that was shown.
    fn adjust(account: &str, unit: &str, amount: &str, before: &str, reason: &str, actor: &Value) -> Decided = concat!(
        "SELECT ", adjustment!(),
        " FROM bursar.wallet_adjust($1, $2, $3::text::numeric, $4::text::numeric, $5, $6)"
    );

    /// Approves an adjustment. `before` is the balance that was shown.
    fn approve(adjustment: Uuid, before: &str, actor: &Value) -> Decided =
        concat!("SELECT ", adjustment!(), " FROM bursar.wallet_approve($1, $2::text::numeric, $3)");

    /// Rejects an adjustment.
    fn reject(adjustment: Uuid, why: &str, actor: &Value) -> Decided =
        concat!("SELECT ", adjustment!(), " FROM bursar.wallet_reject($1, $2, $3)");
}

/// Requires that the database keeps adjustments.
///
/// # Errors
/// A usage error that says what to run.
pub async fn require(connection: &mut Connection) -> Result<()> {
    if db::relation_exists(connection, TABLE).await? {
        return Ok(());
    }
    Err(Error::usage("bursar's own schema is missing in this database, or older than this bursar").hint(UPGRADE))
}

/// The reason that an adjustment needs a second person, where it does.
///
/// # Errors
/// Refused for a role that may not adjust.
pub async fn needs_approval(
    connection: &mut Connection,
    account: &str,
    unit: &str,
    amount: &str,
) -> Result<Option<String>> {
    let Terms { limit_is, alone, needs_approval } = terms(account, unit, amount).one(connection).await?;
    let limit = limit_is.unwrap_or_else(|| "0".to_owned());
    Ok(needs_approval.then(|| format!("adjust_limit is {limit} {unit}, of which {alone} were used in 30 days")))
}
