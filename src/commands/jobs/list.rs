//! Lists and counts of jobs.

use serde_json::json;

use super::args::{JobChange, JobFilter, JobsList};
use super::look::{Looked, filter, known_words, look, need_leases, view};
use super::queues::above;
use super::verdict::{about, ago, headed};
use crate::commands::{Context, Done, Outcome, no_matches};
use crate::cursor::Cursor;
use crate::db::Tx;
use crate::error::Result;
use crate::jobs::{self, Count, Filter, Job, Queue, StatusCount};
use crate::output::{Column, Format, Page, Record, Table};
use crate::packs::JobState;
use crate::text::{minute, shortened_to, span, thousands, told_apart};

/// Largest part of an error in a list, in characters.
pub(super) const SHOWN: usize = 200;

/// The age up to which a worker of a job past its lease is looked for, in seconds.
const LATELY: i64 = 3_600;

/// On a terminal of fewer columns, an error stands below its row and not at its end.
const WIDE: usize = 130;

/// True if errors stand below the rows of a table.
pub(super) fn is_noted(context: &Context, format: Format) -> bool {
    format == Format::Table && context.ui.columns().is_some_and(|columns| columns < WIDE)
}

/// Adds a row whose last cells stand below it as a note, or at its end.
pub(super) fn add_row(table: &mut Table, noted: bool, cells: &[&str], last: &[&str]) {
    if noted {
        let note: Vec<&str> = last.iter().copied().filter(|text| !text.is_empty()).collect();
        table.noted_row(cells, &note.join(": "));
    } else {
        table.row(&[cells, last].concat());
    }
}

/// Lists jobs. Above them stands the verdict, and each queue and type that is asked for, or every one.
pub(super) async fn list(context: &Context, args: JobsList, every: bool) -> Outcome {
    let format = args.output.format;
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    let filter = filter(&args.filter);
    let (health, headline) = headed(context, &mut tx, &queue).await?;
    let page = found(context, &mut tx, &queue, &filter, args.limit, args.cursor.as_ref()).await?;
    if page.jobs.is_empty() {
        known_words(context, &mut tx, &pack, &filter).await?;
    }
    tx.rollback().await?;
    let view = view("jobs list", &pack, &hidden)
        .field("verdict", &health.verdict)
        .field("health", &health)
        .field("total", page.total)
        .field("next", page.next.as_ref().map(ToString::to_string))
        .rows("jobs", &page.jobs)
        .page(|| {
            let asked = every || !filter.queue.is_empty() || !filter.kind.is_empty();
            let groups = health.groups.iter().filter(|g| asked && filter.takes(g.queue.as_deref(), g.kind.as_deref()));
            let page_of = above(context, headline, &groups.collect::<Vec<_>>());
            if page.jobs.is_empty() {
                page_of.and(no_matches(&hidden))
            } else {
                page_of.and_table(table(context, format, &page.jobs))
            }
        })
        .next_page(page.jobs.len(), page.total.map(about), page.next.as_ref());
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

/// The jobs that match. A query that takes long is announced.
async fn found(
    context: &Context,
    tx: &mut Tx,
    queue: &Queue<'_>,
    filter: &Filter,
    limit: usize,
    cursor: Option<&Cursor>,
) -> Result<jobs::Page> {
    if let Some(why) = jobs::slow(tx, queue, filter, limit).await? {
        context.ui.note(&format!("{why}; --since narrows it"));
    }
    jobs::list(tx, queue, filter, limit, cursor).await
}

/// The note that a list is cut.
fn said_cut(page: &jobs::Page) -> String {
    let of = page.total.map(|total| format!(" of {}", about(total))).unwrap_or_default();
    format!("showing {}{of}; --limit 0 for all", thousands(page.jobs.len()))
}

fn table(context: &Context, format: Format, jobs: &[Job]) -> Table {
    let noted = is_noted(context, format);
    let mut columns = vec![
        Column::new("added (UTC)").rank(3),
        Column::new("job").rank(0),
        Column::new("type").rank(2),
        Column::new("status").rank(1),
        Column::number("tried").rank(4),
    ];
    columns.extend((!noted).then(|| Column::text("last error")));
    let mut table = Table::new(&context.ui, &columns);
    let length = told_apart(jobs.iter().map(|job| &*job.job));
    for job in jobs {
        let tried = match (job.attempts, job.max_attempts) {
            (Some(attempts), Some(most)) => format!("{attempts}/{most}"),
            (Some(attempts), None) => attempts.to_string(),
            (None, _) => "-".to_owned(),
        };
        let error = job.error.as_deref().filter(|_| job.state != Some(JobState::Done)).unwrap_or_default();
        let cells = [
            &minute(job.created_at.as_deref()),
            shortened_to(&job.job, length),
            job.kind.as_deref().unwrap_or("-"),
            &format!("{}{}", symbol(job.state), job.status.as_deref().unwrap_or("-")),
            &tried,
        ];
        add_row(&mut table, noted, &cells, &[&shortened(error, SHOWN)]);
    }
    table
}

/// The symbol in front of a status.
fn symbol(state: Option<JobState>) -> &'static str {
    match state {
        Some(JobState::Done) => "✓ ",
        Some(JobState::Dead | JobState::Cancelled) => "✗ ",
        Some(JobState::Failed) => "! ",
        Some(JobState::Queued | JobState::Waiting | JobState::Running) => "  ",
        None => "? ",
    }
}

/// The beginning of a text.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl Record for Job {
    const TYPE: &'static str = "job";
    const FIELDS: &'static [&'static str] = &[
        "job",
        "kind",
        "state",
        "status",
        "attempts",
        "max_attempts",
        "worker",
        "created_at",
        "scheduled_at",
        "retry_at",
        "started_at",
        "lease_until",
        "finished_at",
        "failed_at",
        "error",
        "fingerprint",
    ];
}

pub(super) async fn count(context: &Context, args: &JobFilter, exact: bool, format: Format) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    let (health, headline) = headed(context, &mut tx, &queue).await?;
    let filter = filter(args);
    let counts = jobs::counts(&mut tx, &queue, &filter, exact).await?;
    let known = counts.iter().map(|c| c.count.count).sum::<u64>();
    let unknown = jobs::unknown(&mut tx, &queue, &filter, exact, known).await?;
    if known == 0 {
        known_words(context, &mut tx, &pack, &filter).await?;
    }
    tx.rollback().await?;
    let others = unknown.filter(|u| u.count > 0);
    let total = Count {
        count: known + others.map_or(0, |u| u.count),
        exact: counts.iter().map(|c| c.count).chain(others).all(|c| c.exact),
    };
    let view = view("jobs count", &pack, &hidden)
        .field("verdict", &health.verdict)
        .field("unknown", unknown)
        .field("total", json!({"count": total.count, "exact": total.exact}))
        .rows("counts", &counts)
        .page(|| Page::text(headline).and_table(counted(context, &counts, others, total)));
    context.ui.emit(format, view)?;
    if format == Format::Table && !total.exact {
        context.ui.note("about: an estimate of the planner; --exact counts");
    }
    if let Some(others) = others.filter(|_| matches!(format, Format::Ndjson | Format::Csv)) {
        context.ui.note(&format!("{} more have a status that {} does not know", about(others), pack.name));
    }
    Ok(Done::Clean)
}

fn counted(context: &Context, counts: &[StatusCount], others: Option<Count>, total: Count) -> Table {
    let columns = [Column::new("status").rank(0), Column::new("means").rank(1), Column::number("jobs").rank(0)];
    let mut table = Table::new(&context.ui, &columns);
    for StatusCount { status, state, count } in counts {
        table.row(&[status, state.name(), &about(*count)]);
    }
    if let Some(others) = others {
        table.row(&["?", "unknown to the pack", &about(others)]);
    }
    table.row(&["all", "", &about(total)]);
    table
}

impl Record for StatusCount {
    const TYPE: &'static str = "count";
    const FIELDS: &'static [&'static str] = &["status", "state", "count", "exact"];
}

/// Lists the jobs whose lease has expired.
pub(super) async fn stuck(context: &Context, args: &JobChange, limit: usize) -> Outcome {
    let format = args.output.format;
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    need_leases(&queue, &pack)?;
    let filter = Filter { stuck: true, ..filter(&args.filter) };
    let mut page = found(context, &mut tx, &queue, &filter, limit, None).await?;
    if page.jobs.is_empty() {
        known_words(context, &mut tx, &pack, &filter).await?;
    } else if let Some(seen) = jobs::seen_in_a_moment(&mut tx, &queue, LATELY).await? {
        for job in &mut page.jobs {
            job.worker_seen_secs = job.worker.as_ref().and_then(|worker| seen.get(worker).copied());
        }
    }
    tx.rollback().await?;
    let view = view("jobs stuck", &pack, &hidden)
        .field("total", page.total)
        .rows("jobs", &page.jobs)
        .page(|| match page.jobs.is_empty() {
            true if hidden.is_empty() => Page::text("✓ no job is past its lease"),
            true => Page::text("? no job that this role sees is past its lease"),
            false => Page::table(past_lease(context, &page.jobs)),
        })
        .note(page.next.is_some().then(|| said_cut(&page)));
    context.ui.emit(format, view)?;
    if format == Format::Table && !page.jobs.is_empty() && jobs::changes(&pack) {
        context.ui.note(&context.pasted("next: bursar jobs stuck --release"));
    }
    Ok(Done::Clean)
}

fn past_lease(context: &Context, jobs: &[Job]) -> Table {
    let columns = [
        Column::new("started (UTC)").rank(3),
        Column::new("job").rank(0),
        Column::new("type").rank(2),
        Column::new("worker").rank(1),
        Column::number("past its lease").rank(0),
        Column::number("worker seen").rank(1),
    ];
    let mut table = Table::new(&context.ui, &columns);
    let length = told_apart(jobs.iter().map(|job| &*job.job));
    for job in jobs {
        table.row(&[
            &minute(job.started_at.as_deref()),
            shortened_to(&job.job, length),
            job.kind.as_deref().unwrap_or("-"),
            job.worker.as_deref().unwrap_or("-"),
            &job.past_lease_secs.map_or_else(|| "?".to_owned(), span),
            &ago(job.worker_seen_secs),
        ]);
    }
    table
}
