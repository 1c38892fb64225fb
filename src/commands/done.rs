//! The ends of a command.

use crate::error::{Kind, Result};

/// The end of a command: its exit code, or an error whose report was already
/// written as data.
pub type Outcome = Result<Done>;

/// The ends of a command that are not errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Done; for a check: clean.
    Clean,
    /// A check found something; it has been printed.
    Findings,
    /// Some of it could not be read; it has been printed.
    Incomplete,
    /// The server did not answer in time; it has been printed.
    Unanswered,
}

impl Done {
    pub(super) fn exit_code(self) -> u8 {
        match self {
            Done::Clean => 0,
            Done::Findings => Kind::Findings.exit_code(),
            Done::Incomplete => Kind::Incomplete.exit_code(),
            Done::Unanswered => Kind::Connection.exit_code(),
        }
    }
}
