//! A draft of `payments.sql`, from the table that looks most like payments by names and rows.

use super::catalogue::{Catalogue, Column, MILLISECONDS, Table, comment, is_unit, plain};
use super::exact::{ONE, decimals, exact};
use super::granted::NOTHING;
use super::names;
use super::plan::Plan;
use super::sample::Sample;
use super::states::{self, Placed};
use super::trial::numbers;
use crate::db::{Connection, quote_literal};
use crate::error::Result;
use crate::packs::asked::texts;

/// A drafted query with what belongs into `pack.toml`.
#[derive(Debug)]
pub(super) struct Payments {
    pub table: String,
    /// The place of the table, and of its amount.
    pub at: usize,
    pub amount: usize,
    pub sql: String,
    pub amounts: &'static str,
    pub states: Placed,
    pub said: String,
}

/// The score of a column's name as the amount of a payment: more is better.
fn amount_score(column: &Column) -> i32 {
    if !column.is_number()
        || column.says(&[
            "fee",
            "tax",
            "taxis",
            "vat",
            "discount",
            "refund",
            "refunded",
            "net",
            "shipping",
            "tip",
            "coupon",
            "subtotal",
            "sub",
            "capturable",
            "credit",
            "count",
            "prepaid",
            "progressive",
            "rate",
        ])
    {
        return 0;
    }
    let words = names::words(&column.name);
    match () {
        () if words == ["amount"] => 10,
        () if words.first().is_some_and(|w| w == "amount") => 8,
        () if column.says(&["total"]) => 7,
        () if column.says(&["amount"]) => 6,
        () if column.says(&["price", "value", "sum", "paid"]) => 3,
        () => 0,
    }
}

fn name_score(name: &str) -> i32 {
    let words: Vec<String> = names::words(name).iter().map(|w| names::singular(w)).collect();
    let last = words.last().map_or("", String::as_str);
    let says = |any: &[&str]| words.iter().any(|w| any.contains(&w.as_str()));
    let base = match () {
        () if words == ["payment"] => 10,
        () if last == "payment" => 8,
        () if says(&["payment"]) && last == "intent" => 8,
        () if says(&["payment"]) => 6,
        () if says(&["charge"]) => 6,
        () if says(&["purchase", "checkout", "topup"]) => 4,
        () if says(&["invoice"]) => 3,
        () if says(&["order", "transaction"]) => 2,
        () => 0,
    };
    let other = [
        "attempt",
        "method",
        "item",
        "refund",
        "collection",
        "event",
        "log",
        "schedule",
        "link",
        "line",
        "setup",
        "provider",
        "source",
        "dispute",
        "credit",
        "note",
        "wallet",
        "session",
    ];
    base - if says(&other) { 5 } else { 0 }
}

/// True for values such as the ids that gateways give to payments.
fn is_gateways(value: &str) -> bool {
    ["pi_", "ch_", "cs_", "py_", "pay_", "in_", "txn_", "chrg_", "tr_", "PAYID-"]
        .iter()
        .any(|p| value.starts_with(p) && value.len() > p.len())
}

fn gateway_columns(table: &Table, rows: &Sample) -> Vec<usize> {
    let fits = |i: &usize| {
        let c = &table.columns[*i];
        let values = rows.rows.iter().filter_map(|r| r[*i].as_deref());
        let (good, all) = values.fold((0, 0), |(good, all), v| (good + usize::from(is_gateways(v)), all + 1));
        let named = of_gateway(c) && !c.says(&["refund"]);
        c.category == "S" && (2 * good > all || named && !c.key && (all == 0 || good == 0))
    };
    (0..table.columns.len()).filter(fits).collect()
}

/// True for a column that is called like an id of a gateway.
pub(super) fn of_gateway(column: &Column) -> bool {
    column.says(&["id", "reference", "ref"])
        && column.says(&[
            "stripe",
            "gateway",
            "provider",
            "processor",
            "external",
            "intent",
            "charge",
            "checkout",
            "session",
            "connector",
            "psp",
        ])
        && !column.says(&["customer", "merchant", "user", "account", "subscription", "price", "product", "method"])
}

/// The column of the status, by its name.
pub(super) fn status(table: &Table) -> Option<usize> {
    let fits = |i: &usize| {
        table.columns[*i].is_text() && table.columns[*i].says(names::STATUS) && table.columns[*i].refers_to.is_none()
    };
    let mut all: Vec<usize> = (0..table.columns.len()).filter(fits).collect();
    all.sort_by_key(|&i| {
        let words = names::words(&table.columns[i].name);
        (words.len() > 1 && !words.contains(&"payment".to_owned()), words.len())
    });
    all.first().copied()
}

/// Drafts the payments of the table that is named, or of the likeliest one.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn payments(
    connection: &mut Connection,
    catalogue: &Catalogue,
    only: Option<usize>,
    plan: Option<&Plan>,
) -> Result<Option<Payments>> {
    let mut best: Option<(i32, usize, Sample)> = None;
    for (i, table) in catalogue.tables.iter().enumerate() {
        let amount = table.columns.iter().map(amount_score).max().unwrap_or(0);
        let named = name_score(&table.name);
        let is_ledger = plan.is_some_and(|p| p.place.table == i);
        if only.is_some_and(|only| only != i)
            || amount == 0
            || only.is_none() && (named <= 0 || status(table).is_none() || is_ledger)
        {
            continue;
        }
        let columns: Vec<String> =
            table.columns.iter().map(|c| c.as_text("t").unwrap_or_else(|| "NULL::text".to_owned())).collect();
        let sql =
            format!("SELECT ARRAY[{}]::text[] FROM {} t LIMIT 500", columns.join(", "), catalogue.qualified(table));
        let rows = texts(connection, &sql, &[]).await?.unwrap_or_default();
        let rows = Sample { rows, ..Sample::default() };
        let score = named
            + amount / 2
            + if gateway_columns(table, &rows).is_empty() { 0 } else { 4 }
            + i32::from(table.time().is_some_and(|t| table.columns[t].says(&["created"])))
            + i32::from(table.columns.iter().any(is_unit))
            + i32::from(!rows.rows.is_empty());
        if best.as_ref().is_none_or(|(s, ..)| score > *s) {
            best = Some((score, i, rows));
        }
    }
    let Some((_, at, rows)) = best else { return Ok(None) };
    let table = &catalogue.tables[at];
    let words = match status(table) {
        Some(column) => states::words_of(connection, catalogue, table, column).await?,
        None => states::Words::default(),
    };
    let other = others(connection, catalogue, table).await?;
    let mut drafted = write(catalogue, (at, table), &rows, &states::of_payments(&words.all), plan, other);
    if words.sampled {
        drafted.said = format!("{}; of the status, {}", drafted.said, states::SAMPLED);
    }
    Ok(Some(drafted))
}

/// A column that says which rows are no payments but refunds of them, with its words for those and for the others.
type Others = Option<(usize, Vec<String>, Vec<String>)>;

async fn others(connection: &mut Connection, catalogue: &Catalogue, table: &Table) -> Result<Others> {
    for (i, column) in table.columns.iter().enumerate() {
        if !column.is_text() || !column.says(names::KIND) || column.refers_to.is_some() || column.key {
            continue;
        }
        let words = states::words_of(connection, catalogue, table, i).await?.all;
        let back = ["refund", "refunded", "chargeback", "reversal", "payout", "dispute", "void"];
        let (back, paid): (Vec<_>, Vec<_>) = words.into_iter().partition(|word| names::says(word, &back));
        if !back.is_empty() && !paid.is_empty() {
            return Ok(Some((i, back, paid)));
        }
    }
    Ok(None)
}

/// The time of a row, in SQL.
pub(super) fn time(catalogue: &Catalogue, table: &Table, rows: &Sample, alias: &str) -> String {
    table.time().map_or("NULL::timestamptz".to_owned(), |i| {
        let limit = MILLISECONDS * ONE;
        let milliseconds = !table.columns[i].is_time()
            && rows.rows.iter().any(|r| r[i].as_deref().and_then(exact).is_some_and(|n| n > limit));
        table.columns[i].as_time(alias, &catalogue.zone, milliseconds)
    })
}

/// The scale of the amounts, and why it is taken for that.
fn scale(table: &Table, rows: &Sample, amount: usize, gateways: &[usize]) -> (&'static str, &'static str) {
    let column = &table.columns[amount];
    let has_point = rows.rows.iter().any(|r| r[amount].as_deref().is_some_and(|v| decimals(v) > 0));
    let is_stripes = table.key().is_some_and(|k| gateways.contains(&k));
    match () {
        () if has_point => ("major", "some amounts have decimals"),
        () if is_stripes && column.is_integer() => ("stripe", "the rows are Stripe's own"),
        () if column.says(&["cent", "minor"]) => ("minor", "its name says so"),
        () if column.is_integer() => ("minor", "it holds whole numbers"),
        () => ("major", "its type has decimals"),
    }
}

/// The column of the account that paid: the one that names an account of the ledger, else one that is called like an owner.
fn account(catalogue: &Catalogue, table: &Table, plan: Option<&Plan>) -> Option<usize> {
    let score = |i: &usize| {
        let c = &table.columns[*i];
        let known = |p: &Plan| {
            let own = &catalogue.tables[p.place.table].columns[p.place.account.column()];
            let holder = p.guess.as_ref().is_some_and(|g| {
                c.refers_to.as_ref().is_some_and(|to| to.table == catalogue.tables[g.join.table].name)
            });
            holder
                || c.refers_to.is_some() && c.refers_to == own.refers_to
                || c.name == own.name && c.family() == own.family()
        };
        let owner = c.says(&["account", "user", "customer", "owner", "wallet", "org", "tenant", "member"])
            && c.family().is_some()
            && !c.key
            && (c.refers_to.is_some() || c.says(&["id"]));
        if plan.is_some_and(known) { 2 } else { i32::from(owner) }
    };
    (0..table.columns.len()).rev().max_by_key(score).filter(|i| score(i) > 0)
}

/// The gateway of a payment, in SQL.
fn provider(table: &Table, rows: &Sample, gateways: &[usize]) -> String {
    let is_provider = |c: &Column| {
        let words = names::words(&c.name);
        let last = words.last().map(String::as_str).unwrap_or_default();
        c.is_text() && ["provider", "gateway", "processor", "connector"].contains(&last)
    };
    let is_stripes = |value: &str| ["pi_", "ch_", "cs_"].iter().any(|prefix| value.starts_with(prefix));
    let stripe = || gateways.iter().any(|&i| rows.rows.iter().any(|r| r[i].as_deref().is_some_and(is_stripes)));
    match table.find(is_provider) {
        Some(column) => format!("t.{}::text", column.quoted()),
        None if stripe() => "'stripe'::text".to_owned(),
        None => "NULL::text".to_owned(),
    }
}

fn write(
    catalogue: &Catalogue,
    (at, table): (usize, &Table),
    rows: &Sample,
    states: &Placed,
    plan: Option<&Plan>,
    others: Others,
) -> Payments {
    let name = |i: usize| format!("t.{}", table.columns[i].quoted());
    let or_null = |i: Option<usize>, kind: &str| i.map_or_else(|| format!("NULL::{kind}"), name);
    let position = |fits: &dyn Fn(&Column) -> bool| table.columns.iter().position(fits);
    let amount =
        (0..table.columns.len()).max_by_key(|&i| (amount_score(&table.columns[i]), std::cmp::Reverse(i))).unwrap_or(0);
    let column = &table.columns[amount];
    let gateways = gateway_columns(table, rows);
    let (counts, why) = scale(table, rows, amount, &gateways);
    let amount_text = match column.is_float() {
        true => format!("round({}::numeric, {})", name(amount), numbers(table, rows, amount).1.unwrap_or(2)),
        false => name(amount),
    };
    let account = account(catalogue, table, plan);
    let provider = provider(table, rows, &gateways);
    let status = status(table);
    let refundable: Vec<String> = states
        .0
        .iter()
        .filter(|(s, _)| *s == "paid" || *s == "partly")
        .flat_map(|(_, w)| w)
        .map(|w| quote_literal(w))
        .collect();
    let refundable = match status {
        Some(i) if !refundable.is_empty() => format!("{}::text IN ({})", name(i), refundable.join(", ")),
        _ => "false".to_owned(),
    };
    let time = time(catalogue, table, rows, "t");
    let ids: Vec<String> = gateways.iter().map(|i| format!("{}::text", name(*i))).collect();
    let ids = if ids.is_empty() {
        "ARRAY[]::text[]".to_owned()
    } else {
        format!("array_remove(ARRAY[{}], NULL)", ids.join(", "))
    };
    let filter = others.as_ref().map_or_else(String::new, |(kind, _, paid)| {
        let paid: Vec<String> = paid.iter().map(|word| quote_literal(word)).collect();
        format!("WHERE {}::text IN ({})\n", name(*kind), paid.join(", "))
    });
    let sql = format!(
        "-- reads: {}
-- One row per payment. Correct the guesses.
SELECT {} AS payment_id,
       {} AS account,
       {} AS customer,
       -- Amounts are {counts}: {why}.
       {amount_text} AS amount,
       {} AS currency,
       {} AS status,
       -- The statuses in which a payment can be refunded.
       {refundable} AS refundable,
       {provider} AS provider,
       {ids} AS provider_ids,
{NOTHING}       {time} AS created_at
FROM {} t
{filter}",
        comment(&table.name),
        table.key().map_or_else(|| "t.ctid::text".to_owned(), name),
        or_null(account, "text"),
        or_null(position(&|c| c.is_text() && c.says(&["email"])), "text"),
        or_null(position(&is_unit), "text"),
        or_null(status, "text"),
        plain(&table.name),
    );
    let mut said = format!("payments in {}, amounts in {}, {counts}", table.name, column.name);
    if let Some((kind, back, _)) = &others {
        said.push_str(&format!(", without the rows whose {} is {}", table.columns[*kind].name, back.join(" or ")));
    }
    Payments {
        table: table.name.clone(),
        at,
        amount,
        sql,
        amounts: counts,
        states: (states.0.clone(), states.1.clone()),
        said,
    }
}
