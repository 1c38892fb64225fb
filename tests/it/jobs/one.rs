//! `bursar jobs show`: one job, however it is named and however large it is.

use serde_json::{Value, json};

use super::{empty, job, refused};

const ID: &str = "0fa8c2d1-8f31-4b6e-9a51-000000000001";

#[test]
fn a_job_is_found_by_its_id_or_the_beginning_of_it() {
    let db = empty();
    db.sql(&format!(
        "INSERT INTO jobs (id, job_type, payload) VALUES ('{ID}', 'mail', '{{}}'), ('0fa8c2d1-9f31-4b6e-9a51-000000000002', E'two\\n\\u001b[2J', '{{}}'), ('beef0000-0000-4000-8000-000000000003', 'three', '{{}}')"
    ));
    for (text, last) in [
        (ID, '1'),
        ("0FA8C2D1-8F31-4B6E-9A51-000000000001", '1'),
        (" 0fa8c2d18f314b6e9a51000000000001 ", '1'),
        ("0fa8c2d1-8", '1'),
        ("0FA8C2D1-9f31-", '2'),
        ("beef", '3'),
        ("beef0000-0000-4000-8000-00000000000", '3'),
    ] {
        for command in ["show", "why"] {
            let told = db.json(&["jobs", command, text, "-o", "json"]);
            let id = told["job"].as_str().or(told["job"]["job"].as_str()).unwrap_or_else(|| panic!("{text}: {told}"));
            assert!(id.ends_with(last), "{text}: {id}");
        }
    }
    for command in ["show", "why"] {
        for (text, says) in [
            ("bee", &["no job has the id 'bee'", "at least 4 characters"][..]),
            ("", &["no job has the id ''"]),
            ("dead", &["no job has the id 'dead'", "bursar jobs list"]),
            ("%%%%", &["no job has the id"]),
            ("00000000-0000-4000-8000-000000000001", &["no job has the id"]),
            (
                "0fa8c2d1",
                &[
                    "may be any of several jobs",
                    "0fa8c2d1-8f31",
                    "0fa8c2d1-9f31",
                    "two\\n\\u{1b}[2J",
                    "give more of the id",
                ],
            ),
        ] {
            refused(db.bursar(&["jobs", command, text]), says);
        }
    }
    db.sql("INSERT INTO jobs (id, payload) SELECT format('eeee0000-0000-4000-8000-%s', lpad(g::text, 12, '0'))::uuid, '{}' FROM generate_series(1, 12) g");
    let ran = db.bursar(&["jobs", "show", "eeee"]).exits(2).says("and more");
    assert_eq!(ran.stderr.matches("eeee0000").count(), 10);
}

#[test]
fn everything_about_a_job_is_shown_with_its_attempts_as_a_timeline() {
    let db = empty();
    db.sql(&format!(
        "INSERT INTO jobs (id, job_type, status, payload, result, attempts, max_attempts, worker_id, last_error, last_error_at, next_retry_at, created_at, started_at)
         VALUES ('{ID}', 'mail', 'failed', '{{\"to\": \"ada\", \"n\": 12345678901234567890.10}}', NULL, 3, 5, 'w-2', 'timeout after 30 s', '2026-10-31 12:02Z',
                 now() + interval '1 day 30 minutes', '2026-10-31 12:00Z', '2026-10-31 12:01Z');
         INSERT INTO job_attempts (job_id, attempt_number, worker_id, started_at, finished_at, success, error) VALUES
             ('{ID}', 2, 'w-2', '2026-10-31 12:01Z', '2026-10-31 12:00:59Z', true, NULL),
             ('{ID}', 1, 'w-1', '2026-10-31 12:00Z', '2026-10-31 12:00:30.5Z', false, 'timeout after 30 s'),
             ('{ID}', 3, NULL, '2026-10-31 12:02Z', NULL, NULL, NULL)"
    ));
    let shown = db.json(&["jobs", "show", ID, "-o", "json"]);
    assert_eq!(
        (&shown["schema_version"], &shown["command"], &shown["app"]),
        (&json!(1), &json!("jobs show"), &json!("mimivibe"))
    );
    for (field, value) in [
        ("job", json!(ID)),
        ("kind", json!("mail")),
        ("state", json!("failed")),
        ("status", json!("failed")),
        ("attempts", json!(3)),
        ("max_attempts", json!(5)),
        ("worker", json!("w-2")),
        ("created_at", json!("2026-10-31T12:00:00.000000Z")),
        ("started_at", json!("2026-10-31T12:01:00.000000Z")),
        ("failed_at", json!("2026-10-31T12:02:00.000000Z")),
        ("finished_at", Value::Null),
        ("error", json!("timeout after 30 s")),
    ] {
        assert_eq!(shown["job"][field], value, "{field}");
    }
    let attempts = shown["attempts"].as_array().unwrap();
    let of = |field: &str| attempts.iter().map(|a| a[field].clone()).collect::<Vec<_>>();
    assert_eq!(of("number"), [1, 2, 3]);
    assert_eq!(of("succeeded"), [json!(false), json!(true), Value::Null]);
    // A clock that ran backwards measured nothing.
    assert_eq!(of("took_ms"), [json!(30_500), Value::Null, Value::Null]);
    assert_eq!(of("worker"), [json!("w-1"), json!("w-2"), Value::Null]);
    let ran = db.bursar(&["jobs", "show", ID, "-o", "json"]).ok();
    assert!(ran.stdout.contains("12345678901234567890.10"), "a number is not as it was: {}", ran.stdout);
    let table = db.bursar(&["jobs", "show", ID]).ok().stdout;
    for text in [
        "3 of 5",
        "tried again in 1 d",
        "30.5 s",
        "✗ timeout after 30 s",
        "✓ succeeded",
        "? unknown",
        "\"to\": \"ada\"",
        "\"n\": 12345678901234567890.10",
        "err:",
    ] {
        assert!(table.contains(text), "{text} is not in {table}");
    }
    assert!(!table.contains("\nresult"), "{table}");
    // No attempts are told apart from none that are kept.
    let never = job(&db, "", "");
    assert!(db.bursar(&["jobs", "show", &never]).ok().stdout.contains("attempts: none"));
    db.sql(&format!("UPDATE jobs SET result = 'null' WHERE id = '{never}'"));
    assert_eq!(db.json(&["jobs", "show", &never, "-o", "json"])["job"]["result"], Value::Null);
    assert!(db.bursar(&["jobs", "show", &never]).ok().stdout.contains("\nresult\nnull"));
    refused(db.bursar(&["jobs", "show", ID, "-o", "csv"]), &["table, json"]);
}

#[test]
fn redacted_nothing_is_left_of_what_people_wrote() {
    let db = empty();
    db.sql(&format!(
        "INSERT INTO jobs (id, status, payload, result, last_error, attempts) VALUES ('{ID}', 'dlq',
             '{{\"question\": \"SECRET one\", \"deep\": {{\"SECRETKEY\": [\"SECRET two\"]}}, \"n\": 4711}}', '[\"SECRET three\"]',
             'refused ''SECRET four'' for SECRET@example.com with card 4711471147114711', 1);
         INSERT INTO job_attempts (job_id, attempt_number, success, error) VALUES ('{ID}', 1, false, 'no \"SECRET five\" at SECRET6')"
    ));
    for format in ["table", "json"] {
        let shown = db.bursar(&["jobs", "show", ID, "--redact", "-o", format]).ok();
        for secret in ["SECRET", "4711"] {
            assert!(!shown.stdout.contains(secret) && !shown.stderr.contains(secret), "{}", shown.stdout);
        }
        for kept in ["question", "deep", "(redacted)", "refused '…' for # with card #"] {
            assert!(shown.stdout.contains(kept), "{kept}: {}", shown.stdout);
        }
        assert!(db.bursar(&["jobs", "show", ID, "-o", format]).ok().stdout.contains("SECRET two"));
    }
}

#[test]
fn a_payload_may_be_huge_or_deep() {
    let db = empty();
    db.sql(&format!(
        "INSERT INTO jobs (id, payload) VALUES ('{ID}', jsonb_build_object('text', repeat('ดวง', 350000)))"
    ));
    let table = db.bursar(&["jobs", "show", ID]).ok().stdout;
    assert!(table.len() < 20_000 && table.contains("…\n(-o json has all 1,050,012 characters)"), "{}", table.len());
    let json = db.bursar(&["jobs", "show", ID, "-o", "json"]).ok().stdout;
    assert_eq!(json.matches("ดวง").count(), 350_000);
    db.sql("UPDATE jobs SET payload = (repeat('[', 5000) || repeat(']', 5000))::jsonb");
    let json = db.bursar(&["jobs", "show", ID, "-o", "json"]).ok().stdout;
    assert!(json.contains(&"[".repeat(5_000)) && json.contains(&"]".repeat(5_000)));
    for arguments in [
        &["show", ID][..],
        &["show", ID, "--redact"],
        &["show", ID, "--redact", "-o", "json"],
        &["list"],
        &["list", "--payload", "0.0.0=x"],
        &["why", ID],
    ] {
        db.bursar(&[&["jobs"], arguments].concat()).ok();
    }
    db.sql("UPDATE jobs SET payload = jsonb_build_object('a', (repeat('{\"b\":', 3000) || '7' || repeat('}', 3000))::jsonb)");
    let path = format!("a{}=7", ".b".repeat(3_000));
    assert_eq!(super::listed(&db, &["--payload", &path]), [ID]);
}
