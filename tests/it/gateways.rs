//! The payment gateways against one that misbehaves: whatever it does, a refund is reported as made
//! only where it was, as refused only where it was not, and as unknown everywhere else.

mod mock;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bursar::error::Kind;
use bursar::refund::gateway::{Answer, Gateway, GatewayRefund, Status, Submission, by_name};
use serde_json::json;
use sqlx::types::Uuid;

use crate::support::gateway::{Fake, Trouble};
use crate::support::wait;

/// A gateway, the ids of a payment there, and how a request for a refund of it begins.
#[derive(Debug, Clone, Copy)]
struct Side {
    name: &'static str,
    ids: [&'static str; 2],
    post: &'static str,
}

const STRIPE: Side = Side { name: "stripe", ids: ["ch_1", "pi_1"], post: "POST /v1/refunds" };
const PAYPAL: Side = Side { name: "paypal", ids: ["ORDER1", "CAP1"], post: "POST /v2/payments/captures/CAP1/refund" };

impl Side {
    /// A fake with a payment of 50.00 THB.
    fn fake(self) -> Fake {
        let fake = Fake::start();
        fake.payment(self.ids, 5_000, "THB");
        fake
    }

    fn submission(self, amount: i64) -> Submission {
        let ids = if self.name == "paypal" { &self.ids[..1] } else { &self.ids[..] };
        Submission {
            refund: Uuid::new_v4(),
            payment: ids.iter().map(|id| (*id).to_owned()).collect(),
            amount,
            currency: "THB".to_owned(),
            reason: "duplicate".to_owned(),
        }
    }

    /// The gateway, as the environment configures it.
    fn gateway(self, fake: &Fake, timeout: &str, but: &[(&str, &str)]) -> Box<dyn Gateway> {
        let var = |name: &str| {
            let but = but.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
            let own = || fake.env().into_iter().find(|(n, _)| *n == name).map(|(_, value)| value);
            but.or_else(own).or_else(|| (name == "BURSAR_GATEWAY_TIMEOUT").then(|| timeout.to_owned()))
        };
        by_name(self.name, &var, None).expect("a gateway")
    }

    fn usual(self, fake: &Fake) -> Box<dyn Gateway> {
        self.gateway(fake, "5s", &[])
    }
}

/// The refund that an answer says was made.
#[track_caller]
fn known(answer: Answer) -> GatewayRefund {
    match answer {
        Answer::Known(refund) => refund,
        other => panic!("not known: {other:?}"),
    }
}

/// What an answer says without being one that knows.
fn verdict(answer: &Answer) -> (&'static str, &str) {
    match answer {
        Answer::Known(refund) => ("known", &refund.id),
        Answer::Refused { why } => ("refused", why),
        Answer::Unknown { why } => ("unknown", why),
    }
}

#[test]
fn a_refund_is_made_once_and_the_same_submission_finds_it_again() {
    for kind in [STRIPE, PAYPAL] {
        let (fake, submission) = (kind.fake(), kind.submission(1_250));
        let gateway = kind.usual(&fake);
        let first = known(wait(gateway.submit(&submission)));
        assert_eq!((first.status, first.amount, first.currency.as_str()), (Status::Succeeded, 1_250, "THB"));
        assert_eq!(first.refund, Some(submission.refund));
        assert_eq!(first.payment, kind.ids);
        assert!(first.created.is_some());
        assert_eq!(known(wait(gateway.submit(&submission))), first);
        assert_eq!(wait(gateway.refunds_of(&submission.payment)).expect("refunds"), [first]);
        assert_eq!(fake.refunds().len(), 1);

        let posts = fake.requests(kind.post);
        assert_eq!(posts.len(), 2);
        assert_eq!(posts[0].key(), Some(submission.refund.to_string()));
        assert_eq!(posts[0].headers["user-agent"], concat!("bursar/", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn each_gateway_is_asked_in_its_own_words() {
    let (fake, mut submission) = (STRIPE.fake(), STRIPE.submission(1_250));
    let gateway = STRIPE.usual(&fake);
    known(wait(gateway.submit(&submission)));
    let form = fake.requests(STRIPE.post)[0].form();
    let ours = submission.refund.to_string();
    let expected =
        [("charge", "ch_1"), ("amount", "1250"), ("reason", "duplicate"), ("metadata[bursar_refund_id]", &ours)];
    assert_eq!(form, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());

    // Stripe does not know "other", and an intent is named where there is no charge.
    submission = Submission { refund: Uuid::new_v4(), reason: "other".to_owned(), ..submission };
    submission.payment.remove(0);
    known(wait(gateway.submit(&submission)));
    let form = fake.requests(STRIPE.post)[1].form();
    assert_eq!((form.get("payment_intent").map(String::as_str), form.get("reason")), (Some("pi_1"), None));

    let (fake, submission) = (PAYPAL.fake(), PAYPAL.submission(1_250));
    known(wait(PAYPAL.usual(&fake).submit(&submission)));
    let body = fake.requests(PAYPAL.post)[0].json();
    let amount = json!({ "value": "12.50", "currency_code": "THB" });
    assert_eq!(body, json!({ "amount": amount, "custom_id": submission.refund.to_string() }));
}

#[test]
fn whatever_goes_wrong_the_answer_claims_no_more_than_is_certain() {
    let elsewhere = Fake::start();
    for kind in [STRIPE, PAYPAL] {
        // What goes wrong; the answer, how many refunds there are then, and how often it was asked for.
        for (trouble, expected, made, asked) in [
            (Trouble::FailBefore, "unknown", 0, 1),
            (Trouble::FailAfter, "unknown", 1, 1),
            (Trouble::DropBefore, "unknown", 0, 1),
            (Trouble::DropAfter, "unknown", 1, 1),
            (Trouble::BreakOff, "unknown", 1, 1),
            (Trouble::Malformed, "unknown", 1, 1),
            (Trouble::Huge, "unknown", 1, 1),
            (Trouble::Conflict, "unknown", 0, 1),
            (Trouble::Redirect(format!("{}/v1/refunds", elsewhere.url)), "unknown", 0, 1),
            (Trouble::Answer(400, json!("a proxy's page")), "unknown", 0, 1),
            (Trouble::Answer(200, json!({ "id": "re_9" })), "unknown", 0, 1),
            (
                Trouble::Answer(503, json!({ "error": { "type": "invalid_request_error" }, "name": "X" })),
                "unknown",
                0,
                1,
            ),
            (Trouble::TooMany(None), "known", 1, 2),
            (Trouble::Twice, "known", 1, 1),
            (Trouble::Fine, "known", 1, 1),
        ] {
            let (fake, submission) = (kind.fake(), kind.submission(5_000));
            let gateway = kind.usual(&fake);
            fake.script(kind.post, [trouble.clone()]);
            let answer = wait(gateway.submit(&submission));
            let context = format!("{} {trouble:?}: {answer:?}", kind.name);
            assert_eq!(verdict(&answer).0, expected, "{context}");
            assert_eq!((fake.refunds().len(), fake.requests(kind.post).len()), (made, asked), "{context}");
            // The list says the truth, and asking again under the same key comes to one refund.
            let list = wait(gateway.refunds_of(&submission.payment)).expect("refunds");
            assert_eq!(list.iter().filter(|r| r.refund == Some(submission.refund)).count(), made, "{context}");
            known(wait(gateway.submit(&submission)));
            assert_eq!(fake.refunds().len(), 1, "{context}");
        }
    }
    assert!(elsewhere.requests("").is_empty(), "a redirect was followed");
}

#[test]
fn an_answer_that_comes_too_late_is_unknown_and_not_asked_for_again() {
    for kind in [STRIPE, PAYPAL] {
        let (fake, submission) = (kind.fake(), kind.submission(5_000));
        let gateway = kind.gateway(&fake, "700ms", &[]);
        fake.script(kind.post, [Trouble::Slow(Duration::from_secs(2))]);
        let began = Instant::now();
        let answer = wait(gateway.submit(&submission));
        assert_eq!(verdict(&answer).0, "unknown", "{answer:?}");
        assert!(began.elapsed() < Duration::from_millis(1_900), "{:?}", began.elapsed());
        assert_eq!((fake.refunds().len(), fake.requests(kind.post).len()), (1, 1));
    }
}

#[test]
fn too_many_requests_are_waited_for_as_long_as_the_gateway_asks_and_no_longer_than_patience() {
    for kind in [STRIPE, PAYPAL] {
        let (fake, submission) = (kind.fake(), kind.submission(5_000));
        let gateway = kind.gateway(&fake, "1s", &[]);
        fake.script(kind.post, [Trouble::TooMany(Some(2))]);
        let began = Instant::now();
        known(wait(gateway.submit(&submission)));
        assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());

        // An hour is more than anybody waits, so nobody waits at all.
        fake.script(kind.post, [Trouble::TooMany(Some(3_600))]);
        let began = Instant::now();
        let answer = wait(gateway.submit(&submission));
        assert!(verdict(&answer).0 == "unknown" && verdict(&answer).1.contains("429"), "{answer:?}");
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());

        fake.script(kind.post, vec![Trouble::TooMany(None); 50]);
        let began = Instant::now();
        assert_eq!(verdict(&wait(gateway.submit(&submission))).0, "unknown");
        assert!(began.elapsed() <= gateway.patience() + Duration::from_secs(1), "{:?}", began.elapsed());
    }
}

#[test]
fn a_gateway_that_nobody_answers_for_was_asked_nothing() {
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let url = format!("http://{nobody}");
    for (kind, base) in [(STRIPE, "STRIPE_API_BASE"), (PAYPAL, "PAYPAL_API_BASE")] {
        let (fake, submission) = (kind.fake(), kind.submission(5_000));
        let gateway = kind.gateway(&fake, "5s", &[(base, &url)]);
        let answer = wait(gateway.submit(&submission));
        assert!(verdict(&answer).1.contains("was asked nothing"), "{answer:?}");
        assert_eq!(verdict(&answer).0, "unknown");
        let error = wait(gateway.refunds_of(&submission.payment)).expect_err("nobody answers");
        assert!(error.kind == Kind::Connection && error.hint.is_some(), "{error:?}");
    }
}

#[test]
fn a_refund_that_stands_in_its_own_way_is_found_and_not_called_refused() {
    for kind in [STRIPE, PAYPAL] {
        let (fake, submission) = (kind.fake(), kind.submission(5_000));
        let gateway = kind.usual(&fake);
        fake.script(kind.post, [Trouble::DropAfter, Trouble::IgnoreKey]);
        assert_eq!(verdict(&wait(gateway.submit(&submission))).0, "unknown");
        let found = known(wait(gateway.submit(&submission)));
        fake.forget_keys();
        assert_eq!(known(wait(gateway.submit(&submission))), found);
        fake.ignore_keys();
        assert_eq!(known(wait(gateway.submit(&submission))), found);
        assert_eq!(fake.refunds().len(), 1);

        // Where it cannot be looked up, it is not known.
        let lists = if kind.name == "stripe" { "GET /v1/refunds" } else { "GET /v2/checkout/orders" };
        let first = if kind.name == "stripe" { vec![] } else { vec![Trouble::Fine] };
        fake.script(lists, first.into_iter().chain([Trouble::FailBefore]));
        let answer = wait(gateway.submit(&submission));
        assert_eq!(verdict(&answer).0, "unknown", "{answer:?}");
    }
}

#[test]
fn what_the_gateway_refuses_is_refused_in_its_own_words() {
    for kind in [STRIPE, PAYPAL] {
        let refused = |fake: &Fake, submission: &Submission, why: &str| {
            let answer = wait(kind.usual(fake).submit(submission));
            assert!(verdict(&answer).0 == "refused" && verdict(&answer).1.contains(why), "{why}: {answer:?}");
        };
        let fake = kind.fake();
        fake.refund_in_dashboard(kind.ids[0], 1_000);
        refused(
            &fake,
            &kind.submission(4_001),
            if kind.name == "stripe" { "greater" } else { "REFUND_AMOUNT_EXCEEDED" },
        );
        fake.refund_in_dashboard(kind.ids[0], 4_000);
        let full = if kind.name == "stripe" { "charge_already_refunded" } else { "CAPTURE_FULLY_REFUNDED" };
        refused(&fake, &kind.submission(1), full);
        assert_eq!(fake.refunds().len(), 2);

        let fake = kind.fake();
        fake.dispute(kind.ids[0], "needs_response", None);
        refused(&fake, &kind.submission(1), if kind.name == "stripe" { "charge_disputed" } else { "CAPTURE_DISPUTED" });

        let nothing = Fake::start();
        refused(&nothing, &kind.submission(1), if kind.name == "stripe" { "No such charge" } else { "does not exist" });

        // Another gateway's payment is refused without asking anybody.
        let mut foreign = kind.submission(1);
        foreign.payment = vec![if kind.name == "stripe" { "ORDER1" } else { "ch_1" }.to_owned()];
        let silent = kind.fake();
        refused(&silent, &foreign, &foreign.payment[0]);
        assert!(silent.requests("POST /v1/refunds").is_empty() && silent.requests("GET").is_empty());
    }
}

#[test]
fn a_key_that_was_used_for_something_else_is_no_refusal_of_what_it_was_used_for() {
    for kind in [STRIPE, PAYPAL] {
        let (fake, submission) = (kind.fake(), kind.submission(1_000));
        let gateway = kind.usual(&fake);
        known(wait(gateway.submit(&submission)));
        let answer = wait(gateway.submit(&Submission { amount: 2_000, ..submission }));
        assert_eq!(verdict(&answer).0, "unknown", "{answer:?}");
        assert_eq!(fake.refunds().len(), 1);
    }
}

#[test]
fn an_answer_about_another_refund_or_amount_is_not_believed() {
    for kind in [STRIPE, PAYPAL] {
        let fake = kind.fake();
        let gateway = kind.usual(&fake);
        let submission = kind.submission(1_000);
        let (ours, other) = (submission.refund.to_string(), Uuid::new_v4().to_string());
        let body = |id: &str, minor: i64| match kind.name {
            "stripe" => json!({ "id": "re_9", "amount": minor, "currency": "thb", "status": "succeeded",
                "metadata": { "bursar_refund_id": id } }),
            _ => json!({ "id": "R9", "status": "COMPLETED", "custom_id": id,
                "amount": { "value": format!("{}.00", minor / 100), "currency_code": "THB" } }),
        };
        for (body, expected) in
            [(body(&ours, 1_000), "known"), (body(&other, 1_000), "unknown"), (body(&ours, 900), "unknown")]
        {
            fake.script(kind.post, [Trouble::Answer(201, body)]);
            let answer = wait(gateway.submit(&submission));
            assert_eq!(verdict(&answer).0, expected, "{answer:?}");
        }
    }
}

#[test]
fn a_refund_may_be_pending_and_may_fail_after_it_succeeded() {
    for (kind, stages) in [
        (STRIPE, ["pending", "requires_action", "succeeded", "canceled", "failed"]),
        (PAYPAL, ["PENDING", "PENDING", "COMPLETED", "CANCELLED", "FAILED"]),
    ] {
        let (fake, submission) = (kind.fake(), kind.submission(5_000));
        let gateway = kind.usual(&fake);
        fake.new_refunds_are(stages[0]);
        let made = known(wait(gateway.submit(&submission)));
        assert_eq!(made.status, Status::Pending);
        let second = if kind.name == "stripe" { Status::RequiresAction } else { Status::Pending };
        for (stage, expected) in stages[1..].iter().zip([second, Status::Succeeded, Status::Canceled, Status::Failed]) {
            fake.settle(&made.id, stage, Some("lost_or_stolen_card"));
            let list = wait(gateway.refunds_of(&submission.payment)).expect("refunds");
            assert_eq!(list.iter().map(|r| r.status).collect::<Vec<_>>(), [expected]);
            assert_eq!(list[0].why.as_deref(), Some("lost_or_stolen_card"));
        }
        // A word that bursar does not know is not taken for one that it does.
        fake.settle(&made.id, "reversed", None);
        let error = wait(gateway.refunds_of(&submission.payment)).expect_err("not understood");
        assert!(error.kind == Kind::Incomplete && error.message().contains("reversed"), "{error:?}");
    }
}

#[test]
fn lists_are_read_to_their_last_page() {
    for (kind, statuses) in [
        (STRIPE, [("lost", None), ("won", None), ("needs_response", None)]),
        (
            PAYPAL,
            [
                ("RESOLVED", Some("RESOLVED_BUYER_FAVOUR")),
                ("RESOLVED", Some("RESOLVED_SELLER_FAVOUR")),
                ("UNDER_REVIEW", None),
            ],
        ),
    ] {
        let (fake, payment) = (kind.fake(), kind.submission(1).payment);
        let gateway = kind.usual(&fake);
        fake.pages_of(2);
        let mut made: Vec<String> = (0..5).map(|_| fake.refund_in_dashboard(kind.ids[0], 100)).collect();
        let mut found: Vec<String> =
            wait(gateway.refunds_of(&payment)).expect("refunds").into_iter().map(|r| r.id).collect();
        made.sort();
        found.sort();
        assert_eq!(found, made);

        statuses.iter().for_each(|(status, outcome)| fake.dispute(kind.ids[0], status, *outcome));
        let disputes = wait(gateway.disputes_of(&payment)).expect("disputes");
        let mut lost: Vec<(&str, bool)> = disputes.iter().map(|d| (d.status.as_str(), d.lost)).collect();
        lost.sort();
        let mut expected: Vec<(&str, bool)> =
            statuses.iter().enumerate().map(|(i, (status, _))| (*status, i == 0)).collect();
        expected.sort();
        assert_eq!(lost, expected);
        assert!(disputes.iter().all(|d| d.amount == 5_000 && d.payment == kind.ids && d.created.is_some()));
    }
}

#[test]
fn a_wrong_key_is_refused_and_never_repeated() {
    for (kind, wrong) in [(STRIPE, ("STRIPE_SECRET_KEY", "sk_test_wr0ng")), (PAYPAL, ("PAYPAL_CLIENT_SECRET", "wr0ng"))]
    {
        let (fake, submission) = (kind.fake(), kind.submission(5_000));
        let gateway = kind.gateway(&fake, "5s", &[wrong]);
        let answer = wait(gateway.submit(&submission));
        assert_eq!(verdict(&answer).0, "refused", "{answer:?}");
        let error = wait(gateway.refunds_of(&submission.payment)).expect_err("a wrong key");
        assert_eq!(error.kind, Kind::Refused);
        assert!(!format!("{answer:?}{error:?}").contains(wrong.1), "{answer:?} {error:?}");
        assert!(fake.refunds().is_empty());
    }
}

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
    // Where no token is ever taken, that is an answer.
    fake.script("GET /v2/checkout", vec![Trouble::Answer(401, json!({ "error": "invalid_token" })); 2]);
    let answer = wait(gateway.submit(&submission));
    assert_eq!(verdict(&answer).0, "refused", "{answer:?}");
    assert_eq!(fake.requests("POST /v1/oauth2/token").len(), 3);
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
    let list = wait(gateway.refunds_of(&submission.payment)).expect("refunds");
    assert_eq!(list.iter().map(|r| r.refund).collect::<Vec<_>>(), [Some(submission.refund), None]);
    // An order that says it was refunded and lists nothing is not taken for one that was not.
    let capture = json!({ "id": "CAP1", "status": "REFUNDED" });
    let order = json!({ "id": "ORDER1", "purchase_units": [{ "payments": { "captures": [capture] } }] });
    fake.script("GET /v2/checkout", [Trouble::Answer(200, order)]);
    let error = wait(gateway.refunds_of(&submission.payment)).expect_err("inconsistent");
    assert_eq!(error.kind, Kind::Incomplete);
}

#[test]
fn each_gateways_minor_units_are_its_own_and_what_it_cannot_express_is_never_asked_for() {
    for (kind, currency, ours, theirs) in [
        (STRIPE, "JPY", 500, 500),
        (STRIPE, "ISK", 500, 50_000),
        (STRIPE, "KWD", 1_230, 1_230),
        (PAYPAL, "JPY", 500, 500),
        (PAYPAL, "HUF", 50_000, 500),
    ] {
        let fake = Fake::start();
        fake.payment(kind.ids, theirs, currency);
        let submission = Submission { currency: currency.to_owned(), ..kind.submission(ours) };
        let refund = known(wait(kind.usual(&fake).submit(&submission)));
        assert_eq!((refund.amount, refund.currency.as_str()), (ours, currency));
        assert_eq!(fake.refunds()[0].amount, theirs, "{currency}");
    }
    for (kind, currency, amount) in [(STRIPE, "KWD", 1_234), (PAYPAL, "HUF", 50_050), (PAYPAL, "TWD", 1)] {
        let fake = kind.fake();
        let submission = Submission { currency: currency.to_owned(), ..kind.submission(amount) };
        let answer = wait(kind.usual(&fake).submit(&submission));
        assert!(verdict(&answer).0 == "refused" && verdict(&answer).1.contains(currency), "{answer:?}");
        assert!(fake.requests("").is_empty());
    }
}

#[test]
fn two_hundred_submissions_of_one_refund_at_once_make_one() {
    for kind in [STRIPE, PAYPAL] {
        let (fake, submission) = (kind.fake(), Arc::new(kind.submission(5_000)));
        let counts = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
        let count = |i: usize| {
            let count = Arc::clone(&counts[i]);
            move |_: &_| {
                count.fetch_add(1, Ordering::SeqCst);
            }
        };
        fake.before(count(0));
        fake.after(count(1));
        let gateway: Arc<dyn Gateway> = kind.gateway(&fake, "30s", &[]).into();
        let tasks: Vec<_> = (0..200)
            .map(|_| {
                let (gateway, submission) = (Arc::clone(&gateway), Arc::clone(&submission));
                crate::support::spawn(async move { gateway.submit(&submission).await })
            })
            .collect();
        for task in tasks {
            known(wait(task).expect("it ends"));
        }
        assert_eq!((fake.refunds().len(), fake.requests(kind.post).len()), (1, 200));
        let all = fake.requests("").len();
        assert_eq!(counts.each_ref().map(|c| c.load(Ordering::SeqCst)), [all, all]);
    }
}
