//! Whatever is run, and however it fails: keys and passwords are nowhere to be seen.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use super::World;
use crate::support::Starts as _;
use crate::support::gateway::Trouble;
use crate::support::{run, sample, soak};

/// The Stripe key and PayPal's secret end so, and the fake's tokens and the login's password are these.
const SECRETS: [&str; 5] = ["s3cr3t", "token-1", "token-2", "hunter2", "Y2xpZW50OnMzY3IzdA"];

#[track_caller]
fn hides(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} shows {secret}: {text}");
    }
}

/// Everything that refunds leave in a database.
fn rows(world: &World) -> String {
    world.db.value(
        "SELECT jsonb_build_array((SELECT jsonb_agg(to_jsonb(o)) FROM bursar.operations o),
                                  (SELECT jsonb_agg(to_jsonb(r)) FROM bursar.refunds r),
                                  (SELECT jsonb_agg(to_jsonb(t)) FROM bursar.refund_transitions t))",
    )
}

/// The URL of a login with a password.
fn url(world: &World) -> String {
    let url = world.login("operator", "bursar_operator");
    world.db.sql(&format!("ALTER ROLE {}_operator PASSWORD 'hunter2'", world.db.name));
    let mut url = url::Url::parse(&url).expect("a URL");
    let _ = url.set_password(Some("hunter2"));
    if !url.as_str().contains("hunter2") {
        url.query_pairs_mut().append_pair("password", "hunter2");
    }
    url.to_string()
}

#[test]
fn no_output_and_no_row_holds_a_secret() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("refunds.csv").display().to_string();
    let results = format!("{file}.results.csv");
    // A gateway that repeats the key in its errors, breaks off, or is not there.
    let echo = || json!({ "error": { "type": "api_error", "message": "the key sk_test_s3cr3t is tired" } });
    let said = || json!({ "error": { "type": "invalid_request_error", "message": "not with sk_test_s3cr3t" } });
    let mut all = String::new();
    for (n, format) in ["table", "json"].into_iter().enumerate() {
        // The formats take different ones of the troubles.
        let first = if soak() { 0 } else { n };
        let world = World::new();
        let url = url(&world);
        let go = |words: &[&str], env: &[(&str, &str)]| {
            let mut command = world.command(&[words, &["--yes", "-v", "-o", format]].concat());
            run(command.env("DATABASE_URL", &url).envs(env.iter().copied()))
        };
        let troubles = [
            Trouble::Answer(400, said()),
            Trouble::Malformed,
            Trouble::DropAfter,
            Trouble::Answer(500, echo()),
            Trouble::Answer(401, said()),
            Trouble::Redirect("http://user:s3cr3t@127.0.0.1:1/".to_owned()),
        ];
        for trouble in sample(troubles.into_iter().skip(first), 3) {
            let paid = world.payment();
            world.fake.script("POST /v1/refunds", [trouble.clone()]);
            for words in [
                &["refund", "create", &paid.id, "--if-spent", "cap"][..],
                &["refund", "resume"],
                &["refund", "resume", "--recheck", "30"],
                &["refund", "sync", "--payment", &paid.id],
            ] {
                world.fake.script("GET /v1/refunds", [trouble.clone()]);
                let ran = go(words, &[]);
                all.push_str(&format!("{words:?} {trouble:?}: {} {}\n", ran.stdout, ran.stderr));
                hides(&format!("{words:?} after {trouble:?}"), &(ran.stdout + &ran.stderr));
            }
        }
        let (first, second) = (world.payment(), world.payment());
        std::fs::write(&file, format!("payment,note\n{},one\n{},two\n", first.id, second.id)).expect("a file");
        world.fake.calm();
        world.fake.script("POST /v1/refunds", [Trouble::Answer(400, said()), Trouble::Answer(500, echo())]);
        let ran = go(&["refund", "batch", &file, "--results", &results], &[]);
        hides("batch", &(ran.stdout + &ran.stderr));
        hides("the file of results", &std::fs::read_to_string(&results).expect("the results"));
        std::fs::remove_file(&results).expect("the results");
        // A gateway that is not there, and settings that are wrong.
        for env in [
            ("STRIPE_API_BASE", "http://127.0.0.1:1"),
            ("STRIPE_API_BASE", "https://user:s3cr3t@127.0.0.1:1"),
            ("STRIPE_SECRET_KEY", "s3cr3t"),
            ("BURSAR_GATEWAY_TIMEOUT", "soon"),
        ] {
            let paid = world.payment();
            let ran = go(&["refund", "create", &paid.id, "--if-spent", "cap"], &[env]);
            assert_ne!(ran.code, 0, "{env:?} {ran:?}");
            hides(&format!("{env:?}"), &(ran.stdout + &ran.stderr));
        }
        hides("the database", &rows(&world));
    }
    // The gateway's words did come through, without the key.
    assert!(all.contains("not with ***"), "{all}");
}

#[test]
fn paypal_s_secret_and_token_are_hidden_too() {
    let world = World::of("aethercrown");
    let of = |column: &str| {
        world.db.value(&format!(
            "SELECT {column} FROM payments WHERE status = 'completed' AND currency = 'USD' ORDER BY id LIMIT 1"
        ))
    };
    let (id, order) = (of("id"), of("order_id"));
    world.fake.payment([&order, "CAP1"], 1_000_000, "USD");
    // An error in which the fake repeats the token.
    world.fake.script("POST /v2", [Trouble::Answer(500, json!({ "message": "Bearer token-1 s3cr3t" }))]);
    for words in [&["refund", "create", &id][..], &["refund", "resume"], &["refund", "sync", "--payment", &id]] {
        let ran = world.bursar(&[words, &["--yes", "-v", "-o", "json"]].concat());
        hides(&format!("{words:?}"), &(ran.stdout + &ran.stderr));
        world.fake.expire_tokens();
    }
    hides("the database", &rows(&world));
}

#[test]
fn a_running_process_shows_no_secret_in_its_title() {
    let world = World::new();
    let (paid, url) = (world.payment(), url(&world));
    world.fake.script("POST /v1/refunds", [Trouble::Slow(Duration::from_millis(700))]);
    let mut command = world.command(&["refund", "create", &paid.id, "--yes", "-v"]);
    let mut child = command.env("DATABASE_URL", &url).stdout(Stdio::null()).stderr(Stdio::null()).starts();
    crate::support::until("a request", || !world.fake.requests("POST /v1/refunds").is_empty());
    let title = std::fs::read_to_string(format!("/proc/{}/cmdline", child.id())).expect("its command line");
    assert!(title.contains("refund") && title.contains(&paid.id), "{title}");
    hides("the command line", &title);
    let sessions = "SELECT jsonb_agg(a) FROM (SELECT application_name, query FROM pg_stat_activity
                     WHERE datname = current_database()) a";
    hides("the server's list of sessions", &world.db.value(sessions));
    assert!(child.wait().expect("its end").success());
}
