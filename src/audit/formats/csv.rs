//! CSV as RFC 4180 has it, with a header: one row a finding. It is meant for people and their
//! spreadsheets, so what a spreadsheet would run as a formula is marked as text.

use std::borrow::Cow;
use std::io::Write;

use csv::{Terminator, WriterBuilder};

use crate::audit::{Finding, Report};
use crate::error::{Error, Result};

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
    rows(&COLUMNS, report.findings().map(|finding| Ok(cells(&finding?))), out)
}

/// A header and rows, of any number.
///
/// # Errors
/// The writer's own, and the rows' own.
pub fn rows<const N: usize>(
    header: &[&str; N],
    rows: impl Iterator<Item = Result<[String; N]>>,
    out: &mut dyn Write,
) -> Result<()> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    writer.write_record(header).map_err(unwritten)?;
    for row in rows {
        writer.write_record(row?.iter().map(|cell| harmless(cell).into_owned())).map_err(unwritten)?;
    }
    Ok(writer.flush()?)
}

fn cells(finding: &Finding) -> [String; COLUMNS.len()] {
    let Finding {
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

/// The cell with an apostrophe in front where a spreadsheet would take it for a formula. A plain
/// number is none, so `-5` stays a number.
fn harmless(cell: &str) -> Cow<'_, str> {
    // The wide forms count as the narrow ones in some spreadsheets.
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if runs && !is_number(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

fn is_number(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    }
}

fn unwritten(error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => Error::failed(format!("a row cannot be written as CSV: {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn what_a_spreadsheet_would_run_is_text_and_numbers_stay_numbers() {
        for cell in
            ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\t=1", "\r=1", "\n=1", "-", "+", "-1e5", "-1.", "-.5", "＝1", "--5"]
        {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in ["", "-5", "+5", "-12345678901234567890.0001", "0", "a=1", "'=1", " =1", "5-3"] {
            assert_eq!(harmless(cell), cell);
        }
    }
}
