//! `bursar migrate plan`: the SQL that `up` would run, its locks, and the size of the locked tables.

use std::borrow::Cow;

use indicatif::HumanBytes;

use super::args::MigrateSource;
use super::events::function_files;
use super::flags::{source_flags, with_flags};
use super::project::{AppRun, Project, folded};
use crate::commands::{Context, Done, Outcome};
use crate::migrate::domains::Domains;
use crate::migrate::plan::{Locked, Planned, PlannedStatement, plan};
use crate::migrate::{self, Progress, Until, functions};
use crate::output::{Format, Page, View};
use crate::text::{counted, escape};

/// A statement with more lines than this is cut for people.
const LINES: usize = 8;

/// As much of a line is shown to people, in characters.
const LINE: usize = 400;

pub(super) async fn run(context: &Context, ignore_missing: bool, source: &MigrateSource, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let project = Project::of(context, &database, &mut tx, source).await?;
    let (mut planned, mut refusal, mut app) = (Vec::new(), None, AppRun::default());
    let mut domains = Domains::default();
    for (position, set) in project.sets.iter().enumerate() {
        let ignore_missing = ignore_missing && position + 1 == project.sets.len();
        let until = Until { ignore_missing, ..Until::default() };
        let status = migrate::status(&mut tx, set).await?;
        let pending = migrate::pending(set, &status, Until { out_of_order: true, ..until })?;
        app = AppRun { begins: !pending.is_empty(), leaves: false };
        refusal = refusal.or_else(|| migrate::trouble(set, &status, until));
        refusal = refusal.or(project.made_elsewhere(context, &mut tx, set, &status, &pending).await?);
        for migration in pending {
            let line = status.migrations.iter().find(|line| line.version == migration.version);
            let progress = line.and_then(|line| line.progress);
            planned.push(plan(&mut tx, &set.name, migration, progress, &mut domains).await?);
        }
    }
    let installs = project.functions_pending(&mut tx, app).await?;
    let (files, lacking) = (installs.files, &installs.lacking);
    tx.rollback().await?;
    let view = View::new("migrate plan")
        .field("database", database.target().database())
        .field("migrations", &planned)
        .field("functions_pending", files)
        .page(|| {
            if planned.is_empty() && files == 0 && !lacking.is_empty() {
                return Page::text("no migration is pending");
            }
            if planned.is_empty() && files == 0 {
                return Page::text("nothing is pending");
            }
            let (own, theirs): (Vec<_>, Vec<_>) = planned.iter().partition(|m| project.folds(&m.set));
            let mut text = String::new();
            if !own.is_empty() {
                let title = context.ui.paint_out(&folded(own.len()), "1");
                let flags: Vec<_> = context.global.app.clone().map(|app| ("app", app)).into_iter().collect();
                let command = with_flags("bursar migrate plan --only bursar", &flags);
                text.push_str(&format!("{title}\n  the SQL of these: {command}\n\n"));
            }
            text.extend(theirs.into_iter().map(|m| shown(context, m) + "\n"));
            if !planned.is_empty() {
                text.push_str(&(context.ui.fitted(&answer(&planned)) + "\n"));
            }
            if files > 0 {
                text.push_str(&format!("{} to install{}\n", function_files(files), installs.condition()));
            }
            if refusal.is_none() {
                let next = with_flags("bursar migrate up", &source_flags(context, source));
                text.push_str(&next);
                text.push_str(if ignore_missing { " --ignore-missing" } else { "" });
            }
            Page::default().and_code(text)
        });
    context.ui.emit(format, view)?;
    // It ends as `up` would.
    match refusal {
        Some(refusal) => Err(refusal.context("`bursar migrate up` refuses this")),
        None => functions::require_installed(lacking).map(|()| Done::Clean),
    }
}

fn shown(context: &Context, migration: &Planned) -> String {
    let how = match &migration.one_by_one {
        None => "in one transaction".to_owned(),
        Some(why) => format!("one by one, because of {why}"),
    };
    let how = match (migration.progress, migration.statements.first()) {
        (Some(Progress { statements_done: done @ 1.., statements_total, .. }), Some(next)) => {
            format!("{how}; {done} of {statements_total} done; goes on at line {}", next.line)
        }
        _ => how,
    };
    let title = format!("{} {} {}", migration.set, migration.version, migration.description);
    let head = format!("{}\n  {}, {how}", context.ui.paint_out(&escape(&title), "1"), escape(&migration.file));
    let mut text = context.ui.fitted(&head) + "\n";
    for statement in &migration.statements {
        text.push_str(&sql(context, statement));
        for lock in &statement.locks {
            let line = format!("    {} {}", if lock.is_felt() { "!" } else { "·" }, escape(&sentence(lock)));
            text.push_str(&(context.ui.fitted(&line) + "\n"));
        }
        for beyond in &statement.beyond {
            text.push_str(&(context.ui.fitted(&format!("    ? {}", escape(beyond))) + "\n"));
        }
    }
    text
}

/// The statement, with the numbers of its lines.
fn sql(context: &Context, statement: &PlannedStatement) -> String {
    let lines: Vec<&str> = statement.sql.lines().collect();
    let shown = if lines.len() > LINES { LINES - 2 } else { lines.len() };
    let mut text = String::new();
    for (number, line) in lines[..shown].iter().enumerate() {
        text.push_str(&format!(
            "{} {}\n",
            context.ui.paint_out(&format!("{:>5}", statement.line + number), "2"),
            escape(&cut(line))
        ));
    }
    if shown < lines.len() {
        let more = format!("      … {} more; -o json has all of it", counted(lines.len() - shown, "line"));
        text.push_str(&format!("{}\n", context.ui.paint_out(&more, "2")));
    }
    text
}

/// A line of data may be long.
fn cut(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(LINE) {
        Some((at, _)) => Cow::Owned(format!("{} …", &line[..at])),
        None => Cow::Borrowed(line),
    }
}

fn sentence(lock: &Locked) -> String {
    let size = HumanBytes(lock.bytes.unsigned_abs());
    let rows = lock.rows.map_or_else(String::new, |rows| format!(", about {}", counted(rows, "row")));
    let work = lock.work.as_ref().map_or_else(String::new, |work| format!("; {work}"));
    let blocks = if lock.is_felt() { format!("; {} wait", lock.blocks) } else { String::new() };
    format!("{} on {} ({size}{rows}){blocks}{work}", lock.mode, lock.table)
}

fn answer(planned: &[Planned]) -> String {
    let statements: usize = planned.iter().map(|m| m.statements.len()).sum();
    let unknown = planned.iter().flat_map(|m| &m.statements).filter(|s| !s.beyond.is_empty()).count();
    let locks = planned.iter().flat_map(|m| &m.statements).flat_map(|s| &s.locks);
    let worst = match locks.filter(|l| l.is_felt()).max_by_key(|l| l.weight()) {
        Some(lock) => format!("the strictest lock: {}", sentence(lock)),
        None if unknown > 0 => "no lock that the text tells makes anybody wait who reads or writes".to_owned(),
        None => "no lock on a table that is there already makes anybody wait who reads or writes".to_owned(),
    };
    let unknown = match unknown {
        0 => String::new(),
        n => format!("of {} the text does not tell all that is locked\n", counted(n, "statement")),
    };
    let migrations = counted(planned.len(), "migration");
    format!("{migrations}, {}\n{}\n{unknown}", counted(statements, "statement"), escape(&worst))
}
