//! Days: whose today it is, what may be entered for which, averages and streaks.

use std::collections::BTreeSet;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{id, with_users};
use crate::support::Db;

/// Enters these dates for a user.
fn enter(db: &Db, user: u32, dates: &[&str]) {
    let list = dates.join(",");
    db.sql(&format!(
        "INSERT INTO wellness_entries (user_id, date) SELECT '{}', unnest('{{{list}}}'::date[])",
        id(user)
    ));
}

#[test]
fn a_time_zone_is_one_of_the_servers_names() {
    let db = with_users(&[(1, "UTC")]);
    for zone in ["Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "UTC"] {
        assert_eq!(db.sqlstate(&format!("UPDATE users SET timezone = '{zone}'")), "00000", "{zone}");
    }
    assert_eq!(db.sqlstate("UPDATE users SET timezone = NULL"), "00000");
    for zone in ["Mars/Base1", "UTC+1", "EST5", "+02:00", "europe/berlin", " UTC", "", "Europe/Berlin' OR 'a"] {
        let quoted = zone.replace('\'', "''");
        assert_eq!(db.sqlstate(&format!("UPDATE users SET timezone = '{quoted}'")), "23514", "{zone}");
        let insert = format!(
            "INSERT INTO users (email, timezone) VALUES ('x@example.com', 'Asia/Tokyo'), ('y@example.com', '{quoted}')"
        );
        assert_eq!(db.sqlstate(&insert), "23514", "{zone}");
    }
    assert_eq!(db.value("SELECT count(*) FROM users"), "1");
    // A zone that the server no longer knows stays, and the rest of the row can be changed.
    db.sql("SET session_replication_role = replica; UPDATE users SET timezone = 'Europe/Atlantis'");
    db.sql("UPDATE users SET full_name = 'Ada'");
    assert_eq!(db.value(&format!("SELECT user_today('{}', '2026-01-01 23:59Z')", id(1))), "2026-01-01");
    enter(&db, 1, &["2026-01-01"]);
}

#[test]
fn today_is_the_users_in_every_zone_and_on_the_days_on_which_clocks_change() {
    let db = with_users(&[(1, "UTC")]);
    for (zone, at, today) in [
        ("UTC", "2026-06-01 00:00:00Z", "2026-06-01"),
        ("Pacific/Kiritimati", "2026-06-01 09:59:59Z", "2026-06-01"),
        ("Pacific/Kiritimati", "2026-06-01 10:00:00Z", "2026-06-02"),
        ("Etc/GMT+12", "2026-06-01 11:59:59Z", "2026-05-31"),
        ("Etc/GMT+12", "2026-06-01 12:00:00Z", "2026-06-01"),
        ("Asia/Kolkata", "2026-02-28 18:29:59Z", "2026-02-28"),
        ("Asia/Kolkata", "2026-02-28 18:30:00Z", "2026-03-01"),
        // The clock goes forward at 7:00Z, so midnight is at 5:00Z before and at 4:00Z after.
        ("America/New_York", "2026-03-08 04:59:59Z", "2026-03-07"),
        ("America/New_York", "2026-03-08 05:00:00Z", "2026-03-08"),
        ("America/New_York", "2026-03-09 03:59:59Z", "2026-03-08"),
        ("America/New_York", "2026-03-09 04:00:00Z", "2026-03-09"),
        // And back at 6:00Z: a day of 25 hours.
        ("America/New_York", "2026-11-01 04:00:00Z", "2026-11-01"),
        ("America/New_York", "2026-11-02 04:59:59Z", "2026-11-01"),
        ("America/New_York", "2026-11-02 05:00:00Z", "2026-11-02"),
        // Midnight itself is skipped there: the day begins at one.
        ("America/Santiago", "2025-09-07 03:59:59Z", "2025-09-06"),
        ("America/Santiago", "2025-09-07 04:00:00Z", "2025-09-07"),
        ("Europe/Berlin", "2026-12-31 23:00:00Z", "2027-01-01"),
    ] {
        db.sql(&format!("UPDATE users SET timezone = '{zone}'"));
        assert_eq!(db.value(&format!("SELECT user_today('{}', '{at}')", id(1))), today, "{zone} at {at}");
    }
    db.sql("UPDATE users SET timezone = NULL");
    assert_eq!(db.value(&format!("SELECT user_today('{}', '2026-06-01 23:59Z')", id(1))), "2026-06-01");
    assert_eq!(db.value("SELECT user_today(NULL, '2026-06-01 23:59Z')"), "2026-06-01");
    for at in ["NULL", "'infinity'", "'-infinity'"] {
        assert_eq!(db.sqlstate(&format!("SELECT user_today('{}', {at})", id(1))), "22023", "{at}");
    }
}

#[test]
fn values_that_cannot_be_are_refused_and_those_at_the_edge_are_not() {
    let db = with_users(&[(1, "UTC")]);
    let entry = |column: &str, value: &str| {
        db.sqlstate(&format!("INSERT INTO wellness_entries (user_id, date, {column}) VALUES ('{}', '2026-01-01', {value}); DELETE FROM wellness_entries", id(1)))
    };
    for (column, good, bad) in [
        ("sleep_hours", &["0", "24", "24.004", "NULL"][..], &["-0.01", "24.01", "'NaN'"][..]),
        ("water_intake_ml", &["0", "2147483647", "NULL"], &["-1"]),
        ("exercise_minutes", &["0", "NULL"], &["-1"]),
        ("meditation_minutes", &["0", "NULL"], &["-1"]),
        ("mood_score", &["0", "9.99", "NULL"], &["-0.01", "'NaN'"]),
        ("energy_level", &["0", "9.99", "NULL"], &["-0.01", "'NaN'"]),
    ] {
        for value in good {
            assert_eq!(entry(column, value), "00000", "{column} {value}");
        }
        for value in bad {
            assert_eq!(entry(column, value), "23514", "{column} {value}");
        }
    }
    // The types themselves hold no more than two digits, and no infinity.
    for (column, value) in
        [("mood_score", "10"), ("sleep_hours", "100"), ("sleep_hours", "'Infinity'"), ("energy_level", "9.995")]
    {
        assert_eq!(entry(column, value), "22003", "{column} {value}");
    }
    let progress = |value: &str| {
        db.sqlstate(&format!("INSERT INTO module_progress (user_id, module_name, progress_percentage) VALUES ('{}', 'sleep', {value}); DELETE FROM module_progress", id(1)))
    };
    for (value, state) in [
        ("0", "00000"),
        ("100", "00000"),
        ("NULL", "00000"),
        ("-0.01", "23514"),
        ("100.01", "23514"),
        ("'NaN'", "23514"),
    ] {
        assert_eq!(progress(value), state, "{value}");
    }
    let message = |role: &str, tokens: &str| {
        db.sqlstate(&format!(
            "WITH c AS (INSERT INTO conversations (user_id, module_name) VALUES ('{}', 'sleep') RETURNING id) SELECT 1;
             INSERT INTO messages (conversation_id, role, content, tokens_used) SELECT id, '{role}', 'x', {tokens} FROM conversations",
            id(1)
        ))
    };
    assert_eq!((message("user", "NULL"), message("assistant", "0")), ("00000".to_owned(), "00000".to_owned()));
    assert_eq!((message("system", "NULL"), message("assistant", "-1")), ("23514".to_owned(), "23514".to_owned()));
}

#[test]
fn nobody_enters_a_day_that_has_not_begun_for_them() {
    let zones = [(1, "Pacific/Kiritimati"), (2, "Etc/GMT+12"), (3, "UTC")];
    let db = with_users(&zones);
    for (user, zone) in zones {
        let user = id(user);
        let insert = |table: &str, days: i32| {
            format!(
                "INSERT INTO {table} (user_id, date) VALUES ('{user}', user_today('{user}', clock_timestamp()) + {days})"
            )
        };
        for (days, state) in [(0, "00000"), (-1, "00000"), (-400, "00000"), (1, "23514"), (2, "23514"), (300, "23514")]
        {
            assert_eq!(db.sqlstate(&insert("wellness_entries", days)), state, "{zone} {days}");
        }
        // A partition that is written directly is no way around it, neither is a later change.
        let partition =
            db.value(&format!("SELECT 'wellness_entries_' || to_char(user_today('{user}') + 1, 'YYYY_MM')"));
        assert_eq!(db.sqlstate(&insert(&partition, 1)), "23514", "{zone} {partition}");
        for change in ["date = date + 2", "date = 'infinity'"] {
            let update = format!(
                "UPDATE wellness_entries SET {change} WHERE user_id = '{user}' AND date = user_today('{user}')"
            );
            assert_eq!(db.sqlstate(&update), "23514", "{zone} {change}");
        }
        assert_eq!(
            db.sqlstate(&format!("INSERT INTO wellness_entries (user_id, date) VALUES ('{user}', 'infinity')")),
            "23514"
        );
        assert_eq!(
            db.sqlstate(&format!("INSERT INTO wellness_entries (user_id, date) VALUES ('{user}', '-infinity')")),
            "23514"
        );
        assert_eq!(
            db.sqlstate(&format!("INSERT INTO wellness_entries (user_id, date) VALUES ('{user}', '1999-12-31')")),
            "23514"
        );
    }
    // Half of the world is a date ahead of the other half, so who moves far enough west is behind an entry of theirs.
    // It stays and can be changed, but no other is made for that day.
    db.sql(&format!("UPDATE users SET timezone = 'Etc/GMT+12' WHERE id = '{}'", id(1)));
    db.sql(&format!("UPDATE wellness_entries SET sleep_hours = 8 WHERE user_id = '{}'", id(1)));
    let twice = format!(
        "INSERT INTO wellness_entries (user_id, date) SELECT '{0}', max(date) FROM wellness_entries WHERE user_id = '{0}'
         ON CONFLICT (user_id, date) DO UPDATE SET sleep_hours = 7",
        id(1)
    );
    assert_eq!(db.sqlstate(&twice), "23514");
}

#[test]
fn a_user_has_one_entry_a_day() {
    let db = with_users(&[(1, "UTC"), (2, "UTC")]);
    enter(&db, 1, &["2026-01-31", "2026-02-01"]);
    enter(&db, 2, &["2026-01-31"]);
    let insert =
        format!("INSERT INTO wellness_entries (user_id, date, sleep_hours) VALUES ('{}', '2026-01-31', 6)", id(1));
    assert_eq!(db.sqlstate(&insert), "23505");
    assert_eq!(db.sqlstate(&insert.replace("wellness_entries ", "wellness_entries_2026_01 ")), "23505");
    db.sql(&format!("{insert} ON CONFLICT (user_id, date) DO UPDATE SET sleep_hours = excluded.sleep_hours"));
    assert_eq!(db.sqlstate("UPDATE wellness_entries SET date = '2026-02-01'"), "23505");
    assert_eq!(db.value("SELECT count(*) || ' ' || sum(sleep_hours) FROM wellness_entries"), "3 6.00");
    assert_eq!(
        db.sqlstate(&format!("INSERT INTO wellness_entries (user_id, date) VALUES ('{}', '2026-01-01')", id(9))),
        "23503"
    );
    db.sql("DELETE FROM users");
    assert_eq!(db.value("SELECT count(*) FROM wellness_entries"), "0");
}

#[test]
fn stats_span_exactly_the_days_that_were_asked_for() {
    let db = with_users(&[(1, "Pacific/Kiritimati"), (2, "Etc/GMT+12"), (3, "UTC")]);
    for user in [1, 2, 3] {
        db.sql(&format!(
            "INSERT INTO wellness_entries (user_id, date, sleep_hours, mood_score, energy_level, water_intake_ml, exercise_minutes, meditation_minutes)
             SELECT '{0}', user_today('{0}') - n, 6 + n % 2, n % 10, 9.99, 1000 * (n + 1), n, CASE n WHEN 3 THEN 10 END FROM generate_series(0, 40) AS n",
            id(user)
        ));
        let stats = |days: &str| db.value(&format!("SELECT get_wellness_stats('{}'{days})", id(user)));
        assert_eq!(stats(", 1"), "(6.00,0.00,9.99,1000,0,,1)");
        assert_eq!(stats(", 2"), "(6.50,0.50,9.99,1500,1,,2)", "half a minute is rounded up");
        assert_eq!(stats(", 7"), "(6.43,3.00,9.99,4000,3,10,7)");
        assert_eq!(stats(""), stats(", 30"));
        assert!(stats("").ends_with(",30)"));
        assert!(stats(", 36600").ends_with(",41)"));
        for days in ["0", "-1", "NULL", "36601", "2147483647", "-2147483648"] {
            assert_eq!(db.sqlstate(&format!("SELECT get_wellness_stats('{}', {days})", id(user))), "22023", "{days}");
        }
    }
    assert_eq!(db.value(&format!("SELECT get_wellness_stats('{}')", id(9))), "(,,,,,,0)");
    assert_eq!(db.value("SELECT get_wellness_stats(NULL)"), "(,,,,,,0)");
    // Whatever is entered on which day, a window of so many days holds no other.
    for (days, last, expected) in [
        (3, "2026-03-01", "2026-02-27 2026-03-01"),
        (366, "2024-12-31", "2024-01-01 2024-12-31"),
        (1, "2026-01-01", "2026-01-01 2026-01-01"),
    ] {
        db.sql("DELETE FROM wellness_entries");
        db.sql(&format!("INSERT INTO wellness_entries (user_id, date) SELECT '{}', d FROM generate_series(date '{last}' - 400, date '{last}' + 5, '1 day') AS d", id(3)));
        let (from, to) = expected.split_once(' ').unwrap();
        assert_eq!(
            db.value(&format!("SELECT entries_count FROM wellness_stats_on('{}', {days}, '{last}')", id(3))),
            days.to_string()
        );
        db.sql(&format!("DELETE FROM wellness_entries WHERE date BETWEEN '{from}' AND '{to}'"));
        assert_eq!(
            db.value(&format!("SELECT entries_count FROM wellness_stats_on('{}', {days}, '{last}')", id(3))),
            "0"
        );
    }
}

#[test]
fn a_streak_ends_today_or_yesterday_and_at_the_first_gap() {
    let db = with_users(&[(1, "America/New_York")]);
    for (why, today, dates, expected) in [
        ("none", "2026-03-10", &[][..], "(0,,0)"),
        ("one, today", "2026-03-10", &["2026-03-10"], "(1,2026-03-10,1)"),
        ("one, yesterday", "2026-03-10", &["2026-03-09"], "(1,2026-03-09,1)"),
        ("one, too long ago", "2026-03-10", &["2026-03-08"], "(0,2026-03-08,1)"),
        ("today is missing", "2026-03-10", &["2026-03-07", "2026-03-08", "2026-03-09"], "(3,2026-03-09,3)"),
        (
            "a gap",
            "2026-03-10",
            &["2026-03-05", "2026-03-06", "2026-03-08", "2026-03-09", "2026-03-10"],
            "(3,2026-03-10,5)",
        ),
        ("a gap yesterday", "2026-03-10", &["2026-03-07", "2026-03-08", "2026-03-10"], "(1,2026-03-10,3)"),
        (
            "across months",
            "2026-03-02",
            &["2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"],
            "(5,2026-03-02,5)",
        ),
        ("across a leap day", "2028-03-01", &["2028-02-28", "2028-02-29", "2028-03-01"], "(3,2028-03-01,3)"),
        ("no leap day", "2026-03-01", &["2026-02-27", "2026-02-28", "2026-03-01"], "(3,2026-03-01,3)"),
        ("across years", "2026-01-01", &["2025-12-30", "2025-12-31", "2026-01-01"], "(3,2026-01-01,3)"),
        ("into DEFAULT", "2024-11-02", &["2024-10-30", "2024-10-31", "2024-11-01", "2024-11-02"], "(4,2024-11-02,4)"),
        ("tomorrow counts for nothing", "2026-03-10", &["2026-03-09", "2026-03-10", "2026-03-11"], "(2,2026-03-11,3)"),
        ("only tomorrow", "2026-03-10", &["2026-03-11"], "(0,2026-03-11,1)"),
    ] {
        db.sql("DELETE FROM wellness_entries");
        let list = dates.join(",");
        // Some of these days are still to come.
        db.sql(&format!(
            "SET session_replication_role = replica; INSERT INTO wellness_entries (user_id, date) SELECT '{}', unnest('{{{list}}}'::date[])",
            id(1)
        ));
        assert_eq!(db.value(&format!("SELECT wellness_streak_on('{}', '{today}')", id(1))), expected, "{why}");
    }
    // Across the change of the clocks of 8 March: today is what the user's clock says at that moment.
    db.sql("DELETE FROM wellness_entries");
    enter(&db, 1, &["2026-03-06", "2026-03-07", "2026-03-08"]);
    for (at, streak) in
        [("2026-03-09 03:59Z", "3"), ("2026-03-09 04:00Z", "3"), ("2026-03-10 03:59Z", "3"), ("2026-03-10 04:00Z", "0")]
    {
        let asked = format!("SELECT streak FROM wellness_streak_on('{0}', user_today('{0}', '{at}'))", id(1));
        assert_eq!(db.value(&asked), streak, "{at}");
    }
    assert_eq!(db.sqlstate(&format!("SELECT wellness_streak_on('{}', NULL)", id(1))), "22023");
    assert_eq!(db.sqlstate(&format!("SELECT wellness_streak_on('{}', 'infinity')", id(1))), "22023");
}

#[test]
fn a_streak_is_what_counting_day_by_day_comes_to() {
    let db = with_users(&[(1, "UTC")]);
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for round in 0..150 {
        // Days before the first of March, some of them missing.
        let density: f64 = rng.random_range(0.3..1.0);
        let days: BTreeSet<i32> = (0..60).filter(|_| rng.random::<f64>() < density).collect();
        let first = if days.contains(&0) { 0 } else { 1 };
        let expected = (first..).take_while(|day| days.contains(day)).count();
        let list: Vec<String> = days.iter().map(i32::to_string).collect();
        db.sql(&format!(
            "DELETE FROM wellness_entries;
             INSERT INTO wellness_entries (user_id, date) SELECT '{}', date '2026-03-01' - unnest('{{{}}}'::integer[])",
            id(1),
            list.join(",")
        ));
        let got = db.value(&format!("SELECT wellness_streak_on('{}', '2026-03-01')", id(1)));
        assert!(
            got.starts_with(&format!("({expected},")) && got.ends_with(&format!(",{})", days.len())),
            "round {round}: {got} for {days:?}"
        );
    }
}

#[test]
fn today_in_both_functions_is_the_users() {
    // At any time of the day one of the two is on another date than UTC.
    let db = with_users(&[(1, "Pacific/Kiritimati"), (2, "Etc/GMT+12")]);
    for user in [1, 2] {
        db.sql(&format!("INSERT INTO wellness_entries (user_id, date) SELECT '{0}', user_today('{0}') - n FROM generate_series(0, 2) AS n", id(user)));
        assert_eq!(db.value(&format!("SELECT streak FROM get_wellness_streak('{}')", id(user))), "3");
        assert_eq!(db.value(&format!("SELECT entries_count FROM get_wellness_stats('{}', 1)", id(user))), "1");
        assert_eq!(db.value(&format!("SELECT entries_count FROM get_wellness_stats('{}', 3)", id(user))), "3");
        db.sql(&format!("DELETE FROM wellness_entries WHERE user_id = '{0}' AND date = user_today('{0}')", id(user)));
        assert_eq!(db.value(&format!("SELECT streak FROM get_wellness_streak('{}')", id(user))), "2");
        db.sql(&format!(
            "DELETE FROM wellness_entries WHERE user_id = '{0}' AND date = user_today('{0}') - 1",
            id(user)
        ));
        assert_eq!(db.value(&format!("SELECT streak FROM get_wellness_streak('{}')", id(user))), "0");
    }
}
