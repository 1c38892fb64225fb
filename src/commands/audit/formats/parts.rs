//! The parts that several formats of a report share.

use crate::audit::{AuditVerdict, CheckResult, CheckStatus, Finding, Report, Summary};
use crate::db::sqlstate::INSUFFICIENT_PRIVILEGE;
use crate::error::Result;
use crate::output::SCHEMA_VERSION;
use crate::packs::Severity;
use crate::text::{counted, thousands};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// One object, the whole report.
///
/// # Errors
/// The writer's own, and where the findings cannot be read back.
pub fn json(report: &Report, out: &mut dyn Write) -> Result<()> {
    crate::output::json(&Whole { schema_version: SCHEMA_VERSION, command: COMMAND, report }, out)
}

/// The name of the command in every report.
pub(super) const COMMAND: &str = "audit";

/// The whole report, as an object.
#[derive(Serialize)]
pub(super) struct Whole<'a> {
    schema_version: u32,
    command: &'static str,
    #[serde(flatten)]
    report: &'a Report,
}

/// The symbol and the word of an answer.
pub fn verdict(verdict: AuditVerdict) -> (&'static str, &'static str) {
    match verdict {
        AuditVerdict::Clean => ("✓", "clean"),
        AuditVerdict::Violated => ("✗", "violated"),
        AuditVerdict::Incomplete => ("?", "incomplete"),
    }
}

/// The symbol of a finding.
pub fn mark(finding: &Finding) -> &'static str {
    match (&finding.accepted, finding.severity) {
        (Some(_), _) => "~",
        (None, Severity::Error) => "✗",
        (None, Severity::Warn) => "!",
    }
}

/// The symbol of how a check ended. A check that found only what is accepted has passed, and says so.
pub fn symbol(check: &CheckResult) -> &'static str {
    match (check.status, check.severity) {
        (CheckStatus::Passed, _) if check.accepted > 0 => "~",
        (CheckStatus::Passed, _) => "✓",
        (CheckStatus::Failed, Severity::Error) => "✗",
        (CheckStatus::Failed, Severity::Warn) => "!",
        (CheckStatus::Skipped, _) => "-",
        (CheckStatus::Incomplete, _) => "?",
    }
}

/// The number of checks in each status, and of findings.
pub fn counts(summary: &Summary) -> String {
    let s = summary;
    let mut parts = vec![format!("{} of {} passed", s.passed, counted(s.checks, "check"))];
    // Checks that only warn have failed too, and their warnings say so.
    let failed = if s.errors > 0 { s.failed } else { 0 };
    for (count, what) in [(failed, "failed"), (s.skipped, "skipped"), (s.incomplete, "not answered")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    for (count, one, many) in
        [(s.errors, "error", "errors"), (s.warnings, "warning", "warnings"), (s.accepted, "accepted", "accepted")]
    {
        if count > 0 {
            parts.push(number(count, one, many));
        }
    }
    parts.join(" · ")
}

/// The facts of a finding, in labelled sentences for people.
pub fn facts(finding: &Finding) -> Vec<(&'static str, String)> {
    let mut facts = vec![("what", finding.message.clone())];
    if let (Some(expected), Some(actual)) = (&finding.expected, &finding.actual) {
        let difference = finding.difference.as_deref();
        let difference = difference.map(|d| format!(" (difference {})", signed(d))).unwrap_or_default();
        facts.push(("expected", format!("{}, found {}{difference}", thousands(expected), thousands(actual))));
    }
    if let Some(entry) = &finding.first_bad_entry {
        facts.push(("first bad", entry.clone()));
    }
    if let Some(accepted) = &finding.accepted {
        let until = accepted.expires.as_deref().map(|day| format!(" until {day}")).unwrap_or_default();
        facts.push(("accepted", format!("{}, by {}'s {}{until}", accepted.reason, accepted.owner, accepted.by)));
    } else {
        facts.push(("cause", finding.cause.clone()));
        facts.push(("to do", finding.remedy.clone()));
    }
    facts
}

/// A number with its sign, also where it is above zero.
pub fn signed(number: &str) -> String {
    if number.starts_with('-') { thousands(number) } else { format!("+{}", thousands(number)) }
}

/// The number of findings of each kind of a check; empty if it distinguishes no kinds.
pub fn kinds(check: &CheckResult) -> String {
    let kind = |(kind, n): (&String, &u64)| format!("{} {}", thousands(n), kind.replace('_', " "));
    check.kinds.iter().map(kind).collect::<Vec<_>>().join(", ")
}

/// The note that a list is cut; none if it is whole.
pub fn cut(listed: u64, all: u64) -> Option<String> {
    let text = |n: u64| thousands(n);
    (listed < all).then(|| format!("showing {} of {} findings; --limit 0 for all", text(listed), text(all)))
}

/// A number of things, as `1 error` or `1,204 errors`.
pub(super) fn number(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { one } else { many })
}

/// The findings of a check in short, as `2 findings: 1 changed, 1 removed`.
pub(super) fn found(check: &CheckResult) -> String {
    let count = number(check.findings, "finding", "findings");
    match check.kinds.len() {
        0 => count,
        1 => format!("{count}: {}", check.kinds.keys().map(|k| k.replace('_', " ")).collect::<String>()),
        _ => format!("{count}: {}", kinds(check)),
    }
}

/// The first findings of each check that are not accepted, by the check's id.
pub(super) fn first_of_each(report: &Report, limit: usize) -> Result<BTreeMap<String, Vec<Finding>>> {
    let mut first: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    for finding in report.findings() {
        let finding = finding?;
        let list = first.entry(finding.check.clone()).or_default();
        if finding.accepted.is_none() && list.len() < limit {
            list.push(finding);
        }
    }
    Ok(first)
}

/// The checks without an answer and the tables whose rows could not be counted, for one reason.
pub struct Unread<'a> {
    /// The ids and the names, at least one.
    pub names: Vec<&'a str>,
    /// The reason. Where rights are missing, with the statements that grant them.
    pub why: &'a str,
}

/// Everything that could not be read, by its reason. All missing rights are one reason: one remedy ends them.
pub fn unread(report: &Report) -> Vec<Unread<'_>> {
    let checks = report.checks.iter().filter(|c| c.status == CheckStatus::Incomplete);
    let checks = checks.map(|c| (c.id.as_str(), &c.reason, &c.sqlstate));
    let tables = report.tables.iter().filter(|t| t.rows.is_none());
    let tables = tables.map(|t| (t.table.as_str(), &t.reason, &t.sqlstate));
    let mut all: Vec<Unread<'_>> = Vec::new();
    for (name, reason, code) in checks.chain(tables) {
        let refused = code.as_deref() == Some(INSUFFICIENT_PRIVILEGE);
        let remedy = report.remedy.as_deref().filter(|_| refused);
        let why = remedy.or(reason.as_deref()).unwrap_or("no reason was given");
        match all.iter_mut().find(|unread| unread.why == why) {
            Some(unread) => unread.names.push(name),
            None => all.push(Unread { names: vec![name], why }),
        }
    }
    all
}
