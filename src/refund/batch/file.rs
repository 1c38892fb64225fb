//! The file of a batch.

use sha2::{Digest as _, Sha256};

use super::BatchLine;
use crate::error::{Error, Result};

/// The columns that a file may have; only the first has to be there.
pub const COLUMNS: [&str; 5] = ["payment", "amount", "reason", "note", "gateway_ref"];

/// Reads the lines of a file.
///
/// # Errors
/// A usage error with the line, where it is no such file.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<BatchLine>> {
    let wrong = |line: u64, why: String| Error::usage(format!("{name}:{line}: {why}"));
    // Spreadsheets begin their files with a mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let unread = |e: csv::Error| wrong(e.position().map_or(1, csv::Position::line), format!("this is no CSV: {e}"));
    let headings = reader.headers().map_err(unread)?.clone();
    let unknown = headings.iter().find(|h| !COLUMNS.contains(h));
    if let Some(unknown) = unknown {
        return Err(wrong(1, format!("there is no column '{unknown}'; the columns are {}", COLUMNS.join(", "))));
    }
    let column = |wanted: &str| headings.iter().position(|h| h == wanted);
    if column("payment").is_none() {
        return Err(wrong(1, format!("the column payment is missing; the columns are {}", COLUMNS.join(", "))));
    }
    let mut lines = Vec::new();
    let mut counted = Counted { bytes, to: 0, line: 1 };
    for record in reader.records() {
        let record = record.map_err(unread)?;
        let cell = |wanted: &str| {
            let cell = column(wanted).and_then(|at| record.get(at)).unwrap_or_default();
            Some(cell.to_owned()).filter(|c| !c.is_empty())
        };
        lines.push(BatchLine {
            number: counted.line_at(record.position().map_or(0, csv::Position::byte)),
            payment: cell("payment").unwrap_or_default(),
            amount: cell("amount"),
            reason: cell("reason"),
            note: cell("note"),
            gateway_ref: cell("gateway_ref"),
        });
    }
    Ok(lines)
}

/// The number of lines up to a byte. Each byte is counted once, however many records are asked about.
struct Counted<'a> {
    bytes: &'a [u8],
    to: usize,
    line: u64,
}

impl Counted<'_> {
    /// The line, from 1, on which the record begins that the reader places at this byte. It may place one on
    /// the second character of the line end before it. Records are asked about in their order.
    fn line_at(&mut self, byte: u64) -> u64 {
        let at = usize::try_from(byte).unwrap_or(usize::MAX).clamp(self.to, self.bytes.len());
        let skipped = self.bytes[at..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let end = at + skipped;
        self.line += self.bytes[self.to..end].iter().filter(|b| **b == b'\n').count() as u64;
        self.to = end;
        self.line
    }
}

/// The digest of a file, which its lines' keys begin with.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_file_is_read_with_its_line_numbers_and_what_is_wrong_is_said_with_them() {
        let lines = read(
            "f.csv",
            b"\xef\xbb\xbfpayment,amount,reason,note\r\npi_1, 5.00 ,,\"two\r\nlines\"\r\npi_2,,other,\r\n",
        )
        .expect("lines");
        assert_eq!(
            lines.iter().map(|l| (l.number, l.payment.as_str())).collect::<Vec<_>>(),
            [(2, "pi_1"), (4, "pi_2")]
        );
        assert_eq!(lines[0].amount.as_deref(), Some("5.00"));
        assert_eq!(lines[1].amount, None);
        for (text, why) in [
            ("amount\n1", "f.csv:1: the column payment is missing"),
            ("payment,sum\npi_1,1", "f.csv:1: there is no column 'sum'"),
            ("payment,amount\npi_1\n", "f.csv:2: this is no CSV"),
        ] {
            let error = read("f.csv", text.as_bytes()).expect_err(text).message();
            assert!(error.starts_with(why), "{error}");
        }
    }
}
