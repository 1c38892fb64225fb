//! Many runs at once on one database, and runs that are killed: each migration is applied once, and nothing half
//! done is left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bursar::db::Connection;
use bursar::migrate::catalogue::{Object, catalogue, differences};
use sqlx::Executor as _;

use super::{INVALID, Project};
use crate::support::proxy::{Boundaries, Proxy};
use crate::support::{soak, wait};

const FILES: [(&str, &str); 5] = [
    (
        "1_tables.sql",
        "CREATE TYPE kind AS ENUM ('a'); CREATE TABLE t (id int, kind kind); CREATE INDEX t_old ON t (kind);
         INSERT INTO t SELECT n, 'a' FROM generate_series(1, 1000) n;",
    ),
    (
        "2_indexes.sql",
        "CREATE TABLE u (id int);\nCREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id);\nINSERT INTO u VALUES (1);
         CREATE INDEX CONCURRENTLY t_kind ON t (kind, id);\nDROP INDEX CONCURRENTLY t_old;\nVACUUM t;",
    ),
    ("3_slow.sql", "CREATE TABLE v (id int); SELECT pg_sleep(0.05); INSERT INTO v VALUES (1);"),
    ("4_value.sql", "ALTER TYPE kind ADD VALUE 'b'; INSERT INTO t VALUES (0, 'b');"),
    ("5_more.sql", "ALTER TABLE v ADD COLUMN name text; CREATE VIEW w AS SELECT * FROM t JOIN v USING (id);"),
];

fn schema(project: &Project) -> Vec<Object> {
    wait(async {
        let mut connection = Connection::new(project.db.connect().await);
        connection.execute("BEGIN").await.unwrap();
        catalogue(&mut connection).await.unwrap()
    })
}

/// The database is as if one run had migrated it.
#[track_caller]
fn as_undisturbed(project: &Project, expected: &[Object], when: &str) {
    assert_eq!(differences(expected, &schema(project)), [], "{when}");
    assert_eq!(project.history(), "1 2 3 4 5", "{when}");
    assert_eq!(project.db.value(INVALID), "0", "{when}");
    let rows = "SELECT (SELECT count(*) FROM t) || ' ' || (SELECT count(*) FROM u) || ' ' || (SELECT count(*) FROM v)";
    assert_eq!(project.db.value(rows), "1001 1 1", "{when}");
    let runs = "SELECT count(*) || ' ' || count(*) FILTER (WHERE success AND finished_at IS NOT NULL) FROM bursar.migration_runs WHERE set_name = 'public._sqlx_migrations'";
    assert_eq!(project.db.value(runs), "5 5", "{when}");
}

/// What an undisturbed run makes, and how long it takes.
fn undisturbed() -> (Vec<Object>, Duration) {
    let project = Project::new(&FILES);
    let started = Instant::now();
    project.up(&[]).ok();
    let took = started.elapsed();
    (schema(&project), took)
}

#[test]
fn twenty_runs_at_once_apply_each_migration_once() {
    let (expected, _) = undisturbed();
    let project = Project::new(&FILES);
    let running: Vec<_> = (0..if soak() { 20 } else { 8 }).map(|_| project.start()).collect();
    let applied: usize = running.into_iter().map(|child| child.ended().ok().stdout.matches('✓').count()).sum();
    assert_eq!(applied, 5);
    as_undisturbed(&project, &expected, "many at once");
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn a_run_that_is_killed_among_others_leaves_the_rest_to_finish() {
    let (expected, took) = undisturbed();
    let (times, crowd) = if soak() { (50, 20) } else { (1, 6) };
    let mut seed = 20_251_101_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for time in 0..times {
        let project = Project::new(&FILES);
        let moment = Duration::from_micros(random(u64::try_from(took.as_micros()).unwrap()));
        // The others come while it is at work, so that it is mostly the one that holds the lock.
        let mut killed = project.start();
        let began = Instant::now();
        let mut others: Vec<_> = (1..crowd / 2).map(|_| project.start()).collect();
        std::thread::sleep(moment.saturating_sub(began.elapsed()));
        killed.kill().unwrap();
        killed.wait().unwrap();
        others.extend((crowd / 2..crowd).map(|_| project.start()));
        for child in others {
            child.ended().ok();
        }
        as_undisturbed(&project, &expected, &format!("time {time}, killed after {moment:?}"));
    }
}

#[test]
fn a_run_may_be_killed_on_both_sides_of_every_statement() {
    let (expected, _) = undisturbed();
    let stage = || {
        let project = Project::new(&FILES);
        let boundaries = Arc::new(Boundaries::default());
        let proxy = Proxy::start(&project.db, &boundaries);
        (project, boundaries, proxy)
    };
    let (project, boundaries, proxy) = stage();
    let run = |project: &Project, proxy: &Proxy, boundaries: &Boundaries, at: usize| {
        boundaries.run(project.command("up", &["--yes"]).env("DATABASE_URL", &proxy.url), at, None)
    };
    let (ran, passed) = run(&project, &proxy, &boundaries, usize::MAX);
    ran.ok();
    as_undisturbed(&project, &expected, "nobody killed it");
    // In a short run those that leave the most to be found out: the answer is lost to a statement of its own.
    let telling = |what: &str| {
        what.starts_with("after ") && (what.contains("INDEX CONCURRENTLY t_") || what.contains("generate_series"))
    };
    let chosen: Vec<_> = (0..passed.len()).filter(|n| soak() || telling(&passed[*n].what)).collect();
    assert!(chosen.len() >= 4, "{passed:?}");
    for at in chosen {
        let (project, boundaries, proxy) = stage();
        let (ran, _) = run(&project, &proxy, &boundaries, at);
        let when = format!("killed at {at}, {}", passed[at].what);
        assert_eq!(ran.code, -9, "{when}");
        project.up(&[]).ok();
        as_undisturbed(&project, &expected, &when);
    }
}
