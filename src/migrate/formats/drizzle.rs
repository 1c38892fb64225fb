//! drizzle's folder of files, which run in the order of its journal.

use std::path::Path;

use serde::Deserialize;

use super::format::Format;
use super::model::{Folder, Part, refused, text_of, version_of, words};
use crate::error::{Error, Result};
use crate::migrate::script::Script;

#[derive(Deserialize)]
struct Journal {
    dialect: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    idx: i64,
    tag: String,
}

/// The path of the journal.
pub const JOURNAL: &str = "meta/_journal.json";

/// The line that drizzle splits a file at, wherever it stands.
const BREAK: &str = "--> statement-breakpoint";

/// The script of a file of drizzle.
pub fn script(file: String, text: String) -> Script {
    let ends: Vec<usize> = text.match_indices(BREAK).map(|(at, _)| at).collect();
    Script::new(file, text).parted(&ends)
}

/// Reads the folder. Its other files are named in the notes.
pub fn read(directory: &Path, others: &[String], mut notes: Vec<String>) -> Result<Folder> {
    let (file, text) = text_of(&directory.join(JOURNAL))?;
    let journal: Journal =
        serde_json::from_str(&text).map_err(|e| Error::usage(format!("{file} cannot be read: {e}")))?;
    // An earlier drizzle-kit calls it so.
    if !matches!(journal.dialect.as_str(), "postgresql" | "pg") {
        return Err(refused(Format::Drizzle, &format!("{file} is for {}", journal.dialect), "name another directory"));
    }
    let mut parts: Vec<Part> = Vec::new();
    for Entry { idx, tag } in &journal.entries {
        if tag.contains(['/', '\\']) || tag.starts_with('.') {
            return Err(Error::usage(format!("{file} names a file of another directory")));
        }
        let (version, rest) = version_of(tag).unwrap_or((*idx, tag));
        if parts.last().is_some_and(|last| last.version >= version) {
            let what = format!("{file} runs {tag} after a migration of a later version");
            return Err(refused(Format::Drizzle, &what, "number the files in the order of the journal"));
        }
        let (name, text) = text_of(&directory.join(format!("{tag}.sql")))?;
        parts.push(Part { version, description: words(rest), down: false, script: script(name, text) });
    }
    let known = |other: &&String| !parts.iter().any(|part| part.script.file == **other);
    notes.extend(others.iter().filter(known).map(|other| format!("{other} is skipped: it is not in {JOURNAL}")));
    Ok(Folder { format: Format::Drizzle, parts, notes })
}
