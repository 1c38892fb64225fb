//! The file of a batch: a CSV file as people and spreadsheets write it.

use csv::StringRecord;
use sha2::{Digest as _, Sha256};

use super::BatchLine;
use crate::error::{Error, Result};
use crate::text::trimmed;

/// The columns that a file may have; only the first has to be there.
pub const COLUMNS: [&str; 6] = ["payment", "amount", "reason", "note", "gateway_ref", "key"];

/// Reads the lines of a file. Its cells are separated by commas, semicolons or tabs, as its headings are.
///
/// # Errors
/// A usage error with the line, where it is no such file.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<BatchLine>> {
    let wrong = |line: u64, why: String| Error::usage(format!("{name}:{line}: {why}"));
    let text = decoded(bytes).ok_or_else(|| {
        Error::usage(format!("{name}: it is neither UTF-8 nor UTF-16 with its mark")).hint("save it as CSV in UTF-8")
    })?;
    // A spreadsheet's word for its separator stands above the headings, and is no row.
    let (named, skipped) = named_separator(&text);
    let separator = named.unwrap_or_else(|| separator(&text));
    let rows = &text.as_bytes()[skipped..];
    let above = u64::from(skipped > 0);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).delimiter(separator).from_reader(rows);
    let unread =
        |e: csv::Error| wrong(above + e.position().map_or(1, csv::Position::line), format!("this is no CSV: {e}"));
    let headings: Vec<String> = reader.headers().map_err(unread)?.iter().map(str::to_lowercase).collect();
    let columns = columns(&headings).map_err(|why| wrong(1 + above, why))?;
    let mut lines = Vec::new();
    let mut counted = Counted { bytes: rows, to: 0, line: 1 + above };
    for record in reader.records() {
        let record = record.map_err(unread)?;
        let number = counted.line_at(record.position().map_or(0, csv::Position::byte));
        let [payment, amount, reason, note, gateway_ref, key] = columns.map(|at| cell(&record, at));
        let amount = match amount {
            Some(amount) if separator == b';' => Some(with_point(&amount).map_err(|why| wrong(number, why))?),
            amount => amount,
        };
        lines.push(BatchLine { number, payment: payment.unwrap_or_default(), amount, reason, note, gateway_ref, key });
    }
    if lines.is_empty() {
        return Err(Error::usage(format!("{name}: it has headings and no line below them"))
            .hint("write one line for each refund: payment,amount,reason,note"));
    }
    Ok(lines)
}

/// The text of the file, without the mark with which spreadsheets begin theirs.
fn decoded(bytes: &[u8]) -> Option<String> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2);
        let is_whole = units.remainder().is_empty();
        let text = char::decode_utf16(units.map(|pair| unit([pair[0], pair[1]]))).collect::<Result<_, _>>().ok();
        text.filter(|_| is_whole)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        bytes => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            std::str::from_utf8(bytes).ok().map(str::to_owned)
        }
    }
}

/// The separator that a first line `sep=;` names, as Excel understands it, and the number of bytes up to the next line.
fn named_separator(text: &str) -> (Option<u8>, usize) {
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    match first.trim_end_matches(['\r', '\n']).trim_matches('"').as_bytes() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator @ (b',' | b';' | b'\t')] => {
            (Some(*separator), first.len())
        }
        _ => (None, 0),
    }
}

/// The separator of the first line: no heading holds another one.
fn separator(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    [b';', b'\t'].into_iter().find(|s| first.bytes().any(|b| b == *s)).unwrap_or(b',')
}

/// The place of each of [`COLUMNS`] among the headings.
fn columns(headings: &[String]) -> Result<[Option<usize>; COLUMNS.len()], String> {
    let known = COLUMNS.join(", ");
    if let Some(unknown) = headings.iter().find(|h| !COLUMNS.contains(&h.as_str())) {
        return Err(format!("there is no column '{unknown}'; the columns are {known}, separated by , ; or tabs"));
    }
    let places = COLUMNS.map(|column| headings.iter().position(|h| h == column));
    let twice = headings.iter().enumerate().find(|(at, h)| headings[..*at].contains(h));
    match (twice, places[0]) {
        (Some((_, twice)), _) => Err(format!("the column '{twice}' is there twice")),
        (None, None) => Err(format!("the column payment is missing; the columns are {known}")),
        (None, Some(_)) => Ok(places),
    }
}

fn cell(record: &StringRecord, at: Option<usize>) -> Option<String> {
    let cell = trimmed(record.get(at?)?);
    (!cell.is_empty()).then(|| cell.to_owned())
}

/// An amount with a decimal point. Spreadsheets that separate cells by semicolons write a decimal comma; where the
/// separator of thousands is as likely, the amount is not guessed.
fn with_point(amount: &str) -> Result<String, String> {
    let after = |mark: char| amount.rsplit_once(mark).map(|(_, after)| after.chars().count());
    match (after(','), after('.')) {
        // One mark alone, with three digits behind it.
        (Some(3), None) | (None, Some(3)) if amount.matches([',', '.']).count() == 1 => {
            Err(format!("the amount '{amount}' may mean two things; write it with two decimals, or without any mark"))
        }
        (Some(_), None) if amount.matches(',').count() == 1 => Ok(amount.replace(',', ".")),
        // 1.234,50
        (Some(comma), Some(point)) if comma < point && amount.matches(',').count() == 1 => {
            let (whole, fraction) = amount.split_once(',').unwrap_or((amount, ""));
            Ok(format!("{}.{fraction}", whole.replace('.', ",")))
        }
        _ => Ok(amount.to_owned()),
    }
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
    use super::{read, with_point};

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
            ("payment|amount\npi_1|1", "f.csv:1: there is no column 'payment|amount'"),
            ("payment,amount,Amount\npi_1,1,2", "f.csv:1: the column 'amount' is there twice"),
            ("payment,amount\npi_1\n", "f.csv:2: this is no CSV"),
            ("payment;amount\npi_1;5,00\npi_2;1,234\n", "f.csv:3: the amount '1,234' may mean two things"),
        ] {
            let error = read("f.csv", text.as_bytes()).expect_err(text).message();
            assert!(error.starts_with(why), "{error}");
        }
        assert!(read("f.csv", b"payment\npi_\xe4\n").expect_err("latin-1").message().contains("neither UTF-8"));
        assert!(read("f.csv", b"\xff\xfep\0a").is_err());
    }

    #[test]
    fn what_spreadsheets_write_is_read_as_it_was_meant() {
        let text = " Payment ;AMOUNT;Note\r\npi_1;20,50;สวัสดี\r\npi_2;;\r\n";
        let le: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let be: Vec<u8> = [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        let utf8 = ["\u{feff}", text].concat().into_bytes();
        let tabs = text.replace(';', "\t").replace("20,50", "20.50").into_bytes();
        for bytes in [le, be, utf8, text.as_bytes().to_vec(), tabs] {
            let lines = read("f.csv", &bytes).expect("lines");
            let first = (lines[0].number, lines[0].amount.as_deref(), lines[0].note.as_deref());
            assert_eq!(first, (2, Some("20.50"), Some("สวัสดี")));
            assert_eq!((lines.len(), lines[1].amount.as_deref()), (2, None));
        }
        for (first, text) in [("sep=;\r\n", text), ("\u{feff}\"SEP=,\"\n", "payment,note\npi_1,a;b\n")] {
            let lines = read("f.csv", [first, text].concat().as_bytes()).expect("lines");
            assert_eq!((lines[0].number, lines[0].payment.as_str()), (3, "pi_1"));
        }
        let error = read("f.csv", b"sep=;\npayment;sum\npi_1;1").expect_err("a heading").message();
        assert!(error.starts_with("f.csv:2: there is no column 'sum'"), "{error}");
    }

    #[test]
    fn a_decimal_comma_is_read_where_it_can_be_nothing_else() {
        for (amount, read) in [
            ("20,5", Some("20.5")),
            ("1.234,50", Some("1,234.50")),
            ("1,234.50", Some("1,234.50")),
            ("1234", Some("1234")),
            ("1,234", None),
            ("1.234", None),
            ("1,234,567", Some("1,234,567")),
        ] {
            assert_eq!(with_point(amount).ok().as_deref(), read, "{amount}");
        }
    }
}
