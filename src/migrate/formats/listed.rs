//! The files of a directory that could be migrations.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::migrate::foreign;

/// The SQL files of a directory.
#[derive(Debug, Default)]
pub struct Listed {
    /// Those that can be read, by name.
    pub files: Vec<PathBuf>,
    /// Notes: each file that is skipped, with the reason, and each name that cannot be shown.
    pub notes: Vec<String>,
}

/// Lists the SQL files of a directory. What has such a name and is no file is told, as its author may believe it to
/// be a migration.
///
/// # Errors
/// Usage errors: the directory cannot be read, or a name cannot be shown as it is.
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
            Some(why) => listed.notes.push(format!("{shown} is skipped: {why}")),
            None => listed.files.push(path),
        }
    }
    listed.notes.sort_unstable();
    Ok(listed)
}
