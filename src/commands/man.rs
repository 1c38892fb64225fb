//! `bursar man`: the manual pages.

use clap::Args;

use super::{Context, Done, Outcome, docs};

/// Print a manual page
///
/// Without a command it is the page of bursar itself.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bursar man > bursar.1\n  bursar man audit > bursar-audit.1")]
pub struct Man {
    /// Command, as in `audit` or `migrate up`
    command: Vec<String>,
}

pub(super) async fn run(context: &Context, args: Man) -> Outcome {
    context.ui.data(&docs::man(&args.command)?)?;
    Ok(Done::Clean)
}
