//! `bursar wallet show`: the balances of an account.

use super::{Context, Done, Outcome};
use crate::commands::payments::number;
use crate::db::{Database, Tx};
use crate::error::Result;
use crate::moment::Moment;
use crate::output::{Column, Format, Page, Table, View};
use crate::packs::{Ledger, Need, Pack};
use crate::text::{escape, quoted, thousands};
use crate::wallet::{self, Account, Balance};

/// A snapshot, the application with the ledger that is chosen, the account, and the tables of which rows may be hidden.
pub(super) async fn found(
    context: &Context,
    database: &Database,
    text: &str,
    choose: impl FnOnce(Pack) -> Result<Pack>,
) -> Result<(Tx, Pack, Account, Vec<String>)> {
    let mut tx = database.read().await?;
    let pack = choose(context.pack(database, &mut tx, Need::Ledger).await?)?;
    pack.need_ledger()?;
    let hidden = context.warn_of_hidden(&mut tx, &pack).await?;
    let account = wallet::resolve(&mut tx, &pack, text).await;
    let account = context.unless_hidden(&mut tx, &pack, &hidden, account).await?;
    Ok((tx, pack, account, hidden))
}

pub(super) async fn run(context: &Context, text: &str, ledger: Option<&str>, format: Format) -> Outcome {
    let database = context.database().await?;
    let (mut tx, pack, account, hidden) = found(context, &database, text, |pack| pack.with_ledger(ledger)).await?;
    if !account.known {
        return context.unless_hidden(&mut tx, &pack, &hidden, Err(wallet::nobody(&pack, text))).await;
    }
    let account = account.account;
    let balances = wallet::balances(&mut tx, &pack, &account).await?;
    tx.rollback().await?;
    let view = View::new("wallet show")
        .field("app", &pack.name)
        .field("may_hide", hidden)
        .field("ledger", ledger_name(&pack))
        .field("account", &account)
        .field("balances", &balances)
        .page(|| {
            Page::text(format!("account {}{}", escape(&account), in_ledger(&pack))).and_table(table(context, &balances))
        });
    context.ui.emit(format, view)?;
    if format == Format::Table && balances.iter().any(|b| b.agrees == Some(false)) {
        let of_ledger = Ledger::flag(ledger_name(&pack).map(String::as_str));
        let audit = format!("find the reason: bursar audit{of_ledger} --only ledger --account {}", quoted(&account));
        context.ui.note(&context.pasted(&audit));
    }
    if pack.ledger.as_ref().is_some_and(|ledger| ledger.balances.is_none()) {
        context.ui.note(&format!("{} has no ledger/balances.sql: only the entries are summed", pack.name));
    }
    Ok(Done::Clean)
}

/// The name of the ledger that is shown, where it has one.
pub(super) fn ledger_name(pack: &Pack) -> Option<&String> {
    pack.ledger.as_ref().and_then(|ledger| ledger.name.as_ref())
}

/// The same in words.
fn in_ledger(pack: &Pack) -> String {
    ledger_name(pack).map(|name| format!(" in the ledger {name}")).unwrap_or_default()
}

fn table(context: &Context, balances: &[Balance]) -> Table {
    let columns = [
        Column::new("").rank(0),
        Column::new("unit").rank(0),
        Column::number("balance").rank(0),
        Column::number("ledger").rank(0),
        Column::number("entries").rank(2),
        Column::new("last entry (UTC)").rank(1),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for line in balances {
        table.row(&[
            match line.agrees {
                Some(true) => "✓ agrees",
                Some(false) => "✗ differs",
                None => "",
            },
            &line.unit,
            &number(line.balance.as_deref()),
            &thousands(&line.ledger),
            &thousands(line.entries),
            &line.last_at.map_or_else(|| "-".to_owned(), Moment::second),
        ]);
    }
    table
}
