//! A question whose answer is typed, and the line that it is typed into.
//!
//! The cursor stays on the question's line, and everything else is below it. Clearing from there
//! downwards gives the screen back, whatever a resize made of it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::time::Duration;

use console::{Key, Term, measure_text_width, truncate_str};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::sys::termios::{
    FlushArg, LocalFlags, SetArg, SpecialCharacterIndices as Characters, Termios, tcflush, tcgetattr, tcsetattr,
};
use nix::unistd::getpgrp;

use super::ui::{NO_MARKS, OpenQuestion, Ui, paint, stderr_line};
use crate::error::{Error, Kind, Result};
use crate::text::{escape, flowed};

/// Time between two looks at the terminal's size and settings while nobody types.
const LOOK: Duration = Duration::from_millis(50);

/// Time within which the rest of a key's sequence arrives.
const SEQUENCE: Duration = Duration::from_millis(50);

/// Time within which the rest of a paste arrives. Terminals send a long one in pieces.
const PASTE: Duration = Duration::from_secs(2);

/// Asks the terminal to mark what is pasted, so that its newlines are no Enter.
const MARKS_PASTES: &str = "\x1b[?2004h";

/// Least width of an answer, in columns.
pub(super) const ROOM: usize = 20;

/// The mark before what is pasted, and the one behind it, without the Esc of each.
const BEGINS: [char; 5] = ['[', '2', '0', '0', '~'];
const ENDS: [char; 5] = ['[', '2', '0', '1', '~'];

/// Width of a yes or a no beside a question that is not cut, in columns.
const WORD: usize = 9;

/// Time after which all threads have stopped.
const STOPPING: Duration = Duration::from_millis(300);

/// The meaning of a key at a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressed {
    /// The text is another one.
    Edited,
    /// Draw it again: the cursor moved, or the terminal has another size or was somebody else's meanwhile.
    Redraw,
    /// This is the answer.
    Enter,
    /// Go this many rows down, or up if it is negative.
    Rows(isize),
    /// Go this many pages down, or up.
    Pages(isize),
}

/// An open question, and the text that was typed so far.
pub(super) struct Prompt<'a> {
    ui: &'a Ui,
    term: Term,
    question: String,
    /// The whole question, where it stands above the line of the answer.
    above: Option<String>,
    /// The text that is shown if nothing is typed.
    example: String,
    before: String,
    after: String,
    /// The cursor's column.
    column: usize,
    size: (u16, u16),
    /// The terminal's settings while the question is open.
    settings: Termios,
    _open: OpenQuestion<'a>,
}

impl<'a> Prompt<'a> {
    /// Asks, with an example of what may be typed, a text to begin with, and as many columns for the answer at least.
    ///
    /// # Errors
    /// Refused where there is no terminal.
    pub(super) fn open(ui: &'a Ui, question: &str, example: &str, initial: &str, room: usize) -> Result<Self> {
        let open = ui.open_question();
        let mut settings: Termios =
            tcgetattr(std::io::stdin()).map_err(std::io::Error::from).map_err(|e| unread(&e))?;
        // Between two keys nothing is shown of what is typed, and Ctrl-C is a signal. What was typed before the
        // question was there is no answer to it. Ctrl-Z is a key, so that the terminal is given back first; Ctrl-\ would
        // not give it back at all.
        settings.local_flags -= LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::IEXTEN;
        settings.control_chars[Characters::VSUSP as usize] = nix::libc::_POSIX_VDISABLE;
        settings.control_chars[Characters::VQUIT as usize] = nix::libc::_POSIX_VDISABLE;
        tcsetattr(std::io::stdin(), SetArg::TCSAFLUSH, &settings)
            .map_err(std::io::Error::from)
            .map_err(|e| unread(&e))?;
        ui.draws(MARKS_PASTES);
        let term = Term::stderr();
        let size = term.size();
        let mut question = escape(question).into_owned();
        // A question is never cut: what does not leave room for an answer stands above it.
        let mut above = None;
        if measure_text_width(&question) + room > size.1.into() {
            let shown = flowed(&question, size.1.into());
            stderr_line(&paint(&shown, "1", ui.stderr_color));
            ">".clone_into(&mut question);
            above = Some(shown);
        }
        Ok(Prompt {
            ui,
            term,
            question,
            above,
            example: escape(example).into_owned(),
            before: initial.to_owned(),
            after: String::new(),
            column: 0,
            size,
            settings,
            _open: open,
        })
    }

    /// Forgets what was typed or pasted behind the answer, and what `keeps` does not want kept: the answer.
    fn starts_over(&mut self, keeps: bool) {
        if !keeps {
            self.before.clear();
            self.after.clear();
        }
        // Where nothing can be thrown away, there is nothing.
        let _ = tcflush(std::io::stdin(), FlushArg::TCIFLUSH);
    }

    /// The text that was typed.
    pub(super) fn text(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// Rows of the terminal.
    pub(super) fn height(&self) -> usize {
        self.size.0.into()
    }

    /// Columns that may be written to. The last one is left alone: terminals differ in what they do there.
    pub(super) fn width(&self) -> usize {
        usize::from(self.size.1).saturating_sub(1)
    }

    /// True if a key is waiting, or comes within this time.
    ///
    /// # Errors
    /// Refused where the terminal went away.
    pub(super) fn is_typed_at(&self, within: Duration) -> Result<bool> {
        let stdin = std::io::stdin();
        let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::try_from(within).unwrap_or(PollTimeout::ZERO)) {
            Ok(ready) => Ok(ready > 0),
            Err(nix::errno::Errno::EINTR) => Ok(false),
            Err(e) => Err(unread(&e.into())),
        }
    }

    /// Waits for a key that means something.
    ///
    /// # Errors
    /// Refused at Esc and where the terminal went away, interrupted at Ctrl-C.
    pub(super) fn pressed(&mut self) -> Result<Pressed> {
        self.key()?.ok_or_else(|| Error::refused("left; nothing was changed"))
    }

    /// As [`Prompt::pressed`]; none at Esc.
    fn key(&mut self) -> Result<Option<Pressed>> {
        loop {
            while !self.is_typed_at(LOOK)? {
                let size = self.term.size();
                let changed = size != self.size;
                self.size = size;
                // After a stop that was not ours to see, the terminal is as the shell left it.
                if self.takes_back()? || changed {
                    return Ok(Some(Pressed::Redraw));
                }
            }
            match self.read(SEQUENCE)? {
                Key::Escape => return Ok(None),
                // Ctrl-Z
                Key::Char('\u{1a}') => {
                    self.suspend()?;
                    return Ok(Some(Pressed::Redraw));
                }
                // Ctrl-D
                Key::Char('\u{4}') if self.text().is_empty() => return Ok(None),
                Key::UnknownEscSeq(sequence) if sequence == BEGINS => {
                    self.paste()?;
                    return Ok(Some(Pressed::Edited));
                }
                key => {
                    if let Some(pressed) = self.take(key) {
                        return Ok(Some(pressed));
                    }
                }
            }
        }
    }

    /// A key, with all of its sequence, whose parts arrive within this time.
    fn read(&self, within: Duration) -> Result<Key> {
        let one = || match self.term.read_key_raw().map_err(|e| unread(&e))? {
            Key::CtrlC => Err(Error::new(Kind::Interrupted, "interrupted; nothing was changed")),
            key => Ok(key),
        };
        let mut sequence = match one()? {
            Key::UnknownEscSeq(sequence) => sequence,
            Key::Escape if self.is_typed_at(within)? => match one()? {
                Key::Char(c) => vec![c],
                _ => return Ok(Key::Unknown),
            },
            key => return Ok(key),
        };
        if sequence.first() != Some(&'[') {
            return Ok(Key::UnknownEscSeq(sequence));
        }
        while !sequence[1..].iter().any(|c| matches!(c, '@'..='~')) && self.is_typed_at(within)? {
            match one()? {
                Key::Char(c) => sequence.push(c),
                _ => return Ok(Key::Unknown),
            }
        }
        Ok(match sequence.iter().skip(1).collect::<String>().as_str() {
            "A" => Key::ArrowUp,
            "B" => Key::ArrowDown,
            "C" => Key::ArrowRight,
            "D" => Key::ArrowLeft,
            "H" | "1~" | "7~" => Key::Home,
            "F" | "4~" | "8~" => Key::End,
            "3~" => Key::Del,
            "5~" => Key::PageUp,
            "6~" => Key::PageDown,
            _ => Key::UnknownEscSeq(sequence),
        })
    }

    /// Takes what is pasted, up to the mark at its end, into the text. Its newlines stay inside; those at its end are only
    /// how it was copied.
    fn paste(&mut self) -> Result<()> {
        let mut pasted = String::new();
        while self.is_typed_at(PASTE)? {
            match self.read(PASTE)? {
                Key::UnknownEscSeq(sequence) if sequence == ENDS => break,
                Key::Enter => pasted.push('\n'),
                Key::Tab => pasted.push(' '),
                Key::Char(c) if !c.is_control() => pasted.push(c),
                _ => {}
            }
        }
        self.before.push_str(pasted.trim_end_matches('\n'));
        Ok(())
    }

    /// Sets the terminal up again where somebody else has changed its settings. False where nobody has.
    fn takes_back(&self) -> Result<bool> {
        let ours = |now: &Termios| now.local_flags == self.settings.local_flags;
        // Where the terminal is gone, the next key says so.
        if tcgetattr(std::io::stdin()).as_ref().map_or(true, ours) {
            return Ok(false);
        }
        self.sets_up()?;
        Ok(true)
    }

    /// Sets the terminal up for a question, unless that was ended meanwhile.
    fn sets_up(&self) -> Result<()> {
        let open = self.ui.question.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if open.is_some() {
            // Where the terminal is gone, the next key says so.
            let _ = write!(std::io::stderr(), "{MARKS_PASTES}");
            // What the shell or somebody else has written since stands above it otherwise.
            if let Some(question) = &self.above {
                let _ = write!(std::io::stderr(), "\r\x1b[J{}\r\n", paint(question, "1", self.ui.stderr_color));
            }
            tcsetattr(std::io::stdin(), SetArg::TCSANOW, &self.settings).map_err(|e| unread(&e.into()))?;
        }
        Ok(())
    }

    /// Takes the question off the terminal, and gives that to the shell until it lets us go on. Where nobody could, it goes
    /// on at once.
    fn suspend(&mut self) -> Result<()> {
        if !self.ui.give_back_meanwhile(&format!("\r\x1b[J{NO_MARKS}")) {
            return Ok(());
        }
        stop().map_err(|e| unread(&e.into()))?;
        self.column = 0;
        self.sets_up()
    }

    /// The meaning of a key. The text is changed already.
    fn take(&mut self, key: Key) -> Option<Pressed> {
        Some(match key {
            Key::Enter => Pressed::Enter,
            Key::ArrowUp | Key::Char('\u{10}') => Pressed::Rows(-1),
            Key::ArrowDown | Key::Char('\u{e}') => Pressed::Rows(1),
            Key::PageUp => Pressed::Pages(-1),
            Key::PageDown => Pressed::Pages(1),
            Key::ArrowLeft => {
                if let Some(c) = self.before.pop() {
                    self.after.insert(0, c);
                }
                Pressed::Redraw
            }
            Key::ArrowRight => {
                self.before.extend(self.after.chars().next());
                self.after.drain(..self.after.chars().next().map_or(0, char::len_utf8));
                Pressed::Redraw
            }
            Key::Home => {
                self.after.insert_str(0, &std::mem::take(&mut self.before));
                Pressed::Redraw
            }
            Key::End => {
                self.before.push_str(&std::mem::take(&mut self.after));
                Pressed::Redraw
            }
            Key::Backspace => {
                self.before.pop();
                Pressed::Edited
            }
            Key::Del => {
                self.after.drain(..self.after.chars().next().map_or(0, char::len_utf8));
                Pressed::Edited
            }
            // Ctrl-U empties the line before the cursor, Ctrl-W takes a word.
            Key::Char('\u{15}') => {
                self.before.clear();
                Pressed::Edited
            }
            Key::Char('\u{17}') => {
                let kept = self.before.trim_end().rfind(char::is_whitespace).map_or(0, |at| at + 1);
                self.before.truncate(kept);
                Pressed::Edited
            }
            Key::Char(c) if !c.is_control() => {
                self.before.push(c);
                Pressed::Edited
            }
            _ => return None,
        })
    }

    /// Draws the question, what was typed, and these lines below it, which are escaped and painted
    /// already. What is too wide is cut.
    ///
    /// # Errors
    /// Interrupted where somebody else has ended the question.
    pub(super) fn draw(&mut self, below: &[String]) -> Result<()> {
        self.size = self.term.size();
        let (width, columns) = (self.width(), usize::from(self.size.1).max(1));
        // A terminal that became narrower may have no room for all of it any more.
        let question = truncate_str(&self.question, width.saturating_sub(8), "…").into_owned();
        let start = measure_text_width(&question) + 1;
        // Where the text is longer than the line, its end is what one looks at.
        let (mut before, after) = (escape(&self.before).into_owned(), escape(&self.after));
        while start + measure_text_width(&before) >= width && !before.is_empty() {
            before.remove(0);
        }
        let column = start + measure_text_width(&before);
        let typed = format!("{before}{after}");
        let room = width.saturating_sub(start);
        let text = if typed.is_empty() {
            paint(&truncate_str(&self.example, room, "…"), "2", self.ui.stderr_color)
        } else {
            truncate_str(&typed, room, "…").into_owned()
        };

        let mut out = String::new();
        // A terminal that became narrower has broken the line, and the cursor is in its last part.
        if self.column >= columns {
            let _ = write!(out, "\x1b[{}A", self.column / columns);
        }
        let question = paint(&question, "1", self.ui.stderr_color);
        // Without wrapping, a row is one row, whatever the terminal makes of its characters.
        let _ = write!(out, "\r\x1b[?7l{question} {text}\x1b[K");
        let shown = below.len().min(self.height().saturating_sub(1));
        for line in &below[..shown] {
            let _ = write!(out, "\r\n{}\x1b[K", truncate_str(line, width, "…"));
        }
        let _ = write!(out, "\x1b[J");
        if shown > 0 {
            let _ = write!(out, "\x1b[{shown}A");
        }
        let _ = write!(out, "\r\x1b[{column}C\x1b[?7h");
        self.column = column;
        if self.ui.draws(&out) { Ok(()) } else { Err(Error::new(Kind::Interrupted, "interrupted")) }
    }

    /// Ends the question, and leaves the answer in its place.
    pub(super) fn close(self, answer: &str) {
        let line = format!("{} {}", paint(&self.question, "1", self.ui.stderr_color), escape(answer));
        let line = flowed(&line, self.width()).replace('\n', "\r\n");
        self.ui.close_question(&format!("\r\x1b[J{line}\r\n"));
    }
}

impl Drop for Prompt<'_> {
    fn drop(&mut self) {
        self.ui.close_question("\r\x1b[J");
    }
}

impl Ui {
    /// Asks for a line, with a text to begin with and a word of advice below it. An answer that is a
    /// usage error is explained, and asked for again; another error ends it. The answer is shown in
    /// the words that come with it.
    ///
    /// # Errors
    /// The answer's own; refused at Esc, interrupted at Ctrl-C.
    pub fn line<T>(
        &self,
        question: &str,
        initial: &str,
        advice: &str,
        check: impl FnMut(&str) -> Result<(T, String)>,
    ) -> Result<T> {
        self.answered(Prompt::open(self, question, "", initial, ROOM)?, advice, true, check)
    }

    /// Asks yes or no. The answer is a whole word and Enter, so that nothing else that is typed or pasted agrees to
    /// anything; nothing at all means no.
    ///
    /// # Errors
    /// As [`Ui::line`].
    pub fn ask(&self, question: &str) -> Result<bool> {
        let prompt = Prompt::open(self, &format!("{question} [y/N]"), "", "", WORD)?;
        self.answered(prompt, "", false, |text| match text.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok((true, "yes".to_owned())),
            "" | "n" | "no" => Ok((false, "no".to_owned())),
            _ => Err(Error::usage("answer yes or no, and press Enter")),
        })
    }

    fn answered<T>(
        &self,
        mut prompt: Prompt<'_>,
        advice: &str,
        keeps: bool,
        mut check: impl FnMut(&str) -> Result<(T, String)>,
    ) -> Result<T> {
        let columns = prompt.width();
        let lines = |text: &str| flowed(text, columns).lines().map(str::to_owned).collect::<Vec<_>>();
        let dim = |line: String| paint(&line, "2", self.stderr_color);
        let advice: Vec<String> = match advice {
            "" => Vec::new(),
            advice => lines(&format!("  {}", escape(advice))).into_iter().map(dim).collect(),
        };
        let mut below = advice.clone();
        loop {
            prompt.draw(&below)?;
            match prompt.pressed()? {
                Pressed::Enter => match check(&prompt.text()) {
                    Ok((value, shown)) => {
                        prompt.close(&shown);
                        return Ok(value);
                    }
                    Err(error) if error.kind == Kind::Usage => {
                        let mark = paint("✗", "31", self.stderr_color);
                        below = lines(&format!("{mark} {}", escape(&error.message())));
                        below.extend(error.hint.iter().flat_map(|hint| lines(&format!("  {}", escape(hint)))));
                        prompt.starts_over(keeps);
                    }
                    Err(error) => return Err(error),
                },
                Pressed::Edited => below.clone_from(&advice),
                _ => {}
            }
        }
    }

    /// Gives the terminal back with this last word, as [`Ui::close_question`], but the question stays open. False if it is
    /// not.
    fn give_back_meanwhile(&self, word: &str) -> bool {
        let open = self.question.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(settings) = &*open {
            // Where the terminal is gone, the next key says so.
            let _ = write!(std::io::stderr(), "{word}");
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, settings);
        }
        open.is_some()
    }

    /// Writes to the terminal if the question is still open. False if it is not.
    fn draws(&self, text: &str) -> bool {
        let open = self.question.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if open.is_some() {
            // Where the terminal is gone, the next key says so.
            let _ = write!(std::io::stderr(), "{text}");
        }
        open.is_some()
    }
}

/// Stops this process and all of its group, as Ctrl-Z does, until a shell continues it.
pub(super) fn stop() -> nix::Result<()> {
    let stopped = killpg(getpgrp(), Signal::SIGTSTP);
    // Another thread may take the signal, and this one would go on until then. The time passes while we are stopped.
    std::thread::sleep(STOPPING);
    stopped
}

fn unread(error: &std::io::Error) -> Error {
    Error::refused(format!("no answer: {error}; nothing was changed"))
}
