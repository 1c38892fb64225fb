//! Failures, grouped by what went wrong.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use serde::Serialize;
use sqlx::Row as _;

use super::action::Action;
use super::change::cancelled;
use super::filter::{Filter, Selection, explained};
use super::fingerprint::{Fingerprint, normalized};
use super::model::BRIEF;
use super::queue::Queue;
use super::window::CANCELLED;
use super::window::age;
use crate::db::{self, Connection};
use crate::error::Result;
use crate::packs::JobState;

/// Largest number of groups that are kept apart, so that a million different errors cost no more memory.
const GROUPS: usize = 10_000;

/// Number of kinds of jobs that a group names.
const KINDS: usize = 8;

/// The states of jobs that failed.
pub const FAILURES: [JobState; 2] = [JobState::Failed, JobState::Dead];

/// The stretches of time that failures are counted in, in seconds: an hour, a day, a week.
const WINDOWS: [i64; 3] = [3_600, 86_400, 604_800];

/// Failures that are alike.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// Their handle.
    pub fingerprint: Fingerprint,
    /// The pattern that their errors share.
    pub pattern: String,
    /// Number of failures.
    pub count: u64,
    /// Time of the first failure.
    pub first_seen: Option<DateTime<Utc>>,
    /// Time of the last failure.
    pub last_seen: Option<DateTime<Utc>>,
    /// Number of failures in the last hour.
    pub last_1h: u64,
    /// Number of failures in the last day.
    pub last_24h: u64,
    /// Number of failures in the last week.
    pub last_7d: u64,
    /// The kinds of their jobs, the first few that were met.
    pub kinds: BTreeSet<String>,
    /// The job that failed last.
    pub example: String,
    /// The error of that job, up to 2,000 characters.
    pub error: String,
    /// Number of failures that a retry leaves out: those that an operator cancelled, and those that it cannot be done to.
    #[serde(skip)]
    pub left_out: u64,
}

/// Failures in groups.
#[derive(Debug, Serialize)]
pub struct Triage {
    /// The groups, the largest first.
    pub groups: Vec<Group>,
    /// Number of failures.
    pub failures: u64,
    /// Number of failures without an error.
    pub silent: u64,
    /// Number of failures in no group, because there were too many groups.
    pub ungrouped: u64,
}

/// Groups the jobs that fit, or, where no status is asked for, those of them that failed.
///
/// # Errors
/// As [`super::list`].
pub async fn triage(connection: &mut Connection, queue: &Queue<'_>, filter: &Filter) -> Result<Triage> {
    let mut filter = filter.clone();
    if filter.status.is_empty() {
        // By states: the name of one may be the application's own word for another.
        filter.states = FAILURES.to_vec();
    }
    let selection = Selection::of(connection, queue, &filter).await?;
    // A role that may not read the list is told the rest.
    let cancelled = db::brief(connection, BRIEF, async |c| cancelled(c).await).await.ok().flatten().unwrap_or_default();
    let at = "coalesce(j.failed_at, j.finished_at, j.created_at)";
    let what = format!(
        "j.job_id::text AS job_id, j.kind::text AS kind, j.status::text AS status, left(j.error::text, 2000) AS error, {} AS age,
       CASE WHEN isfinite({at}) THEN floor(extract(epoch FROM {at}) * 1000)::int8 END AS at_ms",
        age(at)
    );
    let mut rows = selection.query(selection.sql(queue, &what, "")).fetch(connection);
    let mut groups: HashMap<Fingerprint, Group> = HashMap::new();
    let (mut failures, mut silent, mut ungrouped) = (0, 0, 0);
    while let Some(row) = rows.try_next().await.map_err(explained)? {
        let error: Option<&str> = row.try_get("error")?;
        if !selection.keeps(error) {
            continue;
        }
        failures += 1;
        let Some(error) = error.filter(|e| !e.trim().is_empty()) else {
            silent += 1;
            continue;
        };
        let fingerprint = Fingerprint::of(error);
        let room = groups.len() < GROUPS;
        let group = match groups.entry(fingerprint) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) if room => entry.insert(Group {
                fingerprint,
                pattern: normalized(error),
                count: 0,
                first_seen: None,
                last_seen: None,
                last_1h: 0,
                last_24h: 0,
                last_7d: 0,
                kinds: BTreeSet::new(),
                example: row.try_get::<Option<String>, _>("job_id")?.unwrap_or_default(),
                error: error.to_owned(),
                left_out: 0,
            }),
            std::collections::hash_map::Entry::Vacant(_) => {
                ungrouped += 1;
                continue;
            }
        };
        group.count += 1;
        let job: Option<&str> = row.try_get("job_id")?;
        let was_cancelled = error.starts_with(CANCELLED) || job.is_some_and(|job| cancelled.contains_key(job));
        let status: Option<&str> = row.try_get("status")?;
        group.left_out += u64::from(was_cancelled || !queue.can(Action::Retry, status));
        if let Some(age) = row.try_get::<Option<i64>, _>("age")? {
            for (window, count) in WINDOWS.iter().zip([&mut group.last_1h, &mut group.last_24h, &mut group.last_7d]) {
                *count += u64::from(age < *window);
            }
        }
        let at = row.try_get::<Option<i64>, _>("at_ms")?.and_then(DateTime::from_timestamp_millis);
        group.first_seen = group.first_seen.into_iter().chain(at).min();
        if at > group.last_seen {
            group.last_seen = at;
            group.example = row.try_get::<Option<String>, _>("job_id")?.unwrap_or_default();
            error.clone_into(&mut group.error);
        }
        if let Some(kind) = row.try_get::<Option<&str>, _>("kind")?
            && group.kinds.len() < KINDS
            && !group.kinds.contains(kind)
        {
            group.kinds.insert(kind.to_owned());
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by(|a, b| {
        b.count.cmp(&a.count).then(b.last_seen.cmp(&a.last_seen)).then(a.fingerprint.cmp(&b.fingerprint))
    });
    Ok(Triage { groups, failures, silent, ungrouped })
}
