//! A refund that cannot go on is ended by a person, and what is said here and not at the gateway is named.

use std::panic::Location;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::elsewhere::reserved;
use super::{Paid, World};

use crate::support::gateway::Trouble;
use crate::support::{Ran, run, sample, soak, wait};

const POST: &str = "POST /v1/refunds";

/// A payment, by its id and the gateway's, in one of two applications that come through one gateway each.
pub(super) struct Side {
    pub world: World,
    pub gateway: &'static str,
    pub post: &'static str,
    account: &'static str,
    pub id: String,
    pub of: String,
}

impl Side {
    pub fn stripe() -> Self {
        let world = World::new();
        let paid = world.payment();
        Side { world, gateway: "stripe", post: POST, account: "acct_fake", id: paid.id, of: paid.charge }
    }

    fn paypal() -> Self {
        let world = World::of("aethercrown");
        let (id, order, _) = super::aethercrown::payment(&world, "USD", 2);
        Side { world, gateway: "paypal", post: "POST /v2/payments", account: "PAYERFAKE", id, of: order }
    }

    /// Both. The default run takes one of them: by the line that asks, so that tests differ in it.
    #[track_caller]
    pub fn both() -> Vec<Self> {
        if soak() {
            vec![Self::stripe(), Self::paypal()]
        } else if Location::caller().line().is_multiple_of(2) {
            vec![Self::stripe()]
        } else {
            vec![Self::paypal()]
        }
    }

    pub fn create(&self) -> Ran {
        self.world.bursar(&["refund", "create", &self.id, "--amount", "1.00", "--yes"])
    }

    pub fn of_refund(&self, expression: &str) -> String {
        self.world.db.value(&format!(
            "SELECT {expression} FROM bursar.refunds WHERE payment = '{}' ORDER BY number DESC LIMIT 1",
            self.id
        ))
    }

    pub fn cancel(&self, more: &[&str]) -> Ran {
        let refund = self.of_refund("id");
        self.world.bursar(&[&["refund", "cancel", &refund, "--reason", "the bank said no", "--yes"], more].concat())
    }

    /// The refund was submitted an hour ago.
    fn earlier(&self) {
        earlier(&self.world);
    }
}

fn earlier(world: &World) {
    world.db.sql("UPDATE bursar.refunds SET updated_at = updated_at - interval '1 hour'");
}

pub(super) fn unknown(side: &Side) {
    side.world.fake.script(side.post, [Trouble::FailBefore]);
    side.create().exits(6);
    side.earlier();
}

#[test]
fn a_refund_that_is_here_and_not_at_the_gateway_is_named_and_left_as_it_is() {
    for side in Side::both() {
        side.create().ok();
        let refund = side.of_refund("id");
        let row = || side.of_refund("(to_jsonb(refunds) - 'lease_until' - 'lease_pid')::text");
        let before = row();
        side.world.bursar(&["refund", "resume", "--recheck", "30", "--yes"]).ok();
        side.world.fake.loses_its_refunds();
        let amount = if side.gateway == "stripe" { "1.00 THB" } else { "1.00 USD" };
        for words in [
            &["refund", "resume", "--recheck", "30", "--yes"][..],
            &["refund", "sync", "--payment", &side.id, "--yes"],
            &["refund", "sync", "--payment", &side.id, "--dry-run"],
            &["refund", "sync", "--days", "30", "--yes"],
        ] {
            let ran = side.world.bursar(words).exits(3);
            let all = format!("{}{}", ran.stdout, ran.stderr);
            assert!(all.contains(&refund) && all.contains(amount), "{words:?}: {ran:?}");
            assert!(all.contains(&format!("bursar refund cancel {refund} --reason")), "{words:?}: {ran:?}");
            assert_eq!(row(), before, "{words:?}");
        }
        let ran = side.world.bursar(&["refund", "sync", "--payment", &side.id, "--yes", "-o", "json"]).exits(3);
        let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(
            (&report["found"][0]["outcome"], &report["found"][0]["refund"]),
            (&json!("missing"), &json!(refund))
        );
        // The command that is named ends it.
        side.cancel(&[]).ok();
        assert_eq!(side.of_refund("state"), "canceled");
        side.world.bursar(&["refund", "resume", "--recheck", "30", "--yes"]).ok();
    }
}

#[test]
fn a_refusal_of_a_resubmission_proves_nothing() {
    let no = |name: &str| json!({ "error": { "type": "invalid_request_error", "message": "no" }, "name": name, "message": "no" });
    let all = [(401, "AUTHENTICATION_FAILURE"), (403, "NOT_AUTHORIZED"), (404, "INVALID_RESOURCE_ID")];
    for (status, name) in sample(all, 2) {
        for side in Side::both() {
            unknown(&side);
            // PayPal asks for a new token after one 401, and is told no again.
            side.world.fake.script(side.post, vec![Trouble::Answer(status, no(name)); 2]);
            side.world.bursar(&["refund", "resume", "--yes"]).exits(6);
            assert_eq!(side.of_refund("state"), "unknown", "{status} {}", side.gateway);
            side.world.fake.script(side.post, [Trouble::Fine]);
        }
        // A first submission that is refused is refused.
        for side in Side::both() {
            side.world.fake.script(side.post, vec![Trouble::Answer(status, no(name)); 2]);
            side.create().exits(1);
            assert_eq!(side.of_refund("state"), "failed", "{status} {}", side.gateway);
        }
    }
}

#[test]
fn what_was_refused_before_may_be_refused_again() {
    let world = World::new();
    let support = world.login("support", "bursar_support");
    let paid = world.payment();
    let no = json!({ "error": { "type": "invalid_request_error", "message": "no" } });
    world.fake.script(POST, [Trouble::Answer(404, no.clone()), Trouble::Answer(404, no)]);
    let ran = world.as_login(&support, &["refund", "create", &paid.id, "--yes"]).exits(6);
    let refund = world.refund_id(&paid);
    for words in [format!("bursar refund resume {refund}"), format!("bursar refund cancel {refund}")] {
        assert!(ran.stdout.contains(&words), "{words}: {ran:?}");
    }
    world.resume();
    assert_eq!(world.agrees(&paid), "failed");
}

#[test]
fn the_account_of_the_first_submission_is_kept_and_no_other_is_asked() {
    for side in Side::both() {
        unknown(&side);
        assert_eq!(side.of_refund("gateway_account"), side.account);
        side.world.fake.account_is("ACCT0THER");
        let asked = side.world.fake.requests(side.post).len();
        let ran = side.world.bursar(&["refund", "resume", "--yes"]).exits(4).says("ACCT0THER").says(side.account);
        assert!(ran.stderr.contains("try: "), "{ran:?}");
        assert_eq!((side.of_refund("state"), side.world.fake.requests(side.post).len()), ("unknown".to_owned(), asked));
        side.cancel(&[]).exits(4).says(side.account);
        assert_eq!(side.of_refund("state"), "unknown");
        side.world.fake.account_is(side.account);
        side.world.fake.forget_keys();
        side.world.bursar(&["refund", "resume", "--yes"]).ok();
        assert_eq!(side.of_refund("state || ' ' || gateway_account"), format!("succeeded {}", side.account));
        // One that has ended is not looked for in another account either.
        side.world.fake.account_is("ACCT0THER");
        side.world.bursar(&["refund", "resume", "--recheck", "30", "--yes"]).exits(4).says("ACCT0THER");
        side.world.fake.loses_its_refunds();
        for words in [&["--payment", &side.id][..], &["--days", "30"]] {
            let ran = side.world.bursar(&[&["refund", "sync", "--yes"], words].concat()).exits(6).says("ACCT0THER");
            assert!(!ran.stderr.contains("refund cancel"), "{ran:?}");
        }
    }
}

#[test]
fn the_database_keeps_the_first_account_too() {
    let world = World::new();
    let paid = world.payment();
    reserved(&world, &paid);
    let refund = world.refund_id(&paid);
    let submit = |refund: &str, account: &str| {
        format!(
            "SELECT bursar.refund_claim('{refund}', 60); SELECT bursar.refund_submitting('{refund}', 60, '{{}}', {account});"
        )
    };
    let twice = |refund: &str, first: &str, then: &str| format!("{} {}", submit(refund, first), submit(refund, then));
    assert_eq!(world.db.sqlstate(&twice(&refund, "'a1'", "'a2'")), "BR004");
    assert_eq!(world.db.sqlstate(&twice(&refund, "'a1'", "NULL")), "BR004");
    // Where the first is not known, none is written down later.
    let paid = world.payment();
    reserved(&world, &paid);
    let refund = world.refund_id(&paid);
    world.db.sql(&twice(&refund, "NULL", "'a2'"));
    assert_eq!(world.refund(&paid, "coalesce(gateway_account, 'none')"), "none");
}

#[test]
fn a_refund_that_was_never_submitted_is_canceled_at_once() {
    let world = World::new();
    let support = world.login("support", "bursar_support");
    for login in [None, Some(&support)] {
        let paid = world.payment();
        reserved(&world, &paid);
        let refund = world.refund_id(&paid);
        let words = ["refund", "cancel", &refund, "--reason", "asked for in error"];
        let before = world.everything(&paid);
        let ran = world.bursar(&[&words[..], &["--dry-run"]].concat()).ok();
        assert!(ran.stdout.contains("would be canceled"), "{ran:?}");
        assert_eq!(world.everything(&paid), before);
        let asked = world.fake.requests("").len();
        let yes = [&words[..], &["--yes"]].concat();
        let ran = match login {
            Some(url) => world.as_login(url, &yes).ok(),
            None => run(world.command(&yes).env_remove("STRIPE_SECRET_KEY")).ok(),
        };
        assert!(ran.stdout.contains("STAR were given back"), "{ran:?}");
        assert_eq!(world.fake.requests("").len(), asked, "no gateway is asked");
        assert_eq!((world.agrees(&paid), world.refund(&paid, "error")), ("canceled".to_owned(), words[4].to_owned()));
        let log = "SELECT command || ': ' || reason FROM bursar.operations ORDER BY id DESC LIMIT 1";
        assert!(world.db.value(log).contains(words[4]), "{}", world.db.value(log));
        world.bursar(&yes).exits(7).says("is canceled");
    }
    // One that awaits approval is rejected instead.
    world.db.bursar(&["settings", "set", "refund_limit", "THB 1.00", "--yes"]).ok();
    let paid = world.payment();
    world.create(&paid).exits(6);
    let refund = world.refund_id(&paid);
    world
        .bursar(&["refund", "cancel", &refund, "--reason", "no", "--yes"])
        .exits(7)
        .says(&format!("bursar refund reject {refund} --reason"));
    world.bursar(&["refund", "cancel", &refund, "--reason", " ", "--yes"]).exits(2);
    world.ledger_is_clean();
}

#[test]
fn a_refund_that_was_submitted_is_canceled_by_an_operator_once_the_gateway_shows_none() {
    for side in Side::both() {
        unknown(&side);
        // Support may not, and neither may anybody a moment after the submission.
        let support = side.world.login("support", "bursar_support");
        let refund = side.of_refund("id");
        let words = ["refund", "cancel", &refund, "--reason", "no", "--yes"];
        side.world.as_login(&support, &words).exits(4).says("bursar_operator");
        side.world.db.sql("UPDATE bursar.refunds SET updated_at = now()");
        side.cancel(&[]).exits(7).says("may still be on its way");
        side.earlier();
        // Where the gateway does not say, nothing is given back.
        let list = if side.gateway == "stripe" { "GET /v1/refunds" } else { "GET /v2/checkout" };
        side.world.fake.script(list, [Trouble::FailBefore]);
        let ran = side.cancel(&[]);
        assert!(ran.code == 5 || ran.code == 6, "{ran:?}");
        assert!(ran.stderr.contains(&format!("--looked-at {}", side.gateway)), "{ran:?}");
        assert_eq!(side.of_refund("state"), "unknown");
        side.cancel(&[]).ok();
        assert_eq!(side.of_refund("state || ': ' || error"), "canceled: the bank said no");
        side.cancel(&[]).exits(7);
    }
}

#[test]
fn what_the_gateway_has_is_not_canceled() {
    for side in Side::both() {
        side.world.fake.script(side.post, [Trouble::FailAfter]);
        side.create().exits(6);
        side.earlier();
        let refund = side.of_refund("id");
        for more in [&[][..], &["--looked-at", side.gateway], &["--dry-run"]] {
            side.cancel(more).exits(7).says(&format!("bursar refund resume {refund}"));
            assert_eq!(side.of_refund("state"), "unknown");
        }
        side.world.bursar(&["refund", "resume", "--yes"]).ok();
        assert_eq!(side.of_refund("state"), "succeeded");
        side.cancel(&[]).exits(7);
        assert_eq!(side.of_refund("state"), "succeeded");
    }
    // One that nobody knows, of the same amount, may be this one.
    let side = Side::stripe();
    unknown(&side);
    let made = side.world.fake.refund_in_dashboard(&side.of, 100);
    side.cancel(&[]).exits(7).says(&made).says("--looked-at stripe");
    side.cancel(&["--looked-at", "stripe"]).ok();
    side.world.ledger_is_clean();
}

#[test]
fn where_no_gateway_can_be_asked_somebody_has_to_say_that_they_looked() {
    for side in Side::both() {
        unknown(&side);
        let refund = side.of_refund("id");
        let cancel = |more: &[&str]| {
            let words = [&["refund", "cancel", &refund, "--reason", "gone", "--yes"], more].concat();
            let mut command = side.world.command(&words);
            for name in ["STRIPE_SECRET_KEY", "PAYPAL_CLIENT_ID", "PAYPAL_CLIENT_SECRET"] {
                command.env_remove(name);
            }
            run(&mut command)
        };
        let looked = format!("--looked-at {}", side.gateway);
        cancel(&[]).exits(4).says(&looked);
        cancel(&["--looked-at", "elsewhere"]).exits(2);
        assert_eq!(side.of_refund("state"), "unknown");
        cancel(&["--looked-at", side.gateway]).ok();
        assert_eq!(side.of_refund("state"), "canceled");
        let log = side
            .world
            .db
            .value("SELECT string_agg(reason, ', ') FROM bursar.operations WHERE command = 'refund cancel'");
        assert!(log.contains("gone") && log.contains("an operator looked at"), "{log}");
        // Where it is there after all, it is brought in, once.
        let made = side.world.fake.refund_in_dashboard(&side.of, 100);
        side.world.bursar(&["refund", "sync", "--payment", &side.id, "--yes"]).ok();
        assert_eq!(side.of_refund("gateway_ref || ' ' || state"), format!("{made} succeeded"));
    }
}

#[test]
fn an_account_that_is_not_known_needs_somebody_who_looked() {
    let side = Side::stripe();
    unknown(&side);
    side.world.db.sql("UPDATE bursar.refunds SET gateway_account = NULL");
    side.cancel(&[]).exits(4).says("--looked-at stripe").says("account");
    side.cancel(&["--looked-at", "stripe"]).ok();
    let paid = Paid { id: side.id.clone(), ..side.world.payment() };
    assert_eq!(side.world.state(&paid), "canceled");
    side.world.ledger_is_clean();
}

#[test]
fn the_function_holds_what_the_command_promises() {
    let world = World::new();
    world.login("support", "bursar_support");
    let support = format!("SET SESSION AUTHORIZATION {}_support;", world.db.name);
    let paid = world.payment();
    world.fake.script(POST, [Trouble::FailBefore]);
    world.create(&paid).exits(6);
    earlier(&world);
    let refund = world.refund_id(&paid);
    let claim = format!("SELECT bursar.refund_claim('{refund}', 60);");
    let cancel = |looked: &str, why: &str| format!("SELECT bursar.refund_cancel('{refund}', {why}, {looked}, '{{}}')");
    for (sql, code) in [
        // Not held.
        (cancel("'listed'", "'x'"), "BR007"),
        // Not by an operator.
        (format!("{support} {claim} {}", cancel("'listed'", "'x'")), "BR004"),
        // Nobody looked, or nobody says why.
        (format!("{claim} {}", cancel("NULL", "'x'")), "BR004"),
        (format!("{claim} {}", cancel("'guessed'", "'x'")), "BR002"),
        (format!("{claim} {}", cancel("'listed'", "' '")), "BR002"),
    ] {
        assert_eq!(world.db.sqlstate(&sql), code, "{sql}");
    }
    assert_eq!(world.state(&paid), "unknown");
    world.db.sql(&format!("{claim} {}", cancel("'listed'", "'x'")));
    assert_eq!(world.agrees(&paid), "canceled");
    // A database that was filled before gateways were checked may hold one of another name.
    let paid = world.payment();
    reserved(&world, &paid);
    world.db.sql(&format!("UPDATE bursar.refunds SET gateway = 'nosuch' WHERE payment = '{}'", paid.id));
    world.bursar(&["refund", "cancel", &world.refund_id(&paid), "--reason", "no such gateway", "--yes"]).ok();
    assert_eq!(world.agrees(&paid), "canceled");
    world.ledger_is_clean();
}

#[test]
fn what_was_refunded_in_the_dashboard_meanwhile_is_not_paid_again() {
    for side in Side::both() {
        unknown(&side);
        side.world.fake.refund_in_dashboard(&side.of, 100);
        let resume = || side.world.bursar(&["refund", "resume", "--yes"]).exits(6);
        let ran = resume();
        assert!(ran.stdout.contains("that bursar does not know"), "{ran:?}");
        assert_eq!(resume().stdout, ran.stdout);
        assert_eq!(side.world.fake.refunds().len(), 1, "{}", side.gateway);
        // The printed command, in its two parts.
        side.cancel(&["--looked-at", side.gateway]).ok();
        side.world.bursar(&["refund", "sync", "--payment", &side.id, "--yes"]).ok();
        assert_eq!(side.of_refund("origin || ' ' || state"), "gateway succeeded");
        assert_eq!(side.world.fake.refunds().len(), 1, "{}", side.gateway);
    }
}

#[test]
fn a_refund_is_held_while_somebody_looks_whether_the_gateway_has_it() {
    for side in Side::both() {
        unknown(&side);
        let held = Arc::new(Mutex::new(Vec::new()));
        let (seen, db) = (Arc::clone(&held), side.world.db.url());
        side.world.fake.before(move |request| {
            if request.method == "GET" {
                let options: sqlx::postgres::PgConnectOptions = db.parse().unwrap();
                let lease = "SELECT coalesce(bool_or(lease_until > now()), false) FROM bursar.refunds";
                let held: bool = wait(async {
                    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
                    sqlx::query_scalar(lease).fetch_one(&mut connection).await.unwrap()
                });
                seen.lock().unwrap().push(held);
            }
        });
        let ran = side.cancel(&[]);
        assert!(matches!(ran.code, 0 | 4), "{ran:?}");
        let held = held.lock().unwrap();
        assert!(!held.is_empty() && held.iter().all(|held| *held), "{}: {held:?}", side.gateway);
    }
}
