//! The report of an audit for people.

use std::io::Write;

use super::formats::{counts, cut, facts, kinds, mark, signed, symbol, verdict};
use crate::audit::{AuditVerdict, CheckResult, CheckStatus, Finding, Report};
use crate::error::Result;
use crate::output::{Table, Ui};
use crate::packs::Severity;
use crate::text::{escape, thousands};

/// The report for people: what was read, the checks, the findings, and the answer last, where the
/// eye is.
pub(super) fn render(ui: &Ui, report: &Report, out: &mut dyn Write) -> Result<()> {
    let snapshot = &report.snapshot;
    let replica = match snapshot.replica_lag_ms {
        _ if !snapshot.replica => String::new(),
        Some(ms) => format!(" · a replica, {} ms behind", thousands(ms)),
        None => " · a replica, nobody knows how far behind".to_owned(),
    };
    let account = report.account.as_deref().map(|id| format!(" · only account {}", escape(id)));
    writeln!(
        out,
        "Audit of {} · {} on PostgreSQL {} · as {} · snapshot {} at {} · depth {}{}{}\n",
        escape(&snapshot.database),
        escape(&report.app),
        escape(&snapshot.server_version),
        escape(&snapshot.role),
        escape(&snapshot.id),
        snapshot.at.format("%Y-%m-%d %H:%M:%S UTC"),
        report.depth.name(),
        replica,
        account.unwrap_or_default(),
    )?;
    if let Some(seal) = &report.seal {
        writeln!(
            out,
            "Seal {} of {}: {} entries, root {}{}\n",
            seal.id,
            escape(&seal.sealed_at),
            thousands(seal.entries),
            seal.root,
            seal.arrived_since.map(|n| format!("; {} arrived since", thousands(n))).unwrap_or_default(),
        )?;
    }
    // How long each check took changes from run to run and interests few.
    let mut checks = if ui.verbose {
        Table::new(ui, &["", "check", "#found", "what holds", "#ms"])
    } else {
        Table::new(ui, &["", "check", "#found", "what holds"])
    };
    // What the person left out themselves needs no line for each, and beside a seal nearly everything is.
    let left_out = |c: &&CheckResult| match report.seal {
        Some(_) => c.status == CheckStatus::Skipped,
        None => c.reason.as_deref().is_some_and(|r| r.starts_with("--")),
    };
    for check in report.checks.iter().filter(|c| !left_out(c)) {
        let count = |mark: &str, n: u64| if n == 0 { String::new() } else { format!("{mark}{}", thousands(n)) };
        let found = format!("{} {}", count("", check.findings), count("~", check.accepted));
        let found = found.trim();
        checks.row(&[symbol(check), &check.id, found, &check.title, &check.ms.to_string()]);
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
        let which = if reason.starts_with("--") { format!("{} checks", ids.len()) } else { ids.join(", ") };
        notes.row(&["-", &format!("skipped, because {reason}: {which}")]);
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
    if let Some(cut) = cut(report.listed(), report.found()) {
        writeln!(out, "\n{cut}")?;
        let mut by_kind = Table::facts(ui, 2);
        for check in report.checks.iter().filter(|c| c.kinds.len() > 1) {
            by_kind.row(&[&check.id, &kinds(check)]);
        }
        let by_kind = by_kind.render();
        if !by_kind.is_empty() {
            writeln!(out, "{by_kind}")?;
        }
    }
    write!(out, "{}", summary(ui, report))?;
    Ok(())
}

/// One finding, in lines.
pub fn render_finding(ui: &Ui, finding: &Finding) -> String {
    let color = match (&finding.accepted, finding.severity) {
        (Some(_), _) => "2",
        (None, Severity::Error) => "31;1",
        (None, Severity::Warn) => "33;1",
    };
    let mut table = Table::facts(ui, 3);
    for (label, text) in facts(finding) {
        table.row(&["   ", label, &text]);
    }
    let (mark, name) = (ui.paint_out(mark(finding), color), ui.paint_out(&finding.check, "1"));
    let fingerprint = ui.paint_out(&finding.fingerprint, "2");
    format!("{mark} {name} · {fingerprint}\n{}\n{}", table.render(), entries(ui, finding))
}

/// The entries around the break: the balance that follows beside the one that each carries.
fn entries(ui: &Ui, finding: &Finding) -> String {
    if finding.entries.is_empty() {
        return String::new();
    }
    let chained = finding.entries.iter().any(|e| e.stored.is_some());
    let headings = ["", "#", "at", "entry", "kind", "#amount", "#recomputed", "#stored"];
    let mut table = Table::new(ui, &headings[..if chained { 8 } else { 7 }]);
    for line in &finding.entries {
        let text = |fact: &Option<String>| fact.clone().unwrap_or_default();
        let number = |fact: &Option<String>| fact.as_deref().map(thousands).unwrap_or_default();
        let bad = line.entry.is_some() && line.entry == finding.first_bad_entry;
        table.row(&[
            if bad { "   ✗" } else { "" },
            &thousands(line.position),
            &text(&line.at),
            &text(&line.entry),
            &text(&line.kind),
            &line.amount.as_deref().map(signed).unwrap_or_default(),
            &number(&line.recomputed),
            &number(&line.stored),
        ]);
    }
    format!("\n{}\n", table.render())
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
            Some(rows) => format!("{} {}", t.table, thousands(rows)),
            None => format!("{} unreadable", t.table),
        })
        .collect();
    let mut facts = Table::facts(ui, 2);
    if !tables.is_empty() {
        facts.row(&["read", &format!("{} rows: {}", thousands(rows), tables.join(", "))]);
    }
    for unit in &report.units {
        let sums = format!(
            "{} entries of {} accounts sum to {}; cached balances to {}",
            thousands(unit.entries),
            thousands(unit.accounts),
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
    let (symbol, word) = verdict(report.verdict);
    let color = match report.verdict {
        AuditVerdict::Clean => "32;1",
        AuditVerdict::Violated => "31;1",
        AuditVerdict::Incomplete => "33;1",
    };
    out.push_str(&format!("\n{}  {}\n", ui.paint_out(&format!("{symbol} {word}"), color), counts(&report.summary)));
    for what in &report.unchecked {
        out.push_str(&format!("  {what}\n"));
    }
    out
}
