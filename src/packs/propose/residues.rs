//! Signs of kinds that satisfy the same equations as others, found exactly.
//!
//! The equations are solved in whole numbers modulo a prime: what holds for the numbers themselves holds there, and what is
//! found there is compared with the numbers afterwards.

/// The sums of each kind, by group; none where a row does not say.
pub(super) type Parts = Vec<Vec<Option<i128>>>;

/// The prime 2^61 - 1.
const PRIME: i128 = (1 << 61) - 1;

/// The most kinds whose signs are free that are tried together.
const TOGETHER: usize = 6;

fn residue(number: i128) -> i128 {
    number.rem_euclid(PRIME)
}

/// The inverse, by Fermat's theorem.
fn inverse(number: i128) -> i128 {
    let (mut base, mut exponent, mut result) = (residue(number), PRIME - 2, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = residue(result * base);
        }
        base = residue(base * base);
        exponent >>= 1;
    }
    result
}

/// The equations in reduced form, and the column that each row gives.
fn reduced(parts: &Parts, groups: &[usize]) -> (Vec<Vec<i128>>, Vec<usize>) {
    let (mut rows, mut pivots): (Vec<Vec<i128>>, Vec<usize>) = (Vec::new(), Vec::new());
    for group in groups {
        let Some(mut row) = parts.iter().map(|part| part[*group].map(residue)).collect::<Option<Vec<i128>>>() else {
            continue;
        };
        for (other, pivot) in rows.iter().zip(&pivots) {
            let factor = row[*pivot];
            subtract(&mut row, other, factor);
        }
        let Some(pivot) = row.iter().position(|n| *n != 0) else { continue };
        let factor = inverse(row[pivot]);
        row.iter_mut().for_each(|n| *n = residue(*n * factor));
        for other in &mut rows {
            let factor = other[pivot];
            subtract(other, &row, factor);
        }
        rows.push(row);
        pivots.push(pivot);
    }
    (rows, pivots)
}

fn subtract(row: &mut [i128], other: &[i128], factor: i128) {
    if factor != 0 {
        row.iter_mut().zip(other).for_each(|(n, o)| *n = residue(*n - factor * o));
    }
}

/// Other signs with which these groups come to the same. Where many kinds are free, only one or two of them change at once.
pub(super) fn others(signs: &[i8], parts: &Parts, groups: &[usize]) -> Vec<Vec<i8>> {
    let (rows, pivots) = reduced(parts, groups);
    let free: Vec<usize> = (0..signs.len()).filter(|kind| !pivots.contains(kind)).collect();
    let mut sets: Vec<Vec<usize>> = Vec::new();
    match free.len() <= TOGETHER {
        true => sets.push(free),
        false => {
            for (n, one) in free.iter().enumerate() {
                sets.extend(free[n + 1..].iter().map(|other| vec![*one, *other]));
            }
        }
    }
    let mut found = Vec::new();
    for set in sets {
        for choice in 0..3_usize.pow(u32::try_from(set.len()).unwrap_or(0)) {
            let (mut other, mut rest) = (signs.to_vec(), choice);
            for kind in &set {
                other[*kind] = [1, 0, -1][rest % 3];
                rest /= 3;
            }
            let mut fits = true;
            for (row, pivot) in rows.iter().zip(&pivots) {
                let change = set.iter().map(|kind| row[*kind] * i128::from(other[*kind] - signs[*kind])).sum::<i128>();
                let sign = [1, 0, -1]
                    .into_iter()
                    .find(|s| residue(i128::from(*s)) == residue(i128::from(signs[*pivot]) - change));
                match sign {
                    Some(sign) => other[*pivot] = sign,
                    None => fits = false,
                }
            }
            if fits && other != signs {
                found.push(other);
            }
        }
    }
    found
}
