//! `bursar audit`: reads one snapshot, and reports.

use super::{Context, Done, Outcome};
use crate::audit::{self, CheckStatus, Depth, Described, Event, Finding, Options, Report, Verdict};
use crate::cli::{Audit, AuditAction, AuditDepth, FailOn, Format};
use crate::error::{Error, Result};
use crate::packs::{self, Severity};
use crate::ui::{Table, Ui, escape, escape_lines, thousands};

/// Runs the audit, or says what it consists of.
pub async fn run(context: &Context, args: Audit) -> Outcome {
    match &args.action {
        None | Some(AuditAction::Run) => audit(context, args).await,
        Some(AuditAction::List) => list(context, args.output.format).await,
        Some(AuditAction::Explain { check }) => explain(context, check, args.output.format).await,
    }
}

/// The checks of the application. Where it is named, no database is needed.
async fn checks(context: &Context) -> Result<(String, Vec<Described>)> {
    let pack = context.pack_by(context.global.app.as_deref()).await?;
    Ok((pack.name.clone(), audit::list(&pack)))
}

async fn list(context: &Context, format: Format) -> Outcome {
    let (app, checks) = checks(context).await?;
    match format {
        Format::Json => context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "audit list", "app": app, "checks": checks,
        }))?,
        Format::Table => {
            let mut table = Table::new(&context.ui, &["check", "severity", "what holds", "reads"]);
            for check in &checks {
                let severity = if check.severity == Severity::Error { "error" } else { "warn" };
                table.row(&[&check.id, severity, &check.title, &check.reads.join(", ")]);
            }
            context.ui.data(&table.render())?;
        }
    }
    Ok(Done::Clean)
}

async fn explain(context: &Context, id: &str, format: Format) -> Outcome {
    let (app, checks) = checks(context).await?;
    let Some(check) = checks.into_iter().find(|c| c.id == id) else {
        return Err(Error::usage(format!("{app} has no check '{id}'")).hint("bursar audit list"));
    };
    match format {
        Format::Json => context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "audit explain", "app": app, "check": check,
        }))?,
        Format::Table => {
            let mut facts = Table::facts(&context.ui, 2);
            facts.row(&["check", &check.id]);
            facts.row(&["holds", &check.title]);
            facts.row(&["severity", if check.severity == Severity::Error { "error" } else { "warn" }]);
            facts.row(&["reads", &check.reads.join(", ")]);
            facts.row(&["why", &check.why]);
            facts.row(&["to do", &check.remedy]);
            context.ui.data(&format!("{}\n\n{}", facts.render(), escape_lines(check.sql.trim())))?;
        }
    }
    Ok(Done::Clean)
}

async fn audit(context: &Context, args: Audit) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx).await?;
    if pack.simulate.is_none() {
        // A pack from disk may be wrong; that is the pack's author's to mend, not a finding.
        if let Some(problem) = packs::verify(&mut tx, &pack).await?.into_iter().next() {
            return Err(problem.into());
        }
    }
    let mut progress = context.ui.progress("audit", Some(1));
    let mut tell = |event: Event<'_>| {
        let Event::Step { what, done, of } = event;
        progress.length(of);
        progress.message(what);
        progress.set(done);
    };
    let depth = match args.depth {
        AuditDepth::Strict => Some(Depth::Strict),
        _ if args.strict => Some(Depth::Strict),
        AuditDepth::Fast => Some(Depth::Fast),
        AuditDepth::Auto => None,
    };
    let options = Options {
        limit: args.limit,
        depth,
        only: args.only,
        skip: args.skip,
        account: args.account,
        parallel: usize::from(args.parallel),
    };
    let report = audit::run(&database, tx, &pack, &options, &mut tell).await?;
    drop(progress);
    match args.output.format {
        Format::Json => context.ui.json(&report)?,
        Format::Table => context.ui.data(&render(&context.ui, &report))?,
    }
    let found = match args.fail_on {
        FailOn::Error => report.summary.errors,
        FailOn::Warn => report.summary.errors + report.summary.warnings,
        FailOn::Never => 0,
    };
    Ok(match (found, report.complete) {
        (1.., _) => Done::Findings,
        (0, true) => Done::Clean,
        (0, false) => Done::Incomplete,
    })
}

/// The report for people: what was read, the checks, the findings, and the answer last, where the
/// eye is.
pub(super) fn render(ui: &Ui, report: &Report) -> String {
    let mut out = String::new();
    let snapshot = &report.snapshot;
    out.push_str(&format!(
        "Audit of {} · {} on PostgreSQL {} · as {} · snapshot {} at {}\n\n",
        escape(&snapshot.database),
        escape(&report.app),
        escape(&snapshot.server_version),
        escape(&snapshot.role),
        escape(&snapshot.id),
        snapshot.at.format("%Y-%m-%d %H:%M:%S UTC"),
    ));
    // How long each check took changes from run to run and interests few.
    let mut checks = if ui.verbose {
        Table::new(ui, &["", "check", "#found", "what holds", "#ms"])
    } else {
        Table::new(ui, &["", "check", "#found", "what holds"])
    };
    for check in &report.checks {
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
    out.push_str(&checks.render());
    out.push_str("\n\n");
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
        out.push_str(&notes);
        out.push('\n');
    }
    out.push_str(&render_findings(ui, report));
    out
}

/// The findings and the answer, without the list of checks.
pub(super) fn render_findings(ui: &Ui, report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        out.push('\n');
        out.push_str(&render_finding(ui, finding));
    }
    let listed = report.findings.len() as u64;
    let all = report.summary.errors + report.summary.warnings;
    if listed < all {
        out.push_str(&format!(
            "\nshowing {} of {} findings; --limit 0 for all\n",
            thousands(&listed.to_string()),
            thousands(&all.to_string())
        ));
    }
    out.push_str(&summary(ui, report));
    out
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
    out.push_str(&facts.render());
    out.push('\n');
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
