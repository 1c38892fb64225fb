//! Every figure of every topic beside SQL that counts it for itself.

use serde_json::Value;

use super::{APPS, metric, refund, report, spring};
use crate::support::{Db, Template, file, sample, turn};

/// What each metric is, as a query about a stretch of time `b` from `b.lo` to `b.hi`; `COL?` stands for `COL`
/// lying in it. A unit and a star stand for what the name holds in the data.
const MIMIVIBE: &[(&str, &str, &str)] = &[
    ("users", "joined", "SELECT count(*) FROM users WHERE created_at?"),
    ("users", "joined by an invite", "SELECT count(invited_by) FROM users WHERE created_at?"),
    ("users", "last seen", "SELECT count(*) FROM users WHERE last_login_at?"),
    ("users", "active", "SELECT count(DISTINCT user_id) FROM wallet_transactions WHERE created_at?"),
    ("wallet", "entries", "SELECT count(*) FROM wallet_transactions WHERE created_at?"),
    ("wallet", "users", "SELECT count(DISTINCT user_id) FROM wallet_transactions WHERE created_at?"),
    (
        "wallet",
        "in: *",
        "SELECT sum(delta) FROM ({ledger}) e WHERE delta > 0 AND replace(kind::text, '_', ' ') = {*} AND unit::text = {unit} AND at?",
    ),
    (
        "wallet",
        "out: *",
        "SELECT -sum(delta) FROM ({ledger}) e WHERE delta < 0 AND replace(kind::text, '_', ' ') = {*} AND unit::text = {unit} AND at?",
    ),
    ("payments", "created", "SELECT count(*) FROM payments WHERE created_at?"),
    (
        "payments",
        "gross",
        "SELECT sum(amount) / 100.0 FROM payments WHERE status IN ('succeeded', 'refunded') AND currency = {unit} AND created_at?",
    ),
    (
        "payments",
        "average payment",
        "SELECT round(sum(amount)::numeric / count(*)) / 100 FROM payments WHERE status IN ('succeeded', 'refunded') AND currency = {unit} AND created_at?",
    ),
    (
        "payments",
        "stars sold",
        "SELECT sum(stars_purchased + stars_bonus) FROM payments WHERE status IN ('succeeded', 'refunded') AND 'STAR' = {unit} AND created_at?",
    ),
    (
        "payments",
        "paying users",
        "SELECT count(DISTINCT user_id) FROM payments WHERE status IN ('succeeded', 'refunded') AND created_at?",
    ),
    (
        "payments",
        "paid back",
        "SELECT sum(amount) / 100.0 FROM bursar.refunds WHERE state = 'succeeded' AND currency = {unit} AND created_at?",
    ),
    ("payments", "*", "SELECT count(*) FROM payments WHERE status::text = {*} AND created_at?"),
    ("jobs", "created", "SELECT count(*) FROM jobs WHERE created_at?"),
    ("jobs", "now *", "SELECT count(*) FROM jobs WHERE status::text = {*} AND created_at?"),
    (
        "jobs",
        "median time to complete",
        "SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - created_at))::numeric, 3) FROM jobs WHERE status = 'succeeded' AND completed_at?",
    ),
    ("jobs", "attempts", "SELECT count(*) FROM job_attempts WHERE started_at?"),
    ("jobs", "failed attempts", "SELECT count(*) FROM job_attempts WHERE NOT success AND started_at?"),
    (
        "jobs",
        "median run time",
        "SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY processing_time_ms)::numeric) FROM job_attempts WHERE finished_at?",
    ),
    ("readings", "readings", "SELECT count(*) FROM tarot_readings WHERE created_at?"),
    ("readings", "readings: 3 cards", "SELECT count(*) FROM tarot_readings WHERE card_count = 3 AND created_at?"),
    ("readings", "readings: 5 cards", "SELECT count(*) FROM tarot_readings WHERE card_count = 5 AND created_at?"),
    ("readings", "readings: in *", "SELECT count(*) FROM tarot_readings WHERE question_locale = {*} AND created_at?"),
    ("readings", "users", "SELECT count(DISTINCT user_id) FROM tarot_readings WHERE created_at?"),
    (
        "readings",
        "median time to make",
        "SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY processing_time_ms)::numeric) FROM tarot_readings WHERE created_at?",
    ),
    ("invites", "sent", "SELECT count(*) FROM user_invites WHERE created_at?"),
    ("invites", "inviters", "SELECT count(DISTINCT inviter_id) FROM user_invites WHERE created_at?"),
    ("invites", "accepted", "SELECT count(*) FROM user_invites WHERE status = 'accepted' AND accepted_at?"),
    (
        "invites",
        "rewards",
        "SELECT sum(coin_reward) FROM user_invites WHERE status = 'accepted' AND 'COIN' = {unit} AND accepted_at?",
    ),
    (
        "invites",
        "expired",
        "SELECT count(*) FROM user_invites WHERE status <> 'accepted' AND expires_at < now() AND expires_at?",
    ),
];

const AVOLVE: &[(&str, &str, &str)] = &[
    ("users", "new users", "SELECT count(*) FROM users WHERE created_at?"),
    ("users", "active users", "SELECT count(DISTINCT user_id) FROM activity_logs WHERE created_at?"),
    ("users", "activities", "SELECT count(*) FROM activity_logs WHERE created_at?"),
    (
        "tokens",
        "minted",
        "SELECT sum(amount) FROM token_transactions WHERE from_user_id IS NULL AND token_type::text = {unit} AND created_at?",
    ),
    (
        "tokens",
        "burned",
        "SELECT sum(amount) FROM token_transactions WHERE to_user_id IS NULL AND token_type::text = {unit} AND created_at?",
    ),
    (
        "tokens",
        "transferred",
        "SELECT sum(amount) FROM token_transactions WHERE num_nulls(from_user_id, to_user_id) = 0 AND token_type::text = {unit} AND created_at?",
    ),
    (
        "tokens",
        "transfers",
        "SELECT count(*) FROM token_transactions WHERE num_nulls(from_user_id, to_user_id) = 0 AND created_at?",
    ),
    ("phases", "pillars begun", "SELECT count(*) FROM user_progress WHERE created_at?"),
    ("phases", "reached *", "SELECT count(*) FROM phase_transitions WHERE to_phase::text = {*} AND created_at?"),
    ("consent", "users who answered", "SELECT count(DISTINCT user_id) FROM user_consent WHERE created_at?"),
    ("consent", "*", "SELECT count(*) FROM user_consent WHERE status::text = {*} AND created_at?"),
];

const ORGANIC_OS: &[(&str, &str, &str)] = &[
    ("users", "joined", "SELECT count(*) FROM users WHERE created_at?"),
    ("users", "total", "SELECT count(*) FROM users WHERE created_at < b.hi"),
    (
        "users",
        "active",
        "SELECT count(*) FROM users u WHERE EXISTS (SELECT FROM wellness_entries w WHERE w.user_id = u.id AND w.created_at?) OR EXISTS (SELECT FROM module_progress p WHERE p.user_id = u.id AND p.last_activity?) OR EXISTS (SELECT FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE c.user_id = u.id AND m.created_at?)",
    ),
    ("conversations", "begun", "SELECT count(*) FROM conversations WHERE created_at?"),
    (
        "conversations",
        "users",
        "SELECT count(DISTINCT c.user_id) FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.created_at?",
    ),
    ("conversations", "messages of users", "SELECT count(*) FROM messages WHERE role = 'user' AND created_at?"),
    (
        "conversations",
        "messages of the coach",
        "SELECT count(*) FROM messages WHERE role = 'assistant' AND created_at?",
    ),
    ("conversations", "tokens used", "SELECT sum(tokens_used) FROM messages WHERE created_at?"),
    ("progress", "begun", "SELECT count(*) FROM module_progress WHERE created_at?"),
    ("progress", "active", "SELECT count(*) FROM module_progress WHERE last_activity?"),
    ("progress", "finished", "SELECT count(*) FROM module_progress WHERE progress_percentage = 100 AND last_activity?"),
    (
        "progress",
        "average progress",
        "SELECT round(avg(progress_percentage), 1) FROM module_progress WHERE last_activity?",
    ),
    ("wellness", "entries", "SELECT count(*) FROM wellness_entries WHERE {days}"),
    ("wellness", "users", "SELECT count(DISTINCT user_id) FROM wellness_entries WHERE {days}"),
    ("wellness", "average sleep", "SELECT round(avg(sleep_hours), 2) FROM wellness_entries WHERE {days}"),
    ("wellness", "average mood", "SELECT round(avg(mood_score), 2) FROM wellness_entries WHERE {days}"),
    ("wellness", "average energy", "SELECT round(avg(energy_level), 2) FROM wellness_entries WHERE {days}"),
    ("wellness", "average water", "SELECT round(avg(water_intake_ml)) FROM wellness_entries WHERE {days}"),
    ("wellness", "average exercise", "SELECT round(avg(exercise_minutes), 1) FROM wellness_entries WHERE {days}"),
    ("wellness", "average meditation", "SELECT round(avg(meditation_minutes), 1) FROM wellness_entries WHERE {days}"),
];

const AETHERCROWN: &[(&str, &str, &str)] = &[
    ("users", "signed up", "SELECT count(*) FROM users WHERE created_at?"),
    ("users", "last seen", "SELECT count(*) FROM users WHERE last_login?"),
    ("clones", "created", "SELECT count(*) FROM ai_clones WHERE created_at?"),
    ("clones", "created: *", "SELECT count(*) FROM ai_clones WHERE model_type = {*} AND created_at?"),
    ("clones", "given work", "SELECT count(DISTINCT clone_id) FROM ai_tasks WHERE created_at?"),
    ("tasks", "created", "SELECT count(*) FROM ai_tasks WHERE created_at?"),
    (
        "tasks",
        "median time to complete",
        "SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - created_at))::numeric, 3) FROM ai_tasks WHERE completed_at?",
    ),
    ("tasks", "*", "SELECT count(*) FROM ai_tasks WHERE replace(status, '_', ' ') = {*} AND created_at?"),
    ("payments", "created", "SELECT count(*) FROM payments WHERE created_at?"),
    ("payments", "completed", "SELECT count(*) FROM payments WHERE completed_at?"),
    ("payments", "gross", "SELECT sum(amount) FROM payments WHERE currency = {unit} AND completed_at?"),
    (
        "payments",
        "paid back",
        "SELECT sum(amount / power(10::numeric, bursar.currency_digits(currency))) FROM bursar.refunds WHERE state = 'succeeded' AND currency = {unit} AND created_at?",
    ),
    ("payments", "*", "SELECT count(*) FROM payments WHERE replace(status, '_', ' ') = {*} AND created_at?"),
    ("activity", "entries", "SELECT count(*) FROM activity_logs WHERE created_at?"),
    ("activity", "entries: *", "SELECT count(*) FROM activity_logs WHERE log_type = {*} AND created_at?"),
    ("activity", "active users", "SELECT count(DISTINCT user_id) FROM activity_logs WHERE created_at?"),
    ("activity", "errors", "SELECT count(*) FROM activity_logs WHERE level IN ('error', 'critical') AND created_at?"),
];

/// What is not compared: only the latest of what somebody did is stored, so that whoever came again has left the
/// window before.
const NOT_COMPARED: [(&str, &str, &str); 6] = [
    ("mimivibe", "users", "last seen"),
    ("aethercrown", "users", "last seen"),
    ("organic-os", "users", "active"),
    ("organic-os", "progress", "active"),
    ("organic-os", "progress", "average progress"),
    ("organic-os", "progress", "finished"),
];

/// What each metric of an application is.
fn all(app: &str) -> &'static [(&'static str, &'static str, &'static str)] {
    match app {
        "mimivibe" => MIMIVIBE,
        "avolve" => AVOLVE,
        "organic-os" => ORGANIC_OS,
        _ => AETHERCROWN,
    }
}

/// The query that counts a metric by itself. The first pattern that fits wins.
fn by_hand(app: &str, topic: &str, metric: &str, unit: Option<&str>, zone: &str) -> String {
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => metric.strip_prefix(start),
        None => (pattern == metric).then_some(""),
    };
    let (rest, sql) = all(app)
        .iter()
        .filter(|(of, ..)| *of == topic)
        .find_map(|(_, pattern, sql)| fits(pattern).map(|rest| (rest, *sql)))
        .unwrap_or_else(|| panic!("nobody counts {app} {topic} {metric} by hand"));
    assert_eq!(unit.is_some() && app != "organic-os" && !metric.contains("median"), sql.contains("{unit}"), "{metric}");
    let ledger = std::fs::read_to_string(file("packs/mimivibe/ledger/entries.sql")).unwrap();
    let lying = regex::Regex::new(r"([a-z_.]+)\?").unwrap();
    lying
        .replace_all(sql, "$1 >= b.lo AND $1 < b.hi")
        .replace("{*}", &format!("'{rest}'"))
        .replace("{unit}", &format!("'{}'", unit.unwrap_or_default()))
        .replace("{ledger}", &format!("{ledger}\n"))
        .replace(
            "{days}",
            &format!("date >= (b.lo AT TIME ZONE '{zone}')::date AND date < (b.hi AT TIME ZONE '{zone}')::date"),
        )
}

/// A number without zeros at its end; what is not there counts as none.
fn number(value: &Value) -> String {
    let text = value.as_str().unwrap_or("0");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

/// Compares every figure of every topic: that of the window, of the one before, and of each bucket.
fn compare(db: &Db, app: &str, zone: &str, [before, from, to]: [&str; 3], by: &str) {
    let report = report(db, &["--from", from, "--to", to, "--by", by, "--tz", zone]);
    // The first instant that the clocks of the zone have that date at; they may have it twice.
    let midnight = |date: &str| {
        format!(
            "(SELECT min(i) FROM generate_series(timestamptz '{date} 00:00Z' - interval '1 day', '{date} 00:00Z'::timestamptz + interval '1 day', '15 minutes') AS i WHERE (i AT TIME ZONE '{zone}')::date = '{date}')"
        )
    };
    let mut stretches = vec![(midnight(from), midnight(to)), (midnight(before), midnight(from))];
    let starts: Vec<&str> = report["buckets"].as_array().unwrap().iter().map(|b| b["date"].as_str().unwrap()).collect();
    for (n, start) in starts.iter().enumerate() {
        let lo = if *start < from { from } else { start };
        stretches.push((midnight(lo), midnight(starts.get(n + 1).unwrap_or(&to))));
    }
    let stretches: Vec<String> =
        stretches.iter().enumerate().map(|(n, (lo, hi))| format!("({n}, {lo}, {hi})")).collect();
    let mut topics = 0;
    for topic in report["topics"].as_array().unwrap() {
        topics += 1;
        let metrics = topic["metrics"].as_array().unwrap();
        assert!(!metrics.is_empty(), "{topic}");
        for metric in metrics {
            let (name, unit) = (metric["metric"].as_str().unwrap(), metric["unit"].as_str());
            let sql = by_hand(app, topic["topic"].as_str().unwrap(), name, unit, zone);
            let counted = db.value(&format!(
                "SELECT string_agg(coalesce(trim_scale(({sql})::numeric), 0)::text, ' ' ORDER BY b.n) FROM (VALUES {}) AS b (n, lo, hi)",
                stretches.join(", ")
            ));
            let series = metric["series"].as_array().unwrap();
            assert_eq!(series.len(), starts.len());
            let mut said: Vec<String> =
                [&metric["value"], &metric["previous"]].into_iter().chain(series).map(number).collect();
            let mut counted: Vec<&str> = counted.split(' ').collect();
            if metric["compared"] == false {
                assert!(NOT_COMPARED.contains(&(app, topic["topic"].as_str().unwrap(), name)), "{metric}");
                assert_eq!((said.remove(1), &metric["change"]), ("0".to_owned(), &Value::Null));
                counted.remove(1);
            }
            assert_eq!(said.join(" "), counted.join(" "), "{app} {} {name} in {zone} by {by}: {sql}", topic["topic"]);
        }
    }
    assert_eq!(
        topics,
        if app == "mimivibe" {
            6
        } else if app == "aethercrown" {
            5
        } else {
            4
        }
    );
}

#[test]
fn every_figure_is_what_sql_counts_for_itself_in_two_zones_across_a_change_of_the_clocks() {
    for (at, app) in sample(APPS, 2).enumerate() {
        let db = spring(app);
        for (n, (zone, days, by)) in [
            // Berlin's 29 March has 23 hours, and so has New York's 8 March.
            ("Europe/Berlin", ["2026-03-08", "2026-03-22", "2026-04-05"], "day"),
            ("America/New_York", ["2026-02-16", "2026-03-02", "2026-03-16"], "day"),
            ("America/New_York", ["2026-02-01", "2026-03-04", "2026-04-04"], "week"),
            ("Asia/Bangkok", ["2026-01-20", "2026-02-25", "2026-04-02"], "month"),
        ]
        .into_iter()
        .enumerate()
        {
            if turn(at + n, 2) {
                compare(&db, app, zone, days, by);
            }
        }
    }
}

#[test]
fn every_figure_is_what_sql_counts_for_itself_where_a_day_has_two_midnights() {
    for app in sample(APPS, 2) {
        // The Azores put their clocks back from 1 o'clock to midnight on 25 October.
        compare(
            &Db::new(Template::Seeded(app)),
            app,
            "Atlantic/Azores",
            ["2026-10-18", "2026-10-25", "2026-11-01"],
            "day",
        );
    }
}

#[test]
fn a_currency_is_one_however_it_is_written() {
    for app in ["mimivibe", "aethercrown"] {
        let db = Db::new(Template::Seeded(app));
        let payments = || {
            let report = report(&db, &["payments", "--from", "2026-10-01", "--to", "2026-11-01"]);
            report["topics"][0]["metrics"].clone()
        };
        let before = payments();
        db.sql(
            "ALTER TABLE payments DROP CONSTRAINT IF EXISTS payments_currency_check;
             UPDATE payments SET currency = lower(currency) WHERE hashtext(id::text) % 2 = 0",
        );
        assert_eq!(payments(), before, "{app}");
    }
}

#[test]
fn a_series_of_buckets_reaches_to_the_first_of_two_midnights() {
    let db = Db::new(Template::Seeded("organic-os"));
    // Half an hour after the first midnight of 25 October, and half an hour before the second one.
    for table in ["users", "conversations", "module_progress"] {
        db.sql(&format!(
            "UPDATE {table} SET created_at = '2026-10-25 00:30Z' WHERE id IN (SELECT id FROM {table} ORDER BY id LIMIT 3)"
        ));
    }
    let report = report(&db, &["--from", "2026-10-24", "--to", "2026-10-25T01:00:00Z", "--tz", "Atlantic/Azores"]);
    for (topic, name, unit) in
        [("users", "joined", "users"), ("conversations", "begun", "conversations"), ("progress", "begun", "modules")]
    {
        let counted = by_hand("organic-os", topic, name, Some(unit), "UTC");
        let counted = ["2026-10-24", "2026-10-25"].map(|day| {
            db.value(&format!(
                "SELECT ({counted}) FROM (VALUES (timestamptz '{day} 00:00Z', least(timestamptz '{day} 00:00Z' + interval '1 day', '2026-10-25 01:00Z'))) AS b (lo, hi)"
            ))
        });
        assert_eq!(metric(&report, topic, name, Some(unit))["series"], serde_json::json!(counted));
    }
}

#[test]
fn a_count_of_nothing_is_zero_and_an_average_of_nothing_is_no_figure() {
    let line = r#"(?m)^bursar_stats\{app="[a-z-]+",topic="([a-z]+)",metric="([a-z ]+)"(?:,unit="[A-Za-z]+")?\} 0$"#;
    let lines = regex::Regex::new(line).unwrap();
    for app in sample(APPS, 2) {
        let db = Db::new(Template::Migrated(app));
        let window = ["--from", "2026-09-01", "--to", "2026-09-04"];
        let report = report(&db, &window);
        let mut zeros = Vec::new();
        for (topic, name, sql) in all(app) {
            // What the data names, a status or a currency, has no name where there are no data.
            let of_data = name.contains(['*', ':']) || (sql.contains("{unit}") && !sql.contains("' = {unit}"));
            if of_data || name.starts_with("average") || name.starts_with("median") {
                continue;
            }
            let topics = report["topics"].as_array().unwrap();
            let metrics = topics.iter().find(|t| t["topic"] == *topic).unwrap()["metrics"].as_array().unwrap();
            let found = metrics.iter().find(|m| m["metric"] == *name);
            let found = found.unwrap_or_else(|| panic!("{app} {topic} {name} is not there"));
            assert_eq!((&found["value"], &found["series"]), (&"0".into(), &serde_json::json!(["0", "0", "0"])));
            let before = if found["compared"] == false { Value::Null } else { "0".into() };
            assert_eq!(found["previous"], before, "{app} {topic} {name}");
            zeros.push(format!("{topic} {name}"));
        }
        let text = db.bursar(&[&["stats", "-o", "prometheus"], &window[..]].concat()).ok().stdout;
        let mut written: Vec<String> = lines.captures_iter(&text).map(|c| format!("{} {}", &c[1], &c[2])).collect();
        written.sort();
        // Of the data alone, but every payment of this application can be in these states.
        let states = ["payments failed", "payments partially refunded", "payments refunded"];
        zeros.extend(states.iter().filter(|_| app == "aethercrown").map(|state| (*state).to_owned()));
        zeros.sort();
        assert_eq!(written, zeros, "{app}");
    }
}

#[test]
fn what_only_the_latest_is_stored_of_is_not_compared() {
    for (app, topic, name) in NOT_COMPARED {
        let db = Db::new(Template::Seeded(app));
        let window = [topic, "--from", "2026-10-01", "--to", "2026-11-01"];
        let report = report(&db, &window);
        let metrics = report["topics"][0]["metrics"].as_array().unwrap();
        let found = metrics.iter().find(|m| m["metric"] == name).unwrap();
        assert!(found["value"].is_string(), "{app} {found}");
        for field in ["previous", "change", "change_percent"] {
            assert_eq!(found[field], Value::Null, "{app} {name} {field}");
        }
        assert_eq!(found["compared"], false);
        assert!(metrics.iter().any(|m| m["compared"] == true && m["change"].is_string()), "{app} {topic}");
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("page.html");
        let table = db.bursar(&[&["stats", "--html", page.to_str().unwrap()], &window[..]].concat()).ok().stdout;
        let line = table.lines().find(|l| l.starts_with(&format!(" {name} "))).unwrap();
        assert!(!line.contains(['▲', '▼', '=']), "{line}");
        let page = std::fs::read_to_string(page).unwrap();
        let row = page.lines().find(|l| l.starts_with(&format!("<tr><th scope=\"row\">{name}</th>"))).unwrap();
        assert!(row.ends_with("<td></td></tr>"), "{row}");
    }
}

#[test]
fn people_who_came_on_two_days_are_one_person() {
    let report = report(&spring("mimivibe"), &["users", "--from", "2026-03-01", "--to", "2026-04-01"]);
    let active = metric(&report, "users", "active", None);
    let number = |value: &Value| value.as_str().unwrap_or("0").parse::<u32>().unwrap();
    let sum: u32 = active["series"].as_array().unwrap().iter().map(number).sum();
    assert!(number(&active["value"]) <= 150 && sum > 150, "{active}");
}

#[test]
fn every_topic_answers_about_a_whole_window_with_one_figure_a_metric() {
    for app in sample(APPS, 2) {
        let db = Db::new(Template::Seeded(app));
        for topic in bursar::packs::named(app).unwrap().stats {
            let sql = topic.sql.text.replace("{refunds}", "bursar.refunds");
            let name = format!("whole_{}", topic.name);
            for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
                db.sql(&format!(
                    "PREPARE topic (timestamptz, timestamptz, text, text) AS {sql};
                     CREATE TABLE {name} AS EXECUTE topic ('2026-09-01', '2026-11-01', 'millennium', '{zone}');
                     CREATE UNIQUE INDEX ON {name} (metric, unit) NULLS NOT DISTINCT;
                     DEALLOCATE topic"
                ));
                let right =
                    format!("SELECT count(*) > 0 AND bool_and(at = timestamptz '2001-01-01 00:00 {zone}') FROM {name}");
                assert_eq!(db.value(&right), "true", "{app} {}", topic.name);
                db.sql(&format!("DROP TABLE {name}"));
            }
        }
    }
}

#[test]
fn what_was_paid_back_is_counted_in_whole_units_of_the_currency() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(
        "SELECT bursar.refund_request((SELECT p.id::text FROM payments p JOIN users u ON u.id = p.user_id
             WHERE p.status = 'succeeded' AND u.star_balance > p.stars_total ORDER BY p.id LIMIT 1),
             1234, 'refuse', 'other', NULL, 'record-only', NULL, NULL, false, NULL, '{}')",
    );
    db.sql("UPDATE bursar.refunds SET gateway_ref = 're_1Nx'");
    assert_eq!(db.value("SELECT state FROM bursar.refunds"), "succeeded");
    let report = report(&db, &["payments", "--since", "1h"]);
    let back = metric(&report, "payments", "paid back", Some("THB"));
    assert_eq!((back["value"].as_str(), back["previous"].as_str()), (Some("12.34"), None));
}

#[test]
fn what_was_paid_back_has_the_decimals_of_each_currency() {
    let db = Db::new(Template::Migrated("aethercrown"));
    refund(
        &db,
        "SELECT m[1], 123456, 123456, m[1], 'succeeded', now() - interval '1 minute'
           FROM pg_constraint, regexp_matches(pg_get_constraintdef(oid), '''([A-Z]{3})''', 'g') AS m
          WHERE conname = 'payments_currency_check'",
    );
    let report = report(&db, &["payments", "--since", "1h"]);
    let back = report["topics"][0]["metrics"].as_array().unwrap().iter().filter(|m| m["metric"] == "paid back");
    let said: Vec<String> =
        back.map(|m| format!("{} {}", m["unit"].as_str().unwrap(), m["value"].as_str().unwrap())).collect();
    let counted = db.value(
        "SELECT string_agg(r.currency || ' ' || round(r.amount / power(10::numeric, d), d), ', ' ORDER BY r.currency COLLATE \"C\")
           FROM bursar.refunds r, bursar.currency_digits(r.currency) AS d",
    );
    assert!(said.len() > 150 && counted.contains("JPY 123456, ") && counted.contains("BHD 123.456, "));
    assert_eq!(said.join(", "), counted);
}
