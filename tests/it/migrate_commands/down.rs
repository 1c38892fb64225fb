//! `bursar migrate down`, and its guards.

use super::{Files, everything};
use crate::support::{Db, Template};

fn abc(db: &Db) -> Files {
    let files = Files::of(&[]);
    for (version, table) in [(1, "a"), (2, "b"), (3, "c")] {
        files.write(&format!("{version}_{table}.up"), format!("CREATE TABLE {table} (id int)"));
        files.write(&format!("{version}_{table}.down"), format!("DROP TABLE {table}"));
    }
    files.up(db).ok();
    files
}

#[test]
fn it_goes_back_one_step_or_as_far_as_it_is_told() {
    let db = Db::new(Template::Bursar);
    let files = abc(&db);
    let ran = files.down(&db, &[]).ok();
    assert!(ran.stdout.starts_with("✓ source 3 c (") && ran.stdout.ends_with("took 1 migration back\n"), "{ran:?}");
    assert_eq!(Files::recorded(&db), "1 2");
    files.up(&db).ok();
    files.down(&db, &["--to", "1"]).ok();
    assert_eq!(Files::recorded(&db), "1");
    files.up(&db).ok();
    files.down(&db, &["--to", "7"]).exits(2).says("source has no migration 7");

    let before = everything(&db);
    let ran = files.bursar(&db, &["down", "--to", "0", "--dry-run", "-q"]).ok();
    assert!(ran.stdout.ends_with(" would take back:\n  source 3 c\n  source 2 b\n  source 1 a\n"), "{ran:?}");
    assert_eq!(files.json(&db, &["down", "--dry-run"])["would_take_back"][0]["version"], 3);
    assert_eq!(everything(&db), before);
    files.bursar(&db, &["down"]).exits(4).says("Take 1 migration of ");
    // The rows that would be lost are counted before anybody is asked.
    db.sql("INSERT INTO c SELECT generate_series(1, 1200)");
    files
        .bursar(&db, &["down"])
        .exits(4)
        .says("the rows of public.c are lost: 1,200")
        .says("back and lose the rows of public.c");
    let report = files.json(&db, &["down", "--dry-run", "--to", "0"]);
    assert_eq!(report["would_lose"], serde_json::json!([{ "table": "public.c", "rows": 1200, "more": false }]));
    db.sql("DELETE FROM c");
    assert_eq!(everything(&db), before);

    files.down(&db, &["--to", "0"]).ok();
    assert_eq!(Files::recorded(&db), "NULL");
    assert_eq!(files.down(&db, &[]).ok().stdout, "nothing is applied that could be taken back\n");
    assert_eq!(files.json(&db, &["down"])["taken_back"], serde_json::json!([]));
    // What was done stands in the records, with its direction.
    assert_eq!(
        db.value("SELECT count(*) FROM bursar.migration_runs WHERE set_name = 'public._sqlx_migrations' AND direction = 'down'"),
        "6"
    );
}

#[test]
fn what_has_no_way_back_or_another_one_than_was_applied_stays() {
    let db = Db::new(Template::Bursar);
    let files = abc(&db);
    files.remove("2_b.down");
    files.down(&db, &["--steps", "2"]).exits(4).says("2_b.up.sql has no way back: there is no ").says("2_b.down.sql");
    files.write("3_c.up", "CREATE TABLE c (id int, x int)");
    files.down(&db, &[]).exits(4).says("was changed after it was applied, so its down script may not fit");
    files.remove("3_c.up");
    files.remove("3_c.down");
    files.down(&db, &[]).exits(4).says("has no file here; nothing was taken back");
    assert_eq!(Files::recorded(&db), "1 2 3");
}

#[test]
fn a_protected_database_never_goes_back() {
    let db = Db::new(Template::Bursar);
    let files = abc(&db);
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true')");
    for consent in [&["--yes"][..], &["--confirm", &db.name]] {
        files.bursar(&db, &[&["down"], consent].concat()).exits(4).says("its migrations are never taken back");
    }
    assert_eq!(Files::recorded(&db), "1 2 3");
}

#[test]
fn rows_of_the_ledger_and_of_payments_are_not_dropped_however_that_is_written() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let ran = db.bursar(&["migrate", "down", "--to", "0", "--yes"]).exits(4);
    assert!(
        ran.stderr.contains("it would drop the rows of public.") && ran.stderr.contains("and was rolled back"),
        "{ran:?}"
    );
    let rows = "SELECT concat_ws(' ', (SELECT count(*) FROM public.wallet_transactions), (SELECT count(*) FROM public.payments))";
    let before = db.value(rows);
    let files = Files::of(&[("99990101000000_x.up", "SELECT 1")]);
    // The pack says which tables those are.
    for file in std::fs::read_dir(crate::support::file("migrations/mimivibe")).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, files.path().join(path.file_name().unwrap())).unwrap();
    }
    files.bursar(&db, &["up", "--yes", "--app", "mimivibe"]).ok();
    for (down, table) in [
        ("DROP TABLE public.wallet_transactions CASCADE", "public.wallet_transactions"),
        ("DROP SCHEMA public CASCADE; CREATE SCHEMA public", "public."),
        ("ALTER TABLE wallet_transactions DISABLE TRIGGER ALL; DELETE FROM wallet_transactions", "wallet_transactions"),
        ("SET session_replication_role = replica; TRUNCATE payments CASCADE", "public."),
        (
            "ALTER TABLE payments RENAME TO old; SET session_replication_role = replica; DELETE FROM old",
            "public.payments",
        ),
        (
            "ALTER TABLE wallet_transactions DISABLE TRIGGER ALL;
             DELETE FROM wallet_transactions WHERE ctid <> (SELECT min(ctid) FROM wallet_transactions)",
            "public.wallet_transactions",
        ),
        (
            "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL session_replication_role = replica;
             DELETE FROM payments WHERE ctid = (SELECT max(ctid) FROM payments); COMMIT",
            "public.payments",
        ),
        // The last one, because it is begun then.
        ("-- no-transaction\nSELECT 1;\nDROP TABLE public.payments CASCADE;", "public.payments"),
    ] {
        files.write("99990101000000_x.down", down);
        let ran = files.bursar(&db, &["down", "--yes", "--app", "mimivibe"]);
        assert_ne!(ran.code, 0, "{down}: {ran:?}");
        // A schema holds the history as well, and without it nothing can be recorded.
        if !down.contains("SCHEMA") {
            ran.exits(4).says("it would drop the rows of ").says(table);
        }
        assert_eq!(db.value(rows), before, "{down}");
    }
    // A table that keeps its rows under another name is still there.
    db.bursar(&[
        "migrate",
        "repair",
        "--mark-applied",
        "99990101000000",
        "--yes",
        "--source",
        files.name(),
        "--app",
        "mimivibe",
    ])
    .ok();
    files.write("99990101000000_x.down", "ALTER TABLE payments RENAME TO old");
    files.bursar(&db, &["down", "--yes", "--app", "mimivibe"]).ok();
}

#[test]
fn a_partition_with_rows_is_not_dropped_from_under_its_table() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(
        "DROP TABLE user_payment_methods CASCADE; DROP TABLE payments CASCADE;
         CREATE TABLE payments (id uuid, at date, LIKE_ int) PARTITION BY RANGE (at);
         CREATE TABLE payments_25 PARTITION OF payments FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
         CREATE TABLE payments_26 PARTITION OF payments FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
         INSERT INTO payments VALUES (NULL, '2025-02-01'), (NULL, '2026-02-01')",
    );
    let files = Files::of(&[("99990101000000_x.up", "SELECT 1"), ("99990101000000_x.down", "DROP TABLE payments_25")]);
    for file in std::fs::read_dir(crate::support::file("migrations/mimivibe")).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, files.path().join(path.file_name().unwrap())).unwrap();
    }
    files.bursar(&db, &["up", "--yes", "--app", "mimivibe"]).ok();
    let ran = files.bursar(&db, &["down", "--yes", "--app", "mimivibe"]).exits(4);
    ran.says("it would drop the rows of public.payments_25");
    files.write("99990101000000_x.down", "DELETE FROM payments WHERE at = '2026-02-01'");
    files
        .bursar(&db, &["down", "--yes", "--app", "mimivibe"])
        .exits(4)
        .says("it would drop the rows of public.payments");
    // A row that goes from one partition to another, a new one too, is not lost.
    files.write(
        "99990101000000_x.down",
        "CREATE TABLE payments_27 PARTITION OF payments FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
         UPDATE payments SET at = '2027-02-01' WHERE at = '2026-02-01'; DROP TABLE payments_26",
    );
    files.bursar(&db, &["down", "--yes", "--app", "mimivibe"]).ok();
    files.bursar(&db, &["up", "--yes", "--app", "mimivibe"]).ok();
    // Detached, it keeps its rows.
    files.write("99990101000000_x.down", "ALTER TABLE payments DETACH PARTITION payments_25");
    files.bursar(&db, &["down", "--yes", "--app", "mimivibe"]).ok();
    assert_eq!(db.value("SELECT count(*) FROM payments_25"), "1");
}

#[test]
fn one_that_stops_half_way_goes_on_and_is_not_applied_meanwhile() {
    let db = Db::new(Template::Bursar);
    let files = abc(&db);
    files.write("3_c.down", "-- no-transaction\nDROP TABLE c;\nSELECT 1 / 0;\n");
    files.down(&db, &[]).exits(1).says("1 of its 2 statements are done and stay").says("bursar migrate down --source");
    assert_eq!(Files::recorded(&db), "1 2 3?");
    files.up(&db).exits(4).says("was begun to be taken back").says("bursar migrate down --source");
    files.write("3_c.down", "-- no-transaction\nDROP TABLE c CASCADE;\nSELECT 1;\n");
    files.down(&db, &[]).exits(4).says("what had run has been changed since");
    files.write("3_c.down", "-- no-transaction\nDROP TABLE c;\nSELECT 1;\n");
    files.down(&db, &[]).ok();
    assert_eq!(Files::recorded(&db), "1 2");
    files.up(&db).ok();
    // And one that was not applied whole is not taken back.
    files.write("4_d.up", "-- no-transaction\nSELECT 1;\nSELECT 1 / 0;\n");
    files.write("4_d.down", "SELECT 1");
    files.up(&db).exits(1);
    files.down(&db, &[]).exits(4).says("was begun and not finished; nothing").says("bursar migrate up --source");
}

#[test]
fn the_snapshot_that_the_audit_compares_with_is_taken_again_in_both_directions() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let drift = || {
        let ran = db.bursar(&["audit", "--app", "mimivibe", "--only", "schema", "-o", "json"]);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        (report["findings"].as_array().unwrap().len(), report["summary"]["skipped"].clone())
    };
    let (findings, skipped) = drift();
    assert_eq!(findings, 0);
    db.bursar(&["migrate", "down", "--yes"]).ok();
    assert_eq!(drift(), (0, skipped.clone()));
    db.bursar(&["migrate", "up", "--yes"]).ok();
    assert_eq!(drift(), (0, skipped));
    // It is a snapshot of something.
    db.sql("ALTER TABLE wallet_transactions DISABLE TRIGGER USER");
    assert_ne!(drift().0, 0);
}

#[test]
fn two_hints_stand_below_each_other() {
    let db = Db::new(Template::Bursar);
    let files = abc(&db);
    files.write("3_c.down", "DO $$ BEGIN RAISE EXCEPTION 'no' USING HINT = 'ask first'; END $$");
    let ran = files.down(&db, &[]).exits(1);
    assert!(
        ran.stderr.contains("  try: ask first\n       correct the cause and run it again: bursar migrate down"),
        "{ran:?}"
    );
}
