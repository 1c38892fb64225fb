//! The adjustments that were asked for: those that wait for a second person, and those that were decided.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;
use sqlx::types::Uuid;

use crate::db::{self, Connection};
use crate::error::{Error, Kind, Result};

/// The state of an adjustment that waits for a second person.
pub const AWAITING: &str = "awaiting_approval";

/// An adjustment, as `bursar.adjustments` holds it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, sqlx::FromRow)]
pub struct Decided {
    /// Its id.
    pub id: Uuid,
    /// The account.
    pub account: String,
    /// The unit.
    pub unit: String,
    /// What is added, with its sign.
    pub amount: String,
    /// Why it was asked for.
    pub reason: String,
    /// `awaiting_approval`, `done` or `rejected`.
    pub state: String,
    /// The ledger's entry, where there is one.
    pub entry: Option<String>,
    /// The login that asked for it.
    pub requested_by: String,
    /// The login that approved or rejected it.
    pub decided_by: Option<String>,
    /// Why it was rejected.
    pub why: Option<String>,
    /// When it was asked for, in UTC.
    pub created_at: DateTime<Utc>,
    /// When it last changed, in UTC.
    pub updated_at: DateTime<Utc>,
}

/// The columns of a [`Decided`].
pub(super) const COLUMNS: &str =
    "id, account, unit, amount::text, reason, state, entry, requested_by, decided_by, why, created_at, updated_at";

/// An adjustment that waits, and the balance that it would change.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The adjustment.
    pub adjustment: Decided,
    /// The balance now.
    pub before: String,
    /// The balance afterwards.
    pub after: String,
}

/// Sees to it that the database keeps adjustments.
///
/// # Errors
/// A usage error that says what to run.
pub async fn require(connection: &mut Connection) -> Result<()> {
    if db::relation_exists(connection, "bursar.adjustments").await? {
        return Ok(());
    }
    Err(Error::usage("bursar's own schema is missing in this database, or older than this bursar")
        .hint("bursar migrate up --only bursar"))
}

/// The newest adjustments: those that wait, or all of them. At most `limit`, or all where it is zero. Also how many
/// there are in all.
///
/// # Errors
/// As [`require`].
pub async fn adjustments(connection: &mut Connection, all: bool, limit: usize) -> Result<(Vec<Decided>, i64)> {
    require(connection).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM bursar.adjustments WHERE $1 OR state = '{AWAITING}' ORDER BY number DESC LIMIT nullif($2, 0)"
    );
    let rows = sqlx::query_as(AssertSqlSafe(sql))
        .bind(all)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *connection)
        .await?;
    let sql = format!("SELECT count(*) FROM bursar.adjustments WHERE $1 OR state = '{AWAITING}'");
    let total = sqlx::query_scalar(AssertSqlSafe(sql)).bind(all).fetch_one(connection).await?;
    Ok((rows, total))
}

/// The adjustment of this id, or of an unambiguous beginning of it, which has to wait for approval.
///
/// # Errors
/// Usage errors: none, or several. A conflict where it does not wait.
pub async fn waiting(connection: &mut Connection, text: &str) -> Result<Decided> {
    require(connection).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM bursar.adjustments
          WHERE id = $2 OR ($2 IS NULL AND length($1) >= 4 AND starts_with(id::text, lower($1))) ORDER BY number DESC LIMIT 2"
    );
    let mut found: Vec<Decided> =
        sqlx::query_as(AssertSqlSafe(sql)).bind(text).bind(Uuid::parse_str(text).ok()).fetch_all(connection).await?;
    let adjustment = match found.len() {
        0 => {
            return Err(
                Error::usage(format!("there is no adjustment '{text}'")).hint("bursar wallet adjustments --all")
            );
        }
        1 => found.remove(0),
        _ => {
            return Err(Error::usage(format!("'{text}' may be several adjustments")).hint("write more of the id"));
        }
    };
    if adjustment.state == AWAITING {
        return Ok(adjustment);
    }
    let sentence = format!("adjustment {} is {}: it awaits no approval", adjustment.id, adjustment.state);
    Err(Error::new(Kind::Conflict, sentence).hint("bursar wallet adjustments"))
}

/// What an adjustment that waits would come to now. `balance` is what the account has of the unit.
///
/// # Errors
/// Where the server cannot be asked.
pub async fn would(connection: &mut Connection, adjustment: Decided, balance: Option<String>) -> Result<Waiting> {
    let before = balance.unwrap_or_else(|| "0".to_owned());
    let after = sqlx::query_scalar("SELECT ($1::text::numeric + $2::text::numeric)::text")
        .bind(&before)
        .bind(&adjustment.amount)
        .fetch_one(connection)
        .await?;
    Ok(Waiting { adjustment, before, after })
}
