//! Keys and references that an earlier version kept with what nobody sees around them are the same ones after an upgrade.

use super::sync::{outcomes, sync};
use super::{Paid, World};
use crate::support::{Db, Ran, Template, file};

const MIGRATION: &str = "migrations/bursar/20261130000220_trimmed_references.sql";

/// The migration that lets one of two refunds with one reference be canceled.
const TWICE: &str = "migrations/bursar/20261130000320_refunds_twice.sql";

/// The part of the migration that mends what was kept. The rest of it is there already.
fn mending() -> String {
    let text = std::fs::read_to_string(file(MIGRATION)).unwrap_or_default();
    text.split_once("-- Mends what was kept.").map_or_else(String::new, |(_, rest)| format!("--{rest}"))
}

fn key(world: &World, paid: &Paid, key: &str) -> Ran {
    world.bursar(&["refund", "create", &paid.id, "--amount", "7.00", "--again", "--idempotency-key", key, "--yes"])
}

/// Records a refund as an earlier version did, which trimmed nothing.
pub(super) fn recorded(world: &World, paid: &Paid, amount: &str, reference: &str, key: &str) {
    world.db.sql(&format!(
        "SELECT bursar.refund_request('{}', {amount}, 'refuse', 'requested_by_customer', NULL, 'record-only', {reference}, {key},
                                      true, NULL, '{{}}')",
        paid.id
    ));
}

#[test]
fn a_key_that_was_kept_with_spaces_is_paid_once_after_the_upgrade() {
    let world = World::new();
    for (kept, pasted) in [("E' k 9\\n'", " k 9\n"), ("E'\\u00a0k 8\\u200b'", "k 8"), ("'k 7'", " k 7 ")] {
        let paid = world.payment();
        key(&world, &paid, "first").ok();
        world.db.sql(&format!("UPDATE bursar.refunds SET idempotency_key = {kept} WHERE payment = '{}'", paid.id));
        world.db.sql(&mending());
        key(&world, &paid, pasted).ok().tells("already requested");
        assert_eq!((world.state(&paid), world.at_gateway(&paid).len()), ("succeeded".to_owned(), 1), "{kept}");
    }
    // The request under the key is the same one also where its reference was kept with spaces.
    for (amount, flags) in [("500", &["--amount", "5.00"][..]), ("NULL", &[])] {
        let paid = world.payment();
        recorded(&world, &paid, amount, &format!("' re_of {amount} '"), &format!("' key {amount}'"));
        world.db.sql(&mending());
        let (reference, key) = (format!("re_of {amount}"), format!("key {amount}"));
        let by_hand = ["--gateway", "record-only", "--gateway-ref", &reference, "--idempotency-key", &key, "--yes"];
        let words = [&["refund", "create", &paid.id, "--again"], flags, &by_hand].concat();
        world.bursar(&words).ok().tells("already requested");
        assert_eq!(world.state(&paid), "succeeded", "{amount}");
    }
    world.ledger_is_clean();
}

#[test]
fn a_reference_that_was_kept_with_spaces_is_imported_no_second_time() {
    let world = World::new();
    let paid = world.payment();
    let made = world.fake.refund_in_dashboard(&paid.charge, 10_000);
    recorded(&world, &paid, "10000", &format!("'{made} '"), "NULL");
    let balance = world.balance(&paid.user);
    world.db.sql(&mending());
    assert_eq!(outcomes(&sync(&world, &paid.id, &["--yes"])), ["refund known"]);
    assert_eq!((world.state(&paid), world.balance(&paid.user)), ("succeeded".to_owned(), balance));
    let shown = world.bursar(&["refund", "show", &format!("{made} "), "-o", "json"]).ok().json();
    assert_eq!(shown["refund"]["gateway_ref"], made);
}

#[test]
fn what_collides_is_named_and_kept() {
    let world = World::new();
    let paid: Vec<Paid> = (0..5).map(|_| world.payment()).collect();
    for (paid, (reference, key)) in paid.iter().zip([
        ("'re_0001'", "'k'"),
        ("' re_0001 '", "'k '"),
        ("'re_2 '", "'j '"),
        ("' re_2'", "' j'"),
        ("'re_3'", "'i'"),
    ]) {
        recorded(&world, paid, "500", reference, key);
    }
    world.db.sql("UPDATE bursar.refunds SET gateway_ref = ' ', idempotency_key = ' ' WHERE gateway_ref = 're_3'");
    world.db.sql(&mending());
    let kept = world.db.value(
        "SELECT string_agg(format('[%s][%s]', gateway_ref, idempotency_key), ' ' ORDER BY number) FROM bursar.refunds",
    );
    assert_eq!(kept, "[re_0001][k] [ re_0001 ][k ] [re_2][j] [ re_2][ j] [ ][ ]");
    // Neither stands for the other one.
    let [one, two] = [&paid[0], &paid[1]].map(|paid| world.refund_id(paid));
    for text in ["re_0001", " re_0001 "] {
        let ran = world.bursar(&["refund", "show", text]).exits(2).says("may be several refunds");
        assert!(ran.stderr.contains(&one) && ran.stderr.contains(&two), "{ran:?}");
    }
    world.bursar(&["refund", "show", &two]).ok().tells("re_0001");
    // A key of two refunds pays nothing.
    key(&world, &paid[1], "k ").exits(7).says(&one);
    assert_eq!(world.state(&paid[1]), "succeeded");
}

#[test]
fn the_upgrade_warns_of_what_collides() {
    let db = Db::new(Template::Migrated("mimivibe"));
    // As it was before.
    db.sql(
        "DELETE FROM bursar._migrations WHERE version IN (20261130000220, 20261130000320);
         DROP FUNCTION bursar.refund_double(bursar.refunds); DROP FUNCTION bursar.trimmed(text);
         SET session_replication_role = replica;
         INSERT INTO bursar.refunds (id, payment, paid, amount, currency, state, if_spent, reason, gateway, request_hash, gateway_ref, idempotency_key)
         SELECT lpad(n::text, 32, '0')::uuid, p, 100, 100, 'THB', s, 'keep', 'other', g, '', r, k
           FROM (VALUES (1, 'pay1', 'record-only', 'succeeded', 're_1', 'a'), (2, 'pay2', 'record-only', 'succeeded', 're_1 ', ' a'),
                        (3, 'pay3', 'record-only', 'succeeded', 're_3 ', 'c '), (4, 'pay4', 'record-only', 'succeeded', ' re_4', 'd'),
                        (5, 'pay5', 'stripe', 'succeeded', 're_5', NULL), (6, 'pay5', 'record-only', 'succeeded', 're_5 ', NULL),
                        (7, 'pay7', 'record-only', 'succeeded', 're_7', NULL), (8, 'pay7', 'stripe', 'pending', ' re_7', NULL),
                        (9, 'pay9', 'stripe', 'canceled', 're_9', NULL), (10, 'pay9', 'record-only', 'succeeded', ' re_9', NULL))
             v (n, p, g, s, r, k)",
    );
    let ran = db.bursar(&["migrate", "up", "--only", "bursar", "--allow-out-of-order", "--yes"]).ok();
    let id = |n: u32| format!("00000000-0000-0000-0000-{n:012}");
    let collides = |what: &str, this: (u32, u32), first: (u32, u32)| {
        let words = format!(
            "the {what} of refund {}, of payment pay{}, is that of refund {}, of payment pay{}, but for spaces around it; compare them: bursar refund show {}",
            id(this.0),
            this.1,
            id(first.0),
            first.1,
            id(this.0)
        );
        assert!(ran.stderr.contains(&words), "{words}: {ran:?}");
    };
    collides("idempotency key", (2, 2), (1, 1));
    collides("gateway reference", (2, 2), (1, 1));
    collides("gateway reference", (6, 5), (5, 5));
    collides("gateway reference", (8, 7), (7, 7));
    collides("gateway reference", (10, 9), (9, 9));
    assert_eq!(ran.stderr.matches("is that of refund").count(), 5, "{ran:?}");
    // Of one payment one of the two was recorded only, and the other one stands.
    for (this, payment, other) in [(6, 5, 5), (7, 7, 8)] {
        let words = format!(
            "refund {this} of payment pay{payment} has the reference of refund {}, but for spaces around it; if both are one refund: bursar refund cancel {this} --reason TEXT",
            id(other),
            this = id(this)
        );
        assert!(ran.stderr.contains(&words), "{words}: {ran:?}");
    }
    assert_eq!(ran.stderr.matches("if both are one refund").count(), 2, "{ran:?}");
    let kept = db.value(
        "SELECT string_agg(format('[%s][%s]', gateway_ref, idempotency_key), '' ORDER BY number) FROM bursar.refunds WHERE number < 5",
    );
    assert_eq!(kept, "[re_1][a][re_1 ][ a][re_3][c][re_4][d]");
}

#[test]
fn the_upgrade_takes_away_what_a_pasted_reference_loses() {
    let text = std::fs::read_to_string(file(MIGRATION)).unwrap_or_default();
    let class = text.split('\'').find(|part| part.starts_with("[\\u0001")).unwrap_or("[]]");
    for other in [TWICE, "packs/shared/checks/refunds.references.sql"] {
        let text = std::fs::read_to_string(file(other)).unwrap_or_default();
        assert!(text.contains(class), "{other} looks for others: {text}");
    }
    let db = Db::new(Template::Empty);
    let unseen = db.value(&format!(
        "SELECT string_agg(n::text, ' ' ORDER BY n) FROM generate_series(1, 1114111) n
          WHERE n NOT BETWEEN 55296 AND 57343 AND chr(n) ~ '{class}'"
    ));
    let lost = (1..=0x0010_ffff_u32)
        .filter(|n| char::from_u32(*n).is_some_and(|c| bursar::text::trimmed(&c.to_string()).is_empty()));
    assert_eq!(unseen, lost.map(|n| n.to_string()).collect::<Vec<_>>().join(" "));
}
