//! Prometheus' text exposition format: gauges with escaped labels.

use std::io::Write;

use crate::error::Result;

/// Writes a gauge: its help, and a sample for each value. The labels of a sample stand behind that of the application, as
/// `,name="value"`.
///
/// # Errors
/// If the output cannot be written.
pub(super) fn gauge(
    out: &mut dyn Write,
    app: &str,
    (name, help): (&str, &str),
    samples: impl IntoIterator<Item = (String, String)>,
) -> Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge")?;
    let app = label(app);
    for (labels, value) in samples {
        writeln!(out, "{name}{{app=\"{app}\"{labels}}} {value}")?;
    }
    Ok(())
}

/// The value of a label between its quotes.
pub(super) fn label(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}
