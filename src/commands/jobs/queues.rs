//! Each queue and type of jobs, the worst first.

use super::look::{Looked, look, view};
use super::verdict::{ago, headed, least};
use crate::commands::{Context, Done, Outcome};
use crate::jobs::{GroupHealth, HealthVerdict, Queue};
use crate::output::{Column, Format, Page, Record, Table};
use crate::text::{span, thousands};

pub(super) async fn queues(context: &Context, format: Format) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    let (health, headline) = headed(context, &mut tx, &queue).await?;
    tx.rollback().await?;
    let view = view("jobs queues", &pack, &hidden)
        .field("verdict", &health.verdict)
        .field("window_secs", health.window_secs.unwrap_or(crate::jobs::WINDOW_SECS))
        .rows("queues", &health.groups)
        .page(|| {
            let page = Page::text(headline);
            match health.groups.is_empty() {
                true if health.rates.is_none() => {
                    page.and("No job that could be read in time waits or runs. What came or ended is not known.")
                }
                true if !hidden.is_empty() => {
                    page.and("No visible job waits or runs, and none came or ended in ten minutes.")
                }
                true => page.and("No job waits or runs, and none came or ended in ten minutes."),
                false => page.and_table(table(context, &health.groups.iter().collect::<Vec<_>>())),
            }
        });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

/// Number of queues and types that stand above a list.
const ABOVE: usize = 8;

/// The page of a list: what is said above it, and the queues and types that it is about, where there are several.
pub(super) fn above(context: &Context, headline: String, groups: &[&GroupHealth]) -> Page {
    let page = Page::text(headline);
    if groups.len() < 2 {
        return page;
    }
    let shown = &groups[..groups.len().min(ABOVE)];
    let more = groups.len() - shown.len();
    let page = page.and_table(table(context, shown));
    match more {
        0 => page,
        more => page.and(context.pasted(&format!("{} more: bursar jobs queues", thousands(more)))),
    }
}

fn table(context: &Context, groups: &[&GroupHealth]) -> Table {
    let several = groups.iter().any(|g| g.queue.is_some());
    let mut columns = if several { vec![Column::new("queue").rank(0)] } else { Vec::new() };
    columns.extend([
        Column::new("type").rank(0),
        Column::new("verdict").rank(0),
        Column::number("waiting").rank(0),
        Column::number("oldest").rank(1),
        Column::number("running").rank(2),
        Column::number("added/h").rank(5),
        Column::number("done/h").rank(3),
        Column::number("failed/h").rank(4),
        Column::number("taken").rank(6),
    ]);
    let held_back = groups.iter().any(|g| g.held_back > 0);
    columns.extend(held_back.then(|| Column::number("held back").rank(1)));
    let registered = groups.iter().any(|g| g.workers.is_some());
    columns.extend(registered.then(|| Column::number("workers").rank(2)));
    let mut table = Table::new(&context.ui, &columns);
    for group in groups {
        let age = |secs: Option<i64>| secs.map_or_else(|| "-".to_owned(), span);
        let pace = |jobs: Option<i64>| jobs.map_or_else(|| "-".to_owned(), thousands);
        let mut cells = vec![
            group.queue.as_deref().unwrap_or("-").to_owned(),
            group.kind.as_deref().unwrap_or("-").to_owned(),
            match group.paused && group.verdict != HealthVerdict::Paused {
                true => format!("{}, paused", group.verdict.word()),
                false => group.verdict.word().to_owned(),
            },
            if group.waiting_untold { "?".to_owned() } else { least(group.waiting, group.waiting_exact) },
            if group.waiting_untold { "?".to_owned() } else { age(group.oldest_secs) },
            thousands(group.running),
            pace(group.added_per_hour),
            pace(group.done_per_hour),
            pace(group.failed_per_hour),
            ago(group.taken_secs),
        ];
        cells.extend(held_back.then(|| match group.held_back {
            0 if !group.held_back_exact => "?".to_owned(),
            jobs => least(jobs, group.held_back_exact),
        }));
        cells.extend(registered.then(|| group.workers.map_or_else(|| "-".to_owned(), thousands)));
        let cells: Vec<&str> = cells.iter().skip(usize::from(!several)).map(String::as_str).collect();
        table.row(&cells);
    }
    table
}

impl Record for GroupHealth {
    const TYPE: &'static str = "kind";
    const FIELDS: &'static [&'static str] = &[
        "queue",
        "kind",
        "verdict.is",
        "waiting",
        "oldest_secs",
        "held_back",
        "held_back_secs",
        "running",
        "past_lease",
        "added",
        "done",
        "failed",
        "added_per_hour",
        "done_per_hour",
        "failed_per_hour",
        "taken_secs",
        "paused",
        "workers",
        "waiting_exact",
        "held_back_exact",
    ];
}
