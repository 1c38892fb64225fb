//! The balance that a sum of entries agrees with, over all guesses.

use super::catalogue::{Table, is_unit};
use super::names;
use super::places::Join;
use super::sample::Sample;
use super::trial::{Groups, Rule, Term, Trial, numbers};

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
    pub agree: usize,
    pub of: usize,
    /// Of those with entries that do not cancel out, in thousandths.
    pub share: usize,
    /// The weight of the names: more is better.
    pub hint: i32,
}

impl Guess {
    fn rank(&self) -> (usize, i32) {
        (self.share, self.hint - 2 * i32::try_from(self.filter.len()).unwrap_or(0))
    }

    pub fn is_half(&self) -> bool {
        self.share > 0 && 2 * self.agree >= self.of
    }

    pub fn is_whole(&self) -> bool {
        self.share > 0 && self.agree == self.of
    }
}

/// The best guesses, best first.
pub(super) fn best(
    trial: &Trial<'_>,
    pair: bool,
    balances: &Table,
    own: &Sample,
    join: &Join,
    only: Option<usize>,
) -> Vec<Guess> {
    let one = trial.groups(None);
    let (rules, customary) = (trial.rules(pair), trial.customary());
    let is_single = trial.moves.len() <= one.keys.len();
    let mut targets: Vec<Target> = Vec::new();
    for units in units(trial, balances) {
        let groups = match &units {
            Units::One => None,
            Units::Both(column, _) | Units::Columns(column, _) => Some(trial.groups(Some(*column))),
        };
        let columns: Vec<usize> = match &units {
            Units::Columns(_, pairs) => vec![pairs[0].1],
            _ => {
                (0..balances.columns.len()).filter(|&i| i != join.account && balances.columns[i].is_number()).collect()
            }
        };
        let rows = Rows::new(trial, own, join, &units, groups.as_ref().unwrap_or(&one));
        for column in columns.into_iter().filter(|c| only.is_none_or(|only| only == *c)).take(24) {
            let values = rows.values(balances, own, column, &units);
            targets.push((units.clone(), column, values));
        }
    }
    let grouped: Vec<Option<Groups>> = targets
        .iter()
        .map(|(u, ..): &Target| match u {
            Units::One => None,
            Units::Both(column, _) | Units::Columns(column, _) => Some(trial.groups(Some(*column))),
        })
        .collect();
    let guess = |at: usize, rule: &Rule, filter: &[Term], sums: &[Option<i128>]| {
        let (units, balance, values) = &targets[at];
        let (agree, of, mut share) = agreement(sums, values);
        let column = &balances.columns[*balance];
        // Equal numbers everywhere are no evidence, unless the names say the same.
        let said = column.says(names::BALANCE) && trial.table.columns[rule.amount()].says(names::AMOUNT);
        if !said && is_constant(sums, values) {
            share = 0;
        }
        // Nor are accounts of one entry each: a payment equals its invoice.
        if is_single {
            share = if names::likeness(&trial.table.name) > 0 { share / 2 } else { 0 };
        }
        let name = if column.says(&["balance"]) {
            4
        } else if column.says(names::BALANCE) {
            2
        } else {
            0
        };
        let odd = if column.says(&[
            "min", "max", "required", "opening", "initial", "limit", "held", "locked", "pending", "rate", "digits",
            "places", "version",
        ]) {
            3
        } else {
            0
        };
        let unit = if *units == Units::One { 0 } else { 1 };
        let hint = rule.hint(trial.table) + name - odd + unit + join.strength / 2;
        Guess {
            rule: rule.clone(),
            filter: filter.to_vec(),
            units: units.clone(),
            join: join.clone(),
            balance: *balance,
            agree,
            of,
            share,
            hint,
        }
    };
    let mut all: Vec<Guess> = Vec::new();
    for filter in [&[][..], &customary].into_iter().take(if customary.is_empty() { 1 } else { 2 }) {
        for rule in &rules {
            let mut sums: Vec<(Option<usize>, Vec<Option<i128>>)> = Vec::new();
            for at in 0..targets.len() {
                let column = grouped[at].as_ref().map(|_| unit_column(&targets[at].0));
                let column = column.flatten();
                if !sums.iter().any(|(c, _)| *c == column) {
                    sums.push((column, trial.sums(rule, filter, grouped[at].as_ref().unwrap_or(&one))));
                }
                let Some((_, sum)) = sums.iter().find(|(c, _)| *c == column) else { continue };
                all.push(guess(at, rule, filter, sum));
            }
        }
    }
    if !pair && !all.iter().any(Guess::is_whole) {
        let mut filters: Vec<Vec<Term>> = vec![Vec::new(), customary.clone()];
        filters.extend(trial.terms().into_iter().take(FILTERS).map(|term| vec![term]));
        filters.dedup();
        for filter in &filters {
            by_kind(trial, filter, &targets, &grouped, &one, |at, rule, sums| all.push(guess(at, rule, filter, sums)));
        }
    }
    sort(&mut all);
    if all.first().is_some_and(|first| !first.is_whole()) {
        let terms = trial.terms();
        let mut refined = Vec::new();
        for start in all.iter().take(8).cloned().collect::<Vec<_>>() {
            let mut now = start;
            for _ in 0..3 {
                let at = targets.iter().position(|t| t.0 == now.units && t.1 == now.balance).unwrap_or(0);
                let groups = grouped[at].as_ref().unwrap_or(&one);
                let tried = terms.iter().filter(|t| !now.filter.iter().any(|f| f.column() == t.column())).map(|term| {
                    let filter = [&now.filter[..], std::slice::from_ref(term)].concat();
                    guess(at, &now.rule, &filter, &trial.sums(&now.rule, &filter, groups))
                });
                let mut better: Option<Guess> = None;
                for next in tried.filter(|g| g.share > now.share) {
                    if better.as_ref().is_none_or(|b| next.share > b.share) {
                        better = Some(next);
                    }
                }
                match better {
                    Some(next) => now = next,
                    None => break,
                }
            }
            refined.push(now);
        }
        all.extend(refined);
        sort(&mut all);
    }
    all
}

pub(super) fn sort(all: &mut [Guess]) {
    all.sort_by_key(|g| std::cmp::Reverse(g.rank()));
}

fn unit_column(units: &Units) -> Option<usize> {
    match units {
        Units::One => None,
        Units::Both(column, _) | Units::Columns(column, _) => Some(*column),
    }
}

/// The ways in which units may tell balances apart.
fn units(trial: &Trial<'_>, balances: &Table) -> Vec<Units> {
    let mut all = vec![Units::One];
    let named =
        |table: &Table| -> Vec<usize> { (0..table.columns.len()).filter(|&i| is_unit(&table.columns[i])).collect() };
    let theirs = named(balances);
    for entry in named(trial.table) {
        all.extend(theirs.iter().map(|balance| Units::Both(entry, *balance)));
    }
    for (i, column) in trial.table.columns.iter().enumerate() {
        if !column.is_text() || column.refers_to.is_some() || column.key {
            continue;
        }
        let Some(mut words) = trial.sample.words(i, 8) else { continue };
        if trial.sample.rows.is_empty() {
            words.clone_from(&column.words);
        }
        let of_word = |word: &String| {
            let word = names::singular(&word.to_lowercase());
            let fits = |c: &super::catalogue::Column| {
                c.is_number() && names::words(&c.name).iter().any(|w| names::singular(w) == word)
            };
            balances.columns.iter().position(fits)
        };
        let pairs: Vec<(String, usize)> = words.iter().filter_map(|w| Some((w.clone(), of_word(w)?))).collect();
        let apart = pairs.iter().enumerate().all(|(n, (_, c))| pairs[..n].iter().all(|(_, other)| other != c));
        if pairs.len() == words.len() && pairs.len() > 1 && apart {
            all.push(Units::Columns(i, pairs));
        }
    }
    all
}

/// The rows of balances by the groups of the entries.
struct Rows<'a> {
    groups: &'a Groups,
    /// The only row of each group; none where there is none, or several.
    row: Vec<Option<usize>>,
}

impl<'a> Rows<'a> {
    fn new(trial: &Trial<'_>, own: &Sample, join: &Join, units: &Units, groups: &'a Groups) -> Self {
        let mut found: std::collections::HashMap<(usize, Option<String>), Vec<usize>> =
            std::collections::HashMap::new();
        for row in 0..own.rows.len() {
            let account = own.text(row, join.account).and_then(|name| trial.sample.accounts.get(name));
            let unit = match units {
                Units::Both(_, column) => Some(own.text(row, *column).map(str::to_owned)),
                _ => None,
            };
            if let Some(account) = account {
                found.entry((*account, unit.flatten())).or_default().push(row);
            }
        }
        let only = |key: &(usize, Option<String>)| {
            let key = if matches!(units, Units::Columns(..)) { &(key.0, None) } else { key };
            match found.get(key)?.as_slice() {
                [one] => Some(*one),
                _ => None,
            }
        };
        Rows { groups, row: groups.keys.iter().map(only).collect() }
    }

    fn values(&self, balances: &Table, own: &Sample, column: usize, units: &Units) -> Vec<Option<i128>> {
        let all = |column: usize| numbers(balances, own, column).0;
        match units {
            Units::Columns(_, pairs) => {
                let columns: Vec<(&String, Vec<Option<i128>>)> = pairs.iter().map(|(w, c)| (w, all(*c))).collect();
                let of = |(row, (_, unit)): (&Option<usize>, &(usize, Option<String>))| {
                    let (_, values) = columns.iter().find(|(w, _)| Some(*w) == unit.as_ref())?;
                    values[(*row)?]
                };
                self.row.iter().zip(&self.groups.keys).map(of).collect()
            }
            _ => {
                let values = all(column);
                self.row.iter().map(|row| values[(*row)?]).collect()
            }
        }
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

/// The balances of a candidate: the way of the units, the column and the values by group.
type Target = (Units, usize, Vec<Option<i128>>);

/// Filters under which the signs of kinds are tried.
const FILTERS: usize = 24;

/// Tries the signs of each kind on each target.
fn by_kind(
    trial: &Trial<'_>,
    filter: &[Term],
    targets: &[Target],
    grouped: &[Option<Groups>],
    one: &Groups,
    mut found: impl FnMut(usize, &Rule, &[Option<i128>]),
) {
    for amount in trial.unsigned() {
        for (kind, words) in trial.kinds() {
            if filter.iter().any(|term| term.column() == kind) {
                continue;
            }
            let parts_of = |groups: &Groups| -> Vec<Vec<Option<i128>>> {
                let part = |word: &String| {
                    let only = [filter, &[Term::Among(kind, vec![word.clone()])]].concat();
                    trial.sums(&Rule::Signed { amount, negated: false }, &only, groups)
                };
                words.iter().map(part).collect()
            };
            let plain = parts_of(one);
            for (at, (_, _, values)) in targets.iter().enumerate() {
                let own = grouped[at].as_ref().map(parts_of);
                let signs = signs(&words, own.as_ref().unwrap_or(&plain), values);
                let rule = Rule::ByKind { amount, kind, signs: words.iter().cloned().zip(signs).collect() };
                found(at, &rule, &trial.sums(&rule, filter, grouped[at].as_ref().unwrap_or(one)));
            }
        }
    }
}

/// True if the sums that agree are all the same.
fn is_constant(sums: &[Option<i128>], values: &[Option<i128>]) -> bool {
    let mut good = sums.iter().zip(values).filter(|(sum, value)| sum.is_some() && sum == value).map(|(sum, _)| sum);
    let first = good.next();
    good.all(|sum| Some(sum) == first)
}

/// The signs of the kinds with which most groups agree. Of as good ones, the customary are taken.
fn signs(words: &[String], parts: &[Vec<Option<i128>>], values: &[Option<i128>]) -> Vec<i8> {
    let options: Vec<[i8; 3]> = words
        .iter()
        .map(|word| match names::sign(word) {
            _ if names::is_void(word) => [0, 1, -1],
            -1 => [-1, 1, 0],
            _ => [1, -1, 0],
        })
        .collect();
    let choices = if words.len() <= 6 { 3 } else { 2 };
    let (mut best, mut fewest) = (options.iter().map(|o| o[0]).collect::<Vec<_>>(), values.len() + 1);
    let mut all = 0..usize::pow(choices, u32::try_from(words.len()).unwrap_or(0));
    // The customary choice comes first, and only fewer failures beat it.
    for choice in &mut all {
        let mut rest = choice;
        let signs: Vec<i8> = options
            .iter()
            .map(|option| {
                let sign = option[rest % choices];
                rest /= choices;
                sign
            })
            .collect();
        let mut failed = 0;
        for (group, value) in values.iter().enumerate() {
            let sum = parts
                .iter()
                .zip(&signs)
                .try_fold(0_i128, |sum, (part, sign)| Some(sum + part[group]? * i128::from(*sign)));
            failed += usize::from(sum.is_none() || sum != *value);
            if failed >= fewest {
                break;
            }
        }
        if failed < fewest {
            (best, fewest) = (signs, failed);
        }
    }
    best
}
