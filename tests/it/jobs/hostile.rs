//! Whatever a queue holds, it is shown, and it breaks nothing: no table, no terminal, no file.

use serde_json::Value;

use super::empty;
use crate::support::terminal::{Terminal, USUAL, plain};
use crate::support::{Db, turn};

/// What people and programs have written into queues.
const TEXTS: [&str; 12] = [
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "\u{202e}evil\u{2066}\u{200f}",
    "👩‍👩‍👧‍👦 ดวงไม่ดี 漢字",
    r"\u0000 \x00 %00",
    "=cmd|' /C calc'!A0",
    "+1-1",
    "@SUM(A1)",
    "-2+3",
    "a,b;\"c\"\r\n\td",
    "<script>alert(1)</script> | `x` | **b**",
    "'; DROP TABLE jobs; --",
    "\u{feff}\u{2028}\u{85}\u{9b}31m",
];

fn quote(text: &str) -> String {
    text.replace('\'', "''")
}

/// One job for each text, which has it wherever text goes.
fn hostile() -> Db {
    let db = empty();
    for (n, text) in TEXTS.iter().enumerate() {
        let (text, json) = (quote(text), quote(&serde_json::json!({*text: *text}).to_string()));
        let status = ["processing", "failed", "dlq", "succeeded"][n % 4];
        db.sql(&format!(
            "INSERT INTO jobs (id, job_type, status, payload, result, worker_id, last_error, last_error_at, created_at, started_at, completed_at)
             VALUES ('0000000{n:x}-0000-4000-8000-000000000000', left('{text}', 50), '{status}', '{json}', '{json}', '{text}', '{text}', now(), now() - interval '{n} minutes', now() - interval '1 hour', now());
             INSERT INTO job_attempts (job_id, attempt_number, worker_id, started_at, finished_at, success, error)
             VALUES ('0000000{n:x}-0000-4000-8000-000000000000', 1, '{text}', now(), now(), false, '{text}')"
        ));
    }
    db
}

fn commands() -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> =
        ["list", "count", "triage", "stuck", "workers", "latency", "throughput"].map(|c| vec![c.to_owned()]).to_vec();
    for n in 0..TEXTS.len() {
        for (at, command) in ["show", "why"].into_iter().enumerate() {
            // Each text in one of the two.
            if turn(n + at, 2) {
                all.push(vec![command.to_owned(), format!("0000000{n:x}")]);
            }
        }
    }
    all
}

#[test]
fn no_command_lets_a_text_reach_the_terminal_as_it_is() {
    let db = hostile();
    let dangerous = |c: char| {
        c != '\n'
            && (c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'))
    };
    for command in commands() {
        let arguments: Vec<&str> = std::iter::once("jobs").chain(command.iter().map(String::as_str)).collect();
        let ran = db.bursar(&arguments).ok();
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(dangerous), "{command:?}: {text:?}");
        }
        if arguments[1] == "show" {
            let redacted = [&arguments[..], &["--redact"]].concat();
            assert!(!db.bursar(&redacted).ok().stdout.contains(dangerous), "{command:?}");
        }
    }
}

#[test]
fn on_a_terminal_no_line_is_wider_than_it_and_no_sequence_is_theirs() {
    let db = hostile();
    for command in ["list", "triage", "stuck", "workers", "show"] {
        let url = db.url();
        let mut arguments = vec!["jobs", command, "-q", "-d", &url];
        arguments.extend((command == "show").then_some("00000000"));
        let shown = Terminal::start(USUAL, &arguments, &[]).ends().exits(0);
        for sequence in ["\x1b[2J", "\x1b]", "\u{7}", "\u{202e}", "\u{9b}"] {
            assert!(!shown.raw.contains(sequence), "{command}: {:?}", shown.raw);
        }
        for line in plain(&shown.raw).lines().filter(|l| !l.contains("--cursor")) {
            assert!(console::measure_text_width(line) <= 80, "{command}: {line}");
        }
    }
}

#[test]
fn a_csv_reads_back_as_it_was_and_runs_no_formula() {
    let db = hostile();
    for command in ["list", "triage", "workers", "stuck", "count", "throughput"] {
        let csv = db.bursar(&["jobs", command, "-o", "csv"]).ok().stdout;
        let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
        let headings = reader.headers().unwrap().clone();
        for row in reader.records() {
            let row = row.unwrap();
            assert_eq!(row.len(), headings.len());
            for cell in &row {
                let number = cell.trim_start_matches(['-', '+']).chars().all(|c| c.is_ascii_digit() || c == '.');
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) || number, "{command}: {cell:?}");
            }
        }
    }
    // The apostrophe in front of a formula apart, every text comes back whole.
    let csv = db.bursar(&["jobs", "list", "-o", "csv"]).ok().stdout;
    let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
    let error = reader.headers().unwrap().iter().position(|h| h == "error").unwrap();
    let mut errors: Vec<String> = reader.records().map(|r| r.unwrap()[error].to_owned()).collect();
    errors.iter_mut().for_each(|e| {
        if let Some(formula) = e.strip_prefix('\'').filter(|f| f.starts_with(['=', '+', '-', '@'])) {
            *e = formula.to_owned()
        }
    });
    let mut expected: Vec<String> = TEXTS.iter().map(|t| (*t).to_owned()).collect();
    errors.sort();
    expected.sort();
    assert_eq!(errors, expected);
}

#[test]
fn json_holds_every_text_exactly() {
    let db = hostile();
    for (n, text) in TEXTS.iter().enumerate() {
        let shown = db.json(&["jobs", "show", &format!("0000000{n:x}"), "-o", "json"]);
        assert_eq!(shown["job"]["error"], *text);
        assert_eq!(shown["job"]["worker"], *text);
        assert_eq!(shown["attempts"][0]["error"], *text);
        assert_eq!(shown["job"]["payload"][*text], *text);
        // It is found again by what it holds.
        let found = db.json(&["jobs", "list", &format!("--worker={text}"), "-o", "json"]);
        assert_eq!(found["jobs"].as_array().unwrap().len(), 1, "{text:?}");
    }
    let ndjson = db.bursar(&["jobs", "list", "-o", "ndjson"]).ok().stdout;
    let rows: Vec<Value> = ndjson.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows.len(), TEXTS.len());
}

#[test]
fn a_text_of_a_megabyte_is_cut_for_people_and_whole_for_machines() {
    let db = empty();
    db.sql("INSERT INTO jobs (id, status, payload, last_error, last_error_at) VALUES ('00000001-0000-4000-8000-000000000000', 'dlq', '{}', repeat('ดวง ', 300000), now());
            INSERT INTO job_attempts (job_id, attempt_number, success, error) VALUES ('00000001-0000-4000-8000-000000000000', 1, false, repeat('x', 1000000))");
    for command in [&["list"][..], &["triage"], &["show", "00000001"], &["why", "00000001"]] {
        let ran = db.bursar(&[&["jobs"], command].concat()).ok();
        assert!(ran.stdout.len() < 30_000, "{command:?}: {}", ran.stdout.len());
    }
    let shown = db.json(&["jobs", "show", "00000001", "-o", "json"]);
    assert_eq!(shown["job"]["error"].as_str().unwrap().chars().count(), 1_200_000);
    assert_eq!(shown["attempts"][0]["error"].as_str().unwrap().len(), 1_000_000);
    let url = db.url();
    let shown = Terminal::start(USUAL, &["jobs", "list", "-q", "-d", &url], &[]).ends().exits(0);
    assert!(plain(&shown.raw).lines().all(|l| console::measure_text_width(l) <= 80), "{:?}", shown.raw);
}
