//! `bursar refund approve` and `reject`: the decision of a second person.

use super::carry::{Looked, carried, gateway_for, opened, settled};
use super::show::preview;
use super::standing::{Asked, concluded};
use super::{Context, Done, Outcome};
use crate::error::{Error, Kind, Result};
use crate::money;
use crate::output::{Format, Page, View};
use crate::refund::gateway::{Gateway, RecordOnly, guard};
use crate::refund::{self, RECORD_ONLY, Refund, RefundSession, RefundState, Unsent};
use crate::text::is_blank;

pub(super) async fn approve(context: &Context, text: &str, dry_run: bool, format: Format) -> Outcome {
    const COMMAND: &str = "refund approve";
    let database = context.database().await?;
    let (mut tx, _) = opened(context, &database).await?;
    let refund = named(context, refund::find(&mut tx, text).await?, text, dry_run)?;
    let terms = refund::preview_approval(&mut tx, refund.id).await?.accepted()?;
    let protection = database.protection_in(&mut tx).await?;
    tx.rollback().await?;
    // The money was moved already, or is to be moved by the gateway that was chosen then.
    let gateway: Box<dyn Gateway> = match &refund.gateway_ref {
        reference if refund.gateway == RECORD_ONLY => Box::new(RecordOnly::new(reference.clone().unwrap_or_default())),
        _ => gateway_for(Some(&refund.gateway), None, None)?,
    };
    guard(&*gateway, protection.is_protected(), database.target().database())?;
    let ids = &refund.gateway_payment;
    if dry_run || context.asks() {
        refund::require_known(&database, &*gateway, &refund.payment, ids).await?;
    }
    let reason = format!("{} (requested by {})", refund.why(), refund.requested_by);
    let shown = preview(context, terms.effects()?, &*gateway, &reason);
    if dry_run {
        let view = View::new(COMMAND).field("outcome", "would").field("refund", &refund);
        context.ui.emit(format, view.page(|| shown.and("it would be approved; nothing was changed")))?;
        return Ok(Done::Clean);
    }
    shown.render().lines().for_each(|line| context.ui.note_line(line));
    let what = format!("Approve the refund of {}", money::format(refund.amount, &refund.currency));
    let permit = context.confirm(&database, protection, &what).await?;
    refund::require_known(&database, &*gateway, &refund.payment, ids).await?;
    let mut session = RefundSession::open(&database, &permit, &context.actor()).await?;
    let refund = session.approve(refund.id, &terms.shown).await?;
    if refund.gateway == RECORD_ONLY {
        return concluded(context, COMMAND, format, &refund, Asked::Now);
    }
    let refund = settled(carried(context, &mut session, &*gateway, &refund, Looked::Now(Unsent::Waits)).await?)?;
    concluded(context, COMMAND, format, &refund, Asked::Now)
}

pub(super) async fn reject(context: &Context, text: &str, reason: &str, dry_run: bool, format: Format) -> Outcome {
    if is_blank(reason) {
        return Err(Error::usage("a rejection needs a reason").hint("--reason TEXT"));
    }
    let view = View::new("refund reject");
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let refund = named(context, refund::find(&mut tx, text).await?, text, dry_run)?;
    let protection = database.protection_in(&mut tx).await?;
    tx.rollback().await?;
    let sum = money::format(refund.amount, &refund.currency);
    if dry_run {
        let sentence = format!("refund {} of {sum} would be rejected; nothing was changed", refund.id);
        let view = view.field("outcome", "would").field("refund", &refund);
        context.ui.emit(format, view.page(|| Page::text(sentence)))?;
        return Ok(Done::Clean);
    }
    let permit = context.confirm(&database, protection, &format!("Reject the refund of {sum}")).await?;
    let mut session = RefundSession::open(&database, &permit, &context.actor()).await?;
    let refund = session.reject(refund.id, reason).await?;
    let done = context.ui.paint_out("✓", "32");
    let sentence = format!("{done} refund {} is rejected; nothing was paid back", refund.id);
    context.ui.emit(format, view.field("refund", &refund).page(|| Page::text(sentence)))?;
    Ok(Done::Clean)
}

/// The refund, where it may be decided on by this name.
fn named(context: &Context, refund: Refund, text: &str, dry_run: bool) -> Result<Refund> {
    if !dry_run {
        context.wants_whole(text, "refund", &refund.id.to_string(), refund::is_whole_id(text, &refund))?;
    }
    if refund.state == RefundState::AwaitingApproval {
        return Ok(refund);
    }
    let sentence = format!("refund {} is {}: it awaits no approval", refund.id, refund.state.name());
    Err(Error::new(Kind::Conflict, sentence).hint(format!("bursar refund show {}", refund.id)))
}
