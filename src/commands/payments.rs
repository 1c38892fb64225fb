//! `bursar payments`: finding a payment.

use serde_json::json;

use super::{Context, Done, Outcome};
use crate::cli::{Format, Payments, PaymentsList, RowsFormat};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::money;
use crate::output::{Table, csv_rows, ndjson_rows};
use crate::packs::Pack;
use crate::payments::{self, Filter, LedgerEntry, Page, Payment, Refund};
use crate::text::{escape, short, thousands};
use crate::vocabulary;

pub(super) async fn run(context: &Context, action: Payments) -> Outcome {
    match action {
        Payments::List(args) => list(context, *args).await,
        Payments::Show { payment, output } => show(context, &payment, output.format).await,
    }
}

async fn list(context: &Context, args: PaymentsList) -> Outcome {
    if let (Some(since), Some(until)) = (&args.since, &args.until)
        && since.0 >= until.0
    {
        return Err(Error::usage("--since is not before --until, so no payment could be listed"));
    }
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx).await?;
    pack.need_payments()?;
    let hidden = context.warn_of_hidden(&mut tx, &pack).await?;
    let filter = Filter {
        search: args.search,
        status: args.status,
        since: args.since.map(|t| t.0),
        until: args.until.map(|t| t.0),
        min: args.min,
        max: args.max,
        currency: args.currency,
        account: args.account,
        refundable: args.refundable,
    };
    let page = payments::list(&mut tx, &pack, &filter, args.limit, args.cursor.as_ref()).await?;
    if page.payments.is_empty() && args.cursor.is_none() {
        why_none(context, &mut tx, &pack, &filter).await?;
    }
    tx.rollback().await?;
    let cut = page.next.as_ref().map(|next| {
        let count = |n: usize| thousands(n);
        let total = thousands(page.total);
        format!("showing {} of {total}; --limit 0 for all, or --cursor {next}", count(page.payments.len()))
    });
    match args.output.format {
        RowsFormat::Table => table(context, &page, cut)?,
        RowsFormat::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "payments list", "app": pack.name, "may_hide": hidden,
            "total": page.total, "next": page.next.as_ref().map(ToString::to_string), "payments": page.payments,
        }))?,
        RowsFormat::Ndjson => {
            context.ui.write(|out| ndjson_rows("payment", &page.payments, out))?;
            cut.into_iter().for_each(|cut| context.ui.note(&cut));
        }
        RowsFormat::Csv => {
            context.ui.csv(|out| csv_rows(&COLUMNS, page.payments.iter().map(|p| Ok(cells(p))), out))?;
            cut.into_iter().for_each(|cut| context.ui.note(&cut));
        }
    }
    Ok(Done::Clean)
}

/// Refuses words that this database does not know, and says of an account that no payment names it.
async fn why_none(context: &Context, tx: &mut Tx, pack: &Pack, filter: &Filter) -> Result<()> {
    let Some(payments) = &pack.payments else { return Ok(()) };
    if let Some(status) = &filter.status {
        vocabulary::require(tx, &payments.sql, "status", status, false, "no payment has the status").await?;
    }
    if let Some(currency) =
        filter.currency.as_deref().map(str::trim).filter(|c| money::digits(&c.to_uppercase()).is_none())
    {
        vocabulary::require(tx, &payments.sql, "currency", currency, true, "no payment is in the currency").await?;
    }
    if let Some(account) = filter.account.as_deref().map(str::trim)
        && !vocabulary::occurs(tx, &payments.sql, "account", account, true).await?
    {
        context.ui.note(&format!("no payment names the account '{}'", escape(account)));
    }
    Ok(())
}

fn table(context: &Context, page: &Page, cut: Option<String>) -> Result<()> {
    if page.payments.is_empty() {
        return context.ui.data("no payment is like that");
    }
    let mut table = Table::new(&context.ui, &["when (UTC)", "payment", "#amount", "status", "customer"]);
    for payment in &page.payments {
        table.row(&[
            &payment.created_at.map_or_else(|| "-".to_owned(), Moment::minute),
            short(payment.payment.as_str()),
            &payment.amount.for_people(),
            payment.status.as_deref().unwrap_or("-"),
            payment.customer.as_deref().unwrap_or("-"),
        ]);
    }
    let cut = cut.map(|cut| format!("\n\n{cut}")).unwrap_or_default();
    context.ui.data(&format!("{}{cut}", table.render()))
}

const COLUMNS: [&str; 14] = [
    "payment",
    "created_at",
    "account",
    "customer",
    "amount",
    "amount_minor",
    "currency",
    "stored",
    "status",
    "refundable",
    "provider",
    "provider_ids",
    "granted",
    "unit",
];

fn cells(payment: &Payment) -> [String; COLUMNS.len()] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    [
        payment.payment.to_string(),
        payment.created_at.map(|at| at.to_string()).unwrap_or_default(),
        text(&payment.account),
        text(&payment.customer),
        text(&payment.amount.amount),
        payment.amount.minor.map(|m| m.to_string()).unwrap_or_default(),
        text(&payment.amount.currency),
        text(&payment.amount.stored),
        text(&payment.status),
        payment.refundable.to_string(),
        text(&payment.provider),
        payment.provider_ids.join(" "),
        text(&payment.granted),
        text(&payment.unit),
    ]
}

async fn show(context: &Context, text: &str, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx).await?;
    pack.need_payments()?;
    let hidden = context.warn_of_hidden(&mut tx, &pack).await?;
    let found = payments::find(&mut tx, &pack, text).await?;
    let entries = payments::entries_of(&mut tx, &pack, &found.payment).await?;
    let refunds = payments::refunds_of(&mut tx, &found.payment.payment).await?;
    tx.rollback().await?;
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "payments show", "app": pack.name, "may_hide": hidden,
            "payment": found.payment, "entries": pack.ledger.as_ref().map(|_| &entries), "refunds": refunds,
        }))?,
        Format::Table => context.ui.data(&facts(context, &pack, &found.payment, &entries, refunds.as_deref()))?,
    }
    Ok(Done::Clean)
}

/// Everything about a payment.
fn facts(
    context: &Context,
    pack: &Pack,
    payment: &Payment,
    entries: &[LedgerEntry],
    refunds: Option<&[Refund]>,
) -> String {
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let mut facts = Table::facts(&context.ui, 2);
    let mut fact = |name: &str, value: &str| facts.row(&[name, value]);
    fact("payment", payment.payment.as_str());
    fact(
        payment.provider.as_deref().unwrap_or("provider"),
        &if payment.provider_ids.is_empty() { "-".to_owned() } else { payment.provider_ids.join(", ") },
    );
    fact("customer", &or_none(&payment.customer));
    fact("account", &or_none(&payment.account));
    fact("amount", &payment.amount.for_people());
    let status = or_none(&payment.status);
    fact("status", &if payment.refundable { format!("{status}, may be refunded") } else { status });
    fact("created", &payment.created_at.map_or_else(|| "-".to_owned(), Moment::second));
    if let Some(granted) = &payment.granted {
        fact("granted", &format!("{} {}", thousands(granted), payment.unit.as_deref().unwrap_or_default()));
    }
    let mut out = facts.render();
    if pack.ledger.is_some() {
        out.push_str(&section(
            context,
            "ledger",
            &["kind", "#amount", "unit", "#balance", "when (UTC)"],
            entries,
            |e| {
                [
                    or_none(&e.kind),
                    sign(e.amount.as_deref()),
                    or_none(&e.unit),
                    number(e.running.as_deref()),
                    e.at.map_or_else(|| "-".to_owned(), Moment::second),
                ]
            },
        ));
    }
    if let Some(refunds) = refunds {
        let headings = ["refund", "#amount", "state", "#taken back", "when (UTC)"];
        out.push_str(&section(context, "refunds", &headings, refunds, |r| {
            let minor: Option<i64> = r.amount_minor.parse().ok();
            [
                short(&r.refund.to_string()).to_owned(),
                minor.map_or_else(|| format!("? {} {}", r.amount_minor, r.currency), |m| money::format(m, &r.currency)),
                r.state.to_string(),
                format!("{} {}", thousands(&r.units_taken), r.unit.as_deref().unwrap_or_default()),
                r.created_at.second(),
            ]
        }));
    }
    out
}

/// A table below the facts, or that there is nothing to put into it.
fn section<T>(
    context: &Context,
    title: &str,
    headings: &[&str; 5],
    rows: &[T],
    cells: impl Fn(&T) -> [String; 5],
) -> String {
    if rows.is_empty() {
        return format!("\n\n{title}: none");
    }
    let mut table = Table::new(&context.ui, headings);
    for row in rows {
        table.row(&cells(row).each_ref().map(String::as_str));
    }
    format!("\n\n{title}\n{}", table.render())
}

/// A number for people, with its sign.
pub(super) fn sign(number: Option<&str>) -> String {
    match number {
        Some(n) if n.starts_with('-') => thousands(n),
        Some(n) => format!("+{}", thousands(n)),
        None => "?".to_owned(),
    }
}

/// A number for people; a dash where there is none.
pub(super) fn number(number: Option<&str>) -> String {
    number.map_or_else(|| "-".to_owned(), thousands)
}
