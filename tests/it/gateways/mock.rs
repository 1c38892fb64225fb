//! Stripe's API as somebody else understood it: npm's `stripe-stateful-mock`. It knows charges, refunds
//! of a charge and idempotency keys. It has no payment intents, lists no disputes, and its refunds are
//! done at once; those are tested against our own fake only.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use bursar::refund::RefundReason;
use bursar::refund::gateway::{Answer, Except, Gateway, Status, Submission, by_name};
use serde_json::Value;
use sqlx::types::Uuid;

use super::{known, verdict};
use crate::support::{Running, file, hermetic, start_shared, wait};

/// The mock of this run. Its standard input is a pipe of ours, and it ends when that does.
struct Mock {
    port: u16,
    _process: Running,
}

static MOCK: LazyLock<Mock> = LazyLock::new(|| {
    let directory = file("tests/gateway");
    assert!(
        directory.join("node_modules/stripe-stateful-mock").is_dir(),
        "the Stripe mock is missing: run `make setup`"
    );
    let mut command = Command::new("node");
    hermetic(&mut command);
    command.arg("serve.js").current_dir(directory).stdout(Stdio::piped());
    let mut process = start_shared(&mut command);
    let mut line = String::new();
    let stdout = process.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("its port");
    let port = line.trim().parse().unwrap_or_else(|e| panic!("the mock said '{line}': {e}: run `make setup`"));
    Mock { port, _process: process }
});

/// Where the mock is.
pub fn url() -> String {
    format!("http://127.0.0.1:{}", MOCK.port)
}

/// A way to the mock on which everything arrives there, and no answer comes back.
pub fn unheard() -> String {
    let door = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = door.local_addr().expect("its port").port();
    std::thread::spawn(move || {
        for mut client in door.incoming().flatten() {
            let mut mock = TcpStream::connect(("127.0.0.1", MOCK.port)).expect("the mock");
            let mut answers = mock.try_clone().expect("the same connection");
            std::thread::spawn(move || std::io::copy(&mut answers, &mut std::io::sink()));
            std::thread::spawn(move || std::io::copy(&mut client, &mut mock));
        }
    });
    format!("http://127.0.0.1:{port}")
}

/// A way to the mock on which the answers to what is posted do not come back.
pub fn unheard_posts() -> String {
    let door = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = door.local_addr().expect("its port").port();
    std::thread::spawn(move || {
        for mut client in door.incoming().flatten() {
            std::thread::spawn(move || {
                let mut mock = TcpStream::connect(("127.0.0.1", MOCK.port)).expect("the mock");
                let (mut answers, mut back) = (mock.try_clone().expect("a copy"), client.try_clone().expect("a copy"));
                let mut first = [0; 1];
                if client.read_exact(&mut first).is_err() {
                    return;
                }
                std::thread::spawn(move || match first[0] {
                    b'P' => std::io::copy(&mut answers, &mut std::io::sink()),
                    _ => std::io::copy(&mut answers, &mut back),
                });
                let _ = mock.write_all(&first).and_then(|()| std::io::copy(&mut client, &mut mock));
            });
        }
    });
    format!("http://127.0.0.1:{port}")
}

/// A charge in satang, made with the mock's own API from one of Stripe's test tokens. The mock raises the
/// dispute of a token for disputes a moment later, and that is waited for.
pub fn charge(amount: i64, source: &str) -> String {
    let id = post("/v1/charges", &format!("amount={amount}&currency=thb&source={source}"));
    for _ in 0..500 {
        if !source.starts_with("tok_createDispute") || ask("GET", &format!("/v1/charges/{id}"), "")["disputed"] == true
        {
            return id;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the mock raised no dispute for {source}");
}

/// Makes something with the mock's own API, and returns its id.
pub fn post(path: &str, form: &str) -> String {
    let made = ask("POST", path, form);
    made["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

fn ask(method: &str, path: &str, form: &str) -> Value {
    let mut stream = TcpStream::connect(("127.0.0.1", MOCK.port)).expect("the mock");
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer sk_test_mock\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
        .split_once("\r\n\r\n")
        .and_then(|(_, body)| serde_json::from_str(body).ok())
        .unwrap_or_else(|| panic!("{answer}"))
}

fn stripe() -> Box<dyn Gateway> {
    let var = |name: &str| match name {
        "STRIPE_SECRET_KEY" => Some("sk_test_mock".to_owned()),
        "STRIPE_API_BASE" => Some(url()),
        _ => None,
    };
    by_name("stripe", &var, None).expect("a gateway")
}

fn submission(charge: &str, amount: i64) -> Submission {
    Submission {
        refund: Uuid::new_v4().into(),
        payment: vec![charge.to_owned()],
        amount,
        currency: "THB".to_owned(),
        reason: RefundReason::RequestedByCustomer,
        resubmitted: false,
    }
}

#[test]
fn the_mock_makes_a_refund_once_for_each_key_and_lists_it() {
    let (stripe, submission) = (stripe(), submission(&charge(5_000, "tok_visa"), 1_250));
    let first = known(wait(stripe.submit(&submission)));
    assert_eq!((first.status, first.amount, first.currency.as_str()), (Status::Succeeded, 1_250, "THB"));
    assert_eq!((first.refund, &first.payment), (Some(submission.refund), &submission.payment));
    assert_eq!(known(wait(stripe.submit(&submission))), first);
    assert_eq!(wait(stripe.refunds_of(&submission.payment, &Except::default())).expect("refunds"), [first]);

    let changed = Submission { amount: 1_300, ..submission.clone() };
    let answer = wait(stripe.submit(&changed));
    assert!(verdict(&answer).0 == "unknown" && verdict(&answer).1.contains("idempotency_error"), "{answer:?}");
    assert_eq!(wait(stripe.refunds_of(&submission.payment, &Except::default())).expect("refunds").len(), 1);
}

#[test]
fn the_mock_refuses_what_stripe_refuses() {
    let stripe = stripe();
    let refused = |submission: &Submission, why: &str| {
        let answer = wait(stripe.submit(submission));
        let Answer::Refused { why: said } = &answer else { panic!("{why}: {answer:?}") };
        assert!(said.contains(why), "{why}: {said}");
    };
    let paid = charge(5_000, "tok_visa");
    known(wait(stripe.submit(&submission(&paid, 4_000))));
    refused(&submission(&paid, 1_001), "greater than unrefunded amount");
    known(wait(stripe.submit(&submission(&paid, 1_000))));
    refused(&submission(&paid, 1), "charge_already_refunded");
    refused(&submission(&charge(5_000, "tok_createDispute"), 1), "charge_disputed");
    refused(&submission("ch_nobody", 1), "resource_missing");
    refused(&submission(&charge(5_000, "tok_visa"), 100_000_000), "amount_too_large");
    // An inquiry is no dispute yet, and its charge can be refunded.
    known(wait(stripe.submit(&submission(&charge(5_000, "tok_createDisputeInquiry"), 5_000))));
}

#[test]
fn the_mock_is_read_page_by_page() {
    let (stripe, paid) = (stripe(), charge(50_000, "tok_visa"));
    let mut made: Vec<String> = (0..101).map(|_| known(wait(stripe.submit(&submission(&paid, 1)))).id).collect();
    let mut found: Vec<String> =
        wait(stripe.refunds_of(&[paid], &Except::default())).expect("refunds").into_iter().map(|r| r.id).collect();
    made.sort();
    found.sort();
    assert_eq!(found, made);
}
