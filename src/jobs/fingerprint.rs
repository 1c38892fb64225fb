//! Fingerprints of errors: two that differ in ids, numbers and quoted text only have the same one.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// Number of characters of an error that are looked at: what comes later is a payload or a stack.
const LOOKED_AT: usize = 2_000;

/// The handle of errors that are alike, such as `err:1f09ab`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u32);

impl Fingerprint {
    /// Number of hexadecimal digits: 28 bits, of which a thousand kinds of error share one with a chance of 0.2 %.
    const DIGITS: usize = 7;

    /// The fingerprint of an error.
    pub fn of(error: &str) -> Self {
        let digest = Sha256::digest(normalized(error).as_bytes());
        let head = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
        Fingerprint(head >> (32 - 4 * Self::DIGITS))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "err:{:0digits$x}", self.0, digits = Self::DIGITS)
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a handle of errors is written as err:1f09ab2, as `bursar jobs triage` prints it".to_owned();
        let digits = text.strip_prefix("err:").ok_or_else(wrong)?;
        if digits.len() != Self::DIGITS || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        u32::from_str_radix(digits, 16).map(Fingerprint).map_err(|_| wrong())
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The error with what differs from case to case replaced: quoted text by `'…'`, e-mail addresses and what holds
/// a digit, such as numbers and ids, by `#`, and any space by one.
pub fn normalized(error: &str) -> String {
    let mut out = String::new();
    let mut rest = error.chars().take(LOOKED_AT).peekable();
    // An apostrophe inside of a word opens nothing.
    let mut before = ' ';
    while let Some(c) = rest.next() {
        if matches!(c, '\'' | '"' | '`') && !before.is_alphanumeric() {
            let mut ahead = rest.clone();
            if ahead.any(|other| other == c) {
                rest = ahead;
                out.push_str("'…'");
                before = c;
                continue;
            }
        }
        if is_of_word(c) {
            let mut word = String::from(c);
            while let Some(next) = rest.next_if(|n| is_of_word(*n)) {
                word.push(next);
            }
            push_word(&word, &mut out);
            before = word.chars().last().unwrap_or(c);
            continue;
        }
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
        before = c;
    }
    out.truncate(out.trim_end().len());
    out
}

/// True if the character can be part of a word, an id or an address.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_joint(c)
}

fn is_joint(c: char) -> bool {
    matches!(c, '_' | '-' | '.' | ':' | '/' | '@')
}

/// A word part by part: `gemini-1.5-flash` becomes `gemini-#-flash`, and `10.0.0.7:5432` becomes `#`.
fn push_word(word: &str, out: &mut String) {
    let is_address = word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    if is_address || uuid::Uuid::try_parse(word).is_ok() {
        return out.push('#');
    }
    let mut after_number = false;
    for piece in word.split_inclusive(is_joint) {
        let part = piece.trim_end_matches(is_joint);
        let number = part.bytes().any(|b| b.is_ascii_digit()) || is_hex_id(part);
        if number && after_number {
            // The joint between the two belongs to both.
            out.pop();
        } else {
            out.push_str(if number { "#" } else { part });
        }
        out.push_str(&piece[part.len()..]);
        after_number = number && !piece[part.len()..].is_empty();
    }
}

/// An id in hexadecimal that happens to hold no digit.
fn is_hex_id(word: &str) -> bool {
    word.len() >= 8 && word.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, normalized};

    #[test]
    fn what_differs_from_case_to_case_is_left_out_and_the_rest_stays() {
        for (error, expected) in [
            ("timeout after 3000 ms", "timeout after # ms"),
            ("timeout after 12.5 ms", "timeout after # ms"),
            ("user 0fa8c2d1-8f31-4b6e-9a51-000000000001 has no stars.", "user # has no stars."),
            ("no card named 'The Fool'  in\n\tdeck", "no card named '…' in deck"),
            ("it's what the model didn't say", "it's what the model didn't say"),
            ("an unclosed 'quote stays", "an unclosed 'quote stays"),
            ("connect to 10.0.0.7:5432: refused", "connect to #: refused"),
            ("gemini-1.5-flash: quota of pi_3PqX1a", "gemini-#-flash: quota of pi_#"),
            ("bad id deadbeef", "bad id #"),
            ("no user ada@example.com, or @ all", "no user #, or @ all"),
            ("ดวงไม่ดี 42", "ดวงไม่ดี #"),
            ("  ", ""),
            ("\u{1b}[2J 7", "\u{1b}[# #"),
        ] {
            assert_eq!(normalized(error), expected, "{error:?}");
        }
    }

    #[test]
    fn a_handle_is_read_as_it_is_written_and_nothing_else_is_one() {
        let one = Fingerprint::of("timeout after 3000 ms");
        assert_eq!(one, Fingerprint::of("timeout after 15 ms"));
        assert_ne!(one, Fingerprint::of("timeout after 15 s"));
        assert_eq!(one.to_string().parse(), Ok(one));
        assert_eq!(one.to_string().len(), "err:".len() + 7);
        for wrong in ["", "err:", "err:12345", "err:123456g", "1234567", "err:12345678", "err:+123456"] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_huge_error_takes_no_longer_than_a_long_one() {
        let huge = "'".repeat(1_000_000);
        assert!(normalized(&huge).len() < 10_000);
        assert_eq!(Fingerprint::of(&"x ".repeat(5_000)), Fingerprint::of(&"x ".repeat(500_000)));
    }
}
