//! A guess, computed over the rows of a sample.

use std::collections::HashMap;

use super::catalogue::{Table, is_unit};
use super::exact::{decimals, rounded};
use super::names;
use super::places::Account;
use super::sample::Sample;

/// The rule that gives an entry's signed amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    /// A signed amount, or one whose sign is the other way round.
    Signed { amount: usize, negated: bool },
    /// Two columns, one of which raises the balance.
    Sides { plus: usize, minus: usize },
    /// An amount whose kind decides the sign; the last is the sign of every word.
    ByKind { amount: usize, kind: usize, signs: Vec<(String, i8)> },
}

impl Rule {
    pub fn amount(&self) -> usize {
        match self {
            Rule::Signed { amount, .. } | Rule::ByKind { amount, .. } => *amount,
            Rule::Sides { plus, .. } => *plus,
        }
    }

    pub fn uses(&self, column: usize) -> bool {
        match self {
            Rule::Signed { amount, .. } => *amount == column,
            Rule::Sides { plus, minus } => *plus == column || *minus == column,
            Rule::ByKind { amount, kind, .. } => *amount == column || *kind == column,
        }
    }

    /// The weight of its name: more is better.
    pub fn hint(&self, table: &Table) -> i32 {
        let name = |c: usize| {
            let c = &table.columns[c];
            if c.says(&["amount", "delta"]) {
                3
            } else if c.says(names::RUNNING) {
                -3
            } else if c.says(names::AMOUNT) {
                2
            } else {
                0
            }
        };
        match self {
            Rule::Signed { amount, negated } => name(*amount) - i32::from(*negated),
            Rule::Sides { plus, .. } => 1 + i32::from(table.columns[*plus].says(&["credit"])),
            // One that leaves a kind out explains less than one that does not.
            Rule::ByKind { amount, signs, .. } => {
                let left_out = signs.iter().any(|(word, sign)| *sign == 0 && !names::is_void(word));
                name(*amount) - if left_out { 8 } else { 2 }
            }
        }
    }
}

/// Which rows count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    Is(usize, bool),
    Null(usize, bool),
    Among(usize, Vec<String>),
}

impl Term {
    pub fn column(&self) -> usize {
        match self {
            Term::Is(column, _) | Term::Null(column, _) | Term::Among(column, _) => *column,
        }
    }

    fn holds(&self, sample: &Sample, row: usize) -> bool {
        let text = sample.text(row, self.column());
        match self {
            Term::Is(_, wanted) => text == Some(if *wanted { "true" } else { "false" }),
            Term::Null(_, wanted) => text.is_none() == *wanted,
            Term::Among(_, words) => text.is_some_and(|t| words.iter().any(|w| w == t)),
        }
    }
}

/// The groups whose sums are balances.
#[derive(Debug)]
pub(super) struct Groups {
    /// The group of each movement.
    pub of: Vec<Option<usize>>,
    /// The account and unit of each group.
    pub keys: Vec<(usize, Option<String>)>,
}

/// A sample of entries, ready to be summed.
#[derive(Debug)]
pub(super) struct Trial<'a> {
    pub table: &'a Table,
    pub sample: &'a Sample,
    pub account: &'a Account,
    /// An account, a row, and true for the side that gives.
    pub moves: Vec<(usize, usize, bool)>,
    numbers: HashMap<usize, Vec<Option<i128>>>,
}

/// The numbers of a column, and for a float the decimals that it seems to have.
pub(super) fn numbers(table: &Table, sample: &Sample, column: usize) -> (Vec<Option<i128>>, Option<usize>) {
    let all = (0..sample.rows.len()).map(|row| sample.number(row, column));
    if !table.columns[column].is_float() {
        return (all.collect(), None);
    }
    let mut have: Vec<usize> =
        (0..sample.rows.len()).filter_map(|row| sample.text(row, column)).map(decimals).collect();
    have.sort_unstable();
    // One value in twenty may carry the noise of its sums.
    let digits = have.get(have.len() * 19 / 20).copied().unwrap_or(2).clamp(2, 8);
    (all.map(|n| n.map(|n| rounded(n, digits))).collect(), Some(digits))
}

impl<'a> Trial<'a> {
    pub fn new(table: &'a Table, sample: &'a Sample, account: &'a Account) -> Self {
        let mut moves = Vec::new();
        for row in 0..sample.rows.len() {
            let mut add = |name: Option<String>, gives: bool| {
                moves.extend(name.and_then(|n| sample.accounts.get(&n).copied()).map(|id| (id, row, gives)));
            };
            match account {
                Account::Pair(from, to) => {
                    add(sample.text(row, *from).map(str::to_owned), true);
                    add(sample.text(row, *to).map(str::to_owned), false);
                }
                _ => add(sample.account(row, account), false),
            }
        }
        let mut all = HashMap::new();
        for (i, _) in table.columns.iter().enumerate().filter(|(_, c)| c.is_number() || c.is_integer() || c.is_time()) {
            all.insert(i, numbers(table, sample, i).0);
        }
        Trial { table, sample, account, moves, numbers: all }
    }

    pub fn number(&self, row: usize, column: usize) -> Option<i128> {
        self.numbers.get(&column)?[row]
    }

    /// The groups by account, and by a column of the unit where there is one.
    pub fn groups(&self, unit: Option<usize>) -> Groups {
        let mut ids: HashMap<(usize, Option<String>), usize> = HashMap::new();
        let mut groups = Groups { of: Vec::new(), keys: Vec::new() };
        for (account, row, _) in &self.moves {
            let key = (*account, unit.and_then(|c| self.sample.text(*row, c)).map(str::to_owned));
            if unit.is_some() && key.1.is_none() {
                groups.of.push(None);
                continue;
            }
            let id = *ids.entry(key.clone()).or_insert_with(|| {
                groups.keys.push(key);
                groups.keys.len() - 1
            });
            groups.of.push(Some(id));
        }
        groups
    }

    /// The amount that a movement adds by a rule; none where the row does not say.
    pub fn delta(&self, movement: usize, rule: &Rule) -> Option<i128> {
        let (_, row, gives) = self.moves[movement];
        let delta = match rule {
            Rule::Signed { amount, negated } => {
                let amount = self.number(row, *amount)?;
                if *negated { -amount } else { amount }
            }
            Rule::Sides { plus, minus } => {
                let side = |column| self.number(row, column).unwrap_or(0);
                side(*plus).saturating_sub(side(*minus))
            }
            Rule::ByKind { amount, kind, signs } => {
                let word = self.sample.text(row, *kind)?;
                let sign = signs.iter().find(|(w, _)| w == word)?.1;
                self.number(row, *amount)? * i128::from(sign)
            }
        };
        Some(if gives { -delta } else { delta })
    }

    pub fn counts(&self, movement: usize, filter: &[Term]) -> bool {
        let row = self.moves[movement].1;
        filter.iter().all(|term| term.holds(self.sample, row))
    }

    /// The sum of each group; none where a row that counts does not say what it adds.
    pub fn sums(&self, rule: &Rule, filter: &[Term], groups: &Groups) -> Vec<Option<i128>> {
        let mut sums = vec![Some(0_i128); groups.keys.len()];
        for movement in 0..self.moves.len() {
            if let Some(group) = groups.of[movement]
                && self.counts(movement, filter)
            {
                let delta = self.delta(movement, rule);
                sums[group] = sums[group].zip(delta).and_then(|(sum, delta)| sum.checked_add(delta));
            }
        }
        sums
    }

    /// How many rows of each group add something.
    pub fn parts(&self, rule: &Rule, filter: &[Term], groups: &Groups) -> Vec<usize> {
        let mut parts = vec![0; groups.keys.len()];
        for movement in 0..self.moves.len() {
            if let Some(group) = groups.of[movement]
                && self.counts(movement, filter)
                && self.delta(movement, rule).is_some_and(|delta| delta != 0)
            {
                parts[group] += 1;
            }
        }
        parts
    }

    /// The rules to try, apart from those whose kind decides.
    pub fn rules(&self, pair: bool) -> Vec<Rule> {
        let mut rules = Vec::new();
        let mut numbers: Vec<usize> =
            (0..self.table.columns.len()).filter(|&i| self.table.columns[i].is_number()).collect();
        numbers.sort_by_key(|&i| -Rule::Signed { amount: i, negated: false }.hint(self.table));
        let named = |word: &str| numbers.iter().copied().find(|&i| self.table.columns[i].says(&[word]));
        if let (Some(credit), Some(debit), false) = (named("credit"), named("debit"), pair) {
            rules.push(Rule::Sides { plus: credit, minus: debit });
            rules.push(Rule::Sides { plus: debit, minus: credit });
        }
        for amount in numbers.iter().copied().take(10) {
            rules.extend([false, true].map(|negated| Rule::Signed { amount, negated }));
        }
        rules
    }

    /// The columns of an amount that is never negative.
    pub fn unsigned(&self) -> Vec<usize> {
        let rules = self.rules(true);
        let amounts = rules.iter().filter(|r| matches!(r, Rule::Signed { negated: false, .. })).map(Rule::amount);
        let positive = |column: &usize| {
            let all = &self.numbers[column];
            all.iter().flatten().all(|n| *n >= 0) && all.iter().flatten().any(|n| *n > 0)
        };
        amounts.filter(|c| !self.table.columns[*c].says(names::RUNNING)).filter(positive).take(3).collect()
    }

    /// The columns that may decide the sign, with their words: those with a customary name, or other texts of few words.
    pub fn kinds(&self, named: bool) -> Vec<(usize, Vec<String>)> {
        let may = |i: &usize| {
            let c = &self.table.columns[*i];
            let is_side =
                c.base == "bool" && c.says(&["source", "destination", "sender", "receiver", "from", "to", "out"]);
            let fits = match c.says(names::KIND) || is_side {
                true => named && (c.is_text() || c.base == "bool" || c.is_integer()),
                false => !named && c.is_text() && !c.says(names::STATUS) && !is_unit(c) && !self.account.uses(*i),
            };
            fits && c.refers_to.is_none() && !c.key
        };
        let (all, most) = ((0..self.table.columns.len()).filter(may), if named { super::signs::MOST } else { 4 });
        all.filter_map(|i| Some((i, self.sample.words(i, most).filter(|w| w.len() > 1)?))).take(4).collect()
    }

    /// The terms that a filter may have: those that tell rows of the sample apart.
    pub fn terms(&self) -> Vec<Term> {
        let mut terms = Vec::new();
        for (i, column) in self.table.columns.iter().enumerate() {
            let with = |text: Option<&str>| self.sample.rows.iter().any(|row| row[i].as_deref() == text);
            // A column that has nothing to do with it may fit by accident, the more easily the more rows it leaves out.
            let leaves = |term: &Term| {
                let left = (0..self.sample.rows.len()).filter(|&row| !term.holds(self.sample, row)).count();
                column.says(COUNTING) || column.says(VOIDED) || 3 * left <= self.sample.rows.len()
            };
            if column.base == "bool" && with(Some("true")) && with(Some("false")) {
                terms.extend([Term::Is(i, true), Term::Is(i, false)].into_iter().filter(leaves));
            } else if column.nullable && (column.is_time() || column.says(VOIDED)) && with(None) {
                terms.extend([Term::Null(i, true), Term::Null(i, false)].into_iter().filter(leaves));
            } else if ((column.is_text() || column.is_integer())
                && column.says(&["status", "state", "phase", "stage", "enum"])
                || (column.is_text() || column.base == "int2") && (column.says(COUNTING) || column.says(VOIDED)))
                && let Some(words) = self.sample.words(i, 6).filter(|w| w.len() > 1)
            {
                let mut sets: Vec<Vec<String>> = (1..(1_usize << words.len()) - 1)
                    .map(|set| (0..words.len()).filter(|w| set & (1 << w) != 0).map(|w| words[w].clone()).collect())
                    .collect();
                // Of sets that do as well, the one that leaves out what does not count by its word.
                sets.sort_by_key(|set: &Vec<String>| {
                    words.iter().filter(|w| set.contains(w) == names::is_void(w)).count()
                });
                terms.extend(sets.into_iter().map(|set| Term::Among(i, set)));
            }
        }
        terms
    }

    /// The terms that are customary by a column's name, whether or not a row of the sample tells.
    pub fn customary(&self) -> Vec<Term> {
        let columns = self.table.columns.iter().enumerate();
        columns
            .filter_map(|(i, c)| match c.base.as_str() {
                "bool" if c.says(&["confirmed"]) => Some(Term::Is(i, true)),
                "bool" if c.says(VOIDED) => Some(Term::Is(i, false)),
                _ if c.is_time() && c.nullable && c.says(&["deleted", "voided"]) => Some(Term::Null(i, true)),
                _ => None,
            })
            .collect()
    }

    /// The filters to try: none, and the customary one where there is one.
    pub fn filters(&self) -> Vec<Vec<Term>> {
        let customary = self.customary();
        let second = (!customary.is_empty()).then_some(customary);
        std::iter::once(Vec::new()).chain(second).collect()
    }
}

const VOIDED: &[&str] = &["deleted", "reversed", "reversal", "voided", "void", "archived", "cancelled", "canceled"];

/// The names of columns that customarily say whether a row counts.
const COUNTING: &[&str] = &[
    "confirmed",
    "status",
    "state",
    "posted",
    "settled",
    "completed",
    "finalized",
    "approved",
    "applied",
    "committed",
    "pending",
    "failed",
    "success",
    "successful",
    "valid",
    "active",
];
