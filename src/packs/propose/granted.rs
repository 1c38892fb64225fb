//! What payments were credited, by the data: the column that the ledger's entries of the payments agree with.

use super::catalogue::{Catalogue, Column, Table};
use super::draft_ledger::run;
use crate::db::{Connection, quote_literal};
use crate::error::Result;
use crate::text::counted;

/// The lines of a draft of `payments.sql` that say what was bought.
pub(super) const NOTHING: &str = "       -- How many of which unit of the ledger were bought, if any.
       NULL::bigint AS granted,
       NULL::text AS unit,
";

/// The fewest payments that say something, and how many of ten have to agree.
const LEAST: u64 = 3;
const OF_TEN: u64 = 9;

/// The same lines with the column and the unit that the entries agree with; or why there are none.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn granted(
    connection: &mut Connection,
    catalogue: &Catalogue,
    table: &Table,
    entries: &str,
) -> Result<std::result::Result<String, String>> {
    let numbers: Vec<&Column> =
        table.columns.iter().filter(|c| c.is_number() && !c.is_float() && !c.key && c.refers_to.is_none()).collect();
    let Some(key) = table.key().filter(|_| !numbers.is_empty()) else {
        return Ok(Err(format!("{} has no key, or no numbers", table.name)));
    };
    let agree: Vec<String> =
        numbers.iter().map(|c| format!("count(*) FILTER (WHERE e.delta = t.{})::text", c.quoted())).collect();
    let sql = format!(
        "SELECT ARRAY[count(*)::text, min(e.unit), max(e.unit), {}]
           FROM (SELECT * FROM {} LIMIT 5000) t
           JOIN (SELECT e.ref::text AS ref, e.unit::text AS unit, sum(e.delta) AS delta FROM ({entries}\n) e
                  WHERE e.delta > 0 AND e.ref IS NOT NULL GROUP BY 1, 2) e ON e.ref = t.{}::text",
        agree.join(", "),
        catalogue.qualified(table),
        table.columns[key].quoted(),
    );
    let rows = run(connection, catalogue, &sql, &[]).await?.unwrap_or_default();
    let Some(row) = rows.first() else {
        return Ok(Err("the entries could not be read beside the payments".to_owned()));
    };
    let number = |at: usize| row.get(at).and_then(Option::as_ref).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    let all = number(0);
    if all < LEAST {
        return Ok(Err(format!("{} of {} have an entry whose ref is their id", counted(all, "payment"), table.name)));
    }
    let is_price = |c: &Column| c.says(&["amount", "total", "price", "cent", "minor", "paid"]);
    let best = (0..numbers.len()).max_by_key(|&i| (number(i + 3), !is_price(numbers[i]), std::cmp::Reverse(i)));
    let (Some(best), [_, Some(unit), Some(other), ..]) = (best, &row[..]) else {
        return Ok(Err("the entries have no unit".to_owned()));
    };
    let (column, agreeing) = (numbers[best], number(best + 3));
    if unit != other {
        return Ok(Err(format!("payments were credited in several units, as {unit} and {other}")));
    }
    if agreeing * 10 < all * OF_TEN {
        return Ok(Err(format!(
            "no column of {} is what the ledger credits: {} comes nearest, with {agreeing} of {all}",
            table.name, column.name
        )));
    }
    Ok(Ok(format!(
        "       -- What the ledger credits for a payment: {agreeing} of {all} agree.
       t.{} AS granted,
       {}::text AS unit,
",
        column.quoted(),
        quote_literal(unit),
    )))
}
