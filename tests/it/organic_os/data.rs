//! Simulated data, what the audit finds in it, and the figures that are drawn from it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row as _};

use super::{APP, failed, id, with_users};
use crate::support::{Db, Template, sample, wait};

fn seeded(arguments: &[&str]) -> Db {
    let db = Db::new(Template::Migrated(APP));
    let mut all = vec!["seed", "--yes"];
    all.extend(arguments);
    db.bursar(&all).ok();
    db
}

/// A digest of every row.
fn digest(db: &Db) -> String {
    let tables = ["users", "wellness_entries", "module_progress", "conversations", "messages"];
    let parts: Vec<String> = tables
        .iter()
        .map(|t| db.value(&format!("SELECT md5(string_agg(t::text, E'\\n' ORDER BY t.id)) FROM {t} t")))
        .collect();
    parts.join(" ")
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn the_same_arguments_give_the_same_data() {
    let arguments = ["--users", "120", "--seed", "5", "--until", "2026-06-01", "--days", "60"];
    let first = digest(&seeded(&arguments));
    assert!(!first.contains("NULL"), "{first}");
    assert_eq!(digest(&seeded(&arguments)), first);
    assert_ne!(digest(&seeded(&["--users", "120", "--seed", "6", "--until", "2026-06-01", "--days", "60"])), first);
}

#[test]
fn any_size_audits_clean_without_a_warning() {
    for (users, seed) in sample([("1", "1"), ("2", "9"), ("499", "2"), ("60", "5"), ("1203", "3")], 3) {
        let db = seeded(&["--users", users, "--seed", seed]);
        let report = db.json(&["audit", "-o", "json"]);
        let summary = &report["summary"];
        assert_eq!(
            (report["verdict"].as_str(), &summary["warnings"], &summary["skipped"]),
            (Some("clean"), &0.into(), &0.into()),
            "{users}: {report}"
        );
        assert_eq!(db.value("SELECT count(*) FROM users"), users);
    }
    let db = seeded(&["--users", "40", "--seed", "1"]);
    db.bursar(&["seed", "--users", "30", "--yes", "--append"]).ok();
    db.bursar(&["audit"]).ok();
    assert_eq!(db.value("SELECT count(*) FROM users"), "70");
}

#[test]
fn the_data_is_lifelike() {
    let db = seeded(&["--users", "1500", "--seed", "4", "--until", "2026-06-01"]);
    for (what, question) in [
        (
            "some do nothing",
            "SELECT count(*) BETWEEN 100 AND 450 FROM users u WHERE NOT EXISTS (SELECT FROM conversations c WHERE c.user_id = u.id) AND NOT EXISTS (SELECT FROM wellness_entries w WHERE w.user_id = u.id)",
        ),
        (
            "long streaks are rare, and there are some",
            "SELECT count(*) FILTER (WHERE streak > 30) BETWEEN 1 AND 300 FROM users u, wellness_streak_on(u.id, '2026-05-31')",
        ),
        ("who slept longer is in a better mood", "SELECT corr(sleep_hours, mood_score) > 0.1 FROM wellness_entries"),
        ("not every value is entered", "SELECT count(meditation_minutes) < 0.7 * count(*) FROM wellness_entries"),
        (
            "the evening is busier than the night where people live",
            "SELECT count(*) FILTER (WHERE h BETWEEN 19 AND 22) > 3 * count(*) FILTER (WHERE h BETWEEN 2 AND 5) FROM (SELECT extract(hour FROM c.created_at AT TIME ZONE u.timezone) AS h FROM conversations c JOIN users u ON u.id = c.user_id) x",
        ),
        (
            "entries are made on their day or the day after",
            "SELECT bool_and((w.created_at AT TIME ZONE u.timezone)::date - w.date BETWEEN 0 AND 1) FROM wellness_entries w JOIN users u ON u.id = w.user_id",
        ),
        (
            "questions and answers take turns",
            "SELECT bool_and(role <> before) FROM (SELECT role, lag(role, 1, 'assistant') OVER (PARTITION BY conversation_id ORDER BY created_at) AS before FROM messages) x",
        ),
        (
            "percentages are those of the topics",
            "SELECT bool_and((progress_percentage = 100) = (current_focus IS NULL) AND (progress_percentage = 0) = (completed_topics = '{}')) FROM module_progress",
        ),
        (
            "some finish",
            "SELECT count(*) FILTER (WHERE progress_percentage = 100) BETWEEN 100 AND 2000 FROM module_progress",
        ),
        (
            "nothing happens after the end",
            "SELECT greatest(max(u.updated_at), (SELECT max(updated_at) FROM wellness_entries), (SELECT max(created_at) FROM messages), (SELECT max(last_activity) FROM module_progress)) < '2026-06-01Z' FROM users u",
        ),
    ] {
        assert_eq!(db.value(question), "true", "{what}");
    }
}

#[test]
fn all_faults_at_once_are_all_found() {
    let db = Db::new(Template::Migrated(APP));
    let seeded = db.json(&["seed", "--users", "200", "--seed", "8", "--faults", "all", "--yes", "-o", "json"]);
    let report = db.json(&["audit", "-o", "json", "--limit", "0"]);
    let mut declared = BTreeMap::<&str, u64>::new();
    for fault in seeded["faults"].as_array().unwrap() {
        *declared.entry(fault["checks"][0].as_str().unwrap()).or_default() += 1;
    }
    assert_eq!(declared.values().sum::<u64>(), 13);
    for check in report["checks"].as_array().unwrap() {
        let found = check["findings"].as_u64().unwrap();
        assert_eq!(declared.get(check["id"].as_str().unwrap()).copied().unwrap_or(0), found, "{check}");
    }
}

/// What the schema keeps out is still looked for, because a schema can be changed.
#[test]
fn values_that_a_missing_constraint_let_in_are_found() {
    let db = with_users(&[(1, "UTC"), (2, "UTC")]);
    let names = db.value("SELECT string_agg(format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), '; ') FROM pg_constraint WHERE conrelid IN ('wellness_entries'::regclass, 'module_progress'::regclass) AND contype IN ('c', 'u')");
    db.sql(&names);
    db.sql(&format!(
        "INSERT INTO wellness_entries (user_id, date, sleep_hours, water_intake_ml, exercise_minutes, meditation_minutes, mood_score, energy_level) VALUES
            ('{0}', '2026-01-01', 24.01, -1, -1, -1, -0.01, 'NaN'), ('{0}', '2026-01-02', 24, 0, 0, 0, 9.99, 0),
            ('{1}', '2026-01-01', 'NaN', NULL, NULL, NULL, NULL, NULL), ('{1}', '2026-01-03', 7, NULL, NULL, NULL, NULL, NULL),
            ('{1}', '2026-01-03', 8, NULL, NULL, NULL, NULL, NULL);
         INSERT INTO module_progress (user_id, module_name, progress_percentage) VALUES ('{0}', 'a', 100), ('{0}', 'b', 100.01), ('{0}', 'c', -1), ('{0}', 'd', 'NaN')",
        id(1),
        id(2)
    ));
    let report = db.json(&["audit", "-o", "json"]);
    let found = |check: &str| report["findings"].as_array().unwrap().iter().filter(|f| f["check"] == check).count();
    assert_eq!((found("wellness.range"), found("progress.range"), found("wellness.duplicate")), (7, 3, 1), "{report}");
    let expected = ["progress.range", "schema.constraints", "wellness.duplicate", "wellness.range"];
    assert_eq!(failed(&report), expected.map(str::to_owned).into());
}

#[test]
fn a_partition_that_was_opened_is_found() {
    for (change, found) in [
        ("ALTER TABLE wellness_entries_2026_01 DISABLE ROW LEVEL SECURITY", 1),
        (
            "GRANT SELECT, TRUNCATE ON wellness_entries_2026_01 TO authenticated; GRANT SELECT ON wellness_entries_2026_02 TO PUBLIC",
            2,
        ),
        ("ALTER TABLE wellness_entries_2026_01 DISABLE TRIGGER refuse_future_wellness", 1),
        ("CREATE TABLE mine PARTITION OF wellness_entries FOR VALUES FROM ('2001-01-01') TO ('2001-02-01')", 1),
    ] {
        let db = Db::new(Template::Migrated(APP));
        db.sql(change);
        let report = db.json(&["audit", "-o", "json"]);
        assert_eq!(failed(&report), BTreeSet::from(["wellness.exposed".to_owned()]), "{change}");
        assert_eq!(report["findings"].as_array().unwrap().len(), found, "{change}: {report}");
    }
}

#[test]
fn who_moves_west_raises_no_alarm_and_an_entry_ahead_of_time_does() {
    let db = with_users(&[(1, "Pacific/Kiritimati"), (2, "Pacific/Kiritimati")]);
    db.sql("INSERT INTO wellness_entries (user_id, date) SELECT id, user_today(id) FROM users; UPDATE users SET timezone = 'Etc/GMT+12'");
    assert_eq!(db.value("SELECT bool_and(w.date > user_today(w.user_id)) FROM wellness_entries w"), "true");
    db.bursar(&["audit"]).ok();
    // Had they moved longer ago, the day would have begun there in the meantime.
    db.sql(&format!("SET session_replication_role = replica; UPDATE users SET created_at = now() - interval '28 hours', updated_at = now() - interval '27 hours' WHERE id = '{}'", id(1)));
    let report = db.json(&["audit", "-o", "json"]);
    assert_eq!(
        (failed(&report), &report["findings"][0]["account"]),
        (BTreeSet::from(["wellness.future".to_owned()]), &id(1).into())
    );
    // A day that has begun nowhere is no matter of moving.
    db.sql(&format!("SET session_replication_role = replica; UPDATE wellness_entries SET date = date + 1 WHERE user_id = '{}'; UPDATE users SET updated_at = now()", id(2)));
    let report = db.json(&["audit", "-o", "json"]);
    assert_eq!(
        (failed(&report), &report["findings"][0]["account"]),
        (BTreeSet::from(["wellness.future".to_owned()]), &id(2).into())
    );
}

/// Runs a topic and returns its values by bucket and metric.
fn figures(
    db: &Db,
    topic: &str,
    (from, to): (&str, &str),
    bucket: &str,
    zone: &str,
) -> BTreeMap<(DateTime<Utc>, String), String> {
    let pack = bursar::packs::named(APP).unwrap();
    let sql = pack.stats.iter().find(|t| t.name == topic).expect("the topic").sql.text.clone();
    let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    wait(async {
        let rows =
            sqlx::query(AssertSqlSafe(format!("SELECT at, metric, value::text, unit::text FROM ({sql}\n) AS s")))
                .bind(time(from))
                .bind(time(to))
                .bind(bucket)
                .bind(zone)
                .fetch_all(&mut db.connect().await)
                .await
                .unwrap();
        rows.iter().map(|r| ((r.get::<DateTime<Utc>, _>(0), r.get::<String, _>(1)), r.get::<String, _>(2))).collect()
    })
}

#[test]
fn figures_agree_with_counting_by_hand() {
    let db = seeded(&["--users", "200", "--seed", "2", "--until", "2026-11-10", "--days", "60"]);
    let names: Vec<String> = bursar::packs::named(APP).unwrap().stats.into_iter().map(|t| t.name).collect();
    assert_eq!(names, ["conversations", "progress", "users", "wellness"]);
    // Midnight in New York; the clocks change on 1 November.
    let window = ("2026-10-12T04:00:00Z", "2026-11-09T05:00:00Z");
    let zone = "America/New_York";
    for (bucket, buckets) in [("day", 28), ("week", 4), ("month", 2)] {
        for (topic, metric, by_hand) in [
            ("users", "joined", "SELECT count(*) FROM users WHERE created_at >= $1 AND created_at < $2"),
            ("conversations", "begun", "SELECT count(*) FROM conversations WHERE created_at >= $1 AND created_at < $2"),
            (
                "conversations",
                "messages of users",
                "SELECT count(*) FROM messages WHERE role = 'user' AND created_at >= $1 AND created_at < $2",
            ),
            (
                "conversations",
                "tokens used",
                "SELECT sum(tokens_used) FROM messages WHERE created_at >= $1 AND created_at < $2",
            ),
            ("progress", "begun", "SELECT count(*) FROM module_progress WHERE created_at >= $1 AND created_at < $2"),
            (
                "progress",
                "active",
                "SELECT count(*) FROM module_progress WHERE last_activity >= $1 AND last_activity < $2",
            ),
            (
                "wellness",
                "entries",
                "SELECT count(*) FROM wellness_entries WHERE date >= '2026-10-12' AND date < '2026-11-09'",
            ),
        ] {
            let figures = figures(&db, topic, window, bucket, zone);
            let values: Vec<i64> =
                figures.iter().filter(|((_, m), _)| m == metric).map(|(_, v)| v.parse().unwrap()).collect();
            assert_eq!(values.len(), buckets, "{topic} by {bucket}");
            let by_hand = by_hand
                .replace("$1", &format!("timestamptz '{}'", window.0))
                .replace("$2", &format!("timestamptz '{}'", window.1));
            assert_eq!(values.iter().sum::<i64>().to_string(), db.value(&by_hand), "{topic}: {metric} by {bucket}");
        }
    }
    let days = figures(&db, "users", window, "day", zone);
    let total = days.iter().rfind(|((_, m), _)| m == "total").expect("a total");
    assert_eq!(
        (total.0.0.to_rfc3339(), total.1.as_str()),
        (
            "2026-11-08T05:00:00+00:00".to_owned(),
            db.value("SELECT count(*) FROM users WHERE created_at < '2026-11-09 05:00Z'").as_str()
        )
    );
    let wellness = figures(&db, "wellness", window, "week", zone);
    let week = "2026-10-26T04:00:00Z".parse::<DateTime<Utc>>().unwrap();
    assert_eq!(
        wellness[&(week, "average sleep".to_owned())],
        db.value(
            "SELECT round(avg(sleep_hours), 2) FROM wellness_entries WHERE date BETWEEN '2026-10-26' AND '2026-11-01'"
        )
    );
    // Nothing at all is zero, and has no averages.
    let empty = Db::new(Template::Migrated(APP));
    let quiet = figures(&empty, "wellness", window, "month", "UTC");
    assert_eq!((quiet.len(), quiet.values().all(|v| v == "0")), (4, true));
}
