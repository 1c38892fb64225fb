//! Partitions: made ahead, closed, and nothing lost when entries move out of DEFAULT.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use sqlx::AssertSqlSafe;

use super::{APP, failed, id, with_users};
use crate::support::{Db, Template, wait};

/// The partitions other than DEFAULT, first and last.
fn span(db: &Db) -> String {
    db.value("SELECT min(relname) || ' ' || max(relname) || ' ' || count(*) FROM pg_class WHERE relispartition AND relkind = 'r' AND relname ~ '[0-9]$'")
}

fn code(error: &sqlx::Error) -> String {
    error.as_database_error().expect("the server's own").code().expect("a SQLSTATE").into_owned()
}

#[test]
fn partitions_are_made_ahead_and_again_only_where_they_are_missing() {
    let db = Db::new(Template::Migrated(APP));
    let expected = db.value("SELECT 'wellness_entries_' || to_char((now() AT TIME ZONE 'UTC') - interval '24 months', 'YYYY_MM') || ' wellness_entries_' || to_char((now() AT TIME ZONE 'UTC') + interval '12 months', 'YYYY_MM') || ' 37'");
    assert_eq!(span(&db), expected);
    assert_eq!(db.value("SELECT count(*) FROM make_wellness_partitions()"), "0");
    assert_eq!(db.value("SELECT count(*) FROM make_wellness_partitions(14, 26)"), "4");
    assert!(span(&db).ends_with(" 41"));
    for arguments in ["-1", "121", "NULL", "0, -1", "0, 121", "0, NULL"] {
        assert_eq!(db.sqlstate(&format!("SELECT make_wellness_partitions({arguments})")), "22023", "{arguments}");
    }
    // Whatever the server gives away by itself, a partition that is made later is closed, too.
    let open = "SELECT count(*) FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' AND (NOT c.relrowsecurity
                  OR EXISTS (SELECT FROM unnest(ARRAY['anon', 'authenticated', 'service_role']) r WHERE has_table_privilege(r, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')))";
    db.sql("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role; SET ROLE service_role; SELECT make_wellness_partitions(20)");
    assert!(span(&db).ends_with(" 47"));
    assert_eq!(db.value(open), "0");
    assert_eq!(db.value("SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relispartition AND t.tgname IN ('refuse_future_wellness', 'update_wellness_updated_at')"), "96");
    db.bursar(&["audit"]).ok();
}

#[test]
fn entries_that_default_caught_move_into_a_partition_as_they_are() {
    let db = with_users(&[(1, "UTC")]);
    db.sql(&format!(
        "UPDATE users SET created_at = '2019-12-31';
         INSERT INTO wellness_entries (user_id, date, nutrition_notes, created_at, updated_at)
         SELECT '{}', d, d::text, '2020-01-01', '2020-02-02' FROM unnest('{{2000-01-01,2001-02-28,2001-03-01,2001-03-31,2019-12-31}}'::date[]) AS d",
        id(1)
    ));
    let all = "SELECT md5(string_agg(w::text, '' ORDER BY date)) FROM wellness_entries w";
    let before = db.value(all);
    let report = db.json(&["audit", "-o", "json"]);
    assert_eq!(failed(&report), std::collections::BTreeSet::from(["wellness.partition".to_owned()]));
    assert_eq!(report["findings"].as_array().unwrap().len(), 4, "one a month");
    let made =
        db.value("SELECT string_agg(partition_name || ' ' || entries_moved, ', ') FROM make_wellness_partitions()");
    assert_eq!(
        made,
        "wellness_entries_2000_01 1, wellness_entries_2001_02 1, wellness_entries_2001_03 2, wellness_entries_2019_12 1"
    );
    assert_eq!(db.value(all), before);
    assert_eq!(db.value("SELECT count(*) FROM wellness_entries_default"), "0");
    assert_eq!(db.value("SELECT string_agg(DISTINCT tableoid::regclass::text, ' ') FROM wellness_entries WHERE date BETWEEN '2001-03-01' AND '2001-03-31'"), "wellness_entries_2001_03");
    db.bursar(&["audit"]).ok();
    // Keys and references hold there as well.
    let again = format!("INSERT INTO wellness_entries (user_id, date) VALUES ('{}', '2001-03-01')", id(1));
    assert_eq!(db.sqlstate(&again), "23505");
    db.sql("DELETE FROM users");
    assert_eq!(db.value("SELECT count(*) FROM wellness_entries"), "0");
}

#[test]
fn a_table_in_the_way_stops_it_and_leaves_everything_where_it_was() {
    let db = with_users(&[(1, "UTC")]);
    db.sql(&format!(
        "INSERT INTO wellness_entries (user_id, date) SELECT '{}', unnest('{{2001-02-28,2001-03-01}}'::date[])",
        id(1)
    ));
    db.sql("CREATE TABLE wellness_entries_2001_03 (id integer)");
    assert_eq!(db.sqlstate("SELECT make_wellness_partitions()"), "42P07");
    assert_eq!(db.value("SELECT count(*) FROM wellness_entries_default"), "2");
    assert!(span(&db).ends_with(" 37"));
}

#[test]
fn it_gives_up_where_a_transaction_stays_open_and_then_holds_nobody_up() {
    let db = with_users(&[(1, "UTC")]);
    wait(async {
        let mut reader = db.connect().await;
        sqlx::raw_sql("BEGIN; SELECT FROM wellness_entries").execute(&mut reader).await.unwrap();
        let mut maker = db.connect().await;
        // Nothing is missing, so nothing is in the way either.
        sqlx::raw_sql("SELECT make_wellness_partitions()").execute(&mut maker).await.unwrap();
        let error = sqlx::raw_sql("SELECT make_wellness_partitions(13)").execute(&mut maker).await.unwrap_err();
        assert_eq!(code(&error), "55P03", "{error}");
        let write = format!("INSERT INTO wellness_entries (user_id, date) VALUES ('{}', '2026-01-01')", id(1));
        sqlx::raw_sql(AssertSqlSafe(write)).execute(&mut maker).await.unwrap();
        sqlx::raw_sql("COMMIT").execute(&mut reader).await.unwrap();
        sqlx::raw_sql("SELECT make_wellness_partitions(13)").execute(&mut maker).await.unwrap();
    });
    assert!(span(&db).ends_with(" 38"));
}

#[test]
fn writers_and_several_runs_at_once_lose_nothing() {
    let db = with_users(&[(1, "UTC"), (2, "UTC"), (3, "UTC"), (4, "UTC")]);
    let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    wait(async {
        let writers: Vec<_> = (1..=4)
            .map(|user| {
                let (url, stop, written) = (db.url(), Arc::clone(&stop), Arc::clone(&written));
                tokio::spawn(async move {
                    let mut connection = crate::support::connect(&url).await;
                    for day in 0..2000 {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        // Every entry is in a month that has no partition yet, or has just got one, and what else is
                        // done comes in any order.
                        let mut parts = [
                            format!("UPDATE users SET full_name = 'x' WHERE id = '{}'", id(user)),
                            "SELECT count(*) FROM wellness_entries".to_owned(),
                            format!(
                                "INSERT INTO wellness_entries (user_id, date) VALUES ('{}', date '2010-01-01' + {})",
                                id(user),
                                day * 7 % 2000
                            ),
                        ];
                        parts.rotate_left(usize::try_from(day % 3).unwrap());
                        let sql = format!("BEGIN; {}; COMMIT", parts.join("; "));
                        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("an entry");
                        written.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let makers: Vec<_> = (0..2)
            .map(|_| {
                let (url, written) = (db.url(), Arc::clone(&written));
                tokio::spawn(async move {
                    let mut connection = crate::support::connect(&url).await;
                    let mut made = 0;
                    while made < 12 || made < 10_000 && written.load(Ordering::Relaxed) < 100 {
                        match sqlx::raw_sql("SELECT make_wellness_partitions()").execute(&mut connection).await {
                            Ok(_) => made += 1,
                            // On a slow machine it may give up, which is its answer, and harms nobody.
                            Err(error) => assert_eq!(code(&error), "55P03", "{error}"),
                        }
                    }
                })
            })
            .collect();
        for maker in makers {
            maker.await.expect("without an error");
        }
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.await.expect("without an error");
        }
    });
    db.sql("SELECT make_wellness_partitions()");
    assert!(written.load(Ordering::Relaxed) >= 100);
    assert_eq!(db.value("SELECT count(*) FROM wellness_entries"), written.load(Ordering::Relaxed).to_string());
    assert_eq!(db.value("SELECT count(*) FROM wellness_entries_default"), "0");
}
