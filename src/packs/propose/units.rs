//! The ways in which units tell the balances of an account apart, and the row of balances of each.

use super::catalogue::{Column, Table, is_unit};
use super::guess::Units;
use super::names;
use super::places::Join;
use super::sample::Sample;
use super::trial::{Groups, Trial, numbers};

/// The ways in which units may tell balances apart.
pub(super) fn units(trial: &Trial<'_>, balances: &Table, join: &Join) -> Vec<Units> {
    let mut all = vec![Units::One];
    // Besides columns with the name of a unit, one that both tables have by its name or by what it refers to.
    let tells = |c: &Column| {
        !(c.is_number() || c.is_time() || c.says(names::TENANT) || c.key && c.unique)
            && (is_called_unit(c) || !c.is_of_account())
    };
    for (i, entry) in trial.table.columns.iter().enumerate().filter(|(i, _)| !trial.account.uses(*i)) {
        for (j, balance) in
            balances.columns.iter().enumerate().filter(|(j, _)| *j != join.account && join.kind != Some(*j))
        {
            let same = names::words(&entry.name) == names::words(&balance.name)
                || entry.refers_to.is_some() && entry.refers_to == balance.refers_to;
            let is_shared = same && tells(entry) && tells(balance) && trial.sample.words(i, 50).is_some();
            let comparable =
                entry.is_text() && balance.is_text() || entry.family().is_some() && entry.family() == balance.family();
            if comparable && (is_unit(entry) && is_unit(balance) || is_shared) {
                all.push(Units::Both(i, j));
            }
        }
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
            let fits = |c: &Column| c.is_number() && names::words(&c.name).iter().any(|w| names::singular(w) == word);
            balances.columns.iter().position(fits)
        };
        let pairs: Vec<(String, usize)> = words.iter().filter_map(|w| Some((w.clone(), of_word(w)?))).collect();
        let apart = pairs.iter().enumerate().all(|(n, (_, c))| pairs[..n].iter().all(|(_, other)| other != c));
        // What came and what went are the two sides of one balance.
        let is_one = pairs.len() == 2 && other_side(balances, pairs[0].1) == Some(pairs[1].1);
        if pairs.len() == words.len() && pairs.len() > 1 && apart && !is_one {
            all.push(Units::Columns(i, pairs));
        }
    }
    all
}

/// True for a column that tells units apart by its name, or by the name of what it refers to.
pub(super) fn is_called_unit(column: &Column) -> bool {
    let says = |name: &str| {
        let words = names::words(name);
        let last = words.iter().rfind(|word| *word != "id").map(|word| names::singular(word));
        names::says(name, names::UNIT) || last.is_some_and(|word| ["type", "kind", "category"].contains(&word.as_str()))
    };
    says(&column.name) || column.refers_to.as_ref().is_some_and(|to| says(&to.table))
}

/// Words for the two columns of balances that keep both sides: of what came, and of what went.
const SIDES: &[(&str, &str)] = &[
    ("input", "output"),
    ("in", "out"),
    ("credit", "debit"),
    ("debit", "credit"),
    ("received", "sent"),
    ("deposited", "withdrawn"),
    ("earned", "spent"),
    ("granted", "used"),
];

/// The column of what went, for one of what came.
pub(super) fn other_side(balances: &Table, column: usize) -> Option<usize> {
    let of = |column: usize| -> Vec<String> {
        names::words(&balances.columns[column].name).iter().map(|word| names::singular(word)).collect()
    };
    let own = of(column);
    SIDES.iter().filter(|(came, _)| own.iter().any(|word| word == came)).find_map(|(came, went)| {
        let other: Vec<&str> = own.iter().map(|word| if word == came { went } else { word.as_str() }).collect();
        (0..balances.columns.len()).find(|&i| balances.columns[i].is_number() && of(i) == other)
    })
}

/// The rows of balances by the groups of the entries.
pub(super) struct Rows<'a> {
    groups: &'a Groups,
    /// The only row of each group; none where there is none, or several.
    pub row: Vec<Option<usize>>,
}

impl<'a> Rows<'a> {
    pub fn new(trial: &Trial<'_>, own: &Sample, join: &Join, units: &Units, groups: &'a Groups) -> Self {
        let mut found: std::collections::HashMap<(usize, Option<String>), Vec<usize>> =
            std::collections::HashMap::new();
        for row in 0..own.rows.len() {
            let account = own.owner(row, join).and_then(|name| trial.sample.accounts.get(&name));
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

    /// The balance of each group: a column, less another one where there is one.
    pub fn values(
        &self,
        balances: &Table,
        own: &Sample,
        (column, minus): (usize, Option<usize>),
        units: &Units,
    ) -> Vec<Option<i128>> {
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
                let mut values = all(column);
                for (value, minus) in values.iter_mut().zip(minus.map(all).unwrap_or_default()) {
                    *value = value.zip(minus).and_then(|(value, minus)| value.checked_sub(minus));
                }
                self.row.iter().map(|row| values[(*row)?]).collect()
            }
        }
    }
}
