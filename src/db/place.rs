//! Places in a text: lines and columns for people.

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The whole line.
    pub text: String,
}

impl Place {
    /// `file:line:column`, words behind it, and below them the line with a caret under the place. A tab is shown as
    /// four spaces, and what stands before the caret is as wide as what stands before the place.
    pub fn shown(&self, file: &str, words: &str) -> String {
        let plain = |text: &str| text.replace('\t', "    ");
        let at = self.text.char_indices().nth(self.column - 1).map_or(self.text.len(), |(at, _)| at);
        let before = " ".repeat(console::measure_text_width(&plain(&self.text[..at])));
        format!("{file}:{}:{}{words}\n  {}\n  {before}^", self.line, self.column, plain(&self.text))
    }
}

/// The place of a byte of a text.
pub fn place(text: &str, at: usize) -> Place {
    let before = &text[..text.floor_char_boundary(at)];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place {
        line: before.matches('\n').count() + 1,
        column: before[start..].chars().count() + 1,
        text: text[start..].lines().next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_place_counts_lines_and_characters() {
        let place = place("a\r\n\té😀x\r\nb", "a\r\n\té😀".len());
        assert_eq!((place.line, place.column, place.text.as_str()), (2, 4, "\té😀x"));
        assert_eq!(place.shown("f", " failed"), "f:2:4 failed\n      é😀x\n         ^");
    }
}
