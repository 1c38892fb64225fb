//! `jobs pause`, `resume`, `schedules` and `schedules run`: what an application says of its queues and schedules, and the
//! changes of these.

use std::time::Duration;

use serde_json::json;

use super::look::{Looked, look, open, prepared, view};
use crate::commands::{Context, Done, Outcome, new_id};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::jobs::{self, Queue, QueueChange, QueueSetting, Schedule};
use crate::output::{Column, Format, Page, Record, Table};
use crate::text::{escape, minute};

/// Longest wait for a row that somebody holds.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// A change of a queue or a schedule that was asked for.
pub(super) struct Asked {
    pub change: QueueChange,
    /// The queue or the schedule.
    pub name: String,
    pub reason: Option<String>,
    pub dry_run: bool,
    pub format: Format,
}

pub(super) async fn change(context: &Context, asked: Asked) -> Outcome {
    let Asked { change, name, reason, dry_run, format } = asked;
    let Looked { database, mut tx, pack, hidden } = look(context).await?;
    jobs::need(&pack, change.ability())?;
    let queue = match dry_run {
        true => Queue::open(&mut tx, &pack).await?,
        false => open(context, &database, &mut tx, &pack).await?,
    };
    if !dry_run {
        prepared(context, &mut tx, &pack).await?;
    }
    let (what, already) = match change {
        QueueChange::Pause | QueueChange::Resume => {
            let setting = setting(queue.settings(), &name)?;
            let already = setting.paused == (change == QueueChange::Pause);
            (format!("queue {}", escape(&name)), already)
        }
        QueueChange::RunSchedule => {
            known(&jobs::schedules(&mut tx, &pack).await?, &name)?;
            (format!("schedule {}", escape(&name)), false)
        }
    };
    tx.rollback().await?;
    let (imperative, past) = change.words();
    let answered = if already {
        jobs::QueueAnswer { outcome: "skipped".to_owned(), note: Some(format!("it is {past} already")), job: None }
    } else if dry_run {
        jobs::QueueAnswer { outcome: "would".to_owned(), note: None, job: None }
    } else {
        let protection = database.protection().await?;
        let question = format!("{imperative} {what} in {}", database.target().database());
        let permit = context.confirm(&database, protection, &question).await?;
        let parameters = json!({change.names(): name});
        let mut series = database.writes(&permit, LOCK_WAIT).await?;
        let actor = json!(context.actor());
        let work = async |c: &mut Connection| {
            let answer = jobs::change_queue(c, change, &name, reason.as_deref(), &actor, &parameters, new_id()).await?;
            // A trigger of the application, or the pack's function, may have kept or undone it.
            let is_left = answer.outcome == "done" && !jobs::is_as_asked(c, &pack, change, &name).await?;
            Ok(match is_left {
                true => Err("a trigger of the application or the pack's function left it as it was"),
                false => Ok(answer),
            })
        };
        jobs::change_unless(&mut series, work).await?.unwrap_or_else(|why| jobs::QueueAnswer {
            outcome: "skipped".to_owned(),
            note: Some(why.to_owned()),
            job: None,
        })
    };
    let refused = answered.outcome == "skipped" && !already;
    let view = view(change.command(), &pack, &hidden)
        .field(change.names(), &name)
        .field("outcome", &answered.outcome)
        .field("job", &answered.job)
        .field("note", &answered.note)
        .page(|| {
            let note = answered.note.as_deref().map(|note| format!(": {}", escape(note))).unwrap_or_default();
            let job = answered.job.as_deref().map(|job| format!(", job {}", escape(job))).unwrap_or_default();
            Page::text(match answered.outcome.as_str() {
                "done" => format!("✓ {what} {past}{job}{note}"),
                "would" => format!("{what} would be {past}"),
                _ => format!("{what} was not {past}{note}"),
            })
        });
    context.ui.emit(format, view)?;
    Ok(if refused { Done::Incomplete } else { Done::Clean })
}

/// The queue of this name.
fn setting<'a>(settings: &'a [QueueSetting], name: &str) -> Result<&'a QueueSetting> {
    settings
        .iter()
        .find(|s| s.queue == name)
        .ok_or_else(|| none("queue", name, settings.iter().map(|s| s.queue.as_str())))
}

/// Refuses a schedule that there is not.
fn known(schedules: &[Schedule], name: &str) -> Result<()> {
    match schedules.iter().any(|s| s.name == name) {
        true => Ok(()),
        false => Err(none("schedule", name, schedules.iter().map(|s| s.name.as_str()))),
    }
}

fn none<'a>(what: &str, name: &str, there: impl Iterator<Item = &'a str>) -> Error {
    let names: Vec<&str> = there.take(20).collect();
    let error = Error::usage(format!("no {what} is called '{}'", escape(name)));
    match names.is_empty() {
        true => error.hint(format!("there is no {what}")),
        false => error
            .hint(format!("they are {}", names.iter().map(|n| escape(n).into_owned()).collect::<Vec<_>>().join(", "))),
    }
}

pub(super) async fn schedules(context: &Context, format: Format) -> Outcome {
    let Looked { mut tx, pack, hidden, .. } = look(context).await?;
    Queue::open(&mut tx, &pack).await?;
    let schedules = jobs::schedules(&mut tx, &pack).await?;
    tx.rollback().await?;
    let view =
        view("jobs schedules", &pack, &hidden).rows("schedules", &schedules).page(|| match schedules.is_empty() {
            true => Page::text("There is no schedule."),
            false => Page::table(table(context, &schedules)),
        });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

fn table(context: &Context, schedules: &[Schedule]) -> Table {
    let columns = [
        Column::new("schedule").rank(0),
        Column::new("rule").rank(1),
        Column::new("queue").rank(4),
        Column::new("type").rank(3),
        Column::new("next (UTC)").rank(2),
        Column::new("last (UTC)").rank(5),
        Column::new("on").rank(2),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for schedule in schedules {
        table.row(&[
            &schedule.name,
            schedule.cron.as_deref().unwrap_or("-"),
            schedule.queue.as_deref().unwrap_or("-"),
            schedule.kind.as_deref().unwrap_or("-"),
            &minute(schedule.next_at.as_deref()),
            &minute(schedule.last_at.as_deref()),
            schedule.enabled.map_or("-", |on| if on { "yes" } else { "no" }),
        ]);
    }
    table
}

impl Record for Schedule {
    const TYPE: &'static str = "schedule";
    const FIELDS: &'static [&'static str] = &["name", "cron", "queue", "kind", "next_at", "last_at", "enabled"];
}
