//! Domains with a constraint. A table to which a column of one is added is written anew.

use super::relation::Relation;
use super::statement::Statement;
use crate::db::Connection;
use crate::error::Result;

/// The domains that the statements so far have made or changed, each with whether it has a constraint.
#[derive(Debug, Default)]
pub struct Domains {
    made: Vec<(Relation, bool)>,
}

impl Domains {
    /// Takes a statement in.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub(super) async fn follow(
        &mut self,
        connection: &mut Connection,
        path: &[String],
        statement: &Statement<'_>,
    ) -> Result<()> {
        let creates = statement.starts(["CREATE", "DOMAIN"]);
        if !creates && !statement.starts(["ALTER", "DOMAIN"]) {
            return Ok(());
        }
        let Some(name) = statement.relation(2) else { return Ok(()) };
        let mut has = statement.has("CHECK") || statement.pair("NOT", "NULL");
        if creates && !has {
            let behind = if name.schema.is_some() { 5 } else { 3 };
            let base = behind + usize::from(statement.words.get(behind).is_some_and(|word| word == "AS"));
            if let Some(base) = statement.relation(base) {
                has = self.has_constraint(connection, path, &base).await?;
            }
        }
        if creates || has && !statement.has("DROP") {
            self.made.push((name, has));
        }
        Ok(())
    }

    /// True if a type is a domain with a constraint, of its own or of what it is made of.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub(super) async fn has_constraint(
        &self,
        connection: &mut Connection,
        path: &[String],
        named: &Relation,
    ) -> Result<bool> {
        let is_it = |made: &Relation| {
            made.name == named.name && (made.schema == named.schema || made.schema.is_none() || named.schema.is_none())
        };
        if let Some((_, has)) = self.made.iter().rev().find(|(made, _)| is_it(made)) {
            return Ok(*has);
        }
        let has = sqlx::query_scalar(
            "WITH RECURSIVE part AS (
                 (SELECT t.oid, t.typbasetype, t.typnotnull
                    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
                   WHERE n.nspname = ANY ($1) AND t.typname = $2 AND t.typtype = 'd'
                   ORDER BY array_position($1, n.nspname::text) LIMIT 1)
                 UNION ALL
                 SELECT t.oid, t.typbasetype, t.typnotnull FROM part p JOIN pg_catalog.pg_type t ON t.oid = p.typbasetype AND t.typtype = 'd'
             )
             SELECT EXISTS (SELECT FROM part p WHERE p.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contypid = p.oid))",
        )
        .bind(named.schema.as_ref().map_or(path, std::slice::from_ref))
        .bind(&named.name)
        .fetch_one(connection)
        .await?;
        Ok(has)
    }
}
