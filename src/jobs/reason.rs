//! The reason why a job is not running, in words, and the way out.

use std::fmt;

use serde::Serialize;

use super::action::Action;
use super::model::Job;
use super::queue::Queue;
use super::verdict::{living, named, queues};
use crate::packs::{Ability, JobState};
use crate::text::{counted, escape, quoted, span, thousands};

/// After how long without a worker a job that waits is told so, in seconds.
const SILENT: i64 = 60;

/// The addition to the reason of a job that others of a higher priority are taken before.
const OUTRANKED: &str = "; jobs of a higher priority wait, and go first";

/// The addition to the reason of a job whose worker may take other queues before its own.
const UNTOLD: &str = "whether its worker takes other queues first is not known";

/// The addition to the reason of a job that may be held back by what the pack does not tell.
const HELD: &str = "whether something holds it back is not known";

/// The reason why nothing is concluded from what was not seen.
const HIDDEN: &str = "cannot be told: rows may be hidden by row level security";

/// A job that waits and has the unique key of another one, which cannot be put back beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyHolder {
    /// The key.
    pub key: String,
    /// The job that has it.
    pub by: String,
}

impl fmt::Display for KeyHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (by, key) = (escape(&self.by), escape(&self.key));
        write!(f, "; it cannot be put back while job {by} waits, which has its unique key, {key}")
    }
}

/// The reason why a job is not running. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Reason {
    /// It succeeded.
    Done {
        /// So long ago.
        secs: Option<i64>,
    },
    /// Somebody forbade it.
    Cancelled {
        /// The operator who cancelled it, and the time, in words.
        by: Option<String>,
        /// The reason.
        reason: Option<String>,
        /// The job that keeps it from being put back.
        #[serde(skip_serializing_if = "Option::is_none")]
        key_holder: Option<KeyHolder>,
    },
    /// Something holds it back, whatever the time.
    Blocked {
        /// Its meaning, in the application's words.
        by: Option<String>,
    },
    /// Its status says that it waits, and a worker is named all the same.
    Held {
        /// The worker.
        worker: String,
        /// The worker was last seen so long ago; none if that is long ago.
        seen_secs: Option<i64>,
        /// True if row level security may hide that it was seen since.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        untold: bool,
    },
    /// No worker takes jobs of its queue and kind, while others are taken.
    Unattended {
        /// For so long.
        secs: i64,
        /// Number of these jobs that wait.
        waiting: i64,
        /// The queue.
        #[serde(skip_serializing_if = "Option::is_none")]
        queue: Option<String>,
        /// The kind.
        kind: Option<String>,
        /// True if jobs of a higher priority wait, which are taken first.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        outranked: bool,
        /// The queues of which jobs wait, and are taken first, whatever their priority.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        queues_first: Vec<String>,
    },
    /// Its queue is paused.
    Paused {
        /// The queue.
        queue: String,
    },
    /// No worker that is registered takes jobs of its queue and kind.
    NoWorker {
        /// The queue.
        #[serde(skip_serializing_if = "Option::is_none")]
        queue: Option<String>,
        /// The kind.
        kind: Option<String>,
    },
    /// It failed for good.
    Dead {
        /// Number of attempts so far.
        attempts: Option<i32>,
        /// Largest number of attempts.
        max_attempts: Option<i32>,
        /// The last error.
        error: Option<String>,
        /// True if an operator cancelled it once, which a retry asks about whatever its error is now.
        #[serde(skip)]
        listed: bool,
        /// The job that keeps it from being put back.
        #[serde(skip_serializing_if = "Option::is_none")]
        key_holder: Option<KeyHolder>,
    },
    /// It is running.
    Leased {
        /// The worker that has it.
        worker: Option<String>,
        /// The lease ends in so long; none where that is never.
        ends_secs: Option<i64>,
    },
    /// The worker that has it did not end in time.
    LeaseOver {
        /// The worker.
        worker: Option<String>,
        /// The lease ended so long ago; none where its time lies beyond all calendars.
        secs: Option<i64>,
        /// The worker was last seen so long ago.
        seen_secs: Option<i64>,
        /// True if row level security may hide that it was seen since.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        untold: bool,
        /// The job that keeps it from being put back.
        #[serde(skip_serializing_if = "Option::is_none")]
        key_holder: Option<KeyHolder>,
    },
    /// It is being worked on, as far as its status says.
    Running {
        /// True if other jobs have leases, and this one has none.
        leases: bool,
    },
    /// It is not due yet.
    NotYet {
        /// It is in so long; none where that is never.
        secs: Option<i64>,
        /// Because it failed.
        failed: bool,
    },
    /// It waits, and no worker can take it.
    OutOfAttempts {
        /// Number of attempts so far.
        attempts: i32,
        /// Largest number of attempts.
        max_attempts: i32,
    },
    /// It failed, and nobody has said when it is tried again.
    NoRetry,
    /// It could run.
    Behind {
        /// Number of jobs that are due before it; none if counting takes too long.
        others: Option<i64>,
        /// True if there are more than that.
        more: bool,
        /// True if jobs of a higher priority wait, which are taken first.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        outranked: bool,
        /// The queues of which jobs wait, and are taken first, whatever their priority.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        queues_first: Vec<String>,
        /// True if workers may take jobs of other queues first, and nothing tells it. The others are then those of its queue.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        queues_untold: bool,
        /// True if the pack tells of each job whether something holds it back, so that it is known that nothing does.
        free: bool,
        /// Number of registered workers that are there and take such jobs; none if none is.
        #[serde(skip_serializing_if = "Option::is_none")]
        alive: Option<usize>,
        /// A worker last began or ended something so long ago.
        seen_secs: Option<i64>,
        /// True if row level security may hide jobs before it, and that a worker was seen since.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        untold: bool,
        /// True if no job shows that a worker ever had one.
        #[serde(skip)]
        never: bool,
    },
    /// The pack does not say what its status means.
    Unknown {
        /// The status.
        status: Option<String>,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = |worker: &Option<String>| {
            worker.as_deref().map_or_else(|| "a worker that is not named".to_owned(), |w| escape(w).into_owned())
        };
        match self {
            Reason::Done { secs: None } => write!(f, "it is done"),
            Reason::Done { secs: Some(secs) } => write!(f, "it is done, since {}", span(*secs)),
            Reason::Dead { attempts, max_attempts, key_holder, .. } => {
                match (attempts, max_attempts) {
                    (Some(attempts), Some(most)) if attempts >= most => {
                        write!(f, "it is out of attempts: {attempts} of {most}, and is not tried again")?;
                    }
                    _ => write!(f, "it failed or was cancelled, and is not tried again")?,
                }
                held_key(f, key_holder.as_ref())
            }
            Reason::Cancelled { by, reason, key_holder } => {
                match by {
                    Some(by) => write!(f, "{} cancelled it", escape(by))?,
                    None => write!(f, "it was cancelled")?,
                }
                if let Some(reason) = reason.as_deref().filter(|r| !r.is_empty()) {
                    write!(f, ": {}", escape(reason))?;
                }
                held_key(f, key_holder.as_ref())
            }
            Reason::Blocked { by: Some(by) } => write!(f, "it may not be taken yet: it is blocked by {}", escape(by)),
            Reason::Blocked { by: None } => write!(f, "it may not be taken yet, as its status says"),
            Reason::Held { worker, seen_secs, untold } => {
                write!(f, "its status says that it waits, but {} has it or had it last", escape(worker))?;
                last_seen(f, "and", *seen_secs, *untold)
            }
            Reason::Unattended { secs, queue, kind, outranked, queues_first, .. } => {
                let these = named(queue.as_deref(), kind.as_deref());
                write!(f, "no worker took {these} for {}, while others are taken", span(*secs))?;
                ahead(f, queues_first, *outranked)
            }
            Reason::Paused { queue } => write!(f, "its queue {} is paused", escape(queue)),
            Reason::NoWorker { queue, kind } => {
                write!(f, "no worker that is registered and seen takes {}", named(queue.as_deref(), kind.as_deref()))
            }
            Reason::Leased { worker, ends_secs: Some(secs) } => {
                write!(f, "it is running: {} holds it for another {}", held(worker), span(*secs))
            }
            Reason::Leased { worker, ends_secs: None } => {
                write!(f, "it is running: {} holds it, and its lease never ends", held(worker))
            }
            Reason::LeaseOver { worker, secs, seen_secs, untold, key_holder } => {
                match secs {
                    Some(secs) => write!(f, "its lease expired {} ago", span(*secs))?,
                    None => write!(f, "its lease expired before any time in a calendar")?,
                }
                write!(f, ": {} has it", held(worker))?;
                last_seen(f, "which", *seen_secs, *untold)?;
                held_key(f, key_holder.as_ref())
            }
            Reason::Running { leases: false } => {
                write!(f, "its status says that it is running; there are no leases to check that")
            }
            Reason::Running { leases: true } => {
                write!(f, "its status says that it is running; nothing says when its lease ends")
            }
            Reason::NotYet { secs: Some(secs), failed: true } => {
                write!(f, "it failed, and is tried again in {}", span(*secs))
            }
            Reason::NotYet { secs: None, failed: true } => {
                write!(f, "it failed and is never tried again: its retry time is infinity")
            }
            Reason::NotYet { secs: Some(secs), failed: false } => {
                write!(f, "it is scheduled, and due in {}", span(*secs))
            }
            Reason::NotYet { secs: None, failed: false } => {
                write!(f, "it is never due: its scheduled time is infinity")
            }
            Reason::OutOfAttempts { attempts, max_attempts } => {
                write!(f, "it waits, but is out of attempts, {attempts} of {max_attempts}: no worker can take it")
            }
            Reason::NoRetry => write!(f, "it failed, and no time is set for the next attempt"),
            Reason::Behind {
                others, more, outranked, queues_first, queues_untold, seen_secs, untold: true, ..
            } => {
                let of = if *queues_untold { " of its queue" } else { "" };
                match others.filter(|n| *n > 0) {
                    Some(n) if *more => write!(f, "it is behind more than {} others{of}", thousands(n))?,
                    Some(n) => write!(f, "it is behind at least {}{of}", counted(n, "other"))?,
                    None => write!(f, "it waits for a worker")?,
                }
                ahead(f, queues_first, *outranked)?;
                match seen_secs {
                    Some(seen) if *seen < SILENT => write!(f, "; what else waits {HIDDEN}"),
                    _ => write!(f, "; what else waits, and when a worker was last seen, {HIDDEN}"),
                }
            }
            Reason::Behind {
                others,
                more,
                outranked,
                queues_first,
                queues_untold,
                free,
                alive,
                seen_secs,
                never,
                ..
            } => {
                let of = if *queues_untold { " of its queue" } else { "" };
                match others {
                    Some(0) if *free && !queues_untold => write!(f, "it is next")?,
                    Some(0) => write!(f, "it waits for a worker, and no other{of} is due before it")?,
                    Some(n) if *more => write!(f, "it is behind more than {} others{of}", thousands(n))?,
                    Some(n) => write!(f, "it is behind {}{of}", counted(n, "other"))?,
                    None => write!(f, "it waits for a worker")?,
                }
                if *others == Some(0) && !free {
                    write!(f, "; {HELD}")?;
                }
                ahead(f, queues_first, *outranked)?;
                if *queues_untold {
                    write!(f, "; {UNTOLD}")?;
                }
                match (seen_secs, alive) {
                    (Some(seen), _) if *seen < SILENT => Ok(()),
                    (Some(seen), None) => write!(f, "; no worker was seen for {}", span(*seen)),
                    (None, None) if *never => write!(f, "; no worker was ever seen"),
                    (None, None) => write!(f, "; when a worker was last seen is not known"),
                    (Some(seen), Some(alive)) => {
                        write!(f, "; no worker took or ended a job for {}, though {}", span(*seen), living(*alive))
                    }
                    (None, Some(alive)) => write!(f, "; no worker was seen to take a job, though {}", living(*alive)),
                }
            }
            Reason::Unknown { status } => {
                let status = status.as_deref().unwrap_or("null");
                write!(f, "its status is '{}', which the pack does not map to a state", escape(status))
            }
        }
    }
}

/// Says when the worker of a job was last seen, as far as that is known.
fn last_seen(f: &mut fmt::Formatter<'_>, who: &str, seen_secs: Option<i64>, untold: bool) -> fmt::Result {
    match (seen_secs, untold) {
        (Some(seen), false) => write!(f, ", {who} was last seen {} ago", span(seen)),
        (None, false) => write!(f, ", and was not seen since"),
        (Some(seen), true) => {
            write!(f, ", {who} was seen {} ago; whether it was seen since {HIDDEN}", span(seen))
        }
        (None, true) => write!(f, "; when that worker was last seen {HIDDEN}"),
    }
}

/// Says which job keeps one from being put back.
fn held_key(f: &mut fmt::Formatter<'_>, key_holder: Option<&KeyHolder>) -> fmt::Result {
    key_holder.map_or(Ok(()), |holder| write!(f, "{holder}"))
}

/// Says which jobs that wait go first.
fn ahead(f: &mut fmt::Formatter<'_>, queues_first: &[String], outranked: bool) -> fmt::Result {
    if !queues_first.is_empty() {
        write!(f, "; jobs of {} wait, and go first", queues(queues_first))?;
    }
    f.write_str(if outranked { OUTRANKED } else { "" })
}

impl Reason {
    /// The command that helps, if there is one.
    pub fn remedy(&self, queue: &Queue<'_>, job: &Job) -> Option<String> {
        let can = |action| queue.can(action, job.status.as_deref());
        // Behind the end of flags, no other flag is read: an id comes last.
        let id_of = |job: &str| format!("{}{}", if job.starts_with('-') { "-- " } else { "" }, quoted(job));
        let id = id_of(&job.job);
        match self {
            // The job that waits does the work of one that ended. One whose worker is gone may be what it waits for.
            Reason::Dead { key_holder: Some(_), .. } | Reason::Cancelled { key_holder: Some(_), .. } => None,
            Reason::LeaseOver { key_holder: Some(holder), .. } => can(Action::Cancel).then(|| {
                let reason = format!("job {} goes first", job.job);
                format!("bursar jobs cancel --reason {} {}", quoted(&reason), id_of(&holder.by))
            }),
            Reason::Dead { listed: false, .. } | Reason::NoRetry if can(Action::Retry) => {
                Some(format!("bursar jobs retry {id}"))
            }
            Reason::Cancelled { .. } | Reason::Dead { listed: true, .. } if can(Action::Retry) => {
                Some(format!("bursar jobs retry --cancelled {id}"))
            }
            Reason::Held { .. } => Some("check that this worker runs".to_owned()),
            Reason::Paused { queue: name } if queue.jobs().abilities.contains(&Ability::Pause) => {
                Some(format!("bursar jobs resume {}", quoted(name)))
            }
            Reason::Unattended { outranked, queues_first, .. } if *outranked || !queues_first.is_empty() => Some(
                "check that there are enough workers for those before them, and that some are set up for these"
                    .to_owned(),
            ),
            Reason::NoWorker { .. } | Reason::Unattended { .. } => {
                Some("check that a worker is set up for these".to_owned())
            }
            Reason::OutOfAttempts { .. } if job.state == Some(JobState::Failed) => {
                can(Action::Retry).then(|| format!("bursar jobs retry {id}"))
            }
            Reason::OutOfAttempts { .. } if can(Action::Cancel) => {
                Some(format!("bursar jobs cancel --reason 'out of attempts' {id}"))
            }
            Reason::LeaseOver { .. } if can(Action::Release) => Some(format!("bursar jobs stuck --release {id}")),
            // What may be hidden is no ground for doubts about the workers.
            Reason::Behind { untold: true, .. } => None,
            Reason::Behind { seen_secs, alive, .. } if seen_secs.is_none_or(|s| s >= SILENT) => Some(match alive {
                Some(_) => "check why the workers that `bursar jobs workers` lists take nothing".to_owned(),
                None => "check that the workers run".to_owned(),
            }),
            _ => None,
        }
    }
}
