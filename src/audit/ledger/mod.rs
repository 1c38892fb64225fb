//! The canonical checks of a ledger: cached balances against entries, the chain of running
//! balances, their order in time, their domain, and the totals.
//!
//! One aggregate says which accounts fail (`sql/sums.sql`). Those, or strictly all of them
//! (`sql/unordered.sql`), are read in order to find where (`sql/links.sql`). What lies outside its
//! domain is looked for (`sql/misplaced.sql`) only where the aggregate says that there is any. In double entry, the entries
//! of each transaction are summed too (`sql/unbalanced.sql`).

mod around;
mod chains;
mod check;
mod checks;
mod explain;
mod link;
mod links;
mod loops;
mod onward;
mod pass;
mod pieces;
mod query;
mod rows;
mod shape;
mod since;
mod sql;
mod suspect;
mod tenants;
mod unbalanced;
mod whole;

pub(crate) use around::newest;
pub use around::{AccountEntry, EntryFilter};
pub(super) use check::{check, knows};
pub(super) use checks::{LedgerCheck, described, without_ledger};
pub(super) use pieces::Pieces;
pub(crate) use query::Query;
pub(super) use query::arrived_since;
pub(super) use since::check as check_since;
