//! One job: its facts, and why it does not run.

use serde::Serialize;
use serde_json::value::RawValue;

use super::list::{is_noted, shortened};
use super::look::{Looked, look, view};
use crate::commands::{Context, Done, Outcome};
use crate::jobs::{self, Attempt, Job, Queue, Reason};
use crate::output::{Column, Format, Page, SCHEMA_VERSION, Table};
use crate::text::{escape, escape_lines, milliseconds, second, thousands};

/// Largest part of a payload or a result that people are shown, in characters.
const SHOWN: usize = 4_000;

/// A job as JSON. It is written from its parts, not through a `View`: its payload stays as it is, number for number and
/// however deep it is nested.
#[derive(Serialize)]
struct Shown<'a> {
    schema_version: u32,
    command: &'a str,
    app: &'a str,
    may_hide: &'a [String],
    job: &'a Job,
    attempts: Option<Vec<Attempt>>,
    why: Reason,
    sentence: String,
}

pub(super) async fn show(context: &Context, text: &str, redact: bool, format: Format) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    let found = jobs::find(&mut tx, &queue, text).await;
    let mut job = context.unless_hidden(&mut tx, &pack, &hidden, found).await?;
    let mut attempts = jobs::attempts_of(&mut tx, &queue, &job).await?;
    let why = jobs::why(&mut tx, &queue, &job).await?.redacted(redact);
    tx.rollback().await?;
    let sentence = why.to_string();
    if redact {
        job.redact();
        attempts.iter_mut().flatten().for_each(Attempt::redact);
    }
    if format == Format::Json {
        context.ui.json(&Shown {
            schema_version: SCHEMA_VERSION,
            command: "jobs show",
            app: &pack.name,
            may_hide: &hidden,
            job: &job,
            attempts,
            why,
            sentence,
        })?;
    } else {
        let view = view("jobs show", &pack, &hidden).page(|| facts(context, &job, attempts.as_deref(), &sentence));
        context.ui.emit(format, view)?;
    }
    Ok(Done::Clean)
}

pub(super) async fn why(context: &Context, text: &str, format: Format) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    let found = jobs::find(&mut tx, &queue, text).await;
    let job = context.unless_hidden(&mut tx, &pack, &hidden, found).await?;
    let why = jobs::why(&mut tx, &queue, &job).await?;
    tx.rollback().await?;
    let remedy = why.remedy(&queue, &job).map(|remedy| context.pasted(&remedy));
    let view = view("jobs why", &pack, &hidden)
        .field("job", &job.job)
        .field("why", &why)
        .field("sentence", why.to_string())
        .field("remedy", &remedy)
        .page(|| {
            let mut lines = format!("{}: {why}", escape(&job.job));
            let failed = matches!(
                why,
                Reason::Dead { .. } | Reason::NotYet { .. } | Reason::NoRetry | Reason::OutOfAttempts { .. }
            );
            if let Some(error) = job.error.as_deref().filter(|_| failed) {
                lines.push_str(&format!("\nlast error: {}", escape(&shortened(error, 500))));
            }
            Page::text(lines)
        });
    context.ui.emit(format, view)?;
    if let Some(remedy) = remedy.filter(|_| format == Format::Table) {
        context.ui.note(&format!("next: {remedy}"));
    }
    Ok(Done::Clean)
}

fn facts(context: &Context, job: &Job, attempts: Option<&[Attempt]>, why: &str) -> Page {
    let mut facts = Table::facts(&context.ui, 2);
    let mut fact = |name: &str, value: &str| facts.row(&[name, value]);
    fact("job", &job.job);
    fact("type", job.kind.as_deref().unwrap_or("-"));
    fact("status", job.status.as_deref().unwrap_or("-"));
    fact("why", why);
    if let Some(tried) = job.attempts {
        fact("tried", &job.max_attempts.map_or_else(|| tried.to_string(), |most| format!("{tried} of {most}")));
    }
    let time = |value: &Option<String>| value.as_deref().map(second);
    for (name, value) in [
        ("worker", job.worker.clone()),
        ("added", time(&job.created_at)),
        ("scheduled", time(&job.scheduled_at)),
        ("next attempt", time(&job.retry_at)),
        ("started", time(&job.started_at)),
        ("lease until", time(&job.lease_until)),
        ("ended", time(&job.finished_at)),
        ("failed", time(&job.failed_at)),
        ("last error", job.error.as_deref().map(|e| shortened(e, SHOWN))),
        ("error group", job.fingerprint.map(|f| f.to_string())),
    ] {
        if let Some(value) = value {
            fact(name, &value);
        }
    }
    let mut page = Page::table(facts);
    page = match attempts {
        None => page,
        Some([]) => page.and("attempts: none"),
        Some(attempts) => page.and("attempts").and_table(attempts_table(context, attempts)),
    };
    for (name, value) in [("payload", &job.payload), ("result", &job.result)] {
        if let Some(value) = value {
            page = page.and_code(format!("{name}\n{}", json_for_people(value)));
        }
    }
    page
}

fn attempts_table(context: &Context, attempts: &[Attempt]) -> Table {
    let noted = is_noted(context, Format::Table);
    let columns = [
        Column::number("attempt").rank(1),
        Column::new("began (UTC)").rank(3),
        Column::number("took").rank(2),
        Column::new("worker").rank(4),
        Column::text("outcome").rank(0),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for attempt in attempts {
        let error =
            attempt.error.as_deref().map(|error| shortened(error, 500)).filter(|_| attempt.succeeded == Some(false));
        let outcome = match (attempt.succeeded, &error) {
            (Some(true), _) => "✓ succeeded".to_owned(),
            (Some(false), Some(error)) if !noted => format!("✗ {error}"),
            (Some(false), _) => "✗ failed".to_owned(),
            (None, _) => "? unknown".to_owned(),
        };
        let cells = [
            &*attempt.number.map_or_else(|| "?".to_owned(), |n| n.to_string()),
            &attempt.started_at.as_deref().map_or_else(|| "-".to_owned(), second),
            &attempt.took_ms.map_or_else(|| "-".to_owned(), milliseconds),
            attempt.worker.as_deref().unwrap_or("-"),
            &outcome,
        ];
        match noted {
            true => table.noted_row(&cells, error.as_deref().unwrap_or_default()),
            false => table.row(&cells),
        }
    }
    table
}

/// The beginning of a JSON value, a line for each value in it.
fn json_for_people(raw: &RawValue) -> String {
    let (text, whole) = set_out(raw.get(), SHOWN);
    let shown = escape_lines(&text);
    match whole {
        true => shown.into_owned(),
        false => {
            format!("{shown}…\n(-o json has all {} characters)", thousands(raw.get().chars().count()))
        }
    }
}

/// JSON with a line for each value, each as it is written: a number that is read and written again may be another one.
/// It ends after about this many bytes. Also returns true if that is all of it.
fn set_out(json: &str, most: usize) -> (String, bool) {
    let (mut out, mut depth, mut in_text, mut escaped) = (String::new(), 0, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    let mut rest = json.chars().peekable();
    while let Some(c) = rest.next() {
        if out.len() >= most {
            return (out, false);
        }
        match c {
            c if in_text => {
                out.push(c);
                in_text = escaped || c != '"';
                escaped = c == '\\' && !escaped;
            }
            '"' => {
                out.push(c);
                in_text = true;
            }
            '{' | '[' => {
                out.push(c);
                while rest.next_if(|next| next.is_whitespace()).is_some() {}
                match rest.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => out.push(end),
                    None => {
                        depth += 1;
                        line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    (out, true)
}

#[cfg(test)]
mod tests {
    use super::set_out;

    #[test]
    fn json_is_set_out_as_it_is_written() {
        for (json, expected) in [
            (r#"{"b":1.50,"a":[1,{}],"b":[ ]}"#, "{\n  \"b\": 1.50,\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"),
            (r#""a, \"b\": {\\""#, r#""a, \"b\": {\\""#),
            ("12345678901234567890.10", "12345678901234567890.10"),
            ("null", "null"),
        ] {
            assert_eq!(set_out(json, 1_000), (expected.to_owned(), true));
        }
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        let (shown, whole) = set_out(&deep, 1_000);
        assert!(!whole && shown.len() < 2_000);
        assert_eq!(set_out("\"ดวงดวง\"", 4), ("\"ด".to_owned(), false));
    }
}
