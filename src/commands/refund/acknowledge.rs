//! `bursar refund acknowledge`: somebody answers for an object of a gateway that never will fit, or no longer does.

use super::carry::{of_provider, opened};
use super::sync::compared;
use super::{Context, Done, Outcome};
use crate::commands::var;
use crate::db::{Database, Protection};
use crate::error::{Error, Kind, Result};
use crate::ids::PaymentId;
use crate::output::{Format, Page, View};
use crate::packs::Pack;
use crate::refund::gateway::{self, Gateway, Thing, acknowledgement, guard};
use crate::refund::{self, Brought, Objects, RefundSession, RefundState, SyncOutcome, Would};
use crate::store::refunds::Acknowledged;
use crate::text::{escape, is_blank, quoted};

pub(super) async fn run(
    context: &Context,
    gateway: &str,
    object: &str,
    reason: &str,
    dry_run: bool,
    format: Format,
) -> Outcome {
    let Look { database, pack, known, protection } = look(context, "an acknowledgement", reason).await?;
    let report = |outcome: &str, sentence: String| report(context, format, (gateway, object), outcome, sentence);
    if let Some(before) = known.iter().find(|a| !a.withdrawn && a.gateway == gateway && a.object == object) {
        let (by, why) = (escape(&before.operator), escape(&before.reason));
        return report("before", format!("{object} of {gateway} was acknowledged before, by {by}: {why}; that stands"));
    }
    let mut looking = RefundSession::reading(&database).await?;
    operator(&mut looking, "acknowledge an object of a gateway", &acknowledgement(gateway, object)).await?;
    let asked = gateway::by_name(gateway, &var, None).and_then(|gateway| {
        guard(&*gateway, protection.is_protected(), database.target().database())?;
        Ok(gateway)
    });
    match asked {
        Ok(asked) => need(context, &mut looking, &*asked, &pack, object).await?,
        Err(why) => not_looked_at(context, gateway, object, &why),
    }
    if dry_run {
        return report("would", format!("{object} of {gateway} would be acknowledged; nothing was changed"));
    }
    let what = format!("Leave {} of {gateway} as it is, until that is withdrawn", escape(object));
    let permit = context.confirm(&database, protection, &what).await?;
    let mut session = RefundSession::open(&database, &permit, &context.actor()).await?;
    let is_new = session.acknowledge(&pack.name, gateway, object, reason).await?;
    let done = context.ui.paint_out("✓", "32");
    match is_new {
        true => report("done", format!("{done} {object} of {gateway} is acknowledged")),
        false => report("before", format!("{object} of {gateway} was acknowledged before")),
    }
}

/// Withdraws an acknowledgement: the object counts again as if nobody had answered for it.
pub(super) async fn withdraw(
    context: &Context,
    gateway: Option<&str>,
    object: &str,
    reason: &str,
    dry_run: bool,
    format: Format,
) -> Outcome {
    let Look { database, pack, known, protection } = look(context, "a withdrawal", reason).await?;
    let mut of_object = known.iter().filter(|a| a.object == object && gateway.is_none_or(|name| a.gateway == name));
    let (found, others) = (of_object.next(), of_object.next().is_some());
    let Some(found) = found else {
        let of = gateway.map(|name| format!(" of {name}")).unwrap_or_default();
        return Err(refused(format!("{}{of} was never acknowledged", escape(object)))
            .hint("see what was: bursar operations list --command 'refund acknowledge'"));
    };
    if others {
        return Err(Error::usage(format!("several gateways have an acknowledged object {}", escape(object)))
            .hint("name one: --gateway NAME"));
    }
    let gateway = &*found.gateway;
    let report = |outcome: &str, sentence: String| report(context, format, (gateway, object), outcome, sentence);
    let (by, why) = (escape(&found.operator), escape(&found.reason));
    if found.withdrawn {
        return report("before", format!("the acknowledgement of {object} was withdrawn before, by {by}: {why}"));
    }
    let mut looking = RefundSession::reading(&database).await?;
    let command =
        format!("bursar refund acknowledge {} --gateway {} --withdraw --reason TEXT", quoted(object), quoted(gateway));
    operator(&mut looking, "withdraw an acknowledgement", &command).await?;
    let stood = format!("that {by} gave: {why}");
    if dry_run {
        let sentence = format!("the acknowledgement of {object} of {gateway} would be withdrawn, {stood}");
        return report("would", format!("{sentence}; nothing was changed"));
    }
    let what = format!("Withdraw the acknowledgement of {} of {gateway}, {stood}", escape(object));
    let permit = context.confirm(&database, protection, &what).await?;
    let mut session = RefundSession::open(&database, &permit, &context.actor()).await?;
    let done = context.ui.paint_out("✓", "32");
    match session.withdraw_acknowledgement(&pack.name, gateway, object, reason).await? {
        true => report("withdrawn", format!("{done} {object} of {gateway} is no longer acknowledged")),
        false => report("before", format!("the acknowledgement of {object} was withdrawn before")),
    }
}

/// The database before a change, and every object that somebody answered for in it, also those that were withdrawn.
struct Look {
    database: Database,
    pack: Pack,
    known: Vec<Acknowledged>,
    protection: Protection,
}

/// Looks at the database for a change that needs a reason.
async fn look(context: &Context, change: &str, reason: &str) -> Result<Look> {
    if is_blank(reason) {
        return Err(Error::usage(format!("{change} needs a reason")).hint("--reason TEXT"));
    }
    let database = context.database().await?;
    let (mut tx, pack) = opened(context, &database).await?;
    let known = refund::answered_for(&mut tx).await?;
    let protection = database.protection_in(&mut tx).await?;
    tx.rollback().await?;
    Ok(Look { database, pack, known, protection })
}

/// Requires a login that may operate. `command` is what one with the right runs.
async fn operator(looking: &mut RefundSession, what: &str, command: &str) -> Result<()> {
    if looking.may_operate().await? {
        return Ok(());
    }
    Err(Error::refused(format!("only an operator may {what}; nothing was changed"))
        .hint(format!("as a member of bursar_operator: {command}")))
}

fn report(
    context: &Context,
    format: Format,
    (gateway, object): (&str, &str),
    outcome: &str,
    sentence: String,
) -> Result<Done> {
    let view = View::new("refund acknowledge").field("outcome", outcome).field("gateway", gateway);
    context.ui.emit(format, view.field("object", object).page(|| Page::text(sentence)))?;
    Ok(Done::Clean)
}

/// Says that nobody looked whether the gateway has the object.
fn not_looked_at(context: &Context, gateway: &str, object: &str, why: &Error) {
    let object = escape(object);
    context.ui.warn(&format!("{gateway} was not asked whether {object} never will fit: {}", why.message()));
}

/// Refuses what needs no acknowledgement: what the gateway does not have, what agrees, and what `refund sync` would bring
/// in. Where the gateway cannot be asked, that is told, and the operator decides.
async fn need(
    context: &Context,
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    pack: &Pack,
    object: &str,
) -> Result<()> {
    let name = gateway.name();
    let thing = match gateway.object(object).await {
        Ok(thing) => thing,
        Err(why) => {
            not_looked_at(context, name, object, &why);
            return Ok(());
        }
    };
    let mut objects = Objects::default();
    let ids = match thing {
        // It is here, and not there: that is a difference of its own.
        None if refund::by_reference(session, None, object).await?.is_some() => return Ok(()),
        None => {
            return Err(refused(format!("{name} has no refund or dispute {}", escape(object)))
                .hint(format!("look what does not fit: bursar refund sync --gateway {} --dry-run", quoted(name))));
        }
        Some(Thing::Odd(_)) => return Ok(()),
        Some(Thing::Refund(refund)) => {
            let ids = refund.payment.clone();
            objects.refunds.push(refund);
            ids
        }
        Some(Thing::Dispute(dispute)) => {
            let ids = dispute.payment.clone();
            objects.disputes.push(dispute);
            ids
        }
    };
    let (found, hidden) = of_provider(session, pack, name, &ids).await?;
    let Some(payment) = found.first() else {
        return match hidden.is_empty() {
            true => Ok(()),
            false => Err(Error::new(
                Kind::Incomplete,
                format!(
                    "row level security may hide the payment of {} from this role, so whether it fits is not known; nothing was changed",
                    escape(object)
                ),
            )
            .hint("run it as a role that sees every payment")),
        };
    };
    let mut would = Would::default();
    let brought = refund::bring_in_objects(session, gateway, compared(payment), &objects, Some(&mut would)).await?;
    match brought.first() {
        Some(brought) => fits(session, name, brought).await,
        None => Ok(()),
    }
}

/// Refuses an object that does not stand in the way of anything.
async fn fits(session: &mut RefundSession, gateway: &str, brought: &Brought) -> Result<()> {
    let Brought { payment, gateway_ref, refund, .. } = brought;
    let sync = refund::sync_of(payment.as_str());
    let (why, next) = match (brought.outcome, refund) {
        (SyncOutcome::Would | SyncOutcome::WouldUndo, _) => (format!("fits payment {payment}"), sync),
        (SyncOutcome::Open, Some(refund)) => {
            (format!("is refund {refund}, which has not ended on both sides"), format!("bursar refund resume {refund}"))
        }
        (SyncOutcome::Open, None) => ("is not decided yet".to_owned(), format!("once it is: {sync}")),
        (SyncOutcome::Known, Some(refund)) if !is_too_much(session, payment).await? => {
            (format!("is refund {refund} here, and both agree"), format!("bursar refund show {refund}"))
        }
        (SyncOutcome::NoEffect, _) => ("came to nothing, and nothing of it is here".to_owned(), sync),
        _ => return Ok(()),
    };
    Err(refused(format!("{gateway}'s {gateway_ref} {why}")).hint(next))
}

/// True where more of a payment is refunded here than was paid, which the audit finds until somebody answers for it.
async fn is_too_much(session: &mut RefundSession, payment: &PaymentId) -> Result<bool> {
    let filter = refund::Filter {
        states: vec![RefundState::Succeeded],
        payment: Some(payment.clone()),
        ..refund::Filter::default()
    };
    let page = session.read(async |c| refund::list(c, &filter, 0).await).await?;
    let sum: i128 = page.refunds.iter().map(|refund| i128::from(refund.amount)).sum();
    Ok(page.refunds.first().is_some_and(|refund| sum > i128::from(refund.paid)))
}

fn refused(why: String) -> Error {
    Error::new(Kind::Conflict, format!("{why}; nothing was changed"))
}
