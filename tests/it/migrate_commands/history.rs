//! `bursar migrate baseline` and `repair`: what changes the history and runs no migration.

use std::time::Duration;

use bursar::config::Config;
use bursar::db::{self, Consent, Database, Limits};
use bursar::error::Kind;
use bursar::migrate::Set;
use bursar::migrate::repair::{Repair, apply, plan};

use super::{Files, everything};
use crate::support::{Db, Template, url, wait};

const A: &str = "CREATE TABLE a (id int PRIMARY KEY)";
const B: &str = "CREATE TABLE b (id int); CREATE INDEX b_id ON b (id)";
const C: &str = "CREATE TABLE c (id int)";

fn abc() -> Files {
    Files::of(&[("1_a", A), ("2_b", B), ("3_c", C)])
}

#[test]
fn a_baseline_records_exactly_those_and_up_goes_on_from_there() {
    let db = Db::new(Template::Empty);
    db.sql(&format!("{A}; {B}"));
    let files = abc();
    let before = everything(&db);
    let ran = files.bursar(&db, &["baseline", "2"]).exits(4).says("Record 2 migrations as applied in");
    assert_eq!(ran.stdout.matches("INSERT INTO").count(), 2);
    files.bursar(&db, &["baseline", "2", "--dry-run"]).ok().says("would run this; nothing was changed");
    files.bursar(&db, &["baseline", "7", "--yes"]).exits(2).says("source has no migration 7");
    assert_eq!(everything(&db), before);

    let ran = files.bursar(&db, &["baseline", "2", "--yes"]).ok();
    ran.says(&format!(
        "recorded 2 migrations as applied; `bursar migrate up --source {}` goes on from there",
        files.name()
    ));
    assert_eq!(Files::recorded(&db), "1 2");
    files.bursar(&db, &["baseline", "2", "--yes"]).ok().says("everything up to 2 is recorded already");
    files.up(&db).ok();
    assert_eq!(Files::recorded(&db), "1 2 3");
    assert_eq!(files.bursar(&db, &["status", "--check"]).ok().code, 0);
    files.write("4_d", "SELECT 4");
    let report = files.json(&db, &["baseline", "4", "--dry-run"]);
    assert_eq!((&report["outcome"], report["statements"].as_array().unwrap().len()), (&"would".into(), 1), "{report}");
}

#[test]
fn what_is_there_is_looked_for() {
    let files = abc();
    let scratch = url("postgres");
    let detect =
        |db: &Db, more: &[&str]| files.bursar(db, &[&["baseline", "--detect", "--scratch", &scratch], more].concat());
    let empty = Db::new(Template::Empty);
    detect(&empty, &["--yes"])
        .exits(4)
        .says("everything that the first migration makes")
        .says("try: bursar migrate up --source");
    assert_eq!(empty.value("SELECT to_regclass('public._sqlx_migrations') IS NULL"), "true");

    let db = Db::new(Template::Bursar);
    db.sql(&format!("{A}; {B}"));
    detect(&db, &["3", "--yes"]).exits(4).says("everything up to 2 is there: bursar migrate baseline --source");
    detect(&db, &["--dry-run"]).ok().says("column public.c.id");
    detect(&db, &["--yes"]).ok().says("recorded 2 migrations as applied");
    assert_eq!(Files::recorded(&db), "1 2");
    files.up(&db).ok();

    // The history under another name is no object of the migrations, of this project or of another.
    let named = Db::new(Template::Empty);
    named.sql(&format!("{A}; {B}"));
    detect(&named, &["--history-table", "other_migrations", "--yes"]).ok().says("recorded 2 migrations as applied");
    let own = ["--history-table", "other_migrations"];
    files.bursar(&named, &[&["verify", "--scratch", &scratch], &own[..]].concat()).ok();

    let half = Db::new(Template::Empty);
    half.sql(&format!("{A}; CREATE TABLE b (id int)"));
    let ran = detect(&half, &["--yes"]).ok().says("of 2 b only a part is there");
    ran.says("index public.b.b_id");
    assert_eq!(Files::recorded(&half), "1");
}

#[test]
fn a_history_that_does_not_fit_is_not_added_to() {
    let db = Db::new(Template::Bursar);
    let files = abc();
    files.bursar(&db, &["up", "--yes", "--steps", "1"]).ok();
    files.write("1_a", "SELECT 1");
    files.bursar(&db, &["baseline", "3", "--yes"]).exits(4).says("does not fit its files at migration 1");
    assert_eq!(Files::recorded(&db), "1");
}

#[test]
fn restamp_takes_other_line_ends_and_anything_only_when_forced() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "SELECT 1;\nSELECT 2;\n"), ("2_b", "SELECT 2;\n")]);
    files.up(&db).ok();
    files.bursar(&db, &["repair", "--restamp"]).ok().says("nothing to correct");
    files.write("1_a", "SELECT 1;\r\nSELECT 2;\r\n");
    files.write("2_b", "SELECT 3;\n");
    let before = everything(&db);
    files.bursar(&db, &["repair", "--restamp", "--dry-run"]).ok();
    files.bursar(&db, &["repair", "--restamp"]).exits(4).says("Run 1 statement in ");
    assert_eq!(everything(&db), before);
    let ran = files.bursar(&db, &["repair", "--restamp", "--yes"]).ok();
    assert_eq!((ran.stdout.matches("UPDATE").count(), ran.stdout.contains("WHERE version = 1;")), (1, true), "{ran:?}");
    ran.says("1 migration changed in more than line ends; --force records that too").says("ran 1 statement");
    let states = files.states(&db);
    assert_eq!((states[0].1.as_str(), states[1].1.as_str()), ("applied", "modified"));
    // What is left is not nothing.
    files
        .bursar(&db, &["repair", "--restamp", "--yes"])
        .exits(4)
        .says("1 migration changed in more than line ends; nothing was");
    let ran = files.bursar(&db, &["repair", "--restamp", "--force", "--yes", "-o", "json"]).ok();
    let report = ran.json();
    assert_eq!((&report["command"], &report["outcome"]), (&"migrate repair".into(), &"done".into()), "{ran:?}");
    assert!(report["statements"][0].as_str().unwrap().starts_with("UPDATE "), "{ran:?}");
    assert_eq!(files.states(&db)[1].1, "applied");
    assert_eq!(files.json(&db, &["repair", "--restamp"])["outcome"], "nothing");
    // A file that was removed on purpose.
    files.remove("1_a");
    files.write("3_c", "SELECT 3;\n");
    files.up(&db).exits(4).says("has no such file here").says("up --source").says("--ignore-missing");
    files.bursar(&db, &["up", "--yes", "--ignore-missing"]).ok();
    assert_eq!(Files::recorded(&db), "1 2 3");
    files.bursar(&db, &["status", "--check"]).exits(3);
    files.bursar(&db, &["status", "--check", "--ignore-missing"]).ok();
    files.bursar(&db, &["plan", "--ignore-missing"]).ok();
}

#[test]
fn several_files_that_were_made_one_replace_what_was_recorded() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "CREATE TABLE a (id int)"), ("2_b", "CREATE TABLE b (id int)")]);
    files.up(&db).ok();
    files.remove("1_a");
    files.remove("2_b");
    files.write("4_all", "CREATE TABLE a (id int); CREATE TABLE b (id int);");
    let way = "bursar migrate baseline";
    let flag = " 4 --replace-missing";
    for refused in [&["up", "--yes"][..], &["up", "--yes", "--ignore-missing"], &["plan"], &["baseline", "4", "--yes"]]
    {
        let ran = files.bursar(&db, refused).says(way).says("--replace-missing");
        assert!([2, 4].contains(&ran.code), "{ran:?}");
    }
    files.bursar(&db, &["status", "--check"]).exits(3);
    assert!(files.bursar(&db, &["status"]).stdout.contains(flag));
    let verify = || files.bursar(&db, &["verify", "--scratch", &crate::support::url("postgres")]);
    verify().exits(3).says("2 applied migrations without a file here (1 to 2)").says("bursar migrate status");
    let ran = files.bursar(&db, &["baseline", "4", "--replace-missing", "--yes"]).ok();
    assert_eq!((ran.stdout.matches("DELETE").count(), ran.stdout.matches("INSERT").count()), (2, 1), "{ran:?}");
    assert_eq!(Files::recorded(&db), "4");
    files.bursar(&db, &["status", "--check"]).ok();
    assert_eq!(files.up(&db).ok().stdout, "nothing is pending\n");
    assert!(!verify().ok().stderr.contains("without a file"));
}

#[test]
fn a_migration_is_marked_and_what_was_shown_is_what_runs() {
    let db = Db::new(Template::Bursar);
    let files = abc();
    files.write("3_it's", C);
    files.remove("3_c");
    files.bursar(&db, &["up", "--yes", "--steps", "1"]).ok();
    let shown = files.bursar(&db, &["repair", "--mark-applied", "3", "--dry-run"]).ok().stdout;
    let copy = db.copy();
    copy.sql(&shown);
    files.bursar(&db, &["repair", "--mark-applied", "3", "--yes"]).ok();
    let history = "SELECT string_agg(concat_ws(' ', version, description, success, checksum, execution_time), ',' ORDER BY version) FROM _sqlx_migrations";
    assert_eq!(db.value(history), copy.value(history));
    assert!(db.value(history).contains("3 it's t"), "{}", db.value(history));
    files.bursar(&db, &["repair", "--mark-applied", "3", "--yes"]).ok().says("nothing to correct");
    files.bursar(&db, &["repair", "--mark-reverted", "3", "--yes"]).ok();
    files.bursar(&db, &["repair", "--mark-reverted", "3", "--yes"]).ok().says("nothing to correct");
    files.bursar(&db, &["repair", "--mark-applied", "9", "--yes"]).exits(2).says("source has no migration 9");
    assert_eq!(Files::recorded(&db), "1");
}

#[test]
fn one_that_stopped_half_way_is_marked_either_way_and_begins_anew() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "-- no-transaction\nSELECT 1;\nSELECT 1 / 0;\n")]);
    files.up(&db).exits(1);
    files.bursar(&db, &["repair", "--mark-reverted", "1", "--yes"]).ok();
    assert_eq!(files.states(&db)[0].1, "pending");
    files.up(&db).exits(1).says("1 of its 2 statements are done");
    files.bursar(&db, &["repair", "--mark-applied", "1", "--yes"]).ok();
    assert_eq!(files.states(&db)[0].1, "applied");

    // Of another tool, in a database that bursar has not been to.
    let db = Db::new(Template::Bursar);
    files.up(&db).exits(1);
    db.sql("DROP SCHEMA bursar CASCADE");
    files.bursar(&db, &["repair", "--mark-reverted", "1", "--yes"]).ok();
    assert_eq!(Files::recorded(&db), "NULL");
}

#[test]
fn invalid_indexes_are_dropped_whatever_they_are_called() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[(
        "1_a",
        "CREATE TABLE \"T x\" (a int); INSERT INTO \"T x\" VALUES (1), (1); CREATE INDEX fine ON \"T x\" (a)",
    )]);
    files.up(&db).ok();
    files.bursar(&db, &["repair", "--drop-invalid-indexes", "--yes"]).ok().says("nothing to correct");
    db.sqlstate("CREATE UNIQUE INDEX CONCURRENTLY \"I \"\"quoted\"\"\" ON \"T x\" (a)");
    let ran = files.bursar(&db, &["repair", "--drop-invalid-indexes", "--yes"]).ok();
    assert_eq!(ran.stdout, "DROP INDEX CONCURRENTLY public.\"I \"\"quoted\"\"\";\n");
    assert_eq!(
        db.value("SELECT string_agg(indexname, ',') FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'T x'"),
        "fine"
    );
}

#[test]
fn what_changed_between_the_plan_and_the_consent_is_a_conflict() {
    let db = Db::new(Template::Bursar);
    let files = abc();
    files.bursar(&db, &["up", "--yes", "--steps", "1"]).ok();
    let set = Set::directory(files.path(), "source", "public").unwrap();
    let url = db.url();
    let config = Config::default();
    let request = db::Request { flag: Some(&url), env_name: None, config: &config, var: &|_| None };
    let limits = Limits { connect: Duration::from_secs(10), statement: None };
    let database = Database::new(db::resolve(&request).unwrap(), "test", limits);
    wait(async {
        let planned = plan(&mut database.read().await.unwrap(), &set, Repair::Baseline { version: 3, replace: false })
            .await
            .unwrap();
        assert_eq!(planned.len(), 2);
        let permit = database.permit(database.protection().await.unwrap(), &Consent::Yes).unwrap();
        files.bursar(&db, &["up", "--yes", "--to", "2"]).ok();
        let mut session = database.session(&permit).await.unwrap();
        let error = apply(
            &mut session,
            &set,
            Repair::Baseline { version: 3, replace: false },
            &planned,
            Duration::from_secs(5),
            |_| {},
        )
        .await
        .unwrap_err();
        assert_eq!(error.kind, Kind::Conflict, "{error}");
    });
    assert_eq!(Files::recorded(&db), "1 2");
}

/// A pack that is named or not changes nothing about the files and their history.
#[test]
fn a_half_done_migration_goes_on_whether_a_pack_is_named_or_not() {
    let app = &["--app", "mimivibe"][..];
    for (first, then) in [(&[][..], app), (app, &[])] {
        let db = Db::new(Template::Bursar);
        let files = Files::of(&[("1_a", "CREATE TABLE a (id int); CREATE INDEX CONCURRENTLY i ON a (nothing);")]);
        let up = |more: &[&str]| files.bursar(&db, &[&["up", "--yes"], more].concat());
        up(first).exits(1).says("1 of its 2 statements are done and stay");
        assert_eq!(Files::recorded(&db), "1?");
        let status = files.bursar(&db, &[&["status", "-o", "json"], then].concat()).json();
        assert_eq!(status["sets"][1]["migrations"][0]["progress"]["statements_done"], 1, "{status}");
        files.write("1_a", "CREATE TABLE a (id int); CREATE INDEX CONCURRENTLY i ON a (id);");
        // The tables of the pack are not there, so its functions stay away.
        up(then).exits(if then.is_empty() { 0 } else { 6 });
        assert_eq!(Files::recorded(&db), "1");
        // It is one run, with the name that the later runs have.
        let runs = "SELECT string_agg(concat_ws(' ', set_name, statements_done, success), ', ') FROM bursar.migration_runs WHERE version = 1";
        let name = if then.is_empty() { "public._sqlx_migrations" } else { "mimivibe" };
        assert_eq!(db.value(runs), format!("{name} 2 t"));
    }
}

/// What is put right by hand is over, under whichever name it was begun.
#[test]
fn a_half_done_migration_is_closed_whether_a_pack_is_named_or_not() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "CREATE TABLE a (id int); CREATE INDEX CONCURRENTLY i ON a (nothing);")]);
    files.up(&db).exits(1);
    db.sql("DROP TABLE a");
    files.bursar(&db, &["repair", "--mark-reverted", "1", "--yes", "--app", "mimivibe"]).ok();
    assert_eq!(db.value("SELECT count(*) FROM bursar.migration_runs WHERE finished_at IS NULL"), "0");
    files.write("1_a", "CREATE TABLE a (id int); CREATE INDEX CONCURRENTLY i ON a (id);");
    files.up(&db).ok();
}
