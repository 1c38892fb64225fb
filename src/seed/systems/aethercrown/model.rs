//! A person and what is theirs.

use uuid::Uuid;

use super::style::{CloneKind, Currency};
use crate::seed::clock::At;

/// A person, and their present state.
pub(super) struct Person<'a> {
    pub id: Uuid,
    /// Counted over the whole database, and so the source of values that must be unique in it.
    pub number: u64,
    pub name: String,
    pub address: String,
    pub currency: &'a Currency,
    pub invoices: u32,
    pub clones: Vec<AiClone<'a>>,
    /// The end of their subscription, if they ever had one.
    pub subscribed: Option<At>,
}

impl Person<'_> {
    /// Something of theirs, for the log.
    pub fn subject(&self, log_type: &'static str, entity: Uuid) -> Subject<'_> {
        Subject { log_type, entity, user: self.id, address: &self.address }
    }
}

/// A clone, until its user's history has ended.
pub(super) struct AiClone<'a> {
    pub id: Uuid,
    pub kind: &'a CloneKind,
    pub number: usize,
    pub status: &'static str,
    pub config: String,
    pub created: At,
    pub updated: At,
}

/// The subject of an entry of the log, and the user who acted.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub log_type: &'static str,
    pub entity: Uuid,
    pub user: Uuid,
    pub address: &'a str,
}
