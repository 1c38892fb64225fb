//! `bursar jobs triage`: failures grouped by what went wrong.

use serde_json::{Value, json};

use super::{empty, job, listed};
use crate::support::Db;

fn triage(db: &Db, arguments: &[&str]) -> Value {
    db.json(&[&["jobs", "triage", "-o", "json"], arguments].concat())
}

#[track_caller]
fn group<'a>(triage: &'a Value, pattern: &str) -> &'a Value {
    let groups = triage["groups"].as_array().unwrap();
    groups.iter().find(|g| g["pattern"] == pattern).unwrap_or_else(|| panic!("no '{pattern}' in {triage}"))
}

fn failed(db: &Db, error: &str, ago: &str) -> String {
    let error = error.replace('\'', "''");
    job(
        db,
        "status, job_type, created_at, last_error_at, last_error",
        &format!("'dlq', 'mail', now() - interval '30 days', now() - interval '{ago}', '{error}'"),
    )
}

#[test]
fn errors_that_differ_in_ids_numbers_and_quoted_text_are_one_group() {
    let db = empty();
    for (pattern, errors) in [
        ("timeout after # ms", &["timeout after 3000 ms", "timeout after 12.5 ms", "timeout  after\n15 ms"][..]),
        (
            "user # has no stars",
            &[
                "user 0fa8c2d1-8f31-4b6e-9a51-000000000001 has no stars",
                "user deadbeef has no stars",
                "user ada@example.com has no stars",
            ],
        ),
        ("no card named '…'", &["no card named 'The Fool'", "no card named \"Death\"", "no card named `XIII`"]),
        ("HTTP # from #/charges", &["HTTP 402 from 10.0.0.7:443/v1/charges", "HTTP 500 from 10.0.0.8:443/v1/charges"]),
        ("ดวงไม่ดี #", &["ดวงไม่ดี 1", "ดวงไม่ดี 2"]),
        ("timeout after # s", &["timeout after 3 s"]),
    ] {
        for error in errors {
            failed(&db, error, "5 minutes");
        }
        let triage = triage(&db, &[]);
        assert_eq!(group(&triage, pattern)["count"], errors.len(), "{triage}");
    }
    let triage = triage(&db, &[]);
    assert_eq!((&triage["all_groups"], &triage["failures"]), (&json!(6), &json!(14)));
    // The largest come first.
    let counts: Vec<u64> = triage["groups"].as_array().unwrap().iter().map(|g| g["count"].as_u64().unwrap()).collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
    // Each handle lists the jobs of its group.
    for group in triage["groups"].as_array().unwrap() {
        let jobs = listed(&db, &["--error", group["fingerprint"].as_str().unwrap()]);
        assert_eq!(group["count"], jobs.len());
        assert!(jobs.contains(&group["example"].as_str().unwrap().to_owned()));
    }
}

#[test]
fn a_group_says_when_it_was_seen_and_how_often_lately() {
    let db = empty();
    for ago in ["30 minutes", "50 minutes", "2 hours", "23 hours", "2 days", "6 days", "8 days", "100 days"] {
        failed(&db, "timeout after 1 ms", ago);
    }
    let last = failed(&db, "timeout after 77 ms", "10 minutes");
    db.sql(&format!("UPDATE jobs SET job_type = 'report' WHERE id = '{last}'"));
    let triage = triage(&db, &[]);
    let group = group(&triage, "timeout after # ms");
    assert_eq!(
        (&group["count"], &group["last_1h"], &group["last_24h"], &group["last_7d"]),
        (&json!(9), &json!(3), &json!(5), &json!(7))
    );
    assert_eq!(
        (&group["error"], &group["example"], &group["kinds"]),
        (&json!("timeout after 77 ms"), &json!(last), &json!(["mail", "report"]))
    );
    let at =
        |field: &str| chrono::DateTime::parse_from_rfc3339(group[field].as_str().unwrap()).unwrap().timestamp_millis();
    for (field, sql) in [("first_seen", "min"), ("last_seen", "max")] {
        let expected = db.value(&format!("SELECT floor(extract(epoch FROM {sql}(last_error_at)) * 1000) FROM jobs"));
        assert_eq!(at(field).to_string(), expected);
    }
    let table =
        db.bursar(&["jobs", "triage"]).ok().says("next: bursar jobs list").says("bursar jobs retry err:").stdout;
    assert!(table.contains("timeout after 77 ms") && table.contains("mail, report"), "{table}");
}

#[test]
fn failures_that_say_nothing_and_groups_that_are_cut_are_told() {
    let db = empty();
    assert!(db.bursar(&["jobs", "triage"]).ok().stdout.contains("No job failed."));
    for error in ["one", "two", "two", "three", "three", "three"] {
        failed(&db, error, "1 minute");
    }
    failed(&db, " \n\t", "1 minute");
    job(&db, "status", "'failed'");
    let told = triage(&db, &[]);
    assert_eq!((&told["failures"], &told["silent"], &told["ungrouped"]), (&json!(8), &json!(2), &json!(0)));
    let table = db.bursar(&["jobs", "triage", "--limit", "1"]).ok().stdout;
    assert!(
        table.contains("2 more without error text") && table.contains("showing 1 of 3 groups; --limit 0 for all"),
        "{table}"
    );
    assert!(table.contains("three") && !table.contains("two"), "{table}");
    assert_eq!(triage(&db, &["--limit", "0"])["groups"].as_array().unwrap().len(), 3);
    assert_eq!(triage(&db, &["--status", "failed"])["failures"], 1);
    // A job that succeeded after an error is not a failure, unless it is asked for.
    job(&db, "status, last_error", "'succeeded', 'four'");
    assert_eq!(triage(&db, &[])["failures"], 8);
    assert_eq!(triage(&db, &["--status", "done"])["failures"], 1);
    // A line for each group.
    for (format, lines) in [("csv", 4), ("ndjson", 3)] {
        assert_eq!(db.bursar(&["jobs", "triage", "-o", format]).ok().stdout.lines().count(), lines);
    }
}

#[test]
fn ever_so_many_kinds_of_error_cost_no_more_than_ten_thousand() {
    let db = empty();
    db.sql("INSERT INTO jobs (payload, status, last_error) SELECT '{}', 'dlq', 'kind ' || translate(g::text, '0123456789', 'ghijklmnop') FROM generate_series(1, 10050) g");
    let triage = triage(&db, &[]);
    assert_eq!(
        (&triage["failures"], &triage["all_groups"], &triage["ungrouped"]),
        (&json!(10_050), &json!(10_000), &json!(50))
    );
    let table = db.bursar(&["jobs", "triage", "--limit", "2"]).ok().stdout;
    assert!(table.contains("50 more in no group: there are too many"), "{table}");
    // One and the same error, however long, is one group; what comes after 2,000 characters is not looked at.
    db.sql("DELETE FROM jobs; INSERT INTO jobs (payload, status, last_error) SELECT '{}', 'dlq', repeat('it failed ', 100000) || g FROM generate_series(1, 3) g");
    let told = self::triage(&db, &[]);
    assert_eq!((&told["all_groups"], &told["groups"][0]["count"]), (&json!(1), &json!(3)));
    let handle = told["groups"][0]["fingerprint"].as_str().unwrap();
    assert_eq!(listed(&db, &["--error", handle]).len(), 3);
}
