//! Reads a pack from its folder, embedded or on disk. What is wrong is said with file and line.

use std::collections::BTreeMap;
use std::path::Path;

use include_dir::Dir;
use serde::Deserialize;

use super::{
    Amounts, Check, Fault, JobFact, JobState, Jobs, Ledger, Pack, Payments, Severity, Sql, Thresholds, Topic, Unit,
};
use crate::error::{Error, Result};
use crate::sql_header::header;

/// `pack.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    name: String,
    title: String,
    schema: String,
    detect: Vec<String>,
    tables: Vec<String>,
    #[serde(default)]
    units: Vec<Unit>,
    /// The sign rules in words, for people who read the pack.
    #[serde(default, rename = "signs")]
    _signs: String,
    thresholds: Thresholds,
    #[serde(default)]
    ledger: LedgerManifest,
    payments: Option<PaymentsManifest>,
    jobs: Option<JobsManifest>,
}

/// `[ledger]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LedgerManifest {
    running: bool,
}

impl Default for LedgerManifest {
    fn default() -> Self {
        LedgerManifest { running: true }
    }
}

/// `[payments]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentsManifest {
    amounts: Amounts,
}

/// `[jobs]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JobsManifest {
    /// The application's words, by what they mean.
    states: BTreeMap<JobState, Vec<String>>,
    #[serde(default)]
    lacks: Vec<JobFact>,
    #[serde(default = "a_minute")]
    patience_secs: u32,
    #[serde(default = "jobs_topic")]
    topic: String,
}

fn jobs_topic() -> String {
    "jobs".to_owned()
}

const fn a_minute() -> u32 {
    60
}

/// The files of a pack by their path inside its folder.
type Files = BTreeMap<String, String>;

/// The files that a pack may have at the top of its folder.
const FILES: [&str; 6] = ["pack.toml", "seed.toml", "payments.sql", "jobs.sql", "attempts.sql", "after_seed.sql"];

/// The folders of a pack, each of SQL files and nothing deeper.
const FOLDERS: [&str; 5] = ["ledger", "checks", "stats", "faults", "functions"];

/// The files that `ledger/` may have.
const LEDGER: [&str; 2] = ["entries.sql", "balances.sql"];

/// The most bytes of all files of a pack.
const LARGEST_PACK: usize = 64 * 1024 * 1024;

/// Loads a pack that is embedded in the binary.
pub(super) fn from_embedded(folder: &'static Dir<'static>, name: &str) -> Result<Pack> {
    assemble(&embedded(folder), name)
}

/// The files of a folder that is embedded in the binary.
fn embedded(folder: &'static Dir<'static>) -> Files {
    fn collect(folder: &'static Dir<'static>, root: &Path, files: &mut Files) {
        for file in folder.files() {
            let path = file.path().strip_prefix(root).unwrap_or(file.path());
            if let Some(text) = file.contents_utf8() {
                files.insert(path.to_string_lossy().into_owned(), text.to_owned());
            }
        }
        for inner in folder.dirs() {
            collect(inner, root, files);
        }
    }
    let mut files = Files::new();
    collect(folder, folder.path(), &mut files);
    files
}

/// Loads a pack from a folder on disk. Only the files that a pack has are read; any other SQL file where one of
/// them would be is named in [`Pack::passed_over`].
pub(super) fn from_disk(folder: &Path) -> Result<Pack> {
    let unreadable = |path: &Path, e: &std::io::Error| Error::usage(format!("cannot read {}: {e}", path.display()));
    let root = folder.canonicalize().map_err(|e| unreadable(folder, &e))?;
    let (mut files, mut passed_over, mut size) = (Files::new(), Vec::new(), 0);
    let mut read = |name: String| -> Result<()> {
        let path = folder.join(&name);
        // A link may lead from one file of the pack to another, and nowhere else.
        if !path.canonicalize().map_err(|e| unreadable(&path, &e))?.starts_with(&root) {
            return Err(Error::usage(format!("{} is a link that leads out of the pack's folder", path.display()))
                .hint("put the file itself into the folder"));
        }
        let text = crate::files::read_text(&path).map_err(|e| unreadable(&path, &e))?;
        size += text.len();
        if size > LARGEST_PACK {
            return Err(Error::usage(format!("the files of {} come to more than 64 MiB", folder.display())));
        }
        files.insert(name, text);
        Ok(())
    };
    let is_sql = |name: &str| name.to_ascii_lowercase().ends_with(".sql");
    for name in names(folder).map_err(|e| unreadable(folder, &e))? {
        if FILES.contains(&name.as_str()) {
            read(name)?;
        } else if is_sql(&name) {
            passed_over.push(name);
        }
    }
    for inside in FOLDERS {
        let path = folder.join(inside);
        if path.symlink_metadata().is_err() {
            continue;
        }
        if !path.canonicalize().map_err(|e| unreadable(&path, &e))?.starts_with(&root) {
            return Err(Error::usage(format!("{} is a link that leads out of the pack's folder", path.display()))
                .hint("put the files themselves into the folder"));
        }
        for name in names(&path).map_err(|e| unreadable(&path, &e))? {
            let known = name.ends_with(".sql") && (inside != "ledger" || LEDGER.contains(&name.as_str()));
            let name = format!("{inside}/{name}");
            if known {
                read(name)?;
            } else if is_sql(&name) {
                passed_over.push(name);
            }
        }
    }
    Ok(Pack { passed_over, ..assemble(&files, &folder.display().to_string())? })
}

/// The names in a folder, sorted; one that is not UTF-8 names no file of a pack.
fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let mut names: Vec<String> = entries.into_iter().filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort_unstable();
    Ok(names)
}

/// What a line of a header lists; nothing without the line.
fn listed(line: Option<String>) -> impl Iterator<Item = String> {
    let items: Vec<String> = line.iter().flat_map(|line| line.split(',')).map(|item| item.trim().to_owned()).collect();
    items.into_iter()
}

fn assemble(files: &Files, origin: &str) -> Result<Pack> {
    let wrong = |file: &str, why: String| Error::usage(format!("{origin}/{file}: {why}"));
    let text = files.get("pack.toml").ok_or_else(|| {
        Error::usage(format!("{origin} holds no pack.toml, so it is no pack"))
            .hint("a pack is a folder with a pack.toml and SQL files; see docs/packs.md")
    })?;
    let manifest: Manifest = toml::from_str(text).map_err(|e| wrong("pack.toml", e.to_string()))?;
    for column in &manifest.detect {
        if column.split('.').count() != 2 {
            return Err(wrong("pack.toml", format!("detect: '{column}' is not of the form table.column")));
        }
    }
    let seed = match files.get("seed.toml") {
        Some(text) => Some(toml::from_str(text).map_err(|e| wrong("seed.toml", e.to_string()))?),
        None => None,
    };
    let statement = |file: &str, text: &str| Sql {
        file: format!("{origin}/{file}"),
        text: text.trim_end().trim_end_matches(';').to_owned(),
    };
    let sql = |file: &str| {
        let text = files.get(file).ok_or_else(|| wrong(file, "the file is missing".to_owned()))?;
        Ok::<_, Error>(statement(file, text))
    };
    // The tables that a query reads, as its header says.
    let reads =
        |query: &Sql| header(&query.text).remove("reads").map(|tables| listed(Some(tables)).collect::<Vec<_>>());
    let has_ledger = files.keys().any(|f| f.starts_with("ledger/"));
    let ledger = match has_ledger {
        true => {
            let (entries, balances) = (sql("ledger/entries.sql")?, sql("ledger/balances.sql")?);
            let lacks = |query: &Sql| Error::usage(format!("{}:1: the header comment lacks `-- reads: …`", query.file));
            let mut tables = reads(&entries).ok_or_else(|| lacks(&entries))?;
            tables.extend(reads(&balances).ok_or_else(|| lacks(&balances))?);
            if let Some(table) = tables.iter().find(|t| !manifest.tables.contains(t)) {
                return Err(wrong("ledger", format!("reads '{table}', which pack.toml does not list in tables")));
            }
            let rows_of = header(&entries.text).remove("rows");
            if let Some(table) = rows_of.iter().find(|t| !tables.contains(t)) {
                return Err(wrong("ledger/entries.sql", format!("has the rows of '{table}', which it does not read")));
            }
            Some(Ledger { entries, balances, reads: tables, rows_of, running: manifest.ledger.running })
        }
        false => None,
    };
    let payments = match (files.contains_key("payments.sql"), &manifest.payments) {
        (true, Some(payments)) => {
            let query = sql("payments.sql")?;
            Some(Payments { reads: reads(&query).unwrap_or_default(), sql: query, amounts: payments.amounts })
        }
        (true, None) => {
            return Err(wrong(
                "pack.toml",
                "payments.sql needs [payments] with amounts = \"minor\" or \"major\"".to_owned(),
            ));
        }
        (false, Some(_)) => {
            return Err(wrong("payments.sql", "the file is missing, though pack.toml has [payments]".to_owned()));
        }
        (false, None) => None,
    };
    let attempts = files.contains_key("attempts.sql").then(|| sql("attempts.sql")).transpose()?;
    let jobs = match (files.contains_key("jobs.sql"), manifest.jobs) {
        (true, Some(jobs)) => {
            let states: Vec<(String, JobState)> =
                jobs.states.into_iter().flat_map(|(state, words)| words.into_iter().map(move |w| (w, state))).collect();
            if let Some((word, _)) =
                states.iter().enumerate().find_map(|(i, s)| states[..i].iter().find(|o| o.0 == s.0))
            {
                return Err(wrong("pack.toml", format!("[jobs.states] gives '{word}' two meanings")));
            }
            let (lacks, patience_secs, topic) = (jobs.lacks, jobs.patience_secs, jobs.topic);
            Some(Jobs { jobs: sql("jobs.sql")?, attempts, states, lacks, patience_secs, topic })
        }
        (true, None) => {
            let why = "jobs.sql needs [jobs.states], which says what each status means, as queued = [\"pending\"]";
            return Err(wrong("pack.toml", why.to_owned()));
        }
        (false, Some(_)) => {
            return Err(wrong("jobs.sql", "the file is missing, though pack.toml has [jobs]".to_owned()));
        }
        (false, None) => None,
    };
    let after_seed = files.contains_key("after_seed.sql").then(|| sql("after_seed.sql")).transpose()?;
    let mut stats = Vec::new();
    let mut checks = Vec::new();
    let mut faults = Vec::new();
    let mut functions = Vec::new();
    // What holds of refunds wherever payments are refunded is the same for every application, and so is how many jobs
    // are changed where one can be.
    let mut shared = super::FOLDERS.get_dir("shared").map(embedded).unwrap_or_default();
    let changes_jobs = jobs.is_some() && files.contains_key("functions/jobs.sql");
    shared.retain(|file, _| if file.starts_with("functions/") { changes_jobs } else { payments.is_some() });
    for (file, text) in files.iter().chain(&shared) {
        let stem = |folder: &str| file.strip_prefix(folder).and_then(|f| f.strip_suffix(".sql")).map(str::to_owned);
        if let Some(id) = stem("checks/") {
            let mut header = header(text);
            let mut take = |key: &str| {
                header.remove(key).ok_or_else(|| wrong(file, format!("line 1: the header comment lacks `-- {key}: …`")))
            };
            let check = Check {
                id,
                title: take("title")?,
                severity: match take("severity")?.as_str() {
                    "error" => Severity::Error,
                    "warn" => Severity::Warn,
                    other => return Err(wrong(file, format!("severity is '{other}', not error or warn"))),
                },
                reads: take("reads")?.split(',').map(|t| t.trim().to_owned()).collect(),
                why: take("why")?,
                cause: take("cause")?,
                remedy: take("remedy")?,
                sql: statement(file, text),
            };
            let known = |t: &String| manifest.tables.contains(t) || t.starts_with("bursar.");
            if let Some(table) = check.reads.iter().find(|t| !known(t)) {
                return Err(wrong(file, format!("reads '{table}', which pack.toml does not list in tables")));
            }
            checks.push(check);
        } else if let Some(name) = stem("stats/") {
            let mut header = header(text);
            let title = header
                .remove("title")
                .ok_or_else(|| wrong(file, "line 1: the header comment lacks `-- title: …`".to_owned()))?;
            let counts = listed(header.remove("counts")).map(|name| match name.strip_suffix(')') {
                Some(inside) => inside.split_once(" (").map(|(m, u)| (m.to_owned(), Some(u.to_owned()))),
                None => Some((name.clone(), None)),
            });
            let unclear =
                || wrong(file, "the header comment's `-- counts:` is not of the form metric (UNIT)".to_owned());
            let counts = counts.collect::<Option<Vec<_>>>().ok_or_else(unclear)?;
            let incomparable = listed(header.remove("incomparable")).collect();
            stats.push(Topic { name, title, sql: sql(file)?, counts, incomparable });
        } else if let Some(kind) = stem("faults/") {
            let title = header(text)
                .remove("title")
                .ok_or_else(|| wrong(file, "line 1: the header comment lacks `-- title: …`".to_owned()))?;
            faults.push(Fault { kind, title, sql: sql(file)? });
        } else if stem("functions/").is_some() {
            functions.push(statement(file, text));
        }
    }
    Ok(Pack {
        name: manifest.name,
        title: manifest.title,
        schema: manifest.schema,
        detect: manifest.detect,
        tables: manifest.tables,
        units: manifest.units,
        thresholds: manifest.thresholds,
        ledger,
        payments,
        jobs,
        stats,
        checks,
        faults,
        seed,
        functions,
        after_seed,
        simulate: None,
        origin: origin.to_owned(),
        passed_over: Vec::new(),
        trust: super::Trust::default(),
    })
}
