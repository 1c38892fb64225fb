//! Rows of some accounts, all of each account's, to try guesses on.

use std::collections::HashMap;

use super::catalogue::{Catalogue, Table};
use super::exact::exact;
use super::places::{Account, Join};
use crate::db::Connection;
use crate::error::Result;
use crate::packs::asked::{Untried, texts};

/// The accounts of a sample, and the entries in all.
const ACCOUNTS: usize = 200;
pub(super) const ROWS: usize = 20_000;

/// Rows of one table: a text for each column, none for NULL and for what is not looked at.
#[derive(Debug, Default)]
pub(super) struct Sample {
    pub rows: Vec<Vec<Option<String>>>,
    /// The accounts whose rows are all here.
    pub accounts: HashMap<String, usize>,
}

impl Sample {
    pub fn text(&self, row: usize, column: usize) -> Option<&str> {
        self.rows[row][column].as_deref()
    }

    pub fn number(&self, row: usize, column: usize) -> Option<i128> {
        self.text(row, column).and_then(exact)
    }

    /// The different values of a column, sorted; none where there are more than so many, or a NULL.
    pub fn words(&self, column: usize, most: usize) -> Option<Vec<String>> {
        let mut words: Vec<String> = Vec::new();
        for row in &self.rows {
            let word = row[column].as_ref()?;
            if !words.contains(word) {
                words.push(word.clone());
                if words.len() > most {
                    return None;
                }
            }
        }
        words.sort_unstable();
        Some(words)
    }

    /// The account that a row of balances is of, as entries name it.
    pub fn owner(&self, row: usize, join: &Join) -> Option<String> {
        let key = self.text(row, join.account)?;
        match join.kind {
            Some(scope) if join.scoped => Some(scoped(key, self.text(row, scope))),
            Some(kind) => Some(format!("{}/{key}", self.text(row, kind)?)),
            None => Some(key.to_owned()),
        }
    }

    /// The account that a row of entries names.
    pub fn account(&self, row: usize, account: &Account) -> Option<String> {
        match account {
            Account::One(column) | Account::Pair(column, _) => self.text(row, *column).map(str::to_owned),
            Account::Mixed(kind, key) => Some(format!("{}/{}", self.text(row, *kind)?, self.text(row, *key)?)),
            Account::Scoped(name, scope) => Some(scoped(self.text(row, *name)?, self.text(row, *scope))),
        }
    }

    /// The value that rows of entries are drawn by: rows with the same value are all in the sample, or cut together.
    fn drawn_by(&self, row: usize, account: &Account) -> Option<String> {
        match account {
            Account::Mixed(_, key) => self.text(row, *key).map(str::to_owned),
            _ => self.account(row, account),
        }
    }
}

/// The name of an account in a scope, as [`scoped_sql`] has it.
fn scoped(name: &str, scope: Option<&str>) -> String {
    scope.map_or_else(|| name.to_owned(), |scope| format!("{name}/{scope}"))
}

/// The name of an account in a scope, which may be NULL, in SQL.
pub(super) fn scoped_sql(table: &Table, alias: &str, name: usize, scope: usize) -> String {
    let column = |column: usize| format!("{alias}.{}", table.columns[column].quoted());
    format!("concat_ws('/', {}, {})", column(name), column(scope))
}

fn array(table: &Table, alias: &str) -> String {
    let columns: Vec<String> =
        table.columns.iter().map(|c| c.as_text(alias).unwrap_or_else(|| "NULL::text".to_owned())).collect();
    format!("ARRAY[{}]::text[]", columns.join(", "))
}

/// The query of some accounts with all their entries.
fn of_some_accounts(catalogue: &Catalogue, table: &Table, account: &Account) -> String {
    let (from, rows) = (catalogue.qualified(table), array(table, "e"));
    let name = |column: usize| format!("e.{}", crate::db::quote_identifier(&table.columns[column].name));
    let some = |name: &str| format!("SELECT {name} FROM {from} e WHERE {name} IS NOT NULL LIMIT {ROWS}");
    let single = |name: String| {
        format!(
            "WITH few AS MATERIALIZED (SELECT DISTINCT s.a FROM ({}) s (a) LIMIT {ACCOUNTS})
             SELECT {rows} FROM -- The accounts with few entries come first, so that many fit in.
                                (SELECT e.*, count(*) OVER (PARTITION BY {name}) AS bursar_entries FROM {from} e
                                  WHERE {name} IN (SELECT f.a FROM few f)) e
              ORDER BY e.bursar_entries, {name} LIMIT {ROWS}",
            some(&name),
        )
    };
    match account {
        Account::One(column) | Account::Mixed(_, column) => single(name(*column)),
        Account::Scoped(column, scope) => single(scoped_sql(table, "e", *column, *scope)),
        Account::Pair(one, other) => format!(
            "WITH few AS MATERIALIZED (SELECT DISTINCT s.a FROM (({}) UNION ALL ({})) s (a) LIMIT {ACCOUNTS})
             SELECT {rows} || ({2} IN (SELECT f.a FROM few f))::text || ({3} IN (SELECT f.a FROM few f))::text
               FROM {from} e WHERE {2} IN (SELECT f.a FROM few f) OR {3} IN (SELECT f.a FROM few f) LIMIT {ROWS}",
            some(&name(*one)),
            some(&name(*other)),
            name(*one),
            name(*other)
        ),
    }
}

/// Some accounts with all their entries.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn entries(
    connection: &mut Connection,
    catalogue: &Catalogue,
    table: &Table,
    account: &Account,
) -> Result<std::result::Result<Sample, Untried>> {
    let rows = match texts(connection, &of_some_accounts(catalogue, table, account), &[]).await? {
        Ok(rows) => rows,
        Err(untried) => return Ok(Err(untried)),
    };
    let mut sample = Sample { rows, accounts: HashMap::new() };
    let whole = sample.rows.len() < ROWS;
    if !whole && account.is_pair() {
        // The rows of an unsorted sample may be anybody's.
        return Ok(Err(Untried::Slow));
    }
    // The rows that come last may go on.
    let last = sample.rows.len().checked_sub(1).filter(|_| !whole).and_then(|row| sample.drawn_by(row, account));
    let mut names: Vec<String> = Vec::new();
    for row in 0..sample.rows.len() {
        match account {
            Account::Pair(one, other) => {
                for (column, known) in [(*one, table.columns.len()), (*other, table.columns.len() + 1)] {
                    if sample.text(row, known) == Some("true") {
                        names.extend(sample.text(row, column).map(str::to_owned));
                    }
                }
            }
            _ if last.is_some() && sample.drawn_by(row, account) == last => {}
            _ => names.extend(sample.account(row, account)),
        }
    }
    for name in names {
        let next = sample.accounts.len();
        sample.accounts.entry(name).or_insert(next);
    }
    Ok(Ok(sample))
}

/// The rows of these accounts in another table.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn of_accounts(
    connection: &mut Connection,
    catalogue: &Catalogue,
    table: &Table,
    column: usize,
    accounts: &[String],
) -> Result<std::result::Result<Sample, Untried>> {
    let key = &table.columns[column];
    let name = format!("b.{}", crate::db::quote_identifier(&key.name));
    // Texts of another type are compared as texts.
    let among = match key.base.as_str() {
        "int2" | "int4" | "int8" => format!("{name} = ANY ($1::text[]::int8[])"),
        "uuid" | "text" | "varchar" => format!("{name} = ANY ($1::text[]::{}[])", key.base),
        _ => format!("{name}::text = ANY ($1::text[])"),
    };
    among_rows(connection, catalogue, table, &among, accounts).await
}

/// The rows of these keys of accounts, as entries name them, in a table of balances.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn of_join(
    connection: &mut Connection,
    catalogue: &Catalogue,
    join: &Join,
    keys: &[String],
) -> Result<std::result::Result<Sample, Untried>> {
    let table = &catalogue.tables[join.table];
    match join.kind.filter(|_| join.scoped) {
        Some(scope) => {
            let among = format!("{} = ANY ($1::text[])", scoped_sql(table, "b", join.account, scope));
            among_rows(connection, catalogue, table, &among, keys).await
        }
        None => of_accounts(connection, catalogue, table, join.account, keys).await,
    }
}

async fn among_rows(
    connection: &mut Connection,
    catalogue: &Catalogue,
    table: &Table,
    among: &str,
    accounts: &[String],
) -> Result<std::result::Result<Sample, Untried>> {
    let sql = format!("SELECT {} FROM {} b WHERE {among} LIMIT {ROWS}", array(table, "b"), catalogue.qualified(table));
    Ok(texts(connection, &sql, accounts).await?.map(|rows| Sample { rows, accounts: HashMap::new() }))
}
