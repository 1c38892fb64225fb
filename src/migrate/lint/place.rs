//! Offsets, and the lines and columns that people count.

use std::cell::Cell;

use squawk_syntax::SyntaxNode;

/// A line and a column, both from 1; columns are characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A part of a file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// A node without the white space and the comments that it begins with.
    pub fn node(node: &SyntaxNode) -> Self {
        let first = node.children_with_tokens().find(|part| !part.kind().is_trivia());
        let start = first.map_or_else(|| node.text_range().start(), |part| part.text_range().start());
        Span { start: start.into(), end: node.text_range().end().into() }
    }
}

/// The place where something was brought in.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The number of the file.
    pub file: usize,
    pub span: Span,
}

/// As much of a line as is kept on each side of a place, in characters: a generated file may be one long line, with
/// thousands of hits.
const AROUND: usize = 200;

/// The lines of a text, which end in LF or CR LF.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// An offset and its column: the next place is often on the same line.
    last: Cell<(usize, usize)>,
}

impl<'a> Lines<'a> {
    pub fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { text, starts, last: Cell::new((0, 1)) }
    }

    /// The place of an offset; one beyond the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let end = self.starts.get(line).copied().unwrap_or(usize::MAX);
        let (from, before) =
            Some(self.last.get()).filter(|(from, _)| (start..end).contains(from)).unwrap_or((start, 1));
        let column = if from <= offset {
            before + self.text[from..offset].chars().count()
        } else {
            before - self.text[offset..from].chars().count()
        };
        self.last.set((offset, column));
        Position { line, column }
    }

    /// The text around an offset on its line, and the number of characters of the line before that text.
    pub fn around(&self, offset: usize) -> (&'a str, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let Position { line, column } = self.position(offset);
        let start = self.starts[line - 1];
        let from = self.text[start..offset].char_indices().rev().nth(AROUND - 1).map_or(start, |(at, _)| start + at);
        let rest = &self.text[offset..];
        let rest = rest.char_indices().nth(AROUND).map_or(rest, |(until, _)| &rest[..until]);
        let until = offset + rest.find('\n').unwrap_or(rest.len());
        let skipped = column - 1 - self.text[from..offset].chars().count();
        (self.text[from..until].trim_end_matches('\r'), skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, Position};

    #[test]
    fn lines_end_in_either_way_and_columns_are_characters() {
        let lines = Lines::of("aé\r\nb\n");
        assert_eq!(lines.position(3), Position { line: 1, column: 3 });
        assert_eq!(lines.position(5), Position { line: 2, column: 1 });
        assert_eq!(lines.position(99), Position { line: 3, column: 1 });
        assert_eq!(lines.position(3), Position { line: 1, column: 3 });
        assert_eq!((lines.around(1), lines.around(5), lines.around(99)), (("aé", 0), ("b", 0), ("", 0)));
        assert_eq!(Lines::of("").position(0), Position { line: 1, column: 1 });
        assert_eq!(Lines::of("").around(0), ("", 0));
    }

    #[test]
    fn of_a_long_line_only_what_is_around_a_place_is_kept() {
        let text = format!("x\n{}!{}\ny", "é".repeat(1000), "é".repeat(1000));
        let lines = Lines::of(&text);
        let (around, skipped) = lines.around(2 + 2000);
        assert_eq!((around.chars().count(), skipped), (400, 800));
        assert_eq!(around.chars().nth(200), Some('!'));
    }
}
