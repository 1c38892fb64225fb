//! The signs of the kinds of entries: those with which most balances agree, and those that the balances leave open.
//!
//! The signs of a few kinds are all tried. Those of more are fitted to the balances, because each kind has three.

use super::names;
use super::residues::{self, Parts};

/// The most kinds whose signs are all tried.
const FEW: usize = 8;

/// The most kinds that may decide a sign.
pub(super) const MOST: usize = 40;

/// True if the signs of so many kinds are fitted, which takes longer.
pub(super) fn is_fitted(words: &[String]) -> bool {
    words.len() > FEW
}

/// The signs of the kinds with which most groups agree. Of as good ones, the customary are taken.
pub(super) fn signs(words: &[String], parts: &Parts, values: &[Option<i128>]) -> Vec<i8> {
    let options: Vec<[i8; 3]> = words
        .iter()
        .map(|word| match names::sign(word) {
            _ if names::is_void(word) => [0, 1, -1],
            -1 => [-1, 1, 0],
            _ => [1, -1, 0],
        })
        .collect();
    match is_fitted(words) {
        true => fitted(options.iter().map(|o| o[0]).collect(), parts, values),
        false => tried(&options, parts, values),
    }
}

/// The sum of a group; none where a kind of it does not say, or it is too large.
fn sum(parts: &Parts, signs: &[i8], group: usize) -> Option<i128> {
    parts.iter().zip(signs).try_fold(0_i128, |sum, (part, sign)| sum.checked_add(part[group]? * i128::from(*sign)))
}

/// The number of groups whose sum is not the value, or `most` where that many are not.
fn failed(parts: &Parts, signs: &[i8], values: &[Option<i128>], most: usize) -> usize {
    let fails = |group: &usize| {
        let sum = sum(parts, signs, *group);
        sum.is_none() || sum != values[*group]
    };
    (0..values.len()).filter(fails).take(most).count()
}

/// The best of all signs.
fn tried(options: &[[i8; 3]], parts: &Parts, values: &[Option<i128>]) -> Vec<i8> {
    let choices = if options.len() <= 6 { 3 } else { 2 };
    let (mut best, mut fewest) = (options.iter().map(|o| o[0]).collect::<Vec<_>>(), values.len() + 1);
    // The customary choice comes first, and only fewer failures beat it.
    for choice in 0..usize::pow(choices, u32::try_from(options.len()).unwrap_or(0)) {
        let mut rest = choice;
        let signs: Vec<i8> = options
            .iter()
            .map(|option| {
                let sign = option[rest % choices];
                rest /= choices;
                sign
            })
            .collect();
        let count = failed(parts, &signs, values, fewest);
        if count < fewest {
            (best, fewest) = (signs, count);
        }
    }
    best
}

/// Signs that fit the values best, from the customary ones on.
fn fitted(customary: Vec<i8>, parts: &Parts, values: &[Option<i128>]) -> Vec<i8> {
    let fit = least(&customary, parts, values).unwrap_or_else(|| customary.clone());
    let all = values.len() + 1;
    let (mut best, mut fewest) = (customary.clone(), failed(parts, &customary, values, all));
    let count = failed(parts, &fit, values, all);
    if count < fewest {
        (best, fewest) = (fit, count);
    }
    // One kind after the other may still have a better sign.
    loop {
        let before = fewest;
        for kind in 0..best.len() {
            for sign in [1, -1, 0] {
                let other: Vec<i8> = best.iter().enumerate().map(|(k, s)| if k == kind { sign } else { *s }).collect();
                let count = failed(parts, &other, values, fewest);
                if count < fewest {
                    (best, fewest) = (other, count);
                }
            }
        }
        if fewest == before {
            return best;
        }
    }
}

/// Rounds in which the signs are fitted.
const ROUNDS: usize = 12;

/// The signs whose sums differ least from the values, in absolute terms: a balance that is wrong pulls at them no more than
/// one that is nearly right. None where hardly a balance fits.
#[expect(clippy::cast_precision_loss, reason = "signs are rounded, and then counted exactly")]
fn least(customary: &[i8], parts: &Parts, values: &[Option<i128>]) -> Option<Vec<i8>> {
    let kinds = parts.len();
    let mut rows: Vec<(Vec<f64>, f64)> = Vec::new();
    for (group, value) in values.iter().enumerate() {
        let row: Option<Vec<f64>> = parts.iter().map(|part| part[group].map(|n| n as f64)).collect();
        let Some((row, value)) = row.zip(*value) else { continue };
        // Each account counts the same, whatever its turnover.
        let size: f64 = row.iter().map(|n| n.abs()).sum();
        if size > 0.0 {
            rows.push((row.iter().map(|n| n / size).collect(), value as f64 / size));
        }
    }
    let start: Vec<f64> = customary.iter().map(|s| f64::from(*s)).collect();
    let mut weights = vec![1.0; rows.len()];
    let mut signs = start.clone();
    for round in 0..ROUNDS {
        let (mut matrix, mut right) = (vec![vec![0.0; kinds]; kinds], vec![0.0; kinds]);
        for ((row, value), weight) in rows.iter().zip(&weights) {
            for i in (0..kinds).filter(|i| row[*i] != 0.0) {
                right[i] += weight * row[i] * value;
                for j in 0..kinds {
                    matrix[i][j] += weight * row[i] * row[j];
                }
            }
        }
        for i in 0..kinds {
            // What the rows do not tell stays customary.
            let pull = 1e-9 * matrix[i][i].max(1e-9);
            matrix[i][i] += pull;
            right[i] += pull * start[i];
        }
        signs = solved(matrix, right)?;
        let rest = |(row, value): &(Vec<f64>, f64)| {
            (value - row.iter().zip(&signs).map(|(part, sign)| part * sign).sum::<f64>()).abs()
        };
        let rests: Vec<f64> = rows.iter().map(rest).collect();
        if round == ROUNDS / 2 && 4 * rests.iter().filter(|rest| **rest < 1e-3).count() < rows.len() {
            return None;
        }
        weights = rests.into_iter().map(|rest| 1.0 / rest.max(1e-7)).collect();
    }
    let rounded = |sign: f64| match () {
        () if sign > 0.5 => 1,
        () if sign < -0.5 => -1,
        () => 0,
    };
    Some(signs.into_iter().map(rounded).collect())
}

/// The solution of a system of linear equations.
fn solved(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for column in 0..n {
        let pivot = (column..n).max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))?;
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        let own = matrix[column].clone();
        if own[column] == 0.0 {
            return None;
        }
        for row in (0..n).filter(|row| *row != column) {
            let factor = matrix[row][column] / own[column];
            if factor != 0.0 {
                for (cell, of_pivot) in matrix[row].iter_mut().zip(&own) {
                    *cell -= factor * of_pivot;
                }
                right[row] -= factor * right[column];
            }
        }
    }
    Some((0..n).map(|i| right[i] / matrix[i][i]).collect())
}

/// The kinds with other signs of which as many groups have their value.
pub(super) fn open(signs: &[i8], parts: &Parts, values: &[Option<i128>]) -> Vec<bool> {
    let most = failed(parts, signs, values, values.len());
    let mut open = vec![false; signs.len()];
    let mut tell = |other: &[i8]| {
        if failed(parts, other, values, most + 1) <= most {
            open.iter_mut().zip(signs.iter().zip(other)).for_each(|(open, (sign, other))| *open |= sign != other);
        }
    };
    if signs.len() <= FEW {
        for choice in 0..3_usize.pow(u32::try_from(signs.len()).unwrap_or(0)) {
            let mut rest = choice;
            let others: Vec<i8> = signs
                .iter()
                .map(|_| {
                    let sign = [1, 0, -1][rest % 3];
                    rest /= 3;
                    sign
                })
                .collect();
            tell(&others);
        }
        return open;
    }
    // Where more than two signs are others, the groups that agree now nearly all agree then, too: what they leave open is told
    // by their equations.
    for one in 0..signs.len() {
        for other in one..signs.len() {
            for (first, second) in [(1, 1), (1, -1), (1, 0), (-1, 1), (-1, -1), (-1, 0), (0, 1), (0, -1), (0, 0)] {
                let mut changed = signs.to_vec();
                (changed[one], changed[other]) = (first, second);
                tell(&changed);
            }
        }
    }
    let agreeing: Vec<usize> = (0..values.len())
        .filter(|group| values[*group].is_some() && sum(parts, signs, *group) == values[*group])
        .collect();
    residues::others(signs, parts, &agreeing).iter().for_each(|other| tell(other));
    open
}

#[cfg(test)]
mod tests {
    use super::{Parts, open, signs};

    /// Sums of each kind for each account, of numbers that look random, and what they come to.
    fn ledger(signs: &[i8], accounts: usize, seed: u64) -> (Parts, Vec<Option<i128>>) {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i128::from(state >> 33)
        };
        // Each account has about one in three of the kinds.
        let parts: Parts = signs
            .iter()
            .map(|_| (0..accounts).map(|_| Some(if next() % 3 == 0 { 1 + next() % 100_000 } else { 0 })).collect())
            .collect();
        let values = (0..accounts).map(|group| super::sum(&parts, signs, group)).collect();
        (parts, values)
    }

    fn words(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("kind {n}")).collect()
    }

    #[test]
    fn the_signs_of_many_kinds_are_found_also_beside_wrong_balances() {
        for (kinds, accounts) in [(3, 40), (8, 60), (9, 60), (12, 60), (20, 120), (40, 200)] {
            for seed in 1..3 {
                let truth: Vec<i8> = (0..kinds).map(|k| [1, -1, -1, 0, 1][(k + seed) % 5]).collect();
                // All signs of more than six are tried without zeros.
                let truth: Vec<i8> =
                    if kinds == 8 { truth.iter().map(|s| if *s == 0 { 1 } else { *s }).collect() } else { truth };
                let (parts, mut values) = ledger(&truth, accounts, seed as u64);
                for wrong in (0..accounts).step_by(11) {
                    values[wrong] = values[wrong].map(|v| v + 1 + wrong as i128);
                }
                let found = signs(&words(kinds), &parts, &values);
                assert_eq!(found, truth, "{kinds} kinds, seed {seed}");
                assert_eq!(open(&found, &parts, &values), vec![false; kinds], "{kinds} kinds, seed {seed}");
            }
        }
    }

    #[test]
    fn what_the_balances_leave_open_is_told() {
        for kinds in [5, 12, 20] {
            let truth = vec![1; kinds];
            let (mut parts, _) = ledger(&truth, 120, 7);
            // A hold and its release cancel out; a third kind has no amounts.
            parts[1] = parts[0].clone();
            parts[4] = vec![Some(0); 120];
            let mut truth: Vec<i8> = (0..kinds).map(|k| if k % 2 == 0 { 1 } else { -1 }).collect();
            (truth[0], truth[1]) = (1, -1);
            let values: Vec<Option<i128>> = (0..120).map(|group| super::sum(&parts, &truth, group)).collect();
            let expected: Vec<bool> = (0..kinds).map(|k| [0, 1, 4].contains(&k)).collect();
            assert_eq!(open(&truth, &parts, &values), expected, "{kinds} kinds");
        }
    }
}
