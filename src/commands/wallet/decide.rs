//! `bursar wallet approve` and `reject`: the decision of a second person.

use uuid::Uuid;

use super::{Context, Done, Outcome};
use crate::commands::payments::sign;
use crate::error::Error;
use crate::output::{Format, Page, Table, View};
use crate::packs::Need;
use crate::text::{escape, is_blank, thousands};
use crate::wallet::{self, Decided, Waiting};

pub(super) async fn approve(context: &Context, text: &str, dry_run: bool, format: Format) -> Outcome {
    let view = View::new("wallet approve");
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx, Need::Ledger).await?;
    pack.need_ledger()?;
    let adjustment = wallet::waiting(&mut tx, text).await?;
    let balances = wallet::balances(&mut tx, &pack, &adjustment.account).await?;
    let balance = balances.into_iter().find(|b| b.unit == adjustment.unit).and_then(|b| b.balance);
    let waiting = wallet::would(&mut tx, adjustment, balance).await?;
    tx.rollback().await?;
    let Waiting { adjustment, before, after } = &waiting;
    let moves = format!("{}, from {} to {}", amount(adjustment), thousands(before), thousands(after));
    if dry_run {
        let view = view.field("outcome", "would").field("adjustment", adjustment);
        let account = escape(&adjustment.account);
        let sentence = format!("account {account} would be adjusted by {moves}; nothing was changed");
        context.ui.emit(format, view.field("before", before).field("after", after).page(|| Page::text(sentence)))?;
        return Ok(Done::Clean);
    }
    context.wants_whole(text, "adjustment", &adjustment.id.to_string(), Uuid::parse_str(text).is_ok())?;
    let mut facts = Table::facts(&context.ui, 2);
    facts.row(&["account", &adjustment.account]);
    facts.row(&["adjustment", &moves]);
    facts.row(&["reason", &adjustment.reason]);
    facts.row(&["requested by", &adjustment.requested_by]);
    facts.render().lines().for_each(|line| context.ui.note_line(line));
    let protection = database.protection().await?;
    let what = format!("Approve {} for account {}", amount(adjustment), adjustment.account);
    let permit = context.confirm(&database, protection, &what).await?;
    let mut tx = database.write(&permit).await?;
    let made = wallet::approve(&mut tx, &waiting, &context.actor()).await?;
    tx.commit().await?;
    decided(context, format, view, &made, &format!("is done: account {} adjusted by {moves}", made.account))
}

pub(super) async fn reject(context: &Context, text: &str, reason: &str, dry_run: bool, format: Format) -> Outcome {
    if is_blank(reason) {
        return Err(Error::usage("a rejection needs a reason").hint("--reason TEXT"));
    }
    let view = View::new("wallet reject");
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let adjustment = wallet::waiting(&mut tx, text).await?;
    tx.rollback().await?;
    let rejected = format!("{} for account {}", amount(&adjustment), adjustment.account);
    if dry_run {
        let sentence = format!("adjustment {} of {} would be rejected; nothing was changed", adjustment.id, rejected);
        let view = view.field("outcome", "would").field("adjustment", &adjustment);
        context.ui.emit(format, view.page(|| Page::text(escape(&sentence))))?;
        return Ok(Done::Clean);
    }
    context.wants_whole(text, "adjustment", &adjustment.id.to_string(), Uuid::parse_str(text).is_ok())?;
    let protection = database.protection().await?;
    let permit = context.confirm(&database, protection, &format!("Reject {rejected}")).await?;
    let mut tx = database.write(&permit).await?;
    let made = wallet::reject(&mut tx, adjustment.id, reason, &context.actor()).await?;
    tx.commit().await?;
    decided(context, format, view, &made, "is rejected; no balance was changed")
}

fn amount(adjustment: &Decided) -> String {
    format!("{} {}", sign(Some(&adjustment.amount)), adjustment.unit)
}

/// Reports an adjustment that was decided on.
fn decided(context: &Context, format: Format, view: View<'_>, made: &Decided, sentence: &str) -> Outcome {
    let done = context.ui.paint_out("✓", "32");
    let sentence = format!("{done} adjustment {} {}", made.id, escape(sentence));
    context.ui.emit(format, view.field("adjustment", made).page(|| Page::text(sentence)))?;
    Ok(Done::Clean)
}
