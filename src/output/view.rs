//! The one door for results: a command builds a [`View`], and [`Ui::emit`] writes it in the format that was asked for.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;
use serde_json::{Map, Value};

use super::rows::{Record, csv_records, ndjson_row};
use super::ui::{Ui, fitted};
use super::{Format, Table};
use crate::error::{Error, Result};
use crate::text::markdown::{code, prose};
use crate::text::thousands;

/// The version of every JSON object that bursar writes. Renaming or removing a field raises it; adding one does not.
pub const SCHEMA_VERSION: u32 = 1;

/// The parts of a result for people, from top to bottom, a blank line apart.
#[derive(Debug, Clone, Default)]
pub struct Page {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    /// Sentences, painted and escaped.
    Text(String),
    /// Text that stays as it is: laid out already, or written by somebody, such as SQL.
    Code(String),
    /// Sentences, and a command below them that can be pasted.
    Command(String, String),
    Table(Table),
}

impl Page {
    /// A page of sentences, which were painted and escaped. They are wrapped where the terminal is too narrow.
    pub fn text(text: impl Into<String>) -> Self {
        Page::default().and(text)
    }

    /// A page of one table.
    pub fn table(table: Table) -> Self {
        Page::default().and_table(table)
    }

    /// The page with a text below; an empty one adds nothing.
    #[must_use]
    pub fn and(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.parts.push(Part::Text(text));
        }
        self
    }

    /// The page with a text below that stays as it is; an empty one adds nothing.
    #[must_use]
    pub fn and_code(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.parts.push(Part::Code(text));
        }
        self
    }

    /// The page with a text and a command below; the command stands on a line of its own, whole.
    #[must_use]
    pub fn and_command(mut self, text: impl Into<String>, command: impl Into<String>) -> Self {
        self.parts.push(Part::Command(text.into(), command.into()));
        self
    }

    /// The page with a table below.
    #[must_use]
    pub fn and_table(mut self, table: Table) -> Self {
        self.parts.push(Part::Table(table));
        self
    }

    /// The page as text, whose sentences are as wide as they are.
    pub fn render(&self) -> String {
        self.rendered(None)
    }

    /// The page as text, whose sentences are wrapped to this many columns.
    fn rendered(&self, columns: Option<usize>) -> String {
        self.joined(Table::render, |text| fitted(text, columns), str::to_owned, |command| format!("  {command}"))
    }

    /// The page in Markdown, in which the lines of a text stay lines.
    pub fn markdown(&self) -> String {
        let lines = |text: &str| {
            let lines = console::strip_ansi_codes(text).lines().map(prose).collect::<Vec<_>>();
            lines.join("\n")
        };
        self.joined(Table::markdown, lines, lines, code)
    }

    fn joined(
        &self,
        table: impl Fn(&Table) -> String,
        text: impl Fn(&str) -> String,
        as_it_is: impl Fn(&str) -> String,
        command: impl Fn(&str) -> String,
    ) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(inner) => text(inner.trim_end()),
            Part::Code(inner) => as_it_is(inner.trim_end()),
            Part::Command(above, inner) => format!("{}\n{}", text(above.trim_end()), command(inner)),
            Part::Table(inner) => table(inner).trim_end().to_owned(),
        });
        parts.collect::<Vec<_>>().join("\n\n")
    }
}

/// Rows of some type.
trait Listed {
    fn json(&self) -> Result<Value>;
    fn ndjson(&self, out: &mut dyn Write) -> Result<()>;
    fn csv(&self, out: &mut dyn Write) -> Result<()>;
}

impl<R: Record> Listed for &[R] {
    fn json(&self) -> Result<Value> {
        as_value(self)
    }

    fn ndjson(&self, out: &mut dyn Write) -> Result<()> {
        self.iter().try_for_each(|row| ndjson_row(R::TYPE, row, out))
    }

    fn csv(&self, out: &mut dyn Write) -> Result<()> {
        csv_records(self, out)
    }
}

/// The result of a command, for every format.
pub struct View<'a> {
    command: &'a str,
    fields: Map<String, Value>,
    unwritten: Option<Error>,
    rows: Option<(&'static str, Box<dyn Listed + 'a>)>,
    page: Option<Box<dyn FnOnce() -> Page + 'a>>,
    note: Option<String>,
}

impl<'a> View<'a> {
    /// The result of the command with this name, such as `payments list`.
    pub fn new(command: &'a str) -> Self {
        let mut fields = Map::new();
        fields.insert("schema_version".to_owned(), SCHEMA_VERSION.into());
        fields.insert("command".to_owned(), command.into());
        View { command, fields, unwritten: None, rows: None, page: None, note: None }
    }

    /// Adds a field to the object.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Serialize) -> Self {
        match as_value(&value) {
            Ok(value) => {
                self.fields.insert(name.to_owned(), value);
            }
            Err(error) => self.unwritten = Some(error),
        }
        self
    }

    /// Adds all fields of a value to the object.
    #[must_use]
    pub fn fields(mut self, value: impl Serialize) -> Self {
        match as_value(&value) {
            Ok(Value::Object(fields)) => self.fields.extend(fields),
            Ok(_) => self.unwritten = Some(Error::failed(format!("{} has no fields to write", self.command))),
            Err(error) => self.unwritten = Some(error),
        }
        self
    }

    /// The rows, under this name in the object.
    #[must_use]
    pub fn rows<R: Record>(mut self, name: &'static str, rows: &'a [R]) -> Self {
        self.rows = Some((name, Box::new(rows)));
        self
    }

    /// The result for people.
    #[must_use]
    pub fn page(mut self, page: impl FnOnce() -> Page + 'a) -> Self {
        self.page = Some(Box::new(page));
        self
    }

    /// A note below the page, and beside the data of formats that have no place for it.
    #[must_use]
    pub fn note(mut self, note: Option<String>) -> Self {
        self.note = note;
        self
    }

    /// The note of a list that is cut: the rows that it shows, of how many, and the flag of the next page.
    #[must_use]
    pub fn next_page(self, shown: usize, of: Option<impl Display>, next: Option<impl Display>) -> Self {
        let of = of.map(|total| format!(" of {total}")).unwrap_or_default();
        let note = next.map(|next| {
            // A line of its own, so that it can be copied whole.
            format!("showing {}{of}; --limit 0 for all, or the next page:\n--cursor {next}", thousands(shown))
        });
        self.note(note)
    }
}

impl Ui {
    /// Writes a page to standard output.
    ///
    /// # Errors
    /// As [`Ui::write`].
    pub fn show(&self, page: &Page) -> Result<()> {
        self.data(&page.rendered(self.columns()))
    }

    /// Writes a result to standard output.
    ///
    /// # Errors
    /// As [`Ui::write`]; a format that the result has no rows or no page for.
    pub fn emit(&self, format: Format, view: View<'_>) -> Result<()> {
        if let Some(error) = view.unwritten {
            return Err(error);
        }
        let not_so = || Error::usage(format!("{} cannot be written as {}", view.command, format.name()));
        match (format, view.rows, view.page) {
            (Format::Table, _, Some(page)) => self.show(&page().and(view.note.unwrap_or_default()))?,
            (Format::Markdown, _, Some(page)) => self.data(&page().and(view.note.unwrap_or_default()).markdown())?,
            (Format::Json, rows, _) => {
                let mut fields = view.fields;
                if let Some((name, rows)) = rows {
                    fields.insert(name.to_owned(), rows.json()?);
                }
                self.json(&fields)?;
            }
            (Format::Ndjson, Some((_, rows)), _) => {
                self.write(|out| rows.ndjson(out))?;
                view.note.iter().for_each(|note| self.note_lines(note));
            }
            (Format::Csv, Some((_, rows)), _) => {
                self.csv(|out| rows.csv(out))?;
                view.note.iter().for_each(|note| self.note_lines(note));
            }
            _ => return Err(not_so()),
        }
        Ok(())
    }
}

fn as_value(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|e| Error::failed(format!("the result cannot be written as JSON: {e}")))
}
