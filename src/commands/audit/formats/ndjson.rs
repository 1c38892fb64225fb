//! NDJSON: one object a row. Its `type` says what a row is: every `check`, then the `finding`s, and
//! last the `summary`. A stream without that last row was cut off.

use std::io::Write;

use serde::Serialize;

use super::parts::COMMAND;
use crate::audit::seal::Reference;
use crate::audit::{AuditVerdict, Depth, Report, Snapshot, Summary, Suspicion, TableRows, UnitTotal};
use crate::error::Result;
use crate::output::{SCHEMA_VERSION, ndjson_row, ndjson_rows};

/// The last row: everything of the report that is neither a check nor a finding.
#[derive(Serialize)]
struct Last<'a> {
    schema_version: u32,
    command: &'a str,
    app: &'a str,
    verdict: AuditVerdict,
    complete: bool,
    depth: Depth,
    account: Option<&'a str>,
    snapshot: &'a Snapshot,
    seal: Option<&'a Reference>,
    tables: &'a [TableRows],
    units: &'a [UnitTotal],
    #[serde(skip_serializing_if = "<[Suspicion]>::is_empty")]
    suspected: &'a [Suspicion],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unchecked: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
    summary: &'a Summary,
}

/// One row for each check and each finding, and one for the answer.
///
/// # Errors
/// The writer's own, and where the findings cannot be read back.
pub fn ndjson(report: &Report, out: &mut dyn Write) -> Result<()> {
    ndjson_rows("check", &report.checks, out)?;
    for finding in report.findings() {
        ndjson_row("finding", &finding?, out)?;
    }
    let last = Last {
        schema_version: SCHEMA_VERSION,
        command: COMMAND,
        app: &report.app,
        verdict: report.verdict,
        complete: report.complete,
        depth: report.depth,
        account: report.account.as_deref(),
        snapshot: &report.snapshot,
        seal: report.seal.as_ref(),
        tables: &report.tables,
        units: &report.units,
        suspected: &report.suspected,
        unchecked: &report.unchecked,
        remedy: report.remedy.as_deref(),
        summary: &report.summary,
    };
    ndjson_row("summary", &last, out)
}
