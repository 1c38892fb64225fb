//! The window is the one that was meant, and so is the one before.

use serde_json::Value;

use super::{FACTS, facts, pack, report};
use crate::support::Db;

fn window(db: &Db, arguments: &[&str]) -> Value {
    let folder = pack(FACTS);
    let app = folder.path().display().to_string();
    report(db, &[&["--trust-pack", "--app", &app], arguments].concat())
}

#[test]
fn days_are_those_of_the_calendar_and_hours_those_of_the_clock() {
    let db = facts();
    for (arguments, before, from, to) in [
        // The clocks of Berlin went forward on 29 March, and those of New York on 8 March.
        ("--since 30d --to 2026-04-10 --tz Europe/Berlin", "2026-02-08T23:00", "2026-03-10T23:00", "2026-04-09T22:00"),
        ("--since 1d --to 2026-03-30 --tz europe/berlin", "2026-03-27T23:00", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("--since 24h --to 2026-03-30 --tz Europe/Berlin", "2026-03-27T22:00", "2026-03-28T22:00", "2026-03-29T22:00"),
        (
            "--since 7d --to 2026-03-12 --tz America/New_York",
            "2026-02-26T05:00",
            "2026-03-05T05:00",
            "2026-03-12T04:00",
        ),
        (
            "--since 1w --to 2026-11-04 --tz America/New_York",
            "2026-10-21T04:00",
            "2026-10-28T04:00",
            "2026-11-04T05:00",
        ),
        ("--since 1month --to 2026-03-31 --tz UTC", "2026-01-28T00:00", "2026-02-28T00:00", "2026-03-31T00:00"),
        ("--since 1y --to 2026-03-01", "2024-03-01T00:00", "2025-03-01T00:00", "2026-03-01T00:00"),
        (
            "--since 2d --to 2026-03-29T10:30:00+02:00 --tz Europe/Berlin",
            "2026-03-25T09:30",
            "2026-03-27T09:30",
            "2026-03-29T08:30",
        ),
        (
            "--since 2026-03-22 --to 2026-04-05 --tz Europe/Berlin",
            "2026-03-07T23:00",
            "2026-03-21T23:00",
            "2026-04-04T22:00",
        ),
        (
            "--from 2026-03-22 --to 2026-04-05 --tz Asia/Kathmandu",
            "2026-03-07T18:15",
            "2026-03-21T18:15",
            "2026-04-04T18:15",
        ),
        (
            "--from 2026-03-28T23:00:00Z --to 2026-03-30 --tz Europe/Berlin",
            "2026-03-28T00:00",
            "2026-03-28T23:00",
            "2026-03-29T22:00",
        ),
    ] {
        let report = window(&db, &arguments.split(' ').collect::<Vec<_>>());
        let window = &report["window"];
        let said =
            [&window["previous"]["from"], &window["from"], &window["to"]].map(|t| t.as_str().unwrap()[..16].to_owned());
        assert_eq!(said, [before, from, to], "{arguments}");
        assert_eq!(window["previous"]["to"], window["from"]);
    }
}

#[test]
fn without_anything_the_window_is_the_last_thirty_days_to_the_second() {
    let db = facts();
    db.sql("INSERT INTO facts SELECT now() - ago, 'new', NULL, 1 FROM unnest(ARRAY[interval '1 minute', '29 days 23 hours', '30 days 1 hour', '59 days 23 hours', '60 days 1 hour']) AS ago");
    let report = window(&db, &[]);
    assert_eq!(report["window"]["by"], "day");
    assert_eq!(report["window"]["zone"], "UTC");
    let new = &report["topics"][0]["metrics"][0];
    assert_eq!([&new["value"], &new["previous"]], ["2", "2"]);
    // The first day and the last one are not whole.
    assert_eq!(report["buckets"].as_array().unwrap().len(), 31);
}

#[test]
fn a_bucket_begins_where_its_day_does_in_the_zone() {
    let db = facts();
    db.sql("INSERT INTO facts VALUES ('2026-03-28 22:59Z', 'x', NULL, 1), ('2026-03-28 23:00Z', 'x', NULL, 10), ('2026-03-29 21:59Z', 'x', NULL, 100), ('2026-03-29 22:00Z', 'x', NULL, 1000)");
    let report = window(&db, &["--from", "2026-03-28", "--to", "2026-03-31", "--tz", "Europe/Berlin"]);
    let buckets: Vec<String> = report["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| format!("{} {}", b["date"].as_str().unwrap(), b["at"].as_str().unwrap()))
        .collect();
    assert_eq!(
        buckets,
        ["2026-03-28 2026-03-27T23:00:00Z", "2026-03-29 2026-03-28T23:00:00Z", "2026-03-30 2026-03-29T22:00:00Z"]
    );
    assert_eq!(report["topics"][0]["metrics"][0]["series"], serde_json::json!(["1", "110", "1000"]));
    let weeks = window(&db, &["--from", "2026-03-28", "--to", "2026-03-31", "--tz", "Europe/Berlin", "--by", "week"]);
    assert_eq!(weeks["topics"][0]["metrics"][0]["series"], serde_json::json!(["111", "1000"]), "weeks begin on Monday");
    let months = window(&db, &["--from", "2026-03-28", "--to", "2026-03-31", "--tz", "Europe/Berlin", "--by", "month"]);
    assert_eq!(months["topics"][0]["metrics"][0]["series"], serde_json::json!(["1111"]));
}

#[test]
fn a_day_without_a_midnight_has_a_bucket_too() {
    let db = facts();
    // Cairo's clocks jumped from 24 April 00:00 to 01:00.
    db.sql("INSERT INTO facts SELECT at, 'hours', NULL, 1 FROM generate_series(timestamptz '2026-04-22 22:00Z', '2026-04-25 20:00Z', '1 hour') AS at");
    let report = window(&db, &["--from", "2026-04-23", "--to", "2026-04-26", "--tz", "Africa/Cairo"]);
    assert_eq!(report["topics"][0]["metrics"][0]["series"], serde_json::json!(["24", "23", "24"]));
}

#[test]
fn a_day_with_two_midnights_begins_at_the_first() {
    let db = facts();
    // Havana's clocks go back on 1 November, from 1 o'clock to midnight.
    db.sql("INSERT INTO facts SELECT at, 'hours', NULL, 1 FROM generate_series(timestamptz '2026-10-28 04:00Z', '2026-11-05 20:00Z', '1 hour') AS at");
    let asked = |window: &str| {
        let words = format!("--tz America/Havana {window}");
        let report = self::window(&db, &words.split(' ').collect::<Vec<_>>());
        let hours = &report["topics"][0]["metrics"][0];
        let times = [&report["window"]["from"], &report["window"]["to"], &report["buckets"][0]["at"]];
        let times = times.map(|t| t.as_str().unwrap()[..16].to_owned());
        (times, hours["value"].clone(), hours["series"].clone())
    };
    for (window, from, to, first, hours, series) in [
        ("--from 2026-11-01 --to 2026-11-03", "01T04:00", "03T05:00", "01T04:00", "49", &["25", "24"][..]),
        ("--from 2026-10-31 --to 2026-11-01", "31T04:00", "01T04:00", "31T04:00", "24", &["24"]),
        ("--since 1d --to 2026-11-02", "01T04:00", "02T05:00", "01T04:00", "25", &["25"]),
        // The window ends in the first hour of the day, or between its two midnights and no more.
        ("--from 2026-10-31 --to 2026-11-01T04:30:00Z", "31T04:00", "01T04:30", "31T04:00", "25", &["24", "1"]),
        ("--from 2026-10-31 --to 2026-11-01T05:00:00Z", "31T04:00", "01T05:00", "31T04:00", "25", &["24", "1"]),
        ("--from 2026-11-01T04:30:00Z --to 2026-11-02", "01T04:30", "02T05:00", "01T04:00", "24", &["24"]),
        ("--from 2026-11-01T05:30:00Z --to 2026-11-02", "01T05:30", "02T05:00", "01T04:00", "23", &["23"]),
        ("--by month --from 2026-10-31 --to 2026-11-02", "31T04:00", "02T05:00", "01T04:00", "49", &["24", "25"]),
    ] {
        let month = |text: &str| format!("2026-1{}-{text}", u8::from(!text.starts_with("31")));
        let first = if window.starts_with("--by") { "2026-10-01T04:00".to_owned() } else { month(first) };
        let expected = ([month(from), month(to), first], hours.into(), serde_json::json!(series));
        assert_eq!(asked(window), expected, "{window}");
    }
    // What is compared with ends where the window begins, and is as many days.
    let report = window(&db, &["--tz", "America/Havana", "--from", "2026-11-02", "--to", "2026-11-03"]);
    assert_eq!(report["window"]["previous"]["from"], "2026-11-01T04:00:00Z");
    assert_eq!(report["topics"][0]["metrics"][0]["previous"], "25");
}

#[test]
fn an_hour_that_comes_twice_does_not_make_its_day_begin_earlier() {
    let db = facts();
    // At one minute past midnight of 29 October 2006, the clocks of St John's went back to 23:01 of the day before.
    db.sql("INSERT INTO facts SELECT at, 'minutes', NULL, 1 FROM generate_series(timestamptz '2006-10-28 02:30Z', '2006-10-30 03:29Z', '1 minute') AS at");
    let report = window(&db, &["--tz", "America/St_Johns", "--from", "2006-10-29", "--to", "2006-10-30"]);
    assert_eq!(report["window"]["from"], "2006-10-29T03:30:00Z");
    assert_eq!(report["topics"][0]["metrics"][0]["series"], serde_json::json!(["1440"]));
}

#[test]
fn a_name_of_the_zones_database_is_taken_also_where_it_looks_like_an_abbreviation() {
    let db = facts();
    let report = window(&db, &["--tz", "est", "--from", "2026-07-01", "--to", "2026-07-02"]);
    assert_eq!((&report["window"]["zone"], &report["window"]["from"]), (&"EST".into(), &"2026-07-01T05:00:00Z".into()));
}

#[test]
fn what_was_before_2001_is_not_compared_with() {
    let db = facts();
    let folder = pack(FACTS);
    let app = folder.path().display().to_string();
    let ran = db.bursar(&[
        "stats",
        "--trust-pack",
        "--app",
        &app,
        "--from",
        "2002-01-01",
        "--to",
        "2020-01-01",
        "--by",
        "month",
        "-o",
        "json",
    ]);
    let report: Value = serde_json::from_str(&ran.ok().says("nothing to compare with").stdout).unwrap();
    assert_eq!(report["window"]["previous"], Value::Null);
    assert_eq!(window(&db, &["--compare", "none"])["window"]["previous"], Value::Null);
}
