//! One account, by what a person has at hand.

use serde::Serialize;
use sqlx::AssertSqlSafe;

use super::model::source;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::ids::{NAMED, SHORTEST, several};
use crate::packs::{Key, Pack};

/// An account that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its id, whole.
    pub account: String,
    /// True where the ledger or its cache knows it. A whole id that neither knows may still be an account
    /// that has never had anything.
    pub known: bool,
    /// Only the beginning of its id was given.
    #[serde(skip)]
    pub by_beginning: bool,
}

/// Finds one account: by its id, by the e-mail address or name of a customer who paid, or by the
/// beginning of its id.
///
/// # Errors
/// Usage errors: the application keeps no ledger; no account, or several, with up to ten of them.
pub async fn resolve(connection: &mut Connection, pack: &Pack, text: &str) -> Result<Account> {
    let ledger = source(connection, pack).await?;
    let text = text.trim();
    let mut whole = None;
    let mut ways = Vec::new();
    for query in ledger.queries() {
        let key = Key::of(connection, query, "account").await?;
        if let Some(id) = key.parse(text) {
            let condition = format!("{} = {}", key.column("a.account"), key.parameter("$1"));
            ways.push((id.clone(), query, condition));
            // Any text may be an account where accounts are texts, so that nothing is known by its form alone.
            whole = whole.or(Some(id).filter(|_| matches!(key, Key::Uuid | Key::Integer(_))));
        }
    }
    if let Some(payments) = pack.payments.as_ref().filter(|_| !text.is_empty()) {
        // As an address stands in `name <address>`, or all of it.
        let condition = "lower(a.customer::text) = lower($1) OR right(lower(a.customer::text), length($1) + 2) = '<' || lower($1) || '>'";
        ways.push((text.to_owned(), &payments.sql, condition.to_owned()));
    }
    let exact = ways.len();
    // An id that is whole begins no other.
    if whole.is_none() && text.chars().count() >= SHORTEST {
        let condition = "starts_with(a.account::text, $1) OR starts_with(a.account::text, lower($1))";
        ways.extend(ledger.queries().map(|query| (text.to_owned(), query, condition.to_owned())));
    }
    for (way, (value, query, condition)) in ways.into_iter().enumerate() {
        let sql = format!(
            "SELECT DISTINCT a.account::text FROM ({}\n) a WHERE a.account IS NOT NULL AND ({condition}) ORDER BY 1 LIMIT {}",
            query.text,
            NAMED + 1
        );
        let mut found: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).bind(value).fetch_all(&mut *connection).await?;
        if found.len() > 1 {
            return Err(several(text, "accounts", &found.iter().map(|a| vec![a.as_str()]).collect::<Vec<_>>()));
        }
        if let Some(account) = found.pop() {
            return Ok(Account { account, known: true, by_beginning: way >= exact });
        }
    }
    match whole {
        Some(account) => Ok(Account { account, known: false, by_beginning: false }),
        None => Err(nobody(pack, text)),
    }
}

/// Nothing is known of the account.
pub fn nobody(pack: &Pack, text: &str) -> Error {
    let error = Error::not_there(format!("there is no account '{text}'"));
    if pack.payments.is_some() {
        error.hint("find a customer who has paid: bursar payments list --search TEXT; name any other account by its id")
    } else {
        error.hint("an account is found by its id, or the beginning of it, of at least 4 characters")
    }
}
