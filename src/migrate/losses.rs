//! The rows that taking migrations back would lose, as far as the text tells.

use sqlx::AssertSqlSafe;

use super::model::Direction;
use super::relation::Relation;
use super::source::Migration;
use super::statement::Statement;
use crate::db::{Connection, configured_path};
use crate::error::Result;

/// Rows are counted up to this many.
const MOST: i64 = 1_000_000;

/// A table whose rows would be lost.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Loss {
    /// The table, with its schema.
    pub table: String,
    /// Number of its rows; none where this role may not count them all.
    pub rows: Option<i64>,
    /// True if there are more rows than were counted.
    pub more: bool,
}

/// The tables with rows that the ways back drop or empty by name. What a block of code or a cascade drops is not among them.
///
/// # Errors
/// If the server cannot be asked.
pub async fn losses(connection: &mut Connection, migrations: &[&Migration]) -> Result<Vec<Loss>> {
    let path = configured_path(connection).await?;
    let mut losses: Vec<Loss> = Vec::new();
    for migration in migrations {
        let statements = migration.script(Direction::Down)?.statements();
        for named in statements.iter().flat_map(lost) {
            let schemas = named.schema.as_ref().map_or(&path[..], std::slice::from_ref);
            let found: Option<(String, bool)> = sqlx::query_as(
                "SELECT format('%I.%I', n.nspname, c.relname), has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid)
                   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname = ANY ($1) AND c.relname = $2
                  ORDER BY array_position($1, n.nspname::text) LIMIT 1",
            )
            .bind(schemas)
            .bind(&named.name)
            .fetch_optional(&mut *connection)
            .await?;
            let Some((table, counts)) = found else { continue };
            if losses.iter().any(|loss| loss.table == table) {
                continue;
            }
            let rows: Option<i64> = match counts {
                false => None,
                true => {
                    let sql = format!("SELECT count(*) FROM (SELECT FROM {table} LIMIT {MOST} + 1) AS rows");
                    Some(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *connection).await?)
                }
            };
            if rows != Some(0) {
                let more = rows.is_some_and(|rows| rows > MOST);
                losses.push(Loss { table, rows: rows.map(|rows| rows.min(MOST)), more });
            }
        }
    }
    Ok(losses)
}

/// The tables that a statement drops or empties.
fn lost(statement: &Statement<'_>) -> Vec<Relation> {
    let drops = statement.starts(["DROP", "TABLE"]) || statement.starts(["DROP", "MATERIALIZED", "VIEW"]);
    if !drops && !statement.starts(["TRUNCATE"]) && !statement.starts(["DELETE", "FROM"]) {
        return Vec::new();
    }
    statement.named(&["DROP", "TRUNCATE", "DELETE", "FROM", "MATERIALIZED", "VIEW", "TABLE", "IF", "EXISTS", "ONLY"])
}

#[cfg(test)]
mod tests {
    use super::lost;
    use crate::migrate::script::Script;

    #[test]
    fn the_tables_that_lose_their_rows_are_those_that_are_named() {
        for (sql, names) in [
            ("DROP TABLE a", "a"),
            ("DROP TABLE IF EXISTS s.a, \"B c\" CASCADE", "s.a B c"),
            ("TRUNCATE ONLY a, b RESTART IDENTITY", "a b"),
            ("DELETE FROM a WHERE x = 1", "a"),
            ("DROP MATERIALIZED VIEW v", "v"),
            ("DROP VIEW v", ""),
            ("DROP INDEX i", ""),
        ] {
            let script = Script::new(String::new(), sql.to_owned());
            let found: Vec<String> = script.statements().iter().flat_map(lost).map(|name| name.to_string()).collect();
            assert_eq!(found.join(" "), names, "{sql}");
        }
    }
}
