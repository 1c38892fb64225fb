//! `bursar pack`: creates, checks and shows packs, the mapping from a schema to bursar.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{Context, Done, Outcome, complete, uses};
use crate::error::Error;
use crate::output::{Column, Format, NewFile, Output, Page, Record, Table, View};
use crate::packs::{self, Amounts};
use crate::text::{counted, escape};

/// Create, check and show packs: the mapping from your schema to bursar
#[derive(Debug, Subcommand)]
pub enum Pack {
    /// Draft a pack for the connected database, from its tables and from what a sample of their rows says
    #[command(groups = uses::schema(), after_help = "Examples:\n  bursar pack new ./billing --schema billing\n  bursar pack new ./billing --schema billing --balances account_balances.balance")]
    New {
        /// Folder to write. Its name becomes the name of the pack
        dir: PathBuf,
        /// Table of the ledger's entries [default: the one whose rows agree best]
        #[arg(long, value_name = "TABLE")]
        ledger: Option<String>,
        /// Column of the cached balances [default: the one that agrees best]
        #[arg(long, value_name = "TABLE.COLUMN")]
        balances: Option<String>,
        /// Table of the payments [default: the likeliest one]
        #[arg(long, value_name = "TABLE")]
        payments: Option<String>,
        /// Table of the jobs [default: the likeliest one]
        #[arg(long, value_name = "TABLE")]
        jobs: Option<String>,
    },
    /// Check the names, types and words of a pack against the connected database, and run each query. Exit 3 when one does not fit
    #[command(groups = uses::folder(), after_help = "Examples:\n  bursar pack check ./billing\n  bursar pack check ./billing --data")]
    Check {
        /// Folder of the pack
        dir: PathBuf,
        /// Look at a sample of the rows too: what is there twice or not at all, and how many accounts agree [default: on a terminal]
        #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        data: Option<bool>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Show the packs that come with bursar, and what each covers
    #[command(after_help = "Examples:\n  bursar pack list\n  bursar pack list -o json")]
    List {
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Show the parts of a pack, and the parts that it lacks
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar pack show mimivibe\n  bursar pack show ./billing -o json")]
    Show {
        /// Name of a built-in pack, or folder of a pack [default: the one that fits the database]
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
        Pack::New { dir, ledger, balances, payments, jobs } => {
            new(context, &dir, &packs::Wanted { ledger, balances, payments, jobs }).await
        }
        Pack::Check { dir, data, output } => check(context, &dir, data, output.format).await,
        Pack::List { output } => list(context, output.format),
        Pack::Show { name, output } => show(context, name.as_deref(), output.format).await,
    }
}

async fn new(context: &Context, dir: &Path, wanted: &packs::Wanted) -> Outcome {
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
    let proposal = packs::propose(&mut tx, schema, name, wanted).await?;
    let needs_trust = packs::exceeds_data(&mut tx).await?;
    tx.rollback().await?;
    for (path, text) in &proposal.files {
        let path = dir.join(path);
        let folder = path.parent().unwrap_or(dir);
        std::fs::create_dir_all(folder).map_err(|e| {
            Error::usage(format!("cannot make {}: {e}", folder.display()))
                .hint("name a directory that does not exist yet")
        })?;
        NewFile::source(&path)?.finish(|out| Ok(out.write_all(text.as_bytes())?))?;
    }
    let (mut out, env) = (String::new(), context.env_flag());
    for (mark, said) in &proposal.said {
        out.push_str(&format!("{mark} {}\n", escape(said)));
    }
    for other in &proposal.others {
        let command = draft_of(other, dir, schema, &env);
        out.push_str(&format!("? {}. Draft it into a folder of its own:\n  {command}\n", escape(&other.said)));
    }
    let files = crate::text::counted(proposal.files.len(), "file");
    out.push_str(&format!("wrote {files} to {}\n", dir.display()));
    context.ui.say(out.trim_end())?;
    let folder = crate::text::quoted(&shown(dir)).into_owned();
    let trust = if needs_trust { " --trust-pack" } else { "" };
    context.ui.note(&format!(
        "read and correct them, then: bursar{env} pack check {folder}{trust} && bursar{env} audit --app {folder}{trust}"
    ));
    Ok(Done::Clean)
}

/// The command that drafts another ledger beside a drafted one, into a folder that is not there.
fn draft_of(other: &packs::Other, dir: &Path, schema: &str, env: &str) -> String {
    let table: String = other.ledger.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let beside = |n: usize| {
        PathBuf::from(format!("{}-{table}{}", shown(dir), if n < 2 { String::new() } else { n.to_string() }))
    };
    let folder = (1..).map(beside).find(|folder| !folder.exists()).unwrap_or_else(|| beside(1));
    let words = ["--schema", schema, "--ledger", &other.ledger, "--balances", &other.balances];
    let words: Vec<_> = words.into_iter().map(crate::text::quoted).collect();
    format!("bursar{env} pack new {} {}", crate::text::quoted(&shown(&folder)), words.join(" "))
}

/// The folder as `--app` takes it: a bare name would mean a built-in pack.
fn shown(dir: &Path) -> String {
    if dir.components().count() == 1 { format!("./{}", dir.display()) } else { dir.display().to_string() }
}

async fn check(context: &Context, dir: &Path, data: Option<bool>, format: Format) -> Outcome {
    // What is wrong with the folder is said without a database.
    packs::named(&shown(dir))?;
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let selected = packs::select(&mut tx, Some(&shown(dir)), context.global.schema.as_deref()).await?;
    let mut pack = packs::with(selected, packs::Need::One)?;
    context.say_passed_over(&pack);
    context.vouch(&mut pack);
    context.warn_of_planted(&mut tx, &pack).await?;
    let mut problems = packs::verify(&mut tx, &pack).await?;
    let access = packs::Access::of(&mut tx, &pack.schema, &pack.tables).await?;
    let mut examined = packs::Examined::default();
    let mut ran = false;
    if let Some((cause, remedy)) = access.cause().zip(access.remedy()) {
        context.ui.warn(&format!("the queries were not run, and {cause}: {remedy}"));
    } else if let Err(refusal) = pack.require_trusted(&mut tx).await {
        if refusal.kind != crate::error::Kind::Refused {
            return Err(refusal);
        }
        context.ui.warn(&format!("the queries were only prepared, and not run: {refusal}. To run them: --trust-pack"));
    } else if problems.is_empty() {
        examined = packs::examine(&mut tx, &pack, data.unwrap_or(context.ui.interactive)).await?;
        ran = true;
    }
    problems.append(&mut examined.problems);
    tx.rollback().await?;
    for note in &examined.notes {
        context.ui.note(note);
    }
    let queries = pack.queries().len();
    let wrong = problems.iter().map(|p| &p.file).collect::<std::collections::BTreeSet<_>>().len();
    let view = View::new("pack check")
        .field("pack", &pack.name)
        .field("queries", queries)
        .field("ran", ran)
        .field("problems", &problems)
        .field("facts", &examined.facts)
        .field("notes", &examined.notes)
        .field("passed_over", &pack.passed_over)
        .page(|| {
            let mut page = problems.iter().fold(String::new(), |text, problem| text + &shown_problem(problem));
            page.extend(examined.facts.iter().map(|fact| format!("✓ {}\n", escape(fact))));
            let name = escape(&pack.name);
            Page::text(
                page + &match problems.len() {
                    0 if queries == 0 => format!("? {name} has no query: nothing was verified"),
                    0 if !ran => {
                        let were = if queries == 1 { "was" } else { "were" };
                        let queries = counted(queries, "query");
                        format!("? {queries} of {name} {were} only prepared, not run: nothing is known of their rows")
                    }
                    0 => format!("✓ all {queries} queries of {name} fit {}", database.target()),
                    _ => {
                        let queries = counted(queries, "query");
                        let fit = if wrong == 1 { "does" } else { "do" };
                        format!("✗ {wrong} of {queries} of {name} {fit} not fit {}", database.target())
                    }
                },
            )
        });
    context.ui.emit(format, view)?;
    Ok(match (problems.is_empty(), ran && !pack.queries().is_empty()) {
        (true, false) => Done::Incomplete,
        (true, true) => Done::Clean,
        (false, _) => Done::Findings,
    })
}

/// A pack that comes with bursar.
#[derive(serde::Serialize)]
struct Shipped {
    pack: String,
    title: String,
    schema: String,
    /// The parts that it covers.
    covers: Vec<&'static str>,
    /// The tables that its functions write.
    writes: Vec<String>,
    detect: Vec<String>,
}

impl Record for Shipped {
    const TYPE: &'static str = "pack";
    const FIELDS: &'static [&'static str] = &["pack", "title", "schema", "covers", "writes", "detect"];
}

impl Shipped {
    fn of(pack: packs::Pack) -> Self {
        let parts = [
            ("ledger", pack.ledger.is_some()),
            ("payments", pack.payments.is_some()),
            ("jobs", pack.jobs.is_some()),
            ("checks", !pack.checks.is_empty()),
            ("statistics", !pack.stats.is_empty()),
        ];
        let stem = |sql: &packs::Sql| Path::new(&sql.file).file_stem().map(|s| s.to_string_lossy().into_owned());
        let mut writes: Vec<String> = pack.functions.iter().filter_map(stem).collect();
        writes.sort_unstable();
        Shipped {
            covers: parts.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect(),
            writes,
            pack: pack.name,
            title: pack.title,
            schema: pack.schema,
            detect: pack.detect,
        }
    }
}

fn list(context: &Context, format: Format) -> Outcome {
    let shipped: Vec<Shipped> = packs::built_in()?.into_iter().map(Shipped::of).collect();
    let view = View::new("pack list").rows("packs", &shipped).page(|| {
        let columns = [
            Column::new("pack").rank(0),
            Column::text("title").rank(2),
            Column::new("covers").rank(1),
            Column::new("writes").rank(1),
            Column::new("known by").rank(3),
        ];
        let mut table = Table::new(&context.ui, &columns);
        for pack in &shipped {
            let writes = if pack.writes.is_empty() { "read-only".to_owned() } else { pack.writes.join(", ") };
            table.row(&[&pack.pack, &pack.title, &pack.covers.join(", "), &writes, &pack.detect.join(", ")]);
        }
        Page::table(table)
    });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

/// A query that does not fit, with its line.
fn shown_problem(problem: &packs::Problem) -> String {
    let place = match (problem.line, problem.column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}", problem.file),
        _ => problem.file.clone(),
    };
    let mut text = format!("✗ {}: {}\n", escape(&place), escape(&problem.message));
    if let (Some(line), Some(column)) = (&problem.text, problem.column) {
        text.push_str(&format!("    {}\n    {}^\n", escape(line), " ".repeat(column - 1)));
    }
    text
}

async fn show(context: &Context, name: Option<&str>, format: Format) -> Outcome {
    let pack = packs::with(context.packs_by(name).await?, packs::Need::One)?;
    context.ui.emit(format, view(&pack).page(|| page(context, &pack)))?;
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

fn view(pack: &packs::Pack) -> View<'_> {
    let units = pack.units.iter().map(|u| json!({"name": u.name, "title": u.title, "decimals": u.decimals}));
    let checks = pack.checks.iter();
    let checks = checks.map(|c| json!({"id": c.id, "title": c.title, "severity": c.severity, "reads": c.reads}));
    View::new("pack show")
        .field("name", &pack.name)
        .field("title", &pack.title)
        .field("schema", &pack.schema)
        .field("detect", &pack.detect)
        .field("tables", &pack.tables)
        .field("units", units.collect::<Vec<_>>())
        .field("ledger", pack.ledger.is_some())
        .field("ledgers", pack.all_ledgers().map(packs::Ledger::called).collect::<Vec<_>>())
        .field("payments", pack.payments.is_some())
        .field("refunds", pack.refunds.is_some())
        .field("jobs", pack.jobs.is_some())
        .field("checks", checks.collect::<Vec<_>>())
        .field("stats", pack.stats.iter().map(|t| &t.name).collect::<Vec<_>>())
        .field("faults", pack.faults.iter().map(|f| &f.kind).collect::<Vec<_>>())
        .field("lacks", lacks(pack))
        .field("passed_over", &pack.passed_over)
}

fn page(context: &Context, pack: &packs::Pack) -> Page {
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
                .map(|u| format!("{} ({}, {})", u.name, u.title, counted(u.decimals, "decimal")))
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    for ledger in pack.all_ledgers() {
        let files = [&ledger.entries].into_iter().chain(&ledger.balances).map(|sql| sql.file.as_str());
        let label = ledger.name.as_ref().map_or_else(|| "ledger".to_owned(), |name| format!("ledger {name}"));
        fact(&label, files.collect::<Vec<_>>().join(", "));
    }
    if let Some(payments) = &pack.payments {
        let counts = match payments.amounts {
            Amounts::Minor => "the smallest unit",
            Amounts::Major => "whole units",
            Amounts::Stripe => "Stripe's smallest unit",
        };
        fact("payments", format!("{}, amounts in {counts}", payments.sql.file));
    }
    if let Some(refunds) = &pack.refunds {
        fact("refunds", refunds.sql.file.clone());
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
    let page = Page::text(format!("{} · {}", escape(&pack.name), escape(&pack.title))).and_table(facts);
    if pack.checks.is_empty() {
        return page;
    }
    let columns = [Column::new("check").rank(0), Column::new("severity").rank(1), Column::text("rule").rank(0)];
    let mut checks = Table::new(&context.ui, &columns);
    for check in &pack.checks {
        checks.row(&[&check.id, check.severity.name(), &check.title]);
    }
    page.and_table(checks)
}
