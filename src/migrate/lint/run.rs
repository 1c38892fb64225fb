//! Linting a set of files.

use std::borrow::Cow;
use std::collections::BTreeSet;

use squawk_syntax::{Parse, SourceFile};

use super::functions::Functions;
use super::harmless::Makes;
use super::ignores::Ignores;
use super::model::{Choice, Found, Hit, Input, Level, Report, is_ours, is_refused};
use super::place::{Lines, Span};
use super::schema::Schema;
use super::statements::Made;
use super::{squawk, transactions};
use crate::migrate::depth::is_too_deep;
use crate::migrate::formats::{is_one_of_a_pair, name_of};
use crate::migrate::script::Script;
use crate::migrate::statement::Statement;
use crate::migrate::undone::{self, Undone};

/// A file larger than this, in bytes, is of rows: no tree is made of their values.
const OF_ROWS: usize = 1 << 20;

/// The text that is parsed: blanks are in the place of each statement that is too deep for it, which is a hit, and of the
/// values in a large file. As many bytes, so that every place stays where it is.
fn parsable<'a>(script: &'a Script, statements: &[Statement<'_>], hits: &mut Vec<Found>) -> Cow<'a, str> {
    let text = script.text.as_str();
    let (mut parsed, mut copied) = (String::new(), 0);
    for statement in statements {
        let values = statement.values.clone().filter(|_| text.len() > OF_ROWS);
        let (span, instead) = match values.map(|v| statement.at + v.start..statement.at + v.end) {
            Some(values) if values.len() >= VALUE.len() => (values, VALUE),
            None if is_too_deep(statement.text) => {
                let span = Span { start: statement.at, end: statement.at + statement.text.len() };
                let message = "The statement is too deeply nested to be linted.";
                let help = "Split it, or check it yourself. The rest of the file was linted.";
                hits.push(Found::ours("too-deeply-nested", Level::Warning, span, message.to_owned(), help));
                (span.start..span.end, "")
            }
            _ => continue,
        };
        if parsed.is_empty() {
            parsed.reserve_exact(text.len());
        }
        parsed.push_str(&text[copied..span.start]);
        parsed.push_str(instead);
        let blank = text.as_bytes()[span.start + instead.len()..span.end].iter();
        parsed.extend(blank.map(|byte| if *byte == b'\n' { '\n' } else { ' ' }));
        copied = span.end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    parsed.push_str(&text[copied..]);
    Cow::Owned(parsed)
}

/// The end of a message at a place that has not changed.
const BROUGHT_IN: &str = " This file is old: a change of another file makes it a fault.";

/// What stands for all values.
const VALUE: &str = "(1)";

/// A file that was read.
struct Linted {
    /// The text, up to the first byte that is no UTF-8.
    text: String,
    /// The comments that silence rules; none if the file cannot be parsed.
    ignores: Option<Ignores>,
    hits: Vec<Found>,
}

impl Linted {
    /// A file that is not UTF-8 from byte `at` on.
    fn not_utf_8(input: &Input, at: usize) -> Self {
        let message = format!("The file is not UTF-8: byte {} is invalid.", at + 1);
        let help = "Save the file as UTF-8, without a byte order mark.";
        let hit = Found::ours("not-utf-8", Level::Error, Span { start: at, end: at }, message, help);
        let text = String::from_utf8_lossy(&input.bytes[..at]).into_owned();
        Linted { text, ignores: None, hits: vec![hit] }
    }

    /// The hits as they are reported: those of a rule that is neither excluded nor silenced, by place.
    fn report(mut self, file: &str, choice: &Choice, hits: &mut Vec<Hit>) {
        self.hits.sort_by_key(|f| (f.span.start, f.span.end));
        let lines = Lines::of(&self.text);
        for hit in self.hits.into_iter().filter(|f| is_refused(&f.rule) || !choice.excluded.contains(&f.rule)) {
            let (start, end) = (lines.position(hit.span.start), lines.position(hit.span.end));
            if is_ours(&hit.rule) && self.ignores.as_ref().is_some_and(|i| i.silence(&hit.rule, start.line)) {
                continue;
            }
            let (source, skipped) = lines.around(hit.span.start);
            let Found { rule, level, message, help, .. } = hit;
            let (file, source) = (file.to_owned(), source.to_owned());
            hits.push(Hit { file, start, end, rule, level, message, help, source, skipped });
        }
    }
}

/// The rules that follow the whole set of files.
#[derive(Default)]
struct Followed {
    schema: Schema,
    functions: Functions,
    made: Made,
}

/// The first syntax error of each statement: the others follow from it.
fn syntax_errors(statements: &[Statement<'_>], parse: &Parse<SourceFile>) -> Vec<Found> {
    if parse.errors().is_empty() {
        return Vec::new();
    }
    let starts: Vec<usize> = statements.iter().map(|statement| statement.at).collect();
    let mut seen = BTreeSet::new();
    let mut errors = parse.errors();
    errors.sort_by_key(|error| error.range().start());
    errors.retain(|error| seen.insert(starts.partition_point(|start| *start <= error.range().start().into())));
    let found = errors.into_iter().map(|error| Found {
        rule: "syntax-error".to_owned(),
        level: Level::Error,
        message: error.message().to_owned(),
        help: None,
        span: Span { start: error.range().start().into(), end: error.range().end().into() },
    });
    found.collect()
}

/// A hint as a sentence.
fn sentence(hint: &str) -> String {
    let mut chars = hint.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

/// Lints one file, and follows what it changes. `number` is its place in the set.
fn read(number: usize, input: &Input, choice: &Choice, followed: &mut Followed) -> Linted {
    let text = match std::str::from_utf8(&input.bytes) {
        // psql and `up` skip the mark.
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(error) => return Linted::not_utf_8(input, error.valid_up_to()),
    };
    let script = Script { bare: input.bare, ..Script::new(String::new(), text) };
    let mut hits = Vec::new();
    let statements = script.statements();
    let readable = parsable(&script, &statements, &mut hits);
    let parse = SourceFile::parse(&readable);
    match script.unreadable() {
        None => hits.extend(syntax_errors(&statements, &parse)),
        // What follows from that is not told.
        Some((at, why, help)) => {
            let length = script.text[at..].lines().next().unwrap_or_default().len();
            let span = Span { start: at, end: at + length };
            hits.push(Found::ours("not-sql", Level::Error, span, format!("The statement {why}."), &sentence(help)));
        }
    }
    let tree = parse.tree();
    // A file whose statements run one by one may have transactions of its own.
    let wrapped = script.one_by_one().is_none();
    if input.reported {
        let found = squawk::run(&parse, &readable, input.is_down, wrapped, choice).into_iter();
        let makes = Makes::of(&statements);
        hits.extend(found.filter(|hit| !makes.is_harmless(hit, &readable, wrapped)));
    }
    let control = if wrapped { transactions::control(&tree) } else { Vec::new() };
    if !control.is_empty() && !script.is_a_transaction() {
        hits.extend(control);
    }
    // A pair of files has said which way is which.
    if !input.is_down && !is_one_of_a_pair(&input.file) && name_of(&input.file) != "up.sql" {
        let undone = undone::find(&script).into_iter().map(|Undone { at, what }| {
            let message = format!("The file creates {what} above a comment and drops it below: {}.", undone::WHY);
            let length = script.text[at..].lines().next().unwrap_or_default().len();
            let span = Span { start: at, end: at + length };
            Found::ours(undone::RULE, Level::Error, span, message, &sentence(undone::HELP))
        });
        hits.extend(undone);
    }
    if !input.is_down {
        followed.schema.follow(number, &tree);
        followed.functions.follow(number, &tree);
        hits.extend(followed.made.follow(&statements));
    }
    let ignores = Ignores::of(&parse.syntax_node(), &Lines::of(&script.text));
    drop((readable, statements));
    Linted { text: script.text, ignores: Some(ignores), hits }
}

/// Reads a set, each file with its hits.
fn read_all(files: &[Input], choice: &Choice) -> Vec<Linted> {
    let mut followed = Followed::default();
    let mut linted: Vec<Linted> =
        files.iter().enumerate().map(|(number, input)| read(number, input, choice, &mut followed)).collect();
    for (number, hit) in followed.schema.finish().into_iter().chain(followed.functions.finish()) {
        linted[number].hits.push(hit);
    }
    linted
}

/// Lints files, which are given in the order in which they would be applied. Of those that are not reported, `before` is the
/// set as it was: what only the new files make a fault there is reported too.
pub fn lint(files: &[Input], before: &[Input], choice: &Choice) -> Report {
    let mut linted = read_all(files, choice);
    if files.iter().any(|input| !input.reported) {
        let key = |file: &str, hit: &Found| (file.to_owned(), hit.span.start, hit.span.end, hit.rule.clone());
        let old = before.iter().zip(read_all(before, choice));
        let old: BTreeSet<_> =
            old.flat_map(|(input, linted)| linted.hits.into_iter().map(|hit| key(&input.file, &hit))).collect();
        for (input, linted) in files.iter().zip(&mut linted).filter(|(input, _)| !input.reported) {
            linted.hits.retain(|hit| !old.contains(&key(&input.file, hit)));
            linted.hits.iter_mut().for_each(|hit| hit.message.push_str(BROUGHT_IN));
        }
    }
    let mut hits = Vec::new();
    for (input, linted) in files.iter().zip(linted) {
        linted.report(&input.file, choice, &mut hits);
    }
    // Both ways may be in one file.
    let mut reported: BTreeSet<&str> =
        files.iter().filter(|input| input.reported).map(|input| input.file.as_str()).collect();
    reported.extend(hits.iter().map(|hit| hit.file.as_str()));
    Report { files: reported.len(), hits }
}
