//! How a person names one row of many: by its id or the beginning of it, and, in a list that goes on, by where
//! the page before ended.

use std::fmt;
use std::str::FromStr;

use chrono::DateTime;

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

/// The row that a page of a list goes on after. It is written in hexadecimal digits, because an id may be any text and
/// a cursor is pasted into a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// When it was made, as RFC 3339 in UTC or as the server writes a time beyond all calendars.
    pub created_at: Option<String>,
    /// Its id.
    pub id: String,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{} {}", self.created_at.as_deref().unwrap_or("-"), self.id);
        text.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(hex: &str) -> Result<Self, String> {
        let wrong = || "it is not one that bursar printed".to_owned();
        let digits: Option<Vec<u8>> = hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
        let bytes = digits.unwrap_or_default().chunks(2).map(|d| d.iter().fold(0, |byte, d| byte * 16 + d)).collect();
        let text = String::from_utf8(bytes).map_err(|_| wrong())?;
        let (at, id) = text.split_once(' ').ok_or_else(wrong)?;
        let created_at = match at {
            "-" => None,
            "infinity" | "-infinity" => Some(at.to_owned()),
            at => DateTime::parse_from_rfc3339(at).map(|_| Some(at.to_owned())).map_err(|_| wrong())?,
        };
        Ok(Cursor { created_at, id: id.to_owned() })
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
        for wrong in ["", "zz", "20", "ff20ff", "2d", "781f20", "é"] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
    }
}
