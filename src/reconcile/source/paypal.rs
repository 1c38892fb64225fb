//! PayPal's API: the lines of the account, <https://developer.paypal.com/docs/api/transaction-search/v1/>.
//!
//! A line names the capture, and applications keep the order as a rule, so each capture is asked for its order, and each
//! refund for its own id of ours. A line appears up to three hours after the money moved.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde_json::Value;

use super::decimal::time;
use super::kinds::{self, Line};
use super::unknown::Unknown;
use crate::error::{Error, Kind, Result};
use crate::money;
use crate::reconcile::model::{Movement, MovementKind, MovementStatus, Range, Settled, Sink, Source, SourceEnd};
use crate::refund::gateway::{Gateway, order_of};

const NAME: &str = "paypal";
const PATH: &str = "/v1/reporting/transactions";

/// The longest range of one question, in seconds, the largest page, and the most that one question may find.
const WINDOW: i64 = 31 * 24 * 60 * 60;
const PAGE: i64 = 500;
const MOST: i64 = 10_000;

/// The number of captures that are asked for at once.
const AT_ONCE: usize = 6;

/// PayPal's API. A read that failed goes on at the page that failed when it is called again.
pub(super) struct Api {
    gateway: Box<dyn Gateway>,
    now: DateTime<Utc>,
    place: Option<Place>,
    left: HashSet<String>,
}

/// A place in the list: the window's first second and its length, and the page.
struct Place {
    range: Range,
    between: Range,
    from: i64,
    window: i64,
    page: i64,
    unknown: Unknown,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    transaction_details: Vec<Detail>,
    page: Option<i64>,
    #[serde(default)]
    total_items: i64,
    #[serde(default)]
    total_pages: i64,
}

#[derive(Deserialize)]
struct Detail {
    transaction_info: Value,
}

/// A line of the account.
#[derive(Deserialize)]
struct Info {
    transaction_id: String,
    paypal_reference_id: Option<String>,
    paypal_reference_id_type: Option<String>,
    transaction_event_code: String,
    transaction_initiation_date: String,
    transaction_amount: Amount,
    fee_amount: Option<Amount>,
    transaction_status: Option<String>,
    invoice_id: Option<String>,
    custom_field: Option<String>,
}

#[derive(Deserialize)]
struct Amount {
    value: String,
    currency_code: String,
}

impl Api {
    /// Reads all lines of a range.
    pub fn new(gateway: Box<dyn Gateway>, now: DateTime<Utc>) -> Self {
        Api { gateway, now, place: None, left: HashSet::new() }
    }

    async fn read_all(&mut self, range: Range, sink: &mut Sink<'_>) -> Result<SourceEnd> {
        if self.place.as_ref().is_none_or(|place| place.range != range) {
            let between = Range { since: range.since, until: range.until.min(self.now) };
            let unknown = Unknown::leaving(&self.left);
            let from = between.since_second();
            self.place = Some(Place { range, between, from, window: WINDOW, page: 1, unknown });
        }
        while let Some(place) = self.place.as_mut().filter(|place| place.from < place.between.until_second()) {
            place.page(&*self.gateway, sink).await?;
        }
        let place = self.place.take();
        let missing = place.map_or_else(Vec::new, |place| place.unknown.sentences("PayPal").collect());
        Ok(SourceEnd { missing, ..SourceEnd::default() })
    }
}

impl Source for Api {
    fn gateway(&self) -> &'static str {
        NAME
    }

    fn leave(&mut self, objects: HashSet<String>) {
        self.left = objects;
    }

    fn read<'a>(&'a mut self, range: Range, sink: &'a mut Sink<'a>) -> BoxFuture<'a, Result<SourceEnd>> {
        Box::pin(self.read_all(range, sink))
    }
}

impl Place {
    /// Reads one page, and goes on to the next one once all of it was taken. A window that holds more than PayPal lists
    /// is halved.
    async fn page(&mut self, gateway: &dyn Gateway, sink: &mut Sink<'_>) -> Result<()> {
        let to = (self.from + self.window).min(self.between.until_second());
        let query = [
            ("start_date", moment(self.from)),
            // The end belongs to the range.
            ("end_date", moment(to - 1)),
            ("fields", "transaction_info".to_owned()),
            ("page_size", PAGE.to_string()),
            ("page", self.page.to_string()),
        ];
        let body = match gateway.ask(PATH, &query).await {
            Err(e) if self.window > 1 && e.message().contains("RESULTSET_TOO_LARGE") => {
                self.window /= 2;
                return Ok(());
            }
            body => body?.unwrap_or_default(),
        };
        let page: Page = serde_json::from_value(body).map_err(|e| wrong(&e.to_string()))?;
        if page.total_items > MOST && self.window > 1 {
            self.window /= 2;
            return Ok(());
        }
        if page.page.is_some_and(|number| number != self.page) {
            return Err(wrong("it gave another page than it was asked for"));
        }
        if page.transaction_details.is_empty() && page.total_pages > self.page {
            return Err(wrong("a page is empty and has a next one"));
        }
        let mut found = Vec::new();
        for detail in page.transaction_details {
            let id =
                detail.transaction_info.get("transaction_id").and_then(Value::as_str).unwrap_or("a line without an id");
            let id = id.to_owned();
            match movement(detail.transaction_info, &mut self.unknown) {
                Ok(Some(line)) => found.push(line),
                Ok(None) => {}
                Err(why) => self.unknown.add(why, &id),
            }
        }
        let mut lines = stream::iter(found).map(|line| whole(gateway, line)).buffered(AT_ONCE);
        while let Some(movement) = lines.try_next().await? {
            sink(movement)?;
        }
        (self.from, self.page, self.window) = match self.page < page.total_pages {
            true => (self.from, self.page + 1, self.window),
            false => (to, 1, (self.window * 2).min(WINDOW)),
        };
        Ok(())
    }
}

/// The movement of a line, and the capture that it is of or about; none where it moved nothing. Or why it is not
/// understood.
fn movement(info: Value, unknown: &mut Unknown) -> Result<Option<(Movement, Option<String>)>, String> {
    let info: Info = serde_json::from_value(info).map_err(|_| "a line of the account is not understood".to_owned())?;
    let amount = info.transaction_amount.minor()?;
    let kind = match kinds::paypal(&info.transaction_event_code, amount >= 0) {
        Line::Moved(kind) => kind,
        Line::Nothing => return Ok(None),
        Line::Unknown => {
            let code = &info.transaction_event_code;
            unknown.add(
                format!("the event code '{code}' is not known, and taken for an adjustment"),
                &info.transaction_id,
            );
            MovementKind::Adjustment
        }
    };
    let currency = info.transaction_amount.currency_code.clone();
    let fee = match &info.fee_amount {
        Some(fee) if fee.currency_code != currency => {
            return Err("the fee is in another currency than the amount".to_owned());
        }
        Some(fee) => -fee.minor()?,
        None => 0,
    };
    let status = kinds::paypal_status(info.transaction_status.as_deref().unwrap_or_default())?;
    let reference = |kind: &str| {
        let is = info.paypal_reference_id_type.as_deref() == Some(kind);
        info.paypal_reference_id.clone().filter(|_| is)
    };
    let own = (kind == MovementKind::Payment).then(|| info.transaction_id.clone());
    let capture = own.or_else(|| reference("TXN"));
    let ids = [reference("ODR"), capture.clone(), info.invoice_id.clone(), info.custom_field.clone()];
    let movement = Movement {
        id: info.transaction_id,
        kind,
        payment_ids: ids.into_iter().flatten().filter(|id| !id.is_empty()).collect(),
        refund: None,
        amount,
        currency: currency.clone(),
        settled: (status == MovementStatus::Succeeded).then(|| Settled {
            gross: amount,
            fee,
            net: amount.saturating_sub(fee),
            currency,
        }),
        status,
        created: time(&info.transaction_initiation_date)
            .ok_or_else(|| format!("'{}' is no time", info.transaction_initiation_date))?,
        available: None,
        payout: None,
    };
    Ok(Some((movement, capture)))
}

/// The movement with the order of its capture, and our id of a refund.
async fn whole(gateway: &dyn Gateway, (mut movement, capture): (Movement, Option<String>)) -> Result<Movement> {
    let about = matches!(
        movement.kind,
        MovementKind::Payment | MovementKind::Refund | MovementKind::Dispute | MovementKind::DisputeReversal
    );
    if let Some(id) = capture.filter(|id| about && is_id(id)) {
        let found = gateway.ask(&format!("/v2/payments/captures/{id}"), &[]).await?;
        movement.payment_ids.splice(0..0, found.as_ref().and_then(order_of));
    }
    if movement.kind == MovementKind::Refund && is_id(&movement.id) {
        let found = gateway.ask(&format!("/v2/payments/refunds/{}", movement.id), &[]).await?;
        movement.refund = found.and_then(|refund| refund.get("custom_id")?.as_str()?.parse().ok());
    }
    Ok(movement)
}

impl Amount {
    fn minor(&self) -> Result<i64, String> {
        let minor = || money::exact(&self.value, money::digits(&self.currency_code)?);
        minor().ok_or_else(|| format!("'{} {}' is no amount", self.value, self.currency_code))
    }
}

/// True where the text could be an id of PayPal's, and so can be put in a path as it is.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn moment(second: i64) -> String {
    DateTime::from_timestamp(second, 0).map_or_else(String::new, |at| at.format("%Y-%m-%dT%H:%M:%S.000Z").to_string())
}

fn wrong(why: &str) -> Error {
    Error::new(Kind::Incomplete, format!("{NAME} answered something that bursar does not understand ({PATH}): {why}"))
        .hint("nothing was changed; run the same command again")
}
