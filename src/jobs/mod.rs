//! Jobs: how the queue stands, why a job does not run, and putting jobs right.
//!
//! The ground rule: what is asked of the database is what an index answers, at any number of jobs. What
//! cannot be had that way is bounded in time, and said to be an estimate or left out ([`Count`]).

mod action;
mod change;
mod change_queue;
mod columns;
mod due;
mod filter;
mod find;
mod fingerprint;
mod groups;
mod health;
mod judge;
mod left;
mod list;
mod model;
mod order;
mod payload;
mod queue;
mod rank;
mod reason;
mod redact;
mod registry;
mod seen;
mod select;
mod snapshot;
#[cfg(feature = "redis")]
pub mod streams;
mod tally;
mod timing;
mod triage;
mod verdict;
mod why;
mod window;
mod workers;

pub use action::{Action, changes};
pub use change::{Answer, Batch, ChangeOutcome, apply, cancelled, cancelled_for, need, prepared};
pub use change_queue::{QueueAnswer, QueueChange, change_queue, is_as_asked};
pub use filter::{ErrorLike, Filter, When};
pub use find::{Attempt, attempts_of, find};
pub use fingerprint::{Fingerprint, normalized};
pub use groups::GroupHealth;
pub use health::{JobHealth, TopError, health};
pub use left::{Ended, change_unless, ended};
pub use list::{Count, Page, StatusCount, count, counts, list, slow, unknown};
pub use model::Job;
pub use payload::Payload;
pub use queue::Queue;
pub use reason::Reason;
pub use registry::{QueueSetting, Registered, Schedule, registered, schedules};
pub use select::{MOST, Plan, Planned, excepted, select, shared};
pub use snapshot::{Failure, MINUTES, QueueSnapshot, snapshot};
pub use tally::{By, Tally, tally};
pub use timing::{BARS_MS, Distribution, Minute, Timing, latency, throughput};
pub use triage::{FAILURES, Group, Triage, triage};
pub use verdict::{HealthVerdict, living, named};
pub use why::why;
pub use window::{Rates, WINDOW_SECS};
pub use workers::{Worker, seen, seen_in_a_moment, workers};
