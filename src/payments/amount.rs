//! Amounts, exact: what a pack's query gives, as minor units of the currency.

use serde::Serialize;

use crate::money;
use crate::packs::Amounts;

/// What was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// In whole units with the currency's decimals, such as `49.00`; none where it cannot be told.
    pub amount: Option<String>,
    /// In minor units of the currency; none where it cannot be told.
    #[serde(rename = "amount_minor", serialize_with = "as_text")]
    pub minor: Option<i64>,
    /// The currency, in capitals.
    pub currency: Option<String>,
    /// What the database holds, where it is no amount of a currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<String>,
}

/// JSON's numbers are not exact everywhere.
#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn as_text<S: serde::Serializer>(minor: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    minor.map(|m| m.to_string()).serialize(serializer)
}

impl Amount {
    /// The amount and currency of a payment, as the database writes them.
    pub fn read(amounts: Amounts, stored: Option<String>, currency: Option<String>) -> Self {
        let code = currency.map(|c| c.trim().to_uppercase());
        let minor = code.as_deref().zip(stored.as_deref()).and_then(|(code, stored)| {
            let digits = money::digits(code)?;
            match amounts {
                Amounts::Minor => minor(stored, 0),
                Amounts::Major => minor(stored, digits),
            }
        });
        let amount = minor.zip(code.as_deref()).map(|(minor, code)| money::decimal(minor, code));
        let stored = if minor.is_none() { Some(stored.unwrap_or_else(|| "null".to_owned())) } else { None };
        Amount { amount, minor, currency: code, stored }
    }

    /// For people; what is no amount of a currency is marked.
    pub fn for_people(&self) -> String {
        match (self.minor, &self.currency, &self.stored) {
            (Some(minor), Some(code), _) => money::format(minor, code),
            (_, currency, stored) => {
                format!("? {} {}", stored.as_deref().unwrap_or("null"), currency.as_deref().unwrap_or("in no currency"))
            }
        }
    }
}

/// A decimal number as an integer of units that are `digits` decimals smaller; none where it is no
/// number, or not exactly that.
pub fn minor(decimal: &str, digits: u32) -> Option<i64> {
    let (negative, unsigned) = match decimal.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, decimal),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = digits as usize;
    let (kept, rest) = fraction.split_at_checked(digits).unwrap_or((fraction, ""));
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(kept) || rest.bytes().any(|b| b != b'0') {
        return None;
    }
    // Parsed with its sign, so that the smallest number fits too.
    format!("{}{whole}{kept:0<digits$}", if negative { "-" } else { "" }).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Amount, Amounts, minor};

    #[test]
    fn decimals_become_exact_integers_or_none() {
        for (text, digits, expected) in [
            ("49.00", 2, Some(4900)),
            ("49", 2, Some(4900)),
            ("0.1", 2, Some(10)),
            ("-0.05", 2, Some(-5)),
            ("1.230", 2, Some(123)),
            ("1.234", 2, None),
            ("500", 0, Some(500)),
            ("500.00", 0, Some(500)),
            ("500.5", 0, None),
            ("1.005", 3, Some(1005)),
            ("92233720368547758.07", 2, Some(i64::MAX)),
            ("-92233720368547758.08", 2, Some(i64::MIN)),
            ("92233720368547758.08", 2, None),
            ("NaN", 2, None),
            ("Infinity", 2, None),
            ("1e5", 2, None),
            ("", 2, None),
            (".5", 2, None),
            ("-", 2, None),
            ("1.é5", 2, None),
        ] {
            assert_eq!(minor(text, digits), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_kept_as_it_is_and_marked() {
        let read = |amounts, stored: &str, currency: &str| {
            Amount::read(amounts, Some(stored.to_owned()), Some(currency.to_owned()))
        };
        assert_eq!(read(Amounts::Minor, "104900", "thb").for_people(), "1,049.00 THB");
        assert_eq!(read(Amounts::Major, "500.00", "JPY").for_people(), "500 JPY");
        for (amounts, stored, currency) in [
            (Amounts::Major, "500.50", "JPY"),
            (Amounts::Major, "NaN", "USD"),
            (Amounts::Minor, "99999999999999999999", "USD"),
            (Amounts::Minor, "100", "=CMD"),
        ] {
            let amount = read(amounts, stored, currency);
            assert_eq!((amount.minor, amount.stored.as_deref()), (None, Some(stored)), "{stored} {currency}");
            assert_eq!(amount.for_people(), format!("? {stored} {currency}"));
        }
        assert_eq!(Amount::read(Amounts::Minor, None, None).for_people(), "? null in no currency");
    }
}
