//! `bursar refund create`: one refund.

use std::time::Duration;

use serde_json::{Map, Value};

use super::args::RefundFlags;
use super::carry::{Looked, PATIENCE, carried, found, gateway_for, opened, settled};
use super::show::preview;
use super::standing::{Asked, concluded};
use super::{Context, Done, Outcome};
use crate::db::{Database, Tx};
use crate::error::{Error, Kind, Result};
use crate::money;
use crate::output::{Format, Page, View};
use crate::payments::Payment;
use crate::refund::gateway::{Gateway, guard};
use crate::refund::{
    self, Carried, RECORD_ONLY, Refund, RefundRequest, RefundSession, RefundState, Requested, Terms, Unsent,
    require_known,
};

const COMMAND: &str = "refund create";

pub(super) async fn run(context: &Context, text: &str, flags: RefundFlags, format: Format) -> Outcome {
    let database = context.database().await?;
    let (mut tx, pack) = opened(context, &database).await?;
    let found = found(context, &mut tx, &pack, text).await?;
    if !flags.dry_run {
        context.wants_whole(text, "payment", found.payment.payment.as_str(), found.by_whole_id())?;
    }
    refunded(context, &database, tx, found.payment, flags, format).await
}

/// Refunds a payment that was found, in the snapshot that it was found in: plan, confirm, apply, report.
pub(super) async fn refunded(
    context: &Context,
    database: &Database,
    mut tx: Tx,
    payment: Payment,
    flags: RefundFlags,
    format: Format,
) -> Outcome {
    let currency = payment.amount.currency.clone().unwrap_or_default();
    let amount = flags.amount.as_deref().map(|a| money::parse(a, &currency)).transpose()?;
    let wait = flags.wait.unwrap_or(PATIENCE);
    let (if_spent, reason) = (flags.if_spent.unwrap_or_default(), flags.reason.unwrap_or_default());
    let terms = refund::preview(&mut tx, &payment.payment, amount, if_spent, flags.again).await?;
    // The same key may stand for a refund that was made, which the request tells; a preview cannot.
    let replayed = match &flags.idempotency_key {
        Some(key) => refund::by_key(&mut tx, key).await?,
        None => None,
    };
    let replay = replayed.is_some();
    if let Some(refund) = existing(&mut tx, &terms, replayed, amount, &flags).await? {
        tx.rollback().await?;
        let wait = if flags.dry_run { Duration::ZERO } else { wait };
        let mut session = RefundSession::reading(database).await?;
        return before(context, &mut session, format, refund, wait).await;
    }
    let terms = if replay { terms } else { terms.accepted()? };
    let protection = database.protection_in(&mut tx).await?;
    tx.rollback().await?;
    let gateway = gateway_for(flags.gateway.as_deref(), flags.gateway_ref.clone(), payment.provider.as_deref())?;
    guard(&*gateway, protection.is_protected(), database.target().database())?;
    if flags.capture.is_some() && gateway.name() != "paypal" {
        return Err(Error::usage("--capture is for payments through PayPal").hint("leave it out"));
    }

    let effects = terms.effects()?;
    let ids = &effects.payment.gateway_payment;
    if !replay {
        gateway.check(ids, effects.money.amount, &currency)?;
    }
    // Whoever is asked, or asks what would be done, is told before.
    if !replay && (flags.dry_run || context.asks()) {
        require_known(database, &*gateway, &payment.payment, ids).await?;
    }
    let shown = preview(context, effects, &*gateway, &refund::why(reason, flags.note.as_deref()));
    if flags.dry_run {
        return would(context, format, &terms, gateway.name(), shown);
    }
    if !replay {
        shown.render().lines().for_each(|line| context.ui.note_line(line));
    }
    let sum = money::format(effects.money.amount, &currency);
    let what = format!("Refund {sum} of {} in {}", payment.payment, database.target().database());
    let permit = context.confirm(database, protection, &what).await?;
    // A refund that was made elsewhere would be paid a second time.
    if !replay {
        require_known(database, &*gateway, &payment.payment, ids).await?;
    }
    let capture = flags.capture.clone();
    let request = request(payment, amount, flags, gateway.name(), terms.shown);
    let session = RefundSession::open(database, &permit, &context.actor()).await?;
    let looked = if replay { Looked::No } else { Looked::Now(Unsent::Ends) };
    let asked = Made { request: &request, capture: capture.as_deref(), wait, looked };
    made(context, session, &*gateway, asked, format).await
}

/// The refund that answers the request already: all of the payment is refunded or being refunded, or the same part is
/// being refunded.
async fn existing(
    tx: &mut Tx,
    terms: &Terms,
    replayed: Option<Refund>,
    amount: Option<i64>,
    flags: &RefundFlags,
) -> Result<Option<Refund>> {
    match (replayed, terms.whole_already(amount), part(amount, flags.again)) {
        (Some(refund), ..) => Ok(Some(refund).filter(|_| flags.dry_run)),
        (None, Some(latest), _) => refund::find(tx, &latest.to_string()).await.map(Some),
        (None, None, Some(part)) => refund::underway(tx, &terms.effects()?.payment.id, part).await,
        (None, None, None) => Ok(None),
    }
}

/// The part of a payment that is refunded only once.
fn part(amount: Option<i64>, again: bool) -> Option<i64> {
    amount.filter(|_| !again)
}

fn request(payment: Payment, amount: Option<i64>, flags: RefundFlags, gateway: &str, shown: String) -> RefundRequest {
    RefundRequest {
        payment: payment.payment,
        amount,
        if_spent: flags.if_spent.unwrap_or_default(),
        reason: flags.reason.unwrap_or_default(),
        note: flags.note,
        gateway: gateway.to_owned(),
        gateway_ref: flags.gateway_ref,
        key: flags.idempotency_key,
        again: flags.again,
        expected: Some(shown),
    }
}

/// The refund to be made.
struct Made<'a> {
    request: &'a RefundRequest,
    capture: Option<&'a str>,
    wait: Duration,
    looked: Looked,
}

/// Makes the refund, and reports it.
async fn made(
    context: &Context,
    mut session: RefundSession,
    gateway: &dyn Gateway,
    asked: Made<'_>,
    format: Format,
) -> Outcome {
    let Made { request, capture, wait, looked } = asked;
    let Requested { refund, existing } = match (session.request(request).await, part(request.amount, request.again)) {
        // Another process asked for the same part since it was looked at.
        (Err(error), Some(part)) if error.kind == Kind::Conflict && request.key.is_none() => {
            let payment = &request.payment;
            match session.read(async |c| refund::underway(c, payment, part).await).await? {
                Some(refund) => Requested { refund, existing: true },
                None => return Err(error),
            }
        }
        (requested, _) => requested?,
    };
    if existing {
        return before(context, &mut session, format, refund, wait).await;
    }
    let refund = match capture {
        Some(capture) => session.capture(refund.id, capture).await?,
        None => refund,
    };
    if refund.state != RefundState::Reserved || refund.gateway == RECORD_ONLY {
        return concluded(context, COMMAND, format, &refund, Asked::Now);
    }
    let refund = match carried(context, &mut session, gateway, &refund, looked).await? {
        Carried::Elsewhere(_) => return before(context, &mut session, format, refund, wait).await,
        carried => settled(carried)?,
    };
    concluded(context, COMMAND, format, &refund, Asked::Now)
}

/// Reports the refund of an earlier request. If a process works on it now, it is waited for. If that process has died,
/// somebody has to finish it.
async fn before(
    context: &Context,
    session: &mut RefundSession,
    format: Format,
    refund: Refund,
    wait: Duration,
) -> Outcome {
    let (mut refund, mut holder) = refund::wait_for(session, refund.id, Duration::ZERO).await?;
    if let Some(words) = holder.as_ref().filter(|_| !wait.is_zero()) {
        context.ui.note(&format!("waiting for refund {}: {words}", refund.id));
        (refund, holder) = refund::wait_for(session, refund.id, wait).await?;
    }
    concluded(context, COMMAND, format, &refund, holder.map_or(Asked::Before, Asked::Meanwhile))
}

/// Reports a dry run.
fn would(context: &Context, format: Format, terms: &Terms, gateway: &str, shown: Page) -> Outcome {
    let view = View::new(COMMAND)
        .field("outcome", "would")
        .field("gateway", gateway)
        .field("terms", exact(&terms.shown)?)
        .page(|| shown.and("it would be refunded; nothing was changed"));
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

/// The terms with numbers as text, which keeps them exact everywhere.
fn exact(terms: &str) -> Result<Value> {
    let terms: Map<String, Value> =
        serde_json::from_str(terms).map_err(|e| Error::failed(format!("the terms are not understood: {e}")))?;
    let text = |value: Value| if value.is_number() { value.to_string().into() } else { value };
    Ok(terms.into_iter().map(|(name, value)| (name, text(value))).collect())
}
