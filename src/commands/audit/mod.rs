//! `bursar audit` and its subcommands.

pub mod args;
mod catalogue;
mod check;
mod files;
mod formats;
mod history;
mod prometheus;
mod render;
mod repair;
mod seal;
mod write;

pub use args::Audit;
use args::AuditAction;

use super::{Context, Outcome};
use crate::error::Error;

pub(super) use files::warn_of_expired;
pub(super) use render::{render_finding, render_findings};

/// Runs the audit, or says what it consists of.
pub async fn run(context: &Context, args: Audit) -> Outcome {
    act(context, args).await.map_err(|error| context.with_pasted(error))
}

async fn act(context: &Context, args: Audit) -> Outcome {
    let Audit { run, action } = args;
    match action {
        None => check::check(context, run).await,
        Some(AuditAction::Run(run)) => check::check(context, *run).await,
        Some(AuditAction::Seal { ledger, tables, restart, reason, output }) => {
            let which = seal::Which { ledger, tables, restart, reason };
            seal::seal(context, &which, output.format).await
        }
        Some(AuditAction::History { since, limit, cursor, output }) => {
            history::history(context, since, cursor.as_ref(), limit, output.format).await
        }
        Some(AuditAction::List { output }) => catalogue::list(context, output.format).await,
        Some(AuditAction::Explain { what, reading, output }) => {
            catalogue::explain(context, &what, &reading, output.format).await
        }
        Some(AuditAction::Repair { plan: Some(path), scope, output, .. }) => {
            repair::plan(context, &scope, &path, output.format).await
        }
        Some(AuditAction::Repair { apply: Some(path), dry_run, output, .. }) => {
            repair::apply(context, &path, dry_run, output.format).await
        }
        Some(AuditAction::Repair { plan: None, apply: None, .. }) => {
            Err(Error::usage("it needs --plan FILE or --apply FILE").hint("bursar audit repair --help"))
        }
    }
}
