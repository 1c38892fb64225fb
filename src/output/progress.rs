//! Progress: a bar with rate and remaining time on a terminal, a plain line every ten seconds
//! otherwise.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::ui::{Ui, stderr_line};
use crate::text::{thousands, width};

const PLAIN_INTERVAL: Duration = Duration::from_secs(10);

/// A running progress display; dropping it takes the bar away.
pub struct Progress {
    bar: ProgressBar,
    what: String,
    plain: bool,
    last_line: Instant,
}

impl Ui {
    /// Starts a progress display. `total` is in the units that are counted; `None` where unknown.
    pub fn progress(&self, what: &str, total: Option<u64>) -> Progress {
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        };
        if self.animate {
            let template = template(what, total, usize::from(console::Term::stderr().size().1));
            // The templates are constants of this function, so a template error cannot happen;
            // the default style would serve as well.
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                // The bar's own buffer takes everything.
                let _ = out.write_str(&rate(state.per_sec()));
            });
            bar.set_style(style.progress_chars("█▌ "));
            bar.set_message(what.to_owned());
            if total.is_none() {
                bar.enable_steady_tick(Duration::from_millis(100));
            }
        } else {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Progress { bar, what: what.to_owned(), plain: !self.animate && !self.quiet, last_line: Instant::now() }
    }
}

impl Progress {
    /// Sets the number of units that are done.
    pub fn set(&mut self, position: u64) {
        self.bar.set_position(position);
        if self.plain && self.last_line.elapsed() >= PLAIN_INTERVAL {
            self.last_line = Instant::now();
            let total = self.bar.length().map(|l| format!(" of {}", thousands(l))).unwrap_or_default();
            stderr_line(&format!("{}: {}{total}", self.what, thousands(position)));
        }
    }

    /// Sets the total, once it is known.
    pub fn length(&mut self, total: u64) {
        self.bar.set_length(total);
    }

    /// Sets the name of the work.
    pub fn message(&mut self, what: &str) {
        self.bar.set_message(what.to_owned());
        what.clone_into(&mut self.what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The template that fits into a line of so many columns.
fn template(what: &str, total: Option<u64>, columns: usize) -> &'static str {
    let Some(total) = total else { return "{spinner} {wide_msg}" };
    let least = width(what) + 2 * thousands(total).len() + " [] /".len();
    // The rate and the time that is left take 30 columns at most.
    match columns {
        _ if least + 24 + 30 <= columns => "{msg} [{bar:24}] {human_pos}/{human_len} · {rate} · {eta} left",
        _ if least + 8 <= columns => "{msg} [{bar:8}] {human_pos}/{human_len}",
        _ => "{wide_msg} {human_pos}/{human_len}",
    }
}

/// A rate for people, with at most one decimal.
fn rate(per_second: f64) -> String {
    let decimals = usize::from(per_second < 10.0);
    format!("{}/s", thousands(format!("{per_second:.decimals$}")))
}

#[cfg(test)]
mod tests {
    use super::{rate, template};

    #[test]
    fn the_bar_fits_into_the_line() {
        assert!(template("users", Some(1_000), 80).contains("left"));
        assert!(template("users", Some(1_000), 40).contains("{bar:8}"));
        assert!(!template("objects of the gateway", Some(1_000_000), 40).contains("bar"));
    }

    #[test]
    fn a_rate_has_one_decimal_at_most() {
        for (rate_of, expected) in
            [(0.0, "0.0/s"), (3.483, "3.5/s"), (69.8874, "70/s"), (12_345.6, "12,346/s"), (f64::INFINITY, "inf/s")]
        {
            assert_eq!(rate(rate_of), expected);
        }
    }
}
