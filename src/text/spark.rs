//! A trend in one line of text.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The values as bars from zero up, or from the lowest value where there is one below zero; `·` where there
/// is none. In fewer columns than there are values, each column stands for the highest of several.
pub fn sparkline(values: &[Option<f64>], columns: usize) -> String {
    let each = values.len().div_ceil(columns.max(1)).max(1);
    let finite = |value: &Option<f64>| value.filter(|v| v.is_finite());
    let bars: Vec<Option<f64>> = values.chunks(each).map(|c| c.iter().filter_map(finite).reduce(f64::max)).collect();
    let low = bars.iter().flatten().copied().fold(0.0, f64::min);
    let high = bars.iter().flatten().copied().fold(0.0, f64::max);
    bars.iter()
        .map(|bar| match bar {
            None => '·',
            Some(_) if high <= low => BARS[0],
            // The lowest bar is zero alone, so that a little is more than nothing.
            Some(value) => {
                let share = (value - low) / (high - low);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 0 and 7")]
                BARS[(share * 7.0).ceil().clamp(0.0, 7.0) as usize]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn a_trend_keeps_its_shape_and_its_gaps() {
        let some = |values: &[f64]| values.iter().map(|v| Some(*v)).collect::<Vec<_>>();
        for (values, columns, expected) in [
            (some(&[0.0, 1.0, 3.5, 7.0]), 10, "▁▂▅█"),
            (some(&[0.0, 0.001, 1000.0]), 10, "▁▂█"),
            (some(&[0.0, 0.0]), 10, "▁▁"),
            (some(&[5.0]), 10, "█"),
            (some(&[-4.0, 0.0, 4.0]), 10, "▁▅█"),
            (vec![None, Some(2.0), None, Some(f64::NAN)], 10, "·█··"),
            (vec![None, Some(2.0), None, None, Some(1.0)], 3, "█·▅"),
            (some(&[1.0, 2.0, 3.0, 4.0]), 0, "█"),
            (vec![], 5, ""),
        ] {
            assert_eq!(sparkline(&values, columns), expected, "{values:?}");
        }
    }
}
