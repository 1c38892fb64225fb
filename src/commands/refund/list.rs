//! `bursar refund list`: a page of refunds.

use serde_json::json;

use super::{Context, Done, Outcome};
use crate::commands::cli::RowsFormat;
use crate::commands::values::Until;
use crate::money;
use crate::output::{Table, csv_rows, ndjson_rows};
use crate::payments;
use crate::refund::{self, Filter, Refund, RefundState};
use crate::text::{minute, short, thousands};

/// Which refunds are asked for.
pub(super) struct Wanted {
    pub state: Vec<RefundState>,
    pub open: bool,
    pub payment: Option<String>,
    pub account: Option<String>,
    pub since: Option<Until>,
    pub cursor: Option<i64>,
}

pub(super) async fn run(context: &Context, wanted: Wanted, limit: usize, format: RowsFormat) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let payment = match &wanted.payment {
        Some(text) => {
            let pack = context.pack(&database, &mut tx).await?;
            Some(payments::find(&mut tx, &pack, text).await?.payment.payment)
        }
        None => None,
    };
    let open = RefundState::ALL.iter().copied().filter(|s| !s.is_final());
    let filter = Filter {
        states: if wanted.open { open.collect() } else { wanted.state },
        payment,
        account: wanted.account,
        since: wanted.since.map(|t| t.0),
        before: wanted.cursor,
    };
    let (refunds, total) = refund::list(&mut tx, &filter, limit).await?;
    if let Some(account) = filter.account.as_deref().filter(|_| refunds.is_empty() && filter.before.is_none()) {
        let alone = Filter { account: Some(account.to_owned()), ..Filter::default() };
        if refund::list(&mut tx, &alone, 1).await?.0.is_empty() {
            context.ui.note(&format!("no refund names the account '{}'", crate::text::escape(account)));
        }
    }
    tx.rollback().await?;
    let next = refunds.last().map(|r| r.number).filter(|_| limit > 0 && refunds.len() == limit);
    let cut = next.filter(|_| total > refunds.len() as u64).map(|next| {
        let count = |n: u64| thousands(n);
        format!("showing {} of {}; --limit 0 for all, or --cursor {next}", count(refunds.len() as u64), count(total))
    });
    match format {
        RowsFormat::Table if refunds.is_empty() => context.ui.data("no refund is like that")?,
        RowsFormat::Table => {
            let headings = ["when (UTC)", "refund", "#amount", "state", "gateway", "payment", "customer"];
            let mut table = Table::new(&context.ui, &headings);
            for refund in &refunds {
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
            let cut = cut.map(|cut| format!("\n\n{cut}")).unwrap_or_default();
            context.ui.data(&format!("{}{cut}", table.render()))?;
        }
        RowsFormat::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "refund list", "total": total, "next": next, "refunds": refunds,
        }))?,
        RowsFormat::Ndjson => {
            context.ui.write(|out| ndjson_rows("refund", &refunds, out))?;
            cut.into_iter().for_each(|cut| context.ui.note(&cut));
        }
        RowsFormat::Csv => {
            context.ui.csv(|out| csv_rows(&COLUMNS, refunds.iter().map(|r| Ok(cells(r))), out))?;
            cut.into_iter().for_each(|cut| context.ui.note(&cut));
        }
    }
    Ok(Done::Clean)
}

/// The state, and what it alone does not say.
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

const COLUMNS: [&str; 16] = [
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

fn cells(refund: &Refund) -> [String; COLUMNS.len()] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    [
        refund.id.to_string(),
        refund.created_at.to_rfc3339(),
        refund.payment.to_string(),
        text(&refund.account),
        text(&refund.customer),
        money::decimal(refund.amount, &refund.currency),
        refund.amount.to_string(),
        refund.currency.clone(),
        text(&refund.unit),
        refund.units_taken.clone(),
        refund.units_written_off.clone(),
        refund.state.name().to_owned(),
        refund.reason.to_string(),
        refund.gateway.clone(),
        text(&refund.gateway_ref),
        text(&refund.error),
    ]
}
