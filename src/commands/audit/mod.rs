//! `bursar audit` and its subcommands.

mod catalogue;
mod check;
mod history;
mod render;
mod seal;

use super::{Context, Outcome};
use crate::cli::{Audit, AuditAction};

pub(super) use render::render_findings;

/// Runs the audit, or says what it consists of.
pub async fn run(context: &Context, args: Audit) -> Outcome {
    match &args.action {
        None | Some(AuditAction::Run) => check::check(context, args).await,
        Some(AuditAction::Seal) => seal::seal(context, args.output.format).await,
        Some(AuditAction::History) => history::history(context, args.limit, args.output.format).await,
        Some(AuditAction::List) => catalogue::list(context, args.output.format).await,
        Some(AuditAction::Explain { check }) => catalogue::explain(context, check, args.output.format).await,
    }
}
