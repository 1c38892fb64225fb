//! `bursar migrate new`: writes an empty migration.

use std::path::Path;

use crate::commands::{Context, Done, Outcome, now};
use crate::migrate;
use crate::output::NewFile;

pub(super) fn run(context: &Context, name: &str, reversible: bool, source: &Path) -> Outcome {
    let version = now().format("%Y%m%d%H%M%S").to_string().parse().unwrap_or_default();
    let mut written = Vec::new();
    for (path, text) in migrate::drafts(source, name, version, reversible)? {
        // Two who make one at the same moment must not write over each other.
        NewFile::source(&path)?.finish(|out| Ok(out.write_all(text.as_bytes())?))?;
        written.push(path.display().to_string());
    }
    context.ui.foreign(&written.join("\n"))?;
    Ok(Done::Clean)
}
