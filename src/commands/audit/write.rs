//! A report in the format that was asked for.

use std::io::Write;

use super::formats;
use super::render::render;
use crate::audit::Report;
use crate::error::{Error, Result};
use crate::output::{Format, Ui};
use crate::packs::Severity;

/// Writes the report, finding by finding. Findings from the severity `fails_from` on make the run fail; with `None` no
/// finding does.
///
/// # Errors
/// The writer's own, and where the findings cannot be read back. A usage error for a format that no report has.
pub(super) fn write(
    ui: &Ui,
    format: Format,
    report: &Report,
    fails_from: Option<Severity>,
    out: &mut dyn Write,
) -> Result<()> {
    match format {
        Format::Table => render(ui, report, out),
        Format::Json => formats::json(report, out),
        Format::Ndjson => formats::ndjson(report, out),
        Format::Csv => formats::csv(report, out),
        Format::Markdown => formats::markdown(report, out),
        Format::Junit => formats::junit(report, fails_from, out),
        Format::Github => formats::github(report, out),
        Format::Sarif | Format::Prometheus => {
            Err(Error::usage(format!("a report cannot be written as {}", format.name())))
        }
    }
}
