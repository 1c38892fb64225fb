//! A list that is searched while its user types, and from which one row is selected.

use std::time::Duration;

use console::{Alignment, measure_text_width, pad_str};

use super::prompt::{Pressed, Prompt, ROOM};
use super::ui::{Ui, paint};
use crate::error::Result;
use crate::text::{escape, thousands};

/// Largest width of a cell, so that one long name does not push the rest off the screen.
const WIDEST: usize = 48;

/// Least width of a cut cell.
const NARROWEST: usize = 8;

/// Time without a key after which a search begins.
const PAUSE: Duration = Duration::from_millis(120);

/// A row that can be selected.
#[derive(Debug, Clone)]
pub struct Choice<T> {
    /// Its cells, as the database has them. Put first what must be seen on a narrow terminal.
    pub cells: Vec<String>,
    /// Its value.
    pub value: T,
}

/// The result of a search.
#[derive(Debug, Clone)]
pub struct Choices<T> {
    /// The first rows, best first.
    pub rows: Vec<Choice<T>>,
    /// Number of all rows that match.
    pub total: u64,
}

impl Ui {
    /// Asks for one of many rows. `search` finds them whenever the typed text has changed and nobody goes on typing;
    /// `example` says what may be typed. A heading that starts with `#` makes a column of numbers; without headings there
    /// is no line for them.
    ///
    /// # Errors
    /// The search's own; refused at Esc, interrupted at Ctrl-C.
    pub fn pick<T: Clone>(
        &self,
        question: &str,
        example: &str,
        headings: &[&str],
        mut search: impl FnMut(&str) -> Result<Choices<T>>,
    ) -> Result<T> {
        let mut prompt = Prompt::open(self, question, example, "", ROOM)?;
        let mut list = List { found: Choices { rows: Vec::new(), total: 0 }, chosen: 0, top: 0, headings };
        let (mut stale, mut entered, mut pause) = (true, false, Duration::ZERO);
        loop {
            if stale && !prompt.is_typed_at(pause)? {
                prompt.draw(&list.lines(self, &prompt, "searching …"))?;
                list = List { found: search(prompt.text().trim())?, chosen: 0, top: 0, headings };
                (stale, pause) = (false, PAUSE);
                // Nobody can mean a row that they have not seen, unless there is only one.
                entered &= list.found.rows.len() == 1;
            }
            if entered && !stale {
                if let Some(choice) = list.found.rows.get(list.chosen) {
                    prompt.close(&choice.cells.join("  "));
                    return Ok(choice.value.clone());
                }
                entered = false;
            }
            prompt.draw(&list.lines(self, &prompt, ""))?;
            let page = list.page(&prompt).cast_signed();
            match prompt.pressed()? {
                Pressed::Edited => (stale, entered) = (true, false),
                Pressed::Enter => entered = true,
                Pressed::Rows(rows) => list.walk(rows, &prompt),
                Pressed::Pages(pages) => list.walk(pages * page, &prompt),
                Pressed::Redraw => {}
            }
        }
    }

    /// Asks for one of a few choices. Typed text filters them.
    ///
    /// # Errors
    /// Refused at Esc, interrupted at Ctrl-C.
    pub fn pick_of<T: Clone>(&self, question: &str, choices: &[Choice<T>]) -> Result<T> {
        self.pick(question, "", &[], |text| {
            let text = text.to_lowercase();
            let like = |choice: &&Choice<T>| choice.cells.iter().any(|cell| cell.to_lowercase().contains(&text));
            let rows: Vec<_> = choices.iter().filter(like).cloned().collect();
            Ok(Choices { total: rows.len() as u64, rows })
        })
    }
}

/// The rows that were found, and the place in them.
struct List<'a, T> {
    found: Choices<T>,
    chosen: usize,
    top: usize,
    headings: &'a [&'a str],
}

impl<T> List<'_, T> {
    /// Number of rows that fit below the question and above the last line.
    fn page(&self, prompt: &Prompt<'_>) -> usize {
        let around = if self.headings.is_empty() { 2 } else { 3 };
        prompt.height().saturating_sub(around).max(1)
    }

    fn walk(&mut self, rows: isize, prompt: &Prompt<'_>) {
        let last = self.found.rows.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(rows).min(last);
        self.show_chosen(self.page(prompt));
    }

    fn show_chosen(&mut self, page: usize) {
        self.top = self.top.clamp((self.chosen + 1).saturating_sub(page), self.chosen);
    }

    /// The lines below the question: headings, rows, and a line with their number, or with this text.
    fn lines(&mut self, ui: &Ui, prompt: &Prompt<'_>, instead: &str) -> Vec<String> {
        let page = self.page(prompt);
        // The terminal may have become lower.
        self.show_chosen(page);
        let cells =
            |choice: &Choice<T>| -> Vec<String> { choice.cells.iter().map(|c| escape(c).into_owned()).collect() };
        let shown: Vec<Vec<String>> = self.found.rows.iter().skip(self.top).take(page).map(cells).collect();
        let headings: Vec<String> = self.headings.iter().map(|h| h.trim_start_matches('#').to_owned()).collect();
        let mut widths = Vec::new();
        for row in shown.iter().chain([&headings]) {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = measure_text_width(cell).min(WIDEST).max(*width);
            }
        }
        // A column of which next to nothing would be seen is left out.
        let before_last = |widths: &[usize]| widths.split_last().map_or(0, |(_, b)| b.iter().map(|w| w + 2).sum());
        while widths.len() > 1 && 2 + before_last(&widths) + NARROWEST > prompt.width() {
            widths.pop();
        }
        let laid_out = |row: &[String]| {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                let numeric = self.headings.get(column).is_some_and(|h| h.starts_with('#'));
                let alignment = if numeric { Alignment::Right } else { Alignment::Left };
                // The last cell may be as wide as the terminal is.
                if column + 1 == widths.len() && !numeric {
                    cell.clone()
                } else {
                    pad_str(cell, width, alignment, Some("…")).into_owned()
                }
            });
            cells.collect::<Vec<_>>().join("  ")
        };
        let mut lines = Vec::new();
        if !headings.is_empty() && !shown.is_empty() {
            lines.push(paint(&format!("  {}", laid_out(&headings)), "2", ui.stderr_color));
        }
        for (position, row) in shown.iter().enumerate() {
            let text = laid_out(row);
            lines.push(if self.top + position == self.chosen {
                paint(&format!("> {text}"), "1", ui.stderr_color)
            } else {
                format!("  {text}")
            });
        }
        let last = match (instead, shown.len()) {
            ("", 0) => "No matches. Esc quits".to_owned(),
            ("", rows) => self.where_we_are(rows),
            (instead, _) => instead.to_owned(),
        };
        lines.push(paint(&format!("  {last}"), "2", ui.stderr_color));
        lines
    }

    fn where_we_are(&self, rows: usize) -> String {
        let number = |n: usize| thousands(n);
        let total = thousands(self.found.total);
        let all = self.found.rows.len();
        let so_many = if rows as u64 == self.found.total {
            total
        } else {
            format!("{}-{} of {total}", number(self.top + 1), number(self.top + rows))
        };
        let narrow = if (all as u64) < self.found.total && self.top + rows == all { "; type to search" } else { "" };
        let keys = "↑ ↓ choose · Enter selects · Esc quits";
        // A few that are all there need no counting.
        if self.headings.is_empty() { keys.to_owned() } else { format!("{so_many}{narrow} · {keys}") }
    }
}
