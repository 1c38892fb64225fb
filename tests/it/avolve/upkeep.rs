//! What the backend runs from time to time: statistics, and the months of the log.

use super::{ONE, TWO, backend, people, signed_in};

#[test]
fn statistics_are_refreshed_beside_readers_and_read_by_their_owner() {
    let db = people();
    assert_eq!(
        signed_in(
            &db,
            ONE,
            &format!(
                "SELECT record_consent('{ONE}', 'x', ARRAY['y']), transition_phase('{ONE}', 'self', 'onboarding')"
            )
        ),
        "00000"
    );
    db.sql(&format!("INSERT INTO user_progress (user_id, pillar, progress) VALUES ('{ONE}', 'community', 50)"));
    assert_eq!(db.value(&format!("SELECT count(*) FROM get_user_progress_stats('{ONE}')")), "0");
    assert_eq!(backend(&db, "SELECT refresh_user_stats()"), "00000");
    assert_eq!(db.value(&format!("SELECT concat_ws(' ', active_pillars, highest_phase, trim_scale(avg_progress)) FROM get_user_progress_stats('{ONE}')")), "2 onboarding 25");
    assert_eq!(
        db.value(&format!(
            "SELECT concat_ws(' ', total_consents, approved_count) FROM get_user_consent_stats('{ONE}')"
        )),
        "1 1"
    );
    assert_eq!(signed_in(&db, ONE, "SELECT refresh_user_stats()"), "42501");
    for function in ["get_user_progress_stats", "get_user_consent_stats"] {
        let call = format!("SELECT * FROM {function}('{ONE}')");
        assert_eq!(
            (signed_in(&db, ONE, &call), signed_in(&db, TWO, &call), backend(&db, &call)),
            ("00000".into(), "42501".into(), "00000".into())
        );
    }
}

#[test]
fn months_are_made_ahead_and_rows_that_were_caught_find_their_place() {
    let db = people();
    let ahead = "SELECT bool_and(to_regclass('activity_logs_' || to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n), '\"y\"YYYY\"m\"MM')) IS NOT NULL) FROM generate_series(0, 3) AS n";
    assert_eq!(db.value(ahead), "true");
    db.sql("SET timezone = 'Asia/Tokyo';
            INSERT INTO activity_logs (action, created_at) VALUES ('first', '2025-01-01 00:00+00'), ('last', '2025-01-31 23:59:59.999999+00'),
                ('early', '2024-12-31 23:59:59.999999+00'), ('never', 'infinity'), ('late', '9999-01-01');
            SELECT ensure_activity_log_partitions()");
    let places = "SELECT string_agg(concat(action, ' ', tableoid::regclass), ', ' ORDER BY action) FROM activity_logs";
    assert_eq!(
        db.value(places),
        "early activity_logs_y2024m12, first activity_logs_y2025m01, last activity_logs_y2025m01, late activity_logs_default, never activity_logs_default"
    );
    assert_eq!(db.value("ensure_activity_log_partitions()"), "0");
    assert_eq!(backend(&db, "SELECT ensure_activity_log_partitions(6)"), "00000");
    for (call, code) in [
        ("ensure_activity_log_partitions(-1)", "22023"),
        ("ensure_activity_log_partitions(NULL)", "22023"),
        ("create_activity_log_partition('1999-12-31')", "22023"),
        ("create_activity_log_partition('infinity')", "22023"),
    ] {
        assert_eq!(backend(&db, &format!("SELECT {call}")), code, "{call}");
    }
    assert_eq!(db.value("create_activity_log_partition('2025-01-15')"), "false");
    let open = "SELECT string_agg(relname, ' ') FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid WHERE i.inhparent = 'activity_logs'::regclass AND NOT relrowsecurity";
    assert_eq!(db.value(open), "NULL");
}

#[test]
fn a_lock_that_a_stranger_holds_is_not_waited_for_without_end() {
    let db = people();
    let mut stranger = crate::support::wait(db.connect());
    let held = format!(
        "SELECT pg_advisory_lock(hashtextextended('user_consent {ONE} x', 0)), pg_advisory_lock(hashtextextended('create_activity_log_partition', 0))"
    );
    crate::support::wait(async { sqlx::raw_sql(sqlx::AssertSqlSafe(held)).execute(&mut stranger).await.unwrap() });
    let limited = |sql: &str| format!("SET statement_timeout = '60s'; {sql}");
    let consent = format!("SELECT record_consent('{ONE}', 'x', ARRAY['y'])");
    assert_eq!(signed_in(&db, ONE, &limited(&consent)), "55P03");
    assert_eq!(backend(&db, &limited("SELECT create_activity_log_partition('2031-01-01')")), "55P03");
    // Another matter of hers is not held up.
    assert_eq!(signed_in(&db, ONE, &format!("SELECT record_consent('{ONE}', 'z', ARRAY['y'])")), "00000");
    drop(stranger);
}
