//! One payment, by what a person has at hand.

use std::collections::{HashMap, HashSet};

use sqlx::{AssertSqlSafe, Row as _};

use super::model::{COLUMNS, Payment, source};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::ids::{NAMED, SHORTEST, several};
use crate::packs::{Key, Pack};

/// The way in which a payment was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Its id.
    Id,
    /// An id of the gateway's.
    ProviderId,
    /// The beginning of one of these.
    Prefix,
}

/// A payment that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The payment.
    pub payment: Payment,
    /// The way.
    pub by: By,
}

impl Found {
    /// True where a whole id was given.
    pub fn by_whole_id(&self) -> bool {
        self.by != By::Prefix
    }
}

/// Finds one payment: by its id, by an id of the gateway's, or by the beginning of one of these. A
/// whole id goes before a beginning, and the payment's own id, which an index finds, before all.
///
/// # Errors
/// Usage errors: no payment, or several, with up to ten of them.
pub async fn find(connection: &mut Connection, pack: &Pack, text: &str) -> Result<Found> {
    let payments = source(connection, pack).await?;
    let key = Key::of(connection, &payments.sql, "payment_id").await?;
    let text = text.trim();
    let mut ways = Vec::new();
    if let Some(id) = key.parse(text) {
        ways.push((By::Id, id, format!("{} = {}", key.column("p.payment_id"), key.parameter("$1"))));
    }
    if !text.is_empty() {
        ways.push((By::ProviderId, text.to_owned(), "$1 = ANY (p.provider_ids::text[])".to_owned()));
    }
    if text.chars().count() >= SHORTEST {
        // The text of a uuid is in small letters, however it was typed.
        let own = if key == Key::Uuid { "lower($1)" } else { "$1" };
        let prefix = format!(
            "starts_with(p.payment_id::text, {own}) OR EXISTS (SELECT FROM unnest(p.provider_ids::text[]) AS i (id) WHERE starts_with(i.id, $1))"
        );
        ways.push((By::Prefix, text.to_owned(), prefix));
    }
    for (by, value, condition) in ways {
        let sql = format!("SELECT {COLUMNS} FROM ({}\n) p WHERE {condition} LIMIT {}", payments.sql.text, NAMED + 1);
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(value).fetch_all(&mut *connection).await?;
        let mut found = rows.iter().map(|r| Payment::read(r, payments.amounts)).collect::<Result<Vec<_>>>()?;
        match (found.pop(), found.is_empty()) {
            (Some(payment), true) => return Ok(Found { payment, by }),
            (Some(last), false) => {
                found.push(last);
                return Err(among(text, &found));
            }
            (None, _) => {}
        }
    }
    let short =
        if text.chars().count() < SHORTEST { "; the beginning of an id needs at least 4 characters" } else { "" };
    Err(Error::not_there(format!("no payment has the id '{text}', or one that begins so{short}"))
        .hint("look for it by customer or id: bursar payments list --search TEXT"))
}

/// The payments of these whole ids, their own or the gateway's, by the id as it was given. An id that none has, or
/// several have, is left out.
///
/// # Errors
/// A usage error where the application keeps no payments.
pub async fn find_whole(connection: &mut Connection, pack: &Pack, given: &[&str]) -> Result<HashMap<String, Payment>> {
    let payments = source(connection, pack).await?;
    let key = Key::of(connection, &payments.sql, "payment_id").await?;
    let (texts, ids): (Vec<&str>, Vec<String>) = given.iter().filter_map(|t| Some((*t, key.parse(t)?))).unzip();
    let own = format!(
        "SELECT i.given, {COLUMNS} FROM unnest($1::text[], $2::text[]) AS i (given, id) JOIN ({}\n) p ON {} = {}",
        payments.sql.text,
        key.column("p.payment_id"),
        key.parameter("i.id")
    );
    let mut found = HashMap::new();
    let rows = sqlx::query(AssertSqlSafe(own)).bind(texts).bind(ids).fetch_all(&mut *connection).await?;
    for row in &rows {
        found.insert(row.try_get::<String, _>("given")?, Payment::read(row, payments.amounts)?);
    }
    let rest: Vec<&str> = given.iter().copied().filter(|text| !found.contains_key(*text)).collect();
    let of_gateway = format!(
        "SELECT DISTINCT ON (i.given, p.payment_id::text) i.given, {COLUMNS}
           FROM ({}\n) p CROSS JOIN LATERAL unnest(p.provider_ids::text[]) AS o (id)
           JOIN unnest($1::text[]) AS i (given) ON i.given = o.id",
        payments.sql.text
    );
    if !rest.is_empty() {
        let mut several = HashSet::new();
        let rows = sqlx::query(AssertSqlSafe(of_gateway)).bind(rest).fetch_all(&mut *connection).await?;
        for row in &rows {
            let given: String = row.try_get("given")?;
            if found.insert(given.clone(), Payment::read(row, payments.amounts)?).is_some() {
                several.insert(given);
            }
        }
        found.retain(|given, _| !several.contains(given));
    }
    Ok(found)
}

/// The newest payments whose id begins so, and where there are none, those of which an id of the
/// gateway's does; each with that id, and at most `limit` of them.
///
/// # Errors
/// A usage error where the application keeps no payments.
pub async fn beginning(
    connection: &mut Connection,
    pack: &Pack,
    prefix: &str,
    limit: usize,
) -> Result<Vec<(String, Payment)>> {
    let payments = source(connection, pack).await?;
    let key = Key::of(connection, &payments.sql, "payment_id").await?;
    let newest = |condition: String| {
        let sql = &payments.sql.text;
        format!("SELECT {COLUMNS} FROM ({sql}\n) p WHERE {condition} ORDER BY p.created_at DESC LIMIT {limit}")
    };
    if let Some(bounds) = key.bounds(prefix) {
        let sql = newest(key.begins("p.payment_id", "$1"));
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(bounds).fetch_all(&mut *connection).await?;
        if !rows.is_empty() {
            return rows
                .iter()
                .map(|row| Payment::read(row, payments.amounts).map(|p| (p.payment.to_string(), p)))
                .collect();
        }
    }
    let sql =
        newest("EXISTS (SELECT FROM unnest(p.provider_ids::text[]) AS i (id) WHERE starts_with(i.id, $1))".to_owned());
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(prefix).fetch_all(&mut *connection).await?;
    let mut found = Vec::new();
    for row in &rows {
        let payment = Payment::read(row, payments.amounts)?;
        let ids = payment.provider_ids.iter().filter(|id| id.starts_with(prefix));
        found.extend(ids.map(|id| (id.clone(), payment.clone())));
    }
    Ok(found)
}

fn among(text: &str, found: &[Payment]) -> Error {
    let amounts: Vec<String> = found.iter().map(|p| p.amount.for_people()).collect();
    let facts: Vec<Vec<&str>> = found
        .iter()
        .zip(&amounts)
        .map(|(payment, amount)| {
            let facts = [
                Some(payment.payment.as_str()),
                payment.provider_ids.first().map(String::as_str),
                payment.customer.as_deref(),
                Some(amount),
                payment.status.as_deref(),
            ];
            facts.into_iter().flatten().collect()
        })
        .collect();
    several(text, "payments", &facts)
}
