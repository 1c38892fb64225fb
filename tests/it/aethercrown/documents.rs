//! What the application's document gets wrong, run as it was written, and how the migrated schema
//! does it right. The first line of a file says what is expected of it, as in `documents/mimivibe`.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Row as _};

use super::migrated;
use crate::support::{Db, Template, file, wait};

/// Defects of queries about the server; the schema has no part in them.
const QUERIES: [&str; 3] = ["index_usage_query", "table_sizes_query", "table_sizes_of_partitions"];

/// The files by name, with their text.
fn documents() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(file("tests/it/documents/aethercrown")).expect("the folder of the documents");
    let named = |path: std::path::PathBuf| {
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
    };
    entries.map(|entry| named(entry.expect("an entry").path())).collect()
}

#[test]
fn every_defect_of_the_document_can_be_reproduced() {
    for (name, sql) in documents() {
        let first = sql.lines().next().unwrap_or_default();
        let expected = first.strip_prefix("-- expect: ").unwrap_or_else(|| panic!("{name} begins with: {first}"));
        let end = sql.trim_end().trim_end_matches(';');
        let (before, last) = end.rsplit_once(";\n").map_or(("", end), |(before, last)| (before, last));
        let db = Db::new(Template::Empty);
        assert_eq!(db.sqlstate(before), "00000", "{name}, before its last statement");
        if let Some(what) = expected.strip_prefix("wrong ") {
            let row =
                wait(async { sqlx::query(AssertSqlSafe(last.to_owned())).fetch_one(&mut db.connect().await).await });
            let wrong: bool = row.unwrap_or_else(|e| panic!("{name}: {e}")).get(0);
            assert!(wrong && !what.trim().is_empty(), "{name} is not wrong any more: {what}");
        } else {
            assert_eq!(db.sqlstate(last), expected, "{name}");
        }
    }
}

#[test]
fn every_defect_has_a_test_of_how_it_was_mended() {
    let found: BTreeSet<String> = documents().into_iter().map(|(name, _)| name).collect();
    assert_eq!(found, MENDED.iter().chain(&QUERIES).map(|&name| name.to_owned()).collect());
}

pub(super) const ONE: &str = "00000000-0000-4000-8000-000000000001";
pub(super) const TWO: &str = "00000000-0000-4000-8000-000000000002";

/// Somebody with a clone, a task, a payment and an entry in the log, and a stranger.
pub(super) const PEOPLE: &str = "
    INSERT INTO users (id, email, password_hash) VALUES
        ('00000000-0000-4000-8000-000000000001', 'one@example.com', 'a hash'),
        ('00000000-0000-4000-8000-000000000002', 'two@example.com', 'a hash');
    INSERT INTO ai_clones (id, name, model_type, user_id) VALUES
        ('00000000-0000-4000-8000-00000000000a', 'One', 'analyst', '00000000-0000-4000-8000-000000000001');
    INSERT INTO ai_tasks (task_name, clone_id) VALUES ('Task', '00000000-0000-4000-8000-00000000000a');
    INSERT INTO payments (order_id, amount, user_id) VALUES ('ORDER', 29, '00000000-0000-4000-8000-000000000001');
    INSERT INTO activity_logs (log_type, entity_id, action, user_id)
        SELECT 'payment', id, 'payment.created', user_id FROM payments";

/// The SQLSTATE of statements that the user with this id runs, signed in.
fn signed_in(db: &Db, user: &str, sql: &str) -> String {
    db.sqlstate(&format!(
        "SET SESSION AUTHORIZATION authenticated; SET request.jwt.claims = '{{\"sub\": \"{user}\"}}'; {sql}"
    ))
}

/// What setting a column to a value comes to, for several values.
fn each<const N: usize>(db: &Db, column: &str, values: [&str; N]) -> [String; N] {
    let (table, name) = column.split_once('.').unwrap();
    values.map(|value| db.sqlstate(&format!("UPDATE {table} SET {name} = {value}")))
}

/// Tests by the document that they answer.
macro_rules! mended {
    ($($document:ident: fn $name:ident($db:ident) $body:block)+) => {
        const MENDED: &[&str] = &[$(stringify!($document)),+];
        $(
            #[test]
            fn $name() {
                let $db = migrated();
                $db.sql(PEOPLE);
                let $db = &$db;
                $body
            }
        )+
    };
}

mended! {
    second_log_table: fn there_is_one_log_and_it_is_partitioned(db) {
        let logs = db.value("SELECT string_agg(concat(relname, ' ', relkind), ', ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname LIKE '%logs%' AND relkind IN ('r', 'p') AND NOT relispartition");
        assert_eq!(logs, "activity_logs p");
        assert_eq!(db.value("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'activity_logs'::regclass AND contype = 'p'"), "PRIMARY KEY (id, created_at)");
    }
    partition_of_a_plain_table: fn a_month_can_be_added_to_the_log(db) {
        assert_eq!(db.sqlstate("CREATE TABLE activity_logs_2019_01 PARTITION OF activity_logs FOR VALUES FROM ('2019-01-01Z') TO ('2019-02-01Z')"), "00000");
    }
    partition_of_a_session: fn months_are_those_of_utc_and_meet(db) {
        // No bound of a month but the first is without the month before it.
        let gaps = db.value("SELECT count(*) FROM (SELECT lag(high) OVER (ORDER BY low) AS before, low FROM (
                SELECT substring(bound FROM $$FROM \\('([^']+)$$)::timestamptz AS low, substring(bound FROM $$TO \\('([^']+)$$)::timestamptz AS high
                  FROM (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'activity_logs'::regclass) b
                 WHERE bound <> 'DEFAULT') m) g WHERE before <> low OR low <> date_trunc('month', low, 'UTC')");
        assert_eq!(gaps, "0");
    }
    policies_need_auth_uid: fn a_policy_knows_who_is_calling_without_anything_installed(db) {
        let who = |claims: &str| db.value(&format!("SELECT auth.uid() FROM set_config('request.jwt.claims', '{claims}', false)"));
        assert_eq!(who(&format!(r#"{{"sub": "{ONE}"}}"#)), ONE);
        assert_eq!([who(""), who("{"), who(r#"{"sub": "user_2abcDEF"}"#)], ["NULL", "NULL", "NULL"]);
    }
    no_grants: fn a_user_sees_what_is_theirs_and_no_more(db) {
        // Divides by zero where it is not exactly one.
        for table in ["users", "ai_clones", "ai_tasks"] {
            assert_eq!(signed_in(db, ONE, &format!("SELECT 1 / (count(*) = 1)::integer FROM {table}")), "00000", "{table}");
        }
        assert_eq!(signed_in(db, TWO, "SELECT 1 / (count(*) = 1)::integer FROM users"), "00000");
        for table in ["ai_clones", "ai_tasks"] {
            assert_eq!(signed_in(db, TWO, &format!("SELECT 1 / (count(*) = 0)::integer FROM {table}")), "00000", "{table}");
        }
    }
    truncate_ignores_policies: fn nobody_who_is_signed_in_empties_a_table(db) {
        for table in ["users", "ai_clones", "ai_tasks", "payments", "activity_logs", "activity_logs_default"] {
            assert_eq!(signed_in(db, ONE, &format!("TRUNCATE {table} CASCADE")), "42501", "{table}");
        }
    }
    partition_ignores_policies: fn no_partition_is_a_way_around_its_parent(db) {
        let partitions = db.value("SELECT string_agg(inhrelid::regclass::text, ' ') FROM pg_inherits WHERE inhparent = 'activity_logs'::regclass");
        assert!(partitions.split(' ').count() >= 17);
        for table in partitions.split(' ') {
            assert_eq!(signed_in(db, ONE, &format!("SELECT FROM {table}")), "42501", "{table}");
            // Whoever gives everything away by mistake still shows nothing.
            db.sql(&format!("GRANT ALL ON {table} TO authenticated"));
            assert_eq!(signed_in(db, ONE, &format!("SELECT 1 / (count(*) = 0)::integer FROM {table}")), "00000", "{table}");
            assert_eq!(signed_in(db, ONE, &format!("INSERT INTO {table} (log_type, entity_id, action) VALUES ('x', gen_random_uuid(), 'x')")), "42501", "{table}");
        }
    }
    password_hash_granted: fn a_password_hash_is_read_and_written_by_the_owner_alone(db) {
        for role in ["anon", "authenticated", "service_role", "bursar_auditor", "bursar_support", "bursar_operator"] {
            for right in ["SELECT", "INSERT", "UPDATE", "REFERENCES"] {
                assert_eq!(db.value(&format!("has_column_privilege('{role}', 'users', 'password_hash', '{right}')")), "false", "{role} {right}");
            }
        }
        assert_eq!(signed_in(db, ONE, "SELECT * FROM users"), "42501");
        assert_eq!(signed_in(db, ONE, "SELECT u FROM users u"), "42501");
    }
    payment_of_nothing: fn an_amount_is_positive_and_finite(db) {
        assert_eq!(each(db, "payments.amount", ["0", "-0.01", "'NaN'", "0.001"]), ["23514"; 4]);
        assert_eq!(each(db, "payments.amount", ["'Infinity'", "100000000"]), ["22003"; 2]);
        assert_eq!(each(db, "payments.amount", ["0.01", "99999999.99"]), ["00000"; 2]);
    }
    payment_in_no_currency: fn a_currency_is_one_of_iso_4217(db) {
        assert_eq!(each(db, "payments.currency", ["'usd'", "'Dollars'", "'ZZZ'", "''", "'XXX'", "'US'", "'USD '"]), ["23514"; 7]);
        assert_eq!(each(db, "payments.currency", ["NULL"]), ["23502"]);
        assert_eq!(each(db, "payments.currency", ["'EUR'", "'JPY'", "'THB'", "'KWD'", "'XCG'", "'HRK'", "DEFAULT"]), ["00000"; 7]);
    }
    states_of_any_kind: fn a_state_is_one_of_its_vocabulary(db) {
        db.sql("UPDATE payments SET status = 'created'");
        for (column, words) in [
            ("users.role", "user admin"),
            ("ai_clones.status", "active inactive archived"),
            ("ai_tasks.status", "pending in_progress failed"),
            ("ai_tasks.priority", "low medium high urgent"),
            ("payments.status", "created pending failed"),
            ("activity_logs.level", "debug info warning error critical"),
        ] {
            for word in words.split(' ') {
                assert_eq!(each(db, column, [&format!("'{word}'")]), ["00000"], "{column} {word}");
            }
            assert_eq!(each(db, column, ["'emperor'", "''", "NULL"]), ["23514", "23514", "23502"], "{column}");
        }
        let defaults = db.value("SELECT concat_ws(' ', (SELECT role FROM users LIMIT 1), p.status, p.currency, p.payment_method) FROM payments p");
        assert_eq!(defaults, "admin failed USD paypal");
    }
    completion_of_any_kind: fn a_completion_has_its_time_and_nothing_else_has_one(db) {
        for (table, with, without) in [
            ("payments", "completed partially_refunded refunded", "created pending failed"),
            ("ai_tasks", "completed", "pending in_progress failed"),
        ] {
            for (words, time, none) in [(with, "00000", "23514"), (without, "23514", "00000")] {
                for word in words.split(' ') {
                    let set = |at: &str| db.sqlstate(&format!("UPDATE {table} SET status = '{word}', completed_at = {at}"));
                    assert_eq!([set("now()"), set("NULL")], [time, none], "{table} {word}");
                }
            }
        }
    }
    lists_for_objects: fn documents_are_objects_or_not_given(db) {
        for column in ["ai_clones.config", "ai_tasks.task_input", "ai_tasks.task_output", "payments.metadata", "activity_logs.details"] {
            assert_eq!(each(db, column, ["'[]'", "'\"warm\"'", "'null'", "'7'"]), ["23514"; 4], "{column}");
            assert_eq!(each(db, column, ["'{\"a\": []}'", "NULL", "DEFAULT"]), ["00000"; 3], "{column}");
        }
    }
    user_deleted: fn whoever_paid_is_kept_and_anybody_else_takes_their_things_along(db) {
        let code = db.sqlstate(&format!("DELETE FROM users WHERE id = '{ONE}'"));
        assert!(["23503", "23001"].contains(&code.as_str()), "{code}");
        db.sql(&format!("DELETE FROM payments; DELETE FROM users WHERE id = '{ONE}'"));
        let left = db.value("SELECT concat_ws(' ', (SELECT count(*) FROM ai_clones), (SELECT count(*) FROM ai_tasks), (SELECT count(*) FROM activity_logs WHERE user_id IS NULL))");
        assert_eq!(left, "0 0 1");
    }
    index_twice: fn every_index_of_the_document_is_there_once(db) {
        let twice = db.value("SELECT count(*) FROM (SELECT FROM pg_index WHERE indrelid::regclass::text !~ '^(pg_|bursar)' GROUP BY indrelid, indkey::text, indclass::text, indpred::text HAVING count(*) > 1) x");
        assert_eq!(twice, "0");
        let wanted = "idx_users_created_at idx_clones_user_id idx_clones_status idx_clones_created_at idx_clones_config idx_tasks_clone_id idx_tasks_status idx_tasks_priority idx_tasks_created_at idx_tasks_completed_at idx_tasks_input idx_tasks_output idx_active_tasks idx_tasks_clone_status idx_payments_status idx_payments_user_id idx_payments_created_at idx_payments_amount idx_payments_metadata idx_logs_type idx_logs_entity_id idx_logs_level idx_logs_created_at idx_logs_user_id idx_logs_details";
        for index in wanted.split(' ') {
            assert_eq!(db.value(&format!("to_regclass('{index}') IS NOT NULL")), "true", "{index}");
        }
        // Foreign keys are followed by an index of their column.
        let bare = db.value("SELECT count(*) FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1])");
        assert_eq!(bare, "0");
    }
    changes_of_one_time: fn every_change_has_a_time_of_its_own(db) {
        for table in ["users", "ai_clones", "ai_tasks", "payments"] {
            // The first change is made from what is there, the others within one transaction.
            db.sql(&format!(
                "CREATE TABLE times AS SELECT id, updated_at FROM {table}; BEGIN;
                 UPDATE {table} SET updated_at = '1999-01-01'; INSERT INTO times SELECT id, updated_at FROM {table};
                 SELECT pg_sleep(0.002);
                 UPDATE {table} SET updated_at = NULL; INSERT INTO times SELECT id, updated_at FROM {table}; COMMIT"
            ));
            let differ = "SELECT bool_and(n = 3 AND first > now() - interval '1 hour') FROM (SELECT count(DISTINCT updated_at) AS n, min(updated_at) AS first FROM times GROUP BY id) x";
            assert_eq!(db.value(differ), "true", "{table}");
            db.sql("DROP TABLE times");
        }
    }
}
