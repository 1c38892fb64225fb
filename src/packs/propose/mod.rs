//! A first draft of a pack, from a database's tables and from what their rows say.
//!
//! A name is a hint. What a column does is measured: every guess is tried on a sample of the rows, and the figure is
//! written beside it, so that the person who knows the schema can correct the draft.

mod attempt;
mod catalogue;
mod chain;
mod doubt;
mod draft;
mod draft_ledger;
mod exact;
mod granted;
mod ground;
mod guess;
mod jobs;
mod ledger;
mod manifest;
mod names;
mod payments;
mod places;
mod plan;
mod proposal;
mod refunds;
mod residues;
mod sample;
mod say;
mod signs;
mod solve;
mod states;
mod trial;
mod units;
mod write;
mod write_balances;

pub use draft::{Wanted, propose};
pub use proposal::{Other, Proposal};
