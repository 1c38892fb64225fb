//! `bursar doctor`.

use clap::Args;

use super::Output;

/// Check what bursar works with: the connection, the role, TLS, poolers, the schema, the gateways
///
/// Each line is ok, worth a look, or wrong, with what to do. Reads only. Exit 3 where one is wrong.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bursar doctor\n  bursar doctor --env production -o json")]
pub struct Doctor {
    /// The format.
    #[command(flatten)]
    pub output: Output,
}
