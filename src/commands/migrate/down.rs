//! `bursar migrate down`: takes migrations back.

use super::{Project, after, options, tell, with_patience};
use crate::cli::{Format, MigrateDown, MigrateSource};
use crate::commands::{Context, Done, Outcome};
use crate::error::Error;
use crate::migrate::{self, Back};

pub(super) async fn run(context: &Context, args: &MigrateDown) -> Outcome {
    let database = with_patience(context.direct_database(args.direct.clone()).await?, &args.patience);
    let back = args.to.map_or(Back::Steps(args.steps as usize), Back::To);
    let mut tx = database.read().await?;
    let source = MigrateSource { source: args.source.clone(), only: None };
    let project = Project::of(context, &database, &mut tx, &source).await?;
    let set = project.last();
    let status = migrate::status(&mut tx, set).await?;
    let going = migrate::applied(set, &status, back)?;
    tx.rollback().await?;
    let json = args.output.format == Format::Json;
    if going.is_empty() {
        context.ui.note("nothing is applied that would be taken back");
    } else {
        context.ui.note(&format!("{} would take back:", database.target()));
    }
    for migration in &going {
        context.ui.note(&format!("  {} {} {}", set.name, migration.version, migration.description));
    }
    if args.dry_run || going.is_empty() {
        if json {
            let would: Vec<i64> = going.iter().map(|m| m.version).collect();
            context.ui.json(&serde_json::json!({
                "schema_version": 1, "command": "migrate down", "dry_run": args.dry_run, "would_take_back": would,
            }))?;
        }
        return Ok(Done::Clean);
    }
    let protection = database.protection().await?;
    if protection.is_protected() {
        return Err(Error::refused(format!(
            "{} is protected: {}; its migrations are never taken back",
            database.target(),
            protection.reason()
        ))
        .hint("mend what is wrong with a new migration"));
    }
    let what = format!("Take {} migrations of {} back", going.len(), database.target().database());
    let permit = context.confirm(&database, protection, &what).await?;
    let mut session = database.session(&permit).await?;
    let mut ran = Vec::new();
    let options = options(context, &args.patience);
    context.leave_word(Some(
        "look with `bursar migrate status`; `bursar migrate down` goes on where it stopped".to_owned(),
    ));
    let done = migrate::down(&mut session, &database, set, project.pack.as_ref(), back, &options, |event| {
        tell(context, &mut ran, !json, &event);
    })
    .await;
    context.leave_word(None);
    if json {
        context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "migrate down", "taken_back": ran,
        }))?;
    }
    let done = done.map_err(|error| after(&ran, error))?;
    if !json {
        context.ui.data(&format!("took {done} back"))?;
    }
    Ok(Done::Clean)
}
