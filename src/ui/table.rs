//! Tables for people. Every cell is escaped; numbers stand to the right.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table as Inner, presets};

use super::{Ui, escape};

/// A table under construction.
pub struct Table {
    inner: Inner,
    columns: usize,
    numeric: Vec<bool>,
}

impl Table {
    /// A table with these headings; a heading that starts with `#` makes a column of numbers.
    pub fn new(ui: &Ui, headings: &[&str]) -> Self {
        let mut inner = Inner::new();
        inner.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        if ui.stdout_color {
            inner.enforce_styling();
        } else {
            inner.force_no_tty();
        }
        let numeric: Vec<bool> = headings.iter().map(|h| h.starts_with('#')).collect();
        inner.set_header(headings.iter().zip(&numeric).map(|(h, &n)| {
            let cell = Cell::new(h.trim_start_matches('#')).add_attribute(Attribute::Bold);
            if n { cell.set_alignment(CellAlignment::Right) } else { cell }
        }));
        Table { inner, columns: headings.len(), numeric }
    }

    /// Adds a row. A cell that starts with a status symbol takes its colour.
    pub fn row(&mut self, cells: &[&str]) {
        let row: Vec<Cell> = cells
            .iter()
            .take(self.columns)
            .zip(&self.numeric)
            .map(|(text, &numeric)| {
                let cell = Cell::new(escape(text));
                let cell = match text.chars().next() {
                    Some('✓') => cell.fg(Color::Green),
                    Some('✗') => cell.fg(Color::Red),
                    Some('!' | '?') => cell.fg(Color::Yellow),
                    _ => cell,
                };
                if numeric { cell.set_alignment(CellAlignment::Right) } else { cell }
            })
            .collect();
        self.inner.add_row(row);
    }

    /// The table as text, without space at the ends of lines.
    pub fn render(&self) -> String {
        let text = self.inner.to_string();
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}
