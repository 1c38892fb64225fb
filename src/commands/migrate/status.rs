//! `bursar migrate status`: how a database stands. Writes nothing, not even the history table.

use super::Project;
use crate::cli::{Format, MigrateSource};
use crate::commands::{Context, Done, Outcome};
use crate::migrate::{self, Direction, Line, State, Status};
use crate::ui::Table;

pub(super) async fn run(context: &Context, check: bool, source: &MigrateSource, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let mut all = Vec::new();
    let project = Project::of(context, &database, &mut tx, source).await?;
    for set in &project.sets {
        all.push(migrate::status(&mut tx, set).await?);
    }
    let functions = project.functions_pending(&mut tx).await?;
    let invalid = migrate::invalid_indexes(&mut tx).await?;
    tx.rollback().await?;
    let pending: usize = all.iter().map(Status::pending).sum();
    match format {
        Format::Json => context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "migrate status", "database": database.target().database(), "pending": pending,
            "functions_pending": functions, "sets": all, "invalid_indexes": invalid,
        }))?,
        Format::Table => {
            let mut table = Table::new(&context.ui, &["", "set", "version", "state", "applied (UTC)", "what"]);
            for status in &all {
                for line in &status.migrations {
                    let (symbol, state) = describe(line);
                    let at = line.applied_at.map(|t| t.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default();
                    table.row(&[symbol, &status.set, &line.version.to_string(), &state, &at, &line.description]);
                }
            }
            let answer = match (pending, functions) {
                (0, 0) => "nothing is pending".to_owned(),
                (0, n) => format!("{n} of the pack's files of functions to install: bursar migrate up"),
                (n, _) => format!("{n} pending: bursar migrate up"),
            };
            let mut text = format!("{}\n\n{}: {answer}", table.render(), database.target());
            if !invalid.is_empty() {
                let names: Vec<&str> = invalid.iter().map(|i| i.name.as_str()).collect();
                text.push_str(&format!(
                    "\n✗ INVALID indexes, which slow writes and serve no query: {}\n  bursar migrate repair --drop-invalid-indexes",
                    crate::ui::escape(&names.join(", "))
                ));
            }
            context.ui.data(&text)?;
        }
    }
    Ok(if check && pending + functions > 0 { Done::Findings } else { Done::Clean })
}

fn describe(line: &Line) -> (&'static str, String) {
    let (symbol, state) = match line.state {
        State::Applied => ("✓", "applied"),
        State::Pending => ("·", "pending"),
        State::OutOfOrder => ("!", "pending, out of order"),
        State::Modified => ("✗", "changed after it was applied"),
        State::LineEndsOnly => ("✓", "applied, with other line ends"),
        State::Missing => ("✗", "applied, but the file is missing"),
        State::Partial => match line.progress {
            Some((Direction::Up, done, total)) => return ("!", format!("{done} of {total} statements applied")),
            Some((Direction::Down, done, total)) => {
                return ("!", format!("{done} of {total} statements of its way back done"));
            }
            None => ("✗", "begun and not finished, by another tool"),
        },
    };
    (symbol, state.to_owned())
}
