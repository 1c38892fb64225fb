//! Record-only: the money was moved elsewhere, and the database is brought into line.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::model::{Answer, Dispute, Except, Gateway, GatewayRefund, Listed, Probe, Range, Status, Submission, Thing};
use crate::error::{Error, Result};

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

    fn check(&self, _: &[String], _: i64, _: &str) -> Result<()> {
        Ok(())
    }

    fn denied(&self) -> Option<&'static str> {
        None
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

    fn refunds_of<'a>(&'a self, _: &'a [String], _: &'a Except) -> BoxFuture<'a, Result<Vec<GatewayRefund>>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn disputes_of<'a>(&'a self, _: &'a [String], _: &'a Except) -> BoxFuture<'a, Result<Vec<Dispute>>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn object<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Thing>>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn refunds_between<'a>(&'a self, _: Range, _: Option<&'a str>) -> BoxFuture<'a, Result<Listed<GatewayRefund>>> {
        Box::pin(std::future::ready(Ok(Listed { objects: Vec::new(), odd: Vec::new(), next: None })))
    }

    fn disputes_between<'a>(&'a self, _: Range, _: Option<&'a str>) -> BoxFuture<'a, Result<Listed<Dispute>>> {
        Box::pin(std::future::ready(Ok(Listed { objects: Vec::new(), odd: Vec::new(), next: None })))
    }

    fn probe(&self) -> BoxFuture<'_, Probe> {
        Box::pin(std::future::ready(Probe::Ready))
    }

    fn account(&self) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn ask<'a>(&'a self, _: &'a str, _: &'a [(&'a str, String)]) -> BoxFuture<'a, Result<Option<Value>>> {
        let error = Error::refused("record-only has no gateway that could be asked");
        Box::pin(std::future::ready(Err(error.hint("name a gateway, as `--gateway stripe` or `--gateway paypal`"))))
    }
}
