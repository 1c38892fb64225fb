//! What PayPal writes, and what it means.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::super::http::Verdict;
use super::super::{Dispute, GatewayRefund, Status};
use crate::ids::RefundId;
use crate::money;

/// The answer to a sign-in.
#[derive(Deserialize)]
pub(super) struct Token {
    pub access_token: String,
}

/// An order, with what was captured and refunded of it.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub id: String,
    #[serde(default)]
    purchase_units: Vec<Unit>,
}

#[derive(Debug, Deserialize)]
struct Unit {
    payments: Option<Payments>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payments {
    captures: Vec<Capture>,
    refunds: Vec<Refund>,
}

/// Money that was taken.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Capture {
    pub id: String,
    status: String,
    amount: Option<Amount>,
}

#[derive(Debug, Clone, Deserialize)]
struct Amount {
    value: String,
    currency_code: String,
}

/// A refund; of all but its id, some answers say nothing.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Refund {
    pub id: String,
    status: Option<String>,
    status_details: Option<Details>,
    amount: Option<Amount>,
    custom_id: Option<String>,
    create_time: Option<DateTime<Utc>>,
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Debug, Clone, Deserialize)]
struct Details {
    reason: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Link {
    rel: String,
    href: String,
}

/// One page of disputes.
#[derive(Deserialize)]
pub(super) struct Disputes {
    #[serde(default)]
    pub items: Vec<Value>,
    #[serde(default)]
    links: Vec<Link>,
}

/// A dispute, as PayPal writes it.
#[derive(Deserialize)]
pub(super) struct PayPalDispute {
    pub dispute_id: String,
    status: String,
    dispute_amount: Amount,
    dispute_outcome: Option<Outcome>,
    create_time: Option<DateTime<Utc>>,
    #[serde(default)]
    disputed_transactions: Vec<Disputed>,
}

#[derive(Deserialize)]
struct Disputed {
    seller_transaction_id: Option<String>,
}

/// The name of the error about a range that holds more transactions than are listed.
pub(super) const TOO_LARGE: &str = "RESULTSET_TOO_LARGE";

/// One page of transactions.
#[derive(Deserialize)]
pub(super) struct Transactions {
    #[serde(default)]
    pub transaction_details: Vec<Value>,
    #[serde(default)]
    pub total_items: i64,
    #[serde(default)]
    pub total_pages: i64,
}

#[derive(Deserialize)]
pub(super) struct Detail {
    pub transaction_info: Transaction,
}

/// A line of the account, where it is a refund.
#[derive(Deserialize)]
pub(super) struct Transaction {
    pub transaction_id: String,
    paypal_reference_id: Option<String>,
    paypal_reference_id_type: Option<String>,
    transaction_initiation_date: Option<String>,
    transaction_amount: Option<Amount>,
    transaction_status: Option<String>,
}

#[derive(Deserialize)]
struct Outcome {
    outcome_code: String,
}

impl Order {
    /// Every capture that took money.
    pub fn captures(&self) -> impl Iterator<Item = &Capture> {
        let all = self.purchase_units.iter().filter_map(|unit| unit.payments.as_ref()).flat_map(|p| &p.captures);
        all.filter(|c| !matches!(c.status.as_str(), "DECLINED" | "FAILED"))
    }

    /// Every refund, of whichever capture.
    pub fn refunds(&self) -> Vec<Refund> {
        let payments = self.purchase_units.iter().filter_map(|unit| unit.payments.as_ref());
        payments.flat_map(|p| p.refunds.iter().cloned()).collect()
    }

    /// The capture that a refund is of: the one that the payment's ids name, or the only one; or why there is none.
    pub fn capture(&self, ids: &[String]) -> Result<&Capture, String> {
        let captures: Vec<&Capture> = self.captures().collect();
        // The first id is the order's own.
        let chosen = ids.iter().skip(1).rfind(|id| is_id(id));
        if let Some(capture) = chosen.and_then(|id| captures.iter().find(|c| c.id == **id)) {
            return Ok(capture);
        }
        match captures[..] {
            [] => Err(format!("nothing was captured of the order {}", self.id)),
            [capture] if is_id(&capture.id) => Ok(capture),
            [_] => Err(format!("the order {} has a capture whose id is none", self.id)),
            _ => {
                let list: Vec<String> = captures.iter().map(|c| c.to_string()).collect();
                Err(format!(
                    "the order {} has {} captures, and which is meant is not known (--capture names it): {}",
                    self.id,
                    list.len(),
                    list.join(", ")
                ))
            }
        }
    }

    /// An order whose captures were refunded lists the refunds; where it does not, nothing is known.
    pub fn is_consistent(&self) -> Result<(), String> {
        let refunded = self.captures().find(|c| matches!(c.status.as_str(), "REFUNDED" | "PARTIALLY_REFUNDED"));
        match refunded {
            Some(capture) if self.refunds().is_empty() => {
                Err(format!("the order {} lists no refund, and its capture {} is refunded", self.id, capture.id))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.id, self.status)?;
        match &self.amount {
            Some(amount) => write!(f, ", {} {})", amount.value, amount.currency_code),
            None => f.write_str(")"),
        }
    }
}

impl Refund {
    /// True where it names its status, its amount and its capture.
    pub fn is_whole(&self) -> bool {
        self.status.is_some() && self.amount.is_some() && self.custom_id.is_some()
    }

    /// The refund that a line of the account tells of.
    pub fn of(row: &Transaction) -> Self {
        let status = match row.transaction_status.as_deref() {
            Some("S") => Some("COMPLETED"),
            Some("P") => Some("PENDING"),
            Some("D") => Some("FAILED"),
            Some("V") => Some("CANCELLED"),
            other => other,
        };
        let at = row.transaction_initiation_date.as_deref();
        Refund {
            id: row.transaction_id.clone(),
            status: status.map(str::to_owned),
            status_details: None,
            amount: row
                .transaction_amount
                .clone()
                .map(|amount| Amount { value: amount.value.trim_start_matches('-').to_owned(), ..amount }),
            custom_id: None,
            create_time: at.and_then(|at| DateTime::parse_from_str(at, "%Y-%m-%dT%H:%M:%S%z").ok()).map(Into::into),
            links: Vec::new(),
        }
    }

    /// Our refund, where it names one.
    pub fn ours(&self) -> Option<RefundId> {
        self.custom_id.as_ref().and_then(|id| id.parse().ok())
    }

    /// The capture that it is of.
    pub fn capture(&self) -> Option<&str> {
        self.links.iter().find(|l| l.rel == "up").and_then(|l| l.href.rsplit('/').next())
    }

    /// The refund of the order that it describes; or the reason that it is not understood.
    pub fn understood(self, order: &str) -> Result<GatewayRefund, String> {
        let payment = std::iter::once(order).chain(self.capture()).map(str::to_owned).collect();
        self.refunded(payment)
    }

    /// The refund of the payment with these ids that it describes; or the reason that it is not understood.
    pub fn refunded(self, payment: Vec<String>) -> Result<GatewayRefund, String> {
        let status = match self.status.as_deref() {
            Some("PENDING") => Status::Pending,
            Some("COMPLETED") => Status::Succeeded,
            Some("FAILED") => Status::Failed,
            Some("CANCELLED") => Status::Canceled,
            other => return Err(format!("{} is '{}'", self.id, other.unwrap_or_default())),
        };
        let refund = self.ours();
        let amount = self.amount.ok_or_else(|| format!("{} has no amount", self.id))?;
        Ok(GatewayRefund {
            amount: amount.minor()?,
            currency: amount.currency_code,
            status,
            refund,
            payment,
            created: self.create_time,
            why: self.status_details.and_then(|details| details.reason),
            id: self.id,
        })
    }
}

impl Disputes {
    /// The query of the next page. The link itself is not followed: the token would go with it.
    pub fn next(&self) -> Option<String> {
        let link = self.links.iter().find(|link| link.rel == "next")?;
        let url = url::Url::parse(&link.href).ok()?;
        url.query_pairs().find(|(name, _)| name == "next_page_token").map(|(_, token)| token.into_owned())
    }
}

impl PayPalDispute {
    /// True where it ended, and the list does not say how.
    pub fn needs_outcome(&self) -> bool {
        self.status == "RESOLVED" && self.dispute_outcome.is_none() && is_id(&self.dispute_id)
    }

    /// True where it has to be asked for by itself: it does not say how it ended, or of what payment it is.
    pub fn needs_whole(&self) -> bool {
        self.needs_outcome() || self.transaction().is_none() && is_id(&self.dispute_id)
    }

    /// The time at which it was raised.
    pub fn created(&self) -> Option<DateTime<Utc>> {
        self.create_time
    }

    /// The transaction of ours that it is about.
    pub fn transaction(&self) -> Option<&str> {
        self.disputed_transactions.iter().find_map(|t| t.seller_transaction_id.as_deref())
    }

    /// The dispute of the order's capture that it describes; or the reason that it is not understood.
    pub fn understood(self, order: &str, capture: &str) -> Result<Dispute, String> {
        self.disputed(vec![order.to_owned(), capture.to_owned()])
    }

    /// The dispute of the payment with these ids that it describes; or the reason that it is not understood.
    pub fn disputed(self, payment: Vec<String>) -> Result<Dispute, String> {
        let outcome = self.dispute_outcome.map(|outcome| outcome.outcome_code);
        if self.status == "RESOLVED" && outcome.is_none() {
            return Err(format!("{} is resolved, and does not say how", self.dispute_id));
        }
        Ok(Dispute {
            amount: self.dispute_amount.minor()?,
            currency: self.dispute_amount.currency_code,
            lost: matches!(outcome.as_deref(), Some("RESOLVED_BUYER_FAVOUR" | "ACCEPTED")),
            status: self.status,
            payment,
            created: self.create_time,
            id: self.dispute_id,
        })
    }
}

impl Transaction {
    /// The transaction that it is about, where it names one.
    pub fn reference(&self) -> Option<&str> {
        let is_transaction = self.paypal_reference_id_type.as_deref() == Some("TXN");
        self.paypal_reference_id.as_deref().filter(|_| is_transaction)
    }
}

impl Amount {
    /// Our minor units, or why they are not understood. PayPal writes decimals, and may write more of
    /// them than the currency has, where they are zeros.
    fn minor(&self) -> Result<i64, String> {
        let negative = self.value.starts_with('-');
        let read = || money::exact(&self.value, money::digits(&self.currency_code)?).filter(|_| !negative);
        read().ok_or_else(|| format!("an amount of '{} {}'", self.value, self.currency_code))
    }
}

/// An error of PayPal's.
#[derive(Debug)]
pub(super) struct Trouble {
    name: String,
    message: String,
    issues: Vec<Issue>,
}

#[derive(Debug, Deserialize)]
struct Issue {
    #[serde(default)]
    issue: String,
    #[serde(default)]
    description: String,
}

impl Trouble {
    /// The trouble of an answer; `None` where it is in no form of PayPal's.
    pub fn of(body: Option<Value>) -> Option<Self> {
        let body = body?;
        let text = |names: [&str; 2]| names.iter().find_map(|n| body.get(n)?.as_str()).map(str::to_owned);
        let issues = body.get("details").and_then(|d| serde_json::from_value(d.clone()).ok());
        // A sign-in that fails is told in OAuth's words.
        Some(Trouble {
            name: text(["name", "error"])?,
            message: text(["message", "error_description"]).unwrap_or_default(),
            issues: issues.unwrap_or_default(),
        })
    }

    /// A refusal is believed where PayPal says itself, in a status that means so, that it did not do it.
    pub fn verdict(&self, status: u16) -> Verdict {
        let has = |names: &[&str]| self.issues.iter().any(|i| names.contains(&i.issue.as_str()));
        // Something was asked before under this refund's id, and may have moved money, or may yet.
        if has(&["DUPLICATE_REQUEST_ID", "PREVIOUS_REQUEST_IN_PROGRESS", "REQUEST_ID_ALREADY_USED"]) {
            return Verdict::Unknown;
        }
        match status {
            422 if has(&["CAPTURE_FULLY_REFUNDED", "REFUND_AMOUNT_EXCEEDED", "MAX_NUMBER_OF_REFUNDS_EXCEEDED"]) => {
                Verdict::RefusedUnlessMade
            }
            400 | 422 if has(&["INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND", "PERMISSION_DENIED", "NOT_AUTHORIZED"]) => {
                Verdict::Stranger
            }
            401 | 403 => Verdict::Denied,
            404 => Verdict::Stranger,
            400 | 422 => Verdict::Refused,
            _ => Verdict::Unknown,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.issues.first() {
            Some(issue) if issue.description.is_empty() => f.write_str(&issue.issue),
            Some(issue) => write!(f, "{}: {}", issue.issue, issue.description),
            None if self.message.is_empty() => f.write_str(&self.name),
            None => write!(f, "{}: {}", self.name, self.message),
        }
    }
}

/// True where the text could be an id of PayPal's, and so can be put in a path as it is.
pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Our minor units in PayPal's decimals, or why they cannot be.
pub(super) fn value(amount: i64, currency: &str) -> Result<String, String> {
    let ours = money::digits(currency).ok_or_else(|| format!("{currency} is not a currency of ISO 4217"))?;
    // PayPal takes no decimals of these, though they have some.
    let theirs = if matches!(currency, "HUF" | "TWD") { 0 } else { ours };
    match money::rescale(amount, ours, theirs) {
        Some(scaled) => Ok(money::with_decimals(scaled, theirs)),
        None => Err(format!("PayPal takes no decimals of {currency}, and this is {}", money::format(amount, currency))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Amount, Trouble, Verdict, is_id, value};

    #[test]
    fn amounts_are_written_as_paypal_takes_them_and_read_back_exactly() {
        for (minor, currency, text) in [
            (5_000, "THB", "50.00"),
            (5, "USD", "0.05"),
            (500, "JPY", "500"),
            (50_000, "HUF", "500"),
            (100, "TWD", "1"),
        ] {
            assert_eq!(value(minor, currency).as_deref(), Ok(text));
            let amount = Amount { value: text.to_owned(), currency_code: currency.to_owned() };
            assert_eq!(amount.minor(), Ok(minor));
        }
        for (minor, currency) in [(50_050, "HUF"), (1, "TWD"), (1, "XYZ")] {
            assert!(value(minor, currency).is_err(), "{currency}");
        }
        for (text, currency, minor) in [
            ("500.00", "JPY", Some(500)),
            ("5", "USD", Some(500)),
            ("5.5", "USD", Some(550)),
            ("5.005", "USD", None),
            ("-5.00", "USD", None),
            (".5", "USD", None),
            ("ม", "USD", None),
            ("1.ม", "USD", None),
        ] {
            let amount = Amount { value: text.to_owned(), currency_code: currency.to_owned() };
            assert_eq!(amount.minor().ok(), minor, "{text}");
        }
    }

    #[test]
    fn only_what_paypal_says_it_did_not_do_is_refused() {
        for (status, issue, expected) in [
            (422, "CAPTURE_FULLY_REFUNDED", Verdict::RefusedUnlessMade),
            (422, "REFUND_AMOUNT_EXCEEDED", Verdict::RefusedUnlessMade),
            (422, "REFUND_NOT_ALLOWED", Verdict::Refused),
            (422, "PAYER_CANNOT_RECEIVE", Verdict::Refused),
            (403, "PERMISSION_DENIED", Verdict::Denied),
            (401, "INVALID_TOKEN", Verdict::Denied),
            (404, "INVALID_RESOURCE_ID", Verdict::Stranger),
            (422, "INVALID_RESOURCE_ID", Verdict::Stranger),
            (422, "DUPLICATE_REQUEST_ID", Verdict::Unknown),
            (422, "PREVIOUS_REQUEST_IN_PROGRESS", Verdict::Unknown),
            (409, "REFUND_NOT_ALLOWED", Verdict::Unknown),
            (500, "REFUND_NOT_ALLOWED", Verdict::Unknown),
            (302, "REFUND_NOT_ALLOWED", Verdict::Unknown),
        ] {
            let body = json!({ "name": "UNPROCESSABLE_ENTITY", "details": [{ "issue": issue }] });
            assert_eq!(Trouble::of(Some(body)).expect("trouble").verdict(status), expected, "{status} {issue}");
        }
        assert!(Trouble::of(Some(json!({ "html": 1 }))).is_none());
    }

    #[test]
    fn an_id_is_put_in_a_path_only_where_it_is_one() {
        assert!(is_id("5O190127TN364715T") && is_id("EC-1AB"));
        for id in ["", "pi_1", "../x", "a/b", "a?b", "a%2f", "ä"] {
            assert!(!is_id(id), "{id}");
        }
    }
}
