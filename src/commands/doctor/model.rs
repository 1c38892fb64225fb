//! The lines of an answer.

use serde::Serialize;

use crate::error::Error;
use crate::inspect::CheckVerdict;
use crate::text::without_passwords;

/// One fact about the environment, and what to do where it is wrong.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// The subject.
    pub what: &'static str,
    pub verdict: CheckVerdict,
    pub found: String,
    /// The remedy, if something is wrong.
    pub fix: Option<String>,
}

#[derive(Default)]
pub(super) struct Lines(pub Vec<Line>);

impl Lines {
    /// Adds a line. An error may repeat a URL that was typed in a wrong place.
    fn push(&mut self, what: &'static str, verdict: CheckVerdict, found: &str, fix: Option<String>) {
        let shown = |text: &str| without_passwords(text).into_owned();
        self.0.push(Line { what, verdict, found: shown(found), fix: fix.as_deref().map(shown) });
    }

    pub fn ok(&mut self, what: &'static str, found: impl Into<String>) {
        self.push(what, CheckVerdict::Ok, &found.into(), None);
    }

    pub fn warn(&mut self, what: &'static str, found: impl Into<String>, fix: impl Into<String>) {
        self.push(what, CheckVerdict::Warn, &found.into(), Some(fix.into()));
    }

    pub fn skipped(&mut self, what: &'static str, found: impl Into<String>, fix: Option<String>) {
        self.push(what, CheckVerdict::Skipped, &found.into(), fix);
    }

    pub fn fail(&mut self, what: &'static str, error: &Error) {
        self.push(what, CheckVerdict::Fail, &error.message(), error.hint.clone());
    }

    /// Adds an error that is worth a look, and no fault.
    pub fn hinted(&mut self, what: &'static str, error: &Error) {
        self.push(what, CheckVerdict::Warn, &error.message(), error.hint.clone());
    }
}
