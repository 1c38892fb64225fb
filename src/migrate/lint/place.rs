//! Offsets, and the lines and columns that people count.

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

/// The lines of a text, which end in LF or CR LF.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { text, starts }
    }

    /// The place of an offset; one beyond the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let column = self.text[self.starts[line - 1]..offset].chars().count() + 1;
        Position { line, column }
    }

    /// A line, from 1, without its end.
    pub fn line(&self, line: usize) -> &'a str {
        let start = self.starts.get(line - 1).copied().unwrap_or(self.text.len());
        self.text[start..].split('\n').next().unwrap_or_default().trim_end_matches('\r')
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
        assert_eq!((lines.line(1), lines.line(2), lines.line(3)), ("aé", "b", ""));
        assert_eq!(Lines::of("").position(0), Position { line: 1, column: 1 });
    }
}
