//! The adjustments that were asked for: those that wait for a second person, and those that were decided.

use chrono::{DateTime, Utc};
use sqlx::types::Uuid;

use crate::cursor;
use crate::db::Connection;
use crate::error::{Error, Kind, Result};
use crate::store::AdjustmentState;
use crate::store::adjustments::{self as statements, Decided};

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

/// A page of adjustments, newest first.
#[derive(Debug)]
pub struct Adjustments {
    /// The adjustments.
    pub adjustments: Vec<Decided>,
    /// The number of all that match, on whatever page.
    pub total: i64,
    /// The `before` of the next page, where there is one.
    pub next: Option<i64>,
}

/// The newest adjustments: those that wait, or all of them, requested from a time on and before the adjustment of this
/// number. A limit of 0 is none.
///
/// # Errors
/// A usage error where the database keeps no adjustments.
pub async fn adjustments(
    connection: &mut Connection,
    all: bool,
    since: Option<DateTime<Utc>>,
    before: Option<i64>,
    limit: usize,
) -> Result<Adjustments> {
    statements::require(connection).await?;
    let page = statements::page(all, since, before, cursor::one_more(limit));
    let mut adjustments = page.all(&mut *connection).await?;
    let has_more = cursor::cut(&mut adjustments, limit);
    let (total,) = statements::count(all, since).one(connection).await?;
    let next = adjustments.last().map(|adjustment| adjustment.number).filter(|_| has_more);
    Ok(Adjustments { adjustments, total, next })
}

/// The adjustment of this id, or of an unambiguous beginning of it, which has to wait for approval.
///
/// # Errors
/// Usage errors: none, or several. A conflict where it does not wait.
pub async fn waiting(connection: &mut Connection, text: &str) -> Result<Decided> {
    statements::require(connection).await?;
    let mut found = statements::named(text, Uuid::parse_str(text).ok()).all(connection).await?;
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
    if adjustment.state == AdjustmentState::AwaitingApproval {
        return Ok(adjustment);
    }
    let sentence = format!("adjustment {} is {}: it awaits no approval", adjustment.id, adjustment.state);
    Err(Error::new(Kind::Conflict, sentence).hint("bursar wallet adjustments"))
}

/// The balances before and after an adjustment that waits, if it were made now. `balance` is what the account has of the unit.
///
/// # Errors
/// If the server cannot be asked.
pub async fn would(connection: &mut Connection, adjustment: Decided, balance: Option<String>) -> Result<Waiting> {
    let before = balance.unwrap_or_else(|| "0".to_owned());
    let after = statements::sum(&before, &adjustment.amount, None).one(connection).await?.after;
    Ok(Waiting { adjustment, before, after })
}
