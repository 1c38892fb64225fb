//! The price list: what things cost, and from when until when. The checks of `checks/listed/` hold the data against it.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};
use serde::Deserialize;

use super::model::Pack;
use super::sql::placed;
use crate::db::quote_literal;
use crate::error::{Error, Result};

/// The name by which a check reads the list.
const PLACE: &str = "{prices}";

/// One price, as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceManifest {
    /// The kind of thing, which a check asks for.
    kind: String,
    /// The amount that it costs.
    amount: toml::Value,
    /// The unit or the currency of the amount.
    unit: String,
    /// The amount that it buys.
    buys: Option<toml::Value>,
    /// The unit of what it buys.
    of: Option<String>,
    /// The first moment at which it is right.
    from: Option<toml::value::Datetime>,
    /// The first moment at which it is right no longer.
    until: Option<toml::value::Datetime>,
}

/// A file of prices.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceFile {
    prices: Vec<PriceManifest>,
}

/// One price, with its values as SQL.
#[derive(Debug, Clone)]
struct Price {
    kind: String,
    values: String,
}

/// A price list.
#[derive(Debug, Clone, Default)]
pub struct Prices(Vec<Price>);

impl Prices {
    /// Reads a file of prices.
    ///
    /// # Errors
    /// The reason why it is none, with the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: PriceFile = toml::from_str(text).map_err(|e| e.to_string())?;
        if file.prices.is_empty() {
            return Err("it has no [[prices]]".to_owned());
        }
        Self::of(&file.prices)
    }

    /// The list of a manifest; the reason why not where a price is none.
    pub(super) fn of(prices: &[PriceManifest]) -> Result<Self, String> {
        let read = |(n, price)| Price::of(price).map_err(|why| format!("[[prices]] number {}: {why}", n + 1));
        Ok(Prices(prices.iter().enumerate().map(read).collect::<Result<_, _>>()?))
    }

    fn kinds(&self) -> BTreeSet<&str> {
        self.0.iter().map(|price| price.kind.as_str()).collect()
    }

    /// Refuses a kind that none of these is, with the reason.
    fn known(&self, known: &BTreeSet<&str>) -> Result<(), String> {
        match self.kinds().difference(known).next() {
            None => Ok(()),
            Some(kind) if known.is_empty() => {
                Err(format!("[[prices]] has the kind '{kind}', and no check asks for prices"))
            }
            Some(kind) => {
                let known: Vec<&str> = known.iter().copied().collect();
                Err(format!("[[prices]] has the kind '{kind}', and the checks ask for {}", known.join(", ")))
            }
        }
    }

    /// Refuses a kind that no check of the pack asks for, with the reason.
    pub(super) fn known_to(&self, pack: &Pack) -> Result<(), String> {
        self.known(&pack.price_kinds())
    }

    /// The prices of a kind as a relation of SQL, in one line, each with both ends.
    fn of_kind(&self, kind: &str) -> String {
        format!(
            "(SELECT p.kind, p.amount, p.unit, p.buys, p.of, coalesce(p.since, '-infinity') AS since, \
             coalesce(p.until, 'infinity') AS until FROM {} AS p WHERE p.kind = {})",
            self.sql(),
            quote_literal(kind)
        )
    }

    /// The prices as a relation of SQL, in one line.
    fn sql(&self) -> String {
        let rows: Vec<&str> = self.0.iter().map(|price| price.values.as_str()).collect();
        format!("(SELECT * FROM (VALUES {}) AS v (kind, amount, unit, buys, of, since, until))", rows.join(", "))
    }
}

impl Price {
    fn of(price: &PriceManifest) -> Result<Self, String> {
        let text = |key: &str, value: &str| match value {
            "" => Err(format!("{key} is empty")),
            // A brace could be taken for the name of a query.
            _ if value.contains(['{', '}']) => Err(format!("{key} = \"{value}\" has a brace")),
            _ => Ok(format!("{}::text", quote_literal(value))),
        };
        let given = |written: Option<String>, kind: &str| written.unwrap_or_else(|| format!("NULL::{kind}"));
        let (from, until) = (time("from", price.from)?, time("until", price.until)?);
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            return Err("it ends before it begins: until is the first moment at which it is right no longer".to_owned());
        }
        let sql_time = |time: Option<DateTime<FixedOffset>>| {
            given(time.map(|time| format!("'{}'::timestamptz", time.to_rfc3339())), "timestamptz")
        };
        let values = [
            text("kind", &price.kind)?,
            number("amount", &price.amount)?,
            text("unit", &price.unit)?,
            given(price.buys.as_ref().map(|buys| number("buys", buys)).transpose()?, "numeric"),
            given(price.of.as_deref().map(|of| text("of", of)).transpose()?, "text"),
            sql_time(from),
            sql_time(until),
        ];
        Ok(Price { kind: price.kind.clone(), values: format!("({})", values.join(", ")) })
    }
}

/// An exact amount, as SQL.
fn number(key: &str, value: &toml::Value) -> Result<String, String> {
    let digits = |text: &str| !text.is_empty() && text.len() < 40 && text.bytes().all(|b| b.is_ascii_digit());
    let exact = |text: &str| match text.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(text),
    };
    let written = match value {
        toml::Value::Integer(whole) => whole.to_string(),
        toml::Value::String(text) => text.clone(),
        toml::Value::Float(_) => return Err(format!("{key} is not exact: write it in quotes, as {key} = \"49.50\"")),
        _ => return Err(format!("{key} is no amount")),
    };
    match exact(&written) {
        true => Ok(format!("{written}::numeric")),
        false => Err(format!("{key} = \"{written}\" is no amount of at least 0, such as 4900 or \"49.00\"")),
    }
}

/// A moment. A date is its midnight in UTC.
fn time(key: &str, value: Option<toml::value::Datetime>) -> Result<Option<DateTime<FixedOffset>>, String> {
    let Some(value) = value else { return Ok(None) };
    let text = match (value.date, value.time, value.offset) {
        (Some(date), None, None) => format!("{date}T00:00:00Z"),
        _ => value.to_string(),
    };
    let read = DateTime::parse_from_rfc3339(&text);
    read.map(Some).map_err(|_| format!("{key} = {value} is neither a date nor a time with its zone"))
}

impl Pack {
    /// The kinds of prices that its checks ask for.
    pub fn price_kinds(&self) -> BTreeSet<&str> {
        self.listed.iter().map(|(kind, _)| kind.as_str()).collect()
    }

    /// Holds the data against a price list: a check that asks for one of its kinds takes the place of the one that goes
    /// by what is usual.
    pub(super) fn hold_against(&mut self, prices: &Prices) {
        let kinds = prices.kinds();
        for (kind, listed) in self.listed.iter().filter(|(kind, _)| kinds.contains(kind.as_str())) {
            let mut check = listed.clone();
            check.sql.text = placed(&check.sql.text, &[(PLACE, &prices.of_kind(kind))]);
            match self.checks.iter_mut().find(|known| known.id == check.id) {
                Some(known) => *known = check,
                None => self.checks.push(check),
            }
        }
        self.checks.sort_by(|a, b| a.id.cmp(&b.id));
    }
}

/// Holds the data of packs against a price list. A kind that it has takes the place of the same kind in a pack's own list.
///
/// # Errors
/// A usage error for a kind that no check asks for.
pub fn priced(packs: &mut [Pack], prices: &Prices) -> Result<()> {
    if let Err(why) = prices.known(&packs.iter().flat_map(Pack::price_kinds).collect()) {
        return Err(Error::usage(why).hint("docs/packs.md says which check asks for which kind"));
    }
    packs.iter_mut().for_each(|pack| pack.hold_against(prices));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Prices;

    fn price(rest: &str) -> Result<String, String> {
        let text = format!("[[prices]]\nkind = \"payment\"\nunit = \"THB\"\n{rest}");
        Prices::parse(&text).map(|prices| prices.sql())
    }

    #[test]
    fn a_price_is_exact_and_dated() {
        let sql =
            price("amount = \"49.50\"\nbuys = 10\nof = \"it's\"\nfrom = 2026-01-01\nuntil = 2026-02-01T00:00:00+07:00");
        assert_eq!(
            sql.expect("a price"),
            "(SELECT * FROM (VALUES ('payment'::text, 49.50::numeric, 'THB'::text, 10::numeric, 'it''s'::text, \
             '2026-01-01T00:00:00+00:00'::timestamptz, '2026-02-01T00:00:00+07:00'::timestamptz)) \
             AS v (kind, amount, unit, buys, of, since, until))"
        );
        for (wrong, why) in [
            ("amount = 49.5", "not exact"),
            ("amount = -1", "no amount of at least 0"),
            ("amount = \"1e3\"", "no amount"),
            ("amount = 1\nof = \"{payments}\"", "brace"),
            ("amount = 1\nof = \"\"", "of is empty"),
            ("amount = 1\nfrom = 2026-01-01T00:00:00", "a time with its zone"),
            ("amount = 1\nfrom = 2026-01-01\nuntil = 2026-01-01", "ends before it begins"),
            ("amount = 1\nprice = 2", "unknown field"),
        ] {
            let said = price(wrong).expect_err(wrong);
            assert!(said.contains(why), "{wrong}: {said}");
        }
        assert!(Prices::parse("prices = []").is_err());
    }
}
