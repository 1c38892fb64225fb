//! Jobs: how the queue stands, why a job does not run, and putting jobs right.
//!
//! The ground rule: what is asked of the database is what an index answers, at any number of jobs. What
//! cannot be had that way is bounded in time, and said to be an estimate or left out ([`Count`]).

mod change;
mod filter;
mod find;
mod fingerprint;
mod health;
mod list;
mod model;
mod queue;
mod redact;
mod select;
mod snapshot;
mod timing;
mod triage;
mod why;
mod workers;

pub use change::{Action, Answer, Batch, ChangeOutcome, apply, cancelled, prepared};
pub use filter::{ErrorLike, Filter, Payload, When};
pub use find::{Attempt, attempts_of, find};
pub use fingerprint::{Fingerprint, normalized};
pub use health::{HealthVerdict, JobHealth, Rates, health};
pub use list::{Count, Page, StatusCount, count, counts, list, slow, unknown};
pub use model::Job;
pub use queue::Queue;
pub use select::{MOST, Plan, Planned, select};
pub use snapshot::{Failure, MINUTES, QueueSnapshot, snapshot};
pub use timing::{BARS_MS, Distribution, Minute, Timing, latency, throughput};
pub use triage::{Group, Triage, triage};
pub use why::{Reason, why};
pub use workers::{Worker, workers};
