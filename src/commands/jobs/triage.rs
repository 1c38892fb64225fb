//! Failures, grouped by their error.

use chrono::{DateTime, Utc};

use super::args::JobFilter;
use super::list::{SHOWN, add_row, is_noted, shortened};
use super::look::{Looked, filter, known_words, look, view};
use super::verdict::headed;
use crate::commands::{Context, Done, Outcome};
use crate::jobs::{self, Group, Queue, Triage};
use crate::output::{Column, Format, Page, Record, Table};
use crate::text::{counted, minute, thousands};

pub(super) async fn triage(context: &Context, args: &JobFilter, limit: usize, format: Format) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    let (health, headline) = headed(context, &mut tx, &queue).await?;
    let progress = context.ui.progress("reading failures", None);
    let filter = filter(args);
    let triage = jobs::triage(&mut tx, &queue, &filter).await;
    drop(progress);
    let mut triage = triage?;
    if triage.groups.is_empty() {
        known_words(context, &mut tx, &pack, &filter).await?;
    }
    let states = queue.named(&jobs::FAILURES);
    tx.rollback().await?;
    let all = triage.groups.len();
    if limit > 0 {
        triage.groups.truncate(limit);
    }
    let shown = triage.groups.len();
    let view = view("jobs triage", &pack, &hidden)
        .field("verdict", &health.verdict)
        .field("failures", triage.failures)
        .field("silent", triage.silent)
        .field("ungrouped", triage.ungrouped)
        .field("all_groups", all)
        .rows("groups", &triage.groups)
        .page(|| match triage.failures {
            0 if !hidden.is_empty() => Page::text(headline).and("No visible job failed."),
            _ => grouped(context, format, Page::text(headline), &triage),
        })
        .note(
            (shown < all)
                .then(|| format!("showing {} of {}; --limit 0 for all", thousands(shown), counted(all, "group"))),
        );
    context.ui.emit(format, view)?;
    if let Some(group) = triage.groups.first().filter(|_| format == Format::Table) {
        let handle = group.fingerprint;
        let retry = match group.left_out < group.count {
            true => format!(", or bursar jobs retry {handle}"),
            false => String::new(),
        };
        let next = format!("next: bursar jobs list --status {states} --error {handle}{retry}");
        context.ui.note(&context.pasted(&next));
    }
    Ok(Done::Clean)
}

/// The groups for people, below what the page holds already.
pub(in crate::commands) fn grouped(context: &Context, format: Format, page: Page, triage: &Triage) -> Page {
    if triage.failures == 0 {
        return page.and("No job failed.");
    }
    if triage.groups.is_empty() {
        return page.and(format!("{} failed without an error text.", counted(triage.silent, "job")));
    }
    let noted = is_noted(context, format);
    let mut columns = vec![
        Column::new("handle").rank(0),
        Column::number("jobs").rank(0),
        Column::number("1 h").rank(3),
        Column::number("24 h").rank(2),
        Column::number("7 d").rank(4),
        Column::new("first seen (UTC)").rank(5),
        Column::new("last seen (UTC)").rank(1),
    ];
    if !noted {
        columns.extend([Column::new("type"), Column::text("example of the error")]);
    }
    let mut table = Table::new(&context.ui, &columns);
    for group in &triage.groups {
        let time = |at: Option<DateTime<Utc>>| minute(at.map(|t| t.to_rfc3339()).as_deref());
        let kinds = group.kinds.iter().cloned().collect::<Vec<_>>().join(", ");
        let cells = [
            &*group.fingerprint.to_string(),
            &thousands(group.count),
            &thousands(group.last_1h),
            &thousands(group.last_24h),
            &thousands(group.last_7d),
            &time(group.first_seen),
            &time(group.last_seen),
        ];
        add_row(&mut table, noted, &cells, &[&kinds, &shortened(&group.error, SHOWN)]);
    }
    let mut page = page.and_table(table);
    for (count, what) in
        [(triage.silent, "more without error text"), (triage.ungrouped, "more in no group: there are too many groups")]
    {
        if count > 0 {
            page = page.and(format!("{} {what}", thousands(count)));
        }
    }
    page
}

impl Record for Group {
    const TYPE: &'static str = "group";
    const FIELDS: &'static [&'static str] = &[
        "fingerprint",
        "pattern",
        "count",
        "first_seen",
        "last_seen",
        "last_1h",
        "last_24h",
        "last_7d",
        "kinds",
        "example",
        "error",
    ];
}
