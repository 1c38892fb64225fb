//! `bursar wallet`: one account's balances and entries.

mod adjust;
mod adjustments;
pub mod args;
mod decide;
mod history;
mod show;

pub use args::Wallet;

use super::{Context, Done, Outcome};

pub(super) async fn run(context: &Context, action: Wallet) -> Outcome {
    match action {
        Wallet::Show { account, ledger, output } => {
            show::run(context, &account, ledger.as_deref(), output.format).await
        }
        Wallet::History(args) => history::run(context, args).await,
        Wallet::Adjust { account, unit, amount, reason, dry_run, output } => {
            let correction = adjust::Correction { unit, amount, reason };
            adjust::run(context, &account, &correction, dry_run, output.format).await
        }
        Wallet::Adjustments { all, since, limit, cursor, output } => {
            adjustments::run(context, all, since, limit, cursor, output.format).await
        }
        Wallet::Approve { adjustment, dry_run, output } => {
            decide::approve(context, &adjustment, dry_run, output.format).await
        }
        Wallet::Reject { adjustment, reason, dry_run, output } => {
            decide::reject(context, &adjustment, &reason, dry_run, output.format).await
        }
    }
}
