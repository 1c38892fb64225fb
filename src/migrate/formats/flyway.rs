//! Flyway's files: `V1__name.sql`, and `U1__name.sql` that takes it back.

use std::path::Path;

use super::format::Format;
use super::model::{Folder, Part, name_of, refused, text_of, words};
use crate::error::Result;
use crate::migrate::script::Script;
use crate::text::locate;

/// True if only Flyway names a file so.
pub fn is_one(file: &str) -> bool {
    let Some(stem) = name_of(file).strip_suffix(".sql") else { return false };
    let version = |rest: &str| rest.split_once("__").is_some_and(|(version, _)| is_version(version));
    stem.starts_with("R__") || stem.strip_prefix(['V', 'U', 'B']).is_some_and(version)
}

/// True if Flyway runs a file as a version without a description. Only beside others of Flyway's, as others name files so.
fn is_bare_version(file: &str) -> bool {
    let stem = name_of(file).strip_suffix(".sql").and_then(|stem| stem.strip_prefix(['V', 'U', 'B']));
    stem.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()) && is_version(version))
}

/// True for the digits of a version, with its separators.
fn is_version(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'_')
}

/// True if a directory, or one below it, holds such files.
pub fn is_below(path: &Path, deep: usize) -> bool {
    path.is_dir()
        && std::fs::read_dir(path).is_ok_and(|all| {
            all.flatten().any(|entry| {
                is_one(&entry.file_name().to_string_lossy()) || deep > 0 && is_below(&entry.path(), deep - 1)
            })
        })
}

/// True if Flyway runs a file at some moment of each of its runs.
fn is_callback(file: &str) -> bool {
    let name = name_of(file).trim_end_matches(".sql");
    let event = name.split("__").next().unwrap_or(name);
    let rest = event.strip_prefix("before").or_else(|| event.strip_prefix("after"));
    event == "createSchema"
        || rest.is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_uppercase()) && rest.bytes().all(|b| b.is_ascii_alphabetic())
        })
}

/// Reads the files of a folder.
pub fn read(files: &[String], mut notes: Vec<String>) -> Result<Folder> {
    let mut parts = Vec::new();
    for file in files {
        if !is_one(file) && !is_bare_version(file) {
            if name_of(file).starts_with(|c: char| c.is_ascii_digit()) {
                let what = format!("{file} is no migration of Flyway, beside those of Flyway");
                return Err(refused(Format::Flyway, &what, "keep one format in a directory"));
            }
            if is_callback(file) {
                let what =
                    format!("{file} is a callback of Flyway, which runs it in each of its runs, and bursar runs none");
                return Err(refused(
                    Format::Flyway,
                    &what,
                    "write what it does as a versioned migration, and remove it",
                ));
            }
            notes.push(format!("{file} is skipped: Flyway does not run it"));
            continue;
        }
        parts.extend(part(file)?);
    }
    Ok(Folder { format: Format::Flyway, parts, notes })
}

fn part(file: &str) -> Result<Option<Part>> {
    let no = |what: &str, instead: &str| Err(refused(Format::Flyway, &format!("{file} {what}"), instead));
    let stem = name_of(file).trim_end_matches(".sql");
    let (kind, rest) = stem.split_at(1);
    let (version, rest) = rest.split_once("__").unwrap_or((rest, ""));
    match kind {
        "R" => {
            return no(
                "is a repeatable migration of Flyway, which runs again whenever it changes",
                "write each change of it as a versioned migration",
            );
        }
        "B" => return no("is a baseline of Flyway", "name it V, or record it with `bursar migrate baseline VERSION`"),
        _ => {}
    }
    let Ok(version) = version.parse::<i64>() else {
        return no(
            "has a version of several parts, and bursar's versions are whole numbers",
            "rename V1.2__name.sql to 1002_name.sql, and so on",
        );
    };
    let (name, text) = text_of(Path::new(file))?;
    let is_one = |at: &usize| text[*at..].find(['}', '\n']).is_some_and(|end| text[*at + end..].starts_with('}'));
    if let Some(at) = text.match_indices("${").map(|(at, _)| at).find(is_one) {
        let place = locate(&text, at);
        let what = format!("{} is a placeholder of Flyway", place.of(&name));
        return Err(refused(Format::Flyway, &what, "write its value").excerpt(place.excerpt()));
    }
    let bare = asks_for_none(file)?;
    let script = Script { bare, ..Script::new(name, text) };
    let description = words(rest);
    Ok(match kind {
        "U" => Part::back(version, &description, script),
        _ => Some(Part { version, description, down: false, script }),
    })
}

/// True if its settings run it without a transaction.
fn asks_for_none(file: &str) -> Result<bool> {
    let settings = format!("{file}.conf");
    if !Path::new(&settings).is_file() {
        return Ok(false);
    }
    let (_, text) = text_of(Path::new(&settings))?;
    let mut none = false;
    for (line, number) in text.lines().zip(1..) {
        let (key, value) = line.split_once('=').map_or((line.trim(), ""), |(key, value)| (key.trim(), value.trim()));
        match key {
            "" => {}
            _ if key.starts_with('#') => {}
            _ if key.eq_ignore_ascii_case("executeInTransaction") => none = value.eq_ignore_ascii_case("false"),
            _ if key.eq_ignore_ascii_case("encoding") && value.eq_ignore_ascii_case("UTF-8") => {}
            _ => {
                let what = format!("{settings}:{number} asks of Flyway what bursar does not do");
                return Err(refused(Format::Flyway, &what, "write what it stands for, and leave the line out"));
            }
        }
    }
    Ok(none)
}

#[cfg(test)]
mod tests {
    use super::{is_callback, is_one};

    #[test]
    fn a_name_that_only_flyway_reads_is_known() {
        for name in ["m/V1__gift.sql", "m/V1.2_3__gift.sql", "m/U1__gift.sql", "m/R__views.sql", "m/B3__base.sql"] {
            assert!(is_one(name), "{name}");
        }
        for name in ["m/1_gift.sql", "m/1_V__x.up.sql", "m/Views__x.sql", "m/seed.sql", "m/README.md", "m/Vagrantfile"]
        {
            assert!(!is_one(name), "{name}");
        }
        for name in ["m/afterMigrate.sql", "m/beforeEachMigrate__rights.sql", "m/createSchema.sql"] {
            assert!(is_callback(name), "{name}");
        }
        for name in ["m/after.sql", "m/aftermath.sql", "m/seed.sql"] {
            assert!(!is_callback(name), "{name}");
        }
    }
}
