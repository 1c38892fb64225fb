//! `bursar completions` and `bursar man`: what is generated from the command line.

use super::{Context, Done, Outcome};
use crate::cli::{Completions, docs};

/// Prints a completion script.
pub fn run(context: &Context, args: &Completions) -> Outcome {
    context.ui.data(&docs::completions(args.shell))?;
    Ok(Done::Clean)
}

/// Prints a manual page.
pub fn man(context: &Context, words: &[String]) -> Outcome {
    context.ui.data(&docs::man(words)?)?;
    Ok(Done::Clean)
}
