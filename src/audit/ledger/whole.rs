//! The result of a pass: the accounts that it could not prove, and the sums of each unit.

use std::collections::{BTreeMap, BTreeSet};

/// The sums of a unit.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) entries: i64,
    /// Credits less debits.
    pub(super) total: i128,
    /// Accounts that have entries or a balance.
    pub(super) accounts: i64,
    pub(super) balance: i128,
    pub(super) opening: i128,
    /// Accounts that have entries.
    pub(super) holders: i64,
    /// Accounts with running balances.
    pub(super) chains: i64,
}

impl Total {
    /// Adds those of other accounts.
    pub(super) fn add(&mut self, other: &Total) {
        self.entries += other.entries;
        self.total += other.total;
        self.accounts += other.accounts;
        self.balance += other.balance;
        self.opening += other.opening;
        self.holders += other.holders;
        self.chains += other.chains;
    }
}

/// The result of a pass over the entries and the balances of some accounts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Whole {
    /// The accounts in which something is not as it should be, or in which only a sort can tell.
    pub(super) suspects: BTreeSet<String>,
    pub(super) units: BTreeMap<String, Total>,
    /// True if an entry has no number.
    pub(super) unnumbered: bool,
}

impl Whole {
    /// Adds what was read of other accounts.
    pub(super) fn add(&mut self, other: Whole) {
        self.unnumbered |= other.unnumbered;
        self.suspects.extend(other.suspects);
        for (unit, total) in other.units {
            self.units.entry(unit).or_default().add(&total);
        }
    }
}
