//! A person and what is theirs.

use uuid::Uuid;

use crate::seed::clock::At;

/// The phases of a pillar, in their order.
pub(super) const PHASES: [&str; 4] = ["discovery", "onboarding", "scaffolding", "endgame"];

/// A person, and their present state.
pub(super) struct Person {
    pub id: Uuid,
    /// Counted over the whole database, and so the source of values that must be unique in it.
    pub number: u64,
    pub created: At,
    pub ways: Vec<Way>,
    pub balances: Vec<Balance>,
    /// Interactions that they approve of at present.
    pub approved: Vec<usize>,
    /// People whom they have given tokens to.
    pub friends: Vec<usize>,
    pub last_entry: At,
}

/// Somebody's way through a pillar.
pub(super) struct Way {
    pub id: Uuid,
    pub pillar: usize,
    /// A place in [`PHASES`].
    pub phase: usize,
    pub percent: f64,
    pub begun: At,
    pub touched: At,
}

/// Somebody's tokens of a type, in hundredths.
pub(super) struct Balance {
    pub id: Uuid,
    pub token: usize,
    pub hundredths: i64,
    pub touched: At,
}

/// Hundredths as a number with two decimals.
pub(super) fn decimal(hundredths: i64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
