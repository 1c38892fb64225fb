//! Data whose characters neither drive a terminal nor turn its text around.

use std::fmt::Write as _;
use std::io::{Result, Write};

use crate::text::is_dangerous;

/// The form that such a character is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `\u009b`, which means the same to every reader of JSON. Outside its strings, JSON has no such characters.
    Json,
    /// `\u{9b}`, for people: the lines of a table of cells, whose ends stay.
    Lines,
}

/// A writer that makes such characters visible. What it was given last is written by [`Visible::finish`].
pub(super) struct Visible<'a> {
    out: &'a mut dyn Write,
    form: Form,
    /// The beginning of a character, or of a line's end, whose rest is not there yet.
    rest: Vec<u8>,
}

impl<'a> Visible<'a> {
    pub(super) fn new(out: &'a mut dyn Write, form: Form) -> Self {
        Visible { out, form, rest: Vec::new() }
    }

    /// Writes what was waited for in vain.
    pub(super) fn finish(mut self) -> Result<()> {
        let rest = std::mem::take(&mut self.rest);
        self.put(&String::from_utf8_lossy(&rest))?;
        self.out.flush()
    }

    fn put(&mut self, text: &str) -> Result<()> {
        let stays = |c: char, next: Option<char>| match c {
            '\n' => true,
            '\t' => self.form == Form::Lines,
            '\r' => self.form == Form::Lines && next == Some('\n'),
            c => !is_dangerous(c),
        };
        let mut shown = String::with_capacity(text.len());
        let mut characters = text.chars().peekable();
        while let Some(c) = characters.next() {
            if stays(c, characters.peek().copied()) {
                shown.push(c);
            } else if self.form == Form::Lines {
                let _ = write!(shown, "\\u{{{:x}}}", c as u32);
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(shown, "\\u{unit:04x}");
                }
            }
        }
        self.out.write_all(shown.as_bytes())
    }
}

impl Write for Visible<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let mut given = std::mem::take(&mut self.rest);
        given.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&given) {
            Ok(_) => given.len(),
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            Err(_) => given.len(),
        };
        // Whether a line ends is told by the next character.
        let whole = if given[..whole].ends_with(b"\r") { whole - 1 } else { whole };
        self.rest = given.split_off(whole);
        self.put(&String::from_utf8_lossy(&given))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{Form, Visible};

    fn shown(text: &str, form: Form, piece: usize) -> String {
        let mut out = Vec::new();
        let mut visible = Visible::new(&mut out, form);
        text.as_bytes().chunks(piece).for_each(|piece| visible.write_all(piece).unwrap());
        visible.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_drives_a_terminal_is_shown_however_it_is_cut() {
        let hostile = "ก\u{9b}31m\u{202e}x\u{e0041}\u{7f} 🌙é\n";
        let json = serde_json::to_string(&format!("{hostile}\x1b\r\t")).unwrap();
        for piece in [1, 2, 3, 5, 1000] {
            let lines = shown(&format!("{hostile}a\x1b[2J\rb\tc\r\nd\r"), Form::Lines, piece);
            assert_eq!(
                lines, "ก\\u{9b}31m\\u{202e}x\\u{e0041}\\u{7f} 🌙é\na\\u{1b}[2J\\u{d}b\tc\r\nd\\u{d}",
                "in pieces of {piece}"
            );
            let safe = shown(&json, Form::Json, piece);
            assert_eq!(safe, r#""ก\u009b31m\u202ex\udb40\udc41\u007f 🌙é\n\u001b\r\t""#, "in pieces of {piece}");
            assert_eq!(
                serde_json::from_str::<String>(&safe).unwrap(),
                serde_json::from_str::<String>(&json).unwrap(),
                "the value is the same"
            );
        }
    }
}
