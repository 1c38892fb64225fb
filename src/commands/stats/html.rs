//! Figures as one HTML page that needs nothing else: no network, no script.

use std::io::Write;

use askama::Template;

use super::chart::Chart;
use super::figures::{about, change, cut, drawn, figure, shown, spanning};
use crate::error::{Error, Result};
use crate::stats::{Figures, Report};
use crate::text::escape;

/// The page. Its texts are escaped for a terminal by [`visible`], and for HTML by the template.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}, {{ period }}</title>
<style>
:root { color-scheme: light dark; --page: #fff; --card: #f6f7f9; --ink: #1c2530; --soft: #5b6675; --line: #d8dde4; --bar: #2f6db3; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14181d; --card: #1c2229; --ink: #e8ecf1; --soft: #9aa6b4; --line: #39424d; --bar: #6aa9ec; }
}
@media print { :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --bar: #555; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.2rem; }
p { margin: .35rem 0; color: var(--soft); }
.warning { color: var(--ink); border-left: .3rem solid #c77700; padding-left: .75rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .75rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: baseline; }
th { font-weight: 600; }
thead th { color: var(--soft); font-size: .85rem; width: 16%; }
thead th:first-child { width: auto; }
thead th:nth-child(4) { width: 30%; }
tbody th { font-weight: 400; }
.number { text-align: right; }
td.number { white-space: nowrap; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1rem; margin-top: 1rem; }
figure { margin: 0; padding: .75rem .75rem .25rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; break-inside: avoid; }
figcaption { font-size: .9rem; font-weight: 600; }
figcaption span { color: var(--soft); font-weight: 400; }
@media (max-width: 40rem) {
  body { padding: 1.25rem .75rem 3rem; }
  table { font-size: .8rem; }
  th, td { padding: .3rem; }
  thead th { width: 22%; font-size: .75rem; }
  thead th:nth-child(4) { width: 27%; }
}
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 13px system-ui, sans-serif; }
svg line { stroke: var(--line); }
svg rect { fill: var(--bar); }
.value { text-anchor: end; dominant-baseline: middle; }
.date { text-anchor: middle; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<p>{{ period }}</p>
<p>{{ origin }}</p>
{%- if let Some(previous) = previous %}
<p>Changes are against {{ previous }}.</p>
{%- endif %}
{%- for warning in warnings %}
<p class="warning">{{ warning }}</p>
{%- endfor %}
{%- for section in sections %}
<h2>{{ section.title }}</h2>
{%- if let Some(headline) = section.headline %}
<p>{{ headline }}</p>
{%- endif %}
{%- if section.rows.is_empty() %}
<p>No figures.</p>
{%- else %}
<table>
<thead><tr><th scope="col">Metric</th><th scope="col" class="number">Figure</th><th scope="col">Unit</th>
{%- if previous.is_some() %}<th scope="col">Change</th>{% endif %}</tr></thead>
<tbody>
{%- for row in section.rows %}
<tr><th scope="row">{{ row.metric }}</th><td class="number">{{ row.figure }}</td><td>{{ row.unit }}</td>
{%- if previous.is_some() %}<td>{{ row.change }}</td>{% endif %}</tr>
{%- endfor %}
</tbody>
</table>
{%- if let Some(cut) = section.cut %}
<p>{{ cut }}</p>
{%- endif %}
<div class="charts">
{%- for row in section.rows %}
{%- if let Some(chart) = row.chart %}
<figure>
<figcaption>{{ row.metric }}{% if !row.unit.is_empty() %} <span>{{ row.unit }}</span>{% endif %}</figcaption>
<svg role="img" aria-label="{{ row.metric }} by {{ by }}" viewBox="0 0 {{ Chart::WIDTH }} {{ Chart::HEIGHT }}" xmlns="http://www.w3.org/2000/svg">
<title>{{ row.metric }} by {{ by }}</title>
{%- for tick in chart.ticks %}
<line x1="{{ Chart::LEFT }}" x2="{{ Chart::RIGHT }}" y1="{{ tick.at }}" y2="{{ tick.at }}"/>
<text class="value" x="{{ Chart::LEFT - 6 }}" y="{{ tick.at }}">{{ tick.label }}</text>
{%- endfor %}
{%- for date in chart.dates %}
<text class="date" x="{{ date.at }}" y="{{ Chart::HEIGHT - 10 }}">{{ date.label }}</text>
{%- endfor %}
{%- for bar in chart.bars %}
<rect x="{{ bar.x }}" y="{{ bar.y }}" width="{{ bar.width }}" height="{{ bar.height }}"/>
{%- endfor %}
</svg>
</figure>
{%- endif %}
{%- endfor %}
</div>
{%- endif %}
{%- endfor %}
</body>
</html>
"##
)]
struct Page {
    title: String,
    period: String,
    origin: String,
    by: &'static str,
    previous: Option<String>,
    warnings: Vec<String>,
    sections: Vec<Section>,
}

/// The figures of a topic.
struct Section {
    title: String,
    headline: Option<String>,
    rows: Vec<Row>,
    cut: Option<String>,
}

/// A metric.
struct Row {
    metric: String,
    figure: String,
    unit: String,
    change: String,
    chart: Option<Chart>,
}

/// Writes the page. `origin` says which database the figures are of, and as of when.
///
/// # Errors
/// The writer's own.
pub fn write(
    title: &str,
    origin: &str,
    report: &Report,
    hidden: &[String],
    limit: usize,
    out: &mut dyn Write,
) -> Result<()> {
    let window = &report.window;
    let skipped = report.skipped.iter().map(|skipped| visible(&format!("Incomplete: {}", skipped.sentence())));
    let hidden = (!hidden.is_empty()).then(|| {
        visible(&format!(
            "Row level security may hide rows of {}, so there may be more than is shown.",
            hidden.join(", ")
        ))
    });
    let page = Page {
        title: visible(title),
        period: visible(&about(report)),
        origin: visible(origin),
        by: window.by.name(),
        previous: window.previous.as_ref().map(|previous| visible(&spanning(previous))),
        warnings: skipped.chain(hidden).collect(),
        sections: report.topics.iter().map(|topic| section(report, topic, limit)).collect(),
    };
    page.write_into(out).map_err(|e| Error::failed(format!("the page cannot be written: {e}")))
}

fn section(report: &Report, topic: &Figures, limit: usize) -> Section {
    let dates: Vec<String> = report.window.buckets.iter().map(|start| visible(&start.date)).collect();
    let rows = shown(topic, limit).iter().map(|metric| Row {
        metric: visible(&metric.metric),
        figure: visible(&metric.value.as_deref().map_or_else(|| "–".to_owned(), |value| figure(metric, value))),
        unit: visible(metric.unit.as_deref().unwrap_or_default()),
        change: visible(&change(metric)),
        chart: Chart::of(&drawn(metric), &dates),
    });
    Section {
        title: visible(&topic.title),
        headline: topic.headline.as_deref().map(visible),
        rows: rows.collect(),
        cut: cut(topic, limit).as_deref().map(visible),
    }
}

/// Text in which nothing turns the text around it.
fn visible(raw: &str) -> String {
    escape(raw).into_owned()
}
