//! The time of the simulation, and when people do things.

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::style::Curve;
use crate::error::{Error, Result};
use crate::seed::Field;

/// A point in time: microseconds since the beginning of the history, which is what the database can
/// tell apart.
pub(super) type At = i64;

pub(super) const SECOND: At = 1_000_000;
pub(super) const HOUR: At = 3600 * SECOND;
pub(super) const WEEK: At = 7 * 24 * HOUR;

/// The history that is simulated.
pub(super) struct Clock {
    from: DateTime<Utc>,
    /// The end of the history.
    pub end: At,
    /// The wall clock of the people at the beginning, in seconds since 1970.
    wall: i64,
}

impl Clock {
    pub fn new(from: DateTime<Utc>, until: DateTime<Utc>, utc_offset_hours: i8) -> Result<Self> {
        let end = (until - from)
            .num_microseconds()
            .filter(|length| (1..=i64::MAX / 4).contains(length))
            .ok_or_else(|| Error::usage("the history must be longer than nothing and shorter than 70,000 years"))?;
        Ok(Clock { from, end, wall: from.timestamp() + i64::from(utc_offset_hours) * 3600 })
    }

    pub fn field(&self, at: At) -> Field<'static> {
        Field::Time(self.from + TimeDelta::microseconds(at))
    }

    /// How busy people are, by the hour and the day of their own clock.
    fn busy(&self, curve: &Curve, at: At) -> f64 {
        let wall = self.wall + at / SECOND;
        // 1970 began on a Thursday, and the week of a curve begins on Sunday. Both remainders are
        // within the arrays.
        let day = (wall.div_euclid(86_400) + 4).rem_euclid(7) as usize;
        let hour = (wall.rem_euclid(86_400) / 3600) as usize;
        curve.hours[hour] * curve.weekdays[day]
    }

    /// A time between two others, as likely as people are busy then.
    pub fn pick(&self, rng: &mut ChaCha8Rng, curve: &Curve, from: At, to: At) -> At {
        let mut at = between(rng, from, to);
        // A short span may lie in hours in which nobody is up; after a while any time of it will do.
        for _ in 0..100 {
            if rng.random::<f64>() * curve.top() < self.busy(curve, at) {
                break;
            }
            at = between(rng, from, to);
        }
        at
    }
}

/// Evenly between two numbers, both included. Where they are in the wrong order it is the first.
pub(super) fn between(rng: &mut ChaCha8Rng, from: i64, to: i64) -> i64 {
    if from < to { rng.random_range(from..=to) } else { from }
}

/// Whether something with this chance happens.
pub(super) fn chance(rng: &mut ChaCha8Rng, chance: f64) -> bool {
    rng.random::<f64>() < chance
}
