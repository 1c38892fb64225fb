//! Objects of a gateway that do not fit: they are told beside the rest, a preview decides as the real run does, and what
//! never will fit is acknowledged once.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::World;
use super::ends::{Side, unknown};
use super::sync::{audit_is_clean, outcomes, sync};
use crate::support::gateway::Trouble;
use crate::support::{Ran, bursar, run, sample};

fn nightly(world: &World, more: &[&str]) -> (i32, Value) {
    let ran = world.bursar(&[&["refund", "sync", "--yes", "-o", "json"], more].concat());
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    (ran.code, report)
}

fn acknowledge(world: &World, object: &str, gateway: &str, more: &[&str]) -> Ran {
    world.bursar(
        &[&["refund", "acknowledge", object, "--gateway", gateway, "--reason", "agreed with finance"], more].concat(),
    )
}

/// The exit code of the audit of the operator log.
fn operations(world: &World) -> i32 {
    world.db.bursar(&["audit", "--only", "operations.chain"]).code
}

#[test]
fn an_object_of_a_gateway_is_one_refund_and_whatever_claims_it_too_is_named() {
    let world = World::new();
    let [right, wrong] = [world.payment(), world.payment()];
    // The answer is lost; somebody books the refund by hand, under another payment.
    world.fake.script("POST /v1/refunds", [Trouble::FailAfter]);
    world.bursar(&["refund", "create", &right.id, "--amount", "20", "--yes"]).exits(6);
    let made = world.at_gateway(&right).remove(0).id;
    let by_hand = ["--amount", "20", "--gateway", "record-only", "--gateway-ref", &made, "--yes"];
    world.bursar(&[&["refund", "create", &wrong.id], &by_hand[..]].concat()).ok();
    let (first, second) = (world.refund_id(&wrong), world.refund_id(&right));
    let says = format!("{made} is refund {first}, of payment {}, so it cannot be refund {second}", wrong.id);
    let remedy = format!("bursar refund show {first}");
    let before = world.everything(&right);
    let ran = world.resume().exits(6);
    let shown = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains(&says) && shown.contains(&remedy), "{ran:?}");
    assert!(!shown.contains("duplicate key"), "{ran:?}");
    assert_eq!(world.everything(&right), before);
    world.bursar(&["refund", "show", &first]).ok();
    // What is of another payment at the gateway is not known here as this one's, and is not paid again.
    let other = world.payment();
    let made = world.fake.refund_in_dashboard(&other.charge, 2_000);
    let by_hand = ["--amount", "20", "--gateway", "record-only", "--gateway-ref", &made, "--again", "--yes"];
    world.bursar(&[&["refund", "create", &wrong.id], &by_hand[..]].concat()).ok();
    let says = format!("of payment {}", wrong.id);
    let ran = world.bursar(&["refund", "sync", "--payment", &other.id, "--yes", "-o", "json"]).exits(6);
    assert!(ran.stdout.contains("\"conflict\"") && ran.stdout.contains(&says), "{ran:?}");
    world.create(&other).exits(7).says(&says);
    acknowledge(&world, &made, "stripe", &["--yes"]).ok();
    assert_eq!(outcomes(&sync(&world, &other.id, &["--yes"])), ["refund acknowledged"]);
    world.bursar(&["refund", "create", &other.id, "--amount", "5", "--yes"]).ok();
    // A direct write past the functions is told in the same words.
    let twice = format!("UPDATE bursar.refunds SET gateway_ref = '{made}' WHERE id = '{first}'");
    assert_eq!(world.db.sqlstate(&twice), "BR007");
}

#[test]
fn an_id_that_paypal_does_not_have_is_refused_and_one_that_only_its_transactions_know_is_not() {
    let world = World::of("aethercrown");
    let (_, order, _) = super::aethercrown::payment(&world, "USD", 2);
    acknowledge(&world, "NOSUCHOBJECT", "paypal", &["--yes"])
        .exits(7)
        .says("paypal has no refund or dispute NOSUCHOBJECT")
        .says("bursar refund sync --gateway paypal --dry-run");
    let at = (chrono::Utc::now() - chrono::TimeDelta::days(100)).format("%Y-%m-%dT%H:%M:%S+0000").to_string();
    world.fake.line(json!({
        "transaction_id": "OLDREFUND1", "transaction_event_code": "T1107", "transaction_status": "S",
        "transaction_initiation_date": at, "transaction_updated_date": at,
        "transaction_amount": { "value": "-1.00", "currency_code": "USD" },
        "paypal_reference_id": order, "paypal_reference_id_type": "ODR" }));
    acknowledge(&world, "OLDREFUND1", "paypal", &["--yes"]).ok().tells("is acknowledged");
}

#[test]
fn a_dispute_that_is_lost_again_after_a_refund_takes_what_is_left() {
    let world = World::new();
    for part in sample([Some("100.00"), None], 2) {
        let paid = world.payment();
        let dispute = world.fake.dispute_over(&paid.charge, "lost", None, paid.amount, "THB");
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["dispute brought_in"]);
        world.fake.ends_dispute(&dispute, "won", None);
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["dispute undone"]);
        let amount: Vec<&str> = part.iter().flat_map(|part| ["--amount", part]).collect();
        world.bursar(&[&["refund", "create", &paid.id, "--yes"], &amount[..]].concat()).ok();
        world.fake.ends_dispute(&dispute, "lost", None);
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--dry-run"])), ["refund known", "dispute would"]);
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund known", "dispute updated"]);
        let row = world.db.value(&format!(
            "SELECT concat_ws(' ', state, amount, gateway_amount) FROM bursar.refunds WHERE gateway_ref = '{dispute}'"
        ));
        let left = if part.is_some() { 19_900 } else { 0 };
        assert_eq!(row, format!("succeeded {left} 29900"));
        assert_eq!(
            (world.status(&paid), world.balance(&paid.user)),
            ("refunded".to_owned(), paid.balance - paid.granted)
        );
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund known", "dispute known"]);
        audit_is_clean(&world);
        world.fake.ends_dispute(&dispute, "won", None);
        assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund known", "dispute undone"]);
        audit_is_clean(&world);
    }
}

#[test]
fn money_that_went_back_twice_is_found_until_somebody_answers_for_it() {
    let world = World::new();
    let paid = world.payment();
    world.fake.new_refunds_are("failed");
    world.create(&paid).exits(1);
    world.fake.new_refunds_are("succeeded");
    world.create(&paid).ok();
    let first = world.at_gateway(&paid).remove(0);
    world.fake.settle(&first.id, "succeeded", None);
    sync(&world, &paid.id, &["--yes"]);
    assert_eq!(world.state(&paid), "succeeded, succeeded");
    let audit = || world.db.bursar(&["audit", "--only", "ledger,payments,refunds", "-o", "json"]);
    assert!(audit().exits(3).stdout.contains("refunds.amounts"));
    acknowledge(&world, &first.id, "stripe", &["--yes"]).ok();
    audit().ok();
}

#[test]
fn what_is_not_understood_is_named_and_the_rest_is_brought_in() {
    for (app, gateway) in sample([("aethercrown", "paypal"), ("mimivibe", "stripe")], 2) {
        let world = World::of(app);
        world.fake.clock(chrono::Utc::now().timestamp() - 86_400);
        let (id, of, status) = match gateway {
            "stripe" => {
                let paid = world.payment();
                (paid.id, paid.charge, "weird")
            }
            _ => {
                let (id, order, _) = super::aethercrown::payment(&world, "USD", 2);
                (id, order, "WEIRD")
            }
        };
        let lost = if gateway == "stripe" { ("lost", None) } else { ("RESOLVED", Some("RESOLVED_BUYER_FAVOUR")) };
        let odd = [world.fake.refund_in_dashboard(&of, 100), world.fake.dispute_over(&of, lost.0, lost.1, 100, "XYZ")];
        world.fake.settle(&odd[0], status, None);
        let fine = world.fake.refund_in_dashboard(&of, 200);
        let (code, report) = nightly(&world, &["--gateway", gateway]);
        assert_eq!(code, 6, "{gateway}: {report}");
        let of_fine = |report: &Value| {
            let found = report["found"].as_array().expect("what was found").clone();
            found.into_iter().find(|f| f["gateway_ref"] == *fine).map(|f| f["outcome"].clone())
        };
        assert_eq!(of_fine(&report), Some(json!("brought_in")), "{gateway}: {report}");
        for odd in &odd {
            let named = report["not_asked"].as_array().expect("a list").iter();
            let named: Vec<_> = named.filter(|n| n["object"] == **odd).collect();
            assert!(named.len() == 1 && named[0]["payment"] == *id, "{gateway} {odd}: {report}");
        }
        let ran = world.bursar(&["refund", "sync", "--gateway", gateway, "--yes"]).exits(6);
        for odd in &odd {
            let remedy = format!("bursar refund acknowledge {odd} --gateway {gateway} --reason");
            assert!(ran.stderr.contains(&remedy), "{ran:?}");
            acknowledge(&world, odd, gateway, &["--yes"]).ok();
        }
        let (code, report) = nightly(&world, &["--gateway", gateway]);
        assert_eq!((code, of_fine(&report)), (0, Some(json!("known"))), "{gateway}: {report}");
    }
}

#[test]
fn an_object_that_never_will_fit_is_acknowledged_once() {
    let world = World::new();
    world.fake.clock(chrono::Utc::now().timestamp() - 86_400);
    let paid = world.payment();
    let dispute = world.fake.dispute_over(&paid.charge, "lost", None, 140, "USD");
    let all = &["--gateway", "stripe"][..];
    assert_eq!(nightly(&world, all).0, 6);
    let ran = world.bursar(&["refund", "sync", "--payment", &paid.id, "--yes"]).exits(6);
    ran.says(&format!("bursar refund acknowledge {dispute} --gateway stripe --reason"));
    // Not without a reason, and not by somebody who may not.
    let words = ["refund", "acknowledge", &dispute, "--gateway", "stripe", "--yes"];
    world.bursar(&words).exits(2);
    world.bursar(&[&words[..], &["--reason", " "]].concat()).exits(2);
    let support = world.login("support", "bursar_support");
    for more in [&["--yes"][..], &["--dry-run"]] {
        let ran = world.as_login(&support, &[&words[..5], &["--reason", "x"], more].concat()).exits(4);
        ran.says("as a member of bursar_operator: bursar refund acknowledge");
    }
    acknowledge(&world, &dispute, "stripe", &["--dry-run"]).ok();
    assert_eq!(nightly(&world, all).0, 6);
    let before = world.everything(&paid);
    acknowledge(&world, &dispute, "stripe", &["--yes"]).ok();
    acknowledge(&world, &dispute, "stripe", &["--yes"]).ok().tells("before");
    for payment in [&[][..], &["--payment", &paid.id]] {
        let (code, report) = nightly(&world, &[all, payment].concat());
        assert_eq!((code, outcomes(&report)), (0, vec!["dispute acknowledged".to_owned()]), "{report}");
    }
    assert_eq!(world.everything(&paid), before);
    // The first one stands, and what fits later is left as it is.
    let again = ["refund", "acknowledge", &dispute, "--gateway", "stripe", "--reason", "another", "--yes"];
    world.bursar(&again).ok().tells("agreed with finance; that stands");
    let log = "SELECT count(*) || ' ' || max(reason) FROM bursar.operations WHERE command = 'refund acknowledge'";
    assert_eq!(world.db.value(log), "1 agreed with finance");
    assert_eq!(operations(&world), 0);
    // What is withdrawn counts again, once, and may be acknowledged again.
    let withdraw = |more: &[&str]| {
        world.bursar(&[&["refund", "acknowledge", &dispute, "--withdraw", "--reason", "the wrong one"], more].concat())
    };
    withdraw(&["--gateway", "paypal", "--yes"]).exits(7).says("was never acknowledged");
    let unwilling =
        world.as_login(&support, &["refund", "acknowledge", &dispute, "--withdraw", "--reason", "x", "--yes"]);
    unwilling.exits(4).says("as a member of bursar_operator: bursar refund acknowledge");
    withdraw(&["--dry-run"]).ok().tells("agreed with finance; nothing was changed");
    assert_eq!(nightly(&world, all).0, 0);
    withdraw(&["--yes"]).ok().tells("no longer acknowledged");
    withdraw(&["--yes"]).ok().tells("was withdrawn before, by");
    assert_eq!(nightly(&world, all).0, 6);
    acknowledge(&world, &dispute, "stripe", &["--yes"]).ok().tells("is acknowledged");
    assert_eq!(nightly(&world, all).0, 0);
    let log = "SELECT string_agg(outcome, ' ' ORDER BY id) FROM bursar.operations WHERE command = 'refund acknowledge'";
    assert_eq!(world.db.value(log), "acknowledged withdrawn acknowledged");
    assert_eq!(operations(&world), 0);
    // A refund that bursar will never know is in nobody's way any more.
    let other = world.payment();
    let list = json!({ "has_more": false, "data": [{
        "id": "re_usd", "amount": 2000, "currency": "usd", "status": "succeeded", "charge": other.charge, "created": 1 }] });
    let listed = || vec![Trouble::Answer(200, list.clone()); 2];
    world.fake.script("GET /v1/refunds", listed());
    world.create(&other).exits(7);
    world.fake.calm();
    acknowledge(&world, "re_usd", "stripe", &["--yes"]).exits(7).says("stripe has no refund or dispute re_usd");
    world.fake.script("GET /v1/refunds/re_usd", [Trouble::Answer(200, list["data"][0].clone())]);
    acknowledge(&world, "re_usd", "stripe", &["--yes"]).ok();
    world.fake.script("GET /v1/refunds", listed());
    world.create(&other).ok();
}

#[test]
fn what_was_acknowledged_is_left_as_it_is_once_it_fits() {
    let world = World::new();
    let paid = world.payment();
    let fits = world.fake.refund_in_dashboard(&paid.charge, 300);
    for flag in ["--dry-run", "--yes"] {
        let ran = acknowledge(&world, &fits, "stripe", &[flag]).exits(7);
        ran.says("fits payment").says(&format!("bursar refund sync --payment {}", paid.id));
    }
    world.fake.settle(&fits, "weird", None);
    let create = || world.bursar(&["refund", "create", &paid.id, "--amount", "5", "--yes"]);
    let ran = create().exits(6).says(&format!("bursar refund acknowledge {fits} --gateway stripe --reason TEXT"));
    assert_eq!(ran.stderr.matches("nothing was changed").count(), 1, "{ran:?}");
    world.bursar(&["refund", "sync", "--payment", &paid.id, "--yes"]).exits(6);
    acknowledge(&world, &fits, "stripe", &["--yes"]).ok();
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), Vec::<String>::new());
    create().ok();
    world.fake.settle(&fits, "succeeded", None);
    for flag in ["--dry-run", "--yes"] {
        let found = outcomes(&sync(&world, &paid.id, &[flag]));
        assert!(found.contains(&"refund acknowledged".to_owned()) && found.len() == 2, "{found:?}");
    }
    assert_eq!(world.state(&paid), "succeeded");
    let made = world.at_gateway(&paid).into_iter().map(|r| r.id).find(|id| *id != fits).expect("ours");
    acknowledge(&world, &made, "stripe", &["--yes"]).exits(7).says("both agree");
}

#[test]
fn the_preview_of_a_cancellation_decides_as_the_real_run_does() {
    for side in Side::both() {
        side.world.fake.script(side.post, [Trouble::FailBefore]);
        side.create().exits(6);
        let id = side.of_refund("id");
        for flag in ["--dry-run", "--yes"] {
            let ran = side.world.bursar(&["refund", "cancel", &id, "--reason", "x", flag]).exits(7);
            ran.says("less than 2 minutes ago");
        }
    }
}

#[test]
fn a_preview_decides_as_the_real_run_does() {
    let world = World::new();
    let [whole, twice, waits] = [world.payment(), world.payment(), world.payment()];
    let elsewhere = ["--gateway", "record-only", "--gateway-ref", "elsewhere", "--yes"];
    world.bursar(&[&["refund", "create", &whole.id], &elsewhere[..]].concat()).ok();
    world.fake.refund_in_dashboard(&whole.charge, 10_000);
    // Each fits, and both do not.
    world.fake.refund_in_dashboard(&twice.charge, 20_000);
    world.fake.refund_in_dashboard(&twice.charge, 20_000);
    // One that is open is in the way.
    world.db.bursar(&["settings", "set", "refund_limit", "THB 1.00", "--yes"]).ok();
    world.create(&waits).exits(6);
    world.fake.refund_in_dashboard(&waits.charge, 100);
    for paid in [&whole, &twice, &waits] {
        let before = world.everything(paid);
        let run = |flag| {
            let ran = world.bursar(&["refund", "sync", "--payment", &paid.id, flag, "-o", "json"]).exits(6);
            let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
            outcomes(&report).iter().map(|o| o.replace("would", "brought_in")).collect::<Vec<_>>()
        };
        let dry = run("--dry-run");
        assert_eq!(world.everything(paid), before);
        assert_eq!(dry, run("--yes"), "{paid:?}");
    }
}

#[test]
fn a_refund_that_is_made_meanwhile_is_not_missed() {
    let world = World::new();
    let paid = world.payment();
    let (url, env, payment) = (world.db.url(), world.fake.env(), paid.id.clone());
    let made = AtomicBool::new(false);
    world.fake.after(move |request| {
        if request.line().starts_with("GET /v1/refunds") && !made.swap(true, Ordering::SeqCst) {
            let mut create = bursar();
            create.args(["refund", "create", &payment, "--yes"]).env("DATABASE_URL", &url).envs(env.clone());
            run(&mut create).ok();
        }
    });
    let ran = world.bursar(&["refund", "sync", "--payment", &paid.id, "--yes"]).ok();
    assert!(!ran.stderr.contains("no such refund"), "{ran:?}");
    assert_eq!(world.agrees(&paid), "succeeded");
}

#[test]
fn a_key_whose_account_is_not_known_is_not_asked_about_a_refund_of_a_known_one() {
    for side in Side::both() {
        unknown(&side);
        let no = || {
            let body =
                json!({ "error": { "type": "invalid_request_error", "message": "no" }, "name": "NOT_AUTHORIZED" });
            let path = if side.gateway == "stripe" { "GET /v1/account" } else { "GET /v1/identity" };
            side.world.fake.script(path, [Trouble::Answer(403, body)]);
        };
        no();
        let asked = side.world.fake.requests(side.post).len();
        let ran = side.world.bursar(&["refund", "resume", "--yes"]).exits(4).says("is not known");
        assert!(ran.stderr.contains("docs/gateways.md"), "{ran:?}");
        assert_eq!((side.of_refund("state"), side.world.fake.requests(side.post).len()), ("unknown".to_owned(), asked));
        side.world.bursar(&["refund", "resume", "--yes"]).ok();
        // Nor is one missed that it does not list.
        side.world.fake.loses_its_refunds();
        no();
        let ran = side.world.bursar(&["refund", "sync", "--payment", &side.id, "--yes"]).exits(6);
        assert!(!ran.stderr.contains("refund cancel"), "{ran:?}");
    }
}
