//! Figures as one page that needs nothing else: no network, no script.

use std::io::Write;

use plotters::prelude::*;

use super::{change, cut, drawn, figure, shown, spanning};
use crate::error::{Error, Result};
use crate::stats::{Figures, Metric, Report};
use crate::text::{escape, thousands};

/// How wide and how high a chart is drawn; the page scales it.
const SIZE: (u32, u32) = (560, 180);

/// The colours as they are drawn. The style sheet puts those of the reader's choice in their place.
const INK: RGBColor = RGBColor(1, 1, 1);
const LINE: RGBColor = RGBColor(2, 2, 2);
const BAR: RGBColor = RGBColor(3, 3, 3);

const STYLE: &str = r##"
:root { color-scheme: light dark; --page: #fff; --card: #f6f7f9; --ink: #1c2530; --soft: #5b6675; --line: #d8dde4; --bar: #2f6db3; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14181d; --card: #1c2229; --ink: #e8ecf1; --soft: #9aa6b4; --line: #39424d; --bar: #6aa9ec; }
}
@media print { :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --bar: #555; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.2rem; }
p { margin: .35rem 0; color: var(--soft); }
.warning { color: var(--ink); border-left: .3rem solid #c77700; padding-left: .75rem; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .75rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: baseline; }
th { font-weight: 600; }
thead th { color: var(--soft); font-size: .85rem; width: 16%; }
thead th:first-child { width: auto; }
thead th:nth-child(4) { width: 30%; }
tbody th { font-weight: 400; }
.number { text-align: right; }
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
svg text { fill: var(--soft); font-family: system-ui, sans-serif; }
svg [stroke="#020202"] { stroke: var(--line); }
svg [fill="#030303"] { fill: var(--bar); }
"##;

/// Writes the page.
///
/// # Errors
/// The writer's own.
pub fn write(title: &str, report: &Report, hidden: &[String], limit: usize, out: &mut dyn Write) -> Result<()> {
    let window = &report.window;
    let title = text(title);
    let period = text(&format!("{}, by {}, {}", spanning(&window.span), window.by.name(), window.zone));
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(out, "<title>{title}, {period}</title>\n<style>{STYLE}</style>\n</head>\n<body>")?;
    writeln!(out, "<h1>{title}</h1>\n<p>{period}</p>")?;
    if let Some(previous) = &window.previous {
        writeln!(out, "<p>Changes are against {}.</p>", text(&spanning(previous)))?;
    }
    for skipped in &report.skipped {
        writeln!(out, "<p class=\"warning\">Incomplete: {}</p>", text(&skipped.sentence()))?;
    }
    if !hidden.is_empty() {
        let tables = text(&hidden.join(", "));
        writeln!(
            out,
            "<p class=\"warning\">Row level security may have hidden rows of {tables}, so there may be more than is shown.</p>"
        )?;
    }
    for topic in &report.topics {
        section(report, topic, limit, out)?;
    }
    Ok(writeln!(out, "</body>\n</html>")?)
}

fn section(report: &Report, topic: &Figures, limit: usize, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "<h2>{}</h2>", text(&topic.title))?;
    if let Some(headline) = &topic.headline {
        writeln!(out, "<p>{}</p>", text(headline))?;
    }
    if topic.metrics.is_empty() {
        return Ok(writeln!(out, "<p>Nothing.</p>")?);
    }
    let compared = report.window.previous.is_some();
    let heading = if compared { "<th scope=\"col\">Change</th>" } else { "" };
    writeln!(
        out,
        "<table>\n<thead><tr><th scope=\"col\">Metric</th><th scope=\"col\" class=\"number\">Figure</th><th scope=\"col\">Unit</th>{heading}</tr></thead>\n<tbody>"
    )?;
    for metric in shown(topic, limit) {
        let value = metric.value.as_deref().map_or_else(|| "–".to_owned(), |value| figure(metric, value));
        let change = if compared { format!("<td>{}</td>", text(&change(metric))) } else { String::new() };
        let (name, unit) = (text(&metric.metric), text(metric.unit.as_deref().unwrap_or_default()));
        let value = text(&value);
        writeln!(
            out,
            "<tr><th scope=\"row\">{name}</th><td class=\"number\">{value}</td><td>{unit}</td>{change}</tr>"
        )?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    if let Some(cut) = cut(topic, limit) {
        writeln!(out, "<p>{}</p>", text(&cut))?;
    }
    writeln!(out, "<div class=\"charts\">")?;
    for metric in shown(topic, limit) {
        let values = drawn(metric);
        if values.iter().all(Option::is_none) {
            continue;
        }
        let unit = metric.unit.as_deref().map(|unit| format!(" <span>{}</span>", text(unit))).unwrap_or_default();
        let chart =
            chart(report, metric, &values).map_err(|e| Error::failed(format!("a chart cannot be drawn: {e}")))?;
        writeln!(out, "<figure>\n<figcaption>{}{unit}</figcaption>\n{chart}</figure>", text(&metric.metric))?;
    }
    Ok(writeln!(out, "</div>")?)
}

/// A bar for each bucket; none where there was nothing.
fn chart(
    report: &Report,
    metric: &Metric,
    values: &[Option<f64>],
) -> Result<String, DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>> {
    let dates: Vec<&str> = report.window.buckets.iter().map(|start| start.date.as_str()).collect();
    let low = values.iter().flatten().copied().fold(0.0, f64::min);
    let high = values.iter().flatten().copied().fold(low, f64::max);
    let high = if high > low { high } else { low + 1.0 };
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        #[expect(clippy::cast_precision_loss, reason = "there are a few thousand buckets at most")]
        let at = |bucket: usize| bucket as f64;
        let mut chart = ChartBuilder::on(&area)
            .margin(6)
            .margin_right(26)
            .x_label_area_size(26)
            .y_label_area_size(52)
            .build_cartesian_2d(-0.5..at(dates.len()) - 0.5, low..high * 1.05)?;
        let style = ("sans-serif", 13).into_font().color(&INK);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .axis_style(LINE)
            .light_line_style(TRANSPARENT)
            .bold_line_style(LINE)
            .x_labels(5)
            .y_labels(4)
            .x_label_formatter(&|x| date(&dates, *x))
            .y_label_formatter(&|y| short(*y))
            .label_style(style)
            .draw()?;
        let bars = values.iter().enumerate().filter_map(|(bucket, value)| {
            let (x, y) = (at(bucket), (*value)?);
            Some(Rectangle::new([(x - 0.4, 0.0), (x + 0.4, y)], BAR.filled()))
        });
        chart.draw_series(bars)?;
        area.present()?;
    }
    let name = text(&format!("{} by {}", metric.metric, report.window.by.name()));
    // The first element is the picture itself.
    let svg = svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{name}\" "), 1);
    Ok(svg.replacen(">\n", &format!(">\n<title>{name}</title>\n"), 1))
}

/// The date of the bucket in the middle of which this lies.
fn date(dates: &[&str], x: f64) -> String {
    let near = x.round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a negative one becomes 0")]
    let date = dates.get(near as usize).filter(|_| near >= 0.0 && (x - near).abs() < 0.01);
    date.map_or_else(String::new, |date| (*date).to_owned())
}

/// A number on an axis, which is only to be told apart from its neighbours.
fn short(value: f64) -> String {
    let (value, letter) = match value.abs() {
        v if v >= 1e15 => return format!("{value:.1e}"),
        v if v >= 1e12 => (value / 1e12, "T"),
        v if v >= 1e9 => (value / 1e9, "G"),
        v if v >= 1e6 => (value / 1e6, "M"),
        v if v >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = format!("{value:.2}");
    format!("{}{letter}", thousands(digits.trim_end_matches('0').trim_end_matches('.')))
}

/// Text of the page, in which nothing is markup, nor turns the text around it.
fn text(raw: &str) -> String {
    let mut out = String::new();
    for c in escape(raw).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
