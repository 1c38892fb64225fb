//! Text in Markdown. Words and numbers stay as they are; everything else becomes a code span, in which nothing is
//! markup, a mention or a link. So no text of a database can be any of these.

use super::escape;

/// Text in which only words and numbers are bare; whatever else stands between spaces is code.
pub fn prose(text: &str) -> String {
    let bare = |word: &str| {
        let before = word.len() - word.trim_start_matches('(').len();
        let core = &word[before..];
        let opened = core.contains('(');
        let core = core.trim_end_matches(|c| ".,;:?".contains(c) || (c == ')' && !opened));
        let (before, after) = (&word[..before], &word[before + core.len()..]);
        if core.is_empty() || is_word(core) || is_number(core) {
            word.to_owned()
        } else {
            format!("{before}{}{after}", code(core))
        }
    };
    escape(text).split(' ').map(bare).collect::<Vec<_>>().join(" ")
}

/// A code span, fenced by more backticks than stand together in it.
pub fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = escape(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A backtick at an end would become part of the fence; one space on both sides is not shown.
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A cell of a table, which no bar divides, also where a code span is around it.
pub fn cell(text: &str) -> String {
    prose(&text.trim().replace('|', "\\u{7c}"))
}

/// A line of a table, of cells that are Markdown.
pub fn row<S: AsRef<str>>(cells: impl IntoIterator<Item = S>) -> String {
    cells.into_iter().fold(String::from("|"), |line, cell| line + " " + cell.as_ref() + " |") + "\n"
}

/// Letters and signs beyond ASCII, none of which is markup, with hyphens and apostrophes only between them; or one of
/// the signs of bursar's own.
fn is_word(text: &str) -> bool {
    matches!(text, "!" | "~" | "-" | "?")
        || text
            .split(['-', '\''])
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphabetic() || !c.is_ascii()))
}

/// Digits with a sign, with separators only between them, and a percent sign behind them.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let unsigned = unsigned.strip_suffix('%').unwrap_or(unsigned);
    unsigned.split(['.', ',', '-', ':']).all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{cell, prose, row};

    #[test]
    fn words_and_numbers_are_bare_and_everything_else_is_code() {
        for same in [
            "Account has 1,204 of it (see there).",
            "+100",
            "-5,",
            "re-based; owner's",
            "at 12:30 2026-01-31",
            "▲ +2.5% ▁▂▃ … 🌙",
            "น้ำ",
        ] {
            assert_eq!(prose(same), same);
        }
        for (text, shown) in [
            ("@everyone", "`@everyone`"),
            ("a@b.example,", "`a@b.example`,"),
            ("(see ledger.chain).", "(see `ledger.chain`)."),
            ("user(s), f(x).", "`user(s)`, `f(x)`."),
            ("<b>bold</b>", "`<b>bold</b>`"),
            ("**x** _y_ [z](https://e.example)", "`**x**` `_y_` `[z](https://e.example)`"),
            ("![x](y) ![x y](z)", "`![x](y)` `![x` `y](z)`"),
            ("www.e.example #12 GH-12", "`www.e.example` `#12` `GH-12`"),
            ("é@é.example ดวง@example", "`é@é.example` `ดวง@example`"),
            ("one\n## two", "`one\\n##` two"),
            ("a`b ``c`` `", "``a`b`` ``` ``c`` ``` `` ` ``"),
            ("\u{1b}[2J", "`\\u{1b}[2J`"),
            ("&lt; \\ | $x$ :+1:", "`&lt`; `\\` `|` `$x$` `:+1`:"),
            ("--- 5%% %", "`---` `5%%` `%`"),
        ] {
            assert_eq!(prose(text), shown);
        }
    }

    #[test]
    fn nothing_in_a_cell_divides_it() {
        assert_eq!(cell("a|b \\|"), "`a\\u{7c}b` `\\\\u{7c}`");
        assert_eq!(row([cell(" a "), cell(""), cell("x\ny |")]), "| a |  | `x\\ny` `\\u{7c}` |\n");
    }
}
