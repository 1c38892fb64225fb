//! The only module that prints.
//!
//! Standard output is data; everything else goes to standard error. Whatever came from a database
//! passes through [`escape`] before it reaches a terminal.

mod annotation;
mod file;
mod format;
mod picker;
mod progress;
mod prompt;
mod rows;
#[cfg(feature = "screen")]
mod screen;
mod table;
mod ui;
mod view;
mod visible;

pub use annotation::annotate;
pub use file::NewFile;
pub use format::{Format, FormatSet, Object, Output, Rows, parser as format_parser};
pub use picker::{Choice, Choices};
pub use progress::Progress;
pub use rows::{Record, csv_line, csv_rows, json, ndjson_row, ndjson_rows};
#[cfg(feature = "screen")]
pub use screen::{Board, Level, Pressed, Screen, Tone, Trend};
pub use table::{Column, Table};
pub use ui::{ColorChoice, Ui};
pub use view::{Page, SCHEMA_VERSION, View};
