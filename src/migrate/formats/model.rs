//! The types that the readers share.

use std::path::Path;

use super::format::Format;
use crate::error::{Error, Result};
use crate::migrate::script::Script;

/// One direction of one migration.
#[derive(Debug, Clone)]
pub struct Part {
    /// The version.
    pub version: i64,
    /// The description, with spaces.
    pub description: String,
    /// True if it takes the migration back.
    pub down: bool,
    /// What runs.
    pub script: Script,
}

/// A folder of migrations that was read.
#[derive(Debug)]
pub struct Folder {
    /// The format.
    pub format: Format,
    /// What it holds, in no order.
    pub parts: Vec<Part>,
    /// Notes: each file that looks like a migration and is none, with the reason.
    pub notes: Vec<String>,
}

impl Part {
    /// The part that takes back, unless it holds no statement: a tool writes an empty one where nobody has said how.
    pub fn back(version: i64, description: &str, script: Script) -> Option<Part> {
        let part = Part { version, description: description.to_owned(), down: true, script };
        part.script.has_statement().then_some(part)
    }
}

/// The text of a file.
pub(super) fn text(file: &str, bytes: Vec<u8>) -> Result<String> {
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
        return Err(Error::usage(format!("{file}:{line} holds a zero byte, which no text of PostgreSQL can hold"))
            .hint("write it without that byte"));
    }
    String::from_utf8(bytes).map_err(|_| Error::usage(format!("{file} is not UTF-8")))
}

/// The text of the file at a path.
pub(super) fn text_of(path: &Path) -> Result<(String, String)> {
    let file = path.display().to_string();
    let bytes = crate::files::read_migration(path).map_err(|e| Error::usage(format!("cannot read {file}: {e}")))?;
    let text = text(&file, bytes)?;
    Ok((file, text.trim_start_matches('\u{feff}').to_owned()))
}

/// The file that would take back what a file applies; none where the format has no such files.
pub fn way_back(format: Format, file: &str) -> Option<String> {
    let (folder, name) = file.rsplit_once('/').map_or(("", file), |(folder, name)| (&file[..=folder.len()], name));
    if matches!(name, "up.sql" | "migration.sql") {
        return Some(format!("{folder}down.sql"));
    }
    match format {
        Format::Drizzle => None,
        Format::Flyway => Some(format!("{folder}U{}", name.trim_start_matches('V'))),
        _ => Some(format!("{folder}{}.down.sql", name.trim_end_matches(".sql").trim_end_matches(".up"))),
    }
}

/// The last part of a path.
pub fn name_of(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// The digits that a name begins with, as a version, and the rest.
pub(super) fn version_of(name: &str) -> Option<(i64, &str)> {
    let (digits, rest) = name.split_at(name.bytes().take_while(u8::is_ascii_digit).count());
    Some((digits.parse().ok()?, rest))
}

/// The rest of a name in words.
pub(super) fn words(rest: &str) -> String {
    rest.replace(['_', '-'], " ").trim().to_owned()
}

/// The refusal of what a tool's folder holds and bursar does not run.
pub(super) fn refused(format: Format, what: &str, instead: &str) -> Error {
    Error::usage(format!("{what}; nothing was run"))
        .hint(format!("{instead}; or leave these migrations to {}", format.name()))
}

/// The error of two files of one version.
pub fn same_version(one: &str, other: &str) -> Error {
    Error::usage(format!("{one} and {other} have the same version"))
        .hint("give the later one a version of its own, if it is applied nowhere")
}

#[cfg(test)]
mod tests {
    use super::{Format, way_back};

    #[test]
    fn the_way_back_is_named_as_its_format_names_it() {
        for (format, file, back) in [
            (Format::Sqlx, "m/1_a.sql", Some("m/1_a.down.sql")),
            (Format::Sqlx, "1_a.up.sql", Some("1_a.down.sql")),
            (Format::Numbered, "m/0001-a.sql", Some("m/0001-a.down.sql")),
            (Format::Diesel, "m/1_a/up.sql", Some("m/1_a/down.sql")),
            (Format::Prisma, "m/1_a/migration.sql", Some("m/1_a/down.sql")),
            (Format::Flyway, "V/V1__a.sql", Some("V/U1__a.sql")),
            (Format::Drizzle, "m/0000_a.sql", None),
        ] {
            assert_eq!(way_back(format, file).as_deref(), back, "{file}");
        }
    }
}
