//! What only PayPal does.

use bursar::error::Kind;
use bursar::refund::gateway::Except;
use serde_json::json;

use super::{PAYPAL, known, verdict};
use crate::support::gateway::Trouble;
use crate::support::wait;

#[test]
fn a_token_that_expired_is_renewed_once() {
    let (fake, submission) = (PAYPAL.fake(), PAYPAL.submission(1_000));
    let gateway = PAYPAL.usual(&fake);
    known(wait(gateway.submit(&submission)));
    known(wait(gateway.submit(&submission)));
    assert_eq!(fake.requests("POST /v1/oauth2/token").len(), 1);
    fake.expire_tokens();
    known(wait(gateway.submit(&submission)));
    assert_eq!(fake.requests("POST /v1/oauth2/token").len(), 2);
    // Many who find it expired at once sign in once.
    fake.expire_tokens();
    let many = std::iter::repeat_with(|| gateway.submit(&submission)).take(20);
    wait(futures_util::future::join_all(many)).into_iter().for_each(|answer| drop(known(answer)));
    assert_eq!(fake.requests("POST /v1/oauth2/token").len(), 3);
    // Where no token is ever taken, that is an answer.
    fake.script("GET /v2/checkout", vec![Trouble::Answer(401, json!({ "error": "invalid_token" })); 2]);
    let answer = wait(gateway.submit(&submission));
    assert_eq!(verdict(&answer).0, "not sent", "{answer:?}");
    assert_eq!(fake.requests("POST /v1/oauth2/token").len(), 4);
}

#[test]
fn an_order_of_several_captures_is_refused_and_they_are_listed() {
    let (fake, submission) = (PAYPAL.fake(), PAYPAL.submission(1_000));
    fake.payment(["ORDER1", "CAP2"], 700, "THB");
    let answer = wait(PAYPAL.usual(&fake).submit(&submission));
    let (verdict, why) = verdict(&answer);
    assert_eq!(verdict, "refused");
    assert!(why.contains("CAP1 (COMPLETED, 50.00 THB), CAP2 (COMPLETED, 7.00 THB)"), "{why}");
    assert!(fake.refunds().is_empty());
}

#[test]
fn refunds_whose_owner_the_order_does_not_name_are_looked_up_one_by_one() {
    let (fake, submission) = (PAYPAL.fake(), PAYPAL.submission(1_000));
    let gateway = PAYPAL.usual(&fake);
    fake.hide_custom_ids();
    known(wait(gateway.submit(&submission)));
    fake.refund_in_dashboard("ORDER1", 500);
    let list = wait(gateway.refunds_of(&submission.payment, &Except::default())).expect("refunds");
    assert_eq!(list.iter().map(|r| r.refund).collect::<Vec<_>>(), [Some(submission.refund), None]);
    // An order that says it was refunded and lists nothing is not taken for one that was not.
    let capture = json!({ "id": "CAP1", "status": "REFUNDED" });
    let order = json!({ "id": "ORDER1", "purchase_units": [{ "payments": { "captures": [capture] } }] });
    fake.script("GET /v2/checkout", [Trouble::Answer(200, order)]);
    let error = wait(gateway.refunds_of(&submission.payment, &Except::default())).expect_err("inconsistent");
    assert_eq!(error.kind, Kind::Incomplete);
}

#[test]
fn an_answer_of_few_words_is_asked_for_the_whole() {
    let (fake, submission) = (PAYPAL.fake(), PAYPAL.submission(1_000));
    let gateway = PAYPAL.usual(&fake);
    let made = known(wait(gateway.submit(&submission)));
    let short = json!({ "id": made.id, "status": "PENDING" });
    fake.script(PAYPAL.post, vec![Trouble::Answer(201, short); 2]);
    assert_eq!(known(wait(gateway.submit(&submission))), made);
    // Where the whole is not to be had, what came of it is not known.
    fake.script("GET /v2/payments/refunds", [Trouble::FailBefore]);
    let answer = wait(gateway.submit(&submission));
    assert_eq!(verdict(&answer).0, "unknown", "{answer:?}");
}
