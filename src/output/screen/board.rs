//! The content of a screen, laid out for its size.

use console::{Alignment, measure_text_width, pad_str, truncate_str};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::output::ui::safe;
use crate::text::{sparkline, wrapped};

/// A screen with fewer rows than this has no empty lines and no headings.
const LOW: usize = 18;

/// Number of lines that the rows and their heading need before the parts of the whole get any.
const BELOW: usize = 5;

/// Least room for the reason of stale figures beside what comes next.
const NARROW: usize = 60;

/// Least width of the last cell of a row.
const REST: usize = 16;

/// The short cells of a row, the most important first.
const MATTERS: [usize; 3] = [1, 0, 2];

/// The tone of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Plain,
    /// Good.
    Good,
    /// A warning.
    Warn,
    /// Bad.
    Bad,
}

/// A number that is also shown as a bar.
#[derive(Debug, Clone)]
pub struct Level {
    /// The name of the number.
    pub name: String,
    /// The number, formatted for people.
    pub number: String,
    /// The length of the bar; none for no bar.
    pub bar: Option<u64>,
    /// The tone of the bar.
    pub tone: Tone,
}

/// A number and its trend.
#[derive(Debug, Clone)]
pub struct Trend {
    /// The name of the number.
    pub name: String,
    /// The number, formatted for people.
    pub number: String,
    /// The values of the trend, oldest first.
    pub values: Vec<Option<f64>>,
}

/// The content of a screen. Its texts may come from anywhere: they are escaped here.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// The title.
    pub title: String,
    /// The time of the figures.
    pub at: String,
    /// The reason why the figures are not current, and what comes next; none if they are.
    pub stale: Option<(String, String)>,
    /// The tone of the verdict.
    pub tone: Tone,
    /// The verdict and its reasons.
    pub verdict: Vec<String>,
    /// The numbers with bars.
    pub levels: Vec<Level>,
    /// The parts of the whole, the most important first: as rows, each with the tone of its first cell.
    pub groups: Vec<([String; 4], Tone)>,
    /// The heading of the trends.
    pub span: String,
    /// The trends.
    pub trends: Vec<Trend>,
    /// The heading of the rows.
    pub heading: String,
    /// Rows: three cells that are short, and one that takes the rest.
    pub rows: Vec<[String; 4]>,
    /// True where the last cell of a row goes on in further lines, instead of being cut.
    pub wraps: bool,
    /// The keys and their meanings.
    pub keys: Vec<String>,
}

impl Board {
    /// As many lines as there are rows, none wider than there are columns. The most important parts come first: without
    /// room, the end is left out.
    pub(super) fn lines(&self, columns: usize, rows: usize, color: bool) -> Vec<Line<'static>> {
        let paint = |tone: Tone| if color && self.stale.is_none() { style(tone) } else { Style::new() };
        let dim = if color { Style::new().add_modifier(Modifier::DIM) } else { Style::new() };
        let old = if self.stale.is_some() { dim } else { Style::new() };
        let low = rows < LOW;

        let mut top = vec![self.header(columns, if color { Style::new().add_modifier(Modifier::BOLD) } else { old })];
        if let Some((why, next)) = &self.stale {
            let warn = if color { style(Tone::Warn) } else { Style::new() };
            let (why, next) = (safe(why), safe(next));
            // The first may be long, and the second is to be seen in any case.
            let room = columns.saturating_sub(measure_text_width(&next) + 2);
            if measure_text_width(&why) <= room || room >= NARROW {
                top.push(Line::styled(format!("{}; {next}", cut(&why, room)), warn));
            } else {
                top.push(Line::styled(cut(&why, columns), warn));
                top.push(Line::styled(cut(&next, columns), warn));
            }
        }
        for (number, line) in flowed(&self.verdict, columns).into_iter().enumerate() {
            top.push(Line::styled(line, if number == 0 { paint(self.tone).patch(old) } else { old }));
        }
        let mut parts = vec![top, self.levels(columns, low, old, &paint), self.trends(columns, low, old)];
        let keys = Line::styled(flowed(&self.keys, columns).into_iter().next().unwrap_or_default(), dim);

        let used: usize = parts.iter().map(Vec::len).sum();
        let room = rows.saturating_sub(1);
        // An empty line between two parts, where there is room for a few rows all the same.
        let airy = !low && used + parts.len() + 4 <= room;
        let mut left = room.saturating_sub(used + if airy { parts.len() } else { 0 });
        let below = (self.rows.len() + 1).min(BELOW) + usize::from(airy);
        let groups = if low { Vec::new() } else { self.groups(columns, left.saturating_sub(below), old, &paint) };
        if !groups.is_empty() {
            left = left.saturating_sub(groups.len() + usize::from(airy));
            parts.insert(2, groups);
        }
        parts.push(self.rows(columns, left, old, &paint));
        let mut lines = Vec::new();
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            if airy && !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.extend(part);
        }
        lines.truncate(room);
        lines.resize(room, Line::default());
        lines.push(keys);
        lines
    }

    /// The title on the left, as much of it as fits, and the time on the right.
    fn header(&self, columns: usize, style: Style) -> Line<'static> {
        let at = cut(&safe(&self.at), columns);
        let room = columns.saturating_sub(measure_text_width(&at) + 1);
        Line::styled(format!("{} {at}", padded(&safe(&self.title), room)), style)
    }

    fn levels(&self, columns: usize, low: bool, old: Style, paint: &dyn Fn(Tone) -> Style) -> Vec<Line<'static>> {
        if low {
            let pieces: Vec<String> =
                self.levels.iter().map(|l| format!("{} {}", l.name.trim_start(), l.number)).collect();
            return flowed(&pieces, columns).into_iter().map(|line| Line::styled(line, old)).collect();
        }
        let names = widest(self.levels.iter().map(|l| safe(&l.name)), columns / 3);
        let numbers = widest(self.levels.iter().map(|l| safe(&l.number)), columns / 3);
        let most = self.levels.iter().filter_map(|l| l.bar).max().unwrap_or_default();
        let room = columns.saturating_sub(names + numbers + 4);
        let line = |level: &Level| {
            let bar = level.bar.map(|value| bar(value, most, room)).unwrap_or_default();
            Line::from(vec![
                Span::styled(
                    format!("{}  {}  ", padded(&safe(&level.name), names), right(&safe(&level.number), numbers)),
                    old,
                ),
                Span::styled(bar, paint(level.tone).patch(old)),
            ])
        };
        self.levels.iter().map(line).collect()
    }

    fn trends(&self, columns: usize, low: bool, old: Style) -> Vec<Line<'static>> {
        let names = widest(self.trends.iter().map(|t| safe(&t.name)), columns / 3);
        let numbers = widest(self.trends.iter().map(|t| safe(&t.number)), columns / 3);
        let room = columns.saturating_sub(names + numbers + 4);
        let line = |trend: &Trend| {
            let (name, number) = (padded(&safe(&trend.name), names), right(&safe(&trend.number), numbers));
            Line::styled(format!("{name}  {number}  {}", sparkline(&trend.values, room)), old)
        };
        let heading = (!low && !self.span.is_empty()).then(|| Line::styled(cut(&safe(&self.span), columns), old));
        heading.into_iter().chain(self.trends.iter().map(line)).collect()
    }

    /// As many of the parts of the whole as there is room for, and how many more there are.
    fn groups(&self, columns: usize, room: usize, old: Style, paint: &dyn Fn(Tone) -> Style) -> Vec<Line<'static>> {
        let shown = if self.groups.len() > room { room.saturating_sub(1) } else { self.groups.len() };
        let short = short_cells(self.groups.iter().map(|(row, _)| row), columns);
        let line = |(row, tone): &([String; 4], Tone)| {
            let mut spans: Vec<Span<'static>> = Vec::new();
            for (at, width) in &short {
                let style = if *at == 0 { paint(*tone).patch(old) } else { old };
                spans.push(Span::styled(format!("{}  ", padded(&safe(&row[*at]), *width)), style));
            }
            let used: usize = short.iter().map(|(_, width)| width + 2).sum();
            spans.push(Span::styled(cut(&safe(&row[3]), columns.saturating_sub(used)), old));
            Line::from(spans)
        };
        let more = self.groups.len() - shown;
        let more = (more > 0 && shown > 0).then(|| Line::styled(format!("… {more} more"), old));
        self.groups[..shown].iter().map(line).chain(more).collect()
    }

    /// The heading, and as many rows as there is room for. A heading alone says nothing.
    fn rows(&self, columns: usize, room: usize, old: Style, paint: &dyn Fn(Tone) -> Style) -> Vec<Line<'static>> {
        let mut lines = vec![Line::styled(cut(&safe(&self.heading), columns), old)];
        let short = short_cells(self.rows.iter(), columns);
        for row in &self.rows {
            let before: String =
                short.iter().map(|(at, width)| format!("{}  ", padded(&safe(&row[*at]), *width))).collect();
            let width = measure_text_width(&before);
            let (text, room) = (safe(&row[3]), columns.saturating_sub(width));
            let text = if self.wraps { wrapped(&text, room, "") } else { text };
            for (number, rest) in text.lines().enumerate() {
                let before = if number == 0 { before.clone() } else { " ".repeat(width) };
                let rest = Span::styled(cut(rest, room), paint(Tone::Bad).patch(old));
                lines.push(Line::from(vec![Span::styled(before, old), rest]));
            }
        }
        if room < lines.len().min(2) {
            return Vec::new();
        }
        lines.truncate(room);
        lines
    }
}

/// The short cells of rows for which there is room, each with its width. A cell is whole or left out, unless it would take
/// half of the line.
fn short_cells<'a>(rows: impl Iterator<Item = &'a [String; 4]> + Clone, columns: usize) -> Vec<(usize, usize)> {
    let mut room = columns.saturating_sub(REST);
    let mut cells = Vec::new();
    for at in MATTERS {
        let whole = widest(rows.clone().map(|row| safe(&row[at])), columns);
        let width = if whole > columns / 2 { columns / 4 } else { whole };
        if width + 2 <= room {
            room -= width + 2;
            cells.push((at, width));
        }
    }
    cells.sort_unstable();
    cells
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Good => Style::new().fg(Color::Green),
        Tone::Warn => Style::new().fg(Color::Yellow),
        Tone::Bad => Style::new().fg(Color::Red),
    }
}

/// Pieces in lines, as many in each as fit; one that is wider than a line is cut.
fn flowed(pieces: &[String], columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        let piece = cut(&safe(piece), columns);
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + 3 + measure_text_width(&piece) <= columns => {
                line.push_str(" · ");
                line.push_str(&piece);
            }
            _ => lines.push(piece),
        }
    }
    lines
}

/// A bar in eighths of a column. A number above 0 has at least one eighth.
fn bar(value: u64, most: u64, columns: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let most = u128::from(most.max(1));
    let eighths = (u128::from(value) * columns as u128 * 8).div_ceil(most);
    let eighths = usize::try_from(eighths).unwrap_or(usize::MAX).min(columns * 8);
    format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8])
}

fn widest(texts: impl Iterator<Item = String>, most: usize) -> usize {
    texts.map(|t| measure_text_width(&t)).max().unwrap_or_default().min(most)
}

fn cut(text: &str, columns: usize) -> String {
    truncate_str(text, columns, "…").into_owned()
}

fn padded(text: &str, columns: usize) -> String {
    pad_str(&cut(text, columns), columns, Alignment::Left, None).into_owned()
}

fn right(text: &str, columns: usize) -> String {
    pad_str(&cut(text, columns), columns, Alignment::Right, None).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Board;

    #[test]
    fn cells_of_a_row_are_whole_or_left_out() {
        let row = ["2026-11-28 23:33", "f9de8ecc-da54", "tarot_reading", "the model did not answer within the lease"];
        let board = Board { rows: vec![row.map(str::to_owned)], ..Board::default() };
        for (columns, expected) in [
            (40, "f9de8ecc-da54  the model did not answer…"),
            (60, "2026-11-28 23:33  f9de8ecc-da54  the model did not answer w…"),
            (100, "2026-11-28 23:33  f9de8ecc-da54  tarot_reading  the model did not answer within the lease"),
        ] {
            let lines: Vec<String> = board.lines(columns, 12, false).iter().map(ToString::to_string).collect();
            assert!(lines.iter().any(|line| line == expected), "{columns}: {lines:#?}");
        }
    }
}
