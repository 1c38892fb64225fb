//! Text that is safe to show, and numbers that are easy to read.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters that could drive a terminal or turn the text around a value: controls, and the
/// invisible marks that change direction or join.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with every control and direction character shown as an escape, such as `\u{1b}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_where(text, is_dangerous)
}

/// As [`escape`], but lines stay lines.
pub fn escape_lines(text: &str) -> Cow<'_, str> {
    escape_where(text, |c| c != '\n' && is_dangerous(c))
}

fn escape_where(text: &str, dangerous: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&dangerous) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' if dangerous(c) => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if dangerous(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A number, given as text, with its thousands apart: `-1234567.5` becomes `-1,234,567.5`.
pub fn thousands(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |r| ("-", r));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(w, f)| (w, Some(f)));
    if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return number.to_owned();
    }
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match fraction {
        Some(fraction) => format!("{sign}{grouped}.{fraction}"),
        None => format!("{sign}{grouped}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{escape, thousands};

    #[test]
    fn what_drives_a_terminal_is_shown_not_sent() {
        assert_eq!(escape("a\x1b[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape("\u{202e}evil\u{9b}31m\n"), "\\u{202e}evil\\u{9b}31m\\n");
        assert_eq!(escape("ดวง 🌙 é"), "ดวง 🌙 é");
    }

    #[test]
    fn thousands_are_grouped_and_nothing_else_is_touched() {
        for (from, to) in [("0", "0"), ("999", "999"), ("1000", "1,000"), ("-1234567.50", "-1,234,567.50"), ("n/a", "n/a")] {
            assert_eq!(thousands(from), to);
        }
    }
}
