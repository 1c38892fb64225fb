//! How many there are: counted where they are few, and otherwise the planner's estimate, which says so.

use serde_json::json;

use super::{column, listed, mixed};

#[test]
fn the_count_of_each_status_equals_sqls() {
    let db = mixed();
    let count = db.json(&["jobs", "count", "-o", "json"]);
    assert_eq!((&count["schema_version"], &count["command"]), (&json!(1), &json!("jobs count")));
    for (word, state) in
        [("queued", "queued"), ("processing", "running"), ("failed", "failed"), ("succeeded", "done"), ("dlq", "dead")]
    {
        let counted: u64 = db.value(&format!("SELECT count(*) FROM jobs WHERE status = '{word}'")).parse().unwrap();
        let row = count["counts"].as_array().unwrap().iter().find(|c| c["status"] == word).unwrap();
        assert_eq!(*row, json!({"status": word, "state": state, "count": counted, "exact": true}));
    }
    assert_eq!(count["total"], json!({"count": 600, "exact": true}));
    assert_eq!(count["unknown"], json!({"count": 0, "exact": true}));
    let csv = db.bursar(&["jobs", "count", "-o", "csv", "--status", "dead,done"]).ok().stdout;
    assert_eq!(csv, "status,state,count,exact\r\nsucceeded,done,120,true\r\ndlq,dead,120,true\r\n");
    let ndjson = db.bursar(&["jobs", "count", "-o", "ndjson", "--type", "mail"]).ok().stdout;
    assert_eq!(ndjson.lines().count(), 5);
    let table = db.bursar(&["jobs", "count"]).ok().stdout;
    assert!(table.contains(" all                   600"), "{table}");
}

#[test]
fn very_many_are_estimated_and_say_about_until_they_are_to_be_counted() {
    let db = mixed();
    // The planner is told that there is more on each page than there is: 600 jobs look like millions.
    db.sql("UPDATE pg_class SET reltuples = 5000000 WHERE oid = 'jobs'::regclass");
    let count = db.json(&["jobs", "count", "-o", "json"]);
    assert_eq!((&count["total"]["exact"], &count["unknown"]), (&json!(false), &json!(null)));
    assert!(count["total"]["count"].as_u64().unwrap() > 1_000_000, "{count}");
    assert!(count["counts"].as_array().unwrap().iter().all(|c| c["exact"] == false), "{count}");
    let table = db.bursar(&["jobs", "count"]).ok().says("--exact counts").stdout;
    assert!(table.contains("about 5,000,000") && table.contains("about 1,000,000"), "{table}");
    let list = db.bursar(&["jobs", "list", "--limit", "5"]).ok().stdout;
    assert!(list.contains("showing 5 of about 5,000,000; --limit 0 for all"), "{list}");
    // Fewer of them are counted all the same, and so is everything where that is asked for.
    assert_eq!(db.json(&["jobs", "count", "--since", "1h", "--status", "dead", "-o", "json"])["total"]["exact"], true);
    assert_eq!(db.json(&["jobs", "count", "--exact", "-o", "json"])["total"], json!({"count": 600, "exact": true}));
    // What is listed is not an estimate.
    assert_eq!(listed(&db, &[]).len(), 600);
    // A list that reads many to find a few says so before it does.
    db.sql("UPDATE pg_class SET reltuples = 50000000 WHERE oid = 'jobs'::regclass");
    db.bursar(&["jobs", "list", "--error", "~nothing like it", "--limit", "0"])
        .ok()
        .says("no index serves this")
        .says("--since");
    db.bursar(&["jobs", "list", "--since", "1h"]).ok();
    assert!(!db.bursar(&["jobs", "list"]).ok().stderr.contains("no index"));
}

#[test]
fn what_is_counted_is_what_is_listed() {
    let db = mixed();
    for arguments in [&["--status", "dead"][..], &["--type", "mail", "--since", "20h"], &["--worker", "worker-1"]] {
        let count = db.json(&[&["jobs", "count", "-o", "json"], arguments].concat());
        assert_eq!(count["total"]["count"].as_u64().unwrap(), listed(&db, arguments).len() as u64);
    }
    assert_eq!(column(&db, "SELECT id FROM jobs").len(), 600);
}
