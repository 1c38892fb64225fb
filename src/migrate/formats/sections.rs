//! Files that hold both ways, each below a line of its tool: goose, sql-migrate and dbmate.

use super::format::Format;
use super::model::{Part, name_of, refused, version_of, words};
use super::names::is_one_of_a_pair;
use crate::error::{Error, Result};
use crate::migrate::script::Script;

/// A line of a tool.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// The way up, or with `true` the way back, begins below. The second is false where it asks for no transaction.
    Section(bool, bool),
    /// The whole file asks for no transaction.
    NoTransaction,
    /// It begins or ends a bracket around a statement.
    Bracket(bool),
    /// What is not read.
    Unknown,
}

/// The format whose line this is.
fn line_of(line: &str) -> Option<(Format, Line)> {
    let rest = line.trim().strip_prefix("--")?.to_ascii_lowercase();
    let words: Vec<&str> = rest.split_ascii_whitespace().collect();
    Some(match words.as_slice() {
        ["+goose", command @ ..] => (
            Format::Goose,
            match command {
                ["up"] => Line::Section(false, true),
                ["down"] => Line::Section(true, true),
                ["statementbegin"] => Line::Bracket(true),
                ["statementend"] => Line::Bracket(false),
                ["no", "transaction"] => Line::NoTransaction,
                _ => Line::Unknown,
            },
        ),
        ["+migrate", command @ ..] => (
            Format::SqlMigrate,
            match command {
                ["up"] => Line::Section(false, true),
                ["down"] => Line::Section(true, true),
                ["up", "notransaction"] => Line::Section(false, false),
                ["down", "notransaction"] => Line::Section(true, false),
                ["statementbegin"] => Line::Bracket(true),
                ["statementend"] => Line::Bracket(false),
                _ => Line::Unknown,
            },
        ),
        ["migrate:up" | "migrate:down", options @ ..] => {
            let down = words[0] == "migrate:down";
            let line = match options {
                [] | ["transaction:true"] => Line::Section(down, true),
                ["transaction:false"] => Line::Section(down, false),
                _ => Line::Unknown,
            };
            (Format::Dbmate, line)
        }
        _ => return None,
    })
}

/// The format that a text shows by its first such line, and the number of that line.
pub fn format_of(bytes: &[u8]) -> Option<(Format, usize)> {
    let text = String::from_utf8_lossy(bytes);
    text.trim_start_matches('\u{feff}').lines().zip(1..).find_map(|(line, number)| Some((line_of(line)?.0, number)))
}

/// True if a line of a tool begins the way back.
pub fn begins_back(line: &str) -> bool {
    matches!(line_of(line), Some((_, Line::Section(true, _))))
}

/// The words that part a file into its ways without a tool that is known, or are one letter off a tool's own.
const UP: [&str; 7] = ["up", "ups", "upmigration", "migrationup", "migrateup", "gooseup", "migrateups"];
const DOWN: [&str; 10] = [
    "down",
    "downs",
    "downmigration",
    "migrationdown",
    "migratedown",
    "goosedown",
    "migratedowns",
    "rollback",
    "undo",
    "revert",
];

/// Refuses a text in which a line of a comment begins a way back that nobody reads as one, below a way up: the statements
/// there would run as a part of the way up.
///
/// # Errors
/// A usage error with the line.
pub fn refuse_unread(file: &str, bytes: &[u8]) -> Result<()> {
    if is_one_of_a_pair(file) {
        return Ok(());
    }
    let text = String::from_utf8_lossy(bytes);
    let lines = || text.trim_start_matches('\u{feff}').lines().zip(1..);
    let bare = |line: &str| -> Option<String> {
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let comment = line.strip_prefix("--").or_else(|| line.strip_prefix("/*"))?;
        Some(comment.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
    };
    let says = |line: &str, words: &[&str]| bare(line).is_some_and(|line| words.contains(&line.as_str()));
    let Some((_, up)) = lines().find(|(line, _)| says(line, &UP)) else { return Ok(()) };
    // The first one decides: below a way back that is read, all is a part of it.
    let first = lines().find(|(line, at)| *at > up && (says(line, &DOWN) || begins_back(line)));
    let Some((_, down)) = first.filter(|(line, _)| !begins_back(line)) else { return Ok(()) };
    let is_statement = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with("--");
    if !lines().any(|(line, at)| at > down && is_statement(line)) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{file}:{down} begins a way back, as line {up} begins a way up, and bursar knows no tool that writes them so: \
         both would run; nothing was run"
    ))
    .hint("split the file into VERSION_name.up.sql and VERSION_name.down.sql; or, if it is one way, leave these two lines out"))
}

/// The directions of one file.
pub fn parts(format: Format, file: &str, text: &str) -> Result<Vec<Part>> {
    let (version, rest) = version_of(name_of(file).trim_end_matches(".sql")).ok_or_else(|| {
        Error::usage(format!("{file} does not start with a version")).hint(format!("name it as {} does", format.name()))
    })?;
    let description = words(rest);
    let [up, down] = split(format, file, text.trim_start_matches('\u{feff}'))?;
    let up = up.ok_or_else(|| {
        refused(format, &format!("{file} has no line that begins the way up in {}'s format", format.name()), "add it")
    })?;
    let down = down.and_then(|script| Part::back(version, &description, script));
    Ok([Part { version, description, down: false, script: up }].into_iter().chain(down).collect())
}

/// The line that began the bracket in which a text is behind this line.
///
/// # Errors
/// The reason why the line cannot stand there, and what to do.
fn bracketed(
    line: Option<&Line>,
    open: Option<usize>,
    number: usize,
) -> Result<Option<usize>, (&'static str, &'static str)> {
    match (line, open) {
        (Some(Line::Bracket(true)), None) => Ok(Some(number)),
        (Some(Line::Bracket(false)), Some(_)) => Ok(None),
        (Some(Line::Bracket(_)), _) => Err(("does not fit the one before", "write both, in this order")),
        (Some(Line::Section(..)), Some(_)) => Err(("stands in a statement that has not ended", "end it before")),
        _ => Ok(open),
    }
}

/// The ways up and back of a text. Each keeps its lines where they are in the file, so that places are right.
fn split(format: Format, file: &str, text: &str) -> Result<[Option<Script>; 2]> {
    let name = format.name();
    let mut ways: [Option<Script>; 2] = [None, None];
    // The ends of the statements that the tool's own lines end.
    let mut ends: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    let (mut section, mut bare, mut open) = (None, false, None);
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let wrong = |why: &str, instead: &str| refused(format, &format!("{file}:{number} {why}"), instead);
        let found = match line_of(line) {
            Some((of, _)) if of != format => {
                return Err(wrong(&format!("is a line of {}, in a file of {name}", of.name()), "write one format"));
            }
            found => found.map(|(_, line)| line),
        };
        open = bracketed(found.as_ref(), open, number).map_err(|(why, instead)| wrong(why, instead))?;
        match &found {
            Some(Line::Section(down, transaction)) => {
                let way = &mut ways[usize::from(*down)];
                if way.is_some() {
                    return Err(wrong("begins a way that the file has already", "write each way once"));
                }
                let mut script = Script::new(file.to_owned(), "\n".repeat(number));
                (script.padding, script.bare) = (number, !transaction);
                *way = Some(script);
                section = Some(usize::from(*down));
            }
            Some(Line::NoTransaction) => bare = true,
            Some(Line::Unknown) => {
                let instead = "write what it stands for, and leave the line out";
                return Err(wrong(&format!("asks of {name} what bursar does not do"), instead));
            }
            Some(Line::Bracket(_)) | None => {
                let text = if found.is_some() { &line[line.trim_end_matches(['\r', '\n']).len()..] } else { line };
                match section.and_then(|at: usize| Some((ways[at].as_mut()?, &mut ends[at]))) {
                    Some((way, ends)) => {
                        if found == Some(Line::Bracket(false)) {
                            ends.push(way.text.len());
                        }
                        way.text.push_str(text);
                    }
                    // A comment, such as a licence, may stand above.
                    None if line.trim().is_empty() || line.trim_start().starts_with("--") => {}
                    None => {
                        let why = format!("stands before the first line of {name}, which runs nothing there");
                        return Err(wrong(&why, "move it below the line that begins the way up"));
                    }
                }
                continue;
            }
        }
    }
    if let Some(number) = open {
        return Err(refused(format, &format!("{file}:{number} begins a statement that does not end"), "end it"));
    }
    let [up, down] = ways.map(|way| way.map(|way| Script { bare: way.bare || bare, ..way }));
    Ok([up.map(|way| way.parted(&ends[0])), down.map(|way| way.parted(&ends[1]))])
}

#[cfg(test)]
mod tests {
    use super::{Format, Line, format_of, line_of, parts, refuse_unread};

    #[test]
    fn a_file_is_split_and_its_lines_stay_where_they_are() {
        let text = "-- licence\n-- +goose Up\n-- +goose StatementBegin\r\nCREATE TABLE t (id int);\n-- +goose StatementEnd\n\
                    -- +goose Down\nDROP TABLE t;\n";
        let parts = parts(Format::Goose, "m/0007_gift_cards.sql", text).unwrap();
        assert_eq!((parts[0].version, parts[0].description.as_str(), parts[0].down), (7, "gift cards", false));
        assert_eq!(parts[0].script.text, "\n\n\r\nCREATE TABLE t (id int);\n\n");
        assert_eq!(parts[0].script.canonical(), "\r\nCREATE TABLE t (id int);\n\n");
        assert_eq!((parts[1].down, parts[1].script.text.as_str()), (true, "\n\n\n\n\n\nDROP TABLE t;\n"));
        assert_eq!(parts[1].script.canonical(), "DROP TABLE t;\n");
    }

    #[test]
    fn a_way_back_that_nobody_reads_is_refused() {
        for text in [
            "-- +goose Up\nSELECT 1;\n-- +goose:Down\nSELECT 2;",
            "-- migrate:up\nSELECT 1;\n-- migrate: down\nSELECT 2;",
            "-- + goose Up\nSELECT 1;\n-- + goose Down\nSELECT 2;",
            "-- +goose Up\nSELECT 1;\n\u{feff}-- +goose Down!\nSELECT 2;",
            "-- ====  UP  ====\nSELECT 1;\n-- ==== DOWN ====\nSELECT 2;",
            "--up\r\nSELECT 1;\r\n--rollback\r\nSELECT 2;\r\n",
            "/* migrate:up */\nSELECT 1;\n/* migrate:down */\nSELECT 2;",
        ] {
            let error = refuse_unread("1_x.sql", text.as_bytes()).unwrap_err();
            assert!(error.message().starts_with("1_x.sql:3 begins a way back, as line 1"), "{}", error.message());
        }
        for text in [
            "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;",
            "-- migrate:up\nSELECT 1;\n-- migrate:down transaction:false\n-- rollback\nSELECT 2;",
            "-- up\nSELECT 1;\n-- down\n-- SELECT 2;\n",
            "-- scale up\nSELECT 1;\n-- scale down\nSELECT 2;",
            "-- rollback\nSELECT 1;",
        ] {
            assert!(refuse_unread("1_x.sql", text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_asks_for_no_transaction_gets_none() {
        for (format, text, bare) in [
            (Format::Goose, "-- +goose NO TRANSACTION\n-- +goose Up\nVACUUM;\n-- +goose Down\nVACUUM;", [true, true]),
            (Format::SqlMigrate, "-- +migrate Up notransaction\nVACUUM;\n-- +migrate Down\nSELECT 1;", [true, false]),
            (Format::Dbmate, "-- migrate:up\nSELECT 1;\n--migrate:down transaction:false\nVACUUM;", [false, true]),
        ] {
            assert_eq!(format_of(text.as_bytes()), Some((format, 1)));
            let parts = parts(format, "1_x.sql", text).unwrap();
            assert_eq!([parts[0].script.bare, parts[1].script.bare], bare, "{text}");
        }
    }

    #[test]
    fn what_its_tool_would_not_run_so_is_refused() {
        for (text, why) in [
            ("-- +goose Down\nSELECT 1;", "has no line that begins the way up"),
            ("SELECT 1;\n-- +goose Up\nSELECT 2;", "1_x.sql:1 stands before the first line of goose"),
            ("-- +goose Up\nSELECT 1;\n-- +goose Up\nSELECT 2;", "1_x.sql:3 begins a way that the file has already"),
            ("-- +goose Up\n-- +goose StatementBegin\nSELECT 1;", "1_x.sql:2 begins a statement that does not end"),
            ("-- +goose Up\n-- +goose StatementEnd\nSELECT 1;", "1_x.sql:2 does not fit the one before"),
            ("-- +goose Up\n-- +goose StatementBegin\n-- +goose Down", "1_x.sql:3 stands in a statement"),
            ("-- +goose ENVSUB ON\n-- +goose Up\nSELECT 1;", "1_x.sql:1 asks of goose what bursar does not do"),
            ("-- +goose Up\nSELECT 1;\n-- migrate:down\n", "1_x.sql:3 is a line of dbmate, in a file of goose"),
        ] {
            let error = parts(Format::Goose, "1_x.sql", text).unwrap_err();
            assert!(error.message().contains(why), "{text}: {}", error.message());
        }
        // A way back without a statement is one that nobody wrote.
        assert_eq!(parts(Format::Dbmate, "1_x.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\n\n").unwrap().len(), 1);
    }

    #[test]
    fn the_line_of_a_tool_is_known_as_the_tool_knows_it() {
        let up = || Line::Section(false, true);
        for (line, format, is) in [
            ("-- +goose Up", Format::Goose, up()),
            ("--+goose NO TRANSACTION", Format::Goose, Line::NoTransaction),
            ("  --  +GOOSE\tStatementBegin \r", Format::Goose, Line::Bracket(true)),
            ("-- +goose", Format::Goose, Line::Unknown),
            ("-- migrate:up\r", Format::Dbmate, up()),
            ("--migrate:down transaction:maybe", Format::Dbmate, Line::Unknown),
        ] {
            assert_eq!(line_of(line), Some((format, is)), "{line}");
        }
        for line in [
            "-- goose",
            "-- +gooseberry",
            "-- the goose way: -- +goose Down",
            "SELECT '-- +goose Down'",
            "-- migrate:downwards",
            "",
        ] {
            assert_eq!(line_of(line), None, "{line}");
        }
    }
}
