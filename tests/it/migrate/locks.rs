//! Somebody who reads for long does not make a migration hold up everybody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Project;
use crate::support::Starts as _;
use crate::support::wait;

const FILES: [(&str, &str); 2] = [
    ("1_table.sql", "CREATE TABLE t (id int); INSERT INTO t VALUES (1)"),
    ("2_column.sql", "ALTER TABLE t ADD COLUMN name text"),
];

/// For how long somebody reads the table while a migration wants it.
const REPORT: Duration = Duration::from_secs(4);

/// What no other read takes unless it has to wait for that somebody, also on a machine that stands still for a moment.
const LONG: Duration = Duration::from_millis(2_500);

/// Migrates while somebody reads for long. Returns the longest that another read took meanwhile, and what came of it.
fn beside_a_report(more: &[&str]) -> (Duration, crate::support::Ran) {
    let project = Project::new(&FILES);
    project.up(&["--to", "1"]).ok();
    let mut report = wait(project.db.connect());
    wait(sqlx::raw_sql("SET application_name = 'a long report'; BEGIN; SELECT FROM t").execute(&mut report)).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let (url, stop) = (project.db.url(), Arc::clone(&over));
    let reads = std::thread::spawn(move || {
        let mut connection = wait(crate::support::connect(&url));
        let mut longest = Duration::ZERO;
        while !stop.load(Ordering::SeqCst) {
            let started = Instant::now();
            wait(sqlx::raw_sql("SELECT FROM t").execute(&mut connection)).unwrap();
            longest = longest.max(started.elapsed());
            std::thread::sleep(Duration::from_millis(5));
        }
        longest
    });
    let child = project.command("up", &["--yes"]).args(more).starts_quietly();
    project.until_at("ALTER TABLE");
    std::thread::sleep(REPORT);
    wait(sqlx::raw_sql("COMMIT").execute(&mut report)).unwrap();
    let ran = child.ended();
    over.store(true, Ordering::SeqCst);
    let longest = reads.join().unwrap();
    assert_eq!(project.history(), if ran.code == 0 { "1 2" } else { "1" });
    (longest, ran)
}

#[test]
fn a_migration_gives_its_place_in_the_queue_up_and_comes_back() {
    let (longest, ran) = beside_a_report(&["--lock-timeout", "800ms", "--retries", "20"]);
    let ran = ran.ok().says("2_column.sql: attempt 1 of 21 did not get its locks; ");
    // Who is in the way is looked for while a short attempt waits, and one of them may end before.
    assert!(ran.stderr.contains(" of 21 did not get its locks; in the way: a long report (pid "), "{}", ran.stderr);
    assert!(ran.stderr.contains("waiting for a long report (pid "), "{}", ran.stderr);
    assert!(longest < LONG, "a read took {longest:?}");
}

#[test]
fn without_a_limit_everybody_waits_for_the_one_who_reads() {
    let (longest, ran) = beside_a_report(&["--lock-timeout", "1m"]);
    ran.ok().says("waiting for a long report (pid ");
    assert!(longest > LONG, "a read took only {longest:?}");
}

#[test]
fn a_migration_that_never_gets_its_locks_gives_up_and_says_who_was_in_the_way() {
    let (longest, ran) = beside_a_report(&["--lock-timeout", "800ms", "--retries", "1"]);
    ran.exits(7)
        .says("2_column.sql: attempt 1 of 2 did not get its locks")
        .says("2_column.sql:1:1 failed and was rolled back")
        .says("in the way: a long report (pid ")
        .says("(SQLSTATE 55P03)")
        .says(": bursar migrate up");
    assert!(longest < LONG, "a read took {longest:?}");
}
