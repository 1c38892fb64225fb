//! `bursar migrate up`: applies the pending migrations.

use serde_json::json;

use super::args::MigrateUp;
use super::{
    Project, Ran, after, announce, announced, function_files, options, source_flags, tell, with_flags, with_patience,
};
use crate::commands::{Context, Done, Outcome};
use crate::db::Database;
use crate::error::Result;
use crate::migrate::{self, Until, functions};
use crate::output::{Format, View};
use crate::packs::Access;
use crate::text::counted;

pub(super) async fn run(context: &Context, args: &MigrateUp) -> Outcome {
    let database = with_patience(context.direct_database(args.direct.clone()).await?, &args.patience);
    let until =
        Until { version: args.to, steps: args.steps.map(|n| n as usize), out_of_order: args.allow_out_of_order };
    let mut tx = database.read().await?;
    let project = Project::of(context, &database, &mut tx, &args.source).await?;
    let mut pending = Vec::new();
    for (position, set) in project.sets.iter().enumerate() {
        let until = if position + 1 == project.sets.len() { until } else { Until::default() };
        let status = migrate::status(&mut tx, set).await?;
        let migrations = migrate::pending(set, &status, until)?;
        if let Some(refusal) = project.made_elsewhere(&mut tx, set, &status, &migrations).await? {
            return Err(refusal);
        }
        pending.extend(migrations.into_iter().map(|m| (&set.name, m)));
    }
    let to_install = project.functions_pending(&mut tx).await?;
    if to_install > 0 && !args.dry_run {
        project.require_trusted(&mut tx).await?;
    }
    if !pending.is_empty() && !args.dry_run {
        project.require_unplanted(context, &mut tx).await?;
    }
    let missing = match &project.pack {
        Some(pack) if args.source.only.is_some() => Some((pack.schema.clone(), pack.tables.clone())),
        _ => None,
    };
    tx.rollback().await?;
    let json = args.output.format == Format::Json;
    if pending.is_empty() && to_install == 0 {
        if !json {
            context.ui.data("nothing is pending")?;
        } else if !args.dry_run {
            report(context, &[], &[])?;
        }
    }
    if !pending.is_empty() || to_install > 0 {
        let mut lines = vec![announced(context, &database, args.dry_run, "would apply", "applying")];
        lines.extend(pending.iter().map(|(set, m)| format!("  {set} {} {}", m.version, m.description)));
        if let Some(pack) = project.pack.as_ref().filter(|_| to_install > 0) {
            lines.push(format!("  {} {} that write", pack.name, function_files(to_install)));
        }
        announce(context, &lines, args.dry_run && !json)?;
    }
    if args.dry_run && json {
        let would: Vec<_> = pending
            .iter()
            .map(|(set, m)| json!({ "set": set, "version": m.version, "description": m.description }))
            .collect();
        let view = View::new("migrate up")
            .field("dry_run", true)
            .field("would_apply", would)
            .field("would_install", to_install);
        context.ui.emit(Format::Json, view)?;
    }
    if args.dry_run {
        return Ok(Done::Clean);
    }
    if pending.is_empty() && to_install == 0 {
        say_grants(context, &database, missing).await?;
        return Ok(Done::Clean);
    }
    let what = match (pending.len(), to_install) {
        (0, n) => format!("Install {} in {}", function_files(n), database.target().database()),
        (n, _) => format!("Apply {} to {}", counted(n, "migration"), database.target().database()),
    };
    database.require_direct().await?;
    let protection = database.protection().await?;
    let permit = context.confirm(&database, protection, &what).await?;
    let mut session = database.session(&permit).await?;
    let word = "look with `bursar migrate status`; `bursar migrate up` goes on where it stopped";
    context.leave_word(Some(with_flags(word, &source_flags(context, &args.source))));
    let mut ran = Vec::new();
    let options = options(context, &args.patience);
    let done = migrate::up(&mut session, &database, &project.sets, until, &options, |event| {
        tell(context, &mut ran, !json, &event);
    })
    .await;
    let installed = match (&done, &project.pack) {
        // The session still holds the lock of the run.
        (Ok(_), Some(pack)) => functions::install(&mut session, pack).await,
        _ => Ok(Vec::new()),
    };
    context.leave_word(None);
    let files: Vec<&str> = installed.iter().flatten().map(|file| file.file.as_str()).collect();
    if json {
        report(context, &ran, &files)?;
    } else {
        for file in &files {
            context.ui.data(&format!("✓ {file} installed"))?;
        }
    }
    done.map_err(|error| after(&ran, error))?;
    installed.map_err(|error| after(&ran, error))?;
    match (ran.len(), files.len()) {
        _ if json => {}
        (0, 0) => context.ui.data("nothing is pending: another run was faster")?,
        (0, _) => {}
        (n, _) => context.ui.data(&format!("applied {}", counted(n, "migration")))?,
    }
    drop(session);
    say_grants(context, &database, missing).await?;
    Ok(Done::Clean)
}

/// Says what lets the auditor read the application's tables, which no migration of this run could grant.
async fn say_grants(context: &Context, database: &Database, tables: Option<(String, Vec<String>)>) -> Result<()> {
    let Some((schema, tables)) = tables else { return Ok(()) };
    let mut tx = database.read().await?;
    if let Some(grants) = Access::of(&mut tx, &schema, &tables).await?.for_auditor() {
        context.ui.note(&format!("bursar_auditor may not read the application's tables yet: {grants}"));
    }
    tx.rollback().await
}

fn report(context: &Context, ran: &[Ran], installed: &[&str]) -> Result<()> {
    context.ui.emit(Format::Json, View::new("migrate up").field("applied", ran).field("installed", installed))
}
