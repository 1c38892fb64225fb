//! The months of the log: made ahead, and caught up with.

use sqlx::AssertSqlSafe;

use super::migrated;
use crate::support::{Db, wait};

const MADE: &str = "SELECT coalesce(string_agg(partition_name || ' ' || moved_rows, ', ' ORDER BY partition_name), '') FROM maintain_activity_logs_partitions";

fn log(db: &Db, at: &str) {
    db.sql(&format!("INSERT INTO activity_logs (log_type, entity_id, action, created_at) VALUES ('system', gen_random_uuid(), 'x', '{at}')"));
}

/// The months from `from` to `to`, counted from this one, that have a partition of their own.
fn months(db: &Db, from: i32, to: i32) -> String {
    db.value(&format!(
        "SELECT count(to_regclass('activity_logs_' || to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n), 'YYYY_MM')))
           FROM generate_series({from}, {to}) AS n"
    ))
}

#[test]
fn the_past_year_and_three_months_ahead_are_there_after_the_migration() {
    let db = migrated();
    assert_eq!((months(&db, -12, 3).as_str(), months(&db, 4, 5).as_str()), ("16", "0"));
    assert_eq!(db.value(&format!("{MADE}()")), "");
    assert!(db.value(&format!("{MADE}(5)")).ends_with(" 0"));
    assert_eq!(months(&db, -12, 5), "18");
    for wrong in ["-1", "121", "NULL", "2147483647"] {
        assert_eq!(db.sqlstate(&format!("SELECT maintain_activity_logs_partitions({wrong})")), "22023", "{wrong}");
    }
}

#[test]
fn rows_that_the_default_partition_caught_are_moved_to_months_of_utc() {
    let db = migrated();
    for at in [
        "2020-05-31 23:59:59.999999+00",
        "2020-06-01 00:00:00+00",
        "2020-06-30 23:00:00-05",
        "2199-12-31 12:00+00",
        "infinity",
        "0044-03-15 12:00+00 BC",
    ] {
        log(&db, at);
    }
    assert_eq!(db.value("SELECT count(*) FROM activity_logs_default"), "6");
    // The zone and the notation of the session make no difference.
    db.sql("SET timezone = 'Pacific/Auckland'; SET datestyle = 'SQL, DMY'; SELECT maintain_activity_logs_partitions()");
    let found = db.value("SELECT string_agg(tableoid::regclass::text || ' ' || n, ', ' ORDER BY tableoid::regclass::text) FROM (SELECT tableoid, count(*) AS n FROM activity_logs GROUP BY tableoid) x");
    assert_eq!(
        found,
        "activity_logs_2020_05 1, activity_logs_2020_06 1, activity_logs_2020_07 1, activity_logs_2199_12 1, activity_logs_default 2"
    );
    let bounds =
        db.value("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'activity_logs_2020_06'");
    assert_eq!(bounds.replace("+00'", "'"), "FOR VALUES FROM ('2020-06-01 00:00:00') TO ('2020-07-01 00:00:00')");
    assert_eq!(db.value(&format!("{MADE}()")), "", "what has no month stays where it is");
    db.bursar(&["audit"]).ok();
}

#[test]
fn a_partition_is_like_its_parent() {
    let db = migrated();
    log(&db, "2020-05-05 12:00+00");
    db.sql("SELECT maintain_activity_logs_partitions()");
    let like = |relation: &str| {
        db.value(&format!(
            "SELECT concat_ws(' ', c.relrowsecurity, (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid),
                    (SELECT string_agg(pg_get_constraintdef(k.oid), ', ' ORDER BY pg_get_constraintdef(k.oid)) FROM pg_constraint k WHERE k.conrelid = c.oid),
                    (SELECT string_agg(concat(a.attname, ' ', format_type(a.atttypid, a.atttypmod), ' ', a.attnotnull, ' ', pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attnum)
                       FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = c.oid AND a.attnum > 0))
               FROM pg_class c WHERE c.oid = '{relation}'::regclass"
        ))
    };
    assert_eq!(like("activity_logs_2020_05"), like("activity_logs"));
    assert_eq!(like("activity_logs_default"), like("activity_logs"));
    assert_eq!(db.sqlstate("INSERT INTO activity_logs (log_type, entity_id, action, user_id) VALUES ('x', gen_random_uuid(), 'x', gen_random_uuid())"), "23503");
}

#[test]
fn a_month_that_was_archived_does_not_stop_the_others() {
    let db = migrated();
    log(&db, "2020-05-05 12:00+00");
    db.sql(
        "SELECT maintain_activity_logs_partitions(); ALTER TABLE activity_logs DETACH PARTITION activity_logs_2020_05",
    );
    log(&db, "2020-05-06 12:00+00");
    log(&db, "2020-07-06 12:00+00");
    assert_eq!(db.value(&format!("{MADE}()")), "activity_logs_2020_07 1");
    assert_eq!(db.value("SELECT count(*) FROM activity_logs_default"), "1");
}

/// Calls at once make each month once, while rows keep coming in and others use the same tables in
/// the other order. None of them is lost, and nobody is ended for waiting in a circle.
#[test]
fn many_calls_at_once_make_each_month_once_and_disturb_nobody() {
    let db = migrated();
    db.sql("INSERT INTO users (email) VALUES ('one@example.com')");
    for month in 1..=6 {
        log(&db, &format!("2020-{month:02}-10 12:00+00"));
    }
    let made = wait(async {
        let mut running = Vec::new();
        for n in 0..16 {
            let mut connection = db.connect().await;
            running.push(tokio::spawn(async move {
                if n % 2 == 0 {
                    let sql = "SELECT count(*) FROM maintain_activity_logs_partitions()";
                    return sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut connection).await.unwrap();
                }
                for day in 1..=25 {
                    let insert = format!("INSERT INTO activity_logs (log_type, entity_id, action, created_at) VALUES ('system', gen_random_uuid(), 'x', '2020-{:02}-{day:02} 12:00+00')", n % 7 + 1);
                    let user = "UPDATE users SET last_login = now()";
                    let pause = "SELECT pg_sleep(0.01)";
                    let sql = match n % 4 {
                        1 => format!("BEGIN; {user}; {pause}; {insert}; COMMIT"),
                        _ => format!("BEGIN; {insert}; SELECT count(*) FROM activity_logs; {pause}; {user}; COMMIT"),
                    };
                    // A row that waited for the default partition while its month was made is refused once.
                    while let Err(e) = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut connection).await {
                        assert_eq!(e.as_database_error().and_then(|e| e.code()).as_deref(), Some("23514"), "{e}");
                        sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.unwrap();
                    }
                }
                0
            }));
        }
        let mut made = 0;
        for call in running {
            made += call.await.unwrap();
        }
        made
    });
    // Rows that came in after the last call are caught up with by the next one.
    let later: i64 = db.value("SELECT count(*) FROM maintain_activity_logs_partitions()").parse().unwrap();
    assert_eq!(made + later, 7);
    assert_eq!(db.value("SELECT count(*) FROM activity_logs"), "206");
    assert_eq!(db.value("SELECT count(*) FROM activity_logs_default"), "0");
}
