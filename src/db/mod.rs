//! The shared connection module: every connection to a target database is opened here.
//!
//! A [`Database`] is where to connect and how patiently. A read is a transaction that the server
//! itself holds read-only ([`Database::read`]); a write needs a [`WritePermit`], which only
//! [`Database::permit`] hands out, after the protection of the database was looked at. All settings
//! are made with `SET LOCAL` inside explicit transactions, and nothing is prepared under a name, so
//! that nothing leaks through a transaction pooler; only [`Database::session`], for migrations, holds
//! a session of its own, and refuses to do so through one.

mod auth;
mod cancel;
mod certificate;
mod classify;
mod connection;
mod database;
mod guard;
mod host;
mod keepalive;
mod libpq;
mod notices;
mod parameters;
mod passfile;
mod pins;
mod place;
mod planted;
mod pooler;
mod protection;
mod quote;
mod replica;
mod require_auth;
mod running;
mod savepoint;
mod service;
mod session_attrs;
pub mod sqlstate;
mod target;
mod tls;
mod transaction;
mod uri;
mod visibility;
mod waits;

pub use classify::{NO_PRIVILEGE, cut, kind_of};
pub use connection::{Connection, asked, waiting};
pub use database::{
    Database, Limits, OF_A_TABLE, blockers, is_unanswered, lock_holder, position, relation_exists, writable_exists,
};
pub use guard::{Consent, Protection, WritePermit};
pub use notices::{Notice, notices};
pub use pins::configured_path;
pub(crate) use pins::{ours, own_path, path_of, pinning};
pub use place::Place;
pub use planted::{Look, Planted, look};
pub use quote::{quote_identifier, quote_literal};
pub(crate) use replica::{REPLICA_LAG, replica};
pub use running::Work;
pub(crate) use savepoint::{brief, guarded};
pub use target::{Request, Target, resolve, resolve_url};
pub(crate) use transaction::settled;
pub use transaction::{Series, Session, Tx};
pub use visibility::{auditor_reads_all, helping_roles, may_become_auditor, may_hide, see_all, seeing_all};
pub use waits::{Holder, holder};
