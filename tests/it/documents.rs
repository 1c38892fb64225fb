//! What the application's document gets wrong, run as it was written, and how the migrated schema
//! does it right.
//!
//! The first line of a file says what is expected of it: `-- expect: SQLSTATE`, with which its last
//! statement fails, or `-- expect: wrong WHAT`, where its last statement returns true.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Row as _};

use crate::support::{Db, Template, file, wait};

/// Defects of queries about the server; the schema has no part in them.
const QUERIES: [&str; 2] = ["backup_query", "index_size_query"];

/// The files by name, with their text.
fn documents() -> Vec<(String, String)> {
    let folder = file("tests/it/documents/mimivibe");
    let entries = std::fs::read_dir(&folder).expect("the folder of the documents");
    let mut found: Vec<(String, String)> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                std::fs::read_to_string(&path).expect("SQL in UTF-8"),
            )
        })
        .collect();
    found.sort();
    found
}

/// The last statement, and what comes before it. No last statement has a body in dollars.
fn split(sql: &str) -> (&str, &str) {
    let end = sql.trim_end().trim_end_matches(';');
    let (before, last) = end.rsplit_once(";\n").map_or(("", end), |(before, last)| (before, last));
    assert!(!last.contains("$$"), "the last statement cannot be told: {last}");
    (before, last)
}

#[test]
fn every_defect_of_the_document_can_be_reproduced() {
    let documents = documents();
    assert!(documents.len() >= 27, "{} documents", documents.len());
    for (name, sql) in documents {
        let first = sql.lines().next().unwrap_or_default();
        let expected = first.strip_prefix("-- expect: ").unwrap_or_else(|| panic!("{name} begins with: {first}"));
        let db = Db::new(Template::Empty);
        let (before, last) = split(&sql);
        assert_eq!(db.sqlstate(before), "00000", "{name}, before its last statement");
        if let Some(what) = expected.strip_prefix("wrong ") {
            assert!(!what.trim().is_empty(), "{name} does not say what is wrong");
            let rows =
                wait(async { sqlx::query(AssertSqlSafe(last.to_owned())).fetch_all(&mut db.connect().await).await });
            let rows = rows.unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(rows.len(), 1, "{name}");
            assert!(rows[0].get::<bool, _>(0), "{name} is not wrong any more: {what}");
        } else {
            assert_eq!(expected.len(), 5, "{name} expects neither a SQLSTATE nor something wrong: {expected}");
            assert_eq!(db.sqlstate(last), expected, "{name}");
        }
    }
}

#[test]
fn every_defect_has_a_test_of_how_it_was_mended() {
    let found: BTreeSet<String> = documents().into_iter().map(|(name, _)| name).collect();
    let known: BTreeSet<String> = MENDED.iter().chain(&QUERIES).map(|&name| name.to_owned()).collect();
    assert_eq!(found, known);
}

/// A user with 40 stars of a payment, and a stranger.
const PEOPLE: &str = "
    INSERT INTO users (id, external_id, external_provider, email) VALUES
        ('00000000-0000-4000-8000-000000000001', 'one', 'clerk', 'one@example.com'),
        ('00000000-0000-4000-8000-000000000002', 'two', 'clerk', 'two@example.com');
    INSERT INTO payments (id, user_id, amount, status, package_type, stars_purchased, stars_bonus) VALUES
        ('00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-000000000001', 29900, 'succeeded', 'basic', 35, 5);
    SELECT wallet_purchase('00000000-0000-4000-8000-00000000000b')";
const ONE: &str = "00000000-0000-4000-8000-000000000001";
const TWO: &str = "00000000-0000-4000-8000-000000000002";
const PAID: &str = "00000000-0000-4000-8000-00000000000b";

fn people() -> Db {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(PEOPLE);
    db
}

fn stars(db: &Db) -> String {
    db.value(&format!("SELECT star_balance FROM users WHERE id = '{ONE}'"))
}

/// A reading of five cards, which costs two stars.
fn reading(db: &Db, question: &str) -> String {
    db.value(&format!("wallet_reading('{ONE}', '{question}', 'th', 5, '[1,2,3,4,5]', '{{}}')"))
}

/// The SQLSTATE of statements that the user with this id runs, signed in.
fn signed_in(db: &Db, user: &str, sql: &str) -> String {
    db.sqlstate(&format!(
        "SET SESSION AUTHORIZATION authenticated; SET request.jwt.claims = '{{\"sub\": \"{user}\"}}'; {sql}"
    ))
}

/// Tests by the document that they answer.
macro_rules! mended {
    ($($document:ident: fn $name:ident($db:ident) $body:block)+) => {
        const MENDED: &[&str] = &[$(stringify!($document)),+];
        $(
            #[test]
            fn $name() {
                let $db = people();
                let $db = &$db;
                $body
            }
        )+
    };
}

mended! {
    invite_code_generated: fn a_user_gets_a_code_of_ten_characters_that_nobody_else_has(db) {
        db.sql("INSERT INTO users (external_id, external_provider, email) SELECT n::text, 'clerk', n || '@example.com' FROM generate_series(1, 2000) AS n");
        assert_eq!(db.value("SELECT count(DISTINCT invite_code) FROM users"), "2002");
        assert_eq!(db.value("SELECT bool_and(invite_code ~ '^[0-9a-hjkmnp-tv-z]{10}$') FROM users"), "true");
        assert_eq!(db.sqlstate(&format!("UPDATE users SET invite_code = (SELECT invite_code FROM users WHERE id = '{ONE}')")), "23505");
    }
    wallet_before_its_references: fn an_entry_refers_only_to_what_is_there(db) {
        for column in ["related_payment_id", "related_reading_id", "related_invite_id", "user_id"] {
            let sql = format!(
                "INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, metadata{})
                 VALUES ('{}', 'adjustment', 1, 'STAR', 41, '{{\"direction\": \"credit\", \"reason\": \"x\", \"operator\": \"noi\"}}'{})",
                if column == "user_id" { String::new() } else { format!(", {column}") },
                if column == "user_id" { "00000000-0000-4000-8000-00000000000f" } else { ONE },
                if column == "user_id" { "" } else { ", '00000000-0000-4000-8000-00000000000f'" },
            );
            assert_eq!(db.sqlstate(&sql), "23503", "{column}");
        }
    }
    direction_unknown: fn every_entry_says_which_way_it_goes(db) {
        let sign = |arguments: &str| db.value(&format!("wallet_entry_sign({arguments})"));
        assert_eq!(sign("'refund', 'STAR', NULL, NULL"), "-1");
        assert_eq!(sign(&format!("'refund', 'STAR', NULL, '{ONE}'")), "1");
        assert_eq!((sign("'exchange', 'STAR', NULL, NULL"), sign("'exchange', 'COIN', NULL, NULL")), ("1".into(), "-1".into()));
        let insert = |kind: &str, unit: &str, metadata: &str| {
            db.sqlstate(&format!("INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, metadata) VALUES ('{ONE}', '{kind}', 1, '{unit}', 41, {metadata})"))
        };
        for (kind, unit, metadata) in [
            ("purchase", "STAR", "NULL"),
            ("reading", "STAR", "NULL"),
            ("invite_reward", "COIN", "NULL"),
            ("refund", "COIN", "NULL"),
            ("exchange", "STAR", "NULL"),
            ("exchange", "COIN", r#"'{"exchange_id": "7"}'"#),
            ("adjustment", "STAR", "NULL"),
            ("adjustment", "STAR", r#"'{"direction": "up", "reason": "x", "operator": "noi"}'"#),
            ("adjustment", "STAR", r#"'{"direction": "credit", "reason": " ", "operator": "noi"}'"#),
            ("adjustment", "STAR", r#"'[]'"#),
            ("purchase", "STAR", &format!(r#"'{{"reverses_entry_id": "{ONE}"}}'"#).replace(ONE, "no identifier")),
        ] {
            assert_eq!(insert(kind, unit, metadata), "23514", "{kind} {unit} {metadata}");
        }
        assert_eq!(insert("refund", "STAR", &format!(r#"'{{"reverses_entry_id": "{ONE}"}}'"#)), "23503");
    }
    spending_adds_up: fn the_signed_sum_of_the_ledger_is_the_balance(db) {
        reading(db, "Why?");
        let sum = "SELECT sum(amount * wallet_entry_sign(transaction_type, currency, metadata, related_reading_id)) FROM wallet_transactions";
        assert_eq!(db.value(sum), "38");
        assert_eq!(stars(db), "38");
        assert_eq!(db.value("SELECT balance_after FROM wallet_transactions ORDER BY seq DESC LIMIT 1"), "38");
    }
    recording_always_adds: fn a_reading_takes_its_price_and_is_not_there_without_it(db) {
        reading(db, "Why?");
        assert_eq!(stars(db), "38");
        assert_eq!(db.sqlstate(&format!("SELECT wallet_reading('{TWO}', 'Why?', 'th', 3, '[1,2,3]', '{{}}')")), "23514");
        assert_eq!(db.value("SELECT count(*) FROM tarot_readings"), "1");
    }
    lost_update: fn two_calls_at_once_are_both_in_the_balance(db) {
        wait(async {
            let mut first = db.connect().await;
            let call = format!("SELECT wallet_adjust('{ONE}', 'STAR', 10, 'credit', 'a prize', 'noi')");
            sqlx::raw_sql(AssertSqlSafe(format!("BEGIN; {call}"))).execute(&mut first).await.unwrap();
            let mut second = db.connect().await;
            let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut second).await.unwrap();
            let waiting = tokio::spawn(async move { sqlx::raw_sql(AssertSqlSafe(call)).execute(&mut second).await });
            while !sqlx::query_scalar::<_, bool>("SELECT cardinality(pg_blocking_pids($1)) > 0").bind(pid).fetch_one(&mut first).await.unwrap() {
                assert!(!waiting.is_finished(), "the second call did not wait for the first");
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            sqlx::raw_sql("COMMIT").execute(&mut first).await.unwrap();
            waiting.await.unwrap().unwrap();
        });
        assert_eq!(stars(db), "60");
        assert_eq!(db.value("SELECT array_agg(balance_after ORDER BY created_at, seq) FROM wallet_transactions"), "{40,50,60}");
    }
    purchase_credited_twice: fn a_payment_is_credited_once_whoever_writes(db) {
        db.sql(&format!("SELECT wallet_purchase('{PAID}')"));
        assert_eq!(stars(db), "40");
        let again = "INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, related_payment_id) SELECT user_id, transaction_type, amount, currency, 80, related_payment_id FROM wallet_transactions";
        assert_eq!(db.sqlstate(again), "23505");
        let why = wait(async { sqlx::raw_sql(again).execute(&mut db.connect().await).await }).unwrap_err();
        assert_eq!(why.as_database_error().unwrap().constraint(), Some("wallet_transactions_one_purchase_per_payment"));
    }
    times_without_order: fn entries_of_one_transaction_have_an_order_and_times_of_their_own(db) {
        let adjust = format!("SELECT wallet_adjust('{ONE}', 'STAR', 1, 'credit', 'a prize', 'noi');");
        db.sql(&format!("BEGIN; {adjust} SELECT pg_sleep(0.01); {adjust} COMMIT"));
        assert_eq!(db.value("SELECT count(DISTINCT created_at) || ' ' || count(DISTINCT seq) || ' ' || count(DISTINCT arrival::text) FROM wallet_transactions"), "3 3 2");
        assert_eq!(db.value("SELECT array_agg(balance_after ORDER BY created_at) = array_agg(balance_after ORDER BY seq) FROM wallet_transactions"), "true");
    }
    set_null_is_an_update: fn what_an_entry_refers_to_cannot_be_deleted(db) {
        let reading = reading(db, "Why?");
        // The entries point at them, so they stay, and with them the entries.
        for sql in [format!("DELETE FROM payments WHERE id = '{PAID}'"), format!("DELETE FROM tarot_readings WHERE id = '{reading}'")] {
            let code = db.sqlstate(&sql);
            assert!(["23503", "23001"].contains(&code.as_str()), "{sql}: {code}");
        }
        assert_eq!(db.value("SELECT count(related_payment_id) || ' ' || count(related_reading_id) FROM wallet_transactions"), "1 1");
    }
    cascade_erases_the_trail: fn a_user_with_a_history_cannot_be_deleted(db) {
        let code = db.sqlstate(&format!("DELETE FROM users WHERE id = '{ONE}'"));
        assert!(["23503", "23001"].contains(&code.as_str()), "{code}");
        assert_eq!(db.value("SELECT count(*) FROM wallet_transactions"), "1");
        // Somebody who never did anything may go.
        db.sql(&format!("DELETE FROM users WHERE id = '{TWO}'"));
    }
    thai_configuration: fn a_question_is_found_by_its_words_whatever_changes(db) {
        let id = reading(db, "Will it rain tomorrow");
        let hits = |word: &str| db.value(&format!("SELECT count(*) FROM tarot_readings WHERE search_tsvector @@ plainto_tsquery('simple', '{word}')"));
        assert_eq!((hits("rain"), hits("snow")), ("1".into(), "0".into()));
        db.sql(&format!("UPDATE tarot_readings SET question = 'Will it snow' WHERE id = '{id}'"));
        assert_eq!((hits("rain"), hits("snow")), ("0".into(), "1".into()));
        db.sql("UPDATE tarot_readings SET search_tsvector = NULL");
        assert_eq!(hits("snow"), "1");
        // More words than a tsvector holds are still a question.
        db.sql(&format!("SELECT wallet_reading('{ONE}', (SELECT string_agg('word' || n, ' ') FROM generate_series(1, 200000) AS n), 'en', 3, '[1,2,3]', '{{}}')"));
        assert_eq!(hits("word7"), "1");
    }
    simple_misses_a_word: fn a_thai_word_is_found_inside_a_sentence_with_an_index_where_there_can_be_one(db) {
        reading(db, "ฉันจะได้งานใหม่ไหม");
        assert_eq!(db.value("SELECT count(*) FROM tarot_readings WHERE question LIKE '%งาน%'"), "1");
        let possible = db.value("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'");
        assert_eq!(db.value("SELECT count(*) FROM pg_class WHERE relname = 'idx_tarot_readings_question_trgm'"), possible);
    }
    reading_access_ambiguous: fn a_reading_is_its_owners_and_no_strangers(db) {
        let id = reading(db, "Why?");
        let may = |reading: &str, user: &str| db.value(&format!("user_can_access_reading({reading}, {user})"));
        assert_eq!(may(&format!("'{id}'"), &format!("'{ONE}'")), "true");
        assert_eq!(may(&format!("'{id}'"), &format!("'{TWO}'")), "false");
        assert_eq!(may(&format!("'{TWO}'"), &format!("'{ONE}'")), "false");
        assert_eq!(may(&format!("'{id}'"), "NULL"), "false");
        assert_eq!(may("NULL", "NULL"), "false");
    }
    administrator_by_a_string: fn nobody_makes_themselves_an_administrator(db) {
        assert_eq!(db.value(&format!("is_admin('{ONE}')")), "false");
        assert_eq!(signed_in(db, ONE, "UPDATE users SET external_provider = 'admin'"), "42501");
        db.sql(&format!("UPDATE users SET external_provider = 'admin' WHERE id = '{ONE}'"));
        assert_eq!(db.value(&format!("is_admin('{ONE}')")), "true");
        assert_eq!((db.value(&format!("is_admin('{TWO}')")), db.value("is_admin(NULL)")), ("false".into(), "false".into()));
        // The mark moves no money.
        assert_eq!(signed_in(db, ONE, &format!("SELECT wallet_adjust('{ONE}', 'STAR', 1, 'credit', 'mine', 'me')")), "42501");
    }
    own_balance_raised: fn nobody_raises_their_own_balance_and_everybody_may_change_their_name(db) {
        assert_eq!(signed_in(db, ONE, "UPDATE users SET star_balance = 1000000"), "42501");
        assert_eq!(signed_in(db, ONE, "UPDATE users SET name = 'Noi'"), "00000");
        assert_eq!(db.value("SELECT string_agg(coalesce(name, '-'), ' ' ORDER BY id) FROM users"), "Noi -");
    }
    no_grants: fn a_user_may_read_their_own_row_and_no_other(db) {
        // Divides by zero where it is not exactly one.
        let seen = "SELECT 1 / (count(*) = 1)::integer FROM users";
        assert_eq!(signed_in(db, ONE, seen), "00000");
        assert_eq!(signed_in(db, ONE, &format!("{seen} WHERE id = '{TWO}'")), "22012");
    }
    permissive_prevention: fn what_a_policy_forbids_no_later_policy_allows(db) {
        let insert = format!("INSERT INTO payments (user_id, amount, status, package_type, stars_purchased) VALUES ('{ONE}', 1, 'succeeded', 'starter', 999)");
        db.sql("CREATE POLICY a_later_idea ON payments FOR INSERT TO authenticated WITH CHECK (true); GRANT INSERT ON payments TO authenticated;
                CREATE POLICY a_later_idea ON wallet_transactions FOR INSERT TO authenticated WITH CHECK (true); GRANT INSERT ON wallet_transactions TO authenticated");
        assert_eq!(signed_in(db, ONE, &insert), "42501");
        assert_eq!(signed_in(db, ONE, &format!("INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, related_payment_id) VALUES ('{ONE}', 'purchase', 9, 'STAR', 49, '{PAID}')")), "42501");
    }
    truncate_ignores_policies: fn nobody_empties_the_ledger(db) {
        for sql in ["TRUNCATE wallet_transactions", "TRUNCATE users CASCADE", "TRUNCATE payments CASCADE"] {
            assert_eq!(signed_in(db, ONE, sql), "42501", "{sql}");
            // Not even its owner.
            assert_eq!(db.sqlstate(sql), "23001", "{sql}");
        }
    }
    policies_need_auth_uid: fn a_policy_knows_who_is_calling_without_anything_installed(db) {
        let who = |claims: &str| db.value(&format!("SELECT auth.uid() FROM set_config('request.jwt.claims', '{claims}', false)"));
        assert_eq!(who(&format!(r#"{{"sub": "{ONE}"}}"#)), ONE);
        assert_eq!(db.value("auth.uid()"), "NULL");
    }
    subject_is_no_uuid: fn a_subject_that_is_no_uuid_is_nobody(db) {
        for claims in [
            r#"{"sub": "user_2abcDEF"}"#, "", "{", "[]", "null", "7", r#"{"sub": null}"#, r#"{"sub": {"sub": 1}}"#,
            &format!(r#"{{"user": {{"sub": "{ONE}"}}}}"#), &format!(r#"["{ONE}"]"#), &"[".repeat(20000),
        ] {
            assert_eq!(db.value(&format!("SELECT auth.uid() FROM set_config('request.jwt.claims', '{claims}', false)")), "NULL", "{claims}");
        }
        assert_eq!(signed_in(db, "user_2abcDEF", "SELECT 1 / count(*) FROM users"), "22012");
    }
    attempt_number_twice: fn a_job_has_one_attempt_of_a_number(db) {
        db.sql("INSERT INTO jobs (payload) VALUES ('{}'); INSERT INTO job_attempts (job_id, attempt_number) SELECT id, 3 FROM jobs");
        assert_eq!(db.sqlstate("INSERT INTO job_attempts (job_id, attempt_number) SELECT id, 3 FROM jobs"), "23505");
        assert_eq!(db.sqlstate("INSERT INTO job_attempts (job_id, attempt_number) SELECT id, 4 FROM jobs"), "00000");
    }
    processing_time_overflow: fn an_attempt_of_thirty_days_can_be_written_down(db) {
        db.sql("INSERT INTO jobs (payload) VALUES ('{}');
                INSERT INTO job_attempts (job_id, attempt_number, started_at, finished_at)
                    SELECT id, n, '2025-11-01', '2025-11-01'::timestamptz + spent FROM jobs, (VALUES (1, interval '30 days'), (2, '1.5 s'), (3, NULL)) AS a (n, spent);
                INSERT INTO job_attempts (job_id, attempt_number, started_at, finished_at) SELECT id, 4, '2025-11-01', 'infinity' FROM jobs");
        assert_eq!(db.value("SELECT array_agg(processing_time_ms ORDER BY attempt_number) FROM job_attempts"), "{2147483647,1500,NULL,NULL}");
    }
    processing_time_clock_step: fn an_attempt_during_which_the_clock_was_set_back_took_no_time(db) {
        db.sql("INSERT INTO jobs (payload) VALUES ('{}');
                INSERT INTO job_attempts (job_id, attempt_number, started_at, finished_at) SELECT id, 1, '2025-11-01T00:00:01Z', '2025-11-01T00:00:00Z' FROM jobs");
        assert_eq!(db.value("SELECT processing_time_ms FROM job_attempts"), "0");
    }
    expiry_year: fn a_card_that_has_expired_is_history_and_a_year_that_cannot_be_is_refused(db) {
        let card = |year: &str| db.sqlstate(&format!("INSERT INTO user_payment_methods (user_id, exp_month, exp_year) VALUES ('{ONE}', 12, {year})"));
        assert_eq!([card("2020"), card("2031"), card("NULL")], ["00000", "00000", "00000"]);
        assert_eq!([card("31"), card("1999"), card("20310")], ["23514", "23514", "23514"]);
    }
    negative_bonus: fn a_bonus_takes_nothing_away(db) {
        let pay = |bonus: i32| db.sqlstate(&format!("INSERT INTO payments (user_id, amount, package_type, stars_purchased, stars_bonus) VALUES ('{ONE}', 4900, 'starter', 10, {bonus})"));
        assert_eq!([pay(-1), pay(0), pay(5)], ["23514", "00000", "00000"]);
    }
}
