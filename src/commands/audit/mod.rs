//! `bursar audit` and its subcommands.

mod catalogue;
mod check;
mod render;

use super::{Context, Outcome};
use crate::cli::{Audit, AuditAction};

pub(super) use render::render_findings;

/// Runs the audit, or says what it consists of.
pub async fn run(context: &Context, args: Audit) -> Outcome {
    match &args.action {
        None | Some(AuditAction::Run) => check::check(context, args).await,
        Some(AuditAction::List) => catalogue::list(context, args.output.format).await,
        Some(AuditAction::Explain { what }) => catalogue::explain(context, what, &args).await,
    }
}
