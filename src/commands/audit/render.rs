//! The report of an audit for people.

use std::io::Write;

use super::formats::{Unread, counts, cut, facts, kinds, mark, signed, symbol, unread, verdict};
use crate::audit::{AuditVerdict, CheckResult, CheckStatus, Finding, Report};
use crate::error::Result;
use crate::output::{Column, Table, Ui};
use crate::packs::Severity;
use crate::text::{counted, escape, thousands};

/// The report for people: what was read, the checks, the findings, and the answer last, where the
/// eye is.
pub(super) fn render(ui: &Ui, report: &Report, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}\n", heading(ui, report))?;
    if let Some(seal) = &report.seal {
        let text = format!(
            "Seal {} of {}: {}, root {}{}",
            seal.id,
            escape(&seal.sealed_at),
            counted(seal.entries, "entry"),
            seal.root,
            seal.arrived_since.map(|n| format!("; {} arrived since", thousands(n))).unwrap_or_default(),
        );
        writeln!(out, "{}\n", ui.fitted(&text))?;
    }
    // How long each check took changes from run to run and interests few.
    let columns = [
        Column::new("").rank(0),
        Column::new("check").rank(0),
        Column::number("found").rank(0),
        Column::text("rule").rank(1),
        Column::number("ms").rank(2),
    ];
    let mut checks = Table::new(ui, &columns[..if ui.verbose { 5 } else { 4 }]);
    // What the person left out themselves needs no line for each, and beside a seal nearly everything is.
    let left_out = |c: &&CheckResult| match report.seal {
        Some(_) => c.status == CheckStatus::Skipped,
        None => c.reason.as_deref().is_some_and(|r| r.starts_with("--")),
    };
    for check in report.checks.iter().filter(|c| !left_out(c)) {
        let count = |mark: &str, n: u64| if n == 0 { String::new() } else { format!("{mark}{}", thousands(n)) };
        let found = format!("{} {}", count("", check.findings), count("~", check.accepted));
        let found = found.trim();
        checks.row(&[
            symbol(check),
            &within(check.app.as_ref(), &check.id),
            found,
            &check.title,
            &check.ms.to_string(),
        ]);
    }
    writeln!(out, "{}", checks.render())?;
    let mut notes = Table::facts(ui, 2);
    for Unread { names, why } in unread(report) {
        match names[..] {
            [name] => notes.row(&["?", &format!("{name} was not answered: {why}")]),
            _ => {
                notes.row(&["?", why]);
                notes.row(&["", &format!("not answered because of this: {}", names.join(", "))]);
            }
        }
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
        let which = if reason.starts_with("--") { counted(ids.len(), "check") } else { ids.join(", ") };
        notes.row(&["-", &format!("skipped, because {reason}: {which}")]);
    }
    let notes = notes.render();
    if !notes.is_empty() {
        writeln!(out, "\n{notes}")?;
    }
    render_findings(ui, report, out)
}

/// The name of a check with its pack, or of a unit with its ledger, where there are several.
fn within(whole: Option<&String>, name: &str) -> String {
    whole.map_or_else(|| name.to_owned(), |whole| format!("{whole}: {name}"))
}

/// The database, the time of the snapshot, the role and the depth; with `-v` the snapshot's name too.
fn heading(ui: &Ui, report: &Report) -> String {
    let snapshot = &report.snapshot;
    let at = snapshot.at.format("%Y-%m-%d %H:%M:%S UTC");
    // Packagers add their own version behind a space.
    let version = snapshot.server_version.split(' ').next().unwrap_or_default();
    let mut read =
        format!("as {} · PostgreSQL {} · depth {}", escape(&snapshot.role), escape(version), report.depth.name(),);
    match snapshot.replica_lag_ms {
        _ if !snapshot.replica => {}
        Some(ms) => read.push_str(&format!(" · a replica, {} ms behind", thousands(ms))),
        None => read.push_str(" · a replica with an unknown lag"),
    }
    if let Some(account) = &report.account {
        read.push_str(&format!(" · only account {}", escape(account)));
    }
    if let Some(tenant) = &report.tenant {
        read.push_str(&format!(" · only tenant {}", escape(tenant)));
    }
    let mut lines = vec![format!("Audit of {} in {} · {at}", escape(&report.app), escape(&snapshot.database)), read];
    if ui.verbose {
        lines.push(format!("snapshot {} · WAL position {}", escape(&snapshot.id), escape(&snapshot.lsn)));
        lines.extend(report.ways.iter().map(|way| escape(way).into_owned()));
    }
    ui.fitted(&lines.join("\n  "))
}

/// The findings and the answer, without the list of checks.
pub fn render_findings(ui: &Ui, report: &Report, out: &mut dyn Write) -> Result<()> {
    for suspicion in &report.suspected {
        writeln!(out, "\n{}", ui.fitted(&format!("! {}", escape(&suspicion.message))))?;
    }
    for finding in report.findings() {
        write!(out, "\n{}", render_finding(ui, &finding?))?;
    }
    if let Some(cut) = cut(report.listed(), report.found()) {
        writeln!(out, "\n{}", ui.fitted(&cut))?;
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
    let (mark, name) =
        (ui.paint_out(mark(finding), color), ui.paint_out(&within(finding.app.as_ref(), &finding.check), "1"));
    let fingerprint = ui.paint_out(&finding.fingerprint, "2");
    format!("{mark} {name} · {fingerprint}\n{}\n{}", table.render(), entries(ui, finding))
}

/// The entries around the break: the balance that follows beside the one that each carries.
fn entries(ui: &Ui, finding: &Finding) -> String {
    if finding.entries.is_empty() {
        return String::new();
    }
    let chained = finding.entries.iter().any(|e| e.stored.is_some());
    let columns = [
        Column::new("").rank(0),
        Column::number("").rank(0),
        Column::new("at").rank(3),
        Column::new("entry").rank(2),
        Column::new("kind").rank(1),
        Column::number("amount").rank(0),
        Column::number("recomputed").rank(0),
        Column::number("stored").rank(0),
    ];
    let mut table = Table::new(ui, &columns[..if chained { 8 } else { 7 }]);
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
        facts.row(&["read", &format!("{}: {}", counted(rows, "row"), tables.join(", "))]);
    }
    for unit in &report.units {
        let mut sums = format!(
            "{} of {} sum to {}",
            counted(unit.entries, "entry"),
            counted(unit.accounts, "account"),
            thousands(&unit.ledger),
        );
        for (what, sum) in [("what they had before", &unit.opening), ("cached balances", &unit.cached)] {
            sums.extend(sum.iter().map(|sum| format!("; {what} to {}", thousands(sum))));
        }
        facts.row(&[&within(unit.ledger_name.as_ref(), &unit.unit), &sums]);
    }
    let facts = facts.render();
    if !facts.is_empty() {
        out.push_str(&facts);
        out.push('\n');
    }
    if !report.tenants.is_empty() {
        out.push_str(&format!("\n{}\n", tenants(ui, report)));
    }
    let (symbol, word) = verdict(report.verdict);
    let color = match report.verdict {
        AuditVerdict::Clean => "32;1",
        AuditVerdict::Violated => "31;1",
        AuditVerdict::Incomplete => "33;1",
    };
    let answer = format!("{symbol} {word}");
    let counts = ui.fitted(&format!("{answer}  {}", counts(&report.summary)));
    out.push_str(&format!("\n{}\n", counts.replacen(&answer, &ui.paint_out(&answer, color), 1)));
    for what in &report.unchecked {
        out.push_str(&format!("{}\n", ui.fitted(&format!("  {what}"))));
    }
    out
}

/// The largest number of tenants that the table lists; JSON has all of them.
const TENANTS: usize = 20;

/// The totals of the tenants: those that do not agree first.
fn tenants(ui: &Ui, report: &Report) -> String {
    let columns = [
        Column::new("").rank(0),
        Column::new("tenant").rank(0),
        Column::new("unit").rank(0),
        Column::number("accounts").rank(2),
        Column::number("entries").rank(1),
        Column::number("sum").rank(0),
        Column::number("cached").rank(0),
    ];
    let mut table = Table::new(ui, &columns);
    let mut all: Vec<_> = report.tenants.iter().collect();
    all.sort_by_key(|total| total.agrees);
    for total in all.iter().take(TENANTS) {
        table.row(&[
            if total.agrees { "✓" } else { "✗" },
            total.tenant.as_deref().unwrap_or("NULL"),
            &within(total.ledger_name.as_ref(), &total.unit),
            &thousands(total.accounts),
            &thousands(total.entries),
            &thousands(&total.ledger),
            &total.cached.as_deref().map_or_else(|| "-".to_owned(), thousands),
        ]);
    }
    let mut text = table.render();
    if all.len() > TENANTS {
        text.push_str(&format!("\n… and {} more; -o json has all of them", thousands(all.len() - TENANTS)));
    }
    text
}
