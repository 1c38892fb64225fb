//! Parsers of argument values.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::builder::{PossibleValuesParser, RangedI64ValueParser, TypedValueParser};

use crate::jobs::{ErrorLike, Payload};
use crate::settings::Name;
use crate::text::trimmed;

/// A duration such as `90s`, `5m` or `2h`; more than nothing.
pub fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it has to be more than nothing".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}; write it as 90s, 5m or 2h")),
    }
}

/// A time to wait, such as `30s`; `0` is not to wait.
pub fn patience(text: &str) -> Result<Duration, String> {
    if text == "0" {
        Ok(Duration::ZERO)
    } else {
        humantime::parse_duration(text).map_err(|e| format!("{e}; write it as 0, 30s or 5m"))
    }
}

/// An age, such as `2h` or `30d`. No server counts back further than this does.
pub fn ago(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        long if long > Duration::from_secs(1_000 * 365 * 86_400) => {
            Err("it has to be less than a thousand years".to_owned())
        }
        ago => Ok(ago),
    }
}

/// The time between two readings, such as `2s`: at least half a second.
pub fn interval(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        short if short < Duration::from_millis(500) => Err("it has to be 500ms or more".to_owned()),
        interval => Ok(interval),
    }
}

/// A number of people: read as a signed number, so that a negative one is told the range too.
pub fn people() -> impl TypedValueParser<Value = u64> {
    RangedI64ValueParser::<i64>::new().range(1..=100_000_000).map(i64::unsigned_abs)
}

/// The end of a history.
#[derive(Debug, Clone, Copy)]
pub struct Until(pub DateTime<Utc>);

/// A date, meaning its first instant in UTC, or an RFC 3339 time.
pub fn until(text: &str) -> Result<Until, String> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(Until(date.and_time(NaiveTime::MIN).and_utc()));
    }
    DateTime::parse_from_rfc3339(text)
        .map(|t| Until(t.to_utc()))
        .map_err(|_| "write it as 2026-01-31 or 2026-01-31T12:00:00Z".to_owned())
}

/// The beginning of a stretch of time.
#[derive(Debug, Clone, Copy)]
pub enum Since {
    /// So long ago.
    Ago(Duration),
    /// This instant.
    At(DateTime<Utc>),
}

impl Since {
    /// The point in time, given the present. An age is less than a thousand years, so that there is one.
    pub fn at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Since::At(at) => at,
            Since::Ago(age) => now - age,
        }
    }
}

/// A duration, meaning so long ago, a date, meaning its first instant in UTC, or an RFC 3339 time.
pub fn since(text: &str) -> Result<Since, String> {
    ago(text)
        .map(Since::Ago)
        .or_else(|_| until(text).map(|u| Since::At(u.0)))
        .map_err(|_| "write it as 2026-01-31, 2026-01-31T12:00:00Z, 12h or 7d".to_owned())
}

/// The root of a seal, or the head of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root(pub [u8; 32]);

/// The root of a seal, as it was printed.
pub fn root(text: &str) -> Result<Root, String> {
    crate::audit::seal::parse_root(text.trim())
        .map(Root)
        .ok_or_else(|| "a root is 64 hexadecimal digits, as `bursar audit seal` printed them".to_owned())
}

/// An amount with its sign, as `+5` or `-0.5`; the plus is left out of what comes back.
pub fn signed(text: &str) -> Result<String, String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err("write it as +5, -5 or +0.25".to_owned());
    }
    if unsigned.bytes().all(|b| matches!(b, b'0' | b'.')) {
        return Err("it adds and takes nothing".to_owned());
    }
    if unsigned == text {
        return Err(format!("write it with its sign: +{text} to add, -{text} to take away"));
    }
    Ok(text.trim_start_matches('+').to_owned())
}

/// The head of the operator log's chain, as it was printed.
pub fn head(text: &str) -> Result<Root, String> {
    root(text).map_err(|_| "a head is 64 hexadecimal digits, as `bursar operations verify` printed them".to_owned())
}

/// The name of a setting, one of those that there are.
pub fn setting() -> impl TypedValueParser<Value = Name> {
    PossibleValuesParser::new(Name::ALL.map(Name::as_str))
        .try_map(|text| Name::named(&text).ok_or("there is no such setting"))
}

/// Bounds of how often a job was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// At least so often.
    pub least: Option<i32>,
    /// At most so often.
    pub most: Option<i32>,
}

/// A number of attempts, as `3`, `=3`, `>=3`, `>3`, `<=3` or `<3`.
pub fn attempts(text: &str) -> Result<Attempts, String> {
    let at = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (operator, number) = text.split_at(at);
    let number: i32 = number.parse().map_err(|_| "write it as 3, '>=3' or '<2'".to_owned())?;
    let (least, most) = match operator.trim() {
        "" | "=" => (Some(number), Some(number)),
        ">=" => (Some(number), None),
        ">" => (Some(number.saturating_add(1)), None),
        "<=" => (None, Some(number)),
        "<" => (None, Some(number - 1)),
        _ => return Err("write it as 3, '>=3' or '<2'".to_owned()),
    };
    Ok(Attempts { least, most })
}

/// A value in a payload, as `user.plan=gold`.
pub fn payload(text: &str) -> Result<Payload, String> {
    match text.split_once('=') {
        Some((path, value)) if !path.is_empty() && !path.split('.').any(str::is_empty) => {
            Ok(Payload { path: path.split('.').map(str::to_owned).collect(), value: value.to_owned() })
        }
        _ => Err("write it as PATH=VALUE, such as user.plan=gold".to_owned()),
    }
}

/// A filter of errors: a regular expression after a `~`, or a handle.
pub fn error_like(text: &str) -> Result<ErrorLike, String> {
    match text.strip_prefix('~') {
        Some("") => Err("an empty expression matches every error; leave --error out".to_owned()),
        Some(regex) => Ok(ErrorLike::Matching(regex.to_owned())),
        None if text.starts_with("err:") => text.parse().map(ErrorLike::Of),
        None => Err("write it as '~REGEX', or as a handle that `bursar jobs triage` printed".to_owned()),
    }
}

/// An id or a reference, as it was pasted, without spaces, line ends and whatever else a reader does not see around it.
pub fn pasted(text: &str) -> Result<String, String> {
    match trimmed(text) {
        "" => Err("it is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// A rate, as `50/s`, `300/m`, `1000/h`, or a number per second.
pub fn rate(text: &str) -> Result<f64, String> {
    let wrong = || "write it as 50, 50/s, 300/m or 1000/h".to_owned();
    let (number, unit) = text.split_once('/').unwrap_or((text, "s"));
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => return Err(wrong()),
    };
    if number == 0 { Err("it has to be more than nothing".to_owned()) } else { Ok(f64::from(number) / seconds) }
}

/// A rate, as [`rate`] reads it.
pub fn rate_text(rate: f64) -> String {
    // Each is a whole number in an hour at least.
    let is_whole = |(seconds, _): &(f64, &str)| (rate * seconds - (rate * seconds).round()).abs() < 1e-9;
    let (seconds, unit) = [(1.0, ""), (60.0, "/m")].into_iter().find(is_whole).unwrap_or((3_600.0, "/h"));
    format!("{}{unit}", (rate * seconds).round())
}

/// A share, as `20%`.
pub fn percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').unwrap_or(text);
    number.parse().ok().filter(|p| *p <= 100).ok_or_else(|| "write it as 20%, between 0% and 100%".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Attempts, attempts, error_like, payload, percent, rate};

    #[test]
    fn a_number_of_attempts_has_an_operator_or_none() {
        let bounds = |least, most| Ok(Attempts { least, most });
        assert_eq!(attempts("3"), bounds(Some(3), Some(3)));
        assert_eq!(attempts(">=3"), bounds(Some(3), None));
        assert_eq!(attempts("> 3"), bounds(Some(4), None));
        assert_eq!(attempts("<=3"), bounds(None, Some(3)));
        assert_eq!(attempts("<3"), bounds(None, Some(2)));
        for wrong in ["", ">=", "~3", "3x", "-3", "99999999999"] {
            assert!(attempts(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_filters_jobs_is_read_or_refused() {
        let plan = payload("user.plan=a=b").unwrap();
        assert_eq!((plan.path.join("/"), plan.value.as_str()), ("user/plan".to_owned(), "a=b"));
        assert_eq!(payload("a=").unwrap().value, "");
        for wrong in ["", "=x", "a..b=x", ".a=x", "a"] {
            assert!(payload(wrong).is_err(), "{wrong}");
        }
        assert!(error_like("~").is_err() && error_like("timeout").is_err() && error_like("err:xyz").is_err());
        assert_eq!(rate("300/m"), Ok(5.0));
        assert_eq!(rate("5"), Ok(5.0));
        for written in ["5", "300/m", "7/m", "1000/h", "4000000000", "1/h"] {
            assert_eq!(rate(&super::rate_text(rate(written).unwrap())), rate(written), "{written}");
        }
        assert!(
            rate("0/s").is_err()
                && rate("0").is_err()
                && rate("").is_err()
                && rate("-5/s").is_err()
                && rate("5/d").is_err()
        );
        assert_eq!((percent("20%"), percent("100")), (Ok(20), Ok(100)));
        assert!(percent("101%").is_err() && percent("-1%").is_err());
    }
}
