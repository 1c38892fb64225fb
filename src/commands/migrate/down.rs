//! `bursar migrate down`: takes migrations back.

use serde_json::json;

use super::args::MigrateDown;
use super::events::{Ran, after, announce, announced, options, tell, with_patience};
use super::flags::{source_flags, whole, with_flags};
use super::project::Project;
use crate::commands::{Context, Done, Outcome};
use crate::error::{Result, ResultExt as _};
use crate::migrate::{self, Back, Direction, Loss};
use crate::output::{Format, View};
use crate::text::{counted, thousands};

pub(super) async fn run(context: &Context, args: &MigrateDown) -> Outcome {
    let database = with_patience(context.direct_database(args.direct.clone()).await?, &args.patience);
    let back = args.to.map_or(Back::Steps(args.steps as usize), Back::To);
    let mut tx = database.read().await?;
    let source = whole(args.own.clone());
    let project = Project::of(context, &database, &mut tx, &source).await?;
    let set = project.last();
    let status = migrate::status(&mut tx, set).await?;
    let going = migrate::applied(set, &status, back)?;
    let lost = migrate::losses(&mut tx, &going).await?;
    // A dry run ends as the run would.
    if !set.is_embedded() && !migrate::keeps_records(&mut tx).await? {
        going.iter().try_for_each(|migration| migrate::without_records(migration, Direction::Down))?;
    }
    if !going.is_empty() && !args.dry_run {
        project.require_unplanted(context, &mut tx).await?;
    }
    tx.rollback().await?;
    let json = args.output.format == Format::Json;
    if !going.is_empty() {
        let mut lines = vec![announced(context, &database, args.dry_run, "would take back", "taking back")];
        lines.extend(going.iter().map(|m| format!("  {} {} {}", set.name, m.version, m.description)));
        lines.extend(lost.iter().map(|loss| format!("  the rows of {} are lost: {}", loss.table, rows(loss))));
        announce(context, &lines, args.dry_run && !json)?;
    } else if !json {
        context.ui.say("nothing is applied that could be taken back")?;
    }
    if args.dry_run && json {
        let would: Vec<_> = going
            .iter()
            .map(|m| json!({ "set": set.name, "version": m.version, "description": m.description }))
            .collect();
        let view = View::new("migrate down").field("dry_run", true).field("would_take_back", would);
        let view = view.field("would_lose", &lost);
        context.ui.emit(Format::Json, view)?;
    }
    if args.dry_run || going.is_empty() {
        if json && !args.dry_run {
            report(context, &[])?;
        }
        return Ok(Done::Clean);
    }
    database.require_direct().await?;
    let protection = database.protection().await?;
    database
        .only_unprotected(protection, "its migrations are never taken back")
        .or_hint("correct it with a new migration")?;
    let losing = match lost.as_slice() {
        [] => String::new(),
        [one] => format!(" and lose the rows of {}", one.table),
        all => format!(" and lose the rows of {}", counted(all.len(), "table")),
    };
    let what = format!("Take {} of {} back{losing}", counted(going.len(), "migration"), database.target().database());
    let permit = context.confirm(&database, protection, &what).await?;
    let mut session = database.session(&permit).await?;
    let mut ran = Vec::new();
    let options = options(context, &args.patience);
    let word = "look with `bursar migrate status`; `bursar migrate down` goes on where it stopped";
    context.leave_word(Some(with_flags(word, &source_flags(context, &source))));
    let done = migrate::down(&mut session, &database, set, project.pack.as_ref(), back, &options, |event| {
        tell(context, &mut ran, !json, &event);
    })
    .await;
    context.leave_word(None);
    if json {
        report(context, &ran)?;
    }
    let done = done.map_err(|error| after(&ran, error))?;
    if !json {
        context.ui.say(&format!("took {} back", counted(done, "migration")))?;
    }
    Ok(Done::Clean)
}

/// The number of rows, in words.
fn rows(loss: &Loss) -> String {
    match loss.rows {
        None => "this role may not count them".to_owned(),
        Some(rows) if loss.more => format!("more than {}", thousands(rows)),
        Some(rows) => thousands(rows),
    }
}

fn report(context: &Context, ran: &[Ran]) -> Result<()> {
    context.ui.emit(Format::Json, View::new("migrate down").field("taken_back", ran))
}
