//! Instants of the server.
//!
//! PostgreSQL's `timestamptz` reaches from 4713 BC to the year 294276, and has an infinity at each end. chrono's types
//! reach less far and panic there, so times of a database are [`Moment`]s.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Days from 1970-01-01, which the calendar's arithmetic counts from, to 2000-01-01.
const EPOCH: i64 = 10_957;

/// An instant: microseconds since 2000-01-01 UTC, as the server has them, or an infinity.
///
/// As text and in JSON it is RFC 3339 in UTC with six decimals, such as `2026-10-31T12:00:00.000001Z`. Years before 1
/// and after 9999, which RFC 3339 does not have, are written with their sign or with more digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// After all others.
    pub const INFINITY: Moment = Moment(i64::MAX);
    /// Before all others.
    pub const NEGATIVE_INFINITY: Moment = Moment(i64::MIN);

    /// To the minute, for people: `2026-10-31 12:00`.
    pub fn minute(self) -> String {
        self.for_people(16)
    }

    /// To the second, for people: `2026-10-31 12:00:00`.
    pub fn second(self) -> String {
        self.for_people(19)
    }

    /// The first characters, as of a year with four digits.
    fn for_people(self, length: usize) -> String {
        let text = self.to_string();
        let end = match self.date_and_time() {
            Some(((year, ..), _)) => length + year_text(year).len() - 4,
            None => text.len(),
        };
        text[..end].replace('T', " ")
    }

    /// The date as year, month and day, and the microseconds since midnight; none of an infinity.
    fn date_and_time(self) -> Option<((i64, i64, i64), i64)> {
        if matches!(self, Moment::INFINITY | Moment::NEGATIVE_INFINITY) {
            return None;
        }
        Some((date(self.0.div_euclid(DAY) + EPOCH), self.0.rem_euclid(DAY)))
    }
}

/// The year, month and day of a number of days since 1970-01-01, in the Gregorian calendar, for all time. Eras of 400
/// years that begin in March, so that a leap day is the last day of its year.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = (if month < 10 { month + 3 } else { month - 9 }, day - (153 * month + 2) / 5 + 1);
    (year + era * 400 + i64::from(date.0 <= 2), date.0, date.1)
}

/// The number of days since 1970-01-01 of a date; none where the calendar has no such date.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + day - 1 - 719_468;
    (date(days) == (year, month, day)).then_some(days)
}

fn year_text(year: i64) -> String {
    if year < 0 { format!("-{:04}", -year) } else { format!("{year:04}") }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(((year, month, day), time)) = self.date_and_time() else {
            return f.write_str(if *self == Moment::INFINITY { "infinity" } else { "-infinity" });
        };
        let (seconds, micros) = (time / 1_000_000, time % 1_000_000);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let year = year_text(year);
        write!(f, "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<DateTime<Utc>> for Moment {
    /// The moment of a time of chrono's, whose nanoseconds are dropped.
    fn from(at: DateTime<Utc>) -> Self {
        // chrono's whole range is within an i64 of microseconds since 1970.
        Moment(at.timestamp_micros() - EPOCH * DAY)
    }
}

/// A text is no time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoMoment;

impl fmt::Display for NoMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not a time of RFC 3339")
    }
}

impl std::error::Error for NoMoment {}

impl FromStr for Moment {
    type Err = NoMoment;

    /// Reads what [`Moment`] writes, RFC 3339 with any offset, and what the server writes with `DateStyle` ISO.
    fn from_str(text: &str) -> Result<Self, NoMoment> {
        match text {
            "infinity" => return Ok(Moment::INFINITY),
            "-infinity" => return Ok(Moment::NEGATIVE_INFINITY),
            _ => {}
        }
        parsed(text).ok_or(NoMoment)
    }
}

fn parsed(text: &str) -> Option<Moment> {
    let (text, is_before_christ) = text.strip_suffix(" BC").map_or((text, false), |text| (text, true));
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let (date, is_negative) = date.strip_prefix('-').map_or((date, false), |date| (date, true));
    let number = |text: &str| -> Option<i64> {
        (text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    let year = match (is_negative, is_before_christ) {
        (true, _) => -year,
        // The year before 1 is 0 in arithmetic, and 1 BC at the server.
        (false, true) => 1 - year,
        (false, false) => year,
    };
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at(zone);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.splitn(3, ':');
    let (hour, minute, second) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let micros = number(&format!("{:0<6}", fraction.get(..fraction.len().min(6))?))?;
    let offset = match zone.split_at(1) {
        ("Z" | "z", "") => 0,
        (sign, zone) => {
            let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "0"));
            let minutes = number(hours)? * 60 + number(minutes)?;
            if sign == "-" { -minutes } else { minutes }
        }
    };
    let seconds = (hour * 60 + minute - offset) * 60 + second;
    let days = days(year, month, day)? - EPOCH;
    // The first day of all begins before the first microsecond that there is.
    let micros = i128::from(days) * i128::from(DAY) + i128::from(seconds * 1_000_000 + micros);
    i64::try_from(micros).ok().map(Moment)
}

impl Type<Postgres> for Moment {
    fn type_info() -> PgTypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }
}

impl Decode<'_, Postgres> for Moment {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => <i64 as Decode<Postgres>>::decode(value).map(Moment),
            PgValueFormat::Text => Ok(value.as_str()?.parse()?),
        }
    }
}

impl Encode<'_, Postgres> for Moment {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode(self.0, buf)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::Moment;

    #[test]
    fn a_moment_is_written_and_read_in_one_form() {
        for (micros, text, minute) in [
            (0, "2000-01-01T00:00:00.000000Z", "2000-01-01 00:00"),
            (-1, "1999-12-31T23:59:59.999999Z", "1999-12-31 23:59"),
            (845_640_000_000_001, "2026-10-18T12:00:00.000001Z", "2026-10-18 12:00"),
            (5_097_600_000_000, "2000-02-29T00:00:00.000000Z", "2000-02-29 00:00"),
            // The server's last and first microsecond.
            (9_223_371_331_199_999_999, "294276-12-31T23:59:59.999999Z", "294276-12-31 23:59"),
            (-211_813_488_000_000_000, "-4713-11-24T00:00:00.000000Z", "-4713-11-24 00:00"),
            (i64::MAX, "infinity", "infinity"),
            (i64::MIN, "-infinity", "-infinity"),
            // No server sends these, and a broken one does.
            (i64::MAX - 1, "294277-01-09T04:00:54.775806Z", "294277-01-09 04:00"),
            (i64::MIN + 1, "-290278-12-22T19:59:05.224193Z", "-290278-12-22 19:59"),
        ] {
            let moment = Moment(micros);
            assert_eq!(moment.to_string(), text);
            assert_eq!(moment.minute(), minute);
            assert_eq!(text.parse(), Ok(moment), "{text}");
            assert_eq!(serde_json::json!(moment), text);
        }
        assert_eq!(Moment(0).second(), "2000-01-01 00:00:00");
    }

    #[test]
    fn other_texts_of_the_same_moment_are_read_and_others_are_not() {
        for (text, same) in [
            ("2026-10-31T19:00:00+07:00", "2026-10-31T12:00:00.000000Z"),
            ("2026-10-31 12:00:00.5+00", "2026-10-31T12:00:00.500000Z"),
            ("2026-10-31 05:00:00-07", "2026-10-31T12:00:00.000000Z"),
            ("0001-12-31 00:00:00+00 BC", "0000-12-31T00:00:00.000000Z"),
            ("4714-11-24 00:00:00+00 BC", "-4713-11-24T00:00:00.000000Z"),
        ] {
            assert_eq!(text.parse(), same.parse::<Moment>(), "{text}");
        }
        for wrong in [
            "",
            "now",
            "2026",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.éZ",
            "2026-01-01T00:00Z",
            "999999-01-01T00:00:00Z",
            "+2026-01-01T00:00:00Z",
        ] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_time_of_chrono_is_written_alike(micros in -62_135_596_800_000_000_i64..253_402_300_799_999_999) {
            let at = DateTime::<Utc>::from_timestamp_micros(micros).expect("a time");
            let text = at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
            prop_assert_eq!(Moment::from(at).to_string(), text.clone());
            prop_assert_eq!(text.parse(), Ok(Moment::from(at)));
        }

        #[test]
        fn every_number_is_a_moment_that_is_read_back(micros in any::<i64>()) {
            prop_assert_eq!(Moment(micros).to_string().parse(), Ok(Moment(micros)));
            prop_assert!(!Moment(micros).second().is_empty());
        }
    }
}
