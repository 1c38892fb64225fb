//! `bursar refund sync`: imports refunds and lost disputes that were made at the gateway.

use std::collections::BTreeSet;

use super::carry::opened;
use super::{Context, Done, Outcome};
use crate::commands::{now, var};
use crate::db::{Database, Tx};
use crate::error::{Error, Result};
use crate::money;
use crate::output::{Column, Format, Page, Table, View};
use crate::packs::Pack;
use crate::payments::{self, Payment};
use crate::refund::gateway::{self, guard};
use crate::refund::{self, Brought, IfSpent, RefundSession, SyncOutcome as Came};
use crate::text::{counted, short};

/// A payment that the gateway could not be asked about.
#[derive(serde::Serialize)]
struct NotAsked {
    payment: String,
    why: String,
}

pub(super) async fn run(context: &Context, days: u32, named: Option<&str>, dry_run: bool, format: Format) -> Outcome {
    let database = context.database().await?;
    let gateways = gateway::configured(&var)?;
    if gateways.is_empty() {
        return Err(Error::refused("no gateway is configured").hint("see docs/gateways.md"));
    }
    let protection = database.protection().await?;
    for gateway in &gateways {
        guard(&**gateway, protection.is_protected())?;
    }
    let (pack, looked_at) = candidates(context, &database, days, named, dry_run).await?;
    let (mine, other): (Vec<Payment>, Vec<Payment>) =
        looked_at.into_iter().partition(|p| gateways.iter().any(|g| Some(g.name()) == p.provider.as_deref()));
    if !other.is_empty() {
        context.ui.warn(&format!("not checked: {} whose gateway is not configured", counted(other.len(), "payment")));
    }
    let what = format!("Import the gateway's refunds and lost disputes of {}", counted(mine.len(), "payment"));
    let permit = match dry_run {
        true => None,
        false => Some(context.confirm(&database, protection, &what).await?),
    };
    // A dry run works in a session that cannot write.
    let mut session = match &permit {
        Some(permit) => RefundSession::open(&database, permit, &context.actor()).await?,
        None => RefundSession::reading(&database).await?,
    };
    let mut progress = context.ui.progress("payments", Some(mine.len() as u64));
    let (mut brought, mut failed): (Vec<Brought>, Vec<NotAsked>) = (Vec::new(), Vec::new());
    for (done, payment) in mine.iter().enumerate() {
        progress.set(done as u64);
        let Some(gateway) = gateways.iter().find(|g| Some(g.name()) == payment.provider.as_deref()) else { continue };
        let ids = &payment.provider_ids;
        match refund::bring_in(&mut session, &**gateway, &payment.payment, ids, permit.is_some()).await {
            Ok(more) => brought.extend(more),
            Err(error) if error.sqlstate.is_some() => return Err(error),
            Err(error) => failed.push(NotAsked { payment: payment.payment.to_string(), why: error.message() }),
        }
    }
    drop(progress);
    report(context, &pack, format, &brought, &failed)
}

async fn candidates(
    context: &Context,
    database: &Database,
    days: u32,
    named: Option<&str>,
    dry_run: bool,
) -> Result<(Pack, Vec<Payment>)> {
    let (mut tx, pack) = opened(context, database).await?;
    let found = match named {
        Some(text) => {
            let found = payments::find(&mut tx, &pack, text).await?;
            if !dry_run {
                context.wants_whole(text, "payment", found.payment.payment.as_str(), found.by_whole_id())?;
            }
            vec![found.payment]
        }
        None => {
            let since = now() - chrono::TimeDelta::days(i64::from(days));
            let filter = payments::Filter { since: Some(since), ..payments::Filter::default() };
            let page = payments::list(&mut tx, &pack, &filter, 0, None).await?;
            let mut paid = Vec::new();
            for payment in page.payments.into_iter().filter(|p| !p.provider_ids.is_empty()) {
                // The gateway has no refunds of an unpaid payment.
                if payment.refundable || is_settled(&mut tx, &payment).await? {
                    paid.push(payment);
                }
            }
            paid
        }
    };
    tx.rollback().await?;
    Ok((pack, found))
}

/// True if the payment's status counts as refunded, at least in part.
async fn is_settled(tx: &mut Tx, payment: &Payment) -> Result<bool> {
    let terms = refund::preview(tx, &payment.payment, None, IfSpent::Cap, true).await?;
    Ok(terms.effects().is_ok_and(|effects| effects.payment.settled))
}

fn report(context: &Context, pack: &Pack, format: Format, brought: &[Brought], failed: &[NotAsked]) -> Outcome {
    let conflicts = brought.iter().filter(|b| b.outcome == Came::Conflict).count();
    let complete = failed.is_empty() && conflicts == 0;
    let view = View::new("refund sync")
        .field("app", &pack.name)
        .field("complete", complete)
        .field("found", brought)
        .field("not_asked", failed)
        .page(|| found(context, brought));
    context.ui.emit(format, view)?;
    if format == Format::Table {
        for NotAsked { payment, why } in failed {
            context.ui.warn(&format!("the gateway could not be asked about payment {payment}: {why}"));
        }
    }
    let remedies: BTreeSet<&String> = brought.iter().filter_map(|b| b.remedy.as_ref()).collect();
    for remedy in remedies {
        context.ui.note(&format!("a refund that awaits approval is in the way; first: {remedy}"));
    }
    Ok(if complete { Done::Clean } else { Done::Incomplete })
}

fn found(context: &Context, brought: &[Brought]) -> Page {
    let news: Vec<&Brought> = brought.iter().filter(|b| b.outcome != Came::Known).collect();
    let columns = [
        Column::new("").rank(0),
        Column::new("payment").rank(1),
        Column::new("what").rank(4),
        Column::number("amount").rank(0),
        Column::new("gateway's id").rank(2),
        Column::text("why").rank(3),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for b in &news {
        let outcome = match b.outcome {
            Came::Known | Came::BroughtIn => "✓ imported",
            Came::Updated => "✓ updated",
            Came::Would => "would be imported",
            Came::Open => "! open",
            Came::Conflict => "✗ conflict",
        };
        let amount = b.amount.parse().map_or_else(|_| b.amount.clone(), |m| money::format(m, &b.currency));
        let why = b.why.as_deref().unwrap_or("-");
        table.row(&[outcome, short(b.payment.as_str()), b.what.name(), &amount, &b.gateway_ref, why]);
    }
    let page = if news.is_empty() { Page::default() } else { Page::table(table) };
    page.and(format!("{} new, {} known already", news.len(), brought.len() - news.len()))
}
