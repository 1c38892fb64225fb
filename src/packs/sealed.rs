//! The tables beside the ledger whose rows can be sealed: each is sealed as a ledger is, with a row for an entry.

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::model::{Ledger, Order, Pack};
use super::sql::Sql;
use crate::db::{quote_identifier, quote_literal};
use crate::error::{Error, Kind, Result};

/// The prefix of the name of such a ledger. No ledger of a pack has a colon in its name.
const PREFIX: &str = "table:";

/// The mark between the table and the digest of its columns.
const MARK: char = '#';

/// The table whose rows are sealed under this name of a ledger; none for a ledger.
pub fn table_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix(PREFIX)?;
    Some(rest.rsplit_once(MARK).map_or(rest, |(table, _)| table))
}

/// The application and the ledger in the key of a seal, which [`Pack::key`] makes.
pub fn split_key(key: &str) -> (&str, Option<&str>) {
    key.split_once('/').map_or((key, None), |(app, ledger)| (app, Some(ledger)))
}

/// `[seal]` of `pack.toml`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SealManifest {
    tables: Vec<TableManifest>,
}

/// `[[seal.tables]]` of `pack.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableManifest {
    /// The table.
    table: String,
    /// The columns that never change once a row is there.
    columns: Vec<String>,
    /// The column that names a row.
    #[serde(default = "id")]
    key: String,
    /// The time at which a row was added.
    #[serde(default = "created_at")]
    at: String,
}

fn id() -> String {
    "id".to_owned()
}

fn created_at() -> String {
    "created_at".to_owned()
}

impl SealManifest {
    /// The tables as ledgers; the reason why not where one is wrong. `file` is the name of the manifest.
    pub(super) fn ledgers(&self, known: &[String], file: &str) -> std::result::Result<Vec<Ledger>, String> {
        let mut seen: Vec<&str> = Vec::new();
        for TableManifest { table, columns, key, at } in &self.tables {
            if !known.contains(table) {
                return Err(format!("[[seal.tables]] names the table '{table}', which is not listed in tables"));
            }
            if seen.contains(&table.as_str()) {
                return Err(format!("[[seal.tables]] names the table '{table}' twice"));
            }
            if columns.is_empty() || columns.iter().chain([key, at]).any(String::is_empty) {
                return Err(format!(
                    "[[seal.tables]] of the table '{table}' has a column without a name, or no columns"
                ));
            }
            seen.push(table);
        }
        Ok(self.tables.iter().map(|table| table.ledger(file)).collect())
    }
}

impl TableManifest {
    /// The digest of the columns that are sealed. Other columns are another chain of seals.
    fn print(&self) -> String {
        let mut hash = Sha256::new();
        for column in [&self.key, &self.at].into_iter().chain(&self.columns) {
            hash.update(column);
            hash.update([0]);
        }
        hex::encode(&hash.finalize()[..8])
    }

    fn ledger(&self, file: &str) -> Ledger {
        let column = |name: &String| format!("r.{}", quote_identifier(name));
        let content: Vec<String> = self.columns.iter().map(column).collect();
        // Each row is an account of its own, so that a finding names the row.
        let text = format!(
            "SELECT {key} AS entry_id, {key} AS account, {unit}::text AS unit, 1 AS delta, NULL::numeric AS running, {at} AS at, \
             NULL::bigint AS seq, NULL::xid8 AS arrival, NULL::text AS kind, NULL::text AS ref, \
             jsonb_build_array({content}) AS content FROM {table} AS r",
            key = column(&self.key),
            unit = quote_literal(&self.table),
            at = column(&self.at),
            content = content.join(", "),
            table = quote_identifier(&self.table),
        );
        Ledger {
            name: Some(format!("{PREFIX}{}{MARK}{}", self.table, self.print())),
            entries: Sql { file: file.to_owned(), text },
            balances: None,
            reads: vec![self.table.clone()],
            rows_of: None,
            running: false,
            order: Order::At,
            balanced: false,
            recompute: false,
        }
    }
}

impl Ledger {
    /// The table whose rows are sealed as if they were a ledger; none for a ledger.
    pub fn sealed_table(&self) -> Option<&str> {
        self.name.as_deref().and_then(table_of)
    }

    /// The query of how many rows of a sealed table have no key, and how many keys name several rows, as texts. The key is
    /// compared as it is sealed. With a number, only so many rows are read.
    pub fn wrong_keys(&self, rows: Option<usize>) -> String {
        let limit = rows.map(|rows| format!(" LIMIT {rows}")).unwrap_or_default();
        format!(
            "SELECT ARRAY[coalesce(sum(k.rows) FILTER (WHERE k.key IS NULL), 0)::text, \
                          (count(*) FILTER (WHERE k.rows > 1 AND k.key IS NOT NULL))::text] \
               FROM (SELECT q.key, count(*) AS rows FROM (SELECT x.account::text AS key FROM ({}\n) AS x{limit}) AS q GROUP BY 1) AS k",
            self.entries.text
        )
    }

    /// The reason why the rows of the sealed table cannot be told apart, by the answer to [`Ledger::wrong_keys`].
    pub fn why_not_keyed(&self, counts: &[impl AsRef<str>]) -> Option<String> {
        let [nulls, doubled] = counts else { return None };
        let mut why = Vec::new();
        if nulls.as_ref() != "0" {
            why.push(format!("is NULL in {} of its rows", nulls.as_ref()));
        }
        if doubled.as_ref() != "0" {
            why.push(format!("has {} values that are there more than once", doubled.as_ref()));
        }
        let table = self.sealed_table()?;
        (!why.is_empty()).then(|| format!("the key of the table {table} in [[seal.tables]] {}", why.join(" and ")))
    }
}

impl Pack {
    /// The table whose rows are sealed, where this is the part of a pack that is about them.
    pub fn sealed_table(&self) -> Option<&str> {
        self.ledger.as_ref().and_then(Ledger::sealed_table)
    }

    /// Refuses the key of a table's seal that the manifest no longer describes: what it digested cannot be read again.
    ///
    /// # Errors
    /// Incomplete, with the reason.
    pub fn require_as_sealed(&self, key: &str) -> Result<()> {
        let Some(table) = key.strip_prefix(&self.name).and_then(|rest| table_of(rest.strip_prefix('/')?)) else {
            return Ok(());
        };
        let tables = self.sealed_tables();
        if tables.iter().any(|sealed| sealed.key() == key) {
            return Ok(());
        }
        let named = tables.iter().any(|sealed| sealed.sealed_table() == Some(table));
        let why = if named { "names other columns of it now" } else { "does not name it any more" };
        Err(Error::new(
            Kind::Incomplete,
            format!("a seal of the table {table} of {} cannot be verified: [[seal.tables]] {why}", self.name),
        )
        .hint(format!(
            "to verify it, describe the table in pack.toml as it was then; to seal what is described now: bursar audit seal{} --tables",
            self.seal_flag()
        )))
    }
}
