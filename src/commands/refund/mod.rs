//! `bursar refund`: sending money back.

mod acknowledge;
pub mod args;
mod batch;
mod cancel;
mod carry;
mod create;
mod decide;
mod guided;
mod list;
mod report;
mod resume;
mod show;
mod standing;
mod sync;

use super::{Context, Done, Outcome};
use crate::error::Error;

pub use args::Refund;
use args::{RefundAction, RefundFlags};
pub(super) use show::preview;
pub(super) use standing::standing;

pub(super) async fn run(context: &Context, args: Refund) -> Outcome {
    act(context, args).await.map_err(|error| context.with_pasted(error))
}

async fn act(context: &Context, args: Refund) -> Outcome {
    let Refund { flags, action } = args;
    // `create` takes them from either side; every other subcommand would drop them, `--dry-run` among them.
    if !matches!(action, None | Some(RefundAction::Create { .. })) && flags != RefundFlags::default() {
        return Err(Error::usage(
            "flags before this subcommand are those of `refund` alone and of `refund create`; nothing was done",
        )
        .hint("write the flags of a subcommand behind its name; --help behind it lists them"));
    }
    let Some(action) = action else { return guided::run(context, flags).await };
    match action {
        RefundAction::Create { payment, flags: own, output } => {
            create::run(context, &payment, own.or(flags), output.format).await
        }
        RefundAction::List(args) => list::run(context, *args).await,
        RefundAction::Show { refund, output } => show::run(context, &refund, output.format).await,
        RefundAction::Resume { refund, recheck, dry_run, output } => {
            resume::run(context, &refund, recheck, dry_run, output.format).await
        }
        RefundAction::Approve { refund, dry_run, output } => {
            decide::approve(context, &refund, dry_run, output.format).await
        }
        RefundAction::Reject { refund, reason, dry_run, output } => {
            decide::reject(context, &refund, &reason, dry_run, output.format).await
        }
        RefundAction::Cancel { refund, reason, looked_at, dry_run, output } => {
            cancel::run(context, &refund, &reason, looked_at.as_deref(), dry_run, output.format).await
        }
        RefundAction::Acknowledge { object, gateway, withdraw: true, reason, dry_run, output } => {
            acknowledge::withdraw(context, gateway.as_deref(), &object, &reason, dry_run, output.format).await
        }
        RefundAction::Acknowledge { object, gateway, reason, dry_run, output, .. } => {
            let gateway = gateway.unwrap_or_default();
            acknowledge::run(context, &gateway, &object, &reason, dry_run, output.format).await
        }
        RefundAction::Batch(args) => batch::run(context, args).await,
        RefundAction::Sync(args) => sync::run(context, args).await,
    }
}
