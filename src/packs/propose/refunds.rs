//! A draft of `refunds.sql`, where a table is one of refunds beyond doubt: it refers to the payments, and has an amount, a
//! status and the gateway's id.

use super::catalogue::{Catalogue, Column, Reference, Table, comment, is_unit, plain};
use super::draft_ledger::{run, runs};
use super::exact::decimals;
use super::names;
use super::payments::{Payments, of_gateway, status, time};
use super::sample::Sample;
use super::states::{self, Placed};
use crate::db::Connection;
use crate::error::Result;
use crate::packs::asked::texts;
use crate::text::counted;

/// A drafted query with what belongs into `pack.toml`.
#[derive(Debug)]
pub(super) struct Refunds {
    pub table: String,
    pub sql: String,
    pub states: Placed,
    pub said: String,
}

/// The draft, or why a table that is called like refunds is none; nothing where no table is called so.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn refunds(
    connection: &mut Connection,
    catalogue: &Catalogue,
    payments: Option<&Payments>,
    entries: Option<usize>,
) -> Result<Option<std::result::Result<Refunds, String>>> {
    let is_other = |at: usize| payments.is_none_or(|p| p.at != at) && entries != Some(at);
    let named = |t: &Table| names::says(&t.name, &["refund"]);
    let tables: Vec<&Table> =
        catalogue.tables.iter().enumerate().filter(|(at, t)| is_other(*at) && named(t)).map(|(_, t)| t).collect();
    let Some(payments) = payments.filter(|_| !tables.is_empty()) else {
        return Ok(
            (!tables.is_empty()).then(|| Err(format!("{} may hold them, and no payments are drafted", list(&tables))))
        );
    };
    let mut lacking = Vec::new();
    let mut drafts = Vec::new();
    for table in &tables {
        match draft(connection, catalogue, table, payments, entries).await? {
            Ok(draft) => drafts.push(draft),
            Err(why) => lacking.push(format!("{} {why}", table.name)),
        }
    }
    Ok(Some(match drafts.len() {
        0 => Err(lacking.join("; ")),
        1 => Ok(drafts.remove(0)),
        _ => Err(format!("{} may each hold them", list(&tables))),
    }))
}

fn list(tables: &[&Table]) -> String {
    tables.iter().map(|t| t.name.as_str()).take(3).collect::<Vec<_>>().join(", ")
}

async fn draft(
    connection: &mut Connection,
    catalogue: &Catalogue,
    table: &Table,
    payments: &Payments,
    entries: Option<usize>,
) -> Result<std::result::Result<Refunds, String>> {
    let paid = &catalogue.tables[payments.at];
    let Some(key) = paid.key() else { return Ok(Err(format!("cannot refer to {}, which has no key", paid.name))) };
    let columns: Vec<String> =
        table.columns.iter().map(|c| c.as_text("t").unwrap_or_else(|| "NULL::text".to_owned())).collect();
    let sql = format!("SELECT ARRAY[{}]::text[] FROM {} t LIMIT 500", columns.join(", "), catalogue.qualified(table));
    let rows = texts(connection, &sql, &[]).await?.unwrap_or_default();
    let rows = Sample { rows, ..Sample::default() };

    let to = Reference {
        schema: catalogue.schema.clone(),
        table: paid.name.clone(),
        column: paid.columns[key].name.clone(),
    };
    let (link, amount, state) =
        (table.position_of(|c| c.refers_to.as_ref() == Some(&to)), amount(table), status(table));
    let gateway = gateway(table, &rows);
    let lacks: Vec<&str> = [
        (link.is_none(), "reference to the payments"),
        (amount.is_none(), "amount"),
        (state.is_none(), "status"),
        (gateway.is_none(), "id of the gateway"),
    ]
    .into_iter()
    .filter_map(|(lacks, what)| lacks.then_some(what))
    .collect();
    let (Some(link), Some(amount), Some(state), Some(gateway)) = (link, amount, state, gateway) else {
        return Ok(Err(format!("has no {}", lacks.join(" and no "))));
    };
    let words = states::words_of(connection, catalogue, table, state).await?;
    let states = states::of_refunds(&words.all);
    let column = |i: usize| format!("r.{}", table.columns[i].quoted());
    if table.columns[amount].is_float() {
        return Ok(Err(format!("has its amounts in {}, which is not exact", table.columns[amount].name)));
    }
    if payments.amounts != "major" && rows.rows.iter().any(|r| r[amount].as_deref().is_some_and(|a| decimals(a) > 0)) {
        return Ok(Err(format!("has amounts with decimals, and those of {} are {}", paid.name, payments.amounts)));
    }
    // What is refunded is above 0, and no more than what was paid.
    let done: Vec<String> =
        states.0.iter().filter(|(s, _)| *s == "done").flat_map(|(_, words)| words).cloned().collect();
    let sql = format!(
        "SELECT ARRAY[count(*)::text, (count(*) FILTER (WHERE r.low <= 0))::text, (count(*) FILTER (WHERE r.total > abs(p.{})))::text]
           FROM (SELECT r.link, sum(r.amount) FILTER (WHERE r.status = ANY ($1)) AS total, min(r.amount) AS low
                   FROM (SELECT {} AS link, {} AS amount, {}::text AS status FROM {} r LIMIT 20000) r GROUP BY 1) r
           JOIN {} p ON p.{} = r.link",
        paid.columns[payments.amount].quoted(),
        column(link),
        column(amount),
        column(state),
        catalogue.qualified(table),
        catalogue.qualified(paid),
        paid.columns[key].quoted(),
    );
    let row = run(connection, catalogue, &sql, &done).await?.unwrap_or_default();
    let number = |at: usize| row.first().and_then(|r| r.get(at)?.as_deref()?.parse::<u64>().ok()).unwrap_or(0);
    let (all, low, over) = (number(0), number(1), number(2));
    if low > 0 {
        return Ok(Err(format!("has amounts that are not above 0, of {} of {}", low, counted(all, "payment"))));
    }
    if over * 10 > all {
        return Ok(Err(format!("comes to more than was paid, for {over} of {}", counted(all, "payment"))));
    }
    let entry = entries.and_then(|at| {
        let name = &catalogue.tables[at].name;
        table.position_of(|c| c.refers_to.as_ref().is_some_and(|to| to.schema == catalogue.schema && to.table == *name))
    });
    let (currency, join, reads) = match (table.unit(), paid.columns.iter().find(|c| is_unit(c))) {
        (Some(own), _) => (column(own), String::new(), table.name.clone()),
        (None, Some(theirs)) => (
            format!("p.{}", theirs.quoted()),
            format!("LEFT JOIN {} p ON p.{} = {}\n", plain(&paid.name), paid.columns[key].quoted(), column(link)),
            format!("{}, {}", table.name, paid.name),
        ),
        (None, None) => ("NULL::text".to_owned(), String::new(), table.name.clone()),
    };
    let sql = format!(
        "-- reads: {}
-- One row per refund that the application keeps. Correct the guesses.
SELECT {} AS refund_id,
       {} AS payment_id,
       -- Amounts are {}, as those of the payments. {over} of {} were refunded for more than was paid.
       {} AS amount,
       {currency} AS currency,
       {} AS status,
       {}::text AS provider_id,
       -- The ledger's entry that took the units back, if any.
       {} AS ref,
       {} AS created_at
FROM {} r
{join}",
        comment(&reads),
        table.key().map_or_else(|| "r.ctid::text".to_owned(), column),
        column(link),
        payments.amounts,
        counted(all, "payment"),
        column(amount),
        column(state),
        column(gateway),
        entry.map_or_else(|| "NULL::text".to_owned(), column),
        time(catalogue, table, &rows, "r"),
        plain(&table.name),
    );
    if let Err(why) = runs(connection, catalogue, &sql).await? {
        return Ok(Err(format!("is not drafted, because the query does not run: {why}")));
    }
    let said = format!("refunds in {}, of {}", table.name, paid.name);
    Ok(Ok(Refunds { table: table.name.clone(), sql, states, said }))
}

fn amount(table: &Table) -> Option<usize> {
    let score = |i: &usize| {
        let c = &table.columns[*i];
        let words = names::words(&c.name);
        match () {
            () if !c.is_number() || c.says(&["fee", "tax", "net", "rate", "count", "unit", "credit", "point"]) => 0,
            () if words == ["amount"] => 4,
            () if c.says(&["amount"]) => 3,
            () if c.says(&["total", "refunded", "sum", "value"]) => 1,
            () => 0,
        }
    };
    (0..table.columns.len()).rev().max_by_key(score).filter(|i| score(i) > 0)
}

/// The column of the refund's own id at the gateway: not that of the payment.
fn gateway(table: &Table, rows: &Sample) -> Option<usize> {
    let is_refunds =
        |value: &str| ["re_", "pyr_", "rfnd_"].iter().any(|p| value.starts_with(p) && value.len() > p.len());
    let named = |c: &Column| !c.says(&["payment", "intent", "charge", "checkout", "session"]) && of_gateway(c);
    let fits = |i: &usize| {
        let c = &table.columns[*i];
        let has = rows.rows.iter().any(|r| r[*i].as_deref().is_some_and(is_refunds));
        c.category == "S" && c.refers_to.is_none() && (has || named(c) && !c.key)
    };
    (0..table.columns.len()).find(fits)
}
