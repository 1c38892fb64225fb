//! Corrects a balance by an entry: plans, makes, approves and rejects the correction.

use serde::Serialize;
use sqlx::types::Uuid;

use super::model::balances;
use super::{Account, Decided, Waiting};
use crate::db::{Connection, Tx, sqlstate};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::migrate::functions;
use crate::operations::Actor;
use crate::packs::Pack;
use crate::store::UPGRADE;
use crate::store::adjustments::{self, Sum};
use crate::text::counted;

/// A correction, and the balance that it was decided on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adjustment {
    /// The account.
    pub account: String,
    /// The unit.
    pub unit: String,
    /// The amount that is added, with its sign.
    pub amount: String,
    /// The balance before.
    pub before: String,
    /// The balance after.
    pub after: String,
    /// The reason that a second person has to approve it; none where nobody has to.
    pub needs_approval: Option<String>,
}

/// The balances before and after the correction. `amount` is a decimal number, with a minus where it takes.
///
/// # Errors
/// Usage errors: no ledger, no functions that write, a unit or an amount that the application does
/// not have. Refused where the balance would go below the account's floor.
pub async fn plan(
    connection: &mut Connection,
    pack: &Pack,
    account: &Account,
    unit: &str,
    amount: &str,
) -> Result<Adjustment> {
    pack.need_ledger()?.need_balances()?;
    if pack.functions.is_empty() {
        return Err(Error::usage(format!("{} has no functions that write balances (functions/*.sql)", pack.name)));
    }
    functions::require(connection, pack).await?;
    functions::require_callable(connection, pack, "repair.sql", "an adjustment").await?;
    adjustments::require(connection).await?;
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
            "{amount} is no amount of {unit}, which has {}",
            counted(decimals.unwrap_or(0), "decimal")
        )));
    }
    let found = found.into_iter().find(|b| b.unit == unit);
    let floor = found.as_ref().map_or_else(|| Some("0".to_owned()), |b| b.floor.clone());
    let before = found.and_then(|b| b.balance).unwrap_or_else(|| "0".to_owned());
    let Sum { after, is_low } = adjustments::sum(&before, amount, floor.as_deref()).one(connection).await?;
    let would = format!("account {} has {before} {unit}, so {amount} would leave {after}", account.account);
    if is_low {
        let below = floor.filter(|floor| floor != "0").map(|floor| format!(", below its floor of {floor}"));
        return Err(Error::refused(format!("{would}{}; nothing was changed", below.unwrap_or_default())));
    }
    if after.starts_with('-') && !adjustments::has_floors().one(connection).await?.0 {
        return Err(Error::refused(format!(
            "{would}, and without the function bursar.floor no adjustment leaves a balance below zero; nothing was changed"
        ))
        .hint("add bursar.floor to the pack's functions/*.sql: see docs/repair.md"));
    }
    let needs_approval = adjustments::needs_approval(connection, &account.account, unit, amount).await?;
    let (account, unit, amount) = (account.account.clone(), unit.to_owned(), amount.to_owned());
    Ok(Adjustment { account, unit, amount, before, after, needs_approval })
}

/// Makes the correction, in the transaction that is open, or asks for it where a second person has to agree.
///
/// # Errors
/// A conflict where the balance is no longer what the correction was decided on; refused where it
/// would go below zero; usage errors where the application wants no such entry.
pub async fn apply(tx: &mut Tx, adjustment: &Adjustment, reason: &str, actor: &Actor) -> Result<Decided> {
    let Adjustment { account, unit, amount, before, .. } = adjustment;
    let call = adjustments::adjust(account, unit, amount, before, reason, &serde_json::json!(actor));
    call.one(tx).await.map_err(explained).context("nothing was changed")
}

/// Makes an adjustment that waits for approval, in the transaction that is open, on the balance that was shown.
///
/// # Errors
/// Refused for the login that requested it; otherwise as [`apply`].
pub async fn approve(tx: &mut Tx, waiting: &Waiting, actor: &Actor) -> Result<Decided> {
    let call = adjustments::approve(waiting.adjustment.id, &waiting.before, &serde_json::json!(actor));
    call.one(tx).await.map_err(explained).context("nothing was changed")
}

/// Ends an adjustment that waits for approval, in the transaction that is open.
///
/// # Errors
/// A conflict where it does not wait.
pub async fn reject(tx: &mut Tx, adjustment: Uuid, why: &str, actor: &Actor) -> Result<Decided> {
    let call = adjustments::reject(adjustment, why, &serde_json::json!(actor));
    call.one(tx).await.map_err(explained).context("nothing was changed")
}

/// The error of an application's own function, with the kind that it has for the caller.
fn explained(mut error: Error) -> Error {
    // What the application's own functions say no to: no such account or unit, an amount it cannot hold.
    match error.sqlstate.as_deref() {
        Some(sqlstate::NO_DATA_FOUND | sqlstate::INVALID_TEXT_REPRESENTATION | sqlstate::INVALID_PARAMETER_VALUE) => {
            error.kind = Kind::Usage
        }
        Some(sqlstate::CHECK_VIOLATION) => error.kind = Kind::Refused,
        // A pack of one's own may lack the function that tells a balance, which a repair does without.
        Some(sqlstate::UNDEFINED_FUNCTION) => {
            error.kind = Kind::Usage;
            error.hint = Some(format!("{UPGRADE}; docs/repair.md has the functions that a pack needs"));
        }
        _ => {}
    }
    error
}
