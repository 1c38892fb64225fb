//! The depth of a statement, told before it is parsed.
//!
//! A parser and whoever walks its tree recurse once a level, so that a statement which a program wrote,
//! with thousands of parentheses or a sum of thousands of terms, could exhaust the stack of a thread, which
//! ends the process. The lexer does not recurse, and its tokens bound how deep the tree can become.

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

/// The size of the stack of each thread that may parse: several times what [`TOTAL`] levels need.
pub const STACK: usize = 64 << 20;

/// Brackets and blocks within each other. The time that linting takes grows with the square of it.
const NESTED: usize = 1_000;

/// Levels in all: the terms of a sum, too, stand one below the other in a tree.
const TOTAL: usize = 10_000;

/// True if a statement, or a body in it, may be too deep to be parsed.
pub fn is_too_deep(statement: &str) -> bool {
    let mut levels = Levels::default();
    let mut until = 0;
    // Whether it makes something that has a body, which is parsed too.
    let mut first_words = Vec::new();
    for token in tokenize(statement) {
        let text = &statement[until..until + token.len as usize];
        until += token.len as usize;
        if first_words.len() < 4 && token.kind == TokenKind::Ident {
            first_words.push(text.to_ascii_uppercase());
        }
        let has_body = || {
            first_words.first().is_some_and(|w| w == "DO")
                || first_words.iter().any(|w| w == "FUNCTION" || w == "PROCEDURE")
        };
        if matches!(token.kind, TokenKind::Literal { .. })
            && text.len() > NESTED
            && has_body()
            && is_too_deep(&body(token.kind, text))
        {
            return true;
        }
        levels.token(token.kind, text);
        if levels.open.len() > NESTED || levels.total > TOTAL {
            return true;
        }
    }
    false
}

/// The content of a literal, without its quotes and backslashes.
fn body(kind: TokenKind, text: &str) -> String {
    match kind {
        TokenKind::Literal { kind: LiteralKind::DollarQuotedString { .. } } => {
            let tag = text[1..].find('$').map_or(0, |end| end + 2);
            text.get(tag..text.len().saturating_sub(tag)).unwrap_or_default().to_owned()
        }
        _ => text[1..].trim_end_matches('\'').replace("''", "'").replace('\\', ""),
    }
}

/// The levels that are open at a place.
#[derive(Default)]
struct Levels {
    /// For each bracket or block that is open, the levels of the chain around it.
    open: Vec<usize>,
    /// The chain at this place: what may stand one below the other since the last comma or semicolon.
    chain: usize,
    total: usize,
    /// True if the token before is a part of an operator.
    in_operator: bool,
    /// The word before, in capitals; empty behind a semicolon.
    before: String,
}

impl Levels {
    fn token(&mut self, kind: TokenKind, text: &str) {
        let in_operator = std::mem::take(&mut self.in_operator);
        match kind {
            TokenKind::Whitespace
            | TokenKind::LineComment
            | TokenKind::BlockComment { .. }
            | TokenKind::Literal { .. }
            | TokenKind::QuotedIdent { .. }
            | TokenKind::Eof => {}
            TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenCurly => self.open(),
            TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseCurly => self.close(),
            TokenKind::Comma | TokenKind::Semi => {
                self.total -= self.chain;
                self.chain = 0;
                self.before.clear();
            }
            TokenKind::Ident => self.word(text.to_ascii_uppercase()),
            _ => {
                self.in_operator = true;
                // An operator is several tokens.
                if !in_operator {
                    self.link();
                }
            }
        }
    }

    fn word(&mut self, word: String) {
        let starts = matches!(self.before.as_str(), "" | "BEGIN" | "THEN" | "ELSE" | "LOOP");
        match word.as_str() {
            // END IF, END CASE, END LOOP.
            _ if self.before == "END" => {}
            "CASE" | "BEGIN" | "LOOP" => self.open(),
            // Not that of IF EXISTS.
            "IF" if starts => self.open(),
            "END" => self.close(),
            _ => self.link(),
        }
        self.before = word;
    }

    fn open(&mut self) {
        self.open.push(self.chain);
        self.chain = 0;
        self.total += 1;
    }

    fn close(&mut self) {
        let Some(chain) = self.open.pop() else { return };
        self.total -= self.chain + 1;
        self.chain = chain;
        // What was closed is itself a link: `a[1][1]`.
        self.link();
    }

    fn link(&mut self) {
        self.chain += 1;
        self.total += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::is_too_deep;

    fn nested(open: &str, close: &str, n: usize) -> String {
        format!("SELECT {}1{}", open.repeat(n), close.repeat(n))
    }

    #[test]
    fn what_becomes_a_deep_tree_is_told_from_what_is_only_long() {
        for deep in [
            nested("(", ")", 5_000),
            nested("(select ", ")", 1_200),
            nested("case when ", " then 1 end", 1_200),
            nested("array[", "]", 1_200),
            nested("f(1, ", ")", 1_200),
            nested("not ", "", 20_000),
            nested("- ", "", 20_000),
            nested("", "::int", 20_000),
            nested("", "[1]", 20_000),
            nested("", " union select 1", 20_000),
            vec!["1"; 20_000].join(" + "),
            vec!["'a'"; 20_000].join("||"),
            vec!["a = 1"; 20_000].join(" and "),
            format!("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $x${}$x$", nested("(", ")", 5_000)),
            format!("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS '{}'", nested("(''a'' || ", ")", 5_000)),
            format!("DO $$ BEGIN {} END $$", "IF a THEN PERFORM 1; ".repeat(2_000)),
            format!("DO $$ {} $$", "BEGIN PERFORM 1; ".repeat(2_000)),
        ] {
            assert!(is_too_deep(&deep), "{}", &deep[..60]);
        }
        for long in [
            nested("(", ")", 900),
            vec!["'a'"; 9_000].join(" || "),
            format!("INSERT INTO t VALUES {}", vec!["(1 + 1, 'x', now(), CASE WHEN a THEN 1 END)"; 20_000].join(", ")),
            format!("INSERT INTO t VALUES ('{}')", "(((( a lot ".repeat(20_000)),
            format!("SELECT 1 /* {} */", "/* (( */ (( ".repeat(20_000)),
            format!("DO $$ BEGIN {} END $$", "IF NOT a THEN DROP TABLE IF EXISTS t; END IF; ".repeat(20_000)),
            format!(
                "DO $$ BEGIN {} END $$",
                "CASE a WHEN 1 THEN PERFORM 1; END CASE; LOOP EXIT; END LOOP; ".repeat(20_000)
            ),
            format!("CREATE TABLE t ({})", vec!["a int DEFAULT 1 NOT NULL"; 20_000].join(", ")),
        ] {
            assert!(!is_too_deep(&long), "{}", &long[..60]);
        }
    }
}
