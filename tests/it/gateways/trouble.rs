//! What a gateway can do wrong, and what is reported then.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bursar::error::Kind;
use bursar::refund::gateway::{Except, Gateway, Submission};
use serde_json::json;
use sqlx::types::Uuid;

use super::{PAYPAL, STRIPE, known, verdict};
use crate::support::gateway::{Fake, Trouble};
use crate::support::wait;

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
            let list = wait(gateway.refunds_of(&submission.payment, &Except::default())).expect("refunds");
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
        assert!(verdict(&answer).0 == "not sent" && verdict(&answer).1.contains("429"), "{answer:?}");
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());

        fake.script(kind.post, vec![Trouble::TooMany(None); 50]);
        let began = Instant::now();
        assert_eq!(verdict(&wait(gateway.submit(&submission))).0, "not sent");
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
        assert_eq!(verdict(&answer).0, "not sent");
        let error = wait(gateway.refunds_of(&submission.payment, &Except::default())).expect_err("nobody answers");
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

#[test]
fn a_server_whose_certificate_nobody_vouches_for_is_told_nothing() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key))
        .expect("a server");
    let (config, told) = (Arc::new(config), Arc::new(AtomicUsize::new(0)));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://localhost:{}", listener.local_addr().expect("its address").port());
    let heard = Arc::clone(&told);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut server = rustls::ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let read = rustls::Stream::new(&mut server, &mut stream).read(&mut [0; 64]);
            heard.fetch_add(read.unwrap_or(0), Ordering::SeqCst);
        }
    });
    for (kind, base) in [(STRIPE, "STRIPE_API_BASE"), (PAYPAL, "PAYPAL_API_BASE")] {
        let (fake, submission) = (kind.fake(), kind.submission(5_000));
        let answer = wait(kind.gateway(&fake, "5s", &[(base, &url)]).submit(&submission));
        let (verdict, why) = verdict(&answer);
        assert!(verdict == "not sent" && why.contains("certificate"), "{answer:?}");
    }
    assert_eq!(told.load(Ordering::SeqCst), 0);
}
