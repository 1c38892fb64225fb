//! A payment gateway in this process: it speaks enough of Stripe and of PayPal, keeps the money's
//! books, records every request, and misbehaves as a test tells it to.
//!
//! Amounts are in the gateway's own units here, and are counted without the code under test.

mod http;
mod paypal;
mod stripe;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;

pub use http::Request;

/// What goes wrong with one request.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// Nothing.
    Fine,
    /// 500, and nothing was done.
    FailBefore,
    /// It was done, and 500 is the answer.
    FailAfter,
    /// The connection is dropped, and nothing was done.
    DropBefore,
    /// It was done, and the connection is dropped.
    DropAfter,
    /// It was done, and the answer ends in its middle.
    BreakOff,
    /// It was done, and the answer comes after this long.
    Slow(Duration),
    /// It was done, and the answer comes when this is true.
    Held(Arc<AtomicBool>),
    /// It was done once, and answered twice on a connection that stays open.
    Twice,
    /// The idempotency key is not looked at.
    IgnoreKey,
    /// 429, with that many seconds in `Retry-After`; nothing was done.
    TooMany(Option<u64>),
    /// 409, as for a key that is in use; nothing was done.
    Conflict,
    /// It was done, and the answer is no JSON.
    Malformed,
    /// It was done, and the answer is JSON of more than 1 MiB.
    Huge,
    /// A redirect to this address; nothing was done.
    Redirect(String),
    /// This status and body; nothing was done.
    Answer(u16, Value),
}

/// A payment that can be refunded.
#[derive(Debug, Clone)]
pub struct Payment {
    /// Stripe: charge and intent. PayPal: order and capture.
    pub ids: [String; 2],
    /// What was paid, in the gateway's units.
    pub amount: i64,
    /// In capitals.
    pub currency: String,
    /// When, in seconds since 1970.
    pub created: i64,
    /// In the gateway's words; Stripe's may be `pending`, and is in no balance then.
    pub status: String,
}

/// A refund that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its id.
    pub id: String,
    /// Of which payment.
    pub payment: Payment,
    /// In the gateway's units.
    pub amount: i64,
    /// In the gateway's words.
    pub status: String,
    /// Our refund, from the metadata.
    pub ours: Option<String>,
    /// Why it was made.
    pub reason: Option<String>,
    /// Why it failed.
    pub why: Option<String>,
    /// When, in seconds since 1970.
    pub created: i64,
}

/// A dispute.
#[derive(Debug, Clone)]
struct Dispute {
    id: String,
    payment: Payment,
    status: String,
    outcome: Option<String>,
    created: i64,
    /// In the gateway's units; a bank may dispute more than was paid.
    amount: i64,
    /// In capitals.
    currency: String,
}

/// An answer, before anything goes wrong with it.
type Answer = (u16, Value);

#[derive(Default)]
struct State {
    payments: Vec<Payment>,
    refunds: Vec<Made>,
    disputes: Vec<Dispute>,
    /// What was asked with an idempotency key, and answered.
    keys: HashMap<String, (String, Answer)>,
    script: Vec<(String, Trouble)>,
    requests: Vec<Request>,
    /// The status of new refunds, where it is not that they are done.
    new: Option<String>,
    ignores_keys: bool,
    page: Option<usize>,
    hides_custom_id: bool,
    /// How many tokens there were; only the last is taken.
    tokens: u32,
    /// What the gateway's clock says, in seconds since 1970.
    clock: Option<i64>,
    /// Lines of the balance, or transactions, that belong to no payment, as the gateway writes them.
    lines: Vec<Value>,
    /// The most transactions that PayPal finds at once.
    most: Option<usize>,
    /// Nothing changes any more, so that its lists are made once.
    is_still: bool,
    /// The lists that were made, by what they are of, with the place of each object.
    lists: HashMap<String, (Vec<Value>, HashMap<String, usize>)>,
    /// The account that the key belongs to, where it is another than at first.
    account: Option<String>,
}

/// What the gateway's clock says at first: 2025-06-15 15:06:40 UTC.
pub const CLOCK: i64 = 1_750_000_000;

type Hook = Arc<dyn Fn(&Request) + Send + Sync>;

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    hooks: Mutex<[Option<Hook>; 2]>,
    stopped: AtomicBool,
}

/// The gateway. It stops when it is dropped.
pub struct Fake {
    /// Its address, for `STRIPE_API_BASE` and `PAYPAL_API_BASE`.
    pub url: String,
    address: SocketAddr,
    inner: Arc<Inner>,
}

impl Fake {
    /// Starts it on a free port; it answers when this returns.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let inner = Arc::new(Inner::default());
        let served = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if served.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let inner = Arc::clone(&served);
                // A client that was killed is no failure of the gateway.
                std::thread::spawn(move || stream.and_then(|stream| inner.serve(stream)).ok());
            }
        });
        Fake { url: format!("http://{address}"), address, inner }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        super::lock(&self.inner.state)
    }

    /// The environment that makes bursar use it, as both gateways.
    pub fn env(&self) -> [(&'static str, String); 6] {
        [
            ("STRIPE_SECRET_KEY", "sk_test_s3cr3t".to_owned()),
            ("STRIPE_API_BASE", self.url.clone()),
            ("PAYPAL_CLIENT_ID", "client".to_owned()),
            ("PAYPAL_CLIENT_SECRET", "s3cr3t".to_owned()),
            ("PAYPAL_ENVIRONMENT", "sandbox".to_owned()),
            ("PAYPAL_API_BASE", self.url.clone()),
        ]
    }

    /// A payment: Stripe's charge and intent, or PayPal's order and capture.
    pub fn payment(&self, ids: [&str; 2], amount: i64, currency: &str) {
        self.payment_that_is(ids, amount, currency, "succeeded");
    }

    /// A payment that stands so, in the gateway's words.
    pub fn payment_that_is(&self, ids: [&str; 2], amount: i64, currency: &str, status: &str) {
        let mut state = self.state();
        let payment = Payment {
            ids: ids.map(str::to_owned),
            amount,
            currency: currency.to_owned(),
            created: state.now(),
            status: status.to_owned(),
        };
        state.payments.push(payment);
    }

    /// The gateway's clock says this from now on, in seconds since 1970.
    pub fn clock(&self, seconds: i64) {
        self.state().clock = Some(seconds);
    }

    /// A line of Stripe's balance, or a transaction of PayPal's, that belongs to no payment, as the gateway writes it.
    pub fn line(&self, line: Value) {
        self.state().lines.push(line);
    }

    /// PayPal finds at most so many transactions at once.
    pub fn finds_at_most(&self, transactions: usize) {
        self.state().most = Some(transactions);
    }

    /// What goes wrong with the next requests that begin so, such as `POST /v1/refunds`, one after another.
    pub fn script(&self, request: &str, troubles: impl IntoIterator<Item = Trouble>) {
        self.state().script.extend(troubles.into_iter().map(|trouble| (request.to_owned(), trouble)));
    }

    /// Nothing goes wrong any more that was to go wrong.
    pub fn calm(&self) {
        self.state().script.clear();
    }

    /// Idempotency keys mean nothing from now on.
    pub fn ignore_keys(&self) {
        self.state().ignores_keys = true;
    }

    /// It forgets the keys that it has seen, as gateways do after a day.
    pub fn forget_keys(&self) {
        self.state().keys.clear();
    }

    /// Refunds begin in this status, in the gateway's words.
    pub fn new_refunds_are(&self, status: &str) {
        self.state().new = Some(status.to_owned());
    }

    /// Moves a refund to a status, in the gateway's words.
    pub fn settle(&self, id: &str, status: &str, why: Option<&str>) {
        let mut state = self.state();
        let refund = state.refunds.iter_mut().find(|r| r.id == id).expect("the refund");
        refund.status = status.to_owned();
        refund.why = why.map(str::to_owned);
    }

    /// Somebody makes a refund in the gateway's dashboard.
    pub fn refund_in_dashboard(&self, payment: &str, amount: i64) -> String {
        self.state().refund(payment, amount, None, None).expect("a payment").id
    }

    /// It has none of its refunds any more, as another account, or one that was put back.
    pub fn loses_its_refunds(&self) {
        let mut state = self.state();
        state.refunds.clear();
        state.keys.clear();
    }

    /// The key belongs to this account from now on.
    pub fn account_is(&self, account: &str) {
        self.state().account = Some(account.to_owned());
    }

    /// A customer raises a dispute over all of a payment, which stands so; PayPal's also ends in an outcome.
    pub fn dispute(&self, payment: &str, status: &str, outcome: Option<&str>) {
        let Payment { amount, currency, .. } = self.state().payment(payment).expect("a payment");
        self.dispute_over(payment, status, outcome, amount, &currency);
    }

    /// Moves a dispute to a status, in the gateway's words.
    pub fn ends_dispute(&self, id: &str, status: &str, outcome: Option<&str>) {
        let mut state = self.state();
        let dispute = state.disputes.iter_mut().find(|d| d.id == id).expect("the dispute");
        dispute.status = status.to_owned();
        dispute.outcome = outcome.map(str::to_owned);
    }

    /// A customer raises a dispute over this much, in the gateway's units.
    pub fn dispute_over(
        &self,
        payment: &str,
        status: &str,
        outcome: Option<&str>,
        amount: i64,
        currency: &str,
    ) -> String {
        let mut state = self.state();
        let payment = state.payment(payment).expect("a payment");
        let id = format!("{}{}", if payment.ids[0].contains('_') { "dp_" } else { "PPD" }, state.disputes.len());
        let outcome = outcome.map(str::to_owned);
        let created = state.now();
        let (status, currency) = (status.to_owned(), currency.to_owned());
        state.disputes.push(Dispute { id: id.clone(), payment, status, outcome, created, amount, currency });
        id
    }

    /// Lists have at most so many objects a page.
    pub fn pages_of(&self, objects: usize) {
        self.state().page = Some(objects);
    }

    /// Nothing changes from now on, so that lists of a hundred thousand objects are made once, and not for each page.
    pub fn stands_still(&self) {
        self.state().is_still = true;
    }

    /// PayPal's orders list refunds without our id, as some versions do.
    pub fn hide_custom_ids(&self) {
        self.state().hides_custom_id = true;
    }

    /// PayPal's tokens so far are not taken any more.
    pub fn expire_tokens(&self) {
        self.state().tokens += 1;
    }

    /// Runs before a request is acted on.
    pub fn before(&self, hook: impl Fn(&Request) + Send + Sync + 'static) {
        super::lock(&self.inner.hooks)[0] = Some(Arc::new(hook));
    }

    /// Runs after a request was acted on, and before it is answered.
    pub fn after(&self, hook: impl Fn(&Request) + Send + Sync + 'static) {
        super::lock(&self.inner.hooks)[1] = Some(Arc::new(hook));
    }

    /// Every request so far that begins so, such as `POST /v1/refunds`.
    pub fn requests(&self, beginning: &str) -> Vec<Request> {
        self.state().requests.iter().filter(|r| r.line().starts_with(beginning)).cloned().collect()
    }

    /// Every refund so far.
    pub fn refunds(&self) -> Vec<Made> {
        self.state().refunds.clone()
    }

    /// How many refunds it made.
    pub fn refunded(&self) -> usize {
        self.state().refunds.len()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.inner.stopped.store(true, Ordering::SeqCst);
        // This wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn now(&self) -> i64 {
        self.clock.unwrap_or(CLOCK)
    }

    /// The payment with that id, of either kind.
    fn payment(&self, id: &str) -> Option<Payment> {
        self.payments.iter().find(|p| p.ids.iter().any(|i| i == id)).cloned()
    }

    /// What of the payment is not refunded.
    fn left(&self, payment: &Payment) -> i64 {
        let back = |r: &&Made| r.payment.ids == payment.ids && !matches!(&*r.status, "failed" | "FAILED");
        payment.amount - self.refunds.iter().filter(back).map(|r| r.amount).sum::<i64>()
    }

    /// Makes a refund.
    fn refund(&mut self, payment: &str, amount: i64, ours: Option<String>, reason: Option<String>) -> Option<Made> {
        let payment = self.payment(payment)?;
        let stripe = payment.ids[0].contains('_');
        let (prefix, done) = if stripe { ("re_", "succeeded") } else { ("R", "COMPLETED") };
        let made = Made {
            id: format!("{prefix}{}", self.refunds.len()),
            payment,
            amount,
            status: self.new.clone().unwrap_or_else(|| done.to_owned()),
            ours,
            reason,
            why: None,
            created: self.now(),
        };
        self.refunds.push(made.clone());
        Some(made)
    }

    /// Answers as the gateway, once for each key.
    fn answer(&mut self, request: &Request, ignores_key: bool) -> Answer {
        let paypal = request.path.starts_with("/v2")
            || ["customer", "oauth", "reporting"].iter().any(|word| request.path.contains(word));
        let act = if paypal { paypal::act } else { stripe::act };
        let Some(key) = request.key().filter(|_| !ignores_key && !self.ignores_keys) else {
            return act(self, request);
        };
        let asked = format!("{} {}", request.line(), request.body);
        if let Some((before, answer)) = self.keys.get(&key) {
            return match *before == asked {
                true => answer.clone(),
                false if paypal => paypal::error(422, "DUPLICATE_REQUEST_ID", "The id was used with another request."),
                false => {
                    stripe::error(400, "idempotency_error", None, "Keys can only be used with the same parameters.")
                }
            };
        }
        let answer = act(self, request);
        // An answer that could not be given because of who asked is not kept.
        if answer.0 != 401 {
            self.keys.insert(key, (asked, answer.clone()));
        }
        answer
    }

    /// What is to go wrong with this request.
    fn trouble(&mut self, request: &Request) -> Trouble {
        let next = self.script.iter().position(|(beginning, _)| request.line().starts_with(beginning));
        next.map_or(Trouble::Fine, |at| self.script.remove(at).1)
    }
}
