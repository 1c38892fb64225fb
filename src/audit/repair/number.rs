//! Amounts as exact decimals, as text.

/// True if a decimal number is below another, or one of them is none.
pub fn is_below(number: &str, other: &str) -> bool {
    let parts = |number: &str| {
        let (sign, digits) = if let Some(digits) = number.strip_prefix('-') { (-1, digits) } else { (1, number) };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = !whole.is_empty() && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
        let (whole, fraction) = (whole.trim_start_matches('0').to_owned(), fraction.trim_end_matches('0').to_owned());
        let sign = if whole.is_empty() && fraction.is_empty() { 0 } else { sign };
        is_number.then_some((sign, (whole.len(), whole, fraction)))
    };
    match (parts(number), parts(other)) {
        (Some((-1, one)), Some((-1, two))) => one > two,
        (Some((0, _)), Some((0, _))) => false,
        (Some((one, of_one)), Some((two, of_two))) => {
            if one == two {
                of_one < of_two
            } else {
                one < two
            }
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn decimal_numbers_are_compared_as_numbers() {
        for (one, two) in [
            ("-1", "0"),
            ("9", "10"),
            ("-10", "-9"),
            ("-0.5", "-0.45"),
            ("1.4", "1.45"),
            ("-1", "1"),
            ("0", "0.1"),
            ("NaN", "0"),
        ] {
            assert!(is_below(one, two), "{one} {two}");
        }
        for (one, two) in [("0", "0"), ("-0.0", "0"), ("10", "9"), ("-9", "-10"), ("-50.00", "-50"), ("1", "-1")] {
            assert!(!is_below(one, two), "{one} {two}");
        }
    }
}
