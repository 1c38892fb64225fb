//! JUnit XML: a test case for each check, for the test reports of a pipeline.
//!
//! A check whose findings make the run fail is a failure, one that could not be answered an error,
//! one that does not apply is skipped. What makes the run fail is the caller's to say.

use std::io::Write;
use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::parts::{facts, first_of_each, found, number};
use crate::audit::{CheckResult, CheckStatus, Finding, Report};
use crate::error::{Error, Kind, Result};
use crate::packs::Severity;
use crate::text::{escape, thousands};

/// Number of findings that a failure spells out; all are counted.
const SPELLED_OUT: usize = 20;

/// A test case for each check. Findings from the severity `fails_from` on are failures; with `None`
/// no finding is. The document is built in memory, so a failure spells out its first findings only.
///
/// # Errors
/// The writer's own, and where the findings cannot be read back.
pub fn junit(report: &Report, fails_from: Option<Severity>, out: &mut dyn Write) -> Result<()> {
    let first = first_of_each(report, SPELLED_OUT)?;
    let mut suite = TestSuite::new(text(&report.app));
    suite.set_timestamp(report.snapshot.at);
    let snapshot = &report.snapshot;
    for (name, value) in [
        ("app", report.app.as_str()),
        ("database", &snapshot.database),
        ("role", &snapshot.role),
        ("server_version", &snapshot.server_version),
        ("snapshot", &snapshot.id),
        ("lsn", &snapshot.lsn),
        ("depth", report.depth.name()),
    ] {
        suite.add_property((name, text(value).as_str()));
    }
    for suspicion in &report.suspected {
        suite.add_property(("suspected", text(&suspicion.message).as_str()));
    }
    for check in &report.checks {
        suite.add_test_case(test_case(check, fails_from, first.get(&check.id).map_or(&[], Vec::as_slice)));
    }
    // A table whose rows could not be counted makes the run incomplete too.
    for table in report.tables.iter().filter(|t| t.rows.is_none()) {
        suite.add_test_case(case(&format!("rows of {}", table.table), error(table.reason.as_deref())));
    }
    // Neither does a run that checked nothing pass.
    for what in &report.unchecked {
        let status = if report.complete {
            let mut status = TestCaseStatus::skipped();
            status.set_message(text(what));
            status
        } else {
            error(Some(what))
        };
        suite.add_test_case(case("not checked", status));
    }
    suite.set_time(suite.test_cases.iter().filter_map(|c| c.time).sum());
    let mut document = quick_junit::Report::new("bursar audit");
    document.set_time(suite.time.unwrap_or_default()).add_test_suite(suite);
    document.serialize(out).map_err(|e| Error::from_cause(Kind::Failed, e))
}

fn test_case(check: &CheckResult, fails_from: Option<Severity>, first: &[Finding]) -> TestCase {
    let status = match check.status {
        CheckStatus::Failed if check.fails(fails_from) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(check.severity.name()).set_message(text(&format!("{}: {}", check.title, found(check))));
            status.set_description(told(check, first));
            status
        }
        CheckStatus::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(text(check.reason.as_deref().unwrap_or_default()));
            status
        }
        CheckStatus::Incomplete => error(check.reason.as_deref()),
        CheckStatus::Passed | CheckStatus::Failed => TestCaseStatus::success(),
    };
    let mut case = case(&check.id, status);
    case.set_time(Duration::from_millis(check.ms));
    // What was found and makes nothing fail is still to be seen.
    let accepted = (check.accepted > 0).then(|| format!("{} accepted", number(check.accepted, "finding", "findings")));
    let passing = (check.findings > 0 && !check.fails(fails_from))
        .then(|| format!("{}\n\n{}", text(&found(check)), told(check, first)));
    let output: Vec<String> = passing.into_iter().chain(accepted).collect();
    if !output.is_empty() {
        case.set_system_out(output.join("\n\n"));
    }
    case
}

/// The first findings of a check, and how many more there are.
fn told(check: &CheckResult, first: &[Finding]) -> String {
    let more = check.findings.saturating_sub(first.len() as u64);
    let more = (more > 0).then(|| format!("and {} more", thousands(more)));
    first.iter().map(details).chain(more).collect::<Vec<_>>().join("\n\n")
}

fn case(name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(text(name), status);
    case.set_classname("bursar.audit");
    case
}

fn error(reason: Option<&str>) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("incomplete").set_message(text(reason.unwrap_or("no reason was given")));
    status
}

/// A finding as labelled lines.
fn details(finding: &Finding) -> String {
    let line = |(label, value): (&str, String)| format!("{label:<13}{}", text(&value));
    let facts = facts(finding).into_iter().chain([("fingerprint", finding.fingerprint.clone())]);
    facts.map(line).collect::<Vec<_>>().join("\n")
}

/// Text in which what XML forbids is shown as an escape; the library would drop it.
fn text(text: &str) -> String {
    escape(text).into_owned()
}
