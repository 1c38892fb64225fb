//! Time and chance in a simulation.

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::LogNormal;
use uuid::Uuid;

use super::batch::Field;
use crate::error::{Error, Result};

/// A point in time: microseconds since the beginning of the history, the resolution of the
/// database.
pub type At = i64;

/// A millisecond.
pub const MILLISECOND: At = 1_000;
/// A second.
pub const SECOND: At = 1_000_000;
/// A minute.
pub const MINUTE: At = 60 * SECOND;
/// An hour.
pub const HOUR: At = 60 * MINUTE;
/// A day of 24 hours.
pub const DAY: At = 24 * HOUR;
/// A week of seven such days.
pub const WEEK: At = 7 * DAY;

/// The activity of people, by the hour and by the day, Sunday first.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// By the hour of their own clock.
    pub hours: [f64; 24],
    /// By the day of the week.
    pub weekdays: [f64; 7],
}

impl Curve {
    /// The highest activity.
    pub fn top(&self) -> f64 {
        let most = |values: &[f64]| values.iter().fold(0.0_f64, |most, value| most.max(*value));
        most(&self.hours) * most(&self.weekdays)
    }
}

/// The history that is simulated.
#[derive(Debug)]
pub struct Clock {
    from: DateTime<Utc>,
    /// The end of the history.
    pub end: At,
    /// The wall clock of the people at the beginning, in seconds since 1970.
    wall: i64,
}

impl Clock {
    /// The history between two times, lived by people whose clocks are this many hours ahead of UTC.
    ///
    /// # Errors
    /// A usage error if the history has no length.
    pub fn new(from: DateTime<Utc>, until: DateTime<Utc>, utc_offset_hours: i8) -> Result<Self> {
        let end = (until - from)
            .num_microseconds()
            .filter(|length| (1..=i64::MAX / 4).contains(length))
            .ok_or_else(|| Error::usage("the history must be longer than nothing and shorter than 70,000 years"))?;
        Ok(Clock { from, end, wall: from.timestamp() + i64::from(utc_offset_hours) * 3600 })
    }

    /// A time as a date.
    pub fn time(&self, at: At) -> DateTime<Utc> {
        self.from + TimeDelta::microseconds(at)
    }

    /// A time as a field of a row.
    pub fn field(&self, at: At) -> Field<'static> {
        Field::Time(self.time(at))
    }

    /// The activity of people, by the hour and the day of their own clock.
    fn busy(&self, curve: &Curve, at: At) -> f64 {
        let wall = self.wall + at / SECOND;
        let second = wall.rem_euclid(86_400);
        // 1970 began on a Thursday, and the week of a curve begins on Sunday.
        let day = (wall.div_euclid(86_400) + 4).rem_euclid(7);
        let hour = second / 3600;
        // A straight line from each hour to the next, so that nothing jumps when the clock strikes.
        let into = (second % 3600) as f64 / 3600.0;
        // All three are within the arrays: the remainders above see to it.
        let (hour, day) = (hour as usize, day as usize);
        let (before, after) = (curve.hours[hour], curve.hours[(hour + 1) % 24]);
        (before + (after - before) * into) * curve.weekdays[day]
    }

    /// A time between two others, weighted by the activity.
    pub fn pick(&self, rng: &mut ChaCha8Rng, curve: &Curve, (from, to): (At, At)) -> At {
        let mut at = between(rng, (from, to));
        // A short span may lie in hours in which nobody is up; after a while any time of it will do.
        for _ in 0..100 {
            if rng.random::<f64>() * curve.top() < self.busy(curve, at) {
                break;
            }
            at = between(rng, (from, to));
        }
        at
    }
}

/// A number evenly between two others, both included; the first if they are in the wrong order.
pub fn between(rng: &mut ChaCha8Rng, (from, to): (i64, i64)) -> i64 {
    if from < to { rng.random_range(from..=to) } else { from }
}

/// A span between two others, given in a unit, more often near the shorter: delays have long tails.
pub fn delay(rng: &mut ChaCha8Rng, (from, to): (f64, f64), unit: At) -> At {
    let skewed = rng.random::<f64>() * rng.random::<f64>();
    span(from + (to - from) * skewed, unit)
}

/// A number of units as a span of time. A float becomes an integer by saturating, so nothing
/// overflows, and the limit leaves room for adding up.
pub fn span(number: f64, unit: At) -> At {
    let span = (number * unit as f64) as At;
    span.clamp(0, 3650 * DAY)
}

/// True with this chance.
pub fn chance(rng: &mut ChaCha8Rng, chance: f64) -> bool {
    rng.random::<f64>() < chance
}

/// One of several, each as likely as any other. The list must not be empty, which the reading of `seed.toml`
/// checks.
pub fn any<'a, T>(rng: &mut ChaCha8Rng, list: &'a [T]) -> &'a T {
    &list[rng.random_range(0..list.len())]
}

/// The index of one of several, weighted.
pub fn weighted<T>(rng: &mut ChaCha8Rng, list: &[T], weight: impl Fn(&T) -> f64) -> usize {
    let total: f64 = list.iter().map(&weight).sum();
    let mut left = rng.random::<f64>() * total;
    list.iter()
        .position(|one| {
            left -= weight(one);
            left < 0.0
        })
        .unwrap_or(0)
}

/// A random UUID, version 4.
pub fn uuid(rng: &mut ChaCha8Rng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.random()).into_uuid()
}

/// Numbers around a median, of which few are much larger: the wider the tail, the larger.
///
/// # Errors
/// A usage error if there is no such distribution.
pub fn log_normal(median: f64, tail: f64) -> Result<LogNormal<f64>> {
    LogNormal::new(median.ln(), tail)
        .map_err(|e| Error::usage(format!("seed.toml: a distribution cannot be made: {e}")))
}
