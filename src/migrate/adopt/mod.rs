//! Bringing a database whose tables something else made to the structure that the migrations make.

mod builder;
mod change;
mod create;
mod elsewhere;
mod facts;
mod grants;
mod names;
mod partition;
mod plan;
mod run;
mod text;
mod types;

pub use builder::{Plan, RowCheck};
pub use elsewhere::made_elsewhere;
pub use facts::Facts;
pub use plan::{Hooks, plan};
pub use run::{adopt, limit_waits, look, structure, surroundings};
pub use text::{Left, digest, left_of, parse, text};
