//! What other runners get wrong: for each a test that sqlx's own runner fails, beside bursar on the same files.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgDatabaseError, PgPoolOptions};

use super::{INVALID, LOCKS, Project, sqlstate};
use crate::support::{Starts as _, spawn, wait};

// The lock of a run.

#[test]
fn two_deploys_at_once_take_turns_and_the_second_names_the_first() {
    let project = Project::new(&[("1_slow.sql", "SELECT pg_sleep(1.5); CREATE TABLE t (id int)")]);
    let first = project.start();
    project.until_at("pg_sleep");
    let second = project.up(&[]).ok().says("waiting for another run to end: bursar migrate up (pid ");
    assert!(second.stdout.contains("nothing is pending: another run was faster"), "{}", second.stdout);
    first.ended().ok();
    assert_eq!(project.history(), "1");
}

#[test]
fn a_run_that_failed_keeps_nobody_out() {
    let project = Project::new(&[("1_wrong.sql", "SELECT 1 / 0")]);
    project.up(&[]).exits(1);
    // The server lets go of them a moment after the process has ended.
    project.until("no lock", &format!("SELECT ({LOCKS}) = 0"));
    // A pool keeps the connection, and the connection the lock.
    let migrator = project.migrator();
    wait(async {
        let pool = PgPoolOptions::new().max_connections(2).connect(&project.db.url()).await.unwrap();
        assert_eq!(sqlstate(&migrator.run(&pool).await.unwrap_err()), "22012");
        let mut next = project.db.connect().await;
        let next = tokio::time::timeout(Duration::from_secs(1), migrator.run(&mut next)).await;
        assert!(next.is_err(), "sqlx lets the next one in: {next:?}");
        let ran = tokio::task::block_in_place(|| project.up(&["--lock-wait", "300ms"]));
        ran.exits(7).says("the lock for migrating this database is held by ").says("waited 300ms");
        pool.close().await;
    });
}

#[test]
fn a_lost_lock_leaves_nothing_running() {
    let files = [("1_slow.sql", "SELECT pg_sleep(60)")];
    let (project, peer) = (Project::new(&files), Project::new(&files));
    let task = peer.start_sqlx();
    peer.until_at("pg_sleep");
    task.abort();

    let mut child = project.start();
    project.until_at("pg_sleep");
    child.kill().unwrap();
    child.wait().unwrap();
    project.until("the end of the statement", &format!("SELECT NOT EXISTS ({})", project.at("pg_sleep")));
    project.until("the end of the locks", &format!("SELECT ({LOCKS}) = 0"));
    assert_eq!(project.history(), "");
    assert_eq!(peer.db.value(&format!("SELECT EXISTS ({})", peer.at("pg_sleep"))), "true", "sqlx's has ended too");

    let child = project.start();
    project.until_at("pg_sleep");
    project.db.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep%'");
    child.ended().exits(5).says("57P01");
    project.until("the end of the locks", &format!("SELECT ({LOCKS}) = 0"));
    assert_eq!(project.history(), "");
}

#[test]
fn a_runner_of_sqlx_that_waits_does_not_deadlock_with_a_concurrent_build() {
    let files = [
        ("1_table.sql", "CREATE TABLE t (id int)"),
        ("2_slow.sql", "SELECT pg_sleep(2)"),
        ("3_index.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY t_id ON t (id)"),
    ];
    let project = Project::new(&files);
    // Whoever failed keeps its lock as long as its connection.
    let ending = |project: &Project| {
        let task = project.start_sqlx();
        spawn(async move { task.await.map(|(outcome, _)| outcome) })
    };
    let waiting = |project: &Project| {
        project.until_at("pg_sleep");
        let task = ending(project);
        project.until_at("pg_advisory_lock");
        task
    };
    let child = project.start();
    let sqlx = waiting(&project);
    child.ended().ok();
    let outcome = wait(sqlx).unwrap().unwrap();
    assert!(matches!(outcome, Err(MigrateError::Dirty(3)) | Ok(())), "{outcome:?}");
    assert_eq!((project.history().as_str(), project.db.value(INVALID).as_str()), ("1 2 3", "0"));
    project.by_sqlx().unwrap();

    let peer = Project::new(&files);
    let first = ending(&peer);
    let second = waiting(&peer);
    let outcomes = [first, second].map(|task| wait(task).unwrap().unwrap());
    assert!(outcomes.iter().flat_map(Result::as_ref).count() < 2, "{outcomes:?}");
    let deadlocked = |e: &MigrateError| format!("{e:?}").contains("40P01");
    assert!(outcomes.iter().filter_map(|o| o.as_ref().err()).any(deadlocked), "{outcomes:?}");
}

#[test]
fn a_runner_of_sqlx_that_keeps_its_lock_costs_nothing_that_is_done() {
    let project = Project::new(&[(
        "1_index.sql",
        "CREATE TABLE t (id int); SELECT pg_sleep(1.5); CREATE INDEX CONCURRENTLY t_id ON t (id); INSERT INTO t VALUES (1)",
    )]);
    let child = project.command("up", &["--yes", "--lock-wait", "500ms"]).starts_quietly();
    project.until_at("pg_sleep");
    let sqlx = project.start_sqlx();
    // It finds a migration that is not finished, and its application keeps the connection, as a pool does.
    child.ended().exits(7).says("3 of its 4 statements are done and stay");
    let (outcome, connection) = wait(sqlx).unwrap();
    assert!(matches!(outcome, Err(MigrateError::Dirty(1))), "{outcome:?}");
    drop(connection);
    project.until("the end of the locks", &format!("SELECT ({LOCKS}) = 0"));
    project.up(&[]).ok();
    assert_eq!((project.history().as_str(), project.db.value("SELECT count(*) FROM t").as_str()), ("1", "1"));
}

// Order, and how a run ends.

#[test]
fn an_older_migration_that_came_later_is_not_applied_silently() {
    let project = Project::new(&[("2_b.sql", "CREATE TABLE b (id int)")]);
    project.up(&[]).ok();
    project.write(&[("1_a.sql", "CREATE TABLE a (id int)")]);
    project.up(&[]).exits(4).says("is pending, though a later one was applied").says("--allow-out-of-order");
    assert_eq!(project.history(), "2");
    let (by_us, by_sqlx) = (project.db.copy(), project.db.copy());
    super::run(project.command("up", &["--yes", "--allow-out-of-order"]).env("DATABASE_URL", by_us.url())).ok();
    assert_eq!(by_us.value("SELECT to_regclass('a') IS NOT NULL"), "true");
    let migrator = project.migrator();
    wait(async { migrator.run(&mut by_sqlx.connect().await).await }).unwrap();
    assert_eq!(by_sqlx.value("SELECT to_regclass('a') IS NOT NULL"), "true");
}

#[test]
fn an_interrupted_run_does_not_claim_success_and_says_what_stands() {
    let project = Project::new(&[
        ("1_a.sql", "CREATE TABLE a (id int)"),
        ("2_b.sql", "CREATE TABLE b (id int); SELECT pg_sleep(60)"),
    ]);
    let child = project.start();
    project.until_at("pg_sleep");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let ran = child.ended().exits(130).says("interrupted").says("bursar migrate status");
    assert!(ran.stdout.contains("✓ source 1 a"), "{}", ran.stdout);
    project.until("the end of the locks", &format!("SELECT ({LOCKS}) = 0"));
    assert_eq!((project.history().as_str(), project.db.value("SELECT to_regclass('b')").as_str()), ("1", "NULL"));
}

// Statements that cannot be in a transaction.

const FIVE: &str = "CREATE TABLE t (id int, name text);
INSERT INTO t VALUES (1, 'a'), (1, 'b');
CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id);
CREATE INDEX CONCURRENTLY t_name ON t (name);
INSERT INTO t VALUES (2, 'c');
";

#[test]
fn a_file_goes_on_at_the_statement_that_failed() {
    let project = Project::new(&[("1_five.sql", FIVE)]);
    let failed = |more: &[&str]| {
        let ran = project.up(more).exits(1).says("(SQLSTATE 23505)").says("2 of its 5 statements are done and stay");
        ran.says(&format!("{}:3:1 failed; the INVALID index that it left was dropped", project.file("1_five.sql")))
            .says("correct the cause; the next run continues where it stopped: bursar migrate up");
        assert_eq!(project.db.value("SELECT to_regclass('t_id')"), "NULL");
        assert_eq!(project.history(), "1?");
    };
    failed(&[]);
    failed(&[]);
    assert!(matches!(project.by_sqlx(), Err(MigrateError::Dirty(1))));
    // What is done is not to be changed; what is not done may be.
    project.write(&[("1_five.sql", &FIVE.replace("'b'", "'x'"))]);
    project.up(&[]).exits(4).says("stopped after 2 statements, and what had run has been changed since");
    let other = project.db.copy();
    project.write(&[("1_five.sql", &FIVE.replace("UNIQUE ", "").replace('\n', "\r\n"))]);
    super::run(project.command("up", &["--yes"]).env("DATABASE_URL", other.url())).ok();
    assert_eq!(other.value("SELECT count(*) FROM t"), "3");

    project.write(&[("1_five.sql", FIVE)]);
    project.db.sql("UPDATE t SET id = 0 WHERE name = 'b'");
    project.up(&[]).ok().says("5 of 5 statements done");
    assert_eq!((project.history().as_str(), project.db.value("SELECT count(*) FROM t").as_str()), ("1", "3"));
    assert_eq!(project.db.value("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid"), "2");
    assert_eq!(
        project
            .db
            .value("SELECT statements_done || ' ' || success FROM bursar.migration_runs WHERE set_name = 'public._sqlx_migrations'"),
        "5 true"
    );
    project.by_sqlx().unwrap();

    let peer = Project::new(&[("1_five.sql", &format!("-- no-transaction\n{FIVE}"))]);
    assert_eq!(sqlstate(&peer.by_sqlx().unwrap_err()), "25001");
}

#[test]
fn a_file_that_was_begun_goes_on_whatever_it_has_become() {
    let project = Project::new(&[("1_five.sql", FIVE)]);
    project.up(&[]).exits(1);
    // It has nothing any more that could not be in a transaction.
    project.write(&[("1_five.sql", &FIVE.replace("UNIQUE ", "").replace("CONCURRENTLY ", ""))]);
    project.up(&[]).ok();
    assert_eq!((project.history().as_str(), project.db.value("SELECT count(*) FROM t").as_str()), ("1", "3"));
}

#[test]
fn an_index_that_a_killed_run_left_invalid_is_built_anew() {
    let project = Project::new(&[
        ("1_table.sql", "CREATE TABLE t (id int); INSERT INTO t VALUES (1)"),
        ("2_index.sql", "CREATE INDEX CONCURRENTLY t_id ON t (id)"),
    ]);
    project.up(&["--to", "1"]).ok();
    // An open transaction that has read the table holds the build up.
    let mut reader = wait(project.db.connect());
    wait(sqlx::raw_sql("BEGIN; INSERT INTO t VALUES (2)").execute(&mut reader)).unwrap();
    let mut child = project.start();
    project.until("an INVALID index", &format!("SELECT ({INVALID}) = 1"));
    child.kill().unwrap();
    child.wait().unwrap();
    project.until("the end of the build", &format!("SELECT NOT EXISTS ({})", project.at("CONCURRENTLY")));
    project.until("the end of the locks", &format!("SELECT ({LOCKS}) = 0"));
    wait(sqlx::raw_sql("COMMIT").execute(&mut reader)).unwrap();
    assert_eq!((project.history().as_str(), project.db.value(INVALID).as_str()), ("1 2?", "1"));
    project.up(&[]).ok();
    assert_eq!((project.history().as_str(), project.db.value(INVALID).as_str()), ("1 2", "0"));
    assert_eq!(project.db.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_id'::regclass"), "true");
}

#[test]
fn if_not_exists_is_not_content_with_an_invalid_index() {
    let project =
        Project::new(&[("1_index.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_id ON t (id)")]);
    project.db.sql("CREATE TABLE t (id int); CREATE INDEX t_id ON t (id); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_id'::regclass");
    let peer = Project { db: project.db.copy(), home: tempfile::tempdir().unwrap() };
    project
        .up(&[])
        .exits(1)
        .says("t_id was there already, and is INVALID")
        .says("bursar migrate repair")
        .says("--drop-invalid-indexes");
    // Somebody else made it, and it is not ours to drop.
    assert_eq!((project.history().as_str(), project.db.value(INVALID).as_str()), ("1?", "1"));
    peer.write(&[("1_index.sql", &std::fs::read_to_string(project.file("1_index.sql")).unwrap())]);
    peer.by_sqlx().unwrap();
    assert_eq!((peer.history().as_str(), peer.db.value(INVALID).as_str()), ("1", "1"));
}

#[test]
fn a_value_that_is_added_to_an_enum_may_be_used_in_the_same_file() {
    let files = [
        ("1_type.sql", "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (e e)"),
        ("2_value.sql", "ALTER TYPE e ADD VALUE 'b'; INSERT INTO t VALUES ('b')"),
    ];
    let (project, peer) = (Project::new(&files), Project::new(&files));
    project.up(&[]).ok();
    assert_eq!((project.history().as_str(), project.db.value("SELECT e FROM t").as_str()), ("1 2", "b"));
    assert_eq!(sqlstate(&peer.by_sqlx().unwrap_err()), "55P04");
}

#[test]
fn a_transaction_in_a_file_without_one_is_done_whole_or_not_at_all() {
    let text = "-- no-transaction
CREATE TABLE t (id int);
BEGIN;
INSERT INTO t VALUES (1);
  INSERT INTO t VALUES (1 / (SELECT count(*) FROM gate));
COMMIT;
VACUUM t;
";
    let project = Project::new(&[("1_two.sql", text)]);
    project.db.sql("CREATE TABLE gate (id int)");
    let ran = project.up(&[]).exits(1).says("1 of its 3 statements are done and stay");
    ran.says(&format!("{}:5:3 failed and was rolled back", project.file("1_two.sql")));
    assert_eq!(project.db.value("SELECT count(*) FROM t"), "0");
    project.db.sql("INSERT INTO gate VALUES (1)");
    project.up(&[]).ok();
    assert_eq!((project.history().as_str(), project.db.value("SELECT count(*) FROM t").as_str()), ("1", "2"));
}

#[test]
fn what_a_file_sets_for_itself_holds_for_each_of_its_statements() {
    let text = "SET ROLE ROLE; -- who owns it
SELECT pg_catalog.set_config('search_path', 'app', false);
CREATE TABLE t (id int);
SELECT 1 / (SELECT count(*) FROM public.gate);
CREATE INDEX CONCURRENTLY t_id ON t (id);
CREATE TABLE u (id int);
";
    let project = Project::new(&[]);
    let role = format!("{}_owner", project.db.name);
    project.db.sql(&format!(
        "CREATE ROLE {role}; CREATE SCHEMA app AUTHORIZATION {role}; CREATE TABLE gate (id int); GRANT SELECT ON gate TO PUBLIC"
    ));
    project.write(&[("1_app.sql", &text.replace("ROLE ROLE", &format!("ROLE {role}")))]);
    project.up(&[]).exits(1).says("3 of its 6 statements are done and stay");
    project.db.sql("INSERT INTO gate VALUES (1)");
    project.up(&[]).ok();
    assert_eq!(project.history(), "1");
    assert_eq!(
        project.db.value(&format!("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relowner = '{role}'::regrole")),
        "t t_id u"
    );
    project.db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

// What a file does to its session.

#[test]
fn a_dump_as_a_migration_does_not_lose_the_history() {
    let files = [
        (
            "1_dump.sql",
            "SET statement_timeout = 0;\nSET row_security = off;\nSELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.t (id integer);\n",
        ),
        ("2_more.sql", "CREATE TABLE u (id int); CREATE TABLE s AS SELECT current_setting('row_security') AS r"),
    ];
    let (project, peer) = (Project::new(&files), Project::new(&files));
    project.up(&[]).ok();
    assert_eq!(project.history(), "1 2");
    assert_eq!(project.db.value("SELECT r FROM public.s"), "on");
    assert_eq!(sqlstate(&peer.by_sqlx().unwrap_err()), "42P01");
}

#[test]
fn a_file_that_becomes_somebody_else_is_recorded_by_who_runs_it() {
    for becomes in ["SET ROLE", "SET SESSION AUTHORIZATION"] {
        let project = Project::new(&[]);
        let role = format!("{}_other", project.db.name);
        project.db.sql(&format!("CREATE ROLE {role}; GRANT CREATE ON SCHEMA public TO {role}"));
        project.write(&[
            ("1_other.sql", &format!("{becomes} {role}; CREATE TABLE t (id int)")),
            ("2_self.sql", "CREATE TABLE u (id int)"),
        ]);
        let peer = Project { db: project.db.copy(), home: tempfile::tempdir().unwrap() };
        project.up(&[]).ok();
        assert_eq!(project.history(), "1 2", "{becomes}");
        let owner = |table: &str| {
            project
                .db
                .value(&format!("SELECT relowner::regrole = '{role}'::regrole FROM pg_class WHERE relname = '{table}'"))
        };
        assert_eq!((owner("t").as_str(), owner("u").as_str()), ("true", "false"), "{becomes}");
        peer.write(&[("1_other.sql", &format!("{becomes} {role}; CREATE TABLE t (id int)"))]);
        assert_eq!(sqlstate(&peer.by_sqlx().unwrap_err()), "42501");
        peer.db.sql(&format!("DROP OWNED BY {role}"));
        project.db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    }
}

#[test]
fn a_checkout_with_other_line_ends_goes_on() {
    let text = "CREATE TABLE t (id int);\nCREATE TABLE u (id int);\n";
    for (first, then) in [(text.to_owned(), text.replace('\n', "\r\n")), (text.replace('\n', "\r\n"), text.to_owned())]
    {
        let project = Project::new(&[("1_a.sql", &first)]);
        project.up(&[]).ok();
        project.write(&[("1_a.sql", &then), ("2_b.sql", "CREATE TABLE v (id int);\r\n")]);
        assert!(matches!(project.by_sqlx(), Err(MigrateError::VersionMismatch(1))));
        let ran = project.up(&[]).ok();
        assert!(ran.stdout.contains("applied 1 migration\n"), "{}", ran.stdout);
        assert_eq!(project.history(), "1 2");
    }
}

// Errors.

#[test]
fn an_error_has_its_place_in_the_file_its_code_and_the_next_command() {
    for (text, place, caret, code) in [
        (
            "CREATE TABLE a (id int);\n\tSELECT 'é😀', oops FROM a;",
            "2:15",
            "    SELECT 'é😀', oops FROM a;\n                    ^",
            "42703",
        ),
        // The server names no place where a statement fails while it runs.
        (
            "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n  INSERT INTO a SELECT 1 / (id - 1) FROM a;\nSELECT 1;",
            "3:3",
            "  INSERT INTO a SELECT 1 / (id - 1) FROM a;\n    ^",
            "22012",
        ),
        ("SELECT 1;\nDO $$\nBEGIN\n  PERFORM 1 / 0;\nEND $$;", "2:1", "DO $$\n  ^", "22012"),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETRN 1;\nEND $$;",
            "3:3",
            "  RETRN 1;\n    ^",
            "42601",
        ),
        ("SELECT 1;\r\n SELECT oops;\r\n", "2:9", " SELECT oops;\n          ^", "42703"),
        ("SELECT (", "1:9", "SELECT (\n          ^", "42601"),
        // Run one by one, the server knows only the one.
        (
            "-- no-transaction\nCREATE TABLE b (id int);\n\n-- é\nSELECT é FROM b;\nVACUUM b;",
            "5:8",
            "SELECT é FROM b;\n         ^",
            "42703",
        ),
        (
            "-- no-transaction\nSELECT 1;\n-- é\nBEGIN;\nSELECT 2;\n  SELECT 1 / 0;\nCOMMIT;",
            "6:3",
            "  SELECT 1 / 0;\n    ^",
            "22012",
        ),
        ("SELECT 1;\n  VACUUM nowhere;", "2:3", "  VACUUM nowhere;\n    ^", "42P01"),
    ] {
        let project = Project::new(&[("1_wrong.sql", text)]);
        project
            .up(&[])
            .exits(1)
            .says(&format!("{}:{place} failed", project.file("1_wrong.sql")))
            .says(&format!("\n  {caret}\n"))
            .says(&format!("(SQLSTATE {code})"))
            .says(": bursar migrate up");
    }
}

#[test]
fn a_constraint_that_speaks_up_at_the_end_is_of_its_file() {
    let project = Project::new(&[(
        "1_late.sql",
        "CREATE TABLE c (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (1), (1);",
    )]);
    let file = project.file("1_late.sql");
    let ran = project.up(&[]).exits(1).says(&format!("{file} failed at its end and was rolled back"));
    ran.says("(SQLSTATE 23505)").says("correct the cause and run it again: bursar migrate up");
    assert_eq!(project.db.value("SELECT to_regclass('c')"), "NULL");
    project.write(&[(
        "1_late.sql",
        "-- no-transaction\nCREATE TABLE c (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);\n  INSERT INTO c VALUES (1), (1);",
    )]);
    let ran = project.up(&[]).exits(1).says(&format!("{file}:3:3 failed at its end and was rolled back"));
    ran.says("(SQLSTATE 23505)").says("continues where it stopped: bursar migrate up");
    assert_eq!(project.db.value("SELECT count(*) FROM c"), "0");
}

#[test]
fn the_line_that_sqlx_tells_is_one_of_the_servers_own_source() {
    let project = Project::new(&[("1_wrong.sql", "SELECT 1;\nSELECT 1 / 0")]);
    let Err(MigrateError::ExecuteMigration(error, 1)) = project.by_sqlx() else { panic!("it runs") };
    let error = error.as_database_error().unwrap().downcast_ref::<PgDatabaseError>();
    assert_eq!(error.file(), Some("int.c"));
    assert_ne!(error.line(), Some(2));
    project.up(&[]).exits(1).says("1_wrong.sql:2:1 failed");
}

#[test]
fn a_word_of_a_routine_body_as_a_name_hides_no_commit() {
    for routine in [
        "CREATE FUNCTION pay(atomic boolean) RETURNS int LANGUAGE sql AS $$SELECT 1$$",
        "CREATE FUNCTION atomic() RETURNS int LANGUAGE sql AS $$SELECT 1$$",
        "CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS $$SELECT 1$$",
        "CREATE TABLE span (begin int); CREATE FUNCTION k() RETURNS int BEGIN ATOMIC SELECT min(s.begin) FROM span s; END",
    ] {
        let project =
            Project::new(&[("1_pay.sql", &format!("{routine};\nCOMMIT;\nCREATE TABLE gift (id int);\nSELECT 1/0;\n"))]);
        project.up(&[]).exits(2).says("1_pay.sql:2:1 controls a transaction");
        assert_eq!(project.db.value("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"), "0");
        // The server agrees about where the statements end.
        project.write(&[("1_pay.sql", &format!("{routine};\nCREATE TABLE gift (id int);\n"))]);
        project.up(&[]).exits(0);
        assert_eq!(project.db.value("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"), "1");
    }
}

#[test]
fn what_a_hidden_commit_leaves_is_not_said_to_be_rolled_back() {
    // With this setting the server ends the string earlier than whoever reads the standard does.
    let hidden = |then: &str| {
        format!(
            "-- no-transaction\nSET standard_conforming_strings = off;\n\
             CREATE TABLE kept (a text DEFAULT 'x\\''); COMMIT; {then} -- ')"
        )
    };
    for (then, says) in [
        ("SELECT 1/0;", "failed after it had ended its transaction: what it did before that stays"),
        ("SELECT 1;", "ended its transaction: what it did before that stays"),
        ("BEGIN; SELECT 1/0;", "what it did before that stays"),
    ] {
        let project = Project::new(&[("1_hidden.sql", &hidden(then))]);
        let ran = project.up(&[]).exits(6).says(says).says("--mark-applied 1`");
        assert!(!ran.stderr.contains("rolled back"), "{ran:?}");
        assert_eq!(project.db.value("SELECT to_regclass('kept')"), "kept");
    }
}

#[test]
fn the_isolation_of_the_transaction_may_be_the_first_thing_that_a_file_sets() {
    let project = Project::new(&[(
        "1_strict.sql",
        "-- As strict as can be.\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE a AS SELECT current_setting('transaction_isolation') AS is;",
    )]);
    project.up(&[]).exits(0);
    assert_eq!(project.db.value("SELECT \"is\" FROM a"), "serializable");
    project.write(&[("2_wrong.sql", "SET ROLE nobody_at_all;\nSELECT 1;")]);
    project.up(&[]).exits(1).says("2_wrong.sql:1:1 failed and was rolled back").says("nobody_at_all");
    project.write(&[("2_wrong.sql", "SET LOCAL a.b = 'c';\nSELECT 1;\n SELECT nothing; -- end")]);
    project
        .up(&[])
        .exits(1)
        .says("2_wrong.sql:3:9 failed and was rolled back")
        .says("\n   SELECT nothing; -- end\n          ^");
}
