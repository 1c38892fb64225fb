//! The types that the parts of this module share.

use chrono::{DateTime, Utc};

use crate::error::{Error, Kind};
use crate::ids::{PaymentId, RefundId};
use crate::money;
use crate::text::quoted;

pub use crate::store::refunds::{Refund, Requested, Transition};
pub use crate::store::{IfSpent, RefundAnswer, RefundOrigin, RefundReason, RefundState};

/// The name of the gateway of refunds whose money was moved elsewhere.
pub const RECORD_ONLY: &str = "record-only";

impl Refund {
    /// The reason, with the operator's words where there are some.
    pub fn why(&self) -> String {
        why(self.reason, self.note.as_deref())
    }
}

/// The words of a gateway's refusal that mean that money went back without bursar.
const REFUNDED_THERE: [&str; 4] =
    ["charge_already_refunded", "greater than", "CAPTURE_FULLY_REFUNDED", "REFUND_AMOUNT_EXCEEDED"];

/// The command that brings in what the gateway has of a payment.
pub fn sync_of(payment: &str) -> String {
    format!("bursar refund sync --payment {}", quoted(payment))
}

impl Refund {
    /// The command that brings in what the gateway has refunded without bursar, where it refused the refund for that.
    pub fn remedy(&self) -> Option<String> {
        let error = self.error.as_deref().filter(|_| self.refused || self.state == RefundState::Failed)?;
        let is_refunded = REFUNDED_THERE.iter().any(|words| error.contains(words));
        is_refunded.then(|| sync_of(self.payment.as_str()))
    }
}

/// A reason with the operator's words, where there are some.
pub fn why(reason: RefundReason, note: Option<&str>) -> String {
    note.map_or_else(|| reason.to_string(), |note| format!("{reason}: {note}"))
}

/// A request for a refund.
#[derive(Debug, Clone)]
pub struct RefundRequest {
    /// The payment.
    pub payment: PaymentId,
    /// In minor units of the payment's currency; `None` for all that is left.
    pub amount: Option<i64>,
    /// The policy for units that were spent.
    pub if_spent: IfSpent,
    /// The reason.
    pub reason: RefundReason,
    /// The operator's words about the reason.
    pub note: Option<String>,
    /// The gateway.
    pub gateway: String,
    /// The gateway's id of a refund that was made elsewhere.
    pub gateway_ref: Option<String>,
    /// The caller's own key: the same request under it is the same refund.
    pub key: Option<String>,
    /// True where it is meant as a second refund of an amount that was refunded before.
    pub again: bool,
    /// The terms that were agreed to, as JSON; nothing happens where they are no longer true.
    pub expected: Option<String>,
}

/// The result of carrying a refund out.
#[derive(Debug)]
pub enum Carried {
    /// The refund as it is now.
    As(Refund),
    /// Another process talks to the gateway about it at this moment; the process, as a sentence.
    Elsewhere(String),
    /// It was never submitted, and is ended: the gateway has refunds of the payment that stand in its way.
    Withdrawn(Refund, Hindrance),
    /// The gateway could not be asked, so nothing was done; the reason.
    NotAsked(Refund, String),
}

/// The result of checking a refund again that has ended.
#[derive(Debug)]
pub enum Rechecked {
    /// As that of carrying one out.
    Carried(Carried),
    /// It succeeded here, and its gateway has none of it. Nothing was changed.
    Missing(Refund),
}

/// The way in which it was seen that a gateway has none of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The gateway's list of the payment, in the account that was asked first, shows none.
    Listed,
    /// A person looked, and says so.
    Looked,
}

impl Seen {
    pub(super) fn name(self) -> &'static str {
        match self {
            Seen::Listed => "listed",
            Seen::Looked => "looked",
        }
    }
}

/// Whether a gateway has none of a refund.
#[derive(Debug)]
pub enum Unseen {
    /// It has none; the way in which that was seen.
    Seen(Seen),
    /// That could not be seen; the reason.
    NotKnown(Error),
}

impl Refund {
    /// The sentence about a refund that succeeded here, and of which the gateway has none.
    pub fn missing(&self) -> String {
        let Refund { id, gateway, gateway_account, .. } = self;
        let amount = money::format(self.amount, &self.currency);
        let whose = match gateway_account {
            Some(_) => String::new(),
            None => format!("; the account of {gateway} that it is of is not known, and the key may be of another one"),
        };
        format!("{amount} of refund {id} succeeded here, and {gateway} has no such refund of the payment{whose}")
    }

    /// The command that ends a refund of which the gateway has none. Where its account is not known, a person has to look.
    pub fn end_of_missing(&self) -> String {
        if self.gateway_account.is_none() { self.cancellation_by_eye() } else { self.cancellation() }
    }

    /// The refusal of a key that belongs to another account than the one that was asked first, or to one that nobody knows.
    pub(super) fn of_another_account(&self, now: Option<&str>) -> Error {
        let (name, first) = (&self.gateway, self.gateway_account.as_deref().unwrap_or("unknown"));
        let key = match now {
            Some(now) => format!("the key belongs to account {now}"),
            None => "the account of the key is not known, because the key may not read it".to_owned(),
        };
        let may_read = if now.is_none() { " that may read its account" } else { "" };
        let did = if self.origin == RefundOrigin::Bursar { "submitted to" } else { "imported from" };
        Error::refused(format!("refund {} was {did} account {first} of {name}, and {key}", self.id))
            .hint(format!("configure {name} with a key of account {first}{may_read}; see docs/gateways.md"))
    }

    /// The command that asks the gateway again about a refund that has ended.
    pub(super) fn recheck(&self, now: DateTime<Utc>) -> String {
        format!("bursar refund resume --recheck {}", (now - self.created_at).num_days().max(0) + 1)
    }

    /// The command that ends a refund that cannot go on.
    pub fn cancellation(&self) -> String {
        format!("bursar refund cancel {} --reason TEXT", self.id)
    }

    /// The command that ends it after somebody has looked at the gateway.
    pub fn cancellation_by_eye(&self) -> String {
        format!("{} --looked-at {}", self.cancellation(), quoted(&self.gateway))
    }
}

/// Refunds of a payment at its gateway that stand in the way of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    /// The refunds, and the reason that they stand in the way.
    pub why: String,
    /// The command that brings them in.
    pub remedy: String,
}

impl Hindrance {
    /// The error of it, where the refund was submitted before.
    pub fn of_submitted(&self, refund: &Refund) -> Error {
        let (id, gateway) = (refund.id, &refund.gateway);
        Error::new(Kind::Conflict, format!("{}; refund {id} is not submitted again", self.why)).hint(format!(
            "bursar refund cancel {id} --reason 'refunded at the gateway' --looked-at {} && {}",
            quoted(gateway),
            self.remedy
        ))
    }

    /// The error of it. `context` says what became of the refund.
    pub fn error(&self, context: &str) -> Error {
        Error::new(Kind::Conflict, format!("{}; {context}", self.why)).hint(self.remedy.clone())
    }
}

/// The command that rejects a refund whose money went back without bursar.
pub(super) fn rejection(refund: RefundId) -> String {
    format!("bursar refund reject {refund} --reason 'refunded at the gateway'")
}
