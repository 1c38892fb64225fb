//! The commands: resolve, plan, confirm, apply, report. A command's clap types stand beside its code. This layer is
//! where the ambient world, its environment, clock and terminal, enters; everything below is handed what it needs.

mod ambient;
mod audit;
pub mod cli;
mod complete;
mod completions;
mod config;
mod context;
#[cfg(feature = "seed")]
mod demo;
pub mod docs;
mod doctor;
mod done;
mod ending;
mod explain;
mod gauge;
mod global;
mod held_up;
mod inspect;
mod jobs;
mod man;
mod migrate;
mod migration_url;
mod operations;
mod pack;
mod panics;
mod payments;
mod refund;
mod sandbox;
#[cfg(feature = "seed")]
mod seed;
mod settings;
mod start;
mod stats;
pub mod uses;
pub mod values;
mod wallet;
#[cfg(feature = "screen")]
mod watch;

pub(crate) use ambient::var;
use ambient::{new_id, now, os_var};
pub use context::Context;
use context::no_matches;
pub use done::{Done, Outcome};
use panics::beside;
pub use start::main;
