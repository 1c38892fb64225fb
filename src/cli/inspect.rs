//! `bursar inspect`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::RowsOutput;
use super::values::duration;

/// Look at the health of any database: memory, tables, indexes, statements, locks, vacuum and more
///
/// Each check is ok, worth a look, wrong, or skipped with the reason. Reads only, and needs no pack.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bursar inspect\n  bursar inspect indexes locks\n  bursar inspect indexes.duplicate --limit 0 -o csv\n  bursar inspect --fail-on fail\n  bursar inspect --snapshot before.json\n  bursar inspect --diff before.json --fail-on warn"
)]
pub struct Inspect {
    /// Topics, such as indexes, or checks, such as indexes.unused [default: all]
    #[arg(value_name = "TOPIC")]
    pub topics: Vec<String>,
    /// Exit 3 where a check is as bad as this; with --diff, where something has become so
    #[arg(long, value_name = "VERDICT", value_enum)]
    pub fail_on: Option<InspectFailOn>,
    /// How long a statement, an idle transaction, a wait for a lock or a replica's lag may be
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    pub long: Duration,
    /// How many rows of a check to show; 0 for all
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub limit: usize,
    /// Write everything that was found to this file, as JSON, to compare with later
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Show what is otherwise than in this file, which --snapshot wrote
    #[arg(long, value_name = "FILE")]
    pub diff: Option<PathBuf>,
    /// The format.
    #[command(flatten)]
    pub output: RowsOutput,
}

/// How bad is too bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InspectFailOn {
    /// Worth a look, or wrong
    Warn,
    /// Wrong
    Fail,
}
