//! What every command shows on terminals of 80 and of 200 columns, in colour and without.

use super::empty;
use crate::support::Db;
use crate::support::terminal::{Terminal, plain};

/// A small queue in which there is something to see for every command.
fn queue() -> Db {
    let db = empty();
    db.sql(
        r#"INSERT INTO jobs (id, job_type, status, payload, result, attempts, max_attempts, visibility_timeout_secs, worker_id, last_error, last_error_at, next_retry_at, created_at, started_at, completed_at)
           SELECT id, kind, status::job_status, '{"user": {"plan": "gold", "name": "Ada"}, "cards": [0, 13, 21]}', CASE WHEN status = 'succeeded' THEN '{"stars": 5}'::jsonb END,
                  tried, 5, 60, worker, error, now() - failed, now() + retry, now() - added, now() - started, now() - ended
             FROM (VALUES
               ('0fa8c2d1-0000-4000-8000-000000000001'::uuid, 'tarot_reading', 'queued',     0, NULL,       NULL, NULL::interval, NULL::interval, interval '31 minutes 10 s', NULL::interval, NULL::interval),
               ('1fa8c2d1-0000-4000-8000-000000000002', 'tarot_reading', 'queued',     0, NULL,       NULL, NULL, NULL, '3 minutes 10 s', NULL, NULL),
               ('2fa8c2d1-0000-4000-8000-000000000003', 'tarot_reading', 'processing', 1, 'worker-1', NULL, NULL, NULL, '41 minutes 10 s', '33 minutes 10 s', NULL),
               ('3fa8c2d1-0000-4000-8000-000000000004', 'mail',          'failed',     2, 'worker-2', 'timeout after 3000 ms at the model gemini-1.5-flash, and nobody answered in the meantime either', '35 minutes 10 s', '9 hours 5 minutes', '45 minutes 10 s', '35 minutes 10 s', NULL),
               ('4fa8c2d1-0000-4000-8000-000000000005', 'mail',          'dlq',        5, 'worker-2', 'timeout after 3100 ms at the model gemini-1.5-flash, and nobody answered in the meantime either', '5 hours 10 s', NULL, '5 hours 30 minutes', '5 hours 10 s', '5 hours 10 s'),
               ('5fa8c2d1-0000-4000-8000-000000000006', 'tarot_reading', 'dlq',        1, NULL,       'cancelled: asked twice', '3 days 10 s', NULL, '4 days 10 s', NULL, '3 days 10 s'),
               ('6fa8c2d1-0000-4000-8000-000000000007', 'tarot_reading', 'dlq',        5, 'worker-1', NULL, NULL, NULL, '20 days 10 s', '20 days 10 s', '20 days'),
               ('7fa8c2d1-0000-4000-8000-000000000008', 'tarot_reading', 'succeeded',  1, 'worker-1', NULL, NULL, NULL, '50 minutes 10 s', '49 minutes 50 s', '49 minutes 40 s'),
               ('8fa8c2d1-0000-4000-8000-000000000009', 'report',        'succeeded',  2, 'worker-2', 'timeout', NULL, NULL, '2 hours 10 s', '1 hour 59 minutes', '1 hour 39 minutes')
             ) v (id, kind, status, tried, worker, error, failed, retry, added, started, ended);
           INSERT INTO job_attempts (job_id, attempt_number, worker_id, started_at, finished_at, success, error, created_at)
           SELECT id::uuid, n, worker, now() - began, now() - ended, ok, error, now() - ended FROM (VALUES
               ('3fa8c2d1-0000-4000-8000-000000000004', 1, 'worker-1', interval '44 minutes', interval '43 minutes 57 s', false, 'timeout after 3000 ms at the model gemini-1.5-flash, and nobody answered in the meantime either'),
               ('3fa8c2d1-0000-4000-8000-000000000004', 2, 'worker-2', interval '35 minutes 10 s', interval '33 minutes 7 s', false, 'timeout after 3000 ms at the model gemini-1.5-flash, and nobody answered in the meantime either'),
               ('7fa8c2d1-0000-4000-8000-000000000008', 1, 'worker-1', interval '49 minutes 50 s', interval '49 minutes 49.25 s', true, NULL),
               ('8fa8c2d1-0000-4000-8000-000000000009', 1, 'worker-2', interval '1 hour 59 minutes', interval '1 hour 39 minutes', true, NULL)
             ) v (id, n, worker, began, ended, ok, error);
           ANALYZE jobs"#,
    );
    db
}

/// What changes from run to run, replaced by something as wide.
fn stable(text: &str) -> String {
    let mut out = text.to_owned();
    for (pattern, replacement) in [
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "YYYY-MM-DD HH:MM:SS"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d", "YYYY-MM-DD HH:MM"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "TIME"),
        // Ages go on while the commands run.
        (r"\d\d min", "NN min"),
        (r" \d min", " N min"),
        // A trend; a bar of a histogram has no low parts.
        (r"█*▁[▁█]{10,}", "▁▁█▁▁"),
    ] {
        out = regex::Regex::new(pattern).unwrap().replace_all(&out, replacement).into_owned();
    }
    out
}

#[test]
fn every_command_reads_well_at_any_width_in_colour_and_without() {
    let db = queue();
    let url = db.url();
    for (name, arguments) in [
        ("list", &["list"][..]),
        ("list_cut", &["list", "--limit", "2"]),
        ("count", &["count"]),
        ("show", &["show", "3fa8"]),
        ("show_redacted", &["show", "3fa8", "--redact"]),
        ("why", &["why", "4fa8"]),
        ("triage", &["triage"]),
        ("stuck", &["stuck"]),
        ("workers", &["workers"]),
        ("latency", &["latency"]),
        ("throughput", &["throughput", "--since", "2h"]),
    ] {
        let mut all = String::new();
        for columns in [80, 200] {
            let with = |variables: &[(&str, &str)]| {
                let arguments = [&["jobs"], arguments, &["-q", "-d", &url]].concat();
                Terminal::start((columns, 60), &arguments, variables).ends().exits(0).raw.replace('\r', "")
            };
            let bare = with(&[("NO_COLOR", "1")]);
            let coloured = with(&[]);
            assert!(!crate::support::terminal::has_colour(&bare), "{name}: {bare:?}");
            let lines = |text: &str| plain(text).lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
            assert_eq!(lines(&coloured), lines(&bare), "{name} at {columns}");
            for line in plain(&bare).lines().filter(|l| !l.contains("--cursor") && name != "why") {
                assert!(console::measure_text_width(line) <= usize::from(columns), "{name} at {columns}: {line}");
            }
            let coloured = coloured.replace('\u{1b}', "␛");
            all.push_str(&format!("{columns} columns\n{bare}\n{columns} columns, in colour\n{coloured}\n"));
        }
        insta::assert_snapshot!(name, stable(&all));
    }
}
