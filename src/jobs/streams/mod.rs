//! The streams of Redis in front of the jobs: PostgreSQL says what is to be done, and a stream tells workers of it. The two
//! are compared, and a stream is put right. Nothing of a job is changed.

mod answer;
mod change;
mod compare;
mod jobs;
mod model;
mod plan;
mod read;
mod script;
mod server;
mod target;

pub use change::{BATCH, Mending};
pub use compare::{Grace, compare};
pub use model::{Comparison, Consumer, Finding, FindingCount, FindingKind, StreamGroup, StreamState};
pub use plan::{StreamAct, StreamActs, StreamAnswer, StreamStep, plan, prepared};
pub use server::Redis;
pub use target::{RedisTarget, resolve};
