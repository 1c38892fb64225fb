//! What the fake gateway answers as PayPal.

use serde_json::{Value, json};

use super::http::Request;
use super::{Answer, Dispute, Made, Payment, State};

pub(super) fn act(state: &mut State, request: &Request) -> Answer {
    let authorization = request.headers.get("authorization").cloned().unwrap_or_default();
    let path: Vec<&str> = request.path.split('/').skip(1).collect();
    if path == ["v1", "oauth2", "token"] {
        // `client:s3cr3t`
        if authorization != "Basic Y2xpZW50OnMzY3IzdA==" {
            return (401, json!({ "error": "invalid_client", "error_description": "Client Authentication failed" }));
        }
        state.tokens += 1;
        return (200, json!({ "access_token": format!("token-{}", state.tokens), "expires_in": 32_400 }));
    }
    if authorization != format!("Bearer token-{}", state.tokens) {
        return error(401, "INVALID_TOKEN", &format!("Token signature verification failed: {authorization}"));
    }
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["v2", "checkout", "orders", id]) => order(state, id),
        ("POST", ["v2", "payments", "captures", id, "refund"]) => create(state, id, request),
        ("GET", ["v2", "payments", "refunds", id]) => match state.refunds.iter().find(|r| r.id == *id) {
            Some(made) => (200, refund(made, false)),
            None => error(404, "INVALID_RESOURCE_ID", "There is no such refund."),
        },
        ("GET", ["v2", "payments", "captures", id]) => match state.payments.iter().find(|p| p.ids[1] == *id) {
            Some(payment) => {
                let related = json!({ "related_ids": { "order_id": payment.ids[0] } });
                let mut value = capture(state, payment);
                value["supplementary_data"] = related;
                (200, value)
            }
            None => error(404, "RESOURCE_NOT_FOUND", "There is no such capture."),
        },
        ("GET", ["v1", "reporting", "transactions"]) => transactions(state, request),
        ("GET", ["v1", "identity", "oauth2", "userinfo"]) => {
            (200, json!({ "payer_id": state.account.as_deref().unwrap_or("PAYERFAKE") }))
        }
        ("GET", ["v1", "customer", "disputes"]) => disputes(state, request),
        ("GET", ["v1", "customer", "disputes", id]) => match state.disputes.iter().find(|d| d.id == *id) {
            Some(found) => (200, dispute(found, true)),
            None => error(404, "INVALID_RESOURCE_ID", "There is no such dispute."),
        },
        _ => error(404, "NOT_FOUND", "There is no such path."),
    }
}

/// Payments that share an order are its captures.
fn order(state: &State, id: &str) -> Answer {
    let of_order = |payment: &Payment| payment.ids[0] == id;
    let captures: Vec<Value> = state.payments.iter().filter(|p| of_order(p)).map(|p| capture(state, p)).collect();
    if captures.is_empty() {
        return error(404, "INVALID_RESOURCE_ID", "Specified resource ID does not exist.");
    }
    let refunds: Vec<Value> =
        state.refunds.iter().filter(|r| of_order(&r.payment)).map(|r| refund(r, state.hides_custom_id)).collect();
    let payments = json!({ "captures": captures, "refunds": refunds });
    (200, json!({ "id": id, "status": "COMPLETED", "purchase_units": [{ "payments": payments }] }))
}

fn capture(state: &State, payment: &Payment) -> Value {
    let left = state.left(payment);
    let status = match left {
        0 => "REFUNDED",
        left if left < payment.amount => "PARTIALLY_REFUNDED",
        _ => "COMPLETED",
    };
    json!({ "id": payment.ids[1], "status": status, "amount": amount(payment.amount, &payment.currency) })
}

fn create(state: &mut State, id: &str, request: &Request) -> Answer {
    let Some(payment) = state.payment(id) else {
        return error(404, "INVALID_RESOURCE_ID", "Specified resource ID does not exist.");
    };
    let body = request.json();
    let wanted = body["amount"]["value"].as_str().unwrap_or_default();
    if wanted.contains('.') == (decimals(&payment.currency) == 0) {
        return error(422, "DECIMALS_NOT_SUPPORTED", "Currency does not support decimals.");
    }
    let wanted: i64 = wanted.replace('.', "").parse().expect("an amount");
    let left = state.left(&payment);
    if left == 0 {
        return error(422, "CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded");
    }
    if wanted > left {
        return error(422, "REFUND_AMOUNT_EXCEEDED", "The refund amount must be less than or equal to what is left.");
    }
    if state.disputes.iter().any(|d| d.payment.ids == payment.ids) {
        return error(422, "CAPTURE_DISPUTED_PARTIAL_REFUND_NOT_ALLOWED", "There is an open dispute.");
    }
    let made = state.refund(id, wanted, body["custom_id"].as_str().map(str::to_owned), None).expect("a payment");
    if request.headers.get("prefer").is_some_and(|p| p == "return=representation") {
        return (201, refund(&made, false));
    }
    (201, json!({ "id": made.id, "status": made.status }))
}

fn disputes(state: &State, request: &Request) -> Answer {
    let of = |name: &str| request.query.get(name).map(String::as_str);
    let since = of("start_time").map_or(i64::MIN, seconds);
    if of("start_time").is_some() && since < chrono::Utc::now().timestamp() - 180 * 86_400 {
        return error(400, "VALIDATION_ERROR", "The start time must be within the last 180 days.");
    }
    let wanted = |d: &&Dispute| of("disputed_transaction_id").is_none_or(|id| d.payment.ids[1] == id);
    let wanted = |d: &&Dispute| wanted(d) && d.created >= since && !d.id.contains('_');
    let all: Vec<&Dispute> = state.disputes.iter().filter(wanted).collect();
    let from: usize = of("next_page_token").map_or(0, |t| t.parse().expect("a token"));
    let to = (from + state.page.unwrap_or(50)).min(all.len());
    let items: Vec<Value> = all[from..to].iter().map(|d| dispute(d, false)).collect();
    let mut links = Vec::new();
    if to < all.len() {
        // The host is another one: a client that follows the link gives its token away.
        let href = format!("https://elsewhere.invalid/v1/customer/disputes?next_page_token={to}");
        links.push(json!({ "rel": "next", "href": href }));
    }
    (200, json!({ "items": items, "links": links }))
}

/// One page of the lines of the account: captures, refunds, lost disputes, and those that were put there.
fn transactions(state: &State, request: &Request) -> Answer {
    let of = |name: &str| request.query.get(name).map(String::as_str);
    let (since, until) = (seconds(of("start_date").expect("a start")), seconds(of("end_date").expect("an end")));
    if until - since >= 31 * 86_400 {
        return error(400, "INVALID_REQUEST", "Date range is greater than 31 days");
    }
    let row = |id: &str, code: &str, payment: &Payment, minor: i64, of: Option<&str>, at: i64, status: &str| {
        let mut info = json!({
            "transaction_id": id,
            "transaction_event_code": code,
            "transaction_initiation_date": rfc3339(at, "+0000"),
            "transaction_updated_date": rfc3339(at, "+0000"),
            "transaction_amount": amount(minor, &payment.currency),
            "transaction_status": status,
        });
        if let Some(of) = of {
            info["paypal_reference_id"] = json!(of);
            info["paypal_reference_id_type"] = json!("TXN");
        }
        if code == "T0006" {
            info["fee_amount"] = amount(-59, &payment.currency);
        }
        (at, info)
    };
    let paypals = |payment: &Payment| !payment.ids[0].contains('_');
    let mut rows: Vec<(i64, Value)> = Vec::new();
    for p in state.payments.iter().filter(|p| paypals(p)) {
        rows.push(row(&p.ids[1], "T0006", p, p.amount, None, p.created, "S"));
    }
    for r in state.refunds.iter().filter(|r| paypals(&r.payment)) {
        let status = match &*r.status {
            "COMPLETED" => "S",
            "PENDING" => "P",
            _ => "D",
        };
        rows.push(row(&r.id, "T1107", &r.payment, -r.amount, Some(&r.payment.ids[1]), r.created, status));
    }
    for d in state.disputes.iter().filter(|d| paypals(&d.payment) && d.status == "RESOLVED") {
        rows.push(row(&d.id, "T1201", &d.payment, -d.payment.amount, Some(&d.payment.ids[1]), d.created, "S"));
    }
    for line in state.lines.iter().filter(|line| line["transaction_id"].is_string()) {
        rows.push((seconds(line["transaction_initiation_date"].as_str().expect("a date")), line.clone()));
    }
    rows.retain(|(at, info)| {
        let code = of("transaction_type").is_none_or(|code| info["transaction_event_code"] == code);
        let id = of("transaction_id").is_none_or(|id| info["transaction_id"] == id);
        (since..=until).contains(at) && code && id
    });
    if state.most.is_some_and(|most| rows.len() > most) {
        return error(400, "RESULTSET_TOO_LARGE", "Result set size is greater than the maximum limit.");
    }
    let size: usize = of("page_size").expect("a size").parse().expect("a number");
    let size = state.page.unwrap_or(size).min(size);
    let page: usize = of("page").map_or(1, |page| page.parse().expect("a number"));
    let details: Vec<Value> = rows.iter().map(|(_, info)| json!({ "transaction_info": info })).collect();
    let shown: Vec<&Value> = details.iter().skip((page - 1) * size).take(size).collect();
    let pages = details.len().div_ceil(size);
    (200, json!({ "transaction_details": shown, "page": page, "total_items": details.len(), "total_pages": pages }))
}

fn rfc3339(seconds: i64, zone: &str) -> String {
    let at = chrono::DateTime::from_timestamp(seconds, 0).expect("a time");
    format!("{}{zone}", at.format("%Y-%m-%dT%H:%M:%S"))
}

fn seconds(text: &str) -> i64 {
    let parsed = chrono::DateTime::parse_from_rfc3339(text)
        .or_else(|_| chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z"));
    parsed.expect("a time").timestamp()
}

fn refund(made: &Made, hides_custom_id: bool) -> Value {
    let mut refund = json!({
        "id": made.id,
        "status": made.status,
        "amount": amount(made.amount, &made.payment.currency),
        "create_time": rfc3339(made.created, "Z"),
        "links": [
            { "rel": "self", "href": format!("https://elsewhere.invalid/v2/payments/refunds/{}", made.id) },
            { "rel": "up", "href": format!("https://elsewhere.invalid/v2/payments/captures/{}", made.payment.ids[1]) },
        ],
    });
    if let (Some(ours), false) = (&made.ours, hides_custom_id) {
        refund["custom_id"] = json!(ours);
    }
    if let Some(why) = &made.why {
        refund["status_details"] = json!({ "reason": why });
    }
    refund
}

fn dispute(dispute: &Dispute, whole: bool) -> Value {
    let payment = &dispute.payment;
    let mut value = json!({
        "dispute_id": dispute.id,
        "status": dispute.status,
        "dispute_amount": amount(dispute.amount, &dispute.currency),
        "create_time": rfc3339(dispute.created, ".000Z"),
    });
    if whole {
        value["disputed_transactions"] = json!([{ "seller_transaction_id": payment.ids[1] }]);
    }
    if let (Some(outcome), true) = (&dispute.outcome, whole) {
        value["dispute_outcome"] = json!({ "outcome_code": outcome });
    }
    value
}

fn decimals(currency: &str) -> usize {
    if matches!(currency, "HUF" | "JPY" | "TWD") { 0 } else { 2 }
}

fn amount(units: i64, currency: &str) -> Value {
    let sign = if units < 0 { "-" } else { "" };
    let value = match decimals(currency) {
        0 => units.to_string(),
        _ => format!("{sign}{}.{:02}", units.abs() / 100, units.abs() % 100),
    };
    json!({ "value": value, "currency_code": currency })
}

pub(super) fn error(status: u16, issue: &str, description: &str) -> Answer {
    let name = if status == 422 { "UNPROCESSABLE_ENTITY" } else { issue };
    let details = json!([{ "issue": issue, "description": description }]);
    (status, json!({ "name": name, "message": "It could not be done.", "details": details }))
}
