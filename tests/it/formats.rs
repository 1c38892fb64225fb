//! The formats of the audit's report: the same run in each, read back by a reader of that format.

mod pages;

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, TestCaseStatus};
use serde_json::Value;

use crate::support::{Db, Ran, Template, bursar, run, sample, soak, turn};

const CLEAN: &str = "mimivibe-clean.sql.gz";
const FAULTY: &str = "mimivibe-faulty.sql.gz";
const FORMATS: [&str; 7] = ["table", "json", "ndjson", "csv", "markdown", "junit", "github"];

/// Text that would break out of each format, if it could.
const HOSTILE: &str = "a|b `x` <b>@all</b>\r\n::error::owned,\"q\" ## ]]> &amp; %0A \u{1b}[2J\u{fffe}";

/// One run, and its report in every format.
fn everything(db: &Db, arguments: &[&str]) -> (Ran, BTreeMap<&'static str, String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = |format: &str| folder.path().join(format).display().to_string();
    let reports = FORMATS.map(|format| format!("--report={format}={}", path(format)));
    let arguments: Vec<&str> = ["audit", "-o", "json"].iter().chain(arguments).copied().collect();
    let ran = db.bursar(&arguments.into_iter().chain(reports.iter().map(String::as_str)).collect::<Vec<_>>());
    let read =
        |format| (format, std::fs::read_to_string(path(format)).unwrap_or_else(|e| panic!("{format}: {e}: {ran:?}")));
    let texts = FORMATS.map(read).into_iter().collect();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), FORMATS.len(), "something is left over");
    (ran, texts)
}

/// The dump with ten faults, one of them with hostile text in its message.
fn hostile() -> Db {
    let db = Db::new(Template::Dump(FAULTY));
    db.sql(&format!("UPDATE jobs SET worker_id = '{HOSTILE}' WHERE status = 'processing'"));
    db
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn findings(report: &Value) -> &Vec<Value> {
    report["findings"].as_array().expect("findings")
}

/// The text of a CSV cell for a value of JSON.
fn cell(value: &Value) -> String {
    value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let (clean, faulty, unread) =
        (Db::new(Template::Dump(CLEAN)), Db::new(Template::Dump(FAULTY)), Db::new(Template::Dump(CLEAN)));
    unread.sql("ALTER TABLE job_attempts RENAME TO elsewhere");
    for (n, format) in FORMATS.into_iter().enumerate() {
        if turn(n, 2) {
            faulty.bursar(&["audit", "-o", format]).exits(3);
        }
        if soak() || n % 4 == 1 {
            let ran = clean.bursar(&["audit", "-q", "-o", format]).ok();
            let whole = !ran.stdout.is_empty() && ran.stdout.ends_with('\n');
            assert!(whole && ran.stderr.is_empty(), "{format}: {ran:?}");
        }
        if soak() || n % 4 == 3 {
            faulty.bursar(&["audit", "-o", format, "--fail-on", "never"]).ok();
            unread.bursar(&["audit", "-o", format]).exits(6);
        }
    }
}

#[test]
fn a_file_holds_what_standard_output_would() {
    let (ran, texts) = everything(&Db::new(Template::Dump(FAULTY)), &[]);
    assert_eq!(ran.exits(3).stdout, texts["json"]);
    assert!(texts["table"].starts_with("Audit of ") && texts["table"].contains("✗ violated"), "{}", texts["table"]);
    assert!(!texts["table"].contains('\u{1b}'));
}

#[test]
fn ndjson_is_the_report_row_by_row() {
    let (ran, texts) = everything(&hostile(), &["--limit", "1"]);
    let report = parsed(&ran.exits(3).stdout);
    let rows: Vec<Value> = texts["ndjson"].lines().map(parsed).collect();
    let of = |r#type: &str| -> Vec<Value> {
        let rows = rows.iter().filter(|row| row["type"] == r#type).cloned();
        rows.map(|mut row| row.as_object_mut().unwrap().remove("type").map(|_| row).unwrap()).collect()
    };
    assert_eq!(Value::from(of("check")), report["checks"]);
    assert_eq!(Value::from(of("finding")), report["findings"]);
    let mut rest = report.clone();
    rest.as_object_mut().unwrap().retain(|key, _| key != "checks" && key != "findings");
    assert_eq!(of("summary"), [rest]);
    assert_eq!(rows.last().unwrap()["type"], "summary");
    assert_eq!(rows.len(), of("check").len() + of("finding").len() + 1);
}

#[test]
fn csv_has_a_row_for_each_finding_and_every_field() {
    let (ran, texts) = everything(&hostile(), &[]);
    let report = parsed(&ran.exits(3).stdout);
    let mut reader = csv::ReaderBuilder::new().from_reader(texts["csv"].as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), findings(&report).len());
    for (row, finding) in rows.iter().zip(findings(&report)) {
        let fields = finding.as_object().unwrap();
        assert!(fields.keys().all(|key| header.iter().any(|h| h == key || h.starts_with(&format!("{key}_")))));
        for (column, text) in header.iter().zip(row).filter(|(column, _)| !column.starts_with("accepted_")) {
            assert_eq!(*text, cell(&finding[column]), "{column}");
        }
    }
    assert!(rows.iter().any(|row| row.iter().any(|cell| cell.contains(HOSTILE))), "the text is whole");
    // Every line ends as RFC 4180 has it, also the header where nothing was found.
    let empty = Db::new(Template::Dump(CLEAN)).bursar(&["audit", "-o", "csv"]).ok().stdout;
    assert_eq!(empty, format!("{}\r\n", header.join(",")));
}

#[test]
fn csv_runs_no_formula_and_keeps_numbers() {
    let db = Db::new(Template::Seeded("avolve"));
    db.sql(
        "ALTER TABLE user_consent DROP CONSTRAINT user_consent_status_check;
         INSERT INTO user_consent (user_id, interaction_type, status, terms) SELECT id, 'x', '=1+1', '{}' FROM users LIMIT 1",
    );
    db.sql("UPDATE token_balances SET balance = balance - 1 WHERE ctid = (SELECT min(ctid) FROM token_balances WHERE balance > 1)");
    let text = db.bursar(&["audit", "-o", "csv", "--app", "avolve"]).exits(3).stdout;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let of = |check: &str| rows.iter().find(|row| row["check"] == check).unwrap_or_else(|| panic!("{check}: {text}"));
    assert_eq!(of("consent.status")["actual"], "'=1+1");
    assert_eq!(of("ledger.balance")["difference"], "-1.00");
}

#[test]
fn junit_has_a_test_case_for_each_check() {
    let db = hostile();
    // One that cannot be answered, beside those that fail, pass and are skipped.
    db.sql("ALTER TABLE user_invites RENAME COLUMN status TO state");
    for (fail_on, fails) in [("error", ["error"].as_slice()), ("warn", &["error", "warn"]), ("never", &[])] {
        let (ran, texts) = everything(&db, &["--fail-on", fail_on]);
        let report = parsed(&ran.stdout);
        let document = quick_junit::Report::deserialize_from_str(&texts["junit"]).unwrap();
        let suite = &document.test_suites[0];
        assert_eq!(
            (suite.name.as_str(), suite.test_cases.len()),
            ("mimivibe", report["checks"].as_array().unwrap().len())
        );
        let property = |name: &str| suite.properties.iter().find(|p| p.name.as_str() == name).unwrap().value.as_str();
        assert_eq!(property("database"), db.name);
        assert_eq!(property("role"), report["snapshot"]["role"]);
        assert_eq!(property("snapshot"), report["snapshot"]["id"]);
        let mut seen = [0; 4];
        for (case, check) in suite.test_cases.iter().zip(report["checks"].as_array().unwrap()) {
            assert_eq!(case.name.as_str(), check["id"]);
            assert_eq!(case.time.unwrap().as_millis(), u128::from(check["ms"].as_u64().unwrap()));
            let counts = fails.contains(&check["severity"].as_str().unwrap());
            let reason = check["reason"].as_str().unwrap_or_default();
            match (&case.status, check["status"].as_str().unwrap()) {
                (TestCaseStatus::Success { .. }, "passed") => seen[0] += 1,
                (TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, message, description, .. }, "failed")
                    if counts =>
                {
                    seen[1] += 1;
                    let told =
                        format!("{}{}", message.as_ref().unwrap().as_str(), description.as_ref().unwrap().as_str());
                    assert!(told.contains(&format!("{} finding", check["findings"])), "{told}");
                    let first = findings(&report).iter().find(|f| f["check"] == check["id"]).unwrap();
                    assert!(told.contains(first["fingerprint"].as_str().unwrap()), "{told}");
                }
                (TestCaseStatus::Success { .. }, "failed") if !counts => {
                    assert!(case.system_out.as_ref().unwrap().as_str().contains("fingerprint"), "{case:?}");
                }
                (TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, message, .. }, "incomplete") => {
                    seen[2] += 1;
                    assert_eq!(message.as_ref().unwrap().as_str(), reason);
                }
                (TestCaseStatus::Skipped { message, .. }, "skipped") => {
                    seen[3] += 1;
                    assert_eq!(message.as_ref().unwrap().as_str(), reason);
                }
                (status, other) => panic!("{}: {other} became {status:?}", case.name.as_str()),
            }
        }
        let wanted = [true, !fails.is_empty(), true, true];
        assert_eq!(seen.map(|n| n > 0), wanted, "{fail_on}: {seen:?}");
        assert_eq!(document.failures > 0, !fails.is_empty());
        // What XML forbids is shown, not dropped.
        assert!(texts["junit"].contains("\\u{1b}[2J\\u{fffe}"), "{}", texts["junit"]);
    }
}

#[test]
fn a_failure_spells_out_twenty_findings_and_counts_the_rest() {
    let db = Db::new(Template::Dump(CLEAN));
    db.sql("UPDATE users SET star_balance = star_balance + 1");
    let (ran, texts) = everything(&db, &["--limit", "0"]);
    assert_eq!(findings(&parsed(&ran.exits(3).stdout)).len(), 400);
    assert_eq!(texts["junit"].matches("\nfingerprint ").count(), 20);
    assert!(texts["junit"].contains("\n\nand 380 more"), "{}", texts["junit"]);
    assert!(texts["github"].contains("%0Aand 397 more\n"), "{}", texts["github"]);
    assert_eq!(texts["ndjson"].lines().filter(|l| l.starts_with("{\"type\":\"finding\"")).count(), 400);
    // A comment has an end; what does not fit into it is said.
    assert!(texts["markdown"].len() < 60_000, "{}", texts["markdown"].len());
    let shown = texts["markdown"].matches("\n- ✗ ").count();
    assert!(shown > 50, "{shown}");
    assert!(texts["markdown"].contains(&format!("\nShowing {shown} of 400 findings")), "{}", texts["markdown"]);
    // A list that --limit cuts says so where nothing else would.
    for format in sample(["json", "ndjson", "csv", "junit", "github"], 2) {
        db.bursar(&["audit", "-o", format, "--limit", "3"])
            .exits(3)
            .says("showing 3 of 400 findings; --limit 0 for all");
    }
    let cut = db.bursar(&["audit", "-o", "markdown", "--limit", "3"]).exits(3).stdout;
    assert!(cut.contains("\nshowing 3 of 400 findings; `--limit` 0 for all\n"), "{cut}");
}

#[test]
fn github_gets_one_line_for_each_check_whatever_the_database_holds() {
    let db = hostile();
    db.sql("ALTER TABLE user_invites RENAME COLUMN status TO state");
    let (ran, texts) = everything(&db, &[]);
    let report = parsed(&ran.exits(3).stdout);
    let line = regex::Regex::new("^::(error|warning|notice) title=([^:,\r\n]*)::([^\r\n]*)$").unwrap();
    let lines: Vec<regex::Captures<'_>> = texts["github"]
        .lines()
        .map(|text| line.captures(text).unwrap_or_else(|| panic!("no workflow command: {text}")))
        .collect();
    let said = |command: &str, check: &Value| {
        let title = format!("{}%3A ", check["id"].as_str().unwrap());
        lines.iter().filter(|l| &l[1] == command && l[2].starts_with(&title)).count()
    };
    let mut expected = 1;
    for check in report["checks"].as_array().unwrap() {
        let command = match (check["status"].as_str().unwrap(), check["severity"].as_str().unwrap()) {
            ("failed", "warn") => "warning",
            ("failed", _) | ("incomplete", _) => "error",
            _ => continue,
        };
        assert_eq!(said(command, check), 1, "{check}");
        expected += 1;
    }
    assert_eq!(lines.len(), expected);
    let notice = lines.last().unwrap();
    assert_eq!((&notice[1], &notice[2]), ("notice", "bursar audit%3A violated"));
    let stuck = lines.iter().find(|l| l[2].starts_with("jobs.stuck")).unwrap();
    assert!(stuck[3].contains("%250A") && stuck[3].contains("\\u{1b}[2J"), "{}", &stuck[3]);
}

#[test]
fn markdown_makes_nothing_of_what_the_database_holds() {
    let (ran, texts) = everything(&hostile(), &[]);
    let report = parsed(&ran.exits(3).stdout);
    let text = &texts["markdown"];
    assert!(text.starts_with("## ✗ bursar audit: violated\n\n"), "{text}");
    // Without code spans, and without what the report itself marks up, only words are left.
    let spans = regex::Regex::new("(``+) .*? ``+|`[^`\n]+`").unwrap();
    let bare = spans.replace_all(text, "");
    let item = bare.lines().find(|l| l.contains("has been processing on worker")).expect("the hostile item");
    assert!(item.chars().all(|c| c.is_alphanumeric() || " ,.;()-+!".contains(c)), "{item}");
    for danger in ["@", "::", "<b>", "\u{1b}", "\r", "&amp", "]]>", "##  "] {
        assert!(!bare.contains(danger), "{danger:?} in {bare}");
    }
    assert!(text.contains("`<b>@all</b>\\u{d}\\n::error::owned,\"q\"`"), "{text}");
    assert_eq!(bare.lines().filter(|l| l.starts_with("- ")).count(), findings(&report).len());
    let rows: Vec<&str> = text.lines().filter(|l| l.starts_with('|')).collect();
    assert_eq!(rows.len(), report["checks"].as_array().unwrap().len() + 2);
    assert!(rows.iter().all(|row| row.matches('|').count() == 5), "{rows:?}");
    insta::assert_snapshot!(stable(text));
}

fn stable(text: &str) -> String {
    let hidden = regex::Regex::new(r"`t\d+_\d+`|PostgreSQL `[^`]*`|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC").unwrap();
    hidden.replace_all(text, "…").into_owned()
}

#[test]
fn files_that_cannot_be_written_are_noticed_before_anything_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let nothing_run = |reports: &[&str], says: &str| {
        let dead = "postgres://postgres@127.0.0.1:1/x";
        run(bursar().args(["audit", "-d", dead]).args(reports)).exits(2).says(says);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    };
    nothing_run(&["--report", &format!("junit={}", path("no/audit.xml"))], "cannot write to");
    nothing_run(&["--report", &format!("junit={}", folder.path().display())], "is a directory");
    nothing_run(&["--report", "audit.xml"], "write it as FORMAT=FILE");
    nothing_run(&["--report", "xml=audit.xml"], "there is no format 'xml'; these are table, json");
    let twice = [format!("--report=junit={}", path("x")), format!("--report=json={}", path("./x"))];
    nothing_run(&twice.each_ref().map(String::as_str), "named for two purposes");
}

#[test]
fn a_file_that_takes_nothing_is_a_failure_after_the_report() {
    let ran = Db::new(Template::Dump(CLEAN)).bursar(&["audit", "--report", "csv=/dev/full"]).exits(1);
    assert!(ran.stdout.contains("✓ clean"), "{}", ran.stdout);
    assert!(ran.stderr.contains("/dev/full was not written"), "{}", ran.stderr);
}

#[test]
fn lists_of_checks_have_the_formats_that_they_can_be_written_in() {
    let list = |format: &str| run(bursar().args(["audit", "list", "--app", "mimivibe", "-o", format]));
    let report = parsed(&list("json").ok().stdout);
    let checks = report["checks"].as_array().unwrap();
    let rows: Vec<Value> = list("ndjson").ok().stdout.lines().map(parsed).collect();
    assert_eq!(rows.len(), checks.len());
    assert!(rows.iter().zip(checks).all(|(row, check)| row["type"] == "check" && row["sql"] == check["sql"]));
    let text = list("csv").ok().stdout;
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect();
    assert!(rows.iter().zip(checks).all(|(row, check)| row[0] == check["id"] && row[2] == check["title"]));
    assert_eq!(list("markdown").ok().stdout.lines().count(), checks.len() + 2);
    for format in ["junit", "github"] {
        list(format).exits(2).says("[possible values: table, json, ndjson, csv, markdown]");
    }
    let explain =
        |format: &str| run(bursar().args(["audit", "explain", "ledger.chain", "--app", "avolve", "-o", format]));
    explain("json").ok();
    explain("csv").exits(2).says("[possible values: table, json]");
    // A mistake is told in the format of the rows.
    let error = parsed(run(bursar().args(["audit", "--nonsense", "-o", "ndjson"])).exits(2).stderr.trim());
    assert_eq!(error["error"]["exit_code"], 2);
}
