//! Record-only: the money was moved elsewhere, and the database is brought into line.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::model::{Answer, Dispute, Gateway, GatewayRefund, Status, Submission};
use crate::error::Result;

/// No gateway: what the user says has happened is taken as it is.
#[derive(Debug)]
pub struct RecordOnly {
    reference: String,
}

impl RecordOnly {
    /// Records refunds under the reference that the user gave, such as the gateway's id.
    pub fn new(reference: String) -> Self {
        RecordOnly { reference }
    }
}

impl Gateway for RecordOnly {
    fn name(&self) -> &'static str {
        "record-only"
    }

    fn live(&self) -> Option<bool> {
        None
    }

    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    fn submit<'a>(&'a self, submission: &'a Submission) -> BoxFuture<'a, Answer> {
        let refund = GatewayRefund {
            id: self.reference.clone(),
            status: Status::Succeeded,
            amount: submission.amount,
            currency: submission.currency.clone(),
            refund: Some(submission.refund),
            payment: submission.payment.clone(),
            created: None,
            why: None,
        };
        Box::pin(std::future::ready(Answer::Known(refund)))
    }

    fn refunds_of<'a>(&'a self, _: &'a [String]) -> BoxFuture<'a, Result<Vec<GatewayRefund>>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn disputes_of<'a>(&'a self, _: &'a [String]) -> BoxFuture<'a, Result<Vec<Dispute>>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}
