//! An audit in Prometheus' text exposition format.

use std::collections::BTreeMap;
use std::io::Write;

use crate::audit::seal::Times;
use crate::audit::{AuditVerdict, CheckStatus, Report};
use crate::commands::gauge::{gauge, label};
use crate::error::Result;

const STATUSES: [(CheckStatus, &str); 4] = [
    (CheckStatus::Passed, "passed"),
    (CheckStatus::Failed, "failed"),
    (CheckStatus::Skipped, "skipped"),
    (CheckStatus::Incomplete, "incomplete"),
];

/// Writes the counts of the checks and of the findings, the verdict, and when the last clean audit and the newest seal
/// were; `whole` says that nothing was left out of this one. A time that nobody knows is left out: Prometheus then has no sample, which an alert can ask for.
pub(super) fn write(report: &Report, whole: bool, times: &Times, out: &mut dyn Write) -> Result<()> {
    let mut gauge = |name: &str, help: &str, samples: &[(String, String)]| match samples {
        [] => Ok(()),
        samples => gauge(out, &report.app, (&format!("bursar_{name}"), help), samples.iter().cloned()),
    };
    let alone = |value: String| vec![(String::new(), value)];
    let statuses = STATUSES.map(|(status, name)| {
        let count = report.checks.iter().filter(|check| check.status == status).count();
        (format!(",status=\"{name}\""), count.to_string())
    });
    gauge("audit_checks", "The checks of the audit by how they ended.", &statuses)?;
    let mut findings: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for check in report.checks.iter().filter(|check| check.is_answered()) {
        *findings.entry((&check.id, check.severity.name())).or_default() += check.findings;
    }
    let findings: Vec<_> = findings
        .into_iter()
        .map(|((check, severity), count)| {
            (format!(",check=\"{}\",severity=\"{severity}\"", label(check)), count.to_string())
        })
        .collect();
    gauge("audit_findings", "The findings of a check that answered, without accepted ones.", &findings)?;
    let clean = u8::from(report.verdict == AuditVerdict::Clean).to_string();
    gauge("audit_clean", "Whether everything was read and no check of severity error failed.", &alone(clean))?;
    gauge("audit_complete", "Whether everything could be read.", &alone(u8::from(report.complete).to_string()))?;
    let at = report.snapshot.at;
    gauge("audit_timestamp_seconds", "When the audit took its snapshot.", &alone(at.timestamp().to_string()))?;
    // A part that is clean is no clean audit.
    let now = (report.verdict == AuditVerdict::Clean && whole).then_some(at);
    let clean = now.max(times.clean).map(|at| (String::new(), at.timestamp().to_string()));
    gauge(
        "audit_last_clean_timestamp_seconds",
        "When an audit was last clean: this one, or one of --record.",
        &Vec::from_iter(clean),
    )?;
    let sealed = times.sealed.map(|at| (String::new(), at.timestamp().to_string()));
    gauge("audit_newest_seal_timestamp_seconds", "When the ledger was last sealed.", &Vec::from_iter(sealed))
}
