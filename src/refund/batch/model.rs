//! The types that the parts of a batch share.

use super::super::{Effects, RefundRequest, RefundState, Requested};
use crate::error::Result;
use crate::ids::PaymentId;

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
}

/// A line that can be done.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its number in the file.
    pub line: u64,
    /// The request.
    pub request: RefundRequest,
    /// The gateway that the payment came through.
    pub provider: Option<String>,
    /// In minor units of the currency.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// The effects; none where there is a refund already.
    pub effects: Option<Effects>,
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
    pub outcome: Result<Requested>,
}

impl LineResult {
    /// True where the line did not come to a good end.
    pub fn failed(&self) -> bool {
        match &self.outcome {
            Ok(Requested { refund, .. }) => {
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

/// The limits of a batch.
#[derive(Debug, Clone)]
pub struct BatchLimits {
    /// The number of refunds at the same time.
    pub parallel: usize,
    /// The most refunds that are begun in a second.
    pub rate: Option<f64>,
    /// The number of failures after which it stops.
    pub max_failures: Option<u64>,
}
