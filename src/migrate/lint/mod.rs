//! What is wrong about migrations, read from their text alone: nothing is connected to.
//!
//! squawk knows what locks a table for long or breaks what runs already; [`squawk`] says which of its
//! rules are asked. The rules of our own need the whole set in order, because an index or a policy may
//! come in a later file: [`schema`] follows the set, and what it finds is reported where it was brought
//! in. `-- squawk-ignore RULE` before a line silences both kinds.

pub mod formats;
mod functions;
mod ignores;
mod place;
mod schema;
mod squawk;
mod transactions;

use std::borrow::Cow;
use std::collections::BTreeSet;

use squawk_syntax::SourceFile;

use super::Script;
use super::depth::is_too_deep;

pub use place::Position;
use place::{Lines, Span};

/// Our own rules, and in a line what each is about.
pub const RULES: [(&str, &str); 9] = [
    ("syntax-error", "PostgreSQL would refuse the file"),
    ("not-utf-8", "A migration is text in UTF-8"),
    ("too-deeply-nested", "A statement is too deep to be linted"),
    ("transaction-control", "The runner begins and ends the transaction"),
    ("rls-without-policy", "Row level security is on, and no policy lets anybody through"),
    ("function-without-search-path", "A SECURITY DEFINER function runs with its caller's search_path"),
    ("function-search-path-without-pg-temp", "A SECURITY DEFINER function finds temporary objects of its caller first"),
    ("duplicate-index", "Two indexes hold the same"),
    ("foreign-key-without-index", "No index finds the rows that refer to a row"),
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
    fn is_down(&self) -> bool {
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
struct Found {
    rule: String,
    level: Level,
    message: String,
    help: Option<String>,
    span: Span,
}

impl Found {
    fn ours(rule: &str, level: Level, span: Span, message: String, help: &str) -> Self {
        Found { rule: rule.to_owned(), level, message, help: Some(help.to_owned()), span }
    }
}

/// Every rule, ours and squawk's, and in a line what ours are about.
pub fn rules() -> Vec<(String, &'static str)> {
    let ours = RULES.iter().map(|(rule, about)| ((*rule).to_owned(), *about));
    ours.chain(squawk::rules().into_iter().map(|rule| (rule, ""))).collect()
}

/// Whether there is a rule of this name, squawk's or ours.
pub fn is_rule(name: &str) -> bool {
    is_ours(name) || squawk::is_rule(name)
}

fn is_ours(name: &str) -> bool {
    RULES.iter().any(|(rule, _)| *rule == name)
}

/// The text with blanks in the place of each statement that is too deep to be parsed, which is a hit.
fn without_deep<'a>(script: &'a Script, hits: &mut Vec<Found>) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(script.text.as_str());
    for statement in script.statements().iter().filter(|s| is_too_deep(s.text)) {
        let span = Span { start: statement.at, end: statement.at + statement.text.len() };
        // As many bytes, so that every place behind it stays where it is.
        let blank: String = statement.text.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
        text.to_mut().replace_range(span.start..span.end, &blank);
        let message = "The statement is too deeply nested to be linted.";
        let help = "Split it, or look at it yourself; the rest of the file was linted.";
        hits.push(Found::ours("too-deeply-nested", Level::Warning, span, message.to_owned(), help));
    }
    text
}

/// Lints files, which are given in the order in which they would be applied.
pub fn lint(files: &[Input], choice: &Choice) -> Report {
    let mut found: Vec<Vec<Found>> = Vec::new();
    let mut schema = schema::Schema::default();
    let mut functions = functions::Functions::default();
    let mut texts = Vec::new();
    for (number, input) in files.iter().enumerate() {
        let mut here = Vec::new();
        let text = match std::str::from_utf8(&input.bytes) {
            Ok(text) => text,
            Err(error) => {
                let at = error.valid_up_to();
                let message = format!("The file is not UTF-8: byte {} is no part of it.", at + 1);
                let help = "Save the file as UTF-8, without a byte order mark.";
                here.push(Found::ours("not-utf-8", Level::Error, Span { start: at, end: at }, message, help));
                found.push(here);
                texts.push((String::from_utf8_lossy(&input.bytes[..at]).into_owned(), None));
                continue;
            }
        };
        let script = Script { file: String::new(), text: text.to_owned() };
        let readable = without_deep(&script, &mut here);
        let parse = SourceFile::parse(&readable);
        here.extend(parse.errors().iter().map(|error| Found {
            rule: "syntax-error".to_owned(),
            level: Level::Error,
            message: error.message().to_owned(),
            help: None,
            span: Span { start: error.range().start().into(), end: error.range().end().into() },
        }));
        let tree = parse.tree();
        // A file whose statements run one by one may have transactions of its own.
        let wrapped = script.one_by_one().is_none();
        here.extend(squawk::run(&parse, &readable, input.is_down(), wrapped, choice));
        if wrapped {
            here.extend(transactions::control(&tree));
        }
        if !input.is_down() {
            schema.follow(number, &tree);
            functions.follow(number, &tree);
        }
        texts.push((text.to_owned(), Some(ignores::Ignores::of(&parse.syntax_node(), &Lines::of(text)))));
        found.push(here);
    }
    for (number, hit) in schema.finish().into_iter().chain(functions.finish()) {
        found[number].push(hit);
    }
    let mut hits = Vec::new();
    for ((input, (text, ignores)), mut found) in files.iter().zip(&texts).zip(found) {
        found.sort_by_key(|f| (f.span.start, f.span.end));
        let lines = Lines::of(text);
        for hit in found.into_iter().filter(|f| !choice.excluded.contains(&f.rule)) {
            let (start, end) = (lines.position(hit.span.start), lines.position(hit.span.end));
            if is_ours(&hit.rule) && ignores.as_ref().is_some_and(|i| i.silence(&hit.rule, start.line)) {
                continue;
            }
            let (source, skipped) = lines.around(hit.span.start);
            hits.push(Hit {
                file: input.file.clone(),
                source: source.to_owned(),
                skipped,
                start,
                end,
                rule: hit.rule,
                level: hit.level,
                message: hit.message,
                help: hit.help,
            });
        }
    }
    Report { files: files.len(), hits }
}
