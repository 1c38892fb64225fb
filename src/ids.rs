//! Ids as a person gives them: whole, or the beginning of one.

use crate::error::Error;
use crate::text::{escape, quoted};

/// Candidates that a message names at most.
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
    .hint(format!("name it as {}", quoted(id)))
}
