//! A database whose tables were not made by the migrations that would make them.

use super::{Files, everything};
use crate::support::{Db, Template, file};

const USER: &str = "00000000-0000-4000-8000-000000000001";

/// The document's tables, with a user who paid.
fn documented() -> Db {
    let db = Db::new(Template::Empty);
    db.sql(&std::fs::read_to_string(file("tests/it/documents/mimivibe.sql")).unwrap());
    db.sql(&format!(
        "INSERT INTO users (id, external_id, external_provider, email, star_balance) VALUES ('{USER}', 'e', 'clerk', 'ada@example.com', 10);
         INSERT INTO payments (user_id, stripe_payment_intent_id, amount, status, package_type, stars_purchased)
         VALUES ('{USER}', 'pi_e1', 9900, 'succeeded', 'starter', 10);
         INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, related_payment_id)
         SELECT '{USER}', 'purchase', 10, 'STAR', 10, id FROM payments"
    ));
    db
}

#[test]
fn the_application_of_a_document_is_not_migrated_over() {
    let db = documented();
    let before = everything(&db);
    let up = db.bursar(&["migrate", "up", "--yes"]).exits(2);
    let up = up.says("the database has tables of mimivibe that its migrations did not create");
    let up = up.says("create public.job_attempts and 6 more tables, and they are there; nothing was applied");
    up.says("`bursar migrate up --only bursar` installs").says("`bursar migrate baseline --detect` looks");
    db.bursar(&["migrate", "up", "--dry-run"]).exits(2).says("6 more tables");
    let status = db.bursar(&["migrate", "status", "--check"]).exits(3);
    assert!(status.stdout.contains("✗ up refuses: the database has tables of mimivibe"), "{status:?}");
    assert!(status.stdout.contains("migrate up --only bursar"), "{status:?}");
    // Nothing of the first migration is there as a whole, and the advice is not the command that refused.
    let detected = db.bursar(&["migrate", "baseline", "--detect", "--yes"]).exits(4);
    let detected = detected.says("does not hold everything that the first migration makes; nothing was recorded");
    let detected = detected.says("`bursar migrate up --only bursar` installs");
    assert!(!detected.stderr.contains("migrate up`"), "{detected:?}");
    assert_eq!(everything(&db), before);
}

#[test]
fn what_needs_the_migrations_functions_says_so_beside_an_application_of_its_own() {
    let db = documented();
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    db.bursar(&["payments", "list"]).ok();
    let doctor = db.bursar(&["doctor"]).ok();
    for text in [
        "refund and wallet adjust cannot work here without public.wallet_apply and public.wallet_reverse and",
        "public.wallet_adjust of migration 20251101000500 (wallet functions)",
    ] {
        let line = doctor.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.contains(text), "{text}: {line}");
    }
    let refund = ["refund", "create", "pi_e1", "--gateway", "record-only", "--gateway-ref", "x"];
    let adjust = ["wallet", "adjust", USER, "STAR", "+1", "--reason", "lost"];
    for flag in ["--dry-run", "--yes"] {
        db.bursar(&[&refund[..], &[flag]].concat())
            .exits(2)
            .says("a refund needs public.wallet_apply and public.wallet_reverse of migration 20251101000500 (wallet functions)")
            .says("which this database lacks; nothing was changed")
            .says("bursar migrate plan --app mimivibe -o json");
        let ran = db.bursar(&[&adjust[..], &[flag]].concat()).exits(2);
        ran.says("an adjustment needs public.wallet_adjust of migration 20251101000500");
    }
    assert_eq!(db.value("SELECT count(*) FROM bursar.refunds"), "0");
    // The advice can be followed.
    let plan = db.bursar(&["migrate", "plan", "--app", "mimivibe", "-o", "json"]).ok();
    assert!(plan.stdout.contains("CREATE FUNCTION public.wallet_apply"), "{plan:?}");
    // What the application has of its own is enough.
    db.sql("CREATE FUNCTION public.wallet_adjust() RETURNS void LANGUAGE sql AS ''");
    let ran = db.bursar(&[&adjust[..], &["--dry-run"]].concat()).ok();
    assert!(ran.stdout.contains("from 10 to 11"), "{ran:?}");
}

#[test]
fn a_directory_whose_tables_are_there_is_recorded_and_not_applied() {
    let db = Db::new(Template::Empty);
    db.sql("CREATE TABLE orders (id int)");
    let files = Files::of(&[("1_orders", "CREATE TABLE orders (id int)"), ("2_more", "CREATE TABLE more (id int)")]);
    let ran = files.bursar(&db, &["up", "--yes"]).exits(2).says("create public.orders, and this table is there");
    assert!(
        ran.stderr.contains(&format!("`bursar migrate baseline --source {} --detect` looks", files.name())),
        "{ran:?}"
    );
    files.bursar(&db, &["baseline", "--detect", "--yes"]).ok();
    files.bursar(&db, &["up", "--yes"]).ok();
    // A part of what the first one makes is there.
    let db = Db::new(Template::Empty);
    db.sql("CREATE TABLE orders (id int)");
    let files = Files::of(&[("1_orders", "CREATE TABLE orders (id int); CREATE TABLE lines (id int)")]);
    files
        .bursar(&db, &["baseline", "--detect", "--yes"])
        .exits(4)
        .says("or record the first one all the same: bursar migrate");
    files.bursar(&db, &["baseline", "1", "--yes"]).ok();
    files.bursar(&db, &["up", "--yes"]).ok();
    assert_eq!(Files::recorded(&db), "1");
}

#[test]
fn a_migration_that_makes_room_for_its_table_is_applied() {
    let db = Db::new(Template::Empty);
    db.sql("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int)");
    let files = Files::of(&[
        ("1_a", "DROP TABLE a; CREATE TABLE a (id bigint)"),
        ("2_b", "ALTER TABLE b RENAME TO b_old; CREATE TABLE public.b (id bigint)"),
        ("3_c", "CREATE TABLE IF NOT EXISTS c (id bigint)"),
    ]);
    files.bursar(&db, &["up", "--yes"]).ok();
    assert_eq!(Files::recorded(&db), "1 2 3");
    files.write("4_b", "ALTER TABLE b RENAME TO b_older");
    files.write("5_b", "CREATE TABLE b (id bigint)");
    files.bursar(&db, &["up", "--yes"]).ok();
}
