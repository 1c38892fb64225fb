//! One topic, asked for the figures of a stretch of time.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row as _};

use super::window::Span;
use crate::db::Connection;
use crate::error::{Error, Result, ResultExt as _};
use crate::money;
use crate::packs::{Pack, Topic};

/// A metric and its unit.
pub(super) type Name = (String, Option<String>);

/// The figure of a metric in a bucket.
pub(super) struct Figure {
    /// The beginning of the bucket.
    pub at: DateTime<Utc>,
    pub name: Name,
    /// The exact number; money is in whole units of the currency.
    pub value: String,
}

/// A topic that is about to be asked.
pub(super) struct Question<'a> {
    pub pack: &'a Pack,
    pub topic: &'a Topic,
    pub sql: String,
    pub zone: &'a str,
}

impl Question<'_> {
    pub async fn rows(&self, connection: &mut Connection, span: &Span, bucket: &str) -> Result<Vec<Figure>> {
        let sql = format!(
            "SELECT s.at, s.metric::text, s.unit::text, s.value::text FROM ({}\n) AS s
              WHERE s.metric IS NOT NULL AND s.value IS NOT NULL",
            self.sql
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(span.from)
            .bind(span.to)
            .bind(bucket)
            .bind(self.zone)
            .fetch_all(connection)
            .await
            .context(&self.topic.sql.file)?;
        rows.iter()
            .map(|row| {
                let unit: Option<String> = row.try_get(2)?;
                let value = self.whole(row.try_get(3)?, unit.as_deref());
                let at = row.try_get(0).map_err(|error| {
                    Error::usage(format!("{}: the column 'at' is no timestamptz: {error}", self.topic.sql.file))
                })?;
                Ok(Figure { at, name: (row.try_get(1)?, unit), value })
            })
            .collect()
    }

    /// The decimals of a unit that is a currency and not one of the pack's own, where the pack has payments.
    pub fn decimals(&self, unit: Option<&str>) -> Option<u32> {
        let own = |unit: &&str| self.pack.units.iter().any(|own| own.name == **unit);
        unit.filter(|unit| self.pack.payments.is_some() && !own(unit)).and_then(money::digits)
    }

    /// The value in whole units, where the pack keeps money in smallest ones.
    fn whole(&self, value: String, unit: Option<&str>) -> String {
        let currency = unit.filter(|unit| self.decimals(Some(unit)).is_some());
        let shift = currency.zip(self.pack.payments.as_ref()).and_then(|(code, payments)| payments.amounts.shift(code));
        match shift {
            Some(digits) => money::shifted(&value, digits),
            None => value,
        }
    }
}
