//! `bursar migrate import`: takes over the files or the history of another tool.

use std::path::Path;

use super::args::MigrateImport;
use super::flags::{source_flags, with_flags};
use super::project::Project;
use super::repair::agreed;
use crate::commands::{Context, Done, Outcome};
use crate::error::Result;
use crate::migrate::repair::{self, Repair};
use crate::migrate::{self, histories};
use crate::output::{Format, NewFile};
use crate::text::counted;

pub(super) async fn run(context: &Context, args: &MigrateImport) -> Outcome {
    match &args.from {
        Some(from) => files(context, from, args)?,
        None => history(context, args).await?,
    }
    Ok(Done::Clean)
}

fn files(context: &Context, from: &Path, args: &MigrateImport) -> Result<()> {
    let files = migrate::import(from, &args.source)?;
    let names: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
    context.ui.foreign(&names.join("\n"))?;
    if args.dry_run {
        context.ui.note("these files would be written; nothing was written");
        return Ok(());
    }
    std::fs::create_dir_all(&args.source)?;
    for (path, text) in &files {
        NewFile::source(path)?.finish(|out| Ok(out.write_all(text.as_bytes())?))?;
    }
    let next = with_flags("`bursar migrate import --history`", &source_flags(context, &args.source()));
    context.ui.note(&format!(
        "wrote {}; in a database that the other tool has migrated, {next} goes on",
        counted(files.len(), "file")
    ));
    Ok(())
}

async fn history(context: &Context, args: &MigrateImport) -> Result<()> {
    let database = context.direct_database(args.direct.clone()).await?;
    let mut tx = database.read().await?;
    let source = args.source();
    let project = Project::of(context, &database, &mut tx, &source).await?;
    let (found, versions) = histories::of(&mut tx, project.last()).await?;
    let planned = repair::plan(&mut tx, project.last(), Repair::TakeOver).await?;
    tx.rollback().await?;
    context.ui.note(&format!(
        "{} says in {} that {} applied",
        found.tool(),
        found.table,
        match versions.len() {
            1 => "1 migration is".to_owned(),
            n => format!("{n} migrations are"),
        }
    ));
    if planned.is_empty() {
        context.ui.note("all of them are recorded already");
    } else if agreed(context, &database, project.last(), Repair::TakeOver, &planned, args.dry_run, Format::Table)
        .await?
    {
        let next = with_flags("`bursar migrate up`", &source_flags(context, &source));
        context
            .ui
            .note(&format!("recorded {} as applied; {next} goes on from there", counted(planned.len(), "migration")));
    }
    Ok(())
}
