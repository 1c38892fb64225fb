//! Figures in a table.

use super::{change, cut, drawn, figure, shown, spanning};
use crate::output::{Table, Ui};
use crate::stats::Report;
use crate::text::{escape, sparkline, width};

/// The fewest columns of the terminal that a trend is drawn in, the most, and how many where there is none.
const TREND: (usize, usize, usize) = (8, 62, 31);

/// Everything, one table, a heading for each topic.
pub fn text(ui: &Ui, app: &str, report: &Report, limit: usize) -> String {
    let window = &report.window;
    let mut text = format!(
        "{}: {}, by {}, {}",
        ui.paint_out(&escape(app), "1"),
        spanning(&window.span),
        window.by.name(),
        escape(&window.zone)
    );
    if let Some(previous) = &window.previous {
        text.push_str(&format!("\ncompared with {}", spanning(previous)));
    }
    for topic in &report.topics {
        if let Some(headline) = &topic.headline {
            text.push_str(&format!("\n{}: {}", escape(&topic.title), escape(headline)));
        }
    }
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
    let compared = window.previous.is_some();
    let mut headings = vec!["metric", "#figure", "unit"];
    headings.extend(compared.then_some("change"));
    headings.push("trend");
    let mut table = Table::new(ui, &headings);
    let columns = trend(ui, &headings, &rows);
    for (topic, (title, cells)) in report.topics.iter().zip(&rows) {
        table.heading(title);
        if cells.is_empty() {
            table.row(&["nothing"]);
        }
        for (metric, [name, figure, unit, change]) in shown(topic, limit).iter().zip(cells) {
            let trend = sparkline(&drawn(metric), columns);
            match compared {
                true => table.row(&[name, figure, unit, change, &trend]),
                false => table.row(&[name, figure, unit, &trend]),
            }
        }
    }
    if !report.topics.is_empty() {
        text.push_str(&format!("\n\n{}", table.render()));
    }
    for cut in report.topics.iter().filter_map(|topic| cut(topic, limit)) {
        text.push_str(&format!("\n{}", escape(&cut)));
    }
    text
}

/// How many columns are left for the trend.
fn trend(ui: &Ui, headings: &[&str], rows: &[(&str, Vec<[String; 4]>)]) -> usize {
    let (fewest, most, without) = TREND;
    let Some(columns) = ui.columns() else { return without };
    let others = headings.len() - 1;
    let widest = |n: usize| {
        let cells = rows.iter().flat_map(|(_, cells)| cells.iter().map(|cell| width(&cell[n])));
        cells.chain([width(headings[n].trim_start_matches('#'))]).max().unwrap_or(0)
    };
    // Each column has a space on either side.
    let taken: usize = (0..others).map(|n| widest(n) + 2).sum::<usize>() + 2;
    columns.saturating_sub(taken).clamp(fewest, most)
}
