//! One row a finding, for spreadsheets.

use std::io::Write;

use crate::audit::{Finding, Report};
use crate::error::Result;
use crate::output::csv_rows;

/// The columns, in their order: every field of a finding.
const COLUMNS: [&str; 19] = [
    "check",
    "kind",
    "severity",
    "table",
    "key",
    "account",
    "unit",
    "expected",
    "actual",
    "difference",
    "first_bad_entry",
    "message",
    "cause",
    "remedy",
    "fingerprint",
    "accepted_by",
    "accepted_owner",
    "accepted_reason",
    "accepted_expires",
];

/// One row for each finding, below a header.
///
/// # Errors
/// The writer's own, and where the findings cannot be read back.
pub fn csv(report: &Report, out: &mut dyn Write) -> Result<()> {
    csv_rows(&COLUMNS, report.findings().map(|finding| Ok(cells(&finding?))), out)
}

fn cells(finding: &Finding) -> [String; COLUMNS.len()] {
    let Finding {
        // No two packs of one audit have a check of one id.
        app: _,
        check,
        kind,
        severity,
        table,
        key,
        account,
        unit,
        expected,
        actual,
        difference,
        first_bad_entry,
        message,
        cause,
        remedy,
        fingerprint,
        accepted,
        // The entries around a finding are rows of their own, which one row has no place for.
        entries: _,
        formerly: _,
    } = finding.clone();
    let accepted = accepted.unwrap_or_default();
    [
        check,
        kind.unwrap_or_default(),
        severity.name().to_owned(),
        table,
        key,
        account.unwrap_or_default(),
        unit.unwrap_or_default(),
        expected.unwrap_or_default(),
        actual.unwrap_or_default(),
        difference.unwrap_or_default(),
        first_bad_entry.unwrap_or_default(),
        message,
        cause,
        remedy,
        fingerprint,
        accepted.by,
        accepted.owner,
        accepted.reason,
        accepted.expires.unwrap_or_default(),
    ]
}
