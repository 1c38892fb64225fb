//! The jobs that are past their lease: these and no others.

use std::collections::BTreeSet;

use serde_json::json;

use super::{empty, ids, job, refused};

#[test]
fn exactly_those_are_listed_whose_lease_is_over() {
    let db = empty();
    let columns = "status, worker_id, job_type, created_at, started_at, visibility_timeout_secs";
    let stuck = [
        "'processing', 'w-1', 'mail', now() - interval '1 day', now() - interval '10 minutes 5 seconds', 60",
        // Without a timeout of its own a lease takes a minute, and without a start it began when the job was added.
        "'processing', 'w-2', 'mail', now() - interval '1 day', now() - interval '2 minutes 5 seconds', NULL",
        "'processing', 'w-2', 'report', now() - interval '1 hour 1 minute 5 seconds', NULL, 60",
    ]
    .map(|values| job(&db, columns, values));
    for values in [
        "'processing', 'w-1', 'mail', now() - interval '1 day', now() - interval '10 seconds', 60",
        "'processing', 'w-1', 'mail', now() - interval '1 day', now() - interval '10 minutes', 3600",
        "'processing', 'w-1', 'mail', now() - interval '1 day', now() - interval '10 seconds', NULL",
        "'processing', 'w-1', 'mail', now(), NULL, 60",
        // Nobody knows when it began.
        "'processing', 'w-1', 'mail', NULL, NULL, 60",
        "'processing', 'w-1', 'mail', NULL, 'infinity', 60",
        "'failed', 'w-1', 'mail', now() - interval '1 day', now() - interval '1 day', 60",
        "'succeeded', 'w-1', 'mail', now() - interval '1 day', now() - interval '1 day', 60",
        "'queued', 'w-1', 'mail', now() - interval '1 day', now() - interval '1 day', 60",
    ] {
        job(&db, columns, values);
    }
    let list = |arguments: &[&str]| db.json(&[&["jobs", "stuck", "-o", "json"], arguments].concat());
    let all = list(&[]);
    assert_eq!(ids(&all).into_iter().collect::<BTreeSet<_>>(), stuck.iter().cloned().collect());
    assert_eq!(all["total"], json!({"count": 3, "exact": true}));
    for (id, secs) in stuck.iter().zip([545, 65, 3605]) {
        let job = all["jobs"].as_array().unwrap().iter().find(|j| j["job"] == **id).unwrap();
        let past = job["past_lease_secs"].as_i64().unwrap();
        assert!((secs..secs + 60).contains(&past), "{job}");
    }
    assert_eq!(ids(&list(&["--worker", "w-2"])).len(), 2);
    assert_eq!(ids(&list(&["--worker", "w-2", "--type", "report"])), stuck[2..]);
    assert_eq!(ids(&list(&["--older-than", "2h"])).len(), 2);
    let table = db.bursar(&["jobs", "stuck"]).ok().says("next: bursar jobs stuck --release").stdout;
    for text in ["w-1", "9 min", "1 h", "mail"] {
        assert!(table.contains(text), "{table}");
    }
    // It is cut as other lists are, and names no flag that it does not have.
    let cut = db.bursar(&["jobs", "stuck", "--limit", "2"]).ok().stdout;
    assert!(cut.contains("showing 2 of 3; --limit 0 for all") && !cut.contains("--cursor"), "{cut}");
    assert_eq!(ids(&list(&["--limit", "0"])).len(), 3);
    let csv = db.bursar(&["jobs", "stuck", "-o", "csv"]).ok().stdout;
    assert_eq!(csv.lines().count(), 4);
    // The audit finds the same ones.
    let report = db.json(&["audit", "--only", "jobs.stuck", "-o", "json", "--limit", "0"]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 3, "{report}");
}

#[test]
fn none_is_said_and_what_only_releases_is_refused() {
    let db = empty();
    assert_eq!(db.bursar(&["jobs", "stuck"]).ok().stdout, "✓ no job is past its lease\n");
    for arguments in [&["--all"][..], &["--dry-run"], &["00000000-0000-4000-8000-000000000001"]] {
        refused(db.bursar(&[&["jobs", "stuck"], arguments].concat()), &["--release"]);
    }
}
