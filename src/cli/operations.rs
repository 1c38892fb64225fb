//! The flags of `bursar operations`.

use clap::{Args, Subcommand};

use super::values::{Root, Since, head, since};
use super::{Output, RowsOutput};

/// The log of who did what through bursar
#[derive(Debug, Subcommand)]
pub enum Operations {
    List(OperationsList),
    /// Verify the log's hash chain, and print its head to keep elsewhere
    ///
    /// Exit 3 where a row or a link is not as it was written, and 6 where a row has waited for its link for over a
    /// minute. Only a head that is kept outside the
    /// database shows that the end was cut off, or that the whole chain was computed again: --head looks
    /// for such a one. With -q only the head is printed, and nothing where something is wrong.
    #[command(
        after_help = "Examples:\n  bursar operations verify\n  bursar operations verify -q >> heads.txt\n  bursar operations verify --head \"$(bursar operations verify -q)\""
    )]
    Verify {
        /// A head that was kept: is it in the chain, and where
        #[arg(long, value_name = "HEX", value_parser = head)]
        head: Option<Root>,
        /// How many findings to list; all are counted. 0 lists all
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

/// List what was done, newest first
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bursar operations list\n  bursar operations list --since 7d --command seed -o json\n  bursar operations list --limit 0 -o csv > operations.csv"
)]
pub struct OperationsList {
    /// How many to show. 0 shows all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Only those since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d
    #[arg(long, value_name = "DATE|DURATION", value_parser = since)]
    pub since: Option<Since>,
    /// Only those of this command, and of its subcommands
    #[arg(long, value_name = "COMMAND")]
    pub command: Option<String>,
    /// Only those of this operator, operating-system user or database role
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Only those before this one, as the end of a cut list says
    #[arg(long, value_name = "ID")]
    pub before: Option<i64>,
    /// The format.
    #[command(flatten)]
    pub output: RowsOutput,
}
