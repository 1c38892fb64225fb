//! `bursar audit history`, and what `--record` adds to it.

use std::time::Duration;

use super::super::{Context, Done, Outcome, now};
use crate::audit::Report;
use crate::audit::seal::{self, HistoryEvent, HistoryLine};
use crate::commands::values::Since;
use crate::cursor::Cursor;
use crate::db::{Database, WritePermit};
use crate::error::{Result, ResultExt as _};
use crate::output::{Column, Format, Page, Table, View};
use crate::text::{counted, thousands};

pub(super) async fn history(
    context: &Context,
    since: Option<Since>,
    cursor: Option<&Cursor>,
    limit: usize,
    format: Format,
) -> Outcome {
    let since = since.map(|since| since.at(now()));
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let history = seal::history(&mut tx, since, cursor, limit).await?;
    tx.rollback().await?;
    let next = history.next.as_ref().map(ToString::to_string);
    let view = View::new("audit history")
        .field("database", database.target().database())
        .field("total", history.total)
        .field("next", &next)
        .field("history", &history.lines)
        .page(|| match history.lines.is_empty() && (since.is_some() || cursor.is_some()) {
            true => Page::text("No matches."),
            false => page(context, &history.lines),
        })
        .next_page(history.lines.len(), Some(thousands(history.total)), next.as_deref());
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

fn page(context: &Context, lines: &[HistoryLine]) -> Page {
    if lines.is_empty() {
        return Page::text("No seals and no recorded audits: bursar audit seal, bursar audit --record");
    }
    let columns = [
        Column::new("").rank(0),
        Column::new("when (UTC)").rank(0),
        Column::new("app").rank(3),
        Column::new("event").rank(0),
        Column::new("who").rank(4),
        Column::text("result").rank(1),
        Column::new("root").rank(5),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for line in lines {
        let (symbol, event, result, root) = describe(&line.what);
        let who = line.who.as_deref().unwrap_or_default();
        table.row(&[symbol, &line.at.second(), &line.app, &event, who, &result, root]);
    }
    Page::table(table)
}

/// The symbol, the name and the result of an event, and the root of a seal.
fn describe(what: &HistoryEvent) -> (&'static str, String, String, &str) {
    match what {
        HistoryEvent::Seal { id, mode, accounts, entries, root } => {
            let by_time = if mode == "time" { ", by time" } else { "" };
            let sums = format!("{} of {}{by_time}", counted(entries, "entry"), counted(accounts, "account"));
            ("·", format!("seal {id}"), sums, root)
        }
        HistoryEvent::Audit { id, verdict, seal, whole, checks, passed, errors, warnings, .. } => {
            let symbol = match verdict.as_str() {
                "clean" => "✓",
                "violated" => "✗",
                _ => "?",
            };
            let mut parts = vec![format!("{verdict}, {passed} of {} passed", counted(checks, "check"))];
            for (n, one, many) in [(*errors, "error", "errors"), (*warnings, "warning", "warnings")] {
                if n > 0 {
                    parts.push(format!("{} {}", thousands(n), if n == 1 { one } else { many }));
                }
            }
            parts.extend(seal.map(|s| format!("by seal {s}")));
            parts.extend((*whole == Some(false)).then(|| "of a part".to_owned()));
            (symbol, format!("audit {id}"), parts.join(", "), "")
        }
    }
}

/// Asks the user whether the audit's result may be stored.
pub(super) async fn may_record(context: &Context, database: &Database) -> Result<WritePermit> {
    let mut tx = database.read().await?;
    seal::can_record(&mut tx).await?;
    tx.rollback().await?;
    let protection = database.protection().await?;
    let what = format!("Record the audit's result in {}", database.target().database());
    context.confirm(database, protection, &what).await
}

/// Stores the audit's result.
pub(super) async fn record(
    context: &Context,
    database: &Database,
    permit: &WritePermit,
    report: &Report,
    whole: bool,
    took: Duration,
) -> Result<()> {
    let mut tx = database.write(permit).await?;
    seal::record(&mut tx, report, whole, took, &context.actor()).await.context("the audit was not recorded")?;
    tx.commit().await.context("the audit was not recorded")?;
    context.ui.note("recorded; see `bursar audit history`");
    Ok(())
}
