//! What cannot be looked at, how checks are chosen, and every form of the answer.

use std::collections::BTreeSet;
use std::io::Write as _;

use serde_json::Value;

use super::{Plain, about, empty, looked, session, tell, until, verdict};
use crate::support::{Db, Template, sample, wait};

// What cannot be looked at.

#[test]
fn what_cannot_be_looked_at_is_skipped_with_the_reason() {
    let db = empty();
    db.sql("CREATE TABLE counted (id serial)");
    let checks = looked(&db, &[]);
    for check in ["queries.slow", "queries.frequent"] {
        let (verdict, reason) = verdict(&checks, check);
        assert!(verdict == "skipped" && reason.contains("CREATE EXTENSION pg_stat_statements"), "{check}: {reason}");
    }
    for check in ["cache.tables", "cache.indexes"] {
        let (verdict, reason) = verdict(&checks, check);
        assert!(verdict == "skipped" && reason.contains("too young"), "{check}: {verdict} {reason}");
    }
    assert_eq!(verdict(&checks, "sequences.near_end").0, "ok");
    assert_eq!(verdict(&checks, "vacuum.wraparound").0, "ok");
    let plain = Plain::new(&db);
    let ran = plain.bursar(&["inspect", "-o", "json"]).ok();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    for check in ["connections.limit", "connections.idle_in_transaction", "connections.long_running", "replication.lag"]
    {
        let (verdict, reason) = verdict(checks, check);
        assert!(verdict == "skipped" && reason.contains("GRANT pg_read_all_stats"), "{check}: {verdict} {reason}");
    }
    let (sequences, reason) = verdict(checks, "sequences.near_end");
    assert!(sequences == "skipped" && reason.contains("1 more may not be read"), "{sequences}: {reason}");
    db.sql(&format!("GRANT pg_read_all_stats TO {}", plain.name));
    let ran = plain.bursar(&["inspect", "connections.limit", "-o", "json"]).ok();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_ne!(report["checks"][0]["verdict"], "skipped", "{report}");
    // An extension that is there, and that the server has not loaded.
    db.sql("CREATE SCHEMA \"the stats\"; CREATE EXTENSION pg_stat_statements SCHEMA \"the stats\"");
    if !db.value("SELECT current_setting('shared_preload_libraries')").contains("pg_stat_statements") {
        let (verdict, reason) = verdict(&looked(&db, &["queries"]), "queries.slow");
        assert!(verdict == "skipped" && reason.contains("shared_preload_libraries"), "{verdict}: {reason}");
    }
}

#[test]
fn every_check_works_on_every_system_and_writes_nothing() {
    let all = [
        Template::Empty,
        Template::Seeded("mimivibe"),
        Template::Seeded("avolve"),
        Template::Seeded("organic-os"),
        Template::Seeded("aethercrown"),
    ];
    for template in sample(all, 3) {
        let db = Db::new(template);
        let before = db.value("SELECT count(*) FROM pg_class");
        // Exit 0 says that no check was left undone.
        let checks = looked(&db, &[]);
        assert!(checks.len() >= 30 && checks.iter().all(|c| c["incomplete"] == false), "{template:?}");
        // A comparison tells findings apart by what they are about.
        for check in &checks {
            let about = check["findings"].as_array().unwrap().iter().map(|f| f["object"].to_string());
            let mut seen = BTreeSet::new();
            let twice: Vec<String> = about.filter(|object| !seen.insert(object.clone())).collect();
            assert!(twice.is_empty(), "{}: {twice:?}", check["check"]);
        }
        // What was made a moment ago cannot have been used yet.
        assert_eq!(verdict(&checks, "indexes.unused").0.replace("skipped", "ok"), "ok", "{template:?}");
        let sizes = db.bursar(&["inspect", "tables.size", "indexes.size"]).ok().stdout;
        for figure in ["Tables and materialized views: ", "; the database: ", "Indexes: "] {
            assert!(sizes.contains(figure), "{figure}: {sizes}");
        }
        let plain = Plain::new(&db);
        plain.bursar(&["inspect"]).ok();
        assert_eq!(db.value("SELECT count(*) FROM pg_class"), before);
    }
}

// How it is asked, and what it answers.

#[test]
fn topics_and_checks_are_chosen_by_name() {
    let db = empty();
    let ids = |arguments: &[&str]| -> Vec<String> {
        looked(&db, arguments).iter().map(|c| c["check"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&["locks", "views.never_refreshed"]), ["locks.blocked", "views.never_refreshed"]);
    assert_eq!(ids(&["cache"]), ["cache.indexes", "cache.io", "cache.tables"]);
    assert_eq!(ids(&["all"]), ids(&[]));
    for unknown in ["lock", "locks.", "indexes.nope", ""] {
        let ran = db.bursar(&["inspect", unknown]).exits(2).says("there is no topic or check");
        ran.says(if unknown.contains('.') { "the checks of " } else { "the topics are cache, " });
    }
    // It needs no pack and no schema of bursar's, and stays so where the name of one is wrong.
    assert!(db.bursar(&["inspect", "locks"]).ok().stdout.contains("1 of 1 checks ok"));
}

#[test]
fn every_format_says_the_same_and_hostile_names_do_no_harm() {
    let db = empty();
    db.sql(
        "CREATE SCHEMA \"=cmd\"; CREATE TABLE \"=cmd\".t (a int, b int);
         CREATE INDEX \"=1+1\" ON \"=cmd\".t (a); CREATE INDEX zwei ON \"=cmd\".t (a);
         CREATE TABLE names (a int, b int); CREATE TABLE plain (a int, b int);
         DO $$ BEGIN
           EXECUTE format('CREATE INDEX %I ON names (a)', E'\\x1b[2J\\nred'); EXECUTE 'CREATE INDEX after_it ON names (a)';
           FOR i IN 1..15 LOOP EXECUTE format('CREATE INDEX dup_%s ON plain (b)', i); END LOOP;
         END $$",
    );
    let table = db.bursar(&["inspect", "indexes.duplicate"]).ok().stdout;
    assert!(!table.contains('\u{1b}') && table.contains("red"), "{table:?}");
    assert!(table.contains("showing 10 of ") && table.contains("--limit 0 for all"), "{table}");
    let whole = db.bursar(&["inspect", "indexes.duplicate", "--limit", "0"]).ok().stdout;
    assert!(!whole.contains("showing") && whole.contains("dup_14"), "{whole}");
    let csv = db.bursar(&["inspect", "indexes.duplicate", "locks", "queries.slow", "-o", "csv"]).ok().stdout;
    assert!(csv.starts_with("check,object,verdict,message,value,unit"), "{csv}");
    // What was not looked at, or found nothing, is in the file too.
    assert!(csv.contains("queries.slow,,skipped,"), "{csv}");
    // A spreadsheet would run what begins with a sign, and a session is called as it likes.
    let (mut idle, pid) = session(&db, "=1+1");
    tell(&mut idle, "BEGIN; SELECT 1");
    until(&db, "connections.idle_in_transaction", &pid, &["--long", "1ms"], "=1+1 of ");
    let csv = db.bursar(&["inspect", "connections.idle_in_transaction", "--long", "1ms", "-o", "csv"]).ok().stdout;
    assert!(csv.contains("'=1+1 of ") && !csv.contains(",=") && !csv.contains(",\"="), "{csv:?}");
    let found = looked(&db, &["indexes.duplicate"])[0]["findings"].as_array().unwrap().clone();
    assert!(found.iter().any(|f| f["object"].as_str().unwrap().contains("\u{1b}[2J\nred")), "{found:?}");
    // Each of many that are alike is told once, and the one that is kept is not.
    let alike = found.iter().filter(|f| f["object"].as_str().unwrap().starts_with("public.dup_")).count();
    assert_eq!(alike, 14, "{found:?}");
    let ndjson = db.bursar(&["inspect", "indexes.duplicate", "cache", "-o", "ndjson"]).ok().stdout;
    let rows: Vec<Value> = ndjson.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows.len(), 4, "{ndjson}");
    assert!(found.iter().all(|f| f["value"].is_string() && f["unit"] == "bytes"), "{found:?}");
}

#[test]
fn what_got_worse_since_a_snapshot_is_told_and_nothing_else_counts() {
    let db = empty();
    db.sql(
        "CREATE TABLE items (a int, b int); CREATE INDEX one ON items (a); CREATE INDEX two ON items (a);
         CREATE TABLE sham (id int); ALTER TABLE sham ENABLE ROW LEVEL SECURITY;
         CREATE POLICY p1 ON sham FOR UPDATE USING (true); CREATE POLICY p2 ON sham FOR DELETE USING (true)",
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("before.json");
    let before = path.to_str().unwrap();
    let topics = ["indexes", "rls"];
    let again = |more: &[&str]| db.bursar(&[&["inspect"], &topics[..], &["--diff", before], more].concat());
    db.bursar(&[&["inspect"], &topics[..], &["--snapshot", before]].concat()).ok();
    // What was so before is no news, though it is worth a look.
    db.bursar(&[&["inspect"], &topics[..], &["--fail-on", "warn"]].concat()).exits(3);
    assert_eq!(again(&["--fail-on", "warn"]).ok().stdout.trim(), "No differences.");
    db.sql("CREATE INDEX three ON items (b); CREATE INDEX four ON items (b); DROP INDEX two");
    let ran = again(&["--fail-on", "warn"]).exits(3);
    assert!(ran.stdout.contains("public.three") && ran.stdout.contains("for the worse"), "{}", ran.stdout);
    again(&["--fail-on", "fail"]).ok();
    again(&[]).ok();
    let report: Value = serde_json::from_str(&again(&["-o", "json"]).ok().stdout).unwrap();
    let duplicates: Vec<_> =
        report["changes"].as_array().unwrap().iter().filter(|c| c["check"] == "indexes.duplicate").collect();
    assert_eq!(duplicates.len(), 2, "{report}");
    assert!(duplicates.iter().any(|c| c["object"] == "public.three" && c["before"].is_null()), "{report}");
    assert!(duplicates.iter().any(|c| c["object"] == "public.one" && c["after"].is_null()), "{report}");
    let csv = again(&["-o", "csv"]).ok().stdout;
    assert!(csv.contains("indexes.duplicate,public.three,yes,,warn,"), "{csv}");
    db.sql("DROP INDEX three");
    again(&["--fail-on", "warn"]).ok();

    for text in ["", "{", "[]", r#"{"checks": 1}"#, r#"{"checks": [{"check": "x"}]}"#, "\u{0}"] {
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        again(&[]).exits(2).says("cannot compare with").says("--snapshot");
    }
    std::fs::remove_file(&path).unwrap();
    again(&[]).exits(2);
    db.bursar(&["inspect", "--snapshot", "/nonexistent/file.json"]).exits(2);
}

#[test]
fn one_thing_that_was_put_right_does_not_hide_another_that_went_wrong() {
    let db = empty();
    db.sql(
        "CREATE TABLE parents (id int PRIMARY KEY); INSERT INTO parents VALUES (1);
         CREATE TABLE large (one int REFERENCES parents, two int REFERENCES parents); CREATE INDEX two ON large (two);
         INSERT INTO large SELECT 1, 1 FROM generate_series(1, 12000); ANALYZE large;
         CREATE TABLE sham (id int); ALTER TABLE sham ENABLE ROW LEVEL SECURITY;
         CREATE POLICY before ON sham FOR UPDATE USING (true)",
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("before.json");
    let before = path.to_str().unwrap();
    db.bursar(&["inspect", "--snapshot", before]).ok();
    db.sql("CREATE INDEX one ON large (one); DROP INDEX two");
    let ran = db.bursar(&["inspect", "indexes.foreign_keys", "--diff", before, "--fail-on", "warn"]).exits(3);
    assert!(ran.stdout.contains("public.large.large_two_fkey") && ran.stdout.contains("1 for the worse"), "{ran:?}");
    db.sql("DROP POLICY before ON sham; CREATE POLICY after ON sham FOR DELETE USING (true)");
    let ran = db.bursar(&["inspect", "rls", "--diff", before, "--fail-on", "warn"]).exits(3);
    assert!(ran.stdout.contains("public.sham.after"), "{ran:?}");
}

#[test]
fn what_was_not_compared_is_never_called_the_same() {
    let db = empty();
    db.sql("CREATE TABLE items (a int)");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("before.json");
    let before = path.to_str().unwrap();
    let diff = |more: &[&str]| db.bursar(&[&["inspect", "--diff", before], more].concat());
    db.bursar(&["inspect", "indexes", "tables.size", "queries.slow", "--snapshot", before]).ok();

    // Some were looked at then, and some were not.
    let ran = diff(&["indexes", "views"]).ok();
    assert!(ran.stdout.contains("7 of 8 checks compared: no differences"), "{ran:?}");
    assert!(ran.stdout.contains("not compared\n views.never_refreshed  the earlier run did not include it"), "{ran:?}");
    // None was, so nothing is known.
    let ran = diff(&["views"]).exits(6).says("nothing was compared");
    assert!(ran.stdout.contains("nothing was compared") && !ran.stdout.contains("ifferences"), "{ran:?}");
    let report: Value = serde_json::from_str(&diff(&["views", "-o", "json"]).exits(6).stdout).unwrap();
    assert_eq!((&report["complete"], &report["compared"]), (&false.into(), &0.into()), "{report}");
    let left = &report["not_compared"][0];
    assert_eq!(
        (&left["check"], &left["before"], &left["after"]),
        (&"views.never_refreshed".into(), &Value::Null, &"ok".into())
    );
    assert_eq!(report["compared_with"]["database"], db.name);
    let csv = diff(&["views", "-o", "csv"]).exits(6).stdout;
    assert!(csv.contains("views.never_refreshed,,,,ok,,,,the earlier run did not include it"), "{csv}");
    let ndjson = diff(&["views", "-o", "ndjson"]).exits(6).stdout;
    assert!(ndjson.contains("\"not_compared\"") && ndjson.contains("the earlier run did not include it"), "{ndjson}");
    // One that is skipped for good, beside one that is not.
    let ran = diff(&["queries.slow", "indexes"]).ok();
    assert!(ran.stdout.contains(" queries.slow  skipped then and now: the extension"), "{ran:?}");

    // One that somebody keeps from being looked at now.
    let mut holder = wait(db.connect());
    tell(&mut holder, "BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE");
    for format in ["table", "json", "csv", "ndjson"] {
        let ran = diff(&["tables.size", "indexes.invalid", "-o", format]).exits(6);
        assert!(ran.stdout.contains("skipped now: a session holds or awaits a lock"), "{format}: {ran:?}");
    }
    tell(&mut holder, "ROLLBACK");

    // Another database is another thing, which may be meant so.
    let other = empty();
    let ran = other.bursar(&["inspect", "indexes", "--diff", before]).ok();
    ran.says(&format!("this is the database {}, and the snapshot is of {}", other.name, db.name));

    for (text, says) in [
        (
            r#"{"schema_version": 99, "command": "inspect", "database": "x", "checks": []}"#,
            "version 99 of what `inspect`",
        ),
        (r#"{"schema_version": 1, "command": "audit", "database": "x", "checks": []}"#, "version 1 of what `audit`"),
        (r#"{"database": "x", "checks": []}"#, "missing field `schema_version`"),
    ] {
        std::fs::write(&path, text).unwrap();
        diff(&[]).exits(2).says(says);
    }
    let nothing = format!(r#"{{"schema_version": 1, "command": "inspect", "database": "{}", "checks": []}}"#, db.name);
    std::fs::write(&path, nothing).unwrap();
    diff(&[]).exits(6).says("nothing was compared");
}

#[test]
fn the_exit_code_follows_the_worst_that_was_asked_for() {
    let db = empty();
    db.sql("CREATE MATERIALIZED VIEW unfilled AS SELECT 1 WITH NO DATA");
    db.bursar(&["inspect", "views"]).ok();
    db.bursar(&["inspect", "views", "--fail-on", "warn"]).exits(3);
    db.bursar(&["inspect", "views", "--fail-on", "fail"]).ok();
    // Skipped is not wrong, and nothing but skipped is no answer.
    db.bursar(&["inspect", "queries", "views", "--fail-on", "fail"]).ok();
    db.bursar(&["inspect", "queries", "--fail-on", "warn"]).exits(6).says("nothing was looked at");
    let fsync = db.value("SELECT current_setting('fsync')");
    if fsync == "off" {
        let said = about(&db, "settings.worth_a_look", "fsync", &[]);
        assert!(said.starts_with("fail: is off"), "{said}");
        db.bursar(&["inspect", "settings", "--fail-on", "fail"]).exits(3);
    }
    assert_eq!(about(&db, "settings.worth_a_look", "autovacuum", &[]), "");
}
