//! Many refunds from one file: every line is checked before the first refund, and each has a key of
//! its own, so that the same file again goes on where it stopped.

mod file;
mod model;
mod plan;
mod run;

pub use file::{COLUMNS, digest, read};
pub use model::{BatchLimits, BatchLine, LineResult, Planned};
pub use plan::{TAKE_OUT, clashes, plan};
pub use run::{look, run};
