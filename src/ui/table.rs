//! Tables for people. Every cell is escaped; numbers stand to the right.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table as Inner, presets};

use super::{Ui, escape};

/// A table under construction.
pub struct Table {
    inner: Inner,
    numeric: Vec<bool>,
    color: bool,
}

impl Table {
    /// A table with these headings; a heading that starts with `#` makes a column of numbers.
    pub fn new(ui: &Ui, headings: &[&str]) -> Self {
        let mut table = Self::bare(ui, headings.iter().map(|h| h.starts_with('#')).collect());
        let cells = headings.iter().zip(&table.numeric).map(|(heading, &numeric)| {
            let cell = Cell::new(heading.trim_start_matches('#'));
            let cell = if table.color { cell.add_attribute(Attribute::Bold) } else { cell };
            if numeric { cell.set_alignment(CellAlignment::Right) } else { cell }
        });
        table.inner.set_header(cells.collect::<Vec<_>>());
        table
    }

    /// Labelled facts in this many columns, the last of which wraps, without headings.
    pub fn facts(ui: &Ui, columns: usize) -> Self {
        Self::bare(ui, vec![false; columns])
    }

    fn bare(ui: &Ui, numeric: Vec<bool>) -> Self {
        let mut inner = Inner::new();
        inner.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        if ui.stdout_color {
            inner.enforce_styling();
        }
        Table { inner, numeric, color: ui.stdout_color }
    }

    /// Adds a row. A cell that starts with a status symbol takes its colour.
    pub fn row(&mut self, cells: &[&str]) {
        let row: Vec<Cell> = cells
            .iter()
            .zip(&self.numeric)
            .map(|(text, &numeric)| {
                let cell = Cell::new(escape(text));
                let cell = match text.chars().next().filter(|_| self.color) {
                    Some('✓') => cell.fg(Color::Green),
                    Some('✗') => cell.fg(Color::Red),
                    Some('!' | '?') => cell.fg(Color::Yellow),
                    // Neither is good or bad by itself.
                    Some('▲') => cell.fg(Color::Cyan),
                    Some('▼') => cell.fg(Color::Magenta),
                    _ => cell,
                };
                if numeric { cell.set_alignment(CellAlignment::Right) } else { cell }
            })
            .collect();
        self.inner.add_row(row);
    }

    /// Adds a heading above the rows that follow, apart from those before.
    pub fn heading(&mut self, text: &str) {
        if self.inner.row_iter().next().is_some() {
            self.inner.add_row([""]);
        }
        let cell = Cell::new(escape(text));
        self.inner.add_row([if self.color { cell.add_attribute(Attribute::Bold) } else { cell }]);
    }

    /// The table as text, without space at the ends of lines.
    pub fn render(&self) -> String {
        let text = self.inner.to_string();
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}
