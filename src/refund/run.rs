//! Carries a refund out: between the steps of the database, with no transaction open, it talks to the
//! gateway.

use chrono::{DateTime, Utc};

use super::gateway::{Answer, Except, Gateway, GatewayRefund, Status, Submission};
use super::model::{rejection, sync_of};
use super::{
    Carried, Hindrance, Rechecked, Refund, RefundAnswer, RefundOrigin, RefundSession, RefundState, Seen, Unseen, sync,
};
use crate::db::Database;
use crate::error::{Error, Kind, Result};
use crate::ids::PaymentId;
use crate::money;

/// The beginning of the error of a refund whose gateway was certainly not asked.
pub const NOT_SUBMITTED: &str = "not submitted";

/// Requires that bursar knows every refund of a payment at the gateway: one that was made in its dashboard would be
/// paid a second time. `ids` are the gateway's ids of the payment.
///
/// # Errors
/// A conflict that names such a refund; as [`Gateway::refunds_of`].
pub async fn require_known(
    database: &Database,
    gateway: &dyn Gateway,
    payment: &PaymentId,
    ids: &[String],
) -> Result<()> {
    let first = gateway.refunds_of(ids, &Except::default()).await;
    if first.as_ref().is_ok_and(Vec::is_empty) {
        return Ok(());
    }
    let mut session = RefundSession::reading(database).await?;
    let found = match first {
        Ok(found) => Ok(found),
        // What was not understood may be what somebody answers for.
        Err(error) => match session.except(gateway.name(), None).await? {
            except if except.ids.is_empty() => Err(error),
            except => gateway.refunds_of(ids, &except).await,
        },
    };
    let found = found.map_err(|e| match &e.hint {
        Some(hint) if hint.starts_with("nothing was changed") => e,
        _ => e.context("nothing was changed"),
    })?;
    if found.is_empty() {
        return Ok(());
    }
    match hindrance(&mut session, gateway, payment, &found).await? {
        Some(hindrance) => Err(hindrance.error("nothing was changed")),
        None => Ok(()),
    }
}

/// The refunds among these that bursar does not know, or takes for undone while the gateway does not.
pub(super) async fn hindrance(
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    payment: &PaymentId,
    found: &[GatewayRefund],
) -> Result<Option<Hindrance>> {
    let mut whys = Vec::new();
    for there in found.iter().filter(|f| !sync::state(f.status).is_undone()) {
        let amount = money::format(there.amount, &there.currency);
        match sync::known(session, there).await? {
            None if session.is_acknowledged(gateway.name(), &there.id).await? => {}
            None => whys.push(format!("{} of {amount} that bursar does not know", there.id)),
            Some(here) if here.state.is_undone() => whys.push(format!(
                "{} of {amount} as {}, which is {} here",
                there.id,
                sync::state(there.status).name(),
                here.state.name()
            )),
            Some(here)
                if sync::is_elsewhere(&here, payment, &there.payment)
                    && !session.is_acknowledged(gateway.name(), &there.id).await? =>
            {
                whys.push(format!(
                    "{} of {amount}, which is refund {} of payment {} here",
                    there.id, here.id, here.payment
                ));
            }
            Some(_) => {}
        }
    }
    if whys.is_empty() {
        return Ok(None);
    }
    let more = whys.len() - 1;
    let waiting = session.awaiting(payment).await?;
    let sync = sync_of(payment.as_str());
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

/// Carries a refund as far as it can be carried now: submits it, or, where it may have been submitted
/// before, asks the gateway first. Doing it again is harmless, from wherever.
///
/// # Errors
/// As the database says. The gateway's answer is no error: it is recorded.
pub async fn carry_out(session: &mut RefundSession, gateway: &dyn Gateway, refund: &Refund) -> Result<Carried> {
    let Some(refund) = session.claim(refund.id, lease(gateway)).await? else { return elsewhere(session, refund).await };
    let refund = match same_account(session, gateway, refund).await? {
        Asks::May(refund) => refund,
        Asks::Cannot(carried) => return Ok(carried),
    };
    match refund.state {
        RefundState::Reserved | RefundState::Submitted | RefundState::Unknown => {
            let except = session.except(gateway.name(), Some(refund.id)).await?;
            let found = match gateway.refunds_of(&refund.gateway_payment, &except).await {
                Ok(found) => found,
                Err(why) => return left(session, refund, why.message()).await,
            };
            let is_first = refund.attempts == 0;
            if let Some(own) = found.iter().find(|f| !is_first && sync::is_of(f, &refund)) {
                return record(session, &refund, own).await.map(Carried::As);
            }
            match hindrance(session, gateway, &refund.payment, &found).await? {
                None => submit(session, gateway, refund, Unsent::Waits).await,
                Some(hindrance) if is_first => {
                    let refund = session.withdraw(refund.id, &hindrance.why).await?;
                    Ok(Carried::Withdrawn(refund, hindrance))
                }
                // It may be this one, or the customer has the money by another way: a person decides.
                Some(hindrance) => {
                    session.release(refund.id).await?;
                    Err(hindrance.of_submitted(&refund))
                }
            }
        }
        RefundState::Pending | RefundState::RequiresAction => match known(session, gateway, &refund).await? {
            Ok(Some(found)) => record(session, &refund, &found).await.map(Carried::As),
            Ok(None) => {
                let why = format!("{} has no refund for it under this payment any more", gateway.name());
                left(session, refund, why).await
            }
            Err(why) => left(session, refund, why).await,
        },
        // It waits for a person, or for nobody any more.
        _ => released(session, refund).await,
    }
}

/// The state of a refund that was certainly not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsent {
    /// It stays reserved, and is sent later.
    Waits,
    /// It has failed, and its units are given back, where this login may do that; else it waits.
    Ends,
}

/// Submits a refund that was just asked for, after [`require_known`] of its payment.
///
/// # Errors
/// As [`carry_out`].
pub async fn submit_new(
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    refund: &Refund,
    unsent: Unsent,
) -> Result<Carried> {
    let Some(refund) = session.claim(refund.id, lease(gateway)).await? else { return elsewhere(session, refund).await };
    match refund.state {
        RefundState::Reserved if refund.attempts == 0 => submit(session, gateway, refund, unsent).await,
        // Somebody else went on with it meanwhile.
        _ => carry_out(session, gateway, &refund).await,
    }
}

/// Checks whether a refund that has ended still stands at the gateway as it does here: a bank may have
/// returned the money.
///
/// # Errors
/// As [`carry_out`].
pub async fn recheck(session: &mut RefundSession, gateway: &dyn Gateway, refund: &Refund) -> Result<Rechecked> {
    let Some(refund) = session.claim(refund.id, lease(gateway)).await? else {
        return elsewhere(session, refund).await.map(Rechecked::Carried);
    };
    let refund = match same_account(session, gateway, refund).await? {
        Asks::May(refund) => refund,
        Asks::Cannot(carried) => return Ok(Rechecked::Carried(carried)),
    };
    let is_answered_for = match &refund.gateway_ref {
        Some(reference) => session.is_acknowledged(gateway.name(), reference).await?,
        None => false,
    };
    let carried = match known(session, gateway, &refund).await? {
        // What was on its way when it was given up may still be on its way.
        Ok(Some(found)) if matches!(found.status, Status::Succeeded | Status::Failed | Status::Canceled) => {
            Carried::As(record(session, &refund, &found).await?)
        }
        // Somebody answers for it.
        Ok(None) if is_answered_for => released(session, refund).await?,
        // A dispute is in no list of refunds.
        Ok(None) if refund.state == RefundState::Succeeded && refund.origin != RefundOrigin::Dispute => {
            session.release(refund.id).await?;
            return Ok(Rechecked::Missing(refund));
        }
        Ok(_) => released(session, refund).await?,
        Err(why) => left(session, refund, why).await?,
    };
    Ok(Rechecked::Carried(carried))
}

/// Requires that the gateway has none of a refund that was submitted, in the account that was asked first, so that its
/// units can be given back. Where that cannot be seen, a person has to look.
///
/// # Errors
/// A conflict where the gateway has it.
pub async fn unseen(
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    refund: &Refund,
    now: DateTime<Utc>,
) -> Result<Unseen> {
    let name = gateway.name();
    let doubt = match (session.account(gateway).await, &refund.gateway_account) {
        (Ok(Some(now)), Some(first)) if now == *first => None,
        (Ok(Some(now)), Some(_)) => return Ok(Unseen::NotKnown(refund.of_another_account(Some(&now)))),
        (Err(why), _) => return Ok(Unseen::NotKnown(why)),
        (Ok(_), Some(first)) => {
            Some(format!("it was submitted to account {first} of {name}, and the key does not say whose it is"))
        }
        // What is reserved went to none, whichever was asked.
        (Ok(_), None) if refund.state == RefundState::Reserved => None,
        (Ok(_), None) => Some(format!("the account of {name} that it was submitted to is not known")),
    };
    let except = session.except(name, Some(refund.id)).await?;
    let seen = match gateway.refunds_of(&refund.gateway_payment, &except).await {
        Ok(found) => has_none(session, gateway, refund, &found, now).await?,
        Err(why) => return Ok(Unseen::NotKnown(why)),
    };
    Ok(match (seen, doubt) {
        (Unseen::Seen(_), Some(why)) => Unseen::NotKnown(Error::refused(why)),
        (seen, _) => seen,
    })
}

/// The proof that the gateway's refunds of the payment are others than this one, or the reason why there is none.
async fn has_none(
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    refund: &Refund,
    found: &[GatewayRefund],
    now: DateTime<Utc>,
) -> Result<Unseen> {
    let name = gateway.name();
    for found in found.iter().filter(|f| sync::is_of(f, refund)) {
        // What its metadata names is the refund, and this one is there a second time.
        let stands = |k: &Refund| k.id != refund.id && k.payment == refund.payment && !k.state.is_undone();
        if sync::known(session, found).await?.is_some_and(|known| stands(&known)) {
            continue;
        }
        let state = sync::state(found.status).name();
        return Err(Error::new(
            Kind::Conflict,
            format!("{name} has refund {} as {}, which is {state}", refund.id, found.id),
        )
        .hint(match refund.state.is_final() {
            // Both sides agree, so there is nothing to be done.
            true if sync::state(found.status) == refund.state => format!("bursar refund show {}", refund.id),
            true => refund.recheck(now),
            false => format!("bursar refund resume {}", refund.id),
        }));
    }
    for found in found.iter().filter(|f| !sync::state(f.status).is_undone()) {
        let same = (found.amount, &found.currency) == (refund.amount, &refund.currency);
        if same && sync::known(session, found).await?.is_none() {
            let amount = money::format(found.amount, &found.currency);
            let why =
                format!("{name} has refund {} of {amount} that bursar does not know, which may be this one", found.id);
            return Ok(Unseen::NotKnown(Error::new(Kind::Conflict, why)));
        }
    }
    Ok(Unseen::Seen(Seen::Listed))
}

/// Holds a refund, so that nobody carries it on while somebody looks whether the gateway has it.
///
/// # Errors
/// A conflict where another process works on it.
pub async fn hold(session: &mut RefundSession, refund: &Refund) -> Result<Refund> {
    if let Some(refund) = session.claim(refund.id, HOLD).await? {
        return Ok(refund);
    }
    let holder = session.read(async |c| super::holder(c, refund.id).await).await?;
    Err(held(refund, holder))
}

/// Requires that nobody holds a refund, and does not hold it.
///
/// # Errors
/// As [`hold`].
pub async fn require_free(session: &mut RefundSession, refund: &Refund) -> Result<()> {
    match session.read(async |c| super::holder(c, refund.id).await).await? {
        None => Ok(()),
        holder => Err(held(refund, holder)),
    }
}

fn held(refund: &Refund, holder: Option<String>) -> Error {
    let holder = holder.unwrap_or_else(|| "another process worked on it until just now".to_owned());
    Error::new(Kind::Conflict, format!("refund {} is not ours to cancel: {holder}", refund.id))
}

/// The seconds for which a refund is held that is about to be canceled: the gateway is asked meanwhile.
const HOLD: i32 = 600;

/// The gateway may be asked about a refund, or not.
enum Asks {
    May(Refund),
    Cannot(Carried),
}

/// Asks about a refund only in the account that was asked first: another one has none of it, whatever became of it.
async fn same_account(session: &mut RefundSession, gateway: &dyn Gateway, refund: Refund) -> Result<Asks> {
    let Some(first) = refund.gateway_account.clone() else { return Ok(Asks::May(refund)) };
    match session.account(gateway).await {
        Ok(Some(now)) if now == first => Ok(Asks::May(refund)),
        Ok(now) => {
            session.release(refund.id).await?;
            Err(refund.of_another_account(now.as_deref()))
        }
        Err(why) => left(session, refund, why.message()).await.map(Asks::Cannot),
    }
}

/// The longest time of one conversation with the gateway, in seconds.
fn lease(gateway: &dyn Gateway) -> i32 {
    // Twice its patience: asking and submitting; and some time for ourselves.
    i32::try_from(gateway.patience().as_secs() * 2 + 10).unwrap_or(i32::MAX)
}

/// The refund at the gateway: found by our id in its metadata, or by the gateway's own.
async fn known(
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    refund: &Refund,
) -> Result<std::result::Result<Option<GatewayRefund>, String>> {
    let except = session.except(gateway.name(), Some(refund.id)).await?;
    let found = gateway.refunds_of(&refund.gateway_payment, &except).await;
    Ok(match found {
        Ok(found) => Ok(found.into_iter().find(|f| sync::is_of(f, refund))),
        Err(why) => Err(why.message()),
    })
}

async fn submit(session: &mut RefundSession, gateway: &dyn Gateway, refund: Refund, unsent: Unsent) -> Result<Carried> {
    // What is reserved was never sent, and what was refused was not made.
    let is_new = refund.state == RefundState::Reserved || refund.refused;
    let account = match session.account(gateway).await {
        Ok(account) => account,
        // Whoever does not take the key refuses the refund too. The first submission goes without the account: its units are
        // taken already.
        Err(why) if why.kind == Kind::Refused || is_new => None,
        Err(why) => return left(session, refund, why.message()).await,
    };
    session.submitting(refund.id, lease(gateway), account.as_deref()).await?;
    let submission = Submission {
        refund: refund.id,
        payment: refund.gateway_payment.clone(),
        amount: refund.amount,
        currency: refund.currency.clone(),
        reason: refund.reason,
        resubmitted: !is_new,
    };
    let refund = match gateway.submit(&submission).await {
        Answer::Known(known) => record(session, &refund, &known).await?,
        Answer::Refused { why } => session.answered(refund.id, RefundAnswer::Refused, None, Some(&why)).await?,
        // That this call was not made says nothing of an earlier one.
        Answer::NotSent { why } => {
            let ends = refund.refused || (unsent == Unsent::Ends && session.may_operate().await?);
            let answer = match (is_new, ends) {
                (false, _) => RefundAnswer::Unknown,
                (true, true) => RefundAnswer::Refused,
                (true, false) => RefundAnswer::NotSent,
            };
            session.answered(refund.id, answer, None, Some(&format!("{NOT_SUBMITTED}: {why}"))).await?
        }
        Answer::Unknown { why } => session.answered(refund.id, RefundAnswer::Unknown, None, Some(&why)).await?,
    };
    Ok(Carried::As(refund))
}

async fn record(session: &mut RefundSession, refund: &Refund, known: &GatewayRefund) -> Result<Refund> {
    let differs = known.amount != refund.amount || known.currency != refund.currency;
    if differs && matches!(known.status, Status::Succeeded | Status::Pending | Status::RequiresAction) {
        return Err(Error::new(
            Kind::Conflict,
            format!(
                "the gateway's refund {} is over {}, and refund {} over {}",
                known.id,
                money::format(known.amount, &known.currency),
                refund.id,
                money::format(refund.amount, &refund.currency)
            ),
        )
        .hint("compare the payment with the gateway by hand"));
    }
    session.answered(refund.id, known.status.into(), Some(&known.id), known.why.as_deref()).await
}

async fn elsewhere(session: &mut RefundSession, refund: &Refund) -> Result<Carried> {
    let holder = session.read(async |c| super::holder(c, refund.id).await).await?;
    Ok(Carried::Elsewhere(holder.unwrap_or_else(|| "another process worked on it until just now".to_owned())))
}

/// Leaves the refund as it is, because the gateway could not be asked.
async fn left(session: &mut RefundSession, refund: Refund, why: String) -> Result<Carried> {
    session.release(refund.id).await?;
    Ok(Carried::NotAsked(refund, why))
}

async fn released(session: &mut RefundSession, refund: Refund) -> Result<Carried> {
    session.release(refund.id).await?;
    Ok(Carried::As(refund))
}
