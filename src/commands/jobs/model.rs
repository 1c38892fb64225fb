//! The request for a change of jobs, which the files of a change share.

use std::path::PathBuf;
use std::time::Duration;

use crate::jobs::Action;
use crate::packs::JobState;

/// Number of jobs that the announcement shows as examples, and that the report names if they were not done.
pub(super) const SAMPLE: usize = 10;

/// A few jobs that are retried first.
pub(super) struct Canary {
    /// Number of jobs.
    pub jobs: u32,
    /// Largest share of them that may fail, in percent.
    pub abort_above: u8,
    /// Longest wait for them.
    pub wait: Duration,
}

/// A change of jobs that was asked for.
pub(super) struct Wanted {
    /// The change.
    pub action: Action,
    /// Its command, as the operator log records it.
    pub command: &'static str,
    /// The reason.
    pub reason: Option<String>,
    /// The jobs that are retried first.
    pub canary: Option<Canary>,
    /// The file into which jobs are written before they are deleted.
    pub export: Option<PathBuf>,
    /// A retry is of the jobs too that an operator cancelled.
    pub cancelled: bool,
    /// A release is of the jobs too whose worker was seen lately.
    pub force: bool,
    /// The time from which jobs may be taken, if that is what is changed.
    pub at: Option<chrono::DateTime<chrono::Utc>>,
}

/// The forms of a change's verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verb {
    /// `Retry`.
    pub imperative: &'static str,
    /// `retrying`.
    pub ongoing: &'static str,
    /// `retried`.
    pub past: &'static str,
}

impl Wanted {
    /// A change without canary, export and cancelled jobs.
    pub fn new(action: Action, command: &'static str, reason: Option<String>) -> Self {
        Wanted { action, command, reason, canary: None, export: None, cancelled: false, force: false, at: None }
    }

    /// The verb of the change.
    pub fn verb(&self) -> Verb {
        let (imperative, ongoing, past) = match self.action {
            Action::Retry => ("Retry", "retrying", "retried"),
            Action::Cancel => ("Cancel", "cancelling", "cancelled"),
            Action::Release => ("Release", "releasing", "released"),
            Action::Delete if self.export.is_some() => ("Purge", "purging", "purged"),
            Action::Delete => ("Delete", "deleting", "deleted"),
            Action::Reschedule => ("Reschedule", "rescheduling", "rescheduled"),
        };
        Verb { imperative, ongoing, past }
    }

    /// The states of the jobs to which it can be done.
    pub fn states(&self) -> &'static [JobState] {
        match self.action {
            Action::Delete if self.export.is_some() => &[JobState::Done, JobState::Dead, JobState::Cancelled],
            Action::Retry if self.cancelled => &[JobState::Failed, JobState::Dead, JobState::Cancelled],
            action => action.of(),
        }
    }
}
