//! The gateways that are called over the network, as the environment configures them.

use std::time::Duration;

use secrecy::SecretString;

use super::model::{Gateway, Var};
use super::{PayPal, Stripe, TIMEOUT};
use crate::error::{Error, Result};

/// The longest time-out of a call. A refund is held for two conversations, of four calls each, and some time beside
/// them; the database lets nobody hold one for more than a quarter of an hour.
const LONGEST: Duration = Duration::from_secs(90);

/// Every gateway that the environment configures.
///
/// # Errors
/// As [`super::configured`].
pub(super) fn configured(var: Var<'_>) -> Result<Vec<Box<dyn Gateway>>> {
    let mut gateways: Vec<Box<dyn Gateway>> = Vec::new();
    if let Some(stripe) = stripe(var)? {
        gateways.push(Box::new(stripe));
    }
    if let Some(paypal) = paypal(var)? {
        gateways.push(Box::new(paypal));
    }
    Ok(gateways)
}

pub(super) fn stripe(var: Var<'_>) -> Result<Option<Stripe>> {
    let Some(key) = var("STRIPE_SECRET_KEY") else { return Ok(None) };
    Stripe::new(SecretString::from(key), var("STRIPE_API_BASE").as_deref(), timeout(var)?).map(Some)
}

pub(super) fn paypal(var: Var<'_>) -> Result<Option<PayPal>> {
    let (id, secret) = match (var("PAYPAL_CLIENT_ID"), var("PAYPAL_CLIENT_SECRET")) {
        (None, None) => return Ok(None),
        (Some(id), Some(secret)) => (id, SecretString::from(secret)),
        (id, _) => {
            let missing = if id.is_some() { "PAYPAL_CLIENT_SECRET" } else { "PAYPAL_CLIENT_ID" };
            return Err(Error::usage(format!("{missing} is not set, and the other half of PayPal's credentials is"))
                .hint("set both, or neither"));
        }
    };
    let live = match var("PAYPAL_ENVIRONMENT").as_deref() {
        None | Some("live") => true,
        Some("sandbox") => false,
        Some(other) => {
            return Err(Error::usage(format!("PAYPAL_ENVIRONMENT is '{other}'")).hint("set it to `live` or `sandbox`"));
        }
    };
    PayPal::new(id, secret, live, var("PAYPAL_API_BASE").as_deref(), timeout(var)?).map(Some)
}

fn timeout(var: Var<'_>) -> Result<Duration> {
    let Some(text) = var("BURSAR_GATEWAY_TIMEOUT") else { return Ok(TIMEOUT) };
    let within = |d: &Duration| (Duration::from_millis(1)..=LONGEST).contains(d);
    humantime::parse_duration(&text).ok().filter(within).ok_or_else(|| {
        Error::usage(format!("BURSAR_GATEWAY_TIMEOUT is '{text}'"))
            .hint("set it to a duration of at most 90 seconds, such as `30s`")
    })
}
