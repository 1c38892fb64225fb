//! `bursar wallet history`: the entries of an account.

use super::args::WalletHistory;
use super::show::{found, ledger_name};
use super::{Context, Done, Outcome};
use crate::audit::AccountEntry;
use crate::commands::payments::{number, sign};
use crate::commands::{no_matches, now};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::output::{Column, Page, Table, View};
use crate::packs::Pack;
use crate::text::{escape, second, short, thousands};
use crate::vocabulary;
use crate::wallet::{self, Entries};

pub(super) async fn run(context: &Context, args: WalletHistory) -> Outcome {
    let (since, until) = (args.since.map(|t| t.at(now())), args.until.map(|t| t.at(now())));
    if since.zip(until).is_some_and(|(since, until)| since >= until) {
        return Err(Error::usage("--since is not before --until, so no entry could be listed"));
    }
    let database = context.database().await?;
    let of_ledger = |pack: Pack| pack.with_ledger(args.ledger.as_deref());
    let (mut tx, pack, account, hidden) = found(context, &database, &args.account, of_ledger).await?;
    if !account.known {
        let nobody = Err(wallet::nobody(&pack, &args.account));
        return context.unless_hidden(&mut tx, &pack, &hidden, nobody).await;
    }
    let filter = wallet::EntryFilter { unit: args.unit, since, until, before: args.cursor };
    let page = wallet::history(&mut tx, &pack, &account.account, &filter, args.limit).await?;
    if let Some(unit) = filter.unit.as_deref().filter(|_| page.entries.is_empty()) {
        require_unit(&mut tx, &pack, unit).await?;
    }
    tx.rollback().await?;
    // An entry whose unit has no running balances has no answer.
    let running = pack.ledger.as_ref().is_some_and(|l| l.running)
        && (page.entries.is_empty() || page.entries.iter().any(|e| e.agrees.is_some()));
    let view = View::new("wallet history")
        .field("app", &pack.name)
        .field("may_hide", &hidden)
        .field("ledger", ledger_name(&pack))
        .field("account", &account.account)
        .field("unit", &filter.unit)
        .field("running_balances", running)
        .field("total", page.total)
        .field("next", &page.next)
        .field("entries", &page.entries)
        .page(|| entries(context, &pack, &page, running, &hidden))
        .next_page(page.entries.len(), Some(thousands(page.total)), page.next.as_deref().map(escape));
    context.ui.emit(args.output.format, view)?;
    Ok(Done::Clean)
}

/// Refuses a unit that neither the application nor this database knows.
async fn require_unit(tx: &mut Tx, pack: &Pack, unit: &str) -> Result<()> {
    let Some(ledger) = pack.ledger.as_ref().filter(|_| pack.units.iter().all(|u| u.name != unit)) else {
        return Ok(());
    };
    if !pack.units.is_empty() {
        let names: Vec<&str> = pack.units.iter().map(|u| u.name.as_str()).collect();
        return Err(vocabulary::unknown(&format!("{} has no unit", pack.name), unit, &names));
    }
    let query = ledger.balances.as_ref().unwrap_or(&ledger.entries);
    vocabulary::require(tx, query, "unit", unit, false, "no balance is in the unit").await
}

fn entries(context: &Context, pack: &Pack, page: &Entries, running: bool, hidden: &[String]) -> Page {
    if page.entries.is_empty() {
        return Page::text(no_matches(hidden));
    }
    let table = Page::table(table(context, &page.entries));
    match running {
        true => table,
        false => table.and(format!("{} keeps no running balances: the balance is the sum of the entries", pack.name)),
    }
}

fn table(context: &Context, entries: &[AccountEntry]) -> Table {
    let columns = [
        Column::new("when (UTC)").rank(1),
        Column::new("kind").rank(2),
        Column::number("amount").rank(0),
        Column::new("unit").rank(0),
        Column::number("stored").rank(0),
        Column::number("recomputed").rank(3),
        Column::new("").rank(0),
        Column::new("ref").rank(4),
    ];
    let mut table = Table::new(&context.ui, &columns);
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
    table
}
