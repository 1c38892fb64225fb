//! The number of jobs by queue, type and status.

use super::args::{CountBy, JobFilter};
use super::look::{Looked, filter, known_words, look, view};
use super::verdict::headed;
use crate::commands::{Context, Done, Outcome, no_matches};
use crate::jobs::{self, By, Queue, Tally};
use crate::output::{Column, Format, Page, Record, Table};
use crate::text::thousands;

pub(super) async fn by(context: &Context, args: &JobFilter, by: &[CountBy], format: Format) -> Outcome {
    let by: Vec<By> = by
        .iter()
        .map(|one| match one {
            CountBy::Queue => By::Queue,
            CountBy::Type => By::Kind,
            CountBy::Status => By::Status,
        })
        .collect();
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    let filter = filter(args);
    let (health, headline) = headed(context, &mut tx, &queue).await?;
    let counts = jobs::tally(&mut tx, &queue, &filter, &by).await?;
    if counts.is_empty() {
        known_words(context, &mut tx, &pack, &filter).await?;
    }
    tx.rollback().await?;
    let names: Vec<&str> = by.iter().map(|one| one.name()).collect();
    let view = view("jobs count", &pack, &hidden)
        .field("verdict", &health.verdict)
        .field("by", &names)
        .field("total", serde_json::json!({"count": counts.iter().map(|c| c.count).sum::<i64>(), "exact": true}))
        .rows("counts", &counts)
        .page(|| match counts.is_empty() {
            true => Page::text(headline).and(no_matches(&hidden)),
            false => Page::text(headline).and_table(table(context, &by, &counts)),
        });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

/// The numbers for people.
pub(in crate::commands) fn table(context: &Context, by: &[By], counts: &[Tally]) -> Table {
    let mut columns: Vec<Column> =
        by.iter().map(|one| Column::new(if *one == By::Kind { "type" } else { one.name() }).rank(0)).collect();
    columns.push(Column::number("jobs").rank(0));
    let mut table = Table::new(&context.ui, &columns);
    for count in counts {
        let cell = |one: &By| match one {
            By::Queue => count.queue.as_deref(),
            By::Kind => count.kind.as_deref(),
            By::Status => count.status.as_deref(),
        };
        let number = thousands(count.count);
        let mut cells: Vec<&str> = by.iter().map(|one| cell(one).unwrap_or("-")).collect();
        cells.push(&number);
        table.row(&cells);
    }
    table
}

impl Record for Tally {
    const TYPE: &'static str = "count";
    const FIELDS: &'static [&'static str] = &["queue", "kind", "status", "state", "count"];
}
