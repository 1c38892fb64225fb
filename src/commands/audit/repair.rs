//! `bursar audit repair`: writes a plan of repairs of the ledger's findings, and applies one.

use std::path::Path;

use super::super::{Context, Done, Outcome};
use super::args::AuditScope;
use super::check::scope;
use crate::audit::repair::{self, Action, Applied, Plan, Proposed, RepairLine};
use crate::error::{Error, Kind, ResultExt as _};
use crate::output::{Column, Format, NewFile, Page, Table, View};
use crate::packs::Need;
use crate::text::{counted, quoted_path};

/// Reads the ledger and writes the proposed repairs to a new file.
pub(super) async fn plan(context: &Context, args: &AuditScope, path: &Path, format: Format) -> Outcome {
    // A plan that somebody has edited is not made twice, so it is not written over.
    if path.symlink_metadata().is_ok() {
        return Err(exists(path));
    }
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx, Need::Ledger).await?;
    let options = scope(args);
    let progress = context.ui.progress("ledger", None);
    let planned = repair::plan(&mut tx, &pack, &options).await;
    drop(progress);
    let (header, proposed) = planned?;
    tx.rollback().await?;
    let Proposed { proposals, not_mended } = &proposed;
    let written = !proposals.is_empty() || !not_mended.is_empty();
    if written {
        let text = repair::render(&header, &proposed)?;
        NewFile::fresh(path)?.finish(|out| Ok(out.write_all(text.as_bytes())?))?;
    }
    let lines: Vec<&RepairLine> = proposals.iter().map(|p| &p.line).collect();
    let view = View::new("audit repair")
        .field("app", &pack.name)
        .field("plan", written.then(|| path.display().to_string()))
        .field("lines", proposals)
        .field("not_mended", not_mended)
        .page(|| {
            if !written {
                return Page::text("Nothing to repair: no file was written.");
            }
            let page = if lines.is_empty() { Page::default() } else { Page::table(table(context, &lines, false)) };
            page.and(wrote(path, &lines, not_mended.len()))
        });
    context.ui.emit(format, view)?;
    if written && format == Format::Table {
        context.ui.note(&format!("next: edit it, then bursar audit repair --apply {}", quoted_path(path)));
    }
    Ok(Done::Clean)
}

/// The sentence that says what is in a new plan.
fn wrote(path: &Path, lines: &[&RepairLine], not_mended: usize) -> String {
    let mut text = format!("wrote {}: {}", path.display(), counted(lines.len(), "line"));
    let reasons = lines.iter().filter(|l| l.needs_reason()).count();
    if reasons > 0 {
        text.push_str(&format!(", {reasons} with a reason to be filled in"));
    }
    if not_mended > 0 {
        text.push_str(&format!("; {} that a repair cannot mend", counted(not_mended, "finding")));
    }
    text
}

fn exists(path: &Path) -> Error {
    Error::usage(format!(
        "{} is there already, and a plan that somebody has edited is not written over",
        path.display()
    ))
    .hint(format!("name another file, or remove it: rm {}", quoted_path(path)))
}

/// Applies a plan: checks it, shows it, asks, and does all of it in one transaction.
pub(super) async fn apply(context: &Context, path: &Path, dry_run: bool, format: Format) -> Outcome {
    let name = path.display().to_string();
    let text = crate::files::read_text(path).map_err(|e| {
        Error::usage(format!("cannot read {name}: {e}"))
            .hint("name a file that `bursar audit repair --plan FILE` wrote")
    })?;
    let plan = repair::parse(&name, &text)?;
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx, Need::Ledger).await?;
    if let Err(error) = repair::check(&mut tx, &pack, &plan).await {
        if error.kind == Kind::Conflict && repair::already_done(&mut tx, &plan).await? {
            return report(context, format, &plan, Reported::Before);
        }
        return Err(error.context(format!("{name}: nothing was changed")));
    }
    tx.rollback().await?;
    if plan.lines.is_empty() {
        return report(context, format, &plan, Reported::Done(&[]));
    }
    if dry_run {
        return report(context, format, &plan, Reported::Would);
    }
    context.ui.note(&format!("repairs of {}:", database.target()));
    for line in table(context, &plan.lines.iter().collect::<Vec<_>>(), true).render().lines() {
        context.ui.note_line(line);
    }
    let protection = database.protection().await?;
    let what = format!("Apply {} of {name} to {}", counted(plan.lines.len(), "line"), database.target().database());
    let permit = context.confirm(&database, protection, &what).await?;
    let actor = context.actor();
    let operator = actor.operator.clone().unwrap_or_else(|| actor.os_user.clone());
    let applied = repair::apply(&database, &permit, &pack, &plan, &actor, &operator).await.context(name)?;
    report(context, format, &plan, Reported::Done(&applied))
}

/// The end of the application of a plan.
enum Reported<'a> {
    /// It would be done.
    Would,
    /// It is done.
    Done(&'a [Applied]),
    /// It was done before.
    Before,
}

fn report(context: &Context, format: Format, plan: &Plan, reported: Reported<'_>) -> Outcome {
    let (outcome, sentence) = match reported {
        Reported::Would => {
            ("would", format!("{} would be done; nothing was changed", counted(plan.lines.len(), "line")))
        }
        Reported::Before => ("before", "all of it was done before; nothing was changed".to_owned()),
        Reported::Done([]) => ("done", "the plan has no line; nothing was changed".to_owned()),
        Reported::Done(_) => {
            ("done", format!("{} done, and the accounts audit clean", counted(plan.lines.len(), "line")))
        }
    };
    let view = View::new("audit repair").field("app", &plan.header.app).field("outcome", outcome);
    let view = match &reported {
        Reported::Done(applied) => view.field("lines", applied),
        Reported::Would | Reported::Before => view.field("lines", &plan.lines),
    };
    let view = view.page(|| match reported {
        Reported::Would => {
            let lines: Vec<&RepairLine> = plan.lines.iter().collect();
            Page::table(table(context, &lines, true)).and(sentence)
        }
        Reported::Done(applied) if !applied.is_empty() => {
            let mut done = Table::facts(&context.ui, 2);
            for Applied { line, entry_made } in applied {
                let made = entry_made.as_ref().map(|e| format!(", by entry {e}")).unwrap_or_default();
                let what = format!("{} {} {}: {}{made}", past(line.action), line.account, line.unit, line.change());
                done.row(&["✓", &what]);
            }
            Page::table(done).and(sentence)
        }
        Reported::Done(_) | Reported::Before => Page::text(sentence),
    });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

fn past(action: Action) -> &'static str {
    match action {
        Action::RebuildCache => "rebuilt",
        Action::Adjust => "adjusted",
        Action::Acknowledge => "acknowledged",
    }
}

/// The lines for people; the reasons only once there are any.
fn table(context: &Context, lines: &[&RepairLine], reasons: bool) -> Table {
    let columns = [
        Column::new("do").rank(0),
        Column::new("account").rank(0),
        Column::new("unit").rank(1),
        Column::new("change").rank(0),
        Column::text("reason").rank(2),
    ];
    let shown = if reasons { 5 } else { 4 };
    let mut table = Table::new(&context.ui, &columns[..shown]);
    for line in lines {
        let cells = [line.action.name(), &line.account, &line.unit, &line.change(), &line.reason];
        table.row(&cells[..shown]);
    }
    table
}
