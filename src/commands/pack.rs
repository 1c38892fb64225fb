//! `bursar pack`: what a schema means to bursar: drafted, verified, shown.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Context, Done, Outcome, complete, uses};
use crate::commands::cli::{Format, Output};
use crate::error::{Error, Result};
use crate::output::Table;
use crate::packs::{self, Amounts};
use crate::text::escape;

/// What a schema means to bursar
#[derive(Debug, Subcommand)]
pub enum Pack {
    /// Draft a pack for the connected database, from its tables, types and foreign keys
    #[command(groups = uses::schema(), after_help = "Examples:\n  bursar pack new ./billing --schema billing\n  bursar pack new ./shop")]
    New {
        /// The folder to write; its name becomes the pack's
        dir: PathBuf,
    },
    /// Verify every query of a pack against the connected database; exit 3 when one does not fit
    #[command(groups = uses::schema(), after_help = "Example:\n  bursar pack check ./billing")]
    Check {
        /// The pack's folder
        dir: PathBuf,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Show what a pack claims, and what it lacks
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar pack show mimivibe\n  bursar pack show ./billing -o json")]
    Show {
        /// A built-in pack's name, or a pack's folder [default: the one that fits the database]
        #[arg(add = complete::pack())]
        name: Option<String>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

/// Drafts, verifies or shows a pack.
pub async fn run(context: &Context, action: Pack) -> Outcome {
    match action {
        Pack::New { dir } => new(context, &dir).await,
        Pack::Check { dir, output } => check(context, &dir, output.format).await,
        Pack::Show { name, output } => show(context, name.as_deref(), output.format).await,
    }
}

async fn new(context: &Context, dir: &Path) -> Outcome {
    if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::usage(format!("{} is not empty; nothing was written", dir.display()))
            .hint("name a directory that does not exist yet"));
    }
    let name = dir
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or_else(|| Error::usage(format!("{} has no name to call the pack by", dir.display())))?;
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let schema = context.global.schema.as_deref().unwrap_or("public");
    let proposal = packs::propose(&mut tx, schema, name).await?;
    tx.rollback().await?;
    for (path, text) in &proposal.files {
        let path = dir.join(path);
        let write = || {
            std::fs::create_dir_all(path.parent().unwrap_or(dir))?;
            let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
            file.write_all(text.as_bytes())
        };
        write().map_err(|e| Error::usage(format!("cannot write {}: {e}", path.display())))?;
    }
    let mut out = String::new();
    for said in &proposal.recognized {
        out.push_str(&format!("✓ {}\n", escape(said)));
    }
    for said in &proposal.missing {
        out.push_str(&format!("- not recognized: {}\n", escape(said)));
    }
    let files = crate::text::counted(proposal.files.len(), "file");
    out.push_str(&format!("wrote {files} to {}\n", dir.display()));
    context.ui.data(&out)?;
    let schema_flag = if schema == "public" { String::new() } else { format!(" (its tables are in {schema})") };
    context.ui.note(&format!(
        "read and correct them{schema_flag}, then: bursar pack check {0} && bursar audit --app {0}",
        shown(dir)
    ));
    Ok(Done::Clean)
}

/// The folder as `--app` takes it: a bare name would mean a built-in pack.
fn shown(dir: &Path) -> String {
    if dir.components().count() == 1 { format!("./{}", dir.display()) } else { dir.display().to_string() }
}

async fn check(context: &Context, dir: &Path, format: Format) -> Outcome {
    // What is wrong with the folder is said without a database.
    packs::named(&shown(dir))?;
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let mut pack = packs::select(&mut tx, Some(&shown(dir)), context.global.schema.as_deref()).await?;
    context.say_passed_over(&pack);
    context.vouch(&mut pack);
    context.warn_of_planted(&mut tx, &pack).await?;
    let problems = packs::verify(&mut tx, &pack).await?;
    // A query that is only prepared needs no right to the tables.
    let access = packs::Access::of(&mut tx, &pack.schema, &pack.tables).await?;
    if let Some((cause, remedy)) = access.cause().zip(access.remedy()) {
        context.ui.warn(&format!("the queries were not run, and {cause}: {remedy}"));
    }
    tx.rollback().await?;
    match format {
        Format::Json => context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "pack check", "pack": pack.name, "queries": pack.queries().len(), "problems": problems,
            "passed_over": pack.passed_over,
        }))?,
        Format::Table => {
            let mut out = String::new();
            for problem in &problems {
                let place = match (problem.line, problem.column) {
                    (Some(line), Some(column)) => format!("{}:{line}:{column}", problem.file),
                    _ => problem.file.clone(),
                };
                out.push_str(&format!("✗ {}: {}\n", escape(&place), escape(&problem.message)));
                if let (Some(text), Some(column)) = (&problem.text, problem.column) {
                    out.push_str(&format!("    {}\n    {}^\n", escape(text), " ".repeat(column - 1)));
                }
            }
            let count = pack.queries().len();
            out.push_str(&match problems.len() {
                0 if count == 0 => format!("? {} has no query: nothing was verified", escape(&pack.name)),
                0 => format!("✓ all {count} queries of {} fit {}", escape(&pack.name), database.target()),
                wrong => format!("✗ {wrong} of {count} queries of {} do not fit {}", escape(&pack.name), database.target()),
            });
            context.ui.data(&out)?;
        }
    }
    Ok(match (problems.is_empty(), pack.queries().is_empty()) {
        (true, true) => Done::Incomplete,
        (true, false) => Done::Clean,
        (false, _) => Done::Findings,
    })
}

async fn show(context: &Context, name: Option<&str>, format: Format) -> Outcome {
    let pack = context.pack_by(name).await?;
    match format {
        Format::Json => context.ui.json(&as_json(&pack))?,
        Format::Table => context.ui.data(&as_text(context, &pack)?)?,
    }
    Ok(Done::Clean)
}

/// The parts that the pack lacks, and the simulation if there is none.
fn lacks(pack: &packs::Pack) -> Vec<String> {
    #[cfg(feature = "seed")]
    let simulation = crate::seed::lack(pack);
    #[cfg(not(feature = "seed"))]
    let simulation = None;
    pack.lacks().into_iter().chain(simulation).collect()
}

fn as_json(pack: &packs::Pack) -> serde_json::Value {
    serde_json::json!({
        "schema_version": 1, "command": "pack show", "name": pack.name, "title": pack.title, "schema": pack.schema,
        "detect": pack.detect, "tables": pack.tables,
        "units": pack.units.iter().map(|u| serde_json::json!({"name": u.name, "title": u.title, "decimals": u.decimals})).collect::<Vec<_>>(),
        "ledger": pack.ledger.is_some(), "payments": pack.payments.is_some(), "jobs": pack.jobs.is_some(),
        "checks": pack.checks.iter().map(|c| serde_json::json!({"id": c.id, "title": c.title, "severity": c.severity, "reads": c.reads})).collect::<Vec<_>>(),
        "stats": pack.stats.iter().map(|t| &t.name).collect::<Vec<_>>(),
        "faults": pack.faults.iter().map(|f| &f.kind).collect::<Vec<_>>(),
        "lacks": lacks(pack), "passed_over": pack.passed_over,
    })
}

fn as_text(context: &Context, pack: &packs::Pack) -> Result<String> {
    let mut out = format!("{} · {}\n\n", escape(&pack.name), escape(&pack.title));
    let mut facts = Table::facts(&context.ui, 2);
    let mut fact = |label: &str, text: String| facts.row(&[label, &text]);
    fact("schema", pack.schema.clone());
    fact("known by", pack.detect.join(", "));
    fact("tables", pack.tables.join(", "));
    if !pack.units.is_empty() {
        fact(
            "units",
            pack.units
                .iter()
                .map(|u| format!("{} ({}, {} decimals)", u.name, u.title, u.decimals))
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    if let Some(ledger) = &pack.ledger {
        fact("ledger", format!("{}, {}", ledger.entries.file, ledger.balances.file));
    }
    if let Some(payments) = &pack.payments {
        let counts = if payments.amounts == Amounts::Minor { "the smallest unit" } else { "whole units" };
        fact("payments", format!("{}, amounts in {counts}", payments.sql.file));
    }
    if let Some(jobs) = &pack.jobs {
        fact("jobs", jobs.jobs.file.clone());
    }
    for topic in &pack.stats {
        fact("statistics", format!("{}: {}", topic.name, topic.title));
    }
    if !pack.faults.is_empty() {
        fact("faults", pack.faults.iter().map(|f| f.kind.as_str()).collect::<Vec<_>>().join(", "));
    }
    for lack in lacks(pack) {
        fact("lacks", lack);
    }
    out.push_str(&facts.render());
    if !pack.checks.is_empty() {
        let mut checks = Table::new(&context.ui, &["check", "severity", "what holds"]);
        for check in &pack.checks {
            checks.row(&[&check.id, check.severity.name(), &check.title]);
        }
        out.push_str(&format!("\n\n{}", checks.render()));
    }
    Ok(out)
}
