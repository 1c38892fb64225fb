//! The figures that every format shows, and their text.

use crate::money;
use crate::stats::{Figures, Metric, Report, Span};
use crate::text::thousands;

/// Every metric with its topic.
pub(super) fn metrics(report: &Report) -> impl Iterator<Item = (&Figures, &Metric)> {
    report.topics.iter().flat_map(|topic| topic.metrics.iter().map(move |metric| (topic, metric)))
}

/// A window for people: dates alone where it begins and ends with a day.
pub(super) fn spanning(span: &Span) -> String {
    let (from, to) = (&span.local.0, &span.local.1);
    match (from.strip_suffix(" 00:00"), to.strip_suffix(" 00:00")) {
        (Some(from), Some(to)) => format!("{from} until {to}"),
        _ => format!("{from} until {to}"),
    }
}

/// The line that says what the figures are of: the window, the length of a bucket, the time zone and the tenant.
pub(super) fn about(report: &Report) -> String {
    let Report { window, tenant, .. } = report;
    let only = tenant.as_ref().map(|tenant| format!(", only tenant {tenant}")).unwrap_or_default();
    format!("{}, by {}, {}{only}", spanning(&window.span), window.by.name(), window.zone)
}

/// A figure of the metric for people, with the decimals of its currency where it is an amount of one.
pub(super) fn figure(metric: &Metric, number: &str) -> String {
    thousands(metric.decimals.map_or_else(|| number.to_owned(), |digits| money::fitted(number, digits)))
}

/// A change, with an arrow or a sign, because a colour alone does not tell it to everybody.
pub(super) fn change(metric: &Metric) -> String {
    match (&metric.value, &metric.previous, &metric.change) {
        _ if !metric.compared => String::new(),
        (Some(_), Some(_), Some(change)) if change.bytes().all(|b| matches!(b, b'0' | b'.')) => "= same".to_owned(),
        // What is no number, or endless, has no direction.
        (Some(_), Some(_), Some(change)) if change.contains(char::is_alphabetic) => format!("? {change}"),
        (Some(_), Some(_), Some(change)) => {
            let (arrow, sign) = match change.starts_with('-') {
                true => ("▼", ""),
                false => ("▲", "+"),
            };
            let percent = match &metric.change_percent {
                Some(percent) => format!("{sign}{} %", thousands(percent)),
                None => "was 0".to_owned(),
            };
            format!("{arrow} {sign}{} ({percent})", figure(metric, change))
        }
        (Some(_), None, _) => "▲ new".to_owned(),
        (None, Some(previous), _) => format!("▼ none, was {}", figure(metric, previous)),
        _ => String::new(),
    }
}

/// The metrics that are shown.
pub(super) fn shown(topic: &Figures, limit: usize) -> &[Metric] {
    let show = if limit == 0 { topic.metrics.len() } else { limit.min(topic.metrics.len()) };
    &topic.metrics[..show]
}

/// The note that the metrics of a topic are cut.
pub(super) fn cut(topic: &Figures, limit: usize) -> Option<String> {
    let (show, all) = (shown(topic, limit).len(), topic.metrics.len());
    let count = |n: usize| thousands(n);
    (show < all)
        .then(|| format!("showing {} of {} metrics of {}; --limit 0 for all", count(show), count(all), topic.topic))
}

/// The series as numbers to draw, which need not be exact.
pub(super) fn drawn(metric: &Metric) -> Vec<Option<f64>> {
    metric.series.iter().map(|value| value.as_ref()?.parse().ok().filter(|v: &f64| v.is_finite())).collect()
}
