//! One job: everything about it, and why it does not run.

use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::list::shortened;
use super::{Looked, look};
use crate::commands::cli::Format;
use crate::commands::{Context, Done, Outcome};
use crate::jobs::{self, Attempt, Job, Queue, Reason};
use crate::output::Table;
use crate::text::{escape, escape_lines, second, thousands};

/// How much of a payload or a result people are shown, in characters.
const SHOWN: usize = 4_000;

/// A job as JSON. It is written from the parts, because what was asked of it is to stay as it is, number for number and
/// however deep.
#[derive(Serialize)]
struct Shown<'a> {
    schema_version: u8,
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
    let mut job = jobs::find(&mut tx, &queue, text).await?;
    let mut attempts = jobs::attempts_of(&mut tx, &queue, &job).await?;
    let why = jobs::why(&mut tx, &queue, &job).await?.redacted(redact);
    tx.rollback().await?;
    let sentence = why.to_string();
    if redact {
        job.redact();
        attempts.iter_mut().flatten().for_each(Attempt::redact);
    }
    match format {
        Format::Json => {
            let (app, job) = (&pack.name, &job);
            let command = "jobs show";
            context.ui.json(&Shown {
                schema_version: 1,
                command,
                app,
                may_hide: &hidden,
                job,
                attempts,
                why,
                sentence,
            })?;
        }
        Format::Table => context.ui.data(&facts(context, &job, attempts.as_deref(), &why))?,
    }
    Ok(Done::Clean)
}

pub(super) async fn why(context: &Context, text: &str, format: Format) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    let job = jobs::find(&mut tx, &queue, text).await?;
    let why = jobs::why(&mut tx, &queue, &job).await?;
    tx.rollback().await?;
    let remedy = why.remedy(&job);
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "jobs why", "app": pack.name, "may_hide": hidden, "job": job.job,
            "why": why, "sentence": why.to_string(), "remedy": remedy,
        }))?,
        Format::Table => {
            context.ui.data(&format!("{}: {why}", escape(&job.job)))?;
            if let Some(error) = job
                .error
                .as_deref()
                .filter(|_| matches!(why, Reason::Dead { .. } | Reason::NotYet { .. } | Reason::NoRetry))
            {
                context.ui.data(&format!("its last error: {}", escape(&shortened(error, 500))))?;
            }
            if let Some(remedy) = remedy {
                context.ui.note(&format!("next: {remedy}"));
            }
        }
    }
    Ok(Done::Clean)
}

fn facts(context: &Context, job: &Job, attempts: Option<&[Attempt]>, why: &Reason) -> String {
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let time = |value: &Option<String>| value.as_deref().map(second);
    let mut facts = Table::facts(&context.ui, 2);
    let mut fact = |name: &str, value: &str| facts.row(&[name, value]);
    fact("job", &job.job);
    fact("type", &or_none(&job.kind));
    fact("status", &or_none(&job.status));
    fact("why", &why.to_string());
    if let Some(tried) = job.attempts {
        fact("tried", &job.max_attempts.map_or_else(|| tried.to_string(), |most| format!("{tried} of {most}")));
    }
    for (name, value) in [
        ("worker", job.worker.clone()),
        ("added", time(&job.created_at)),
        ("scheduled", time(&job.scheduled_at)),
        ("tried again", time(&job.retry_at)),
        ("started", time(&job.started_at)),
        ("lease until", time(&job.lease_until)),
        ("ended", time(&job.finished_at)),
        ("failed", time(&job.failed_at)),
        ("last error", job.error.as_deref().map(|e| shortened(e, SHOWN))),
        ("errors like it", job.fingerprint.map(|f| f.to_string())),
    ] {
        if let Some(value) = value {
            fact(name, &value);
        }
    }
    let mut out = facts.render();
    match attempts {
        None => {}
        Some([]) => out.push_str("\n\nattempts: none"),
        Some(attempts) => {
            let mut table = Table::new(&context.ui, &["#attempt", "began (UTC)", "#took", "worker", "outcome"]);
            for attempt in attempts {
                let outcome = match (attempt.succeeded, &attempt.error) {
                    (Some(true), _) => "✓ succeeded".to_owned(),
                    (Some(false), Some(error)) => format!("✗ {}", shortened(error, 500)),
                    (Some(false), None) => "✗ failed".to_owned(),
                    (None, _) => "? not told".to_owned(),
                };
                table.row(&[
                    &attempt.number.map_or_else(|| "?".to_owned(), |n| n.to_string()),
                    &time(&attempt.started_at).unwrap_or_else(|| "-".to_owned()),
                    &attempt.took_ms.map_or_else(|| "-".to_owned(), milliseconds),
                    &or_none(&attempt.worker),
                    &outcome,
                ]);
            }
            out.push_str(&format!("\n\nattempts\n{}", table.render()));
        }
    }
    for (name, value) in [("payload", &job.payload), ("result", &job.result)] {
        if let Some(value) = value {
            out.push_str(&format!("\n\n{name}\n{}", json_for_people(value)));
        }
    }
    out
}

/// A stretch of time for people: milliseconds below a second, then seconds with one decimal, then as [`crate::text::span`].
pub(super) fn milliseconds(ms: i64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => crate::text::span(ms / 1_000),
    }
}

/// JSON on lines of its own, and no more of it than people read.
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

/// JSON with a line for each value, each as it is written: a number read and written again would be another one.
/// It ends after about so many bytes, and whether that is all is told.
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
