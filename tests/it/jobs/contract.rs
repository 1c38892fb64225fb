//! What a pack may say of a queue beside its jobs: files of their own, whose columns and types are checked.

use super::foreign::{Foreign, STATES};
use crate::support::{bursar, run};

const MORE: &str =
    "j.lane AS queue, j.rank AS priority, j.held_by AS blocked_by, j.body AS unique_key, j.came AS progress_at,";

#[test]
fn what_a_pack_says_of_workers_queues_and_schedules_is_checked_before_it_is_used() {
    let foreign = Foreign::new("lacks = [\"leases\"]", STATES, MORE);
    let file = |name: &str, text: &str| std::fs::write(foreign.folder.path().join(name), text).unwrap();
    std::fs::create_dir(foreign.folder.path().join("jobs")).unwrap();
    file(
        "jobs/workers.sql",
        "SELECT who AS worker, ARRAY[lane] AS queues, NULL::text[] AS kinds, max(began) AS heartbeat, min(began) AS since FROM job GROUP BY who, lane",
    );
    file("jobs/queues.sql", "SELECT DISTINCT lane AS queue, false AS paused, NULL::int AS limit FROM job");
    file(
        "jobs/schedules.sql",
        "SELECT name, body AS cron, lane AS queue, name AS kind, again AS next_at, ended AS last_at, true AS enabled FROM job",
    );
    file(
        "jobs/claimable.sql",
        "SELECT id AS job_id, lane AS queue, name AS kind, came AS since, rank FROM job WHERE state = 'created' ORDER BY rank, id",
    );
    let app = foreign.folder.path().to_str().unwrap();
    let check =
        |code: i32| run(bursar().args(["pack", "check", app, "--trust-pack", "-d", &foreign.db.url()])).exits(code);
    let ran = check(0);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(said.contains("all 5 queries") && said.contains("claimable.sql: nothing reads the column rank"), "{said}");
    // Each column that is missing or of a wrong type is told with its file and with what to write.
    file(
        "jobs/workers.sql",
        "SELECT who AS worker, lane AS queues, NULL::text[] AS kinds, began AT TIME ZONE 'UTC' AS heartbeat FROM job",
    );
    file("jobs/queues.sql", "SELECT lane AS queue, state AS paused, body AS limit FROM job");
    file(
        "jobs/schedules.sql",
        "SELECT name, body AS cron, lane AS queue, name AS kind, again AS next_at, ended::timestamp AS last_at, rank AS enabled FROM job",
    );
    file("jobs/claimable.sql", "SELECT name AS job_id, lane AS queue, name AS kind, came AS since, rank FROM job");
    let ran = check(3);
    let said = format!("{}{}", ran.stdout, ran.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "the query returns no column 'since'",
        "'queues' is text, and has to be a list of names: write lane::text[]",
        "'heartbeat' is timestamp without time zone",
        "'paused' is text, and has to be true or false: write state::boolean",
        "'limit' is text, and has to be a number: write body::integer",
        "'last_at' is timestamp without time zone",
        "'enabled' is integer, and has to be true or false",
        "'job_id' is text here and bigint in",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    // A name that is none of these is told.
    file("jobs/worker.sql", "SELECT 1");
    let ran = check(3);
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains("jobs/worker.sql"), "{ran:?}");
}
