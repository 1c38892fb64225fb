//! GitHub's workflow commands: an annotation for each check that found something, one for each reason why checks could
//! not be answered, and a notice with the answer. GitHub shows ten of each kind for a step, so findings are
//! not annotated one by one.

use std::io::Write;

use super::parts::{Unread, counts, first_of_each, found, number, unread, verdict};
use crate::audit::{CheckResult, CheckStatus, Finding, Report};
use crate::error::Result;
use crate::output::annotate;
use crate::packs::Severity;
use crate::text::{escape, thousands};

/// Number of findings that an annotation tells of; all are counted.
const SPELLED_OUT: usize = 3;

/// An annotation for each check that did not pass, and a notice.
///
/// # Errors
/// The writer's own, and where the findings cannot be read back.
pub fn github(report: &Report, out: &mut dyn Write) -> Result<()> {
    let first = first_of_each(report, SPELLED_OUT)?;
    for suspicion in &report.suspected {
        annotate("warning", &titled("bursar audit: the pack is suspected"), &escape(&suspicion.message), out)?;
    }
    for check in report.checks.iter().filter(|c| c.status == CheckStatus::Failed) {
        let command = match check.severity {
            Severity::Error => "error",
            Severity::Warn => "warning",
        };
        let title = format!("{}: {}", check.id, number(check.findings, "finding", "findings"));
        annotate(command, &titled(&title), &told(check, first.get(&check.id).map_or(&[], Vec::as_slice)), out)?;
    }
    // What nobody asked of a pack is worth a look where the run is complete.
    let command = if report.complete { "warning" } else { "error" };
    for Unread { names, why } in unread(report) {
        match names[..] {
            [name] => annotate(command, &titled(&format!("{name}: not answered")), &escape(why), out)?,
            _ => {
                let title = format!("bursar audit: {} not answered", names.len());
                let message = format!("{}\n{}", escape(why), escape(&names.join(", ")));
                annotate(command, &titled(&title), &message, out)?;
            }
        }
    }
    for what in &report.unchecked {
        annotate(command, &titled("bursar audit: not checked"), &escape(what), out)?;
    }
    let title = format!("bursar audit: {}", verdict(report.verdict).1);
    let at = report.snapshot.at.format("%Y-%m-%d %H:%M:%S UTC");
    let (app, database) = (escape(&report.app), escape(&report.snapshot.database));
    annotate("notice", &titled(&title), &format!("{}\n{app} in {database} at {at}", counts(&report.summary)), out)
}

/// The result of a check in lines: the statement that should hold, the counts, and the first findings.
fn told(check: &CheckResult, first: &[Finding]) -> String {
    let mut lines = vec![format!("{}: {}", escape(&check.title), escape(&found(check)))];
    lines.extend(first.iter().map(|f| escape(&f.message).into_owned()));
    let more = check.findings.saturating_sub(first.len() as u64);
    if more > 0 {
        lines.push(format!("and {} more", thousands(more)));
    }
    lines.join("\n")
}

fn titled(title: &str) -> [(&'static str, String); 1] {
    [("title", escape(title).into_owned())]
}
