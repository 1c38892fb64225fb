//! A seal, and what an audit does with one.

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::digest::{Digest, Root};
use crate::error::Result;
use crate::packs::{sealed_table_of, split_key};

const STATES: &str = include_str!("../sql/seal_states.sql");

const STATE: &str = include_str!("../sql/seal_state.sql");

/// The use of a seal in an audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// Trust the newest one, and read only what arrived later.
    Since,
    /// Read again what the one with this root sealed.
    Verify(Digest),
}

/// The mode of a seal: the property that says which entries are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The transaction that wrote them: below the watermark, none can be written any more.
    Arrival,
    /// Their time, where the transactions are not known or are another server's.
    Time,
}

impl Mode {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Arrival => "arrival",
            Mode::Time => "time",
        }
    }
}

/// A seal, as `bursar.seals` holds it.
#[derive(Debug, Clone)]
pub struct Seal {
    /// Number of the seal.
    pub id: i64,
    /// The application.
    pub app: String,
    /// Time of sealing, RFC 3339 with microseconds.
    pub sealed_at: String,
    /// The server that numbered the arrivals, where that could be asked.
    pub system_identifier: Option<String>,
    /// The database's name at that time.
    pub database: String,
    /// The mode, which says which entries are sealed.
    pub mode: Mode,
    /// Entries that arrived in an earlier transaction are sealed.
    pub watermark: Option<u64>,
    /// Entries of an earlier time are sealed, RFC 3339 with microseconds.
    pub sealed_until: Option<String>,
    /// True if the column `content` is part of the digests.
    pub content: bool,
    /// The first seal whose rows belong to the state at this one.
    pub base: i64,
    /// Number of accounts and units.
    pub accounts: i64,
    /// Number of entries.
    pub entries: i64,
    /// The root of the seal before it.
    pub previous: Option<Vec<u8>>,
    /// The root.
    pub root: Vec<u8>,
}

/// The entries that a seal does not cover yet: they stand after its end.
#[derive(Debug, serde::Serialize)]
pub struct Uncovered {
    /// Number of them.
    pub entries: i64,
    /// The reason.
    pub reason: String,
}

/// A seal as a report names it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Reference {
    /// Number of the seal.
    pub id: i64,
    /// Time of sealing, RFC 3339.
    pub sealed_at: String,
    /// The root in hexadecimal digits.
    pub root: String,
    /// The mode, which says which entries are sealed.
    pub mode: Mode,
    /// Number of entries that it sealed.
    pub entries: i64,
    /// Number of entries that arrived after it, if these were read.
    pub arrived_since: Option<i64>,
}

impl Seal {
    /// The end of the sealed entries: a transaction's number or a time, as the mode says.
    pub(super) fn until(&self) -> Option<String> {
        match self.mode {
            Mode::Arrival => self.watermark.map(|w| w.to_string()),
            Mode::Time => self.sealed_until.clone(),
        }
    }

    /// True if it seals the rows of a table, and no ledger.
    pub(super) fn is_of_table(&self) -> bool {
        split_key(&self.app).1.is_some_and(|ledger| sealed_table_of(ledger).is_some())
    }

    /// The root's digest, begun with the facts of this seal.
    pub(super) fn root_digest(&self) -> Root {
        Root::of(&[
            Some(&self.app),
            Some(&self.database),
            self.system_identifier.as_deref(),
            Some(&self.sealed_at),
            Some(self.mode.name()),
            self.until().as_deref(),
            Some(if self.content { "content" } else { "no content" }),
            self.previous.as_deref().map(hex::encode).as_deref(),
        ])
    }

    /// A query of what this seal says of each account and unit, in its own rows and in those before
    /// it, one row each.
    pub(in crate::audit) fn state(&self) -> String {
        // Of one seal, the key of the table has the rows in the order of the root.
        if self.base == self.id {
            return STATE.replace("{seal}", &self.id.to_string());
        }
        let states = states(Some(self));
        format!(
            "SELECT DISTINCT ON (d.account, d.unit) d.* FROM ({states}) d ORDER BY d.account, d.unit, d.seal_id DESC"
        )
    }

    /// The seal as a report names it.
    pub fn reference(&self) -> Reference {
        let Seal { id, sealed_at, root, mode, entries, .. } = self;
        let (sealed_at, root) = (sealed_at.clone(), hex::encode(root));
        Reference { id: *id, sealed_at, root, mode: *mode, entries: *entries, arrived_since: None }
    }

    pub(super) fn read(row: &PgRow) -> Result<Self> {
        let number = |text: Option<String>| text.and_then(|t| t.parse().ok());
        Ok(Seal {
            id: row.try_get("id")?,
            app: row.try_get("app")?,
            sealed_at: row.try_get("sealed_at")?,
            system_identifier: row.try_get("system_identifier")?,
            database: row.try_get("database")?,
            mode: if row.try_get::<String, _>("mode")? == "arrival" { Mode::Arrival } else { Mode::Time },
            watermark: number(row.try_get("watermark")?),
            sealed_until: row.try_get("sealed_until")?,
            content: row.try_get("content")?,
            base: row.try_get("base")?,
            accounts: row.try_get("accounts")?,
            entries: row.try_get("entries")?,
            previous: row.try_get("previous")?,
            root: row.try_get("root")?,
        })
    }
}

/// A query of all rows that make up the state at a seal; none without one.
pub(super) fn states(seal: Option<&Seal>) -> String {
    let number = |n: Option<i64>| n.map_or("NULL".to_owned(), |n| n.to_string());
    STATES.replace("{base}", &number(seal.map(|s| s.base))).replace("{last}", &number(seal.map(|s| s.id)))
}

/// The seal that an audit trusts or verifies, as far as that can be said before it begins.
pub(in crate::audit) struct Chosen {
    pub(in crate::audit) what: Use,
    /// The seal; none where its root is not there, which is a finding.
    pub(in crate::audit) seal: Option<Seal>,
}
