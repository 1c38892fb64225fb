//! Business figures over a window of time: what a pack's topics say about it as a whole, about each bucket
//! of it, and about the window before.
//!
//! A figure of the window is never made of those of its buckets: people who came on two days are one
//! person, and a median of medians is none. So each topic is asked again, for the one bucket that holds
//! everything. Arithmetic on figures is left to the server, whose numbers are exact.

mod window;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{AssertSqlSafe, Row as _};

pub use window::{Asked, Begin, Bucket, Moment, Span, Start, Window, resolve};

use crate::db::{Connection, guarded, sqlstate};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::money;
use crate::packs::{Amounts, Pack, Topic};

/// What the topics say.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The window.
    pub window: Window,
    /// The topics that could be read.
    pub topics: Vec<Figures>,
    /// Those that could not, as a whole or in part.
    pub skipped: Vec<Skipped>,
}

/// What a topic says.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Its name.
    pub topic: String,
    /// For people.
    pub title: String,
    /// What there is to say before any figure, in a line, such as how a queue is doing.
    pub headline: Option<String>,
    /// Its metrics, by name and unit.
    pub metrics: Vec<Metric>,
}

/// A metric. Every number is exact, as text; what counts money is in whole units of the currency.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Metric {
    /// What it is, as the pack says; this may come from the application's data.
    pub metric: String,
    /// The unit; none where things are counted, or it has none.
    pub unit: Option<String>,
    /// The decimals of the unit, where it is a currency.
    #[serde(skip)]
    pub decimals: Option<u32>,
    /// The figure of the whole window; none where there was nothing.
    pub value: Option<String>,
    /// Whether it is compared with the window before.
    pub compared: bool,
    /// The figure of that window.
    pub previous: Option<String>,
    /// By how much it has changed, where there are both.
    pub change: Option<String>,
    /// The change in percent of the figure before, to one decimal; none where that is zero.
    pub change_percent: Option<String>,
    /// The figure of each bucket of the window, in order; none where there was nothing.
    pub series: Vec<Option<String>>,
}

/// A topic that could not be read, or not all of it.
#[derive(Debug, Clone, Serialize)]
pub struct Skipped {
    /// Its name.
    pub topic: String,
    /// The tables that it is shown without; none where it is not shown.
    pub without: Vec<String>,
    /// Why.
    pub reason: String,
    /// What to do next, where that is known.
    pub hint: Option<String>,
}

impl Skipped {
    /// What is missing, why, and what to do next, in a sentence.
    pub fn sentence(&self) -> String {
        let Skipped { topic, without, reason, hint } = self;
        let missing = match without.is_empty() {
            true => format!("{topic} was skipped: {reason}"),
            false => format!("{topic} is shown without {}: {reason}", without.join(" and ")),
        };
        hint.iter().fold(missing, |missing, hint| format!("{missing}; {hint}"))
    }
}

/// The topics of these names; all that the pack has without any, and for `overview`.
///
/// # Errors
/// Usage errors: the pack has no such topic, or none at all.
pub fn choose<'a>(pack: &'a Pack, names: &[String]) -> Result<Vec<&'a Topic>> {
    if pack.stats.is_empty() {
        return Err(Error::usage(format!("{} has no topics of figures", pack.name))
            .hint("a topic is a query in the pack's stats folder; see docs/packs.md"));
    }
    let all = names.is_empty() || names.iter().any(|name| name == "overview");
    for name in names.iter().filter(|name| *name != "overview") {
        if !pack.stats.iter().any(|topic| topic.name == *name) {
            let known: Vec<&str> = pack.stats.iter().map(|topic| topic.name.as_str()).collect();
            return Err(Error::usage(format!("{} has no topic '{name}'", pack.name))
                .hint(format!("its topics are overview, {}", known.join(", "))));
        }
    }
    Ok(pack.stats.iter().filter(|topic| all || names.contains(&topic.name)).collect())
}

/// Asks the topics, in one snapshot. One that cannot be read is skipped, and said; so is what bursar keeps itself, where
/// this role may read the application's tables alone.
///
/// # Errors
/// Where the connection is lost, a topic's query does not do what it has to, or none could be read.
pub async fn run(connection: &mut Connection, pack: &Pack, topics: &[&Topic], window: Window) -> Result<Report> {
    pack.enter(connection).await?;
    let (mut read, mut skipped, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    for topic in topics {
        let figures = guarded(connection, async |connection| figures(connection, pack, topic, &window).await).await?;
        let topic = topic.name.clone();
        match figures {
            Ok((figures, without)) => {
                read.push(figures);
                if !without.is_empty() {
                    let (reason, hint) =
                        ("this role has no right to read that".to_owned(), Some(grant(connection).await?));
                    skipped.push(Skipped { topic, without, reason, hint });
                }
            }
            Err(mut error) if matches!(error.kind, Kind::Refused | Kind::Failed) => {
                if error.sqlstate.as_deref() == Some(sqlstate::INSUFFICIENT_PRIVILEGE) {
                    error.hint = crate::packs::hint(connection, &pack.schema, &pack.tables).await?.or(error.hint);
                }
                let (reason, hint) = (error.message(), error.hint.clone());
                unread.push(error.context(format!("cannot read {topic}")));
                skipped.push(Skipped { topic, without: Vec::new(), reason, hint });
            }
            Err(error) => return Err(error),
        }
    }
    if read.is_empty() && !unread.is_empty() {
        return Err(together(unread));
    }
    Ok(Report { window, topics: read, skipped })
}

/// What lets this role read what bursar keeps, as a statement.
async fn grant(connection: &mut Connection) -> Result<String> {
    let role: String = sqlx::query_scalar("SELECT quote_ident(current_user)").fetch_one(connection).await?;
    Ok(format!("GRANT bursar_auditor TO {role}"))
}

/// Several errors as one, of the kind of the first.
fn together(mut errors: Vec<Error>) -> Error {
    let first = errors.remove(0);
    if errors.is_empty() {
        return first;
    }
    let messages: Vec<String> = std::iter::once(&first).chain(&errors).map(Error::message).collect();
    let mut all = Error::new(first.kind, messages.join("; "));
    (all.hint, all.sqlstate) = (first.hint, first.sqlstate);
    all
}

/// A metric and its unit.
type Name = (String, Option<String>);

/// What a topic says, and the tables that it says this without.
async fn figures(
    connection: &mut Connection,
    pack: &Pack,
    topic: &Topic,
    window: &Window,
) -> Result<(Figures, Vec<String>)> {
    let (sql, without) = topic.sql.filled_as_readable(connection).await?;
    let asked = Question { pack, topic, sql, zone: &window.zone };
    let mut metrics: BTreeMap<Name, Metric> = BTreeMap::new();
    let new = || Metric { series: vec![None; window.buckets.len()], ..Metric::default() };
    let comparable = |metric: &String| window.previous.is_some() && !topic.incomparable.contains(metric);
    for (_, name, value) in asked.rows(connection, &window.span, window::WHOLE).await? {
        put(&mut metrics.entry(name).or_insert_with(new).value, value, topic)?;
    }
    if let Some(previous) = &window.previous {
        let rows = asked.rows(connection, previous, window::WHOLE).await?;
        for (_, name, value) in rows.into_iter().filter(|(_, (metric, _), _)| comparable(metric)) {
            put(&mut metrics.entry(name).or_insert_with(new).previous, value, topic)?;
        }
    }
    for (at, name, value) in asked.rows(connection, &window.span, window.by.name()).await? {
        let bucket = window.buckets.binary_search_by(|start| start.truncated.cmp(&at)).map_err(|_| {
            Error::usage(format!("{}: {} begins no {} of the window", topic.sql.file, at, window.by.name()))
                .hint("truncate the time as date_trunc($3, …, $4) does")
        })?;
        put(&mut metrics.entry(name).or_insert_with(new).series[bucket], value, topic)?;
    }
    // Counting nothing is an answer, where an average of nothing is none.
    for name in &topic.counts {
        let Metric { value, previous, series, .. } = metrics.entry(name.clone()).or_insert_with(new);
        let previous = comparable(&name.0).then_some(previous);
        for figure in series.iter_mut().chain([value]).chain(previous) {
            figure.get_or_insert_with(|| "0".to_owned());
        }
    }
    let named = |((metric, unit), figures): (Name, Metric)| {
        let decimals = asked.decimals(unit.as_deref());
        Metric { compared: comparable(&metric), metric, unit, decimals, ..figures }
    };
    let mut metrics: Vec<Metric> = metrics.into_iter().map(named).collect();
    compare(connection, &mut metrics).await?;
    Ok((Figures { topic: topic.name.clone(), title: topic.title.clone(), headline: None, metrics }, without))
}

/// Keeps a figure; there is one of each.
fn put(place: &mut Option<String>, value: String, topic: &Topic) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::usage(format!("{}: two rows for one metric, unit and bucket", topic.sql.file))
            .hint("group by the bucket, the metric and the unit")),
    }
}

/// A topic that is about to be asked.
struct Question<'a> {
    pack: &'a Pack,
    topic: &'a Topic,
    sql: String,
    zone: &'a str,
}

impl Question<'_> {
    async fn rows(
        &self,
        connection: &mut Connection,
        span: &Span,
        bucket: &str,
    ) -> Result<Vec<(DateTime<Utc>, Name, String)>> {
        let sql = format!(
            "SELECT s.at, s.metric::text, s.unit::text, s.value::text FROM ({}\n) AS s
              WHERE s.metric IS NOT NULL AND s.value IS NOT NULL",
            self.sql
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(span.from)
            .bind(span.to)
            .bind(bucket)
            .bind(self.zone)
            .fetch_all(connection)
            .await
            .context(&self.topic.sql.file)?;
        rows.iter()
            .map(|row| {
                let unit: Option<String> = row.try_get(2)?;
                let value = self.whole(row.try_get(3)?, unit.as_deref());
                let at = row.try_get(0).map_err(|error| {
                    Error::usage(format!("{}: the column 'at' is no timestamptz: {error}", self.topic.sql.file))
                })?;
                Ok((at, (row.try_get(1)?, unit), value))
            })
            .collect()
    }

    /// The decimals of a unit that is a currency and not one of the pack's own, where the pack has payments.
    fn decimals(&self, unit: Option<&str>) -> Option<u32> {
        let own = |unit: &&str| self.pack.units.iter().any(|own| own.name == **unit);
        unit.filter(|unit| self.pack.payments.is_some() && !own(unit)).and_then(money::digits)
    }

    /// The value in whole units, where the pack keeps money in minor ones.
    fn whole(&self, value: String, unit: Option<&str>) -> String {
        let minor = self.pack.payments.as_ref().is_some_and(|payments| payments.amounts == Amounts::Minor);
        match self.decimals(unit) {
            Some(digits) if minor => money::shifted(&value, digits),
            _ => value,
        }
    }
}

/// Fills in the changes.
async fn compare(connection: &mut Connection, metrics: &mut [Metric]) -> Result<()> {
    let both: Vec<(&mut Metric, String, String)> = metrics
        .iter_mut()
        .filter_map(|metric| {
            let (value, previous) = metric.value.clone().zip(metric.previous.clone())?;
            Some((metric, value, previous))
        })
        .collect();
    let (now, before): (Vec<&str>, Vec<&str>) = both.iter().map(|(_, n, b)| (n.as_str(), b.as_str())).unzip();
    let rows = sqlx::query(
        "SELECT (n::numeric - b::numeric)::text,
                nullif(round(100 * (n::numeric - b::numeric) / nullif(abs(b::numeric), 0), 1), 'NaN')::text
           FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS v (n, b, position)
          ORDER BY position",
    )
    .bind(now)
    .bind(before)
    .fetch_all(connection)
    .await?;
    for ((metric, ..), row) in both.into_iter().zip(&rows) {
        metric.change = row.try_get(0)?;
        metric.change_percent = row.try_get(1)?;
    }
    Ok(())
}
