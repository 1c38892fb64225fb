//! Decimal numbers as the database writes them, compared exactly.

/// The digits behind the point: tokens of chains have 18.
const DECIMALS: usize = 18;

/// The number 1.
pub(super) const ONE: i128 = 10_i128.pow(DECIMALS as u32);

/// A decimal number in its smallest part; none where it is no such number, or too large.
pub(super) fn exact(text: &str) -> Option<i128> {
    crate::units::scaled_by(text, DECIMALS)
}

/// The decimals of a number.
pub(super) fn decimals(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, part)| part.trim_end_matches('0').len())
}

/// A number rounded to so many decimals, half away from zero, as the database's `round` does.
pub(super) fn rounded(number: i128, decimals: usize) -> i128 {
    let step = 10_i128.pow((DECIMALS - decimals.min(DECIMALS)) as u32);
    let half = step / 2 * number.signum();
    number.checked_add(half).unwrap_or(number) / step * step
}

#[cfg(test)]
mod tests {
    use super::{ONE, decimals, exact, rounded};

    #[test]
    fn numbers_are_exact() {
        assert_eq!(exact("-0.25"), Some(-ONE / 4));
        assert_eq!(exact("7.5000000000000000000000"), Some(15 * ONE / 2));
        assert_eq!(exact("0.000000000000000001"), Some(1));
        assert_eq!([exact("NaN"), exact(""), exact("1e5"), exact("0.0000000000000000001")], [None; 4]);
        assert_eq!(decimals("12.3400"), 2);
        assert_eq!(rounded(exact("-0.305").unwrap(), 2), exact("-0.31").unwrap());
    }
}
