//! `bursar refund cancel`: the end of a refund that cannot go on.

use super::carry::opened;
use super::standing::given_back;
use super::{Context, Done, Outcome};
use crate::commands::{now, var};
use crate::db::Protection;
use crate::error::{Error, Kind, Result};
use crate::money;
use crate::output::{Format, Page, View};
use crate::refund::gateway::{self, Gateway, guard};
use crate::refund::{self, RECORD_ONLY, Refund, RefundOrigin, RefundSession, RefundState, Seen, Unseen};
use crate::store::refunds::OfPayment;
use crate::text::{escape, is_blank, quoted, trimmed};

pub(super) async fn run(
    context: &Context,
    text: &str,
    reason: &str,
    looked_at: Option<&str>,
    dry_run: bool,
    format: Format,
) -> Outcome {
    if is_blank(reason) {
        return Err(Error::usage("a cancellation needs a reason").hint("--reason TEXT"));
    }
    let database = context.database().await?;
    let (mut tx, _) = opened(context, &database).await?;
    let refund = refund::find(&mut tx, text).await?;
    if !dry_run {
        context.wants_whole(text, "refund", &refund.id.to_string(), refund::is_whole_id(text, &refund))?;
    }
    let protection = database.protection_in(&mut tx).await?;
    let same = if is_recorded(&refund) { refund::of_same_reference(&mut tx, &refund).await? } else { Vec::new() };
    tx.rollback().await?;
    may_end(&refund, &same)?;
    if let Some(name) = looked_at.filter(|name| *name != refund.gateway) {
        return Err(Error::usage(format!("refund {} went through {}, not through {name}", refund.id, refund.gateway))
            .hint(format!("look there, and then: --looked-at {}", quoted(&refund.gateway))));
    }
    let sum = money::format(refund.amount, &refund.currency);
    let view = View::new("refund cancel");
    if dry_run {
        let mut session = RefundSession::reading(&database).await?;
        refund::require_free(&mut session, &refund).await?;
        let seen = seen(&mut session, &refund, looked_at, protection, database.target().database()).await?;
        session.cancel_check(refund.id, seen).await?;
        let sentence = format!("refund {} of {sum} would be canceled; nothing was changed", refund.id);
        let view = view.field("outcome", "would").field("refund", &refund);
        context.ui.emit(format, view.page(|| Page::text(sentence)))?;
        return Ok(Done::Clean);
    }
    let stands = match (refund.state, &refund.gateway_ref, same.first()) {
        (RefundState::Succeeded, Some(reference), double) => {
            let double = double.map(|double| format!(", as refund {} is", double.refund)).unwrap_or_default();
            format!(", which is recorded as succeeded ({}){double}", escape(reference))
        }
        (state, ..) => format!(", which is {}", state.name()),
    };
    let what = format!("Cancel refund {} of {sum} of payment {}{stands}", refund.id, refund.payment);
    let permit = context.confirm(&database, protection, &what).await?;
    let mut session = RefundSession::open(&database, &permit, &context.actor()).await?;
    // After the question, which may have stood for long; held, so that nobody submits it between the look and the end.
    let refund = refund::hold(&mut session, &refund).await?;
    let canceled =
        held(&mut session, &refund, &same, reason, looked_at, protection, database.target().database()).await;
    if canceled.is_err() {
        session.release(refund.id).await?;
    }
    let refund = canceled?;
    let done = context.ui.paint_out("✓", "32");
    let sentence = format!("{done} refund {} of {sum} is canceled{}", refund.id, given_back(&refund));
    context.ui.emit(format, view.field("refund", &refund).page(|| Page::text(sentence)))?;
    Ok(Done::Clean)
}

/// Cancels a refund that this session holds.
async fn held(
    session: &mut RefundSession,
    refund: &Refund,
    same: &[OfPayment],
    reason: &str,
    looked_at: Option<&str>,
    protection: Protection,
    database: &str,
) -> Result<Refund> {
    may_end(refund, same)?;
    let seen = seen(session, refund, looked_at, protection, database).await?;
    session.cancel(refund.id, reason, seen).await
}

/// True for a refund that moved elsewhere, which no gateway lists.
fn is_recorded(refund: &Refund) -> bool {
    refund.gateway == RECORD_ONLY && refund.state == RefundState::Succeeded
}

/// Requires that a refund has not ended, or succeeded only here. `same` are those of its payment under its reference.
fn may_end(refund: &Refund, same: &[OfPayment]) -> Result<()> {
    let conflict =
        |why: &str, hint: String| Err(Error::new(Kind::Conflict, format!("refund {} {why}", refund.id)).hint(hint));
    // The gateway's list of the payment shows neither a dispute nor what moved elsewhere.
    let is_unlisted = refund.origin == RefundOrigin::Dispute || is_recorded(refund) && same.is_empty();
    // A reference as a gateway writes it would be brought in again, so the other one ends.
    let is_kept = refund.gateway_ref.as_deref().is_some_and(|reference| trimmed(reference) == reference)
        && same.iter().all(|other| other.gateway == RECORD_ONLY);
    match (refund.state, same.first()) {
        (RefundState::AwaitingApproval, _) => {
            conflict("awaits approval", format!("bursar refund reject {} --reason TEXT", refund.id))
        }
        (state, _) if state.is_undone() || state.is_final() && is_unlisted => {
            conflict(&format!("is {}: it has ended", state.name()), format!("bursar refund show {}", refund.id))
        }
        (_, Some(double)) if is_kept => conflict(
            &format!("is succeeded, and refund {} has its reference with spaces around it", double.refund),
            format!("bursar refund cancel {} --reason TEXT", double.refund),
        ),
        _ => Ok(()),
    }
}

/// The way in which it was seen that the gateway has none of the refund. `None` where it was never submitted, so that
/// nobody has to look.
async fn seen(
    session: &mut RefundSession,
    refund: &Refund,
    looked_at: Option<&str>,
    protection: Protection,
    database: &str,
) -> Result<Option<Seen>> {
    // Another one stands for it.
    if is_recorded(refund) {
        return Ok(None);
    }
    let is_submitted = !matches!(refund.state, RefundState::Requested | RefundState::Approved | RefundState::Reserved);
    if !is_submitted && refund.attempts == 0 {
        return Ok(None);
    }
    if !session.may_operate().await? {
        return Err(Error::refused(format!(
            "the submission of refund {} was begun, so only an operator may cancel it",
            refund.id
        ))
        .hint(format!("as a member of bursar_operator: {}", refund.cancellation())));
    }
    let why = match gateway_of(refund, protection, database) {
        Ok(gateway) => match refund::unseen(session, &*gateway, refund, now()).await? {
            Unseen::Seen(seen) => return Ok(Some(seen)),
            Unseen::NotKnown(why) => why,
        },
        Err(why) => {
            let refused = Error::refused(why.message());
            why.hint.into_iter().fold(refused, Error::hint)
        }
    };
    if looked_at.is_some() {
        return Ok(Some(Seen::Looked));
    }
    let name = &refund.gateway;
    let look = format!("look at {name} yourself; where it has no such refund: {}", refund.cancellation_by_eye());
    let look = match &why.hint {
        Some(hint) if why.kind == Kind::Refused => format!("{hint}; or {look}"),
        _ => look,
    };
    Err(why.context("nothing was changed").hint(look))
}

fn gateway_of(refund: &Refund, protection: Protection, database: &str) -> Result<Box<dyn Gateway>> {
    let gateway = gateway::by_name(&refund.gateway, &var, None)?;
    guard(&*gateway, protection.is_protected(), database)?;
    Ok(gateway)
}
