//! The lists by the date of their objects, and the cheap questions.

use bursar::error::Kind;
use bursar::refund::gateway::{Gateway, GatewayRefund, Listed, Probe, Range, by_name};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{PAYPAL, STRIPE};
use crate::support::gateway::{CLOCK, Fake, Trouble};
use crate::support::wait;

const DAY: i64 = 86_400;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

fn between(since: i64, until: i64) -> Range {
    Range { since: at(since), until: at(until) }
}

/// Every refund of the range, page by page, and the number of pages.
fn refunds(gateway: &dyn Gateway, between: Range) -> (Vec<GatewayRefund>, usize) {
    let (mut all, mut after, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let Listed { objects, next, .. } = wait(gateway.refunds_between(between, after.as_deref())).expect("a page");
        all.extend(objects);
        pages += 1;
        match next {
            None => return (all, pages),
            next => after = next,
        }
    }
}

#[test]
fn refunds_are_listed_by_their_own_date_in_pages_and_name_their_payment() {
    for kind in [STRIPE, PAYPAL] {
        let fake = kind.fake();
        let gateway = kind.usual(&fake);
        fake.pages_of(2);
        let mut made = Vec::new();
        // The second is the last of the first window, and the third the first of the next, where there are windows.
        for day in [0, 1, 32, 50, 90] {
            fake.clock(CLOCK + day * DAY);
            made.push(fake.refund_in_dashboard(kind.ids[0], 100));
        }
        let (found, pages) = refunds(&*gateway, between(CLOCK + DAY, CLOCK + 90 * DAY));
        let mut ids: Vec<&str> = found.iter().map(|r| r.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, made[1..4], "{}", kind.name);
        assert!(pages > 1, "{}", kind.name);
        for refund in &found {
            assert_eq!(refund.payment, kind.ids);
            assert_eq!((refund.amount, &*refund.currency), (100, "THB"));
            assert!(refund.created.is_some_and(|at| at >= self::at(CLOCK + DAY)));
        }
        assert_eq!(refunds(&*gateway, between(CLOCK + 200 * DAY, CLOCK + 200 * DAY)).0, []);
    }
}

#[test]
fn the_refund_of_ours_is_known_in_the_list() {
    for kind in [STRIPE, PAYPAL] {
        let (fake, submission) = (kind.fake(), kind.submission(1_000));
        let gateway = kind.usual(&fake);
        let made = super::known(wait(gateway.submit(&submission)));
        assert_eq!(refunds(&*gateway, between(CLOCK, CLOCK + 1)).0, [made], "{}", kind.name);
    }
}

#[test]
fn disputes_are_listed_by_their_own_date_with_their_outcome() {
    let today = Utc::now().timestamp();
    for (kind, lost) in [(STRIPE, ("lost", None)), (PAYPAL, ("RESOLVED", Some("RESOLVED_BUYER_FAVOUR")))] {
        let fake = kind.fake();
        let gateway = kind.usual(&fake);
        for day in [40, 20, 3] {
            fake.clock(today - day * DAY);
            fake.dispute(kind.ids[0], lost.0, lost.1);
        }
        let range = between(today - 30 * DAY, today - 10 * DAY);
        let found = wait(gateway.disputes_between(range, None)).expect("disputes");
        assert_eq!(found.next, None);
        let [dispute] = &found.objects[..] else { panic!("{found:?}") };
        assert!(dispute.lost && dispute.payment == kind.ids, "{dispute:?}");
        assert_eq!(dispute.created, Some(at(today - 20 * DAY)));
    }
    let error = wait(PAYPAL.usual(&PAYPAL.fake()).disputes_between(between(CLOCK, CLOCK + 1), None));
    let error = error.expect_err("longer ago than PayPal lists");
    assert!(
        error.kind == Kind::Refused && error.hint.as_ref().is_some_and(|hint| hint.contains("180 days")),
        "{error:?}"
    );
}

#[test]
fn a_range_of_more_than_paypal_finds_is_halved_until_it_finds_it() {
    let fake = PAYPAL.fake();
    let made: Vec<String> = (0..8)
        .map(|day| {
            fake.clock(CLOCK + day * DAY);
            fake.refund_in_dashboard("ORDER1", 100)
        })
        .collect();
    fake.finds_at_most(2);
    let found = refunds(&*PAYPAL.usual(&fake), between(CLOCK, CLOCK + 8 * DAY)).0;
    assert_eq!(found.into_iter().map(|r| r.id).collect::<Vec<_>>(), made);
}

#[test]
fn a_page_that_was_lost_is_asked_for_again_and_what_is_no_page_is_an_error() {
    for (kind, list) in [(STRIPE, "GET /v1/refunds"), (PAYPAL, "GET /v1/reporting")] {
        let fake = kind.fake();
        let gateway = kind.usual(&fake);
        let range = between(CLOCK, CLOCK + 1);
        fake.refund_in_dashboard(kind.ids[0], 100);
        for trouble in
            [Trouble::FailBefore, Trouble::DropAfter, Trouble::BreakOff, Trouble::Malformed, Trouble::TooMany(Some(1))]
        {
            fake.script(list, [trouble.clone()]);
            assert_eq!(refunds(&*gateway, range).0.len(), 1, "{trouble:?}");
        }
        fake.script(list, [Trouble::Redirect("http://elsewhere.invalid".to_owned())]);
        let error = wait(gateway.refunds_between(range, None)).expect_err("a redirect");
        assert_eq!(error.kind, Kind::Connection, "{error:?}");
        let no = json!({ "error": { "type": "invalid_request_error", "message": "no" }, "name": "NOT_AUTHORIZED" });
        fake.script(list, [Trouble::Answer(403, no)]);
        let error = wait(gateway.refunds_between(range, None)).expect_err("not allowed");
        assert!(error.kind == Kind::Refused && error.hint.is_some(), "{error:?}");
    }
    let fake = STRIPE.fake();
    let id = fake.refund_in_dashboard("ch_1", 100);
    let gateway = STRIPE.usual(&fake);
    let page = |data| Trouble::Answer(200, json!({ "data": data, "has_more": true }));
    for (data, after, why) in [
        (json!([]), None, "empty and has a next one"),
        (json!([{ "id": id }]), Some(&*id), "given before"),
        (json!([{ "x": 1 }]), None, "without an id"),
    ] {
        fake.script("GET /v1/refunds", [page(data)]);
        let error = wait(gateway.refunds_between(between(CLOCK, CLOCK + 1), after)).expect_err(why);
        assert!(error.kind == Kind::Incomplete && error.message().contains(why), "{error:?}");
    }
    // One object that is not understood is named beside the others.
    let fine = json!({ "id": "re_8", "amount": 1, "currency": "thb", "status": "succeeded" });
    for (odd, why) in [
        (json!({ "id": "re_9", "amount": 1, "currency": "xyz", "status": "succeeded", "charge": "ch_1" }), "1 xyz"),
        (json!({ "id": "re_9", "amount": "1", "currency": "thb", "status": "succeeded", "charge": "ch_1" }), "amount"),
        (json!({ "id": "re_9", "amount": 1, "currency": "thb", "status": "weird", "charge": "ch_1" }), "weird"),
        (json!({ "id": "re_9", "charge": "ch_1" }), "amount"),
    ] {
        fake.script("GET /v1/refunds", [Trouble::Answer(200, json!({ "data": [odd, fine], "has_more": false }))]);
        let found = wait(gateway.refunds_between(between(CLOCK, CLOCK + 1), None)).expect("a page");
        assert_eq!((found.objects.len(), found.objects[0].id.as_str()), (1, "re_8"));
        let [odd] = &found.odd[..] else { panic!("{found:?}") };
        assert!(odd.id == "re_9" && odd.payment == ["ch_1"] && (odd.why.contains(why) || why == "amount"), "{odd:?}");
    }
}

#[test]
fn a_probe_says_whether_the_key_is_taken_and_the_account_is_the_same_for_each_key() {
    for (kind, wrong, path, account) in [
        (STRIPE, ("STRIPE_SECRET_KEY", "sk_test_wr0ng"), "GET /v1/account", "acct_fake"),
        (PAYPAL, ("PAYPAL_CLIENT_SECRET", "wr0ng"), "GET /v1/identity", "PAYERFAKE"),
    ] {
        let fake = kind.fake();
        let gateway = kind.usual(&fake);
        assert_eq!(wait(gateway.probe()), Probe::Ready);
        assert_eq!(wait(gateway.account()).expect("an account").as_deref(), Some(account));
        let no = json!({ "error": { "type": "invalid_request_error", "message": "no" }, "name": "NOT_AUTHORIZED" });
        fake.script(path, [Trouble::Answer(403, no)]);
        assert_eq!(wait(gateway.account()).expect("no account"), None);

        let stranger = kind.gateway(&fake, "5s", &[wrong]);
        let probe = wait(stranger.probe());
        assert!(matches!(&probe, Probe::Refused { why } if !why.contains("wr0ng")), "{probe:?}");
        assert_eq!(wait(stranger.account()).expect_err("a wrong key").kind, Kind::Refused);
        let nobody = if kind.name == "stripe" { "STRIPE_API_BASE" } else { "PAYPAL_API_BASE" };
        let nobody = kind.gateway(&fake, "5s", &[(nobody, "http://127.0.0.1:1")]);
        assert!(matches!(wait(nobody.probe()), Probe::Unreachable { .. }));
        assert_eq!(wait(nobody.account()).expect_err("nobody").kind, Kind::Connection);
        assert!(fake.requests("POST /v1/refunds").is_empty() && fake.requests("POST /v2").is_empty());
    }
    let recorded = by_name("record-only", &|_| None, Some("re_1".to_owned())).expect("record-only");
    assert_eq!(wait(recorded.probe()), Probe::Ready);
    assert_eq!(wait(recorded.account()).expect("none"), None);
    assert_eq!(refunds(&*recorded, between(0, 1)), (vec![], 1));
    assert!(Fake::start().requests("").is_empty());
}
