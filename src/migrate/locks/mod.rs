//! The locks of a statement, read from its text alone.
//!
//! The levels are those of PostgreSQL 15 and later, from its documentation; a test runs each statement
//! on a server and compares. A text does not tell everything: what the catalogs would have to be asked
//! for, or only the code that runs knows, is named in [`Locks::beyond`] and never left out silently.
//! The tables beneath a view are locked as the view is, which the text does not tell either.

mod alter;
mod model;
mod reads;
mod statement;

pub use model::{Beyond, Lock, LockMode, Locks, TableWork};
pub use statement::locks;
