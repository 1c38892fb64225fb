//! `bursar migrate up`.

use std::io::{BufRead as _, BufReader};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Files, everything, forget, reader, until};
use crate::support::{Db, Template, bursar, run, shipped, soak};

fn abc() -> Files {
    Files::of(&[
        ("1_a", "CREATE TABLE a (id int)"),
        ("2_b", "CREATE TABLE b (id int)"),
        ("3_c", "CREATE TABLE c (id int)"),
    ])
}

#[test]
fn it_goes_as_far_as_it_is_told() {
    let (db, own) = (Db::new(Template::Empty), shipped(&["bursar"]));
    let files = abc();
    let ran = files.bursar(&db, &["up", "--yes", "--steps", "1"]).ok();
    // The limit is one of the directory's migrations; those of bursar itself go before.
    assert!(
        ran.stdout.ends_with(&format!("applied {} migrations\n", own + 1)) && ran.stdout.contains("✓ source 1 a ("),
        "{ran:?}"
    );
    assert_eq!(Files::recorded(&db), "1");
    let ran = files.bursar(&db, &["up", "--yes", "--to", "2"]).ok();
    assert!(ran.stdout.ends_with("applied 1 migration\n"), "{ran:?}");
    files
        .bursar(&db, &["up", "--yes", "--to", "77"])
        .exits(2)
        .says("source has no migration 77")
        .says("status --source");
    assert_eq!(files.bursar(&db, &["up", "--yes", "--to", "1"]).ok().stdout, "nothing is pending\n");
    assert_eq!(Files::recorded(&db), "1 2");
}

#[test]
fn a_dry_run_writes_nothing_and_shows_it_where_data_goes() {
    let (db, own) = (Db::new(Template::Empty), shipped(&["bursar"]));
    db.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", db.name));
    let files = abc();
    let before = everything(&db);
    let ran = files.bursar(&db, &["up", "--dry-run", "--to", "2", "-q"]).ok();
    assert!(
        ran.stdout.contains(" would apply:\n  bursar ") && ran.stdout.ends_with("  source 1 a\n  source 2 b\n"),
        "{ran:?}"
    );
    let would = files.json(&db, &["up", "--dry-run"]);
    assert_eq!(would["would_apply"].as_array().unwrap().len(), own + 3);
    assert_eq!((&would["dry_run"], &would["would_apply"][own + 2]["version"]), (&true.into(), &3.into()));
    assert_eq!(everything(&db), before);
}

#[test]
fn the_report_for_machines_holds_what_was_done_also_where_it_failed() {
    let (db, own) = (Db::new(Template::Empty), shipped(&["bursar"]));
    let files = abc();
    files.write("3_c", "SELECT 1 / 0");
    let ran = files.bursar(&db, &["up", "--yes", "-o", "json"]).exits(1);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["applied"].as_array().unwrap().len(), own + 2);
    assert!(report["applied"][own + 1]["duration_ms"].is_u64(), "{report}");
    assert_eq!((&report["unfinished"][0]["version"], report["unfinished"].as_array().unwrap().len()), (&3.into(), 1));
    let error: serde_json::Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    let error = &error["error"];
    assert_eq!((&error["sqlstate"], &error["exit_code"]), (&"22012".into(), &1.into()));
    assert!(
        error["message"].as_str().unwrap().starts_with(&format!("after {} migrations, which stay: ", own + 2)),
        "{error}"
    );
    assert!(
        error["hint"].as_str().unwrap().ends_with(&format!("bursar migrate up --source {}", files.name())),
        "{error}"
    );
}

#[test]
fn an_error_shows_its_place_below_its_words() {
    let (db, own) = (Db::new(Template::Empty), shipped(&["bursar"]));
    let files = Files::of(&[("1_a", "SELECT 1;\n\tSELECT 'é', nothing FROM pg_class;\n")]);
    let ran = files.up(&db).exits(1);
    let shown = ran.stderr.split("error: ").nth(1).unwrap().replace(files.name(), "DIR");
    assert_eq!(
        shown,
        format!(
            "after {own} migrations, which stay: DIR/1_a.sql:2:14 failed and was rolled back: column \"nothing\" does not exist (SQLSTATE 42703)\n      SELECT 'é', nothing FROM pg_class;\n                  ^\n  try: correct the cause and run it again: bursar migrate up --source DIR\n"
        )
    );
}

#[test]
fn a_statement_that_takes_too_long_is_cancelled_and_rolled_back() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "CREATE TABLE a (id int);\nSELECT pg_sleep(600);\n")]);
    files
        .bursar(&db, &["up", "--yes", "--statement-timeout", "1s"])
        .exits(1)
        .says("1_a.sql:2:1 failed and was rolled back")
        .says("57014");
    assert_eq!(db.value("SELECT to_regclass('public.a') IS NULL"), "true");
}

#[test]
fn a_file_that_asks_for_no_transaction_has_none() {
    let db = Db::new(Template::Bursar);
    let fill = "-- no-transaction
DO $$ BEGIN FOR i IN 1..3 LOOP INSERT INTO batch VALUES (i); COMMIT; END LOOP; END $$;
CALL p();
REINDEX TABLE parted;
SET search_path = app;
CREATE TEMP TABLE gone (id int);
DISCARD ALL;
CREATE TABLE batch_too (id int);
SELECT 1 / (SELECT count(*) FROM public.gate);
";
    let files = Files::of(&[
        (
            "1_a",
            "BEGIN;
CREATE TABLE batch (i int);
CREATE TABLE gate (id int);
CREATE SCHEMA app;
CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1) TO (9);
CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO batch VALUES (4); COMMIT; INSERT INTO batch VALUES (5); END $$;
COMMIT;
",
        ),
        ("2_fill", fill),
    ]);
    let lint = run(bursar().args(["migrate", "lint"]).arg(files.path().join("1_a.sql")));
    assert!(!lint.stdout.contains("transaction-control"), "{lint:?}");
    // The last statement fails, and those before it stay.
    let ran = files.bursar(&db, &["up", "--yes", "-o", "json"]).exits(1);
    let ran = ran.says("7 of its 8 statements are done and stay").says("2_fill.sql:9:1 failed: ");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["unfinished"][0]["progress"]["statements_done"], 7, "{report}");
    assert!(report["unfinished"][0]["next"].as_str().unwrap().ends_with("2_fill.sql:9"), "{report}");
    assert_eq!(db.value("SELECT string_agg(i::text, ' ' ORDER BY i) FROM batch"), "1 2 3 4 5");
    assert_eq!(db.value("SELECT to_regclass('public.batch_too')::text"), "batch_too");
    db.sql("INSERT INTO gate VALUES (1)");
    files.up(&db).ok();
    assert_eq!(db.value("SELECT string_agg(i::text, ' ' ORDER BY i) FROM batch"), "1 2 3 4 5");
    // What a block committed before it failed stays, and is said to. Without the line, the hint leads to it.
    let half = "DO $$ BEGIN INSERT INTO batch VALUES (6); COMMIT; PERFORM 1 / 0; END $$;\n";
    files.write("3_half", half.as_bytes());
    files.up(&db).exits(1).says("2D000").says("begin the file with `-- no-transaction`");
    files.write("3_half", format!("-- no-transaction\n{half}").as_bytes());
    let ran =
        files.up(&db).exits(1).says("3_half.sql:2:1 failed; what it had committed before that stays: division by zero");
    assert!(!ran.stderr.contains("0 of its 1"), "{ran:?}");
    assert_eq!(db.value("SELECT count(*) FROM batch WHERE i = 6"), "1");
    // One that was being tried when a run was killed is run again, and that is told.
    db.sql("UPDATE bursar.migration_runs SET success = NULL WHERE version = 3");
    files.up(&db).exits(1).says("3_half.sql: statement 1 was being tried when an earlier run ended; it runs again");
}

#[test]
fn files_that_cannot_be_run_touch_nothing() {
    let db = Db::new(Template::Empty);
    let before = everything(&db);
    let copy = "CREATE TABLE a (id int);\nCOPY a FROM stdin;\n1\n\\.\n";
    for (name, text, says) in [
        ("2025", "SELECT 1".as_bytes(), "2025.sql is not named VERSION_name.sql"),
        ("x_oops", b"SELECT 1", "x_oops.sql does not start with a version"),
        ("2_b", b"SELECT 1", "have the same version"),
        ("9_b.down", b"SELECT 1", "has no matching up script"),
        ("9_b", b"SELECT '\xff'", "is not UTF-8"),
        ("9_b", copy.as_bytes(), "9_b.sql:2:1 copies rows from the file itself"),
        ("9_b", b"SELECT 1;\n  COMMIT;", "9_b.sql:2:3 controls a transaction"),
        ("9_b", b"-- no-transaction\nBEGIN; SELECT 1;", "begins a transaction that the file does not end"),
    ] {
        let files = Files::of(&[("1_a", "CREATE TABLE a (id int)"), ("2_z", "SELECT 1")]);
        files.write(name, text);
        files.up(&db).exits(2).says(says);
    }
    let files = Files::none();
    std::fs::remove_dir(files.path()).unwrap();
    files.up(&db).exits(2).says("cannot read ");
    assert_eq!(everything(&db), before);
}

#[test]
fn a_directory_without_a_migration_is_refused() {
    let db = Db::new(Template::Empty);
    let files = Files::none();
    std::fs::write(files.path().join("README.md"), "no migration").unwrap();
    let before = everything(&db);
    files.up(&db).exits(2).says("there are no migrations in ").says("bursar migrate new");
    assert_eq!(everything(&db), before);
}

#[test]
fn files_of_another_system_and_files_of_any_size_run_as_they_are() {
    let db = Db::new(Template::Bursar);
    let count = if soak() { 500_000 } else { 100_000 };
    let rows: String = (0..count).map(|i| format!("({i}),\r\n")).collect();
    let large = format!("INSERT INTO a VALUES\r\n{rows}(-1);\r\n");
    assert!(large.len() > 9 * count);
    let files = Files::of(&[
        (
            "1_a",
            "-- no-transaction\r\nCREATE TABLE a (\r\n  id int\r\n);\r\nCREATE INDEX CONCURRENTLY i ON a (id);\r\n",
        ),
        ("2_b", &large),
    ]);
    files.up(&db).ok();
    assert_eq!(db.value("SELECT count(*) FROM a"), (count + 1).to_string());
    files.write("3_c", format!("SELECT 1,{} 1 / 0, nothing;", " ".repeat(10 * count)));
    let ran = files.up(&db).exits(1);
    assert!(ran.stderr.len() < 2000, "{}", ran.stderr.len());
    ran.says(&format!("3_c.sql:1:{} failed", 10 * count + 18)).says("\n  …   ");
}

#[test]
fn a_protected_database_wants_its_name() {
    let db = Db::new(Template::Bursar);
    let files = abc();
    files.bursar(&db, &["up", "--yes", "--steps", "1"]).ok();
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true')");
    files.up(&db).exits(4).says(&format!("--confirm {}", db.name));
    files.bursar(&db, &["up"]).exits(4).says(&format!("--confirm {}", db.name));
    assert_eq!(Files::recorded(&db), "1");
    files.bursar(&db, &["up", "--confirm", &db.name]).ok();
    assert_eq!(Files::recorded(&db), "1 2 3");
}

#[test]
fn a_server_that_is_not_there_and_a_role_that_may_not_are_told_apart() {
    abc().bursar_at("postgres://postgres@127.0.0.1:1/x", &["up", "--yes"]).exits(5);
    let db = Db::new(Template::Bursar);
    let (role, url) = reader(
        &db,
        "GRANT ALL ON SCHEMA bursar TO ROLE; GRANT ALL ON ALL TABLES IN SCHEMA bursar TO ROLE; REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    );
    abc().bursar_at(&url, &["up", "--yes"]).exits(4).says("42501");
    assert_eq!(db.value("SELECT to_regclass('public._sqlx_migrations') IS NULL"), "true");
    forget(&db, &role);
}

#[test]
fn who_reads_only_the_first_line_does_not_stop_the_run() {
    let db = Db::new(Template::Bursar);
    let files = abc();
    let mut child = files.start(&db, &["up", "--yes"]);
    let mut line = String::new();
    // Dropping the reader closes the pipe, as `head -1` does.
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with('✓'), "{line}");
    child.ended();
    assert_eq!(Files::recorded(&db), "1 2 3");
}

#[test]
fn who_ends_it_half_way_leaves_whole_migrations_and_is_told_how_it_goes_on() {
    let db = Db::new(Template::Bursar);
    let files = abc();
    files.write("2_b", "CREATE TABLE b (id int); SELECT pg_sleep(600);");
    let child = files.start(&db, &["up", "--yes"]);
    until(
        &db,
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid() AND wait_event = 'PgSleep')",
    );
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
    child
        .ended()
        .exits(143)
        .says("was rolled back, and the server confirmed it")
        .says(&format!("`bursar migrate up --source {}` goes on", files.name()));
    assert_eq!(Files::recorded(&db), "1");
    assert_eq!(db.value("SELECT to_regclass('public.b') IS NULL"), "true");
    files.write("2_b", "CREATE TABLE b (id int)");
    files.up(&db).ok();
    assert_eq!(Files::recorded(&db), "1 2 3");
}

#[test]
fn an_index_that_a_failed_rebuild_left_invalid_is_told() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "CREATE TABLE a (u int); CREATE INDEX a_u ON a (u); CREATE TABLE gate (id int);")]);
    files.up(&db).ok();
    // The rebuilt index is one of a function that fails now.
    db.sql("CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1'; CREATE INDEX a_f ON a (f(u)); INSERT INTO a VALUES (0)");
    db.sql("CREATE OR REPLACE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1 / $1'");
    files.write("2_b", "REINDEX INDEX CONCURRENTLY a_f;");
    files
        .up(&db)
        .exits(1)
        .says("left INVALID")
        .says("a_f_ccnew")
        .says("migrate repair --source")
        .says("--drop-invalid-indexes");
    // Each later run names it too, whether it has something to do or not.
    files.write("2_b", "SELECT 2;");
    files.write("3_c", "SELECT 3;");
    files.bursar(&db, &["repair", "--mark-applied", "2", "--yes"]).ok();
    files.up(&db).ok().says("left INVALID").says("a_f_ccnew");
    files.up(&db).ok().says("left INVALID").says("a_f_ccnew");
}

/// Adds the migrations of an application to a folder of somebody's own.
fn add_those_of(app: &str, files: &Files) {
    for entry in std::fs::read_dir(crate::support::file(&format!("migrations/{app}"))).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), files.path().join(entry.file_name())).unwrap();
    }
}

#[test]
fn functions_whose_tables_are_missing_are_not_done_and_the_table_is_named() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "CREATE TABLE a (id int)")]);
    let up = |flags: &[&str]| files.bursar(&db, &[&["up", "--yes", "--app", "mimivibe"], flags].concat());
    let what = "the functions of mimivibe are not installed: the schema public lacks ";
    // Before the migrations ran, nobody knows whether they create the tables.
    let ran = files.bursar(&db, &["up", "--dry-run", "--app", "mimivibe"]).ok();
    assert!(ran.stdout.contains("of functions that write, where these migrations create the tables"), "{ran:?}");
    up(&[])
        .exits(6)
        .says("after 1 migration, which stays: ")
        .says(what)
        .says("the tables users, wallet_transactions, payments and 2 more");
    for flags in [&[][..], &["--dry-run"]] {
        let again = up(flags).exits(6).says(what).says("the tables users, wallet_transactions, payments and 2 more");
        assert!(!again.stdout.contains("another run") && !again.stdout.contains("nothing is pending"), "{again:?}");
        assert!(!again.stdout.contains("of functions") && !again.stderr.contains("of functions that"), "{again:?}");
    }
    let ran = up(&["-o", "json"]).exits(6);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&report["applied"], &report["installed"]), (&serde_json::json!([]), &serde_json::json!([])));

    // The commands that only look name the table, and none that would do nothing.
    let status = files.bursar(&db, &["status", "--app", "mimivibe"]).ok();
    assert!(status.stdout.contains(what) && !status.stdout.contains(": bursar migrate up"), "{status:?}");
    files.bursar(&db, &["status", "--check", "--app", "mimivibe"]).exits(3);
    let report = files.json(&db, &["status", "--app", "mimivibe"]);
    assert_eq!((&report["pending"], &report["functions_pending"]), (&0.into(), &0.into()), "{report}");
    assert!(report["up_refuses"]["message"].as_str().unwrap().contains(what), "{report}");
    let plan = files.bursar(&db, &["plan", "--app", "mimivibe"]).exits(6).says(what);
    assert!(!plan.stdout.contains("bursar migrate up"), "{plan:?}");

    // Where a migration creates the tables, the same command does it.
    add_those_of("mimivibe", &files);
    up(&[]).ok();
    assert_eq!(up(&[]).ok().stdout, "nothing is pending\n");
    assert_ne!(db.value("SELECT count(*) FROM bursar.pack_functions WHERE app = 'mimivibe'"), "0");
}

#[test]
fn a_run_that_is_told_where_to_stop_installs_no_functions_before_their_tables() {
    let db = Db::new(Template::Bursar);
    let files = Files::of(&[("1_a", "CREATE TABLE a (id int)")]);
    add_those_of("mimivibe", &files);
    let ran = files.bursar(&db, &["up", "--yes", "--app", "mimivibe", "--steps", "1"]).ok();
    ran.says("the functions of mimivibe are not installed yet: the schema public lacks ");
    let report = files.json(&db, &["status", "--app", "mimivibe"]);
    assert_eq!((report["pending"] == 0, &report["up_refuses"]), (false, &serde_json::Value::Null), "{report}");
    files.bursar(&db, &["up", "--yes", "--app", "mimivibe"]).ok();
}

#[test]
fn a_table_that_is_gone_is_named_where_the_functions_are_missing_too() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql("ALTER TABLE user_invites RENAME TO invites; DELETE FROM bursar.pack_functions");
    for only in [&[][..], &["--only", "bursar"]] {
        let command = [&["migrate", "up", "--app", "mimivibe", "--yes"], only].concat();
        let ran = db
            .bursar(&command)
            .exits(6)
            .says("the functions of mimivibe are not installed: the schema public lacks the table user_invites");
        assert!(!ran.stdout.contains("another run"), "{ran:?}");
    }
    let doctor = db.bursar(&["doctor", "--app", "mimivibe"]);
    assert!(!doctor.stdout.contains("bursar migrate up --app mimivibe"), "{doctor:?}");
    db.sql("ALTER TABLE invites RENAME TO user_invites");
    db.bursar(&["migrate", "up", "--app", "mimivibe", "--yes"]).ok();
}
