//! Corrects a balance by an entry: what it would come to, and doing it.

use serde::Serialize;
use sqlx::AssertSqlSafe;
use sqlx::types::Uuid;

use super::{Account, COLUMNS, Decided, Waiting, balances};
use crate::db::{Connection, Tx};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::migrate::functions;
use crate::operations::Actor;
use crate::packs::Pack;

/// A correction, and the balance that it was decided on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adjustment {
    /// The account.
    pub account: String,
    /// The unit.
    pub unit: String,
    /// What is added, with its sign.
    pub amount: String,
    /// The balance before.
    pub before: String,
    /// The balance after.
    pub after: String,
    /// Why a second person has to agree; none where nobody has to.
    pub needs_approval: Option<String>,
}

/// What the correction would come to. `amount` is a decimal number, with a minus where it takes.
///
/// # Errors
/// Usage errors: no ledger, no functions that write, a unit or an amount that the application does
/// not have. Refused where the balance would go below zero.
pub async fn plan(
    connection: &mut Connection,
    pack: &Pack,
    account: &Account,
    unit: &str,
    amount: &str,
) -> Result<Adjustment> {
    pack.need_ledger()?;
    if pack.functions.is_empty() {
        return Err(Error::usage(format!("{} has no functions that write balances (functions/*.sql)", pack.name)));
    }
    functions::require(connection, pack).await?;
    super::require(connection).await?;
    let found = balances(connection, pack, &account.account).await?;
    let decimals = match pack.units.iter().find(|u| u.name == unit) {
        Some(known) => Some(known.decimals as usize),
        None if pack.units.is_empty() => None,
        None => {
            let names: Vec<&str> = pack.units.iter().map(|u| u.name.as_str()).collect();
            return Err(Error::usage(format!("{} has no unit '{unit}'", pack.name))
                .hint(format!("its units are {}", names.join(", "))));
        }
    };
    let fraction = amount.split_once('.').map_or("", |(_, fraction)| fraction).trim_end_matches('0');
    if decimals.is_some_and(|decimals| fraction.len() > decimals) {
        return Err(Error::usage(format!(
            "{amount} is no amount of {unit}, which has {} decimals",
            decimals.unwrap_or(0)
        )));
    }
    let before = found.into_iter().find(|b| b.unit == unit).and_then(|b| b.balance).unwrap_or_else(|| "0".to_owned());
    let (after, below): (String, bool) = sqlx::query_as(
        "SELECT ($1::text::numeric + $2::text::numeric)::text, $1::text::numeric + $2::text::numeric < 0",
    )
    .bind(&before)
    .bind(amount)
    .fetch_one(&mut *connection)
    .await?;
    if below {
        return Err(Error::refused(format!(
            "account {} has {before} {unit}, so {amount} would leave {after}; nothing was changed",
            account.account
        )));
    }
    let needs_approval = needs_approval(connection, &account.account, unit, amount).await?;
    let (account, unit, amount) = (account.account.clone(), unit.to_owned(), amount.to_owned());
    Ok(Adjustment { account, unit, amount, before, after, needs_approval })
}

/// Why an adjustment needs a second person, where it does.
///
/// # Errors
/// Refused for a role that may not adjust.
pub async fn needs_approval(
    connection: &mut Connection,
    account: &str,
    unit: &str,
    amount: &str,
) -> Result<Option<String>> {
    let (limit, alone, needs): (Option<String>, String, bool) = sqlx::query_as(
        "SELECT trim_scale(limit_is)::text, trim_scale(alone)::text, needs_approval
           FROM bursar.adjust_terms($1, $2, $3::text::numeric)",
    )
    .bind(account)
    .bind(unit)
    .bind(amount)
    .fetch_one(connection)
    .await?;
    let limit = limit.unwrap_or_else(|| "0".to_owned());
    Ok(needs.then(|| format!("adjust_limit is {limit} {unit}, of which {alone} were used in 30 days")))
}

/// Makes the correction, in the transaction that is open, or asks for it where a second person has to agree.
///
/// # Errors
/// A conflict where the balance is no longer what the correction was decided on; refused where it
/// would go below zero; usage errors where the application wants no such entry.
pub async fn apply(tx: &mut Tx, adjustment: &Adjustment, reason: &str, actor: &Actor) -> Result<Decided> {
    let made = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM bursar.wallet_adjust($1, $2, $3::text::numeric, $4::text::numeric, $5, $6)"
    )))
    .bind(&adjustment.account)
    .bind(&adjustment.unit)
    .bind(&adjustment.amount)
    .bind(&adjustment.before)
    .bind(reason)
    .bind(serde_json::json!(actor))
    .fetch_one(&mut **tx)
    .await;
    made.map_err(explained).context("nothing was changed")
}

/// Does an adjustment that waits for approval, in the transaction that is open, on the balance that was shown.
///
/// # Errors
/// Refused for who asked for it; otherwise as [`apply`].
pub async fn approve(tx: &mut Tx, waiting: &Waiting, actor: &Actor) -> Result<Decided> {
    let made = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM bursar.wallet_approve($1, $2::text::numeric, $3)"
    )))
    .bind(waiting.adjustment.id)
    .bind(&waiting.before)
    .bind(serde_json::json!(actor))
    .fetch_one(&mut **tx)
    .await;
    made.map_err(explained).context("nothing was changed")
}

/// Ends an adjustment that waits for approval, in the transaction that is open.
///
/// # Errors
/// A conflict where it does not wait.
pub async fn reject(tx: &mut Tx, adjustment: Uuid, why: &str, actor: &Actor) -> Result<Decided> {
    let made = sqlx::query_as(AssertSqlSafe(format!("SELECT {COLUMNS} FROM bursar.wallet_reject($1, $2, $3)")))
        .bind(adjustment)
        .bind(why)
        .bind(serde_json::json!(actor))
        .fetch_one(&mut **tx)
        .await;
    made.map_err(explained).context("nothing was changed")
}

/// What the application's own functions say no to, as what it is to the caller.
fn explained(error: sqlx::Error) -> Error {
    let mut error = Error::from(error);
    // What the application's own functions say no to: no such account or unit, an amount it cannot hold.
    match error.sqlstate.as_deref() {
        Some("P0002" | "22P02" | "22023") => error.kind = Kind::Usage,
        Some("23514") => error.kind = Kind::Refused,
        // A pack of one's own may lack the function that tells a balance, which a repair does without.
        Some("42883") => {
            error.kind = Kind::Usage;
            error.hint =
                Some("bursar migrate up --only bursar; docs/repair.md has the functions that a pack needs".to_owned());
        }
        _ => {}
    }
    error
}
