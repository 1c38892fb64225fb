//! The opening comment of a pack's SQL file, whose errors name the file and the line.

use std::collections::BTreeMap;

use super::sql::Sql;
use crate::error::{Error, Result};
use crate::sql_header::{header, line_of};

/// The header of one query.
pub(super) struct Header<'a> {
    sql: &'a Sql,
    values: BTreeMap<String, String>,
}

impl<'a> Header<'a> {
    /// Reads the header of a query.
    pub fn of(sql: &'a Sql) -> Self {
        Header { sql, values: header(&sql.text) }
    }

    /// The value of a line; none without the line.
    pub fn take(&mut self, key: &str) -> Option<String> {
        self.values.remove(key)
    }

    /// The value of a line.
    ///
    /// # Errors
    /// A usage error without the line.
    pub fn need(&mut self, key: &str) -> Result<String> {
        self.take(key).ok_or_else(|| self.wrong(key, &format!("the header comment lacks `-- {key}: …`")))
    }

    /// The items of a line, which commas separate; none without the line.
    pub fn list(&mut self, key: &str) -> Option<Vec<String>> {
        self.take(key).map(|value| items(&value))
    }

    /// The tables that the query reads.
    ///
    /// # Errors
    /// A usage error without the line, or with a table that is not `known`.
    pub fn need_tables(&mut self, known: impl Fn(&str) -> bool) -> Result<Vec<String>> {
        let tables = items(&self.need("reads")?);
        match tables.iter().find(|table| !known(table)) {
            Some(table) => {
                Err(self.wrong("reads", &format!("reads '{table}', which pack.toml does not list in tables")))
            }
            None => Ok(tables),
        }
    }

    /// An error in the line of a key; in the first line of the file if the header has no such line.
    pub fn wrong(&self, key: &str, why: &str) -> Error {
        Error::usage(format!("{}:{}: {why}", self.sql.file, line_of(&self.sql.text, key).unwrap_or(1)))
    }
}

fn items(value: &str) -> Vec<String> {
    value.split(',').map(|item| item.trim().to_owned()).collect()
}
