//! Markdown: a report to paste into an issue or a merge request, within the length that one takes.

use std::io::Write;

use super::parts::{Unread, counts, cut, facts, found, mark, symbol, unread, verdict};
use crate::audit::{CheckStatus, Finding, Report};
use crate::error::Result;
use crate::text::markdown::{cell, code, prose, row};
use crate::text::thousands;

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
    let columns = ["", "check", "rule", "found"];
    write!(out, "{}{}", row(columns), row(columns.map(|_| "---")))?;
    for check in &report.checks {
        let note = match check.status {
            CheckStatus::Skipped | CheckStatus::Incomplete => check.reason.clone().unwrap_or_default(),
            CheckStatus::Failed => found(check),
            CheckStatus::Passed => String::new(),
        };
        let accepted = if check.accepted > 0 { format!("{} accepted", check.accepted) } else { String::new() };
        let note = [note, accepted].into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join(", ");
        out.write_all(row([symbol(check), &check.id, &check.title, &note].map(cell)).as_bytes())?;
    }
    Ok(writeln!(out, "\n</details>")?)
}

/// The findings that there is room for, and how many there are.
fn findings(report: &Report, out: &mut dyn Write) -> Result<()> {
    if report.found() == 0 {
        return Ok(());
    }
    writeln!(out, "### Findings\n")?;
    for suspicion in &report.suspected {
        writeln!(out, "- ! {}", prose(&suspicion.message))?;
    }
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
