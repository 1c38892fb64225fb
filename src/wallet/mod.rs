//! Wallets: one account's balances and entries, and corrections of a balance by an entry.
//!
//! Row security stays on, as for payments. A function of the database writes: it locks the account, and compares the
//! balance with the one that the caller has seen.

mod account;
mod adjust;
mod adjustments;
mod model;

pub use crate::audit::EntryFilter;
pub use crate::store::AdjustmentState;
pub use crate::store::adjustments::Decided;
pub use account::{Account, nobody, resolve};
pub use adjust::{Adjustment, apply, approve, plan, reject};
pub use adjustments::{Adjustments, Waiting, adjustments, waiting, would};
pub use model::{Balance, Entries, balances, history};
