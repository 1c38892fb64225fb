//! A ledger that was tried, with what its rows say.

use super::chain::Chain;
use super::doubt::Doubts;
use super::guess::{Guess, Units};
use super::places::{Account, Head, Place};
use super::sample::Sample;
use super::trial::{Rule, Term};

/// A ledger to draft, with what was tried.
#[derive(Debug)]
pub(super) struct Plan {
    pub place: Place,
    pub sample: Sample,
    pub rule: Rule,
    pub filter: Vec<Term>,
    /// Terms of the filter that no row of the sample tells anything about.
    pub untold: Vec<Term>,
    pub units: Units,
    /// The guess of the balances; none for a ledger of running balances only.
    pub guess: Option<Guess>,
    /// The balances' rows of the sample's accounts.
    pub own: Sample,
    pub chain: Option<Chain>,
    /// Guesses that do as well, in words.
    pub ties: Vec<String>,
    /// Other ledgers of the same tables.
    pub beside: Vec<Guess>,
    /// The reason why nothing was tried.
    pub untried: Option<String>,
    /// The place of the time, where the entries have none of their own.
    pub head: Option<Head>,
    /// The doubts that the rows leave.
    pub doubts: Doubts,
    /// True if somebody named the table.
    pub is_named: bool,
    pub score: i64,
}

impl Plan {
    /// The columns whose words the queries tell apart, with the words of the sample.
    pub fn words(&self) -> Vec<(usize, Vec<String>)> {
        let mut all = Vec::new();
        if self.untried.is_some() {
            return all;
        }
        let columns = match &self.rule {
            Rule::ByKind { kind, .. } => Some(*kind),
            _ => None,
        };
        let filters = self.filter.iter().filter(|t| matches!(t, Term::Among(..))).map(Term::column);
        for column in columns.into_iter().chain(filters) {
            all.extend(self.sample.words(column, 100).map(|words| (column, words)));
        }
        all
    }

    /// True if each entry of the sample names the account that gives and the one that receives: that is double entry.
    pub fn is_double(&self) -> bool {
        let Account::Pair(from, to) = &self.place.account else { return false };
        let named = |row: usize| [from, to].iter().all(|side| self.sample.text(row, **side).is_some());
        !self.sample.rows.is_empty() && (0..self.sample.rows.len()).all(named)
    }

    /// True if at least half of the accounts agree or chain.
    pub fn holds(&self) -> bool {
        match &self.guess {
            Some(guess) => guess.is_half(),
            None => self.chain.as_ref().is_some_and(Chain::is_half),
        }
    }

    /// True if at least nine of ten do.
    pub fn is_confirmed(&self) -> bool {
        match &self.guess {
            Some(guess) => guess.is_confirmed(),
            None => self.chain.as_ref().is_some_and(Chain::is_confirmed),
        }
    }
}

/// The user's own answers about the ledger.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Only {
    pub ledger: Option<usize>,
    pub balances: Option<(usize, usize)>,
}
