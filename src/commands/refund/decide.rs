//! `bursar refund approve` and `reject`: what a second person decides.

use serde_json::json;

use super::show::preview;
use super::{Asked, Context, Done, Looked, Outcome, carried, concluded, gateway_for, opened, settled};
use crate::commands::cli::Format;
use crate::error::{Error, Kind, Result};
use crate::money;
use crate::refund::gateway::{Gateway, RecordOnly, guard};
use crate::refund::{self, RECORD_ONLY, Refund, RefundSession, RefundState};

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
    guard(&*gateway, protection.is_protected())?;
    let ids = &refund.gateway_payment;
    if dry_run || context.asks() {
        refund::require_known(&database, &*gateway, &refund.payment, ids).await?;
    }
    let shown =
        preview(context, &terms, &*gateway, &format!("{} (requested by {})", refund.why(), refund.requested_by));
    if dry_run {
        match format {
            Format::Json => context.ui.json(&json!({
                "schema_version": 1, "command": COMMAND, "outcome": "would", "refund": refund,
            }))?,
            Format::Table => context.ui.data(&format!("{shown}\n\nit would be approved; nothing was changed"))?,
        }
        return Ok(Done::Clean);
    }
    shown.lines().for_each(|line| context.ui.note_line(line));
    let what = format!("Approve the refund of {}", money::format(refund.amount, &refund.currency));
    let permit = context.confirm(&database, protection, &what).await?;
    refund::require_known(&database, &*gateway, &refund.payment, ids).await?;
    let mut session = RefundSession::open(&database, &permit, &context.actor()).await?;
    let refund = session.approve(refund.id, &terms.shown).await?;
    if refund.gateway == RECORD_ONLY {
        return concluded(context, COMMAND, format, &refund, Asked::Now);
    }
    let refund = settled(carried(context, &mut session, &*gateway, &refund, Looked::Now).await?)?;
    concluded(context, COMMAND, format, &refund, Asked::Now)
}

pub(super) async fn reject(context: &Context, text: &str, reason: &str, format: Format) -> Outcome {
    if reason.trim().is_empty() {
        return Err(Error::usage("a rejection needs a reason").hint("--reason TEXT"));
    }
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let refund = named(context, refund::find(&mut tx, text).await?, text, false)?;
    let protection = database.protection_in(&mut tx).await?;
    tx.rollback().await?;
    let what = format!("Reject the refund of {}", money::format(refund.amount, &refund.currency));
    let permit = context.confirm(&database, protection, &what).await?;
    let mut session = RefundSession::open(&database, &permit, &context.actor()).await?;
    let refund = session.reject(refund.id, reason).await?;
    match format {
        Format::Json => {
            context.ui.json(&json!({"schema_version": 1, "command": "refund reject", "refund": refund}))?;
        }
        Format::Table => {
            let done = context.ui.paint_out("✓", "32");
            context.ui.data(&format!("{done} refund {} is rejected; nothing was paid back", refund.id))?;
        }
    }
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
