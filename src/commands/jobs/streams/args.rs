//! The arguments of `bursar jobs streams`.

use std::time::Duration;

use clap::Args;

use crate::commands::values::duration;
use crate::output::{Output, Rows};

/// The flags of `bursar jobs streams`.
#[derive(Debug, Clone, Args)]
pub struct Streams {
    /// Ignore what is younger than this: a worker may be between its two writes
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "30s")]
    pub grace: Duration,
    /// Time without a request after which a consumer counts as gone
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    pub idle: Duration,
    /// Key of the stream, if it differs from the pack's
    #[arg(long, value_name = "KEY")]
    pub stream: Option<String>,
    /// Group of the workers, if it differs from the pack's
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,
    /// Maximum number of findings in the table. 0 lists all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Add an entry for each lost job
    #[arg(long, help_heading = "Changes")]
    pub requeue: bool,
    /// Acknowledge entries whose jobs ended or do not exist, and entries that stand twice. Entries that no consumer has are deleted
    #[arg(long, help_heading = "Changes")]
    pub ack: bool,
    /// Give the entries of consumers that are gone to this consumer
    #[arg(long, value_name = "CONSUMER", help_heading = "Changes")]
    pub claim: Option<String>,
    /// Maximum number of changes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Changes")]
    pub max: Option<u32>,
    /// Reason, for the operator log
    #[arg(long, value_name = "TEXT", help_heading = "Changes")]
    pub reason: Option<String>,
    /// Show what would be done, and change nothing
    #[arg(long, help_heading = "Changes")]
    pub dry_run: bool,
    /// The format.
    #[command(flatten)]
    pub output: Output<Rows>,
}
