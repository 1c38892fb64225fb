//! The types that the rules share.

use std::collections::BTreeSet;

use super::place::{Position, Span};

/// One of our own rules.
#[derive(Debug, Clone, Copy)]
pub struct OwnRule {
    /// The name, by which it is included, excluded and ignored.
    pub name: &'static str,
    /// Its subject in one line.
    pub title: &'static str,
}

const fn rule(name: &'static str, title: &'static str) -> OwnRule {
    OwnRule { name, title }
}

/// Our own rules.
pub const RULES: [OwnRule; 9] = [
    rule("syntax-error", "PostgreSQL would refuse the file"),
    rule("not-utf-8", "A migration is text in UTF-8"),
    rule("too-deeply-nested", "A statement is too deep to be linted"),
    rule("transaction-control", "The runner begins and ends the transaction"),
    rule("rls-without-policy", "Row level security is on, and no policy lets anybody through"),
    rule("function-without-search-path", "A SECURITY DEFINER function runs with its caller's search_path"),
    rule(
        "function-search-path-without-pg-temp",
        "A SECURITY DEFINER function finds temporary objects of its caller first",
    ),
    rule("duplicate-index", "Two indexes hold the same"),
    rule("foreign-key-without-index", "No index finds the rows that refer to a row"),
];

/// A file that is to be linted.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its path, for messages.
    pub file: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Input {
    /// True where the file takes a migration back: dropping is then its purpose.
    pub(super) fn is_down(&self) -> bool {
        self.file.ends_with(".down.sql")
    }
}

/// Which rules are asked, besides those that are by default.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Asked too.
    pub included: BTreeSet<String>,
    /// Not asked; this wins.
    pub excluded: BTreeSet<String>,
}

/// How bad a hit is.
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
    /// Where it begins.
    #[serde(flatten)]
    pub start: Position,
    /// Where it ends, on the same line or a later one.
    pub end: Position,
    /// The rule.
    pub rule: String,
    /// How bad it is.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The line that it begins on, or what is around it on a long one.
    #[serde(skip)]
    pub source: String,
    /// How many characters of the line come before that.
    #[serde(skip)]
    pub skipped: usize,
}

/// What the rules found.
#[derive(Debug, Clone)]
pub struct Report {
    /// How many files were read.
    pub files: usize,
    /// What is wrong, by file and place.
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
