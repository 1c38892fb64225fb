//! What the fake gateway answers as Stripe.

use serde_json::{Value, json};

use super::http::Request;
use super::{Answer, Dispute, Made, Payment, State};

pub(super) fn act(state: &mut State, request: &Request) -> Answer {
    if request.headers.get("authorization").is_none_or(|a| a != "Bearer sk_test_s3cr3t") {
        // The real one hides the key; this one tests that bursar does.
        let said = request.headers.get("authorization").map_or("", String::as_str);
        return error(401, "invalid_request_error", None, &format!("Invalid API Key provided: {said}"));
    }
    if state.is_still && request.method == "GET" && request.query.contains_key("limit") {
        return cut(state, request);
    }
    fresh(state, request)
}

fn fresh(state: &mut State, request: &Request) -> Answer {
    match request.line().as_str() {
        "POST /v1/refunds" => create(state, request),
        "GET /v1/refunds" => list(state, request, state.refunds.iter().map(|r| (&r.payment, refund(r)))),
        "GET /v1/disputes" => list(state, request, state.disputes.iter().map(|d| (&d.payment, dispute(d)))),
        "GET /v1/charges" => list(state, request, state.payments.iter().map(|p| (p, charge(p)))),
        "GET /v1/balance_transactions" => balance(state, request),
        "GET /v1/account" => {
            (200, json!({ "id": state.account.as_deref().unwrap_or("acct_fake"), "object": "account" }))
        }
        line => {
            let id = line.rsplit('/').next().unwrap_or_default();
            let found = match line {
                _ if line.starts_with("GET /v1/refunds/") => state.refunds.iter().find(|r| r.id == id).map(refund),
                _ if line.starts_with("GET /v1/disputes/") => state.disputes.iter().find(|d| d.id == id).map(dispute),
                _ => None,
            };
            found.map_or_else(|| error(404, "invalid_request_error", None, "There is none."), |found| (200, found))
        }
    }
}

/// One page of a list that is made once.
fn cut(state: &mut State, request: &Request) -> Answer {
    let mut whole = request.clone();
    let after = whole.query.remove("starting_after");
    let limit: usize = whole.query.remove("limit").expect("a limit").parse().expect("a number");
    let mut key: Vec<_> = whole.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    key.sort();
    let key = format!("{} {}", request.path, key.join("&"));
    if !state.lists.contains_key(&key) {
        whole.query.insert("limit".to_owned(), usize::MAX.to_string());
        let (_, mut page) = fresh(state, &whole);
        let serde_json::Value::Array(all) = page["data"].take() else { return fresh(state, request) };
        let places = all.iter().enumerate().map(|(at, o)| (o["id"].as_str().expect("an id").to_owned(), at)).collect();
        state.lists.insert(key.clone(), (all, places));
    }
    let (all, places) = &state.lists[&key];
    let from = after.map_or(0, |after| places[&after] + 1);
    let to = all.len().min(from + limit);
    (200, json!({ "object": "list", "data": all[from..to], "has_more": to < all.len() }))
}

fn create(state: &mut State, request: &Request) -> Answer {
    let form = request.form();
    let id = form.get("charge").or_else(|| form.get("payment_intent")).cloned().unwrap_or_default();
    let reason = form.get("reason").cloned();
    let Some(payment) = state.payment(&id) else {
        return error(404, "invalid_request_error", Some("resource_missing"), &format!("No such charge: '{id}'"));
    };
    if reason.as_deref().is_some_and(|r| !["duplicate", "fraudulent", "requested_by_customer"].contains(&r)) {
        return error(400, "invalid_request_error", None, "Invalid reason.");
    }
    if state.disputes.iter().any(|d| d.payment.ids == payment.ids && d.status != "won") {
        return error(400, "invalid_request_error", Some("charge_disputed"), "Charge has been charged back.");
    }
    let amount: i64 = form.get("amount").and_then(|a| a.parse().ok()).unwrap_or_default();
    let left = state.left(&payment);
    if left == 0 {
        return error(
            400,
            "invalid_request_error",
            Some("charge_already_refunded"),
            "Charge has already been refunded.",
        );
    }
    if amount > left {
        let (_, mut body) =
            error(400, "invalid_request_error", None, "Refund amount is greater than unrefunded amount.");
        body["error"]["param"] = json!("amount");
        return (400, body);
    }
    let made = state.refund(&id, amount, form.get("metadata[bursar_refund_id]").cloned(), reason);
    (200, refund(&made.expect("the payment is there")))
}

/// One page of what belongs to the payment, or was made in the range, the newest first.
fn list<'a>(state: &State, request: &Request, all: impl Iterator<Item = (&'a Payment, Value)>) -> Answer {
    let of = |name: &str| request.query.get(name);
    let id = of("charge").or_else(|| of("payment_intent"));
    if id.is_some_and(|id| state.payment(id).is_none()) {
        return error(404, "invalid_request_error", Some("resource_missing"), "No such charge.");
    }
    let stripes = all.filter(|(p, _)| p.ids[0].contains('_') && id.is_none_or(|id| p.ids.contains(id)));
    page(state, request, stripes.map(|(_, object)| object).collect())
}

/// One page of the objects of the range, the newest first.
fn page(state: &State, request: &Request, mut objects: Vec<Value>) -> Answer {
    let of = |name: &str| request.query.get(name);
    let bound = |name: &str, none: i64| of(name).map_or(none, |at| at.parse().expect("seconds"));
    let range = bound("created[gte]", i64::MIN)..bound("created[lt]", i64::MAX);
    objects.retain(|object| range.contains(&object["created"].as_i64().expect("a time")));
    objects.reverse();
    objects.sort_by_key(|object| -object["created"].as_i64().expect("a time"));
    if let Some(after) = of("starting_after") {
        let at = objects.iter().position(|o| o["id"] == **after).expect("the object that was named");
        objects.drain(..=at);
    }
    let limit: usize = of("limit").map_or(10, |l| l.parse().expect("a number"));
    let limit = state.page.unwrap_or(limit).min(limit);
    let has_more = objects.len() > limit;
    objects.truncate(limit);
    (200, json!({ "object": "list", "data": objects, "has_more": has_more }))
}

/// The fee of a charge, and of a dispute.
const FEES: [i64; 2] = [59, 1_500];

/// The lines of the balance: of every object that moved money, and those that were put there.
fn balance(state: &State, request: &Request) -> Answer {
    let expands = request.query.get("expand[]").is_some_and(|e| e == "data.source");
    let line = |prefix: &str, kinds: [&str; 2], source: &Value, amount: i64, fee: i64| {
        let created = source["created"].as_i64().expect("a time");
        json!({
            "id": format!("txn_{prefix}{}", source["id"].as_str().expect("an id")),
            "object": "balance_transaction",
            "amount": amount,
            "fee": fee,
            "net": amount - fee,
            "currency": source["currency"],
            "created": created,
            "available_on": created + 2 * 86_400,
            "type": kinds[0],
            "reporting_category": kinds[1],
            "source": if expands { source.clone() } else { source["id"].clone() },
        })
    };
    let mut lines: Vec<Value> = state.lines.iter().filter(|line| line["id"].is_string()).cloned().collect();
    for payment in state.payments.iter().filter(|p| p.ids[0].contains('_') && p.status == "succeeded") {
        lines.push(line("", ["charge", "charge"], &charge(payment), payment.amount, FEES[0]));
    }
    for made in state.refunds.iter().filter(|r| r.id.contains('_') && r.status != "pending") {
        lines.push(line("", ["refund", "refund"], &refund(made), -made.amount, 0));
        if made.status == "failed" {
            lines.push(line("back_", ["refund_failure", "refund_failure"], &refund(made), made.amount, 0));
        }
    }
    for found in state.disputes.iter().filter(|d| d.id.contains('_')) {
        let amount = found.amount;
        lines.push(line("", ["adjustment", "dispute"], &dispute(found), -amount, FEES[1]));
        if found.status == "won" {
            lines.push(line("won_", ["adjustment", "dispute_reversal"], &dispute(found), amount, -FEES[1]));
        }
    }
    if let Some(payout) = request.query.get("payout") {
        lines.retain(|line| line["payout"] == **payout);
        lines.iter_mut().for_each(|line| drop(line.as_object_mut().expect("a line").remove("payout")));
    }
    page(state, request, lines)
}

fn charge(payment: &Payment) -> Value {
    let moved = payment.status == "succeeded";
    json!({
        "id": payment.ids[0],
        "object": "charge",
        "amount": payment.amount,
        "amount_captured": if moved { payment.amount } else { 0 },
        "currency": payment.currency.to_lowercase(),
        "status": payment.status,
        "payment_intent": payment.ids[1],
        "created": payment.created,
        "balance_transaction": moved.then(|| json!({
            "id": format!("txn_{}", payment.ids[0]), "created": payment.created,
        })),
        "metadata": {},
    })
}

fn refund(made: &Made) -> Value {
    let mut refund = json!({
        "id": made.id,
        "object": "refund",
        "amount": made.amount,
        "currency": made.payment.currency.to_lowercase(),
        "status": made.status,
        "charge": made.payment.ids[0],
        "payment_intent": made.payment.ids[1],
        "reason": made.reason,
        "created": made.created,
        "balance_transaction": (made.status != "pending").then(|| json!({
            "id": format!("txn_{}", made.id), "created": made.created,
        })),
        "metadata": {},
    });
    if let Some(ours) = &made.ours {
        refund["metadata"]["bursar_refund_id"] = json!(ours);
    }
    if let Some(why) = &made.why {
        refund["failure_reason"] = json!(why);
    }
    refund
}

fn dispute(dispute: &Dispute) -> Value {
    json!({
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "currency": dispute.currency.to_lowercase(),
        "status": dispute.status,
        "charge": dispute.payment.ids[0],
        "payment_intent": dispute.payment.ids[1],
        "created": dispute.created,
        "balance_transactions": [{ "id": format!("txn_{}", dispute.id), "created": dispute.created }],
    })
}

pub(super) fn error(status: u16, kind: &str, code: Option<&str>, message: &str) -> Answer {
    (status, json!({ "error": { "type": kind, "code": code, "message": message } }))
}
