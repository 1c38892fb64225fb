//! Exact amounts: the values of a pack's query as minor units of the currency.

use serde::Serialize;

use crate::money;
use crate::packs::Amounts;

/// An amount that was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// In whole units with the currency's decimals, such as `49.00`; none where it cannot be told.
    pub amount: Option<String>,
    /// In minor units of the currency; none where it cannot be told.
    #[serde(rename = "amount_minor", serialize_with = "as_text")]
    pub minor: Option<i64>,
    /// The currency, in capitals.
    pub currency: Option<String>,
    /// The value in the database, where it is no amount of a currency.
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
        let minor = code.as_deref().zip(stored.as_deref()).and_then(|(code, stored)| amounts.minor(stored, code));
        let amount = minor.zip(code.as_deref()).map(|(minor, code)| money::decimal(minor, code));
        let stored = if minor.is_none() { Some(stored.unwrap_or_else(|| "null".to_owned())) } else { None };
        Amount { amount, minor, currency: code, stored }
    }

    /// The amount for people; a value that is no amount of a currency is marked.
    pub fn for_people(&self) -> String {
        match (self.minor, &self.currency, &self.stored) {
            (Some(minor), Some(code), _) => money::format(minor, code),
            (_, currency, stored) => {
                format!("? {} {}", stored.as_deref().unwrap_or("null"), currency.as_deref().unwrap_or("in no currency"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, Amounts};

    #[test]
    fn what_is_no_amount_is_kept_as_it_is_and_marked() {
        let read = |amounts, stored: &str, currency: &str| {
            Amount::read(amounts, Some(stored.to_owned()), Some(currency.to_owned()))
        };
        assert_eq!(read(Amounts::Minor, "104900", "thb").for_people(), "1,049.00 THB");
        assert_eq!(read(Amounts::Major, "500.00", "JPY").for_people(), "500 JPY");
        for (amounts, stored, currency) in [
            (Amounts::Stripe, "50050", "ISK"),
            (Amounts::Stripe, "500.5", "USD"),
            (Amounts::Major, "500.50", "JPY"),
            (Amounts::Major, "NaN", "USD"),
            (Amounts::Minor, "99999999999999999999", "USD"),
            (Amounts::Minor, "100", "=CMD"),
        ] {
            let amount = read(amounts, stored, currency);
            assert_eq!((amount.minor, amount.stored.as_deref()), (None, Some(stored)), "{stored} {currency}");
            assert_eq!(amount.for_people(), format!("? {stored} {currency}"));
        }
        for (stored, currency, shown) in [
            ("50000", "ISK", "500 ISK"),
            ("50000", "ugx", "500 UGX"),
            ("5", "MGA", "5.00 MGA"),
            ("500", "JPY", "500 JPY"),
            ("1230", "KWD", "1.230 KWD"),
            ("4900", "THB", "49.00 THB"),
        ] {
            let amount = read(Amounts::Stripe, stored, currency);
            assert_eq!(amount.for_people(), shown);
            let code = currency.to_uppercase();
            let minor = amount.minor.expect("an amount");
            let back = Amounts::Stripe.stored(minor, &code).expect("a currency");
            assert_eq!(back.trim_end_matches(".00"), stored, "{shown}");
        }
        // A bound that no such amount has still compares.
        assert_eq!(Amounts::Stripe.stored(550, "MGA").as_deref(), Some("5.50"));
        assert_eq!(Amounts::Stripe.stored(i64::MAX, "ISK"), Some(format!("{}00", i64::MAX)));
        assert_eq!(Amounts::Major.stored(550, "JPY").as_deref(), Some("550"));
        assert_eq!(Amount::read(Amounts::Minor, None, None).for_people(), "? null in no currency");
    }
}
