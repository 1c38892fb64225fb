//! The findings of a comparison, for people and for programs.

use serde_json::json;

use super::args::Streams;
use crate::commands::jobs::look::view;
use crate::commands::jobs::verdict::ago;
use crate::commands::{Context, Done, Outcome};
use crate::jobs::streams::{Comparison, Finding, FindingKind, RedisTarget};
use crate::output::{Column, Format, Page, Record, Table};
use crate::packs::Pack;
use crate::text::{escape, quoted, shortened_to, span, thousands, told_apart};

pub(super) fn show(
    context: &Context,
    args: &Streams,
    pack: &Pack,
    target: &RedisTarget,
    hidden: &[String],
    found: &Comparison,
) -> Outcome {
    let format = args.output.format;
    let differs = !found.counts.is_empty() || found.lacks_group();
    let is = if differs {
        "differs"
    } else if found.complete() {
        "in_step"
    } else {
        "unknown"
    };
    let view = view("jobs streams", pack, hidden)
        .field("redis", target.to_string())
        .field("verdict", json!({"is": is}))
        .field("complete", found.complete())
        .field("unread", &found.unread)
        .field("counts", &found.counts)
        .field("streams", &found.streams)
        .rows("findings", &found.findings)
        .page(|| page(context, args, found));
    context.ui.emit(format, view)?;
    if !matches!(format, Format::Table | Format::Markdown) {
        said(found).iter().for_each(|what| context.ui.warn(what));
    } else if format == Format::Table
        && let Some(next) = next(found)
    {
        context.ui.note(&context.pasted(&format!("next: bursar jobs streams {next} --dry-run")));
    }
    Ok(match (differs, found.complete()) {
        (true, _) => Done::Findings,
        (false, true) => Done::Clean,
        (false, false) => Done::Incomplete,
    })
}

/// The parts that are not compared, and the groups that are not there, in sentences.
fn said(found: &Comparison) -> Vec<String> {
    let lacking = found.streams.iter().filter(|s| !s.has_group).map(|s| match s.length {
        None => format!("there is no stream {}", s.stream),
        Some(_) => format!("the stream {} has no group {}", s.stream, s.group),
    });
    lacking.chain(found.unread.iter().cloned()).collect()
}

/// The flags of the change that mends most.
fn next(found: &Comparison) -> Option<String> {
    let some = |kinds: &[FindingKind]| kinds.iter().any(|kind| found.count(*kind) > 0);
    let mut flags = Vec::new();
    if some(&[FindingKind::Lost]) && !found.lacks_group() {
        flags.push("--requeue".to_owned());
    }
    if some(&[FindingKind::Ghost, FindingKind::Ended, FindingKind::Trimmed, FindingKind::Twice]) {
        flags.push("--ack".to_owned());
    }
    if some(&[FindingKind::Abandoned]) {
        let there = found.streams.iter().flat_map(|s| &s.consumers).filter(|c| !c.gone).min_by_key(|c| c.pending);
        flags.extend(there.map(|consumer| format!("--claim {}", quoted(&consumer.name))));
    }
    (!flags.is_empty()).then(|| flags.join(" "))
}

fn page(context: &Context, args: &Streams, found: &Comparison) -> Page {
    let counts: Vec<String> =
        found.counts.iter().map(|c| format!("{} {}", thousands(c.count), c.kind.name())).collect();
    let said = said(found);
    let (symbol, code, words) = match (counts.is_empty(), said.is_empty()) {
        (true, true) => ("✓", "32", "the streams and the jobs agree".to_owned()),
        (true, false) if found.lacks_group() => ("✗", "31", "workers get nothing".to_owned()),
        (true, false) => ("?", "33", "not everything was compared".to_owned()),
        (false, _) => ("✗", "31", counts.join(", ")),
    };
    let symbol =
        if args.output.format == Format::Table { context.ui.paint_out(symbol, code) } else { symbol.to_owned() };
    let mut page = Page::text(format!("{symbol} {words}")).and_table(groups(context, found));
    for what in said {
        page = page.and(format!("! {}", escape(&what)));
    }
    if found.streams.iter().any(|s| !s.consumers.is_empty()) {
        page = page.and_table(consumers(context, found));
    }
    if found.findings.is_empty() {
        return page;
    }
    let shown = if args.limit == 0 { found.findings.len() } else { args.limit.min(found.findings.len()) };
    page = page.and_table(findings(context, &found.findings[..shown]));
    let all: u64 = found.counts.iter().map(|c| c.count).sum();
    match all.saturating_sub(shown as u64) {
        0 => page,
        more => page.and(format!(
            "and {} more; --limit 0 lists all that are kept, at most {} of a kind",
            thousands(more),
            thousands(Comparison::KEPT)
        )),
    }
}

fn groups(context: &Context, found: &Comparison) -> Table {
    let columns = [
        Column::new("stream").rank(0),
        Column::new("group").rank(0),
        Column::number("entries").rank(3),
        Column::number("undelivered").rank(0),
        Column::number("the oldest").rank(2),
        Column::number("pending").rank(1),
        Column::number("consumers").rank(4),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for state in &found.streams {
        let length = state.length.map_or_else(|| "-".to_owned(), thousands);
        let oldest = state.oldest_secs.map_or_else(|| "-".to_owned(), span);
        let (undelivered, pending) = (thousands(state.undelivered), thousands(state.pending));
        let there = thousands(state.consumers.len());
        table.row(&[&state.stream, &state.group, &length, &undelivered, &oldest, &pending, &there]);
        for group in state.groups.iter().filter(|g| g.name != state.group) {
            let lag = group.lag.map_or_else(|| "?".to_owned(), thousands);
            let (pending, there) = (thousands(group.pending), thousands(group.consumers));
            table.row(&[&state.stream, &group.name, &length, &lag, "-", &pending, &there]);
        }
    }
    table
}

fn consumers(context: &Context, found: &Comparison) -> Table {
    let columns = [
        Column::new("consumer").rank(0),
        Column::number("pending").rank(0),
        Column::number("last asked").rank(0),
        Column::new("").rank(1),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for consumer in found.streams.iter().flat_map(|s| &s.consumers) {
        let asked = ago(Some(consumer.idle_secs));
        let is = if consumer.gone { "gone" } else { "" };
        table.row(&[&consumer.name, &thousands(consumer.pending), &asked, is]);
    }
    table
}

pub(super) fn findings(context: &Context, findings: &[Finding]) -> Table {
    let mut columns = vec![
        Column::new("finding").rank(0),
        Column::new("job").rank(0),
        Column::new("status").rank(3),
        Column::new("entry").rank(1),
        Column::new("consumer").rank(2),
        Column::number("delivered").rank(4),
        Column::number("attempts").rank(5),
        Column::number("for").rank(2),
    ];
    let noted = findings.iter().any(|f| f.note.is_some());
    columns.extend(noted.then(|| Column::text("note").rank(1)));
    let mut table = Table::new(&context.ui, &columns);
    let length = told_apart(findings.iter().filter_map(|f| f.job.as_deref()));
    for finding in findings {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let number = |n: Option<i64>| n.map_or_else(|| "-".to_owned(), thousands);
        let cells = [
            finding.kind.name(),
            finding.job.as_deref().map_or("-", |job| shortened_to(job, length)),
            &text(&finding.status),
            &text(&finding.entry),
            &text(&finding.consumer),
            &number(finding.delivered),
            &number(finding.attempts.map(i64::from)),
            &finding.since_secs.map_or_else(|| "-".to_owned(), span),
            finding.note.as_deref().unwrap_or_default(),
        ];
        table.row(&cells[..columns.len()]);
    }
    table
}

impl Record for Finding {
    const TYPE: &'static str = "finding";
    const FIELDS: &'static [&'static str] =
        &["kind", "stream", "entry", "job", "status", "consumer", "delivered", "attempts", "since_secs", "note"];
}
