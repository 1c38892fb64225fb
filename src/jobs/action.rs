//! The changes of jobs, and whether a pack can make them.

use crate::packs::{JobState, Pack};

/// A change of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Queue them again.
    Retry,
    /// Give them up.
    Cancel,
    /// Put them back from a worker that is gone.
    Release,
    /// Delete them, with their attempts.
    Delete,
    /// Set the time from which they may be taken.
    Reschedule,
}

impl Action {
    /// The name in the database's function.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Action::Retry => "retry",
            Action::Cancel => "cancel",
            Action::Release => "release",
            Action::Delete => "delete",
            Action::Reschedule => "reschedule",
        }
    }

    /// The states in which that can be done.
    pub const fn of(self) -> &'static [JobState] {
        match self {
            Action::Retry => &[JobState::Failed, JobState::Dead],
            Action::Cancel => &[JobState::Queued, JobState::Waiting, JobState::Failed],
            Action::Release => &[JobState::Running],
            Action::Reschedule => &[JobState::Queued, JobState::Failed],
            Action::Delete => &[
                JobState::Queued,
                JobState::Waiting,
                JobState::Failed,
                JobState::Done,
                JobState::Dead,
                JobState::Cancelled,
            ],
        }
    }
}

/// True if the pack has the functions that change jobs.
pub fn changes(pack: &Pack) -> bool {
    pack.functions.iter().any(|f| f.file.ends_with("functions/jobs.sql"))
}
