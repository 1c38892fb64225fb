//! Telling the statements of a text apart.
//!
//! It is done as psql does it (`psqlscan.l`): at a semicolon outside parentheses and outside the body of a routine. Only
//! the lexer is asked, which knows no nesting, so that no text is too deep for it, and which keeps nothing of what it has
//! passed, so that no text is too large.

use std::borrow::Cow;
use std::ops::Range;

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

use super::statement::Statement;

/// As many words are kept of a statement that holds data, which are all in its head.
const OF_DATA: usize = 32;

/// As many words are kept of a statement that makes nothing.
const OF_OTHERS: usize = 4096;

/// The deepest parentheses in plain values.
const NESTED: usize = 50;

/// A text longer than this is sent in parts of about this length, in bytes.
const PART: usize = 1 << 20;

/// The statements of a text, in order, each as it is come to.
pub(super) fn split(text: &str) -> impl Iterator<Item = Statement<'_>> {
    let mut tokens = tokenize(text);
    let mut until = 0_usize;
    std::iter::from_fn(move || {
        let mut found =
            Found { text, start: None, words: Vec::new(), before: None, braces: false, values: Values::Before };
        let (mut parentheses, mut body) = (0_usize, false);
        for token in tokens.by_ref() {
            let from = until;
            until += token.len as usize;
            match token.kind {
                TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } | TokenKind::Eof => {
                    continue;
                }
                TokenKind::Semi if parentheses == 0 && !body => match found.end(from) {
                    Some(statement) => return Some(statement),
                    None => continue,
                },
                TokenKind::OpenParen => parentheses += 1,
                TokenKind::CloseParen => parentheses = parentheses.saturating_sub(1),
                _ => {}
            }
            let is_kept = found.token(token.kind, from..until, parentheses);
            // The body of a routine in SQL holds semicolons. It begins with BEGIN ATOMIC, and its END follows a
            // semicolon, or ATOMIC where the body is empty. Each of these words may also be a name, so that psql,
            // which counts BEGIN, CASE and END, ends some statements too late.
            if parentheses == 0
                && is_kept
                && let [.., before, last] = found.words.as_slice()
            {
                match last.as_ref() {
                    "ATOMIC" if before == "BEGIN" && !body => body = makes_routine(&found.words),
                    "END" if body => body = before != ";" && before != "ATOMIC",
                    _ => {}
                }
            }
        }
        found.end(text.len())
    })
}

/// The statement that is being read.
struct Found<'a> {
    text: &'a str,
    start: Option<usize>,
    words: Vec<Cow<'a, str>>,
    /// The kind of the token before.
    before: Option<TokenKind>,
    braces: bool,
    values: Values,
}

/// The plain values of an INSERT, in bytes of the text.
enum Values {
    /// They have not begun.
    Before,
    /// They began there.
    Since(usize),
    /// They are there.
    Were(Range<usize>),
    /// It has none, or others than plain ones.
    None,
}

impl<'a> Found<'a> {
    /// Takes a token in, and tells whether its word is kept.
    fn token(&mut self, kind: TokenKind, at: Range<usize>, parentheses: usize) -> bool {
        let before = self.before.replace(kind);
        self.start.get_or_insert(at.start);
        let word = &self.text[at.clone()];
        self.braces |= match kind {
            TokenKind::OpenCurly => before == Some(TokenKind::OpenCurly),
            // No name has such braces but one that is filled in.
            TokenKind::QuotedIdent { .. } => word.contains("{{") && word.contains("}}"),
            // A text that is inserted may be a template itself.
            TokenKind::Literal { kind: LiteralKind::DollarQuotedString { .. } } => {
                makes_body(&self.words) && has_action(word)
            }
            _ => false,
        };
        if let Values::Since(_) | Values::Before = self.values {
            self.value(kind, word, &at, parentheses, before);
        }
        let most = match self.words.first().map(AsRef::as_ref) {
            Some("INSERT") => OF_DATA,
            Some("CREATE" | "ALTER" | "DROP") | None => usize::MAX,
            Some(_) => OF_OTHERS,
        };
        let is_kept = self.words.len() < most;
        if is_kept {
            let is_as_it_is = word.bytes().all(|b| b.is_ascii() && !b.is_ascii_lowercase());
            let as_it_is = is_as_it_is || word.contains(['\'', '"', '$']);
            self.words.push(if as_it_is { Cow::Borrowed(word) } else { Cow::Owned(word.to_uppercase()) });
        }
        is_kept
    }

    /// Follows the plain values of an INSERT: literals, and what stands between them.
    fn value(&mut self, kind: TokenKind, word: &str, at: &Range<usize>, parentheses: usize, before: Option<TokenKind>) {
        let is = |other: &str| word.eq_ignore_ascii_case(other);
        match self.values {
            Values::Before if self.words.is_empty() && !is("INSERT") => self.values = Values::None,
            Values::Before if parentheses == 0 && is("VALUES") => self.values = Values::Since(at.end),
            Values::Since(from) => {
                let is_plain = match kind {
                    TokenKind::Literal { .. }
                    | TokenKind::Comma
                    | TokenKind::Minus
                    | TokenKind::Plus
                    | TokenKind::Colon
                    | TokenKind::OpenBracket
                    | TokenKind::CloseBracket
                    | TokenKind::CloseParen => true,
                    // A word before it is the name of a function, unless it is VALUES itself.
                    TokenKind::OpenParen => {
                        let is_call =
                            before == Some(TokenKind::Ident) && !self.text[from..at.start].trim_ascii().is_empty();
                        parentheses < NESTED && !is_call
                    }
                    // The name of a type stands behind two colons.
                    TokenKind::Ident if parentheses > 0 => {
                        before == Some(TokenKind::Colon)
                            || ["NULL", "TRUE", "FALSE", "DEFAULT", "ARRAY"].into_iter().any(is)
                    }
                    TokenKind::Ident => {
                        self.values = Values::Were(from..at.start);
                        return;
                    }
                    _ => false,
                };
                if !is_plain {
                    self.values = Values::None;
                }
            }
            _ => {}
        }
    }

    /// The statement, which ends there; none if there was no token.
    fn end(&mut self, until: usize) -> Option<Statement<'a>> {
        let at = self.start.take()?;
        let text = self.text[at..until].trim_end();
        let values = match std::mem::replace(&mut self.values, Values::Before) {
            Values::Since(from) => Some(from - at..text.len()),
            Values::Were(range) => Some(range.start - at..range.end - at),
            Values::Before | Values::None => None,
        };
        Some(Statement { at, text, words: std::mem::take(&mut self.words), braces: self.braces, values })
    }
}

/// True if a string of a statement that begins with these words is code.
fn makes_body(words: &[Cow<'_, str>]) -> bool {
    words.first().is_some_and(|word| word == "DO") || makes_routine(words)
}

/// True if a text holds what Go's templates fill in: `{{ .Name }}` or `{{ index … }}`.
fn has_action(text: &str) -> bool {
    text.match_indices("{{").any(|(at, braces)| {
        let action = text[at + braces.len()..].trim_start_matches('-').trim_ascii_start();
        let is_field = action.strip_prefix('.').is_some_and(|name| name.starts_with(|c: char| c.is_alphabetic()));
        (is_field || action.starts_with("index ")) && action.contains("}}")
    })
}

/// True if a statement that begins with these words makes a function or a procedure.
fn makes_routine(words: &[Cow<'_, str>]) -> bool {
    let mut words = words.iter().map(AsRef::as_ref);
    let first = (words.next(), words.next());
    let kind = match first {
        (Some("CREATE"), Some("OR")) => words.nth(1),
        (Some("CREATE"), kind) => kind,
        _ => None,
    };
    matches!(kind, Some("FUNCTION" | "PROCEDURE"))
}

/// The text with a semicolon behind each statement that ends at one of these offsets, in order, and has none, where another
/// one follows; none where each has its own. An offset within a string is none.
pub(super) fn with_ends(text: &str, ends: &[usize]) -> Option<String> {
    if ends.is_empty() {
        return None;
    }
    let mut ends = ends.iter().peekable();
    let mut wanting = Vec::new();
    let (mut until, mut last) = (0_usize, None);
    for token in tokenize(text) {
        let from = until;
        until += token.len as usize;
        if matches!(
            token.kind,
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } | TokenKind::Eof
        ) {
            continue;
        }
        while ends.next_if(|end| **end <= from).is_some() {
            wanting.extend(last.take());
        }
        while ends.next_if(|end| **end < until).is_some() {}
        last = (token.kind != TokenKind::Semi).then_some(until);
    }
    if wanting.is_empty() {
        return None;
    }
    let mut parted = text.to_owned();
    wanting.into_iter().rev().for_each(|at| parted.insert(at, ';'));
    Some(parted)
}

/// The length of the settings that a text begins with, such as `SET TRANSACTION`: what comes before its first query.
pub(super) fn settings_before(text: &str) -> usize {
    let first = split(text).enumerate().find(|(_, statement)| !statement.begins_with("SET"));
    match first {
        Some((0, _)) => 0,
        Some((_, first)) => first.at,
        None => text.len(),
    }
}

/// A text in parts, each of whole statements; one at least. A server that gets a large text at once keeps the trees of all
/// its statements.
pub(super) fn in_parts(text: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    if text.len() > PART {
        for statement in split(text) {
            if statement.at - cuts.last().unwrap_or(&0) >= PART {
                cuts.push(statement.at);
            }
        }
    }
    let ends = cuts.iter().skip(1).copied().chain([text.len()]);
    cuts.iter().copied().zip(ends).map(|(from, until)| &text[from..until]).collect()
}

#[cfg(test)]
mod tests {
    use super::{PART, in_parts, split, with_ends};

    #[test]
    fn a_statement_that_a_tool_ends_gets_its_semicolon() {
        for (text, parted) in [
            ("SELECT 1 -- a\n|SELECT 2\n|", Some("SELECT 1; -- a\nSELECT 2\n")),
            ("SELECT 1;|SELECT 2;", None),
            ("SELECT 1\n||-- only a comment\n|", None),
            ("SELECT 1 ||\n|SELECT 2 | SELECT 3", Some("SELECT 1; \nSELECT 2;  SELECT 3")),
            ("SELECT 'a|b' SELECT 2", None),
            ("SELECT $$ a|b $$ | SELECT 2", Some("SELECT $$ ab $$;  SELECT 2")),
            ("|SELECT 1", None),
        ] {
            let mut ends = Vec::new();
            let mut plain = String::new();
            for c in text.chars() {
                if c == '|' { ends.push(plain.len()) } else { plain.push(c) }
            }
            assert_eq!(with_ends(&plain, &ends).as_deref(), parted, "{text}");
        }
    }

    #[test]
    fn plain_values_are_told_from_what_a_statement_reads() {
        for (text, skeleton) in [
            ("INSERT INTO t VALUES (1, 'a;', NULL), (-2.5, E'\\'', true)", "INSERT INTO t VALUES (NULL) "),
            (
                "insert into t (a) values ('1'::int) on conflict do nothing",
                "insert into t (a) values (NULL) on conflict do nothing",
            ),
            ("INSERT INTO t VALUES (ARRAY[1, 2], '{}'::jsonb)", "INSERT INTO t VALUES (NULL) "),
        ] {
            assert_eq!(split(text).next().unwrap().skeleton(), skeleton);
        }
        for other in [
            "INSERT INTO t VALUES ((SELECT 1))",
            "INSERT INTO t VALUES (now())",
            "INSERT INTO t VALUES (1 * 2)",
            "INSERT INTO t VALUES (TABLE u)",
            "INSERT INTO t SELECT 1 FROM u",
            "INSERT INTO t SELECT * FROM (VALUES (1)) v",
            "UPDATE t SET a = 1",
        ] {
            assert_eq!(split(other).next().unwrap().skeleton(), other);
        }
    }

    #[test]
    fn a_large_text_is_cut_between_statements() {
        let statement = format!("INSERT INTO t VALUES ('{}');\n", "é;".repeat(PART / 4));
        let text = statement.repeat(5);
        let parts = in_parts(&text);
        assert_eq!(parts.len(), 3);
        assert_eq!(parts.concat(), text);
        assert!(parts.iter().all(|part| part.starts_with("INSERT") && part.ends_with(";\n")));
        assert_eq!((in_parts(&statement), in_parts("")), (vec![statement.as_str()], vec![""]));
    }
}
