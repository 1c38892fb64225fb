//! `bursar migrate lint`: problems of migrations, before they run. It connects to nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;

use super::lint_formats as reports;
use crate::commands::{Context, Done, Outcome, beside, complete};
use crate::error::{Error, Result};
use crate::migrate::formats::{self, Folder};
use crate::migrate::lint::{Changed, Choice, Hit, Input, Level, Report, changed, is_refused, is_rule, lint};
use crate::migrate::{self, foreign};
use crate::output::{Format, FormatSet, Output, Page, Table, Ui, View};
use crate::text::{counted, escape, quoted_path, width};

/// Check migrations for problems before they run. Connects to nothing
///
/// Applies squawk's rules about locks and about changes that break running programs. Adds bursar's own rules: row level
/// security without a policy, SECURITY DEFINER functions without a search_path, duplicate indexes, foreign keys without
/// an index. Exit 3 when there is a hit. A comment `-- squawk-ignore RULE` on the line before silences a rule.
/// docs/lint.md lists the rules.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bursar migrate lint\n  bursar migrate lint --source ./migrations -o github\n  bursar migrate lint --since 20250101000000\n  bursar migrate lint migrations/*.sql --exclude ban-drop-column,renaming-column"
)]
pub struct Lint {
    /// Files to check, in the order of their names
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Directory of the files to check [default: ./migrations]
    #[arg(long, value_name = "DIR", conflicts_with = "files")]
    pub source: Option<PathBuf>,
    /// Report only the migrations after this one. The others are read for what they create
    #[arg(long, value_name = "VERSION", conflicts_with = "files")]
    pub since: Option<i64>,
    /// Report only the files that git has as new or changed since this commit [default: where the branch left the default branch]
    #[arg(long, value_name = "COMMIT", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with_all = ["files", "since"])]
    pub changed: Option<String>,
    /// Also apply these rules, which are off by default
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', add = complete::lint_rule())]
    pub include: Vec<String>,
    /// Rules to leave out
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', add = complete::lint_rule())]
    pub exclude: Vec<String>,
    /// The format.
    #[command(flatten)]
    pub output: Output<LintFormats>,
}

/// The formats of the linter's report.
#[derive(Debug, Clone, Copy)]
pub struct LintFormats;

impl FormatSet for LintFormats {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json, Format::Sarif, Format::Github];
}

/// The directory that is linted where none is named.
const DEFAULT: &str = "migrations";

/// Maximum length of a line that is shown, in characters: with its number, it fits into a narrow terminal.
const SHOWN: usize = 68;

/// Runs `migrate lint`.
pub async fn run(context: &Context, args: Lint) -> Outcome {
    if let Some(unknown) = args.include.iter().chain(&args.exclude).find(|name| !is_rule(name)) {
        return Err(Error::usage(format!("there is no rule '{unknown}'")).hint("docs/lint.md lists them"));
    }
    if let Some(refused) = args.exclude.iter().find(|name| is_refused(name)) {
        return Err(Error::usage(format!(
            "the rule {refused} cannot be excluded: `bursar migrate up` cannot run such a file"
        ))
        .hint("leave --exclude out for it, and correct the file"));
    }
    let format = args.output.format;
    // Files may be many, and signals are to be heard meanwhile.
    let (report, notes, (said, is_empty)) = beside(move || {
        let Inputs { mut inputs, notes, versions } = inputs(&args)?;
        let Chosen { said, before, is_empty } = choose(&args, &mut inputs, &versions)?;
        let choice =
            Choice { included: args.include.into_iter().collect(), excluded: args.exclude.into_iter().collect() };
        Ok((lint(&inputs, &before, &choice), notes, (said, is_empty)))
    })
    .await?;
    let ui = &context.ui;
    notes.iter().for_each(|said| ui.warn(said));
    said.iter().for_each(|said| ui.note(said));
    match format {
        Format::Sarif => ui.write(|out| reports::sarif(&report, out))?,
        Format::Github => ui.write(|out| reports::github(&report, &notes, out))?,
        format => {
            let view = View::new("migrate lint")
                .field("verdict", reports::verdict(&report))
                .field("files", report.files)
                .field("hits", &report.hits)
                .field("notes", notes.iter().chain(said.iter().filter(|_| is_empty)).collect::<Vec<_>>())
                .page(|| page(ui, &report));
            ui.emit(format, view)?;
        }
    }
    Ok(if report.hits.is_empty() { Done::Clean } else { Done::Findings })
}

/// The files to lint.
#[derive(Default)]
struct Inputs {
    /// In the order in which they would be applied.
    inputs: Vec<Input>,
    notes: Vec<String>,
    /// The version of each file that is a migration of the directory.
    versions: BTreeMap<String, i64>,
}

/// The choice of `--since` and `--changed`: only hits of new files are reported.
#[derive(Default)]
struct Chosen {
    /// The choice in words.
    said: Option<String>,
    /// The set as it was before.
    before: Vec<Input>,
    /// True if no file is new, and none is gone.
    is_empty: bool,
}

/// Leaves only the hits of what is new to be reported, where that is asked for.
fn choose(args: &Lint, inputs: &mut [Input], versions: &BTreeMap<String, i64>) -> Result<Chosen> {
    let mut restored = None;
    let mut deleted = 0;
    let (new, what): (BTreeSet<String>, String) = match (args.since, &args.changed) {
        (Some(since), _) if since != 0 && !versions.values().any(|version| *version == since) => {
            return Err(Error::usage(format!("the directory has no migration {since}"))
                .hint("name the last one that is not to be reported; 0 reports all of them"));
        }
        (Some(since), _) => {
            let new = versions.iter().filter(|(_, version)| **version > since).map(|(file, _)| file.clone());
            (new.collect(), format!("those after {since}"))
        }
        (None, Some(commit)) => {
            let directory = args.source.as_deref().unwrap_or(Path::new(DEFAULT));
            let changed = changed(directory, Some(commit.as_str()).filter(|name| !name.is_empty()))?;
            restored = Some(as_it_was(&changed, directory)?);
            deleted = changed.deleted;
            let files = changed.files.iter().map(|file| shown_path(file)).collect();
            (files, format!("those that differ from {}", changed.base))
        }
        (None, None) => return Ok(Chosen::default()),
    };
    for input in inputs.iter_mut() {
        input.reported = new.contains(&shown_path(Path::new(&input.file)));
    }
    let count = |inputs: &mut dyn Iterator<Item = &Input>| {
        inputs.map(|input| input.file.as_str()).collect::<BTreeSet<_>>().len()
    };
    let (some, all) = (count(&mut inputs.iter().filter(|input| input.reported)), count(&mut inputs.iter()));
    let gone =
        if deleted > 0 { format!(", and what {} brings in", counted(deleted, "deleted file")) } else { String::new() };
    let is_empty = some == 0 && deleted == 0;
    let nothing = if is_empty { "no file is new: " } else { "" };
    let said = Some(format!("{nothing}{some} of {} reported, {what}{gone}", counted(all, "file")));
    let before = restored.unwrap_or_else(|| inputs.iter().filter(|input| !input.reported).cloned().collect());
    Ok(Chosen { said, before, is_empty })
}

/// The files of a directory as the commit has it that it is compared with, none of which is reported. Where they could not
/// be read, there are none, so that all is new.
fn as_it_was(changed: &Changed, directory: &Path) -> Result<Vec<Input>> {
    let folder = tempfile::tempdir()?;
    changed.restore(directory, folder.path())?;
    let read = listed(Some(folder.path())).and_then(read).unwrap_or_default();
    let mut inputs = read.inputs;
    for input in &mut inputs {
        if let Ok(below) = Path::new(&input.file).strip_prefix(folder.path()) {
            input.file = shown_path(&directory.join(below));
        }
        input.reported = false;
    }
    Ok(inputs)
}

/// A path as it is shown and compared.
fn shown_path(path: &Path) -> String {
    path.strip_prefix("./").unwrap_or(path).display().to_string()
}

/// The files that are named, or those of the directory.
fn inputs(args: &Lint) -> Result<Inputs> {
    read(match args.files.is_empty() {
        true => listed(args.source.as_deref())?,
        false => Source::Files(migrate::Listed { files: args.files.clone(), notes: Vec::new() }, BTreeMap::new()),
    })
}

/// The texts of what is linted.
fn read(source: Source) -> Result<Inputs> {
    let (mut paths, notes, versions) = match source {
        Source::Files(migrate::Listed { files, notes }, versions) => (files, notes, versions),
        Source::Read(all) => return Ok(all),
    };
    paths.sort_by(|a, b| (a.file_name(), a).cmp(&(b.file_name(), b)));
    paths.dedup();
    let mut inputs = Vec::new();
    for path in paths {
        let bytes = crate::files::read_migration(&path).map_err(|e| unreadable(&path, &e))?;
        let file = shown_path(&path);
        match formats::lone(&file, &bytes)? {
            Some(parts) => inputs.extend(parts.into_iter().map(Input::from)),
            None => inputs.push(Input::of(file, bytes)),
        }
    }
    Ok(Inputs { inputs, notes, versions })
}

/// The source of what is linted.
enum Source {
    /// Files, each of which is read on its own, and their versions.
    Files(migrate::Listed, BTreeMap<String, i64>),
    /// A directory as another tool's format reads it.
    Read(Inputs),
}

fn listed(source: Option<&Path>) -> Result<Source> {
    let default = Path::new(DEFAULT);
    if source.is_none() && !default.is_dir() {
        return Err(Error::usage("there is no directory ./migrations, and no files were named")
            .hint("bursar migrate lint --source DIR, or bursar migrate lint FILE…"));
    }
    let directory = source.unwrap_or(default);
    if let Some(Folder { mut parts, notes, .. }) = formats::read_foreign(directory)? {
        // What `up` refuses is told here too: a way back of nothing, two of one version.
        migrate::Set::directory(directory, "source", "public")?;
        parts.sort_by_key(|part| (part.version, part.down));
        let versions = parts.iter().map(|part| (shown_path(Path::new(&part.script.file)), part.version)).collect();
        let inputs = parts.into_iter().map(Input::from).collect();
        return Ok(Source::Read(Inputs { inputs, notes, versions }));
    }
    let listed = migrate::listed(directory)?;
    if listed.files.is_empty() && listed.notes.is_empty() {
        return Err(foreign::empty(directory));
    }
    if listed.files.is_empty() {
        return Err(Error::usage(format!("nothing can be linted: {}", listed.notes.join("; "))));
    }
    let versions = formats::versions(directory, &listed.files)?;
    // What has no version, `up` leaves out.
    if versions.is_empty() {
        return Err(foreign::empty(directory));
    }
    let versions = versions.into_iter().map(|(file, version)| (shown_path(Path::new(&file)), version)).collect();
    Ok(Source::Files(listed, versions))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    let error = Error::usage(error).context(format!("cannot read {}", path.display()));
    match path.is_dir() {
        true => error.hint(format!("bursar migrate lint --source {}", quoted_path(path))),
        false => error.hint("name SQL files, or their directory with --source DIR"),
    }
}

/// The hits for people, and the answer last, where the eye is.
fn page(ui: &Ui, report: &Report) -> Page {
    let page = report.hits.iter().fold(Page::default(), |page, hit| page.and_code(shown(ui, hit)));
    let counts = reports::counts(report);
    if report.hits.is_empty() {
        return page.and(format!("{}  {counts}", ui.paint_out("✓ clean", "32;1")));
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
    page.and_table(summary).and(format!("{}  {counts}", ui.paint_out("✗ violated", "31;1")))
}

/// A hit with its line.
fn shown(ui: &Ui, hit: &Hit) -> String {
    let (mark, color) = match hit.level {
        Level::Error => ("✗", "31;1"),
        Level::Warning => ("!", "33;1"),
    };
    let place = format!("{}:{}:{}", escape(&hit.file), hit.start.line, hit.start.column);
    let title = format!("{} {} · {}", ui.paint_out(mark, color), ui.paint_out(&place, "1"), escape(&hit.rule));
    let title = ui.fitted(&title);
    let mut message = Table::facts(ui, 2);
    message.row(&["   ", &hit.message]);
    let number = hit.start.line.to_string();
    // Beside the number, and the marks of what was cut.
    let room = ui.columns().map_or(SHOWN, |columns| SHOWN.min(columns.saturating_sub(number.len() + 9)));
    let (line, caret) = excerpt(hit, room);
    let bar = |text: &str| ui.paint_out(&format!("{text:width$} │", width = number.len()), "2");
    let mut text = format!("{title}\n{}\n    {} {line}\n    {} {caret}", message.render(), bar(&number), bar(""));
    if let Some(help) = &hit.help {
        let mut facts = Table::facts(ui, 3);
        facts.row(&["   ", "help", help]);
        text.push_str(&format!("\n{}", facts.render()));
    }
    text
}

/// The line that a hit begins on, cut where it is long, and a second one that points at the hit.
fn excerpt(hit: &Hit, room: usize) -> (String, String) {
    // Both within what is kept of the line.
    let column = hit.start.column - 1 - hit.skipped;
    // What came before the place is cut first, and then what comes after.
    let from = if hit.source.chars().count() > room && column > room / 2 { column - room / 4 } else { 0 };
    let shown: String = hit.source.chars().skip(from).take(room).collect();
    let cut = |text: &str| if text.is_empty() { "" } else { "…" };
    let rest: String = hit.source.chars().skip(from + room).take(1).collect();
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
