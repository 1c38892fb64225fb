//! Figures in Prometheus' text exposition format.

use std::io::Write;

use super::figures::metrics;
use crate::error::Result;
use crate::stats::Report;

/// Writes a gauge for each figure of the window, when the window began and ended, which topics could be read, and
/// whether some of the rows may have been `hidden`. What is compared and what the buckets hold is left out: Prometheus keeps its own past.
pub fn write(app: &str, report: &Report, hidden: &[String], out: &mut dyn Write) -> Result<()> {
    let app = label(app);
    let window = &report.window.span;
    writeln!(out, "# HELP bursar_stats A figure of a topic over the window, in its unit.")?;
    writeln!(out, "# TYPE bursar_stats gauge")?;
    for (topic, metric) in metrics(report) {
        let Some(value) = &metric.value else { continue };
        let unit = metric.unit.as_deref().map(|unit| format!(",unit=\"{}\"", label(unit))).unwrap_or_default();
        let (topic, name) = (label(&topic.topic), label(&metric.metric));
        writeln!(out, "bursar_stats{{app=\"{app}\",topic=\"{topic}\",metric=\"{name}\"{unit}}} {}", number(value))?;
    }
    for (name, help, at) in [
        ("start", "When the window of the figures began.", window.from),
        ("end", "When the window of the figures ended.", window.to),
    ] {
        let name = format!("bursar_stats_window_{name}_timestamp_seconds");
        writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{name}{{app=\"{app}\"}} {}", at.timestamp())?;
    }
    let name = "bursar_stats_rows_may_be_hidden";
    writeln!(
        out,
        "# HELP {name} Whether row level security may hide rows from the role that asked.\n# TYPE {name} gauge"
    )?;
    writeln!(out, "{name}{{app=\"{app}\"}} {}", u8::from(!hidden.is_empty()))?;
    let name = "bursar_stats_topic_read";
    writeln!(out, "# HELP {name} Whether all of the topic could be read.\n# TYPE {name} gauge")?;
    let skipped = || report.skipped.iter().map(|skipped| &skipped.topic);
    let whole = report.topics.iter().map(|topic| &topic.topic).filter(|topic| skipped().all(|other| other != *topic));
    for (topic, read) in whole.map(|topic| (topic, 1)).chain(skipped().map(|topic| (topic, 0))) {
        writeln!(out, "{name}{{app=\"{app}\",topic=\"{}\"}} {read}", label(topic))?;
    }
    Ok(())
}

/// The value of a label between its quotes.
pub(in crate::commands) fn label(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

fn number(value: &str) -> &str {
    match value {
        "Infinity" => "+Inf",
        "-Infinity" => "-Inf",
        number => number,
    }
}
