//! The check of each line before the first refund.

use std::collections::HashMap;

use super::{BatchLine, Planned};
use crate::db::Connection;
use crate::error::{Error, Kind, Result};
use crate::ids::{PaymentId, not_whole};
use crate::money;
use crate::packs::Pack;
use crate::payments;
use crate::refund::{self, Effects, IfSpent, Refund, RefundReason, RefundRequest};

/// The hint of a line whose refund there is already, under another key than the line's. A file that was edited is
/// another file, in which each line that was done stands for another refund, so the caller says which lines are left.
pub const TAKE_OUT: &str = "take it out";

/// The key of a line: the file and the line, so that the same file again means the same refunds.
fn key(digest: &str, line: u64) -> String {
    format!("batch:{digest}:{line}")
}

/// Works out one line, without writing. `gateway` is the one that all lines are to go through.
///
/// # Errors
/// Usage or refused, where the line cannot be done.
pub async fn plan(
    connection: &mut Connection,
    pack: &Pack,
    digest: &str,
    line: &BatchLine,
    if_spent: IfSpent,
    gateway: Option<&str>,
) -> Result<Planned> {
    if line.payment.is_empty() {
        return Err(Error::usage("there is no payment in it"));
    }
    let reason = line.reason.as_deref().map_or(Ok(RefundReason::default()), reason)?;
    let found = payments::find(connection, pack, &line.payment).await?;
    // Nobody looks at each line of a file, and what is cut off in one may begin another payment's id.
    if !found.by_whole_id() {
        return Err(not_whole(&line.payment, "payment", found.payment.payment.as_str()));
    }
    let payment = found.payment;
    let currency = payment.amount.currency.clone().unwrap_or_default();
    let amount = line.amount.as_deref().map(|a| money::parse(a, &currency)).transpose()?;
    let key = key(digest, line.number);
    let done = refund::by_key(connection, &key).await?;
    let terms = refund::preview(connection, &payment.payment, amount, if_spent, false).await?;
    let (sum, effects) = match &done {
        Some(refund) => (refund.amount, None),
        None if terms.whole_already(amount).is_some() => (terms.effects()?.money.paid, None),
        None => {
            if terms.refusal.is_some() {
                refuse_doubled(connection, &payment.payment, amount, if_spent).await?;
            }
            let effects = terms.accepted()?.effects()?.clone();
            (effects.money.amount, Some(effects))
        }
    };
    Ok(Planned {
        line: line.number,
        request: RefundRequest {
            payment: payment.payment,
            amount,
            if_spent,
            reason,
            note: line.note.clone(),
            gateway: gateway.map(str::to_owned).or(payment.provider.clone()).unwrap_or_default(),
            gateway_ref: line.gateway_ref.clone(),
            key: Some(key),
            again: false,
            expected: None,
        },
        provider: payment.provider,
        amount: sum,
        currency,
        effects,
    })
}

/// The reason that a line names.
fn reason(name: &str) -> Result<RefundReason> {
    name.parse().map_err(|_| {
        let names: Vec<&str> = RefundReason::ALL.iter().map(|reason| reason.name()).collect();
        Error::usage(format!("'{name}' is no reason; the reasons are {}", names.join(", ")))
    })
}

/// Refuses a line for which there is an equal refund already, of which the file knows nothing.
async fn refuse_doubled(
    connection: &mut Connection,
    payment: &PaymentId,
    amount: Option<i64>,
    if_spent: IfSpent,
) -> Result<()> {
    let Some(amount) = amount else { return Ok(()) };
    if let Some(there) = refund::underway(connection, payment, amount).await? {
        return Err(doubled(connection, &there).await?.hint(TAKE_OUT));
    }
    let again = refund::preview(connection, payment, Some(amount), if_spent, true).await?;
    let terms = refund::preview(connection, payment, Some(amount), if_spent, false).await?;
    let is_doubled = terms.refusal != again.refusal;
    match terms.accepted() {
        Err(error) if is_doubled => Err(error.hint(TAKE_OUT)),
        _ => Ok(()),
    }
}

/// The refusal of a refund because an equal one is being made at this moment.
pub(super) async fn doubled(connection: &mut Connection, there: &Refund) -> Result<Error> {
    let sum = money::format(there.amount, &there.currency);
    let holder = refund::holder(connection, there.id).await?.map(|holder| format!("; {holder}")).unwrap_or_default();
    Ok(Error::new(
        Kind::Conflict,
        format!(
            "{sum} of payment {} are being refunded: refund {} is {}{holder}",
            there.payment,
            there.id,
            there.state.name()
        ),
    ))
}

/// Faults of lines that are right one by one: the same refund twice, or more of a payment
/// than is left. Returns the line and why.
pub fn clashes(planned: &[Planned]) -> Vec<(u64, String)> {
    let mut seen: HashMap<(&PaymentId, i64), u64> = HashMap::new();
    let mut left: HashMap<&PaymentId, i64> = HashMap::new();
    let mut wrong = Vec::new();
    for line in planned {
        let payment = &line.request.payment;
        let Some(Effects { money, .. }) = &line.effects else { continue };
        if let Some(first) = seen.insert((payment, line.amount), line.line) {
            wrong.push((line.line, format!("it asks for the same refund as line {first}")));
            continue;
        }
        let left = left.entry(payment).or_insert(money.paid - money.refunded_before);
        *left = left.saturating_sub(line.amount);
        if *left < 0 {
            wrong
                .push((line.line, "with the lines before it, it asks for more than is left of the payment".to_owned()));
        }
    }
    wrong
}
