//! `bursar wallet adjustments`: the adjustments that need a second person.

use super::{Context, Done, Outcome};
use crate::commands::now;
use crate::commands::payments::sign;
use crate::commands::values::Since;
use crate::output::{Format, Page, Table, View};
use crate::text::thousands;
use crate::wallet::{self, Decided};

pub(super) async fn run(
    context: &Context,
    all: bool,
    since: Option<Since>,
    limit: usize,
    cursor: Option<i64>,
    format: Format,
) -> Outcome {
    let since = since.map(|since| since.at(now()));
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let page = wallet::adjustments(&mut tx, all, since, cursor, limit).await?;
    tx.rollback().await?;
    let rows = &page.adjustments;
    let none = if all { "no adjustments" } else { "no adjustment awaits approval" };
    let view = View::new("wallet adjustments")
        .field("total", page.total)
        .field("next", page.next)
        .field("adjustments", rows)
        .page(|| if rows.is_empty() { Page::text(none) } else { blocks(context, rows) })
        .next_page(rows.len(), Some(thousands(page.total)), page.next);
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

/// A block for each: the whole id has to be copied from here.
fn blocks(context: &Context, rows: &[Decided]) -> Page {
    let at = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%d %H:%M");
    rows.iter().fold(Page::default(), |page, row| {
        let mut facts = Table::facts(&context.ui, 2);
        facts.row(&["adjustment", &row.id.to_string()]);
        facts.row(&["account", &row.account]);
        facts.row(&["amount", &format!("{} {}", sign(Some(&row.amount)), row.unit)]);
        facts.row(&["state", &row.state.name().replace('_', " ")]);
        facts.row(&["requested", &format!("{} UTC by {}", at(row.created_at), row.requested_by)]);
        facts.row(&["reason", &row.reason]);
        if let Some(by) = &row.decided_by {
            facts.row(&["decided", &format!("{} UTC by {by}", at(row.updated_at))]);
        }
        if let Some(why) = &row.why {
            facts.row(&["because", why]);
        }
        page.and_table(facts)
    })
}
