//! Markdown: a report to paste into an issue or a merge request, within the length that one takes.
//!
//! Words and numbers stay as they are; everything else becomes a code span, in which nothing is
//! markup, a mention or a link. So no text of a database can be any of these.

use std::borrow::Cow;
use std::io::Write;

use super::parts::{Unread, counts, cut, facts, found, mark, symbol, unread, verdict};
use crate::audit::{CheckStatus, Finding, Report};
use crate::error::Result;
use crate::text::{escape, thousands};

/// Number of bytes that the findings may take. GitHub takes 65,536 characters in all.
const ROOM: usize = 40_000;

/// The answer, what is wrong, and the checks.
///
/// # Errors
/// The writer's own, and where the findings cannot be read back.
pub fn markdown(report: &Report, out: &mut dyn Write) -> Result<()> {
    let (symbol_of_all, word) = verdict(report.verdict);
    let snapshot = &report.snapshot;
    writeln!(out, "## {symbol_of_all} bursar audit: {word}\n\n{}\n", counts(&report.summary))?;
    writeln!(
        out,
        "{} in database {}, PostgreSQL {}, read as {} at {}, depth {}\n",
        code(&report.app),
        code(&snapshot.database),
        code(&snapshot.server_version),
        code(&snapshot.role),
        snapshot.at.format("%Y-%m-%d %H:%M:%S UTC"),
        report.depth.name(),
    )?;
    if !report.complete || !report.unchecked.is_empty() {
        writeln!(out, "### Not answered\n")?;
        for Unread { names, why } in unread(report) {
            let names: Vec<String> = names.into_iter().map(code).collect();
            writeln!(out, "- {}: {}", names.join(", "), prose(why))?;
        }
        for what in &report.unchecked {
            writeln!(out, "- {}: {}", code("not checked"), prose(what))?;
        }
        writeln!(out)?;
    }
    findings(report, out)?;
    writeln!(out, "<details><summary>{} checks</summary>\n", report.checks.len())?;
    let rows = report.checks.iter().map(|check| {
        let note = match check.status {
            CheckStatus::Skipped | CheckStatus::Incomplete => check.reason.clone().unwrap_or_default(),
            CheckStatus::Failed => found(check),
            CheckStatus::Passed => String::new(),
        };
        let accepted = if check.accepted > 0 { format!("{} accepted", check.accepted) } else { String::new() };
        let note = [note, accepted].into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join(", ");
        Ok([symbol(check).to_owned(), check.id.clone(), check.title.clone(), note])
    });
    table(&["", "check", "what holds", "found"], rows, out)?;
    Ok(writeln!(out, "\n</details>")?)
}

/// The findings that there is room for, and how many there are.
fn findings(report: &Report, out: &mut dyn Write) -> Result<()> {
    if report.found() == 0 {
        return Ok(());
    }
    writeln!(out, "### Findings\n")?;
    let (mut room, mut written) = (ROOM, 0);
    for finding in report.findings() {
        let item = item(&finding?);
        let Some(left) = room.checked_sub(item.len()) else { break };
        (room, written) = (left, written + 1);
        out.write_all(item.as_bytes())?;
    }
    if written < report.listed() {
        let (written, all) = (thousands(written), thousands(report.found()));
        writeln!(out, "\nShowing {written} of {all} findings: a comment takes no more. The other formats hold all.")?;
    } else if let Some(cut) = cut(report.listed(), report.found()) {
        writeln!(out, "\n{}", prose(&cut))?;
    }
    Ok(writeln!(out)?)
}

/// A finding as an item of a list.
fn item(finding: &Finding) -> String {
    let line = |(label, text): (&str, String)| match label {
        "what" => format!("- {} {} {}\n", mark(finding), code(&finding.check), prose(&text)),
        label => format!("  - {label}: {}\n", prose(&text)),
    };
    facts(finding).into_iter().chain([("fingerprint", finding.fingerprint.clone())]).map(line).collect()
}

/// A table, of any number of columns.
fn table<const N: usize>(
    header: &[&str; N],
    rows: impl Iterator<Item = Result<[String; N]>>,
    out: &mut dyn Write,
) -> Result<()> {
    writeln!(out, "| {} |\n|{}", header.join(" | "), " --- |".repeat(N))?;
    for row in rows {
        writeln!(out, "| {} |", row?.map(|cell| prose(&divided(&cell))).join(" | "))?;
    }
    Ok(())
}

/// The text without what would divide a cell, also where a code span is around it.
fn divided(cell: &str) -> Cow<'_, str> {
    if cell.contains('|') { Cow::Owned(cell.replace('|', "\\u{7c}")) } else { Cow::Borrowed(cell) }
}

/// Text in which only words and numbers are bare; whatever else stands between spaces is code.
fn prose(text: &str) -> String {
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

/// Letters, with hyphens and apostrophes only between them; or one of the report's own signs.
fn is_word(text: &str) -> bool {
    matches!(text, "✓" | "✗" | "!" | "~" | "-" | "?" | "·")
        || text.split(['-', '\'']).all(|part| !part.is_empty() && part.chars().all(char::is_alphabetic))
}

/// Digits with a sign, and with separators only between them.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned.split(['.', ',', '-', ':']).all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// A code span, fenced by more backticks than stand together in it.
fn code(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::{divided, prose};

    #[test]
    fn words_and_numbers_are_bare_and_everything_else_is_code() {
        for same in ["Account has 1,204 of it (see there).", "+100", "-5,", "re-based; owner's", "at 12:30 2026-01-31"]
        {
            assert_eq!(prose(same), same);
        }
        for (text, shown) in [
            ("@everyone", "`@everyone`"),
            ("a@b.example,", "`a@b.example`,"),
            ("(see ledger.chain).", "(see `ledger.chain`)."),
            ("user(s), f(x).", "`user(s)`, `f(x)`."),
            ("<b>bold</b>", "`<b>bold</b>`"),
            ("**x** _y_ [z](https://e.example)", "`**x**` `_y_` `[z](https://e.example)`"),
            ("www.e.example #12 GH-12", "`www.e.example` `#12` `GH-12`"),
            ("one\n## two", "`one\\n##` two"),
            ("a`b ``c`` `", "``a`b`` ``` ``c`` ``` `` ` ``"),
            ("\u{1b}[2J", "`\\u{1b}[2J`"),
            ("&lt; \\ | $x$ :+1:", "`&lt`; `\\` `|` `$x$` `:+1`:"),
        ] {
            assert_eq!(prose(text), shown);
        }
        assert_eq!(prose(&divided("a|b \\|")), "`a\\u{7c}b` `\\\\u{7c}`");
    }
}
