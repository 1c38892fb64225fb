//! `bursar audit seal`: digests the ledger, and tables beside it, up to now and prints the roots.

use serde_json::{Value, json};

use super::super::{Context, Done, Outcome};
use super::check::examine;
use crate::audit::seal::{self, Restarted, Seal, Sealed, Uncovered};
use crate::audit::{AuditVerdict, Depth, Options};
use crate::db::Database;
use crate::error::{Error, Result};
use crate::output::{Format, Page, View};
use crate::packs::{Ledger, Need, Pack};
use crate::text::{counted, is_blank};

/// The parts that are sealed.
pub(super) struct Which {
    /// The ledger, of a pack with several.
    pub(super) ledger: Option<String>,
    /// The tables beside the ledger too.
    pub(super) tables: bool,
    /// The tables whose seals start over.
    pub(super) restart: Vec<String>,
    /// The reason for that.
    pub(super) reason: Option<String>,
}

impl Which {
    /// The parts of the pack that are sealed.
    fn parts(&self, pack: &Pack) -> Result<Vec<Pack>> {
        let mut parts = if self.tables { pack.sealed_tables() } else { Vec::new() };
        if self.tables && parts.is_empty() {
            return Err(Error::usage(format!("{} has no [[seal.tables]], so it has no table to seal", pack.name))
                .hint("leave --tables out, or name the tables in pack.toml: see docs/seals.md"));
        }
        let names: Vec<&str> = parts.iter().filter_map(Pack::sealed_table).collect();
        if let Some(other) = self.restart.iter().find(|table| !names.contains(&table.as_str())) {
            return Err(Error::usage(format!("--restart: {} has no table '{other}' in [[seal.tables]]", pack.name))
                .hint(format!("name one of {}", names.join(", "))));
        }
        if self.reason.as_deref().is_some_and(is_blank) {
            return Err(Error::usage("to start seals over needs a reason").hint("--reason TEXT"));
        }
        if parts.is_empty() || pack.ledger.is_some() {
            parts.insert(0, pack.with_ledger(self.ledger.as_deref())?);
        }
        Ok(parts)
    }

    /// The reason for which the seals of a part start over, if they do.
    fn restart(&self, part: &Pack) -> Option<&str> {
        let asked = self.restart.iter().any(|table| Some(table.as_str()) == part.sealed_table());
        self.reason.as_deref().filter(|_| asked)
    }
}

pub(super) async fn seal(context: &Context, which: &Which, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let need = if which.tables { Need::One } else { Need::Ledger };
    let pack = context.pack(&database, &mut tx, need).await?;
    let parts = which.parts(&pack)?;
    for part in &parts {
        let since = match (seal::previous(&mut tx, part).await?, which.restart(part)) {
            (Some(previous), None) => format!("what arrived since seal {} of {}", previous.id, previous.sealed_at),
            (Some(previous), Some(_)) => {
                format!("all of it again, over seal {} of {}", previous.id, previous.sealed_at)
            }
            (None, _) => "all of it, for the first time".to_owned(),
        };
        context.ui.note(&format!("{}: seal of {}, {since}", database.target(), name(part)));
    }
    tx.rollback().await?;
    let protection = database.protection().await?;
    let names: Vec<String> = parts.iter().map(name).collect();
    let question = format!("Seal {} in {}", names.join(", "), database.target().database());
    let permit = context.confirm(&database, protection, &question).await?;
    let verdict = verdict(context, &database, &pack, which).await?;
    let flag = Ledger::flag(which.ledger.as_deref());
    let (mut all, mut failed) = (Vec::new(), None);
    for part in &parts {
        let mut progress = context.ui.progress("entries", None);
        let request = seal::Request {
            verdict: verdict.map(|(verdict, _)| verdict).filter(|_| part.sealed_table().is_none()),
            restart: which.restart(part),
        };
        let made = seal::make(&database, &permit, part, request, &context.actor(), |read| progress.set(read)).await;
        drop(progress);
        match made {
            Ok(made) => {
                say(context, part, &flag, &made);
                all.push(made);
            }
            Err(error) => {
                failed = Some(sealed_before(&all, error));
                break;
            }
        }
    }
    // What was made before a failure is there, and its root is printed nowhere else.
    if !all.is_empty() {
        show(context, (&pack, which), (&parts, &all), verdict, format)?;
    }
    failed.map_or(Ok(Done::Clean), Err)
}

/// The verdict of the ledger's checks just before it is sealed, and its errors; none without a ledger.
async fn verdict(
    context: &Context,
    database: &Database,
    pack: &Pack,
    which: &Which,
) -> Result<Option<(AuditVerdict, u64)>> {
    if pack.ledger.is_none() {
        return Ok(None);
    }
    let options = Options {
        only: vec!["ledger".to_owned()],
        ledger: which.ledger.clone(),
        depth: Some(Depth::Fast),
        ..Options::default()
    };
    let report = examine(context, database, &options).await?;
    Ok(Some((report.verdict, report.summary.errors)))
}

/// Shows the roots, what to do with them, and what the ledger's checks said.
fn show(
    context: &Context,
    (pack, which): (&Pack, &Which),
    (parts, all): (&[Pack], &[Sealed]),
    verdict: Option<(AuditVerdict, u64)>,
    format: Format,
) -> Result<()> {
    let flag = Ledger::flag(which.ledger.as_deref());
    if let Some((verdict, errors)) = verdict.filter(|(verdict, _)| *verdict != AuditVerdict::Clean) {
        context.ui.warn(&context.pasted(&format!(
            "the ledger is {}: {}. The seal proves what was there, not that it was right: bursar audit{flag} --only ledger",
            verdict.name(),
            counted(errors, "error")
        )));
    }
    let of_ledger = parts.iter().zip(all).find(|(part, _)| part.sealed_table().is_none()).map(|(_, made)| made);
    let of_tables: Vec<Value> = parts.iter().zip(all).filter_map(|(part, made)| of_table(part, made)).collect();
    let roots = parts.iter().zip(all).map(|(part, made)| match part.sealed_table() {
        Some(table) => format!("{} {table}", hex::encode(&made.seal.root)),
        None => hex::encode(&made.seal.root),
    });
    let roots: Vec<String> = roots.collect();
    let mut view = View::new("audit seal")
        .field("app", of_ledger.map_or(&pack.name, |made| &made.seal.app))
        .field("database", all.first().map(|made| made.seal.database.clone()))
        .field("seal", of_ledger.map(|made| facts(&made.seal)))
        .field("verdict", verdict.map(|(verdict, _)| verdict.name()))
        .field("tables", of_tables);
    if let Some(made) = of_ledger {
        view = view
            .field("uncovered", &made.uncovered)
            .field("read", made.read)
            .field("stored", made.stored)
            .field("afresh", &made.afresh)
            .field("by_time", &made.by_time);
    }
    context.ui.emit(format, view.page(|| Page::text(roots.join("\n"))))?;
    let tables = pack.sealed_tables();
    if !tables.is_empty() && !which.tables {
        let tables: Vec<&str> = tables.iter().filter_map(Pack::sealed_table).collect();
        context.ui.note(
            &context.pasted(&format!(
                "not sealed: {}; to seal them too: bursar audit seal{flag} --tables",
                tables.join(", ")
            )),
        );
    }
    context.ui.note("keep the root outside this database: only there is it evidence. To check against it later:");
    for made in all {
        context
            .ui
            .note(&context.pasted(&format!("  bursar audit{flag} --verify-seal {}", hex::encode(&made.seal.root))));
    }
    Ok(())
}

/// The name of a part, as in a sentence.
fn name(part: &Pack) -> String {
    match part.sealed_table() {
        Some(table) => format!("the table {table} of {}", part.name),
        None => format!("the ledger of {}", part.key()),
    }
}

/// The error, with what was sealed before it.
fn sealed_before(all: &[Sealed], error: Error) -> Error {
    match all.last() {
        Some(made) => error.context(format!("seal {} was made, and the next was not", made.seal.id)),
        None => error,
    }
}

/// Says what a seal covers, and what it does not. `flag` names the ledger in a command, of a pack with several.
fn say(context: &Context, part: &Pack, flag: &str, made: &Sealed) {
    let sealed = &made.seal;
    // A table's rows have their time and nothing else.
    let by_time = made.by_time.as_ref().filter(|_| part.sealed_table().is_none());
    for (what, reason) in [("the digests start over", made.afresh.as_ref()), ("sealed by time", by_time)] {
        if let Some(reason) = reason {
            context.ui.warn(&format!("{what}: {reason}"));
        }
    }
    let (rows, of) = match part.sealed_table() {
        Some(table) => ("row", table.to_owned()),
        None => ("entry", counted(sealed.accounts, "account")),
    };
    let rows_of = |count| counted(count, rows);
    let table = part.sealed_table().unwrap_or("the ledger");
    if let Some(Uncovered { entries, reason }) = &made.uncovered {
        let what = match sealed.entries {
            0 => format!("covers none of the {}", rows_of(*entries)),
            _ => format!("does not cover {} of {table}", rows_of(*entries)),
        };
        let again = if part.sealed_table().is_some() { " --tables" } else { "" };
        context.ui.warn(&context.pasted(&format!(
            "the seal {what}: {reason}. To cover them, seal again later: bursar audit seal{flag}{again}"
        )));
    }
    if made.untimed > 0 {
        let what = rows_of(made.untimed);
        context.ui.warn(&format!("{what} of {table} without a usable time are not covered"));
    }
    if made.gone > 0 {
        let what = rows_of(made.gone);
        context.ui.warn(&context.pasted(&format!(
            "{table} has {what} fewer than the seal before counted up to its end: those that are gone or dated later, less those that were added. This root does not verify, and no later one. Find out why. Where that was meant, start over: {}",
            seal::start_over(table, flag)
        )));
    }
    if let Some(Restarted { removed, changed, added, .. }) = &made.restarted {
        context.ui.warn(&format!(
            "of the rows of {table} that the seal before covers, {removed} were removed, {changed} changed and {added} added: every audit tells it from now on"
        ));
    }
    let until = match (&sealed.watermark, &sealed.sealed_until) {
        (Some(watermark), _) => format!("transaction {watermark}"),
        (None, Some(until)) => until.clone(),
        (None, None) => "now".to_owned(),
    };
    context.ui.note(&format!(
        "seal {}: {} of {of}, up to {until}; {} read, {} stored",
        sealed.id,
        counted(sealed.entries, rows),
        counted(made.read, rows),
        counted(made.stored, if part.sealed_table().is_some() { rows } else { "account" }),
    ));
}

/// A seal for machines.
fn facts(sealed: &Seal) -> Value {
    json!({
        "id": sealed.id, "root": hex::encode(&sealed.root), "previous": sealed.previous.as_deref().map(hex::encode),
        "sealed_at": sealed.sealed_at, "mode": sealed.mode, "watermark": sealed.watermark.map(|w| w.to_string()),
        "sealed_until": sealed.sealed_until, "system_identifier": sealed.system_identifier, "content": sealed.content,
        "accounts": sealed.accounts, "entries": sealed.entries,
    })
}

/// The seal of a table for machines; none for that of a ledger.
fn of_table(part: &Pack, made: &Sealed) -> Option<Value> {
    let Sealed { seal, stored, read, afresh, restarted, uncovered, untimed, gone, .. } = made;
    Some(json!({
        "table": part.sealed_table()?, "id": seal.id, "root": hex::encode(&seal.root),
        "previous": seal.previous.as_deref().map(hex::encode), "sealed_at": seal.sealed_at, "sealed_until": seal.sealed_until,
        "rows": seal.entries, "read": read, "stored": stored, "afresh": afresh, "uncovered": uncovered, "untimed": untimed, "gone": gone,
        "restarted": restarted,
    }))
}
