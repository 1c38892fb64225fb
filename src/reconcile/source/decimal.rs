//! Amounts and times, as exports write them: exactly, or not at all.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::money;

/// The minor units of an amount in major units, with a point or a comma before its decimals, and the other one, or a
/// space, between its thousands. `None` where it is no such number, has more decimals than the currency, or could be
/// read in two ways.
pub(super) fn minor(text: &str, currency: &str) -> Option<i64> {
    let digits = money::digits(currency)?;
    let spaces = |c: char| c.is_whitespace() || c == '\'' || c == '’';
    let text: String = text.chars().filter(|c| !spaces(*c)).map(|c| if c == '\u{2212}' { '-' } else { c }).collect();
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", &*text), |rest| ("-", rest));
    let (whole, fraction) = match (unsigned.rfind('.'), unsigned.rfind(',')) {
        (None, None) => (unsigned, ""),
        (Some(point), Some(comma)) => {
            let at = point.max(comma);
            let other = if point > comma { ',' } else { '.' };
            (grouped(&unsigned[..at], other)?, &unsigned[at + 1..])
        }
        (point, comma) => {
            let (at, mark) = (point.or(comma)?, if point.is_some() { '.' } else { ',' });
            let tail = unsigned.len() - at - 1;
            if unsigned.matches(mark).count() > 1 {
                (grouped(unsigned, mark)?, "")
            } else if mark == ',' && tail == 3 {
                // A comma before three digits is a thousand, but where the currency has three decimals.
                (grouped(unsigned, mark).filter(|_| digits != 3)?, "")
            } else {
                (&unsigned[..at], &unsigned[at + 1..])
            }
        }
    };
    // Whatever else is no digit stays, and so is no number.
    let whole = whole.replace(['.', ','], "");
    let point = if fraction.is_empty() { "" } else { "." };
    money::exact(&format!("{sign}{whole}{point}{fraction}"), digits)
}

/// The text, where its thousands are parted by this mark only.
fn grouped(text: &str, mark: char) -> Option<&str> {
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let mut groups = text.split(mark);
    let first = groups.next()?;
    let rest = groups.all(|group| group.len() == 3 && digits(group));
    ((1..=3).contains(&first.len()) && digits(first) && rest || digits(text)).then_some(text)
}

/// A date and a time, or a date alone, the year first; with an offset where it has one, or else in UTC.
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let plain = text.strip_suffix(" UTC").unwrap_or(text);
    for form in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%.f"] {
        if let Ok(at) = NaiveDateTime::parse_from_str(plain, form) {
            return Some(at.and_utc());
        }
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.into());
    }
    for form in ["%Y/%m/%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z"] {
        if let Ok(at) = DateTime::parse_from_str(text, form) {
            return Some(at.into());
        }
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::{minor, time};

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        for (text, currency, expected) in [
            ("1234.56", "THB", Some(123_456)),
            ("-1,234.56", "THB", Some(-123_456)),
            ("1.234,56", "EUR", Some(123_456)),
            ("-4,99", "EUR", Some(-499)),
            ("1 234,50", "EUR", Some(123_450)),
            ("\u{2212}5", "USD", Some(-500)),
            ("1,234", "USD", Some(123_400)),
            ("1,234,567", "JPY", Some(1_234_567)),
            ("500.00", "JPY", Some(500)),
            ("1,234", "KWD", None),
            ("1.234", "KWD", Some(1_234)),
            ("1.234", "USD", None),
            ("12,34.5", "USD", None),
            ("1.5.5", "USD", None),
            ("0.001", "USD", None),
            (".5", "USD", None),
            ("", "USD", None),
            ("1e3", "USD", None),
            ("5", "XYZ", None),
        ] {
            assert_eq!(minor(text, currency), expected, "{text} {currency}");
        }
    }

    #[test]
    fn times_are_in_utc_unless_they_say_otherwise() {
        for (text, expected) in [
            ("2025-06-15 15:06:40", Some("2025-06-15T15:06:40Z")),
            ("2025-06-15 15:06", Some("2025-06-15T15:06:00Z")),
            ("2025-06-15", Some("2025-06-15T00:00:00Z")),
            ("2025-06-15T15:06:40Z", Some("2025-06-15T15:06:40Z")),
            ("2025-06-15T15:06:40+0000", Some("2025-06-15T15:06:40Z")),
            ("2025/06/15 08:06:40 -0700", Some("2025-06-15T15:06:40Z")),
            ("06/15/2025", None),
            ("2025-13-15", None),
            ("", None),
        ] {
            let expected = expected.map(|at| at.parse().expect("a time"));
            assert_eq!(time(text), expected, "{text}");
        }
    }
}
