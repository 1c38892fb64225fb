//! `bursar migrate status`: how a database stands. Writes nothing, not even the history table.

use super::args::MigrateSource;
use super::{Project, function_files, source_flags, with_flags};
use crate::commands::cli::Format;
use crate::commands::{Context, Done, Outcome};
use crate::migrate::{self, Direction, MigrationState, MigrationStatus, Progress, SetStatus, Until};
use crate::output::Table;
use crate::text::{escape, escape_lines};

pub(super) async fn run(context: &Context, check: bool, source: &MigrateSource, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let mut all = Vec::new();
    let project = Project::of(context, &database, &mut tx, source).await?;
    let mut refusal = None;
    for set in &project.sets {
        let status = migrate::status(&mut tx, set).await?;
        refusal = refusal.or_else(|| migrate::trouble(set, &status, Until::default()));
        if refusal.is_none() {
            let pending = migrate::pending(set, &status, Until::default()).unwrap_or_default();
            refusal = project.made_elsewhere(&mut tx, set, &status, &pending).await?;
        }
        all.push(status);
    }
    let flags = source_flags(context, source);
    let refusal = refusal.map(|e| (e.message(), e.hint.map(|hint| with_flags(&hint, &flags)).unwrap_or_default()));
    let functions = project.functions_pending(&mut tx).await?;
    let invalid = migrate::invalid_indexes(&mut tx).await?;
    tx.rollback().await?;
    let pending: usize = all.iter().map(SetStatus::pending).sum();
    match format {
        Format::Json => context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "migrate status", "database": database.target().database(), "pending": pending,
            "functions_pending": functions, "sets": all, "invalid_indexes": invalid,
            "up_refuses": refusal.as_ref().map(|(message, hint)| serde_json::json!({ "message": message, "hint": hint })),
        }))?,
        Format::Table => {
            let mut table = Table::new(&context.ui, &["", "set", "version", "state", "applied (UTC)", "what"]);
            for status in &all {
                for line in &status.migrations {
                    let (symbol, state) = describe(line);
                    let at = line.applied_at.filter(|_| line.state != MigrationState::Partial).map(|t| t.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default();
                    table.row(&[symbol, &status.set, &line.version.to_string(), &state, &at, &line.description]);
                }
            }
            let answer = match (pending, functions) {
                (0, 0) => "nothing is pending".to_owned(),
                (0, n) => format!("{} to install", function_files(n)),
                (n, _) => format!("{n} pending"),
            };
            let next = match &refusal {
                Some((message, hint)) => escape_lines(&format!("\n✗ up refuses: {message}\n  try: {hint}")).into_owned(),
                None if pending + functions > 0 => with_flags(": bursar migrate up", &flags),
                None => String::new(),
            };
            let mut text = format!("{}\n\n{}: {answer}{next}", table.render(), database.target());
            if !invalid.is_empty() {
                let names: Vec<&str> = invalid.iter().map(|i| i.name.as_str()).collect();
                text.push_str(&format!(
                    "\n✗ INVALID, slowing writes and serving no query: {}\n  try: {}",
                    escape(&names.join(", ")),
                    with_flags("bursar migrate repair --drop-invalid-indexes", &flags)
                ));
            }
            context.ui.data(&text)?;
        }
    }
    Ok(if check && (pending + functions > 0 || refusal.is_some()) { Done::Findings } else { Done::Clean })
}

fn describe(line: &MigrationStatus) -> (&'static str, String) {
    let (symbol, state) = match line.state {
        MigrationState::Applied => ("✓", "applied"),
        MigrationState::Pending => ("·", "pending"),
        MigrationState::OutOfOrder => ("!", "pending, out of order"),
        MigrationState::Modified => ("✗", "changed after it was applied"),
        MigrationState::LineEndsOnly => ("✓", "applied, with other line ends"),
        MigrationState::Missing => ("✗", "applied, but the file is missing"),
        MigrationState::Partial => match line.progress {
            Some(Progress { direction: Direction::Up, statements_done, statements_total }) => {
                return ("!", format!("{statements_done} of {statements_total} statements applied"));
            }
            Some(Progress { direction: Direction::Down, statements_done, statements_total }) => {
                return ("!", format!("{statements_done} of {statements_total} statements of its way back done"));
            }
            None => ("✗", "begun and not finished, by another tool"),
        },
    };
    (symbol, state.to_owned())
}
