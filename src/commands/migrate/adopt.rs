//! `bursar migrate adopt`: brings an application that something else set up to the schema of its migrations.

use std::path::Path;

use super::args::{MigrateAdopt, OwnMigrations};
use super::events::{Ran, options, tell, with_patience};
use super::flags::{source_flags, whole, with_flags};
use super::project::Project;
use super::scratch::Scratch;
use crate::commands::{Context, Done, Outcome};
use crate::db::{Database, Tx};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::migrate::adopt::{self, Facts, Hooks, Plan};
use crate::migrate::{self, MigrationState, Options, Script, functions, owners};
use crate::output::{Format, NewFile, View};
use crate::text::{counted, escape, quoted};

pub(super) async fn run(context: &Context, args: &MigrateAdopt) -> Outcome {
    let database = with_patience(context.direct_database(args.direct.clone()).await?, &args.patience);
    let mut tx = database.read().await?;
    adopt::limit_waits(&mut tx, &options(context, &args.patience)).await?;
    let project = Project::of(context, &database, &mut tx, &whole(OwnMigrations::default())).await?;
    let unrecorded = unrecorded(&mut tx, &project).await?;
    let surroundings = adopt::surroundings(&migrate::catalogue::catalogue(&mut tx).await?);
    tx.rollback().await?;
    let written = args.apply.as_deref().map(read).transpose()?;

    let flags = source_flags(context, &whole(OwnMigrations::default()));
    let bar = context.ui.progress("making the schema on a scratch database", None);
    let expected = expected(context, args.scratch.as_deref(), &project, &surroundings).await;
    drop(bar);
    let expected = expected?;

    let mut tx = database.read().await?;
    adopt::limit_waits(&mut tx, &options(context, &args.patience)).await?;
    let found = Facts::read(&mut tx).await?;
    let hooks = project.pack.as_ref().filter(|pack| pack.is_built_in()).map_or_else(Hooks::default, |pack| Hooks {
        rows: pack.adopt.as_ref().map(|sql| sql.text.as_str()),
        partitions: pack.after_seed.as_ref().map(|sql| sql.text.as_str()),
    });
    let mut plan = adopt::plan(&project.last().schema, &expected, &found, hooks);
    adopt::look(&mut tx, &mut plan, &options(context, &args.patience)).await?;
    let agreed = context.global.yes || context.global.confirm.is_some() || args.apply.is_some();
    let writes = agreed && !args.dry_run && args.write.is_none();
    let idle = args.apply.is_none() && plan.statements.is_empty() && plan.refusals.is_empty() && unrecorded == 0;
    if idle {
        tx.rollback().await?;
        return nothing(context, args, &plan);
    }
    if writes {
        project.require_unplanted(context, &mut tx).await?;
        // Before bursar's own migrations, which stay.
        let again = "bursar migrate adopt";
        owners::require_owner(&mut tx, &project.last().schema, &plan.changes, again).await?;
        if let Some(pack) = &project.pack {
            owners::require_usable(&mut tx, pack, again).await?;
        }
    }
    tx.rollback().await?;

    let script = match written {
        Some(script) => script,
        None => {
            let text = adopt::text(project.last(), &expected, &found, &plan);
            Script::new("the adoption".to_owned(), text)
        }
    };
    if args.apply.is_none() {
        shown(context, args, &script, &plan, unrecorded)?;
        if let Some(error) = refusal(&database, &plan) {
            return Err(error);
        }
        if let Some(file) = &args.write {
            NewFile::source(file)?.finish(|out| Ok(out.write_all(script.text.as_bytes())?))?;
            let file = file.display().to_string();
            let next = format!("written; review it, then: bursar migrate adopt --apply {}", quoted(&file));
            context.ui.note(&with_flags(&next, &flags));
            return Ok(Done::Clean);
        }
        if !writes {
            let next = "nothing was changed; to review it as a file: bursar migrate adopt --write FILE";
            context.ui.note(&with_flags(next, &flags));
            return Ok(Done::Clean);
        }
    } else if !writes {
        context.ui.foreign(&script.text)?;
        return Ok(Done::Clean);
    }
    apply(context, &database, &project, &expected, &script, args).await
}

/// Number of migrations that are not recorded, in a database that can be adopted.
async fn unrecorded(tx: &mut Tx, project: &Project) -> Result<usize> {
    let set = project.last();
    let status = migrate::status(tx, set).await?;
    if let Some(trouble) = migrate::trouble(set, &status, migrate::Until::default()) {
        return Err(trouble.context("nothing was changed"));
    }
    let pending = status.pending();
    if pending == 0 {
        return Ok(0);
    }
    let up = "bursar migrate up".to_owned();
    if status.count(MigrationState::Applied) > 0 {
        let why = format!("{} of {} are pending, and the others were applied", counted(pending, "migration"), set.name);
        return Err(Error::usage(why).hint(up));
    }
    let all: Vec<_> = set.migrations.iter().collect();
    if migrate::made_elsewhere(tx, set, &status, &all).await?.is_none() {
        return Err(
            Error::usage(format!("the database holds no table of {}; there is nothing to adopt", set.name)).hint(up)
        );
    }
    Ok(pending)
}

fn read(file: &Path) -> Result<Script> {
    let name = file.display().to_string();
    let text = crate::files::read_text(file).map_err(|e| Error::usage(format!("cannot read {name}: {e}")))?;
    adopt::parse(&name, &text)?;
    Ok(Script::new(name, text))
}

async fn expected(context: &Context, url: Option<&str>, project: &Project, surroundings: &[String]) -> Result<Facts> {
    let mut scratch = Scratch::start(context, url).await?;
    let made = async {
        let (database, permit) = scratch.database_like(context, surroundings).await?;
        let options = Options::new(context.actor());
        adopt::structure(&database, &permit, &project.sets, &options).await.context("on the scratch database")
    };
    let made = made.await;
    scratch.end(context).await?;
    made
}

fn nothing(context: &Context, args: &MigrateAdopt, plan: &Plan) -> Outcome {
    match args.output.format {
        Format::Json => report(context, plan, 0)?,
        _ => context.ui.say("nothing to do: the schema is that of the migrations, and all are recorded")?,
    }
    Ok(Done::Clean)
}

fn report(context: &Context, plan: &Plan, unrecorded: usize) -> Result<()> {
    let view = View::new("migrate adopt")
        .field("statements", &plan.statements)
        .field("left", &plan.left)
        .field("refusals", &plan.refusals)
        .field("would_record", unrecorded);
    context.ui.emit(Format::Json, view)
}

/// Shows the plan: its SQL, what it leaves, and what it records.
fn shown(context: &Context, args: &MigrateAdopt, script: &Script, plan: &Plan, unrecorded: usize) -> Result<()> {
    if args.output.format == Format::Json {
        return report(context, plan, unrecorded);
    }
    if args.write.is_none() {
        let shown: Vec<_> = script.text.lines().filter(|line| !line.starts_with("-- ")).map(escape).collect();
        context.ui.foreign(&shown.join("\n"))?;
    }
    if !plan.left.is_empty() {
        context.ui.note(&format!(
            "{} that the schema does not have, or has otherwise, left as it is:",
            counted(plan.left.len(), "object")
        ));
        for object in &plan.left {
            context.ui.note_line(&format!("  {} {}", escape(&object.kind), escape(&object.object)));
        }
    }
    context.ui.note(&format!(
        "{}; then {} recorded as applied",
        counted(plan.statements.len(), "statement"),
        counted(unrecorded, "migration")
    ));
    Ok(())
}

/// All obstacles.
fn refusal(database: &Database, plan: &Plan) -> Option<Error> {
    if plan.refusals.is_empty() {
        return None;
    }
    let reasons = plan.refusals.iter().map(|reason| format!("\n  {reason}")).collect::<String>();
    Some(
        Error::new(
            Kind::Refused,
            format!("{} cannot be adopted as it is; nothing was changed:{reasons}", database.target()),
        )
        .hint("correct that, and look again: bursar migrate adopt"),
    )
}

async fn apply(
    context: &Context,
    database: &Database,
    project: &Project,
    expected: &Facts,
    script: &Script,
    args: &MigrateAdopt,
) -> Outcome {
    let json = args.output.format == Format::Json;
    let set = project.last();
    database.require_direct().await?;
    let protection = database.protection().await?;
    let what = format!("Bring {} to the schema of {}", database.target().database(), set.name);
    let permit = context.confirm(database, protection, &what).await?;
    let mut session = database.session(&permit).await?;
    context.leave_word(Some(
        "the adoption is one transaction, after bursar's own migrations; look with `bursar migrate status`".to_owned(),
    ));
    let mut ran: Vec<Ran> = Vec::new();
    let options = options(context, &args.patience);
    let pack = project.pack.as_ref();
    let done = adopt::adopt(&mut session, database, &project.sets, pack, expected, script, &options, |event| {
        tell(context, &mut ran, !json, &event);
    })
    .await;
    context.leave_word(None);
    let done = done?;
    let installed = functions::install(&mut session, &project.packs().collect::<Vec<_>>()).await?;
    let recorded = done.unwrap_or(0);
    if json {
        let view = View::new("migrate adopt").field("recorded", recorded).field("applied", &ran);
        context.ui.emit(Format::Json, view)?;
    } else if done.is_none() {
        context.ui.say("nothing to do: another run has done it")?;
    } else {
        context.ui.say(&format!(
            "✓ {} has the schema of {}; recorded {} as applied",
            escape(database.target().database()),
            set.name,
            counted(recorded, "migration")
        ))?;
    }
    functions::require_installed(&installed.lacking)?;
    Ok(Done::Clean)
}
