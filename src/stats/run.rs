//! Asking topics, and putting their figures together.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sqlx::Row as _;

use super::model::{Figures, Metric, Report, Skipped};
use super::question::{Figure, Name, Question};
use super::window::{WHOLE, Window};
use crate::db::{Connection, guarded, sqlstate};
use crate::error::{Error, Kind, Result};
use crate::packs::{Pack, Topic};

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
/// this role may read the application's tables alone, and a topic that knows no tenant where the figures of one are asked for.
///
/// # Errors
/// If the connection is lost, a topic's query does not do what it has to, or none could be read.
pub async fn run(
    connection: &mut Connection,
    pack: &Pack,
    topics: &[&Topic],
    window: Window,
    tenant: Option<&str>,
) -> Result<Report> {
    pack.enter(connection).await?;
    if let Some(tenant) = tenant {
        pack.require_tenant(connection, tenant).await?;
    }
    let (mut read, mut skipped, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    for topic in topics {
        let asked = match tenant {
            Some(tenant) => topic.of_tenant(tenant).map(Cow::Owned),
            None => Ok(Cow::Borrowed(*topic)),
        };
        let topic = topic.name.clone();
        let asked = match asked {
            Ok(asked) => asked,
            Err(error) => {
                let (reason, hint) = (error.message(), error.hint.clone());
                unread.push(error);
                skipped.push(Skipped { topic, without: Vec::new(), reason, hint });
                continue;
            }
        };
        let figures = guarded(connection, async |connection| figures(connection, pack, &asked, &window).await).await?;
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
    Ok(Report { window, tenant: tenant.map(str::to_owned), topics: read, skipped })
}

/// The statement that lets this role read bursar's own tables.
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

/// The figures of a topic, and the tables that they are without.
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
    for Figure { name, value, .. } in asked.rows(connection, &window.span, WHOLE).await? {
        put(&mut metrics.entry(name).or_insert_with(new).value, value, topic)?;
    }
    if let Some(previous) = &window.previous {
        let rows = asked.rows(connection, previous, WHOLE).await?;
        for Figure { name, value, .. } in rows.into_iter().filter(|figure| comparable(&figure.name.0)) {
            put(&mut metrics.entry(name).or_insert_with(new).previous, value, topic)?;
        }
    }
    for Figure { at, name, value } in asked.rows(connection, &window.span, window.by.name()).await? {
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
