//! `bursar migrate lint`: what is wrong about migrations, before they run. It connects to nothing.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::lint_formats as formats;
use crate::commands::{Context, Done, Outcome, beside, complete};
use crate::error::{Error, Result};
use crate::migrate::lint::{Choice, Hit, Input, Level, Report, is_rule, lint};
use crate::migrate::{self, foreign};
use crate::output::{Table, Ui};
use crate::text::{escape, width};

/// Say what is wrong about migrations before they run; connects to nothing
///
/// Asks squawk's rules, about locks and about what breaks programs that run, and bursar's own: row level
/// security without a policy, SECURITY DEFINER functions without a search_path, duplicate indexes, foreign
/// keys without an index. Exit 3 when there is a hit. A comment `-- squawk-ignore RULE` on the line before
/// silences one; docs/lint.md lists the rules.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bursar migrate lint\n  bursar migrate lint --source ./migrations -o github\n  bursar migrate lint migrations/*.sql --exclude ban-drop-column,renaming-column"
)]
pub struct Lint {
    /// The files, in the order of their names
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Every file of this directory [default: ./migrations]
    #[arg(long, value_name = "DIR", conflicts_with = "files")]
    pub source: Option<PathBuf>,
    /// Ask these rules of squawk's too, which are off by default
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', add = complete::lint_rule())]
    pub include: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', add = complete::lint_rule())]
    pub exclude: Vec<String>,
    /// How to write the result
    #[arg(short = 'o', long = "output", value_name = "FORMAT", value_enum, default_value_t)]
    pub format: LintFormat,
}

/// How to write what the linter found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LintFormat {
    /// For people
    #[default]
    Table,
    /// One object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
}

/// As much of a line as is shown, in characters: with its number, it fits into a narrow terminal.
const SHOWN: usize = 68;

/// Runs `migrate lint`.
pub async fn run(context: &Context, args: Lint) -> Outcome {
    if let Some(unknown) = args.include.iter().chain(&args.exclude).find(|name| !is_rule(name)) {
        return Err(Error::usage(format!("there is no rule '{unknown}'")).hint("docs/lint.md lists them"));
    }
    let format = args.format;
    // Files may be many, and signals are to be heard meanwhile.
    let (report, notes) = beside(move || {
        let (inputs, notes) = inputs(&args)?;
        let choice =
            Choice { included: args.include.into_iter().collect(), excluded: args.exclude.into_iter().collect() };
        Ok((lint(&inputs, &choice), notes))
    })
    .await?;
    let ui = &context.ui;
    notes.iter().for_each(|said| ui.warn(said));
    match format {
        LintFormat::Table => ui.write(|out| table(ui, &report, out))?,
        LintFormat::Json => ui.json(&formats::json(&report))?,
        LintFormat::Sarif => ui.write(|out| formats::sarif(&report, out))?,
        LintFormat::Github => ui.write(|out| formats::github(&report, out))?,
    }
    Ok(if report.hits.is_empty() { Done::Clean } else { Done::Findings })
}

/// The files that are named, or those of the directory, in the order in which they would be applied.
fn inputs(args: &Lint) -> Result<(Vec<Input>, Vec<String>)> {
    let migrate::Listed { files: mut paths, notes } = match args.files.is_empty() {
        true => listed(args.source.as_deref())?,
        false => migrate::Listed { files: args.files.clone(), notes: Vec::new() },
    };
    paths.sort_by(|a, b| (a.file_name(), a).cmp(&(b.file_name(), b)));
    paths.dedup();
    let read = |path: PathBuf| {
        let bytes = crate::files::read(&path).map_err(|e| unreadable(&path, &e))?;
        let file = path.strip_prefix("./").unwrap_or(&path).display().to_string();
        foreign::refuse_text(&file, &bytes)?;
        Ok(Input { file, bytes })
    };
    Ok((paths.into_iter().map(read).collect::<Result<_>>()?, notes))
}

fn listed(source: Option<&Path>) -> Result<migrate::Listed> {
    let default = Path::new("migrations");
    if source.is_none() && !default.is_dir() {
        return Err(Error::usage("there is no directory ./migrations, and no files were named")
            .hint("bursar migrate lint --source DIR, or bursar migrate lint FILE…"));
    }
    let directory = source.unwrap_or(default);
    foreign::refuse_folder(directory)?;
    let listed = migrate::listed(directory)?;
    if listed.files.is_empty() && listed.notes.is_empty() {
        return Err(foreign::empty(directory));
    }
    if listed.files.is_empty() {
        return Err(Error::usage(format!("nothing can be linted: {}", listed.notes.join("; "))));
    }
    Ok(listed)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    let error = Error::usage(error).context(format!("cannot read {}", path.display()));
    if path.is_dir() { error.hint(format!("bursar migrate lint --source {}", path.display())) } else { error }
}

/// The hits for people, and the answer last, where the eye is.
fn table(ui: &Ui, report: &Report, out: &mut dyn Write) -> Result<()> {
    for hit in &report.hits {
        let (mark, color) = match hit.level {
            Level::Error => ("✗", "31;1"),
            Level::Warning => ("!", "33;1"),
        };
        let place = format!("{}:{}:{}", escape(&hit.file), hit.start.line, hit.start.column);
        writeln!(out, "{} {} · {}", ui.paint_out(mark, color), ui.paint_out(&place, "1"), escape(&hit.rule))?;
        let mut told = Table::facts(ui, 2);
        told.row(&["   ", &hit.message]);
        writeln!(out, "{}", told.render())?;
        let (line, caret) = excerpt(hit);
        let number = hit.start.line.to_string();
        writeln!(out, "    {} {line}", ui.paint_out(&format!("{number} │"), "2"))?;
        writeln!(out, "    {} {caret}", ui.paint_out(&format!("{:width$} │", "", width = number.len()), "2"))?;
        if let Some(help) = &hit.help {
            let mut told = Table::facts(ui, 3);
            told.row(&["   ", "help", help]);
            writeln!(out, "{}", told.render())?;
        }
        writeln!(out)?;
    }
    let counts = formats::counts(report);
    if report.hits.is_empty() {
        writeln!(out, "{}  {counts}", ui.paint_out("✓ clean", "32;1"))?;
        return Ok(());
    }
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for hit in &report.hits {
        *rules.entry(&hit.rule).or_default() += 1;
    }
    let mut rules: Vec<(&str, usize)> = rules.into_iter().collect();
    rules.sort_by_key(|(rule, n)| (std::cmp::Reverse(*n), *rule));
    let mut summary = Table::facts(ui, 2);
    for (rule, n) in rules {
        summary.row(&[&n.to_string(), rule]);
    }
    writeln!(out, "{}\n\n{}  {counts}", summary.render(), ui.paint_out("✗ violated", "31;1"))?;
    Ok(())
}

/// The line that a hit begins on, cut where it is long, and a second one that points at the hit.
fn excerpt(hit: &Hit) -> (String, String) {
    // Both within what is kept of the line.
    let column = hit.start.column - 1 - hit.skipped;
    // What came before the place is cut first, and then what comes after.
    let from = if hit.source.chars().count() > SHOWN && column > SHOWN / 2 { column - SHOWN / 4 } else { 0 };
    let shown: String = hit.source.chars().skip(from).take(SHOWN).collect();
    let cut = |text: &str| if text.is_empty() { "" } else { "…" };
    let rest: String = hit.source.chars().skip(from + SHOWN).take(1).collect();
    let before = if from > 0 || hit.skipped > 0 { "…" } else { "" };
    let line = format!("{before}{}{}", escape(&shown), cut(&rest));
    let lead: String = shown.chars().take(column - from).collect();
    let length = if hit.end.line > hit.start.line {
        hit.source.trim_end().chars().count().saturating_sub(column)
    } else {
        hit.end.column - hit.start.column
    };
    let marked: String = shown.chars().skip(column - from).take(length.max(1)).collect();
    let caret = format!("{}{}", " ".repeat(width(before) + width(&lead)), "^".repeat(width(&marked).max(1)));
    (line, caret)
}
