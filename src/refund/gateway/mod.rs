//! Payment gateways, behind one trait. A gateway never retries a refund under another key, and says
//! "unknown" wherever the money may have moved and the answer was lost.

#[cfg(feature = "gateways")]
mod base;
mod configure;
#[cfg(feature = "gateways")]
mod http;
mod model;
#[cfg(feature = "gateways")]
mod online;
#[cfg(feature = "gateways")]
mod paypal;
mod record_only;
#[cfg(feature = "gateways")]
mod stripe;

pub use configure::{by_name, configured, guard, known, needs, reference};
#[cfg(feature = "gateways")]
pub use http::TIMEOUT;
pub use model::{
    Answer, Dispute, Except, Gateway, GatewayRefund, Listed, Odd, Probe, Range, Status, Submission, Thing,
    acknowledgement,
};
#[cfg(feature = "gateways")]
pub use paypal::{PayPal, order_of};
pub use record_only::RecordOnly;
#[cfg(feature = "gateways")]
pub use stripe::{Stripe, from_stripe};
