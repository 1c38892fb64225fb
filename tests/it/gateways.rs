//! The payment gateways against one that misbehaves: whatever it does, a refund is reported as made
//! only where it was, as refused only where it was not, and as unknown everywhere else.

mod lists;
pub mod mock;
mod paypal;
mod trouble;

use bursar::error::Kind;
use bursar::refund::RefundReason;
use bursar::refund::gateway::{Answer, Except, Gateway, GatewayRefund, Status, Submission, by_name};
use serde_json::json;
use sqlx::types::Uuid;

use crate::support::gateway::Fake;
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
            refund: Uuid::new_v4().into(),
            payment: ids.iter().map(|id| (*id).to_owned()).collect(),
            amount,
            currency: "THB".to_owned(),
            reason: RefundReason::Duplicate,
            resubmitted: false,
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
        Answer::NotSent { why } => ("not sent", why),
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
        assert_eq!(wait(gateway.refunds_of(&submission.payment, &Except::default())).expect("refunds"), [first]);
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
    submission = Submission { refund: Uuid::new_v4().into(), reason: RefundReason::Other, ..submission };
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
            let list = wait(gateway.refunds_of(&submission.payment, &Except::default())).expect("refunds");
            assert_eq!(list.iter().map(|r| r.status).collect::<Vec<_>>(), [expected]);
            assert_eq!(list[0].why.as_deref(), Some("lost_or_stolen_card"));
        }
        // A word that bursar does not know is not taken for one that it does.
        fake.settle(&made.id, "reversed", None);
        let error = wait(gateway.refunds_of(&submission.payment, &Except::default())).expect_err("not understood");
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
        let mut found: Vec<String> = wait(gateway.refunds_of(&payment, &Except::default()))
            .expect("refunds")
            .into_iter()
            .map(|r| r.id)
            .collect();
        made.sort();
        found.sort();
        assert_eq!(found, made);

        statuses.iter().for_each(|(status, outcome)| fake.dispute(kind.ids[0], status, *outcome));
        let disputes = wait(gateway.disputes_of(&payment, &Except::default())).expect("disputes");
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
        assert_eq!(verdict(&answer).0, "not sent", "{answer:?}");
        let error = wait(gateway.refunds_of(&submission.payment, &Except::default())).expect_err("a wrong key");
        assert_eq!(error.kind, Kind::Refused);
        assert!(!format!("{answer:?}{error:?}").contains(wrong.1), "{answer:?} {error:?}");
        assert!(fake.refunds().is_empty());
    }
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
