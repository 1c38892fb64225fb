//! The report of an audit in the formats of other programs. Each is a sink: it takes a report and a
//! writer, and writes finding by finding, so that their number costs no memory.
//!
//! Machine formats hold raw values. What people read, in Markdown, in annotations or in the failures
//! of a test report, holds the same sentences as the table.

mod csv;
mod github;
mod junit;
mod markdown;
mod ndjson;
mod parts;

pub use self::csv::csv;
pub use self::github::github;
pub use self::junit::junit;
pub use self::markdown::markdown;
pub use self::ndjson::ndjson;
pub use parts::{Unread, counts, cut, facts, json, kinds, mark, signed, symbol, unread, verdict};
