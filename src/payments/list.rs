//! Many payments, newest first, a page at a time.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, Row as _};

use super::model::{COLUMNS, Payment, source};
use crate::cursor::Cursor;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::money;
use crate::packs::{Amounts, Key, Pack, Payments};

const LIST: &str = include_str!("list.sql");

/// A filter of payments.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A part of the customer, the id or an id of the gateway's, in whatever case.
    pub search: Option<String>,
    /// The application's word for their status.
    pub status: Option<String>,
    /// From this time on.
    pub since: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
    /// At least this much, in whole units of the currency.
    pub min: Option<String>,
    /// At most this much, in whole units of the currency.
    pub max: Option<String>,
    /// In this currency.
    pub currency: Option<String>,
    /// Of this account.
    pub account: Option<String>,
    /// Only those that may be refunded.
    pub refundable: bool,
}

/// Some payments.
#[derive(Debug)]
pub struct Page {
    /// The payments.
    pub payments: Vec<Payment>,
    /// The number of all of them, with those of other pages.
    pub total: u64,
    /// The beginning of the next page, where there is one.
    pub next: Option<Cursor>,
}

/// Lists payments, newest first: at most `limit`, or all where it is zero. They are counted only
/// where the list is cut.
///
/// # Errors
/// Usage errors: an amount without a currency or with too many decimals, a wrong account or cursor.
pub async fn list(
    connection: &mut Connection,
    pack: &Pack,
    filter: &Filter,
    limit: usize,
    after: Option<&Cursor>,
) -> Result<Page> {
    let payments = source(connection, pack).await?;
    let selection = Selection::new(connection, payments, filter, after).await?;
    let rows_wanted = if limit == 0 { None } else { Some(i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)) };
    let sql = format!(
        "{}\n ORDER BY p.created_at DESC, {} DESC LIMIT $13",
        selection.sql(COLUMNS),
        selection.key.column("p.payment_id")
    );
    let rows =
        selection.bind(sqlx::query(AssertSqlSafe(sql)), after).bind(rows_wanted).fetch_all(&mut *connection).await?;
    let mut found = rows.iter().map(|r| Payment::read(r, payments.amounts)).collect::<Result<Vec<_>>>()?;
    let cut = limit > 0 && found.len() > limit;
    let mut next = None;
    if cut {
        found.truncate(limit);
        next = found.last().map(|p| Cursor { created_at: p.created_at, id: p.payment.to_string() });
    }
    let total = if cut || after.is_some() {
        let sql = selection.sql("count(*)");
        let row = selection.bind(sqlx::query(AssertSqlSafe(sql)), None).fetch_one(&mut *connection).await?;
        u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default()
    } else {
        found.len() as u64
    };
    Ok(Page { payments: found, total, next })
}

/// A filter that fits the database.
struct Selection<'a> {
    payments: &'a Payments,
    filter: &'a Filter,
    key: Key,
    account_key: Key,
    account: Option<String>,
    min: Option<String>,
    max: Option<String>,
    currency: Option<String>,
}

impl<'a> Selection<'a> {
    async fn new(
        connection: &mut Connection,
        payments: &'a Payments,
        filter: &'a Filter,
        after: Option<&Cursor>,
    ) -> Result<Self> {
        let key = Key::of(connection, &payments.sql, "payment_id").await?;
        let account_key = Key::of(connection, &payments.sql, "account").await?;
        if after.is_some_and(|c| key.parse(&c.id).is_none()) {
            return Err(Error::usage("--cursor: it is not one of this database's payments"));
        }
        let account = match &filter.account {
            Some(text) => Some(account_key.parse(text.trim()).ok_or_else(|| {
                Error::usage(format!("'{text}' is no account: this database's accounts are not written so"))
                    .hint("look for the customer instead: bursar payments list --search TEXT")
            })?),
            None => None,
        };
        let currency = filter.currency.as_ref().map(|c| c.trim().to_uppercase());
        let bound = |text: &Option<String>| bound(payments.amounts, text.as_deref(), currency.as_deref());
        Ok(Selection {
            payments,
            filter,
            key,
            account_key,
            account,
            min: bound(&filter.min)?,
            max: bound(&filter.max)?,
            currency,
        })
    }

    /// The query, for these columns. Only texts of the pack and of this module come into it.
    fn sql(&self, what: &str) -> String {
        LIST.replace("{what}", what)
            .replace("{key}", &self.key.column("p.payment_id"))
            .replace("{key_parameter}", &self.key.parameter("$12"))
            .replace("{account}", &self.account_key.column("p.account"))
            .replace("{account_parameter}", &self.account_key.parameter("$8"))
            .replace("{payments}", &self.payments.sql.text)
    }

    fn bind<'q>(
        &self,
        query: Query<'q, Postgres, PgArguments>,
        after: Option<&Cursor>,
    ) -> Query<'q, Postgres, PgArguments> {
        let filter = self.filter;
        query
            .bind(filter.search.clone())
            .bind(filter.status.clone())
            .bind(filter.since)
            .bind(filter.until)
            .bind(self.min.clone())
            .bind(self.max.clone())
            .bind(self.currency.clone())
            .bind(self.account.clone())
            .bind(filter.refundable)
            .bind(after.is_some())
            .bind(after.and_then(|c| c.created_at))
            .bind(after.map(|c| c.id.clone()))
    }
}

/// The one currency of all payments.
///
/// # Errors
/// A usage error where there are several, or none: an amount then means nothing.
pub async fn only_currency(connection: &mut Connection, pack: &Pack) -> Result<String> {
    let payments = source(connection, pack).await?;
    let sql = format!(
        "SELECT upper(btrim(p.currency::text)) FROM ({}\n) p WHERE p.currency IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 4",
        payments.sql.text
    );
    let mut codes: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(connection).await?;
    match (codes.pop(), codes.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(Error::usage("an amount means nothing here: no payment has a currency")),
        (Some(last), false) => {
            codes.push(last);
            let shown = codes.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
            let more = if codes.len() > 3 { " and others" } else { "" };
            Err(Error::usage(format!(
                "an amount means nothing without its currency: the payments are in {shown}{more}"
            ))
            .hint(format!("add --currency, such as --currency {}", codes[0])))
        }
    }
}

/// A bound of amounts, in what the pack's amounts count.
fn bound(amounts: Amounts, text: Option<&str>, currency: Option<&str>) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let Some(code) = currency else {
        return Err(
            Error::usage("an amount means nothing without its currency").hint("add --currency, such as --currency THB")
        );
    };
    let minor = money::read(text, code)?;
    Ok(amounts.stored(minor, code))
}
