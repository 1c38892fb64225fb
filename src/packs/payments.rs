//! The payments and the refunds of an application, and what its words for their status mean.

use std::collections::BTreeMap;

use super::sql::Sql;
use crate::db::quote_literal;
use crate::money;

/// The application's payments.
#[derive(Debug, Clone)]
pub struct Payments {
    /// Rows of payment_id, account, customer, amount, currency, status, refundable, provider,
    /// provider_ids, granted, unit, created_at.
    pub sql: Sql,
    /// The tables that it reads, from the `-- reads:` line of its header; empty without one.
    pub reads: Vec<String>,
    /// The scale of the amounts.
    pub amounts: Amounts,
    /// The application's words for the status of a payment, each with its meaning; empty where the pack does not tell.
    pub states: Vec<(String, PaymentState)>,
    /// The kinds of the entries that credit what was paid for; empty where the pack does not tell.
    pub kinds: Vec<String>,
}

/// The scale of the amounts of payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Amounts {
    /// The smallest unit of the currency, such as satang.
    Minor,
    /// The currency itself, with decimals.
    Major,
    /// The smallest unit as Stripe has it, which has other decimals than ISO 4217 in some currencies.
    Stripe,
}

impl Amounts {
    /// The unit of an amount as the database writes it, for a sentence that shows it and its currency. Empty for the
    /// currency itself.
    pub(super) fn named(self) -> &'static str {
        match self {
            Amounts::Minor => " (in minor units)",
            Amounts::Stripe => " (in the minor units of Stripe)",
            Amounts::Major => "",
        }
    }

    /// The decimals of an amount that is kept as a whole number of smallest units; none where it is kept with its point,
    /// or where the currency is not known.
    pub fn shift(self, code: &str) -> Option<u32> {
        match self {
            Amounts::Minor => money::digits(code),
            Amounts::Stripe => money::stripe_digits(code),
            Amounts::Major => None,
        }
    }

    /// The minor units of ISO 4217 of an amount, as the database writes it; none where it is no such amount.
    pub fn minor(self, stored: &str, code: &str) -> Option<i64> {
        let digits = money::digits(code)?;
        match self.shift(code) {
            Some(kept) => money::rescale(money::exact(stored, 0)?, kept, digits),
            None if self == Amounts::Major => money::exact(stored, digits),
            None => None,
        }
    }

    /// Minor units of ISO 4217 as a number that the database's amounts can be compared with. It has decimals where
    /// no such amount can be kept; none where the currency is not known.
    pub fn stored(self, minor: i64, code: &str) -> Option<String> {
        let digits = money::digits(code)?;
        let shifted = money::with_decimals(minor, digits);
        match self.shift(code) {
            None => Some(shifted),
            Some(kept) if kept >= digits => Some(format!("{minor}{}", "0".repeat((kept - digits) as usize))),
            Some(kept) => Some(money::with_decimals(minor, digits - kept)),
        }
    }
}

impl Payments {
    /// True, in SQL, where the status of the payment `p` has one of these meanings. Without [payments.states], whether it
    /// was paid is whether it may be refunded.
    pub(super) fn was(&self, wanted: impl Fn(PaymentState) -> bool) -> String {
        if self.states.is_empty() {
            return if wanted(PaymentState::Paid) { "p.refundable" } else { "false" }.to_owned();
        }
        let words = self.states.iter().filter(|(_, state)| wanted(*state)).map(|(word, _)| quote_literal(word));
        // What is compared with nothing is nothing, and what is compared with a list is estimated well.
        format!("p.status::text = ANY (ARRAY[{}]::text[])", words.collect::<Vec<_>>().join(", "))
    }

    /// True, in SQL, where the payment `p` counts as refunded, at least in part; NULL where the pack does not tell.
    /// `given` says that its query has a column for it.
    pub fn settled(&self, given: bool) -> String {
        let settled =
            |(_, state): &&(String, PaymentState)| matches!(state, PaymentState::Partly | PaymentState::Refunded);
        match given {
            true => "coalesce(p.settled, false)".to_owned(),
            false if self.states.is_empty() => "NULL::boolean".to_owned(),
            false => {
                let words = self.states.iter().filter(settled).map(|(word, _)| (word.as_str(), "settled"));
                format!("{} IS NOT NULL", meaning("p.status", words))
            }
        }
    }
}

/// The meaning of a payment's status, whatever the application's word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PaymentState {
    /// The money came in.
    Paid,
    /// A part of it went back.
    Partly,
    /// All of it went back.
    Refunded,
    /// No money came in, or not yet.
    Unpaid,
}

impl PaymentState {
    /// The name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            PaymentState::Paid => "paid",
            PaymentState::Partly => "partly",
            PaymentState::Refunded => "refunded",
            PaymentState::Unpaid => "unpaid",
        }
    }
}

/// The refunds that the application keeps by itself.
#[derive(Debug, Clone)]
pub struct Refunds {
    /// Rows of refund_id, payment_id, amount, currency, status, provider_id, ref, created_at.
    pub sql: Sql,
    /// The tables that it reads, from the `-- reads:` line of its header; empty without one.
    pub reads: Vec<String>,
    /// The application's words for the status of a refund, each with its meaning.
    pub states: Vec<(String, RefundOutcome)>,
}

/// The meaning of a refund's status, whatever the application's word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefundOutcome {
    /// The money went back.
    Done,
    /// It may still go back.
    Open,
    /// It did not, and will not.
    Failed,
}

impl RefundOutcome {
    /// The name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            RefundOutcome::Done => "done",
            RefundOutcome::Open => "open",
            RefundOutcome::Failed => "failed",
        }
    }
}

/// The meaning of a word, in SQL; NULL for a word without one.
pub(super) fn meaning<'a>(column: &str, words: impl Iterator<Item = (&'a str, &'static str)>) -> String {
    let mut by_meaning: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    words.for_each(|(word, meaning)| by_meaning.entry(meaning).or_default().push(quote_literal(word)));
    if by_meaning.is_empty() {
        return "NULL::text".to_owned();
    }
    let cases = by_meaning
        .iter()
        .map(|(meaning, words)| format!(" WHEN {column}::text IN ({}) THEN '{meaning}'", words.join(", ")));
    format!("CASE{} END", cases.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::meaning;

    #[test]
    fn a_word_is_quoted() {
        assert_eq!(meaning("s", [("it's", "paid")].into_iter()), "CASE WHEN s::text IN ('it''s') THEN 'paid' END");
        assert_eq!(meaning("s", std::iter::empty()), "NULL::text");
    }
}
