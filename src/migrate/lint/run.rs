//! Linting a set of files.

use std::borrow::Cow;

use squawk_syntax::SourceFile;

use super::functions::Functions;
use super::ignores::Ignores;
use super::model::{Choice, Found, Hit, Input, Level, Report, is_ours};
use super::place::{Lines, Span};
use super::schema::Schema;
use super::{squawk, transactions};
use crate::migrate::depth::is_too_deep;
use crate::migrate::script::Script;

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
    let mut schema = Schema::default();
    let mut functions = Functions::default();
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
        texts.push((text.to_owned(), Some(Ignores::of(&parse.syntax_node(), &Lines::of(text)))));
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
