//! Tables for people. Every cell is escaped; numbers stand to the right.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table as Inner, presets};

use super::Ui;
use crate::text::escape;

/// What the lines between rows are made of where rows have notes; no cell holds it, because it is escaped there.
const BETWEEN: char = '\u{1}';

/// A table under construction.
pub struct Table {
    inner: Inner,
    numeric: Vec<bool>,
    color: bool,
    /// A line below each row so far, as wide as the terminal has room for.
    notes: Vec<String>,
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
        Table { inner, numeric, color: ui.stdout_color, notes: Vec::new() }
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

    /// Adds a row with a text below it, which is cut to one line of so many columns. Every row of the table gets one.
    pub fn noted_row(&mut self, cells: &[&str], note: &str, columns: usize) {
        self.inner.style_mut().row_separator.fill = Some(BETWEEN);
        self.row(cells);
        let note = console::truncate_str(&escape(note), columns.saturating_sub(4), "…").into_owned();
        self.notes.push(note);
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
        let mut notes = self.notes.iter();
        let mut lines = Vec::new();
        for line in text.lines() {
            match line.contains(BETWEEN) {
                false => lines.push(line.trim_end().to_owned()),
                true => lines.extend(notes.next().filter(|n| !n.is_empty()).map(|n| format!("   {n}"))),
            }
        }
        lines.extend(notes.filter(|n| !n.is_empty()).map(|n| format!("   {n}")));
        lines.join("\n")
    }
}
