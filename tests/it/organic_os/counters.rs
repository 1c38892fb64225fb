//! `message_count`, however messages come and go, and however many at once.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::{id, with_users};
use crate::support::{Db, wait};

/// A user with so many conversations, numbered from 1.
fn conversations(number: u32) -> Db {
    let db = with_users(&[(1, "UTC")]);
    for n in 1..=number {
        db.sql(&format!(
            "INSERT INTO conversations (id, user_id, module_name) VALUES ('{}', '{}', 'sleep')",
            id(n),
            id(1)
        ));
    }
    db
}

fn counts(db: &Db) -> String {
    db.value("SELECT string_agg(message_count::text, ' ' ORDER BY id) FROM conversations")
}

/// Every counter has to be what counting comes to.
fn check(db: &Db) {
    let wrong = "SELECT count(*) FROM conversations c WHERE c.message_count <> (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id)";
    assert_eq!(db.value(wrong), "0");
}

#[test]
fn messages_are_counted_however_they_come_and_go() {
    let db = conversations(3);
    let add = |conversation: u32, n: u32| {
        db.sql(&format!("INSERT INTO messages (conversation_id, role, content) SELECT '{}', 'user', n::text FROM generate_series(1, {n}) AS n", id(conversation)));
    };
    add(1, 1);
    add(2, 3);
    assert_eq!(counts(&db), "1 3 0");
    db.sql(&format!("UPDATE messages SET conversation_id = '{}' WHERE conversation_id = '{}'", id(3), id(2)));
    assert_eq!(counts(&db), "1 0 3");
    db.sql("UPDATE messages SET content = 'x'");
    let exchange = format!(
        "UPDATE messages SET conversation_id = CASE conversation_id WHEN '{0}' THEN '{1}'::uuid ELSE '{0}' END",
        id(1),
        id(3)
    );
    db.sql(&exchange);
    assert_eq!(counts(&db), "3 0 1");
    db.sql(&exchange);
    assert_eq!(counts(&db), "1 0 3");
    db.sql("DELETE FROM messages WHERE ctid IN (SELECT min(ctid) FROM messages GROUP BY conversation_id)");
    assert_eq!(counts(&db), "0 0 2");
    db.sql(&format!("MERGE INTO messages m USING (VALUES ('{}'::uuid)) AS s (id) ON m.conversation_id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (conversation_id, role, content) VALUES (s.id, 'user', 'x')", id(1)));
    assert_eq!(counts(&db), "1 0 2");
    assert_eq!(db.sqlstate("BEGIN; INSERT INTO messages (conversation_id, role, content) SELECT id, 'user', 'x' FROM conversations; ROLLBACK"), "00000");
    assert_eq!(counts(&db), "1 0 2");
    db.sql("TRUNCATE messages");
    assert_eq!(counts(&db), "0 0 0");
    add(1, 2);
    db.sql(&format!("DELETE FROM conversations WHERE id = '{}'", id(1)));
    assert_eq!(db.value("SELECT count(*) FROM messages"), "0");
    db.sql("DELETE FROM users");
    assert_eq!(db.value("SELECT count(*) FROM conversations"), "0");
}

#[test]
fn a_conversation_begins_with_no_message_and_is_as_recent_as_its_last() {
    let db = conversations(1);
    db.sql(&format!("INSERT INTO conversations (id, user_id, module_name, message_count, created_at, updated_at) VALUES ('{}', '{}', 'sleep', 7, '2026-01-01', '2026-01-01')", id(2), id(1)));
    assert_eq!(counts(&db), "0 0");
    let say = |at: &str| {
        db.sql(&format!(
            "INSERT INTO messages (conversation_id, role, content, created_at) VALUES ('{}', 'user', 'x', '{at}')",
            id(2)
        ))
    };
    let updated =
        || db.value(&format!("SELECT updated_at AT TIME ZONE 'UTC' FROM conversations WHERE id = '{}'", id(2)));
    say("2026-02-01 00:00Z");
    assert_eq!(updated(), "2026-02-01 00:00:00");
    say("2026-01-15 00:00Z");
    assert_eq!(updated(), "2026-02-01 00:00:00", "an older message does not turn the clock back");
    assert_eq!(db.sqlstate(&format!("UPDATE conversations SET message_count = -1 WHERE id = '{}'", id(2))), "23514");
}

#[test]
fn messages_of_one_moment_are_all_counted_and_nobody_waits_for_ever() {
    let db = conversations(4);
    const WORKERS: usize = 8;
    const ROUNDS: usize = 40;
    wait(async {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let url = db.url();
                tokio::spawn(async move {
                    let mut connection = crate::support::connect(&url).await;
                    for round in 0..ROUNDS {
                        // Each statement is about several conversations, named in one order or the other.
                        let order = if (worker + round) % 2 == 0 { "ASC" } else { "DESC" };
                        let add = format!("INSERT INTO messages (conversation_id, role, content) SELECT id, 'user', '{worker}' FROM conversations ORDER BY id {order}");
                        sqlx::raw_sql(AssertSqlSafe(add)).execute(&mut connection).await.expect("messages are added");
                        if round % 4 == 3 {
                            let drop = format!("DELETE FROM messages WHERE id = ANY (ARRAY(SELECT id FROM messages WHERE content = '{worker}' ORDER BY conversation_id {order} LIMIT 5))");
                            sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut connection).await.expect("messages are deleted");
                        }
                    }
                })
            })
            .collect();
        for worker in workers {
            tokio::time::timeout(Duration::from_secs(60), worker).await.expect("in time").expect("without an error");
        }
    });
    check(&db);
    assert_eq!(
        db.value("SELECT sum(message_count) FROM conversations"),
        (WORKERS * ROUNDS * 4 - WORKERS * ROUNDS / 4 * 5).to_string()
    );
}

#[test]
fn a_user_writes_messages_and_never_their_number() {
    let db = conversations(1);
    let as_user = |sql: &str| {
        db.sqlstate(&format!(
            r#"SET SESSION AUTHORIZATION authenticated; SET request.jwt.claims = '{{"sub": "{}"}}'; {sql}"#,
            id(1)
        ))
    };
    let say = format!("INSERT INTO messages (conversation_id, role, content) VALUES ('{}', 'user', 'x')", id(1));
    assert_eq!(as_user(&say), "00000");
    assert_eq!(counts(&db), "1");
    for sql in [
        "UPDATE conversations SET message_count = 5",
        "UPDATE conversations SET topic = 'x', message_count = 5",
        "INSERT INTO conversations (user_id, module_name, message_count) VALUES ('USER', 'sleep', 5)",
        "UPDATE conversations SET updated_at = '2099-01-01'",
        "INSERT INTO messages (conversation_id, role, content, tokens_used) VALUES ('USER', 'user', 'x', 1)",
        "INSERT INTO messages (conversation_id, role, content, created_at) VALUES ('USER', 'user', 'x', '2099-01-01')",
        "UPDATE messages SET content = 'y'",
        "DELETE FROM messages",
        "DELETE FROM conversations",
        "TRUNCATE messages",
        "SELECT keep_message_count()",
        "ALTER TABLE messages DISABLE TRIGGER ALL",
    ] {
        assert_eq!(as_user(&sql.replace("USER", &id(1))), "42501", "{sql}");
    }
    let backend = |sql: &str| db.sqlstate(&format!("SET SESSION AUTHORIZATION service_role; {sql}"));
    assert_eq!(backend("UPDATE conversations SET message_count = 5"), "42501");
    assert_eq!(backend(&say), "00000");
    assert_eq!(counts(&db), "2");
}
