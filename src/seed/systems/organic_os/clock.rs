//! The time of the simulation, and the days of people who live in different zones.

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::style::Day;
use crate::error::{Error, Result};
use crate::seed::Field;
use crate::seed::clock::weighted;

/// A point in time: microseconds since the beginning of the history, which is what the database can
/// tell apart.
pub(super) type At = i64;

pub(super) const SECOND: At = 1_000_000;
pub(super) const HOUR: At = 3600 * SECOND;
pub(super) const DAY: At = 24 * HOUR;

/// The history that is simulated.
pub(super) struct Clock {
    from: DateTime<Utc>,
    /// The end of the history.
    pub end: At,
}

impl Clock {
    pub fn new(from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Self> {
        let end = (until - from)
            .num_microseconds()
            .filter(|length| (1..=i64::MAX / 4).contains(length))
            .ok_or_else(|| Error::usage("the history must be longer than nothing and shorter than 70,000 years"))?;
        Ok(Clock { from, end })
    }

    pub fn field(&self, at: At) -> Field<'static> {
        Field::Time(self.from + TimeDelta::microseconds(at))
    }

    /// The day that it is at a time, counted from 1970, where clocks are `offset` ahead of UTC.
    pub fn day(&self, at: At, offset: At) -> i64 {
        (self.from.timestamp_micros() + at + offset).div_euclid(DAY)
    }

    /// When a day begins there.
    pub fn midnight(&self, day: i64, offset: At) -> At {
        day * DAY - offset - self.from.timestamp_micros()
    }

    /// A day as the database writes it.
    pub fn date(day: i64) -> String {
        let date = DateTime::from_timestamp(day.saturating_mul(86_400), 0).unwrap_or_default();
        date.format("%Y-%m-%d").to_string()
    }

    /// A time between two others, in the hours in which people are up.
    pub fn pick(&self, rng: &mut ChaCha8Rng, day: &Day, offset: At, (from, to): (At, At)) -> At {
        if from >= to {
            return from;
        }
        let midnight = self.midnight(self.day(rng.random_range(from..to), offset), offset);
        let hour = i64::try_from(weighted(rng, &day.hours, |h| *h)).unwrap_or(0);
        // The first and the last day are not whole.
        (midnight + hour * HOUR + rng.random_range(0..HOUR)).clamp(from, to - 1)
    }
}

/// A number of units as a span of time. A float becomes an integer by saturating, so nothing
/// overflows, and the limit leaves room for adding up.
pub(super) fn span(number: f64, unit: At) -> At {
    ((number * unit as f64) as At).clamp(0, 3660 * DAY)
}
