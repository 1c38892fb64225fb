//! `bursar migrate status`: every state told apart, and nothing written.

use super::{Files, everything, forget, reader};
use crate::support::{Db, Template};

/// Three that are applied, the second one by one.
fn three(db: &Db) -> Files {
    let files = Files::of(&[
        ("1_gifts", "CREATE TABLE gifts (id bigint PRIMARY KEY, name text);\n"),
        ("2_index.up", "CREATE INDEX CONCURRENTLY gifts_name ON gifts (name);\nANALYZE gifts;\n"),
        ("2_index.down", "DROP INDEX CONCURRENTLY gifts_name;\nSELECT 1 / 0;\n"),
        ("3_cards", "CREATE TABLE cards (id bigint);\n"),
    ]);
    files.up(db).ok();
    files
}

/// The line of a migration, and the last lines.
fn shown(files: &Files, db: &Db, version: i64) -> (String, String) {
    let ran = files.bursar(db, &["status"]).ok();
    let (table, answer) = ran.stdout.split_once("\n\n").unwrap();
    let line = table.lines().find(|l| l.contains(&format!(" source  {version} "))).unwrap_or_else(|| panic!("{table}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    (words.join(" "), answer.replace(files.name(), "DIR"))
}

#[track_caller]
fn check(files: &Files, db: &Db, code: i32) {
    files.bursar(db, &["status", "--check"]).exits(code);
}

#[test]
fn applied_pending_and_out_of_order() {
    let db = Db::new(Template::Bursar);
    let files = three(&db);
    check(&files, &db, 0);
    let (line, answer) = shown(&files, &db, 2);
    assert!(line.starts_with("✓ source 2 applied 20") && line.ends_with(" index"), "{line}");
    assert!(answer.ends_with(": nothing is pending\n"), "{answer}");

    files.write("4_late", "SELECT 1;");
    check(&files, &db, 3);
    let (line, answer) = shown(&files, &db, 4);
    assert_eq!(line, "· source 4 pending late");
    assert!(answer.ends_with(": 1 pending: bursar migrate up --source DIR\n"), "{answer}");

    files.remove("4_late");
    db.sql("DELETE FROM _sqlx_migrations WHERE version = 1");
    check(&files, &db, 3);
    let (line, answer) = shown(&files, &db, 1);
    assert_eq!(line, "! source 1 pending, out of order gifts");
    assert!(
        answer.contains("1 pending\n✗ up refuses: migration 1 gifts of source is pending, though a later one"),
        "{answer}"
    );
    assert!(answer.contains("bursar migrate up --source DIR --allow-out-of-order"), "{answer}");
    assert_eq!(files.states(&db)[0].1, "out-of-order");
}

#[test]
fn modified_missing_and_other_line_ends() {
    let db = Db::new(Template::Bursar);
    let files = three(&db);
    files.write("1_gifts", "CREATE TABLE gifts (id bigint PRIMARY KEY, name text);\r\n");
    assert_eq!(shown(&files, &db, 1).0.split(" 20").next().unwrap(), "✓ source 1 applied, with other line ends");
    check(&files, &db, 0);
    files.write("1_gifts", "CREATE TABLE gifts (id bigint PRIMARY KEY);\n");
    assert!(shown(&files, &db, 1).0.starts_with("✗ source 1 changed after it was applied"));
    // Nothing is pending, and still a deploy would not get past it.
    check(&files, &db, 3);
    let report = files.json(&db, &["status", "--check"]);
    assert_eq!((&report["pending"], &report["sets"][1]["migrations"][0]["state"]), (&0.into(), &"modified".into()));
    assert!(report["up_refuses"]["message"].as_str().unwrap().contains("changed after it was applied"), "{report}");

    files.write("1_gifts", "CREATE TABLE gifts (id bigint PRIMARY KEY, name text);\n");
    files.remove("3_cards");
    let (line, answer) = shown(&files, &db, 3);
    assert!(line.starts_with("✗ source 3 applied, but the file is missing"), "{line}");
    assert!(answer.contains("up refuses: migration 3 cards of source was applied, but has no such file"), "{answer}");
    assert_eq!(files.states(&db)[2].1, "missing");
    check(&files, &db, 3);
}

#[test]
fn what_is_begun_and_not_finished_is_pending_and_says_how_far_it_came() {
    let db = Db::new(Template::Bursar);
    let files = three(&db);
    files.write("4_half", "-- no-transaction\nCREATE TABLE half (id int);\nSELECT 1 / 0;\nSELECT 2;\n");
    files.up(&db).exits(1).says("1 of its 3 statements are done and stay");
    assert_eq!(shown(&files, &db, 4).0, "! source 4 1 of 3 statements applied half");
    assert_eq!(
        files.states(&db)[3],
        (4, "partial".to_owned(), serde_json::json!({"direction": "up", "statements_done": 1, "statements_total": 3}))
    );
    let (_, answer) = shown(&files, &db, 4);
    assert!(answer.ends_with(": 1 pending: bursar migrate up --source DIR\n"), "{answer}");
    check(&files, &db, 3);

    files.write("4_half", "-- no-transaction\nCREATE TABLE half (id int);\nSELECT 1;\nSELECT 2;\n");
    files.up(&db).ok();
    files.write("4_half.down", "SELECT 1;");
    files.down(&db, &[]).ok();
    files.remove("4_half");
    files.remove("4_half.down");
    files.write("3_cards.down", "DROP TABLE cards");
    files.down(&db, &["--steps", "2"]).exits(1).says("1 of its 2 statements are done");
    assert_eq!(
        shown(&files, &db, 2).0.split(" 20").next().unwrap(),
        "! source 2 1 of 2 statements of its way back done index"
    );
    let (_, answer) = shown(&files, &db, 2);
    assert!(
        answer.contains("2 pending\n✗ up refuses: ") && answer.contains("bursar migrate down --source DIR goes on"),
        "{answer}"
    );

    // Another tool leaves no record of how far it came, and there need not even be a schema of ours.
    db.sql("DROP SCHEMA bursar CASCADE");
    assert!(
        shown(&files, &db, 2).0.starts_with("✗ source 2 begun and not finished, and no record says how far it came")
    );
    let (_, answer) = shown(&files, &db, 2);
    assert!(
        answer.contains("repair --source DIR --mark-applied 2") && answer.contains("--mark-reverted 2"),
        "{answer}"
    );
    check(&files, &db, 3);
}

#[test]
fn what_is_half_done_is_told_though_its_file_is_missing() {
    let db = Db::new(Template::Bursar);
    let files = three(&db);
    files.write("4_half", "-- no-transaction\nCREATE TABLE half (id int);\nSELECT 1 / 0;\nSELECT 2;\n");
    files.up(&db).exits(1);
    files.remove("4_half");
    assert_eq!(shown(&files, &db, 4).0, "! source 4 1 of 3 statements applied, and the file is missing half");
    check(&files, &db, 3);
    let said = "migration 4 half of source was begun and not finished, and has no such file here";
    for flags in [&[][..], &["--ignore-missing"]] {
        files.bursar(&db, &[&["up", "--yes"], flags].concat()).exits(4).says(said).says("--mark-reverted 4");
        files.bursar(&db, &[&["plan"], flags].concat()).exits(4).says(said);
    }
    files.down(&db, &[]).exits(4).says("migration 4 half of source has no file here");
    files.bursar(&db, &["verify"]).says("migration 4 half is half done: 1 of 3 statements applied");
    // The way out that is printed is one.
    files.bursar(&db, &["repair", "--mark-reverted", "4", "--yes"]).ok();
    check(&files, &db, 0);
    assert_eq!(db.value("SELECT count(*) FROM bursar.migration_runs WHERE finished_at IS NULL"), "0");
}

#[test]
fn an_invalid_index_is_shown() {
    let db = Db::new(Template::Bursar);
    let files = three(&db);
    db.sql("CREATE SCHEMA \"A b\"; CREATE TABLE \"A b\".t (a int); INSERT INTO \"A b\".t VALUES (1), (1)");
    db.sqlstate("CREATE UNIQUE INDEX CONCURRENTLY \"I\u{1b}[2J\" ON \"A b\".t (a)");
    let (_, answer) = shown(&files, &db, 1);
    assert!(answer.contains("✗ INVALID") && answer.contains(r#""A b"."I\u{1b}[2J""#), "{answer}");
    assert!(answer.contains("try: bursar migrate repair --source DIR --drop-invalid-indexes"), "{answer}");
    assert_eq!(files.json(&db, &["status"])["invalid_indexes"][0]["table"], "\"A b\".t");
    // It is the index that is wrong, not the schema's version.
    check(&files, &db, 0);
}

#[test]
fn nothing_is_written_whoever_looks_and_whatever_the_state_is() {
    let empty = Db::new(Template::Empty);
    let before = everything(&empty);
    let files = Files::of(&[("1_a", "CREATE TABLE a (id int)")]);
    for command in [&["status"][..], &["plan"], &["up", "--dry-run"], &["down", "--dry-run"], &["repair", "--restamp"]]
    {
        files.bursar(&empty, command).ok();
    }
    assert_eq!(everything(&empty), before);

    let db = Db::new(Template::Bursar);
    let files = three(&db);
    files.write("4_late", "CREATE TABLE late (id int);");
    let grants = "GRANT USAGE ON SCHEMA bursar TO ROLE; GRANT SELECT ON ALL TABLES IN SCHEMA bursar, public TO ROLE";
    let (role, url) = reader(&db, grants);
    db.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", db.name));
    let before = everything(&db);
    files.bursar(&db, &["status"]).ok();
    assert_eq!(everything(&db), before);
    files.bursar_at(&url, &["status", "--check"]).exits(3);
    let ran = files.bursar_at(&url, &["plan"]).ok();
    assert!(ran.stdout.contains("CREATE TABLE late"), "{ran:?}");
    // Who may not even read the history is told so.
    db.sql(&format!("BEGIN READ WRITE; REVOKE ALL ON public._sqlx_migrations FROM {role}; COMMIT"));
    files.bursar_at(&url, &["status"]).exits(4).says("42501");
    db.sql(&format!("BEGIN READ WRITE; ALTER DATABASE {} RESET default_transaction_read_only; COMMIT", db.name));
    forget(&db, &role);
}
