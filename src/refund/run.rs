//! Carries a refund out: between the steps of the database, with no transaction open, it talks to the
//! gateway.

use sqlx::types::Uuid;

use super::gateway::{Answer, Gateway, GatewayRefund, Status, Submission};
use super::{Desk, Refund, State, sync};
use crate::db::Database;
use crate::error::{Error, Kind, Result};
use crate::money;

/// What came of carrying a refund out.
#[derive(Debug)]
pub enum Carried {
    /// This is how it stands now.
    As(Refund),
    /// Another process talks to the gateway about it at this moment; which, as a sentence.
    Elsewhere(String),
    /// It was never submitted, and is ended: the gateway has refunds of the payment that stand in its way; which, and
    /// what to do.
    Withdrawn(Refund, Hindrance),
    /// The gateway could not be asked, so nothing was done; why.
    NotAsked(Refund, String),
}

/// Refunds of a payment at its gateway that stand in the way of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    /// Which, and why.
    pub why: String,
    /// The command that brings them in.
    pub remedy: String,
}

impl Hindrance {
    /// As an error. `context` says what became of the refund.
    pub fn error(&self, context: &str) -> Error {
        Error::new(Kind::Conflict, format!("{}; {context}", self.why)).hint(self.remedy.clone())
    }
}

/// Sees to it that the gateway has no refund of a payment that bursar does not know: one that was made in its
/// dashboard would be paid a second time. `ids` are the gateway's ids of the payment.
///
/// # Errors
/// A conflict that names such a refund; as [`Gateway::refunds_of`].
pub async fn require_known(database: &Database, gateway: &dyn Gateway, payment: &str, ids: &[String]) -> Result<()> {
    let found = gateway.refunds_of(ids).await.map_err(|e| e.context("nothing was changed"))?;
    if found.is_empty() {
        return Ok(());
    }
    let mut desk = Desk::reading(database).await?;
    match hindrance(&mut desk, gateway, payment, &found).await? {
        Some(hindrance) => Err(hindrance.error("nothing was changed")),
        None => Ok(()),
    }
}

/// The refunds among these that bursar does not know, or takes for undone while the gateway does not.
pub(super) async fn hindrance(
    desk: &mut Desk,
    gateway: &dyn Gateway,
    payment: &str,
    found: &[GatewayRefund],
) -> Result<Option<Hindrance>> {
    let mut whys = Vec::new();
    for there in found.iter().filter(|f| !sync::undone(sync::state(f.status))) {
        let amount = money::format(there.amount, &there.currency);
        match sync::known(desk, there).await? {
            None => whys.push(format!("{} of {amount} that bursar does not know", there.id)),
            Some(here) if sync::undone(here.state) || here.state == State::Rejected => whys.push(format!(
                "{} of {amount} as {}, which is {} here",
                there.id,
                sync::state(there.status).name(),
                here.state.name()
            )),
            Some(_) => {}
        }
    }
    if whys.is_empty() {
        return Ok(None);
    }
    let more = whys.len() - 1;
    let waiting = awaiting(desk, payment).await?;
    let sync = format!("bursar refund sync --payment {payment}");
    Ok(whys.into_iter().next().map(|first| Hindrance {
        why: match more {
            0 => format!("{} has refund {first}", gateway.name()),
            more => format!("{} has refund {first}, and {more} more", gateway.name()),
        },
        // What is open stands in the way of what is brought in.
        remedy: match waiting {
            Some(refund) => format!("{} && {sync}", rejection(refund)),
            None => sync,
        },
    }))
}

/// The refund of a payment that awaits approval.
pub(super) async fn awaiting(desk: &mut Desk, payment: &str) -> Result<Option<Uuid>> {
    let sql = "SELECT id FROM bursar.refunds WHERE payment = $1 AND state = 'awaiting_approval' LIMIT 1";
    desk.read(async |c| Ok(sqlx::query_scalar(sql).bind(payment).fetch_optional(c).await?)).await
}

/// The command that rejects a refund whose money went back without bursar.
pub(super) fn rejection(refund: Uuid) -> String {
    format!("bursar refund reject {refund} --reason 'refunded at the gateway'")
}

/// Carries a refund as far as it can be carried now: submits it, or, where it may have been submitted
/// before, asks the gateway first. Doing it again is harmless, from wherever.
///
/// # Errors
/// As the database says. What the gateway says is no error but an answer, which is recorded.
pub async fn carry_out(desk: &mut Desk, gateway: &dyn Gateway, refund: &Refund) -> Result<Carried> {
    let Some(refund) = desk.claim(refund.id, lease(gateway)).await? else { return elsewhere(desk, refund).await };
    match refund.state {
        State::Reserved if refund.attempts == 0 => match gateway.refunds_of(&refund.gateway_payment).await {
            Ok(found) => match hindrance(desk, gateway, &refund.payment, &found).await? {
                Some(hindrance) => {
                    let refund = desk.withdraw(refund.id, &hindrance.why).await?;
                    Ok(Carried::Withdrawn(refund, hindrance))
                }
                None => submit(desk, gateway, refund).await,
            },
            Err(why) => left(desk, refund, why.message()).await,
        },
        State::Reserved | State::Submitted | State::Unknown => match known(gateway, &refund).await {
            Ok(Some(found)) => record(desk, &refund, &found).await.map(Carried::As),
            Ok(None) => submit(desk, gateway, refund).await,
            Err(why) => left(desk, refund, why).await,
        },
        State::Pending | State::RequiresAction => match known(gateway, &refund).await {
            Ok(Some(found)) => record(desk, &refund, &found).await.map(Carried::As),
            Ok(None) => {
                let why = format!("{} has no refund for it under this payment any more", gateway.name());
                left(desk, refund, why).await
            }
            Err(why) => left(desk, refund, why).await,
        },
        // It waits for a person, or for nobody any more.
        _ => released(desk, refund).await,
    }
}

/// Submits a refund that was just asked for, after [`require_known`] of its payment.
///
/// # Errors
/// As [`carry_out`].
pub async fn submit_new(desk: &mut Desk, gateway: &dyn Gateway, refund: &Refund) -> Result<Carried> {
    let Some(refund) = desk.claim(refund.id, lease(gateway)).await? else { return elsewhere(desk, refund).await };
    match refund.state {
        State::Reserved if refund.attempts == 0 => submit(desk, gateway, refund).await,
        // Somebody else went on with it meanwhile.
        _ => carry_out(desk, gateway, &refund).await,
    }
}

/// Looks whether a refund that has ended still stands at the gateway as it does here: a bank may have
/// returned the money.
///
/// # Errors
/// As [`carry_out`].
pub async fn recheck(desk: &mut Desk, gateway: &dyn Gateway, refund: &Refund) -> Result<Carried> {
    let Some(refund) = desk.claim(refund.id, lease(gateway)).await? else { return elsewhere(desk, refund).await };
    match known(gateway, &refund).await {
        // What was on its way when it was given up may still be on its way.
        Ok(Some(found)) if matches!(found.status, Status::Succeeded | Status::Failed | Status::Canceled) => {
            record(desk, &refund, &found).await.map(Carried::As)
        }
        Ok(_) => released(desk, refund).await,
        Err(why) => left(desk, refund, why).await,
    }
}

/// How long one conversation with the gateway may take, in seconds.
fn lease(gateway: &dyn Gateway) -> i32 {
    // Twice its patience: asking and submitting; and some time for ourselves.
    i32::try_from(gateway.patience().as_secs() * 2 + 10).unwrap_or(i32::MAX)
}

/// What the gateway knows of the refund: found by our id in its metadata, or by the gateway's own.
async fn known(gateway: &dyn Gateway, refund: &Refund) -> std::result::Result<Option<GatewayRefund>, String> {
    let found = gateway.refunds_of(&refund.gateway_payment).await.map_err(|e| e.message())?;
    Ok(found.into_iter().find(|f| f.refund == Some(refund.id) || refund.gateway_ref.as_ref() == Some(&f.id)))
}

async fn submit(desk: &mut Desk, gateway: &dyn Gateway, refund: Refund) -> Result<Carried> {
    desk.submitting(refund.id, lease(gateway)).await?;
    let submission = Submission {
        refund: refund.id,
        payment: refund.gateway_payment.clone(),
        amount: refund.amount,
        currency: refund.currency.clone(),
        reason: refund.reason.clone(),
    };
    let refund = match gateway.submit(&submission).await {
        Answer::Known(known) => record(desk, &refund, &known).await?,
        Answer::Refused { why } => desk.answered(refund.id, "refused", None, Some(&why)).await?,
        Answer::Unknown { why } => desk.answered(refund.id, "unknown", None, Some(&why)).await?,
    };
    Ok(Carried::As(refund))
}

async fn record(desk: &mut Desk, refund: &Refund, known: &GatewayRefund) -> Result<Refund> {
    let differs = known.amount != refund.amount || known.currency != refund.currency;
    if differs && matches!(known.status, Status::Succeeded | Status::Pending | Status::RequiresAction) {
        return Err(Error::new(
            Kind::Conflict,
            format!(
                "the gateway's refund {} is over {} {} in minor units, and refund {} over {} {}",
                known.id, known.amount, known.currency, refund.id, refund.amount, refund.currency
            ),
        )
        .hint("compare the payment with the gateway by hand"));
    }
    let answer = sync::state(known.status);
    desk.answered(refund.id, answer.name(), Some(&known.id), known.why.as_deref()).await
}

async fn elsewhere(desk: &mut Desk, refund: &Refund) -> Result<Carried> {
    let holder = desk.read(async |c| super::holder(c, refund.id).await).await?;
    Ok(Carried::Elsewhere(holder.unwrap_or_else(|| "another process worked on it until just now".to_owned())))
}

/// Leaves the refund as it is, because the gateway could not be asked.
async fn left(desk: &mut Desk, refund: Refund, why: String) -> Result<Carried> {
    desk.release(refund.id).await?;
    Ok(Carried::NotAsked(refund, why))
}

async fn released(desk: &mut Desk, refund: Refund) -> Result<Carried> {
    desk.release(refund.id).await?;
    Ok(Carried::As(refund))
}
