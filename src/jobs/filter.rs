//! The filter of jobs: the same for everything that lists, counts and changes.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Postgres, Row as _};

use super::fingerprint::Fingerprint;
use super::payload::Payload;
use super::queue::{Queue, one_of};
use crate::db::{Connection, sqlstate};
use crate::error::{Error, Result};
use crate::packs::{JobFact, JobState};

/// An instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// So long before the server's now.
    Ago(Duration),
    /// This one.
    At(DateTime<Utc>),
}

impl When {
    pub(super) fn at(self) -> Option<DateTime<Utc>> {
        match self {
            When::At(at) => Some(at),
            When::Ago(_) => None,
        }
    }

    pub(super) fn ago_ms(self) -> Option<i64> {
        match self {
            When::At(_) => None,
            When::Ago(ago) => Some(i64::try_from(ago.as_millis()).unwrap_or(i64::MAX)),
        }
    }
}

/// A condition on errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorLike {
    /// Those that match a regular expression of the server's.
    Matching(String),
    /// Those of a fingerprint.
    Of(Fingerprint),
}

impl fmt::Display for ErrorLike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorLike::Matching(regex) => write!(f, "~{regex}"),
            ErrorLike::Of(fingerprint) => write!(f, "{fingerprint}"),
        }
    }
}

/// A filter of jobs; each condition that is given has to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these, as the application's word or as a state.
    pub status: Vec<String>,
    /// In one of these states, whatever the application calls them; empty for any.
    pub states: Vec<JobState>,
    /// With none of these, which are the application's words.
    pub except: Vec<String>,
    /// In one of these queues.
    pub queue: Vec<String>,
    /// One of these kinds.
    pub kind: Vec<String>,
    /// Of this worker.
    pub worker: Option<String>,
    /// The last error is like these.
    pub error: Vec<ErrorLike>,
    /// With these values in the payload.
    pub payload: Vec<Payload>,
    /// Tried at least so often.
    pub least_attempts: Option<i32>,
    /// Tried at most so often.
    pub most_attempts: Option<i32>,
    /// Added at this time or later.
    pub since: Option<When>,
    /// Added before this time.
    pub until: Option<When>,
    /// One of these.
    pub ids: Vec<String>,
    /// Past its lease.
    pub stuck: bool,
    /// With a status which the pack does not map to a state.
    pub unknown: bool,
}

impl Filter {
    /// True if jobs of this queue and kind may fit.
    pub fn takes(&self, queue: Option<&str>, kind: Option<&str>) -> bool {
        let has = |names: &[String], one: Option<&str>| {
            names.is_empty() || one.is_some_and(|one| names.iter().any(|name| name == one))
        };
        has(&self.queue, queue) && has(&self.kind, kind)
    }
}

/// The number of the first parameter that [`Selection::bind`] does not bind.
pub(super) const NEXT: usize = 14;

/// A filter that fits the database.
#[derive(Debug)]
pub(super) struct Selection {
    filter: Filter,
    /// All but those of a worker and an error.
    condition: String,
    /// The errors that are of the fingerprints, where that was found out.
    errors: Option<Vec<String>>,
    /// The fingerprints of which an error has to be one; the server cannot tell them.
    pub fingerprints: Vec<Fingerprint>,
    /// True if any job may be left out.
    pub narrows: bool,
}

impl Selection {
    pub fn new(queue: &Queue<'_>, filter: &Filter) -> Result<Self> {
        let mut conditions = Vec::new();
        if !filter.status.is_empty() {
            conditions.push(one_of(&statuses(queue, &filter.status)?));
        }
        if !filter.states.is_empty() {
            conditions.push(queue.is(&filter.states));
        }
        if !filter.except.is_empty() {
            let words: Vec<&str> = filter.except.iter().map(String::as_str).collect();
            conditions.push(format!("{} IS NOT TRUE", one_of(&words)));
        }
        if filter.stuck {
            conditions.push(format!("{} AND j.lease_until < now()", queue.is(&[JobState::Running])));
        }
        if filter.unknown {
            conditions.push(format!("{} IS NOT TRUE", queue.is(&JobState::ALL)));
        }
        if !filter.queue.is_empty() {
            queue.need_queues("--queue")?;
        }
        if filter.worker.is_some() && queue.jobs.lacks.contains(&JobFact::Workers) {
            return Err(Error::usage("--worker: these jobs do not say which worker has or had them"));
        }
        if filter.least_attempts.or(filter.most_attempts).is_some() && queue.jobs.lacks.contains(&JobFact::Attempts) {
            return Err(Error::usage("--attempts: these jobs do not say how often they were tried"));
        }
        if queue.columns.jsonb {
            conditions.extend(filter.payload.iter().enumerate().map(|(at, payload)| payload.condition(at)));
        }
        let narrows = *filter != Filter::default();
        let mut filter = filter.clone();
        for id in &mut filter.ids {
            let given = id.trim();
            *id = queue.key.parse(given).ok_or_else(|| {
                Error::usage(format!("'{given}' is not an id of this database's jobs"))
                    .hint("bursar jobs list -o json shows whole ids")
            })?;
        }
        let mut fingerprints = Vec::new();
        let mut pattern = None;
        for error in &filter.error {
            match error {
                ErrorLike::Of(fingerprint) => fingerprints.push(*fingerprint),
                ErrorLike::Matching(regex) if pattern.is_none() => pattern = Some(regex.clone()),
                ErrorLike::Matching(_) => {
                    return Err(Error::usage("--error: one expression at a time; join two as 'a|b'"));
                }
            }
        }
        filter.error = pattern.into_iter().map(ErrorLike::Matching).collect();
        conditions.push(format!(
            "($1::text[] IS NULL OR j.kind::text = ANY ($1))
   AND ($4::jsonb IS NULL OR true)
   AND ($5::int4 IS NULL OR j.attempts >= $5)
   AND ($6::int4 IS NULL OR j.attempts <= $6)
   AND ($7::timestamptz IS NULL OR j.created_at >= $7)
   AND ($8::int8 IS NULL OR j.created_at >= now() - $8 * interval '1 millisecond')
   AND ($9::timestamptz IS NULL OR j.created_at < $9)
   AND ($10::int8 IS NULL OR j.created_at < now() - $10 * interval '1 millisecond')
   AND ($11::text[] IS NULL OR {})
   AND ($13::text[] IS NULL OR {} = ANY ($13))",
            queue.has_id("$11"),
            queue.of_queue(),
        ));
        let condition = conditions.join("\n   AND ");
        Ok(Selection { filter, condition, errors: None, fingerprints, narrows })
    }

    /// As [`Selection::new`], with payloads looked into. One that is no `jsonb` may be no JSON at all, and a cast of one
    /// such would fail the query for all: these are read, and the jobs are known by their ids from then on.
    ///
    /// # Errors
    /// Usage errors: a status that there is not, a wrong id, too many jobs.
    pub async fn of(connection: &mut Connection, queue: &Queue<'_>, filter: &Filter) -> Result<Self> {
        let unread = Selection::new(queue, filter)?;
        if queue.columns.jsonb || filter.payload.is_empty() {
            return Ok(unread);
        }
        let mut ids = Vec::new();
        let sql = unread.sql(queue, "j.job_id::text, j.payload::text", "");
        let mut rows = unread.query(sql).fetch(connection);
        while let Some(row) = rows.try_next().await.map_err(explained)? {
            let payload: Option<String> = row.try_get(1)?;
            let payload = payload.as_deref().unwrap_or_default();
            if filter.payload.iter().all(|wanted| wanted.is_in(payload)) {
                ids.extend(row.try_get::<Option<String>, _>(0)?);
            }
        }
        drop(rows);
        let none = ids.is_empty();
        let mut read = Selection::new(queue, &Filter { ids, payload: Vec::new(), ..filter.clone() })?;
        if none {
            read.condition.push_str("\n   AND false");
        }
        read.narrows = true;
        Ok(read)
    }

    /// The conditions for a job. Only words of the pack and of this module come into them.
    pub fn condition(&self) -> String {
        self.condition_by("j")
    }

    /// The conditions for a job `j` where worker and error are those that `of` names: the job's own, or those of one of
    /// its attempts.
    pub fn condition_by(&self, of: &str) -> String {
        let some =
            if self.fingerprints.is_empty() { String::new() } else { format!("\n   AND {of}.error IS NOT NULL") };
        format!(
            "{}\n   AND ($2::text IS NULL OR {of}.worker::text = $2)
   AND ($3::text IS NULL OR {of}.error::text ~ $3)
   AND ($12::text[] IS NULL OR {of}.error::text IN (SELECT unnest($12))){some}",
            self.condition
        )
    }

    /// The condition, with the word before it, that the job of an attempt `of` fits; empty where every job does.
    pub fn of_attempts(&self, queue: &Queue<'_>, of: &str) -> String {
        if !self.narrows {
            return String::new();
        }
        let (key, job) = (queue.key.column("j.job_id"), queue.key.column(&format!("{of}.job_id")));
        format!(" AND EXISTS (SELECT FROM {} WHERE {key} = {job} AND {})", queue.rows(), self.condition_by(of))
    }

    /// Of these errors it is known that they are of the fingerprints, and of others it is not.
    pub fn of_errors(&mut self, errors: Vec<String>) {
        self.errors = Some(errors);
    }

    /// True if an error is one of those that only we can tell.
    pub fn keeps(&self, error: Option<&str>) -> bool {
        self.fingerprints.is_empty() || error.is_some_and(|e| self.fingerprints.contains(&Fingerprint::of(e)))
    }

    pub fn bind<'q>(&self, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        let filter = &self.filter;
        let some = |texts: &Vec<String>| (!texts.is_empty()).then(|| texts.clone());
        let pattern = filter.error.iter().find_map(|e| match e {
            ErrorLike::Matching(regex) => Some(regex.clone()),
            ErrorLike::Of(_) => None,
        });
        query
            .bind(some(&filter.kind))
            .bind(filter.worker.clone())
            .bind(pattern)
            .bind((!filter.payload.is_empty()).then(|| filter.payload.iter().map(Payload::asked).collect::<Value>()))
            .bind(filter.least_attempts)
            .bind(filter.most_attempts)
            .bind(filter.since.and_then(When::at))
            .bind(filter.since.and_then(When::ago_ms))
            .bind(filter.until.and_then(When::at))
            .bind(filter.until.and_then(When::ago_ms))
            .bind(some(&filter.ids))
            .bind(self.errors.clone())
            .bind(some(&filter.queue))
    }
}

/// The application's words for what was asked for: its own words, or states.
pub(super) fn statuses<'a>(queue: &Queue<'a>, asked: &[String]) -> Result<Vec<&'a str>> {
    let mut words = Vec::new();
    for text in asked {
        let own = queue.jobs.states.iter().find(|(word, _)| word == text).map(|(word, _)| word.as_str());
        let state = JobState::ALL.into_iter().find(|s| s.name() == text);
        match (own, state) {
            (Some(word), _) => words.push(word),
            (None, Some(state)) => words.extend(queue.words(&[state])),
            (None, None) => {
                let known: Vec<&str> = queue.jobs.states.iter().map(|(word, _)| word.as_str()).collect();
                return Err(Error::usage(format!("no job has the status '{text}'"))
                    .hint(format!("they are {}", known.join(", "))));
            }
        }
    }
    Ok(words)
}

/// A wrong regular expression is the caller's mistake.
pub(super) fn explained(error: sqlx::Error) -> Error {
    let mut error = Error::from(error);
    if error.sqlstate.as_deref() == Some(sqlstate::INVALID_REGULAR_EXPRESSION) {
        error.kind = crate::error::Kind::Usage;
        error = error.context("--error");
    }
    error
}
