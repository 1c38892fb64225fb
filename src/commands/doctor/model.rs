//! The lines of an answer.

use serde::Serialize;

use crate::error::Error;
use crate::inspect::CheckVerdict;

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
    pub fn ok(&mut self, what: &'static str, found: impl Into<String>) {
        self.0.push(Line { what, verdict: CheckVerdict::Ok, found: found.into(), fix: None });
    }

    pub fn warn(&mut self, what: &'static str, found: impl Into<String>, fix: impl Into<String>) {
        self.0.push(Line { what, verdict: CheckVerdict::Warn, found: found.into(), fix: Some(fix.into()) });
    }

    pub fn skipped(&mut self, what: &'static str, found: impl Into<String>, fix: Option<String>) {
        self.0.push(Line { what, verdict: CheckVerdict::Skipped, found: found.into(), fix });
    }

    pub fn fail(&mut self, what: &'static str, error: &Error) {
        self.0.push(Line { what, verdict: CheckVerdict::Fail, found: error.message(), fix: error.hint.clone() });
    }
}
