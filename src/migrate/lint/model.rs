//! The types that the rules share.

use std::collections::BTreeSet;

use super::place::{Position, Span};
use crate::migrate::formats::Part;

/// One of our own rules.
#[derive(Debug, Clone, Copy)]
pub struct OwnRule {
    /// The name, by which it is included, excluded and ignored.
    pub name: &'static str,
    /// The subject in one line.
    pub title: &'static str,
}

const fn rule(name: &'static str, title: &'static str) -> OwnRule {
    OwnRule { name, title }
}

/// Our own rules.
pub const RULES: [OwnRule; 21] = [
    rule("syntax-error", "PostgreSQL would refuse the file"),
    rule("not-utf-8", "A migration is text in UTF-8"),
    rule("not-sql", "Only psql or a template engine reads the file"),
    rule("too-deeply-nested", "A statement is too deeply nested to be linted"),
    rule("drops-what-it-made", "The way back is in the file, below its way up"),
    rule("transaction-control", "The runner begins and ends the transaction"),
    rule("rls-without-policy", "Row level security is on, but the table has no policy"),
    rule("function-without-search-path", "A SECURITY DEFINER function runs with its caller's search_path"),
    rule(
        "function-search-path-without-pg-temp",
        "A SECURITY DEFINER function finds temporary objects of its caller first",
    ),
    rule("duplicate-index", "Two indexes are equal"),
    rule("foreign-key-without-index", "A foreign key has no index"),
    rule("write-without-where", "UPDATE or DELETE changes every row"),
    rule("truncate", "TRUNCATE deletes every row, and nobody can read meanwhile"),
    rule("vacuum-full", "VACUUM FULL or CLUSTER writes a table anew, and nobody can read meanwhile"),
    rule("lock-table", "Nobody can read a locked table until the file is done"),
    rule("set-logged", "SET LOGGED writes a table anew, and nobody can read meanwhile"),
    rule("adding-column-of-bounded-domain", "A column of a domain with a constraint writes its table anew"),
    rule("disable-trigger-all", "Foreign keys are not checked without their triggers"),
    rule("refresh-without-concurrently", "Nobody can read a view while it is filled"),
    rule("grant-all-to-public", "Every role gets every right"),
    rule("concurrent-index-on-partitioned-table", "A partitioned table has no index that is made while others write"),
];

/// A file that is to be linted.
#[derive(Debug, Clone)]
pub struct Input {
    /// The path, for messages.
    pub file: String,
    /// The content; of a part of a file, with its lines where they are in the file.
    pub bytes: Vec<u8>,
    /// True if it takes a migration back: dropping is then its purpose.
    pub is_down: bool,
    /// True if its format says that it runs in no transaction.
    pub bare: bool,
    /// True if its hits are reported; otherwise it is read for what it creates.
    pub reported: bool,
}

impl Input {
    /// A file whose whole text is a migration.
    pub fn of(file: String, bytes: Vec<u8>) -> Self {
        let is_down = file.ends_with(".down.sql");
        Input { file, bytes, is_down, bare: false, reported: true }
    }
}

impl From<Part> for Input {
    fn from(Part { down, script, .. }: Part) -> Self {
        Input { file: script.file, bytes: script.text.into_bytes(), is_down: down, bare: script.bare, reported: true }
    }
}

/// The rules that are added to the default ones, or taken out.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Asked too.
    pub included: BTreeSet<String>,
    /// Not asked; this wins.
    pub excluded: BTreeSet<String>,
}

/// The level of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It fails, or lets somebody do what they must not.
    Error,
    /// It hurts, today or one day.
    Warning,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Hit {
    /// The file.
    pub file: String,
    /// The place where it begins.
    #[serde(flatten)]
    pub start: Position,
    /// The place where it ends, on the same line or a later one.
    pub end: Position,
    /// The rule.
    pub rule: String,
    /// The level.
    pub level: Level,
    /// The defect in one sentence.
    pub message: String,
    /// The action that removes it.
    pub help: Option<String>,
    /// The line that it begins on, or what is around it on a long one.
    #[serde(skip)]
    pub source: String,
    /// Number of characters of the line before that.
    #[serde(skip)]
    pub skipped: usize,
}

/// The hits of all rules.
#[derive(Debug, Clone)]
pub struct Report {
    /// Number of files whose hits are reported.
    pub files: usize,
    /// The hits, by file and place.
    pub hits: Vec<Hit>,
}

/// A hit whose place is still an offset in its file.
pub(super) struct Found {
    pub rule: String,
    pub level: Level,
    pub message: String,
    pub help: Option<String>,
    pub span: Span,
}

impl Found {
    pub fn ours(rule: &str, level: Level, span: Span, message: String, help: &str) -> Self {
        Found { rule: rule.to_owned(), level, message, help: Some(help.to_owned()), span }
    }
}

pub(super) fn is_ours(name: &str) -> bool {
    RULES.iter().any(|rule| rule.name == name)
}

/// True if `up` cannot run a file with a hit of this rule, so that nothing silences it.
pub fn is_refused(rule: &str) -> bool {
    ["not-utf-8", "not-sql", "transaction-control", "drops-what-it-made"].contains(&rule)
}
