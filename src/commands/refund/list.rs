//! `bursar refund list`: a page of refunds.

use serde_json::{Value, json};

use super::args::RefundList;
use super::carry::found;
use super::{Context, Done, Outcome};
use crate::commands::now;
use crate::db::{Database, Tx};
use crate::error::{Error, Result};
use crate::ids::PaymentId;
use crate::money;
use crate::output::{Column, Page, Record, Table, View};
use crate::packs::Need;
use crate::refund::{self, Filter, Refund, RefundState};
use crate::text::{escape, minute, short, thousands};

pub(super) async fn run(context: &Context, args: RefundList) -> Outcome {
    let (since, until) = (args.since.map(|t| t.at(now())), args.until.map(|t| t.at(now())));
    if since.zip(until).is_some_and(|(since, until)| since >= until) {
        return Err(Error::usage("--since is not before --until, so no refund could be listed"));
    }
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let payment = payment(context, &database, &mut tx, args.payment.as_deref()).await?;
    let open = RefundState::ALL.iter().copied().filter(|s| !s.is_final());
    let filter = Filter {
        states: if args.open { open.collect() } else { args.state },
        payment,
        account: args.account,
        since,
        until,
        before: args.cursor,
    };
    let page = refund::list(&mut tx, &filter, args.limit).await?;
    if let Some(account) = filter.account.as_deref().filter(|_| page.refunds.is_empty() && filter.before.is_none()) {
        let alone = Filter { account: Some(account.to_owned()), ..Filter::default() };
        if refund::list(&mut tx, &alone, 1).await?.refunds.is_empty() {
            context.ui.note(&format!("no refund names the account '{}'", escape(account)));
        }
    }
    tx.rollback().await?;
    let view = View::new("refund list")
        .field("total", page.total)
        .field("next", page.next)
        .rows("refunds", &page.refunds)
        .page(|| table(context, &page.refunds))
        .next_page(page.refunds.len(), Some(thousands(page.total)), page.next);
    context.ui.emit(args.output.format, view)?;
    Ok(Done::Clean)
}

/// The payment that is asked for. A pack or a schema that is named is checked, although refunds lie in a schema of
/// their own.
async fn payment(context: &Context, database: &Database, tx: &mut Tx, text: Option<&str>) -> Result<Option<PaymentId>> {
    let named = (&context.global.app, &context.global.schema);
    if text.is_none() && matches!(named, (None, None)) {
        return Ok(None);
    }
    let pack = context.pack(database, tx, Need::Payments).await?;
    match text {
        Some(text) => Ok(Some(found(context, tx, &pack, text).await?.payment.payment)),
        None if context.global.schema.is_some() => pack.enter(tx).await.map(|()| None),
        None => Ok(None),
    }
}

fn table(context: &Context, refunds: &[Refund]) -> Page {
    if refunds.is_empty() {
        return Page::text("No matches.");
    }
    let columns = [
        Column::new("when (UTC)").rank(3),
        Column::new("refund").rank(0),
        Column::number("amount").rank(0),
        Column::new("state").rank(0),
        Column::new("gateway").rank(4),
        Column::new("payment").rank(1),
        Column::text("customer").rank(2),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for refund in refunds {
        table.row(&[
            &minute(Some(&refund.created_at.to_rfc3339())),
            short(&refund.id.to_string()),
            &money::format(refund.amount, &refund.currency),
            &state(refund),
            &refund.gateway,
            short(refund.payment.as_str()),
            refund.customer.as_deref().unwrap_or("-"),
        ]);
    }
    Page::table(table)
}

/// The state with its symbol, and a refusal that the state alone does not show.
fn state(refund: &Refund) -> String {
    let symbol = match refund.state {
        RefundState::Succeeded => "✓ ",
        RefundState::Failed | RefundState::Canceled | RefundState::Rejected => "✗ ",
        RefundState::Unknown => "? ",
        _ => "! ",
    };
    let refused = if refund.refused { ", refused" } else { "" };
    format!("{symbol}{}{refused}", refund.state.name())
}

impl Record for Refund {
    const TYPE: &'static str = "refund";
    const FIELDS: &'static [&'static str] = &[
        "refund",
        "created_at",
        "payment",
        "account",
        "customer",
        "amount",
        "amount_minor",
        "currency",
        "unit",
        "units_taken",
        "units_written_off",
        "state",
        "reason",
        "gateway",
        "gateway_ref",
        "error",
    ];

    /// A spreadsheet adds amounts up, so they are in whole units there.
    fn columns(&self) -> serde_json::Result<Value> {
        let mut row = serde_json::to_value(self)?;
        row["refund"] = json!(self.id);
        row["created_at"] = json!(self.created_at.to_rfc3339());
        row["amount"] = json!(money::decimal(self.amount, &self.currency));
        row["amount_minor"] = json!(self.amount);
        Ok(row)
    }
}
