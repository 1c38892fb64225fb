//! Commands that read behind a table that another session has locked for itself: they end, and say who it is.

use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::support::{Db, Ran, Starts as _, Template, bursar, spawn, wait};

/// As long as each waits here; bursar's own limit is longer.
const PATIENCE: &str = "-c lock_timeout=6s";

/// A session that has tables for itself, and its process.
fn locked(db: &Db, tables: &str) -> (PgConnection, i32) {
    wait(async {
        let mut connection = db.connect().await;
        connection.execute("SET application_name = 'migrator'").await.unwrap();
        let lock = format!("BEGIN; LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE");
        connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(lock))).await.unwrap();
        let pid = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await.unwrap();
        (connection, pid)
    })
}

/// Runs commands side by side.
fn ran(db: &Db, commands: &[&[&str]]) -> Vec<Ran> {
    let children: Vec<_> = commands
        .iter()
        .map(|command| {
            bursar().args(*command).env("DATABASE_URL", db.url()).env("PGOPTIONS", PATIENCE).starts_quietly()
        })
        .collect();
    children.into_iter().map(|child| child.ended()).collect()
}

#[test]
fn what_reads_behind_a_locked_table_ends_and_says_who_holds_it() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let job = db.value("SELECT id FROM jobs LIMIT 1");
    let payment = db.value("SELECT id FROM payments LIMIT 1");
    let user = db.value("SELECT user_id FROM payments LIMIT 1");
    let (mut holder, pid) = locked(&db, "jobs, payments, users, wallet_transactions, _sqlx_migrations, bursar.refunds");
    let commands: &[&[&str]] = &[
        &["jobs"],
        &["jobs", "list"],
        &["jobs", "why", &job],
        &["jobs", "queues"],
        &["jobs", "count"],
        &["jobs", "stuck"],
        &["jobs", "triage"],
        &["jobs", "retry", "--all", "--dry-run"],
        &["jobs", "watch", "-o", "ndjson", "--count", "1"],
        &["payments", "list"],
        &["payments", "show", &payment],
        &["wallet", "show", &user],
        &["refund", "list"],
        &["migrate", "status", "--app", "mimivibe"],
        &["migrate", "plan", "--app", "mimivibe"],
    ];
    let by = format!("migrator (pid {pid}, ");
    for (command, ran) in commands.iter().zip(ran(&db, commands)) {
        let said = ran.exits(7);
        assert!(said.stderr.contains(&by), "{command:?}: {said:?}");
        assert!(said.stderr.contains(&format!("SELECT pg_terminate_backend({pid});")), "{command:?}: {said:?}");
        assert_eq!(said.stdout, "", "{command:?}");
    }
    // The remedy works as it is pasted.
    db.sql(&format!("SELECT pg_terminate_backend({pid});"));
    assert!(wait(holder.ping()).is_err());
    db.bursar(&["jobs", "list"]).ok();
}

/// A command that looks at several things names each that is locked. It waits once only.
#[test]
fn what_has_several_parts_says_of_those_behind_a_lock_that_they_were_not_read() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let (_holder, pid) = locked(&db, "jobs, payments, wallet_transactions, _sqlx_migrations");
    let commands: &[&[&str]] = &[&["stats"], &["doctor"]];
    for (command, ran) in commands.iter().zip(ran(&db, commands)) {
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains(&format!("migrator (pid {pid}, ")), "{command:?}: {ran:?}");
        assert_ne!(ran.code, 0, "{command:?}: {ran:?}");
    }
}

/// A limit of time that ends first names the holder too, as does who waits behind somebody who waits.
#[test]
fn a_wait_behind_somebody_who_waits_names_both() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let reader = wait(async {
        let mut connection = db.connect().await;
        connection.execute("SET application_name = 'report'").await.unwrap();
        connection.execute("BEGIN; SELECT count(*) FROM jobs").await.unwrap();
        connection
    });
    let mut migrator = wait(db.connect());
    let alter = spawn(async move {
        let _ = migrator.execute("SET application_name = 'migrator'").await;
        let _ = migrator.execute("ALTER TABLE jobs ADD COLUMN came timestamptz").await;
    });
    crate::support::until("the wait", || {
        db.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'") != "0"
    });
    let ran = ran(&db, &[&["jobs", "list", "--timeout", "5s"]]).pop().unwrap().exits(1);
    let (first, then) = (ran.stderr.find("migrator (pid "), ran.stderr.find("which waits for report (pid "));
    assert!(first.is_some_and(|at| then.is_some_and(|then| at < then)), "{ran:?}");
    drop(reader);
    wait(alter).unwrap();
    db.bursar(&["jobs", "list"]).ok();
}
