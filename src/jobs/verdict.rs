//! The verdict on a queue, in a word.

use std::fmt;

use serde::Serialize;

use crate::text::{escape, span, thousands};

/// The verdict on a queue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum HealthVerdict {
    /// There is nothing to do.
    Idle,
    /// Jobs wait no longer than they may.
    KeepingUp,
    /// Jobs wait longer than they may, and fewer of them from minute to minute.
    Draining {
        /// Time until none is left, in seconds at this pace; none if it cannot be told.
        eta_secs: Option<i64>,
    },
    /// Jobs wait longer than they may, and as many come as are done.
    FallingBehind,
    /// More than half of what ended lately failed.
    Failing {
        /// Number of jobs or attempts that failed.
        failed: u64,
        /// Number that ended, in success or failure.
        ended: u64,
        /// The queue, if it is about one.
        #[serde(skip_serializing_if = "Option::is_none")]
        queue: Option<String>,
        /// The kind, if it is about one.
        #[serde(skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
    },
    /// Jobs of a queue and kind wait longer than they may and no worker took any, while younger ones of others are taken.
    Unattended {
        /// For so many seconds.
        secs: i64,
        /// Number of these jobs that wait.
        waiting: i64,
        /// The queue.
        #[serde(skip_serializing_if = "Option::is_none")]
        queue: Option<String>,
        /// The kind.
        #[serde(skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        /// True if younger jobs of others are taken.
        #[serde(skip)]
        overtaken: bool,
        /// True if that is because jobs of a higher priority, which are taken, always go first.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        outranked: bool,
        /// The queues whose jobs, which are taken, always go first, because workers take one queue after the other.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        queues_first: Vec<String>,
    },
    /// All that waits is in queues that are paused.
    Paused,
    /// Nothing else is wrong, but something holds jobs back for longer than they may wait.
    HeldBack,
    /// Jobs wait, and nobody works on any.
    Stalled {
        /// For so many seconds.
        secs: i64,
    },
    /// Nothing waits too long, but workers that had jobs are gone.
    Stuck,
    /// Jobs wait longer than they may, or for nobody knows how long; what more there is to say could not be told.
    Waiting,
    /// True if any job waits could not be told in a moment.
    #[default]
    Unknown,
}

impl HealthVerdict {
    /// True if it says that all is well.
    pub(super) const fn is_good(&self) -> bool {
        matches!(self, HealthVerdict::Idle | HealthVerdict::KeepingUp | HealthVerdict::Draining { .. })
    }

    /// The verdict, unless it says that all is well where jobs are held back or not all could be read.
    pub(super) fn unless_hidden(self, held_back: bool, unread: bool) -> Self {
        match self.is_good() {
            true if held_back => HealthVerdict::HeldBack,
            true if unread => HealthVerdict::Unknown,
            _ => self,
        }
    }

    /// The severity, and within it the number of jobs or seconds that makes it worse.
    pub(super) fn severity(&self) -> (u8, i64) {
        match self {
            HealthVerdict::Idle => (0, 0),
            HealthVerdict::KeepingUp => (1, 0),
            HealthVerdict::Draining { .. } => (2, 0),
            HealthVerdict::Paused | HealthVerdict::HeldBack => (2, 1),
            HealthVerdict::Waiting | HealthVerdict::Unknown => (3, 0),
            HealthVerdict::Stuck => (4, 0),
            HealthVerdict::FallingBehind => (5, 0),
            HealthVerdict::Unattended { waiting, .. } => (6, *waiting),
            HealthVerdict::Failing { failed, .. } => (7, failed.cast_signed()),
            HealthVerdict::Stalled { secs } => (8, *secs),
        }
    }

    /// The color of it, as the code of a terminal.
    pub const fn color(&self) -> &'static str {
        match self {
            HealthVerdict::Stalled { .. } | HealthVerdict::Failing { .. } | HealthVerdict::Unattended { .. } => "31",
            HealthVerdict::FallingBehind
            | HealthVerdict::Paused
            | HealthVerdict::HeldBack
            | HealthVerdict::Stuck
            | HealthVerdict::Waiting
            | HealthVerdict::Unknown => "33",
            HealthVerdict::Idle | HealthVerdict::KeepingUp | HealthVerdict::Draining { .. } => "32",
        }
    }

    /// The word for it, as in every output.
    pub const fn word(&self) -> &'static str {
        match self {
            HealthVerdict::Idle => "✓ idle",
            HealthVerdict::KeepingUp => "✓ keeping up",
            HealthVerdict::Draining { .. } => "✓ draining",
            HealthVerdict::FallingBehind => "! falling behind",
            HealthVerdict::Failing { .. } => "✗ failing",
            HealthVerdict::Unattended { .. } => "✗ unattended",
            HealthVerdict::Stalled { .. } => "✗ stalled",
            HealthVerdict::Paused => "! paused",
            HealthVerdict::HeldBack => "! held back",
            HealthVerdict::Stuck => "! stuck",
            HealthVerdict::Waiting => "? waiting",
            HealthVerdict::Unknown => "? unknown",
        }
    }
}

/// Workers that are there, in words.
pub fn living(workers: usize) -> String {
    match workers {
        1 => "1 registered worker is there".to_owned(),
        n => format!("{} registered workers are there", thousands(n)),
    }
}

/// The jobs of a queue and kind, in words.
pub fn named(queue: Option<&str>, kind: Option<&str>) -> String {
    let kind = kind.map_or_else(|| "jobs without a type".to_owned(), |kind| escape(kind).into_owned());
    match queue {
        // Where a queue has one kind of jobs, it may have its name.
        Some(queue) if escape(queue) != kind => format!("{kind} of queue {}", escape(queue)),
        _ => kind,
    }
}

/// Queues, in words.
pub(super) fn queues(names: &[String]) -> String {
    let listed = names.iter().map(|name| escape(name)).collect::<Vec<_>>().join(", ");
    format!("the {} {listed}", if names.len() == 1 { "queue" } else { "queues" })
}

impl fmt::Display for HealthVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            HealthVerdict::Draining { eta_secs: Some(secs) } => write!(f, " (ETA {})", span(*secs)),
            HealthVerdict::Failing { failed, ended, queue, kind } => {
                write!(f, ": {} of {} failed", thousands(failed), thousands(ended))?;
                match (queue, kind) {
                    (None, None) => Ok(()),
                    _ => write!(f, ", of {}", named(queue.as_deref(), kind.as_deref())),
                }
            }
            HealthVerdict::Unattended { secs, queue, kind, overtaken, outranked, queues_first, .. } => {
                write!(f, ": no worker took {} for {}", named(queue.as_deref(), kind.as_deref()), span(*secs))?;
                match (outranked, overtaken) {
                    _ if !queues_first.is_empty() => write!(f, "; jobs of {} go first", queues(queues_first)),
                    (true, _) => f.write_str("; jobs of a higher priority go first"),
                    (false, true) => f.write_str("; others are being taken"),
                    (false, false) => Ok(()),
                }
            }
            HealthVerdict::Stalled { secs } => write!(f, " for {}", span(*secs)),
            HealthVerdict::Unknown => write!(f, ": the queue could not be read in time, or not all of it"),
            _ => Ok(()),
        }
    }
}
