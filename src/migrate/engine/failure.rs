//! The errors of a migration, with the place in its file and with what of it stays.

use crate::db::sqlstate;
use crate::error::{Error, Kind};
use crate::migrate::model::Direction;
use crate::migrate::script::Script;
use crate::text::Position;

/// The next command after a failure, as a hint.
pub(super) const MEND: &str = "correct the cause and run it again";

/// The SQLSTATE of a record that is made in another transaction than the text ran in.
pub(super) const ELSEWHERE: &str = "BR0TX";

/// The failure of a text.
pub(super) struct Failure {
    pub error: sqlx::Error,
    pub place: Option<Position>,
    pub rest: Rest,
    /// The session in the way, as last seen.
    pub in_the_way: Option<String>,
}

/// The fate of what a failed text did before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// The server says that it is gone.
    RolledBack,
    /// The text ended its transaction, and the server says that it is committed.
    Stays,
    /// The server could not be asked.
    Unknown,
}

impl Failure {
    /// True if it did not get its locks in time, or a deadlock chose it as the victim.
    pub fn is_of_locks(&self) -> bool {
        let code = self.error.as_database_error().and_then(|e| e.code());
        matches!(code.as_deref(), Some(sqlstate::DEADLOCK_DETECTED | sqlstate::LOCK_NOT_AVAILABLE))
    }

    /// The error of a text that ran in a transaction, with the fate of the transaction.
    pub fn of_transaction(self, script: &Script, version: i64, direction: Direction) -> Error {
        let rest = self.rest;
        let what = match rest {
            Rest::RolledBack => "failed and was rolled back",
            Rest::Stays => "failed after it had ended its transaction: what it did before that stays",
            Rest::Unknown => "failed, and the server did not confirm that it was rolled back",
        };
        let mut error = self.explained(script, what);
        let wants_none = [sqlstate::ACTIVE_SQL_TRANSACTION, sqlstate::INVALID_TRANSACTION_TERMINATION];
        if rest == Rest::RolledBack && error.sqlstate.as_deref().is_some_and(|code| wants_none.contains(&code)) {
            error.hint = Some(format!(
                "it cannot run in a transaction: {}, so that its statements run one by one",
                script.asking_for_none()
            ));
        }
        if rest == Rest::Stays {
            error.kind = Kind::Incomplete;
            error.hint = Some(by_hand(version, direction));
        }
        error
    }

    /// The server's error with file, line, column and a caret under the place.
    pub fn explained(self, script: &Script, what: &str) -> Error {
        let mut error = Error::from(self.error);
        if error.kind == Kind::Usage {
            error.kind = Kind::Failed;
        }
        if let Some(who) = self.in_the_way.filter(|_| error.kind == Kind::Conflict) {
            error = error.context(format!("in the way: {who}"));
        }
        match self.place {
            Some(place) => error.context(format!("{} {what}", place.of(&script.file))).excerpt(place.excerpt()),
            None => error.context(format!("{} {what}", script.file)),
        }
    }
}

/// The server's hint, where it has one, and the next command.
pub(super) fn hinted(error: Error, what: &str, direction: Direction) -> Error {
    let next = format!("{what}: bursar migrate {}", direction.name());
    match &error.hint {
        Some(hint) if error.kind == Kind::Refused || hint.contains("bursar ") => error,
        Some(hint) => {
            let both = format!("{hint}\n{next}");
            error.hint(both)
        }
        None => error.hint(next),
    }
}

/// The error of a transaction that failed at its end, as far as it is known: an answer of the server that was lost may
/// have been that it is committed.
pub(super) fn at_its_end(error: Error, of: &str, version: i64, direction: Direction) -> Error {
    if error.sqlstate.as_deref() == Some(ELSEWHERE) {
        let what = "ended its transaction: what it did before that stays, what came after may be lost, and nothing was recorded";
        return Error::new(Kind::Incomplete, format!("{of} {what}")).hint(by_hand(version, direction));
    }
    let lost = error.kind == Kind::Connection && error.sqlstate.is_none();
    error.context(if lost {
        format!("{of} reached its end, but the server did not confirm the commit")
    } else {
        format!("{of} failed at its end and was rolled back")
    })
}

fn by_hand(version: i64, direction: Direction) -> String {
    let (record, undo) = match direction {
        Direction::Up => ("--mark-applied", "undo it"),
        Direction::Down => ("--mark-reverted", "make it again"),
    };
    format!(
        "check what is there; finish it by hand and record it with `bursar migrate repair {record} {version}`, or {undo}"
    )
}
