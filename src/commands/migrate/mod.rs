//! `bursar migrate`: shows, checks and changes the schema of a database.

mod adopt;
pub mod args;
mod detect;
mod down;
mod dump;
mod events;
mod flags;
mod import;
#[cfg(feature = "lint")]
mod lint;
#[cfg(feature = "lint")]
mod lint_formats;
mod new;
mod plan;
mod project;
mod repair;
mod scratch;
mod status;
mod up;
mod verify;
mod wait;

pub use args::Migrate;

use super::{Context, Outcome};

/// Runs one of the subcommands.
pub async fn run(context: &Context, action: Migrate) -> Outcome {
    let flags = flags::of(context, &action);
    let outcome = match action {
        Migrate::New { name, reversible, source } => new::run(context, &name, reversible, &source),
        Migrate::Status { check, ignore_missing, source, output } => {
            status::run(context, check, ignore_missing, &source, output.format).await
        }
        Migrate::Plan { ignore_missing, source, output } => {
            plan::run(context, ignore_missing, &source, output.format).await
        }
        #[cfg(feature = "lint")]
        Migrate::Lint(args) => lint::run(context, args).await,
        Migrate::Up(args) => up::run(context, &args).await,
        Migrate::Down(args) => down::run(context, &args).await,
        Migrate::Verify { scratch, own, output } => {
            let source = flags::whole(own);
            verify::run(context, scratch.as_deref(), &source, output.format).await
        }
        Migrate::Dump(args) => dump::run(context, &args).await,
        Migrate::Wait { wait, direct } => wait::run(context, wait, direct).await,
        Migrate::Adopt(args) => adopt::run(context, &args).await,
        Migrate::Baseline(args) => repair::baseline(context, &args).await,
        Migrate::Import(args) => import::run(context, &args).await,
        Migrate::Repair(args) => repair::run(context, &args).await,
    };
    outcome.map_err(|mut error| {
        error.hint = error.hint.map(|hint| flags::with_flags(&hint, &flags));
        error
    })
}
