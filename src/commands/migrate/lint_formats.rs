//! The hits in the formats of other programs.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::json;

use crate::error::Result;
use crate::migrate::lint::{Hit, Level, RULES, Report};
use crate::output::annotate;
use crate::text::{escape, thousands};

/// The numbers of hits and files, as `3 hits in 2 of 14 files`.
pub(super) fn counts(report: &Report) -> String {
    let number = |n: usize| thousands(n);
    let files = report.hits.iter().map(|h| h.file.as_str()).collect::<BTreeSet<_>>().len();
    let of = if report.files == 1 { "1 file".to_owned() } else { format!("{} files", number(report.files)) };
    match report.hits.len() {
        0 => of,
        1 => format!("1 hit in {} of {of}", number(files)),
        n => format!("{} hits in {} of {of}", number(n), number(files)),
    }
}

/// The verdict, in one word.
pub(super) fn verdict(report: &Report) -> &'static str {
    if report.hits.is_empty() { "clean" } else { "violated" }
}

/// An annotation for each hit, and a notice with their number: GitHub shows ten of each kind.
///
/// # Errors
/// The writer's own.
pub(super) fn github(report: &Report, out: &mut dyn Write) -> Result<()> {
    for hit in &report.hits {
        let command = match hit.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let place = [
            ("file", escape(&hit.file).into_owned()),
            ("line", hit.start.line.to_string()),
            ("col", hit.start.column.to_string()),
            ("title", escape(&hit.rule).into_owned()),
        ];
        annotate(command, &place, &told(hit), out)?;
    }
    annotate("notice", &[("title", format!("bursar migrate lint: {}", verdict(report)))], &counts(report), out)
}

fn told(hit: &Hit) -> String {
    let help = hit.help.as_deref().map(|help| format!("\n{}", escape(help))).unwrap_or_default();
    format!("{}{help}", escape(&hit.message))
}

/// SARIF 2.1.0, for code scanning.
///
/// # Errors
/// The writer's own.
pub(super) fn sarif(report: &Report, out: &mut dyn Write) -> Result<()> {
    let used: BTreeSet<&str> = report.hits.iter().map(|hit| hit.rule.as_str()).collect();
    let used: Vec<&str> = used.into_iter().collect();
    let rules = used.iter().map(|rule| match RULES.iter().find(|own| own.name == *rule) {
        Some(own) => json!({"id": own.name, "shortDescription": {"text": own.title}}),
        None => json!({"id": rule, "helpUri": format!("https://squawkhq.com/docs/{rule}")}),
    });
    let results = report.hits.iter().map(|hit| {
        json!({
            "ruleId": hit.rule,
            "ruleIndex": used.iter().position(|rule| *rule == hit.rule),
            "level": hit.level,
            "message": {"text": match &hit.help { Some(help) => format!("{}\n{help}", hit.message), None => hit.message.clone() }},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": uri(&hit.file)},
                "region": {
                    "startLine": hit.start.line, "startColumn": hit.start.column,
                    "endLine": hit.end.line, "endColumn": hit.end.column,
                },
            }}],
        })
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "bursar", "version": env!("CARGO_PKG_VERSION"), "rules": rules.collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    crate::output::json(&log, out)
}

/// A path as a relative reference: what has a meaning in one is written as its bytes.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
