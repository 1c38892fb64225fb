//! `bursar completions` and `bursar man`: what is generated from the command line.

use super::{Context, Done, Outcome, complete};
use crate::cli::{Completions, docs};

/// Prints the script that makes a shell ask bursar for completions.
pub fn run(context: &Context, args: &Completions) -> Outcome {
    context.ui.data(&complete::script(args.shell)?)?;
    Ok(Done::Clean)
}

/// Prints a manual page.
pub fn man(context: &Context, words: &[String]) -> Outcome {
    context.ui.data(&docs::man(words)?)?;
    Ok(Done::Clean)
}
