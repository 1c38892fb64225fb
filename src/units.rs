//! Exact decimal numbers of units of account.

/// Digits behind the point.
pub(crate) const SCALE: usize = 12;

/// A decimal number in the smallest part that is counted; none where it is no such number.
pub(crate) fn scaled(text: &str) -> Option<i128> {
    scaled_by(text, SCALE)
}

/// The same with so many digits behind the point.
pub(crate) fn scaled_by(text: &str, scale: usize) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > scale {
        return None;
    }
    format!("{whole}{fraction:0<scale$}").parse::<i128>().ok().map(|number| sign * number)
}

/// Such a number as text, without zeros at its end.
pub(crate) fn unscaled(number: i128) -> String {
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = SCALE + 1);
    let (whole, fraction) = digits.split_at(digits.len() - SCALE);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{whole}{point}{fraction}", if number < 0 { "-" } else { "" })
}
