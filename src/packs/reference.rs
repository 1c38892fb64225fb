//! A reference that no foreign key can promise, such as an id inside JSON.

use serde::Deserialize;

use crate::db::{quote_identifier, quote_literal};

/// `[[references]]` of `pack.toml`, as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReferenceManifest {
    /// `table.column`, with the keys inside JSON after it.
    pub from: String,
    /// `table.column`.
    pub to: String,
    /// The column that names a row of the table.
    #[serde(default = "id")]
    pub key: String,
}

fn id() -> String {
    "id".to_owned()
}

/// A column, or a place inside its JSON, that names a row of another table.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The table that refers.
    pub table: String,
    /// Its column, and the keys inside its JSON.
    path: Vec<String>,
    /// The table that is referred to.
    pub to_table: String,
    /// Its column.
    pub to_column: String,
    /// The column that names a row of the table that refers.
    pub key: String,
}

impl Reference {
    /// Reads a reference; the reason why not where it is none.
    pub(super) fn of(manifest: &ReferenceManifest, tables: &[String]) -> Result<Self, String> {
        let parts = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let (mut from, to) = (parts(&manifest.from), parts(&manifest.to));
        if from.len() < 2 || to.len() != 2 || from.iter().chain(&to).any(String::is_empty) {
            return Err(format!(
                "[[references]] from = \"{}\", to = \"{}\" are not of the forms table.column or table.column.key, and table.column",
                manifest.from, manifest.to
            ));
        }
        let (table, to_table, to_column) = (from.remove(0), to[0].clone(), to[1].clone());
        if let Some(table) = [&table, &to_table].into_iter().find(|table| !tables.contains(table)) {
            return Err(format!("[[references]] names the table '{table}', which is not listed in tables"));
        }
        Ok(Reference { table, path: from, to_table, to_column, key: manifest.key.clone() })
    }

    /// The column, as findings name it.
    pub fn column(&self) -> String {
        self.path.join(".")
    }

    /// The value in a row of this name, in SQL. What JSON holds may be written in another case, or with spaces around it,
    /// and an empty text names nothing.
    pub fn value(&self, row: &str) -> String {
        let column = format!("{row}.{}", quote_identifier(&self.path[0]));
        match &self.path[1..] {
            [] => column,
            keys => {
                let keys: Vec<String> = keys.iter().map(|key| quote_literal(key)).collect();
                format!("nullif(lower(btrim({column} #>> ARRAY[{}]::text[])), '')", keys.join(", "))
            }
        }
    }

    /// The condition in SQL that a row of this name refers to something. A list or an object in JSON is no reference.
    pub fn given(&self, row: &str) -> String {
        let value = self.value(row);
        if self.path.len() == 1 { format!("{value} IS NOT NULL") } else { format!("{value} !~ '^[[{{]'") }
    }

    /// A query that tries the reference on so many rows: one array of the numbers of rows, and of those that refer to something.
    pub(super) fn trial(&self, rows: usize) -> String {
        let [from, to] = [&self.table, &self.to_table].map(|table| quote_identifier(table));
        format!(
            "SELECT ARRAY[count(*)::text, count(*) FILTER (WHERE {})::text]
               FROM (SELECT f.*, f.{}::text AS bursar_key, EXISTS (SELECT FROM {to} AS p WHERE {} = {}) AS bursar_met
                       FROM {from} AS f LIMIT {rows}) AS f",
            self.given("f"),
            quote_identifier(&self.key),
            self.target("p"),
            self.value("f"),
        )
    }

    /// What that value is compared with, in a row of the target of this name.
    pub fn target(&self, row: &str) -> String {
        let column = format!("{row}.{}", quote_identifier(&self.to_column));
        if self.path.len() == 1 { column } else { format!("lower({column}::text)") }
    }
}
