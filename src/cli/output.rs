//! How and where the audit writes its report.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The format of the audit's report.
#[derive(Debug, Clone, Copy, Args)]
pub struct AuditOutput {
    /// How to write the result
    #[arg(short = 'o', long = "output", value_name = "FORMAT", value_enum, default_value_t)]
    pub format: AuditFormat,
}

/// How to write the report of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum AuditFormat {
    /// For people
    #[default]
    Table,
    /// One object
    Json,
    /// One object a row: checks, findings, and the summary last
    Ndjson,
    /// One row a finding, for spreadsheets
    Csv,
    /// A report to paste into an issue or a merge request
    Markdown,
    /// JUnit XML, a test case for each check
    Junit,
    /// Annotations of a GitHub workflow
    Github,
}

/// The format of a command that writes rows.
#[derive(Debug, Clone, Copy, Args)]
pub struct RowsOutput {
    /// How to write the result
    #[arg(short = 'o', long = "output", value_name = "FORMAT", value_enum, default_value_t)]
    pub format: RowsFormat,
}

/// How to write rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RowsFormat {
    /// For people
    #[default]
    Table,
    /// One object
    Json,
    /// One object a row
    Ndjson,
    /// One line a row, for spreadsheets
    Csv,
}

/// The format of the list of checks.
#[derive(Debug, Clone, Copy, Args)]
pub struct ChecksOutput {
    /// How to write the result
    #[arg(short = 'o', long = "output", value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ChecksFormat,
}

/// How to write the list of checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ChecksFormat {
    /// For people
    #[default]
    Table,
    /// One object
    Json,
    /// One object a check
    Ndjson,
    /// One line a check, for spreadsheets
    Csv,
    /// A table to paste into an issue or a merge request
    Markdown,
}

/// The format of a screen that is read again and again.
#[derive(Debug, Clone, Copy, Args)]
pub struct ScreenOutput {
    /// How to write the result
    #[arg(short = 'o', long = "output", value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ScreenFormat,
}

/// How to write what is read again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ScreenFormat {
    /// For people, on a terminal
    #[default]
    Table,
    /// One object each time
    Ndjson,
}

/// The files of an audit.
#[derive(Debug, Args)]
pub struct AuditFiles {
    /// Write the report to a file too, such as junit=audit.xml; may be given several times
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_file)]
    pub reports: Vec<ReportFile>,
    /// Accept the findings that this file lists, each with a reason, an owner and its last day
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write every finding into this file as a baseline, in which each still needs a reason
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
}

/// A file that holds the report too.
#[derive(Debug, Clone)]
pub struct ReportFile {
    /// In which format.
    pub format: AuditFormat,
    /// Where.
    pub path: PathBuf,
}

fn report_file(text: &str) -> Result<ReportFile, String> {
    let known = || AuditFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let names = || known().map(|v| v.get_name().to_owned()).collect::<Vec<_>>().join(", ");
    match text.split_once('=') {
        Some((format, path)) if !path.is_empty() => {
            let format = AuditFormat::from_str(format, false)
                .map_err(|_| format!("there is no format '{format}'; these are {}", names()))?;
            Ok(ReportFile { format, path: path.into() })
        }
        _ => Err("write it as FORMAT=FILE, such as junit=audit.xml".to_owned()),
    }
}
