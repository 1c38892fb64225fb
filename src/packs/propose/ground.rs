//! The guesses that one table of balances allows, with what came of each.

use super::catalogue::Table;
use super::guess::{Guess, Units};
use super::names;
use super::places::Join;
use super::sample::Sample;
use super::trial::{Groups, Rule, Term, Trial};

/// The balances of a candidate: the way of the units, the column, and the row and the value of each group.
pub(super) struct Target {
    pub units: Units,
    pub column: usize,
    pub minus: Option<usize>,
    pub rows: Vec<Option<usize>>,
    pub values: Vec<Option<i128>>,
}

/// What the guesses of one table of balances are made of.
pub(super) struct Ground<'a> {
    pub trial: &'a Trial<'a>,
    pub balances: &'a Table,
    pub own: &'a Sample,
    pub join: &'a Join,
    pub shift: i32,
    pub targets: Vec<Target>,
    pub one: Groups,
    pub grouped: Vec<Option<Groups>>,
}

/// Names of numbers beside a balance.
const ODD: &[&str] = &[
    "min", "max", "required", "opening", "initial", "limit", "held", "locked", "pending", "rate", "digits", "places",
    "version",
];

/// A value that counts hundredths as the other side does; none where that leaves a rest.
pub(super) fn shifted(value: i128, shift: i32) -> Option<i128> {
    let factor = 10_i128.pow(shift.unsigned_abs());
    match shift {
        0 => Some(value),
        1.. => value.checked_mul(factor),
        _ => (value % factor == 0).then(|| value / factor),
    }
}

impl Ground<'_> {
    /// True if the column is called like a balance, or none is.
    pub fn is_named(&self, column: usize) -> bool {
        let says = |column: usize| self.balances.columns[column].says(names::BALANCE);
        says(column) || !self.targets.iter().any(|target| says(target.column))
    }

    pub fn groups(&self, at: usize) -> &Groups {
        self.grouped[at].as_ref().unwrap_or(&self.one)
    }

    /// The target of a guess.
    pub fn at(&self, guess: &Guess) -> usize {
        self.targets
            .iter()
            .position(|t| t.units == guess.units && t.column == guess.balance && t.minus == guess.minus)
            .unwrap_or(0)
    }

    pub fn guess(&self, at: usize, rule: &Rule, filter: &[Term], sums: &[Option<i128>]) -> Guess {
        self.guess_of(at, rule, filter, sums, &self.targets[at].values)
    }

    fn guess_of(
        &self,
        at: usize,
        rule: &Rule,
        filter: &[Term],
        sums: &[Option<i128>],
        values: &[Option<i128>],
    ) -> Guess {
        let (trial, join) = (self.trial, self.join);
        let Target { units, column: balance, minus, .. } = &self.targets[at];
        let (agree, of, mut share) = agreement(sums, values);
        let column = &self.balances.columns[*balance];
        // Equal numbers everywhere are no evidence, unless the names say the same.
        let said = column.says(names::BALANCE) && trial.table.columns[rule.amount()].says(names::AMOUNT);
        if !said && is_constant(sums, values) {
            share = 0;
        }
        // Nor are accounts of one entry each: a payment equals its invoice.
        if 2 * agree >= of && self.is_single(at, rule, filter, sums, values) {
            share = if names::likeness(&trial.table.name) > 0 { share / 2 } else { 0 };
        }
        // Nor signs that are as many as the accounts that they fit.
        if let Rule::ByKind { signs, .. } = rule
            && agree <= signs.len()
            && signs.iter().any(|(word, sign)| names::sign(word) != *sign && !(names::is_void(word) && *sign == 0))
        {
            share = 0;
        }
        let hint = rule.hint(trial.table) + self.hint(&self.targets[at]) + join.strength / 2;
        Guess {
            rule: rule.clone(),
            filter: filter.to_vec(),
            units: units.clone(),
            join: join.clone(),
            balance: *balance,
            minus: *minus,
            shift: self.shift,
            turned: None,
            agree,
            of,
            share,
            hint,
        }
    }

    /// The weight of the names of a balance and of what tells its units apart: more is better.
    fn hint(&self, target: &Target) -> i32 {
        let column = &self.balances.columns[target.column];
        let name = match () {
            () if column.says(&["balance"]) => 4,
            () if column.says(names::BALANCE) => 2,
            () => 0,
        };
        // One column is a balance rather than two.
        let odd = if target.minus.is_some() || column.says(ODD) { 3 } else { 0 };
        let is_named = |column: usize| {
            let c = &self.trial.table.columns[column];
            c.says(names::UNIT) || c.refers_to.as_ref().is_some_and(|to| names::says(&to.table, names::UNIT))
        };
        let unit = match target.units {
            Units::One => 0,
            Units::Both(column, _) => i32::from(is_named(column)),
            Units::Columns(..) => 1,
        };
        name - odd + unit
    }

    /// True if hardly a balance that agrees is made of several entries.
    fn is_single(
        &self,
        at: usize,
        rule: &Rule,
        filter: &[Term],
        sums: &[Option<i128>],
        values: &[Option<i128>],
    ) -> bool {
        let parts = self.trial.parts(rule, filter, self.groups(at));
        let good = || {
            parts
                .iter()
                .zip(sums.iter().zip(values))
                .filter(|(n, (sum, value))| **n > 0 && sum.is_some() && sum == value)
        };
        10 * good().filter(|(n, _)| **n > 1).count() <= good().count()
    }

    /// The guess with the sign of the balances turned where a word of theirs says so, as accounts of liabilities have it.
    pub fn turned(&self, start: &Guess) -> Vec<Guess> {
        let (at, mut found) = (self.at(start), Vec::new());
        let target = &self.targets[at];
        if matches!(target.units, Units::Columns(..)) {
            return found;
        }
        let sums = self.trial.sums(&start.rule, &start.filter, self.groups(at));
        for (column, c) in self.balances.columns.iter().enumerate() {
            let Some(words) = self.own.words(column, 8).filter(|w| w.len() > 1 && c.is_text()) else { continue };
            let word = |group: usize| target.rows[group].and_then(|row| self.own.text(row, column));
            let votes = |of: &str, sign: i128| {
                let same = |group: &usize| {
                    word(*group) == Some(of)
                        && sums[*group].is_some_and(|sum| sum != 0 && target.values[*group] == Some(sign * sum))
                };
                (0..sums.len()).filter(same).count()
            };
            let turned: Vec<String> = words.iter().filter(|w| votes(w, -1) > votes(w, 1)).cloned().collect();
            let values: Vec<Option<i128>> = (0..sums.len())
                .map(|group| {
                    let turn = word(group).is_some_and(|w| turned.iter().any(|t| t == w));
                    target.values[group].map(|value| if turn { -value } else { value })
                })
                .collect();
            let guess = self.guess_of(at, &start.rule, &start.filter, &sums, &values);
            // A word for each account fits anything.
            if !turned.is_empty()
                && turned.len() < words.len()
                && 2 * words.len() <= guess.agree
                && guess.share > start.share
            {
                found.push(Guess { turned: Some((column, turned)), ..guess });
            }
        }
        found
    }
}

/// The number of groups that agree, the number of all, and the share of those that are not all zero, in thousandths.
fn agreement(sums: &[Option<i128>], values: &[Option<i128>]) -> (usize, usize, usize) {
    let same = |(sum, value): (&Option<i128>, &Option<i128>)| sum.is_some() && sum == value;
    let pairs = || sums.iter().zip(values);
    let agree = pairs().filter(|p| same(*p)).count();
    let moved = pairs().filter(|(sum, value)| **sum != Some(0) || value.is_some_and(|v| v != 0));
    let (mut told, mut good) = (0, 0);
    for pair in moved {
        told += 1;
        good += usize::from(same(pair));
    }
    (agree, sums.len(), 1000 * good / (told + 1))
}

/// True if the sums that agree are all the same.
fn is_constant(sums: &[Option<i128>], values: &[Option<i128>]) -> bool {
    let mut good = sums.iter().zip(values).filter(|(sum, value)| sum.is_some() && sum == value).map(|(sum, _)| sum);
    let first = good.next();
    good.all(|sum| Some(sum) == first)
}
