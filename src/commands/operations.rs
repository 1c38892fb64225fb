//! `bursar operations`: who did what, and whether the log of it is as it was written.

use serde_json::json;

use super::audit::render_finding;
use super::{Context, Done, Outcome, now};
use crate::audit::chain::{self, Waiting};
use crate::cli::used::{Group, USED};
use crate::cli::{Format, Operations, OperationsList, RowsFormat, Since};
use crate::error::{Error, Result};
use crate::operations::{self, Filter, Logged, Page};
use crate::output::{Table, csv_rows, ndjson_rows};
use crate::text::{counted, escape, thousands};
use crate::vocabulary;

/// How much of an operation's parameters a table shows, in characters.
const SHOWN: usize = 60;

/// Runs `operations list` or `operations verify`.
pub async fn run(context: &Context, action: Operations) -> Outcome {
    match action {
        Operations::List(args) => list(context, args).await,
        Operations::Verify { head, limit, output } => verify(context, head.map(|h| h.0), limit, output.format).await,
    }
}

async fn list(context: &Context, args: OperationsList) -> Outcome {
    let since = match args.since {
        Some(Since::At(at)) => Some(at),
        Some(Since::Ago(duration)) => {
            let duration = chrono::Duration::from_std(duration).ok();
            let at = duration.and_then(|d| now().checked_sub_signed(d));
            Some(at.ok_or_else(|| Error::usage("--since reaches back before there was time"))?)
        }
        None => None,
    };
    let filter = Filter { since, command: args.command, by: args.by, before: args.before, limit: args.limit };
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let page = operations::list(&mut tx, &filter).await?;
    if let Some(command) = filter.command.as_deref().filter(|command| page.total == 0 && !is_command(command)) {
        let writes = USED.iter().filter(|(_, used)| used.contains(&Group::Write)).map(|(path, _)| *path);
        return Err(vocabulary::unknown("no command is called", command, &writes.collect::<Vec<_>>()));
    }
    if let Some(by) = filter.by.as_deref().filter(|_| page.total == 0) {
        let alone = Filter { by: Some(by.to_owned()), limit: 1, ..Filter::default() };
        if operations::list(&mut tx, &alone).await?.total == 0 {
            context.ui.note(&format!("no operation names '{}'", escape(by)));
        }
    }
    tx.rollback().await?;
    let next = page.next();
    match args.output.format {
        RowsFormat::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "operations list", "database": database.target().database(),
            "total": page.total, "next_before": next, "operations": page.rows,
        }))?,
        RowsFormat::Ndjson => context.ui.write(|out| ndjson_rows("operation", &page.rows, out))?,
        RowsFormat::Csv => {
            context.ui.csv(|out| csv_rows(&Logged::FIELDS, page.rows.iter().map(|r| Ok(r.fields())), out))?;
        }
        RowsFormat::Table => context.ui.data(&table(context, &page))?,
    }
    // In a format of rows there is no place for it among the data.
    if let Some(cut) = cut(&page).filter(|_| matches!(args.output.format, RowsFormat::Ndjson | RowsFormat::Csv)) {
        context.ui.note(&cut);
    }
    Ok(Done::Clean)
}

/// Whether this is a command, or has subcommands.
fn is_command(words: &str) -> bool {
    USED.iter().any(|(path, _)| path.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
}

fn table(context: &Context, page: &Page) -> String {
    if page.rows.is_empty() {
        return "no operation is logged that fits".to_owned();
    }
    let mut table = Table::new(&context.ui, &["#id", "when (UTC)", "who", "command", "what", "reason", "outcome"]);
    for row in &page.rows {
        let text = |fact: &Option<String>| fact.clone().unwrap_or_default();
        table.row(&[
            &row.id.to_string(),
            &row.at.second(),
            &who(row),
            &row.command,
            &what(row),
            &text(&row.reason),
            &text(&row.outcome),
        ]);
    }
    match cut(page) {
        Some(cut) => format!("{}\n\n{cut}", table.render()),
        None => table.render(),
    }
}

fn cut(page: &Page) -> Option<String> {
    let (shown, all) = (thousands(page.rows.len()), thousands(page.total));
    page.next().map(|next| format!("showing {shown} of {all}; --before {next} for the next, --limit 0 for all"))
}

/// The operator first, then what the system says of who it was.
fn who(row: &Logged) -> String {
    let system = match (&row.os_user, &row.host) {
        (Some(user), Some(host)) => format!("{user}@{host}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    };
    let parts = [row.operator.clone().unwrap_or_default(), system, format!("role {}", row.database_role)];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
}

fn what(row: &Logged) -> String {
    let text = row.parameters.as_ref().map(ToString::to_string).unwrap_or_default();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

async fn verify(context: &Context, kept: Option<[u8; 32]>, limit: usize, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let (mut found, extent) = chain::verify(&mut tx, limit).await?;
    let place = match &kept {
        Some(head) => chain::find(&mut tx, head).await?,
        None => None,
    };
    tx.rollback().await?;
    if let Some(head) = kept.as_ref().filter(|_| place.is_none()) {
        found.push(chain::lost(head))?;
        found.finish()?;
    }
    let findings = found.list(false).collect::<Result<Vec<_>>>()?;
    let clean = found.count() == 0;
    let waiting = extent.waiting.as_ref();
    let head = extent.head.as_ref().map(|(_, digest)| digest.clone());
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "operations verify", "database": database.target().database(),
            "verdict": match (clean, waiting) {
                (false, _) => "violated",
                (true, Some(_)) => "incomplete",
                (true, None) => "clean",
            },
            "operations": extent.operations, "unlinked": extent.unlinked, "waiting": waiting,
            "head": head, "position": extent.head.as_ref().map(|(position, _)| position),
            "kept": place.as_ref().map(|p| json!({"position": p.position, "operation": p.operation, "at": p.at})),
            "findings_total": found.count(), "findings": findings,
        }))?,
        // What a script keeps is a head that can be believed, or nothing.
        Format::Table if context.ui.quiet => match &head {
            Some(head) if clean => context.ui.data(head)?,
            Some(_) => context.ui.warn("something is wrong with the operator log: bursar operations verify"),
            None => context.ui.warn("no operation is linked yet, so there is no head"),
        },
        Format::Table => {
            let count = |n: i64| thousands(n);
            let mut out = String::new();
            for finding in &findings {
                out.push_str(&format!("{}\n", render_finding(&context.ui, finding)));
            }
            let mut facts = Table::facts(&context.ui, 2);
            facts.row(&["operations", &count(extent.operations)]);
            facts.row(&["not linked yet", &count(extent.unlinked)]);
            facts.row(&["head", head.as_deref().unwrap_or("none")]);
            if let Some(place) = &place {
                let at = place.at.as_deref().unwrap_or("an unknown time");
                let (position, operation) = (count(place.position), place.operation);
                facts.row(&["kept head", &format!("link {position}, operation {operation} of {at}")]);
            }
            let total = i64::try_from(found.count()).unwrap_or(i64::MAX);
            let answer = match total {
                0 if waiting.is_some() => "! what is linked is as it was written".to_owned(),
                // Only a head that was kept tells an empty log from one that was emptied.
                0 if extent.operations == 0 => "✓ the log is empty: there was nothing to verify".to_owned(),
                0 => "✓ the log is as it was written".to_owned(),
                1 => "✗ 1 finding".to_owned(),
                n => format!("✗ {} findings", count(n)),
            };
            let listed = i64::try_from(findings.len()).unwrap_or(i64::MAX);
            let cut = match listed < total {
                true => format!(", showing {}; --limit 0 for all", count(listed)),
                false => String::new(),
            };
            context.ui.data(&format!("{out}{}\n\n{answer}{cut}", facts.render()))?;
            if clean && head.is_some() {
                context.ui.note("keep the head outside this database: only there is it evidence");
            }
        }
    }
    if let Some(Waiting { rows, since, held_by }) = waiting {
        let (rows, are) =
            (counted(usize::try_from(*rows).unwrap_or(usize::MAX), "row"), if *rows == 1 { "is" } else { "are" });
        let held = held_by.as_ref().map(|by| format!(", because linking is held up by {by}")).unwrap_or_default();
        context.ui.warn(&format!("{rows} {are} not linked yet, the oldest since {since}{held}"));
        if held_by.is_none() {
            context.ui.note("every command that writes links them, and so does: SELECT bursar.link_operations()");
        }
    }
    Ok(match (clean, waiting) {
        (false, _) => Done::Findings,
        (true, Some(_)) => Done::Incomplete,
        (true, None) => Done::Clean,
    })
}
