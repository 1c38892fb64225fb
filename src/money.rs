//! Money, exactly: minor units in an `i64`, the number of decimals from ISO 4217, and never a float.

use iso_currency::Currency;

use crate::error::{Error, Result};
use crate::text::thousands;

/// The number of decimals of the currency: 2 for THB, 0 for JPY, 3 for BHD. `None` where ISO 4217 does
/// not know the code, or gives it none, as gold's. Capitals do not matter.
pub fn digits(code: &str) -> Option<u32> {
    Currency::from_code(&code.to_ascii_uppercase())?.exponent().map(u32::from)
}

/// Every code of three letters whose decimals ISO 4217 knows, in order.
pub fn codes() -> impl Iterator<Item = String> {
    let letters = || 'A'..='Z';
    letters()
        .flat_map(move |a| letters().flat_map(move |b| letters().map(move |c| String::from_iter([a, b, c]))))
        .filter(|code| digits(code).is_some())
}

/// The number of decimals that Stripe's amounts have in the currency, as [`digits`].
pub fn stripe_digits(code: &str) -> Option<u32> {
    match code.to_ascii_uppercase().as_str() {
        // These lost their decimals, and Stripe's amounts kept them.
        "ISK" | "UGX" => Some(2),
        // Its fifths are no decimals, so Stripe counts whole ones.
        "MGA" => Some(0),
        code => digits(code),
    }
}

/// An amount of minor units as a plain decimal: 5000 THB is `50.00`, 1234 JPY `1234`, 5 BHD `0.005`.
/// Where the currency is not known, the text says that these are minor units.
pub fn decimal(minor: i64, code: &str) -> String {
    match digits(code) {
        Some(digits) => with_decimals(minor, digits),
        None => format!("{minor} minor units"),
    }
}

/// An amount of minor units for people to read: `1,234.50 THB`.
pub fn format(minor: i64, code: &str) -> String {
    format!("{} {}", thousands(decimal(minor, code)), code.to_ascii_uppercase())
}

/// The minor units of an amount that somebody wrote, as [`read`] understands it. It is above zero.
///
/// # Errors
/// As [`read`]; a usage error where it is zero.
pub fn parse(text: &str, code: &str) -> Result<i64> {
    match read(text, code)? {
        0 => Err(wrong(text, code, "it is zero")),
        minor => Ok(minor),
    }
}

/// The minor units of an amount that somebody wrote: `50`, `50.00`, `1,234.50`, `1 000`, `฿49`, `49 THB` or `๔๙`. It has
/// no more decimals than its currency. What could be another amount, or one of another currency, is refused.
///
/// # Errors
/// A usage error where the currency is not known, or the text is not such an amount.
pub fn read(text: &str, code: &str) -> Result<i64> {
    let code = code.to_ascii_uppercase();
    let digits = digits(&code).ok_or_else(|| unknown(&code))?;
    let wrong = |why: &str| wrong(text, &code, why);
    let plain = ascii(text.trim()).ok_or_else(|| wrong("its digits are of several scripts"))?;
    let is_digit = |c: char| c.is_ascii_digit();
    let (Some(first), Some(last)) = (plain.find(is_digit), plain.rfind(is_digit)) else {
        return Err(wrong("it is not a number"));
    };
    let (before, number, after) = (plain[..first].trim(), &plain[first..=last], plain[last + 1..].trim());
    if before.contains(['-', '\u{2212}']) {
        return Err(wrong("an amount is positive"));
    }
    for word in [before, after] {
        is_of(word, &code).map_err(|why| wrong(&why))?;
    }
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(w, f)| (w, Some(f)));
    let whole = ungroup(whole).ok_or_else(|| wrong("it is not a number"))?;
    if fraction.is_some_and(|f| f.is_empty() || !f.bytes().all(|b| b.is_ascii_digit())) {
        return Err(wrong("it is not a number"));
    }
    // Half of the world writes its decimals behind a comma.
    if fraction.is_none()
        && digits >= 3
        && let Some((left, right)) = number.split_once(',').filter(|(_, right)| !right.contains(','))
    {
        return Err(Error::usage(format!("'{text}' of {code} may be {left}.{right} or {left}{right}"))
            .hint(format!("write it as `{left}.{right}` or `{left}{right}`")));
    }
    let fraction = fraction.unwrap_or_default();
    if fraction.len() > digits as usize {
        return Err(wrong(&match digits {
            0 => format!("{code} has no decimals"),
            1 => format!("{code} has one decimal"),
            n => format!("{code} has {n} decimals"),
        }));
    }
    // Only digits are left, so it can only be too large.
    format!("{whole}{fraction:0<width$}", width = digits as usize).parse().map_err(|_| wrong("it is too large"))
}

fn wrong(text: &str, code: &str, why: &str) -> Error {
    let code = code.to_ascii_uppercase();
    let digits = digits(&code).unwrap_or_default();
    let like = with_decimals(123_450 * 10_i64.pow(digits) / 100, digits);
    Error::usage(format!("'{text}' is not an amount of {code}: {why}"))
        .hint(format!("write it as `{like}` or `{}`", thousands(&like)))
}

/// The zeros of the scripts that write decimal numbers with digits of their own; the other nine follow each.
const ZEROS: [char; 36] = [
    '0', '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}', '\u{c66}',
    '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{1090}', '\u{17e0}', '\u{1810}',
    '\u{1946}', '\u{19d0}', '\u{1a80}', '\u{1a90}', '\u{1b50}', '\u{1bb0}', '\u{1c40}', '\u{1c50}', '\u{a620}',
    '\u{a8d0}', '\u{a900}', '\u{a9d0}', '\u{a9f0}', '\u{aa50}', '\u{abf0}',
];

/// The text with the digits of any script, and full-width letters and signs, as those of ASCII. None where digits are of
/// several scripts, whose looks deceive.
fn ascii(text: &str) -> Option<String> {
    let mut script = None;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '\u{ffe5}' => '¥',
            // The separators that go with Arabic digits.
            '\u{66b}' => '.',
            '\u{66c}' => ',',
            c => c,
        };
        let value = |zero: char| u32::from(c).checked_sub(u32::from(zero)).filter(|value| *value < 10);
        match ZEROS.into_iter().find_map(|zero| Some((zero, value(zero)?))) {
            Some((zero, value)) if *script.get_or_insert(zero) == zero => out.extend(char::from_digit(value, 10)),
            Some(_) => return None,
            None => out.push(c),
        }
    }
    Some(out)
}

/// Whether what stands beside a number is the currency, or nothing; why not.
fn is_of(word: &str, code: &str) -> Result<(), String> {
    let own = |currency: Currency| currency.symbol().symbol == word;
    if word.is_empty() || word.eq_ignore_ascii_case(code) || Currency::from_code(code).is_some_and(own) {
        return Ok(());
    }
    let upper = word.to_ascii_uppercase();
    if Currency::from_code(&upper).is_some() {
        return Err(format!("{upper} is another currency"));
    }
    let is_sign = |c| matches!(c, '$' | '¢'..='¥' | '฿' | '៛' | '\u{20a0}'..='\u{20cf}');
    if word.chars().all(is_sign) {
        return Err(format!("{word} is the sign of another currency"));
    }
    Err("it is not a number".to_owned())
}

/// A decimal number as an integer of units that are `digits` decimals smaller; none where it is no
/// number, or not exactly that.
pub fn exact(decimal: &str, digits: u32) -> Option<i64> {
    let (negative, unsigned) = match decimal.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, decimal),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = digits as usize;
    let (kept, rest) = fraction.split_at_checked(digits).unwrap_or((fraction, ""));
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(kept) || rest.bytes().any(|b| b != b'0') {
        return None;
    }
    // Parsed with its sign, so that the smallest number fits too.
    format!("{}{whole}{kept:0<digits$}", if negative { "-" } else { "" }).parse().ok()
}

/// An amount with `from` decimals as one with `to` decimals, where that loses nothing.
pub fn rescale(amount: i64, from: u32, to: u32) -> Option<i64> {
    if to >= from {
        return amount.checked_mul(10_i64.checked_pow(to - from)?);
    }
    let factor = 10_i64.checked_pow(from - to)?;
    (amount % factor == 0).then(|| amount / factor)
}

/// An amount with this many decimals, as a plain decimal.
pub(crate) fn with_decimals(amount: i64, digits: u32) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let digits = digits as usize;
    let all = format!("{:0>width$}", amount.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = all.split_at(all.len() - digits);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A decimal number with its point so many digits further to the left, which is exact: minor units as
/// whole ones. What is no such number, as NaN, stays as it is.
pub fn shifted(number: &str, digits: u32) -> String {
    let (sign, unsigned) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if digits == 0 || whole.is_empty() || !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit()) {
        return number.to_owned();
    }
    let digits = digits as usize;
    let all = format!("{whole:0>width$}", width = digits + 1);
    let (left, right) = all.split_at(all.len() - digits);
    format!("{sign}{left}.{right}{fraction}")
}

/// A decimal number with this many decimals: more zeros, or fewer. Other digits all stay, and so does what is
/// no such number.
pub fn fitted(number: &str, digits: u32) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    if unsigned.is_empty() || !(unsigned.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit()) {
        return number.to_owned();
    }
    let fraction = format!("{:0<width$}", fraction.trim_end_matches('0'), width = digits as usize);
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// The spaces that stand between thousands: common, no-break, figure, thin, and narrow no-break.
const SPACES: [char; 5] = [' ', '\u{a0}', '\u{2007}', '\u{2009}', '\u{202f}'];

/// The digits of a whole number, without the commas or the spaces between its thousands. A comma anywhere else may
/// well be somebody's decimal point, and so is not accepted.
fn ungroup(whole: &str) -> Option<String> {
    let separator = whole.chars().find(|c| !c.is_ascii_digit());
    if separator.is_some_and(|c| c != ',' && !SPACES.contains(&c)) {
        return None;
    }
    let mut groups = whole.split(|c| Some(c) == separator);
    let first = groups.next()?;
    // No thousands begin with a zero: `0,500` is a half.
    let fine = match separator {
        None => !first.is_empty(),
        Some(_) => (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(|g| g.len() == 3),
    };
    let digits: String = whole.chars().filter(|c| Some(*c) != separator).collect();
    (fine && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

fn unknown(code: &str) -> Error {
    Error::usage(format!("'{code}' is not a currency with minor units in ISO 4217"))
        .hint("name it by its three letters, such as THB, USD or JPY")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decimal, digits, exact, fitted, format, parse, read, rescale, shifted};
    use crate::error::Kind;

    #[test]
    fn a_currency_has_as_many_decimals_as_iso_4217_gives_it() {
        for (code, expected) in [
            ("THB", Some(2)),
            ("thb", Some(2)),
            ("JPY", Some(0)),
            ("ISK", Some(0)),
            ("BHD", Some(3)),
            ("CLF", Some(4)),
            ("XAU", None),
            ("XYZ", None),
            ("", None),
        ] {
            assert_eq!(digits(code), expected, "{code}");
        }
    }

    #[test]
    fn minor_units_become_decimals_and_nothing_is_lost() {
        for (minor, code, plain, people) in [
            (5_000, "THB", "50.00", "50.00 THB"),
            (1, "THB", "0.01", "0.01 THB"),
            (123_450, "thb", "1234.50", "1,234.50 THB"),
            (1_234, "JPY", "1234", "1,234 JPY"),
            (5, "BHD", "0.005", "0.005 BHD"),
            (-5, "THB", "-0.05", "-0.05 THB"),
            (-123_456, "BHD", "-123.456", "-123.456 BHD"),
            (0, "CLF", "0.0000", "0.0000 CLF"),
            (i64::MIN, "THB", "-92233720368547758.08", "-92,233,720,368,547,758.08 THB"),
            (7, "XYZ", "7 minor units", "7 minor units XYZ"),
        ] {
            assert_eq!((decimal(minor, code).as_str(), format(minor, code).as_str()), (plain, people));
        }
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, code, minor) in [
            ("50", "THB", 5_000),
            ("50.00", "THB", 5_000),
            ("50.5", "THB", 5_050),
            (" 1,234.50 ", "THB", 123_450),
            ("1,234,567", "JPY", 1_234_567),
            ("0.005", "BHD", 5),
            ("007", "JPY", 7),
            ("฿49", "THB", 4_900),
            ("฿ 1,000.50", "THB", 100_050),
            ("49 THB", "THB", 4_900),
            ("thb49.5", "THB", 4_950),
            ("฿49 THB", "THB", 4_900),
            ("$5", "AUD", 500),
            ("￥５００", "JPY", 500),
            ("1 000", "THB", 100_000),
            ("1\u{a0}234\u{a0}567", "JPY", 1_234_567),
            ("1\u{2009}000.50", "THB", 100_050),
            ("1\u{202f}000\u{a0}THB", "THB", 100_000),
            ("๔๙", "THB", 4_900),
            ("๑,๐๔๙.๕๐ THB", "THB", 104_950),
            ("٤٩٫٥", "THB", 4_950),
            ("４９．５０", "THB", 4_950),
            ("1,234", "JPY", 1_234),
            ("1,234", "THB", 123_400),
            ("1,234.500", "KWD", 1_234_500),
            ("1,234,567", "KWD", 1_234_567_000),
            ("1 234", "KWD", 1_234_000),
            ("1.234", "KWD", 1_234),
            ("92233720368547758.07", "THB", i64::MAX),
        ] {
            assert_eq!(parse(text, code).expect(text), minor, "{text} {code}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_and_the_message_says_why() {
        for (text, code, why) in [
            ("12.5", "JPY", "JPY has no decimals"),
            ("0.001", "THB", "THB has 2 decimals"),
            ("0.00", "THB", "it is zero"),
            ("-5", "THB", "an amount is positive"),
            ("\u{2212}5", "THB", "an amount is positive"),
            ("฿-5", "THB", "an amount is positive"),
            ("-฿5", "THB", "an amount is positive"),
            ("49 USD", "THB", "USD is another currency"),
            ("usd 49", "THB", "USD is another currency"),
            ("$49", "THB", "$ is the sign of another currency"),
            ("1,234", "KWD", "may be 1.234 or 1234"),
            ("12,345", "CLF", "may be 12.345 or 12345"),
            ("0,500", "THB", "it is not a number"),
            ("0,500", "KWD", "it is not a number"),
            ("1 00", "THB", "it is not a number"),
            ("1,000 000", "THB", "it is not a number"),
            ("1 000,50", "THB", "it is not a number"),
            ("49 50", "THB", "it is not a number"),
            ("4৪", "THB", "of several scripts"),
            ("abc", "THB", "it is not a number"),
            ("4\u{200b}9", "THB", "it is not a number"),
            ("92233720368547758.08", "THB", "it is too large"),
            ("", "THB", "it is not a number"),
            (".5", "THB", "it is not a number"),
            ("5.", "THB", "it is not a number"),
            ("+5", "THB", "it is not a number"),
            ("1e3", "THB", "it is not a number"),
            ("1,23", "THB", "it is not a number"),
            ("1234,567", "THB", "it is not a number"),
            (",123", "THB", "it is not a number"),
            ("1.234,50", "THB", "it is not a number"),
            ("1.2.3", "THB", "it is not a number"),
            ("50", "XYZ", "'XYZ' is not a currency"),
            ("50", "XAU", "'XAU' is not a currency"),
        ] {
            let error = parse(text, code).expect_err(text);
            assert_eq!(error.kind, Kind::Usage);
            assert!(error.message().contains(why) && error.hint.is_some(), "{text} {code}: {error:?}");
        }
        let hint = parse("x", "THB").expect_err("no number").hint.expect("a hint");
        assert_eq!(hint, "write it as `1234.50` or `1,234.50`");
        assert_eq!(parse("x", "JPY").expect_err("no number").hint.expect("a hint"), "write it as `1234` or `1,234`");
    }

    #[test]
    fn minor_units_of_any_size_become_whole_ones() {
        for (number, digits, expected) in [
            ("123450", 2, "1234.50"),
            ("5", 2, "0.05"),
            ("-5", 3, "-0.005"),
            ("1234.5", 2, "12.345"),
            ("1234", 0, "1234"),
            ("123456789012345678901234567890", 2, "1234567890123456789012345678.90"),
            ("NaN", 2, "NaN"),
            ("-Infinity", 2, "-Infinity"),
            ("", 2, ""),
        ] {
            assert_eq!(shifted(number, digits), expected, "{number}");
        }
    }

    #[test]
    fn decimals_are_as_many_as_the_currency_has_where_nothing_is_lost() {
        for (number, digits, expected) in [
            ("50490.00", 0, "50490"),
            ("12.5", 2, "12.50"),
            ("-7", 2, "-7.00"),
            ("12.345", 2, "12.345"),
            ("12.340000", 2, "12.34"),
            ("NaN", 2, "NaN"),
            ("", 2, ""),
        ] {
            assert_eq!(fitted(number, digits), expected, "{number}");
        }
    }

    #[test]
    fn a_scale_is_changed_only_where_nothing_is_lost() {
        assert_eq!(rescale(5, 0, 2), Some(500));
        assert_eq!(rescale(500, 2, 0), Some(5));
        assert_eq!(rescale(501, 2, 0), None);
        assert_eq!(rescale(i64::MAX, 0, 2), None);
        assert_eq!(rescale(7, 3, 3), Some(7));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            minor in 1..=i64::MAX,
            code in proptest::sample::select(vec!["THB", "USD", "JPY", "BHD", "CLF", "MGA", "ISK"]),
        ) {
            prop_assert_eq!(parse(&decimal(minor, code), code).expect("an amount"), minor);
            let people = format(minor, code);
            let number = people.strip_suffix(code).expect("the code is last");
            prop_assert_eq!(parse(number, code).expect("an amount"), minor);
            prop_assert_eq!(parse(&people, code).expect("an amount"), minor);
        }

        /// Whatever is written, an amount is the number that its digits are with the point where it stands, or nothing.
        #[test]
        fn nothing_is_read_as_another_number(
            text in "[-+0-9๐-๙０-９.,٫ \u{a0}\u{2009}฿$A-Z]{1,12}",
            code in proptest::sample::select(vec!["THB", "USD", "JPY", "BHD", "CLF"]),
        ) {
            if let Ok(minor) = read(&text, code) {
                let ascii = super::ascii(&text).expect("one script");
                prop_assert!(!ascii.contains('-'));
                let kept: String = ascii.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
                prop_assert_eq!(exact(&kept, digits(code).expect("a currency")), Some(minor));
                // A comma is never a point: it stands before three digits, and what it could be else has no room for them.
                if let Some((_, after)) = ascii.split_once(',') {
                    prop_assert!(ascii.contains('.') || after.contains(',') || digits(code) < Some(3));
                    prop_assert!(!kept.starts_with('0'));
                }
            }
        }

        #[test]
        fn each_way_to_write_an_amount_means_the_same(
            minor in 1..=i64::MAX,
            code in proptest::sample::select(vec!["THB", "USD", "JPY", "KWD", "CLF"]),
            zero in proptest::sample::select(super::ZEROS.to_vec()),
            space in proptest::sample::select(super::SPACES.to_vec()),
        ) {
            let spaced = decimal(minor, code);
            let spaced = crate::text::thousands(spaced).replace(',', &space.to_string());
            let own = |c: char| match c.to_digit(10) {
                Some(value) => char::from_u32(u32::from(zero) + value).expect("a digit"),
                None => c,
            };
            let scripted: String = spaced.chars().map(own).collect();
            for text in [spaced.clone(), scripted.clone(), format!("{code} {scripted}"), format!("{spaced}{code}")] {
                prop_assert_eq!(parse(&text, code).expect("an amount"), minor, "{}", text);
            }
        }
    }

    #[test]
    fn decimals_become_exact_integers_or_none() {
        for (text, digits, expected) in [
            ("49.00", 2, Some(4900)),
            ("49", 2, Some(4900)),
            ("0.1", 2, Some(10)),
            ("-0.05", 2, Some(-5)),
            ("1.230", 2, Some(123)),
            ("1.234", 2, None),
            ("500", 0, Some(500)),
            ("500.00", 0, Some(500)),
            ("500.5", 0, None),
            ("1.005", 3, Some(1005)),
            ("92233720368547758.07", 2, Some(i64::MAX)),
            ("-92233720368547758.08", 2, Some(i64::MIN)),
            ("92233720368547758.08", 2, None),
            ("NaN", 2, None),
            ("Infinity", 2, None),
            ("1e5", 2, None),
            ("", 2, None),
            (".5", 2, None),
            ("-", 2, None),
            ("1.é5", 2, None),
        ] {
            assert_eq!(exact(text, digits), expected, "{text}");
        }
    }
}
