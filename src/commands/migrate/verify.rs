//! `bursar migrate verify`: the migrations tried on a scratch database, and their schema compared with
//! the connected one.

use std::path::PathBuf;

use super::scratch::Scratch;
use super::{Project, whole};
use crate::cli::Format;
use crate::commands::{Context, Done, Outcome};
use crate::error::{Result, ResultExt as _};
use crate::migrate::catalogue::{Difference, catalogue};
use crate::migrate::{self, Options, RoundTrip, State, drift, round_trip};
use crate::ui::{Table, counted};

pub(super) async fn run(context: &Context, scratch: Option<&str>, source: Option<PathBuf>, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let mut project = Project::of(context, &database, &mut tx, &whole(source)).await?;
    let status = migrate::status(&mut tx, project.last()).await?;
    let found = catalogue(&mut tx).await?;
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&mut *tx).await?;
    tx.rollback().await?;

    let bar = context.ui.progress("trying the migrations on a scratch database", None);
    let mut scratch = Scratch::start(context, scratch).await?;
    let tried = tried(context, &mut scratch, &mut project, &status).await;
    let ended = scratch.end().await;
    drop(bar);
    let (trip, expected, theirs) = tried?;
    ended?;
    let drift = drift(project.last(), &expected, &found);
    let other = |v: &str| v.split('.').next().map(str::to_owned);
    if other(&version) != other(&theirs) && !drift.is_empty() {
        context.ui.warn(&format!(
            "the scratch server is PostgreSQL {theirs} and this one {version}: some of the differences may come from that; name a server of this version with --scratch URL"
        ));
    }
    let pending = status.pending();
    let clean = drift.is_empty() && trip.differences.is_empty();
    match format {
        Format::Json => context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "migrate verify", "database": database.target().database(), "clean": clean,
            "set": project.last().name, "round_trip": trip, "drift": drift, "pending": pending,
        }))?,
        Format::Table => {
            let set = &project.last().name;
            let mut text = match (trip.taken_back, trip.applied) {
                (0, n) => format!("{set}: up ({}); the last one has no way back\n", counted(n, "migration")),
                (back, n) if back == n => format!("{set}: up, back and up again ({})\n", counted(n, "migration")),
                (back, n) => {
                    format!("{set}: up ({}), and the last {back} back and up again\n", counted(n, "migration"))
                }
            };
            if !trip.differences.is_empty() {
                text.push_str(&format!(
                    "✗ the schema differs after that:\n{}\n",
                    differences(context, &trip.differences, "before", "after")
                ));
            }
            let still = if pending > 0 { format!(", leaving out {pending} pending") } else { String::new() };
            text.push_str(&match drift.len() {
                0 => format!("✓ {} has the schema that its migrations make{still}", database.target()),
                n => format!(
                    "✗ {} is not as its migrations make it: {}{still}\n{}",
                    database.target(),
                    counted(n, "difference"),
                    differences(context, &drift, "in the migrations", "here")
                ),
            });
            context.ui.data(&text)?;
        }
    }
    Ok(if clean { Done::Clean } else { Done::Findings })
}

/// What came of it, the schema that the connected database should have, and the scratch server's version.
async fn tried(
    context: &Context,
    scratch: &mut Scratch,
    project: &mut Project,
    status: &migrate::Status,
) -> Result<(RoundTrip, Vec<migrate::catalogue::Object>, String)> {
    let options = Options::new(context.actor());
    let (database, permit) = scratch.database().await?;
    let trip = round_trip(&database, &permit, &project.sets, &options).await.context("on the scratch database")?;
    let mut tx = database.read().await?;
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&mut *tx).await?;
    tx.rollback().await?;
    let applied = |version: i64| {
        let there = |l: &migrate::Line| l.version == version && !matches!(l.state, State::Pending | State::OutOfOrder);
        status.migrations.iter().any(there)
    };
    if project.last().migrations.iter().all(|m| applied(m.version)) {
        return Ok((RoundTrip { schema: Vec::new(), ..trip }, trip.schema, version));
    }
    // What is pending is not in the connected database, and is left out on another scratch database.
    let mut sets = project.sets.clone();
    if let Some(set) = sets.last_mut() {
        set.migrations.retain(|m| applied(m.version));
    }
    let (database, permit) = scratch.database().await?;
    let expected = round_trip(&database, &permit, &sets, &options).await.context("on the scratch database")?;
    Ok((trip, expected.schema, version))
}

fn differences(context: &Context, differences: &[Difference], expected: &str, found: &str) -> String {
    let mut table = Table::new(&context.ui, &["", "object", expected, found]);
    for difference in differences {
        let object = difference.object();
        let name = format!("{} {}", object.kind, object.object);
        let is = |definition: &str| if definition.is_empty() { "there".to_owned() } else { definition.to_owned() };
        match difference {
            Difference::Missing(object) => table.row(&["-", &name, &is(&object.definition), "missing"]),
            Difference::Unexpected(object) => table.row(&["+", &name, "not there", &is(&object.definition)]),
            Difference::Changed { expected, found } => {
                table.row(&["!", &name, &is(&expected.definition), &is(&found.definition)])
            }
        }
    }
    table.render()
}
