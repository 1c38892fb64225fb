//! The schema that a set of migrations leaves behind, as far as indexes, keys and row level security
//! go. What only code does, such as a block that executes a text, is not seen.

mod follow;
mod index;
mod model;
mod rules;

pub(super) use model::Schema;
