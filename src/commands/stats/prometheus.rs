//! Figures in Prometheus' text exposition format.

use std::io::Write;

use super::figures::metrics;
use crate::commands::gauge::{gauge, label};
use crate::error::Result;
use crate::stats::{Figures, Metric, Report};

/// Writes a gauge for each figure of the window, when the window began and ended, which topics could be read, and
/// whether some of the rows may have been `hidden`. What is compared and what the buckets hold is left out: Prometheus keeps its own past.
pub fn write(app: &str, report: &Report, hidden: &[String], out: &mut dyn Write) -> Result<()> {
    // The figures of one tenant are never taken for those of all.
    let of_tenant = report.tenant.as_ref().map(|tenant| format!(",tenant=\"{}\"", label(tenant))).unwrap_or_default();
    let mut gauge = |name: &str, help: &str, samples: Vec<(String, String)>| {
        let samples = samples.into_iter().map(|(labels, value)| (format!("{of_tenant}{labels}"), value));
        gauge(out, app, (&format!("bursar_stats{name}"), help), samples)
    };
    let figure = |(topic, metric): (&Figures, &Metric)| {
        let value = number(metric.value.as_deref()?).to_owned();
        let unit = metric.unit.as_deref().map(|unit| format!(",unit=\"{}\"", label(unit))).unwrap_or_default();
        Some((format!(",topic=\"{}\",metric=\"{}\"{unit}", label(&topic.topic), label(&metric.metric)), value))
    };
    let figures = metrics(report).filter_map(figure).collect();
    gauge("", "A figure of a topic over the window, in its unit.", figures)?;
    let alone = |value: String| vec![(String::new(), value)];
    let window = &report.window.span;
    let (from, to) = (window.from.timestamp().to_string(), window.to.timestamp().to_string());
    gauge("_window_start_timestamp_seconds", "When the window of the figures began.", alone(from))?;
    gauge("_window_end_timestamp_seconds", "When the window of the figures ended.", alone(to))?;
    gauge(
        "_rows_may_be_hidden",
        "Whether row level security may hide rows from the role that asked.",
        alone(u8::from(!hidden.is_empty()).to_string()),
    )?;
    let skipped = || report.skipped.iter().map(|skipped| &skipped.topic);
    let whole = report.topics.iter().map(|topic| &topic.topic).filter(|topic| skipped().all(|other| other != *topic));
    let read = whole.map(|topic| (topic, "1")).chain(skipped().map(|topic| (topic, "0")));
    let read = read.map(|(topic, read)| (format!(",topic=\"{}\"", label(topic)), read.to_owned())).collect();
    gauge("_topic_read", "Whether all of the topic could be read.", read)
}

fn number(value: &str) -> &str {
    match value {
        "Infinity" => "+Inf",
        "-Infinity" => "-Inf",
        number => number,
    }
}
