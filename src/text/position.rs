//! Positions in a text: lines and columns for people.

/// Characters of a line that are shown before the position, and behind it.
const AROUND: usize = 60;

/// A position in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The whole line.
    pub text: String,
}

impl Position {
    /// `file:line:column`.
    pub fn of(&self, file: &str) -> String {
        format!("{file}:{}:{}", self.line, self.column)
    }

    /// The line with a caret under the position, and of a long line what is around it.
    pub fn excerpt(&self) -> String {
        let skipped = (self.column - 1).saturating_sub(AROUND);
        let shown: String = self.text.chars().skip(skipped).take(2 * AROUND).collect();
        let before = if skipped > 0 { "…" } else { "" };
        let after = if self.text.chars().nth(skipped + 2 * AROUND).is_some() { "…" } else { "" };
        // What stands before the caret is as wide as what stands before the position. A tab has no width of its own.
        let wide = |text: &str| text.replace('\t', "    ");
        let until: String = shown.chars().take(self.column - 1 - skipped).collect();
        let blanks = " ".repeat(before.chars().count() + console::measure_text_width(&wide(&until)));
        format!("  {before}{}{after}\n  {blanks}^", wide(&shown))
    }
}

/// The position of a byte of a text.
pub fn locate(text: &str, at: usize) -> Position {
    let before = &text[..text.floor_char_boundary(at)];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position {
        line: before.matches('\n').count() + 1,
        column: before[start..].chars().count() + 1,
        text: text[start..].lines().next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::locate;

    #[test]
    fn a_position_counts_lines_and_characters() {
        let place = locate("a\r\n\té😀x\r\nb", "a\r\n\té😀".len());
        assert_eq!((place.line, place.column, place.text.as_str()), (2, 4, "\té😀x"));
        assert_eq!(place.of("f"), "f:2:4");
        assert_eq!(place.excerpt(), "      é😀x\n         ^");
    }

    #[test]
    fn of_a_long_line_only_what_is_around_the_place_is_shown() {
        let text = format!("{}!{}", "a".repeat(3_000_000), "b".repeat(100));
        let excerpt = locate(&text, 3_000_000).excerpt();
        assert_eq!(excerpt, format!("  …{}!{}…\n  {}^", "a".repeat(60), "b".repeat(59), " ".repeat(61)));
        assert_eq!(locate("ab", 2).excerpt(), "  ab\n    ^");
    }
}
