//! The HTTP that the gateways share: one connection a call, a time-out on every call, back-off, and a
//! bounded answer. Nothing is logged here, so no key can be.
//!
//! A call is repeated only where it is certain that the gateway did nothing: it could not be
//! connected to, or it said that there were too many calls. Everything else is for the caller to judge.

use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::base::is_local;
use super::model::{Except, Odd, acknowledgement};
use crate::backoff;
use crate::error::{Error, Kind, Result};

/// The time limit of one call where nothing else is configured.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The number of calls' time that one request to a gateway may take in all: its pages, and its retries.
const CALLS: u32 = 4;

/// The number of tries to connect to a gateway.
const CONNECTS: u32 = 3;

/// The first pause between two tries, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// The largest answer that is read. A page of a hundred refunds is a tenth of it.
const LARGEST: usize = 1024 * 1024;

/// The largest page of a list of whole objects. Stripe's objects may carry 25 kB of metadata each, and a page a hundred.
const LARGEST_PAGE: usize = 16 * 1024 * 1024;

/// The number of times that a question which changes nothing is asked again after its answer was lost.
const AGAIN: u32 = 3;

/// The most that is repeated of a gateway's own words, in characters.
const WORDS: usize = 300;

/// A gateway's address, and how it is called.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    base: Url,
    timeout: Duration,
    /// The status with which the gateway has turned the key away; 0 where it has not.
    denied: AtomicU16,
}

/// An answer that arrived whole.
#[derive(Debug)]
pub(super) struct Reply {
    /// The status line's number.
    pub status: u16,
    /// The body, where it is JSON.
    pub body: Option<Value>,
}

/// What happened instead of an answer.
pub(super) struct Lost {
    /// The event.
    pub why: String,
    /// False where the gateway was certainly asked nothing, and was already waited for.
    pub asked: bool,
}

impl Reply {
    /// True where the gateway did as it was asked.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Http {
    /// Calls to `base`, which [`super::base`] has checked.
    ///
    /// # Errors
    /// If the machine has no usable certificates.
    pub fn new(base: Url, timeout: Duration) -> Result<Self> {
        // sqlx brings this provider too. Where one is installed already, it is that same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("bursar/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry the key, or the refund, to where nobody meant it to go.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(timeout)
            .timeout(timeout)
            // A connection that is used twice could give the first call's answer to the second.
            .pool_max_idle_per_host(0);
        if is_local(&base) {
            builder = builder.no_proxy();
        }
        let client =
            builder.build().map_err(|e| Error::from_cause(Kind::Failed, e).context("HTTPS cannot be set up"))?;
        Ok(Http { client, base, timeout, denied: AtomicU16::new(0) })
    }

    /// Notes the status of an answer: 401 and 403 turn the key away.
    pub fn note(&self, status: u16) {
        if matches!(status, 401 | 403) {
            self.denied.store(status, Ordering::Relaxed);
        }
    }

    /// The reason for which an answer has turned the key away.
    pub fn denied(&self) -> Option<&'static str> {
        match self.denied.load(Ordering::Relaxed) {
            0 => None,
            401 => Some("it is not valid"),
            _ => Some("it may not make refunds"),
        }
    }

    /// The time limit of a request to the gateway, all its calls and retries together.
    pub fn patience(&self) -> Duration {
        self.timeout * CALLS
    }

    /// The end of that time, if it begins now.
    pub fn until(&self) -> Instant {
        Instant::now() + self.patience()
    }

    /// A call of `path`, which begins with a slash and holds nothing that came from outside unchecked.
    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        self.client.request(method, url)
    }

    /// Makes the call, and waits for the whole answer until `until` at the longest.
    ///
    /// # Errors
    /// The event instead of an answer.
    pub async fn send(&self, request: RequestBuilder, until: Instant) -> Result<Reply, String> {
        self.tell(request, until).await.map_err(|lost| lost.why)
    }

    /// As [`Http::send`], for a call that changes something: what happened instead of an answer says whether the
    /// gateway was asked.
    ///
    /// # Errors
    /// The event instead of an answer.
    pub async fn tell(&self, request: RequestBuilder, until: Instant) -> Result<Reply, Lost> {
        self.attempt(request, until, LARGEST).await
    }

    /// Asks a question that changes nothing, and asks again where the answer was lost, is no JSON, or says that the
    /// gateway failed, until `until` at the longest.
    ///
    /// # Errors
    /// The event instead of an answer, the last time.
    pub async fn ask(&self, request: RequestBuilder, until: Instant) -> Result<Reply, String> {
        let mut pauses = backoff::pauses(FIRST_PAUSE, LONGEST_PAUSE, AGAIN);
        loop {
            let Some(again) = request.try_clone() else { return Err("it could not be asked".to_owned()) };
            let answer = self.attempt(again, until, LARGEST_PAGE).await;
            let why = match answer {
                Ok(reply) if reply.status >= 500 => format!("its answer was {}", reply.status),
                Ok(reply) if reply.is_success() && reply.body.is_none() => "its answer is no JSON".to_owned(),
                Ok(reply) => return Ok(reply),
                Err(Lost { why, asked: true }) => why,
                Err(Lost { why, asked: false }) => return Err(why),
            };
            match pauses.next() {
                Some(pause) if pause < until.saturating_duration_since(Instant::now()) => {
                    tokio::time::sleep(pause).await;
                }
                _ => return Err(why),
            }
        }
    }

    async fn attempt(&self, request: RequestBuilder, until: Instant, largest: usize) -> Result<Reply, Lost> {
        let mut pauses = backoff::pauses(FIRST_PAUSE, LONGEST_PAUSE, u32::MAX);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
            let left = until.saturating_duration_since(Instant::now());
            // The bodies here are in memory, and so can always be sent again.
            let Some(request) = request.try_clone().filter(|_| !left.is_zero()) else {
                return Err(Lost { why: "the time for it was over before it could be asked".to_owned(), asked: false });
            };
            let (wait, why) = match request.timeout(left.min(self.timeout)).send().await {
                Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => {
                    let asked = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok());
                    let wait = asked.map_or(pause, |seconds| Duration::from_secs(seconds).max(pause));
                    (wait, "it has too many requests to answer (429), and did nothing".to_owned())
                }
                Ok(response) => return read(response, largest).await.map_err(|why| Lost { why, asked: true }),
                Err(e) if e.is_connect() => {
                    let why = format!("it cannot be reached, and was asked nothing: {}", cause(e));
                    if attempt == CONNECTS {
                        return Err(Lost { why, asked: false });
                    }
                    (pause, why)
                }
                Err(e) => {
                    let how = if e.is_timeout() { "no answer came in time" } else { "no answer came" };
                    return Err(Lost { why: format!("{how}: {}", cause(e)), asked: true });
                }
            };
            if wait >= until.saturating_duration_since(Instant::now()) {
                return Err(Lost { why, asked: false });
            }
            tokio::time::sleep(wait).await;
        }
    }
}

async fn read(mut response: reqwest::Response, largest: usize) -> Result<Reply, String> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > largest => {
                return Err(format!("its answer ({status}) is larger than {} MiB, and was not read", largest >> 20));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(e) => return Err(format!("its answer ({status}) broke off: {}", cause(e))),
        }
    }
    Ok(Reply { status, body: serde_json::from_slice(&body).ok() })
}

/// The error down to its first cause, without the address: that is the user's own, or known.
fn cause(error: reqwest::Error) -> String {
    format!("{:#}", anyhow::Error::from(error.without_url()))
}

/// A gateway's own words: cut where they are long, and never with the key, should it repeat that.
pub(super) fn words(text: &str, secret: &SecretString) -> String {
    let mut words: String = text.replace(secret.expose_secret(), "***").chars().take(WORDS).collect();
    if words.chars().count() == WORDS {
        words.push('…');
    }
    words
}

/// The error of a question that a gateway did not answer.
pub(super) fn unanswered(gateway: &str, why: &str) -> Error {
    Error::new(Kind::Connection, format!("{gateway} did not answer: {why}"))
        .hint("nothing was changed; ask again later")
}

/// The refusal of what a gateway cannot be asked for.
pub(super) fn cannot(why: String) -> Error {
    Error::refused(format!("{why}; nothing was changed"))
        .hint("money that was moved elsewhere is put on record with --gateway record-only --gateway-ref REF")
}

/// The meaning of an answer that is no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Refused,
    /// The credentials were turned away.
    Denied,
    /// Refused because the account has no such payment, or none that the credentials may touch.
    Stranger,
    RefusedUnlessMade,
    Unknown,
}

/// Leaves out an object that is not understood and that somebody answers for. One without an id is the reason alone.
///
/// # Errors
/// The answer is not understood.
pub(super) fn left_out(gateway: &str, odd: Result<Odd, String>, except: &Except) -> Result<()> {
    match odd {
        Ok(odd) if except.holds(&odd) => Ok(()),
        Ok(odd) => Err(not_understood(gateway, &odd.why).hint(format!(
            "look at it in the dashboard of {gateway}; where it never will fit: {}",
            acknowledgement(gateway, &odd.id)
        ))),
        Err(why) => Err(not_understood(gateway, &why)),
    }
}

/// The error of an answer that says something else than it should.
pub(super) fn not_understood(gateway: &str, why: &str) -> Error {
    Error::new(Kind::Incomplete, format!("{gateway} answered something that bursar does not understand: {why}"))
        .hint("nothing was changed; look at the payment in the gateway's dashboard")
}
