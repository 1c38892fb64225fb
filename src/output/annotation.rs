//! GitHub's workflow commands.

use std::io::Write;

use crate::error::Result;

/// Writes one annotation: its kind, what is known about its place and title, and its message, of which
/// each line stays one.
///
/// # Errors
/// The writer's own.
pub fn annotate(command: &str, properties: &[(&str, String)], message: &str, out: &mut dyn Write) -> Result<()> {
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    Ok(writeln!(out, "::{command} {}::{}", properties.join(","), data(message))?)
}

/// A message as GitHub reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value, which must not end the property either.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_in_a_text_ends_the_line_or_the_property() {
        assert_eq!(data("100%\r\n::error::x, y"), "100%25%0D%0A::error::x, y");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
        assert_eq!(data("%0A"), "%250A");
    }
}
