//! Text in lines of a terminal's width. No word is broken, and no command that is to be pasted.

use std::ops::Range;

/// The commands of bursar. A test keeps the list true.
pub const COMMANDS: [&str; 19] = [
    "demo",
    "sandbox",
    "migrate",
    "seed",
    "audit",
    "payments",
    "wallet",
    "refund",
    "jobs",
    "stats",
    "inspect",
    "doctor",
    "operations",
    "settings",
    "pack",
    "config",
    "completions",
    "man",
    "help",
];

/// Columns that a continuation is indented by, below the line that it goes on.
const HANG: usize = 2;

/// The text in lines of at most this many columns, broken between words only, where every line but the first begins
/// with the indent. A word that is wider has a line of its own, and stays whole.
pub fn wrapped(text: &str, columns: usize, indent: &str) -> String {
    let lines = text.lines().map(|line| broken(line, columns, columns, indent));
    lines.collect::<Vec<_>>().join(&format!("\n{indent}"))
}

/// Sentences in lines of at most this many columns. What a line goes on with hangs below it.
pub fn flowed(text: &str, columns: usize) -> String {
    let lines = text.lines().map(|line| {
        let hang = HANG + (line.len() - line.trim_start_matches(' ').len());
        broken(line, columns, columns.saturating_sub(hang), &" ".repeat(hang))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A line in lines: the first of at most this many columns, and the others of so many behind the indent.
fn broken(line: &str, first: usize, others: usize, indent: &str) -> String {
    if console::measure_text_width(line) <= first {
        return line.to_owned();
    }
    // A line that is fresh holds nothing, and one that is blank no word.
    let (mut out, mut columns, mut used, mut is_fresh, mut is_blank) = (String::new(), first, 0, true, true);
    for piece in pieces(line) {
        let piece = &line[piece];
        let wide = console::measure_text_width(piece);
        if !is_blank && used + 1 + wide > columns {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
            out.push_str(indent);
            (columns, used, is_fresh, is_blank) = (others, 0, true, true);
            // Where a line ends, so does the space between its words.
            if piece.is_empty() {
                continue;
            }
        } else if !is_fresh {
            out.push(' ');
            used += 1;
        }
        out.push_str(piece);
        used += wide;
        is_fresh = false;
        is_blank &= piece.is_empty();
    }
    out
}

/// The parts of a line that stay whole, a space apart.
fn pieces(line: &str) -> Vec<Range<usize>> {
    let (mut pieces, mut from) = (Vec::new(), 0);
    while from <= line.len() {
        let rest = &line[from..];
        let to = from + command(rest, from == 0).unwrap_or_else(|| rest.find(' ').unwrap_or(rest.len()));
        pieces.push(from..to);
        from = to + 1;
    }
    pieces
}

/// The length of the command that the text begins with, up to a space or the end; none where it begins with none.
/// Between backticks it ends with them, elsewhere where the sentence goes on. Flags on a line of their own are for a
/// command, and are whole.
fn command(text: &str, is_line: bool) -> Option<usize> {
    let until_space = |from: usize| text[from..].find(' ').map_or(text.len(), |at| from + at);
    if is_line && text.starts_with("--") {
        return Some(text.len());
    }
    let inner = text.trim_start_matches(['`', '(']);
    let of_bursar = inner.strip_prefix("bursar ").is_some_and(|rest| {
        let name = rest.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
        COMMANDS.contains(&name)
    });
    // Many a session calls itself psql.
    let of_psql = inner.strip_prefix("psql ").is_some_and(|rest| rest.starts_with(['-', '\'', '"']));
    if !of_bursar && !of_psql {
        return None;
    }
    if let Some(inside) = text.strip_prefix('`') {
        return inside.find('`').map(|end| until_space(end + 1));
    }
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = quote.filter(|_| c != open),
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') => {
                let goes_on = [" or ", " and ", " (", " ·", " →"].iter().any(|next| text[at..].starts_with(next));
                if goes_on || text[..at].ends_with([',', ';', ':', '.', ')']) {
                    return Some(at);
                }
            }
            (None, _) => {}
        }
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::{flowed, wrapped};

    #[test]
    fn lines_break_between_words_and_hang() {
        assert_eq!(flowed("one two three", 7), "one two\n  three");
        assert_eq!(flowed("  ✓ one two three\nfour", 10), "  ✓ one\n    two\n    three\nfour");
        assert_eq!(flowed("one  two", 5), "one\n  two");
        assert_eq!(wrapped("one two three", 7, "    "), "one two\n    three");
        // A word stays whole, whatever its width.
        let id = "784e63ae-4bc7-4bd2-a6ae-aaadb243a735";
        assert_eq!(flowed(&format!("of {id} in x"), 20), format!("of\n  {id}\n  in x"));
        assert_eq!(flowed(id, 20), id);
        assert_eq!(flowed("", 20), "");
    }

    #[test]
    fn a_command_is_not_broken() {
        for (text, expected) in [
            (
                "next: bursar jobs list --status failed,dead --error err:1, or bursar jobs retry err:1",
                "next:\n  bursar jobs list --status failed,dead --error err:1,\n  or bursar jobs retry err:1",
            ),
            (
                "No seals: bursar audit seal, bursar audit --record",
                "No seals: bursar audit seal,\n  bursar audit --record",
            ),
            (
                "it says `bursar jobs list --limit 4` to whoever",
                "it says\n  `bursar jobs list --limit 4`\n  to whoever",
            ),
            (
                "run: bursar refund create 1 --note 'a, b or c d e'",
                "run:\n  bursar refund create 1 --note 'a, b or c d e'",
            ),
            ("--cursor 2026-11-27T15:47/784e63ae-4bc7", "--cursor 2026-11-27T15:47/784e63ae-4bc7"),
            ("connect: psql -h ::1 -p 5432 -U postgres", "connect:\n  psql -h ::1 -p 5432 -U postgres"),
            ("psql of ada waits for a lock, and for ada", "psql of ada waits for a lock,\n  and for ada"),
            ("bursar cannot read what nobody may read", "bursar cannot read what nobody\n  may read"),
        ] {
            assert_eq!(flowed(text, 30), expected);
        }
    }
}
