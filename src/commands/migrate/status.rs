//! `bursar migrate status`: the state of each migration. Writes nothing, not even the history table.

use serde_json::json;

use super::args::MigrateSource;
use super::events::function_files;
use super::flags::{source_flags, with_flags};
use super::project::{AppRun, FunctionsPending, Project};
use crate::commands::{Context, Done, Outcome};
use crate::migrate::{self, InvalidIndex, MigrationState, MigrationStatus, SetStatus, Until, functions};
use crate::output::{Column, Format, Page, Table, View};
use crate::text::{counted, escape, escape_lines};

pub(super) async fn run(
    context: &Context,
    check: bool,
    ignore_missing: bool,
    source: &MigrateSource,
    format: Format,
) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let mut all = Vec::new();
    let project = Project::of(context, &database, &mut tx, source).await?;
    let (mut refusal, mut run) = (None, AppRun::default());
    for (position, set) in project.sets.iter().enumerate() {
        let ignore_missing = ignore_missing && position + 1 == project.sets.len();
        let until = Until { ignore_missing, ..Until::default() };
        let status = migrate::status(&mut tx, set).await?;
        run = AppRun { begins: status.pending() > 0, leaves: false };
        refusal = refusal.or_else(|| migrate::trouble(set, &status, until));
        if refusal.is_none() {
            let pending = migrate::pending(set, &status, until).unwrap_or_default();
            refusal = project.made_elsewhere(context, &mut tx, set, &status, &pending).await?;
        }
        all.push(status);
    }
    let flags = source_flags(context, source);
    let FunctionsPending { files, lacking, .. } = project.functions_pending(&mut tx, run).await?;
    let lacking = functions::require_installed(&lacking).err();
    // What can be done all the same is still said to be done.
    let stops = refusal.is_some();
    let refusal = refusal.or(lacking);
    let refusal = refusal.map(|e| (e.message(), e.hint.map(|hint| with_flags(&hint, &flags)).unwrap_or_default()));
    let invalid = migrate::invalid_indexes(&mut tx).await?;
    tx.rollback().await?;
    let pending: usize = all.iter().map(SetStatus::pending).sum();
    let view = View::new("migrate status")
        .field("database", database.target().database())
        .field("pending", pending)
        .field("functions_pending", files)
        .field("sets", &all)
        .field("invalid_indexes", &invalid)
        .field("up_refuses", refusal.as_ref().map(|(message, hint)| json!({ "message": message, "hint": hint })))
        .page(|| {
            let answer = match (pending, files) {
                (0, 0) if refusal.is_some() && !stops => "no migration is pending".to_owned(),
                (0, 0) => "nothing is pending".to_owned(),
                (0, n) => format!("{} to install", function_files(n)),
                (n, _) => format!("{n} pending"),
            };
            let runs = !stops && pending + files > 0;
            let mut next = if runs { with_flags(": bursar migrate up", &flags) } else { String::new() };
            if let Some((message, hint)) = &refusal {
                let who = if stops { "up refuses: " } else { "" };
                next += &format!("\n✗ {who}{message}\n  try: {}", hint.replace('\n', "\n       "));
            }
            let answer = format!("{}: {answer}{}", database.target(), escape_lines(&next));
            Page::table(table(context, &project, &all)).and(answer + &broken(&invalid, &flags))
        });
    context.ui.emit(format, view)?;
    Ok(if check && (pending + files > 0 || refusal.is_some()) { Done::Findings } else { Done::Clean })
}

fn table(context: &Context, project: &Project, sets: &[SetStatus]) -> Table {
    let columns = [
        Column::new("").rank(0),
        Column::new("set").rank(2),
        Column::new("version").rank(0),
        Column::new("state").rank(0),
        Column::new("applied (UTC)").rank(3),
        Column::text("what").rank(1),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for (status, set) in sets.iter().zip(&project.sets) {
        // bursar's own are one line where all of them stand alike.
        let alike = status.migrations.iter().all(|line| line.state == status.migrations[0].state);
        let is_folded = project.folds(&status.set) && alike;
        let shown = match status.migrations.last() {
            Some(last) if is_folded => std::slice::from_ref(last),
            _ => &status.migrations[..],
        };
        for line in shown {
            let (symbol, state) = describe(line, set.get(line.version).is_some());
            let at = line.applied_at.filter(|_| line.state != MigrationState::Partial);
            let at = at.map(|t| t.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default();
            let (version, what) = match is_folded {
                true => (counted(status.migrations.len(), "migration"), "bursar's own schema"),
                false => (line.version.to_string(), line.description.as_str()),
            };
            table.row(&[symbol, &status.set, &version, &state, &at, what]);
        }
    }
    table
}

/// A warning of indexes that were left INVALID.
fn broken(invalid: &[InvalidIndex], flags: &[(&'static str, String)]) -> String {
    if invalid.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = invalid.iter().map(|i| i.name.as_str()).collect();
    format!(
        "\n✗ INVALID, slowing writes and serving no query: {}\n  try: {}",
        escape(&names.join(", ")),
        with_flags("bursar migrate repair --drop-invalid-indexes", flags)
    )
}

fn describe(line: &MigrationStatus, has_file: bool) -> (&'static str, String) {
    let (symbol, state) = match line.state {
        MigrationState::Applied => ("✓", "applied"),
        MigrationState::Pending => ("·", "pending"),
        MigrationState::OutOfOrder => ("!", "pending, out of order"),
        MigrationState::Modified => ("✗", "changed after it was applied"),
        MigrationState::LineEndsOnly => ("✓", "applied, with other line ends"),
        MigrationState::Missing => ("✗", "applied, but the file is missing"),
        MigrationState::Partial => match line.progress {
            Some(progress) => {
                let gone = if has_file { "" } else { ", and the file is missing" };
                return ("!", progress.words() + gone);
            }
            None if !has_file => ("✗", "begun and not finished, and the file is missing"),
            None => ("✗", "begun and not finished, and no record says how far it came"),
        },
    };
    (symbol, state.to_owned())
}
