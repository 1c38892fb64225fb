//! `bursar wallet`: one account's balances and entries.

pub mod args;

pub use args::Wallet;
use serde_json::json;
use uuid::Uuid;

use super::payments::{number, sign};
use super::{Context, Done, Outcome};
use crate::audit::AccountEntry;
use crate::commands::cli::Format;
use crate::db::{Database, Tx};
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::output::Table;
use crate::packs::Pack;
use crate::text::{second, short, thousands};
use crate::vocabulary;
use crate::wallet::{self, Account, Adjustment, AdjustmentState, Decided, Waiting};

pub(super) async fn run(context: &Context, action: Wallet) -> Outcome {
    match action {
        Wallet::Show { account, output } => show(context, &account, output.format).await,
        Wallet::History { account, unit, limit, before, output } => {
            let wanted = Wanted { unit, limit, before };
            history(context, &account, &wanted, output.format).await
        }
        Wallet::Adjust { account, unit, amount, reason, dry_run, output } => {
            let correction = Correction { unit, amount, reason };
            adjust(context, &account, &correction, dry_run, output.format).await
        }
        Wallet::Adjustments { all, limit, output } => adjustments(context, all, limit, output.format).await,
        Wallet::Approve { adjustment, dry_run, output } => approve(context, &adjustment, dry_run, output.format).await,
        Wallet::Reject { adjustment, reason, output } => reject(context, &adjustment, &reason, output.format).await,
    }
}

/// A snapshot, the application, the account, and what may be hidden.
async fn found(context: &Context, database: &Database, text: &str) -> Result<(Tx, Pack, Account, Vec<String>)> {
    let mut tx = database.read().await?;
    let pack = context.pack(database, &mut tx).await?;
    pack.need_ledger()?;
    let hidden = context.warn_of_hidden(&mut tx, &pack).await?;
    let account = wallet::resolve(&mut tx, &pack, text).await?;
    Ok((tx, pack, account, hidden))
}

async fn show(context: &Context, text: &str, format: Format) -> Outcome {
    let database = context.database().await?;
    let (mut tx, pack, account, hidden) = found(context, &database, text).await?;
    if !account.known {
        return Err(wallet::nobody(&pack, text));
    }
    let balances = wallet::balances(&mut tx, &pack, &account.account).await?;
    tx.rollback().await?;
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "wallet show", "app": pack.name, "may_hide": hidden,
            "account": account.account, "balances": balances,
        }))?,
        Format::Table => {
            let mut table =
                Table::new(&context.ui, &["", "unit", "#balance", "#ledger", "#entries", "last entry (UTC)"]);
            for line in &balances {
                table.row(&[
                    if line.agrees { "✓ agrees" } else { "✗ differs" },
                    &line.unit,
                    &number(line.balance.as_deref()),
                    &thousands(&line.ledger),
                    &thousands(line.entries),
                    &line.last_at.map_or_else(|| "-".to_owned(), Moment::second),
                ]);
            }
            context.ui.data(&format!("account {}\n\n{}", crate::text::escape(&account.account), table.render()))?;
            if balances.iter().any(|b| !b.agrees) {
                context.ui.note(&format!("why it differs: bursar audit --only ledger --account {}", account.account));
            }
        }
    }
    Ok(Done::Clean)
}

/// Which entries.
struct Wanted {
    unit: Option<String>,
    limit: usize,
    before: Option<String>,
}

async fn history(context: &Context, text: &str, wanted: &Wanted, format: Format) -> Outcome {
    let database = context.database().await?;
    let (mut tx, pack, account, hidden) = found(context, &database, text).await?;
    if !account.known {
        return Err(wallet::nobody(&pack, text));
    }
    let Wanted { unit, limit, before } = wanted;
    let (entries, total) =
        wallet::history(&mut tx, &pack, &account.account, unit.as_deref(), before.as_deref(), *limit).await?;
    if let (Some(unit), true, Some(ledger)) = (unit, entries.is_empty(), &pack.ledger)
        && !pack.units.iter().any(|u| u.name == *unit)
    {
        if !pack.units.is_empty() {
            let names: Vec<&str> = pack.units.iter().map(|u| u.name.as_str()).collect();
            return Err(vocabulary::unknown(&format!("{} has no unit", pack.name), unit, &names));
        }
        vocabulary::require(&mut tx, &ledger.balances, "unit", unit, false, "no balance is in the unit").await?;
    }
    tx.rollback().await?;
    // An entry whose unit has no running balances has no answer.
    let running = pack.ledger.as_ref().is_some_and(|l| l.running)
        && (entries.is_empty() || entries.iter().any(|e| e.agrees.is_some()));
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "wallet history", "app": pack.name, "may_hide": hidden,
            "account": account.account, "unit": unit, "running_balances": running, "total": total, "entries": entries,
        }))?,
        Format::Table if entries.is_empty() => context.ui.data("no entries")?,
        Format::Table => {
            let mut out = if running {
                table(context, &entries)
            } else {
                format!(
                    "{}\n\n{} keeps no running balances: the balance is what the entries come to",
                    table(context, &entries),
                    pack.name
                )
            };
            // The oldest that is shown is the first of its unit only where nothing was left out.
            if let Some(cut) = cut(&entries, total, *limit, before.is_some()) {
                out.push_str(&format!("\n\n{cut}"));
            }
            context.ui.data(&out)?;
        }
    }
    Ok(Done::Clean)
}

fn cut(entries: &[AccountEntry], total: i64, limit: usize, goes_on: bool) -> Option<String> {
    let shown = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let oldest = entries.last().and_then(|e| e.line.entry.as_deref())?;
    let full = limit > 0 && entries.len() >= limit;
    let count = |n: i64| thousands(n);
    match (shown < total, full) {
        (true, true) => Some(format!(
            "showing {} of {}; --limit 0 for all, or --before {}",
            count(shown),
            count(total),
            crate::text::escape(oldest)
        )),
        (true, false) if goes_on => Some(format!("showing the oldest {} of {}", count(shown), count(total))),
        _ => None,
    }
}

fn table(context: &Context, entries: &[AccountEntry]) -> String {
    let mut table =
        Table::new(&context.ui, &["when (UTC)", "kind", "#amount", "unit", "#stored", "#recomputed", "", "ref"]);
    for AccountEntry { unit, line, agrees } in entries {
        table.row(&[
            &line.at.as_deref().map_or_else(|| "-".to_owned(), second),
            line.kind.as_deref().unwrap_or("-"),
            &sign(line.amount.as_deref()),
            unit,
            &number(line.stored.as_deref()),
            &number(line.recomputed.as_deref()),
            match agrees {
                Some(true) => "✓",
                Some(false) if line.stored.is_none() => "✗ missing",
                Some(false) => "✗ differs",
                None => "",
            },
            line.r#ref.as_deref().map_or("-", short),
        ]);
    }
    table.render()
}

/// What is to be corrected, by how much, and why.
struct Correction {
    unit: String,
    amount: String,
    reason: String,
}

async fn adjust(context: &Context, text: &str, correction: &Correction, dry_run: bool, format: Format) -> Outcome {
    let Correction { unit, amount, reason } = correction;
    if reason.trim().is_empty() {
        return Err(Error::usage("an adjustment needs a reason").hint("--reason \"what happened\""));
    }
    let database = context.database().await?;
    let (mut tx, pack, account, _) = found(context, &database, text).await?;
    if !dry_run {
        context.wants_whole(text, "account", &account.account, !account.by_beginning)?;
    }
    let adjustment = wallet::plan(&mut tx, &pack, &account, unit, amount).await?;
    tx.rollback().await?;
    if dry_run {
        return report(context, format, &pack, &adjustment, reason, None);
    }
    let actor = context.actor();
    context.ui.note(&format!("{} would be adjusted:", database.target()));
    for line in preview(context, &adjustment, reason, actor.operator.as_deref().unwrap_or(&actor.os_user)).lines() {
        context.ui.note(line);
    }
    let protection = database.protection().await?;
    let what = format!("Adjust account {} by {} {unit}", adjustment.account, sign(Some(amount)));
    let permit = context.confirm(&database, protection, &what).await?;
    let mut tx = database.write(&permit).await?;
    let made = wallet::apply(&mut tx, &adjustment, reason, &actor).await?;
    tx.commit().await?;
    report(context, format, &pack, &adjustment, reason, Some(&made))
}

async fn adjustments(context: &Context, all: bool, limit: usize, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let (rows, total) = wallet::adjustments(&mut tx, all, limit).await?;
    tx.rollback().await?;
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "wallet adjustments", "total": total, "adjustments": rows,
        }))?,
        Format::Table if rows.is_empty() => {
            context.ui.data(if all { "no adjustments" } else { "no adjustment awaits approval" })?;
        }
        Format::Table => {
            // A block each: the whole id has to be copied from here.
            let blocks = rows.iter().map(|row| {
                let mut facts = Table::facts(&context.ui, 2);
                facts.row(&["adjustment", &row.id.to_string()]);
                facts.row(&["account", &row.account]);
                facts.row(&["amount", &format!("{} {}", sign(Some(&row.amount)), row.unit)]);
                facts.row(&["state", &row.state.name().replace('_', " ")]);
                facts.row(&[
                    "asked",
                    &format!("{} UTC by {}", row.created_at.format("%Y-%m-%d %H:%M"), row.requested_by),
                ]);
                facts.row(&["reason", &row.reason]);
                if let Some(by) = &row.decided_by {
                    facts.row(&["decided", &format!("{} UTC by {by}", row.updated_at.format("%Y-%m-%d %H:%M"))]);
                }
                if let Some(why) = &row.why {
                    facts.row(&["because", why]);
                }
                facts.render()
            });
            let mut out = blocks.collect::<Vec<_>>().join("\n\n");
            if usize::try_from(total).unwrap_or(usize::MAX) > rows.len() {
                let (shown, all) = (thousands(rows.len()), thousands(total));
                out.push_str(&format!("\n\nshowing {shown} of {all}; --limit 0 for all"));
            }
            context.ui.data(&out)?;
        }
    }
    Ok(Done::Clean)
}

async fn approve(context: &Context, text: &str, dry_run: bool, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx).await?;
    pack.need_ledger()?;
    let adjustment = wallet::waiting(&mut tx, text).await?;
    let balances = wallet::balances(&mut tx, &pack, &adjustment.account).await?;
    let balance = balances.into_iter().find(|b| b.unit == adjustment.unit).and_then(|b| b.balance);
    let waiting = wallet::would(&mut tx, adjustment, balance).await?;
    tx.rollback().await?;
    let Waiting { adjustment, before, after } = &waiting;
    let moves = format!(
        "{} {}, from {} to {}",
        sign(Some(&adjustment.amount)),
        adjustment.unit,
        thousands(before),
        thousands(after)
    );
    if dry_run {
        match format {
            Format::Json => context.ui.json(&json!({
                "schema_version": 1, "command": "wallet approve", "outcome": "would", "adjustment": adjustment,
                "before": before, "after": after,
            }))?,
            Format::Table => {
                let account = crate::text::escape(&adjustment.account);
                context.ui.data(&format!("account {account} would be adjusted by {moves}; nothing was changed"))?;
            }
        }
        return Ok(Done::Clean);
    }
    context.wants_whole(text, "adjustment", &adjustment.id.to_string(), Uuid::parse_str(text).is_ok())?;
    let mut facts = Table::facts(&context.ui, 2);
    facts.row(&["account", &adjustment.account]);
    facts.row(&["adjustment", &moves]);
    facts.row(&["reason", &adjustment.reason]);
    facts.row(&["requested by", &adjustment.requested_by]);
    facts.render().lines().for_each(|line| context.ui.note(line));
    let protection = database.protection().await?;
    let what =
        format!("Approve {} {} for account {}", sign(Some(&adjustment.amount)), adjustment.unit, adjustment.account);
    let permit = context.confirm(&database, protection, &what).await?;
    let mut tx = database.write(&permit).await?;
    let made = wallet::approve(&mut tx, &waiting, &context.actor()).await?;
    tx.commit().await?;
    decided(context, format, "wallet approve", &made, &format!("is done: account {} has {moves}", made.account))
}

async fn reject(context: &Context, text: &str, reason: &str, format: Format) -> Outcome {
    if reason.trim().is_empty() {
        return Err(Error::usage("a rejection needs a reason").hint("--reason TEXT"));
    }
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let adjustment = wallet::waiting(&mut tx, text).await?;
    tx.rollback().await?;
    context.wants_whole(text, "adjustment", &adjustment.id.to_string(), Uuid::parse_str(text).is_ok())?;
    let protection = database.protection().await?;
    let what =
        format!("Reject {} {} for account {}", sign(Some(&adjustment.amount)), adjustment.unit, adjustment.account);
    let permit = context.confirm(&database, protection, &what).await?;
    let mut tx = database.write(&permit).await?;
    let made = wallet::reject(&mut tx, adjustment.id, reason, &context.actor()).await?;
    tx.commit().await?;
    decided(context, format, "wallet reject", &made, "is rejected; no balance was changed")
}

/// Says what became of an adjustment that waited.
fn decided(context: &Context, format: Format, command: &str, made: &Decided, sentence: &str) -> Outcome {
    match format {
        Format::Json => {
            context.ui.json(&json!({"schema_version": 1, "command": command, "adjustment": made}))?;
        }
        Format::Table => {
            let done = context.ui.paint_out("✓", "32");
            context.ui.data(&format!("{done} adjustment {} {}", made.id, crate::text::escape(sentence)))?;
        }
    }
    Ok(Done::Clean)
}

fn preview(context: &Context, adjustment: &Adjustment, reason: &str, operator: &str) -> String {
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
    facts.render()
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
    let entry = made.and_then(|m| m.entry.as_deref());
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "wallet adjust", "app": pack.name,
            "outcome": made.map_or("would", |m| m.state.name()), "account": account, "unit": unit,
            "amount": amount, "before": before, "after": after, "reason": reason, "entry": entry,
            "adjustment": made.map(|m| m.id), "needs_approval": needs_approval.is_some() || waits,
        }))?,
        Format::Table => {
            let moved = format!("{} {unit}, from {} to {}", sign(Some(amount)), thousands(before), thousands(after));
            let account = crate::text::escape(account);
            context.ui.data(&match (made, entry) {
                (Some(made), _) if waits => {
                    let sign = context.ui.paint_out("!", "33");
                    format!(
                        "{sign} adjustment {} of account {account} by {moved} awaits the approval of a second person",
                        made.id
                    )
                }
                (_, Some(entry)) => {
                    format!("✓ account {account} adjusted by {moved}: entry {}", crate::text::escape(entry))
                }
                (Some(_), None) => format!("✓ account {account} adjusted by {moved}"),
                (None, None) => {
                    let approval = needs_approval.as_ref().map(|why| format!(" once a second person agrees ({why})"));
                    let approval = approval.unwrap_or_default();
                    format!("account {account} would be adjusted by {moved}{approval}; nothing was changed")
                }
            })?;
        }
    }
    if let Some(made) = made.filter(|_| waits) {
        context.ui.note(&format!("next, by another login: bursar wallet approve {}", made.id));
        return Ok(Done::Incomplete);
    }
    Ok(Done::Clean)
}
