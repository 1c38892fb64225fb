//! The files of a directory that could be migrations.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::names::is_named_as_one;
use super::nested;
use crate::error::{Error, Result};
use crate::migrate::foreign;

/// The SQL files of a directory.
#[derive(Debug, Default)]
pub struct Listed {
    /// The files that can be read, by name.
    pub files: Vec<PathBuf>,
    /// Notes: each file that is skipped, with the reason, and each name that cannot be shown.
    pub notes: Vec<String>,
}

/// Lists the SQL files of a directory. What has such a name and is no file is told.
///
/// # Errors
/// Usage errors: the directory cannot be read, or what is named as a migration is no file that can be read.
pub fn listed(directory: &Path) -> Result<Listed> {
    let mut listed = Listed::default();
    for entry in foreign::entries(directory)? {
        let path = entry.path();
        let Some(extension) = path.extension().filter(|e| e.eq_ignore_ascii_case("sql")) else { continue };
        let shown = path.display().to_string();
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_none_or(|name| matches!(crate::text::escape(name), Cow::Owned(_))) {
            listed.notes.push(format!("{shown} has characters in its name that cannot be shown"));
        }
        let why = match std::fs::metadata(&path) {
            Err(e) => Some(format!("it cannot be read: {e}")),
            Ok(metadata) => crate::files::kind(&metadata).map(|kind| format!("it is {kind}")),
        };
        let why = why.or_else(|| {
            (extension != "sql").then(|| format!("its name ends in .{}, not in .sql", extension.display()))
        });
        match why {
            // Without it, the others would run, and it later behind them.
            Some(why) if extension == "sql" && is_named_as_one(&shown) && !nested::is_one(&path) => {
                return Err(Error::usage(format!("{shown} is named as a migration, and {why}; nothing was run"))
                    .hint("put the file in its place, or give it another name"));
            }
            Some(why) => listed.notes.push(format!("{shown} is skipped: {why}")),
            None => listed.files.push(path),
        }
    }
    listed.notes.sort_unstable();
    Ok(listed)
}
