//! Rows on their way to COPY, in its text format.
//! Source of the escapes: PostgreSQL manual, COPY, "Text Format".

use std::io::Write as _;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Rows of one table.
#[derive(Debug)]
pub struct Table {
    /// The table.
    pub name: &'static str,
    /// The columns that are given; the others take their defaults.
    pub columns: &'static [&'static str],
    /// The number of rows.
    pub rows: u64,
    text: Vec<u8>,
}

impl Table {
    /// The rows in COPY's text format.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}

/// The rows of a cohort, by table, in the order in which the tables have to be written.
#[derive(Debug, Default)]
pub struct Batch {
    tables: Vec<Table>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares a table, in the order of writing, and returns its handle. Declaring it again only
    /// returns the handle.
    pub fn table(&mut self, name: &'static str, columns: &'static [&'static str]) -> usize {
        if let Some(handle) = self.tables.iter().position(|t| t.name == name) {
            return handle;
        }
        self.tables.push(Table { name, columns, rows: 0, text: Vec::new() });
        self.tables.len() - 1
    }

    /// Adds a row: one field for each declared column.
    pub fn row(&mut self, handle: usize, fields: &[Field<'_>]) {
        let table = &mut self.tables[handle];
        debug_assert_eq!(fields.len(), table.columns.len(), "a row of {} needs a field for each column", table.name);
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                table.text.push(b'\t');
            }
            field.write(&mut table.text);
        }
        table.text.push(b'\n');
        table.rows += 1;
    }

    /// The tables in the order of writing.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Forgets the rows and keeps the memory.
    pub fn clear(&mut self) {
        for table in &mut self.tables {
            table.text.clear();
            table.rows = 0;
        }
    }
}

/// One value of a row.
#[derive(Debug, Clone, Copy)]
pub enum Field<'a> {
    /// NULL.
    Null,
    /// A UUID.
    Uuid(Uuid),
    /// An integer.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// Text, an enum value, JSON, or anything else in its text form.
    Text(&'a str),
    /// A time.
    Time(DateTime<Utc>),
}

impl Field<'_> {
    /// A value, or NULL.
    pub fn or_null<T>(value: Option<T>, field: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Field::Null, field)
    }

    fn write(self, out: &mut Vec<u8>) {
        // Writing to a vector cannot fail.
        let _ = match self {
            Field::Null => out.write_all(b"\\N"),
            Field::Uuid(uuid) => write!(out, "{uuid}"),
            Field::Int(number) => write!(out, "{number}"),
            Field::Bool(truth) => out.write_all(if truth { b"t" } else { b"f" }),
            Field::Time(at) => write!(out, "{}", at.format("%Y-%m-%d %H:%M:%S%.6f+00")),
            Field::Text(text) => {
                for byte in text.bytes() {
                    match byte {
                        b'\\' => out.extend_from_slice(b"\\\\"),
                        b'\t' => out.extend_from_slice(b"\\t"),
                        b'\n' => out.extend_from_slice(b"\\n"),
                        b'\r' => out.extend_from_slice(b"\\r"),
                        other => out.push(other),
                    }
                }
                Ok(())
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Batch, Field};

    #[test]
    fn rows_are_written_in_the_text_format() {
        let mut batch = Batch::new();
        let t = batch.table("t", &["a", "b", "c"]);
        batch.row(t, &[Field::Int(-1), Field::Text("x\ty\\\n"), Field::Null]);
        assert_eq!(batch.table("t", &["a", "b", "c"]), t);
        assert_eq!(batch.tables()[t].text(), b"-1\tx\\ty\\\\\\n\t\\N\n");
        batch.clear();
        assert_eq!((batch.tables()[t].rows, batch.tables()[t].text()), (0, &b""[..]));
    }
}
