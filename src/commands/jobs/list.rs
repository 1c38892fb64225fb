//! Many jobs: listed, counted, grouped by what went wrong.

use serde_json::json;

use super::args::{JobChange, JobFilter, JobsList};
use super::{Looked, about, filter, headed, known_words, look};
use crate::commands::cli::RowsFormat;
use crate::commands::{Context, Done, Outcome};
use crate::cursor::Cursor;
use crate::error::{Error, Result};
use crate::jobs::{self, Filter, Group, Job, Page, Queue, StatusCount, Triage};
use crate::output::{Table, csv_rows, ndjson_row, ndjson_rows};
use crate::packs::{JobFact, JobState};
use crate::text::{minute, short, span, thousands};

/// How much of an error a list shows, in characters.
const SHOWN: usize = 200;

/// On a terminal of fewer columns than these, what went wrong stands below a row and not at its end.
const WIDE: usize = 130;

/// The terminal's columns, where it is too narrow for what went wrong to stand at the end of a row.
fn narrow(context: &Context) -> Option<usize> {
    context.ui.columns().filter(|columns| *columns < WIDE)
}

pub(super) async fn list(context: &Context, args: JobsList) -> Outcome {
    let format = args.output.format;
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    let filter = filter(&args.filter);
    let (picture, headline) = headed(context, &mut tx, &queue, &hidden).await?;
    let page = found(context, &mut tx, &queue, &filter, args.limit, args.cursor.as_ref()).await?;
    if page.jobs.is_empty() {
        known_words(context, &mut tx, &pack, &filter).await?;
    }
    tx.rollback().await?;
    let cut = cut(&page);
    match format {
        RowsFormat::Table => {
            let none = if page.jobs.is_empty() { "no job is like that".to_owned() } else { table(context, &page.jobs) };
            let cut = cut.map(|cut| format!("\n\n{cut}")).unwrap_or_default();
            context.ui.data(&format!("{headline}\n\n{none}{cut}"))?;
        }
        RowsFormat::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "jobs list", "app": pack.name, "may_hide": hidden, "verdict": picture.verdict,
            "total": page.total, "next": page.next.as_ref().map(ToString::to_string), "jobs": page.jobs,
        }))?,
        RowsFormat::Ndjson | RowsFormat::Csv => rows(context, format, &page.jobs, cut)?,
    }
    Ok(Done::Clean)
}

/// The jobs, with a word before it takes long.
async fn found(
    context: &Context,
    tx: &mut crate::db::Tx,
    queue: &Queue<'_>,
    filter: &Filter,
    limit: usize,
    cursor: Option<&Cursor>,
) -> Result<Page> {
    if let Some(why) = jobs::slow(tx, queue, filter, limit).await? {
        context.ui.note(&format!("{why}; --since narrows it"));
    }
    jobs::list(tx, queue, filter, limit, cursor).await
}

fn cut(page: &Page) -> Option<String> {
    let next = page.next.as_ref()?;
    Some(format!("{}, or --cursor {next}", said_cut(page)?))
}

/// That a list is cut, where it is.
fn said_cut(page: &Page) -> Option<String> {
    page.next.as_ref()?;
    let of = page.total.map(|total| format!(" of {}", about(total))).unwrap_or_default();
    let shown = thousands(page.jobs.len());
    Some(format!("showing {shown}{of}; --limit 0 for all"))
}

fn rows(context: &Context, format: RowsFormat, jobs: &[Job], cut: Option<String>) -> Result<()> {
    match format {
        RowsFormat::Csv => context.ui.csv(|out| csv_rows(&COLUMNS, jobs.iter().map(|j| Ok(cells(j))), out))?,
        _ => context.ui.write(|out| ndjson_rows("job", jobs, out))?,
    }
    cut.into_iter().for_each(|cut| context.ui.note(&cut));
    Ok(())
}

fn table(context: &Context, jobs: &[Job]) -> String {
    let narrow = narrow(context);
    let headings = ["added (UTC)", "job", "type", "status", "#tried", "last error"];
    let shown = headings.len() - usize::from(narrow.is_some());
    let mut table = Table::new(&context.ui, &headings[..shown]);
    for job in jobs {
        let tried = match (job.attempts, job.max_attempts) {
            (Some(attempts), Some(most)) => format!("{attempts}/{most}"),
            (Some(attempts), None) => attempts.to_string(),
            (None, _) => "-".to_owned(),
        };
        let symbol = match job.state {
            Some(JobState::Done) => "✓ ",
            Some(JobState::Dead) => "✗ ",
            Some(JobState::Failed) => "! ",
            Some(JobState::Queued | JobState::Running) => "  ",
            None => "? ",
        };
        let error = job.error.as_deref().filter(|_| job.state != Some(JobState::Done)).unwrap_or_default();
        let (added, error) = (minute(job.created_at.as_deref()), shortened(error, SHOWN));
        let status = format!("{symbol}{}", job.status.as_deref().unwrap_or("-"));
        let cells = [&added, short(&job.job), job.kind.as_deref().unwrap_or("-"), &status, &tried, &error];
        match narrow {
            Some(_) => table.noted_row(&cells[..shown], &error),
            None => table.row(&cells),
        }
    }
    table.render()
}

/// The beginning of a text.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

const COLUMNS: [&str; 16] = [
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

fn cells(job: &Job) -> [String; COLUMNS.len()] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let number = |value: Option<i32>| value.map(|n| n.to_string()).unwrap_or_default();
    [
        job.job.clone(),
        text(&job.kind),
        job.state.map(|s| s.name().to_owned()).unwrap_or_default(),
        text(&job.status),
        number(job.attempts),
        number(job.max_attempts),
        text(&job.worker),
        text(&job.created_at),
        text(&job.scheduled_at),
        text(&job.retry_at),
        text(&job.started_at),
        text(&job.lease_until),
        text(&job.finished_at),
        text(&job.failed_at),
        text(&job.error),
        job.fingerprint.map(|f| f.to_string()).unwrap_or_default(),
    ]
}

pub(super) async fn count(context: &Context, args: &JobFilter, exact: bool, format: RowsFormat) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    let (picture, headline) = headed(context, &mut tx, &queue, &hidden).await?;
    let filter = filter(args);
    let counts = jobs::counts(&mut tx, &queue, &filter, exact).await?;
    let known = counts.iter().map(|c| c.count.count).sum::<u64>();
    let unknown = jobs::unknown(&mut tx, &queue, &filter, exact, known).await?;
    if known == 0 {
        known_words(context, &mut tx, &pack, &filter).await?;
    }
    tx.rollback().await?;
    let others = unknown.filter(|u| u.count > 0);
    let total = known + others.map_or(0, |u| u.count);
    let exact = counts.iter().map(|c| c.count).chain(others).all(|c| c.exact);
    match format {
        RowsFormat::Table => {
            let mut table = Table::new(&context.ui, &["status", "means", "#jobs"]);
            for StatusCount { status, state, count } in &counts {
                table.row(&[status, state.name(), &about(*count)]);
            }
            if let Some(others) = others {
                table.row(&["?", "not known to the pack", &about(others)]);
            }
            table.row(&["", "all", &about(jobs::Count { count: total, exact })]);
            context.ui.data(&format!("{headline}\n\n{}", table.render()))?;
            if !exact {
                context.ui.note("about: what the planner expects; --exact counts");
            }
        }
        RowsFormat::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "jobs count", "app": pack.name, "may_hide": hidden, "verdict": picture.verdict,
            "counts": counts, "unknown": unknown, "total": {"count": total, "exact": exact},
        }))?,
        RowsFormat::Ndjson => context.ui.write(|out| ndjson_rows("count", &counts, out))?,
        RowsFormat::Csv => context.ui.csv(|out| {
            let rows = counts.iter().map(|c| {
                Ok([c.status.clone(), c.state.name().to_owned(), c.count.count.to_string(), c.count.exact.to_string()])
            });
            csv_rows(&["status", "state", "count", "exact"], rows, out)
        })?,
    }
    if let Some(others) = others.filter(|_| matches!(format, RowsFormat::Ndjson | RowsFormat::Csv)) {
        context.ui.note(&format!("{} more have a status that {} does not know", about(others), pack.name));
    }
    Ok(Done::Clean)
}

pub(super) async fn triage(context: &Context, args: &JobFilter, limit: usize, format: RowsFormat) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    let (picture, headline) = headed(context, &mut tx, &queue, &hidden).await?;
    let progress = context.ui.progress("reading failures", None);
    let filter = filter(args);
    let triage = jobs::triage(&mut tx, &queue, &filter).await;
    drop(progress);
    let mut triage = triage?;
    if triage.groups.is_empty() {
        known_words(context, &mut tx, &pack, &filter).await?;
    }
    tx.rollback().await?;
    let all = triage.groups.len();
    if limit > 0 {
        triage.groups.truncate(limit);
    }
    let cut = (triage.groups.len() < all).then(|| {
        let count = |n: usize| thousands(n);
        format!("showing {} of {} groups; --limit 0 for all", count(triage.groups.len()), count(all))
    });
    match format {
        RowsFormat::Table => {
            let mut out = format!("{headline}\n\n{}", groups(context, &triage));
            cut.into_iter().for_each(|cut| out.push_str(&format!("\n\n{cut}")));
            context.ui.data(&out)?;
            if let Some(group) = triage.groups.first() {
                context.ui.note(&format!("next: bursar jobs list --status failed,dead --error {0}, or bursar jobs retry {0}", group.fingerprint));
            }
        }
        RowsFormat::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "jobs triage", "app": pack.name, "may_hide": hidden, "verdict": picture.verdict,
            "failures": triage.failures, "silent": triage.silent, "ungrouped": triage.ungrouped, "all_groups": all,
            "groups": triage.groups,
        }))?,
        RowsFormat::Ndjson => {
            context.ui.write(|out| triage.groups.iter().try_for_each(|group| ndjson_row("group", group, out)))?;
            cut.into_iter().for_each(|cut| context.ui.note(&cut));
        }
        RowsFormat::Csv => {
            let columns = [
                "fingerprint", "pattern", "count", "first_seen", "last_seen", "last_1h", "last_24h", "last_7d", "kinds",
                "example", "error",
            ];
            context.ui.csv(|out| csv_rows(&columns, triage.groups.iter().map(|g| Ok(group_cells(g))), out))?;
            cut.into_iter().for_each(|cut| context.ui.note(&cut));
        }
    }
    Ok(Done::Clean)
}

fn group_cells(group: &Group) -> [String; 11] {
    let time = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|t| t.to_rfc3339()).unwrap_or_default();
    [
        group.fingerprint.to_string(),
        group.pattern.clone(),
        group.count.to_string(),
        time(group.first_seen),
        time(group.last_seen),
        group.last_1h.to_string(),
        group.last_24h.to_string(),
        group.last_7d.to_string(),
        group.kinds.iter().cloned().collect::<Vec<_>>().join(" "),
        group.example.clone(),
        group.error.clone(),
    ]
}

pub(in crate::commands) fn groups(context: &Context, triage: &Triage) -> String {
    if triage.failures == 0 {
        return "no job failed".to_owned();
    }
    let narrow = narrow(context);
    let headings = [
        "handle",
        "#jobs",
        "#1 h",
        "#24 h",
        "#7 d",
        "first seen (UTC)",
        "last seen (UTC)",
        "type",
        "what went wrong, for example",
    ];
    let shown = headings.len() - if narrow.is_some() { 2 } else { 0 };
    let mut table = Table::new(&context.ui, &headings[..shown]);
    for group in &triage.groups {
        let count = |n: u64| thousands(n);
        let time = |at: Option<chrono::DateTime<chrono::Utc>>| minute(at.map(|t| t.to_rfc3339()).as_deref());
        let kinds = group.kinds.iter().cloned().collect::<Vec<_>>().join(", ");
        let error = shortened(&group.error, SHOWN);
        let cells: [&str; 9] = [
            &group.fingerprint.to_string(),
            &count(group.count),
            &count(group.last_1h),
            &count(group.last_24h),
            &count(group.last_7d),
            &time(group.first_seen),
            &time(group.last_seen),
            &kinds,
            &error,
        ];
        match narrow {
            Some(_) => table.noted_row(&cells[..shown], &format!("{kinds}: {error}")),
            None => table.row(&cells),
        }
    }
    let mut out = table.render();
    for (count, what) in
        [(triage.silent, "more say nothing about why"), (triage.ungrouped, "more are in no group: there are too many")]
    {
        if count > 0 {
            out.push_str(&format!("\n\n{} {what}", thousands(count)));
        }
    }
    out
}

/// The jobs that are past their lease.
pub(super) async fn stuck(context: &Context, args: &JobChange, limit: usize) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    if queue.jobs().lacks.contains(&JobFact::Leases) {
        return Err(no_leases(&pack.name));
    }
    let filter = Filter { stuck: true, ..filter(&args.filter) };
    let page = found(context, &mut tx, &queue, &filter, limit, None).await?;
    if page.jobs.is_empty() {
        known_words(context, &mut tx, &pack, &filter).await?;
    }
    tx.rollback().await?;
    match args.output.format {
        RowsFormat::Table if page.jobs.is_empty() => context.ui.data("✓ no job is past its lease")?,
        RowsFormat::Table => {
            let mut table = Table::new(&context.ui, &["started (UTC)", "job", "type", "worker", "#past its lease"]);
            for job in &page.jobs {
                table.row(&[
                    &minute(job.started_at.as_deref()),
                    short(&job.job),
                    job.kind.as_deref().unwrap_or("-"),
                    job.worker.as_deref().unwrap_or("-"),
                    &job.past_lease_secs.map_or_else(|| "?".to_owned(), span),
                ]);
            }
            let cut = said_cut(&page).map(|cut| format!("\n\n{cut}")).unwrap_or_default();
            context.ui.data(&format!("{}{cut}", table.render()))?;
            context.ui.note("next: bursar jobs stuck --release");
        }
        RowsFormat::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "jobs stuck", "app": pack.name, "may_hide": hidden, "total": page.total,
            "jobs": page.jobs,
        }))?,
        format => rows(context, format, &page.jobs, said_cut(&page))?,
    }
    Ok(Done::Clean)
}

pub(super) fn no_leases(app: &str) -> Error {
    Error::usage(format!("{app} keeps no leases of its jobs, so none of them is told to be stuck"))
        .hint("bursar jobs list --status running --older-than 1h lists those that began long ago")
}
