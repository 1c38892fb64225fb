//! The data that every part of a run is given.

use std::cell::RefCell;

use tokio::sync::OnceCell;

use super::acknowledged::Acknowledged;
use super::comparable::Comparable;
use super::ledger::Pieces;
use super::options::Options;
use super::seal;
use crate::packs::{Order, Pack, Shape};

/// The context that the parts of a run share.
pub(super) struct Scope<'a> {
    pub(super) pack: &'a Pack,
    pub(super) options: &'a Options,
    pub(super) acknowledged: &'a Acknowledged,
    /// The newest migration that the application's history records.
    pub(super) migration: Option<i64>,
    /// The columns of those of the pack's queries that a check has looked at.
    pub(super) shape: RefCell<Shape>,
    /// The payments that can be compared, counted by the first check that needs it.
    pub(super) comparable: OnceCell<Comparable>,
    /// The seal that is trusted or verified.
    pub(super) seal: Option<seal::Chosen>,
    /// The pieces of the ledger that the connections of the run read side by side.
    pub(super) pieces: Pieces,
}

impl Scope<'_> {
    /// The seal, and the transaction from which on entries arrived after it; none where no transaction tells that.
    pub(super) fn watermark(&self) -> Option<(&seal::Seal, u64)> {
        let seal = self.seal.as_ref()?.seal.as_ref()?;
        Some((seal, seal.watermark?))
    }

    /// The column that orders the entries of the ledger.
    pub(super) fn order(&self) -> Order {
        self.pack.ledger.as_ref().map_or(Order::At, |ledger| ledger.order)
    }
}
