//! The file of an earlier run, to compare with.

use std::path::Path;

use crate::error::{Error, Result};
use crate::inspect::CheckOutcome;
use crate::output::SCHEMA_VERSION;

/// An earlier run, as `--snapshot` wrote it.
#[derive(serde::Deserialize)]
pub(super) struct Snapshot {
    pub database: String,
    pub checks: Vec<CheckOutcome>,
}

/// Reads the file of an earlier run.
///
/// # Errors
/// A usage error if it is no such file.
pub(super) fn read(path: &Path) -> Result<Snapshot> {
    /// The version, which says whether the rest can be understood.
    #[derive(serde::Deserialize)]
    struct Head {
        schema_version: u32,
        command: String,
    }
    let unusable = |why: String| {
        Error::usage(format!("cannot compare with {}: {why}", path.display()))
            .hint(format!("bursar inspect --snapshot {}", crate::text::quoted_path(path)))
    };
    let text = crate::files::read_text(path).map_err(|e| unusable(e.to_string()))?;
    let head: Head = serde_json::from_str(&text).map_err(|e| unusable(e.to_string()))?;
    if (head.schema_version, head.command.as_str()) != (SCHEMA_VERSION, "inspect") {
        return Err(unusable(format!(
            "it is version {} of what `{}` writes, and this bursar reads version {SCHEMA_VERSION} of `inspect`",
            head.schema_version, head.command
        )));
    }
    serde_json::from_str(&text).map_err(|e| unusable(e.to_string()))
}
