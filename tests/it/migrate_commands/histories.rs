//! Several histories in one database: each has its own runs, and none is the application's but the application's.

use super::{Files, everything};
use crate::support::{Db, Ran, Template};

/// Runs on a database whose search path is this schema.
fn within(files: &Files, db: &Db, schema: &str, arguments: &[&str]) -> Ran {
    let url = db.url();
    let url = format!("{url}{}options=-csearch_path%3D{schema}", if url.contains('?') { '&' } else { '?' });
    files.bursar_at(&url, arguments)
}

/// A migration of three statements, each of which fails while its gate is closed.
fn gated(db: &Db, schemas: &[&str]) -> Files {
    for schema in schemas {
        db.sql(&format!(
            "CREATE SCHEMA {schema}; CREATE TABLE {schema}.log (n int);
             CREATE TABLE {schema}.gate (n int, open int); INSERT INTO {schema}.gate VALUES (1, 1), (2, 1), (3, 1)"
        ));
    }
    let statement = |n: usize| format!("INSERT INTO log SELECT {n} / open FROM gate WHERE n = {n};\n");
    Files::of(&[("1_a", &["-- no-transaction\n".to_owned(), statement(1), statement(2), statement(3)].concat())])
}

fn log(db: &Db, schema: &str) -> String {
    db.value(&format!("SELECT string_agg(n::text, ' ' ORDER BY n) FROM {schema}.log"))
}

#[test]
fn histories_of_one_name_in_two_schemas_have_runs_of_their_own() {
    for named in [true, false] {
        let db = Db::new(Template::Bursar);
        let files = gated(&db, &["t1", "t2"]);
        let up = |schema: &str| {
            let table = format!("{schema}._sqlx_migrations");
            let flags = if named { &["--history-table", &table][..] } else { &[] };
            within(&files, &db, schema, &[&["up", "--yes"], flags].concat())
        };
        db.sql("UPDATE t1.gate SET open = 0 WHERE n = 2; UPDATE t2.gate SET open = 0 WHERE n = 3");
        up("t1").exits(1).says("1 of its 3 statements are done");
        up("t2").exits(1).says("2 of its 3 statements are done");
        db.sql("UPDATE t1.gate SET open = 1; UPDATE t2.gate SET open = 1");
        // One is told of its own progress alone, and put right alone.
        let status = within(&files, &db, "t1", &["status"]);
        assert!(status.stdout.contains("1 of 3 statements applied"), "{status:?}");
        up("t1").ok();
        up("t2").ok();
        assert_eq!((log(&db, "t1"), log(&db, "t2")), ("1 2 3".to_owned(), "1 2 3".to_owned()), "{named}");
    }
}

#[test]
fn a_repair_closes_the_run_of_its_own_history_alone() {
    let db = Db::new(Template::Bursar);
    let files = gated(&db, &["t1", "t2"]);
    db.sql("UPDATE t1.gate SET open = 0 WHERE n = 2; UPDATE t2.gate SET open = 0 WHERE n = 3");
    for schema in ["t1", "t2"] {
        within(&files, &db, schema, &["up", "--yes"]).exits(1);
    }
    within(&files, &db, "t1", &["repair", "--mark-reverted", "1", "--yes"]).ok();
    let open = "SELECT string_agg(set_name || ' ' || statements_done, ', ') FROM bursar.migration_runs WHERE finished_at IS NULL";
    assert_eq!(db.value(open), "t2._sqlx_migrations 2");
    db.sql("UPDATE t2.gate SET open = 1");
    within(&files, &db, "t2", &["up", "--yes"]).ok();
    assert_eq!(log(&db, "t2"), "1 2 3");
}

#[test]
fn a_run_of_an_earlier_bursar_is_believed_only_where_one_history_has_it_half_done() {
    let db = Db::new(Template::Bursar);
    let files = gated(&db, &["t1", "t2"]);
    db.sql("UPDATE t1.gate SET open = 0 WHERE n = 2");
    within(&files, &db, "t1", &["up", "--yes"]).exits(1);
    db.sql(
        "UPDATE bursar.migration_runs SET set_name = 'source' WHERE finished_at IS NULL; UPDATE t1.gate SET open = 1",
    );
    // It could be of either.
    db.sql("CREATE TABLE t2._sqlx_migrations AS TABLE t1._sqlx_migrations");
    for command in [&["up", "--yes"][..], &["plan"]] {
        within(&files, &db, "t1", command).exits(4).says("no record says how far it came").says("--mark-applied 1");
    }
    assert_eq!(log(&db, "t1"), "1");
    db.sql("DROP TABLE t2._sqlx_migrations");
    within(&files, &db, "t1", &["up", "--yes"]).ok();
    assert_eq!(log(&db, "t1"), "1 2 3");
}

#[test]
fn what_is_half_done_is_found_however_it_was_begun_and_whatever_other_histories_there_are() {
    let app = &["--app", "mimivibe"][..];
    for (begun, found, earlier) in [(app, &[][..], ""), (&[], app, ""), (app, &[], "mimivibe"), (app, app, "mimivibe")]
    {
        let db = Db::new(Template::Bursar);
        db.sql("CREATE TABLE log (n int); CREATE TABLE gate (n int, open int); INSERT INTO gate VALUES (1, 1), (2, 0), (3, 1)");
        let files = gated(&db, &[]);
        let run = |command: &[&str], flags: &[&str]| files.bursar(&db, &[command, flags].concat());
        run(&["up", "--yes"], begun).exits(1).says("1 of its 3 statements are done");
        if !earlier.is_empty() {
            // As an earlier bursar recorded it.
            db.sql(&format!("UPDATE bursar.migration_runs SET set_name = '{earlier}' WHERE finished_at IS NULL"));
        }
        db.sql("CREATE TABLE own_migrations (LIKE _sqlx_migrations); CREATE SCHEMA t; CREATE TABLE t._sqlx_migrations (LIKE _sqlx_migrations)");
        db.sql("UPDATE gate SET open = 1");
        let case = format!("{begun:?} {found:?} {earlier}");
        let status = run(&["status"], found);
        assert!(status.stdout.contains("1 of 3 statements applied"), "{case}: {status:?}");
        let plan = run(&["plan"], found);
        assert!(plan.stdout.contains("1 of 3 done"), "{case}: {plan:?}");
        let verify = run(&["verify"], found).says("migration 1 a is half done: 1 of 3 statements applied");
        assert!(!verify.stdout.contains("leaving out"), "{case}: {verify:?}");
        let doctor = db.bursar(&["doctor"]);
        let said = "public._sqlx_migrations: 1 a is half done: 1 of 3 statements applied";
        assert!(doctor.stdout.contains(said), "{case}: {doctor:?}");
        run(&["up", "--yes"], found);
        assert_eq!(log(&db, "public"), "1 2 3", "{case}");
        assert_eq!(db.value("SELECT count(*) FROM bursar.migration_runs WHERE finished_at IS NULL"), "0", "{case}");
        assert_eq!(Files::recorded(&db), "1", "{case}");
        let doctor = db.bursar(&["doctor"]);
        assert!(!doctor.stdout.contains("half done"), "{case}: {doctor:?}");
    }
}

#[test]
fn the_run_of_an_application_in_one_schema_is_none_of_the_same_in_another() {
    let db = Db::new(Template::Bursar);
    let files = gated(&db, &["t1", "t2"]);
    let run = |schema: &str, command: &[&str]| {
        within(&files, &db, schema, &[command, &["--app", "mimivibe", "--schema", schema]].concat())
    };
    db.sql("UPDATE t1.gate SET open = 0 WHERE n = 2; UPDATE t2.gate SET open = 0 WHERE n = 3");
    run("t1", &["up", "--yes"]).exits(1).says("1 of its 3 statements are done");
    run("t2", &["up", "--yes"]).exits(1).says("2 of its 3 statements are done");
    db.sql("UPDATE t1.gate SET open = 1; UPDATE t2.gate SET open = 1");
    let status = run("t1", &["status"]);
    assert!(status.stdout.contains("1 of 3 statements applied"), "{status:?}");
    for schema in ["t1", "t2"] {
        run(schema, &["up", "--yes"]);
        assert_eq!(log(&db, schema), "1 2 3", "{schema}");
    }
}

#[test]
fn the_audit_of_an_application_hears_nothing_of_other_histories() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let drift = || {
        let report = db.json(&["audit", "--app", "mimivibe", "--only", "schema", "-o", "json"]);
        (report["findings"].as_array().unwrap().len(), report["verdict"].clone(), report["summary"].clone())
    };
    let before = drift();
    let files = Files::of(&[("1_x.up", "CREATE TABLE x (id int)"), ("1_x.down", "DROP TABLE x")]);
    for flags in [
        &["--history-table", "own_migrations", "--app", "mimivibe"][..],
        // A table of the name of a pack.
        &["--history-table", "mimivibe"],
    ] {
        files.bursar(&db, &[&["up", "--yes"], flags].concat()).ok();
        assert_eq!(drift(), before, "{flags:?}");
        files.down(&db, flags).ok();
        assert_eq!(drift(), before, "{flags:?}");
    }
    // It is told of a change all the same.
    db.sql("ALTER TABLE wallet_transactions DISABLE TRIGGER USER");
    assert_ne!(drift(), before);
}

#[test]
fn a_table_that_is_no_history_is_not_taken_for_one() {
    let db = Db::new(Template::Bursar);
    db.sql("CREATE TABLE schema_migrations (version text PRIMARY KEY); CREATE SCHEMA other; CREATE TABLE other.h (version bigint)");
    let files = Files::of(&[("1_a", "CREATE TABLE a (id int)")]);
    let before = everything(&db);
    for (table, name, missing) in [
        ("schema_migrations", "\"public\".schema_migrations", "version bigint, description text, success boolean"),
        ("other.h", "\"other\".h", "no description text, success boolean, checksum bytea"),
    ] {
        for command in [&["up", "--yes"][..], &["status"], &["plan"], &["dump"], &["baseline", "1"]] {
            let ran = files.bursar(&db, &[command, &["--history-table", table]].concat()).exits(2);
            ran.says(&format!("{name} is no history of migrations")).says(missing).says("not there yet");
        }
    }
    assert_eq!(everything(&db), before);
}
