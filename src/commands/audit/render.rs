//! The report of an audit for people.

use std::io::Write;

use crate::audit::{CheckResult, CheckStatus, Finding, Report, Verdict};
use crate::error::Result;
use crate::packs::Severity;
use crate::ui::{Table, Ui, escape, thousands};

/// The report for people: what was read, the checks, the findings, and the answer last, where the
/// eye is.
pub(super) fn render(ui: &Ui, report: &Report, out: &mut dyn Write) -> Result<()> {
    let snapshot = &report.snapshot;
    writeln!(
        out,
        "Audit of {} · {} on PostgreSQL {} · as {} · snapshot {} at {}\n",
        escape(&snapshot.database),
        escape(&report.app),
        escape(&snapshot.server_version),
        escape(&snapshot.role),
        escape(&snapshot.id),
        snapshot.at.format("%Y-%m-%d %H:%M:%S UTC"),
    )?;
    if let Some(seal) = &report.seal {
        writeln!(
            out,
            "Seal {} of {}: {} entries, root {}{}\n",
            seal.id,
            escape(&seal.sealed_at),
            thousands(&seal.entries.to_string()),
            seal.root,
            seal.arrived_since.map(|n| format!("; {} arrived since", thousands(&n.to_string()))).unwrap_or_default(),
        )?;
    }
    // How long each check took changes from run to run and interests few.
    let mut checks = if ui.verbose {
        Table::new(ui, &["", "check", "#found", "what holds", "#ms"])
    } else {
        Table::new(ui, &["", "check", "#found", "what holds"])
    };
    // Beside a seal nearly everything is left out, and the note below says so.
    let shown = |c: &&CheckResult| report.seal.is_none() || c.status != CheckStatus::Skipped;
    for check in report.checks.iter().filter(shown) {
        let symbol = match (check.status, check.severity) {
            (CheckStatus::Passed, _) => "✓",
            (CheckStatus::Failed, Severity::Error) => "✗",
            (CheckStatus::Failed, Severity::Warn) => "!",
            (CheckStatus::Skipped, _) => "-",
            (CheckStatus::Incomplete, _) => "?",
        };
        let found = if check.findings == 0 { String::new() } else { thousands(&check.findings.to_string()) };
        checks.row(&[symbol, &check.id, &found, &check.title, &check.ms.to_string()]);
    }
    writeln!(out, "{}\n", checks.render())?;
    let mut notes = Table::facts(ui, 2);
    for check in report.checks.iter().filter(|c| c.status == CheckStatus::Incomplete) {
        let reason = check.reason.as_deref().unwrap_or("no reason was given");
        notes.row(&["?", &format!("{} was not answered: {reason}", check.id)]);
    }
    let mut skipped: Vec<(&str, Vec<&str>)> = Vec::new();
    for check in report.checks.iter().filter(|c| c.status == CheckStatus::Skipped) {
        let reason = check.reason.as_deref().unwrap_or_default();
        match skipped.iter_mut().find(|(r, _)| *r == reason) {
            Some((_, ids)) => ids.push(&check.id),
            None => skipped.push((reason, vec![&check.id])),
        }
    }
    for (reason, ids) in skipped {
        notes.row(&["-", &format!("skipped, because {reason}: {}", ids.join(", "))]);
    }
    let notes = notes.render();
    if !notes.is_empty() {
        writeln!(out, "{notes}")?;
    }
    render_findings(ui, report, out)
}

/// The findings and the answer, without the list of checks.
pub fn render_findings(ui: &Ui, report: &Report, out: &mut dyn Write) -> Result<()> {
    for finding in report.findings() {
        write!(out, "\n{}", render_finding(ui, &finding?))?;
    }
    let listed = report.listed();
    let all = report.summary.errors + report.summary.warnings + report.summary.accepted;
    if listed < all {
        let (listed, all) = (thousands(&listed.to_string()), thousands(&all.to_string()));
        writeln!(out, "\nshowing {listed} of {all} findings; --limit 0 for all")?;
        let mut kinds = Table::facts(ui, 2);
        for check in report.checks.iter().filter(|c| c.kinds.len() > 1) {
            let count =
                |(kind, n): (&String, &u64)| format!("{} {}", thousands(&n.to_string()), kind.replace('_', " "));
            kinds.row(&[&check.id, &check.kinds.iter().map(count).collect::<Vec<_>>().join(", ")]);
        }
        let kinds = kinds.render();
        if !kinds.is_empty() {
            writeln!(out, "{kinds}")?;
        }
    }
    write!(out, "{}", summary(ui, report))?;
    Ok(())
}

fn render_finding(ui: &Ui, finding: &Finding) -> String {
    let (symbol, color) = match finding.severity {
        Severity::Error => ("✗", "31;1"),
        Severity::Warn => ("!", "33;1"),
    };
    let mut facts = Table::facts(ui, 3);
    let mut fact = |label: &str, text: &str| facts.row(&["   ", label, text]);
    fact("what", &finding.message);
    if let (Some(expected), Some(actual)) = (&finding.expected, &finding.actual) {
        let difference =
            finding.difference.as_deref().map(|d| format!(" (difference {})", signed(d))).unwrap_or_default();
        fact("expected", &format!("{}, found {}{difference}", thousands(expected), thousands(actual)));
    }
    if let Some(entry) = &finding.first_bad_entry {
        fact("first bad", entry);
    }
    fact("cause", &finding.cause);
    fact("to do", &finding.remedy);
    format!("{} {}\n{}\n", ui.paint_out(symbol, color), ui.paint_out(&finding.check, "1"), facts.render())
}

fn signed(number: &str) -> String {
    if number.starts_with('-') { thousands(number) } else { format!("+{}", thousands(number)) }
}

/// The answer, and what it rests on: also a clean report says what was read.
fn summary(ui: &Ui, report: &Report) -> String {
    let mut out = String::from("\n");
    let rows: i64 = report.tables.iter().filter_map(|t| t.rows).sum();
    let tables: Vec<String> = report
        .tables
        .iter()
        .map(|t| match t.rows {
            Some(0) => format!("{} empty", t.table),
            Some(rows) => format!("{} {}", t.table, thousands(&rows.to_string())),
            None => format!("{} unreadable", t.table),
        })
        .collect();
    let mut facts = Table::facts(ui, 2);
    if !tables.is_empty() {
        facts.row(&["read", &format!("{} rows: {}", thousands(&rows.to_string()), tables.join(", "))]);
    }
    for unit in &report.units {
        let sums = format!(
            "{} entries of {} accounts sum to {}; cached balances to {}",
            thousands(&unit.entries.to_string()),
            thousands(&unit.accounts.to_string()),
            thousands(&unit.ledger),
            thousands(&unit.cached)
        );
        facts.row(&[&unit.unit, &sums]);
    }
    let facts = facts.render();
    if !facts.is_empty() {
        out.push_str(&facts);
        out.push('\n');
    }
    let s = &report.summary;
    let mut parts = vec![format!("{} of {} checks passed", s.passed, s.checks)];
    for (count, what) in [(s.failed, "failed"), (s.skipped, "skipped"), (s.incomplete, "not answered")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    for (count, one, many) in [(s.errors, "error", "errors"), (s.warnings, "warning", "warnings")] {
        if count > 0 {
            parts.push(format!("{} {}", thousands(&count.to_string()), if count == 1 { one } else { many }));
        }
    }
    let (symbol, word, color) = match report.verdict {
        Verdict::Clean => ("✓", "clean", "32;1"),
        Verdict::Violated => ("✗", "violated", "31;1"),
        Verdict::Incomplete => ("?", "incomplete", "33;1"),
    };
    out.push_str(&format!("\n{}  {}\n", ui.paint_out(&format!("{symbol} {word}"), color), parts.join(" · ")));
    if !report.tables.is_empty() && report.tables.iter().all(|t| t.rows == Some(0)) {
        out.push_str("  every table is empty: there was nothing to check\n");
    }
    out
}
