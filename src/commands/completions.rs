//! `bursar completions` and `bursar man`: what is generated from the command line.

use clap::{Args, ValueEnum};

use super::{Context, Done, Outcome, complete};

/// Print a completion script for a shell
///
/// The script asks bursar for the next word: commands and flags, environments, packs and checks, and the newest
/// payments, refunds and jobs of the database that the line names. A question takes 200 ms at most and only reads. When
/// the database does not answer, nothing is offered. A `url_command` is never run.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bursar completions bash > bursar.bash\n  bursar completions zsh > _bursar")]
pub struct Completions {
    /// Shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A shell that completions can be made for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Shell {
    /// GNU bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

/// Prints the script that makes a shell ask bursar for completions.
pub(super) async fn run(context: &Context, args: Completions) -> Outcome {
    context.ui.data(&complete::script(args.shell)?)?;
    Ok(Done::Clean)
}
