//! `bursar payments`: finding a payment, and comparing all of them with the gateway.

mod reconcile;
pub(super) mod report;

use clap::{Args, Subcommand};

use super::{Context, Done, Outcome, complete, no_matches, now, uses};
use crate::commands::values::{Since, since};
use crate::cursor::Cursor;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::output::{Column, Format, Output, Page, Record, Rows, Table, View};
use crate::packs::{Need, Pack};
use crate::payments::{self, Filter, LedgerEntry, Payment, Refund};
use crate::text::{escape, short, thousands};
use crate::{money, vocabulary};

/// Find a payment, or compare all of them with the gateway
#[derive(Debug, Subcommand)]
pub enum Payments {
    /// List payments, newest first
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar payments list --search ada@example.com\n  bursar payments list --amount 49 --since 7d\n  bursar payments list --since 2026-10-01 --min 500 --currency THB --refundable\n  bursar payments list --status failed --limit 0 -o csv > failed.csv"
    )]
    List(Box<PaymentsList>),
    /// Show everything about one payment: the customer, what it granted, its entries and refunds
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar payments show pi_3PqX1a\n  bursar payments show pi_3Pq -o json")]
    Show {
        /// The payment: its id, an id of the gateway's, or the beginning of one, of at least 4 characters
        #[arg(add = complete::payment())]
        payment: String,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Compare payments, refunds and units with the gateway's own records: one verdict an object
    ///
    /// The gateway's side is its API or a file that was exported from it, by the date of the object. Nothing is changed
    /// but the record of the run, which `bursar audit` looks at. Exit 3: something differs. Exit 6: something could not be
    /// compared, which is never reported as matched.
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar payments reconcile --export balance.csv\n  bursar payments reconcile --gateway stripe --since 90d --baseline accepted.toml\n  bursar payments reconcile --gateway stripe --export movements.ndjson --since 2026-10-01"
    )]
    Reconcile(Box<reconcile::Reconcile>),
}

/// The filter and the page of a list of payments.
#[derive(Debug, Args)]
pub struct PaymentsList {
    /// Only payments with this text in the customer's name or address, or in an id. Case does not matter
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Only payments with this status, in the application's words
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// Only payments from this time on: YYYY-MM-DD, RFC 3339, or an age such as 7d
    #[arg(long, value_name = "DATE|AGE", value_parser = since)]
    pub since: Option<Since>,
    /// Only payments before this time: YYYY-MM-DD, RFC 3339, or an age such as 7d
    #[arg(long, value_name = "DATE|AGE", value_parser = since)]
    pub until: Option<Since>,
    /// Only payments of exactly this amount, in whole units of --currency
    #[arg(long, value_name = "AMOUNT", conflicts_with_all = ["min", "max"], allow_hyphen_values = true)]
    pub amount: Option<String>,
    /// Only payments of this amount or more, in whole units of --currency
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub min: Option<String>,
    /// Only payments of this amount or less, in whole units of --currency
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub max: Option<String>,
    /// Only payments in this currency, such as THB. An amount needs it if the payments are in several currencies
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    /// Only payments of this account
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Only payments of this tenant, where payments.sql of the pack returns the column tenant
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Only payments that may be refunded, according to their status
    #[arg(long)]
    pub refundable: bool,
    /// Maximum number of payments. 0 lists all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Continue an earlier list that was cut
    #[arg(long, value_name = "CURSOR", allow_hyphen_values = true)]
    pub cursor: Option<Cursor>,
    /// The format.
    #[command(flatten)]
    pub output: Output<Rows>,
}

pub(super) async fn run(context: &Context, action: Payments) -> Outcome {
    match action {
        Payments::List(args) => list(context, *args).await,
        Payments::Show { payment, output } => show(context, &payment, output.format).await,
        Payments::Reconcile(args) => reconcile::run(context, *args).await,
    }
}

async fn list(context: &Context, args: PaymentsList) -> Outcome {
    let (since, until) = (args.since.map(|t| t.at(now())), args.until.map(|t| t.at(now())));
    if let (Some(since), Some(until)) = (since, until)
        && since >= until
    {
        return Err(Error::usage("--since is not before --until, so no payment could be listed"));
    }
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let whole = context.pack(&database, &mut tx, Need::Payments).await?;
    whole.need_payments()?;
    let hidden = context.warn_of_hidden(&mut tx, &whole).await?;
    let pack = match &args.tenant {
        Some(tenant) => whole.payments_of_tenant(&mut tx, tenant).await?,
        None => whole.clone(),
    };
    let amount = args.amount;
    let (min, max) = (args.min.or_else(|| amount.clone()), args.max.or(amount));
    let currency = match args.currency {
        None if min.is_some() || max.is_some() => Some(payments::only_currency(&mut tx, &pack).await?),
        named => named,
    };
    let filter = Filter {
        search: args.search,
        status: args.status,
        since,
        until,
        min,
        max,
        currency,
        account: args.account,
        refundable: args.refundable,
    };
    let page = payments::list(&mut tx, &pack, &filter, args.limit, args.cursor.as_ref()).await?;
    if let Some(tenant) = args.tenant.as_ref().filter(|_| page.payments.is_empty()) {
        whole.require_tenant(&mut tx, tenant).await?;
    }
    if page.payments.is_empty() && args.cursor.is_none() {
        why_none(context, &mut tx, &pack, &filter).await?;
    }
    tx.rollback().await?;
    let view = View::new("payments list")
        .field("app", &pack.name)
        .field("tenant", &args.tenant)
        .field("may_hide", &hidden)
        .field("total", page.total)
        .field("next", page.next.as_ref().map(ToString::to_string))
        .rows("payments", &page.payments)
        .page(|| table(context, &page, &hidden))
        .next_page(page.payments.len(), Some(thousands(page.total)), page.next.as_ref());
    context.ui.emit(args.output.format, view)?;
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

fn table(context: &Context, page: &payments::Page, hidden: &[String]) -> Page {
    if page.payments.is_empty() {
        return Page::text(no_matches(hidden));
    }
    let columns = [
        Column::new("when (UTC)").rank(3),
        Column::new("payment").rank(0),
        Column::number("amount").rank(0),
        Column::new("status").rank(1),
        Column::new("customer").rank(2),
        Column::text("name").rank(4),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for payment in &page.payments {
        let (customer, name) = person(payment.customer.as_deref().unwrap_or("-"));
        table.row(&[
            &payment.created_at.map_or_else(|| "-".to_owned(), Moment::minute),
            short(payment.payment.as_str()),
            &payment.amount.for_people(),
            payment.status.as_deref().unwrap_or("-"),
            customer,
            name,
        ]);
    }
    Page::table(table)
}

/// The address and the name of a customer who is written as `NAME <ADDRESS>`. Any other text is the address.
pub(super) fn person(customer: &str) -> (&str, &str) {
    match customer.strip_suffix('>').and_then(|rest| rest.rsplit_once(" <")) {
        Some((name, address)) => (address, name),
        None => (customer, ""),
    }
}

impl Record for Payment {
    const TYPE: &'static str = "payment";
    const FIELDS: &'static [&'static str] = &[
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
}

async fn show(context: &Context, text: &str, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx, Need::Payments).await?;
    pack.need_payments()?;
    let hidden = context.warn_of_hidden(&mut tx, &pack).await?;
    let found = payments::find(&mut tx, &pack, text).await;
    let found = context.unless_hidden(&mut tx, &pack, &hidden, found).await?;
    let entries = payments::entries_of(&mut tx, &pack, &found.payment).await?;
    let refunds = payments::refunds_of(&mut tx, &found.payment.payment).await?;
    tx.rollback().await?;
    let view = View::new("payments show")
        .field("app", &pack.name)
        .field("may_hide", hidden)
        .field("payment", &found.payment)
        .field("entries", pack.ledger.as_ref().map(|_| &entries))
        .field("refunds", &refunds)
        .page(|| facts(context, &pack, &found.payment, &entries, refunds.as_deref()));
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

/// Everything about a payment.
fn facts(
    context: &Context,
    pack: &Pack,
    payment: &Payment,
    entries: &[LedgerEntry],
    refunds: Option<&[Refund]>,
) -> Page {
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
    let mut page = Page::table(facts);
    if pack.ledger.is_some() {
        page = section(context, page, "ledger", ["kind", "#amount", "unit", "#balance", "when (UTC)"], entries, |e| {
            [
                or_none(&e.kind),
                sign(e.amount.as_deref()),
                or_none(&e.unit),
                number(e.running.as_deref()),
                e.at.map_or_else(|| "-".to_owned(), Moment::second),
            ]
        });
    }
    if let Some(refunds) = refunds {
        let headings = ["refund", "#amount", "state", "#taken back", "when (UTC)"];
        page = section(context, page, "refunds", headings, refunds, |r| {
            let minor: Option<i64> = r.amount_minor.parse().ok();
            [
                short(&r.refund.to_string()).to_owned(),
                minor.map_or_else(|| format!("? {} {}", r.amount_minor, r.currency), |m| money::format(m, &r.currency)),
                r.state.to_string(),
                format!("{} {}", thousands(&r.units_taken), r.unit.as_deref().unwrap_or_default()),
                r.created_at.second(),
            ]
        });
    }
    page
}

/// The page with a table below, or that there is nothing to put into it.
fn section<T>(
    context: &Context,
    page: Page,
    title: &str,
    headings: [&'static str; 5],
    rows: &[T],
    cells: impl Fn(&T) -> [String; 5],
) -> Page {
    if rows.is_empty() {
        return page.and(format!("{title}: none"));
    }
    let mut table = Table::new(&context.ui, &headings);
    for row in rows {
        table.row(&cells(row).each_ref().map(String::as_str));
    }
    page.and(title).and_table(table)
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
