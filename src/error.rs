//! Errors and exit codes: the one place that decides what a failure means to a script.
//!
//! An [`Error`] has three parts, as every message of bursar has: what failed and why (a chain of
//! causes, the server's own words last), and a hint saying what to do next. Its [`Kind`] fixes the
//! process exit code. Scripts are written against these numbers, so they never change meaning.

use std::fmt;

/// The kind of an outcome. Each kind has one process exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It failed, and whatever it had begun was rolled back.
    Failed,
    /// A usage or configuration error; nothing was touched.
    Usage,
    /// A check found something: drift, pending migrations, lint hits.
    Findings,
    /// Refused: declined, needs a terminal or `--yes`, a guard said no, permission denied.
    Refused,
    /// Cannot connect, or the connection was lost.
    Connection,
    /// Some of it could not be read or done.
    Incomplete,
    /// A lock is held by another run, or the state changed since it was planned.
    Conflict,
    /// The terminal hung up: SIGHUP.
    HungUp,
    /// Interrupted by SIGINT.
    Interrupted,
    /// Terminated by SIGTERM.
    Terminated,
}

impl Kind {
    /// Every kind, for the documentation and for the test that pins each number.
    pub const ALL: [Kind; 10] = [
        Kind::Failed,
        Kind::Usage,
        Kind::Findings,
        Kind::Refused,
        Kind::Connection,
        Kind::Incomplete,
        Kind::Conflict,
        Kind::HungUp,
        Kind::Interrupted,
        Kind::Terminated,
    ];

    /// The process exit code. Zero is not here: an error is never zero.
    pub const fn exit_code(self) -> u8 {
        match self {
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Findings => 3,
            Kind::Refused => 4,
            Kind::Connection => 5,
            Kind::Incomplete => 6,
            Kind::Conflict => 7,
            Kind::HungUp => 129,
            Kind::Interrupted => 130,
            Kind::Terminated => 143,
        }
    }

    /// The name in machine output (`error.kind`).
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Failed => "failed",
            Kind::Usage => "usage",
            Kind::Findings => "findings",
            Kind::Refused => "refused",
            Kind::Connection => "connection",
            Kind::Incomplete => "incomplete",
            Kind::Conflict => "conflict",
            Kind::HungUp => "hung_up",
            Kind::Interrupted => "interrupted",
            Kind::Terminated => "terminated",
        }
    }
}

/// A failure: its kind, the chain of what failed and why, and what to do next.
#[derive(Debug)]
pub struct Error {
    /// The kind of the failure, which decides the exit code.
    pub kind: Kind,
    /// The next step, as a command if there is one.
    pub hint: Option<String>,
    /// The SQLSTATE that the server gave, where the failure came from one.
    pub sqlstate: Option<String>,
    /// The line of a file that it is about, with a caret below the place.
    pub excerpt: Option<String>,
    cause: anyhow::Error,
}

/// The cause of an error that nothing is there of a name that was given.
#[derive(Debug)]
struct NotThere(String);

impl fmt::Display for NotThere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotThere {}

/// The result of everything that can fail in bursar.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` with a message.
    pub fn new(kind: Kind, message: impl fmt::Display) -> Self {
        Self::from_cause(kind, anyhow::anyhow!("{message}"))
    }

    /// An error of `kind` around an underlying cause.
    pub fn from_cause(kind: Kind, cause: impl Into<anyhow::Error>) -> Self {
        Error { kind, hint: None, sqlstate: None, excerpt: None, cause: cause.into() }
    }

    /// It failed, and was rolled back (exit 1).
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// A usage or configuration error (exit 2).
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A usage error that nothing is there of a name that was given (exit 2).
    pub fn not_there(message: impl fmt::Display) -> Self {
        Self::from_cause(Kind::Usage, NotThere(message.to_string()))
    }

    /// The error, where rows may be hidden: of one that nothing is there, the name may be that of a hidden row.
    #[must_use]
    pub fn among_visible(self, remedy: Option<String>) -> Self {
        if !self.caused_by::<NotThere>() {
            return self;
        }
        let message = format!("of those that this role sees, {}; row level security may hide it", self.message());
        Error { hint: remedy.or(self.hint), ..Self::not_there(message) }
    }

    /// A guard said no (exit 4).
    pub fn refused(message: impl fmt::Display) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// The message and what to try next, on one line: for a result among others.
    pub fn in_a_line(&self) -> String {
        tried(self.message(), self.hint.as_deref())
    }

    /// The same failure once more, for each of several parts that it concerns, without its hint and its excerpt.
    #[must_use]
    pub fn again(&self) -> Self {
        Error { sqlstate: self.sqlstate.clone(), ..Self::new(self.kind, self.message()) }
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Shows the place that it is about below the message.
    #[must_use]
    pub fn excerpt(mut self, excerpt: impl Into<String>) -> Self {
        self.excerpt = Some(excerpt.into());
        self
    }

    /// Puts what was being attempted in front of why it failed.
    #[must_use]
    pub fn context(mut self, what: impl fmt::Display) -> Self {
        self.cause = self.cause.context(what.to_string());
        self
    }

    /// True where the failure, or one of its causes that was put in front of, is of this type.
    pub fn caused_by<E: std::error::Error + Send + Sync + 'static>(&self) -> bool {
        self.cause.downcast_ref::<E>().is_some()
    }

    /// The failure, then its causes, joined by colons.
    pub fn message(&self) -> String {
        without_numbers(&format!("{:#}", self.cause))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error::from_cause(Kind::Failed, error)
    }
}

/// The text without the numbers that Rust puts behind the reasons of the operating system: `(os error 2)`.
fn without_numbers(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')').filter(|(number, _)| number.bytes().all(|b| b.is_ascii_digit())) {
            Some((_, rest)) => out.push_str(rest),
            None => out.extend([" (os error ", part]),
        }
    }
    out
}

/// A sentence and what to try next, where there is something, on one line.
pub fn tried(sentence: String, hint: Option<&str>) -> String {
    match hint {
        Some(hint) => format!("{sentence}; try: {hint}"),
        None => sentence,
    }
}

/// Adds context and hints to results.
pub trait ResultExt<T> {
    /// Puts what was being attempted in front of why it failed.
    fn context(self, what: impl fmt::Display) -> Result<T>;
    /// Says what to do next, where nothing more precise was said already.
    fn or_hint(self, hint: impl Into<String>) -> Result<T>;
}

impl<T, E: Into<Error>> ResultExt<T> for Result<T, E> {
    fn context(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|e| e.into().context(what))
    }

    fn or_hint(self, hint: impl Into<String>) -> Result<T> {
        self.map_err(|e| {
            let e: Error = e.into();
            if e.hint.is_some() { e } else { e.hint(hint) }
        })
    }
}
