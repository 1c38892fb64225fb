//! Stripe: one refund is one `POST /v1/refunds`, under the refund's id as the idempotency key.

use std::time::{Duration, Instant};

use chrono::DateTime;
use futures_util::future::BoxFuture;
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::base::base;
use super::http::{Http, Lost, Reply, Verdict, cannot, left_out, not_understood, unanswered, words};
use super::model::{
    Answer, Dispute, Except, Gateway, GatewayRefund, Listed, Odd, Probe, Range, Status, Submission, Thing,
};
use crate::error::{Error, Result};
use crate::money;
use crate::store::RefundReason;

const NAME: &str = "stripe";
const OWN: &str = "https://api.stripe.com";

/// The version whose fields are read here, whatever the account's default is.
const VERSION: &str = "2024-06-20";

/// The key of our refund's id in the metadata.
const OURS: &str = "bursar_refund_id";

/// Refunds through Stripe's API.
#[derive(Debug)]
pub struct Stripe {
    http: Http,
    key: SecretString,
    live: bool,
}

/// A refund, as Stripe writes it.
#[derive(Deserialize)]
struct Refund {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    charge: Option<String>,
    payment_intent: Option<String>,
    metadata: Option<serde_json::Map<String, Value>>,
    created: Option<i64>,
    failure_reason: Option<String>,
}

/// A dispute, as Stripe writes it.
#[derive(Deserialize)]
struct StripeDispute {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    charge: Option<String>,
    payment_intent: Option<String>,
    created: Option<i64>,
}

/// One page of a list.
#[derive(Deserialize)]
struct Page {
    data: Vec<Value>,
    has_more: bool,
}

/// An error of Stripe's.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Trouble {
    r#type: String,
    code: Option<String>,
    decline_code: Option<String>,
    message: String,
    param: Option<String>,
}

impl Stripe {
    /// Stripe, with a secret or restricted key, at `api_base` where one is given. One call takes
    /// `timeout` at most.
    ///
    /// # Errors
    /// A usage error where the key is none of Stripe's, or may not go to that address.
    pub fn new(key: SecretString, api_base: Option<&str>, timeout: Duration) -> Result<Self> {
        let text = key.expose_secret();
        let starts = |prefixes: [&str; 2]| prefixes.iter().any(|p| text.starts_with(p));
        let live = starts(["sk_live_", "rk_live_"]);
        if !(live || starts(["sk_test_", "rk_test_"])) || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::usage("STRIPE_SECRET_KEY is not a secret key of Stripe's")
                .hint("set it to a key that begins with sk_live_, rk_live_, sk_test_ or rk_test_"));
        }
        let base = base("STRIPE_API_BASE", api_base, OWN, live)?;
        Ok(Stripe { http: Http::new(base, timeout)?, key, live })
    }

    async fn send(&self, request: reqwest::RequestBuilder, until: Instant) -> Result<Reply, String> {
        self.http.send(self.signed(request), until).await
    }

    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.bearer_auth(self.key.expose_secret()).header("Stripe-Version", VERSION)
    }

    async fn create(&self, submission: &Submission) -> Answer {
        let ((name, id), amount) = match expressed(&submission.payment, submission.amount, &submission.currency) {
            Ok((payment, amount)) => (payment, amount.to_string()),
            Err(why) => return Answer::Refused { why },
        };
        let refund = submission.refund.to_string();
        let metadata = format!("metadata[{OURS}]");
        let mut form = vec![(name, id), ("amount", &amount), (&metadata, &refund)];
        // Stripe knows three reasons, and would refuse a fourth.
        if submission.reason != RefundReason::Other {
            form.push(("reason", submission.reason.name()));
        }
        let until = self.http.until();
        let request = self.http.call(Method::POST, "/v1/refunds").header("Idempotency-Key", &refund).form(&form);
        let reply = match self.http.tell(self.signed(request), until).await {
            Ok(reply) => reply,
            Err(Lost { why, asked: false }) => return Answer::NotSent { why },
            Err(Lost { why, .. }) => return Answer::Unknown { why },
        };
        self.http.note(reply.status);
        if reply.is_success() {
            return made(submission, reply.body);
        }
        let status = reply.status;
        let Some(trouble) = trouble(&reply) else {
            return Answer::Unknown { why: format!("its answer was {status}, and says nothing that is understood") };
        };
        let why = self.describe(status, &trouble);
        match verdict(status, &trouble) {
            Verdict::Unknown => Answer::Unknown { why },
            Verdict::Refused => Answer::Refused { why },
            Verdict::Denied => Answer::NotSent { why },
            Verdict::Stranger => submission.refused_to_a_stranger(why),
            Verdict::RefusedUnlessMade => {
                submission.unless_made(self.refunds(&submission.payment, until, &Except::default()).await, why)
            }
        }
    }

    /// Every object of a list about the payment, through all its pages.
    async fn list(&self, path: &str, payment: (&str, &str), until: Instant) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut query = vec![payment, ("limit", "100")];
            if let Some(after) = &after {
                query.push(("starting_after", after));
            }
            let request = self.http.call(Method::GET, path).query(&query);
            let reply = self.send(request, until).await.map_err(|why| unanswered(NAME, &why))?;
            let page: Page = match (reply.is_success(), trouble(&reply)) {
                (true, _) => serde_json::from_value(reply.body.unwrap_or_default())
                    .map_err(|e| not_understood(NAME, &e.to_string()))?,
                (false, Some(trouble)) if (400..500).contains(&reply.status) => {
                    return Err(Error::refused(format!(
                        "{NAME} refused to say: {}",
                        self.describe(reply.status, &trouble)
                    ))
                    .hint("check the payment's id, and that the key may read refunds and disputes of this account"));
                }
                (false, _) => return Err(unanswered(NAME, &format!("its answer was {}", reply.status))),
            };
            after = page.data.last().and_then(|last| last.get("id")?.as_str()).map(str::to_owned);
            all.extend(page.data);
            if !page.has_more {
                return Ok(all);
            }
            if after.is_none() {
                return Err(not_understood(NAME, "a page that is empty and has a next one"));
            }
        }
    }

    async fn refunds(&self, ids: &[String], until: Instant, except: &Except) -> Result<Vec<GatewayRefund>> {
        let payment = payment(ids).ok_or_else(|| Error::refused(not_ours(ids)))?;
        self.all(self.list("/v1/refunds", payment, until).await?, except, understood)
    }

    async fn disputes(&self, ids: &[String], until: Instant, except: &Except) -> Result<Vec<Dispute>> {
        let payment = payment(ids).ok_or_else(|| Error::refused(not_ours(ids)))?;
        self.all(self.list("/v1/disputes", payment, until).await?, except, disputed)
    }

    /// The objects of a list, without those of `except` that are not understood.
    fn all<T: for<'a> Deserialize<'a>, U>(
        &self,
        list: Vec<Value>,
        except: &Except,
        understood: impl Fn(T) -> Result<U, String>,
    ) -> Result<Vec<U>> {
        let mut all = Vec::new();
        for object in list {
            match T::deserialize(&object).map_err(|e| e.to_string()).and_then(&understood) {
                Ok(read) => all.push(read),
                Err(why) => left_out(NAME, odd_one(&object, words(&why, &self.key)), except)?,
            }
        }
        Ok(all)
    }

    /// The refund or dispute of an id. A dispute's id begins with `dp_` or `du_`.
    async fn thing(&self, id: &str) -> Result<Option<Thing>> {
        if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Ok(None);
        }
        let is_dispute = id.starts_with("dp_") || id.starts_with("du_");
        let path = if is_dispute { "disputes" } else { "refunds" };
        let Some(object) = self.question(&format!("/v1/{path}/{id}"), &[]).await? else { return Ok(None) };
        let read = if is_dispute {
            let read = StripeDispute::deserialize(&object).map_err(|e| e.to_string());
            read.and_then(disputed).map(Thing::Dispute)
        } else {
            Refund::deserialize(&object).map_err(|e| e.to_string()).and_then(understood).map(Thing::Refund)
        };
        match read {
            Ok(thing) => Ok(Some(thing)),
            Err(why) => match odd_one(&object, words(&why, &self.key)) {
                Ok(odd) => Ok(Some(Thing::Odd(odd))),
                Err(why) => Err(not_understood(NAME, &why)),
            },
        }
    }

    /// The answer to a question that changes nothing; `None` where there is no such object.
    async fn question(&self, path: &str, query: &[(&str, String)]) -> Result<Option<Value>> {
        let request = self.http.call(Method::GET, path).query(query);
        let reply =
            self.http.ask(self.signed(request), self.http.until()).await.map_err(|why| unanswered(NAME, &why))?;
        match (reply.is_success(), trouble(&reply)) {
            (true, _) => Ok(reply.body),
            (false, Some(_)) if reply.status == 404 => Ok(None),
            (false, Some(trouble)) if (400..500).contains(&reply.status) => Err(Error::refused(format!(
                "{NAME} refused to say ({path}): {}",
                self.describe(reply.status, &trouble)
            ))
            .hint("check that the key is of this account, and may read what is asked for")),
            (false, _) => Err(unanswered(NAME, &format!("its answer was {}", reply.status))),
        }
    }

    /// One page of a list by the date of its objects, the newest first.
    /// <https://docs.stripe.com/api/pagination>: `starting_after` is the last object of the page before.
    async fn page<T: for<'a> Deserialize<'a>, U>(
        &self,
        path: &str,
        between: Range,
        after: Option<&str>,
        understood: impl Fn(T) -> Result<U, String>,
    ) -> Result<Listed<U>> {
        let wrong = |why: &str| not_understood(NAME, why);
        let mut query = vec![
            ("created[gte]", between.since_second().to_string()),
            ("created[lt]", between.until_second().to_string()),
            ("limit", "100".to_owned()),
        ];
        query.extend(after.map(|id| ("starting_after", id.to_owned())));
        let body = self.question(path, &query).await?.ok_or_else(|| wrong(&format!("there is no list {path}")))?;
        let page: Page = serde_json::from_value(body).map_err(|e| wrong(&e.to_string()))?;
        let next = next(&page, after).map_err(wrong)?;
        let (mut objects, mut odd) = (Vec::new(), Vec::new());
        for object in page.data {
            let read = T::deserialize(&object).map_err(|e| e.to_string()).and_then(&understood);
            match read {
                Ok(read) => objects.push(read),
                Err(why) => {
                    odd.push(odd_one(&object, words(&why, &self.key)).map_err(|_| wrong("an object without an id"))?)
                }
            }
        }
        Ok(Listed { objects, odd, next })
    }

    async fn probing(&self) -> Probe {
        // Whoever may refund may read refunds; the balance needs a permission of its own.
        let request = self.http.call(Method::GET, "/v1/refunds").query(&[("limit", "1")]);
        let reply = match self.send(request, self.http.until()).await {
            Ok(reply) => reply,
            Err(why) => return Probe::Unreachable { why },
        };
        match (reply.is_success(), trouble(&reply)) {
            (true, _) => Probe::Ready,
            (false, Some(trouble)) if (400..500).contains(&reply.status) => {
                Probe::Refused { why: self.describe(reply.status, &trouble) }
            }
            (false, _) => Probe::Unreachable { why: format!("its answer was {}", reply.status) },
        }
    }

    /// <https://docs.stripe.com/api/accounts/retrieve>. A restricted key may lack the permission, which is a 403.
    async fn owner(&self) -> Result<Option<String>> {
        let reply = self.send(self.http.call(Method::GET, "/v1/account"), self.http.until()).await;
        let reply = reply.map_err(|why| unanswered(NAME, &why))?;
        match (reply.status, trouble(&reply)) {
            (200..300, _) => {
                Ok(reply.body.and_then(|body| body.get("id")?.as_str().map(str::to_owned)).filter(|id| !id.is_empty()))
            }
            (403 | 404, Some(_)) => Ok(None),
            (status @ 400..500, Some(trouble)) => {
                Err(Error::refused(format!("{NAME} does not take the key: {}", self.describe(status, &trouble)))
                    .hint("set STRIPE_SECRET_KEY to a key that is valid; see docs/gateways.md"))
            }
            (status, _) => Err(unanswered(NAME, &format!("its answer was {status}"))),
        }
    }

    fn describe(&self, status: u16, trouble: &Trouble) -> String {
        let code = trouble.code.as_deref().unwrap_or(&trouble.r#type);
        let decline = trouble.decline_code.as_deref().map(|d| format!(" ({d})")).unwrap_or_default();
        words(&format!("{code}{decline}: {} [{status}]", trouble.message), &self.key)
    }
}

impl Gateway for Stripe {
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
        Box::pin(self.page("/v1/refunds", between, after, understood))
    }

    fn disputes_between<'a>(
        &'a self,
        between: Range,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Listed<Dispute>>> {
        Box::pin(self.page("/v1/disputes", between, after, disputed))
    }

    fn probe(&self) -> BoxFuture<'_, Probe> {
        Box::pin(self.probing())
    }

    fn account(&self) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(self.owner())
    }

    fn ask<'a>(&'a self, path: &'a str, query: &'a [(&'a str, String)]) -> BoxFuture<'a, Result<Option<Value>>> {
        Box::pin(self.question(path, query))
    }
}

/// The place of the next page; or why there can be none.
fn next(page: &Page, after: Option<&str>) -> Result<Option<String>, &'static str> {
    let ids = || page.data.iter().map(|object| object.get("id").and_then(Value::as_str));
    if after.is_some() && ids().any(|id| id == after) {
        return Err("a page that it has given before");
    }
    match ids().next_back() {
        None if page.has_more => Err("a page that is empty and has a next one"),
        Some(None) => Err("an object without an id"),
        last => Ok(last.flatten().filter(|_| page.has_more).map(str::to_owned)),
    }
}

/// An object that is not understood, as far as it is; none where it has no id.
fn odd_one(object: &Value, why: String) -> Result<Odd, String> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let refund = object.get("metadata").and_then(|m| m.get(OURS)?.as_str()?.parse().ok());
    let payment = text("charge").into_iter().chain(text("payment_intent")).collect();
    match text("id") {
        Some(id) => Ok(Odd { id, refund, payment, why }),
        None => Err(why),
    }
}

/// A dispute, as Stripe writes it, in our words; or why it is not understood.
fn disputed(dispute: StripeDispute) -> Result<Dispute, String> {
    Ok(Dispute {
        amount: from_stripe(dispute.amount, &dispute.currency)?,
        id: dispute.id,
        lost: dispute.status == "lost",
        status: dispute.status,
        currency: dispute.currency.to_ascii_uppercase(),
        payment: dispute.charge.into_iter().chain(dispute.payment_intent).collect(),
        created: dispute.created.and_then(|at| DateTime::from_timestamp(at, 0)),
    })
}

/// A refusal is believed where Stripe says itself, in a status that means so, that it did not do it.
fn verdict(status: u16, trouble: &Trouble) -> Verdict {
    match (status, trouble.r#type.as_str()) {
        // Of a key that was used with other parameters, only this much is known: something was asked
        // before under this refund's id. That may have moved money, so it is no definite "not made".
        // A key that is in use is the same call, still under way.
        (_, "idempotency_error") => Verdict::Unknown,
        (401 | 403, _) => Verdict::Denied,
        (404, "card_error" | "invalid_request_error") => Verdict::Stranger,
        (400 | 402, "card_error" | "invalid_request_error") => {
            let code = trouble.code.as_deref();
            if matches!(code, Some("resource_missing" | "livemode_mismatch" | "account_invalid")) {
                return Verdict::Stranger;
            }
            let spent = code == Some("charge_already_refunded") || trouble.param.as_deref() == Some("amount");
            if spent { Verdict::RefusedUnlessMade } else { Verdict::Refused }
        }
        _ => Verdict::Unknown,
    }
}

fn trouble(reply: &Reply) -> Option<Trouble> {
    let trouble: Trouble = serde_json::from_value(reply.body.as_ref()?.get("error")?.clone()).ok()?;
    (!trouble.r#type.is_empty()).then_some(trouble)
}

/// An answer that says it was made.
fn made(submission: &Submission, body: Option<Value>) -> Answer {
    match serde_json::from_value::<Refund>(body.unwrap_or_default()).map_err(|e| e.to_string()).and_then(understood) {
        Ok(refund) => submission.confirmed(refund),
        Err(why) => Answer::Unknown { why: format!("its answer is not understood: {why}") },
    }
}

fn understood(refund: Refund) -> Result<GatewayRefund, String> {
    let status = match refund.status.as_str() {
        "pending" => Status::Pending,
        "requires_action" => Status::RequiresAction,
        "succeeded" => Status::Succeeded,
        "failed" => Status::Failed,
        "canceled" => Status::Canceled,
        other => return Err(format!("{} is '{other}'", refund.id)),
    };
    let ours = refund.metadata.as_ref().and_then(|m| m.get(OURS)?.as_str());
    Ok(GatewayRefund {
        amount: from_stripe(refund.amount, &refund.currency)?,
        currency: refund.currency.to_ascii_uppercase(),
        status,
        refund: ours.and_then(|id| id.parse().ok()),
        payment: refund.charge.into_iter().chain(refund.payment_intent).collect(),
        created: refund.created.and_then(|at| DateTime::from_timestamp(at, 0)),
        why: refund.failure_reason,
        id: refund.id,
    })
}

/// The parameter that names the payment, and its id: the charge where there is one.
fn payment(ids: &[String]) -> Option<(&'static str, &str)> {
    let find = |prefixes: &[&str]| ids.iter().find(|id| prefixes.iter().any(|p| id.starts_with(p))).map(String::as_str);
    let charge = find(&["ch_", "py_"]).map(|id| ("charge", id));
    charge.or_else(|| Some(("payment_intent", find(&["pi_"])?)))
}

/// The payment and the amount in Stripe's terms; or the reason that there are none.
fn expressed<'a>(ids: &'a [String], amount: i64, currency: &str) -> Result<((&'static str, &'a str), i64), String> {
    Ok((payment(ids).ok_or_else(|| not_ours(ids))?, to_stripe(amount, currency)?))
}

fn not_ours(ids: &[String]) -> String {
    format!("the payment has no charge (ch_, py_) and no payment intent (pi_) of Stripe's, but: {}", ids.join(", "))
}

/// Our minor units as Stripe's, or why there are none.
fn to_stripe(amount: i64, currency: &str) -> Result<i64, String> {
    let cannot = || format!("Stripe cannot express {}", money::format(amount, currency));
    let ours = money::digits(currency).ok_or_else(|| format!("{currency} is not a currency of ISO 4217"))?;
    let theirs = money::stripe_digits(currency).ok_or_else(cannot)?;
    let scaled = money::rescale(amount, ours, theirs).ok_or_else(cannot)?;
    if theirs == 3 && scaled % 10 != 0 {
        return Err(format!("{}: its last decimal has to be 0 there", cannot()));
    }
    Ok(scaled)
}

/// Stripe's minor units as ours of ISO 4217.
///
/// # Errors
/// The reason that they are not understood.
pub fn from_stripe(amount: i64, currency: &str) -> Result<i64, String> {
    let scaled = (|| money::rescale(amount, money::stripe_digits(currency)?, money::digits(currency)?))();
    scaled.ok_or_else(|| format!("an amount of {amount} {currency}"))
}

#[cfg(test)]
mod tests {
    use super::{Trouble, Verdict, from_stripe, payment, to_stripe, verdict};

    #[test]
    fn stripes_own_minor_units_are_converted_exactly_or_not_at_all() {
        for (ours, currency, theirs) in [
            (5_000, "THB", 5_000),
            (500, "JPY", 500),
            (5, "ISK", 500),
            (5, "UGX", 500),
            (500, "MGA", 5),
            (1_230, "KWD", 1_230),
            (5_050, "HUF", 5_050),
        ] {
            assert_eq!(to_stripe(ours, currency), Ok(theirs), "{currency}");
            assert_eq!(from_stripe(theirs, &currency.to_lowercase()), Ok(ours), "{currency}");
        }
        for (ours, currency) in [(1_234, "KWD"), (550, "MGA"), (i64::MAX, "ISK"), (1, "XYZ")] {
            assert!(to_stripe(ours, currency).is_err(), "{currency}");
        }
        assert!(from_stripe(550, "isk").is_err());
    }

    #[test]
    fn a_charge_is_named_before_its_intent_and_nothing_else_is() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(payment(&ids(&["pi_1", "ch_1"])), Some(("charge", "ch_1")));
        assert_eq!(payment(&ids(&["py_1"])), Some(("charge", "py_1")));
        assert_eq!(payment(&ids(&["cs_1", "pi_1"])), Some(("payment_intent", "pi_1")));
        assert_eq!(payment(&ids(&["5O190127TN364715T"])), None);
    }

    #[test]
    fn only_what_stripe_says_it_did_not_do_is_refused() {
        for (status, kind, code, expected) in [
            (400, "invalid_request_error", Some("charge_disputed"), Verdict::Refused),
            (400, "invalid_request_error", Some("charge_already_refunded"), Verdict::RefusedUnlessMade),
            (402, "card_error", None, Verdict::Refused),
            (400, "invalid_request_error", Some("resource_missing"), Verdict::Stranger),
            (404, "invalid_request_error", Some("resource_missing"), Verdict::Stranger),
            (401, "invalid_request_error", None, Verdict::Denied),
            (403, "invalid_request_error", None, Verdict::Denied),
            (400, "idempotency_error", None, Verdict::Unknown),
            (409, "idempotency_error", Some("idempotency_key_in_use"), Verdict::Unknown),
            (409, "invalid_request_error", None, Verdict::Unknown),
            (400, "api_error", None, Verdict::Unknown),
            (424, "invalid_request_error", None, Verdict::Unknown),
            (500, "invalid_request_error", None, Verdict::Unknown),
            (302, "invalid_request_error", None, Verdict::Unknown),
        ] {
            let trouble = Trouble { r#type: kind.to_owned(), code: code.map(str::to_owned), ..Trouble::default() };
            assert_eq!(verdict(status, &trouble), expected, "{status} {kind} {code:?}");
        }
    }
}
