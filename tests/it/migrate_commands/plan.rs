//! `bursar migrate plan`: what would run, what it locks, and how large that is.

use super::Files;
use crate::support::{Db, Template};

const GIFTS: &str = "CREATE TABLE gifts (id bigint PRIMARY KEY, name text);
    INSERT INTO gifts SELECT i, repeat('x', 100) FROM generate_series(1, 5000) i; ANALYZE gifts";

#[test]
fn each_statement_is_shown_with_its_lines_its_locks_and_their_size() {
    let db = Db::new(Template::Empty);
    db.sql(GIFTS);
    let files = Files::of(&[
        ("1_a", "-- What for.\n\nALTER TABLE gifts\n    ADD COLUMN x int;\nSELECT 1;"),
        ("2_b", "CREATE INDEX CONCURRENTLY i ON gifts (name);"),
    ]);
    let ran = files.bursar(&db, &["plan"]).ok();
    let ours = ran.stdout.split("\nsource 1 a\n").nth(1).unwrap().replace(files.name(), "DIR");
    assert!(
        ours.starts_with("  DIR/1_a.sql, in one transaction\n    3 ALTER TABLE gifts\n    4     ADD COLUMN x int\n    ! ACCESS EXCLUSIVE on public.gifts ("),
        "{ours}"
    );
    assert!(ours.contains("KiB, about 5,000 rows); reads and writes wait\n    5 SELECT 1\n"), "{ours}");
    assert!(ours.contains("DIR/2_b.sql, one by one, because of CREATE INDEX CONCURRENTLY\n"), "{ours}");
    assert!(ours.contains("    · SHARE UPDATE EXCLUSIVE on public.gifts"), "{ours}");
    assert!(ours.contains("\nthe strictest lock: ACCESS EXCLUSIVE on public.gifts"), "{ours}");
    assert!(ours.ends_with("\nbursar migrate up --source DIR\n"), "{ours}");

    let report = files.json(&db, &["plan"]);
    let ours: Vec<_> = report["migrations"].as_array().unwrap().iter().filter(|m| m["set"] == "source").collect();
    let lock = &ours[0]["statements"][0]["locks"][0];
    assert_eq!(lock["bytes"].to_string(), db.value("SELECT pg_total_relation_size('gifts')"));
    assert_eq!((&lock["mode"], &lock["rows"]), (&"ACCESS EXCLUSIVE".into(), &5000.into()));
    assert_eq!(ours[1]["one_by_one"], "CREATE INDEX CONCURRENTLY");
    assert!(ours[0]["one_by_one"].is_null());
}

#[test]
fn one_of_each_is_said_so_and_nothing_pending_too() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "SELECT 1")]);
    let ran = files.bursar(&db, &["plan"]).ok();
    assert!(ran.stdout.contains("\n1 migration, 1 statement\n"), "{ran:?}");
    files.up(&db).ok();
    assert_eq!(files.bursar(&db, &["plan"]).ok().stdout, "nothing is pending\n");
    assert_eq!(files.json(&db, &["plan"])["migrations"], serde_json::json!([]));
    // What `up` refuses is not planned either.
    files.write("1_a", "SELECT 2");
    files.bursar(&db, &["plan"]).exits(4).says("was changed after it was applied");
}

#[test]
fn what_a_pack_installs_besides_is_announced() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql("UPDATE bursar.pack_functions SET checksum = '' WHERE file LIKE '%repair%'");
    let ran = db.bursar(&["migrate", "plan"]).ok();
    assert_eq!(ran.stdout, "1 file of functions to install\nbursar migrate up\n");
    let ran = db.bursar(&["migrate", "up", "--dry-run", "-q"]).ok();
    assert!(ran.stdout.ends_with("would apply:\n  mimivibe 1 file of functions that write\n"), "{ran:?}");
}

#[test]
fn what_the_text_does_not_tell_is_not_said_to_be_nothing() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "DO $$ BEGIN PERFORM 1; END $$; SELECT 1")]);
    let ran = files.bursar(&db, &["plan"]).ok();
    assert!(ran.stdout.contains("    ? unknown: runs code\n"), "{ran:?}");
    assert!(ran.stdout.contains("\nof 1 statement the text does not tell all that is locked\n"), "{ran:?}");
}

#[test]
fn a_huge_statement_is_cut_for_people_and_whole_for_machines() {
    let db = Db::new(Template::Empty);
    let rows: String = (0..3000).map(|i| format!(",\n  ({i})")).collect();
    let sql = format!("CREATE TABLE n (i int);\nINSERT INTO n VALUES (-1){rows}");
    let files = Files::of(&[("1_a", &sql)]);
    let ran = files.bursar(&db, &["plan"]).ok();
    assert!(
        ran.stdout.contains("\n    7   (4)\n      … 2,995 lines more; -o json has all of it\n")
            || ran.stdout.contains("2,995 lines"),
        "{}",
        &ran.stdout[ran.stdout.len() - 600..]
    );
    let report = files.json(&db, &["plan"]);
    let ours = report["migrations"].as_array().unwrap().last().unwrap();
    assert!(sql.ends_with(ours["statements"][1]["sql"].as_str().unwrap()));
}

#[test]
fn what_a_file_holds_cannot_drive_the_terminal() {
    let db = Db::new(Template::Empty);
    let files = Files::of(&[("1_a", "SELECT '\u{1b}[2J' -- \u{1b}]0;x\u{7}\n, '\u{202e}'; SELECT \u{1b}")]);
    let ran = files.bursar(&db, &["plan"]).ok();
    assert!(!ran.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{ran:?}");
    assert!(ran.stdout.contains(r"'\u{1b}[2J'"), "{ran:?}");
    let ran = files.up(&db).exits(1);
    assert!(!ran.stderr.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{ran:?}");
}

#[test]
fn what_is_done_is_not_planned_again_and_what_up_refuses_is_refused() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "-- no-transaction\nCREATE TABLE a (id int);\nSELECT 1 / 0;\nSELECT 3;")]);
    files.up(&db).exits(1);
    let ran = files.bursar(&db, &["plan"]).ok();
    assert!(ran.stdout.contains("because of what the file says; 1 of 3 done; goes on at line 3\n"), "{ran:?}");
    assert!(!ran.stdout.contains("CREATE TABLE") && ran.stdout.contains("1 migration, 2 statements\n"), "{ran:?}");
    // Nobody keeps how far the statements of one file came.
    let db = Db::new(Template::Empty);
    let files = Files::of(&[("1_a", "-- no-transaction\nSELECT 1;\nSELECT 2;")]);
    for command in [&["up", "--yes"][..], &["up", "--dry-run"], &["plan"]] {
        files.bursar(&db, &[command, &["--only", "source"]].concat()).exits(4).says("nobody keeps how far it came");
    }
    files.bursar(&db, &["status", "--check", "--only", "source"]).exits(3);
    assert!(files.bursar(&db, &["status", "--only", "source"]).ok().stdout.contains("up refuses"), "status names it");
}

#[test]
fn a_column_of_a_domain_with_a_constraint_rewrites_the_table() {
    let db = Db::new(Template::Empty);
    db.sql(GIFTS);
    db.sql("CREATE DOMAIN there AS int CHECK (VALUE > 0); CREATE DOMAIN over AS there; CREATE DOMAIN free AS int; CREATE TYPE kind AS ENUM ('a')");
    let files = Files::of(&[
        (
            "1_a",
            "CREATE DOMAIN pos AS int CHECK (VALUE > 0); CREATE DOMAIN big AS int NOT NULL; CREATE DOMAIN loose AS int",
        ),
        (
            "2_b",
            "ALTER TABLE gifts ADD COLUMN a pos;\nALTER TABLE gifts ADD COLUMN b public.big;\nALTER TABLE gifts ADD COLUMN c there;\n\
             ALTER TABLE gifts ADD COLUMN d over;\nALTER TABLE gifts ADD COLUMN e free;\nALTER TABLE gifts ADD COLUMN f loose;\n\
             ALTER TABLE gifts ADD COLUMN g kind;\nALTER TABLE gifts ADD COLUMN h int;",
        ),
    ]);
    let report = files.json(&db, &["plan"]);
    let ours: Vec<_> = report["migrations"].as_array().unwrap().iter().filter(|m| m["version"] == 2).collect();
    let works: Vec<bool> = ours[0]["statements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| statement["locks"][0]["work"] == "rewrites the table")
        .collect();
    assert_eq!(works, [true, true, true, true, false, false, false, false], "{report}");
}

#[test]
fn what_is_not_known_to_lock_is_not_said_to_lock_nothing() {
    let db = Db::new(Template::Bursar);
    db.sql("CREATE SCHEMA s; CREATE DOMAIN d AS int");
    let files = Files::none();
    for sql in ["DROP SCHEMA s CASCADE", "ALTER DOMAIN d ADD CHECK (VALUE > 0)", "DROP OWNED BY nobody CASCADE"] {
        files.write("1_a", sql);
        let ran = files.bursar(&db, &["plan"]).ok();
        assert!(ran.stdout.contains("    ? "), "{sql}: {ran:?}");
        assert!(ran.stdout.contains("no lock that the text tells makes anybody wait"), "{sql}: {ran:?}");
    }
}
