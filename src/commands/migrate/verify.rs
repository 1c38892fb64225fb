//! `bursar migrate verify`: the migrations tried on a scratch database, and their schema compared with
//! the connected one.

use super::args::MigrateSource;
use super::flags::{source_flags, with_flags};
use super::project::Project;
use super::scratch::{Scratch, Surroundings};
use crate::commands::{Context, Done, Outcome};
use crate::error::{Result, ResultExt as _};
use crate::migrate::adopt;
use crate::migrate::catalogue::{Difference, catalogue};
use crate::migrate::{self, MigrationState, Options, RoundTrip, drift, made, round_trip};
use crate::output::{Format, Page, View};
use crate::text::{counted, escape, escape_lines};

/// Maximum length of a definition in the page, in characters.
const WIDTH: usize = 160;

pub(super) async fn run(context: &Context, scratch: Option<&str>, source: &MigrateSource, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let mut project = Project::of(context, &database, &mut tx, source).await?;
    let status = migrate::status(&mut tx, project.last()).await?;
    let found = catalogue(&mut tx).await?;
    let left = adopt::left_of(&mut tx, project.last()).await?;
    let surroundings = Surroundings::of(&mut tx, &found, project.last()).await?;
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&mut *tx).await?;
    tx.rollback().await?;
    let flags = source_flags(context, source);
    // It is told also where the scratch database does not come so far.
    half_done(&status).iter().for_each(|warning| context.ui.warn(&with_flags(warning, &flags)));

    let bar = context.ui.progress("trying the migrations on a scratch database", None);
    let mut scratch = Scratch::start(context, scratch).await?;
    if !surroundings.made.is_empty() {
        context
            .ui
            .note(&format!("made first on the scratch server, as the files name it: {}", surroundings.made.join(", ")));
    }
    let surroundings = surroundings.on(&scratch);
    let tried = tried(context, &mut scratch, &mut project, &status, &surroundings).await;
    let ended = scratch.end(context).await;
    drop(bar);
    let (trip, expected, theirs) = tried.map_err(|error| {
        // Its own hint is for a database that is to be brought up.
        let hint =
            "where the scratch server lacks what this one has, name another one: bursar migrate verify --scratch URL";
        let version = version.split(' ').next().unwrap_or_default();
        error.hint(format!("correct the file; {hint}; this server is PostgreSQL {version}"))
    })?;
    ended?;
    let mut drift = drift(project.last(), &expected, &found);
    if let Some(left) = left {
        // What was left alone then is the application's own.
        drift.retain(|difference| !left.covers(difference));
    }
    let other = |v: &str| v.split('.').next().map(str::to_owned);
    let unclear = other(&version) != other(&theirs) && !drift.is_empty();
    if unclear {
        context.ui.warn(&format!(
            "the scratch server is PostgreSQL {theirs} and this one {version}: some of the differences may come from that, so the result is incomplete; name a server of this version with --scratch URL"
        ));
    }
    if let Some(warning) = without_files(&status) {
        context.ui.warn(&with_flags(&warning, &flags));
    }
    let (pending, half) = (status.pending(), status.count(MigrationState::Partial));
    let clean = drift.is_empty() && trip.differences.is_empty() && trip.failed.is_none();
    let view = View::new("migrate verify")
        .field("database", database.target().database())
        .field("clean", clean)
        .field("complete", !unclear)
        .field("set", &project.last().name)
        .field("round_trip", &trip)
        .field("drift", &drift)
        .field("pending", pending)
        .page(|| {
            let mut text = went(&project.last().name, &trip);
            if !trip.differences.is_empty() {
                text.push_str(&format!(
                    "✗ the schema differs after that:\n{}\n",
                    differences(context, &trip.differences, "before", "after")
                ));
            }
            let still = match pending - half {
                0 => String::new(),
                left => format!(", leaving out {left} pending"),
            };
            text.push_str(&match drift.len() {
                0 => format!("✓ {} has the schema that its migrations make{still}", database.target()),
                n => format!(
                    "✗ {} is not as its migrations make it: {}{still}\n{}",
                    database.target(),
                    counted(n, "difference"),
                    differences(context, &drift, "in the migrations", "here")
                ),
            });
            Page::text(text)
        });
    context.ui.emit(format, view)?;
    Ok(match clean {
        true => Done::Clean,
        // Servers of two versions write one definition in two ways, so nobody knows whether it differs.
        false if unclear && trip.differences.is_empty() && trip.failed.is_none() => Done::Incomplete,
        false => Done::Findings,
    })
}

/// The warnings about migrations of which the connected database has a part.
fn half_done(status: &migrate::SetStatus) -> Vec<String> {
    let half = status.migrations.iter().filter_map(migrate::MigrationStatus::half_done);
    half.map(|half| {
        format!("migration {half}: what is left of it is a difference; bursar migrate status tells the way out")
    })
    .collect()
}

/// The warning about applied migrations without a file: what they made is in the connected database alone, unless other files
/// make it now.
fn without_files(status: &migrate::SetStatus) -> Option<String> {
    let missing = status.migrations.iter().filter(|line| line.state == MigrationState::Missing);
    let missing: Vec<String> = missing.map(|line| line.version.to_string()).collect();
    let (first, last) = (missing.first()?, missing.last()?);
    let which = if missing.len() == 1 { first.clone() } else { format!("{first} to {last}") };
    Some(format!(
        "{} without a file here ({which}): what only they made is a difference, and so is what a file that stands for them \
         makes while it is pending; bursar migrate status tells the way out",
        counted(missing.len(), "applied migration")
    ))
}

/// The way up, back and up again, as far as it went.
fn went(set: &str, trip: &RoundTrip) -> String {
    if let Some(failed) = &trip.failed {
        let failed = escape_lines(failed).replace('\n', "\n  ");
        return format!(
            "{set}: up ({})\n✗ the way back and up again failed: {failed}\n",
            counted(trip.applied, "migration")
        );
    }
    match (trip.taken_back, trip.applied) {
        (0, n) => format!("{set}: up ({}); the last one has no way back\n", counted(n, "migration")),
        (back, n) if back == n => format!("{set}: up, back and up again ({})\n", counted(n, "migration")),
        (back, n) => format!("{set}: up ({}), and the last {back} back and up again\n", counted(n, "migration")),
    }
}

/// The result, the schema that the connected database should have, and the scratch server's version.
async fn tried(
    context: &Context,
    scratch: &mut Scratch,
    project: &mut Project,
    status: &migrate::SetStatus,
    surroundings: &[String],
) -> Result<(RoundTrip, Vec<migrate::catalogue::Object>, String)> {
    let options = Options::new(context.actor());
    let (database, permit) = scratch.database_like(context, surroundings).await?;
    let trip =
        round_trip(&database, &permit, &project.for_scratch()?, &options).await.context("on the scratch database")?;
    let mut tx = database.read().await?;
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&mut *tx).await?;
    tx.rollback().await?;
    let applied = |version: i64| {
        let there = |l: &migrate::MigrationStatus| {
            l.version == version && !matches!(l.state, MigrationState::Pending | MigrationState::OutOfOrder)
        };
        status.migrations.iter().any(there)
    };
    if project.last().migrations.iter().all(|m| applied(m.version)) {
        return Ok((RoundTrip { schema: Vec::new(), ..trip }, trip.schema, version));
    }
    // What is pending is not in the connected database, and is left out on another scratch database.
    let mut sets = project.for_scratch()?;
    if let Some(set) = sets.last_mut() {
        set.migrations.retain(|m| applied(m.version));
    }
    let (database, permit) = scratch.database_like(context, surroundings).await?;
    let expected = made(&database, &permit, &sets, &options).await.context("on the scratch database")?;
    Ok((trip, expected, version))
}

/// Each difference: its object, and below it the expected definition and the one that is there.
fn differences(context: &Context, differences: &[Difference], expected: &str, found: &str) -> String {
    let width = expected.len().max(found.len());
    let mut text = String::new();
    for difference in differences {
        let object = difference.object();
        let (symbol, was, is) = match difference {
            Difference::Missing(object) => ("-", Some(object.definition.as_str()), None),
            Difference::Unexpected(object) => ("+", None, Some(object.definition.as_str())),
            Difference::Changed { expected, found } => {
                let (was, is) = where_they_differ(&expected.definition, &found.definition);
                ("!", Some(was), Some(is))
            }
        };
        text.push_str(&format!("  {symbol} {} {}\n", escape(&object.kind), escape(&object.object)));
        for (side, definition) in [(expected, was), (found, is)] {
            let side = context.ui.paint_out(&format!("{side:width$}"), "2");
            let definition = match definition {
                None => "not there".to_owned(),
                Some("") => "there".to_owned(),
                Some(definition) => first_line(definition),
            };
            text.push_str(&format!("      {side}  {}\n", escape(&definition)));
        }
    }
    text.trim_end().to_owned()
}

/// The first line that is another one, in both.
fn where_they_differ<'a>(was: &'a str, is: &'a str) -> (&'a str, &'a str) {
    let mut lines = (was.split_inclusive('\n'), is.split_inclusive('\n'));
    std::iter::from_fn(|| lines.0.next().zip(lines.1.next())).find(|(was, is)| was != is).unwrap_or((was, is))
}

/// A definition as far as it goes on one line; all of it is in the JSON.
fn first_line(definition: &str) -> String {
    let mut lines = definition.trim().lines();
    let first = lines.next().unwrap_or_default();
    let cut: String = first.chars().take(WIDTH).collect();
    if lines.next().is_some() || cut.len() < first.len() { format!("{cut} …") } else { cut }
}
