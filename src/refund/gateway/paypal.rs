//! PayPal: only the order's id is stored, so the capture is looked up first, and one refund is one
//! `POST /v2/payments/captures/{id}/refund`, under the refund's id as `PayPal-Request-Id`.

mod wire;

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::Mutex;

use super::base::base;
use super::http::{Http, Reply, not_understood, unanswered, words};
use super::model::{Answer, Dispute, Gateway, GatewayRefund, Submission};
use crate::error::{Error, Result};
use wire::{Capture, Order, Trouble, Verdict};

const NAME: &str = "paypal";
const LIVE: &str = "https://api-m.paypal.com";
const SANDBOX: &str = "https://api-m.sandbox.paypal.com";

/// Refunds through PayPal's API.
#[derive(Debug)]
pub struct PayPal {
    http: Http,
    client: String,
    secret: SecretString,
    live: bool,
    /// The token of the last sign-in. It is thrown away once PayPal does not take it any more.
    token: Mutex<Option<SecretString>>,
}

/// The reason that a call came to nothing.
enum Failure {
    /// PayPal said no, and says why.
    Refused(Verdict, String),
    /// The event instead of an answer.
    Unknown(String),
}

impl PayPal {
    /// PayPal, with the credentials of an application, live or in the sandbox, at `api_base` where one
    /// is given. One call takes `timeout` at most.
    ///
    /// # Errors
    /// A usage error where the credentials may not go to that address.
    pub fn new(
        client: String,
        secret: SecretString,
        live: bool,
        api_base: Option<&str>,
        timeout: Duration,
    ) -> Result<Self> {
        let base = base("PAYPAL_API_BASE", api_base, if live { LIVE } else { SANDBOX }, live)?;
        if !live && base.as_str().starts_with(LIVE) {
            return Err(Error::usage("PAYPAL_API_BASE is where real money moves, and PAYPAL_ENVIRONMENT is sandbox")
                .hint("unset one of the two"));
        }
        Ok(PayPal { http: Http::new(base, timeout)?, client, secret, live, token: Mutex::new(None) })
    }

    /// Makes the call, signed in, and reads the answer.
    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder, until: Instant) -> Result<T, Failure> {
        let mut expired = None;
        loop {
            let token = self.token(expired.as_ref(), until).await?;
            // The bodies here are in memory, and so can always be sent again.
            let Some(request) = request.try_clone() else {
                return Err(Failure::Unknown("it could not be asked".to_owned()));
            };
            let reply = self.reply(request.bearer_auth(token.expose_secret()), until).await?;
            // A token that has expired is no answer to what was asked; a second one has not expired.
            if reply.status != 401 || expired.is_some() {
                return self.read(reply, &token);
            }
            expired = Some(token);
        }
    }

    async fn reply(&self, request: RequestBuilder, until: Instant) -> Result<Reply, Failure> {
        self.http.send(request, until).await.map_err(Failure::Unknown)
    }

    /// A token other than the one that has expired. Whoever comes first signs in, for all who wait.
    async fn token(&self, expired: Option<&SecretString>, until: Instant) -> Result<SecretString, Failure> {
        let mut token = self.token.lock().await;
        let old = expired.map(SecretString::expose_secret);
        if let Some(token) = token.as_ref().filter(|token| old != Some(token.expose_secret())) {
            return Ok(token.clone());
        }
        let request = self
            .http
            .call(Method::POST, "/v1/oauth2/token")
            .basic_auth(&self.client, Some(self.secret.expose_secret()))
            .form(&[("grant_type", "client_credentials")]);
        let reply = self.reply(request, until).await?;
        let answer: wire::Token = self.read(reply, &self.secret)?;
        Ok(token.insert(SecretString::from(answer.access_token)).clone())
    }

    fn read<T: DeserializeOwned>(&self, reply: Reply, secret: &SecretString) -> Result<T, Failure> {
        let status = reply.status;
        if reply.is_success() {
            return serde_json::from_value(reply.body.unwrap_or_default()).map_err(|e| {
                Failure::Unknown(format!("its answer is not understood: {}", words(&e.to_string(), secret)))
            });
        }
        let Some(trouble) = Trouble::of(reply.body) else {
            return Err(Failure::Unknown(format!("its answer was {status}, and says nothing that is understood")));
        };
        let why = words(&words(&format!("{trouble} [{status}]"), secret), &self.secret);
        match trouble.verdict(status) {
            Verdict::Unknown => Err(Failure::Unknown(why)),
            verdict => Err(Failure::Refused(verdict, why)),
        }
    }

    async fn order(&self, ids: &[String], until: Instant) -> Result<Order, Failure> {
        let id = order(ids).ok_or_else(|| {
            Failure::Refused(Verdict::Refused, format!("the payment has no order of PayPal's, but: {}", ids.join(", ")))
        })?;
        self.send(self.http.call(Method::GET, &format!("/v2/checkout/orders/{id}")), until).await
    }

    async fn create(&self, submission: &Submission) -> Answer {
        self.try_create(submission).await.unwrap_or_else(|failure| match failure {
            Failure::Refused(_, why) => Answer::Refused { why },
            Failure::Unknown(why) => Answer::Unknown { why },
        })
    }

    async fn try_create(&self, submission: &Submission) -> Result<Answer, Failure> {
        let refused = |why| Failure::Refused(Verdict::Refused, why);
        let value = wire::value(submission.amount, &submission.currency).map_err(refused)?;
        let until = self.http.until();
        let order = self.order(&submission.payment, until).await?;
        let capture = order.only_capture().map_err(refused)?;
        let refund = submission.refund.to_string();
        let request = self
            .http
            .call(Method::POST, &format!("/v2/payments/captures/{}/refund", capture.id))
            .header("PayPal-Request-Id", &refund)
            // Without this, the answer holds neither the amount nor our id.
            .header("Prefer", "return=representation")
            .json(&json!({
                "amount": { "value": value, "currency_code": submission.currency },
                "custom_id": refund,
            }));
        match self.send::<wire::Refund>(request, until).await {
            Ok(made) => Ok(self.made(submission, made, &order, until).await),
            Err(Failure::Refused(Verdict::RefusedUnlessMade, why)) => {
                Ok(submission.unless_made(self.refunds(&submission.payment, until).await, why))
            }
            Err(failure) => Err(failure),
        }
    }

    /// An answer that says it was made.
    async fn made(&self, submission: &Submission, made: wire::Refund, order: &Order, until: Instant) -> Answer {
        // PayPal may answer in few words all the same, and is asked for the whole then.
        let made = if made.is_whole() { Ok(made) } else { self.refund(&made.id, until).await };
        match made.map(|made| made.understood(&order.id)) {
            Ok(Ok(made)) => submission.confirmed(made),
            Ok(Err(why)) => Answer::Unknown { why: format!("its answer is not understood: {why}") },
            Err(Failure::Refused(_, why) | Failure::Unknown(why)) => {
                Answer::Unknown { why: format!("it says that it was made, but not how it stands: {why}") }
            }
        }
    }

    async fn refund(&self, id: &str, until: Instant) -> Result<wire::Refund, Failure> {
        if !wire::is_id(id) {
            return Err(Failure::Unknown("it names a refund by something that is no id".to_owned()));
        }
        self.send(self.http.call(Method::GET, &format!("/v2/payments/refunds/{id}")), until).await
    }

    async fn refunds(&self, ids: &[String], until: Instant) -> Result<Vec<GatewayRefund>> {
        let order = self.order(ids, until).await.map_err(question)?;
        order.is_consistent().map_err(|why| not_understood(NAME, &why))?;
        let mut refunds = Vec::new();
        for mut refund in order.refunds() {
            // Some versions of the order leave out whose refund it is.
            if !refund.is_whole() {
                refund = self.refund(&refund.id, until).await.map_err(question)?;
            }
            refunds.push(refund.understood(&order.id).map_err(|why| not_understood(NAME, &why))?);
        }
        Ok(refunds)
    }

    async fn disputes(&self, ids: &[String], until: Instant) -> Result<Vec<Dispute>> {
        let order = self.order(ids, until).await.map_err(question)?;
        let mut disputes = Vec::new();
        for Capture { id, .. } in order.captures() {
            let mut page: Option<String> = None;
            loop {
                let mut query = vec![("disputed_transaction_id", id.as_str()), ("page_size", "50")];
                query.extend(page.as_deref().map(|token| ("next_page_token", token)));
                let request = self.http.call(Method::GET, "/v1/customer/disputes").query(&query);
                let answer: wire::Disputes = self.send(request, until).await.map_err(question)?;
                let next = answer.next();
                for mut dispute in answer.items {
                    // The list may leave out how it ended.
                    if dispute.needs_outcome() {
                        let path = format!("/v1/customer/disputes/{}", dispute.dispute_id);
                        dispute = self.send(self.http.call(Method::GET, &path), until).await.map_err(question)?;
                    }
                    disputes.push(dispute.understood(&order.id, id).map_err(|why| not_understood(NAME, &why))?);
                }
                // A page that names itself as the next one would never end.
                if next.is_none() || next == page {
                    break;
                }
                page = next;
            }
        }
        Ok(disputes)
    }
}

impl Gateway for PayPal {
    fn name(&self) -> &'static str {
        NAME
    }

    fn live(&self) -> Option<bool> {
        Some(self.live)
    }

    fn patience(&self) -> Duration {
        self.http.patience()
    }

    fn submit<'a>(&'a self, submission: &'a Submission) -> BoxFuture<'a, Answer> {
        Box::pin(self.create(submission))
    }

    fn refunds_of<'a>(&'a self, payment: &'a [String]) -> BoxFuture<'a, Result<Vec<GatewayRefund>>> {
        Box::pin(self.refunds(payment, self.http.until()))
    }

    fn disputes_of<'a>(&'a self, payment: &'a [String]) -> BoxFuture<'a, Result<Vec<Dispute>>> {
        Box::pin(self.disputes(payment, self.http.until()))
    }
}

/// The order among the payment's ids: the first that could be one. Stripe's have an underscore.
fn order(ids: &[String]) -> Option<&str> {
    ids.iter().map(String::as_str).find(|id| wire::is_id(id))
}

/// A question that came to nothing, as an error.
fn question(failure: Failure) -> Error {
    match failure {
        Failure::Refused(_, why) => Error::refused(format!("{NAME} refused to say: {why}"))
            .hint("check the order's id, and that the application may read orders and disputes of this account"),
        Failure::Unknown(why) => unanswered(NAME, &why),
    }
}
