//! Double entry: what the entries of a transaction sum to.

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::checks::LedgerCheck;
use super::explain::finding;
use super::link::negated;
use super::query::Query;
use crate::audit::finding::Finding;
use crate::audit::findings::Findings;
use crate::audit::scope::Scope;
use crate::db::Connection;
use crate::error::Result;

/// The transactions that do not balance, and the number of all groups of entries that had to.
pub(super) async fn unbalanced(
    connection: &mut Connection,
    query: &Query,
    scope: &Scope<'_>,
) -> Result<(Findings, u64)> {
    let mut found = scope.options.findings();
    let mut refs = 0;
    let mut rows = sqlx::query(AssertSqlSafe(query.unbalanced())).bind(&query.account).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        refs = row.try_get::<i64, _>("refs")?.unsigned_abs();
        found.push(unbalanced_finding(&row)?)?;
    }
    Ok((found, refs))
}

fn unbalanced_finding(row: &PgRow) -> Result<Finding> {
    let (entries, unsigned): (i64, i64) = (row.try_get("entries")?, row.try_get("unsigned")?);
    let (units, totals): (Vec<Option<String>>, Vec<String>) = (row.try_get("units")?, row.try_get("totals")?);
    let units: Vec<String> = units.into_iter().map(Option::unwrap_or_default).collect();
    let sums: Vec<String> = totals.iter().zip(&units).map(|(total, unit)| amount(total, unit)).collect();
    let sums = sums.join(" and ");
    let missing: Vec<String> = totals.iter().zip(&units).map(|(total, unit)| amount(&negated(total), unit)).collect();
    let missing = missing.join(" and ");
    let legs = legs(row, entries)?;
    let sign = match unsigned {
        0 => String::new(),
        1 => " One entry has no sign (see ledger.domain).".to_owned(),
        n => format!(" {n} entries have no sign (see ledger.domain)."),
    };
    let reference: Option<String> = row.try_get("ref")?;
    let (kind, message, cause) = match &reference {
        None => (
            "no_ref",
            format!(
                "{} no ref, so nothing says which of them balance each other.",
                if entries == 1 { "One entry has".to_owned() } else { format!("{entries} entries have") }
            ),
            "They were written past the function that books both sides, or `ref` of ledger/entries.sql is not what holds a transaction together.",
        ),
        Some(reference) if units.is_empty() => (
            "single_entry",
            format!(
                "Transaction {reference} has a single entry of 0 in a unit, and it takes two to move anything: {legs}."
            ),
            "The other entries were never written, or were removed.",
        ),
        Some(reference) if entries < 2 => (
            "single_entry",
            format!(
                "Transaction {reference} has one entry: {legs}. The entry of {missing} that balances it is missing."
            ),
            "The other side was never written, or was removed.",
        ),
        Some(reference) if units.len() > 1 => (
            "units_mixed",
            format!(
                "The {entries} entries of transaction {reference} sum to {sums} instead of 0 in each unit: {legs}. Their units are mixed."
            ),
            "One side was booked in another unit than the other, or the unit of an account was changed afterwards.",
        ),
        Some(reference) => (
            "unbalanced",
            format!(
                "The {entries} entries of transaction {reference} sum to {sums} instead of 0: {legs}. An entry of {missing} is missing, or an amount is wrong."
            ),
            "An entry was removed, added or changed after the transaction was booked, or one side was never written.",
        ),
    };
    let single = <[String; 1]>::try_from(units).ok();
    let mut finding = finding(LedgerCheck::Balanced, "", single.as_ref().map_or("", |[unit]| unit));
    finding.account = None;
    if single.is_none() {
        finding.unit = None;
    }
    finding.key = reference.unwrap_or_default();
    finding.kind = Some(kind.to_owned());
    finding.expected = Some("0".to_owned());
    finding.actual = Some(if sums.is_empty() { format!("{entries} entries") } else { totals.join(", ") });
    finding.difference = <[String; 1]>::try_from(totals).ok().map(|[total]| total);
    finding.message = message + &sign;
    finding.cause = cause.to_owned();
    finding.remedy = "Find out which side is right. Entries are never edited: book what is missing, or the opposite of what is too much, with the reason.".to_owned();
    Ok(finding.sealed())
}

/// Up to ten entries of the transaction, in their order.
fn legs(row: &PgRow, entries: i64) -> Result<String> {
    let list = |column: &str| -> Result<Vec<Option<String>>> {
        Ok(row.try_get::<Option<Vec<Option<String>>>, _>(column)?.unwrap_or_default())
    };
    let (ids, accounts, deltas, units) = (list("ids")?, list("accounts")?, list("deltas")?, list("entry_units")?);
    let legs = ids.iter().zip(&accounts).zip(deltas.iter().zip(&units)).map(|((id, account), (delta, unit))| {
        let worth = match delta {
            Some(delta) => amount(delta, unit.as_deref().unwrap_or_default()),
            None => "no valid amount".to_owned(),
        };
        let account = account.as_deref().filter(|a| !a.is_empty()).map(|a| format!(" of account {a}"));
        format!("entry {}{} ({worth})", id.as_deref().unwrap_or("without an id"), account.unwrap_or_default())
    });
    let mut legs: Vec<String> = legs.collect();
    let more = usize::try_from(entries).unwrap_or_default().saturating_sub(legs.len());
    if more > 0 {
        legs.push(format!("and {more} more"));
    }
    Ok(legs.join(", "))
}

/// A number and its unit, where it has one.
fn amount(number: &str, unit: &str) -> String {
    if unit.is_empty() { number.to_owned() } else { format!("{number} {unit}") }
}
