//! What Redis answers, read with care: a server, or whoever writes to it, can answer anything.

use std::fmt;

use redis::Value;

use crate::error::{Error, Result};

/// The id of an entry: its time in milliseconds, and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// The time, in milliseconds, unless somebody chose the id.
    pub ms: u64,
    /// The number.
    pub seq: u64,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

impl EntryId {
    fn parse(text: &str) -> Option<Self> {
        let (ms, seq) = text.split_once('-')?;
        Some(EntryId { ms: ms.parse().ok()?, seq: seq.parse().ok()? })
    }
}

/// An entry of a stream.
#[derive(Debug)]
pub(super) struct Entry {
    pub id: EntryId,
    pub fields: Vec<(String, String)>,
}

impl Entry {
    /// The first value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// The error of an answer that is not what was asked for.
pub(super) fn strange(command: &str) -> Error {
    Error::failed(format!("Redis answered {command} with something else than it should"))
        .hint("bursar needs Redis 6.2 or newer, or Valkey")
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::SimpleString(text) => Some(text.clone()),
        Value::Int(n) => Some(n.to_string()),
        _ => None,
    }
}

pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Int(n) => Some(*n),
        other => text(other)?.parse().ok(),
    }
}

pub(super) fn array(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(all) => Some(all),
        Value::Nil => Some(&[]),
        _ => None,
    }
}

/// The value of a name in a flat list of names and values.
pub(super) fn named<'a>(list: &'a Value, name: &str) -> Option<&'a Value> {
    array(list)?.chunks_exact(2).find(|pair| text(&pair[0]).as_deref() == Some(name)).map(|pair| &pair[1])
}

pub(super) fn entry_id(value: &Value) -> Option<EntryId> {
    EntryId::parse(&text(value)?)
}

/// The entries of a range.
///
/// # Errors
/// If it is no such list.
pub(super) fn entries(value: &Value) -> Result<Vec<Entry>> {
    let read = |value: &Value| {
        let [id, fields] = array(value)? else { return None };
        // An entry without fields is a nil to some servers.
        let fields = array(fields)?.chunks_exact(2).map(|pair| Some((text(&pair[0])?, text(&pair[1])?)));
        Some(Entry { id: entry_id(id)?, fields: fields.collect::<Option<_>>()? })
    };
    array(value).and_then(|all| all.iter().map(read).collect()).ok_or_else(|| strange("XRANGE"))
}

#[cfg(test)]
mod tests {
    use super::{Value, entries, entry_id, named};

    fn bulk(text: &[u8]) -> Value {
        Value::BulkString(text.to_vec())
    }

    #[test]
    fn an_answer_of_another_form_is_an_error_and_bytes_that_are_no_text_are_none() {
        let entry = |fields: Vec<Value>| Value::Array(vec![Value::Array(vec![bulk(b"7-1"), Value::Array(fields)])]);
        let read = entries(&entry(vec![bulk(b"job_id"), bulk(b"\xff\x1b[2J")])).unwrap();
        assert_eq!(read[0].field("job_id"), Some("\u{fffd}\u{1b}[2J"));
        assert_eq!(read[0].id.to_string(), "7-1");
        assert!(entries(&entry(vec![bulk(b"alone")])).unwrap()[0].fields.is_empty());
        for odd in [
            Value::Int(3),
            Value::Array(vec![Value::Nil]),
            Value::Array(vec![bulk(b"7-1")]),
            entry(vec![Value::Nil, Value::Nil]),
        ] {
            assert!(entries(&odd).is_err(), "{odd:?}");
        }
        for odd in ["", "7", "-", "7-", "7-x", "-1-1", "18446744073709551616-0"] {
            assert_eq!(entry_id(&bulk(odd.as_bytes())), None, "{odd}");
        }
        assert!(named(&Value::Array(vec![bulk(b"length")]), "length").is_none());
    }
}
