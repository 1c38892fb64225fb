//! The rows of a run for other programs: one a finding in CSV, one a check in NDJSON.

use std::io::Write;

use crate::error::Result;
use crate::inspect::{Change, CheckOutcome, CheckVerdict, Comparison, Finding, NotCompared};
use crate::output::{csv_rows, ndjson_row, ndjson_rows};

/// Writes the run as CSV; of a comparison, the changes.
///
/// # Errors
/// The writer's own.
pub(super) fn csv(outcomes: &[CheckOutcome], compared: Option<&Comparison>, out: &mut dyn Write) -> Result<()> {
    let Some(compared) = compared else {
        let rows = outcomes.iter().flat_map(lines);
        return csv_rows(&["check", "object", "verdict", "message", "value", "unit"], rows.map(Ok), out);
    };
    let rows = compared.changes.iter().map(line).chain(compared.not_compared.iter().map(line_without));
    let header = ["check", "object", "worse", "before", "after", "value_before", "value_after", "unit", "not_compared"];
    csv_rows(&header, rows.map(Ok), out)
}

/// Writes the run as NDJSON; of a comparison, the changes.
///
/// # Errors
/// The writer's own.
pub(super) fn ndjson(outcomes: &[CheckOutcome], compared: Option<&Comparison>, out: &mut dyn Write) -> Result<()> {
    let Some(compared) = compared else { return ndjson_rows("check", outcomes, out) };
    compared.changes.iter().try_for_each(|change| ndjson_row("change", change, out))?;
    compared.not_compared.iter().try_for_each(|check| ndjson_row("not_compared", check, out))
}

fn text_of(fact: Option<&String>) -> String {
    fact.cloned().unwrap_or_default()
}

/// The rows of a check in CSV. A check that found nothing or was skipped has one too.
fn lines(outcome: &CheckOutcome) -> Vec<[String; 6]> {
    let line = |f: Option<&Finding>, verdict: CheckVerdict, message: &str| {
        let (object, value, unit) =
            (f.and_then(|f| f.object.as_ref()), f.and_then(|f| f.value.as_ref()), f.and_then(|f| f.unit.as_ref()));
        let verdict = verdict.name().to_owned();
        [outcome.check.clone(), text_of(object), verdict, message.to_owned(), text_of(value), text_of(unit)]
    };
    if outcome.findings.is_empty() {
        return vec![line(None, outcome.verdict, outcome.reason.as_ref().unwrap_or(&outcome.title))];
    }
    outcome.findings.iter().map(|f| line(Some(f), f.verdict, &f.message)).collect()
}

/// The row of a change in CSV.
fn line(change: &Change) -> [String; 9] {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let verdict = |f: Option<&Finding>| f.map_or_else(String::new, |f| f.verdict.name().to_owned());
    let value = |f: Option<&Finding>| text_of(f.and_then(|f| f.value.as_ref()));
    [
        change.check.clone(),
        text_of(change.object.as_ref()),
        if change.worse().is_some() { "yes" } else { "no" }.to_owned(),
        verdict(before),
        verdict(after),
        value(before),
        value(after),
        text_of(after.or(before).and_then(|f| f.unit.as_ref())),
        String::new(),
    ]
}

/// The row of a check that was not compared, so that it is not known whether it is worse.
fn line_without(check: &NotCompared) -> [String; 9] {
    let mut line: [String; 9] = Default::default();
    line[0].clone_from(&check.check);
    line[3] = check.before.map_or_else(String::new, |verdict| verdict.name().to_owned());
    line[4] = check.after.name().to_owned();
    line[8].clone_from(&check.why);
    line
}
