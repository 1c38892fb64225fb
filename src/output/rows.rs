//! Rows for other programs, written one by one, so that their number costs no memory.

use std::borrow::Cow;
use std::io::Write;

use csv::{Terminator, WriterBuilder};
use serde::Serialize;
use serde_json::Value;

use super::visible::{Form, Visible};
use crate::error::{Error, Result};

/// A row of a list.
pub trait Record: Serialize {
    /// The `type` of its object in NDJSON.
    const TYPE: &'static str;
    /// The columns of CSV: the names of its fields in JSON. The parts of a field inside another are joined by a point.
    const FIELDS: &'static [&'static str];

    /// The object that CSV takes the columns from, where it is another one than that of JSON.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    fn columns(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }
}

/// A row of NDJSON: what it is, and its fields.
#[derive(Serialize)]
struct Row<'a, T> {
    r#type: &'a str,
    #[serde(flatten)]
    fields: &'a T,
}

/// Rows of one type, each an object on a line of its own.
///
/// # Errors
/// The writer's own.
pub fn ndjson_rows<T: Serialize>(r#type: &str, all: &[T], out: &mut dyn Write) -> Result<()> {
    all.iter().try_for_each(|fields| ndjson_row(r#type, fields, out))
}

/// One object on a line of its own.
///
/// # Errors
/// The writer's own.
pub fn ndjson_row<T: Serialize>(r#type: &str, fields: &T, out: &mut dyn Write) -> Result<()> {
    json_to(out, |out| serde_json::to_writer(out, &Row { r#type, fields }))
}

/// A value as JSON of several lines. What drives a terminal is escaped in it, wherever it is written to: to whoever
/// reads JSON, it is the same.
///
/// # Errors
/// The writer's own.
pub fn json<T: Serialize>(value: &T, out: &mut dyn Write) -> Result<()> {
    json_to(out, |out| serde_json::to_writer_pretty(out, value))
}

fn json_to(out: &mut dyn Write, write: impl FnOnce(&mut Visible<'_>) -> serde_json::Result<()>) -> Result<()> {
    let mut visible = Visible::new(out, Form::Json);
    write(&mut visible).map_err(std::io::Error::from)?;
    writeln!(visible)?;
    Ok(visible.finish()?)
}

/// CSV as RFC 4180 has it: a header, and rows of any number. It is meant for people and their
/// spreadsheets, so what a spreadsheet would run as a formula is marked as text.
///
/// # Errors
/// The writer's own, and the rows' own.
pub fn csv_rows<const N: usize>(
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

/// Records as such a CSV: each column is a field of the record's JSON.
///
/// # Errors
/// The writer's own.
pub(super) fn csv_records<R: Record>(rows: &[R], out: &mut dyn Write) -> Result<()> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    writer.write_record(R::FIELDS.iter().map(|name| name.replace('.', "_"))).map_err(unwritten)?;
    for row in rows {
        let row = row.columns().map_err(|e| Error::failed(format!("a row cannot be written: {e}")))?;
        let cells = R::FIELDS.iter().map(|name| cell(name.split('.').try_fold(&row, |at, part| at.get(part))));
        writer.write_record(cells.map(|cell| harmless(&cell).into_owned())).map_err(unwritten)?;
    }
    Ok(writer.flush()?)
}

/// A value of JSON in a cell: text as it is, nothing for null, words of a list a space apart.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) if !all.iter().any(|one| one.is_object() || one.is_array()) => {
            all.iter().map(|one| cell(Some(one))).collect::<Vec<_>>().join(" ")
        }
        Some(other) => other.to_string(),
    }
}

/// One line of such a CSV, written whole.
///
/// # Errors
/// The writer's own.
pub fn csv_line<const N: usize>(cells: &[String; N], out: &mut dyn Write) -> Result<()> {
    let mut line = Vec::new();
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(&mut line);
    writer.write_record(cells.iter().map(|cell| harmless(cell).into_owned())).map_err(unwritten)?;
    writer.flush()?;
    drop(writer);
    Ok(out.write_all(&line)?)
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
