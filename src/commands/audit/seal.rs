//! `bursar audit seal`: digests the ledger up to now and prints the root.

use serde_json::json;

use super::super::{Context, Done, Outcome};
use super::check::examine;
use crate::audit::seal::{self, Uncovered};
use crate::audit::{AuditVerdict, Depth, Options};
use crate::output::{Format, Page, View};
use crate::packs::{Ledger, Need};
use crate::text::counted;

pub(super) async fn seal(context: &Context, ledger: Option<&str>, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx, Need::Ledger).await?.with_ledger(ledger)?;
    let previous = seal::previous(&mut tx, &pack).await?;
    tx.rollback().await?;
    let since = match &previous {
        Some(previous) => format!("what arrived since seal {} of {}", previous.id, previous.sealed_at),
        None => "all of it, for the first time".to_owned(),
    };
    context.ui.note(&format!("{}: seal of the ledger of {}, {since}", database.target(), pack.key()));
    let protection = database.protection().await?;
    let permit = context
        .confirm(
            &database,
            protection,
            &format!("Seal the ledger of {} in {}", pack.key(), database.target().database()),
        )
        .await?;
    let options = Options {
        only: vec!["ledger".to_owned()],
        ledger: ledger.map(str::to_owned),
        depth: Some(Depth::Fast),
        ..Options::default()
    };
    let report = examine(context, &database, &options).await?;
    let verdict = report.verdict;
    let mut progress = context.ui.progress("entries", None);
    let made = seal::make(&database, &permit, &pack, verdict, &context.actor(), |read| progress.set(read)).await;
    drop(progress);
    let made = made?;
    let sealed = &made.seal;
    for reason in [&made.afresh, &made.by_time].into_iter().flatten() {
        context.ui.warn(&format!(
            "{}: {reason}",
            if made.afresh.as_ref() == Some(reason) { "the digests start over" } else { "sealed by time" }
        ));
    }
    if verdict != AuditVerdict::Clean {
        context.ui.warn(&format!(
            "the ledger is {}: {}. The seal proves what was there, not that it was right: bursar audit --only ledger",
            verdict.name(),
            counted(report.summary.errors, "error")
        ));
    }
    if let Some(Uncovered { entries, reason }) = &made.uncovered {
        context.ui.warn(&format!(
            "the seal covers none of the {}: {reason}. When it has ended, seal again: bursar audit seal",
            counted(*entries, "entry")
        ));
    }
    let until = match (&sealed.watermark, &sealed.sealed_until) {
        (Some(watermark), _) => format!("transaction {watermark}"),
        (None, Some(until)) => until.clone(),
        (None, None) => "now".to_owned(),
    };
    context.ui.note(&format!(
        "seal {}: {} of {}, up to {until}; {} read, {} stored",
        sealed.id,
        counted(sealed.entries, "entry"),
        counted(sealed.accounts, "account"),
        counted(made.read, "entry"),
        counted(made.stored, "account"),
    ));
    let root = hex::encode(&sealed.root);
    let view = View::new("audit seal")
        .field("app", &sealed.app)
        .field("database", &sealed.database)
        .field(
            "seal",
            json!({
                "id": sealed.id, "root": root, "previous": sealed.previous.as_deref().map(hex::encode), "sealed_at": sealed.sealed_at,
                "mode": sealed.mode, "watermark": sealed.watermark.map(|w| w.to_string()), "sealed_until": sealed.sealed_until,
                "system_identifier": sealed.system_identifier, "content": sealed.content,
                "accounts": sealed.accounts, "entries": sealed.entries,
            }),
        )
        .field("verdict", verdict.name())
        .field("uncovered", &made.uncovered)
        .field("read", made.read)
        .field("stored", made.stored)
        .field("afresh", &made.afresh)
        .field("by_time", &made.by_time)
        .page(|| Page::text(&root));
    context.ui.emit(format, view)?;
    context.ui.note("keep the root outside this database: only there is it evidence. To check against it later:");
    let of_ledger = Ledger::flag(ledger);
    context.ui.note(&context.pasted(&format!("  bursar audit{of_ledger} --verify-seal {root}")));
    Ok(Done::Clean)
}
