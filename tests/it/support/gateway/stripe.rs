//! What the fake gateway answers as Stripe.

use serde_json::{Value, json};

use super::http::Request;
use super::{Answer, Dispute, Made, State};

pub(super) fn act(state: &mut State, request: &Request) -> Answer {
    if request.headers.get("authorization").is_none_or(|a| a != "Bearer sk_test_s3cr3t") {
        // The real one hides the key; this one tests that bursar does.
        let said = request.headers.get("authorization").map_or("", String::as_str);
        return error(401, "invalid_request_error", None, &format!("Invalid API Key provided: {said}"));
    }
    match request.line().as_str() {
        "POST /v1/refunds" => create(state, request),
        "GET /v1/refunds" => list(state, request, state.refunds.iter().map(|r| (&r.payment, refund(r)))),
        "GET /v1/disputes" => list(state, request, state.disputes.iter().map(|d| (&d.payment, dispute(d)))),
        _ => error(404, "invalid_request_error", None, "Unrecognized request URL."),
    }
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
    if state.disputes.iter().any(|d| d.payment.ids == payment.ids) {
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

/// One page of what belongs to the payment, the newest first.
fn list<'a>(state: &State, request: &Request, all: impl Iterator<Item = (&'a super::Payment, Value)>) -> Answer {
    let of = |name: &str| request.query.get(name);
    let Some(id) = of("charge").or_else(|| of("payment_intent")) else {
        return error(400, "invalid_request_error", None, "No payment was named.");
    };
    if state.payment(id).is_none() {
        return error(404, "invalid_request_error", Some("resource_missing"), &format!("No such charge: '{id}'"));
    }
    let mut objects: Vec<Value> = all.filter(|(p, _)| p.ids.contains(id)).map(|(_, object)| object).collect();
    objects.reverse();
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
        "created": 1_750_000_000,
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
        "amount": dispute.payment.amount,
        "currency": dispute.payment.currency.to_lowercase(),
        "status": dispute.status,
        "charge": dispute.payment.ids[0],
        "payment_intent": dispute.payment.ids[1],
        "created": 1_750_000_000,
    })
}

pub(super) fn error(status: u16, kind: &str, code: Option<&str>, message: &str) -> Answer {
    (status, json!({ "error": { "type": kind, "code": code, "message": message } }))
}
