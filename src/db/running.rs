//! What the server does for us now.
//!
//! A transaction is known by its server process and by when it began: behind a transaction pooler, the
//! same process may be at somebody else's work a moment later, which must not be cancelled.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A piece of work of a server process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Work {
    /// The process.
    pub(super) pid: i32,
    /// The beginning of its transaction, in microseconds since 1970; none for a session, which has the
    /// process to itself.
    pub(super) since: Option<i64>,
}

/// The work that goes on for one database.
#[derive(Debug, Clone, Default)]
pub(super) struct Running(Arc<Mutex<BTreeSet<Work>>>);

impl Running {
    /// The set stays valid whatever happened to a thread that held it, so poison is ignored.
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeSet<Work>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes work that goes on until what is returned is dropped.
    pub(super) fn begin(&self, work: Work) -> Going {
        self.lock().insert(work);
        Going { work, running: self.clone() }
    }
}

/// Work that goes on.
#[derive(Debug)]
pub(super) struct Going {
    work: Work,
    running: Running,
}

impl Drop for Going {
    fn drop(&mut self) {
        self.running.lock().remove(&self.work);
    }
}
