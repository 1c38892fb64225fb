//! A file that holds its way back below its way up, whatever the line between them says.
//!
//! Many tools, and people without one, part a file by a comment. Its words cannot all be known; what stands below it can:
//! nothing but drops, of what the file itself has made.

use std::collections::BTreeSet;

use super::relation::Relation;
use super::script::Script;
use super::statement::Statement;
use crate::error::{Error, Result};
use crate::text::locate;

/// The rule's name in `lint`, by which a comment says that the drops are meant.
pub(super) const RULE: &str = "drops-what-it-made";

/// The consequence where they are not.
pub(super) const WHY: &str = "the way back would run together with the way up";

/// The remedy.
pub(super) const HELP: &str = "split the file into VERSION_name.up.sql and VERSION_name.down.sql; or, if both are meant, \
                               write `-- squawk-ignore drops-what-it-made` above the statement";

/// An object by its kind; a column and a constraint also by their table.
type Object = (String, Option<Relation>, Relation);

/// A statement that drops what the same file has made.
pub(super) struct Undone {
    /// The offset of the statement.
    pub at: usize,
    /// The object that it drops, in words.
    pub what: String,
}

/// Refuses a script that would take back what it has done.
///
/// # Errors
/// A usage error with the place.
pub(super) fn refuse(script: &Script) -> Result<()> {
    let Some(Undone { at, what, .. }) = find(script) else { return Ok(()) };
    let place = locate(&script.text, at);
    let file = place.of(&script.file);
    Err(Error::usage(format!(
        "{file} drops {what} below a comment, and the same file creates it above: {WHY}; nothing was run"
    ))
    .excerpt(place.excerpt())
    .hint(HELP))
}

/// The first such statement, unless a comment says that it is meant.
pub(super) fn find(script: &Script) -> Option<Undone> {
    let text = &script.text;
    let allows = |line: &str| line.contains("squawk-ignore") && line.contains(RULE);
    if text.lines().any(|line| line.trim_start().starts_with("--") && allows(line)) {
        return None;
    }
    let statements = script.statements();
    // Where something else follows the drop, such as a rename, the file goes on forward.
    let tail = statements.iter().rposition(|statement| !takes_back(statement))?;
    let end = |statement: &Statement<'_>| statement.at + statement.text.len();
    let parts = |at: &usize| {
        let between = &text[end(&statements[at - 1])..statements[*at].at];
        // A comment on the line of the statement before belongs to that one.
        between.lines().skip(1).map(str::trim_start).any(|line| line.starts_with("--") || line.starts_with("/*"))
    };
    (tail + 1..statements.len()).rev().filter(parts).find_map(|from| {
        let (above, below) = statements.split_at(from);
        let made: BTreeSet<Object> = above.iter().flat_map(made).collect();
        below.iter().find_map(|statement| {
            let (kind, of, name) =
                dropped(statement).into_iter().find(|object| made.contains(object) && !is_used(above, &object.2))?;
            let of = of.map_or(String::new(), |table| format!(" of {}", table.name));
            let what = format!("{} {}{of}", kind.to_lowercase(), name.name);
            Some(Undone { at: statement.at, what })
        })
    })
}

/// True if a statement may be a part of a way back that only drops.
fn takes_back(statement: &Statement<'_>) -> bool {
    match statement.words.first().map_or("", AsRef::as_ref) {
        "DROP" | "DELETE" | "TRUNCATE" | "REVOKE" | "SET" | "RESET" => true,
        "ALTER" => statement.has("DROP"),
        _ => statement.opens() || statement.closes(),
    }
}

/// True if rows are read from it, or it is called, as of a helper that is dropped at the end.
fn is_used(statements: &[Statement<'_>], name: &Relation) -> bool {
    statements.iter().any(|statement| {
        let head = match statement.words.first().map_or("", AsRef::as_ref) {
            "DO" => return statement.text.to_lowercase().contains(&name.name.to_lowercase()),
            "SELECT" | "CALL" | "WITH" => 1,
            "UPDATE" => 4,
            "INSERT" | "DELETE" | "MERGE" => 5,
            _ => return false,
        };
        (head..statement.words.len()).any(|at| statement.relation(at).is_some_and(|named| named.name == name.name))
    })
}

fn skip(statement: &Statement<'_>, mut at: usize, words: &[&str]) -> usize {
    while statement.words.get(at).is_some_and(|word| words.contains(&word.as_ref())) {
        at += 1;
    }
    at
}

/// The kind of the object at this word, if it is one that is followed.
fn kind(statement: &Statement<'_>, at: usize) -> Option<String> {
    let kind = statement.words.get(at)?;
    let kinds =
        ["TABLE", "TYPE", "DOMAIN", "FUNCTION", "PROCEDURE", "INDEX", "VIEW", "SCHEMA", "SEQUENCE", "EXTENSION"];
    kinds.contains(&kind.as_ref()).then(|| kind.to_string())
}

fn made(statement: &Statement<'_>) -> Vec<Object> {
    if statement.begins_with("ALTER") {
        return columns(statement, "ADD");
    }
    // A temporary one is none of these kinds.
    let at = skip(statement, 1, &["OR", "REPLACE", "UNIQUE", "MATERIALIZED", "UNLOGGED", "FOREIGN", "RECURSIVE"]);
    let Some(kind) = kind(statement, at).filter(|_| statement.begins_with("CREATE")) else { return Vec::new() };
    let name = skip(statement, at + 1, &["CONCURRENTLY", "IF", "NOT", "EXISTS"]);
    statement.relation(name).map(|name| (kind, None, name.known())).into_iter().collect()
}

fn dropped(statement: &Statement<'_>) -> Vec<Object> {
    if statement.begins_with("ALTER") {
        return columns(statement, "DROP");
    }
    let at = skip(statement, 1, &["MATERIALIZED", "FOREIGN"]);
    let Some(kind) = kind(statement, at).filter(|_| statement.begins_with("DROP")) else { return Vec::new() };
    let names = statement.named(&["DROP", "MATERIALIZED", "FOREIGN", &kind, "CONCURRENTLY", "IF", "EXISTS"]);
    names.into_iter().map(|name| (kind.clone(), None, name.known())).collect()
}

/// The columns and the constraints that an ALTER TABLE adds, or drops.
fn columns(statement: &Statement<'_>, verb: &str) -> Vec<Object> {
    if !statement.starts(["ALTER", "TABLE"]) {
        return Vec::new();
    }
    let Some(table) = statement.target(&["ALTER", "TABLE", "IF", "EXISTS", "ONLY"]) else { return Vec::new() };
    let verbs = (0..statement.words.len()).filter(|at| statement.words[*at] == verb);
    let object = |at: usize| {
        let is_constraint = statement.words.get(at + 1)? == "CONSTRAINT";
        let name = statement.relation(skip(statement, at + 1, &["CONSTRAINT", "COLUMN", "IF", "NOT", "EXISTS"]))?;
        let kind = if is_constraint { "constraint" } else { "column" };
        Some((kind.to_owned(), Some(table.clone()), name.known()))
    };
    verbs.filter_map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::{Script, find};

    fn what(text: &str) -> Option<String> {
        find(&Script::new("1_a.sql".to_owned(), text.to_owned())).map(|undone| undone.what)
    }

    #[test]
    fn a_way_back_below_any_comment_is_found() {
        for (up, down) in [
            ("-- Up: create a", "-- Down: drop a"),
            ("", "-- DOWN"),
            ("-- //", "-- @UNDO"),
            ("-- UP SCRIPT", "-- DOWN SCRIPT"),
            ("-- name: up", "-- name: down"),
            ("-- apply", "-- rollback"),
            ("-- 1. UP", "-- 2. DOWN"),
            ("--- up ---", "--- undo migration ---"),
            ("/* UP */", "/* DOWN */"),
            ("-- + goose Up", "-- + goose Down (drops)"),
            ("", "--# migrate:down transaction:false"),
        ] {
            let text = format!("{up}\ncreate table a(id int);\ninsert into a values (1);\n{down}\ndrop table a;\n");
            assert_eq!(what(&text).as_deref(), Some("table a"), "{text}");
        }
        for (up, down, is) in [
            ("CREATE TYPE app.t AS ENUM ('a')", "DROP TYPE IF EXISTS app.t CASCADE", "type t"),
            ("CREATE OR REPLACE FUNCTION f() RETURNS int RETURN 1", "DROP FUNCTION f()", "function f"),
            ("CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)", "DROP INDEX i", "index i"),
            ("CREATE MATERIALIZED VIEW v AS SELECT 1", "DROP MATERIALIZED VIEW public.v", "view v"),
            ("ALTER TABLE t ADD COLUMN c int", "ALTER TABLE t DROP c", "column c of t"),
            (
                "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
                "BEGIN; ALTER TABLE t DROP CONSTRAINT k; COMMIT",
                "constraint k of t",
            ),
            (
                "CREATE TABLE b (id int); CREATE TABLE a (id int)",
                "DROP TABLE x, a; DELETE FROM t WHERE a = 1",
                "table a",
            ),
        ] {
            assert_eq!(what(&format!("{up};\n-- back\n{down};\n")).as_deref(), Some(is), "{up}");
        }
    }

    #[test]
    fn what_goes_forward_is_not_refused() {
        for text in [
            "create table a (id int);\n-- down\n-- drop table a;\n",
            "DROP TABLE IF EXISTS a;\n-- anew\nCREATE TABLE a (id int);",
            "CREATE TEMP TABLE s (id int);\n-- done\nDROP TABLE s;",
            "CREATE TABLE s (id int);\nINSERT INTO t SELECT * FROM s;\n-- clean up\nDROP TABLE s;",
            "CREATE FUNCTION f() RETURNS int RETURN 1;\nSELECT f();\n-- clean up\nDROP FUNCTION f();",
            "CREATE TABLE a_new (id int);\n-- swap\nDROP TABLE a;\nALTER TABLE a_new RENAME TO a;",
            "ALTER TABLE t ADD c int;\nUPDATE t SET c = d;\n-- the old one\nALTER TABLE t DROP d;",
            "ALTER TABLE t ADD c int;\n-- and\nALTER TABLE u DROP c;",
            "CREATE TABLE a (id int); -- a table\nDROP TABLE a;",
            "CREATE TABLE a (id int);\n-- squawk-ignore drops-what-it-made\nDROP TABLE a;",
            "DROP TABLE a;\n-- more\nDROP TABLE b;",
            "",
        ] {
            assert_eq!(what(text), None, "{text}");
        }
    }
}
