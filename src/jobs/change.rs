//! Changing jobs: a batch at a time, each in a transaction of its own.
//!
//! The database's `bursar.change_jobs` locks one row after the other without waiting for any, looks whether the
//! job still is as it was planned on, and changes it. Nothing else is locked, so a worker waits no longer
//! than for a batch.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::action::{Action, changes};
use super::left::{change_unless, not_as_asked};
use super::model::BRIEF;
use super::queue::Queue;
use super::select::Planned;
use crate::db::{self, Connection, Series, sqlstate};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::migrate::functions;
use crate::operations::Actor;
use crate::packs::{Ability, Pack};
use crate::store::{jobs as store, pack_functions};
use serde::Serialize;

/// The outcome of a change of one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeOutcome {
    /// It is done.
    Done,
    /// There was nothing to do, or nothing that could be.
    Skipped,
    /// The job is not as it was, or somebody else has it.
    Conflict,
    /// It would be done; this was only asked.
    Would,
}

impl ChangeOutcome {
    /// The name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            ChangeOutcome::Done => "done",
            ChangeOutcome::Skipped => "skipped",
            ChangeOutcome::Conflict => "conflict",
            ChangeOutcome::Would => "would",
        }
    }
}

/// The answer about one job.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The job.
    pub job: String,
    /// The outcome.
    pub outcome: ChangeOutcome,
    /// The reason why it was not done, or what else became of the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The row that was deleted, as JSON.
    #[serde(skip)]
    pub row: Option<String>,
}

impl Answer {
    /// The answer that nothing can be done about a job, with the reason.
    pub fn skipped(job: &str, why: &str) -> Self {
        Answer { job: job.to_owned(), outcome: ChangeOutcome::Skipped, note: Some(why.to_owned()), row: None }
    }

    /// The answer that it would be done.
    pub fn would(job: &Planned) -> Self {
        Answer { job: job.job.clone(), outcome: ChangeOutcome::Would, note: None, row: None }
    }
}

/// Jobs that are changed in one transaction.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The queue whose jobs these are.
    pub queue: &'a Queue<'a>,
    /// The change.
    pub action: Action,
    /// A retry is of the jobs too that an operator cancelled.
    pub cancelled: bool,
    /// To which.
    pub jobs: &'a [Planned],
    /// The time from which they may be taken, where the change is of that.
    pub at: Option<DateTime<Utc>>,
    /// The reason, in the operator's words.
    pub reason: Option<&'a str>,
    /// The command, as the operator log records it.
    pub command: &'a str,
    /// The parameters of the command, for the operator log.
    pub parameters: &'a serde_json::Value,
    /// The id that the batches of one command share, for the operator log.
    pub operation: sqlx::types::Uuid,
}

/// Sees to it that the pack can do this to a queue.
///
/// # Errors
/// A usage error that says what the pack lacks.
pub fn need(pack: &Pack, ability: Ability) -> Result<()> {
    if pack.need_jobs()?.abilities.contains(&ability) {
        return Ok(());
    }
    let what = match ability {
        Ability::Reschedule => "sets when a job may be taken",
        Ability::Pause => "pauses a queue",
        Ability::RunSchedule => "runs a schedule",
    };
    Err(Error::usage(format!(
        "{} has no function that {what} ({} in functions/jobs.sql)",
        pack.name,
        ability.function()
    ))
    .hint("docs/jobs.md says what such a function is"))
}

/// Sees to it that the database can change jobs.
///
/// # Errors
/// A usage error that says what is missing.
pub async fn prepared(connection: &mut Connection, pack: &Pack) -> Result<()> {
    pack.need_jobs()?;
    if let Some(own) = &pack.functions_of {
        return Err(Error::usage(format!(
            "the functions of {} name the schema {own}, so they cannot change jobs in {}",
            pack.name, pack.schema
        ))
        .hint("write the schema into pack.toml and functions/*.sql of a pack of your own, and leave --schema out: see docs/packs.md"));
    }
    if !changes(pack) {
        return Err(Error::usage(format!("{} has no functions that change jobs (functions/jobs.sql)", pack.name))
            .hint("docs/jobs.md says what they are"));
    }
    if !db::relation_exists(connection, pack_functions::TABLE).await? {
        return functions::require(connection, pack).await;
    }
    // Who may not change jobs may not read either what is installed.
    let store::Right { may, role } = store::right().one(connection).await?;
    let no_operator = || {
        Err(Error::refused(format!("{role} may not change jobs, because it is no member of bursar_operator"))
            .hint(format!("as the owner of the database: GRANT bursar_operator TO {role}")))
    };
    if may == Some(false) {
        return no_operator();
    }
    match functions::require(connection, pack).await {
        Err(error) if error.sqlstate.as_deref() == Some(sqlstate::INSUFFICIENT_PRIVILEGE) => no_operator(),
        required => required,
    }
}

/// The jobs that an operator cancelled, and who that was and when, in words.
///
/// # Errors
/// If they cannot be read.
pub async fn cancelled(connection: &mut Connection) -> Result<HashMap<String, String>> {
    if !db::relation_exists(connection, store::TABLE).await? {
        return Ok(HashMap::new());
    }
    let rows = store::cancelled().all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.job, row.by)).collect())
}

/// The reasons for which operators cancelled these jobs, as far as the operator log tells them in a moment and to this role.
///
/// # Errors
/// Only a connection that is gone.
pub async fn cancelled_for(connection: &mut Connection, jobs: &[&str]) -> Result<HashMap<String, String>> {
    if jobs.is_empty() || !db::relation_exists(connection, store::TABLE).await? {
        return Ok(HashMap::new());
    }
    let known = db::brief(connection, BRIEF, async |c| store::cancelled_for(jobs).all(c).await).await;
    match known {
        Err(error) if error.kind == Kind::Connection => Err(error),
        // A role that may not read the log is told the rest.
        known => Ok(known.ok().flatten().unwrap_or_default().into_iter().map(|row| (row.job, row.reason)).collect()),
    }
}

/// Changes a batch of jobs, and writes it into the operator log, in one transaction. `keep` is handed the answers
/// before that is committed: where it fails, nothing was changed.
///
/// Where something refuses that the application defers to the end of the transaction, the batch is halved until it is known
/// which job that is about. That one is skipped, and the others are changed. So are jobs that the application leaves in
/// another state than was asked for.
///
/// # Errors
/// If it cannot be done; nothing of the batch is then.
pub async fn apply(
    series: &mut Series,
    batch: &Batch<'_>,
    actor: &Actor,
    keep: &impl AsyncFn(&[Answer]) -> Result<()>,
) -> Result<Vec<Answer>> {
    match (at_once(series, batch, actor, keep).await?, batch.jobs) {
        (Ok(answers), _) => Ok(answers),
        (Err(Undone::Refused(outcome, words)), [only]) => {
            Ok(vec![Answer { outcome, ..Answer::skipped(&only.job, &words) }])
        }
        (Err(Undone::Refused(..)), jobs) => {
            let (first, rest) = jobs.split_at(jobs.len() / 2);
            let mut answers = Box::pin(apply(series, &Batch { jobs: first, ..*batch }, actor, keep)).await?;
            answers.extend(Box::pin(apply(series, &Batch { jobs: rest, ..*batch }, actor, keep)).await?);
            Ok(answers)
        }
        (Err(Undone::Left(left)), jobs) => {
            let why = |job: &Planned| Some(Answer::skipped(&job.job, left.get(&job.job)?));
            let mut answers: Vec<Answer> = jobs.iter().filter_map(why).collect();
            let others: Vec<Planned> = jobs.iter().filter(|job| !left.contains_key(&job.job)).cloned().collect();
            if !others.is_empty() {
                answers.extend(Box::pin(apply(series, &Batch { jobs: &others, ..*batch }, actor, keep)).await?);
            }
            Ok(answers)
        }
    }
}

/// The reason for which a batch was rolled back.
enum Undone {
    /// A deferred constraint or trigger refuses a row: the outcome for its job, and what the server says.
    Refused(ChangeOutcome, String),
    /// Jobs are not left as was asked, each with the reason.
    Left(HashMap<String, String>),
}

/// Changes a batch in one transaction.
async fn at_once(
    series: &mut Series,
    batch: &Batch<'_>,
    actor: &Actor,
    keep: &impl AsyncFn(&[Answer]) -> Result<()>,
) -> Result<Result<Vec<Answer>, Undone>> {
    let ids: Vec<&str> = batch.jobs.iter().map(|j| j.job.as_str()).collect();
    let versions: Vec<&str> = batch.jobs.iter().map(|j| j.version.as_str()).collect();
    let work = async |connection: &mut Connection| {
        let action = if batch.cancelled { "retry_cancelled" } else { batch.action.name() };
        let actor = serde_json::json!(actor);
        let Batch { reason, command, parameters, operation, .. } = batch;
        let call = store::change(action, &ids, &versions, *reason, &actor, command, parameters, *operation);
        let answer = |changed: store::Changed| Answer {
            job: changed.job,
            outcome: match changed.outcome.as_str() {
                "done" => ChangeOutcome::Done,
                "skipped" => ChangeOutcome::Skipped,
                _ => ChangeOutcome::Conflict,
            },
            note: changed.note,
            row: changed.deleted,
        };
        let answers: Vec<Answer> = call.all(&mut *connection).await?.into_iter().map(answer).collect();
        if let Err(error) = db::settled(connection).await {
            return of_a_row(&error).map(Err).ok_or(error);
        }
        let is_done: HashSet<&str> =
            answers.iter().filter(|a| a.outcome == ChangeOutcome::Done).map(|a| a.job.as_str()).collect();
        let done = batch.jobs.iter().filter(|j| is_done.contains(j.job.as_str()));
        let done: Vec<_> = done.map(|j| (j.job.as_str(), j.queue.as_deref())).collect();
        let left = not_as_asked(connection, batch.queue, batch.action, batch.at, &done).await?;
        if !left.is_empty() {
            return Ok(Err(Undone::Left(left)));
        }
        keep(&answers).await?;
        Ok(Ok(answers))
    };
    change_unless(series, work).await.context("a batch failed, and nothing of it was changed")
}

/// The refusal of the row that an error is about; none where it is about the whole run. A table or a function that is
/// missing here is missing for a trigger of the application: bursar's own statements are done by then.
fn of_a_row(error: &Error) -> Option<Undone> {
    let state = error.sqlstate.as_deref()?;
    let of_all =
        ["08", "53", "57", "58"].iter().any(|class| state.starts_with(class)) || state == sqlstate::BURSAR_REFUSED;
    let lost = [sqlstate::SERIALIZATION_FAILURE, sqlstate::DEADLOCK_DETECTED, sqlstate::LOCK_NOT_AVAILABLE];
    let outcome = if lost.contains(&state) { ChangeOutcome::Conflict } else { ChangeOutcome::Skipped };
    (!of_all).then(|| Undone::Refused(outcome, error.message()))
}
