//! The words about refunds: whole sentences, and hints that lead on.

use super::World;
use super::ends::{Side, unknown};

#[test]
fn a_hint_is_given_only_where_it_changes_something() {
    let side = Side::stripe();
    side.create().ok();
    let ran = side.cancel(&[]).exits(7);
    assert!(!ran.stderr.contains("--recheck") && ran.stderr.contains("bursar refund show"), "{ran:?}");
    // Where the two sides differ, it reaches back to the refund.
    side.world.fake.settle(&side.of_refund("gateway_ref"), "failed", None);
    side.world.db.sql("UPDATE bursar.refunds SET created_at = now() - interval '40 days'");
    side.cancel(&[]).exits(7).says("bursar refund resume --recheck 41");
    side.world.bursar(&["refund", "resume", "--recheck", "41", "--yes"]).ok();
    assert_eq!(side.of_refund("state"), "failed");
}

#[test]
fn a_refund_is_shown_in_whole_sentences() {
    let side = Side::stripe();
    side.create().ok();
    let show = |side: &Side| side.world.bursar(&["refund", "show", &side.of_refund("id")]).ok().stdout;
    let shown = show(&side);
    assert!(shown.contains("✓ succeeded: the money went back through stripe\n"), "{shown}");
    assert!(shown.contains("detail") && !shown.contains("error"), "{shown}");
    side.world.fake.loses_its_refunds();
    side.cancel(&[]).ok();
    let shown = show(&side);
    assert!(shown.contains("✗ canceled: it was canceled: the bank said no"), "{shown}");
    assert!(shown.contains("given back    1 STAR") && !shown.contains("taken back"), "{shown}");
    unknown(&side);
    assert!(show(&side).contains("? unknown: it may have been made"), "{}", show(&side));
    let list = side.world.bursar(&["refund", "list"]).ok().stdout;
    let heading = list.lines().next().expect("a heading");
    assert!(heading.contains("customer") && !heading.contains("name"), "{list}");
}

#[test]
fn numbers_and_verbs_agree_and_a_remedy_works_as_it_is_printed() {
    let world = World::new();
    let paid = world.payment();
    world.spend_down_to(&paid.user, 39);
    world
        .bursar(&["refund", "create", &paid.id, "--yes"])
        .exits(4)
        .says("the account has 39 of the 40 STAR that have to be taken back; spent: 1");
    world.db.bursar(&["settings", "set", "refund_limit", "THB 1.00", "--yes"]).ok();
    world.create(&paid).exits(6);
    world.resume().ok().says("1 refund awaits a second person: bursar refund approve REFUND");
    world.create(&world.payment()).exits(6);
    world.resume().ok().says("2 refunds await a second person: bursar refund approve REFUND");
    // A test key on a protected database.
    world.db.bursar(&["settings", "set", "protected", "true", "--yes"]).ok();
    let remedy = format!("bursar settings set protected false --confirm {}", world.db.name);
    let paid = world.payment();
    world.bursar(&["refund", "create", &paid.id, "--dry-run"]).exits(4).says(&remedy);
    let words: Vec<&str> = remedy.split(' ').skip(1).collect();
    world.db.bursar(&words).ok();
}
