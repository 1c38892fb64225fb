//! `bursar audit` and its subcommands.

mod catalogue;
mod check;
mod files;
mod history;
mod render;
mod repair;
mod seal;

use super::{Context, Outcome};
use crate::cli::{Audit, AuditAction, AuditFiles};
use crate::error::{Error, Result};

pub(super) use render::{render_finding, render_findings};

/// Runs the audit, or says what it consists of.
pub async fn run(context: &Context, args: Audit) -> Outcome {
    match &args.action {
        None | Some(AuditAction::Run) => check::check(context, args).await,
        Some(AuditAction::Seal) => {
            without_files("audit seal", &args.files)?;
            seal::seal(context, args.output.format.one_of_two("audit seal")?).await
        }
        Some(AuditAction::History) => {
            without_files("audit history", &args.files)?;
            history::history(context, args.limit, args.output.format.one_of_two("audit history")?).await
        }
        Some(AuditAction::List) => {
            without_files("audit list", &args.files)?;
            catalogue::list(context, args.output.format).await
        }
        Some(AuditAction::Explain { what }) => {
            without_files("audit explain", &args.files)?;
            catalogue::explain(context, what, &args).await
        }
        Some(AuditAction::Repair { plan: Some(path), .. }) => {
            without_files("audit repair", &args.files)?;
            repair::plan(context, &args, path).await
        }
        Some(AuditAction::Repair { apply: Some(path), dry_run, .. }) => {
            without_files("audit repair", &args.files)?;
            repair::apply(context, &args, path, *dry_run).await
        }
        Some(AuditAction::Repair { plan: None, apply: None, .. }) => {
            Err(Error::usage("it needs --plan FILE or --apply FILE").hint("bursar audit repair --help"))
        }
    }
}

/// What runs no audit has nothing to write to the files of one.
fn without_files(command: &str, files: &AuditFiles) -> Result<()> {
    let AuditFiles { reports, baseline, write_baseline } = files;
    if reports.is_empty() && baseline.is_none() && write_baseline.is_none() {
        return Ok(());
    }
    Err(Error::usage(format!("{command} runs no audit: --report, --baseline and --write-baseline have no use there")))
}
