//! A bar chart, laid out in the units of its SVG picture.

use crate::text::thousands;

/// The top and the bottom of the bars.
const TOP: f64 = 10.0;
const BOTTOM: f64 = 148.0;

/// The share of a bucket's width that its bar takes.
const BAR: f64 = 0.8;

/// Largest number of dates below the bars.
const DATES: usize = 5;

/// The bars of a metric, with what stands on its axes.
pub(super) struct Chart {
    pub bars: Vec<Bar>,
    pub ticks: Vec<Label>,
    pub dates: Vec<Label>,
}

/// A rectangle.
pub(super) struct Bar {
    pub x: String,
    pub y: String,
    pub width: String,
    pub height: String,
}

/// A text of an axis, and its place on it.
pub(super) struct Label {
    pub at: String,
    pub label: String,
}

impl Chart {
    /// The size of the picture; the page scales it.
    pub const WIDTH: u32 = 560;
    pub const HEIGHT: u32 = 180;
    /// The left and the right end of the bars.
    pub const LEFT: u32 = 58;
    pub const RIGHT: u32 = 534;

    /// A bar for each bucket that has a value, with the buckets' dates; none without any value.
    pub fn of(values: &[Option<f64>], dates: &[String]) -> Option<Chart> {
        values.iter().flatten().next()?;
        let low = values.iter().flatten().copied().fold(0.0, f64::min);
        let high = values.iter().flatten().copied().fold(low, f64::max);
        // Halves, because the difference of the largest numbers is none.
        let high = if high / 2.0 > low / 2.0 { high } else { low + 1.0 };
        let height = |value: f64| BOTTOM - (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) * (BOTTOM - TOP);
        #[expect(clippy::cast_precision_loss, reason = "there are a few thousand buckets at most")]
        let (count, number) = (values.len() as f64, |bucket: usize| bucket as f64);
        let each = f64::from(Self::RIGHT - Self::LEFT) / count;
        let x = |bucket: usize, share: f64| f64::from(Self::LEFT) + (number(bucket) + share) * each;
        let bars = values.iter().enumerate().filter_map(|(bucket, value)| {
            let (from, to) = (height((*value)?.max(0.0)), height((*value)?.min(0.0)));
            Some(Bar { x: at(x(bucket, (1.0 - BAR) / 2.0)), y: at(from), width: at(each * BAR), height: at(to - from) })
        });
        let dates = dates.iter().enumerate().step_by(dates.len().div_ceil(DATES).max(1));
        Some(Chart {
            bars: bars.collect(),
            ticks: ticks(low, high).map(|tick| Label { at: at(height(tick)), label: short(tick) }).collect(),
            dates: dates.map(|(bucket, date)| Label { at: at(x(bucket, 0.5)), label: date.clone() }).collect(),
        })
    }
}

/// A coordinate.
fn at(place: f64) -> String {
    format!("{place:.2}")
}

/// Round numbers between these two, about four of them.
fn ticks(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let raw = high / 4.0 - low / 4.0;
    let magnitude = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * magnitude).into_iter().find(|step| *step >= raw).unwrap_or(raw);
    let first = (low / step).ceil();
    (0..=5).map(move |n| (first + f64::from(n)) * step + 0.0).filter(move |tick| *tick <= high)
}

/// A number on an axis, which only has to differ from its neighbours.
fn short(value: f64) -> String {
    let (value, letter) = match value.abs() {
        v if v >= 1e15 => return format!("{value:.1e}"),
        v if v >= 1e12 => (value / 1e12, "T"),
        v if v >= 1e9 => (value / 1e9, "G"),
        v if v >= 1e6 => (value / 1e6, "M"),
        v if v >= 1e4 => (value / 1e3, "k"),
        v if v > 0.0 && v < 0.01 => return format!("{value:.0e}"),
        _ => (value, ""),
    };
    let digits = format!("{value:.2}");
    format!("{}{letter}", thousands(digits.trim_end_matches('0').trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::{BOTTOM, Chart, TOP, at, ticks};

    fn drawn(values: &[Option<f64>]) -> Chart {
        let dates: Vec<String> = (1..=values.len()).map(|n| format!("2026-10-{n:02}")).collect();
        Chart::of(values, &dates).expect("a chart")
    }

    #[test]
    fn bars_stand_on_zero_and_fill_the_picture() {
        let chart = drawn(&[Some(10.0), None, Some(0.0), Some(-10.0), Some(5.0)]);
        let middle = f64::midpoint(TOP, BOTTOM);
        let seen: Vec<_> = chart.bars.iter().map(|b| (b.y.as_str(), b.height.as_str())).collect();
        let half = at(middle - TOP);
        let expected = [
            (at(TOP), half.clone()),
            (at(middle), at(0.0)),
            (at(middle), half),
            (at(f64::midpoint(TOP, middle)), at((middle - TOP) / 2.0)),
        ];
        assert_eq!(seen, expected.iter().map(|(y, h)| (y.as_str(), h.as_str())).collect::<Vec<_>>());
        let labels: Vec<_> = chart.ticks.iter().map(|t| t.label.as_str()).collect();
        assert_eq!(labels, ["-10", "-5", "0", "5", "10"]);
        assert_eq!(chart.dates.len(), 5);
        assert!(Chart::of(&[None, None], &[]).is_none());
    }

    #[test]
    fn ticks_are_round_and_few_and_dates_do_not_crowd() {
        for (low, high, expected) in [
            (0.0, 7.0, vec![0.0, 2.0, 4.0, 6.0]),
            (0.0, 1_234.0, vec![0.0, 500.0, 1_000.0]),
            (0.0, 0.04, vec![0.0, 0.01, 0.02, 0.03, 0.04]),
            (-3.0, 1.0, vec![-3.0, -2.0, -1.0, 0.0, 1.0]),
        ] {
            assert_eq!(ticks(low, high).collect::<Vec<_>>(), expected, "{low} to {high}");
        }
        let many: Vec<Option<f64>> = (0..31).map(|n| Some(f64::from(n))).collect();
        assert!(drawn(&many).dates.len() <= 5);
    }

    #[test]
    fn every_number_has_a_place_in_the_picture() {
        for values in [[f64::MAX, f64::MIN], [f64::MIN_POSITIVE, 0.0], [1e300, -5.0], [0.0, 0.0], [5e-324, 0.0]] {
            let chart = drawn(&values.map(Some));
            for bar in &chart.bars {
                for place in [&bar.x, &bar.y, &bar.width, &bar.height] {
                    let place: f64 = place.parse().expect("a number");
                    assert!((0.0..=f64::from(Chart::WIDTH)).contains(&place), "{values:?}: {place}");
                }
            }
            assert!(chart.ticks.len() <= 6, "{values:?}");
        }
    }
}
