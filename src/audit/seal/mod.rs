//! Seals: what every account's entries were, up to a point that nothing can arrive behind any more.
//!
//! A seal is one digest, its root, over a chained digest of each account's entries in order. Whoever
//! keeps the root outside the database can prove later whether an entry was changed, added or
//! removed, also when every sum still agrees. Entries stream from the server in order, so memory does
//! not grow with them.

mod digest;
mod find;
mod heap;
mod history;
mod make;
mod model;
mod open;
mod source;
mod span;
mod stored;
mod stream;
mod verify;

pub use crate::store::seals::Times;
pub use digest::{Digest, parse_root};
pub(super) use find::{choose, key_of};
pub use history::{History, HistoryEvent, HistoryLine, can_record, history, record, times};
pub(super) use make::MANY_CHANGES;
pub use make::{Request, Restarted, Sealed, make, previous};
pub(super) use model::Chosen;
pub use model::{Mode, Reference, Seal, Uncovered, Use};
pub use verify::start_over;
pub(super) use verify::{check, described, require_logged};
