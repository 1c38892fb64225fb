//! Words that only the database knows, such as the statuses of its payments. A word that nothing is written with is a
//! mistake, and not a question whose answer is "none".

use sqlx::AssertSqlSafe;

use crate::db::Connection;
use crate::error::{Error, Result};
use crate::packs::Sql;
use crate::text::escape;

/// The number of words that a message names.
const NAMED: usize = 20;

/// True where a row of the query has this word in the column, in whatever case where `any_case` says so. The column's name
/// is one of this program's own.
///
/// # Errors
/// If the query does not fit the database.
pub async fn occurs(
    connection: &mut Connection,
    query: &Sql,
    column: &str,
    word: &str,
    any_case: bool,
) -> Result<bool> {
    let compared = if any_case {
        format!("pg_catalog.lower(k.{column}::text) = pg_catalog.lower($1)")
    } else {
        format!("k.{column}::text = $1")
    };
    let sql = format!("SELECT EXISTS (SELECT FROM ({}\n) k WHERE {compared})", query.text);
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(word).fetch_one(connection).await?)
}

/// Refuses a word that is in no row of the query, and that neither an enum nor a constraint of the column that it is
/// taken from allows. Where there is no row, nothing tells what is a word.
///
/// # Errors
/// A usage error with the words that there are.
pub async fn require(
    connection: &mut Connection,
    query: &Sql,
    column: &str,
    word: &str,
    any_case: bool,
    what: &str,
) -> Result<()> {
    const ALLOWED: &str = "
        WITH named AS (SELECT c.oid FROM pg_catalog.pg_class c
                        WHERE pg_catalog.pg_table_is_visible(c.oid) AND pg_catalog.strpos($2, c.relname::text) > 0),
             meant AS (SELECT a.attrelid, a.attnum, a.atttypid FROM named n
                         JOIN pg_catalog.pg_attribute a ON a.attrelid = n.oid AND a.attnum > 0
                        WHERE a.attname::text = $3
                           OR pg_catalog.strpos($2, a.attname::text || ' AS ' || $3) > 0
                           OR pg_catalog.strpos($2, a.attname::text || '::text AS ' || $3) > 0)
        SELECT EXISTS (SELECT FROM meant m JOIN pg_catalog.pg_enum e ON e.enumtypid = m.atttypid
                        WHERE e.enumlabel::text = $1)
            OR EXISTS (SELECT FROM meant m JOIN pg_catalog.pg_constraint o ON o.conrelid = m.attrelid
                        WHERE o.contype = 'c' AND m.attnum = ANY (o.conkey)
                          AND pg_catalog.strpos(pg_catalog.pg_get_constraintdef(o.oid), pg_catalog.quote_literal($1)) > 0)";
    if occurs(connection, query, column, word, any_case).await? {
        return Ok(());
    }
    let asked = sqlx::query_scalar(ALLOWED).bind(word).bind(&query.text).bind(column);
    let allowed: bool = asked.fetch_one(&mut *connection).await?;
    if allowed {
        return Ok(());
    }
    let sql = format!(
        "SELECT DISTINCT k.{column}::text FROM ({}\n) k WHERE k.{column} IS NOT NULL ORDER BY 1 LIMIT {}",
        query.text,
        NAMED + 1
    );
    let words: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *connection).await?;
    if words.is_empty() { Ok(()) } else { Err(unknown(what, word, &words)) }
}

/// There is no such word: which ones there are.
pub fn unknown<W: AsRef<str>>(what: &str, word: &str, words: &[W]) -> Error {
    // What the database holds must not make lines of its own.
    let mut named: Vec<String> = words.iter().take(NAMED).map(|w| escape(w.as_ref()).into_owned()).collect();
    if words.len() > NAMED {
        named.push("and more".to_owned());
    }
    Error::usage(format!("{what} '{word}'")).hint(format!("there are {}", named.join(", ")))
}
