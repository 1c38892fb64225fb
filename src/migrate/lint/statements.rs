//! Statements that stop everybody, change every row or open a table to everybody, each by its words alone.

use std::collections::BTreeSet;

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode as _};

use super::model::{Found, Level};
use super::place::Span;
use crate::migrate::depth::is_too_deep;
use crate::migrate::relation::Relation;
use crate::migrate::statement::Statement;

/// What the files so far have made, as far as these rules ask.
#[derive(Default)]
pub(super) struct Made {
    partitioned: BTreeSet<Relation>,
    /// The domains with a constraint.
    bounded: BTreeSet<Relation>,
}

impl Made {
    /// The hits of one file.
    pub fn follow(&mut self, statements: &[Statement<'_>]) -> Vec<Found> {
        // Nobody uses yet what the file itself makes.
        let mut new = BTreeSet::new();
        let mut hits = Vec::new();
        for statement in statements {
            if let Some(table) = statement.creates_table().map(Relation::known) {
                if statement.pair("PARTITION", "BY") {
                    self.partitioned.insert(table.clone());
                }
                new.insert(table);
            }
            self.bounded.extend(self.bounded_domain(statement));
            if statement.starts(["CREATE", "MATERIALIZED", "VIEW"]) {
                new.extend(statement.relation(3).map(Relation::known));
            }
            let Some((rule, message, help)) = self.told(statement, &new) else { continue };
            let level = if rule == PARTITIONED { Level::Error } else { Level::Warning };
            let span = Span { start: statement.at, end: statement.at + statement.text.len() };
            hits.push(Found::ours(rule, level, span, message.to_owned(), help));
        }
        hits
    }

    /// The domain to which the statement gives a constraint, of its own or of another domain.
    fn bounded_domain(&self, statement: &Statement<'_>) -> Option<Relation> {
        let creates = statement.starts(["CREATE", "DOMAIN"]);
        if !creates && !statement.starts(["ALTER", "DOMAIN"]) || statement.has("DROP") {
            return None;
        }
        let of_another = |at: usize| statement.relation(at).is_some_and(|base| self.bounded.contains(&base.known()));
        let is_bounded = statement.has("CHECK")
            || statement.pair("NOT", "NULL")
            || creates && (3..statement.words.len()).any(of_another);
        statement.relation(2).filter(|_| is_bounded).map(Relation::known)
    }

    /// True if the statement adds a column of such a domain.
    fn adds_bounded(&self, statement: &Statement<'_>) -> bool {
        let skipped = |word: &&str| matches!(*word, "COLUMN" | "IF" | "NOT" | "EXISTS");
        let is_of = |add: usize| {
            let words = statement.words[add + 1..].iter().map(AsRef::as_ref);
            let ty = add + 2 + words.take_while(skipped).count();
            let behind = if statement.words.get(ty + 1).is_some_and(|word| word == ".") { 3 } else { 1 };
            // An array of it has no constraint.
            statement.words.get(ty + behind).is_none_or(|word| word != "[")
                && statement.relation(ty).is_some_and(|ty| self.bounded.contains(&ty.known()))
        };
        let is_constraint = |add: usize| statement.words.get(add + 1).is_some_and(|word| word == "CONSTRAINT");
        statement.words.iter().enumerate().any(|(at, word)| word == "ADD" && !is_constraint(at) && is_of(at))
    }

    fn told(
        &self,
        statement: &Statement<'_>,
        new: &BTreeSet<Relation>,
    ) -> Option<(&'static str, &'static str, &'static str)> {
        let is_new = |skipped: &[&str]| statement.target(skipped).is_some_and(|table| new.contains(&table));
        let of_table = statement.starts(["ALTER", "TABLE"]) && !is_new(&["ALTER", "TABLE", "IF", "EXISTS", "ONLY"]);
        Some(if writes_all(statement, new) {
            (
                "write-without-where",
                "The statement changes every row of the table.",
                "Say which rows in a WHERE, `WHERE true` if all are meant; change many rows in batches.",
            )
        } else if statement.begins_with("TRUNCATE") && !is_new(&["TRUNCATE", "TABLE", "ONLY"]) {
            (
                "truncate",
                "The statement deletes every row of the table, and nobody can read it meanwhile.",
                "Leave it out, or delete the rows that are meant.",
            )
        } else if statement.begins_with("VACUUM") && statement.has("FULL")
            || statement.begins_with("CLUSTER") && !is_new(&["CLUSTER", "VERBOSE"])
        {
            (
                "vacuum-full",
                "The statement writes the table anew, and nobody can read or write it meanwhile.",
                "Leave it out: VACUUM makes the room usable again, and pg_repack gives it back while others work.",
            )
        } else if statement.begins_with("LOCK")
            && (statement.pair("ACCESS", "EXCLUSIVE") || !statement.has("MODE"))
            && !is_new(&["LOCK", "TABLE", "ONLY"])
        {
            (
                "lock-table",
                "Nobody can read or write the table until the whole file is done.",
                "Leave it out, or lock in a mode that lets others read, such as SHARE ROW EXCLUSIVE.",
            )
        } else if of_table && (statement.pair("SET", "LOGGED") || statement.pair("SET", "UNLOGGED")) {
            (
                "set-logged",
                "The statement writes the table anew, and nobody can read or write it meanwhile.",
                "Make another table, fill it in batches, and exchange the two.",
            )
        } else if of_table && self.adds_bounded(statement) {
            (
                "adding-column-of-bounded-domain",
                "The statement writes the table anew, because the column's domain has a constraint, and nobody can read or write it meanwhile.",
                "Add the column with the type that the domain is made of, and a CHECK that is NOT VALID, and validate it later.",
            )
        } else if of_table && statement.pair("TRIGGER", "ALL") && statement.has("DISABLE") {
            (
                "disable-trigger-all",
                "Foreign keys are triggers: without them, rows that break them stay for ever.",
                "Disable the trigger that is meant, by its name.",
            )
        } else if statement.starts(["REFRESH", "MATERIALIZED", "VIEW"])
            && !statement.has("CONCURRENTLY")
            && !statement.pair("NO", "DATA")
            && !is_new(&["REFRESH", "MATERIALIZED", "VIEW"])
        {
            (
                "refresh-without-concurrently",
                "Nobody can read the view while it is filled.",
                "REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on the view.",
            )
        } else if grants_all_to_public(statement) {
            (
                "grant-all-to-public",
                "Every role of the server gets every right, also one that is made later.",
                "Grant what is needed, to the role that needs it.",
            )
        } else {
            let table = statement.concurrent_index_on()?;
            if !self.partitioned.contains(&table) {
                return None;
            }
            (
                PARTITIONED,
                "PostgreSQL cannot make an index of a partitioned table while others write.",
                "CREATE INDEX … ON ONLY the parent, one CONCURRENTLY on each partition, and ALTER INDEX … ATTACH PARTITION.",
            )
        })
    }
}

const PARTITIONED: &str = "concurrent-index-on-partitioned-table";

/// True if it gives every right to everybody, now or on what is made later.
fn grants_all_to_public(statement: &Statement<'_>) -> bool {
    let grants = statement.starts(["GRANT", "ALL"])
        || statement.starts(["ALTER", "DEFAULT", "PRIVILEGES"]) && statement.pair("GRANT", "ALL");
    // The names of roles come last. The server takes the quoted word for everybody too.
    let to = statement.words.iter().rposition(|word| word == "TO");
    grants && to.is_some_and(|to| statement.words[to..].iter().any(|word| word == "PUBLIC" || word == "\"public\""))
}

/// True if the statement changes every row of a table that is not new, also within a `WITH`, or where an EXPLAIN runs it.
fn writes_all(statement: &Statement<'_>, new: &BTreeSet<Relation>) -> bool {
    let runs = match statement.words.first().map_or("", AsRef::as_ref) {
        "EXPLAIN" => statement.has("ANALYZE") || statement.has("ANALYSE"),
        first => ["UPDATE", "DELETE", "WITH", "COPY"].contains(&first),
    };
    if !runs || !(statement.has("UPDATE") || statement.has("DELETE")) || is_too_deep(statement.text) {
        return false;
    }
    let parse = SourceFile::parse(statement.text);
    parse.tree().syntax().descendants().any(|node| {
        let (table, is_bounded) = if let Some(update) = ast::Update::cast(node.clone()) {
            (Relation::of(update.relation_name()), update.where_clause_or_current_of().is_some())
        } else if let Some(delete) = ast::Delete::cast(node) {
            (Relation::of(delete.relation_name()), delete.where_clause_or_current_of().is_some())
        } else {
            return false;
        };
        !is_bounded && !table.is_some_and(|table| new.contains(&table.known()))
    })
}
