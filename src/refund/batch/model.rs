//! The types that the parts of a batch share.

use std::time::Duration;

use super::super::{Effects, RefundRequest, RefundState, Requested};
use crate::error::Result;
use crate::ids::PaymentId;
pub use crate::store::refunds::Brief;

/// The number of lines whose terms one statement works out.
pub(super) const CHUNK: usize = 500;

/// One line of the file, as it is written there.
#[derive(Debug, Clone, Default)]
pub struct BatchLine {
    /// Its number in the file, from 1; the headings are line 1.
    pub number: u64,
    /// The name of the payment: its id, or the beginning of one.
    pub payment: String,
    /// The amount, in whole units of the payment's currency; `None` for all that is left.
    pub amount: Option<String>,
    /// The reason; `None` is `requested_by_customer`.
    pub reason: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// The reference of a refund that was made elsewhere.
    pub gateway_ref: Option<String>,
    /// The idempotency key; `None` for one of the file and the line.
    pub key: Option<String>,
}

/// A line that can be done.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its number in the file.
    pub line: u64,
    /// The account of the payment.
    pub account: Option<String>,
    /// The request.
    pub request: RefundRequest,
    /// The gateway that the payment came through.
    pub provider: Option<String>,
    /// In minor units of the currency.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// The effects, or the refund that there is already.
    pub work: Work,
}

/// The work that a line is.
#[derive(Debug, Clone)]
pub enum Work {
    /// A refund is requested, with these effects.
    Request(Box<Effects>),
    /// This refund is there, and is carried on where it has not ended.
    CarryOn(Brief),
    /// This refund is there, and the line is skipped.
    Skip(Brief),
}

impl Work {
    /// The effects, where a refund is requested.
    pub fn effects(&self) -> Option<&Effects> {
        match self {
            Work::Request(effects) => Some(effects),
            Work::CarryOn(_) | Work::Skip(_) => None,
        }
    }
}

impl Brief {
    /// True where nothing is left to be done, or the money is on its way.
    pub fn has_ended(&self) -> bool {
        self.state.is_final() || (self.state == RefundState::Pending && !self.refused)
    }

    /// True where it counts for the payment: what was undone does not.
    pub(super) fn counts(&self) -> bool {
        !matches!(self.state, RefundState::Rejected | RefundState::Failed | RefundState::Canceled)
    }
}

/// The part of this run in a line's refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It was made or carried on in this run.
    Now,
    /// It had ended before this run.
    Before,
    /// Another process carried it on meanwhile.
    Others,
    /// The line was skipped.
    Skipped,
}

/// The result of a line.
#[derive(Debug)]
pub struct LineResult {
    /// Its number in the file.
    pub line: u64,
    /// The payment's id.
    pub payment: PaymentId,
    /// In minor units of the currency.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// The refund, or the reason that there is none.
    pub outcome: Result<(Requested, Part)>,
}

impl LineResult {
    /// True where the line did not come to a good end.
    pub fn failed(&self) -> bool {
        match &self.outcome {
            Ok((_, Part::Skipped)) => false,
            Ok((Requested { refund, .. }, _)) => {
                refund.refused
                    || matches!(
                        refund.state,
                        RefundState::Failed | RefundState::Canceled | RefundState::Rejected | RefundState::Unknown
                    )
                    || matches!(refund.state, RefundState::Reserved | RefundState::Submitted)
            }
            Err(_) => true,
        }
    }
}

/// The end of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// True where every line was begun.
    pub begun: bool,
    /// The reason that it stopped before.
    pub why: Option<String>,
}

/// The limits of a batch.
#[derive(Debug, Clone)]
pub struct BatchLimits {
    /// The number of refunds at the same time.
    pub parallel: usize,
    /// The most refunds that are begun in a second.
    pub rate: Option<f64>,
    /// The number of failures after which it stops.
    pub max_failures: Option<u64>,
    /// The longest wait for another process that works on a line's refund.
    pub wait: Duration,
}
