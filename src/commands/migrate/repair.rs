//! `bursar migrate repair` and `bursar migrate baseline`: they change the history and run no migration.

use super::args::{MigrateBaseline, MigrateRepair};
use super::detect::Detection;
use super::flags::{source_flags, whole, with_flags};
use super::project::Project;
use super::scratch::Surroundings;
use crate::commands::{Context, Done, Outcome};
use crate::db::Database;
use crate::error::{Error, Result};
use crate::migrate::catalogue::catalogue;
use crate::migrate::repair::{self, Repair};
use crate::migrate::{self, Options, Set, status};
use crate::output::{Format, View};
use crate::text::counted;

pub(super) async fn run(context: &Context, args: &MigrateRepair) -> Outcome {
    if args.record_schema {
        return record_schema(context, args).await;
    }
    let what = match (args.restamp, args.mark_applied, args.mark_reverted) {
        (true, ..) => Repair::Restamp { force: args.force },
        (_, Some(version), _) => Repair::MarkApplied(version),
        (_, _, Some(version)) => Repair::MarkReverted(version),
        _ => Repair::DropInvalidIndexes,
    };
    let database = context.direct_database(args.direct.clone()).await?;
    let mut tx = database.read().await?;
    let project = Project::of(context, &database, &mut tx, &args.source).await?;
    let planned = repair::plan(&mut tx, project.last(), what).await?;
    if what == (Repair::Restamp { force: false }) {
        let other = repair::plan(&mut tx, project.last(), Repair::Restamp { force: true }).await?.len() - planned.len();
        let changed = format!("{} changed in more than line ends", counted(other, "migration"));
        if other > 0 && planned.is_empty() {
            return Err(Error::refused(format!("{changed}; nothing was recorded")).hint(
                "put the file back as it was; for a change that does not matter: bursar migrate repair --restamp --force",
            ));
        }
        if other > 0 {
            context.ui.warn(&format!("{changed}; --force records that too"));
        }
    }
    tx.rollback().await?;
    let format = args.output.format;
    let outcome = if planned.is_empty() {
        context.ui.note("nothing to correct");
        "nothing"
    } else if agreed(context, &database, project.last(), what, &planned, args.dry_run, format).await? {
        context.ui.note(&format!("ran {}", counted(planned.len(), "statement")));
        "done"
    } else {
        "would"
    };
    report(context, "migrate repair", outcome, &planned, format)
}

/// The report for machines.
fn report(context: &Context, command: &'static str, outcome: &str, statements: &[String], format: Format) -> Outcome {
    if format == Format::Json {
        let view = View::new(command).field("outcome", outcome).field("statements", statements);
        context.ui.emit(format, view)?;
    }
    Ok(Done::Clean)
}

/// Takes the record of the schema anew, of bursar's own schema and of the application's.
async fn record_schema(context: &Context, args: &MigrateRepair) -> Outcome {
    let database = context.direct_database(args.direct.clone()).await?;
    let mut tx = database.read().await?;
    let project = Project::of(context, &database, &mut tx, &args.source).await?;
    for set in &project.sets {
        let pending = status(&mut tx, set).await?.pending();
        if pending > 0 {
            return Err(Error::refused(format!(
                "{} of {} {} pending; nothing was recorded",
                counted(pending, "migration"),
                set.name,
                if pending == 1 { "is" } else { "are" }
            ))
            .hint("bursar migrate up"));
        }
    }
    tx.rollback().await?;
    let names = project.sets.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(" and ");
    if args.dry_run {
        context.ui.note(&format!("would record the schema of {names} as it is now; nothing was changed"));
        return report(context, "migrate repair", "would", &[], args.output.format);
    }
    database.require_direct().await?;
    let protection = database.protection().await?;
    let question = format!("Record the schema of {names} as it is now in {}", database.target().database());
    let permit = context.confirm(&database, protection, &question).await?;
    let mut session = database.session(&permit).await?;
    let options = Options::new(context.actor());
    migrate::record_schema(&mut session, &project.sets, &options, |holder| {
        context.ui.note(&format!("waiting for another run to end: {holder}"));
    })
    .await?;
    context.ui.note(&format!("recorded the schema of {names} as it is now"));
    report(context, "migrate repair", "done", &[], args.output.format)
}

pub(super) async fn baseline(context: &Context, args: &MigrateBaseline) -> Outcome {
    let database = context.direct_database(args.direct.clone()).await?;
    let mut tx = database.read().await?;
    let source = whole(args.own.clone());
    let project = Project::of(context, &database, &mut tx, &source).await?;
    let flags = source_flags(context, &source);
    let version = match args.detect {
        true => {
            let found = catalogue(&mut tx).await?;
            let surroundings = Surroundings::of(&mut tx, &found, project.last()).await?.without_what_files_make();
            tx.rollback().await?;
            let detection = Detection {
                scratch: args.scratch.as_deref(),
                wanted: args.version,
                found: &found,
                surroundings: &surroundings,
                flags: &flags,
                is_ours: source.own.source.is_none(),
            };
            detection.version(context, &database, &project).await?
        }
        // clap sees to it that one of the two is there.
        false => {
            tx.rollback().await?;
            args.version.unwrap_or_default()
        }
    };
    let what = Repair::Baseline { version, replace: args.replace_missing };
    let mut tx = database.read().await?;
    let planned = repair::plan(&mut tx, project.last(), what).await?;
    tx.rollback().await?;
    let format = args.output.format;
    let outcome = if planned.is_empty() {
        context.ui.note(&format!("everything up to {version} is recorded already"));
        "nothing"
    } else if agreed(context, &database, project.last(), what, &planned, args.dry_run, format).await? {
        let next = with_flags("`bursar migrate up`", &flags);
        let done = match args.replace_missing {
            true => format!("ran {}", counted(planned.len(), "statement")),
            false => format!("recorded {} as applied", counted(planned.len(), "migration")),
        };
        context.ui.note(&format!("{done}; {next} goes on from there"));
        "done"
    } else {
        "would"
    };
    report(context, "migrate baseline", outcome, &planned, format)
}

/// Shows the SQL, asks, and runs it. Returns whether it was run.
pub(super) async fn agreed(
    context: &Context,
    database: &Database,
    set: &Set,
    what: Repair,
    planned: &[String],
    dry_run: bool,
    format: Format,
) -> Result<bool> {
    if format != Format::Json {
        context.ui.foreign(&planned.iter().map(|sql| format!("{sql};")).collect::<Vec<_>>().join("\n"))?;
    }
    if dry_run {
        context.ui.note(&format!("{} would run this; nothing was changed", database.target()));
        return Ok(false);
    }
    database.require_direct().await?;
    let protection = database.protection().await?;
    let question = match what {
        Repair::Baseline { replace: false, .. } | Repair::TakeOver => {
            format!("Record {} as applied", counted(planned.len(), "migration"))
        }
        _ => format!("Run {}", counted(planned.len(), "statement")),
    };
    let question = format!("{question} in {}", database.target().database());
    let permit = context.confirm(database, protection, &question).await?;
    let mut session = database.session(&permit).await?;
    let options = Options::new(context.actor());
    repair::apply(&mut session, set, what, planned, options.lock_wait, |holder| {
        context.ui.note(&format!("waiting for another run to end: {holder}"));
    })
    .await?;
    Ok(true)
}
