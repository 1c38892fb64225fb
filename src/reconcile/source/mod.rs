//! The gateway's side, read from its API or from a file that was exported from it.

mod decimal;
mod kinds;
#[cfg(feature = "gateways")]
mod paypal;
mod paypal_csv;
mod seen;
#[cfg(feature = "gateways")]
mod stripe;
mod stripe_csv;
mod table;
mod unknown;

use std::path::Path;

#[cfg(feature = "gateways")]
use chrono::{DateTime, Utc};

use super::model::Source;
use crate::error::{Error, Result};
#[cfg(feature = "gateways")]
use crate::refund::gateway::Gateway;
use table::Table;

/// The exports that are understood, for messages and the help.
pub const EXPORTS: [&str; 5] = [
    "Stripe: balance change from activity, payout reconciliation or ending balance, itemized",
    "Stripe: the balance's transactions, and the payments, of the dashboard",
    "PayPal: settlement report and transaction detail report",
    "PayPal: the activity download, with English headings",
    "any of them separated by commas, semicolons or tabs, in UTF-8",
];

/// Opens a file that was exported from a gateway, and recognizes it by its headings. `-` is the standard input.
/// `gateway` is the one that it has to be from, where one was named.
///
/// # Errors
/// A usage error where it cannot be opened, is none of [`EXPORTS`], or is of another gateway.
pub fn from_file(path: &Path, gateway: Option<&str>) -> Result<Box<dyn Source>> {
    let table = Table::open(path)?;
    let source: Box<dyn Source> = if paypal_csv::Report::fits(&table) {
        Box::new(paypal_csv::Report::new(table)?)
    } else if paypal_csv::Activity::fits(&table) {
        Box::new(paypal_csv::Activity::new(table)?)
    } else if stripe_csv::Balance::fits(&table) {
        Box::new(stripe_csv::Balance::new(table)?)
    } else if stripe_csv::Payments::fits(&table) {
        Box::new(stripe_csv::Payments::new(table)?)
    } else {
        let headings: Vec<&str> = table.headings().take(8).collect();
        return Err(Error::usage(format!(
            "{}:1: these headings are of no export that bursar understands: {}",
            table.name(),
            headings.join(", ")
        ))
        .hint(format!("export one of these: {}", EXPORTS.join("; "))));
    };
    match gateway.filter(|name| *name != source.gateway()) {
        Some(name) => Err(Error::usage(format!(
            "{} was exported from {}, and --gateway is {name}",
            crate::text::quoted(&path.to_string_lossy()),
            source.gateway()
        ))
        .hint(format!("use `--gateway {}`", source.gateway()))),
        None => Ok(source),
    }
}

/// Reads from a configured gateway. `payout` is the only payout whose movements are read, where one was named. Nothing
/// is read of what happens after `now`.
///
/// # Errors
/// A usage error where the gateway has no movements, or cannot tell those of one payout.
#[cfg(feature = "gateways")]
pub fn from_gateway(gateway: Box<dyn Gateway>, payout: Option<String>, now: DateTime<Utc>) -> Result<Box<dyn Source>> {
    match (gateway.name(), payout) {
        ("stripe", payout) => Ok(Box::new(stripe::Api::new(gateway, payout, now)?)),
        ("paypal", None) => Ok(Box::new(paypal::Api::new(gateway, now))),
        ("paypal", Some(_)) => Err(Error::usage("PayPal does not say which payments a payout carried")
            .hint("leave out `--payout`, and give a range with `--since` and `--until`")),
        (name, _) => Err(Error::usage(format!("{name} has no movements of its own that could be compared"))
            .hint("use `--gateway stripe`, `--gateway paypal`, or a file with `--export FILE.csv`")),
    }
}
