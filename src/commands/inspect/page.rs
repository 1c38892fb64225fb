//! The answer for people: a line for each check, and its findings below.

use indicatif::HumanBytes;

use crate::commands::Context;
use crate::inspect::{Change, CheckOutcome, CheckVerdict, Comparison, Finding};
use crate::output::{Column, Page, Table};
use crate::text::{counted, milliseconds, thousands};

/// A line for each check, and below it the findings that are wrong; with `all` every finding.
pub(super) fn outcomes(context: &Context, outcomes: &[CheckOutcome], all: bool, limit: usize) -> Page {
    let mut table = Table::facts(&context.ui, 3);
    for outcome in outcomes {
        table.row(&[symbol(outcome.verdict), &outcome.check, &answer(outcome)]);
    }
    let mut page = Page::table(table);
    for outcome in outcomes {
        // Beside what is wrong, also what was not looked at.
        let least = if outcome.verdict >= CheckVerdict::Warn { CheckVerdict::Skipped } else { CheckVerdict::Warn };
        let rows: Vec<&Finding> = outcome.findings.iter().filter(|f| all || f.verdict >= least).collect();
        if rows.is_empty() || (all && rows.iter().all(|f| f.object.is_none())) {
            continue;
        }
        page = page.and_code(findings(context, outcome, &rows, limit));
        if outcome.verdict >= CheckVerdict::Warn {
            let mut advice = Table::facts(&context.ui, 2);
            advice.row(&["why", &outcome.why]);
            advice.row(&["do", &outcome.remedy]);
            page = page.and_table(advice);
        }
    }
    let count = |verdict: CheckVerdict| outcomes.iter().filter(|o| o.verdict == verdict).count();
    page.and(format!(
        "{} of {} checks ok, {} worth a look, {} wrong, {} skipped",
        count(CheckVerdict::Ok),
        outcomes.len(),
        count(CheckVerdict::Warn),
        count(CheckVerdict::Fail),
        count(CheckVerdict::Skipped)
    ))
}

/// The answer of a check in a sentence.
fn answer(outcome: &CheckOutcome) -> String {
    // What counts for the whole, such as a sum.
    let whole = outcome.findings.iter().find(|f| f.object.is_none() && f.verdict == CheckVerdict::Ok);
    let left = outcome.findings.iter().filter(|f| f.verdict == CheckVerdict::Skipped).count();
    match (&outcome.reason, outcome.verdict) {
        (Some(reason), _) => match whole {
            Some(whole) => format!("{}; not looked at: {}", whole.message, thousands(left)),
            None => format!("skipped: {reason}"),
        },
        (None, CheckVerdict::Ok) => whole.map_or_else(|| outcome.title.clone(), |f| f.message.clone()),
        _ => {
            let bad = outcome.findings.iter().filter(|f| f.verdict >= CheckVerdict::Warn).count();
            let left = if left == 0 { String::new() } else { format!(", not looked at: {}", thousands(left)) };
            format!("{} (exceptions: {}{left})", outcome.title, thousands(bad))
        }
    }
}

/// The findings of a check under its name. Sentences are wrapped, not cut: they name the objects to look at.
fn findings(context: &Context, outcome: &CheckOutcome, rows: &[&Finding], limit: usize) -> String {
    // Where nothing is counted, there is no column of numbers.
    let counted = rows.iter().any(|f| f.value.is_some());
    let mut table = Table::facts(&context.ui, if counted { 4 } else { 3 });
    let show = if limit == 0 { rows.len() } else { limit.min(rows.len()) };
    for finding in &rows[..show] {
        let (mark, object) = (symbol(finding.verdict), finding.object.clone().unwrap_or_default());
        if counted {
            table.row(&[mark, &object, &value(finding), &finding.message]);
        } else {
            table.row(&[mark, &object, &finding.message]);
        }
    }
    let mut text = format!("{}\n{}", context.ui.paint_out(&outcome.check, "1"), table.render());
    if show < rows.len() {
        text.push_str(&format!("\nshowing {} of {}; --limit 0 for all", thousands(show), thousands(rows.len())));
    }
    text
}

/// The differences, and below them the checks that were not compared.
pub(super) fn differences(context: &Context, compared: &Comparison, limit: usize) -> Page {
    let page = match (compared.changes.is_empty(), compared.compared, compared.not_compared.is_empty()) {
        (false, ..) => changes(context, &compared.changes, limit),
        (true, _, true) => Page::text("No differences."),
        (true, 0, false) => Page::text("nothing was compared"),
        (true, n, false) => {
            Page::text(format!("{n} of {} compared: no differences", counted(n + compared.not_compared.len(), "check")))
        }
    };
    if compared.not_compared.is_empty() {
        return page;
    }
    let mut table = Table::facts(&context.ui, 2);
    for check in &compared.not_compared {
        table.row(&[&check.check, &check.why]);
    }
    page.and_code(format!("{}\n{}", context.ui.paint_out("not compared", "1"), table.render()))
}

/// The changes, the worst first. All that became worse are shown, whatever the limit is.
fn changes(context: &Context, changes: &[Change], limit: usize) -> Page {
    let columns = [
        Column::new("").rank(0),
        Column::new("check").rank(1),
        Column::new("object").rank(0),
        Column::new("before").rank(2),
        Column::new("now").rank(0),
    ];
    let mut table = Table::new(&context.ui, &columns);
    let mut rows: Vec<&Change> = changes.iter().collect();
    rows.sort_by_key(|change| std::cmp::Reverse(change.worse()));
    let worse = rows.iter().filter(|c| c.worse().is_some()).count();
    let show = if limit == 0 { rows.len() } else { limit.max(worse).min(rows.len()) };
    for change in &rows[..show] {
        let mark = change.worse().map_or("·", symbol);
        let object = change.object.clone().unwrap_or_default();
        table.row(&[mark, &change.check, &object, &side(change.before.as_ref()), &side(change.after.as_ref())]);
    }
    let cut = match show < rows.len() {
        true => format!("showing {} of {}; --limit 0 for all", thousands(show), thousands(rows.len())),
        false => String::new(),
    };
    Page::table(table).and(cut).and(format!("{}, {worse} for the worse", counted(rows.len(), "change")))
}

/// A finding on one side of a comparison.
fn side(finding: Option<&Finding>) -> String {
    match finding.map(|f| (f.verdict.name(), value(f))) {
        None => "absent".to_owned(),
        Some((verdict, value)) if value.is_empty() => verdict.to_owned(),
        Some((verdict, value)) => format!("{verdict}, {value}"),
    }
}

fn symbol(verdict: CheckVerdict) -> &'static str {
    match verdict {
        CheckVerdict::Ok => "✓",
        CheckVerdict::Skipped => "–",
        CheckVerdict::Warn => "!",
        CheckVerdict::Fail => "✗",
    }
}

/// The value in its unit, for people.
fn value(finding: &Finding) -> String {
    let Some(value) = &finding.value else { return String::new() };
    let whole = || value.split('.').next().and_then(|v| v.parse::<i64>().ok());
    match finding.unit.as_deref() {
        Some("bytes") => whole().map_or_else(|| value.clone(), |bytes| HumanBytes(bytes.unsigned_abs()).to_string()),
        Some("ms") => whole().map_or_else(|| value.clone(), milliseconds),
        Some("ratio") => value.parse::<f64>().map_or_else(|_| value.clone(), |share| format!("{:.1} %", share * 100.0)),
        Some(unit) => format!("{} {unit}", thousands(value)),
        None => thousands(value),
    }
}
