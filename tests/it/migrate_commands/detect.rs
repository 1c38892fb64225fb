//! `bursar migrate baseline --detect`: a migration counts as applied only where the database shows it.

use super::Files;
use crate::support::{Db, Ran, Template, sample, url};

fn detect(files: &Files, db: &Db, more: &[&str]) -> Ran {
    files.bursar(db, &[&["baseline", "--detect", "--scratch", &url("postgres")], more].concat())
}

/// One change of each kind, behind what it changes.
const CHANGES: [(&str, &str); 13] = [
    (
        "01_a",
        "CREATE TABLE notes (id int, owner text, gone text); CREATE TABLE old (id int); CREATE TABLE moved (id int);
         CREATE TYPE kind AS ENUM ('a'); CREATE VIEW v AS SELECT 1 AS a; CREATE SCHEMA other;
         CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    ("02_rls", "ALTER TABLE notes ENABLE ROW LEVEL SECURITY"),
    ("03_column", "ALTER TABLE notes DROP COLUMN gone"),
    ("04_table", "DROP TABLE old"),
    ("05_type", "ALTER TABLE notes ALTER id TYPE bigint"),
    ("06_null", "ALTER TABLE notes ALTER owner SET NOT NULL"),
    ("07_default", "ALTER TABLE notes ALTER owner SET DEFAULT 'x'"),
    ("08_schema", "ALTER TABLE moved SET SCHEMA other"),
    ("09_value", "ALTER TYPE kind ADD VALUE 'b'"),
    ("10_function", "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'"),
    ("11_view", "CREATE OR REPLACE VIEW v AS SELECT 2 AS a"),
    ("12_comment", "COMMENT ON TABLE notes IS 'what was noted'"),
    ("13_grant", "GRANT SELECT ON notes TO PUBLIC"),
];

#[test]
fn a_change_that_is_not_there_is_not_recorded() {
    let files = Files::of(&CHANGES);
    for there in sample(1..=CHANGES.len(), 6) {
        let db = Db::new(Template::Bursar);
        CHANGES[..there].iter().for_each(|(_, sql)| db.sql(sql));
        let ran = detect(&files, &db, &["--yes"]).ok();
        assert_eq!(db.value("SELECT max(version) FROM _sqlx_migrations"), there.to_string(), "{ran:?}");
        // What is left then runs.
        files.up(&db).ok();
        assert_eq!(db.value("SELECT relrowsecurity FROM pg_class WHERE oid = 'notes'::regclass"), "true");
        assert_eq!(db.value("SELECT to_regclass('other.moved')"), "other.moved");
        files.bursar(&db, &["verify", "--scratch", &url("postgres")]).ok();
    }
}

#[test]
fn what_leaves_no_trace_is_not_said_to_be_there() {
    for fill in sample(["INSERT INTO a VALUES (1)", "UPDATE a SET id = id + 1", "DELETE FROM a", "SELECT 1"], 3) {
        let files =
            Files::of(&[("1_a", "CREATE TABLE a (id int)"), ("2_fill", fill), ("3_b", "CREATE TABLE b (id int)")]);
        let db = Db::new(Template::Empty);
        db.sql("CREATE TABLE a (id int)");
        let ran = detect(&files, &db, &["--yes"]).ok();
        ran.says("nobody can tell whether 2 fill was applied").says("bursar migrate baseline --source ");
        assert_eq!(Files::recorded(&db), "1", "{fill}");
        if !fill.starts_with("INSERT") {
            continue;
        }
        // What comes behind it is there: `up` would run it, perhaps once more.
        let db = Db::new(Template::Empty);
        db.sql("CREATE TABLE a (id int); CREATE TABLE b (id int)");
        let ran = detect(&files, &db, &["--yes"]).exits(4);
        ran.says("nobody can tell whether 2 fill was applied, and 3 b is there; nothing was recorded");
        assert_eq!(db.value("SELECT to_regclass('_sqlx_migrations')"), "NULL");
        // Who knows names the version.
        detect(&files, &db, &["1", "--dry-run"]).ok();
        detect(&files, &db, &["3", "--yes"]).ok().says("recorded 3 migrations as applied");
        assert_eq!(Files::recorded(&db), "1 2 3");
    }
    // A file without a statement does nothing, whoever runs it.
    let files = Files::of(&[
        ("1_a", "CREATE TABLE a (id int)"),
        ("2_none", "-- nothing\n"),
        ("3_b", "CREATE TABLE b (id int)"),
    ]);
    let db = Db::new(Template::Empty);
    db.sql("CREATE TABLE a (id int); CREATE TABLE b (id int)");
    detect(&files, &db, &["--yes"]).ok();
    assert_eq!(Files::recorded(&db), "1 2 3");
}

#[test]
fn what_is_another_one_is_not_there() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[
        ("1_a", "CREATE TABLE a (id int)"),
        ("2_b", "ALTER TABLE a ADD COLUMN b bigint, ADD COLUMN c text"),
    ]);
    // The order of columns is no difference, and their type is one.
    db.sql("CREATE TABLE a (c text, id int, b int)");
    let ran = detect(&files, &db, &["--yes"]).ok();
    ran.says("column public.a.b (another one)").says("of 2 b only a part is there");
    assert_eq!(Files::recorded(&db), "1");
    db.sql("DELETE FROM _sqlx_migrations; ALTER TABLE a ALTER b TYPE bigint");
    detect(&files, &db, &["--yes"]).ok();
    assert_eq!(Files::recorded(&db), "1 2");
}

#[test]
fn what_the_files_make_themselves_is_not_made_before_them() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[
        ("1_a", "CREATE EXTENSION IF NOT EXISTS pg_trgm"),
        ("2_b", "CREATE SCHEMA IF NOT EXISTS app"),
        ("3_c", "CREATE TABLE app.c (id int)"),
    ]);
    files.up(&db).ok();
    db.sql("DELETE FROM _sqlx_migrations");
    detect(&files, &db, &["--yes"]).ok();
    assert_eq!(Files::recorded(&db), "1 2 3");
}

#[test]
fn partitions_are_looked_for_and_those_of_a_calendar_may_be_gone() {
    let parted =
        "CREATE TABLE pp (k text, n int) PARTITION BY LIST (k); CREATE TABLE log (at date) PARTITION BY RANGE (at)";
    let us = "CREATE TABLE pp_us PARTITION OF pp FOR VALUES IN ('us')";
    let may = "CREATE TABLE log_may PARTITION OF log FOR VALUES FROM ('2026-05-01') TO ('2026-06-01')";
    let files = Files::of(&[("1_a", parted), ("2_may", may), ("3_us", us)]);
    for (there, recorded) in [([may, "SELECT 1"], "1 2"), ([may, us], "1 2 3")] {
        let db = Db::new(Template::Empty);
        db.sql(&[parted, there[0], there[1]].join("; "));
        detect(&files, &db, &["--yes"]).ok();
        assert_eq!(Files::recorded(&db), recorded);
    }
    let db = Db::new(Template::Empty);
    db.sql(&[parted, us].join("; "));
    detect(&files, &db, &["--yes"]).exits(4).says("nobody can tell whether 2 may was applied, and 3 us is there");
}
