//! The figures, in the shape of their JSON output.

use serde::Serialize;

use super::window::Window;

/// The figures of all topics.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The window.
    pub window: Window,
    /// The tenant that all figures are of; none where they are of all.
    pub tenant: Option<String>,
    /// The topics that could be read.
    pub topics: Vec<Figures>,
    /// Those that could not, as a whole or in part.
    pub skipped: Vec<Skipped>,
}

/// The figures of a topic.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// The name.
    pub topic: String,
    /// For people.
    pub title: String,
    /// A line before the figures, such as the health of a queue.
    pub headline: Option<String>,
    /// The metrics, by name and unit.
    pub metrics: Vec<Metric>,
}

/// A metric. Every number is exact, as text; what counts money is in whole units of the currency.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Metric {
    /// The name, as the pack has it; it may come from the application's data.
    pub metric: String,
    /// The unit; none where things are counted, or it has none.
    pub unit: Option<String>,
    /// The decimals of the unit, where it is a currency.
    #[serde(skip)]
    pub decimals: Option<u32>,
    /// The figure of the whole window; none where there was nothing.
    pub value: Option<String>,
    /// True if it is compared with the window before.
    pub compared: bool,
    /// The figure of that window.
    pub previous: Option<String>,
    /// The difference of the two, if there are both.
    pub change: Option<String>,
    /// The change in percent of the figure before, to one decimal; none where that is zero.
    pub change_percent: Option<String>,
    /// The figure of each bucket of the window, in order; none where there was nothing.
    pub series: Vec<Option<String>>,
}

/// A topic that could not be read, or not all of it.
#[derive(Debug, Clone, Serialize)]
pub struct Skipped {
    /// The name.
    pub topic: String,
    /// The tables that it is shown without; none where it is not shown.
    pub without: Vec<String>,
    /// The reason.
    pub reason: String,
    /// The next step, if it is known.
    pub hint: Option<String>,
}

impl Skipped {
    /// The missing part, the reason and the next step in a sentence.
    pub fn sentence(&self) -> String {
        let Skipped { topic, without, reason, hint } = self;
        let missing = match without.is_empty() {
            true => format!("{topic} was skipped: {reason}"),
            false => format!("{topic} is shown without {}: {reason}", without.join(" and ")),
        };
        hint.iter().fold(missing, |missing, hint| format!("{missing}; {hint}"))
    }
}
