//! `bursar audit history`, and what `--record` adds to it.

use std::time::Duration;

use super::super::{Context, Done, Outcome};
use crate::audit::Report;
use crate::audit::seal::{self, HistoryEvent};
use crate::commands::cli::Format;
use crate::db::{Database, WritePermit};
use crate::error::{Result, ResultExt as _};
use crate::output::Table;
use crate::text::thousands;

pub(super) async fn history(context: &Context, limit: usize, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let history = seal::history(&mut tx, limit).await?;
    tx.rollback().await?;
    match format {
        Format::Json => context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "audit history", "database": database.target().database(),
            "total": history.total, "history": history.lines,
        }))?,
        Format::Table => {
            let mut table = Table::new(&context.ui, &["", "when (UTC)", "app", "what", "who", "came to"]);
            for line in &history.lines {
                let (symbol, what, came_to) = describe(&line.what);
                // To the second is enough for people.
                let at = line.at.get(..19).unwrap_or(&line.at).replace('T', " ");
                table.row(&[symbol, &at, &line.app, &what, line.who.as_deref().unwrap_or_default(), &came_to]);
            }
            let shown = i64::try_from(history.lines.len()).unwrap_or(i64::MAX);
            let count = |n: i64| thousands(n);
            if history.total == 0 {
                context
                    .ui
                    .data("nothing was sealed, and no audit recorded: bursar audit seal, bursar audit --record")?;
            } else if shown < history.total {
                let cut = format!("showing {} of {}; --limit 0 for all", count(shown), count(history.total));
                context.ui.data(&format!("{}\n\n{cut}", table.render()))?;
            } else {
                context.ui.data(&table.render())?;
            }
        }
    }
    Ok(Done::Clean)
}

/// A symbol, what it was, and what it came to.
fn describe(what: &HistoryEvent) -> (&'static str, String, String) {
    let count = |n: i64| thousands(n);
    match what {
        HistoryEvent::Seal { id, mode, accounts, entries, root } => {
            let by_time = if mode == "time" { ", by time" } else { "" };
            let sums = format!("{} entries of {} accounts{by_time}, root {root}", count(*entries), count(*accounts));
            ("·", format!("seal {id}"), sums)
        }
        HistoryEvent::Audit { id, verdict, seal, checks, passed, errors, warnings, .. } => {
            let symbol = match verdict.as_str() {
                "clean" => "✓",
                "violated" => "✗",
                _ => "?",
            };
            let mut parts = vec![format!("{verdict}, {passed} of {checks} checks passed")];
            for (n, one, many) in [(*errors, "error", "errors"), (*warnings, "warning", "warnings")] {
                if n > 0 {
                    parts.push(format!("{} {}", count(n), if n == 1 { one } else { many }));
                }
            }
            parts.extend(seal.map(|s| format!("by seal {s}")));
            (symbol, format!("audit {id}"), parts.join(", "))
        }
    }
}

/// Agrees with the user that the audit's answer will be written down.
pub(super) async fn may_record(context: &Context, database: &Database) -> Result<WritePermit> {
    let mut tx = database.read().await?;
    seal::can_record(&mut tx).await?;
    tx.rollback().await?;
    let protection = database.protection().await?;
    let what = format!("Record the audit's answer in {}", database.target().database());
    context.confirm(database, protection, &what).await
}

/// Writes the audit's answer down.
pub(super) async fn record(
    context: &Context,
    database: &Database,
    permit: &WritePermit,
    report: &Report,
    took: Duration,
) -> Result<()> {
    let mut tx = database.write(permit).await?;
    seal::record(&mut tx, report, took, &context.actor()).await.context("the audit was not recorded")?;
    tx.commit().await.context("the audit was not recorded")?;
    context.ui.note("recorded; see `bursar audit history`");
    Ok(())
}
