//! Folders that hold each migration in a folder of its own: diesel, hasura, prisma and later versions of drizzle.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use super::drizzle;
use super::format::Format;
use super::model::{Part, name_of, refused, text_of, words};
use crate::error::{Error, Result};
use crate::migrate::script::Script;

/// A folder that is one migration.
pub struct Nested {
    path: PathBuf,
    format: Format,
}

/// True if a folder holds the files of a migration.
pub fn is_one(path: &Path) -> bool {
    ["up.sql", "down.sql", "migration.sql"].iter().any(|file| path.join(file).is_file())
}

/// True if a directory holds folders that are named as migrations are, and hold one.
pub fn holds_migrations(directory: &Path) -> bool {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter(is_version).any(|entry| is_one(&entry.path()))
}

/// True if a name begins as a version does.
fn is_version(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with(|c: char| c.is_ascii_digit())
}

/// The folders below that are migrations, by their names. Beside files that are migrations themselves, only one that is
/// named as a version counts.
///
/// # Errors
/// A usage error for a folder that would be passed over: it is named as a migration, and has no file of one.
pub fn found(entries: &[DirEntry], is_own: bool) -> Result<Vec<Nested>> {
    let folder = |entry: &DirEntry| {
        let path = entry.path();
        let has = |file: &str| path.join(file).is_file();
        let format = match () {
            // Beside it, a `down.sql` is its way back.
            () if has("migration.sql") && has("snapshot.json") => Format::Drizzle,
            () if has("migration.sql") => Format::Prisma,
            () if has("up.sql") || has("down.sql") => Format::Diesel,
            () => return None,
        };
        Some(Nested { path, format })
    };
    let all: Vec<Nested> = entries.iter().filter(|entry| !is_own || is_version(entry)).filter_map(folder).collect();
    let known = |path: &Path| all.iter().any(|nested| nested.path == path);
    for path in entries.iter().filter(|entry| is_version(entry)).map(DirEntry::path) {
        if let Some(format) = all.first().map(|first| first.format)
            && let Err(e) = std::fs::metadata(&path)
        {
            let what = format!("{} is named as a migration, and it cannot be read: {e}", path.display());
            return Err(refused(format, &what, "put it in its place, or give it another name"));
        }
        if !path.is_dir() || known(&path) {
            continue;
        }
        let (shown, misnamed) = (path.display().to_string(), misnamed(&path));
        // A folder of none of these tools may be named as a year.
        let Some(format) = all.first().map(|first| first.format).or(misnamed.as_ref().map(|(_, format)| *format))
        else {
            continue;
        };
        let file = forward(format);
        return Err(match misnamed {
            Some((name, _)) => {
                refused(format, &format!("{shown}/{name} would be skipped"), &format!("rename it to {file}"))
            }
            None => refused(format, &format!("{shown} has no {file}"), "write it, or remove the folder"),
        });
    }
    Ok(all)
}

/// A file of a folder that is named as a migration's only without regard to case.
fn misnamed(folder: &Path) -> Option<(String, Format)> {
    let names = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter_map(|name| match name.to_ascii_lowercase().as_str() {
            "up.sql" => Some((name, Format::Diesel)),
            "migration.sql" => Some((name, Format::Prisma)),
            _ => None,
        })
        .next()
}

/// The file that applies a migration.
fn forward(format: Format) -> &'static str {
    if format == Format::Diesel { "up.sql" } else { "migration.sql" }
}

/// Reads them. `lock` is prisma's note of the kind of database, where there is one.
pub fn parts(directory: &Path, folders: &[Nested]) -> Result<(Format, Vec<Part>)> {
    // clippy knows no better than the caller, who has found one.
    let format = folders.first().map_or(Format::Prisma, |first| first.format);
    if let Some(other) = folders.iter().find(|folder| folder.format != format) {
        return Err(refused(
            format,
            &format!(
                "{} is a migration of {}, beside those of {}",
                other.path.display(),
                other.format.name(),
                format.name()
            ),
            "keep one format in a directory",
        ));
    }
    let lock = directory.join("migration_lock.toml");
    if lock.is_file() {
        let (file, text) = text_of(&lock)?;
        let lock: toml::Table = toml::from_str(&text).map_err(|e| Error::usage(format!("{file}: {}", e.message())))?;
        let provider = lock.get("provider").and_then(toml::Value::as_str).unwrap_or("postgresql");
        if provider != "postgresql" {
            return Err(refused(
                format,
                &format!("{file} is for {provider}, not for postgresql"),
                "name another directory",
            ));
        }
    }
    let mut all = Vec::new();
    for folder in folders {
        all.extend(part(folder)?);
    }
    Ok((format, all))
}

fn part(folder: &Nested) -> Result<Vec<Part>> {
    let Nested { path, format } = folder;
    let shown = path.display().to_string();
    let (version, rest) = name_of(&shown).split_once('_').unwrap_or((name_of(&shown), ""));
    // diesel leaves the dashes of a date out.
    let version = if *format == Format::Diesel { version.replace('-', "") } else { version.to_owned() };
    let version: i64 = version.parse().ok().filter(|v| *v >= 0).ok_or_else(|| {
        refused(*format, &format!("the name of {shown} does not start with a version"), "rename it to VERSION_name")
    })?;
    let description = words(rest);
    let forward = path.join(forward(*format));
    if !forward.is_file() {
        return Err(refused(*format, &format!("{shown} has a way back and no up.sql"), "write it"));
    }
    let bare = asks_for_none(path)?;
    let script = |path: &Path| {
        let (file, text) = text_of(path)?;
        let script = if *format == Format::Drizzle { drizzle::script(file, text) } else { Script::new(file, text) };
        Ok::<_, Error>(Script { bare, ..script })
    };
    let up = Part { version, description: description.clone(), down: false, script: script(&forward)? };
    let back = path.join("down.sql");
    let down = if back.is_file() { Part::back(version, &description, script(&back)?) } else { None };
    Ok([up].into_iter().chain(down).collect())
}

/// True if diesel runs the migration without a transaction.
fn asks_for_none(path: &Path) -> Result<bool> {
    let metadata = path.join("metadata.toml");
    if !metadata.is_file() {
        return Ok(false);
    }
    let (file, text) = text_of(&metadata)?;
    let table: toml::Table = toml::from_str(&text).map_err(|e| Error::usage(format!("{file}: {}", e.message())))?;
    Ok(table.get("run_in_transaction").and_then(toml::Value::as_bool) == Some(false))
}
