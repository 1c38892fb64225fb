//! Tables for people. Every cell is escaped; numbers stand to the right; a row is one line.
//!
//! No id, address or word is broken. Where the width does not suffice, free text is cut with `…`, then columns are left
//! out by their rank, and what is left out is named below the table. Below [`NARROW`] columns, and where even the
//! columns that always stay do not fit, a row is a record: a line for each cell.

use std::borrow::Cow;
use std::iter;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table as Grid, presets};

use super::ui::{Ui, paint};
use crate::text::markdown::{cell, row};
use crate::text::{escape, wrapped};

/// The least width for rows of cells, in columns of the terminal.
const NARROW: usize = 40;

/// The least width of a column of free text that is cut.
const TEXT: usize = 16;

/// The space around a cell.
const PADDING: usize = 2;

/// The separator between rows where rows have notes. No cell holds it, because it is escaped there.
const BETWEEN: char = '\u{1}';

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    heading: Cow<'static, str>,
    is_number: bool,
    is_text: bool,
    rank: Option<u8>,
}

impl Column {
    /// A column of ids, words or times, which are never cut.
    pub fn new(heading: impl Into<Cow<'static, str>>) -> Self {
        Column { heading: heading.into(), is_number: false, is_text: false, rank: None }
    }

    /// A column of numbers.
    pub fn number(heading: impl Into<Cow<'static, str>>) -> Self {
        Column { is_number: true, ..Column::new(heading) }
    }

    /// A column of free text, which may be cut.
    pub fn text(heading: impl Into<Cow<'static, str>>) -> Self {
        Column { is_text: true, ..Column::new(heading) }
    }

    /// The order in which columns are left out where the width does not suffice: the highest rank first, 0 never. By
    /// default it is the column's position, so that the last goes first.
    #[must_use]
    pub fn rank(self, rank: u8) -> Self {
        Column { rank: Some(rank), ..self }
    }
}

impl From<&str> for Column {
    /// A heading that starts with `#` makes a column of numbers.
    fn from(heading: &str) -> Self {
        match heading.strip_prefix('#') {
            Some(heading) => Column::number(heading.to_owned()),
            None => Column::new(heading.to_owned()),
        }
    }
}

/// A line of a table.
#[derive(Debug, Clone)]
enum Row {
    Cells { cells: Vec<String>, note: Option<String> },
    Heading(String),
}

/// A table under construction.
#[derive(Debug, Clone)]
pub struct Table {
    /// None of them in a list of facts.
    columns: Vec<Column>,
    rows: Vec<Row>,
    color: bool,
    /// Columns of the terminal; none where there is no limit.
    width: Option<usize>,
}

impl Table {
    /// A table with these columns.
    pub fn new<C: Into<Column> + Clone>(ui: &Ui, columns: &[C]) -> Self {
        let columns = columns.iter().map(|column| column.clone().into()).collect();
        Table { columns, rows: Vec::new(), color: ui.stdout_color, width: ui.columns() }
    }

    /// Labelled facts: rows of this many cells, the last of which is wrapped between words, without headings.
    pub fn facts(ui: &Ui, cells: usize) -> Self {
        Table {
            columns: vec![Column::new(""); cells],
            rows: Vec::new(),
            color: ui.stdout_color,
            width: ui.reading_width(),
        }
    }

    /// Adds a row. A cell that starts with a status symbol takes its colour.
    pub fn row(&mut self, cells: &[&str]) {
        self.rows.push(Row::Cells { cells: escaped(cells), note: None });
    }

    /// Adds a row with a text below it, cut to one line. Every row of the table gets one.
    pub fn noted_row(&mut self, cells: &[&str], note: &str) {
        self.rows.push(Row::Cells { cells: escaped(cells), note: Some(escape(note).into_owned()) });
    }

    /// Adds a heading above the rows that follow, apart from those before.
    pub fn heading(&mut self, text: &str) {
        self.rows.push(Row::Heading(escape(text).into_owned()));
    }

    /// The table as text, without space at the ends of lines.
    pub fn render(&self) -> String {
        if self.columns.iter().all(|column| column.heading.is_empty()) {
            return self.render_facts();
        }
        match self.width {
            Some(width) if width < NARROW => self.render_records(width),
            Some(width) => match self.kept(width) {
                Some(kept) => self.render_rows(&kept),
                None => self.render_records(width),
            },
            None => self.render_rows(&self.all()),
        }
    }

    /// The table in Markdown, for a reader of its source and of the page alike.
    pub fn markdown(&self) -> String {
        let mut out = row(self.columns.iter().map(|column| cell(&column.heading)));
        out.push_str(&row(self.columns.iter().map(|column| if column.is_number { "---:" } else { "---" })));
        for line in &self.rows {
            match line {
                Row::Cells { cells, note } => {
                    let mut cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
                    if let (Some(last), Some(note)) = (cells.last_mut(), note.as_deref().filter(|n| !n.is_empty())) {
                        last.push_str(&format!("<br>{}", cell(note)));
                    }
                    out.push_str(&row(cells));
                }
                Row::Heading(text) => {
                    let rest = self.columns.iter().skip(1).map(|_| String::new());
                    out.push_str(&row(iter::once(format!("**{}**", cell(text))).chain(rest)));
                }
            }
        }
        out
    }

    /// Every column with its natural width.
    fn all(&self) -> Vec<(usize, usize)> {
        let widths = self.columns.iter().enumerate().map(|(at, column)| {
            let cells = self.rows.iter().map(|row| match row {
                Row::Cells { cells, .. } => cells.get(at).map_or(0, |cell| console::measure_text_width(cell)),
                Row::Heading(text) if at == 0 => console::measure_text_width(text),
                Row::Heading(_) => 0,
            });
            (at, cells.max().unwrap_or(0).max(console::measure_text_width(&column.heading)))
        });
        widths.collect()
    }

    /// The columns that fit, each with its width; none where even those that always stay do not.
    fn kept(&self, width: usize) -> Option<Vec<(usize, usize)>> {
        let mut kept = self.all();
        let least = |(at, natural): &(usize, usize)| {
            PADDING + if self.columns[*at].is_text { (*natural).min(TEXT) } else { *natural }
        };
        // A column that says nothing goes first.
        let rank = |at: usize| match self.is_empty(at) {
            true => usize::MAX,
            false => self.columns[at].rank.map_or(at, usize::from),
        };
        let needed = |kept: &[(usize, usize)]| kept.iter().map(least).sum::<usize>();
        let mut left_out = Vec::new();
        while needed(&kept) > width {
            let (place, _) = kept.iter().enumerate().max_by_key(|(_, (at, _))| rank(*at))?;
            if rank(kept[place].0) == 0 {
                return None;
            }
            left_out.push(kept.remove(place));
        }
        // A narrow column may fit where a wide one of a lower rank did not.
        for column in left_out.into_iter().rev() {
            if needed(&kept) + least(&column) <= width {
                kept.push(column);
            }
        }
        kept.sort_unstable();
        // Free text shares what the others leave: the widest is cut first.
        let mut excess = kept.iter().map(|(_, natural)| natural + PADDING).sum::<usize>().saturating_sub(width);
        while excess > 0 {
            let texts = kept.iter_mut().filter(|(at, _)| self.columns[*at].is_text);
            let Some((_, widest)) = texts.max_by_key(|(_, natural)| *natural).filter(|(_, w)| *w > TEXT) else { break };
            *widest -= 1;
            excess -= 1;
        }
        Some(kept)
    }

    /// True if no row has anything in this column.
    fn is_empty(&self, at: usize) -> bool {
        self.rows.iter().all(|row| match row {
            Row::Cells { cells, .. } => cells.get(at).is_none_or(|cell| cell.is_empty() || cell == "-"),
            Row::Heading(_) => true,
        })
    }

    fn render_rows(&self, kept: &[(usize, usize)]) -> String {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if self.color {
            grid.enforce_styling();
        }
        grid.set_header(kept.iter().map(|(at, _)| {
            let column = &self.columns[*at];
            aligned(bold(Cell::new(&column.heading), self.color), column)
        }));
        let noted = self.rows.iter().any(|row| matches!(row, Row::Cells { note: Some(_), .. }));
        if noted {
            grid.style_mut().row_separator.fill = Some(BETWEEN);
        }
        for (number, row) in self.rows.iter().enumerate() {
            match row {
                Row::Cells { cells, .. } => {
                    grid.add_row(kept.iter().map(|(at, width)| {
                        let text = cells.get(*at).map_or("", String::as_str);
                        let shown = console::truncate_str(text, *width, "…");
                        aligned(painted(Cell::new(shown), text, self.color), &self.columns[*at])
                    }));
                }
                Row::Heading(text) => {
                    if number > 0 {
                        grid.add_row([""]);
                    }
                    grid.add_row([bold(Cell::new(text), self.color)]);
                }
            }
        }
        let mut lines = Vec::new();
        let mut notes = self.rows.iter().filter_map(|row| match row {
            Row::Cells { note, .. } => note.as_deref(),
            Row::Heading(_) => None,
        });
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(4));
        let note = |text: Option<&str>| {
            text.filter(|text| !text.is_empty()).map(|text| format!("   {}", console::truncate_str(text, room, "…")))
        };
        for line in grid.to_string().lines() {
            match line.contains(BETWEEN) {
                false => lines.push(line.trim_end().to_owned()),
                true => lines.extend(note(notes.next())),
            }
        }
        lines.extend(notes.filter_map(|text| note(Some(text))));
        let left_out: Vec<&str> = (0..self.columns.len())
            .filter(|at| !self.is_empty(*at) && !kept.iter().any(|(kept, _)| kept == at))
            .map(|at| &*self.columns[at].heading)
            .collect();
        if !left_out.is_empty() {
            let named = wrapped(&format!("not shown: {}; --wide shows all columns", left_out.join(", ")), room, "");
            lines.push(format!("\n{named}"));
        }
        lines.join("\n")
    }

    /// A line for each cell, under the row's first.
    fn render_records(&self, width: usize) -> String {
        let label = self.columns.iter().map(|c| console::measure_text_width(&c.heading)).max().unwrap_or(0);
        let records = self.rows.iter().map(|row| match row {
            Row::Heading(text) => text.clone(),
            Row::Cells { cells, note } => {
                let filled = self.columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
                let cells = filled.map(|(column, cell)| labelled(&column.heading, label, cell, width, self.color));
                let note = note.as_deref().filter(|n| !n.is_empty()).map(|note| wrapped(note, width, ""));
                cells.chain(note).collect::<Vec<_>>().join("\n")
            }
        });
        records.collect::<Vec<_>>().join("\n\n")
    }

    fn render_facts(&self) -> String {
        let widths = self.all();
        let labels = widths.len().saturating_sub(1);
        let indent: usize = 1 + widths[..labels].iter().map(|(_, natural)| natural + PADDING).sum::<usize>();
        // Where the labels leave too little, or less than a word takes, the text stands below them.
        let below = self.width.is_some_and(|width| indent + TEXT > width);
        let mut lines = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            match row {
                Row::Heading(text) => {
                    if number > 0 {
                        lines.push(String::new());
                    }
                    lines.push(format!(" {}", paint(text, "1", self.color)));
                }
                Row::Cells { cells, .. } => {
                    let mut line = String::from(" ");
                    for (cell, (_, natural)) in cells.iter().zip(&widths[..labels]) {
                        let space = " ".repeat(natural - console::measure_text_width(cell) + PADDING);
                        line.push_str(&format!("{}{space}", coloured(cell, self.color)));
                    }
                    let last = cells.get(labels).map_or("", String::as_str);
                    let longest = last.split(' ').map(console::measure_text_width).max().unwrap_or(0);
                    let below = below || self.width.is_some_and(|w| indent + longest > w);
                    if self.width.is_some_and(|w| console::measure_text_width(line.trim_end()) > w) {
                        // The labels alone are too wide to stand in columns.
                        line = self.stacked(&cells[..labels]);
                    }
                    let start = line.len() - line.trim_start().len();
                    let (first, indent) = match (below, line.trim_end()) {
                        (false, _) => (line, indent),
                        (true, "") => ("   ".to_owned(), 3),
                        (true, labels) => {
                            // Deeper than its label, where the longest word leaves room for that.
                            let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(longest));
                            let indent = (start + PADDING).min(room).max(3);
                            (format!("{labels}\n{}", " ".repeat(indent)), indent)
                        }
                    };
                    let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(indent));
                    // A remedy hangs under its first word, not under its arrow.
                    let hang = if last.starts_with("→ ") { 2 } else { 0 };
                    let text = wrapped(last, room.saturating_sub(hang), &" ".repeat(indent + hang));
                    lines.push(format!("{first}{}", coloured(&text, self.color)).trim_end().to_owned());
                }
            }
        }
        lines.join("\n")
    }

    /// Labels that do not fit beside each other. None is broken, and a status symbol stays with what it is about.
    fn stacked(&self, cells: &[String]) -> String {
        let (mut out, mut used) = (String::from(" "), 1);
        for (at, cell) in cells.iter().enumerate() {
            let wide = console::measure_text_width(cell);
            let fits = self.width.is_none_or(|width| used + PADDING + wide <= width);
            match at {
                0 => {}
                _ if fits || used <= PADDING => out.push_str("  "),
                _ => {
                    out.push_str("\n   ");
                    used = 1;
                }
            }
            out.push_str(&coloured(cell, self.color));
            used += if at == 0 { wide } else { PADDING + wide };
        }
        out
    }
}

fn escaped(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| escape(cell).into_owned()).collect()
}

fn labelled(heading: &str, label: usize, cell: &str, width: usize, color: bool) -> String {
    let space = " ".repeat(label - console::measure_text_width(heading));
    let indent = label + PADDING;
    let longest = cell.split(' ').map(console::measure_text_width).max().unwrap_or(0);
    if indent + longest.max(TEXT) > width {
        return format!("{heading}\n  {}", coloured(&wrapped(cell, width.saturating_sub(2), "  "), color));
    }
    format!("{heading}{space}  {}", coloured(&wrapped(cell, width - indent, &" ".repeat(indent)), color))
}

fn aligned(cell: Cell, column: &Column) -> Cell {
    if column.is_number { cell.set_alignment(CellAlignment::Right) } else { cell }
}

fn bold(cell: Cell, color: bool) -> Cell {
    if color { cell.add_attribute(Attribute::Bold) } else { cell }
}

/// The colour of the status symbol that a text begins with.
fn tone(text: &str) -> Option<Color> {
    match text.chars().next()? {
        '✓' => Some(Color::Green),
        '✗' => Some(Color::Red),
        '!' | '?' => Some(Color::Yellow),
        // Neither is good or bad by itself.
        '▲' => Some(Color::Cyan),
        '▼' => Some(Color::Magenta),
        _ => None,
    }
}

/// A cell in the colour of its status symbol.
fn painted(cell: Cell, text: &str, color: bool) -> Cell {
    match tone(text).filter(|_| color) {
        Some(tone) => cell.fg(tone),
        None => cell,
    }
}

/// A text in the colour of its status symbol, by the codes that the cells have.
fn coloured(text: &str, color: bool) -> String {
    let code = match tone(text) {
        Some(Color::Green) => "38;5;10",
        Some(Color::Red) => "38;5;9",
        Some(Color::Yellow) => "38;5;11",
        Some(Color::Cyan) => "38;5;14",
        Some(Color::Magenta) => "38;5;13",
        _ => return text.to_owned(),
    };
    paint(text, code, color)
}

#[cfg(test)]
mod tests {
    use super::{Column, Row, Table};

    fn table(width: Option<usize>) -> Table {
        let columns = vec![
            Column::new("payment").rank(0),
            Column::number("amount").rank(1),
            Column::new("customer").rank(3),
            Column::text("last error").rank(2),
        ];
        let cells = |cells: [&str; 4]| Row::Cells { cells: cells.map(str::to_owned).to_vec(), note: None };
        let rows = vec![
            cells(["0fa8c2d1-0000", "500.00 THB", "ada.lovelace@example.com", "the card was declined by its bank"]),
            cells(["1", "7.00 THB", "", ""]),
        ];
        Table { columns, rows, color: false, width }
    }

    #[test]
    fn what_does_not_fit_is_cut_or_left_out_and_no_word_is_broken() {
        for width in [40, 60, 80, 120, 200] {
            let text = table(Some(width)).render();
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}:\n{text}");
            assert!(text.contains("0fa8c2d1-0000") && text.contains("500.00 THB"), "{width}:\n{text}");
            let whole = text.contains("ada.lovelace@example.com");
            assert!(whole || text.contains("not shown: customer"), "{width}:\n{text}");
            assert_eq!(text.contains("declined by its bank"), width >= 120, "{width}:\n{text}");
        }
        assert!(table(Some(60)).render().contains('…'));
        assert!(table(None).render().contains("declined by its bank"));
    }

    #[test]
    fn a_narrow_terminal_shows_a_record_for_a_row() {
        let text = table(Some(30)).render();
        assert!(text.starts_with("payment     0fa8c2d1-0000\namount      500.00 THB\n"), "{text}");
        assert!(text.contains("\n\npayment     1\n"), "{text}");
        // An address that is wider than the terminal stays whole.
        assert!(table(Some(12)).render().contains("ada.lovelace@example.com"));
    }

    #[test]
    fn facts_hang_under_their_first_line() {
        let fact = |a: &str, b: &str| Row::Cells { cells: vec![a.to_owned(), b.to_owned()], note: None };
        let rows = vec![fact("status", "paid"), fact("reason", "the customer asked for it, twice, in writing")];
        let mut facts = Table { columns: vec![Column::new(""); 2], rows, color: false, width: Some(40) };
        assert_eq!(facts.render(), " status  paid\n reason  the customer asked for it,\n         twice, in writing");
        facts.rows.push(fact("", "→ ask them to say it once and no more"));
        assert!(
            facts.render().ends_with("\n         → ask them to say it once and\n           no more"),
            "{}",
            facts.render()
        );
        facts.rows.push(fact("address", "ada.lovelace@mail.example.com"));
        facts.width = Some(36);
        assert!(facts.render().ends_with("\n address\n   ada.lovelace@mail.example.com"), "{}", facts.render());
        facts.rows.pop();
        facts.width = Some(20);
        assert_eq!(facts.render().lines().nth(1), Some("   paid"));
        assert!(facts.render().contains("writing\n   → ask them"), "{}", facts.render());
    }

    #[test]
    fn nothing_in_a_cell_is_markdown() {
        let mut table = table(None);
        table.rows.truncate(1);
        table.rows.push(Row::Cells { cells: ["a|b", "*1*", "<x>", "_"].map(str::to_owned).to_vec(), note: None });
        assert_eq!(table.markdown().lines().last(), Some("| `a\\u{7c}b` | `*1*` | `<x>` | `_` |"));
    }
}
