//! A person, what is theirs, and what happens to them.

use std::fmt::Write as _;

use uuid::Uuid;

use crate::seed::clock::At;

/// A person, and their present state.
pub(super) struct Person {
    pub id: Uuid,
    /// Counted over the whole database, and so the source of values that must be unique in it.
    pub number: u64,
    pub invite_code: String,
    pub created: At,
    /// The size of their purchases: 0, 1 or 2.
    pub appetite: usize,
    pub thai: bool,
    /// The weight with which an invite is theirs.
    pub eagerness: f64,
    pub stars: i64,
    pub coins: i64,
    /// Stars that a reading which is under way will cost.
    pub reserved: i64,
    pub methods: Vec<Method>,
    pub invited_by: Option<Uuid>,
    /// The times at which their invites were accepted, in order.
    pub accepted: Vec<At>,
    pub last_entry: At,
    pub last_login: At,
    pub touched: At,
}

impl Person {
    /// The stars that may be spent now.
    pub fn free_stars(&self) -> i64 {
        self.stars - self.reserved
    }
}

/// A payment, until nothing can happen to it any more.
pub(super) struct Payment {
    pub id: Uuid,
    pub who: usize,
    pub package: usize,
    pub by_card: bool,
    pub created: At,
    pub updated: At,
    pub status: Status,
}

/// The state of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Succeeded,
    Refunded,
    /// With the place of its error.
    Declined(usize),
    Abandoned,
}

/// A card that is kept on file.
pub(super) struct Method {
    pub id: Uuid,
    pub brand: usize,
    pub last4: i64,
    /// For how many months it was valid when it was added.
    pub months: u32,
    pub expired: bool,
    pub usual: bool,
    pub active: bool,
    pub created: At,
    pub updated: At,
}

/// An invite that will be accepted.
pub(super) struct Sent {
    pub created: At,
    pub invitee: usize,
}

/// A reading that a job has made, on its way to the person who asked.
pub(super) struct Answer {
    pub reading: Uuid,
    pub job: Uuid,
    pub cards: u8,
    pub stars: i64,
    pub attempts: u8,
    pub asked: At,
    pub took: At,
    /// Questions that are still to come.
    pub more: u32,
}

/// The next event of a person.
pub(super) enum Event {
    /// They open the application.
    Visit,
    /// They have a question, and so many more after it.
    Ask { more: u32 },
    /// They pay for a package, perhaps again after a decline.
    Pay { more: u32 },
    /// The gateway confirms a payment.
    Paid { payment: usize, more: u32 },
    /// A payment is refunded.
    TakeBack { payment: usize },
    /// Their reading is ready.
    Answered(Box<Answer>),
    /// A reading made no sense, and its stars are given back.
    GiveBack { reading: Uuid, stars: i64 },
    /// An invite of theirs is accepted.
    Accepted(Sent),
    /// Somebody at work adjusts their balance.
    Adjust,
    /// An adjustment was a mistake.
    Reverse { entry: Uuid, unit: Unit, delta: i64 },
}

/// A unit of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Star,
    Coin,
}

impl Unit {
    pub fn name(self) -> &'static str {
        match self {
            Unit::Star => "STAR",
            Unit::Coin => "COIN",
        }
    }
}

/// The reason for an entry.
#[derive(Debug, Clone, Copy)]
pub(super) enum For {
    Nothing,
    Payment(Uuid),
    Reading(Uuid),
    Invite(Uuid),
}

/// A UUID in the letters and digits that providers and gateways use for their ids.
pub(super) fn base62(id: Uuid) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut left = id.as_u128();
    let mut text = String::with_capacity(22);
    for _ in 0..22 {
        // A remainder by 62 is a place in the array.
        let _ = text.write_char(char::from(DIGITS[usize::try_from(left % 62).unwrap_or(0)]));
        left /= 62;
    }
    text
}
