//! Folders and files of other tools, which are refused: bursar does not read their formats.
//!
//! A file that holds the way back too would be run with it, and a folder that holds each migration in a
//! folder of its own would look as if nothing were pending. Both are told by what these tools look for
//! themselves: a line of a comment, or the name of a file.

use std::path::Path;

use crate::error::{Error, Result};

/// The lines that part a file into its ways, by tool: what follows the dashes of a comment, in lower case. One that
/// ends in a blank stands before another word; one that ends in a star is the beginning of a line, as its tool reads it;
/// another one is all of the line, or stands before a blank.
const MARKERS: [(&str, &str); 12] = [
    ("goose", "+goose "),
    ("sql-migrate", "+migrate "),
    ("micrate", "+micrate "),
    ("dbmate", "migrate:up"),
    ("dbmate", "migrate:down"),
    ("rambler", "rambler up"),
    ("rambler", "rambler down"),
    ("node-pg-migrate", "down migration*"),
    ("MyBatis Migrations", "//@undo"),
    ("Atlas", "atlas:txtar"),
    ("Play evolutions", "!downs"),
    ("tern", "create above / drop below ----"),
];

/// Refuses a file of a tool that writes the way back into the same file.
///
/// # Errors
/// A usage error with the tool's name and the line.
pub fn refuse_text(file: &str, bytes: &[u8]) -> Result<()> {
    for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
        let Some(tool) = tool_of(line) else { continue };
        return Err(Error::usage(format!(
            "{file}:{} is a line of {tool}, and bursar does not read {tool}'s format: it would run the way back \
             together with the way up; nothing was run",
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

/// Refuses a directory that another tool made, or whose migrations are in a directory below.
///
/// # Errors
/// A usage error with the name of either; where the directory cannot be read.
pub fn refuse_folder(directory: &Path) -> Result<()> {
    let shown = directory.display();
    if directory.join("meta/_journal.json").is_file() {
        return Err(tools(
            &format!("{shown} is a folder of drizzle: its order is in meta/_journal.json"),
            "drizzle",
            "copy each file to VERSION_name.sql with a version above 0 in a directory of its own",
        ));
    }
    if directory.join("migration_lock.toml").is_file() {
        return Err(nested(&format!("{shown} is a folder of prisma"), "prisma", "migration.sql"));
    }
    if directory.join("sqitch.plan").is_file() {
        return Err(tools(
            &format!("{shown} is a folder of sqitch: its order is in sqitch.plan"),
            "sqitch",
            "copy deploy/NAME.sql to VERSION_name.up.sql and revert/NAME.sql to VERSION_name.down.sql",
        ));
    }
    let is_ours = holds_migrations(directory);
    for entry in entries(directory)? {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        // A folder beside migrations is one of another tool only where it is named as a version.
        let counts = !is_ours || name.starts_with(|c: char| c.is_ascii_digit());
        if counts && path.is_dir() {
            if path.join("up.sql").is_file() || path.join("down.sql").is_file() {
                return Err(nested(&format!("{shown}/{name} is a migration of diesel or hasura"), "diesel", "up.sql"));
            }
            if path.join("migration.sql").is_file() {
                let tool = if path.join("snapshot.json").is_file() { "drizzle" } else { "prisma" };
                return Err(nested(&format!("{shown}/{name} is a migration of {tool}"), tool, "migration.sql"));
            }
        }
        refuse_name(&path.display().to_string())?;
    }
    if is_ours {
        return Ok(());
    }
    match entries(directory)?.iter().map(std::fs::DirEntry::path).find(|path| holds_migrations(path)) {
        Some(below) => Err(Error::usage(format!("there are no migrations in {shown}, but in {}", below.display()))
            .hint(format!("give --source {}", below.display()))),
        None => Ok(()),
    }
}

fn entries(directory: &Path) -> Result<Vec<std::fs::DirEntry>> {
    let all = std::fs::read_dir(directory).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let mut all = all.map_err(|e| Error::usage(format!("cannot read {}: {e}", directory.display())))?;
    all.sort_by_key(std::fs::DirEntry::file_name);
    Ok(all)
}

/// The error of a directory in which no migration was found.
pub fn empty(directory: &Path) -> Error {
    Error::usage(format!("there are no migrations in {}; they are named VERSION_name.sql", directory.display()))
        .hint("name the directory that holds them with --source DIR, or begin with `bursar migrate new NAME`")
}

/// Refuses a name that only another tool reads, or that reads as a migration's only without regard to case.
///
/// # Errors
/// A usage error with the tool's name.
pub fn refuse_name(file: &str) -> Result<()> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let Some((stem, extension)) = name.rsplit_once('.') else { return Ok(()) };
    if !extension.eq_ignore_ascii_case("sql") {
        return Ok(());
    }
    if extension != "sql" {
        return Err(Error::usage(format!("{file} would be skipped: a migration's name ends in .sql"))
            .hint(format!("rename it to {stem}.sql")));
    }
    let version = |rest: &str| {
        rest.split_once("__").is_some_and(|(version, _)| {
            !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'_')
        })
    };
    let is_flyway = stem.starts_with("R__") || stem.strip_prefix(['V', 'U', 'B']).is_some_and(version);
    if is_flyway {
        return Err(tools(
            &format!("{file} is a migration of Flyway"),
            "Flyway",
            "rename V1__name.sql to 1_name.up.sql and U1__name.sql to 1_name.down.sql; a repeatable R__name.sql has no equal here",
        ));
    }
    Ok(())
}

fn holds_migrations(path: &Path) -> bool {
    let named = |name: std::ffi::OsString| {
        let name = name.to_string_lossy().into_owned();
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && name[digits..].starts_with('_') && name.ends_with(".sql")
    };
    path.is_dir() && std::fs::read_dir(path).is_ok_and(|all| all.flatten().any(|entry| named(entry.file_name())))
}

fn nested(what: &str, tool: &str, file: &str) -> Error {
    tools(
        &format!("{what}: it keeps each migration in a folder of its own"),
        tool,
        &format!(
            "copy each {file} to VERSION_name.up.sql, and its way back to VERSION_name.down.sql, in one directory"
        ),
    )
}

fn tools(what: &str, tool: &str, instead: &str) -> Error {
    Error::usage(format!("{what}, and bursar does not read this format; nothing was run"))
        .hint(format!("{instead}; or leave these migrations to {tool}"))
}

#[cfg(test)]
mod tests {
    use super::{refuse_name, tool_of};

    #[test]
    fn the_line_of_a_tool_is_known_as_the_tool_knows_it() {
        for (line, tool) in [
            ("-- +goose Down", "goose"),
            ("--+goose NO TRANSACTION", "goose"),
            ("  --  +GOOSE\tStatementBegin \r", "goose"),
            ("-- +migrate Up notransaction", "sql-migrate"),
            ("-- migrate:up transaction:false", "dbmate"),
            ("--migrate:down\r", "dbmate"),
            ("-- rambler down", "rambler"),
            ("-- Down Migration", "node-pg-migrate"),
            ("--- -  Down   Migration: takes it back", "node-pg-migrate"),
            ("-- atlas:txtar", "Atlas"),
            ("-- // @UNDO", "MyBatis Migrations"),
            ("-- //@UNDO", "MyBatis Migrations"),
            ("-- !Downs", "Play evolutions"),
            ("---- create above / drop below ----", "tern"),
            ("-- +micrate Down", "micrate"),
        ] {
            assert_eq!(tool_of(line.as_bytes()), Some(tool), "{line}");
        }
        for line in [
            "-- goose",
            "-- +gooseberry",
            "-- the goose way: -- +goose Down",
            "SELECT '-- +goose Down'",
            "-- migrate:downwards",
            "-- no-transaction",
            "-- a down migration",
            "-- squawk-ignore ban-drop-table",
            "--> statement-breakpoint",
            "----",
            "",
        ] {
            assert_eq!(tool_of(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_name_that_only_another_tool_reads_is_refused() {
        for (name, says) in [
            ("m/V1__gift.sql", "Flyway"),
            ("m/V1.2_3__gift.sql", "Flyway"),
            ("m/U1__gift.sql", "Flyway"),
            ("m/R__views.sql", "Flyway"),
            ("m/1_gift.SQL", "skipped"),
            ("m/1_gift.up.Sql", "skipped"),
        ] {
            assert!(refuse_name(name).unwrap_err().message().contains(says), "{name}");
        }
        for name in ["m/1_gift.sql", "m/1_V__x.up.sql", "m/Views__x.sql", "m/seed.sql", "m/README.md", "m/Vagrantfile"]
        {
            assert!(refuse_name(name).is_ok(), "{name}");
        }
    }
}
