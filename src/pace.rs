//! A rate that several tasks keep together.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// Keeps a rate. Time in which nothing was begun is not made up for later.
#[derive(Debug)]
pub(crate) struct Pace {
    /// So many a second; none for as fast as it goes.
    rate: Option<f64>,
    /// The time from which on the next may begin.
    next: Mutex<Instant>,
}

impl Pace {
    /// A pace of so many a second, or of none.
    pub fn new(rate: Option<f64>) -> Self {
        Pace { rate, next: Mutex::new(Instant::now()) }
    }

    /// The most that begin at once: those of a second.
    pub fn most(&self) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive rate, rounded down")]
        self.rate.map_or(usize::MAX, |rate| (rate as usize).max(1))
    }

    /// Waits until so many more are within the rate. Tasks that wait at the same time get their turns one after the
    /// other.
    pub async fn wait(&self, count: usize) {
        let Some(rate) = self.rate else { return };
        let mut next = self.next.lock().await;
        tokio::time::sleep_until(*next).await;
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
        let takes = Duration::from_secs_f64(count as f64 / rate);
        *next = Instant::now() + takes;
    }
}
