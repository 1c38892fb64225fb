//! The running balances of a ledger, and the order in which they follow from one another.

use super::names;
use super::trial::{Groups, Rule, Term, Trial};

/// The columns that carry a balance, and how well they do.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub after: Option<usize>,
    pub before: Option<usize>,
    /// The time, and what decides between entries of one instant.
    pub at: usize,
    pub seq: Option<usize>,
    /// True if the sequence alone orders better than time.
    pub by_seq: bool,
    pub agree: usize,
    pub of: usize,
    /// Other columns with how many accounts they chain in.
    pub others: Vec<(usize, usize)>,
}

impl Chain {
    /// True if at least half of the accounts chain.
    pub fn is_half(&self) -> bool {
        self.of > 0 && 2 * self.agree >= self.of
    }

    /// True if at least nine of ten do.
    pub fn is_confirmed(&self) -> bool {
        self.is_half() && 10 * self.agree >= 9 * self.of
    }
}

/// The order of entries: columns, the first decides.
type Order = Vec<usize>;

/// The number of groups that chain: each balance follows from the one before it and the entry, from zero on.
fn chained(trial: &Trial<'_>, sorted: &[Vec<usize>], deltas: &[Option<i128>], column: usize, before: bool) -> usize {
    let follows = |group: &&Vec<usize>| {
        let mut balance = 0_i128;
        !group.is_empty()
            && group.iter().all(|&movement| {
                let (Some(delta), Some(kept)) = (deltas[movement], trial.number(trial.moves[movement].1, column))
                else {
                    return false;
                };
                let after = balance.saturating_add(delta);
                let expected = if before { balance } else { after };
                balance = after;
                kept == expected
            })
    };
    // Accounts of one entry say little: their balance is the amount.
    match sorted.iter().any(|group| group.len() > 1 && follows(&group)) {
        true => sorted.iter().filter(follows).count(),
        false => 0,
    }
}

fn sorted(trial: &Trial<'_>, groups: &Groups, filter: &[Term], order: &Order) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new(); groups.keys.len()];
    for movement in 0..trial.moves.len() {
        if let Some(group) = groups.of[movement]
            && trial.counts(movement, filter)
        {
            all[group].push(movement);
        }
    }
    for group in &mut all {
        group.sort_by_key(|&movement| {
            let row = trial.moves[movement].1;
            let key: Vec<(Option<i128>, Option<&str>)> = order
                .iter()
                .map(|&c| match trial.number(row, c) {
                    Some(number) => (Some(number), None),
                    None => (None, trial.sample.text(row, c)),
                })
                .collect();
            key
        });
    }
    all
}

/// The orders to try: the time, the sequence, and whether the sequence alone decides.
fn orders(trial: &Trial<'_>) -> Vec<(usize, Option<usize>, bool, Order)> {
    let table = trial.table;
    let key = table.key();
    let is_sequence = |i: &usize| {
        let c = &table.columns[*i];
        c.is_integer()
            && c.refers_to.is_none()
            && (c.says(&["seq", "sequence", "version", "position", "number", "index", "nonce"])
                || key == Some(*i)
                || c.key)
    };
    let mut sequences: Vec<usize> = (0..table.columns.len()).filter(is_sequence).collect();
    sequences.sort_by_key(|&i| key != Some(i));
    let mut all = Vec::new();
    for at in table.times().into_iter().take(3) {
        let plain: Order = std::iter::once(at).chain(key).collect();
        all.push((at, None, false, plain));
        for &seq in &sequences {
            all.push((at, Some(seq), false, [at, seq].into_iter().chain(key).collect()));
        }
        for &seq in &sequences {
            all.push((at, Some(seq), true, vec![seq]));
        }
    }
    all
}

/// The columns whose balances follow from one another best; none where fewer than half of the accounts do.
pub(super) fn chain(trial: &Trial<'_>, groups: &Groups, rule: &Rule, filter: &[Term]) -> Option<Chain> {
    let table = trial.table;
    let carries = |i: &usize| table.columns[*i].is_number() && !rule.uses(*i);
    let columns: Vec<usize> = (0..table.columns.len()).filter(carries).collect();
    if columns.is_empty() {
        return None;
    }
    let deltas: Vec<Option<i128>> = (0..trial.moves.len()).map(|m| trial.delta(m, rule)).collect();
    let mut best: Option<(Chain, i32)> = None;
    for (at, seq, by_seq, order) in orders(trial) {
        let sorted = sorted(trial, groups, filter, &order);
        let of = sorted.iter().filter(|g| !g.is_empty()).count();
        let count = |before: bool| -> Vec<(usize, usize)> {
            columns.iter().map(|&c| (c, chained(trial, &sorted, &deltas, c, before))).collect()
        };
        let (after, before) = (count(false), count(true));
        let top = |all: &[(usize, usize)]| {
            let named = |c: usize| i32::from(table.columns[c].says(names::RUNNING));
            all.iter().copied().filter(|(_, n)| 2 * n >= of && *n > 0).max_by_key(|(c, n)| (*n, named(*c)))
        };
        let (last, first) = (top(&after), top(&before));
        let Some((_, agree)) = last.or(first) else { continue };
        let found = Chain {
            after: last.map(|(c, _)| c),
            before: first.map(|(c, _)| c).filter(|c| last.is_none_or(|(l, _)| l != *c)),
            at,
            seq,
            by_seq,
            agree,
            of,
            others: after
                .iter()
                .copied()
                .filter(|(c, _)| table.columns[*c].says(names::RUNNING) && last.is_none_or(|(l, _)| l != *c))
                .collect(),
        };
        let cost = -(i32::from(by_seq) * 2 + i32::from(seq.is_none()));
        if best.as_ref().is_none_or(|(b, c)| (found.agree, cost) > (b.agree, *c)) {
            best = Some((found, cost));
        }
    }
    best.map(|(chain, _)| chain).filter(|c| c.after.is_some())
}

/// The signs of the kinds as the running balances show them, by the words of a kind.
pub(super) fn signs(trial: &Trial<'_>, groups: &Groups, filter: &[Term], amount: usize, kind: usize) -> Vec<Rule> {
    let table = trial.table;
    let Some(words) = trial.sample.words(kind, super::signs::MOST) else { return Vec::new() };
    let mut rules = Vec::new();
    let Some((.., order)) =
        orders(trial).into_iter().find(|(_, seq, ..)| seq.is_some()).or_else(|| orders(trial).into_iter().next())
    else {
        return Vec::new();
    };
    let sorted = sorted(trial, groups, filter, &order);
    for (column, c) in table.columns.iter().enumerate() {
        if !c.is_number() || column == amount || !c.says(names::RUNNING) {
            continue;
        }
        let mut votes = vec![[0_usize; 3]; words.len()];
        for group in &sorted {
            let mut balance = Some(0);
            for &movement in group {
                let row = trial.moves[movement].1;
                let now = trial.number(row, column);
                let word = trial.sample.text(row, kind).and_then(|w| words.iter().position(|x| x == w));
                if let (Some(old), Some(now), Some(word), Some(amount)) =
                    (balance, now, word, trial.number(row, amount))
                {
                    for (vote, sign) in [1, -1, 0].into_iter().enumerate() {
                        votes[word][vote] += usize::from(now.saturating_sub(old) == amount * sign);
                    }
                }
                balance = now;
            }
        }
        let sign = |v: &[usize; 3]| [1_i8, -1, 0][(0..3).rev().max_by_key(|&i| v[i]).unwrap_or(0)];
        let signs = words.iter().cloned().zip(votes.iter().map(sign)).collect();
        rules.push(Rule::ByKind { amount, kind, signs });
    }
    rules
}
