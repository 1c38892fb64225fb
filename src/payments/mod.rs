//! Payments: finding one, and listing many, in whatever way the application keeps them.
//!
//! Row security stays on, so that support sees what its policies show it; what they may hide is for
//! the caller to say ([`crate::db::may_hide`]).

mod amount;
mod details;
mod find;
mod list;
mod model;
mod providers;

pub use crate::store::refunds::OfPayment as Refund;
pub use amount::Amount;
pub use details::{LedgerEntry, entries_of, refunds_of};
pub use find::{By, Found, beginning, find, find_whole};
pub use list::{Filter, Page, list, only_currency};
pub use model::Payment;
pub use providers::{by_provider, of_provider};
