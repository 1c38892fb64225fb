//! Stripe's API.
//!
//! Every change of the balance is a balance transaction (<https://docs.stripe.com/api/balance_transactions/list>), with
//! the object that it is about. Charges, refunds and disputes that changed no balance in the range are listed by
//! themselves: they are pending, failed, or changed it at another time. An object is in one of the two lists only, as
//! both look at the time of its balance transaction, so nothing has to be remembered to tell them apart. The range ends
//! before the reading begins, so that nothing moves from one list to the other meanwhile.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::kinds;
use super::unknown::Unknown;
use crate::error::{Error, Kind, Result};
use crate::reconcile::model::{Movement, MovementKind, MovementStatus, Range, Settled, Sink, Source, SourceEnd};
use crate::refund::gateway::{Gateway, from_stripe};

const NAME: &str = "stripe";

/// The key of our refund's id in the metadata.
const OURS: &str = "bursar_refund_id";

/// The lists, in the order in which they are read: the path, and what is expanded.
const LISTS: [(&str, Option<&str>); 4] = [
    ("/v1/balance_transactions", Some("data.source")),
    ("/v1/charges", Some("data.balance_transaction")),
    ("/v1/refunds", Some("data.balance_transaction")),
    ("/v1/disputes", None),
];

/// Stripe's API. A read that failed goes on at the page that failed when it is called again.
pub(super) struct Api {
    gateway: Box<dyn Gateway>,
    payout: Option<String>,
    now: DateTime<Utc>,
    place: Option<Place>,
    left: HashSet<String>,
}

/// A place in the lists.
struct Place {
    range: Range,
    /// The range, as far as it was over when the reading began.
    between: Range,
    list: usize,
    after: Option<String>,
    /// The refunds whose money came back, and the disputes that were won, in the range. The lists are newest first, so
    /// that these come before the refund or dispute itself.
    returned: HashSet<String>,
    unknown: Unknown,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Value>,
    has_more: bool,
}

/// A line of the balance, with its object.
#[derive(Deserialize)]
struct Line {
    id: String,
    amount: i64,
    fee: i64,
    net: i64,
    currency: String,
    created: i64,
    available_on: Option<i64>,
    r#type: String,
    reporting_category: Option<String>,
    source: Option<Value>,
}

/// A charge, a refund or a dispute.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Object {
    id: String,
    amount: i64,
    amount_captured: Option<i64>,
    currency: String,
    status: String,
    captured: Option<bool>,
    charge: Option<String>,
    payment_intent: Option<String>,
    metadata: Option<Map<String, Value>>,
    created: i64,
    balance_transaction: Option<Value>,
    balance_transactions: Vec<Value>,
}

impl Api {
    /// Reads all movements of a range, or those of a payout.
    ///
    /// # Errors
    /// A usage error where the payout has no id of Stripe's.
    pub fn new(gateway: Box<dyn Gateway>, payout: Option<String>, now: DateTime<Utc>) -> Result<Self> {
        if let Some(id) = payout.as_deref().filter(|id| !id.starts_with("po_")) {
            return Err(Error::usage(format!("{} is no payout of Stripe's", crate::text::quoted(id)))
                .hint("give the id of a payout, such as `--payout po_1Abc`"));
        }
        Ok(Api { gateway, payout, now, place: None, left: HashSet::new() })
    }

    async fn read_all(&mut self, range: Range, sink: &mut Sink<'_>) -> Result<SourceEnd> {
        if self.place.as_ref().is_none_or(|place| place.range != range) {
            let between = Range { since: range.since, until: range.until.min(self.now) };
            self.place = Some(Place {
                range,
                between,
                list: 0,
                after: None,
                returned: HashSet::new(),
                unknown: Unknown::leaving(&self.left),
            });
        }
        // Those of a payout are all in the balance.
        let lists = if self.payout.is_some() { 1 } else { LISTS.len() };
        while let Some(place) = self.place.as_mut().filter(|place| place.list < lists) {
            place.page(&*self.gateway, self.payout.as_deref(), sink).await?;
        }
        let place = self.place.take();
        let missing = place.map_or_else(Vec::new, |place| place.unknown.sentences(NAME).collect());
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
    /// Reads one page, and goes on to the next one once all of it was taken.
    async fn page(&mut self, gateway: &dyn Gateway, payout: Option<&str>, sink: &mut Sink<'_>) -> Result<()> {
        let (path, expand) = LISTS[self.list];
        let mut query = vec![("limit", "100".to_owned())];
        query.extend(expand.map(|what| ("expand[]", what.to_owned())));
        match payout {
            Some(id) => query.push(("payout", id.to_owned())),
            None => {
                query.push(("created[gte]", self.between.since_second().to_string()));
                query.push(("created[lt]", self.between.until_second().to_string()));
            }
        }
        query.extend(self.after.clone().map(|id| ("starting_after", id)));
        let body = gateway.ask(path, &query).await?.ok_or_else(|| {
            Error::refused(format!("{NAME} has nothing under {path}"))
                .hint("check the payout's id, and the account's key")
        })?;
        let page: Page = serde_json::from_value(body).map_err(|e| wrong(path, &e.to_string()))?;
        let ids = || page.data.iter().map(|object| object.get("id").and_then(Value::as_str));
        if self.after.is_some() && ids().any(|id| id == self.after.as_deref()) {
            return Err(wrong(path, "it gave a page again that it had given before"));
        }
        let last = ids().next_back().flatten().map(str::to_owned);
        if page.has_more && last.is_none() {
            return Err(wrong(path, "a page is empty and has a next one"));
        }
        for object in page.data {
            let id = about(&object).unwrap_or("an object without an id").to_owned();
            let movement = match self.list {
                0 => self.of_line(object, payout),
                list => self.of_object(object, list),
            };
            match movement {
                Ok(Some(movement)) => sink(movement)?,
                Ok(None) => {}
                Err(why) => self.unknown.add(why, &id),
            }
        }
        (self.list, self.after) = if page.has_more { (self.list, last) } else { (self.list + 1, None) };
        Ok(())
    }

    /// The movement of a line of the balance; or why it is not understood.
    fn of_line(&mut self, value: Value, payout: Option<&str>) -> Result<Option<Movement>, String> {
        let line: Line =
            serde_json::from_value(value).map_err(|_| "a line of the balance is not understood".to_owned())?;
        let object = match line.source {
            Some(Value::String(id)) => Object { id, ..Object::default() },
            Some(source @ Value::Object(_)) => object(source)?,
            _ => Object::default(),
        };
        let whose = Some(object.id.as_str()).filter(|id| !id.is_empty());
        let word = line.reporting_category.as_deref().unwrap_or(&line.r#type);
        let known = kinds::stripe_of(word, whose, line.amount > 0);
        if known.is_none() {
            self.unknown.add(
                format!("the category '{word}' is not known, and taken for an adjustment"),
                whose.unwrap_or(&line.id),
            );
        }
        let kind = known.unwrap_or(MovementKind::Adjustment);
        let settled = Settled {
            gross: from_stripe(line.amount, &line.currency)?,
            fee: from_stripe(line.fee, &line.currency)?,
            net: from_stripe(line.net, &line.currency)?,
            currency: line.currency.to_ascii_uppercase(),
        };
        let has_object = !object.currency.is_empty();
        let (amount, currency) = match sign(kind).filter(|_| has_object) {
            Some(sign) => (object.amount(kind)? * sign, object.currency.to_ascii_uppercase()),
            None => (settled.gross, settled.currency.clone()),
        };
        if matches!(kind, MovementKind::RefundFailure | MovementKind::DisputeReversal) {
            self.returned.insert(object.id.clone());
        }
        let returned = self.returned.contains(&object.id);
        let status = match (kind, object.status.as_str()) {
            (MovementKind::Payment, "failed") => MovementStatus::Failed,
            // The line that brought it back tells so by itself, where it is in the range.
            (MovementKind::Refund, "failed" | "canceled") | (MovementKind::Dispute, "won") if !returned => {
                MovementStatus::Failed
            }
            (
                MovementKind::Dispute,
                "needs_response" | "under_review" | "warning_needs_response" | "warning_under_review",
            ) => MovementStatus::Pending,
            _ => MovementStatus::Succeeded,
        };
        // Lines that are about no object of ours may share one.
        let own = !matches!(kind, MovementKind::Fee | MovementKind::Adjustment) && !object.id.is_empty();
        let id = if own { object.id.clone() } else { line.id.clone() };
        Ok(Some(Movement {
            payout: if kind == MovementKind::Payout { Some(id.clone()) } else { payout.map(str::to_owned) },
            id,
            kind,
            payment_ids: object.payment_ids(kind),
            refund: object.ours(),
            amount,
            currency,
            settled: Some(settled),
            status,
            created: moment(line.created)?,
            available: line.available_on.map(moment).transpose()?,
        }))
    }

    /// The movement of an object that changed no balance in the range; or why it is not understood.
    fn of_object(&self, value: Value, list: usize) -> Result<Option<Movement>, String> {
        let object = object(value)?;
        let of = object.balance_transaction.iter().chain(&object.balance_transactions);
        let mut times = of.filter_map(|line| line.get("created").and_then(Value::as_i64));
        let range = self.between.since_second()..self.between.until_second();
        if times.any(|at| range.contains(&at)) {
            return Ok(None);
        }
        let (kind, status) = match (list, object.status.as_str()) {
            (1, "succeeded") if object.captured != Some(false) => (MovementKind::Payment, MovementStatus::Succeeded),
            (1, "failed") => (MovementKind::Payment, MovementStatus::Failed),
            // An authorization that is not captured has moved nothing yet.
            (1, "pending" | "succeeded") => (MovementKind::Payment, MovementStatus::Pending),
            (2, "succeeded") => (MovementKind::Refund, MovementStatus::Succeeded),
            (2, "failed" | "canceled") => (MovementKind::Refund, MovementStatus::Failed),
            (2, "pending" | "requires_action") => (MovementKind::Refund, MovementStatus::Pending),
            (3, "lost") => (MovementKind::Dispute, MovementStatus::Succeeded),
            (3, "won" | "warning_closed" | "prevented") => (MovementKind::Dispute, MovementStatus::Failed),
            (3, "needs_response" | "under_review" | "warning_needs_response" | "warning_under_review") => {
                (MovementKind::Dispute, MovementStatus::Pending)
            }
            (_, word) => return Err(format!("the status '{word}' is not known")),
        };
        Ok(Some(Movement {
            kind,
            payment_ids: object.payment_ids(kind),
            refund: object.ours(),
            amount: object.amount(kind)? * sign(kind).unwrap_or(1),
            currency: object.currency.to_ascii_uppercase(),
            settled: None,
            status,
            created: moment(object.created)?,
            available: None,
            payout: None,
            id: object.id,
        }))
    }
}

impl Object {
    /// The amount in our minor units: of a charge, what was captured of it.
    fn amount(&self, kind: MovementKind) -> Result<i64, String> {
        let captured = self.amount_captured.filter(|amount| kind == MovementKind::Payment && *amount > 0);
        from_stripe(captured.unwrap_or(self.amount), &self.currency)
    }

    fn payment_ids(&self, kind: MovementKind) -> Vec<String> {
        let own = (kind == MovementKind::Payment).then(|| self.id.clone()).filter(|id| !id.is_empty());
        own.into_iter().chain(self.charge.clone()).chain(self.payment_intent.clone()).collect()
    }

    fn ours(&self) -> Option<crate::ids::RefundId> {
        self.metadata.as_ref()?.get(OURS)?.as_str()?.parse().ok()
    }
}

/// The id of the refund or dispute that a line of the balance is about, else that of the line or the object itself.
fn about(object: &Value) -> Option<&str> {
    let source = object.get("source").and_then(|source| source.as_str().or_else(|| source.get("id")?.as_str()));
    source.or_else(|| object.get("id")?.as_str())
}

fn object(value: Value) -> Result<Object, String> {
    let kind = value.get("object").and_then(Value::as_str).unwrap_or("object").to_owned();
    // Of objects that are none of these three, only the id is needed.
    match kind.as_str() {
        "charge" | "refund" | "dispute" => {
            serde_json::from_value(value).map_err(|_| format!("a {kind} is not understood"))
        }
        _ => Ok(Object {
            id: value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(),
            ..Object::default()
        }),
    }
}

/// The direction in which money of that kind goes, where it has one.
fn sign(kind: MovementKind) -> Option<i64> {
    match kind {
        MovementKind::Payment | MovementKind::RefundFailure | MovementKind::DisputeReversal => Some(1),
        MovementKind::Refund | MovementKind::Dispute => Some(-1),
        MovementKind::Fee | MovementKind::Payout | MovementKind::Adjustment => None,
    }
}

fn moment(seconds: i64) -> Result<DateTime<Utc>, String> {
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| format!("the time {seconds} is none"))
}

fn wrong(path: &str, why: &str) -> Error {
    Error::new(Kind::Incomplete, format!("{NAME} answered something that bursar does not understand ({path}): {why}"))
        .hint("nothing was changed; run the same command again")
}
