//! A file of columns, read row by row in constant memory.

use std::io::{Cursor, Read};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use crate::error::{Error, Result};
use crate::files;

/// The bytes at the beginning that are looked at to tell what the file is.
const HEAD: usize = 256 * 1024;

/// A file of columns.
pub(super) struct Table {
    name: String,
    reader: csv::Reader<Box<dyn Read + Send>>,
    /// The beginning of the file, for what has to be known before its first row.
    head: Vec<u8>,
    separator: u8,
    /// The first row, as it is written.
    first: StringRecord,
    headings: Vec<String>,
    record: StringRecord,
}

/// The file without the carriage returns of Windows, so that lines are counted right.
struct Lines<R>(R);

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.0.read(buffer)?;
            let mut kept = 0;
            for at in 0..read {
                if buffer[at] != b'\r' {
                    buffer[kept] = buffer[at];
                    kept += 1;
                }
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// A heading as it is looked for: small letters and digits, with one line for whatever is between them.
fn plain(heading: &str) -> String {
    let mut plain = String::new();
    for c in heading.trim().chars().flat_map(char::to_lowercase) {
        match c.is_alphanumeric() {
            true => plain.push(c),
            false if plain.ends_with('_') || plain.is_empty() => {}
            false => plain.push('_'),
        }
    }
    plain.trim_end_matches('_').to_owned()
}

impl Table {
    /// Opens the file, or the standard input where it is `-`, and reads its first row.
    ///
    /// # Errors
    /// A usage error where it cannot be opened, or is no text in UTF-8.
    pub fn open(path: &Path) -> Result<Self> {
        let name = if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() };
        let source: Box<dyn Read + Send> = match path.as_os_str() == "-" {
            true => Box::new(std::io::stdin()),
            false => Box::new(files::open(path).map_err(|e| unread(&name, &e))?.0),
        };
        Self::read(name, source)
    }

    /// Reads from anything.
    pub fn read(name: String, mut source: Box<dyn Read + Send>) -> Result<Self> {
        let mut head = Vec::new();
        source.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|e| unread(&name, &e))?;
        if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
            return Err(Error::usage(format!("{name} is UTF-16")).hint(
                "save it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE > FILE.utf8.csv`, or `CSV UTF-8` in a spreadsheet",
            ));
        }
        if head.starts_with(b"\xef\xbb\xbf") {
            head.drain(..3);
        }
        let separator = separator(&head);
        let whole: Box<dyn Read + Send> = Box::new(Lines(Cursor::new(head.clone()).chain(source)));
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(whole);
        let mut table = Table {
            name,
            reader,
            head,
            separator,
            first: StringRecord::new(),
            headings: Vec::new(),
            record: StringRecord::new(),
        };
        if !table.next()? {
            return Err(Error::usage(format!("{} is empty", table.name)).hint("export it again"));
        }
        table.first = table.record.clone();
        table.take_headings();
        Ok(table)
    }

    /// The row that was read last holds the headings.
    pub fn take_headings(&mut self) {
        self.headings = self.record.iter().map(plain).collect();
    }

    /// Rows of the file's beginning, for what has to be known before the first one is read.
    pub fn preview(&self) -> impl Iterator<Item = StringRecord> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(self.separator);
        builder.from_reader(Lines(&self.head[..])).into_records().map_while(Result::ok).collect::<Vec<_>>().into_iter()
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first row, as it is written.
    pub fn headings(&self) -> impl Iterator<Item = &str> {
        self.first.iter()
    }

    /// True where there is a column of one of these names.
    pub fn has(&self, names: &[&str]) -> bool {
        self.headings.iter().any(|h| names.contains(&h.as_str()))
    }

    /// The place of the column that has one of these names, the first name that there is.
    ///
    /// # Errors
    /// A usage error where the column is there twice.
    pub fn find(&self, names: &[&str]) -> Result<Option<usize>> {
        for name in names {
            let mut places = self.headings.iter().enumerate().filter(|(_, h)| h == name).map(|(at, _)| at);
            if let Some(at) = places.next() {
                return match places.next() {
                    Some(_) => Err(self.wrong(&format!("the column {name} is there twice"))),
                    None => Ok(Some(at)),
                };
            }
        }
        Ok(None)
    }

    /// As [`Table::find`], of a column that has to be there.
    ///
    /// # Errors
    /// A usage error where it is not.
    pub fn need(&self, names: &[&str]) -> Result<usize> {
        self.find(names)?.ok_or_else(|| self.wrong(&format!("the column {} is missing", names.join(" or "))))
    }

    /// Reads the next row; false at the end.
    ///
    /// # Errors
    /// A usage error where it is no row.
    pub fn next(&mut self) -> Result<bool> {
        // A quote that nobody closes takes all the rest for one cell.
        let broken = self.record.iter().any(|cell| cell.contains('\n'));
        let there = self.reader.read_record(&mut self.record).map_err(|e| {
            let line = e.position().map_or(1, csv::Position::line);
            Error::usage(format!("{}:{line}: this is no CSV in UTF-8: {e}", self.name)).hint("export it again")
        })?;
        if broken && !there {
            return Err(self.wrong("its last row has a line break in a cell: a quote is not closed"));
        }
        Ok(there)
    }

    /// Reads the next row of a table whose rows all have as many columns as there are headings; false at the end.
    ///
    /// # Errors
    /// A usage error where it has not.
    pub fn next_whole(&mut self) -> Result<bool> {
        let there = self.next()?;
        if there && self.record.len() != self.headings.len() {
            let (has, wanted) = (self.record.len(), self.headings.len());
            return Err(self.wrong(&format!("it has {has} columns, and the headings are {wanted}")));
        }
        Ok(there)
    }

    /// A cell of the row; empty where there is none.
    pub fn cell(&self, at: Option<usize>) -> &str {
        at.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }

    /// A cell of the row, where it is not empty.
    pub fn some(&self, at: Option<usize>) -> Option<String> {
        Some(self.cell(at)).filter(|cell| !cell.is_empty()).map(str::to_owned)
    }

    /// The error of a row that is not understood, with its line.
    pub fn wrong(&self, why: &str) -> Error {
        let line = self.record.position().map_or(1, csv::Position::line);
        Error::usage(format!("{}:{line}: {why}", self.name)).hint("export it again, or correct that line")
    }
}

fn unread(name: &str, why: &std::io::Error) -> Error {
    Error::usage(format!("cannot read {name}: {why}"))
        .hint("name the file that was exported, or `-` for standard input")
}

/// The character that parts the columns: the one that the first line holds most of, outside quotes.
fn separator(head: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            byte if !quoted => counts.iter_mut().filter(|(c, _)| c == byte).for_each(|(_, count)| *count += 1),
            _ => {}
        }
    }
    // The comma where there are none at all.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(c, _)| c)
}
