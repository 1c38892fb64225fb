//! Refunds: money and units of account go back exactly once, or not at all, whatever dies in the
//! middle.
//!
//! A refund is a row of `bursar.refunds` that says how far it came. Every step is one call of a
//! function in the database, and so one transaction ([`RefundSession`]); between two steps, with no transaction
//! open, the gateway is talked to ([`carry_out`]). A process that dies leaves a row that says what to
//! do next, and [`carry_out`] does it, as often as it is called: it asks the gateway before it submits
//! anything again, and always under the refund's own id.

pub mod batch;
pub mod gateway;
mod list;
mod model;
mod run;
mod session;
mod sync;
mod terms;
mod wait;

pub use list::{
    Filter, Page, acknowledged, answered_for, beginning, by_key, find, history, holder, is_whole_id, list,
    of_same_reference, open, recent, require, require_functions, underway,
};
pub use model::{
    Carried, Hindrance, IfSpent, RECORD_ONLY, Rechecked, Refund, RefundAnswer, RefundOrigin, RefundReason,
    RefundRequest, RefundState, Requested, Seen, Transition, Unseen, sync_of, why,
};
use run::hindrance;
pub use run::{NOT_SUBMITTED, Unsent, carry_out, hold, recheck, require_free, require_known, submit_new, unseen};
pub use session::RefundSession;
pub use sync::{
    Brought, BroughtKind, Compared, Listing, Objects, SyncOutcome, Would, bring_in, bring_in_objects, by_reference,
    missing, unlisted_since,
};
pub use terms::{Effects, Money, Refusal, Terms, preview, preview_approval, previews};
pub use wait::wait_for;
