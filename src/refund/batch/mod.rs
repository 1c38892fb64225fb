//! Many refunds from one file: every line is checked before the first refund, and each has a key of
//! its own, so that the same file again goes on where it stopped.

mod file;
mod model;
mod plan;
mod run;
mod units;

pub use file::{COLUMNS, digest, read};
pub use model::{BatchLimits, BatchLine, Brief, Ended, LineResult, Part, Planned, Work};
pub use plan::{Plan, PlanOptions, TAKE_OUT, plan};
pub use run::{look, require_ready, run};
