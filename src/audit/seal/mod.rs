//! Seals: what every account's entries were, up to a point that nothing can arrive behind any more.
//!
//! A seal is one digest, its root, over a chained digest of each account's entries in order. Whoever
//! keeps the root outside the database can prove later whether an entry was changed, added or
//! removed, also when every sum still agrees. Entries stream from the server in order, so memory does
//! not grow with them.

mod digest;
mod history;
mod make;
mod source;
mod stream;
mod verify;

use sqlx::Row as _;
use sqlx::postgres::PgRow;

pub use digest::{Digest, hex, parse_root};
pub use history::{History, Line, What, can_record, history, record};
pub use make::{Sealed, make, previous};
pub(super) use verify::{check, described};

use crate::db::{self, Connection, Tx};
use crate::error::{Error, Result};
use crate::packs::{Ledger, Pack};
use digest::Root;
use source::Source;

const SEALS: &str = include_str!("../sql/seals.sql");

const STATES: &str = include_str!("../sql/seal_states.sql");

/// What an audit is to do with a seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// Trust the newest one, and read only what arrived later.
    Since,
    /// Read again what the one with this root sealed.
    Verify(Digest),
}

/// What says which entries are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The transaction that wrote them: below the watermark, none can be written any more.
    Arrival,
    /// Their time, where the transactions are not known or are another server's.
    Time,
}

impl Mode {
    /// As the database writes it.
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
    /// Its number.
    pub id: i64,
    /// The application.
    pub app: String,
    /// When it was made, RFC 3339 with microseconds.
    pub sealed_at: String,
    /// The server that numbered the arrivals, where that could be asked.
    pub system_identifier: Option<String>,
    /// The database's name at that time.
    pub database: String,
    /// What says which entries are sealed.
    pub mode: Mode,
    /// Entries that arrived in an earlier transaction are sealed.
    pub watermark: Option<u64>,
    /// Entries of an earlier time are sealed, RFC 3339 with microseconds.
    pub sealed_until: Option<String>,
    /// Whether the column `content` is part of the digests.
    pub content: bool,
    /// The first seal whose rows belong to the state at this one.
    pub base: i64,
    /// How many accounts and units.
    pub accounts: i64,
    /// How many entries.
    pub entries: i64,
    /// The root of the seal before it.
    pub previous: Option<Vec<u8>>,
    /// Its root.
    pub root: Vec<u8>,
}

/// A seal as a report names it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Reference {
    /// Its number.
    pub id: i64,
    /// When it was made, RFC 3339.
    pub sealed_at: String,
    /// Its root, in hexadecimal digits.
    pub root: String,
    /// What says which entries are sealed.
    pub mode: Mode,
    /// How many entries it sealed.
    pub entries: i64,
    /// How many arrived after it, where these were read.
    pub arrived_since: Option<i64>,
}

impl Seal {
    /// Where the sealed entries end: a transaction's number or a time, as the mode says.
    fn until(&self) -> Option<String> {
        match self.mode {
            Mode::Arrival => self.watermark.map(|w| w.to_string()),
            Mode::Time => self.sealed_until.clone(),
        }
    }

    /// The root's digest, begun with the facts of this seal.
    fn root_digest(&self) -> Root {
        Root::of(&[
            Some(&self.app),
            Some(&self.database),
            self.system_identifier.as_deref(),
            Some(&self.sealed_at),
            Some(self.mode.name()),
            self.until().as_deref(),
            Some(if self.content { "content" } else { "no content" }),
            self.previous.as_deref().map(hex).as_deref(),
        ])
    }

    /// A query of what this seal says of each account and unit, in its own rows and in those before
    /// it, one row each.
    pub(super) fn state(&self) -> String {
        let states = states(Some(self));
        if self.base == self.id {
            return states;
        }
        format!(
            "SELECT DISTINCT ON (d.account, d.unit) d.* FROM ({states}) d ORDER BY d.account, d.unit, d.seal_id DESC"
        )
    }

    /// As a report names it.
    pub fn reference(&self) -> Reference {
        let Seal { id, sealed_at, root, mode, entries, .. } = self;
        let (sealed_at, root) = (sealed_at.clone(), hex(root));
        Reference { id: *id, sealed_at, root, mode: *mode, entries: *entries, arrived_since: None }
    }

    fn read(row: &PgRow) -> Result<Self> {
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
fn states(seal: Option<&Seal>) -> String {
    let number = |n: Option<i64>| n.map_or("NULL".to_owned(), |n| n.to_string());
    STATES.replace("{base}", &number(seal.map(|s| s.base))).replace("{last}", &number(seal.map(|s| s.id)))
}

/// The newest seal of an application, or the one with this root, where there is one.
async fn find(connection: &mut Connection, app: &str, root: Option<&Digest>) -> Result<Option<Seal>> {
    let row = sqlx::query(SEALS).bind(app).bind(root.map(Digest::as_slice)).fetch_optional(connection).await?;
    row.as_ref().map(Seal::read).transpose()
}

/// The ledger of a pack, and a database that can hold seals.
///
/// # Errors
/// Usage errors: the application keeps no ledger, or bursar's own schema is missing or older.
async fn ready<'p>(connection: &mut Connection, pack: &'p Pack) -> Result<&'p Ledger> {
    let ledger = pack.ledger.as_ref().ok_or_else(|| {
        Error::usage(format!("{} keeps no ledger, so there is nothing to seal", pack.name)).hint("bursar audit list")
    })?;
    exists(connection, "bursar.sealed_accounts", "seals").await?;
    Ok(ledger)
}

/// Refuses where bursar's own schema lacks a table, and says how it gets it.
async fn exists(connection: &mut Connection, table: &str, what: &str) -> Result<()> {
    if db::relation_exists(connection, table).await? {
        return Ok(());
    }
    Err(Error::usage(format!("this database cannot hold {what}: {table} is missing")).hint(crate::store::UPGRADE))
}

/// The seal that an audit trusts or verifies, as far as that can be said before it begins.
pub(super) struct Chosen {
    pub(super) what: Use,
    /// The seal; none where its root is not there, which is a finding.
    pub(super) seal: Option<Seal>,
}

/// Finds the seal that an audit was asked to use.
///
/// # Errors
/// As [`ready`]; and where the newest seal cannot be trusted for what arrived later, with the reason.
pub(super) async fn choose(tx: &mut Tx, pack: &Pack, what: &Use) -> Result<Chosen> {
    let ledger = ready(tx, pack).await?;
    let seal = match what {
        Use::Verify(root) => find(tx, &pack.name, Some(root)).await?,
        Use::Since => {
            let seal = find(tx, &pack.name, None).await?.ok_or_else(|| {
                Error::usage(format!("there is no seal of {} to trust", pack.name)).hint("bursar audit seal")
            })?;
            let source = Source::describe(tx, ledger).await?;
            if let Some(reason) = source.why_not_since(tx, &seal).await? {
                return Err(Error::usage(format!(
                    "--since-seal cannot tell what arrived after seal {}: {reason}",
                    seal.id
                ))
                .hint("audit everything (`bursar audit`), or verify a seal with --verify-seal ROOT"));
            }
            Some(seal)
        }
    };
    Ok(Chosen { what: what.clone(), seal })
}
