//! What is drawn on a screen, laid out for its size.

use console::{Alignment, measure_text_width, pad_str, truncate_str};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::output::safe;
use crate::text::sparkline;

/// A screen with fewer rows than this has no room for what only makes it easier on the eye.
const LOW: usize = 18;

/// A screen with fewer columns than this leaves out what can be left out.
const NARROW: usize = 60;

/// Whether something is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Neither.
    #[default]
    Plain,
    /// It is.
    Good,
    /// Worth a look.
    Warn,
    /// It is not.
    Bad,
}

/// A number that is shown as a bar too.
#[derive(Debug, Clone)]
pub struct Level {
    /// What it counts.
    pub name: String,
    /// The number as people read it.
    pub number: String,
    /// The number; none has no bar.
    pub bar: Option<u64>,
    /// Whether it is well.
    pub tone: Tone,
}

/// A number, and how it came about.
#[derive(Debug, Clone)]
pub struct Trend {
    /// What it counts.
    pub name: String,
    /// The number as people read it.
    pub number: String,
    /// Its parts, the oldest first.
    pub values: Vec<Option<f64>>,
}

/// Everything that is shown. Its texts may come from anywhere: they are escaped here.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// What it is about.
    pub title: String,
    /// Of what time it is.
    pub at: String,
    /// Why it is not of now, where it is not; and what comes next.
    pub stale: Option<(String, String)>,
    /// Whether all is well.
    pub tone: Tone,
    /// The line that says so, in pieces.
    pub verdict: Vec<String>,
    /// How much there is of what.
    pub levels: Vec<Level>,
    /// Over which the trends go.
    pub span: String,
    /// How it came about.
    pub trends: Vec<Trend>,
    /// What the last rows are.
    pub heading: String,
    /// Rows: three cells that are short, and one that takes the rest.
    pub rows: Vec<[String; 4]>,
    /// What can be pressed.
    pub keys: Vec<String>,
}

impl Board {
    /// As many lines as there are rows, none wider than there are columns. What is of use in any case comes first: where
    /// there is no room, the end is left out.
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
        let left = room.saturating_sub(used + if airy { parts.len() } else { 0 });
        parts.push(self.rows(columns, left, old, &paint));
        let mut lines = Vec::new();
        for part in parts {
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

    /// The heading, and as many rows as there is room for. A heading alone says nothing.
    fn rows(&self, columns: usize, room: usize, old: Style, paint: &dyn Fn(Tone) -> Style) -> Vec<Line<'static>> {
        let mut lines = vec![Line::styled(cut(&safe(&self.heading), columns), old)];
        // Where it is narrow, the third is left out.
        let short: &[usize] = if columns < NARROW { &[0, 1] } else { &[0, 1, 2] };
        let widths: Vec<usize> =
            short.iter().map(|at| widest(self.rows.iter().map(|r| safe(&r[*at])), columns / 4)).collect();
        for row in &self.rows {
            let before: String = short
                .iter()
                .zip(&widths)
                .map(|(at, width)| format!("{}  ", padded(&safe(&row[*at]), *width)))
                .collect();
            let rest = cut(&safe(&row[3]), columns.saturating_sub(measure_text_width(&before)));
            lines.push(Line::from(vec![Span::styled(before, old), Span::styled(rest, paint(Tone::Bad).patch(old))]));
        }
        if room < lines.len().min(2) {
            return Vec::new();
        }
        lines.truncate(room);
        lines
    }
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

/// A bar in eighths of a column; what is more than nothing has at least one.
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
