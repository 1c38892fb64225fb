//! What the words for the status of a payment and of a refund mean.

use super::canonical::meaning;
use super::model::Payments;
use super::sql::Sql;
use crate::db::quote_literal;

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
