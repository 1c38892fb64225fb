//! Every filter, alone and with others, picks what independent SQL picks; and pages have each job once.

use std::collections::BTreeSet;

use serde_json::json;

use super::{column, ids, listed, mixed, refused};
use crate::support::{Db, soak, turn};

/// The same jobs by every command that filters.
#[track_caller]
fn picks(db: &Db, arguments: &[&str], condition: &str) {
    lists(db, arguments, condition);
    counts(db, arguments, condition);
    triages(db, arguments, condition);
}

#[track_caller]
fn lists(db: &Db, arguments: &[&str], condition: &str) {
    let expected =
        column(db, &format!("SELECT id FROM jobs WHERE {condition} ORDER BY created_at DESC NULLS FIRST, id DESC"));
    assert_eq!(listed(db, arguments), expected, "{arguments:?}");
}

#[track_caller]
fn counts(db: &Db, arguments: &[&str], condition: &str) {
    let count = db.json(&[&["jobs", "count", "--exact"], arguments, &["-o", "json"]].concat());
    let expected: u64 = db.value(&format!("SELECT count(*) FROM jobs WHERE {condition}")).parse().unwrap();
    assert_eq!(count["total"], json!({"count": expected, "exact": true}), "{arguments:?}");
}

#[track_caller]
fn triages(db: &Db, arguments: &[&str], condition: &str) {
    let failed = match arguments.contains(&"--status") {
        true => "true",
        false => "status IN ('failed', 'dlq')",
    };
    let triage = db.json(&[&["jobs", "triage", "--limit", "0"], arguments, &["-o", "json"]].concat());
    let (failures, silent) = (
        db.value(&format!("SELECT count(*) FROM jobs WHERE ({condition}) AND {failed}")),
        db.value(&format!("SELECT count(*) FROM jobs WHERE ({condition}) AND {failed} AND last_error IS NULL")),
    );
    assert_eq!((triage["failures"].to_string(), triage["silent"].to_string()), (failures, silent), "{arguments:?}");
    let grouped: u64 = triage["groups"].as_array().unwrap().iter().map(|g| g["count"].as_u64().unwrap()).sum();
    assert_eq!(grouped + triage["silent"].as_u64().unwrap(), triage["failures"], "{arguments:?}");
}

#[test]
fn each_filter_picks_what_sql_picks() {
    let db = mixed();
    let two_days_ago = db.value("SELECT to_char(now() AT TIME ZONE 'UTC' - interval '2 days', 'YYYY-MM-DD')");
    let at =
        db.value("SELECT to_char(now() AT TIME ZONE 'UTC' - interval '30 hours', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')");
    let (since, until) = (format!("created_at >= '{two_days_ago} 00:00Z'"), format!("created_at < '{at}'"));
    for (i, (arguments, condition)) in [
        (&[][..], "true"),
        (&["--status", "dlq"], "status = 'dlq'"),
        (&["--status", "dead"], "status = 'dlq'"),
        (&["--status", "running,failed"], "status IN ('processing', 'failed')"),
        (&["--status", "queued", "--status", "succeeded"], "status IN ('queued', 'succeeded')"),
        (&["--type", "mail"], "job_type = 'mail'"),
        (&["--type", "mail,report"], "job_type <> 'tarot_reading'"),
        (&["--worker", "worker-2"], "worker_id = 'worker-2'"),
        (&["--worker", "' OR true --"], "false"),
        (&["--error", "~timeout|refused"], "last_error ~ 'timeout|refused'"),
        (&["--error", "~^no card .* '.*7'$"], "last_error ~ '^no card .* ''.*7''$'"),
        (&["--error", "~ดวง"], "last_error LIKE '%ดวง%'"),
        (&["--payload", "user.plan=gold"], "payload -> 'user' ->> 'plan' = 'gold'"),
        (&["--payload", "user.plan=a=b"], "payload -> 'user' ->> 'plan' = 'a=b'"),
        (&["--payload", "user.n=77"], "(payload -> 'user' ->> 'n')::int = 77"),
        (&["--payload", "cards.0=3"], "payload -> 'cards' ->> 0 = '3'"),
        (&["--payload", "cards.-1=The Fool"], "true"),
        (&["--payload", "cards.9=The Fool"], "false"),
        (&["--payload", "vip=true"], "payload ->> 'vip' = 'true'"),
        (&["--payload", "ratio=0.5"], "payload ->> 'ratio' = '0.5'"),
        (&["--payload", "none=null"], "payload -> 'none' = 'null'"),
        (&["--payload", "nothing=null"], "false"),
        (
            &["--payload", "vip=true", "--payload", "user.plan=gold"],
            "payload @> '{\"vip\": true, \"user\": {\"plan\": \"gold\"}}'",
        ),
        (&["--attempts", "3"], "attempts = 3"),
        (&["--attempts", "=3"], "attempts = 3"),
        (&["--attempts", ">3"], "attempts > 3"),
        (&["--attempts", ">=3"], "attempts >= 3"),
        (&["--attempts", "<2"], "attempts < 2"),
        (&["--attempts", "<=2"], "attempts <= 2"),
        (&["--attempts", "<0"], "false"),
        (&["--older-than", "2h"], "created_at < now() - interval '2 hours'"),
        (&["--since", "12h"], "created_at >= now() - interval '12 hours'"),
        (&["--since", &two_days_ago], &since),
        (&["--until", &at], &until),
        (
            &["--since", "2d", "--older-than", "1d"],
            "created_at >= now() - interval '2 days' AND created_at < now() - interval '1 day'",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        // All three share one condition, and each takes its turn unless there is time.
        if soak() || i % 3 != 2 {
            lists(&db, arguments, condition);
        }
        if soak() || i % 3 == 2 {
            counts(&db, arguments, condition);
        }
        if soak() || i % 6 == 1 {
            triages(&db, arguments, condition);
        }
    }
}

#[test]
fn filters_that_are_given_together_all_hold() {
    let db = mixed();
    for (arguments, condition) in [
        (
            &["--status", "failed,dead", "--type", "mail", "--error", "~timeout", "--attempts", ">=1", "--since", "3d"]
                [..],
            "status IN ('failed', 'dlq') AND job_type = 'mail' AND last_error ~ 'timeout' AND attempts >= 1 AND created_at >= now() - interval '3 days'",
        ),
        (
            &["--worker", "worker-1", "--payload", "vip=false", "--older-than", "5h", "--status", "done,running"],
            "worker_id = 'worker-1' AND payload ->> 'vip' = 'false' AND created_at < now() - interval '5 hours' AND status IN ('succeeded', 'processing')",
        ),
    ] {
        picks(&db, arguments, condition);
        assert!(!listed(&db, arguments).is_empty(), "nothing was compared: {arguments:?}");
    }
}

/// A handle of triage's picks the jobs of its group, whatever else is asked for.
#[test]
fn a_handle_picks_the_jobs_of_its_group() {
    let db = mixed();
    let handle = |like: &str| {
        let triage = db.json(&["jobs", "triage", "-o", "json"]);
        let groups = triage["groups"].as_array().unwrap().clone();
        groups.iter().find(|g| g["error"].as_str().unwrap().starts_with(like)).unwrap()["fingerprint"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (timeout, card) = (handle("timeout"), handle("no card"));
    picks(&db, &["--error", &timeout], "last_error LIKE 'timeout%'");
    picks(&db, &["--error", &timeout, "--error", &card], "last_error LIKE 'timeout%' OR last_error LIKE 'no card%'");
    picks(&db, &["--error", &timeout, "--error", "~7 ms$"], "last_error LIKE 'timeout%7 ms'");
    picks(
        &db,
        &["--error", &card, "--type", "mail", "--status", "dead"],
        "last_error LIKE 'no card%' AND job_type = 'mail' AND status = 'dlq'",
    );
    picks(&db, &["--error", "err:0000000"], "false");
    // Pages of a group are cut where they are full, and not where the server's rows end.
    let mut seen = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut arguments = vec!["jobs", "list", "--error", &timeout, "--limit", "7", "-o", "json"];
        arguments.extend(cursor.as_deref().into_iter().flat_map(|c| ["--cursor", c]));
        let page = db.json(&arguments);
        seen.extend(ids(&page));
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen, listed(&db, &["--error", &timeout]));
}

#[test]
fn pages_have_each_job_once_whatever_its_time() {
    let db = mixed();
    let all = listed(&db, &[]);
    assert_eq!(all.len(), 600);
    let small = if soak() { "7" } else { "149" };
    for limit in ["1", small, "599", "600", "601"] {
        // One by one is for the ends of the calendar, where times are equal or none.
        let most = if limit == "1" { 8 } else { usize::MAX };
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut arguments = vec!["jobs", "list", "--limit", limit, "-o", "json"];
            arguments.extend(cursor.as_deref().into_iter().flat_map(|c| ["--cursor", c]));
            let page = db.json(&arguments);
            seen.extend(ids(&page));
            match page["next"].as_str() {
                Some(next) if seen.len() < most => cursor = Some(next.to_owned()),
                _ => break,
            }
        }
        let seen_once: BTreeSet<_> = seen.iter().collect();
        assert_eq!(seen_once.len(), seen.len(), "twice, by {limit}");
        assert_eq!(seen, all[..seen.len()], "by {limit}");
        assert!(most < usize::MAX || seen.len() == 600, "by {limit}");
    }
    // The last ones have a time before all calendars.
    let nearly = db.json(&["jobs", "list", "--limit", "598", "-o", "json"]);
    let rest = db.json(&["jobs", "list", "--cursor", nearly["next"].as_str().unwrap(), "-o", "json"]);
    assert_eq!(ids(&rest), all[598..]);
    assert_eq!(rest["jobs"][1]["created_at"], "-infinity");
}

#[test]
fn a_list_that_is_cut_says_so_in_every_format() {
    let db = mixed();
    let cut = "showing 50 of 600; --limit 0 for all, or the next page:\n--cursor ";
    let table = db.bursar(&["jobs"]).ok();
    assert!(table.stdout.contains(cut), "{}", table.stdout);
    for format in ["csv", "ndjson"] {
        let ran = db.bursar(&["jobs", "list", "-o", format]).ok().says(cut);
        assert_eq!(ran.stdout.lines().count(), 50 + usize::from(format == "csv"));
    }
    let json = db.json(&["jobs", "-o", "json", "--limit", "3"]);
    assert_eq!(json["total"], json!({"count": 600, "exact": true}));
    assert_eq!((&json["command"], &json["schema_version"]), (&json!("jobs list"), &json!(1)));
    let all = db.json(&["jobs", "list", "--limit", "600", "-o", "json"]);
    assert_eq!((&all["total"]["count"], &all["next"]), (&json!(600), &json!(null)));
    // The flags of the list stand with or without its name.
    let (with, without) = (
        db.bursar(&["jobs", "list", "--type", "mail", "-o", "csv"]),
        db.bursar(&["jobs", "--type", "mail", "-o", "csv"]),
    );
    assert_eq!(with.stdout, without.stdout);
    // Nothing is no failure; a word that no job has is one.
    let none = db.bursar(&["jobs", "list", "--type", "mail", "--worker", "nobody"]).ok();
    assert!(none.stdout.contains("No matches."), "{}", none.stdout);
    db.bursar(&["jobs", "list", "--type", "x"]).exits(2).says("there are mail, report, tarot_reading");
}

#[test]
fn what_is_asked_wrongly_is_told_what_would_be_right() {
    let db = mixed();
    for (i, command) in ["list", "count", "triage"].into_iter().enumerate() {
        for (j, (arguments, says)) in [
            (
                &["--status", "stuck"][..],
                &["no job has the status 'stuck'", "queued, processing, failed, succeeded, dlq"][..],
            ),
            (&["--status", ""], &["no job has the status ''"]),
            (&["--attempts", "x"], &["'>=3'"]),
            (&["--attempts", "-3"], &["'>=3'"]),
            (&["--error", "timeout"], &["~REGEX", "bursar jobs triage"]),
            (&["--error", "~"], &["leave --error out"]),
            (&["--error", "~("], &["--error", "2201B"]),
            (&["--error", "~a", "--error", "~b"], &["'a|b'"]),
            (&["--error", "err:12345"], &["err:1f09ab2"]),
            (&["--payload", "user"], &["user.plan=gold"]),
            (&["--payload", "a..b=c"], &["user.plan=gold"]),
            (&["--older-than", "0s"], &["more than nothing"]),
            (&["--older-than", "2"], &["90s, 5m or 2h"]),
            (&["--since", "soon"], &["2026-01-31"]),
            (&["--until", "tomorrow"], &["2026-01-31"]),
            (&["--older-than", "2h", "--until", "2026-01-31"], &["cannot be used with"]),
        ]
        .into_iter()
        .enumerate()
        {
            // The others read their filters as a list does.
            if i > 0 && !turn(j, 3) {
                continue;
            }
            refused(db.bursar(&[&["jobs", command], arguments].concat()), says);
        }
    }
    for (arguments, says) in [
        (&["list", "--cursor", "x"][..], &["it is not one that bursar printed"][..]),
        (&["list", "--cursor", "2026-01-01T00:00:00Z/7"], &["--cursor: it is not one of this database's jobs"]),
        (&["list", "--limit", "-1"], &["'-1'"]),
        (&["list", "-o", "junit"], &["table", "json"]),
        (&["list", "--older-than", "300000y"], &["less than a thousand years"]),
        (&["list", "--since", "300000y"], &["write it as"]),
        (&["throughput", "--step", "30s"], &["whole minutes"]),
        (&["stuck", "--max", "3"], &["--release"]),
        (&["lst"], &["unrecognized subcommand 'lst'"]),
    ] {
        refused(db.bursar(&[&["jobs"], arguments].concat()), says);
    }
}
