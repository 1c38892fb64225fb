//! What the rows leave open in a guess that they confirm.

use super::catalogue::Table;
use super::ground::shifted;
use super::guess::{Guess, unit_column};
use super::sample::Sample;
use super::signs;
use super::trial::{Rule, Term, Trial};
use super::units::Rows;

/// What a guess leaves open.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// The kinds whose signs may be others, with which as many accounts agree.
    pub kinds: Vec<String>,
    /// The accounts that do not agree.
    pub apart: Vec<String>,
}

/// Looks at the sample once more with other signs.
pub(super) fn doubts(trial: &Trial<'_>, balances: &Table, own: &Sample, guess: &Guess) -> Doubts {
    let groups = trial.groups(unit_column(&guess.units));
    let rows = Rows::new(trial, own, &guess.join, &guess.units, &groups);
    let values = rows.values(balances, own, (guess.balance, guess.minus), &guess.units);
    let sums = trial.sums(&guess.rule, &guess.filter, &groups);
    let value = |(sum, value): (&Option<i128>, Option<i128>)| {
        let value = shifted(value?, guess.shift)?;
        Some(if guess.turned.is_some() && *sum == Some(-value) { -value } else { value })
    };
    let values: Vec<Option<i128>> = sums.iter().zip(values).map(value).collect();
    let is_same = |sum: Option<i128>, group: usize| sum.is_some() && sum == values[group];
    let mut names = vec![""; trial.sample.accounts.len()];
    for (name, id) in &trial.sample.accounts {
        names[*id] = name;
    }
    let mut apart: Vec<String> = (0..sums.len())
        .filter(|group| !is_same(sums[*group], *group))
        .map(|group| match &groups.keys[group] {
            (account, Some(unit)) => format!("{} in {unit}", names[*account]),
            (account, None) => names[*account].to_owned(),
        })
        .collect();
    apart.sort_unstable();
    let Rule::ByKind { amount, kind, signs } = &guess.rule else { return Doubts { kinds: Vec::new(), apart } };
    let part = |(word, _): &(String, i8)| {
        let only = [&guess.filter[..], &[Term::Among(*kind, vec![word.clone()])]].concat();
        trial.sums(&Rule::Signed { amount: *amount, negated: false }, &only, &groups)
    };
    let parts = signs.iter().map(part).collect();
    let known: Vec<i8> = signs.iter().map(|(_, sign)| *sign).collect();
    let open = signs::open(&known, &parts, &values);
    let kinds = signs.iter().zip(open).filter(|(_, open)| *open).map(|((word, _), _)| word.clone()).collect();
    Doubts { kinds, apart }
}
