//! The stretch of time that is asked about. The server does the arithmetic: it knows the time zones.

use std::time::Duration;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use crate::db::Connection;
use crate::error::{Error, Result};

/// The bucket that holds any window: a topic asked for it answers about the window as a whole.
pub(super) const WHOLE: &str = "millennium";

/// More buckets than this are more than anyone reads.
const MOST_BUCKETS: usize = 4_000;

/// The length of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bucket {
    /// A day of the time zone.
    Day,
    /// A week, from Monday.
    Week,
    /// A month.
    Month,
}

impl Bucket {
    /// The name, as the server has it.
    pub const fn name(self) -> &'static str {
        match self {
            Bucket::Day => "day",
            Bucket::Week => "week",
            Bucket::Month => "month",
        }
    }
}

/// A point in time, as somebody names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The first instant of a day of the time zone.
    Day(NaiveDate),
    /// An instant.
    At(DateTime<Utc>),
}

/// The beginning of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// At this moment.
    Moment(Moment),
    /// Number of days before its end, by the calendar of the time zone: at the same time of the day.
    Days(u32),
    /// Number of months before its end, by that calendar.
    Months(u32),
    /// So long before its end, by the clock.
    Elapsed(Duration),
}

/// The window that is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The beginning of the window.
    pub begin: Begin,
    /// The end of the window, which is no part of it; now if it is not given.
    pub end: Option<Moment>,
    /// The time zone of days, weeks and months, by its name in the IANA database.
    pub zone: String,
    /// The length of a bucket.
    pub bucket: Bucket,
    /// True if the window before is looked at too.
    pub compare: bool,
}

/// A stretch of time: from its first instant up to its end, which is no part of it.
#[derive(Debug, Clone, Serialize)]
pub struct Span {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The end.
    pub to: DateTime<Utc>,
    /// The two by the wall clocks of the time zone, for people.
    #[serde(skip)]
    pub local: (String, String),
}

/// The beginning of a bucket.
#[derive(Debug, Clone, Serialize)]
pub struct Start {
    /// The instant. The first bucket may begin before the window; only what lies in both is counted.
    pub at: DateTime<Utc>,
    /// The date in the time zone.
    pub date: String,
    /// The instant as `date_trunc` has it, and so a topic: the second midnight of a day that has two.
    #[serde(skip)]
    pub truncated: DateTime<Utc>,
}

/// A window that was looked up.
#[derive(Debug, Clone, Serialize)]
pub struct Window {
    /// The window.
    #[serde(flatten)]
    pub span: Span,
    /// The time zone, as its database spells it.
    pub zone: String,
    /// The length of a bucket.
    pub by: Bucket,
    /// The window of the same length right before, where it is compared with. By the calendar, where the
    /// window begins at a day or so many days ago.
    pub previous: Option<Span>,
    /// The buckets, in order.
    #[serde(skip)]
    pub buckets: Vec<Start>,
}

/// Looks up what is asked for.
///
/// # Errors
/// Usage errors: an unknown zone, a window that holds nothing or does not lie between the years 2001 and
/// 3000, too many buckets. As the server says.
pub async fn resolve(connection: &mut Connection, asked: &Asked) -> Result<Window> {
    let year = |moment: Moment| match moment {
        Moment::Day(day) => day.year(),
        Moment::At(at) => at.year(),
    };
    let begin = match asked.begin {
        Begin::Moment(moment) => Some(moment),
        _ => None,
    };
    // What the server could not hold is not put to it.
    if [begin, asked.end].into_iter().flatten().any(|m| !(2000..=3001).contains(&year(m))) {
        return Err(outside());
    }
    let zone = zone(connection, &asked.zone).await?;
    let day = |moment: Option<Moment>| match moment {
        Some(Moment::Day(day)) => Some(day),
        _ => None,
    };
    let at = |moment: Option<Moment>| match moment {
        Some(Moment::At(at)) => Some(at),
        _ => None,
    };
    let (days, months, elapsed) = match asked.begin {
        Begin::Moment(_) => (0, 0, None),
        Begin::Days(days) => (days, 0, None),
        Begin::Months(months) => (0, months, None),
        Begin::Elapsed(elapsed) => (0, 0, Some(elapsed.as_secs_f64())),
    };
    let sql = format!(
        "WITH ending AS (
             SELECT coalesce({end}, $3, now()) AS till
         ), spanning AS (
             SELECT coalesce({begin}, $5, till - make_interval(secs => $6), {ago}) AS since, till
               FROM ending
         ), local AS (
             SELECT since, till, since AT TIME ZONE $1 AS since_local, till AT TIME ZONE $1 AS till_local FROM spanning
         ), spans AS (
             SELECT *, CASE WHEN $5 IS NULL AND $6 IS NULL THEN {before}
                            ELSE since - make_interval(secs => extract(epoch FROM till - since)::double precision)
                       END AS before
               FROM local
         )
         SELECT since, till, before, to_char(since_local, f), to_char(till_local, f), to_char(before AT TIME ZONE $1, f),
                since_local >= '2001-01-01' AND till_local <= '3001-01-01', before AT TIME ZONE $1 >= '2001-01-01'
           FROM spans, (VALUES ('YYYY-MM-DD HH24:MI')) AS form (f)",
        end = first("$2::date::timestamp", "$1"),
        begin = first("$4::date::timestamp", "$1"),
        ago = first("(till AT TIME ZONE $1 - make_interval(months => $7, days => $8))", "$1"),
        before = first("(since_local - (till_local - since_local))", "$1"),
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(&zone)
        .bind(day(asked.end))
        .bind(at(asked.end))
        .bind(day(begin))
        .bind(at(begin))
        .bind(elapsed)
        .bind(i32::try_from(months).unwrap_or(i32::MAX))
        .bind(i32::try_from(days).unwrap_or(i32::MAX))
        .fetch_one(&mut *connection)
        .await?;
    let (from, to): (DateTime<Utc>, DateTime<Utc>) = (row.try_get(0)?, row.try_get(1)?);
    let (from_local, to_local): (String, String) = (row.try_get(3)?, row.try_get(4)?);
    if from >= to {
        return Err(Error::usage(format!(
            "the window from {from_local} until {to_local} ({zone}) is empty: it must begin before it ends"
        )));
    }
    if !row.try_get::<bool, _>(6)? {
        return Err(outside());
    }
    let previous = match asked.compare && row.try_get::<bool, _>(7)? {
        true => Some(Span { from: row.try_get(2)?, to: from, local: (row.try_get(5)?, from_local.clone()) }),
        false => None,
    };
    let span = Span { from, to, local: (from_local, to_local) };
    let buckets = buckets(connection, &span, &zone, asked.bucket).await?;
    if buckets.len() > MOST_BUCKETS {
        return Err(Error::usage(format!(
            "the window has {} {}s, too many to show",
            buckets.len(),
            asked.bucket.name()
        ))
        .hint("take a shorter one, or longer buckets: --by month"));
    }
    Ok(Window { span, zone, by: asked.bucket, previous, buckets })
}

/// The instant at which the clocks of a zone come to a time of theirs, as SQL. Where they are put back to it, so that a
/// day has two midnights, the server means the second one, and this the first.
fn first(local: &str, zone: &str) -> String {
    let second = format!("({local} AT TIME ZONE {zone})");
    // What the clocks would have come to right then had they not been put back, and so by how much they were.
    let tick = "interval '1 microsecond'";
    format!("({second} - greatest(({second} - {tick}) AT TIME ZONE {zone} + {tick} - {local}, interval '0'))")
}

fn outside() -> Error {
    Error::usage("a window lies between the years 2001 and 3000").hint("begin it at --from 2001-01-01 or later")
}

/// The zone as the server's database spells it. What the server would also take, such as an abbreviation
/// or any word with a number, would be silently something else than was meant.
async fn zone(connection: &mut Connection, name: &str) -> Result<String> {
    if name.eq_ignore_ascii_case("utc") {
        return Ok("UTC".to_owned());
    }
    let way = "name it as Asia/Bangkok, Europe/Berlin or UTC; pg_timezone_names lists them all";
    if ["localtime", "posixrules", "factory"].iter().any(|other| name.eq_ignore_ascii_case(other)) {
        return Err(Error::usage(format!("'{name}' depends on the settings of the server's machine")).hint(way));
    }
    let known: Option<String> =
        sqlx::query_scalar("SELECT name FROM pg_timezone_names WHERE lower(name) = lower($1) ORDER BY 1 LIMIT 1")
            .bind(name)
            .fetch_optional(connection)
            .await?;
    known.ok_or_else(|| Error::usage(format!("the server knows no time zone '{name}'")).hint(way))
}

async fn buckets(connection: &mut Connection, span: &Span, zone: &str, by: Bucket) -> Result<Vec<Start>> {
    // The last one is that of the last instant of the window.
    let sql = format!(
        "SELECT {first}, to_char(b, 'YYYY-MM-DD'), b AT TIME ZONE $3
           FROM generate_series(date_trunc($4, $1 AT TIME ZONE $3),
                                date_trunc($4, ($2 - interval '1 microsecond') AT TIME ZONE $3),
                                ('1 ' || $4)::interval) AS b
          ORDER BY 1",
        first = first("b", "$3")
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(span.from)
        .bind(span.to)
        .bind(zone)
        .bind(by.name())
        .fetch_all(connection)
        .await?;
    let start = |row: &PgRow| Ok(Start { at: row.try_get(0)?, date: row.try_get(1)?, truncated: row.try_get(2)? });
    rows.iter().map(start).collect()
}
