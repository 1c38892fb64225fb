//! The place where a page of a list ends and the next one begins.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::moment::Moment;

/// The limit of a query that shows whether a page has a next one: a row more than the page holds. 0 is no limit.
pub fn one_more(limit: usize) -> i64 {
    match limit {
        0 => 0,
        limit => i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1),
    }
}

/// Cuts the rows of such a query to the page. Returns true if there is a next page.
pub fn cut<T>(rows: &mut Vec<T>, limit: usize) -> bool {
    let has_more = limit > 0 && rows.len() > limit;
    if has_more {
        rows.truncate(limit);
    }
    has_more
}

/// The row that a page of a list goes on after: a time, a slash, and an id in which whatever a shell might take for its own
/// is percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Its creation time.
    pub created_at: Option<Moment>,
    /// Its id.
    pub id: String,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
        match self.created_at {
            Some(at) => write!(f, "{at}/")?,
            None => f.write_str("-/")?,
        }
        utf8_percent_encode(&self.id, KEPT).fmt(f)
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "it is not one that bursar printed".to_owned();
        let (at, id) = text.split_once('/').ok_or_else(wrong)?;
        let created_at = match at {
            "-" => None,
            at => Some(at.parse().map_err(|_| wrong())?),
        };
        let id = percent_decode_str(id).decode_utf8().map_err(|_| wrong())?.into_owned();
        Ok(Cursor { created_at, id })
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn a_cursor_says_where_a_page_ended_and_nothing_else_is_one() {
        for (created_at, id) in [(Some("2026-10-31T12:00:00.000001Z"), "a b/c"), (None, "ดวง"), (Some("infinity"), "7")]
        {
            let cursor = Cursor { created_at: created_at.map(|at| at.parse().expect("a time")), id: id.to_owned() };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        assert_eq!(Cursor { created_at: None, id: "a-b_c.1 $/é".to_owned() }.to_string(), "-/a-b_c.1%20%24%2F%C3%A9");
        for wrong in ["", "x", "-", "2026/7", "now/7", "-/%ff", "é"] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
    }
}
