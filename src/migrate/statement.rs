//! The statements of a text, and what their words say of how they have to be run.
//!
//! Statements are told apart as psql does it (`psqlscan.l`): at a semicolon outside parentheses and outside the body
//! of a routine. Only the lexer is asked, which knows no nesting, so that no text is too deep for it. The kind of a
//! statement is told by its words, so that a statement newer than any grammar is still run.

use squawk_lexer::{TokenKind, tokenize};

use super::relation::Relation;

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The offset of its start in the script, in bytes.
    pub at: usize,
    /// The text, without the semicolon.
    pub text: &'a str,
    /// The tokens without comments; what is not quoted is in capitals.
    words: Vec<String>,
}

/// An index that is made while others write, and is left INVALID where that stops half way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The name, if the statement gives one.
    pub name: Option<String>,
    /// The table, as the statement writes it.
    pub table: String,
}

/// The statements of a text, in order.
pub(super) fn split(text: &str) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let (mut start, mut parentheses, mut body, mut until) = (None, 0_usize, false, 0_usize);
    let mut end = |start: &mut Option<usize>, until: usize, words: &mut Vec<String>| {
        if let Some(at) = start.take() {
            let text = text[at..until].trim_end();
            statements.push(Statement { at, text, words: std::mem::take(words) });
        }
    };
    for token in tokenize(text) {
        let from = until;
        until += token.len as usize;
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } | TokenKind::Eof => {
                continue;
            }
            TokenKind::Semi if parentheses == 0 && !body => {
                end(&mut start, from, &mut words);
                continue;
            }
            TokenKind::OpenParen => parentheses += 1,
            TokenKind::CloseParen => parentheses = parentheses.saturating_sub(1),
            _ => {}
        }
        start.get_or_insert(from);
        let word = &text[from..until];
        let quoted = word.contains(['\'', '"', '$']);
        words.push(if quoted { word.to_owned() } else { word.to_uppercase() });
        // The body of a routine in SQL holds semicolons. It begins with BEGIN ATOMIC, and its END follows a
        // semicolon, or ATOMIC where the body is empty. Each of these words may also be a name, so that psql,
        // which counts BEGIN, CASE and END, ends some statements too late.
        if parentheses == 0
            && let [.., before, last] = words.as_slice()
        {
            match last.as_str() {
                "ATOMIC" if before == "BEGIN" && !body => body = makes_routine(&words),
                "END" if body => body = before != ";" && before != "ATOMIC",
                _ => {}
            }
        }
    }
    end(&mut start, text.len(), &mut words);
    statements
}

/// The length of the settings that a text begins with, such as `SET TRANSACTION`: what comes before its first query.
pub(super) fn settings_before(text: &str) -> usize {
    let statements = split(text);
    match statements.iter().position(|s| !s.starts(["SET"])) {
        Some(0) => 0,
        Some(first) => statements[first].at,
        None => text.len(),
    }
}

impl Statement<'_> {
    /// True if its first words are these.
    fn starts<const N: usize>(&self, expected: [&str; N]) -> bool {
        self.words.len() >= N && self.words.iter().zip(expected).all(|(word, expected)| word == expected)
    }

    /// True if the statement begins with this word.
    pub(super) fn begins_with(&self, word: &str) -> bool {
        self.starts([word])
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    /// The table that it creates, unless it does so only where there is none.
    pub(super) fn creates_table(&self) -> Option<Relation> {
        let at = match self.starts(["CREATE", "UNLOGGED"]) {
            true => 2,
            false => 1,
        };
        let creates = self.begins_with("CREATE") && self.words.get(at)? == "TABLE";
        if creates && self.words.get(at + 1)? != "IF" { self.relation(at + 1) } else { None }
    }

    /// True if it drops or alters this table, and so may make room for another of its name.
    pub(super) fn replaces(&self, table: &Relation) -> bool {
        let changes = self.begins_with("DROP") || self.begins_with("ALTER");
        changes && (0..self.words.len()).any(|at| self.relation(at).is_some_and(|named| named.name == table.name))
    }

    /// The function or the procedure that it creates or replaces.
    pub(super) fn creates_function(&self) -> Option<Relation> {
        let at = if self.starts(["CREATE", "OR", "REPLACE"]) { 3 } else { 1 };
        let is_routine = matches!(self.words.get(at)?.as_str(), "FUNCTION" | "PROCEDURE");
        if self.begins_with("CREATE") && is_routine { self.relation(at + 1) } else { None }
    }

    /// The name at this word, as the server stores it.
    fn relation(&self, at: usize) -> Option<Relation> {
        let name = |word: &String| match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => word.to_lowercase(),
        };
        let first = name(self.words.get(at)?);
        match self.words.get(at + 1).map(String::as_str) {
            Some(".") => Some(Relation { schema: Some(first), name: name(self.words.get(at + 2)?) }),
            _ => Some(Relation { schema: None, name: first }),
        }
    }

    /// Begins a transaction.
    pub(super) fn opens(&self) -> bool {
        self.starts(["BEGIN"]) || self.starts(["START", "TRANSACTION"])
    }

    /// Ends a transaction.
    pub(super) fn closes(&self) -> bool {
        let first = self.words.first().map_or("", String::as_str);
        let ends = matches!(first, "COMMIT" | "END" | "ROLLBACK" | "ABORT");
        (ends && !self.has("TO") && !self.has("PREPARED")) || self.starts(["PREPARE", "TRANSACTION"])
    }

    /// Begins the next transaction where it ends one.
    pub(super) fn chains(&self) -> bool {
        self.has("CHAIN") && !self.has("NO")
    }

    /// Changes the session beyond its transaction.
    pub(super) fn sets(&self) -> bool {
        let second = self.words.get(1).map_or("", String::as_str);
        let called = self.starts(["SELECT", "SET_CONFIG"]) || self.starts(["SELECT", "PG_CATALOG", ".", "SET_CONFIG"]);
        called
            || self.starts(["RESET"])
            || (self.starts(["SET"]) && !matches!(second, "LOCAL" | "TRANSACTION" | "CONSTRAINTS"))
    }

    /// The reason why only another program than the server reads it, and what to do.
    pub(super) fn unreadable(&self) -> Option<(&'static str, &'static str)> {
        let pair = |first: &str, second: &str| self.words.windows(2).any(|w| w[0] == first && w[1] == second);
        let copies = self.starts(["COPY"]);
        if self.begins_with("\\") {
            return Some(("is a command of psql, which the server does not know", "write it in SQL, or leave it out"));
        }
        if copies && pair("FROM", "STDIN") {
            return Some((
                "copies rows from the file itself, which only psql can do",
                "write INSERT statements, or dump with `pg_dump --inserts`",
            ));
        }
        if copies && pair("TO", "STDOUT") {
            return Some((
                "sends rows to the client, which has no place for them",
                "leave it out, or copy to a file of the server",
            ));
        }
        if pair("{", "{") {
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
        let first = self.words.first().map_or("", String::as_str);
        let of_table = matches!(first, "CREATE" | "ALTER" | "DROP") && self.words.get(1).is_some_and(|w| w == "TABLE");
        of_table || matches!(first, "INSERT" | "UPDATE" | "DELETE" | "MERGE")
    }

    /// True if it may commit by itself, so that a part of it may stay where it fails.
    pub(super) fn may_commit(&self) -> bool {
        self.starts(["DO"]) || self.starts(["CALL"])
    }

    /// The reason why it cannot be in a transaction, if it cannot. Source: the manual's page of each command.
    pub fn alone(&self) -> Option<&'static str> {
        let second = self.words.get(1).map_or("", String::as_str);
        Some(match (self.words.first()?.as_str(), second) {
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
        let mut words = self.words.iter().skip_while(|w| *w != "CONCURRENTLY").skip(1).peekable();
        if words.next_if(|w| *w == "IF").is_some() {
            words.nth(1);
        }
        let folded = |word: &String| if word.starts_with('"') { word.clone() } else { word.to_lowercase() };
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
            .map(String::as_str)
    }
}

/// True if a statement that begins with these words makes a function or a procedure.
fn makes_routine(words: &[String]) -> bool {
    let mut words = words.iter().map(String::as_str);
    let first = (words.next(), words.next());
    let kind = match first {
        (Some("CREATE"), Some("OR")) => words.nth(1),
        (Some("CREATE"), kind) => kind,
        _ => None,
    };
    matches!(kind, Some("FUNCTION" | "PROCEDURE"))
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
