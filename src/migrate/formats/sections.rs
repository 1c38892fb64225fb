//! Files that hold both ways, each below a line of its tool: goose, sql-migrate and dbmate.

use super::model::{Format, Part, name_of, refused, version_of, words};
use crate::error::{Error, Result};
use crate::migrate::script::Script;

/// A line of a tool.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// The way up, or with `true` the way back, begins below. The second is false where it asks for no transaction.
    Section(bool, bool),
    /// The whole file asks for no transaction.
    NoTransaction,
    /// It brackets a statement, which PostgreSQL's own rules tell as well.
    Bracket,
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
                ["statementbegin" | "statementend"] => Line::Bracket,
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
                ["statementbegin" | "statementend"] => Line::Bracket,
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

/// The ways up and back of a text. Each keeps its lines where they are in the file, so that places are right.
fn split(format: Format, file: &str, text: &str) -> Result<[Option<Script>; 2]> {
    let name = format.name();
    let mut ways: [Option<Script>; 2] = [None, None];
    let (mut section, mut bare) = (None, false);
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let wrong = |why: &str, instead: &str| refused(format, &format!("{file}:{number} {why}"), instead);
        let found = match line_of(line) {
            Some((of, _)) if of != format => {
                return Err(wrong(&format!("is a line of {}, in a file of {name}", of.name()), "write one format"));
            }
            found => found.map(|(_, line)| line),
        };
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
            Some(Line::Bracket) | None => {
                let text = if found.is_some() { &line[line.trim_end_matches(['\r', '\n']).len()..] } else { line };
                match section.and_then(|at: usize| ways[at].as_mut()) {
                    Some(way) => way.text.push_str(text),
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
    for way in ways.iter_mut().flatten() {
        way.bare |= bare;
    }
    Ok(ways)
}

#[cfg(test)]
mod tests {
    use super::{Format, Line, format_of, line_of, parts};

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
            ("  --  +GOOSE\tStatementBegin \r", Format::Goose, Line::Bracket),
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
