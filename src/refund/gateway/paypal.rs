//! PayPal: only the order's id is stored, so the capture is looked up first, and one refund is one
//! `POST /v2/payments/captures/{id}/refund`, under the refund's id as `PayPal-Request-Id`.

mod wire;

use std::time::{Duration, Instant};

use chrono::DateTime;
use futures_util::future::BoxFuture;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::base::base;
use super::http::{Http, Reply, Verdict, cannot, left_out, not_understood, unanswered, words};
use super::model::{Answer, Dispute, Except, Gateway, GatewayRefund, Listed, Odd, Probe, Range, Submission, Thing};
use crate::error::{Error, Kind, Result};
use crate::ids::RefundId;
use wire::{Capture, Order, Trouble};

const NAME: &str = "paypal";
const LIVE: &str = "https://api-m.paypal.com";
const SANDBOX: &str = "https://api-m.sandbox.paypal.com";

/// The longest range of one question about transactions, in seconds, the largest page of the answer, and the most that
/// one question may find: <https://developer.paypal.com/docs/api/transaction-search/v1/>.
const WINDOW: i64 = 31 * 24 * 60 * 60;
/// The windows of three years.
const YEARS_3: i64 = 36;
const PAGE: i64 = 500;
const MOST: i64 = 10_000;

/// What may stand in the way of a list of disputes: <https://developer.paypal.com/docs/api/customer-disputes/v1/>.
const DISPUTE_HINT: &str = "PayPal lists the disputes of the last 180 days only: ask for a shorter range, such as \
                            `--since 30d`; and check that the application may read disputes";

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
    /// As unknown; but PayPal was certainly not asked.
    NotSent(String),
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
        let (reply, token) = self.exchange(request, until, false).await?;
        self.read(reply, &token)
    }

    /// Makes the call, signed in. Where it only `asks`, it is made again after an answer that was lost.
    async fn exchange(
        &self,
        request: RequestBuilder,
        until: Instant,
        asks: bool,
    ) -> Result<(Reply, SecretString), Failure> {
        let mut expired = None;
        loop {
            let token = self.token(expired.as_ref(), until).await.map_err(unsent)?;
            // The bodies here are in memory, and so can always be sent again.
            let Some(request) = request.try_clone() else {
                return Err(Failure::Unknown("it could not be asked".to_owned()));
            };
            let request = request.bearer_auth(token.expose_secret());
            let reply = match asks {
                true => self.http.ask(request, until).await.map_err(Failure::Unknown)?,
                false => self.reply(request, until).await?,
            };
            // A token that has expired is no answer to what was asked; a second one has not expired.
            if reply.status != 401 || expired.is_some() {
                return Ok((reply, token));
            }
            expired = Some(token);
        }
    }

    async fn reply(&self, request: RequestBuilder, until: Instant) -> Result<Reply, Failure> {
        self.http.tell(request, until).await.map_err(|lost| match lost.asked {
            true => Failure::Unknown(lost.why),
            false => Failure::NotSent(lost.why),
        })
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
        let id = order(ids).ok_or_else(|| Failure::Refused(Verdict::Refused, not_ours(ids)))?;
        self.send(self.http.call(Method::GET, &format!("/v2/checkout/orders/{id}")), until).await
    }

    async fn create(&self, submission: &Submission) -> Answer {
        self.try_create(submission).await.unwrap_or_else(|failure| match failure {
            Failure::Refused(Verdict::Denied, why) => Answer::NotSent { why },
            Failure::Refused(Verdict::Stranger, why) => submission.refused_to_a_stranger(why),
            Failure::Refused(_, why) => Answer::Refused { why },
            Failure::Unknown(why) => Answer::Unknown { why },
            Failure::NotSent(why) => Answer::NotSent { why },
        })
    }

    async fn try_create(&self, submission: &Submission) -> Result<Answer, Failure> {
        let (_, value) = expressed(&submission.payment, submission.amount, &submission.currency)
            .map_err(|why| Failure::Refused(Verdict::Refused, why))?;
        let until = self.http.until();
        // Until the refund itself is asked for, nothing was.
        let order = self.order(&submission.payment, until).await.map_err(unsent)?;
        let capture = order.capture(&submission.payment).map_err(|why| Failure::Refused(Verdict::Refused, why))?;
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
        let (reply, token) = self.exchange(request, until, false).await?;
        self.http.note(reply.status);
        match self.read::<wire::Refund>(reply, &token) {
            Ok(made) => Ok(self.made(submission, made, &order, until).await),
            Err(Failure::Refused(Verdict::RefusedUnlessMade, why)) => {
                Ok(submission.unless_made(self.refunds(&submission.payment, until, &Except::default()).await, why))
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
            Err(Failure::Refused(_, why) | Failure::Unknown(why) | Failure::NotSent(why)) => {
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

    async fn refunds(&self, ids: &[String], until: Instant, except: &Except) -> Result<Vec<GatewayRefund>> {
        let order = self.order(ids, until).await.map_err(question)?;
        order.is_consistent().map_err(|why| not_understood(NAME, &why))?;
        let mut refunds = Vec::new();
        for mut refund in order.refunds() {
            // Some versions of the order leave out whose refund it is.
            if !refund.is_whole() {
                refund = self.refund(&refund.id, until).await.map_err(question)?;
            }
            let (id, ours) = (refund.id.clone(), refund.ours());
            match refund.understood(&order.id) {
                Ok(refund) => refunds.push(refund),
                Err(why) => left_out(NAME, Ok(self.odd(id, ours, Vec::new(), &why)), except)?,
            }
        }
        Ok(refunds)
    }

    async fn disputes(&self, ids: &[String], until: Instant, except: &Except) -> Result<Vec<Dispute>> {
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
                for item in answer.items {
                    let name = item.get("dispute_id").and_then(Value::as_str).map(str::to_owned);
                    let mut read = wire::PayPalDispute::deserialize(&item).map_err(|e| e.to_string());
                    // The list may leave out how it ended.
                    if let Ok(dispute) = &read
                        && dispute.needs_outcome()
                    {
                        let path = format!("/v1/customer/disputes/{}", dispute.dispute_id);
                        read = Ok(self.send(self.http.call(Method::GET, &path), until).await.map_err(question)?);
                    }
                    match read.and_then(|dispute| dispute.understood(&order.id, id)) {
                        Ok(dispute) => disputes.push(dispute),
                        Err(why) => {
                            let odd = match name {
                                Some(id) => Ok(self.odd(id, None, Vec::new(), &why)),
                                None => Err(words(&why, &self.secret)),
                            };
                            left_out(NAME, odd, except)?;
                        }
                    }
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

impl PayPal {
    /// The refund or dispute of an id.
    async fn thing(&self, id: &str) -> Result<Option<Thing>> {
        if !wire::is_id(id) {
            return Ok(None);
        }
        if let Some(object) = self.asked(&format!("/v2/payments/refunds/{id}"), &[]).await.map_err(question)? {
            let read = wire::Refund::deserialize(&object).map_err(|e| e.to_string());
            let ours = read.as_ref().ok().and_then(wire::Refund::ours);
            let payment = self.ids(read.as_ref().ok().and_then(wire::Refund::capture)).await?;
            let read = read.and_then(|refund| refund.refunded(payment.clone()).map(Thing::Refund));
            return Ok(Some(read.unwrap_or_else(|why| Thing::Odd(self.odd(id, ours, payment, &why)))));
        }
        let path = format!("/v1/customer/disputes/{id}");
        let Some(object) = self.asked(&path, &[]).await.map_err(question)? else {
            return self.transaction(id).await;
        };
        let read = wire::PayPalDispute::deserialize(&object).map_err(|e| e.to_string());
        let payment = self.ids(read.as_ref().ok().and_then(wire::PayPalDispute::transaction)).await?;
        let read = read.and_then(|dispute| dispute.disputed(payment.clone()).map(Thing::Dispute));
        Ok(Some(read.unwrap_or_else(|why| Thing::Odd(self.odd(id, None, payment, &why)))))
    }

    /// A refund of before this interface, which is known by its transaction only. Transactions are kept for three years, and
    /// the newest are looked at first.
    #[allow(clippy::disallowed_methods, reason = "the windows end now, and a question about one object has no time")]
    async fn transaction(&self, id: &str) -> Result<Option<Thing>> {
        let now = chrono::Utc::now().timestamp();
        for window in 0..YEARS_3 {
            let until = now - window * WINDOW;
            let query = [
                ("start_date", moment(until - WINDOW + 1)),
                ("end_date", moment(until)),
                ("transaction_id", id.to_owned()),
                ("transaction_type", "T1107".to_owned()),
                ("fields", "transaction_info".to_owned()),
                ("page_size", PAGE.to_string()),
                ("page", "1".to_owned()),
            ];
            let found: wire::Transactions = self.listed("/v1/reporting/transactions", &query).await?;
            if let Some(row) = found.transaction_details.into_iter().next() {
                let read = self.of_transaction(&row).await?;
                return Ok(Some(read.map_or_else(Thing::Odd, Thing::Refund)));
            }
        }
        Ok(None)
    }

    /// The refund of a transaction; or the part of it that is not understood.
    async fn of_transaction(&self, row: &Value) -> Result<std::result::Result<GatewayRefund, Odd>> {
        let id = row.pointer("/transaction_info/transaction_id").and_then(Value::as_str);
        let row = match wire::Detail::deserialize(row) {
            Ok(row) => row.transaction_info,
            Err(e) => {
                let id = id.ok_or_else(|| not_understood(NAME, "a transaction without an id"))?;
                return Ok(Err(self.odd(id, None, Vec::new(), &e.to_string())));
            }
        };
        let whole = match wire::is_id(&row.transaction_id) {
            true => self.asked(&format!("/v2/payments/refunds/{}", row.transaction_id), &[]).await,
            false => Ok(None),
        };
        let refund = match whole.map_err(question)? {
            Some(whole) => wire::Refund::deserialize(&whole).map_err(|e| e.to_string()),
            // A refund of before this interface is known by its transaction only.
            None => Ok(wire::Refund::of(&row)),
        };
        let capture = refund.as_ref().ok().and_then(wire::Refund::capture).or(row.reference());
        let ids = self.ids(capture).await?;
        let ours = refund.as_ref().ok().and_then(wire::Refund::ours);
        let read = refund.and_then(|refund| refund.refunded(ids.clone()));
        Ok(read.map_err(|why| self.odd(row.transaction_id, ours, ids, &why)))
    }

    fn odd(&self, id: impl Into<String>, refund: Option<RefundId>, payment: Vec<String>, why: &str) -> Odd {
        Odd { id: id.into(), refund, payment, why: words(why, &self.secret) }
    }

    /// The answer to a question that changes nothing; `None` where there is no such object.
    async fn asked(&self, path: &str, query: &[(&str, String)]) -> Result<Option<Value>, Failure> {
        let request = self.http.call(Method::GET, path).query(query);
        let (reply, token) = self.exchange(request, self.http.until(), true).await?;
        if reply.status == 404 && reply.body.is_some() {
            return Ok(None);
        }
        self.read(reply, &token).map(Some)
    }

    async fn listed<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T> {
        let body = self.asked(path, query).await.map_err(question)?;
        serde_json::from_value(body.unwrap_or_default()).map_err(|e| not_understood(NAME, &e.to_string()))
    }

    /// The order and the capture by which the payment is known, of the capture's id; none without one.
    async fn ids(&self, capture: Option<&str>) -> Result<Vec<String>> {
        let Some(capture) = capture else { return Ok(Vec::new()) };
        let found = match wire::is_id(capture) {
            true => self.asked(&format!("/v2/payments/captures/{capture}"), &[]).await.map_err(question)?,
            false => None,
        };
        Ok(found.as_ref().and_then(order_of).into_iter().chain([capture.to_owned()]).collect())
    }

    /// A page of the transactions of T1107, a refund that the merchant made, in windows of as many days as PayPal takes.
    /// A window that holds more than PayPal lists is halved. A transaction appears there up to three hours after it was
    /// made.
    async fn refunded(&self, between: Range, after: Option<&str>) -> Result<Listed<GatewayRefund>> {
        let mut place = Place::of(between, after).ok_or_else(|| not_understood(NAME, "a page that is none"))?;
        if place.from >= between.until_second() {
            return Ok(Listed { objects: Vec::new(), odd: Vec::new(), next: None });
        }
        let found = loop {
            let query = [
                ("start_date", moment(place.from)),
                // The end belongs to the range.
                ("end_date", moment(place.to(between) - 1)),
                ("transaction_type", "T1107".to_owned()),
                ("fields", "transaction_info".to_owned()),
                ("page_size", PAGE.to_string()),
                ("page", place.page.to_string()),
            ];
            match self.listed::<wire::Transactions>("/v1/reporting/transactions", &query).await {
                Err(e) if place.window > 1 && e.message().contains(wire::TOO_LARGE) => place.window /= 2,
                Ok(found) if place.window > 1 && found.total_items > MOST => place.window /= 2,
                found => break found?,
            }
        };
        let (mut objects, mut odd) = (Vec::new(), Vec::new());
        for row in found.transaction_details {
            match self.of_transaction(&row).await? {
                Ok(refund) => objects.push(refund),
                Err(why) => odd.push(why),
            }
        }
        Ok(Listed { objects, odd, next: place.next(between, found.total_pages) })
    }

    async fn disputed(&self, between: Range, after: Option<&str>) -> Result<Listed<Dispute>> {
        let mut query = vec![("start_time", moment(between.since_second())), ("page_size", "50".to_owned())];
        query.extend(after.map(|token| ("next_page_token", token.to_owned())));
        let page: Result<wire::Disputes> = self.listed("/v1/customer/disputes", &query).await;
        let page = page.map_err(|e| match e.kind {
            Kind::Refused => e.hint(DISPUTE_HINT),
            _ => e,
        })?;
        let next = page.next();
        if next.is_some() && next.as_deref() == after {
            return Err(not_understood(NAME, "a page of disputes that names itself as the next one"));
        }
        let (mut objects, mut odd) = (Vec::new(), Vec::new());
        for item in page.items {
            let id = item.get("dispute_id").and_then(Value::as_str).map(str::to_owned);
            let mut read = wire::PayPalDispute::deserialize(&item).map_err(|e| e.to_string());
            if let Ok(dispute) = &read {
                if dispute.created().is_some_and(|at| at >= between.until) {
                    continue;
                }
                // The list may leave out how it ended, and of which payment it is.
                if dispute.needs_whole() {
                    let whole: Value =
                        self.listed(&format!("/v1/customer/disputes/{}", dispute.dispute_id), &[]).await?;
                    read = wire::PayPalDispute::deserialize(&whole).map_err(|e| e.to_string());
                }
            }
            let ids = self.ids(read.as_ref().ok().and_then(wire::PayPalDispute::transaction)).await?;
            match read.and_then(|dispute| dispute.disputed(ids.clone())) {
                Ok(dispute) => objects.push(dispute),
                Err(why) => {
                    let id = id.ok_or_else(|| not_understood(NAME, "a dispute without an id"))?;
                    odd.push(self.odd(id, None, ids, &why));
                }
            }
        }
        Ok(Listed { objects, odd, next })
    }

    async fn probing(&self) -> Probe {
        // Whoever gets a new token is known, and may sign in.
        *self.token.lock().await = None;
        match self.token(None, self.http.until()).await {
            Ok(_) => Probe::Ready,
            Err(Failure::Refused(_, why)) => Probe::Refused { why },
            Err(Failure::Unknown(why) | Failure::NotSent(why)) => Probe::Unreachable { why },
        }
    }

    /// <https://developer.paypal.com/docs/api/identity/v1/>. The id of the application would be another one after the
    /// application was made anew, and all sandboxes share one, so it is not taken instead.
    async fn owner(&self) -> Result<Option<String>> {
        let schema = [("schema", "paypalv1.1".to_owned())];
        match self.asked("/v1/identity/oauth2/userinfo", &schema).await {
            Ok(body) => Ok(body.and_then(|body| body.get("payer_id")?.as_str().map(str::to_owned))),
            // The credentials are good where a token was given, and may not ask for this.
            Err(Failure::Refused(..)) if self.token.lock().await.is_some() => Ok(None),
            Err(failure) => Err(question(failure)),
        }
    }
}

/// A place in the list of transactions: the window's first second, its length, and its page.
struct Place {
    from: i64,
    window: i64,
    page: i64,
}

impl Place {
    fn of(between: Range, text: Option<&str>) -> Option<Self> {
        let Some(text) = text else {
            return Some(Place { from: between.since_second(), window: WINDOW, page: 1 });
        };
        let mut parts = text.split(' ').map(|part| part.parse().ok());
        Some(Place { from: parts.next()??, window: parts.next()??, page: parts.next()?? })
    }

    /// The first second after the window.
    fn to(&self, between: Range) -> i64 {
        (self.from + self.window).min(between.until_second())
    }

    fn next(&self, between: Range, pages: i64) -> Option<String> {
        let (from, page) = match self.page < pages {
            true => (self.from, self.page + 1),
            false => (self.to(between), 1),
        };
        (from < between.until_second()).then(|| format!("{from} {} {page}", self.window))
    }
}

/// A second, as PayPal takes it.
fn moment(second: i64) -> String {
    DateTime::from_timestamp(second, 0).map_or_else(String::new, |at| at.format("%Y-%m-%dT%H:%M:%S.000Z").to_string())
}

/// The order that a capture belongs to, where the capture names it.
pub fn order_of(capture: &Value) -> Option<String> {
    let related = capture.pointer("/supplementary_data/related_ids/order_id").and_then(Value::as_str);
    let linked = || {
        let links = capture.get("links")?.as_array()?.iter().filter_map(|link| link.get("href")?.as_str());
        links.filter_map(|href| href.split_once("/checkout/orders/")).map(|(_, id)| id).next()
    };
    related.or_else(linked).filter(|id| wire::is_id(id)).map(str::to_owned)
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

    fn check(&self, payment: &[String], amount: i64, currency: &str) -> Result<()> {
        expressed(payment, amount, currency).map(|_| ()).map_err(cannot)
    }

    fn denied(&self) -> Option<&'static str> {
        self.http.denied()
    }

    fn submit<'a>(&'a self, submission: &'a Submission) -> BoxFuture<'a, Answer> {
        Box::pin(self.create(submission))
    }

    fn refunds_of<'a>(
        &'a self,
        payment: &'a [String],
        except: &'a Except,
    ) -> BoxFuture<'a, Result<Vec<GatewayRefund>>> {
        Box::pin(self.refunds(payment, self.http.until(), except))
    }

    fn disputes_of<'a>(&'a self, payment: &'a [String], except: &'a Except) -> BoxFuture<'a, Result<Vec<Dispute>>> {
        Box::pin(self.disputes(payment, self.http.until(), except))
    }

    fn object<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Thing>>> {
        Box::pin(self.thing(id))
    }

    fn refunds_between<'a>(
        &'a self,
        between: Range,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Listed<GatewayRefund>>> {
        Box::pin(self.refunded(between, after))
    }

    fn disputes_between<'a>(
        &'a self,
        between: Range,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Listed<Dispute>>> {
        Box::pin(self.disputed(between, after))
    }

    fn probe(&self) -> BoxFuture<'_, Probe> {
        Box::pin(self.probing())
    }

    fn account(&self) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(self.owner())
    }

    fn ask<'a>(&'a self, path: &'a str, query: &'a [(&'a str, String)]) -> BoxFuture<'a, Result<Option<Value>>> {
        Box::pin(async move { self.asked(path, query).await.map_err(question) })
    }
}

/// The order among the payment's ids: the first that could be one. Stripe's have an underscore.
fn order(ids: &[String]) -> Option<&str> {
    ids.iter().map(String::as_str).find(|id| wire::is_id(id))
}

/// The order and the amount in PayPal's terms; or the reason that there are none.
fn expressed<'a>(ids: &'a [String], amount: i64, currency: &str) -> Result<(&'a str, String), String> {
    Ok((order(ids).ok_or_else(|| not_ours(ids))?, wire::value(amount, currency)?))
}

fn not_ours(ids: &[String]) -> String {
    format!("the payment has no order of PayPal's, but: {}", ids.join(", "))
}

/// The failure of a step before the call that was meant: that call was certainly not made.
fn unsent(failure: Failure) -> Failure {
    match failure {
        Failure::Unknown(why) => Failure::NotSent(why),
        failure => failure,
    }
}

/// A question that came to nothing, as an error.
fn question(failure: Failure) -> Error {
    match failure {
        Failure::Refused(_, why) => Error::refused(format!("{NAME} refused to say: {why}")).hint(
            "check the order's id, and that the application may read orders, disputes and transactions of this account",
        ),
        Failure::Unknown(why) | Failure::NotSent(why) => unanswered(NAME, &why),
    }
}
