//! The terminal: decided once, at the start.

use std::io::{IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};

use super::rows;
use super::visible::{Form, Visible};
use crate::error::{Error, Result};
use crate::text::{self, escape};

/// Asks the terminal not to mark pastes any more, as an open question has it do.
pub(super) const NO_MARKS: &str = "\x1b[?2004l";

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The terminal, and the ways to talk to the user. Decided once, at the start.
#[derive(Debug, Clone)]
pub struct Ui {
    /// Colour on standard output.
    pub stdout_color: bool,
    /// Colour on standard error.
    pub stderr_color: bool,
    /// Progress bars may be drawn.
    pub animate: bool,
    /// Questions may be asked.
    pub interactive: bool,
    /// Notes and progress are left out.
    pub quiet: bool,
    /// More notes are given.
    pub verbose: bool,
    /// Errors are one JSON object on standard error.
    pub json_errors: bool,
    /// Every column of a table is shown, however wide it is.
    pub wide: bool,
    /// The width that the environment asks for, in columns.
    asked_columns: Option<usize>,
    /// The terminal can move its cursor.
    pub(super) moves: bool,
    /// The terminal's settings while a question is open, which changes them.
    pub(super) question: Arc<Mutex<Option<Termios>>>,
    /// Its settings while a screen is drawn on it.
    #[cfg(feature = "screen")]
    pub(super) screen: Arc<Mutex<Option<Termios>>>,
}

impl Ui {
    /// Decides from the flags, the environment and what the streams are connected to.
    /// Order of precedence: the flag, `NO_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb`, the terminal.
    pub fn new(
        choice: ColorChoice,
        quiet: bool,
        verbose: bool,
        no_input: bool,
        json_errors: bool,
        var: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let dumb = var("TERM").is_some_and(|t| t == "dumb");
        let color = |terminal: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if var("NO_COLOR").is_some() => false,
            ColorChoice::Auto if var("CLICOLOR_FORCE").is_some_and(|v| v != "0") => true,
            ColorChoice::Auto => terminal && !dumb,
        };
        let (stdout_terminal, stderr_terminal) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        Ui {
            stdout_color: color(stdout_terminal),
            stderr_color: color(stderr_terminal),
            animate: stderr_terminal && !dumb && !quiet,
            interactive: stderr_terminal && std::io::stdin().is_terminal() && !no_input,
            quiet,
            verbose,
            json_errors,
            wide: false,
            asked_columns: var("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0),
            moves: !dumb,
            question: Arc::default(),
            #[cfg(feature = "screen")]
            screen: Arc::default(),
        }
    }

    /// Writes data to standard output as it is made, so that its size costs no memory.
    ///
    /// # Errors
    /// The writer's own, and where standard output cannot take it, as on a full disk. A reader that
    /// closed its end early (`| head`) is no error.
    pub fn write(&self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        self.written(write).map(|_| ())
    }

    /// As [`Ui::write`]; whether somebody still reads.
    ///
    /// # Errors
    /// As [`Ui::write`].
    pub fn written(&self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<bool> {
        let mut out = Stdout { inner: std::io::BufWriter::new(std::io::stdout().lock()), closed: false, failed: None };
        let written = write(&mut out);
        let flushed = out.flush();
        match (out.closed, out.failed, written) {
            (true, ..) => Ok(false),
            (_, Some(e), _) => Err(Error::failed(format!("cannot write to standard output: {e}"))),
            (_, None, Err(e)) => Err(e),
            (_, None, Ok(())) => Ok(flushed.map(|()| true)?),
        }
    }

    /// As [`Ui::write`], for CSV. A file or a program gets every byte of it; on a terminal, what would drive that is
    /// made visible.
    ///
    /// # Errors
    /// As [`Ui::write`].
    pub fn csv(&self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        self.write(|out| {
            if !std::io::stdout().is_terminal() {
                return write(out);
            }
            let mut visible = Visible::new(out, Form::Lines);
            write(&mut visible)?;
            Ok(visible.finish()?)
        })
    }

    /// Writes data to standard output, whole, ending in a newline.
    ///
    /// # Errors
    /// As [`Ui::write`].
    pub fn data(&self, text: &str) -> Result<()> {
        let newline = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        self.write(|out| Ok(write!(out, "{text}{newline}")?))
    }

    /// As [`Ui::data`], for a text that is not ours, such as the SQL of a file. A file or a program gets every byte of it; on a
    /// terminal, what would drive that is made visible.
    ///
    /// # Errors
    /// As [`Ui::write`].
    pub fn foreign(&self, text: &str) -> Result<()> {
        let newline = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        self.csv(|out| Ok(write!(out, "{text}{newline}")?))
    }

    /// Writes a value as JSON to standard output.
    ///
    /// # Errors
    /// As [`Ui::write`].
    pub fn json<T: serde::Serialize>(&self, value: &T) -> Result<()> {
        self.write(|out| rows::json(value, out))
    }

    /// Writes sentences to standard output, which were painted and escaped already.
    ///
    /// # Errors
    /// As [`Ui::write`].
    pub fn say(&self, text: &str) -> Result<()> {
        self.data(&self.fitted(text))
    }

    /// Sentences for standard output, no wider than the terminal, however they are painted.
    pub fn fitted(&self, text: &str) -> String {
        fitted(text, self.columns())
    }

    /// True while a live screen is drawn on the terminal, which a note would tear.
    pub fn is_drawn(&self) -> bool {
        #[cfg(feature = "screen")]
        let drawn = self.screen.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        #[cfg(not(feature = "screen"))]
        let drawn = false;
        drawn
    }

    /// A note for the person at the terminal.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.tell(&safe(text));
        }
    }

    /// A note of several lines.
    pub fn note_lines(&self, text: &str) {
        text.lines().for_each(|line| self.note(line));
    }

    /// A line of a note that was painted and escaped already, such as a table's.
    pub fn note_line(&self, line: &str) {
        if !self.quiet {
            self.tell(line);
        }
    }

    /// Something that is said only with `-v`.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.tell(&self.dim(&safe(text)));
        }
    }

    /// A warning. `-q` does not silence it.
    pub fn warn(&self, text: &str) {
        let label = paint("warning:", "33", self.stderr_color);
        self.tell(&format!("{label} {}", safe(text)));
    }

    /// The error that ends the command: three parts for a person, one object for a machine.
    pub fn error(&self, error: &Error) {
        let message = error.message();
        let message = text::without_passwords(&message);
        let hint = error.hint.as_deref().map(text::without_passwords);
        let excerpt = error.excerpt.as_deref().map(text::without_passwords);
        if self.json_errors {
            let object = serde_json::json!({"error": {
                "kind": error.kind.name(),
                "message": message,
                "hint": hint,
                "sqlstate": error.sqlstate,
                "excerpt": excerpt,
                "exit_code": error.kind.exit_code(),
            }});
            stderr_line(&object.to_string());
            return;
        }
        let label = paint("error:", "31;1", self.stderr_color);
        self.tell(&format!("{label} {}", text::escape_lines(&message)));
        if let Some(excerpt) = &excerpt {
            stderr_line(&text::escape_lines(excerpt));
        }
        if let Some(hint) = &hint {
            let label = paint("  try:", "36", self.stderr_color);
            let indent = " ".repeat(7);
            let room = self.notes_width().map_or(usize::MAX, |columns| columns.saturating_sub(indent.len()));
            stderr_line(&format!("{label} {}", text::wrapped(&text::escape_lines(hint), room, &indent)));
        }
    }

    /// A mistake in the arguments, as their parser tells it.
    pub fn misuse(&self, text: &str) {
        self.tell(text.trim_end());
    }

    /// Writes sentences that were painted and escaped already to standard error, no wider than its terminal.
    fn tell(&self, text: &str) {
        stderr_line(&fitted(text, self.notes_width()));
    }

    /// True if a user can be walked through questions that draw on the terminal.
    pub fn can_guide(&self) -> bool {
        self.interactive && self.moves
    }

    /// Asks for a line of text.
    ///
    /// # Errors
    /// As [`Ui::line`].
    pub fn ask_text(&self, question: &str) -> Result<String> {
        self.line(question, "", "", |text| Ok((text.to_owned(), text.to_owned())))
    }

    /// Gives the terminal back as it was, where a question has switched off the echo and drawn
    /// below the cursor, and nobody waits for the answer any more.
    pub fn end_question(&self) {
        self.close_question("\r\n\x1b[J");
    }

    /// Ends the question, if it is still open, with this last word.
    pub(super) fn close_question(&self, word: &str) {
        let mut open = self.question.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(settings) = open.take() {
            // Where the terminal is gone, there is nothing to give back.
            let _ = write!(std::io::stderr(), "{word}{NO_MARKS}\x1b[?25h");
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &settings);
        }
    }

    pub(super) fn open_question(&self) -> OpenQuestion<'_> {
        *self.question.lock().unwrap_or_else(PoisonError::into_inner) = tcgetattr(std::io::stdin()).ok();
        OpenQuestion(self)
    }

    /// The width for rows: that of `COLUMNS`, else that of the terminal on standard output. A file or a program gets
    /// whole rows, as does whoever asks with `--wide`.
    pub fn columns(&self) -> Option<usize> {
        if self.wide { None } else { self.asked_columns.or_else(|| width_of(&console::Term::stdout())) }
    }

    /// The width for sentences, which lose nothing where they are wrapped: as [`Ui::columns`], else that of the terminal
    /// behind a pipe, such as one into `head`.
    pub(super) fn reading_width(&self) -> Option<usize> {
        self.columns().or_else(|| if self.wide { None } else { width_of(&console::Term::stderr()) })
    }

    /// The width for notes, which are wrapped on a terminal only.
    fn notes_width(&self) -> Option<usize> {
        width_of(&console::Term::stderr()).map(|columns| self.asked_columns.unwrap_or(columns))
    }

    /// Text on standard output in a colour: green, yellow, red, cyan, bold or dim by its ANSI code.
    pub fn paint_out(&self, text: &str, code: &str) -> String {
        paint(text, code, self.stdout_color)
    }

    /// Text for standard error in a colour.
    pub fn paint_err(&self, text: &str, code: &str) -> String {
        paint(text, code, self.stderr_color)
    }

    fn dim(&self, text: &str) -> String {
        paint(text, "2", self.stderr_color)
    }
}

/// The columns of a terminal; 80 where it does not know. None where it is no terminal.
pub(super) fn width_of(terminal: &console::Term) -> Option<usize> {
    terminal.is_term().then(|| terminal.size_checked().map_or(80, |(_, columns)| usize::from(columns)))
}

/// Standard output, which remembers why it could not take something.
pub(super) struct Stdout<W: Write> {
    inner: W,
    closed: bool,
    failed: Option<std::io::Error>,
}

impl<W: Write> Stdout<W> {
    fn keep<T>(&mut self, outcome: std::io::Result<T>) -> std::io::Result<T> {
        outcome.map_err(|e| {
            let kind = e.kind();
            self.closed |= kind == std::io::ErrorKind::BrokenPipe;
            self.failed.get_or_insert(e);
            kind.into()
        })
    }
}

impl<W: Write> Write for Stdout<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let outcome = self.inner.write(bytes);
        self.keep(outcome)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let outcome = self.inner.flush();
        self.keep(outcome)
    }
}

/// A question that is being asked; dropping it ends it.
pub(super) struct OpenQuestion<'a>(&'a Ui);

impl Drop for OpenQuestion<'_> {
    fn drop(&mut self) {
        self.0.end_question();
    }
}

/// A line that was already painted and escaped, to standard error.
pub(crate) fn stderr_line(line: &str) {
    // A closed standard error leaves no one to tell.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Sentences of at most this many columns, where there is a limit.
pub(super) fn fitted(text: &str, columns: Option<usize>) -> String {
    columns.map_or_else(|| text.to_owned(), |columns| text::flowed(text, columns))
}

/// Text that neither drives the terminal nor shows a password.
pub(super) fn safe(text: &str) -> String {
    escape(&text::without_passwords(text)).into_owned()
}

pub(super) fn paint(text: &str, code: &str, on: bool) -> String {
    if on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}
