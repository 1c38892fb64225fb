//! `bursar inspect`: the health of a database, at a glance and check by check.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::HumanBytes;
use serde_json::json;

use super::{Context, Done, Outcome, beside, complete, uses};
use crate::commands::cli::{RowsFormat, RowsOutput};
use crate::commands::values::duration;
use crate::error::{Error, Result};
use crate::inspect::{self, Change, Check, CheckVerdict, Comparison, Finding, NotCompared, checks, compare};
use crate::output::{NewFile, Table, csv_rows, ndjson_row};
use crate::text::thousands;

/// Look at the health of any database: memory, tables, indexes, statements, locks, vacuum and more
///
/// Each check is ok, worth a look, wrong, or skipped with the reason. Reads only, and needs no pack.
#[derive(Debug, Args)]
#[command(groups = uses::database(), after_help = "Examples:\n  bursar inspect\n  bursar inspect indexes locks\n  bursar inspect indexes.duplicate --limit 0 -o csv\n  bursar inspect --fail-on fail\n  bursar inspect --snapshot before.json\n  bursar inspect --diff before.json --fail-on warn"
)]
pub struct Inspect {
    /// Topics, such as indexes, or checks, such as indexes.unused [default: all]
    #[arg(value_name = "TOPIC", add = complete::inspect_topic())]
    pub topics: Vec<String>,
    /// Exit 3 where a check is as bad as this; with --diff, where something has become so
    #[arg(long, value_name = "VERDICT", value_enum)]
    pub fail_on: Option<InspectFailOn>,
    /// How long a statement, an idle transaction, a wait for a lock or a replica's lag may be
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    pub long: Duration,
    /// How many rows of a check to show; 0 for all
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub limit: usize,
    /// Write everything that was found to this file, as JSON, to compare with later
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Show what is otherwise than in this file, which --snapshot wrote
    #[arg(long, value_name = "FILE")]
    pub diff: Option<PathBuf>,
    /// The format.
    #[command(flatten)]
    pub output: RowsOutput,
}

/// How bad is too bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InspectFailOn {
    /// Worth a look, or wrong
    Warn,
    /// Wrong
    Fail,
}

/// Runs the checks and shows what they found.
pub async fn run(context: &Context, args: Inspect) -> Outcome {
    let chosen = choose(checks()?, &args.topics)?;
    let before = match args.diff.clone() {
        Some(path) => Some(beside(move || read(&path)).await?),
        None => None,
    };
    let snapshot = args.snapshot.as_deref().map(NewFile::create).transpose()?;
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let outcomes = inspect::run(&mut tx, &chosen, args.long).await?;
    tx.rollback().await?;

    let name = database.target().database();
    let comparison = before.as_ref().map(|before| compare(&before.checks, &outcomes));
    let nothing = outcomes.iter().all(|o| o.verdict == CheckVerdict::Skipped);
    let complete =
        !nothing && outcomes.iter().all(|o| !o.incomplete) && comparison.as_ref().is_none_or(|c| c.compared > 0);
    let report = json!({
        "schema_version": 1, "command": "inspect", "database": name, "complete": complete, "checks": outcomes,
    });
    if let Some(file) = snapshot {
        file.finish(|out| crate::output::json(&report, out))?;
    }
    let left: Vec<&str> = outcomes.iter().filter(|o| o.incomplete).map(|o| o.check.as_str()).collect();
    if !left.is_empty() {
        context.ui.warn(&format!("incomplete: {} could not be looked at", left.join(", ")));
    }
    if nothing {
        context.ui.warn("nothing was looked at: every check was skipped");
    }
    if let Some(before) = before.as_ref().filter(|before| before.database != name) {
        context.ui.warn(&format!(
            "this is the database {name}, and the snapshot is of {}: what differs may never have been the same",
            before.database
        ));
    }
    if comparison.as_ref().is_some_and(|c| c.compared == 0) {
        context.ui.warn("nothing was compared: the snapshot is without these checks, or they were skipped");
    }
    match (args.output.format, &comparison) {
        (RowsFormat::Json, None) => context.ui.json(&report)?,
        (RowsFormat::Json, Some(compared)) => context.ui.json(&json!({
            "schema_version": 1, "command": "inspect", "database": name, "complete": complete,
            "compared_with": before.as_ref().map(|before| json!({ "database": before.database })),
            "compared": compared.compared, "changes": compared.changes, "not_compared": compared.not_compared,
        }))?,
        (RowsFormat::Ndjson, None) => {
            context.ui.write(|out| outcomes.iter().try_for_each(|outcome| ndjson_row("check", outcome, out)))?
        }
        (RowsFormat::Ndjson, Some(compared)) => context.ui.write(|out| {
            compared.changes.iter().try_for_each(|change| ndjson_row("change", change, out))?;
            compared.not_compared.iter().try_for_each(|check| ndjson_row("not_compared", check, out))
        })?,
        (RowsFormat::Csv, None) => context.ui.csv(|out| {
            let rows = outcomes.iter().flat_map(lines);
            csv_rows(&["check", "object", "verdict", "message", "value", "unit"], rows.map(Ok), out)
        })?,
        (RowsFormat::Csv, Some(compared)) => context.ui.csv(|out| {
            let rows = compared.changes.iter().map(line).chain(compared.not_compared.iter().map(line_without));
            let header =
                ["check", "object", "worse", "before", "after", "value_before", "value_after", "unit", "not_compared"];
            csv_rows(&header, rows.map(Ok), out)
        })?,
        (RowsFormat::Table, None) => {
            context.ui.data(&shown(context, &outcomes, !args.topics.is_empty(), args.limit))?
        }
        (RowsFormat::Table, Some(compared)) => context.ui.data(&differences(context, compared, args.limit))?,
    }
    let worst = match &comparison {
        None => outcomes.iter().map(|o| o.verdict).max(),
        Some(compared) => compared.changes.iter().filter_map(Change::worse).max(),
    };
    let limit = args.fail_on.map(|limit| match limit {
        InspectFailOn::Warn => CheckVerdict::Warn,
        InspectFailOn::Fail => CheckVerdict::Fail,
    });
    Ok(match (worst, limit) {
        (Some(worst), Some(limit)) if worst >= limit => Done::Findings,
        _ if !complete => Done::Incomplete,
        _ => Done::Clean,
    })
}

/// The checks of the topics; all of them without any.
fn choose(checks: Vec<Check>, topics: &[String]) -> Result<Vec<Check>> {
    for topic in topics {
        if topic != "all" && !checks.iter().any(|c| c.id == *topic || c.topic() == topic) {
            let mut known: Vec<&str> = checks.iter().map(Check::topic).collect();
            known.dedup();
            // Of a topic that there is, the check is what is wrong.
            let of = topic.split_once('.').map(|(of, _)| of).filter(|of| known.contains(of));
            let hint = match of {
                Some(of) => {
                    let ids: Vec<&str> = checks.iter().filter(|c| c.topic() == of).map(|c| c.id.as_str()).collect();
                    format!("the checks of {of} are {}", ids.join(", "))
                }
                None => format!("the topics are {}", known.join(", ")),
            };
            return Err(Error::usage(format!("there is no topic or check '{topic}'")).hint(hint));
        }
    }
    let wanted =
        |check: &Check| topics.is_empty() || topics.iter().any(|t| t == "all" || *t == check.id || t == check.topic());
    Ok(checks.into_iter().filter(wanted).collect())
}

/// An earlier look, as `--snapshot` wrote it.
#[derive(serde::Deserialize)]
struct Snapshot {
    database: String,
    checks: Vec<inspect::CheckOutcome>,
}

fn read(path: &Path) -> Result<Snapshot> {
    /// What says whether the rest can be understood.
    #[derive(serde::Deserialize)]
    struct Head {
        schema_version: u32,
        command: String,
    }
    let unusable = |why: String| {
        Error::usage(format!("cannot compare with {}: {why}", path.display()))
            .hint(format!("bursar inspect --snapshot {}", path.display()))
    };
    let text = crate::files::read_text(path).map_err(|e| unusable(e.to_string()))?;
    let head: Head = serde_json::from_str(&text).map_err(|e| unusable(e.to_string()))?;
    if (head.schema_version, head.command.as_str()) != (1, "inspect") {
        return Err(unusable(format!(
            "it is version {} of what `{}` writes, and this bursar knows version 1 of `inspect`",
            head.schema_version, head.command
        )));
    }
    serde_json::from_str(&text).map_err(|e| unusable(e.to_string()))
}

fn text_of(fact: Option<&String>) -> String {
    fact.cloned().unwrap_or_default()
}

/// The lines of a check in a file; one that found nothing, or could not look, has one too.
fn lines(outcome: &inspect::CheckOutcome) -> Vec<[String; 6]> {
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

/// The line of a change in a file.
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

/// The line of a check that was not compared: whether it is worse is not known.
fn line_without(check: &NotCompared) -> [String; 9] {
    let mut line: [String; 9] = Default::default();
    line[0].clone_from(&check.check);
    line[3] = check.before.map_or_else(String::new, |verdict| verdict.name().to_owned());
    line[4] = check.after.name().to_owned();
    line[8].clone_from(&check.why);
    line
}

/// One line a check, and below it what is wrong; with `all` also what is fine.
fn shown(context: &Context, outcomes: &[inspect::CheckOutcome], all: bool, limit: usize) -> String {
    let mut text = String::new();
    let mut table = Table::facts(&context.ui, 3);
    for outcome in outcomes {
        let answer = match (&outcome.reason, outcome.verdict) {
            (Some(reason), _) => format!("skipped: {reason}"),
            (None, CheckVerdict::Ok) => outcome
                .findings
                .iter()
                .find(|f| f.object.is_none())
                .map(|f| f.message.clone())
                .unwrap_or_else(|| outcome.title.clone()),
            _ => {
                let bad = outcome.findings.iter().filter(|f| f.verdict >= CheckVerdict::Warn).count();
                format!("{} (not so: {})", outcome.title, thousands(bad))
            }
        };
        table.row(&[symbol(outcome.verdict), &outcome.check, &answer]);
    }
    text.push_str(&table.render());
    for outcome in outcomes {
        let rows: Vec<&Finding> = outcome.findings.iter().filter(|f| all || f.verdict >= CheckVerdict::Warn).collect();
        if rows.is_empty() || (all && rows.iter().all(|f| f.object.is_none())) {
            continue;
        }
        text.push_str(&format!("\n\n{}\n", context.ui.paint_out(&outcome.check, "1")));
        // Where nothing is counted, there is no column of numbers.
        let counted = rows.iter().any(|f| f.value.is_some());
        let headings: &[&str] = if counted { &["", "what", "#value", "how"] } else { &["", "what", "how"] };
        let mut table = Table::new(&context.ui, headings);
        let show = if limit == 0 { rows.len() } else { limit.min(rows.len()) };
        for finding in &rows[..show] {
            let (mark, object) = (symbol(finding.verdict), text_of(finding.object.as_ref()));
            if counted {
                table.row(&[mark, &object, &value(finding), &finding.message]);
            } else {
                table.row(&[mark, &object, &finding.message]);
            }
        }
        text.push_str(&table.render());
        if show < rows.len() {
            let (show, all) = (thousands(show), thousands(rows.len()));
            text.push_str(&format!("\nshowing {show} of {all}; --limit 0 for all"));
        }
        if outcome.verdict >= CheckVerdict::Warn {
            let mut advice = Table::facts(&context.ui, 2);
            advice.row(&["why", &outcome.why]);
            advice.row(&["do", &outcome.remedy]);
            text.push_str(&format!("\n\n{}", advice.render()));
        }
    }
    let count = |verdict: CheckVerdict| outcomes.iter().filter(|o| o.verdict == verdict).count();
    text.push_str(&format!(
        "\n\n{} of {} checks ok, {} worth a look, {} wrong, {} skipped",
        count(CheckVerdict::Ok),
        outcomes.len(),
        count(CheckVerdict::Warn),
        count(CheckVerdict::Fail),
        count(CheckVerdict::Skipped)
    ));
    text
}

/// What is otherwise, and below it what was not compared.
fn differences(context: &Context, compared: &Comparison, limit: usize) -> String {
    let mut text = match (compared.changes.is_empty(), compared.compared, compared.not_compared.is_empty()) {
        (false, ..) => table_of(context, &compared.changes, limit),
        (true, _, true) => "nothing is otherwise than it was".to_owned(),
        (true, 0, false) => "nothing was compared".to_owned(),
        (true, n, false) => {
            format!("{n} of {} checks compared: nothing is otherwise there", n + compared.not_compared.len())
        }
    };
    if !compared.not_compared.is_empty() {
        let mut table = Table::facts(&context.ui, 2);
        for check in &compared.not_compared {
            table.row(&[&check.check, &check.why]);
        }
        text.push_str(&format!("\n\n{}\n{}", context.ui.paint_out("not compared", "1"), table.render()));
    }
    text
}

fn table_of(context: &Context, changed: &[Change], limit: usize) -> String {
    let mut table = Table::new(&context.ui, &["", "check", "what", "before", "now"]);
    let mut rows: Vec<&Change> = changed.iter().collect();
    rows.sort_by_key(|change| std::cmp::Reverse(change.worse()));
    let show = if limit == 0 {
        rows.len()
    } else {
        limit.max(rows.iter().filter(|c| c.worse().is_some()).count()).min(rows.len())
    };
    let side = |finding: &Option<Finding>| match finding {
        None => "not there".to_owned(),
        Some(f) => {
            let value = value(f);
            if value.is_empty() { f.verdict.name().to_owned() } else { format!("{}, {value}", f.verdict.name()) }
        }
    };
    for change in &rows[..show] {
        let mark = change.worse().map_or("·", symbol);
        let object = change.object.clone().unwrap_or_default();
        table.row(&[mark, &change.check, &object, &side(&change.before), &side(&change.after)]);
    }
    let mut text = table.render();
    if show < rows.len() {
        text.push_str(&format!("\nshowing {show} of {}; --limit 0 for all", rows.len()));
    }
    let worse = rows.iter().filter(|c| c.worse().is_some()).count();
    text.push_str(&format!("\n\n{} changes, {worse} for the worse", rows.len()));
    text
}

fn symbol(verdict: CheckVerdict) -> &'static str {
    match verdict {
        CheckVerdict::Ok => "✓",
        CheckVerdict::Skipped => "–",
        CheckVerdict::Warn => "!",
        CheckVerdict::Fail => "✗",
    }
}

/// A number for people.
fn value(finding: &Finding) -> String {
    let Some(value) = &finding.value else { return String::new() };
    let whole = || value.split('.').next().and_then(|v| v.parse::<i64>().ok());
    match finding.unit.as_deref() {
        Some("bytes") => whole().map_or_else(|| value.clone(), |bytes| HumanBytes(bytes.unsigned_abs()).to_string()),
        Some("ms") => whole().map_or_else(
            || value.clone(),
            |ms| humantime::format_duration(std::time::Duration::from_millis(ms.unsigned_abs())).to_string(),
        ),
        Some("ratio") => value.parse::<f64>().map_or_else(|_| value.clone(), |share| format!("{:.1} %", share * 100.0)),
        Some(unit) => format!("{} {unit}", thousands(value)),
        None => thousands(value),
    }
}
