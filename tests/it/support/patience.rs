//! The one place that waits. A wait ends when it is over, and is given up when nothing moves any more: a busy machine
//! is slow in everything, so a wait that counts seconds would fail there without a cause.

use std::time::{Duration, Instant};

/// So many looks in a row without a change are enough. Each takes the longer, the busier the machine is.
const LOOKS: u32 = 3_000;

/// No wait is longer, whatever moves.
const LONGEST: Duration = Duration::from_secs(900);

/// How a wait goes on.
#[derive(Debug)]
pub struct Patience {
    pause: Duration,
    began: Instant,
    moved: Instant,
    looks: u32,
    seen: u64,
}

impl Patience {
    /// A wait that looks every so often.
    pub fn new(pause: Duration) -> Self {
        Patience { pause, began: Instant::now(), moved: Instant::now(), looks: 0, seen: 0 }
    }

    /// Pauses until the next look. `progress` is any number that changes while things move.
    ///
    /// # Panics
    /// Where nothing has moved for long.
    #[track_caller]
    pub fn waits(&mut self, what: &str, progress: impl FnOnce() -> u64) {
        self.waits_or(progress, || format!("{what} did not come"));
    }

    /// The same, and how to say it when it is given up.
    ///
    /// # Panics
    /// Where nothing has moved for long.
    #[track_caller]
    pub fn waits_or(&mut self, progress: impl FnOnce() -> u64, missing: impl Fn() -> String) {
        let seen = progress();
        if seen != self.seen {
            (self.seen, self.looks, self.moved) = (seen, 0, Instant::now());
        }
        self.looks += 1;
        // A look may be quick, and a machine may sleep: neither alone says that nothing moves.
        let still = self.looks > LOOKS && self.moved.elapsed() > Duration::from_secs(60);
        assert!(!still, "{}; nothing has moved for {:?}", missing(), self.moved.elapsed());
        assert!(self.began.elapsed() < LONGEST, "{}; that is enough after {LONGEST:?}", missing());
        std::thread::sleep(self.pause);
    }
}

/// Waits until something is so.
///
/// # Panics
/// Where it does not become so.
#[track_caller]
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let mut patience = Patience::new(Duration::from_millis(10));
    while !so() {
        patience.waits(what, || 0);
    }
}

/// Waits until something is so that is asked for asynchronously.
///
/// # Panics
/// Where it does not become so.
pub async fn until_so(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let mut patience = Patience::new(Duration::ZERO);
    while !so().await {
        patience.waits(what, || 0);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
