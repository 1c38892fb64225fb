//! A guess of what a ledger's balances are the sums of.

use super::catalogue::Table;
use super::names;
use super::places::Join;
use super::trial::{Rule, Term};

/// The way in which units tell balances apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Units {
    /// Each account has one balance.
    One,
    /// Both tables name the unit: the columns of the entries and of the balances.
    Both(usize, usize),
    /// The entries name it, and each has a column of its own in the balances.
    Columns(usize, Vec<(String, usize)>),
}

/// A guess with what came of it.
#[derive(Debug, Clone)]
pub(super) struct Guess {
    pub rule: Rule,
    pub filter: Vec<Term>,
    pub units: Units,
    pub join: Join,
    /// The balance; the first where each unit has its own.
    pub balance: usize,
    /// The column that is taken from it: what went, where balances keep both, or what an account began with.
    pub minus: Option<usize>,
    /// The decimals by which entries are smaller than balances: 2 for entries in hundredths of a balance's unit.
    pub shift: i32,
    /// A column of the balances, and its words for balances of the other sign.
    pub turned: Option<(usize, Vec<String>)>,
    pub agree: usize,
    pub of: usize,
    /// Of those with entries that do not cancel out, in thousandths.
    pub share: usize,
    /// The weight of the names: more is better.
    pub hint: i32,
}

impl Guess {
    /// The column of what an account had before its first entry, where the entries sum to what the balance is more than that.
    pub fn opening(&self, balances: &Table) -> Option<usize> {
        self.minus.filter(|minus| balances.columns[*minus].says(names::OPENING))
    }

    /// The balance as people write it: one column, or one less another.
    pub fn said_balance(&self, balances: &Table) -> String {
        let name = |column: usize| balances.columns[column].name.as_str();
        if let Some(opening) = self.opening(balances) {
            return format!("{}.{}, opened with {}", balances.name, name(self.balance), name(opening));
        }
        let minus = self.minus.map(|minus| format!(" - {}", name(minus))).unwrap_or_default();
        format!("{}.{}{minus}", balances.name, name(self.balance))
    }

    fn rank(&self) -> (usize, i32) {
        (self.share, self.hint - 2 * i32::try_from(self.filter.len()).unwrap_or(0))
    }

    pub fn is_half(&self) -> bool {
        self.share > 0 && 2 * self.agree >= self.of
    }

    /// True if at least nine of ten accounts agree.
    pub fn is_confirmed(&self) -> bool {
        self.is_half() && 10 * self.agree >= 9 * self.of
    }

    pub fn is_whole(&self) -> bool {
        self.share > 0 && self.agree == self.of
    }
}

/// The best comes first.
pub(super) fn sort(all: &mut [Guess]) {
    all.sort_by_key(|g| std::cmp::Reverse(g.rank()));
}

/// The column of the entries that names the unit, where one does.
pub(super) fn unit_column(units: &Units) -> Option<usize> {
    match units {
        Units::One => None,
        Units::Both(column, _) | Units::Columns(column, _) => Some(*column),
    }
}
