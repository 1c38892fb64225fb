//! Folders and files of the tools whose formats bursar does not read, which are refused.
//!
//! A file that holds the way back too would be run with it, and a folder that keeps its order elsewhere would be run in
//! another one. Both are told by what these tools look for themselves: a line of a comment, or the name of a file.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::formats::{begins_back, holds_folders, is_one_of_a_pair, name_of};
use crate::error::{Error, Result};

/// The lines that part a file into its ways, by tool: what follows the dashes of a comment, in lower case. One that
/// ends in a blank stands before another word; one that ends in a star is the beginning of a line, as its tool reads it;
/// another one is all of the line, or stands before a blank.
const MARKERS: [(&str, &str); 13] = [
    ("micrate", "+micrate "),
    ("rambler", "rambler up"),
    ("rambler", "rambler down"),
    ("node-pg-migrate", "down migration*"),
    ("MyBatis Migrations", "//@undo"),
    (ATLAS, "atlas:txtar"),
    (ATLAS, "atlas:checkpoint"),
    (ATLAS, "atlas:txmode"),
    (ATLAS, "atlas:delimiter"),
    (ATLAS, "atlas:import"),
    ("Play evolutions", "!downs"),
    ("tern", "create above / drop below ----"),
    (LIQUIBASE, "liquibase formatted sql"),
];

/// Atlas' lines say what a file is, and how its statements are parted and run.
const ATLAS: &str = "Atlas";

/// Only Liquibase itself understands the conditions of its lines: the databases, contexts and states that a change is for.
const LIQUIBASE: &str = "Liquibase";

/// Refuses a file of a tool that writes the way back into the same file.
///
/// # Errors
/// A usage error with the tool's name and the line.
pub fn refuse_text(file: &str, bytes: &[u8]) -> Result<()> {
    for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
        // All below it is the way back already.
        if begins_back(&String::from_utf8_lossy(line)) {
            break;
        }
        // Of a pair, each file is one way, whatever its comments say.
        let of_pair = |tool: &str| is_one_of_a_pair(file) && tool != LIQUIBASE;
        let Some(tool) = tool_of(line).filter(|tool| !of_pair(tool)) else { continue };
        let would = match tool {
            LIQUIBASE => "it would run each change, for whichever database and state it is",
            ATLAS => "it would run the file in another way, or where Atlas does not run it",
            _ => "it would run the way back together with the way up",
        };
        return Err(Error::usage(format!(
            "{file}:{} is a line of {tool}, and bursar does not read {tool}'s format: {would}; nothing was run",
            number + 1
        ))
        .hint(format!(
            "split the file into VERSION_name.up.sql and VERSION_name.down.sql, without {tool}'s lines; or leave these \
             migrations to {tool}"
        )));
    }
    Ok(())
}

/// The tool whose line this is.
fn tool_of(line: &[u8]) -> Option<&'static str> {
    let rest = line.trim_ascii().strip_prefix(b"--")?;
    // Some tools take more dashes, and blanks between them; any blanks part words.
    let text = String::from_utf8_lossy(rest).to_ascii_lowercase();
    let words: Vec<&str> =
        text.trim_start_matches(|c: char| c == '-' || c.is_ascii_whitespace()).split_ascii_whitespace().collect();
    let text = words.join(" ").replacen("// @", "//@", 1);
    MARKERS.iter().find(|(_, marker)| is_marker(&text, marker)).map(|(tool, _)| *tool)
}

fn is_marker(text: &str, marker: &str) -> bool {
    match marker.strip_suffix('*') {
        Some(beginning) => text.starts_with(beginning),
        None => text
            .strip_prefix(marker.trim_end())
            .is_some_and(|rest| rest.is_empty() && !marker.ends_with(' ') || rest.starts_with(' ')),
    }
}

/// Refuses a directory of a tool that keeps the order of its migrations elsewhere, and names that only look like a
/// migration's.
///
/// # Errors
/// A usage error with the name of either; where the directory cannot be read.
pub fn refuse_folder(directory: &Path) -> Result<()> {
    if directory.join("sqitch.plan").is_file() {
        return Err(Error::usage(format!(
            "{} is a folder of sqitch: its order is in sqitch.plan, and bursar does not read this format; nothing was run",
            directory.display()
        ))
        .hint(
            "copy deploy/NAME.sql to VERSION_name.up.sql and revert/NAME.sql to VERSION_name.down.sql; or leave these migrations to sqitch",
        ));
    }
    if let Some(list) = changelog(directory) {
        return Err(Error::usage(format!(
            "{} is a folder of {LIQUIBASE}: {} says what is run and where, and bursar does not read this format; nothing was run",
            directory.display(),
            list.display()
        ))
        .hint(
            "copy the SQL of each change to VERSION_name.sql in a directory of its own; or leave these migrations to Liquibase",
        ));
    }
    entries(directory)?.iter().try_for_each(|entry| refuse_name(&entry.path().display().to_string()))
}

/// Refuses a directory of Atlas' own format, whose files are named as bursar's own are.
///
/// # Errors
/// A usage error.
pub(super) fn refuse_sums(directory: &Path) -> Result<()> {
    if !directory.join("atlas.sum").is_file() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{} is a folder of {ATLAS}: it has an atlas.sum, and bursar does not read this format; nothing was run",
        directory.display()
    ))
    .hint(
        "where bursar is to run these migrations from now on, remove atlas.sum, and record those that Atlas has applied with `bursar migrate baseline VERSION`; or leave these migrations to Atlas",
    ))
}

/// The list of changes by which Liquibase runs the files of a directory: in it, or in the one above, where it names this
/// directory.
fn changelog(directory: &Path) -> Option<PathBuf> {
    list_in(directory, |_| true).or_else(|| {
        let whole = directory.canonicalize().ok()?;
        let name = whole.file_name()?.to_str()?.to_owned();
        let is_of_name = |c: char| c.is_alphanumeric() || "._-".contains(c);
        list_in(whole.parent()?, |text| {
            text.match_indices(&name).any(|(at, _)| {
                let (before, after) = (&text[..at], &text[at + name.len()..]);
                !before.ends_with(is_of_name) && !after.starts_with(is_of_name)
            })
        })
    })
}

/// The first file of a directory that is a list of changes, and holds this too.
fn list_in(directory: &Path, holds: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory).ok()?.flatten().map(|entry| entry.path()).collect();
    paths.sort_unstable();
    paths.into_iter().find(|path| {
        let is = |kinds: &[&str]| {
            path.extension().is_some_and(|own| kinds.iter().any(|kind| own.eq_ignore_ascii_case(kind)))
        };
        let key = match () {
            () if is(&["json", "xml", "yaml", "yml"]) => "databaseChangeLog",
            // Any other file of SQL is told by its lines.
            () if is(&["sql"]) && name_of(&path.to_string_lossy()).to_lowercase().contains("changelog") => {
                "liquibase formatted sql"
            }
            () => return false,
        };
        path.is_file() && beginning(path).is_some_and(|text| text.contains(key) && holds(&text))
    })
}

/// As much of a text as says what it is.
fn beginning(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(1 << 16).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The entries of a directory, by name.
pub(super) fn entries(directory: &Path) -> Result<Vec<std::fs::DirEntry>> {
    let all = std::fs::read_dir(directory).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let mut all = all.map_err(|e| {
        Error::usage(format!("cannot read {}: {e}", directory.display()))
            .hint("name the directory of the migrations with --source DIR")
    })?;
    all.sort_by_key(std::fs::DirEntry::file_name);
    Ok(all)
}

/// The error of a directory in which no migration was found.
pub fn empty(directory: &Path) -> Error {
    below(directory).unwrap_or_else(|| {
        let shown = directory.display();
        Error::usage(format!("there are no migrations in {shown}; they are named VERSION_name.sql"))
            .hint("name the directory that holds them with --source DIR, or begin with `bursar migrate new NAME`")
    })
}

/// The error of a directory whose migrations are in one below it.
pub(super) fn below(directory: &Path) -> Option<Error> {
    let entries = entries(directory).unwrap_or_default();
    let below =
        entries.iter().map(std::fs::DirEntry::path).find(|path| holds_migrations(path) || holds_folders(path))?;
    let error = Error::usage(format!("there are no migrations in {}, but in {}", directory.display(), below.display()));
    Some(error.hint(format!("give --source {}", crate::text::quoted_path(&below))))
}

/// Refuses a name that reads as a migration's only without regard to case.
fn refuse_name(file: &str) -> Result<()> {
    let name = name_of(file);
    match name.rsplit_once('.') {
        Some((stem, extension)) if extension != "sql" && extension.eq_ignore_ascii_case("sql") => {
            Err(Error::usage(format!("{file} would be skipped: a migration's name ends in .sql"))
                .hint(format!("rename it to {stem}.sql")))
        }
        _ => Ok(()),
    }
}

/// True if a directory holds files that are named as migrations are.
pub(super) fn holds_migrations(path: &Path) -> bool {
    let named = |name: std::ffi::OsString| {
        let name = name.to_string_lossy().into_owned();
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && name[digits..].starts_with('_') && name.ends_with(".sql")
    };
    path.is_dir() && std::fs::read_dir(path).is_ok_and(|all| all.flatten().any(|entry| named(entry.file_name())))
}

#[cfg(test)]
mod tests {
    use super::{refuse_name, tool_of};

    #[test]
    fn the_line_of_a_tool_is_known_as_the_tool_knows_it() {
        for (line, tool) in [
            ("-- rambler down", "rambler"),
            ("-- Down Migration", "node-pg-migrate"),
            ("--- -  Down   Migration: takes it back", "node-pg-migrate"),
            ("-- atlas:txtar", "Atlas"),
            ("-- atlas:txmode none", "Atlas"),
            ("-- // @UNDO", "MyBatis Migrations"),
            ("-- //@UNDO", "MyBatis Migrations"),
            ("-- !Downs", "Play evolutions"),
            ("---- create above / drop below ----", "tern"),
            ("-- +micrate Down", "micrate"),
            ("--liquibase formatted SQL", "Liquibase"),
        ] {
            assert_eq!(tool_of(line.as_bytes()), Some(tool), "{line}");
        }
        for line in [
            "-- no-transaction",
            "-- a down migration",
            "-- liquibase formatted sqlfiles were here before",
            "-- squawk-ignore ban-drop-table",
            "-- atlas:nolint",
            "--> statement-breakpoint",
            "----",
            "",
        ] {
            assert_eq!(tool_of(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_name_is_in_small_letters_at_its_end() {
        assert!(refuse_name("m/1_gift.SQL").unwrap_err().message().contains("skipped"));
        assert!(refuse_name("m/1_gift.up.Sql").is_err());
        assert!(refuse_name("m/1_gift.sql").is_ok() && refuse_name("m/README.md").is_ok());
    }
}
