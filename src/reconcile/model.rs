//! One row for every object with which a gateway moved money, wherever it was read from, and the interface of what it is
//! read from.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::object::ObjectKind;
use crate::error::Result;
use crate::ids::RefundId;
pub use crate::refund::gateway::Range;

/// The kind of a movement of money at a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// A customer paid.
    Payment,
    /// Money went back to a customer.
    Refund,
    /// The money of a refund came back to us.
    RefundFailure,
    /// A customer's bank took the money back.
    Dispute,
    /// A dispute was won, and the money came back to us.
    DisputeReversal,
    /// The gateway's own fee, where it is an object of its own.
    Fee,
    /// Money left the gateway for our bank.
    Payout,
    /// Anything else that changed the balance.
    Adjustment,
}

impl MovementKind {
    /// Every kind.
    pub const ALL: [MovementKind; 8] = [
        MovementKind::Payment,
        MovementKind::Refund,
        MovementKind::RefundFailure,
        MovementKind::Dispute,
        MovementKind::DisputeReversal,
        MovementKind::Fee,
        MovementKind::Payout,
        MovementKind::Adjustment,
    ];

    /// The kind of the object that it is of; none of what is compared with nothing here.
    pub(super) fn object(self) -> Option<ObjectKind> {
        match self {
            MovementKind::Payment => Some(ObjectKind::Payment),
            MovementKind::Refund | MovementKind::RefundFailure => Some(ObjectKind::Refund),
            MovementKind::Dispute | MovementKind::DisputeReversal => Some(ObjectKind::Dispute),
            MovementKind::Fee | MovementKind::Payout | MovementKind::Adjustment => None,
        }
    }
}

impl Movement {
    /// The change of the balance in minor units, and its currency; none where the source tells no balance, and no money
    /// moved.
    pub(super) fn change(&self) -> Option<(i128, &str)> {
        match &self.settled {
            Some(settled) => Some((settled.net.into(), &settled.currency)),
            None => (self.status == MovementStatus::Succeeded).then(|| (self.amount.into(), &*self.currency)),
        }
    }
}

/// The status of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementStatus {
    /// On its way, or the customer has to act.
    Pending,
    /// The money moved.
    Succeeded,
    /// No money moved in the end.
    Failed,
}

/// The change of the balance at the gateway, in the currency of the balance, which may differ from the customer's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// Before the fee, signed, in minor units of ISO 4217.
    pub gross: i64,
    /// The fee, positive where the gateway keeps it, in minor units of ISO 4217.
    pub fee: i64,
    /// `gross - fee`, as the gateway says, in minor units of ISO 4217.
    pub net: i64,
    /// ISO 4217, in capitals.
    pub currency: String,
}

/// One movement of money at a gateway.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// The gateway's id of the object: of a charge or capture, a refund, a dispute, a payout, or a line of the balance.
    pub id: String,
    /// The kind.
    pub kind: MovementKind,
    /// All ids by which the application may know the payment: charge, intent, order, capture. Empty where it belongs to none.
    pub payment_ids: Vec<String>,
    /// bursar's refund, where the gateway's metadata names one.
    pub refund: Option<RefundId>,
    /// What the customer paid or got back, in minor units of ISO 4217. Positive towards us, negative away from us.
    pub amount: i64,
    /// The customer's currency, ISO 4217, in capitals.
    pub currency: String,
    /// The change of the balance, where the source tells.
    pub settled: Option<Settled>,
    /// The status.
    pub status: MovementStatus,
    /// The time at which the object was made, in UTC.
    pub created: DateTime<Utc>,
    /// The time from which the money can be paid out, in UTC.
    pub available: Option<DateTime<Utc>>,
    /// The payout that carried it.
    pub payout: Option<String>,
}

/// The balance of a currency at the ends of the range, where the source tells, in minor units of ISO 4217.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// ISO 4217, in capitals.
    pub currency: String,
    /// Before the first movement.
    pub opening: i64,
    /// After the last one.
    pub closing: i64,
}

/// What a source tells after its last movement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceEnd {
    /// The balances that it gives; empty where it gives none.
    pub balances: Vec<Balance>,
    /// The reasons for which it is incomplete, each a sentence with what to do; empty where every object of the range was
    /// read and understood.
    pub missing: Vec<String>,
    /// The times of the first and the last movement of a file with balances, also of those outside the range.
    pub whole: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Takes one movement after another, in the order of the source.
pub type Sink<'a> = dyn FnMut(Movement) -> Result<()> + Send + 'a;

/// The gateway's side: its API, or a file that was exported from it.
pub trait Source: Send {
    /// The gateway's name, as in `--gateway NAME`.
    fn gateway(&self) -> &'static str;

    /// The kinds of which it tells every movement. Of the others nothing is known, so that nothing of them is missing.
    fn tells(&self) -> &'static [MovementKind] {
        &MovementKind::ALL
    }

    /// Leaves these objects out of what is not understood, because somebody answers for them.
    fn leave(&mut self, _: HashSet<String>) {}

    /// Reads every movement of the range, in constant memory.
    ///
    /// # Errors
    /// If the gateway cannot be asked, the file cannot be read, or an answer is not understood.
    fn read<'a>(&'a mut self, range: Range, sink: &'a mut Sink<'a>) -> BoxFuture<'a, Result<SourceEnd>>;
}
