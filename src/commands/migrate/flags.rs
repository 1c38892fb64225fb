//! The flags that say what is migrated, for the commands that a message names.

use super::args::{
    Migrate, MigrateBaseline, MigrateDown, MigrateDump, MigrateImport, MigrateRepair, MigrateSource, MigrateUp,
    OwnMigrations,
};
use crate::commands::Context;
use crate::text::quoted;

/// The flags that say what is migrated, for the next command.
pub(super) fn of(context: &Context, action: &Migrate) -> Vec<(&'static str, String)> {
    match action {
        Migrate::New { source, .. } => match source.to_str() {
            Some("migrations") | None => Vec::new(),
            Some(directory) => vec![("source", directory.to_owned())],
        },
        #[cfg(feature = "lint")]
        Migrate::Lint(args) => {
            args.source.iter().map(|directory| ("source", directory.display().to_string())).collect()
        }
        Migrate::Status { source, .. }
        | Migrate::Plan { source, .. }
        | Migrate::Up(MigrateUp { source, .. })
        | Migrate::Repair(MigrateRepair { source, .. }) => source_flags(context, source),
        Migrate::Import(args) => source_flags(context, &args.source()),
        Migrate::Adopt(_) => source_flags(context, &whole(OwnMigrations::default())),
        Migrate::Wait { .. } => Vec::new(),
        Migrate::Verify { own, .. }
        | Migrate::Dump(MigrateDump { own, .. })
        | Migrate::Down(MigrateDown { own, .. })
        | Migrate::Baseline(MigrateBaseline { own, .. }) => source_flags(context, &whole(own.clone())),
    }
}

pub(super) fn source_flags(context: &Context, source: &MigrateSource) -> Vec<(&'static str, String)> {
    let directory = source.own.source.as_ref().map(|d| d.display().to_string());
    let flags = [
        ("app", &context.global.app),
        ("source", &directory),
        ("history-table", &source.own.history_table),
        ("only", &source.only),
    ];
    flags.into_iter().filter_map(|(flag, value)| Some((flag, value.clone()?))).collect()
}

/// An application, or this directory of migrations with its history.
pub(super) fn whole(own: OwnMigrations) -> MigrateSource {
    MigrateSource { own, only: None }
}

impl MigrateImport {
    /// The migrations that the history records.
    pub(super) fn source(&self) -> MigrateSource {
        whole(OwnMigrations { source: Some(self.source.clone()), history_table: self.history_table.clone() })
    }
}

/// The text with these flags behind each command of ours that it names.
pub(super) fn with_flags(text: &str, flags: &[(&'static str, String)]) -> String {
    const COMMAND: &str = "bursar migrate ";
    let mut parts = text.split(COMMAND);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (verb, rest) = part.split_at(part.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(part.len()));
        // What writes and reads files alone knows of no application.
        let files = matches!(verb, "new" | "lint");
        // The others have no part of it to choose.
        let parts = matches!(verb, "status" | "plan" | "up" | "repair");
        // What the command says itself is not said twice.
        let own = rest.split(['`', ';', '\n']).next().unwrap_or_default();
        let is_said = |flag: &str| own.split_whitespace().any(|word| word.strip_prefix("--") == Some(flag));
        let flags = flags
            .iter()
            .filter(|(flag, _)| (!files || *flag == "source") && (parts || *flag != "only") && !is_said(flag));
        let flags: String = flags.map(|(flag, value)| format!(" --{flag} {}", quoted(value))).collect();
        whole.push_str(&format!("{COMMAND}{verb}{flags}{rest}"));
    }
    whole
}
