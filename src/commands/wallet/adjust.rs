//! `bursar wallet adjust`: corrects a balance by an entry.

use super::show::found;
use super::{Context, Done, Outcome};
use crate::commands::payments::sign;
use crate::error::Error;
use crate::output::{Format, Page, Table, View};
use crate::packs::Pack;
use crate::text::{escape, is_blank, thousands};
use crate::wallet::{self, Adjustment, AdjustmentState, Decided};

/// A correction: the unit, the amount with its sign, and the reason.
pub(super) struct Correction {
    pub unit: String,
    pub amount: String,
    pub reason: String,
}

pub(super) async fn run(
    context: &Context,
    text: &str,
    correction: &Correction,
    dry_run: bool,
    format: Format,
) -> Outcome {
    let Correction { unit, amount, reason } = correction;
    if is_blank(reason) {
        return Err(Error::usage("an adjustment needs a reason").hint("--reason \"what happened\""));
    }
    let database = context.database().await?;
    let (mut tx, pack, account, _) = found(context, &database, text, Ok).await?;
    if !dry_run {
        context.wants_whole(text, "account", &account.account, !account.by_beginning)?;
    }
    let adjustment = wallet::plan(&mut tx, &pack, &account, unit, amount).await?;
    tx.rollback().await?;
    if dry_run {
        return report(context, format, &pack, &adjustment, reason, None);
    }
    let actor = context.actor();
    // What was agreed to beforehand is done.
    let agreed = context.global.yes || context.global.confirm.is_some();
    context.ui.note(&match agreed {
        true => format!("adjusting a balance in {}:", database.target()),
        false => format!("a balance in {} would be adjusted:", database.target()),
    });
    let operator = actor.operator.as_deref().unwrap_or(&actor.os_user);
    preview(context, &adjustment, reason, operator).render().lines().for_each(|line| context.ui.note_line(line));
    let protection = database.protection().await?;
    let what = format!("Adjust account {} by {} {unit}", adjustment.account, sign(Some(amount)));
    let permit = context.confirm(&database, protection, &what).await?;
    let mut tx = database.write(&permit).await?;
    let made = wallet::apply(&mut tx, &adjustment, reason, &actor).await?;
    tx.commit().await?;
    report(context, format, &pack, &adjustment, reason, Some(&made))
}

fn preview(context: &Context, adjustment: &Adjustment, reason: &str, operator: &str) -> Table {
    let Adjustment { account, unit, amount, before, after, needs_approval } = adjustment;
    let mut facts = Table::facts(&context.ui, 2);
    facts.row(&["account", account]);
    facts.row(&[
        "balance",
        &format!("{} {unit} now, {} after {}", thousands(before), thousands(after), sign(Some(amount))),
    ]);
    facts.row(&["reason", reason]);
    facts.row(&["operator", operator]);
    if let Some(why) = needs_approval {
        facts.row(&["approval", &format!("by a second person, because {why}")]);
    }
    facts
}

fn report(
    context: &Context,
    format: Format,
    pack: &Pack,
    adjustment: &Adjustment,
    reason: &str,
    made: Option<&Decided>,
) -> Outcome {
    let Adjustment { account, unit, amount, before, after, needs_approval } = adjustment;
    let waits = made.is_some_and(|m| m.state == AdjustmentState::AwaitingApproval);
    let view = View::new("wallet adjust")
        .field("app", &pack.name)
        .field("outcome", made.map_or("would", |m| m.state.name()))
        .field("account", account)
        .field("unit", unit)
        .field("amount", amount)
        .field("before", before)
        .field("after", after)
        .field("reason", reason)
        .field("entry", made.and_then(|m| m.entry.as_deref()))
        .field("adjustment", made.map(|m| m.id))
        .field("needs_approval", needs_approval.is_some() || waits)
        .page(|| Page::text(sentence(context, adjustment, made)));
    context.ui.emit(format, view)?;
    if let Some(made) = made.filter(|_| waits) {
        context.ui.note(&format!("next, by another login: bursar wallet approve {}", made.id));
        return Ok(Done::Incomplete);
    }
    Ok(Done::Clean)
}

fn sentence(context: &Context, adjustment: &Adjustment, made: Option<&Decided>) -> String {
    let Adjustment { account, unit, amount, before, after, needs_approval } = adjustment;
    let moved = format!("{} {unit}, from {} to {}", sign(Some(amount)), thousands(before), thousands(after));
    let account = escape(account);
    match made {
        Some(made) if made.state == AdjustmentState::AwaitingApproval => {
            let sign = context.ui.paint_out("!", "33");
            let id = made.id;
            format!("{sign} adjustment {id} of account {account} by {moved} awaits the approval of a second person")
        }
        Some(made) => {
            let entry = made.entry.as_deref().map(|entry| format!(": entry {}", escape(entry))).unwrap_or_default();
            format!("✓ account {account} adjusted by {moved}{entry}")
        }
        None => {
            let approval = needs_approval.as_ref().map(|why| format!(" once a second person approves it ({why})"));
            let approval = approval.unwrap_or_default();
            format!("account {account} would be adjusted by {moved}{approval}; nothing was changed")
        }
    }
}
