//! The linter of migrations. It reads their text alone: nothing is connected to.
//!
//! squawk knows what locks a table for long or breaks what runs already; [`squawk`] says which of its
//! rules are asked. The rules of our own need the whole set in order, because an index or a policy may
//! come in a later file: [`schema`] follows the set, and what it finds is reported where it was brought
//! in. `-- squawk-ignore RULE` before a line silences both kinds.

mod changed;
mod functions;
mod harmless;
mod ignores;
mod model;
mod place;
mod rules;
mod run;
mod schema;
mod squawk;
mod statements;
mod transactions;

pub use changed::{Changed, changed};
pub use model::{Choice, Hit, Input, Level, OwnRule, RULES, Report, is_refused};
pub use place::Position;
pub use rules::{is_rule, rules};
pub use run::lint;
