//! The trait of a gateway, and the values that it takes and returns.

use std::collections::HashSet;

use crate::error::Result;
use crate::ids::RefundId;
use crate::money;
use crate::store::RefundReason;
use crate::text::quoted;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::Value;

/// One environment variable, as the caller reads it; empty counts as unset.
pub(super) type Var<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A request to a gateway to pay money back.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The refund: its id is the idempotency key, and goes into the gateway's metadata.
    pub refund: RefundId,
    /// The gateway's ids of the payment, as the pack gives them: intents, charges, orders.
    pub payment: Vec<String>,
    /// In minor units of the currency, as ISO 4217 has them.
    pub amount: i64,
    /// ISO 4217, in capitals.
    pub currency: String,
    /// The reason.
    pub reason: RefundReason,
    /// True where it was submitted before, and the answer was lost. That the gateway does not know the key or the payment
    /// says nothing about the earlier submission then.
    pub resubmitted: bool,
}

/// The result of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The gateway has the refund, and this is how it stands.
    Known(GatewayRefund),
    /// Definitely not made: the gateway said no, and says why.
    Refused {
        /// The gateway's code and words.
        why: String,
    },
    /// Definitely not made: the gateway was not asked, because it could not be reached, or it did not take the call or the
    /// key.
    NotSent {
        /// The event.
        why: String,
    },
    /// The answer was lost, or says neither: it may have been made. Ask again before submitting again.
    Unknown {
        /// The event instead of an answer.
        why: String,
    },
}

impl Submission {
    /// The answer to a refusal because there is no such payment where it was asked for.
    pub(super) fn refused_to_a_stranger(&self, why: String) -> Answer {
        match self.resubmitted {
            true => Answer::Unknown { why: format!("{why}; it was submitted before, so this proves nothing") },
            false => Answer::Refused { why },
        }
    }

    /// An answer that says it was made is believed where it is about this refund.
    pub(super) fn confirmed(&self, made: GatewayRefund) -> Answer {
        if made.refund != Some(self.refund) {
            return Answer::Unknown { why: format!("its answer is about another refund, {}", made.id) };
        }
        if (made.amount, &made.currency) != (self.amount, &self.currency) {
            let amount = money::format(made.amount, &made.currency);
            return Answer::Unknown { why: format!("its answer says that {} is of {amount}", made.id) };
        }
        Answer::Known(made)
    }

    /// The answer to a refusal because something stands in the way: that may be this very refund, from a
    /// call whose answer was lost, so the payment's refunds were asked for.
    pub(super) fn unless_made(&self, refunds: Result<Vec<GatewayRefund>>, why: String) -> Answer {
        match refunds.map(|refunds| refunds.into_iter().find(|r| r.refund == Some(self.refund))) {
            Ok(Some(refund)) => Answer::Known(refund),
            Ok(None) => Answer::Refused { why },
            Err(e) => Answer::Unknown { why: format!("{why}; whether by this very refund is not known: {e}") },
        }
    }
}

/// The status of a refund at the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// On its way.
    Pending,
    /// The customer has to do something.
    RequiresAction,
    /// The money went back.
    Succeeded,
    /// It came back to us, or never left.
    Failed,
    /// Canceled before it left.
    Canceled,
}

/// A refund, as the gateway knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayRefund {
    /// The gateway's id.
    pub id: String,
    /// Its status.
    pub status: Status,
    /// In minor units of the currency, as ISO 4217 has them.
    pub amount: i64,
    /// ISO 4217, in capitals.
    pub currency: String,
    /// Our refund, where its metadata names one.
    pub refund: Option<RefundId>,
    /// The gateway's ids of the payment that it belongs to.
    pub payment: Vec<String>,
    /// The time at which it was made, in UTC.
    pub created: Option<DateTime<Utc>>,
    /// The reason of a failure.
    pub why: Option<String>,
}

/// Money that left by another door: a dispute that the customer raised with their bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The gateway's id.
    pub id: String,
    /// The gateway's word for its status.
    pub status: String,
    /// True where the money is gone for good.
    pub lost: bool,
    /// In minor units of the currency, as ISO 4217 has them.
    pub amount: i64,
    /// ISO 4217, in capitals.
    pub currency: String,
    /// The gateway's ids of the payment.
    pub payment: Vec<String>,
    /// The time at which it was raised, in UTC.
    pub created: Option<DateTime<Utc>>,
}

/// An object of a list that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// The gateway's id.
    pub id: String,
    /// Our refund, where its metadata names one.
    pub refund: Option<RefundId>,
    /// The gateway's ids of the payment that it belongs to, as far as they can be read.
    pub payment: Vec<String>,
    /// The part that is not understood.
    pub why: String,
}

/// A refund or a dispute that was asked for by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A refund.
    Refund(GatewayRefund),
    /// A dispute.
    Dispute(Dispute),
    /// The part that is not understood.
    Odd(Odd),
}

/// The command with which somebody answers for an object of a gateway.
pub fn acknowledgement(gateway: &str, object: &str) -> String {
    format!("bursar refund acknowledge {} --gateway {} --reason TEXT", quoted(object), quoted(gateway))
}

/// Objects of a gateway that somebody answers for: where they are not understood, they are left out of an answer.
#[derive(Debug, Clone, Default)]
pub struct Except {
    /// The gateway's ids.
    pub ids: HashSet<String>,
    /// The refund that the question is about. It is never left out, because then it would count as not made.
    pub own: Option<RefundId>,
}

impl Except {
    /// True where this object, which is not understood, is left out.
    pub fn holds(&self, odd: &Odd) -> bool {
        self.ids.contains(&odd.id) && (self.own.is_none() || odd.refund != self.own)
    }
}

/// One page of a gateway's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// Its objects, in the gateway's order. A page may be empty, and have a next one all the same.
    pub objects: Vec<T>,
    /// The objects that are not understood.
    pub odd: Vec<Odd>,
    /// The place where the next page begins, for the next call; `None` after the last page.
    pub next: Option<String>,
}

/// The half-open range of time `[since, until)`, by the date of the gateway's objects, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first moment.
    pub since: DateTime<Utc>,
    /// The first moment after it.
    pub until: DateTime<Utc>,
}

impl Range {
    /// True where the time is in it.
    pub fn holds(self, at: DateTime<Utc>) -> bool {
        self.since <= at && at < self.until
    }

    /// The first whole second of the range: gateways date their objects to the second.
    pub fn since_second(&self) -> i64 {
        second(self.since)
    }

    /// The first whole second after the range.
    pub fn until_second(&self) -> i64 {
        second(self.until)
    }
}

/// The first whole second that is not before the moment.
fn second(at: DateTime<Utc>) -> i64 {
    at.timestamp() + i64::from(at.timestamp_subsec_nanos() > 0)
}

/// The answer to the cheapest question there is, which changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// The gateway answers, and takes the key.
    Ready,
    /// The gateway answers, and does not take the key.
    Refused {
        /// The gateway's code and words.
        why: String,
    },
    /// No answer came, or one that says neither.
    Unreachable {
        /// The event instead of an answer.
        why: String,
    },
}

impl Dispute {
    /// True where it ended, and the money stays here.
    pub fn is_over_and_kept(&self) -> bool {
        !self.lost && matches!(self.status.as_str(), "won" | "warning_closed" | "prevented" | "RESOLVED")
    }
}

/// A payment gateway, through which a payment's money is sent back.
pub trait Gateway: std::fmt::Debug + Send + Sync {
    /// Its name, as in `--gateway NAME`.
    fn name(&self) -> &'static str;

    /// True where real money moves. `None` where it moves none at all, as record-only.
    fn live(&self) -> Option<bool>;

    /// The time limit of one [`Gateway::submit`] or [`Gateway::refunds_of`], retries included.
    fn patience(&self) -> std::time::Duration;

    /// Refuses what this gateway cannot be asked for: an amount that it cannot express, or a payment without an id of
    /// its own. Nothing is asked. `payment` are the gateway's ids of it, and `amount` is in minor units of the currency.
    ///
    /// # Errors
    /// Refused, with the reason.
    fn check(&self, payment: &[String], amount: i64, currency: &str) -> Result<()>;

    /// The reason for which the gateway has turned the key away (401 or 403). Every other refund would end the same way.
    fn denied(&self) -> Option<&'static str>;

    /// Submits a refund, under its id as the idempotency key.
    fn submit<'a>(&'a self, submission: &'a Submission) -> BoxFuture<'a, Answer>;

    /// All refunds of a payment, whoever made them, every page of them, without those of `except` that are not
    /// understood.
    ///
    /// # Errors
    /// If the gateway cannot be asked, or its answer is not understood; nothing is known then.
    fn refunds_of<'a>(&'a self, payment: &'a [String], except: &'a Except)
    -> BoxFuture<'a, Result<Vec<GatewayRefund>>>;

    /// All disputes of a payment, without those of `except` that are not understood.
    ///
    /// # Errors
    /// As [`Gateway::refunds_of`].
    fn disputes_of<'a>(&'a self, payment: &'a [String], except: &'a Except) -> BoxFuture<'a, Result<Vec<Dispute>>>;

    /// The refund or dispute of this id; `None` where the gateway has none.
    ///
    /// # Errors
    /// If the gateway cannot be asked.
    fn object<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Thing>>>;

    /// One page of the refunds that were made in the range, whoever made them, the newest first. `after` is
    /// [`Listed::next`] of the page before, so that a page that failed can be asked for again.
    ///
    /// # Errors
    /// As [`Gateway::refunds_of`]; and refused where the gateway cannot list that range.
    fn refunds_between<'a>(
        &'a self,
        between: Range,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Listed<GatewayRefund>>>;

    /// One page of the disputes that were raised in the range, as [`Gateway::refunds_between`].
    ///
    /// # Errors
    /// As [`Gateway::refunds_between`].
    fn disputes_between<'a>(&'a self, between: Range, after: Option<&'a str>)
    -> BoxFuture<'a, Result<Listed<Dispute>>>;

    /// Asks whether the gateway can be reached, and takes the key.
    fn probe(&self) -> BoxFuture<'_, Probe>;

    /// The gateway's id of the account to which the key belongs. It stays the same when the key changes. `None` where the
    /// key may not ask for it, or there is no account.
    ///
    /// # Errors
    /// If the gateway cannot be reached, or does not take the key.
    fn account(&self) -> BoxFuture<'_, Result<Option<String>>>;

    /// Asks a question of the gateway's own interface that changes nothing. `path` holds nothing that came from outside
    /// unchecked. An answer that was lost is asked for again. `None` where there is no such object.
    ///
    /// # Errors
    /// If the gateway cannot be asked, or refuses to say.
    fn ask<'a>(&'a self, path: &'a str, query: &'a [(&'a str, String)]) -> BoxFuture<'a, Result<Option<Value>>>;
}
