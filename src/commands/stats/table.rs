//! Figures in a table.

use super::figures::{about, change, cut, drawn, figure, shown, spanning};
use crate::output::{Column, Format, Page, Table, Ui};
use crate::stats::Report;
use crate::text::{escape, escape_lines, sparkline, width};

/// The least width of a trend in columns, the largest, and the width where there is no terminal.
const TREND: (usize, usize, usize) = (8, 62, 31);

/// The figures in one table, with a heading for each topic.
pub fn page(ui: &Ui, format: Format, app: &str, report: &Report, limit: usize) -> Page {
    let window = &report.window;
    let app = escape(app);
    let app = if format == Format::Markdown { app.into_owned() } else { ui.paint_out(&app, "1") };
    let mut lines = vec![format!("{app}: {}", escape(&about(report)))];
    lines.extend(window.previous.as_ref().map(|previous| format!("compared with {}", spanning(previous))));
    for topic in &report.topics {
        if let Some(headline) = &topic.headline {
            lines.push(format!("{}: {}", escape(&topic.title), escape(headline)));
        }
    }
    let cuts: Vec<String> = report.topics.iter().filter_map(|topic| cut(topic, limit)).collect();
    let page = Page::text(lines.join("\n"));
    let page = if report.topics.is_empty() { page } else { page.and_table(table(ui, report, limit)) };
    page.and(escape_lines(&cuts.join("\n")))
}

fn table(ui: &Ui, report: &Report, limit: usize) -> Table {
    let compared = report.window.previous.is_some();
    let rows: Vec<(&str, Vec<[String; 4]>)> = report
        .topics
        .iter()
        .map(|topic| {
            let cells = shown(topic, limit).iter().map(|metric| {
                let value = metric.value.as_deref().map_or_else(|| "–".to_owned(), |value| figure(metric, value));
                [metric.metric.clone(), value, metric.unit.clone().unwrap_or_default(), change(metric)]
            });
            (topic.title.as_str(), cells.collect())
        })
        .collect();
    let mut headings = vec!["metric", "figure", "unit"];
    headings.extend(compared.then_some("change"));
    let width = trend(ui, &headings, &rows);
    let mut columns =
        vec![Column::new("metric").rank(0), Column::number("figure").rank(0), Column::new("unit").rank(1)];
    columns.extend(compared.then(|| Column::new("change").rank(2)));
    columns.push(Column::new("trend").rank(3));
    let mut table = Table::new(ui, &columns);
    for (topic, (title, cells)) in report.topics.iter().zip(&rows) {
        table.heading(title);
        if cells.is_empty() {
            table.row(&["none"]);
        }
        for (metric, [name, figure, unit, change]) in shown(topic, limit).iter().zip(cells) {
            let trend = sparkline(&drawn(metric), width);
            match compared {
                true => table.row(&[name, figure, unit, change, &trend]),
                false => table.row(&[name, figure, unit, &trend]),
            }
        }
    }
    table
}

/// The width that the other columns leave to the trend.
fn trend(ui: &Ui, headings: &[&str], rows: &[(&str, Vec<[String; 4]>)]) -> usize {
    let (fewest, most, without) = TREND;
    let Some(columns) = ui.columns() else { return without };
    let widest = |n: usize| {
        let cells = rows.iter().flat_map(|(_, cells)| cells.iter().map(|cell| width(&cell[n])));
        cells.chain([width(headings[n])]).max().unwrap_or(0)
    };
    // Each column has a space on either side.
    let taken: usize = (0..headings.len()).map(|n| widest(n) + 2).sum::<usize>() + 2;
    columns.saturating_sub(taken).clamp(fewest, most)
}
