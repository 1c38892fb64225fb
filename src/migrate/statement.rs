//! A statement, and what its words say of how it has to be run.
//!
//! The kind of a statement is told by its words, so that a statement newer than any grammar is still run.

use std::borrow::Cow;
use std::ops::Range;

use super::relation::Relation;

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The offset of its start in the script, in bytes.
    pub at: usize,
    /// The text, without the semicolon.
    pub text: &'a str,
    /// The tokens without comments; what is not quoted is in capitals. Of one that holds data, only the first ones.
    pub(super) words: Vec<Cow<'a, str>>,
    /// True if two braces stand beside each other, as in a template.
    pub(super) braces: bool,
    /// The plain values that it inserts, in bytes of its text.
    pub(super) values: Option<Range<usize>>,
}

/// An index that is made while others write, and is left INVALID where that stops half way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The name, if the statement gives one.
    pub name: Option<String>,
    /// The table, as the statement writes it.
    pub table: String,
}

impl Statement<'_> {
    /// The text without the plain values that it inserts, which take no lock and break no rule.
    pub(super) fn skeleton(&self) -> Cow<'_, str> {
        match &self.values {
            Some(values) => Cow::Owned(format!("{} (NULL) {}", &self.text[..values.start], &self.text[values.end..])),
            None => Cow::Borrowed(self.text),
        }
    }

    fn word(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(AsRef::as_ref)
    }

    /// True if its first words are these.
    pub(super) fn starts<const N: usize>(&self, expected: [&str; N]) -> bool {
        self.words.len() >= N && self.words.iter().zip(expected).all(|(word, expected)| word == expected)
    }

    /// True if the statement begins with this word.
    pub(super) fn begins_with(&self, word: &str) -> bool {
        self.starts([word])
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    /// True if these two words follow each other.
    pub(super) fn pair(&self, first: &str, second: &str) -> bool {
        self.words.windows(2).any(|two| two[0] == first && two[1] == second)
    }

    /// The name at the first word that is none of these.
    pub(super) fn target(&self, skipped: &[&str]) -> Option<Relation> {
        let at = self.words.iter().position(|word| !skipped.contains(&word.as_ref()))?;
        self.relation(at).map(Relation::known)
    }

    /// The names in a list with commas between them, which begins at the first word that is none of these.
    pub(super) fn named(&self, skipped: &[&str]) -> Vec<Relation> {
        let Some(mut at) = self.words.iter().position(|word| !skipped.contains(&word.as_ref())) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        while let Some(relation) = self.relation(at) {
            at += if relation.schema.is_some() { 3 } else { 1 };
            all.push(relation);
            if self.word(at) != Some(",") {
                break;
            }
            at += 1;
        }
        all
    }

    /// The table on which it makes an index while others write.
    pub(super) fn concurrent_index_on(&self) -> Option<Relation> {
        let on = self.words.iter().position(|word| word == "ON").filter(|_| self.index().is_some())?;
        let only = usize::from(self.word(on + 1) == Some("ONLY"));
        self.relation(on + 1 + only).map(Relation::known)
    }

    /// The table that it creates, unless it does so only where there is none.
    pub(super) fn creates_table(&self) -> Option<Relation> {
        let at = match self.starts(["CREATE", "UNLOGGED"]) {
            true => 2,
            false => 1,
        };
        let creates = self.begins_with("CREATE") && self.word(at)? == "TABLE";
        if creates && self.word(at + 1)? != "IF" { self.relation(at + 1) } else { None }
    }

    /// True if it drops or alters this table, and so may make room for another of its name.
    pub(super) fn replaces(&self, table: &Relation) -> bool {
        let changes = self.begins_with("DROP") || self.begins_with("ALTER");
        changes && (0..self.words.len()).any(|at| self.relation(at).is_some_and(|named| named.name == table.name))
    }

    /// The function or the procedure that it creates or replaces.
    pub(super) fn creates_function(&self) -> Option<Relation> {
        let at = if self.starts(["CREATE", "OR", "REPLACE"]) { 3 } else { 1 };
        let is_routine = matches!(self.word(at)?, "FUNCTION" | "PROCEDURE");
        if self.begins_with("CREATE") && is_routine { self.relation(at + 1) } else { None }
    }

    /// The name at this word, as the server stores it.
    pub(super) fn relation(&self, at: usize) -> Option<Relation> {
        let name = |word: &str| match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => word.to_lowercase(),
        };
        let first = name(self.word(at)?);
        match self.word(at + 1) {
            Some(".") => Some(Relation { schema: Some(first), name: name(self.word(at + 2)?) }),
            _ => Some(Relation { schema: None, name: first }),
        }
    }

    /// Begins a transaction.
    pub(super) fn opens(&self) -> bool {
        self.starts(["BEGIN"]) || self.starts(["START", "TRANSACTION"])
    }

    /// Ends a transaction.
    pub(super) fn closes(&self) -> bool {
        let first = self.word(0).unwrap_or_default();
        let ends = matches!(first, "COMMIT" | "END" | "ROLLBACK" | "ABORT");
        (ends && !self.has("TO") && !self.has("PREPARED")) || self.starts(["PREPARE", "TRANSACTION"])
    }

    /// Begins the next transaction where it ends one.
    pub(super) fn chains(&self) -> bool {
        self.has("CHAIN") && !self.has("NO")
    }

    /// Changes the session beyond its transaction.
    pub(super) fn sets(&self) -> bool {
        let second = self.word(1).unwrap_or_default();
        let called = self.starts(["SELECT", "SET_CONFIG"]) || self.starts(["SELECT", "PG_CATALOG", ".", "SET_CONFIG"]);
        called
            || self.starts(["RESET"])
            || (self.starts(["SET"]) && !matches!(second, "LOCAL" | "TRANSACTION" | "CONSTRAINTS"))
    }

    /// The reason why only another program than the server reads it, and what to do.
    pub(super) fn unreadable(&self) -> Option<(&'static str, &'static str)> {
        let copies = self.starts(["COPY"]);
        if self.begins_with("\\") {
            return Some(("is a command of psql, which the server does not know", "write it in SQL, or leave it out"));
        }
        if copies && self.pair("FROM", "STDIN") {
            return Some((
                "copies rows from the file itself, which only psql can do",
                "write INSERT statements, or dump with `pg_dump --inserts`",
            ));
        }
        if copies && self.pair("TO", "STDOUT") {
            return Some((
                "sends rows to the client, which has no place for them",
                "leave it out, or copy to a file of the server",
            ));
        }
        if self.braces {
            return Some((
                "is a template, which another program fills in",
                "fill it in, and name the directory of the result",
            ));
        }
        None
    }

    /// True if it does in a transaction what it does outside, whatever the server has installed. A procedure may commit,
    /// and a function of an extension may ask for no transaction.
    pub(super) fn is_plain(&self) -> bool {
        let first = self.word(0).unwrap_or_default();
        let of_table = matches!(first, "CREATE" | "ALTER" | "DROP") && self.word(1) == Some("TABLE");
        let writes = |word: &str| matches!(word, "INSERT" | "UPDATE" | "DELETE" | "MERGE");
        // A writing CTE, and rows of a file of the server, are written twice where they run again.
        let wrapped = matches!(first, "WITH" | "EXPLAIN") && self.words.iter().any(|word| writes(word));
        of_table || wrapped || writes(first) || first == "COPY"
    }

    /// True if it may commit by itself, so that a part of it may stay where it fails.
    pub(super) fn may_commit(&self) -> bool {
        self.starts(["DO"]) || self.starts(["CALL"])
    }

    /// The reason why it cannot be in a transaction, if it cannot. Source: the manual's page of each command.
    pub fn alone(&self) -> Option<&'static str> {
        let second = self.word(1).unwrap_or_default();
        Some(match (self.word(0)?, second) {
            ("CREATE", "INDEX" | "UNIQUE") if self.has("INDEX") && self.has("CONCURRENTLY") => {
                "CREATE INDEX CONCURRENTLY"
            }
            ("DROP", "INDEX") if self.has("CONCURRENTLY") => "DROP INDEX CONCURRENTLY",
            ("REINDEX", _) if ["CONCURRENTLY", "DATABASE", "SYSTEM", "SCHEMA"].iter().any(|w| self.has(w)) => "REINDEX",
            ("VACUUM", _) => "VACUUM",
            ("CLUSTER", "" | "(") if self.words.last().is_none_or(|w| w == ")" || w == "CLUSTER") => "CLUSTER",
            ("CLUSTER", "VERBOSE") if self.words.len() == 2 => "CLUSTER",
            ("DISCARD", "ALL") => "DISCARD ALL",
            ("ALTER", "SYSTEM") => "ALTER SYSTEM",
            ("ALTER", "DATABASE") if self.has("TABLESPACE") => "ALTER DATABASE",
            ("CREATE" | "DROP", "DATABASE") => "CREATE or DROP DATABASE",
            ("CREATE" | "DROP", "TABLESPACE") => "CREATE or DROP TABLESPACE",
            ("CREATE" | "ALTER" | "DROP", "SUBSCRIPTION") => "a subscription",
            ("ALTER", "TABLE") if self.has("DETACH") && self.has("CONCURRENTLY") => "DETACH PARTITION CONCURRENTLY",
            ("COMMIT" | "ROLLBACK", "PREPARED") => "a prepared transaction",
            _ => return None,
        })
    }

    /// The index that it makes while others write.
    pub(super) fn index(&self) -> Option<Index> {
        if self.alone()? != "CREATE INDEX CONCURRENTLY" {
            return None;
        }
        let mut words = self.words.iter().map(AsRef::as_ref).skip_while(|w| *w != "CONCURRENTLY").skip(1).peekable();
        if words.next_if(|w| *w == "IF").is_some() {
            words.nth(1);
        }
        let folded = |word: &str| if word.starts_with('"') { word.to_owned() } else { word.to_lowercase() };
        // An index without a name gets one from the server; it has no schema of its own.
        let name = words.next_if(|w| *w != "ON").map(|w| folded(w).trim_matches('"').replace("\"\"", "\""));
        words.next_if(|w| *w == "ON")?;
        words.next_if(|w| *w == "ONLY");
        let mut table = folded(words.next()?);
        while words.next_if(|w| *w == ".").is_some() {
            table = format!("{table}.{}", folded(words.next()?));
        }
        Some(Index { name, table })
    }

    /// The value that it adds to an enum, in quotes.
    fn new_value(&self) -> Option<&str> {
        let added = self.words.windows(2).position(|w| w[0] == "ADD" && w[1] == "VALUE")?;
        self.starts(["ALTER", "TYPE"])
            .then(|| self.words[added..].iter().find(|w| w.starts_with('\'')))?
            .map(AsRef::as_ref)
    }
}

/// A value that was added to an enum can be used only after the commit.
pub(super) fn uses_its_new_value(statements: &[Statement<'_>]) -> Option<&'static str> {
    let used = |adding: &Statement<'_>, value: &str| {
        statements
            .iter()
            .any(|other| other.at > adding.at && other.new_value() != Some(value) && other.text.contains(value))
    };
    statements
        .iter()
        .any(|s| s.new_value().is_some_and(|value| used(s, value)))
        .then_some("it uses a value that it adds to an enum")
}
