//! The guard between a command and a write: the protection of the database, and a consent that is enough for it.
//!
//! A transaction that was agreed to with a plain yes leaves `default_transaction_read_only` alone, so that the server
//! itself refuses it where that brake was put on in between.

use super::database::Database;
use crate::error::{Error, Result};

/// The protection of a database, with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// `bursar.settings` says so.
    BySetting,
    /// The server is not on this machine, and nothing says that it is unprotected.
    ByDistance,
    /// The address is one of this machine, and the server is not known to be on it.
    Behind,
    /// This role may not read what its settings say.
    Unreadable,
    /// The command takes the protection away, so it wants the name whatever the settings say.
    Unprotecting,
    /// New transactions are read-only, unless they say otherwise.
    Braked,
    /// It is a standby, which takes no writes whatever is confirmed.
    Standby,
    /// It may be written to with a plain yes.
    Open,
}

impl Protection {
    /// True where it counts as somebody's production.
    pub fn is_protected(self) -> bool {
        !matches!(self, Protection::Open | Protection::Braked)
    }

    /// True where a plain yes is not enough.
    pub fn wants_name(self) -> bool {
        self != Protection::Open
    }

    /// The reason, as the end of a sentence.
    pub fn reason(self) -> &'static str {
        match self {
            Protection::BySetting => "its settings say that it is protected",
            Protection::ByDistance => "it is not on this machine, so it counts as protected",
            Protection::Behind => {
                "it is behind a port or a socket of this machine, as of a tunnel or a container, so it counts as protected"
            }
            Protection::Unreadable => "this role may not read its settings, so it counts as protected",
            Protection::Unprotecting => "its protection is taken away only by its name",
            Protection::Braked => "default_transaction_read_only is on, so its new transactions are read-only",
            Protection::Standby => "it is a standby, which only replays what another server writes",
            Protection::Open => "it is not protected",
        }
    }
}

/// The user's consent to a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// `--yes`, or yes at the prompt.
    Yes,
    /// `--confirm NAME`, or the name typed at the prompt.
    Named(String),
}

/// The use of a transaction; it decides what the server allows in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// The server refuses every write.
    Read,
    /// Writes are allowed, also where the server's own setting for new transactions forbids them.
    Write,
    /// Writes are allowed where that setting allows them.
    AsConfigured,
}

/// Proof that a write was agreed to. Only [`Database::permit`] makes one.
#[derive(Debug, Clone)]
pub struct WritePermit(Access);

impl WritePermit {
    /// The access of a transaction that was agreed to so.
    pub(super) fn access(&self) -> Access {
        self.0
    }
}

impl Database {
    /// Refuses what is not done to a protected database, whatever is confirmed; `never` says so, as the end of a
    /// sentence.
    ///
    /// # Errors
    /// The refusal.
    pub fn only_unprotected(&self, protection: Protection, never: &str) -> Result<()> {
        if protection.is_protected() {
            return Err(Error::refused(format!("{} is protected: {}; {never}", self.target, protection.reason())));
        }
        Ok(())
    }

    /// A permit to add a row to bursar's own books, which changes nothing that anybody would be asked about. A brake holds.
    ///
    /// # Errors
    /// Refused at a standby, which takes no writes.
    pub fn permit_record(&self, protection: Protection) -> Result<WritePermit> {
        match protection {
            Protection::Standby => self.permit(protection, &Consent::Yes),
            _ => Ok(WritePermit(Access::AsConfigured)),
        }
    }

    /// Turns the user's consent into a permit to write.
    ///
    /// # Errors
    /// Refused where a protected database was agreed to with a plain yes, or with another name.
    pub fn permit(&self, protection: Protection, consent: &Consent) -> Result<WritePermit> {
        let database = self.target.database();
        if protection == Protection::Standby {
            return Err(Error::refused(format!("{}: {}; nothing was changed", self.target, protection.reason()))
                .hint("name the primary's address"));
        }
        match consent {
            Consent::Named(name) if name == database => Ok(WritePermit(Access::Write)),
            Consent::Named(name) => Err(Error::refused(format!(
                "'{name}' was confirmed, but the database is '{database}'; nothing was changed"
            ))),
            Consent::Yes if !protection.wants_name() => Ok(WritePermit(Access::AsConfigured)),
            Consent::Yes => {
                Err(Error::refused(format!("a plain yes is not enough for {}: {}", self.target, protection.reason()))
                    .hint(format!("add --confirm {database}")))
            }
        }
    }
}
