//! The pauses between attempts at what others keep from succeeding.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

/// The pauses before each of `retries` further attempts: `first`, then twice as long each time up to `longest`, and each
/// lengthened at random by up to its own length, so that those who were turned away together do not come back together.
pub fn pauses(first: Duration, longest: Duration, retries: u32) -> impl Iterator<Item = Duration> + use<> {
    let policy = ExponentialBuilder::default().with_min_delay(first).with_max_delay(longest).with_jitter();
    policy.with_max_times(usize::try_from(retries).unwrap_or(usize::MAX)).build()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::pauses;

    #[test]
    fn each_pause_is_about_twice_as_long_as_the_one_before_up_to_the_longest() {
        let (first, longest) = (Duration::from_millis(100), Duration::from_millis(400));
        for _ in 0..50 {
            let pauses: Vec<u128> = pauses(first, longest, 4).map(|pause| pause.as_millis()).collect();
            assert_eq!(pauses.len(), 4);
            for (pause, least) in pauses.iter().zip([100, 200, 400, 400]) {
                assert!((least..=2 * least).contains(pause), "{pauses:?}");
            }
        }
        assert_eq!(pauses(first, longest, 0).count(), 0);
    }
}
