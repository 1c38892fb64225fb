//! `bursar completions`: the script that makes a shell ask.

use clap::Args;

use super::complete::{Shell, script};
use super::{Context, Done, Outcome};

/// Print a completion script for a shell
///
/// The script asks bursar for the next word: commands and flags, environments, packs and checks, and the newest
/// payments, refunds and jobs of the database that the line names. It only reads, and waits 180 ms for the
/// database (`BURSAR_COMPLETE_WAIT` sets another limit). When the database does not answer, nothing is offered. A
/// `url_command` is never run.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bursar completions bash > bursar.bash\n  bursar completions zsh > _bursar")]
pub struct Completions {
    /// Shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Prints the script that makes a shell ask bursar for completions.
pub(super) async fn run(context: &Context, args: Completions) -> Outcome {
    context.ui.data(&script(args.shell)?)?;
    Ok(Done::Clean)
}
