//! Writing another tool's migrations as files of bursar's own format.

use std::path::{Path, PathBuf};

use super::formats::Format;
use super::source::{Migration, Set};
use crate::error::{Error, Result};

/// The files that the migrations of a directory are in bursar's own format: their paths below `into`, and their texts.
/// Each has the checksum that its migration has where it is.
///
/// # Errors
/// Usage errors: as [`Set::directory`]; the directory is of bursar's own format already, or `into` holds something.
pub fn import(from: &Path, into: &Path) -> Result<Vec<(PathBuf, String)>> {
    let set = Set::directory(from, "source", "public")?;
    if set.format == Format::Sqlx {
        return Err(Error::usage(format!("{} is of bursar's own format already", from.display()))
            .hint(format!("bursar migrate status --source {}", crate::text::quoted_path(from))));
    }
    let holds = |directory: &Path| std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    if holds(into) {
        return Err(Error::usage(format!("{} is not empty; nothing was written", into.display()))
            .hint("name a directory that is empty or not there with --source DIR"));
    }
    let width = set.migrations.last().map_or(0, |m| m.version.to_string().len()).max(4);
    let mut files = Vec::new();
    for migration in &set.migrations {
        let version = format!("{:0width$}", migration.version);
        let name = snake_case(&migration.description);
        let forward = if migration.down.is_some() { ".up.sql" } else { ".sql" };
        let ways = [(forward, Some(&migration.up)), (".down.sql", migration.down.as_ref())];
        for (ending, script) in ways.into_iter().filter_map(|(ending, script)| Some((ending, script?))) {
            files.push((into.join(format!("{version}_{name}{ending}")), script.canonical().into_owned()));
        }
    }
    read_back(&set, &files)?;
    Ok(files)
}

/// Refuses files that would not be read as the migrations that they were made of.
fn read_back(set: &Set, files: &[(PathBuf, String)]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    for (path, text) in files {
        std::fs::write(folder.path().join(path.file_name().unwrap_or_default()), text)?;
    }
    let cannot = "these migrations cannot be written in bursar's own format; nothing was written";
    let read = Set::directory(folder.path(), "source", "public").map_err(|error| error.context(cannot))?;
    let back = |migration: &Migration| migration.down.as_ref().map(|script| script.canonical().into_owned());
    let same = |(one, other): (&Migration, &Migration)| {
        one.version == other.version && one.checksum == other.checksum && back(one) == back(other)
    };
    if read.format == Format::Sqlx
        && read.migrations.len() == set.migrations.len()
        && set.migrations.iter().zip(&read.migrations).all(same)
    {
        return Ok(());
    }
    Err(Error::usage(format!("{cannot}: read back, they would be other ones"))
        .hint("go on with the directory as it is; every command reads it with --source DIR"))
}

/// A description as a part of a file's name.
fn snake_case(description: &str) -> String {
    let name: String = description.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    if name.is_empty() { "migration".to_owned() } else { name }
}
