//! Parsers of argument values.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::builder::{PossibleValuesParser, RangedI64ValueParser, TypedValueParser};

use crate::settings::Name;

/// A duration such as `90s`, `5m` or `2h`; more than nothing.
pub fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it has to be more than nothing".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}; write it as 90s, 5m or 2h")),
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

/// A duration, meaning so long ago, a date, meaning its first instant in UTC, or an RFC 3339 time.
pub fn since(text: &str) -> Result<Since, String> {
    duration(text)
        .map(Since::Ago)
        .or_else(|_| until(text).map(|u| Since::At(u.0)))
        .map_err(|_| "write it as 2026-01-31, 2026-01-31T12:00:00Z, 12h or 7d".to_owned())
}

/// The root of a seal, or the head of a chain.
#[derive(Debug, Clone, Copy)]
pub struct Root(pub [u8; 32]);

/// The root of a seal, as it was printed.
pub fn root(text: &str) -> Result<Root, String> {
    crate::audit::seal::parse_root(text.trim())
        .map(Root)
        .ok_or_else(|| "a root is 64 hexadecimal digits, as `bursar audit seal` printed them".to_owned())
}

/// An amount with its sign, as `+5` or `-0.5`; the plus is left out of what comes back.
pub fn signed(text: &str) -> Result<String, String> {
    let unsigned = text.strip_prefix(['+', '-']).ok_or("write it with its sign, as +5 or -5")?;
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err("write it as +5, -5 or +0.25".to_owned());
    }
    if unsigned.bytes().all(|b| matches!(b, b'0' | b'.')) {
        return Err("it adds and takes nothing".to_owned());
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
