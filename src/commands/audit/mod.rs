//! `bursar audit` and its subcommands.

mod catalogue;
mod check;
mod render;
mod repair;

use super::{Context, Outcome};
use crate::cli::{Audit, AuditAction};
use crate::error::Error;

pub(super) use render::render_findings;

/// Runs the audit, or says what it consists of.
pub async fn run(context: &Context, args: Audit) -> Outcome {
    match &args.action {
        None | Some(AuditAction::Run) => check::check(context, args).await,
        Some(AuditAction::List) => catalogue::list(context, args.output.format).await,
        Some(AuditAction::Explain { check }) => catalogue::explain(context, check, args.output.format).await,
        Some(AuditAction::Repair { plan: Some(path), .. }) => repair::plan(context, &args, path).await,
        Some(AuditAction::Repair { apply: Some(path), dry_run, .. }) => {
            repair::apply(context, &args, path, *dry_run).await
        }
        Some(AuditAction::Repair { plan: None, apply: None, .. }) => {
            Err(Error::usage("it needs --plan FILE or --apply FILE").hint("bursar audit repair --help"))
        }
    }
}
