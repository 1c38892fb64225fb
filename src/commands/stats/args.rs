//! The arguments of `bursar stats`.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, NaiveDate};
use clap::{Args, ValueEnum};

use crate::commands::values::duration;
use crate::commands::{complete, uses};
use crate::output::{Format, FormatSet, Output};
use crate::stats::{Begin, Bucket, Moment};

/// Show business figures over a window of time, with trends and changes
///
/// The pack has topics, such as users, payments and jobs. Each metric has a trend, and its change against the window
/// before. The command only reads.
#[derive(Debug, Args)]
#[command(groups = uses::reads(), after_help = "Examples:\n  bursar stats\n  bursar stats payments users --since 12w --by week\n  bursar stats payments --from 2026-10-01 --to 2026-11-01 --tz Asia/Bangkok\n  bursar stats -o csv > stats.csv\n  bursar stats --since 24h --compare none --prometheus bursar.prom > /dev/null\n  bursar stats --html report.html --quiet"
)]
pub struct Stats {
    /// Topics of the pack, such as users. overview means all of them [default: overview]
    #[arg(value_name = "TOPIC", add = complete::stats_topic())]
    pub topics: Vec<String>,
    /// Begin at this date, RFC 3339 time or age before the end, such as 30d, 12w, 6months or 24h. Days and longer units follow the calendar
    #[arg(long, value_name = "DURATION|DATE", value_parser = since, default_value = "30d")]
    pub since: Begin,
    /// Begin at this date or RFC 3339 time
    #[arg(long, value_name = "DATE", value_parser = moment, conflicts_with = "since")]
    pub from: Option<Moment>,
    /// End before this date or RFC 3339 time [default: now]
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub to: Option<Moment>,
    /// Length of a bucket
    #[arg(long, value_name = "BUCKET", value_enum, default_value_t)]
    pub by: StatsBucket,
    /// Time zone of dates, days, weeks and months
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub tz: String,
    /// Window to compare with
    #[arg(long, value_name = "WITH", value_enum, default_value_t)]
    pub compare: StatsCompare,
    /// Only the figures of this tenant. A topic whose query does not ask for the tenant is skipped
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Maximum number of metrics of a topic in tables and pages. 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Also write an HTML page with charts to this file. The page needs no other file
    #[arg(long, value_name = "FILE")]
    #[cfg(feature = "charts")]
    pub html: Option<PathBuf>,
    /// Also write the figures to this file for node_exporter's textfile collector, replacing it atomically
    #[arg(long, value_name = "FILE")]
    pub prometheus: Option<PathBuf>,
    /// The format.
    #[command(flatten)]
    pub output: Output<FiguresFormats>,
}

/// The formats of figures.
#[derive(Debug, Clone, Copy)]
pub struct FiguresFormats;

impl FormatSet for FiguresFormats {
    const FORMATS: &'static [Format] =
        &[Format::Table, Format::Json, Format::Ndjson, Format::Csv, Format::Markdown, Format::Prometheus];
}

/// The length of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum StatsBucket {
    /// A day
    #[default]
    Day,
    /// A week, from Monday
    Week,
    /// A month
    Month,
}

impl From<StatsBucket> for Bucket {
    fn from(bucket: StatsBucket) -> Self {
        match bucket {
            StatsBucket::Day => Bucket::Day,
            StatsBucket::Week => Bucket::Week,
            StatsBucket::Month => Bucket::Month,
        }
    }
}

/// The window to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum StatsCompare {
    /// The window of the same length right before
    #[default]
    Previous,
    /// Nothing
    None,
}

/// No window is longer, so that nothing overflows: 1,000 years.
const MOST_DAYS: u32 = 365_250;

/// A date, meaning its first instant in the time zone, or an RFC 3339 time.
fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(Moment::Day(day));
    }
    DateTime::parse_from_rfc3339(text)
        .map(|at| Moment::At(at.to_utc()))
        .map_err(|_| "write it as 2026-01-31 or 2026-01-31T12:00:00Z".to_owned())
}

/// A number of days, weeks, months or years of the calendar, a duration by the clock, or a moment.
fn since(text: &str) -> Result<Begin, String> {
    let letters = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(letters);
    let (each, unit): (u32, fn(u32) -> Begin) = match unit {
        "d" | "day" | "days" => (1, Begin::Days),
        "w" | "week" | "weeks" => (7, Begin::Days),
        "M" | "month" | "months" => (1, Begin::Months),
        "y" | "year" | "years" => (12, Begin::Months),
        _ => {
            return duration(text)
                .map(Begin::Elapsed)
                .or_else(|_| moment(text).map(Begin::Moment))
                .map_err(|_| "write it as 30d, 12w, 6months, 24h or 2026-01-31".to_owned())
                .and_then(|begin| match begin {
                    Begin::Elapsed(long) if long > Duration::from_secs(86_400 * u64::from(MOST_DAYS)) => {
                        Err(too_long())
                    }
                    begin => Ok(begin),
                });
        }
    };
    match number.parse::<u32>().ok().and_then(|number| number.checked_mul(each)) {
        Some(0) => Err("it has to be more than nothing".to_owned()),
        Some(long) if long <= MOST_DAYS => Ok(unit(long)),
        _ => Err(too_long()),
    }
}

fn too_long() -> String {
    "it is more than 1,000 years".to_owned()
}
