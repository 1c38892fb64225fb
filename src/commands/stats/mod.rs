//! `bursar stats`: business figures over a window of time.

pub mod args;
#[cfg(feature = "charts")]
mod chart;
mod figures;
#[cfg(feature = "charts")]
mod html;
mod prometheus;
mod show;
mod table;

pub use args::Stats;
#[cfg(feature = "seed")]
pub(super) use show::month;
pub(super) use show::run;
