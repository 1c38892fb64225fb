//! A pack's jobs in a database.

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::action::{Action, changes};
use super::columns::Columns;
use super::fingerprint::Fingerprint;
use super::model::Job;
use super::registry::{QueueSetting, queue_settings};
use super::window::{BY_A_WORKER, TRIED};
use crate::db::{self, Connection, quote_literal};
use crate::error::{Error, Result};
use crate::packs::{JobFact, JobState, Jobs, Key, Pack, Sql};
use crate::text::quoted;

/// A pack's jobs in a database.
#[derive(Debug, Clone)]
pub struct Queue<'a> {
    pub(super) pack: &'a Pack,
    pub(super) jobs: &'a Jobs,
    pub(super) key: Key,
    pub(super) columns: Columns,
    /// Its queues, as the application has set them up; empty where it does not say.
    settings: Vec<QueueSetting>,
    /// The tables of which row level security may hide rows from this role.
    hidden: Vec<String>,
}

impl<'a> Queue<'a> {
    /// The jobs of the pack; from here on its names mean its own schema.
    ///
    /// # Errors
    /// A usage error if it keeps none; where its query does not fit the database.
    pub async fn open(connection: &mut Connection, pack: &'a Pack) -> Result<Self> {
        let jobs = pack.need_jobs()?;
        let hidden = enter(connection, pack, jobs).await?;
        let columns = Columns::of(connection, &jobs.jobs).await?;
        let settings = queue_settings(connection, pack).await?.unwrap_or_default();
        Ok(Queue { pack, jobs, key: columns.key, columns, settings, hidden })
    }

    /// Makes the pack's names mean its own schema in another transaction, as [`Queue::open`] does.
    ///
    /// # Errors
    /// As [`Pack::enter`].
    pub(super) async fn enter(&self, connection: &mut Connection) -> Result<()> {
        enter(connection, self.pack, self.jobs).await.map(|_| ())
    }

    /// The pack's description of them.
    pub fn jobs(&self) -> &'a Jobs {
        self.jobs
    }

    /// The queues, as the application has set them up; empty where it does not say.
    pub fn settings(&self) -> &[QueueSetting] {
        &self.settings
    }

    /// The tables of which row level security may hide rows from the role that opened it.
    pub fn hidden(&self) -> &[String] {
        &self.hidden
    }

    /// True if rows may be hidden, so that nothing follows from what is not seen.
    pub(super) fn may_hide(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// Refuses a question about queues where the jobs are in none.
    pub(super) fn need_queues(&self, flag: &str) -> Result<()> {
        match self.columns.queue {
            true => Ok(()),
            false => Err(Error::usage(format!("{flag}: these jobs do not say which queue they are in"))),
        }
    }

    /// The condition that a job is in a queue that is paused; none if no queue is.
    pub(super) fn is_paused(&self) -> Option<String> {
        let paused: Vec<String> =
            self.settings.iter().filter(|s| s.paused).map(|s| quote_literal(&s.queue).to_string()).collect();
        let some = self.columns.queue && !paused.is_empty();
        some.then(|| format!("(j.queue::text IN ({})) IS TRUE", paused.join(", ")))
    }

    /// The attempts, where they are kept.
    pub fn attempts(&self) -> Option<&'a Sql> {
        self.jobs.attempts.as_ref()
    }

    /// The state that one of the application's words means.
    pub fn state(&self, status: Option<&str>) -> Option<JobState> {
        let status = status?;
        self.jobs.states.iter().find(|(word, _)| word == status).map(|(_, state)| *state)
    }

    /// The application's words for these states.
    pub(super) fn words(&self, states: &[JobState]) -> Vec<&'a str> {
        self.jobs.states.iter().filter(|(_, s)| states.contains(s)).map(|(word, _)| word.as_str()).collect()
    }

    /// The condition that a job has one of these states; the words are the pack's own.
    pub(super) fn is(&self, states: &[JobState]) -> String {
        one_of(&self.words(states))
    }

    /// The words of jobs to which the change cannot be done, whatever their state.
    pub fn cannot(&self, action: Action) -> &'a [String] {
        self.jobs.cannot.get(action.name()).map_or(&[], Vec::as_slice)
    }

    /// True if the pack has functions that can do the change to a job with this status.
    pub fn can(&self, action: Action, status: Option<&str>) -> bool {
        changes(self.pack) && !self.cannot(action).iter().any(|word| Some(word.as_str()) == status)
    }

    /// The words for states as `--status` takes them: the names of the states, or the application's words where the name of
    /// one is its own word for another; quoted for a shell.
    pub fn named(&self, states: &[JobState]) -> String {
        let shadowed = |state: &JobState| self.state(Some(state.name())).is_some_and(|own| own != *state);
        let states: Vec<JobState> = states.iter().copied().filter(|s| !self.words(&[*s]).is_empty()).collect();
        if states.iter().any(shadowed) {
            return self.words(&states).into_iter().map(quoted).collect::<Vec<_>>().join(",");
        }
        states.iter().map(|s| s.name()).collect::<Vec<_>>().join(",")
    }

    /// The queue of a job, as SQL; null where the jobs do not say it.
    pub(super) fn of_queue(&self) -> &'static str {
        if self.columns.queue { "j.queue::text" } else { "NULL::text" }
    }

    /// The queue and the kind of a job, as SQL.
    pub(super) fn group(&self) -> String {
        format!("{} AS queue, j.kind::text AS kind", self.of_queue())
    }

    /// The priority of a job, as SQL; without one all are equal.
    pub(super) fn rank(&self) -> &'static str {
        if self.columns.priority { "j.priority::float8 AS priority" } else { "0::float8 AS priority" }
    }

    /// True if nothing says when a job was added.
    pub(super) fn lacks_added(&self) -> bool {
        self.jobs.lacks.contains(&JobFact::Added) || !self.columns.added
    }

    /// The condition for a job that ended without a record of when, if there can be such jobs.
    pub(super) fn dead_without_end(&self) -> Option<String> {
        let some = self.jobs.lacks.contains(&JobFact::Ends);
        some.then(|| format!("{} AND j.finished_at IS NULL", self.is(&[JobState::Dead])))
    }

    /// The condition that a worker ended the job, and neither an operator nor the queue itself.
    pub(super) fn ended_by_a_worker(&self) -> String {
        let (done, gave_up) = (self.is(&[JobState::Done]), self.is(&[JobState::Cancelled]));
        format!("({done} OR NOT ({gave_up}) AND {BY_A_WORKER} AND {})", self.not_rescued("j.error"))
    }

    /// The condition that a worker ended the attempt.
    pub(super) fn tried_by_a_worker(&self) -> String {
        format!("({TRIED} AND {})", self.not_rescued("a.error"))
    }

    /// The condition that an error is not the one by which the queue itself gives up an attempt whose worker is gone: that
    /// is a failure, but no sign of life of the worker.
    pub(super) fn not_rescued(&self, error: &str) -> String {
        let rescued: Vec<String> = self
            .jobs
            .rescued
            .iter()
            .map(|start| format!("starts_with({error}::text, {})", quote_literal(start)))
            .collect();
        if rescued.is_empty() { "true".to_owned() } else { format!("({}) IS NOT TRUE", rescued.join(" OR ")) }
    }

    /// The pack's rows, as a FROM item.
    pub(super) fn rows(&self) -> String {
        format!("({}\n) j", self.jobs.jobs.text)
    }

    /// The attempts with the rows of their jobs, as a FROM item, where they are kept.
    pub(super) fn attempts_with_jobs(&self) -> Option<String> {
        let (own, theirs) = (self.key.column("j.job_id"), self.key.column("a.job_id"));
        self.attempts().map(|attempts| format!("({}\n) a JOIN {} ON {own} = {theirs}", attempts.text, self.rows()))
    }

    /// The condition that a job has one of the ids of a list, a parameter.
    pub(super) fn has_id(&self, list: &str) -> String {
        let (own, given) = (self.key.column("j.job_id"), self.key.parameter("i.id"));
        format!("{own} = ANY (ARRAY(SELECT {given} FROM unnest({list}::text[]) AS i (id)))")
    }

    pub(super) fn read(&self, row: &PgRow) -> Result<Job> {
        let status: Option<String> = row.try_get("status")?;
        let error: Option<String> = row.try_get("error")?;
        let state = self.state(status.as_deref());
        Ok(Job {
            job: row.try_get::<Option<String>, _>("job_id")?.unwrap_or_default(),
            kind: row.try_get("kind")?,
            state,
            status,
            attempts: row.try_get("attempts")?,
            max_attempts: row.try_get("max_attempts")?,
            worker: row.try_get("worker")?,
            created_at: row.try_get("created_at")?,
            scheduled_at: row.try_get("scheduled_at")?,
            retry_at: row.try_get("retry_at")?,
            started_at: row.try_get("started_at")?,
            lease_until: row.try_get("lease_until")?,
            past_lease_secs: row.try_get::<Option<i64>, _>("past_lease")?.filter(|_| state == Some(JobState::Running)),
            worker_seen_secs: None,
            finished_at: row.try_get("finished_at")?,
            failed_at: row.try_get("failed_at")?,
            fingerprint: error.as_deref().map(Fingerprint::of),
            error,
            payload: None,
            result: None,
        })
    }
}

/// Returns the tables of the jobs of which row level security may hide rows from this role. The queries of a pack find them in
/// the setting `bursar.may_hide`.
async fn enter(connection: &mut Connection, pack: &Pack, jobs: &Jobs) -> Result<Vec<String>> {
    // Compiling a query takes longer than any of these is to.
    pack.enter_with(connection, "SET LOCAL jit = off").await?;
    let hidden = db::may_hide(connection, &pack.schema, &jobs.reads).await?;
    sqlx::query("SELECT set_config('bursar.may_hide', $1, true)").bind(hidden.join(",")).execute(connection).await?;
    Ok(hidden)
}

/// The condition that `j.status` is one of these words; without words it never holds. The words stand in the
/// query as literals of no type, which take the column's own, so that indexes serve.
pub(super) fn one_of(words: &[&str]) -> String {
    if words.is_empty() {
        return "false".to_owned();
    }
    let words: Vec<String> = words.iter().map(|w| quote_literal(w)).collect();
    format!("j.status IN ({})", words.join(", "))
}
