//! What is asked for, and what is not done: each with its exit code, and nothing changed.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::{Paid, World};
use crate::support::gateway::Trouble;
use crate::support::{Db, Ran, Template, run, until, wait};

/// Asks for a refund, with `--yes`.
fn ask(world: &World, paid: &Paid, flags: &[&str]) -> Ran {
    world.bursar(&[&["refund", "create", &paid.id, "--yes"], flags].concat())
}

/// It ends with this code and these words, and changes nothing, here or at the gateway.
#[track_caller]
fn changes_nothing(world: &World, paid: &Paid, code: i32, says: &str, act: impl FnOnce() -> Ran) {
    let rows =
        "SELECT jsonb_build_array((SELECT count(*) FROM bursar.refunds), (SELECT count(*) FROM bursar.operations))";
    let before = (world.everything(paid), world.db.value(rows), world.fake.requests("POST").len());
    let ran = act().exits(code);
    assert!(ran.stderr.contains(says) || ran.stdout.contains(says), "'{says}' is not in {ran:?}");
    assert_eq!((world.everything(paid), world.db.value(rows), world.fake.requests("POST").len()), before, "{ran:?}");
}

#[test]
fn the_same_request_again_is_the_same_refund_and_another_one_is_told_so() {
    let world = World::new();
    let paid = world.payment();
    ask(&world, &paid, &["--idempotency-key", "k1", "--note", "twice"]).ok();
    let again = |flags: &[&str], code, says: &str| {
        changes_nothing(&world, &paid, code, says, || ask(&world, &paid, flags));
    };
    again(&[], 0, "already requested");
    again(&["--amount", "299"], 0, "already requested");
    again(&["--idempotency-key", "k1", "--note", "twice"], 0, "already requested");
    again(&["--idempotency-key", "k1", "--note", "twice", "--dry-run"], 0, "already requested");
    again(&["--idempotency-key", "k2"], 0, "already requested");
    again(&["--idempotency-key", "k1"], 7, "the idempotency key was used for another request");
    again(&["--idempotency-key", "k1", "--note", "twice", "--reason", "duplicate"], 7, "used for another request");
    again(&["--idempotency-key", "k1", "--note", "twice", "--amount", "1"], 7, "used for another request");
    again(&["--amount", "0.01"], 4, "is refunded, so there is nothing to refund");
    let other = world.payment();
    changes_nothing(&world, &other, 7, "used for another request", || {
        ask(&world, &other, &["--idempotency-key", "k1", "--note", "twice"])
    });
    let json: Value = serde_json::from_str(&ask(&world, &paid, &["-o", "json"]).ok().stdout).unwrap();
    assert_eq!((&json["existing"], &json["refund"]["state"]), (&true.into(), &"succeeded".into()));
    assert_eq!(world.agrees(&paid), "succeeded");
}

#[test]
fn parts_are_refunded_once_each_unless_another_is_meant_and_never_more_than_was_paid() {
    let world = World::new();
    let paid = world.payment();
    ask(&world, &paid, &["--amount", "100.00"]).ok();
    let refused = |flags: &[&str], code, says: &str| {
        changes_nothing(&world, &paid, code, says, || ask(&world, &paid, flags));
    };
    refused(&["--amount", "100"], 7, "--again");
    refused(&["--amount", "199.01"], 4, "has 199.00 THB left to refund, of 299.00 THB");
    ask(&world, &paid, &["--amount", "100", "--again"]).ok();
    refused(&["--amount", "100", "--again"], 4, "has 99.00 THB left");
    for (amount, says) in [
        ("1.001", "THB has 2 decimals"),
        ("0", "it is zero"),
        ("-1", "an amount is positive"),
        ("49 USD", "USD is another currency"),
        ("1e2", "not a number"),
        ("1,00", "not a number"),
        ("NaN", "not a number"),
        ("", ""),
        ("99999999999999999999", "too large"),
    ] {
        refused(&[&format!("--amount={amount}")], 2, says);
    }
    // As a word of its own too, and as people write amounts.
    refused(&["--amount", "-5"], 2, "an amount is positive");
    world.bursar(&["refund", "create", &paid.id, "--amount", "฿ ๕๐", "--dry-run"]).ok().tells("50.00 THB");
    // One that is open stands in the way of another.
    world.fake.script("POST /v1/refunds", [Trouble::DropAfter]);
    ask(&world, &paid, &["--amount", "50.00"]).exits(6);
    refused(&["--amount", "20.00"], 7, "is unknown");
    refused(&[], 7, "is unknown");
    world.resume().ok();
    ask(&world, &paid, &[]).ok();
    assert_eq!((world.status(&paid), world.balance(&paid.user)), ("refunded".to_owned(), paid.balance - paid.granted));
    assert_eq!(world.at_gateway(&paid).iter().map(|r| r.amount).sum::<i64>(), paid.amount);
    world.ledger_is_clean();
}

#[test]
fn what_cannot_be_refunded_is_refused_or_not_found() {
    let world = World::new();
    let paid = world.payment();
    world.payment();
    let create = |words: &[&str]| world.bursar(&[&["refund", "create", "--yes"], words].concat());
    for (words, code, says) in [
        (&["9f9f9f9f-0000-4000-8000-000000000000"][..], 2, "no payment has the id"),
        (&["pi_000"], 2, "may be any of several payments"),
        (&["pi_"], 2, "at least 4 characters"),
        (&["' OR true --"], 2, "no payment has the id"),
        (&[""], 2, ""),
        (&[], 2, "PAYMENT"),
        (&[&paid.intent, "--gateway", "bank"], 2, "possible values: stripe, paypal, record-only"),
        (&[&paid.intent, "--gateway", "record-only"], 2, "--gateway-ref"),
        (&[&paid.intent, "--gateway-ref", "re_1"], 2, "--gateway record-only"),
        (&[&paid.intent, "--reason", "bored"], 2, "requested_by_customer"),
    ] {
        changes_nothing(&world, &paid, code, says, || create(words));
    }
    changes_nothing(&world, &paid, 4, "refund create PAYMENT", || world.bursar(&["refund", "--yes"]));
    for status in ["pending", "failed"] {
        let id = world.db.value(&format!("SELECT id FROM payments WHERE status = '{status}' ORDER BY id LIMIT 1"));
        changes_nothing(&world, &paid, 4, &format!("is {status}"), || create(&[&id]));
    }
    let id = world.db.value("SELECT id FROM payments WHERE status = 'refunded' ORDER BY id LIMIT 1");
    if id != "NULL" {
        changes_nothing(&world, &paid, 7, "not through bursar", || create(&[&id]));
    }
    // Units that were spent.
    world.spend_down_to(&paid.user, 3);
    changes_nothing(&world, &paid, 4, "the account has 3 of the 40 STAR that have to be taken back; spent: 37", || {
        create(&[&paid.intent])
    });
}

#[test]
fn nothing_happens_without_consent() {
    let world = World::new();
    let paid = world.payment();
    let create = |flags: &[&str]| world.bursar(&[&["refund", "create", &paid.id], flags].concat());
    let check = |flags: &[&str], code, says: &str| changes_nothing(&world, &paid, code, says, || create(flags));
    check(&[], 4, "--yes");
    check(&["--no-input"], 4, "--yes");
    check(&["--dry-run"], 0, "it would be refunded; nothing was changed");
    check(&["--dry-run", "-o", "json"], 0, "\"outcome\": \"would\"");
    // Test keys are for databases that are not protected, and live ones for those that are.
    let live = |flags: &[&str]| {
        let words = [&["refund", "create", &paid.id, "--yes"], flags].concat();
        run(world.command(&words).env_remove("STRIPE_API_BASE").env("STRIPE_SECRET_KEY", "sk_live_s3cr3t"))
    };
    changes_nothing(&world, &paid, 4, "live key, and this database is not protected", || live(&[]));
    world.db.bursar(&["settings", "set", "protected", "true", "--yes"]).ok();
    check(&["--confirm", &world.db.name], 4, "test key, and this database is protected");
    changes_nothing(&world, &paid, 4, &format!("--confirm {}", world.db.name), || live(&[]));
    changes_nothing(&world, &paid, 4, "nothing was changed", || live(&["--confirm", "another"]));
    let record = ["--gateway", "record-only", "--gateway-ref", "re_elsewhere"];
    check(&[&record[..], &["--yes"]].concat(), 4, &format!("--confirm {}", world.db.name));
    create(&[&record[..], &["--confirm", &world.db.name]].concat()).ok();
    assert_eq!(world.refund(&paid, "state || ' ' || gateway_ref"), "succeeded re_elsewhere");
    // What was moved once is not on record twice.
    let other = world.payment();
    let words = [&["refund", "create", &other.id, "--confirm", &world.db.name], &record[..]].concat();
    changes_nothing(&world, &other, 7, "re_elsewhere is refund", || world.bursar(&words));
}

#[test]
fn no_gateway_is_chosen_where_nobody_chose_one() {
    let world = World::new();
    let paid = world.payment();
    let create = |env: &[(&str, &str)]| {
        let mut command = crate::support::bursar();
        let words = ["refund", "create", &paid.id, "--yes"];
        run(command.args(words).env("DATABASE_URL", world.db.url()).envs(env.iter().copied()))
    };
    let choices = "--gateway with one of stripe, paypal, record-only";
    changes_nothing(&world, &paid, 4, choices, || create(&[]));
    let paypal = [("PAYPAL_CLIENT_ID", "client"), ("PAYPAL_CLIENT_SECRET", "s3cr3t")];
    changes_nothing(&world, &paid, 4, "came through stripe, and only paypal is configured", || create(&paypal));
    changes_nothing(&world, &paid, 2, "PAYPAL_CLIENT_SECRET is not set", || create(&paypal[..1]));
    changes_nothing(&world, &paid, 2, "not a secret key", || create(&[("STRIPE_SECRET_KEY", "pk_test_x")]));
}

#[test]
fn who_cannot_connect_or_may_not_write_is_told_so() {
    let world = World::new();
    let paid = world.payment();
    let create = |url: &str| world.as_login(url, &["refund", "create", &paid.id, "--yes"]);
    let nobody = "postgres:///nowhere?host=/nonexistent&user=postgres";
    changes_nothing(&world, &paid, 5, "", || create(nobody));
    let reader = world.login("reader", "pg_read_all_data");
    world.db.sql(&format!("ALTER ROLE {}_reader BYPASSRLS", world.db.name));
    changes_nothing(&world, &paid, 4, "42501", || create(&reader));
    // As on a replica.
    let replica = format!("{}&options=-c%20default_transaction_read_only%3Don", world.db.url());
    changes_nothing(&world, &paid, 4, "default_transaction_read_only is on", || create(&replica));
}

#[test]
fn that_somebody_is_at_it_is_not_done_yet_and_that_nobody_is_any_more_says_how_to_go_on() {
    let world = World::new();
    let paid = world.payment();
    // A process that has asked for it, and did not come to submit it yet.
    let mut other = wait(world.db.connect());
    let request = format!(
        "SELECT FROM bursar.refund_request('{}', NULL, 'refuse', 'other', NULL, 'stripe', NULL, NULL, false, NULL, '{{}}')",
        paid.id
    );
    wait(async { sqlx::raw_sql(AssertSqlSafe(request)).execute(&mut other).await.unwrap() });
    changes_nothing(&world, &paid, 6, "it is not done yet", || ask(&world, &paid, &["--wait", "100ms"]));
    wait(other.close()).unwrap();
    changes_nothing(&world, &paid, 6, "next: bursar refund resume", || ask(&world, &paid, &[]));
    world.resume().ok();
    assert_eq!(world.agrees(&paid), "succeeded");
}

/// A transaction of somebody else's, who holds what these statements lock until it is ended.
fn holding(world: &World, sql: &str) -> PgConnection {
    wait(async {
        let mut connection = world.db.connect().await;
        sqlx::raw_sql(AssertSqlSafe(format!("BEGIN; {sql}"))).execute(&mut connection).await.unwrap();
        connection
    })
}

#[test]
fn what_changed_after_the_preview_is_not_refunded_as_it_was_shown() {
    let world = World::new();
    let paid = world.payment();
    // Somebody is about to get one star more; the preview cannot see it, and the refund waits for it.
    let gift = format!("SELECT wallet_adjust('{}', 'STAR', 1, 'credit', 'a gift', 'test')", paid.user);
    let mut other = holding(&world, &gift);
    let mut command = world.command(&["refund", "create", &paid.id, "--yes"]);
    let thread = std::thread::spawn(move || run(&mut command));
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                      AND application_name LIKE 'bursar%' AND wait_event_type = 'Lock'";
    crate::support::until("a refund that waits", || {
        assert!(!thread.is_finished(), "it did not wait");
        world.db.value(waiting) != "0"
    });
    wait(async {
        sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
        other.close().await.unwrap();
    });
    let ran = thread.join().unwrap().exits(7).says("changed since the refund was shown");
    assert!(ran.stderr.contains(&format!("balance was {} and is {}", paid.balance, paid.balance + 1)), "{ran:?}");
    assert_eq!((world.state(&paid), world.fake.requests("POST").len()), ("none".to_owned(), 0));
}

#[test]
fn whoever_holds_the_payment_is_waited_for_as_long_as_the_command_may_take() {
    let world = World::new();
    let paid = world.payment();
    let other = holding(&world, &format!("SELECT FROM payments WHERE id = '{}' FOR UPDATE", paid.id));
    let ran = world.bursar(&["refund", "create", &paid.id, "--yes", "--timeout", "2s"]);
    assert_ne!(ran.code, 0, "{ran:?}");
    drop(other);
    world.everybody_left();
    assert_eq!((world.state(&paid), world.fake.requests("POST").len()), ("none".to_owned(), 0), "{ran:?}");
    assert!(ran.stderr.contains("2s") || ran.stderr.contains("time"), "{ran:?}");
    ask(&world, &paid, &[]).ok();
}

/// Behind a pooler each connection may wait for a server process. One reads, what protects the database included; one
/// makes the refund; one beside that finds out whether there is a pooler; and one links the operator log.
#[test]
fn a_refund_takes_four_connections() {
    let (world, observer) = (World::new(), Db::new(Template::Empty));
    let paid = world.payment();
    let sessions = || {
        let sql = format!("SELECT sessions FROM pg_stat_database WHERE datname = '{}'", world.db.name);
        observer.value(&sql).parse::<u64>().unwrap()
    };
    // A session is counted when it ends, which takes a moment.
    let settled = || {
        let (mut last, mut same) = (sessions(), 0);
        until("the count of sessions", || {
            let now = sessions();
            same = if now == last { same + 1 } else { 0 };
            last = now;
            same == 30
        });
        last
    };
    let before = settled();
    ask(&world, &paid, &[]).ok();
    assert_eq!(settled() - before, 4);
    assert_eq!(world.agrees(&paid), "succeeded");
}
