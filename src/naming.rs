//! How a person names one row of many: by its id or the beginning of it, and, in a list that goes on, by where
//! the page before ended.

use std::fmt;
use std::str::FromStr;

use chrono::DateTime;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::{Error, Result};
use crate::ui::escape;

/// How many candidates a message names.
pub(crate) const NAMED: usize = 10;

/// The shortest beginning of an id that is looked for, in characters: fewer are met by chance.
pub(crate) const SHORTEST: usize = 4;

/// Several rows are meant: they are named, a line each of the facts that tell them apart.
pub(crate) fn several(text: &str, what: &str, found: &[Vec<&str>]) -> Error {
    let mut message = format!("'{text}' may be any of several {what}:");
    for facts in found.iter().take(NAMED) {
        // What the database holds must not make lines of its own.
        let line: Vec<_> = facts.iter().map(|f| escape(f).into_owned()).collect();
        message.push_str(&format!("\n  {}", line.join("  ")));
    }
    if found.len() > NAMED {
        message.push_str("\n  and more");
    }
    Error::usage(message).hint("give more of the id, or all of it")
}

/// The beginning of an id was given where nobody looks at which row it means before it is changed.
pub(crate) fn not_whole(text: &str, what: &str, id: &str) -> Error {
    Error::usage(format!(
        "'{}' is only the beginning of an id, of {what} {id}; where nobody is asked, a write wants the whole id",
        text.trim()
    ))
    .hint(format!("name it as {}", crate::ui::quoted(id)))
}

/// The row that a page of a list goes on after: a time, a slash, and an id in which whatever a shell might take for its own
/// is percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// When it was made, as RFC 3339 in UTC or as the server writes a time beyond all calendars.
    pub created_at: Option<String>,
    /// Its id.
    pub id: String,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
        write!(f, "{}/{}", self.created_at.as_deref().unwrap_or("-"), utf8_percent_encode(&self.id, KEPT))
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "it is not one that bursar printed".to_owned();
        let (at, id) = text.split_once('/').ok_or_else(wrong)?;
        let created_at = match at {
            "-" => None,
            "infinity" | "-infinity" => Some(at.to_owned()),
            at => DateTime::parse_from_rfc3339(at).map(|_| Some(at.to_owned())).map_err(|_| wrong())?,
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
            let cursor = Cursor { created_at: created_at.map(str::to_owned), id: id.to_owned() };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        assert_eq!(Cursor { created_at: None, id: "a-b_c.1 $/é".to_owned() }.to_string(), "-/a-b_c.1%20%24%2F%C3%A9");
        for wrong in ["", "x", "-", "2026/7", "now/7", "-/%ff", "é"] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
    }
}
