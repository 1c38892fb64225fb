//! Business figures over a window of time: what a pack's topics say about it as a whole, about each bucket
//! of it, and about the window before.
//!
//! A figure of the window is never made of those of its buckets: people who came on two days are one
//! person, and a median of medians is none. So each topic is asked again, for the one bucket that holds
//! everything. Arithmetic on figures is left to the server, whose numbers are exact.

mod model;
mod question;
mod run;
mod window;

pub use model::{Figures, Metric, Report, Skipped};
pub use run::{choose, run};
pub use window::{Asked, Begin, Bucket, Moment, Span, Start, Window, resolve};
