//! The days of people who live in different time zones.

use chrono::DateTime;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::style::Day;
use crate::seed::clock::{At, Clock, DAY, HOUR, weighted};

/// The day at a time, counted from 1970, for clocks that are `offset` ahead of UTC.
pub(super) fn day(clock: &Clock, at: At, offset: At) -> i64 {
    (clock.time(0).timestamp_micros() + at + offset).div_euclid(DAY)
}

/// The beginning of a day for these clocks.
pub(super) fn midnight(clock: &Clock, day: i64, offset: At) -> At {
    day * DAY - offset - clock.time(0).timestamp_micros()
}

/// A day in the database's notation.
pub(super) fn date(day: i64) -> String {
    let date = DateTime::from_timestamp(day.saturating_mul(86_400), 0).unwrap_or_default();
    date.format("%Y-%m-%d").to_string()
}

/// A time between two others, in the hours in which people are up.
pub(super) fn pick(clock: &Clock, rng: &mut ChaCha8Rng, hours: &Day, offset: At, (from, to): (At, At)) -> At {
    if from >= to {
        return from;
    }
    let midnight = midnight(clock, day(clock, rng.random_range(from..to), offset), offset);
    let hour = i64::try_from(weighted(rng, &hours.hours, |h| *h)).unwrap_or(0);
    // The first and the last day are not whole.
    (midnight + hour * HOUR + rng.random_range(0..HOUR)).clamp(from, to - 1)
}
