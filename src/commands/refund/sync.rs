//! `bursar refund sync`: bringing in what was done at the gateway.

use serde_json::json;

use super::{Context, Done, Outcome, opened};
use crate::commands::cli::Format;
use crate::db::Database;
use crate::error::{Error, Result};
use crate::money;
use crate::output::Table;
use crate::packs::Pack;
use crate::payments::{self, Payment};
use crate::refund::gateway::{self, guard};
use crate::refund::{self, Brought, IfSpent, RefundSession, SyncOutcome as Came};
use crate::text::short;

pub(super) async fn run(context: &Context, days: u32, named: Option<&str>, dry_run: bool, format: Format) -> Outcome {
    let database = context.database().await?;
    let gateways = gateway::configured(&super::var)?;
    if gateways.is_empty() {
        return Err(Error::refused("no gateway is configured that could be asked").hint("see docs/gateways.md"));
    }
    let protection = database.protection().await?;
    for gateway in &gateways {
        guard(&**gateway, protection.is_protected())?;
    }
    let (pack, looked_at) = candidates(context, &database, days, named, dry_run).await?;
    let (mine, other): (Vec<Payment>, Vec<Payment>) =
        looked_at.into_iter().partition(|p| gateways.iter().any(|g| Some(g.name()) == p.provider.as_deref()));
    if !other.is_empty() {
        context.ui.warn(&format!("{} payments came through gateways that are not configured", other.len()));
    }
    let what = format!("Bring in what the gateway has about {} payments", mine.len());
    let permit = match dry_run {
        true => None,
        false => Some(context.confirm(&database, protection, &what).await?),
    };
    // What a dry run would do is worked out in a session that cannot write.
    let mut session = match &permit {
        Some(permit) => RefundSession::open(&database, permit, &context.actor()).await?,
        None => RefundSession::reading(&database).await?,
    };
    let mut progress = context.ui.progress("payments", Some(mine.len() as u64));
    let (mut brought, mut failed): (Vec<Brought>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    for (done, payment) in mine.iter().enumerate() {
        progress.set(done as u64);
        let Some(gateway) = gateways.iter().find(|g| Some(g.name()) == payment.provider.as_deref()) else { continue };
        let ids = &payment.provider_ids;
        match refund::bring_in(&mut session, &**gateway, &payment.payment, ids, permit.is_some()).await {
            Ok(more) => brought.extend(more),
            Err(error) if error.sqlstate.is_some() => return Err(error),
            Err(error) => failed.push((payment.payment.to_string(), error.message())),
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
            let since = super::super::now() - chrono::TimeDelta::days(i64::from(days));
            let filter = payments::Filter { since: Some(since), ..payments::Filter::default() };
            let page = payments::list(&mut tx, &pack, &filter, 0, None).await?;
            let mut paid = Vec::new();
            for payment in page.payments.into_iter().filter(|p| !p.provider_ids.is_empty()) {
                // What was never paid, the gateway has no refunds of.
                if payment.refundable
                    || refund::preview(&mut tx, &payment.payment, None, IfSpent::Cap, true).await?.settled == Some(true)
                {
                    paid.push(payment);
                }
            }
            paid
        }
    };
    tx.rollback().await?;
    Ok((pack, found))
}

fn report(context: &Context, pack: &Pack, format: Format, brought: &[Brought], failed: &[(String, String)]) -> Outcome {
    let conflicts = brought.iter().filter(|b| b.outcome == Came::Conflict).count();
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "refund sync", "app": pack.name, "complete": failed.is_empty() && conflicts == 0,
            "found": brought,
            "not_asked": failed.iter().map(|(payment, why)| json!({"payment": payment, "why": why})).collect::<Vec<_>>(),
        }))?,
        Format::Table => {
            let news: Vec<&Brought> = brought.iter().filter(|b| b.outcome != Came::Known).collect();
            let mut table = Table::new(&context.ui, &["", "payment", "what", "#amount", "gateway's id", "why"]);
            for b in &news {
                let outcome = match b.outcome {
                    Came::Known | Came::BroughtIn => "✓ brought in",
                    Came::Updated => "✓ updated",
                    Came::Would => "would be brought in",
                    Came::Open => "! open",
                    Came::Conflict => "✗ does not fit",
                };
                let amount = b.amount.parse().map_or_else(|_| b.amount.clone(), |m| money::format(m, &b.currency));
                let why = b.why.as_deref().unwrap_or("-");
                table.row(&[outcome, short(b.payment.as_str()), b.what.name(), &amount, &b.gateway_ref, why]);
            }
            let known = brought.len() - news.len();
            let table = if news.is_empty() { String::new() } else { format!("{}\n\n", table.render()) };
            context.ui.data(&format!("{table}{} new, {known} known already", news.len()))?;
            for (payment, why) in failed {
                context.ui.warn(&format!("the gateway could not be asked about payment {payment}: {why}"));
            }
        }
    }
    let remedies: std::collections::BTreeSet<&String> = brought.iter().filter_map(|b| b.remedy.as_ref()).collect();
    for remedy in remedies {
        context.ui.note(&format!("a refund that awaits approval is in the way; first: {remedy}"));
    }
    Ok(if failed.is_empty() && conflicts == 0 { Done::Clean } else { Done::Incomplete })
}
